//! History: every quarter that a file holds is taken in, in one quiet go.
//!
//! Each quarter is a version of its own return, as if it had come alone. Nobody gets a receipt, nothing is
//! late, and what is found in those quarters is no news.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::config::settings::Collection;
use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Quarantined;
use crate::domain::quarter::Quarter;
use crate::domain::slip;
use crate::pipeline::opening::Walk;
use crate::pipeline::{beside, loading};
use crate::read::code::Refusal;
use crate::read::grid::Grid;
use crate::read::named;
use crate::read::reading::{Expected, OtherQuarters, Reading};
use crate::read::replacing::{self, Size};
use crate::read::validate::understand;
use crate::store::grid;
use crate::store::journal::Happened;
use crate::store::keep;
use crate::store::returns;
use crate::store::withdrawn::withdrawn;

/// So many reasons for which rows of a quarter were set aside are told, the rest are counted.
const REASONS_MAX: usize = 3;

/// A file that holds the history of one authority.
#[derive(Debug)]
pub struct HistoryFile<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// Whose returns.
    pub authority: AuthorityCode,
    /// Its name.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What becomes of one quarter of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The quarter.
    pub quarter: Quarter,
    /// What becomes of it.
    pub fate: Fate,
    /// Its figures; none where they could not be read.
    pub figures: usize,
    /// Its rows that were set aside.
    pub set_aside: usize,
    /// Why they were, in words.
    pub why: String,
}

/// What becomes of a quarter of a history.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is taken in.
    Taken,
    /// The version that counts says the same.
    Same(u32),
    /// The version that counts says something else in so many figures; it stays.
    Differs(u32, usize),
    /// It could not be taken in.
    Refused(String),
    /// It is being collected now, or is not over: that is no history.
    Current,
    /// No return of it is expected.
    NotExpected,
}

/// Looks at every quarter of a file, and keeps and journals those that are taken: the next load reads them.
///
/// # Errors
/// When nothing can be read or kept.
pub fn take(walk: &mut Walk<'_>, file: &HistoryFile<'_>) -> Result<Result<Vec<Part>, Refusal>> {
    let settings = walk.settings;
    let layouts = &file.collection.layouts;
    let grid = loading::rows(walk.program, &settings.limits, &file.bytes, &file.file_name, layouts)?;
    let grid = match grid {
        Ok(grid) => grid,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let expected = Expected {
        other_quarters: OtherQuarters::LeftOut,
        ..loading::expected(walk, file.collection, Some(&file.authority), None)
    };
    let quarters = match named::quarters(&grid, &expected) {
        Ok(quarters) => quarters,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if quarters.is_empty() {
        let reason = "nothing in the file says a quarter: take it in with `--quarter`, one quarter at a time";
        return Ok(Err(Refusal::new("quarter-missing", reason)));
    }
    let mut parts = Vec::with_capacity(quarters.len());
    for quarter in quarters {
        let expected = Expected { quarter: Some(quarter), ..expected };
        parts.push(part(walk, file, &grid, &expected, quarter)?);
    }
    let taken = parts.iter().filter(|part| part.fate == Fate::Taken).map(|part| part.quarter);
    let details: Vec<Value> = taken.map(|quarter| detail(file, quarter)).collect();
    if !details.is_empty() {
        let hash =
            keep::keep_received(&settings.state, &file.bytes).context("cannot keep a received file")?;
        let lines = details.into_iter().map(|detail| (hash.clone(), detail)).collect();
        walk.journal.append_all(walk.now, Happened::Received, lines)?;
    }
    Ok(Ok(parts))
}

fn detail(file: &HistoryFile<'_>, quarter: Quarter) -> Value {
    json!({
        "collection": file.collection.name,
        "authority": file.authority.as_str(),
        "quarter": quarter.to_string(),
        "source": "by hand",
        "file_name": file.file_name,
        "bytes": file.bytes.len(),
        "history": true,
        "one_of_many": true,
    })
}

fn part(
    walk: &Walk<'_>,
    file: &HistoryFile<'_>,
    grid: &Grid,
    expected: &Expected<'_>,
    quarter: Quarter,
) -> Result<Part> {
    let unread = |fate| Ok(Part { quarter, fate, figures: 0, set_aside: 0, why: String::new() });
    let ended = file.collection.ended_quarters(walk.today);
    match ended.last() {
        Some(newest) if quarter >= *newest => return unread(Fate::Current),
        _ if !ended.contains(&quarter) => return unread(Fate::NotExpected),
        _ => {}
    }
    let reading = understand(grid, expected).and_then(|it| replacing::may_count(it, None, Size::Expected));
    let reading = match reading {
        Ok(reading) => reading,
        Err(refusal) => {
            let why = [refusal.reason.clone()].into_iter().chain(sentences(refusal.quarantined()));
            return unread(Fate::Refused(why.collect::<Vec<_>>().join(": ")));
        }
    };
    let fate = beside_held(walk, file, &reading, quarter)?;
    let why = sentences(&reading.quarantined).unwrap_or_default();
    let (figures, set_aside) = (reading.observations.len(), reading.quarantined.len());
    Ok(Part { quarter, fate, figures, set_aside, why })
}

/// Why rows were set aside, each kind once, as their sender would read it; none where none was.
fn sentences(rows: &[Quarantined]) -> Option<String> {
    let groups = slip::grouped(rows.iter().flat_map(Quarantined::slips));
    let (shown, rest) = groups.split_at(groups.len().min(REASONS_MAX));
    let mut told: Vec<String> = shown.iter().map(slip::Group::sentence).collect();
    if !rest.is_empty() {
        told.push(format!("and {} more reasons, which `quarterdeck verify` lists", rest.len()));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// What is held stays: a history fills gaps, a correction is sent as the return of its quarter.
fn beside_held(walk: &Walk<'_>, file: &HistoryFile<'_>, reading: &Reading, quarter: Quarter) -> Result<Fate> {
    let connection = walk.store.connection();
    let withdrawn = withdrawn(walk.journal.lines());
    let name = &file.collection.name;
    let standing = returns::counting(connection, name, &file.authority, quarter, &withdrawn)?;
    let Some(standing) = standing else { return Ok(Fate::Taken) };
    let held = grid::figures_of(connection, standing.submission)?;
    let differ = beside::differences(&reading.observations, &held).len();
    let is_sent = |indicator: &&String| {
        reading.observations.iter().any(|one| one.indicator.as_str() == indicator.as_str())
    };
    let gone = held.keys().filter(|indicator| !is_sent(indicator)).count();
    Ok(match differ + gone {
        0 => Fate::Same(standing.version),
        figures => Fate::Differs(standing.version, figures),
    })
}
