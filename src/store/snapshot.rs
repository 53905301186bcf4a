//! A copy of what the public views need, for a worker: no messages, no recipients, no journal.
//!
//! Only that: a worker holds the whole copy in its memory, and what checks answered grows with every run.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use duckdb::Connection;

use crate::store::schema;

/// What a public view stands on: no message, no recipient, no answer, no line of the journal.
pub(crate) const TABLES: [&str; 24] = [
    "authority_settings",
    "succession_settings",
    "neighbour_settings",
    "region_settings",
    "collection_settings",
    "indicator_settings",
    "seasonal_settings",
    "context_settings",
    "annualised_settings",
    "parameter_settings",
    "rebase_settings",
    "holiday_settings",
    "expected_returns",
    "asked_from_settings",
    "area_names",
    "submissions",
    "withdrawals",
    "history_submissions",
    "figures",
    "quarantined_rows",
    "set_aside_indicators",
    "finding_moments",
    "support_actions",
    "confirmed_figures",
];

/// Writes the snapshot `file`, a DuckDB database, as the open transaction sees the tables, of which it holds
/// those that are `named`.
///
/// One transaction cannot write two databases, so the rows travel through Parquet files in the
/// folder of `file`, which the caller removes.
///
/// # Errors
/// When a table cannot be copied.
pub fn write(connection: &Connection, file: &Path, named: &BTreeSet<String>) -> Result<()> {
    let folder = file.parent().context("the snapshot has no folder")?;
    let copy = Connection::open(file).context("cannot create the snapshot")?;
    for table in TABLES.into_iter().filter(|table| named.contains(*table)) {
        let parquet = quoted(&folder.join(format!("{table}.parquet")));
        connection
            .execute_batch(&format!("COPY {table} TO {parquet} (FORMAT parquet)"))
            .and_then(|()| {
                copy.execute_batch(&format!("CREATE TABLE {table} AS FROM read_parquet({parquet})"))
            })
            .with_context(|| format!("cannot copy `{table}` into the snapshot"))?;
    }
    copy.execute_batch("CHECKPOINT").context("cannot finish the snapshot")
}

/// Writes a snapshot without a row.
///
/// # Errors
/// When a table cannot be made.
pub fn write_empty(file: &Path, named: &BTreeSet<String>) -> Result<()> {
    let empty = Connection::open_in_memory().context("cannot make an empty database")?;
    schema::lay_tables(&empty).context("cannot make empty tables")?;
    write(&empty, file, named)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{TABLES, schema};

    #[test]
    fn every_table_of_the_copy_is_one_that_a_view_stands_on() {
        let told = schema::VIEWS.iter().map(|view| view.statement).chain(schema::macros());
        let text = told.collect::<Vec<_>>().join("\n").to_lowercase();
        let words: Vec<&str> =
            text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
        let idle: Vec<&str> = TABLES.into_iter().filter(|table| !words.contains(table)).collect();
        assert_eq!(idle, Vec::<&str>::new());
    }
}
