//! The database follows the journal: its lines are copied, and the two high-water marks compared.

use duckdb::{Connection, params};
use thiserror::Error;

use crate::store::journal::Line;
use crate::store::returns::instant;

/// Why the database cannot follow.
#[derive(Debug, Error)]
pub enum MirrorError {
    /// The database knows of lines that the journal does not have.
    #[error(
        "the database has seen journal line {seen}, the journal ends at {last}; \
         restore journal.jsonl from a backup, or move quarterdeck.duckdb away to have it made again"
    )]
    JournalBehind {
        /// The last line the database has seen.
        seen: u64,
        /// The last line there is.
        last: u64,
    },
    /// The database refused.
    #[error("cannot copy the journal into the database: {0}")]
    Database(#[from] duckdb::Error),
}

/// Copies the journal's new lines into the database.
///
/// # Errors
/// [`MirrorError::JournalBehind`] when the journal lost lines.
pub fn follow(connection: &Connection, lines: &[Line]) -> Result<(), MirrorError> {
    let seen: u64 =
        connection.query_row("SELECT coalesce(max(seq), 0) FROM journal_lines", [], |row| row.get(0))?;
    let last = lines.last().map_or(0, |line| line.seq);
    if seen > last {
        return Err(MirrorError::JournalBehind { seen, last });
    }
    connection.execute_batch("BEGIN")?;
    let copied = copy(connection, lines, seen);
    connection.execute_batch(if copied.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    Ok(copied?)
}

fn copy(connection: &Connection, lines: &[Line], seen: u64) -> duckdb::Result<()> {
    let mut rows = connection.appender("journal_lines")?;
    for line in lines.iter().filter(|line| line.seq > seen) {
        rows.append_row(params![
            line.seq,
            instant(line.at),
            line.event.word(),
            line.subject,
            line.detail.to_string()
        ])?;
    }
    rows.flush()
}
