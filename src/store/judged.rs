//! The stored verdict on one received file, for whoever sent it.

use chrono::{DateTime, Utc};
use duckdb::{Connection, OptionalExt as _, Result, params};

/// What was stored of a received file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Why it was refused whole; none when it was accepted.
    pub refused: Option<String>,
    /// Its version.
    pub version: u32,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Rows read.
    pub rows_read: u32,
    /// Rows accepted.
    pub rows_accepted: u32,
    /// Rows quarantined.
    pub rows_quarantined: u32,
    /// Why rows were quarantined, most rows first.
    pub reasons: Vec<Reason>,
}

/// Rows that were quarantined for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The reason, a plain sentence.
    pub words: String,
    /// How many rows.
    pub rows: u32,
    /// The first of them, in words.
    pub places: String,
}

/// The verdict on the file that a journal line announced; none when it was not judged yet.
///
/// # Errors
/// When the database refuses.
pub fn of(connection: &Connection, journal_line: u64) -> Result<Option<Judged>> {
    let found = connection
        .query_row(
            "SELECT submission, verdict, reason, version, epoch_us(received_at),
                    rows_read, rows_accepted, rows_quarantined
               FROM submissions
               JOIN submission_arrivals USING (submission)
              WHERE journal_line = ?",
            params![journal_line],
            |row| {
                let verdict: String = row.get(1)?;
                let reason: Option<String> = row.get(2)?;
                let judged = Judged {
                    refused: (verdict != "accepted").then(|| reason.unwrap_or_default()),
                    version: row.get(3)?,
                    received_at: DateTime::from_timestamp_micros(row.get(4)?).unwrap_or_default(),
                    rows_read: row.get(5)?,
                    rows_accepted: row.get(6)?,
                    rows_quarantined: row.get(7)?,
                    reasons: Vec::new(),
                };
                Ok((row.get::<_, i64>(0)?, judged))
            },
        )
        .optional()?;
    let Some((submission, mut judged)) = found else { return Ok(None) };
    judged.reasons = reasons(connection, submission)?;
    Ok(Some(judged))
}

fn reasons(connection: &Connection, submission: i64) -> Result<Vec<Reason>> {
    let mut statement = connection.prepare(
        "SELECT reason, count(*),
                array_to_string(
                  list(coalesce('sheet ' || sheet || ', ', '') || 'row ' || line
                    ORDER BY sheet, line)[:5], '; ')
                || CASE WHEN count(*) > 5 THEN '; and ' || (count(*) - 5) || ' more' ELSE '' END
           FROM quarantined_rows
          WHERE submission = ?
          GROUP BY code, reason
          ORDER BY count(*) DESC, min(line), reason",
    )?;
    let rows = statement.query_map(params![submission], |row| {
        Ok(Reason { words: row.get(0)?, rows: row.get(1)?, places: row.get(2)? })
    })?;
    rows.collect()
}
