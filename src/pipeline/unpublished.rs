//! What a publisher's new version no longer has: figures that were taken back.
//!
//! They go on counting, as what was last published, until a file says otherwise: a figure that is gone may
//! have been moved to another file. But everybody who uses them hears that they are no longer published.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::letter::receipt::TAKEN_BACK;
use crate::domain::quarter::Quarter;
use crate::pipeline::opening::Walk;
use crate::read::reading::{Reading, Remark};
use crate::store::returns::{self, Arrival};

/// So many times are named, the rest counted.
const TIMES_MAX: usize = 6;

/// The remark on figures that the version before had, of the same data set, and this one has not.
///
/// A file that shares no figure with the one before is another file, and no version of it.
///
/// # Errors
/// When the database refuses.
pub fn remark(walk: &Walk<'_>, arrival: &Arrival, reading: &Reading) -> Result<Option<Remark>> {
    let connection = walk.store.connection();
    let before = returns::published_before(connection, arrival, &reading.layout)?;
    let Some((submission, file_name)) = before else { return Ok(None) };
    let now: HashSet<(&AuthorityCode, &IndicatorId, Quarter)> =
        reading.observations.iter().map(|one| (&one.authority, &one.indicator, one.quarter)).collect();
    let had = returns::keys(connection, submission)?;
    let gone: Vec<_> =
        had.iter().filter(|(code, id, quarter)| !now.contains(&(code, id, *quarter))).collect();
    if gone.is_empty() || gone.len() == had.len() {
        return Ok(None);
    }
    let mut times: BTreeMap<Quarter, usize> = BTreeMap::new();
    for (_, _, quarter) in &gone {
        *times.entry(*quarter).or_insert(0) += 1;
    }
    let named = times.iter().rev().take(TIMES_MAX).map(|(quarter, count)| format!("{quarter}: {count}"));
    let mut named: Vec<String> = named.collect();
    if times.len() > TIMES_MAX {
        named.push(format!("{} more quarters", times.len() - TIMES_MAX));
    }
    let figures = match gone.len() {
        1 => "1 figure".to_owned(),
        several => format!("{several} figures"),
    };
    let text = format!(
        "{figures} that `{file_name}` had are not in `{}`, which came after it ({}): the publisher took them \
         back or moved them; they still count here, as last published",
        arrival.file_name,
        named.join(", ")
    );
    Ok(Some(Remark { place: None, code: TAKEN_BACK, text }))
}

/// What was taken back after `since`, in the order of becoming known, for those who use published figures.
#[must_use]
pub fn told(all: &[(DateTime<Utc>, String)], since: Option<DateTime<Utc>>) -> Vec<&str> {
    let fresh = all.iter().filter(|(at, _)| since.is_none_or(|since| *at > since));
    fresh.map(|(_, text)| text.as_str()).collect()
}
