//! The database follows the journal: its lines are copied, and the two high-water marks compared.

use chrono::DateTime;
use duckdb::{Connection, params};
use serde_json::Value;
use thiserror::Error;

use crate::store::journal::{Happened, Line};
use crate::store::returns::instant;

/// Why the database cannot follow.
#[derive(Debug, Error)]
pub enum MirrorError {
    /// The database knows of lines that the journal does not have.
    #[error(
        "the database has seen journal line {seen}, the journal ends at {last}; `quarterdeck rebuild` puts \
         the lines back from the database's copy, and holds what may have been sent; it sends nothing"
    )]
    JournalBehind {
        /// The last line the database has seen.
        seen: u64,
        /// The last line there is.
        last: u64,
    },
    /// The database has another past than the journal.
    #[error(
        "the database has seen another journal than this one: line {line} differs; `quarterdeck rebuild` \
         keeps the database aside and makes it again from the journal; it sends nothing"
    )]
    Forked {
        /// The first line looked at that differs.
        line: u64,
    },
    /// The database is a new one, and the journal is not.
    #[error(
        "the database is empty, and the journal tells of {last} lines; `quarterdeck rebuild` makes it again \
         from the journal, the received files and the messages; it sends nothing"
    )]
    Empty {
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
/// [`MirrorError::JournalBehind`] when the journal lost lines, [`MirrorError::Forked`] when it is another.
pub fn follow(connection: &Connection, lines: &[Line]) -> Result<(), MirrorError> {
    connection.execute_batch("BEGIN")?;
    let copied = follow_within(connection, lines);
    connection.execute_batch(if copied.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    copied
}

/// As [`follow`], inside the transaction that is open: what it stores is never without its lines.
///
/// # Errors
/// As [`follow`].
pub fn follow_within(connection: &Connection, lines: &[Line]) -> Result<(), MirrorError> {
    let seen = seen(connection)?;
    let last = lines.last().map_or(0, |line| line.seq);
    if seen > last {
        return Err(MirrorError::JournalBehind { seen, last });
    }
    if let Some(line) = lines.iter().find(|line| line.seq == seen)
        && kept(connection, Which::Only(seen))?.first().is_some_and(|copy| !is_same(copy, line))
    {
        return Err(MirrorError::Forked { line: seen });
    }
    Ok(copy(connection, lines, seen)?)
}

/// Refuses a database that knows nothing of a journal in which a walk reached its end.
///
/// # Errors
/// [`MirrorError::Empty`].
pub fn refuse_empty(connection: &Connection, lines: &[Line]) -> Result<(), MirrorError> {
    let has_walked = lines.iter().any(Line::ends_a_run);
    if has_walked && seen(connection)? == 0 {
        return Err(MirrorError::Empty { last: lines.last().map_or(0, |line| line.seq) });
    }
    Ok(())
}

/// Every line that the database has seen, oldest first; none of an event that this program does not know.
///
/// # Errors
/// When the database refuses.
pub fn lines(connection: &Connection) -> duckdb::Result<Vec<Line>> {
    kept(connection, Which::All)
}

/// Whether two lines of the same number tell the same.
#[must_use]
pub fn is_same(one: &Line, other: &Line) -> bool {
    let micros = |line: &Line| line.at.timestamp_micros();
    one.event == other.event && one.subject == other.subject && micros(one) == micros(other)
}

fn seen(connection: &Connection) -> duckdb::Result<u64> {
    connection.query_row("SELECT coalesce(max(seq), 0) FROM journal_lines", [], |row| row.get(0))
}

/// Which lines are read back.
#[derive(Clone, Copy)]
enum Which {
    All,
    Only(u64),
}

fn kept(connection: &Connection, which: Which) -> duckdb::Result<Vec<Line>> {
    let only = match which {
        Which::All => None,
        Which::Only(seq) => Some(seq),
    };
    let mut statement = connection.prepare(
        "SELECT seq, epoch_us(\"at\"), event, subject, detail
           FROM journal_lines
          WHERE $1 IS NULL OR seq = $1
          ORDER BY seq",
    )?;
    let rows = statement.query_map(params![only], |row| {
        let event: String = row.get(2)?;
        let detail: String = row.get(4)?;
        let event: Option<Happened> = serde_json::from_value(Value::String(event)).ok();
        Ok(event.map(|event| Line {
            seq: row.get(0).unwrap_or_default(),
            at: DateTime::from_timestamp_micros(row.get(1).unwrap_or_default()).unwrap_or_default(),
            event,
            subject: row.get(3).unwrap_or_default(),
            detail: serde_json::from_str(&detail).unwrap_or_default(),
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
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
