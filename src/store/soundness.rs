//! Whether what is kept is what was kept: the database's sums, the files' hashes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use duckdb::{Connection, Result};

use crate::store::journal::{Happened, Line};
use crate::store::keep;

/// What reading all of a database shows. An error while reading is damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Soundness {
    /// Tables that were read whole, by which the engine compared every sum.
    pub tables: usize,
    /// Their rows.
    pub rows: u64,
    /// The last line of the journal that the database has seen.
    pub seen: u64,
    /// Submissions of which the rows read are not the rows accepted and quarantined.
    pub unbalanced: u64,
}

/// Reads every row of every table.
///
/// # Errors
/// When something cannot be read.
pub fn read_everything(connection: &Connection) -> Result<Soundness> {
    let mut names = connection
        .prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    let mut found = Soundness { tables: names.len(), ..Soundness::default() };
    for name in names {
        let all = format!("SELECT count(hash(kept)) FROM \"{}\" AS kept", name.replace('"', "\"\""));
        found.rows += connection.query_row(&all, [], |row| row.get::<_, u64>(0))?;
    }
    let seen = "SELECT coalesce(max(seq), 0)::UBIGINT FROM journal_lines";
    found.seen = connection.query_row(seen, [], |row| row.get(0))?;
    let unbalanced = "
        SELECT count(*)
        FROM submissions
        WHERE verdict = 'accepted' AND rows_read <> rows_accepted + rows_quarantined";
    found.unbalanced = connection.query_row(unbalanced, [], |row| row.get(0))?;
    Ok(found)
}

/// Files of the state folder that should be there, and those that are not what they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// How many there should be.
    pub count: usize,
    /// Those that are gone, by name.
    pub gone: Vec<String>,
    /// Those whose bytes are no longer what was journalled, or cannot be read.
    pub changed: Vec<String>,
}

/// Holds every received file against the hash in its journal line.
#[must_use]
pub fn received(state: &Path, lines: &[Line]) -> Files {
    let hashes = lines.iter().filter(|line| line.keeps_a_file());
    let expected = hashes.map(|line| (line.subject.clone(), line.subject.clone())).collect();
    held_against(&state.join("received"), &expected)
}

/// Holds every message against the hash in its journal line.
#[must_use]
pub fn messages(state: &Path, lines: &[Line]) -> Files {
    let queued = lines.iter().filter(|line| line.event == Happened::Queued);
    let hash = |line: &Line| line.detail.get("hash").and_then(|hash| hash.as_str()).map(str::to_owned);
    let expected = queued.filter_map(|line| Some((format!("{}.eml", line.subject), hash(line)?))).collect();
    held_against(&state.join("messages"), &expected)
}

fn held_against(folder: &Path, expected: &BTreeMap<String, String>) -> Files {
    let mut files = Files { count: expected.len(), ..Files::default() };
    for (name, hash) in expected {
        match fs::read(folder.join(name)) {
            Ok(bytes) if keep::hash(&bytes) == *hash => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => files.gone.push(name.clone()),
            Ok(_) | Err(_) => files.changed.push(name.clone()),
        }
    }
    files
}
