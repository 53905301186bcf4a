//! Exporting: the public views as the checks last saw them, for an engine that this machine is too small for.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::Connection;

use crate::config::settings::Settings;
use crate::domain::quarter::Quarter;
use crate::pipeline::asking;
use crate::store::analysis::Question;
use crate::store::export::{self, Manifest};
use crate::store::open::Store;
use crate::store::schema;

/// Writes the export of a state into `into`, a new or empty folder; each collection as of `quarter`, or as of
/// the newest that was asked about.
///
/// # Errors
/// When the state cannot be read or the export cannot be written: then there is none.
pub fn export(
    settings: &Settings,
    now: DateTime<Utc>,
    quarter: Option<Quarter>,
    into: &Path,
) -> Result<Manifest> {
    let store = Store::open_read_only(&settings.state, &settings.limits)?;
    schema::admit(store.connection())?;
    let checks: Vec<_> = asking::checks_of(settings)?.into_iter().map(|(check, _)| check).collect();
    let today = now.with_timezone(&settings.zone).date_naive();
    let (known_on, as_of) = last_asked(store.connection())?.unwrap_or((now, today));
    let question = |name: &String| {
        let newest = newest(store.connection(), name)?;
        Ok(Question {
            collection: name.clone(),
            quarter: quarter.or(newest).unwrap_or_else(|| Quarter::containing(as_of).plus(-1)),
            as_of,
            known_on,
        })
    };
    let questions: Vec<Question> =
        settings.collections.iter().map(|one| question(&one.name)).collect::<Result<_>>()?;
    export::write(&store, &questions, &checks, now, into)
}

/// When the checks were asked the last time, and for which day; none when they never were.
fn last_asked(connection: &Connection) -> Result<Option<(DateTime<Utc>, NaiveDate)>> {
    let mut statement =
        connection.prepare("SELECT epoch_us(started_at), answers_for FROM runs ORDER BY run DESC LIMIT 1")?;
    let last: Option<(i64, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.next().transpose()?;
    Ok(last.and_then(|(at, day)| DateTime::from_timestamp_micros(at).zip(day.parse().ok())))
}

/// The newest quarter of a collection that the checks were asked about.
fn newest(connection: &Connection, collection: &str) -> Result<Option<Quarter>> {
    let sql = "SELECT max(quarter) FROM asked WHERE collection = ?";
    let newest: Option<i32> = connection.query_row(sql, [collection], |row| row.get(0))?;
    Ok(newest.map(Quarter::from_index))
}
