//! Lists for people: returns, quarantined rows, figures with where they stand, revisions.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use duckdb::types::Value;
use duckdb::{Connection, Result, Row, params};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Column, Figure, Status};
use crate::domain::quarter::Quarter;

/// One cell of the chase grid.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnRow {
    /// The collection.
    pub collection: String,
    /// The authority.
    pub authority: AuthorityCode,
    /// The quarter.
    pub quarter: Quarter,
    /// When it is due; none when it was not expected or nothing is due.
    pub due: Option<NaiveDate>,
    /// When the first accepted version came.
    pub first_received_at: Option<DateTime<Utc>>,
    /// When the latest accepted version came.
    pub received_at: Option<DateTime<Utc>>,
    /// The latest accepted submission.
    pub submission: Option<i64>,
    /// Its version.
    pub version: Option<u32>,
    /// Its accepted rows.
    pub accepted: Option<u32>,
    /// Its quarantined rows.
    pub quarantined: Option<u32>,
    /// Why the last refused file was refused; none once a later version is accepted.
    pub refused: Option<String>,
    /// When that file came.
    pub refused_at: Option<DateTime<Utc>>,
    /// Whether the first version that counts was taken in as history, long after its quarter.
    pub is_history: bool,
    /// The version that was withdrawn last, the day, and why.
    pub withdrawn: Option<(u32, DateTime<Utc>, String)>,
}

/// The chase grid, by collection, quarter and authority.
///
/// # Errors
/// When the database refuses.
pub fn returns(connection: &Connection) -> Result<Vec<ReturnRow>> {
    let mut statement = connection.prepare(
        "SELECT collection, authority, quarter, due, epoch_us(first_received_at), submission, version,
                accepted, quarantined,
                CASE WHEN submission IS NULL OR refused_at > received_at THEN refused_reason END,
                epoch_us(received_at),
                CASE WHEN submission IS NULL OR refused_at > received_at THEN epoch_us(refused_at) END,
                is_history, withdrawn_version, epoch_us(withdrawn_at), withdrawn_reason
           FROM returns
          ORDER BY collection, quarter, authority",
    )?;
    let mut rows = statement.query([])?;
    let mut grid = Vec::new();
    while let Some(row) = rows.next()? {
        let authority: String = row.get(1)?;
        let Ok(authority) = AuthorityCode::parse(&authority) else { continue };
        grid.push(ReturnRow {
            collection: row.get(0)?,
            authority,
            quarter: Quarter::from_index(row.get(2)?),
            due: date(&row.get(3)?),
            first_received_at: instant(row, 4)?,
            received_at: instant(row, 10)?,
            submission: row.get(5)?,
            version: row.get(6)?,
            accepted: row.get(7)?,
            quarantined: row.get(8)?,
            refused: row.get(9)?,
            refused_at: instant(row, 11)?,
            is_history: row.get(12)?,
            withdrawn: row
                .get::<_, Option<u32>>(13)?
                .zip(instant(row, 14)?)
                .zip(row.get::<_, Option<String>>(15)?)
                .map(|((version, at), reason)| (version, at, reason)),
        });
    }
    Ok(grid)
}

fn instant(row: &Row<'_>, column: usize) -> Result<Option<DateTime<Utc>>> {
    Ok(row.get::<_, Option<i64>>(column)?.and_then(DateTime::from_timestamp_micros))
}

/// A day out of a table.
#[must_use]
pub fn date(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Date32(days) => NaiveDate::from_epoch_days(*days),
        _ => None,
    }
}

/// A quarantined row of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Line or row.
    pub line: u32,
    /// The column, where one column is at fault.
    pub column: Option<Column>,
    /// The reason's code.
    pub code: String,
    /// The reason, a plain sentence.
    pub reason: String,
}

/// The quarantined rows of a submission, in the order of the file.
///
/// # Errors
/// When the database refuses.
pub fn quarantined(connection: &Connection, submission: i64) -> Result<Vec<QuarantineRow>> {
    let mut statement = connection.prepare(
        "SELECT sheet, line, column_number, heading, code, reason
           FROM quarantined_rows
          WHERE submission = ?
          ORDER BY sheet, line, code",
    )?;
    let rows = statement.query_map([submission], |row| {
        let heading: Option<String> = row.get(3)?;
        let number: Option<u32> = row.get(2)?;
        let column = number.map(|number| Column { number, heading: heading.unwrap_or_default() });
        Ok(QuarantineRow {
            sheet: row.get(0)?,
            line: row.get(1)?,
            column,
            code: row.get(4)?,
            reason: row.get(5)?,
        })
    })?;
    rows.collect()
}

/// The figures of one submission as they were sent, by indicator.
///
/// # Errors
/// When the database refuses.
pub fn figures_of(connection: &Connection, submission: i64) -> Result<BTreeMap<String, Figure>> {
    let mut statement = connection.prepare(
        "SELECT indicator, numerator, denominator, stated, status
           FROM figures
          WHERE submission = ?
          ORDER BY indicator",
    )?;
    let rows = statement.query_map([submission], |row| {
        let status: String = row.get(4)?;
        let figure = Figure {
            numerator: row.get(1)?,
            denominator: row.get(2)?,
            value: row.get(3)?,
            status: Status::parse(&status).unwrap_or(Status::Ok),
        };
        Ok((row.get(0)?, figure))
    })?;
    rows.collect()
}

/// How many figures that count each authority withheld because numbers are small.
///
/// # Errors
/// When the database refuses.
pub fn suppressed(connection: &Connection) -> Result<BTreeMap<AuthorityCode, u64>> {
    let mut statement = connection.prepare(
        "SELECT authority, count(*)
           FROM observations
          WHERE status = 'suppressed'
          GROUP BY authority
          ORDER BY authority",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))?;
    let mut counts = BTreeMap::new();
    for row in rows {
        let (authority, count) = row?;
        if let Ok(code) = AuthorityCode::parse(&authority) {
            counts.insert(code, count);
        }
    }
    Ok(counts)
}

/// Where a figure stands: file, line, version.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The quarter.
    pub quarter: Quarter,
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// On stored precision.
    pub value: Option<f64>,
    /// The status word.
    pub status: Option<String>,
    /// The file's name.
    pub file_name: String,
    /// Its hash.
    pub hash: String,
    /// The line.
    pub line: u32,
    /// The version.
    pub version: u32,
}

/// How many figures of one series of the region's own stand from a quarter on.
///
/// # Errors
/// When the database refuses.
pub fn figures_since(
    connection: &Connection,
    collection: &str,
    authority: &AuthorityCode,
    indicator: &str,
    from: Quarter,
) -> Result<u32> {
    connection.query_row(
        "SELECT count(*)
           FROM judged
          WHERE collection = ? AND authority = ? AND indicator = ? AND quarter >= ? AND value IS NOT NULL",
        params![collection, authority.as_str(), indicator, from.index()],
        |row| row.get(0),
    )
}

/// The figures of one series that count, oldest first, each with its place.
///
/// # Errors
/// When the database refuses.
pub fn provenance(
    connection: &Connection,
    collection: &str,
    authority: &AuthorityCode,
    indicator: &str,
) -> Result<Vec<Provenance>> {
    let mut statement = connection.prepare(
        "SELECT quarter, numerator, denominator, value, status, file_name, hash, line, version
           FROM observations
          WHERE collection = ? AND authority = ? AND indicator = ?
          ORDER BY quarter",
    )?;
    let rows = statement.query_map(params![collection, authority.as_str(), indicator], |row| {
        Ok(Provenance {
            quarter: Quarter::from_index(row.get(0)?),
            numerator: row.get(1)?,
            denominator: row.get(2)?,
            value: row.get(3)?,
            status: row.get(4)?,
            file_name: row.get(5)?,
            hash: row.get(6)?,
            line: row.get(7)?,
            version: row.get(8)?,
        })
    })?;
    rows.collect()
}
