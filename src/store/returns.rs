//! Submissions: every version of every return, with what was accepted and what was refused.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use duckdb::types::{TimeUnit, Value};
use duckdb::{Connection, OptionalExt as _, Result, params};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Area, Column, Observation, Place, Quarantined};
use crate::domain::indicator::IndicatorId;
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
    /// Whether its file holds other quarters too, each of which is a version of its own.
    pub one_of_many: bool,
    /// Whether somebody said, with a name and a reason, that it is meant to be smaller than the one before.
    pub meant_smaller: bool,
    /// Why it was refused unread; none when it is read.
    pub unread: Option<String>,
}

/// The version of a return that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Its number.
    pub submission: i64,
    /// Its version.
    pub version: u32,
    /// The hash of its file.
    pub hash: String,
    /// The name of its file.
    pub file_name: String,
    /// The hashes of all accepted versions of the return, its own too.
    pub hashes: Vec<String>,
    /// Its figures of measures that are still collected, those with a status in place of a number too.
    pub figures: u32,
    /// Those with a number.
    pub numbers: u32,
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
        /// Rows read, where it was refused for those.
        rows_read: u32,
        /// Rows that would have been accepted.
        rows_accepted: u32,
        /// The rows that were set aside.
        quarantined: &'a [Quarantined],
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
    /// The measures of which every row was refused.
    pub set_aside: &'a [IndicatorId],
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
        Verdict::Refused { reason, rows_read, rows_accepted, quarantined } => {
            ("refused", Some(reason.as_str()), None, *rows_read, *rows_accepted, quarantined.len())
        }
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
    if arrival.history {
        connection.execute("INSERT INTO history_submissions VALUES (?)", params![stored.submission])?;
    }
    match verdict {
        Verdict::Accepted(contents) => append(connection, stored.submission, contents)?,
        Verdict::Refused { quarantined, .. } => set_aside(connection, stored.submission, quarantined)?,
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

/// The version of a return that counts, but for those whose journal line is `withdrawn`; none before the
/// first.
///
/// # Errors
/// When the database refuses.
pub fn counting(
    connection: &Connection,
    collection: &str,
    authority: &AuthorityCode,
    quarter: Quarter,
    withdrawn: &BTreeSet<u64>,
) -> Result<Option<Counting>> {
    let mut statement = connection.prepare(
        "SELECT submission, version, hash, file_name
           FROM submissions
          WHERE verdict = 'accepted' AND collection = ? AND authority = ? AND quarter = ?
          ORDER BY received_at DESC, submission DESC",
    )?;
    let rows = statement.query_map(params![collection, authority.as_str(), quarter.index()], |row| {
        Ok(Counting {
            submission: row.get(0)?,
            version: row.get(1)?,
            hash: row.get(2)?,
            file_name: row.get(3)?,
            hashes: Vec::new(),
            figures: 0,
            numbers: 0,
        })
    })?;
    let versions = rows.collect::<Result<Vec<_>>>()?;
    let hashes: Vec<String> = versions.iter().map(|version| version.hash.clone()).collect();
    let mut latest = None;
    for version in versions {
        if withdrawn.is_empty() || !withdrawn.contains(&line_of(connection, version.submission)?) {
            latest = Some(Counting { hashes, ..version });
            break;
        }
    }
    let Some(latest) = latest else { return Ok(None) };
    connection
        .query_row(
            "SELECT count(*), count(*) FILTER (coalesce(numerator, stated) <> 0)
               FROM figures
              WHERE submission = ?
                AND indicator IN (SELECT indicator FROM indicator_settings WHERE collection = ?)",
            params![latest.submission, collection],
            |row| Ok(Counting { figures: row.get(0)?, numbers: row.get(1)?, ..latest.clone() }),
        )
        .map(Some)
}

/// The journal line that announced a submission.
fn line_of(connection: &Connection, submission: i64) -> Result<u64> {
    connection.query_row(
        "SELECT min(journal_line) FROM submission_arrivals WHERE submission = ?",
        params![submission],
        |row| row.get(0),
    )
}

/// An accepted version of a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its version.
    pub version: u32,
    /// The hash of its file.
    pub hash: String,
    /// The journal line that announced it.
    pub journal_line: u64,
}

/// Every accepted version of a return, withdrawn ones too, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn versions(
    connection: &Connection,
    collection: &str,
    authority: &AuthorityCode,
    quarter: Quarter,
) -> Result<Vec<Version>> {
    let mut statement = connection.prepare(
        "SELECT submissions.version, submissions.hash, arrivals.journal_line
           FROM submissions
           JOIN submission_arrivals AS arrivals ON arrivals.submission = submissions.submission
          WHERE verdict = 'accepted' AND collection = ? AND authority = ? AND quarter = ?
          ORDER BY submissions.version, arrivals.journal_line",
    )?;
    let rows = statement.query_map(params![collection, authority.as_str(), quarter.index()], |row| {
        Ok(Version { version: row.get(0)?, hash: row.get(1)?, journal_line: row.get(2)? })
    })?;
    rows.collect()
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

/// The accepted publisher's file before, from the same source and read by the same layout, with its name.
///
/// # Errors
/// When the database refuses.
pub fn published_before(
    connection: &Connection,
    arrival: &Arrival,
    layout: &str,
) -> Result<Option<(i64, String)>> {
    connection
        .query_row(
            "SELECT submission, file_name
               FROM submissions
              WHERE verdict = 'accepted' AND authority IS NULL
                AND collection = ? AND source = ? AND layout = ?
              ORDER BY received_at DESC, submission DESC
              LIMIT 1",
            params![arrival.collection, arrival.source, layout],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// Of what a submission has figures, where numbers or symbols stood.
///
/// # Errors
/// When the database refuses.
pub fn keys(connection: &Connection, submission: i64) -> Result<Vec<(AuthorityCode, IndicatorId, Quarter)>> {
    let mut statement = connection.prepare(
        "SELECT authority, indicator, quarter
           FROM figures
          WHERE submission = ?
          ORDER BY line, indicator",
    )?;
    let mut rows = statement.query(params![submission])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let (authority, indicator): (String, String) = (row.get(0)?, row.get(1)?);
        let quarter = Quarter::from_index(row.get(2)?);
        let key = AuthorityCode::parse(&authority).ok().zip(IndicatorId::parse(&indicator));
        keys.extend(key.map(|(authority, indicator)| (authority, indicator, quarter)));
    }
    Ok(keys)
}

/// The remarks of one code on publishers' files, each with when its file came, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn remarks(connection: &Connection, code: &str) -> Result<Vec<(DateTime<Utc>, String)>> {
    let mut statement = connection.prepare(
        "SELECT epoch_us(submissions.received_at), remarks.remark
           FROM remarks
           JOIN submissions ON submissions.submission = remarks.submission
          WHERE remarks.code = ? AND submissions.verdict = 'accepted'
          ORDER BY submissions.received_at, submissions.submission",
    )?;
    let rows = statement.query_map(params![code], |row| {
        Ok((DateTime::from_timestamp_micros(row.get(0)?).unwrap_or_default(), row.get(1)?))
    })?;
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
    set_aside(connection, submission, contents.quarantined)?;
    let mut measures = connection.appender("set_aside_indicators")?;
    for indicator in contents.set_aside {
        measures.append_row(params![submission, indicator.as_str()])?;
    }
    measures.flush()?;
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

fn set_aside(connection: &Connection, submission: i64, quarantined: &[Quarantined]) -> Result<()> {
    let mut rows = connection.appender("quarantined_rows")?;
    for it in quarantined {
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
            it.reasons()
        ])?;
    }
    rows.flush()
}
