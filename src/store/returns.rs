//! Submissions: every version of every return, with what was accepted and what was refused.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use duckdb::types::{TimeUnit, Value};
use duckdb::{Connection, Result, params};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Area, Column, Observation, Place, Quarantined};
use crate::domain::quarter::Quarter;

/// A received file, as the journal announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The journal line that announces it.
    pub journal_line: u64,
    /// Its SHA-256.
    pub hash: String,
    /// The collection.
    pub collection: String,
    /// Whose return; none for a publisher's file.
    pub authority: Option<AuthorityCode>,
    /// For which quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Where from, without query or user.
    pub source: String,
    /// Its name.
    pub file_name: String,
    /// Whether it came with the history of its collection, long after its quarter.
    pub history: bool,
}

/// What reading made of a file.
#[derive(Clone, Debug)]
pub enum Verdict<'a> {
    /// It was read; some rows may be quarantined.
    Accepted(Contents<'a>),
    /// It was refused whole.
    Refused {
        /// The reason, a plain sentence.
        reason: String,
    },
}

/// The rows of an accepted file. Rows read = rows accepted + rows quarantined.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// The layout that recognised it.
    pub layout: &'a str,
    /// Rows read.
    pub rows_read: u32,
    /// Rows accepted.
    pub rows_accepted: u32,
    /// The figures.
    pub observations: &'a [Observation],
    /// The rows that were refused.
    pub quarantined: &'a [Quarantined],
    /// The areas it names.
    pub areas: &'a [Area],
    /// Its headings, in their order.
    pub columns: &'a [String],
    /// Place, code and words of what was noticed and accepted.
    pub remarks: &'a [(Option<Place>, String, String)],
}

/// A submission as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its running number.
    pub submission: i64,
    /// Its version among the accepted ones of the same return; the refused carry the number they would have
    /// had.
    pub version: i32,
}

/// Stores a submission with all its rows. Call inside a transaction.
///
/// # Errors
/// When the database refuses; the transaction must then be rolled back.
pub fn load(connection: &Connection, arrival: &Arrival, verdict: &Verdict<'_>) -> Result<Stored> {
    let stored = number(connection, arrival)?;
    let (word, reason, layout, read, accepted, quarantined) = match verdict {
        Verdict::Accepted(it) => {
            ("accepted", None, Some(it.layout), it.rows_read, it.rows_accepted, it.quarantined.len())
        }
        Verdict::Refused { reason } => ("refused", Some(reason.as_str()), None, 0, 0, 0),
    };
    connection.execute(
        "INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            stored.submission,
            arrival.collection,
            arrival.authority.as_ref().map(AuthorityCode::as_str),
            arrival.quarter.map(Quarter::index),
            stored.version,
            arrival.hash,
            instant(arrival.received_at),
            arrival.source,
            arrival.file_name,
            layout,
            read,
            accepted,
            u32::try_from(quarantined).unwrap_or(u32::MAX),
            word,
            reason,
        ],
    )?;
    connection.execute(
        "INSERT INTO submission_arrivals VALUES (?, ?)",
        params![stored.submission, arrival.journal_line],
    )?;
    if let Verdict::Accepted(contents) = verdict {
        append(connection, stored.submission, contents)?;
    }
    Ok(stored)
}

/// An instant as the tables keep it.
#[must_use]
pub fn instant(at: DateTime<Utc>) -> Value {
    Value::Timestamp(TimeUnit::Microsecond, at.timestamp_micros())
}

/// The journal lines that have a submission.
///
/// # Errors
/// When the database refuses.
pub fn arrived(connection: &Connection) -> Result<BTreeSet<u64>> {
    let mut statement =
        connection.prepare("SELECT journal_line FROM submission_arrivals ORDER BY journal_line")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Rows of the version that counts; none before the first.
///
/// # Errors
/// When the database refuses.
pub fn rows_before(connection: &Connection, arrival: &Arrival) -> Result<Option<u32>> {
    connection.query_row(
        "SELECT max_by(rows_read, submission)
           FROM submissions
          WHERE verdict = 'accepted' AND authority IS NOT NULL
            AND collection = ? AND authority = ? AND quarter = ?",
        params![
            arrival.collection,
            arrival.authority.as_ref().map(AuthorityCode::as_str),
            arrival.quarter.map(Quarter::index)
        ],
        |row| row.get(0),
    )
}

/// The headings of the accepted version before, read by the same layout; empty before the first.
///
/// # Errors
/// When the database refuses.
pub fn headings_before(connection: &Connection, arrival: &Arrival, layout: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT heading
           FROM headings
          WHERE submission = (
            SELECT max(submission)
              FROM submissions
             WHERE verdict = 'accepted' AND collection = ? AND layout = ?
               AND authority IS NOT DISTINCT FROM ? AND quarter IS NOT DISTINCT FROM ?)
          ORDER BY position",
    )?;
    let rows = statement.query_map(
        params![
            arrival.collection,
            layout,
            arrival.authority.as_ref().map(AuthorityCode::as_str),
            arrival.quarter.map(Quarter::index)
        ],
        |row| row.get(0),
    )?;
    rows.collect()
}

fn number(connection: &Connection, arrival: &Arrival) -> Result<Stored> {
    connection.query_row(
        "SELECT
           (SELECT coalesce(max(submission), 0) + 1 FROM submissions),
           (SELECT count(*) + 1 FROM submissions
             WHERE verdict = 'accepted' AND collection = ?
               AND authority IS NOT DISTINCT FROM ? AND quarter IS NOT DISTINCT FROM ?)",
        params![
            arrival.collection,
            arrival.authority.as_ref().map(AuthorityCode::as_str),
            arrival.quarter.map(Quarter::index)
        ],
        |row| Ok(Stored { submission: row.get(0)?, version: row.get(1)? }),
    )
}

fn append(connection: &Connection, submission: i64, contents: &Contents<'_>) -> Result<()> {
    let mut figures = connection.appender("figures")?;
    for it in contents.observations {
        figures.append_row(params![
            submission,
            it.authority.as_str(),
            it.indicator.as_str(),
            it.quarter.index(),
            it.figure.numerator,
            it.figure.denominator,
            it.figure.value,
            it.figure.status.word(),
            it.symbol,
            it.note,
            it.place.sheet,
            it.place.line,
        ])?;
    }
    figures.flush()?;
    let mut rows = connection.appender("quarantined_rows")?;
    for it in contents.quarantined {
        let column = it.place.column.as_ref();
        rows.append_row(params![
            submission,
            it.place.sheet,
            it.place.line,
            column.map(|column| column.number),
            column.map(Column::letters),
            column.map(|column| column.heading.as_str()),
            it.raw,
            it.code,
            it.reason
        ])?;
    }
    rows.flush()?;
    let mut remarks = connection.appender("remarks")?;
    for (place, code, words) in contents.remarks {
        let sheet = place.as_ref().and_then(|place| place.sheet.clone());
        remarks.append_row(params![
            submission,
            sheet,
            place.as_ref().map(|place| place.line),
            code,
            words
        ])?;
    }
    remarks.flush()?;
    let mut headings = connection.appender("headings")?;
    for (position, heading) in contents.columns.iter().enumerate() {
        headings.append_row(params![submission, u32::try_from(position).unwrap_or(u32::MAX), heading])?;
    }
    headings.flush()?;
    name_areas(connection, contents.areas)
}

fn name_areas(connection: &Connection, areas: &[Area]) -> Result<()> {
    if areas.is_empty() {
        return Ok(());
    }
    let known: std::collections::HashSet<String> = {
        let mut statement = connection.prepare("SELECT code FROM area_names")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_>>()?
    };
    let mut names = connection.appender("area_names")?;
    for area in areas.iter().filter(|area| !known.contains(area.code.as_str())) {
        let level = area.code.level().word();
        names.append_row(params![area.code.as_str(), area.name, level, area.dfe_number, area.region])?;
    }
    names.flush()
}
