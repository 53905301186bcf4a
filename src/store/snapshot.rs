//! A copy of what the public views need, for a worker: no messages, no recipients, no journal.

use std::path::Path;

use anyhow::{Context, Result};
use duckdb::Connection;

const TABLES: [&str; 26] = [
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
    "remarks",
    "answers",
    "finding_moments",
    "support_actions",
    "confirmed_figures",
];

/// Writes the snapshot `file`, a DuckDB database, as the open transaction sees the tables.
///
/// One transaction cannot write two databases, so the rows travel through Parquet files in the
/// folder of `file`, which the caller removes.
///
/// # Errors
/// When a table cannot be copied.
pub fn write(connection: &Connection, file: &Path) -> Result<()> {
    let folder = file.parent().context("the snapshot has no folder")?;
    let copy = Connection::open(file).context("cannot create the snapshot")?;
    for table in TABLES {
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

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}
