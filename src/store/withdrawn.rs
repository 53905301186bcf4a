//! Versions that were withdrawn: by the journal, and as the database knows them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use duckdb::{Connection, Result, params};
use serde_json::Value;

use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::store::journal::{Happened, Line};
use crate::store::returns::instant;

/// That a version does not count any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The journal line that announced the version.
    pub received_line: u64,
    /// The hash of its file.
    pub hash: String,
    /// The journal line of the withdrawal.
    pub line: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Every withdrawal, oldest first.
#[must_use]
pub fn withdrawals(lines: &[Line]) -> Vec<Withdrawal> {
    lines.iter().filter(|line| line.event == Happened::Withdrawn).filter_map(withdrawal).collect()
}

fn withdrawal(line: &Line) -> Option<Withdrawal> {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    Some(Withdrawal {
        received_line: line.detail.get("received_line")?.as_u64()?,
        hash: line.subject.clone(),
        line: line.seq,
        at: line.at,
        by: text("by")?.to_owned(),
        reason: text("reason")?.to_owned(),
    })
}

/// The journal lines of versions that were withdrawn before the line `until`.
#[must_use]
pub fn before(withdrawals: &[Withdrawal], until: u64) -> BTreeSet<u64> {
    withdrawals.iter().filter(|it| it.line < until).map(|it| it.received_line).collect()
}

/// The journal lines of all versions that are withdrawn.
#[must_use]
pub fn withdrawn(lines: &[Line]) -> BTreeSet<u64> {
    before(&withdrawals(lines), u64::MAX)
}

/// A version that counts no more since the database was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// By whom and why.
    pub withdrawal: Withdrawal,
    /// The collection.
    pub collection: String,
    /// Whose return.
    pub authority: AuthorityCode,
    /// Of which quarter.
    pub quarter: Quarter,
    /// Its version.
    pub version: u32,
    /// The name of its file.
    pub file_name: String,
}

/// Keeps the withdrawals that the database does not know yet. Call inside a transaction, after what the
/// journal announces was loaded.
///
/// # Errors
/// When the database refuses; the transaction must then be rolled back.
pub fn follow(connection: &Connection, lines: &[Line]) -> Result<Vec<Gone>> {
    let mut gone = Vec::new();
    for it in withdrawals(lines) {
        let mut statement = connection.prepare(
            "SELECT submissions.submission, collection, authority, quarter, version, file_name
               FROM submissions
               JOIN submission_arrivals AS arrivals ON arrivals.submission = submissions.submission
              WHERE arrivals.journal_line = ? AND submissions.hash = ?
                AND authority IS NOT NULL AND quarter IS NOT NULL
                AND submissions.submission NOT IN (SELECT withdrawals.submission FROM withdrawals)
              ORDER BY submissions.submission",
        )?;
        let found = statement.query_map(params![it.received_line, it.hash], |row| {
            let authority: String = row.get(2)?;
            let gone = AuthorityCode::parse(&authority).ok().map(|authority| Gone {
                withdrawal: it.clone(),
                collection: row.get(1).unwrap_or_default(),
                authority,
                quarter: Quarter::from_index(row.get(3).unwrap_or_default()),
                version: row.get(4).unwrap_or_default(),
                file_name: row.get(5).unwrap_or_default(),
            });
            Ok((row.get::<_, i64>(0)?, gone))
        })?;
        for found in found.collect::<Result<Vec<_>>>()? {
            connection.execute(
                "INSERT INTO withdrawals VALUES (?, ?, ?, ?)",
                params![found.0, instant(it.at), it.by, it.reason],
            )?;
            gone.extend(found.1);
        }
    }
    Ok(gone)
}
