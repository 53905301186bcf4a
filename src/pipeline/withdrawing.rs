//! Withdrawing: a version of a return is taken back by somebody, and the one before it counts again.

use anyhow::Result;
use serde_json::json;
use thiserror::Error;

use crate::config::settings::Collection;
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::opening::Walk;
use crate::store::journal::Happened;
use crate::store::returns::{self, Version};
use crate::store::withdrawn::{withdrawals, withdrawn};

/// Which version is withdrawn, by whom and why.
#[derive(Clone, Debug)]
pub struct Withdrawing<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// Whose return.
    pub authority: &'a AuthorityCode,
    /// Of which quarter.
    pub quarter: Quarter,
    /// The version.
    pub version: u32,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Why a version cannot be withdrawn.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct NotWithdrawn(pub String);

/// The version that is meant.
///
/// # Errors
/// [`NotWithdrawn`] when there is no such version, or it was withdrawn before.
pub fn find(walk: &Walk<'_>, it: &Withdrawing<'_>) -> Result<Version> {
    let name = &it.collection.name;
    let of = format!("{name} {} {}", it.authority, it.quarter);
    let versions = returns::versions(walk.store.connection(), name, it.authority, it.quarter)?;
    let Some(meant) = versions.iter().find(|one| one.version == it.version) else {
        let there: Vec<String> = versions.iter().map(|one| one.version.to_string()).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        let words = format!("{of} has no accepted version {}; there is {there}", it.version);
        return Err(NotWithdrawn(words).into());
    };
    let lines = walk.journal.lines();
    if let Some(earlier) = withdrawals(lines).iter().find(|one| one.received_line == meant.journal_line) {
        let day = earlier.at.with_timezone(&walk.settings.zone).format("%-d %B %Y");
        let words = format!(
            "version {} of {of} was withdrawn on {day} by {}: {}",
            it.version, earlier.by, earlier.reason
        );
        return Err(NotWithdrawn(words).into());
    }
    Ok(meant.clone())
}

/// Journals that a version is withdrawn: from then on it does not count.
///
/// # Errors
/// When the journal cannot be written.
pub fn announce(walk: &mut Walk<'_>, it: &Withdrawing<'_>, meant: &Version) -> Result<()> {
    let detail = json!({
        "received_line": meant.journal_line,
        "collection": it.collection.name,
        "authority": it.authority.as_str(),
        "quarter": it.quarter.to_string(),
        "version": it.version,
        "by": it.by,
        "reason": it.reason,
    });
    Ok(walk.journal.append(walk.now, Happened::Withdrawn, &meant.hash, detail)?)
}

/// The version that counts now; none where none is left.
///
/// # Errors
/// When the database refuses.
pub fn standing(walk: &Walk<'_>, it: &Withdrawing<'_>) -> Result<Option<u32>> {
    let withdrawn = withdrawn(walk.journal.lines());
    let connection = walk.store.connection();
    let left = returns::counting(connection, &it.collection.name, it.authority, it.quarter, &withdrawn)?;
    Ok(left.map(|version| version.version))
}
