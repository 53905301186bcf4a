//! Which received file of a return counts, and which were refused.

use std::collections::BTreeSet;

use duckdb::{Connection, OptionalExt as _, Result, params};

use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

/// Whose files are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The collection.
    pub collection: &'a str,
    /// Whose return; none for a publisher's file.
    pub authority: Option<&'a AuthorityCode>,
    /// The quarter; none for a publisher's file of all quarters.
    pub quarter: Option<Quarter>,
    /// Where it comes from; it tells apart the files of a publisher that are of no one quarter.
    pub source: &'a str,
}

/// The version that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The hash of its file.
    pub hash: String,
    /// Its number.
    pub version: u32,
}

/// The version that counts; none before the first. One that was withdrawn counts no more.
///
/// # Errors
/// When the database refuses.
pub fn of(connection: &Connection, whose: Whose<'_>) -> Result<Option<Counting>> {
    connection
        .query_row(
            "SELECT hash, version
               FROM submissions
              WHERE verdict = 'accepted' AND collection = ?
                AND authority IS NOT DISTINCT FROM ? AND quarter IS NOT DISTINCT FROM ?
                AND (quarter IS NOT NULL OR source = ?)
                AND submission NOT IN (SELECT submission FROM withdrawals)
              ORDER BY received_at DESC, submission DESC
              LIMIT 1",
            params![
                whose.collection,
                whose.authority.map(AuthorityCode::as_str),
                whose.quarter.map(Quarter::index),
                whose.source
            ],
            |row| Ok(Counting { hash: row.get(0)?, version: row.get(1)? }),
        )
        .optional()
}

/// Whether this very file was accepted before, as any version.
///
/// # Errors
/// When the database refuses.
pub fn was_accepted(connection: &Connection, whose: Whose<'_>, hash: &str) -> Result<bool> {
    connection.query_row(
        "SELECT count(*) > 0
           FROM submissions
          WHERE verdict = 'accepted' AND collection = ? AND hash = ?
            AND authority IS NOT DISTINCT FROM ? AND quarter IS NOT DISTINCT FROM ?",
        params![
            whose.collection,
            hash,
            whose.authority.map(AuthorityCode::as_str),
            whose.quarter.map(Quarter::index)
        ],
        |row| row.get(0),
    )
}

/// The journal lines of the files that were refused whole.
///
/// # Errors
/// When the database refuses.
pub fn refused(connection: &Connection) -> Result<BTreeSet<u64>> {
    let mut statement = connection.prepare(
        "SELECT journal_line
           FROM submission_arrivals
           JOIN submissions USING (submission)
          WHERE verdict = 'refused'
          ORDER BY journal_line",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}
