//! Loading: every received file that the database does not have yet is read, judged and stored.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::config::settings::{Collection, Layout};
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;
use crate::pipeline::opening::{Progress, Walk};
use crate::read::code::Refusal;
use crate::read::csv;
use crate::read::grid::Grid;
use crate::read::reading::{Expected, Reading};
use crate::read::sniff::{Format, sniff};
use crate::read::validate::understand;
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::returns::{self, Arrival, Contents, Stored, Verdict};
use crate::worker;

/// A file that was loaded in this walk.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the journal says of it.
    pub arrival: Arrival,
    /// Its number and version.
    pub stored: Stored,
    /// What reading made of it.
    pub outcome: Result<Reading, Refusal>,
}

/// Reads and stores every journalled file that the database does not have.
///
/// # Errors
/// When a kept file is gone or damaged, or the database refuses. A file that cannot be trusted is refused.
pub fn load(walk: &mut Walk<'_>, report: &mut Report) -> Result<Vec<Loaded>> {
    let arrivals = waiting(walk)?;
    let total = arrivals.len();
    let mut loaded = Vec::with_capacity(total);
    for (done, arrival) in arrivals.into_iter().enumerate() {
        let outcome = judge(walk, &arrival)?;
        let stored = store(walk, &arrival, &outcome)?;
        count(report, &outcome);
        loaded.push(Loaded { arrival, stored, outcome });
        walk.tell(Progress::Read(done + 1, total));
    }
    Ok(loaded)
}

fn count(report: &mut Report, outcome: &Result<Reading, Refusal>) {
    match outcome {
        Ok(reading) => {
            report.loaded += 1;
            report.rows_accepted += u64::from(reading.accepted);
            report.rows_quarantined += reading.quarantined.len() as u64;
        }
        Err(_) => report.refused += 1,
    }
}

/// The received files that have no submission yet, oldest first.
fn waiting(walk: &Walk<'_>) -> Result<Vec<Arrival>> {
    let connection = walk.store.connection();
    let mut statement = connection.prepare(
        "SELECT hash, collection, coalesce(authority, ''), coalesce(quarter, -1)
           FROM submissions
          ORDER BY submission",
    )?;
    let stored: BTreeSet<(String, String, String, i32)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<duckdb::Result<_>>()?;
    let mut seen = stored;
    let arrivals = walk.journal.lines().iter().filter_map(arrival);
    Ok(arrivals
        .filter(|it| {
            let authority = it.authority.as_ref().map_or(String::new(), ToString::to_string);
            let quarter = it.quarter.map_or(-1, Quarter::index);
            seen.insert((it.hash.clone(), it.collection.clone(), authority, quarter))
        })
        .collect())
}

/// The arrival that a `received` line announces.
#[must_use]
pub fn arrival(line: &Line) -> Option<Arrival> {
    if line.event != Happened::Received {
        return None;
    }
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    Some(Arrival {
        hash: line.subject.clone(),
        collection: text("collection")?.to_owned(),
        authority: text("authority").and_then(|code| AuthorityCode::parse(code).ok()),
        quarter: text("quarter").and_then(Quarter::from_spelling),
        received_at: line.at,
        source: text("source").unwrap_or_default().to_owned(),
        file_name: text("file_name").unwrap_or_default().to_owned(),
    })
}

fn judge(walk: &mut Walk<'_>, arrival: &Arrival) -> Result<Result<Reading, Refusal>> {
    let settings = walk.settings;
    let Some(collection) = settings.collections.iter().find(|one| one.name == arrival.collection) else {
        let reason = format!("collection `{}` is no longer configured", arrival.collection);
        return Ok(Err(Refusal::new("unknown-collection", reason)));
    };
    if walk.careful && set_aside(walk, arrival)? {
        let reason = "reading this file ended two runs; it was set aside and the original is kept".to_owned();
        return Ok(Err(Refusal::new("set-aside", reason)));
    }
    let bytes = keep::read_received(&settings.state, &arrival.hash)
        .with_context(|| format!("cannot read the kept file of `{}`", arrival.file_name))?;
    let grid = grid(walk, &bytes, &arrival.file_name, &collection.layouts);
    Ok(grid.and_then(|grid| {
        understand(&grid, &expected(walk, collection, arrival.authority.as_ref(), arrival.quarter))
    }))
}

/// Journals that a file is about to be read; true when that was the last thing an earlier run did.
fn set_aside(walk: &mut Walk<'_>, arrival: &Arrival) -> Result<bool> {
    let tried = walk
        .journal
        .lines()
        .iter()
        .any(|line| line.event == Happened::Reading && line.subject == arrival.hash);
    if !tried {
        let detail = json!({ "file_name": arrival.file_name });
        walk.journal.append(walk.now, Happened::Reading, &arrival.hash, detail)?;
    }
    Ok(tried)
}

/// The rows of a file; a workbook is opened by a worker.
///
/// # Errors
/// When the file cannot be trusted.
pub fn grid(walk: &Walk<'_>, bytes: &[u8], file_name: &str, layouts: &[Layout]) -> Result<Grid, Refusal> {
    rows(walk.program, &walk.settings.limits, bytes, file_name, layouts)
}

/// The rows of a file; a workbook is opened by a worker, which is this binary at `program`.
///
/// # Errors
/// When the file cannot be trusted.
pub fn rows(
    program: &std::path::Path,
    limits: &crate::config::settings::Limits,
    bytes: &[u8],
    file_name: &str,
    layouts: &[Layout],
) -> Result<Grid, Refusal> {
    match sniff(bytes, file_name)? {
        Format::Delimited => csv::delimited(bytes, limits),
        Format::Workbook => {
            let sheet = layouts.iter().find_map(|layout| layout.sheet.clone());
            let task = json!({ "sheet": sheet, "limits": limits }).to_string();
            let unreadable = |reason: String| Refusal::new("unreadable-workbook", reason);
            let input = [task.as_bytes(), b"\n", bytes].concat();
            let answer = worker::run(program, &["worker", "workbook"], &input, limits).map_err(|error| {
                unreadable(format!("`{file_name}` cannot be opened as a workbook: {error}"))
            })?;
            serde_json::from_slice::<Result<Grid, Refusal>>(&answer).map_err(|error| {
                unreadable(format!("`{file_name}`: the worker's answer is not understood: {error}"))
            })?
        }
    }
}

/// What a file of a collection must be.
#[must_use]
pub fn expected<'a>(
    walk: &Walk<'a>,
    collection: &'a Collection,
    authority: Option<&'a AuthorityCode>,
    quarter: Option<Quarter>,
) -> Expected<'a> {
    Expected {
        collection: &collection.name,
        authority,
        quarter,
        indicators: &walk.settings.indicators,
        layouts: &collection.layouts,
        authorities: &walk.settings.authorities,
        today: walk.today,
        previous_rows: None,
    }
}

fn store(walk: &Walk<'_>, arrival: &Arrival, outcome: &Result<Reading, Refusal>) -> Result<Stored> {
    let stored = match outcome {
        Ok(reading) => {
            let remarks: Vec<_> = reading
                .remarks
                .iter()
                .map(|remark| (remark.place.clone(), remark.code.to_string(), remark.text.clone()))
                .collect();
            let contents = Contents {
                layout: &reading.layout,
                rows_read: reading.rows_read,
                rows_accepted: reading.accepted,
                observations: &reading.observations,
                quarantined: &reading.quarantined,
                areas: &reading.areas,
                remarks: &remarks,
            };
            returns::load(walk.store.connection(), arrival, &Verdict::Accepted(contents))
        }
        Err(refusal) => returns::load(
            walk.store.connection(),
            arrival,
            &Verdict::Refused { reason: refusal.reason.clone() },
        ),
    };
    stored.with_context(|| format!("cannot store the submission `{}`", arrival.file_name))
}
