//! Reading every block of a database: what it holds in numbers, and whether it can be read at all.

use std::collections::BTreeMap;
use std::path::Path;

use duckdb::Connection;
use serde::{Deserialize, Serialize};

use crate::config::settings::Limits;
use crate::store::open::Store;
use crate::store::refusal::StoreError;
use crate::store::schema;

/// Each table's count of rows and a sum over all columns of all rows, whatever their order.
pub type Sums = BTreeMap<String, (u64, String)>;

/// What opening a database and reading all of it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every block can be read.
    Sound,
    /// There is none.
    Missing,
    /// Another process has it, with its number when that is known.
    InUse(Option<u32>),
    /// It cannot be read.
    Damaged(String),
    /// A newer program wrote it.
    Newer(String),
    /// An older program wrote it: it is made again.
    Older(String),
    /// It could not be looked at, which says nothing of it.
    Failed(String),
}

/// Opens the database of a state folder to read it only, and reads every block.
///
/// A damaged file can end the process: run it in one of its own.
#[must_use]
pub fn examine(folder: &Path, limits: &Limits) -> Verdict {
    if !folder.join(crate::store::open::FILE_NAME).exists() {
        return Verdict::Missing;
    }
    let read = Store::open_read_only(folder, limits).and_then(|store| {
        schema::admit(store.connection())?;
        sums(store.connection())
    });
    match read {
        Ok(_) => Verdict::Sound,
        Err(error) => judged(&error),
    }
}

fn judged(error: &StoreError) -> Verdict {
    let words = error.to_string();
    match error {
        StoreError::InUse { process, .. } => Verdict::InUse(*process),
        StoreError::Damaged { .. } => Verdict::Damaged(in_short(error)),
        StoreError::Newer { .. } | StoreError::NewerEngine { .. } => Verdict::Newer(words),
        StoreError::Older { .. } => Verdict::Older(in_short(error)),
        StoreError::NoRoom { .. } | StoreError::Failed { .. } => Verdict::Failed(words),
    }
}

/// Why a database is made again, without what to do about it.
#[must_use]
pub fn in_short(error: &StoreError) -> String {
    match error {
        StoreError::Damaged { reason, .. } => format!("it was damaged: {reason}"),
        StoreError::Older { found, ours } => {
            format!("its tables had version {found}, and this program writes {ours}")
        }
        other => other.to_string(),
    }
}

/// The sums of all tables. Reads every block that holds a row, and the engine checks each block's own sum.
///
/// # Errors
/// When a block cannot be read.
pub fn sums(connection: &Connection) -> Result<Sums, StoreError> {
    let damaged = |error: duckdb::Error| StoreError::of_reading(&error);
    let mut statement = connection
        .prepare(
            "SELECT table_name
               FROM duckdb_tables()
              WHERE NOT internal AND NOT temporary
              ORDER BY table_name",
        )
        .map_err(damaged)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(damaged)?;
    let mut sums = Sums::new();
    for name in names {
        let name = name.map_err(damaged)?;
        let sql = format!(
            "SELECT count(*), coalesce(sum(hash(row_of)::HUGEINT), 0)::VARCHAR FROM \"{name}\" AS row_of"
        );
        let read = connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        sums.insert(name, read.map_err(damaged)?);
    }
    Ok(sums)
}
