//! Loading: every received file that the database does not have yet is read, judged and stored.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::config::settings::{Collection, Layout, Limits};
use crate::domain::authority::AuthorityCode;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::spending::On;
use crate::pipeline::unpublished;
use crate::pipeline::{Report, beside, composing, forgotten};
use crate::read::changes;
use crate::read::code::Refusal;
use crate::read::csv;
use crate::read::grid::Grid;
use crate::read::json as json_file;
use crate::read::reading::{Expected, OtherQuarters, Reading};
use crate::read::replacing::Size;
use crate::read::sheets;
use crate::read::sniff::{Format, sniff};
use crate::read::validate::understand;
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::returns::{self, Arrival, Contents, Counting, Stored, Verdict};
use crate::store::withdrawn::{self, Withdrawal};
use crate::worker::{self, WorkerError};

/// A file that was loaded in this walk.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the journal says of it.
    pub arrival: Arrival,
    /// Its number and version.
    pub stored: Stored,
    /// What reading made of it.
    pub outcome: Result<Reading, Refusal>,
    /// The version that counted when it came.
    pub replaces: Option<u32>,
}

/// Reads and stores every journalled file that the database does not have.
///
/// A file that cannot be trusted is refused; one that cannot be looked at now waits for the next walk.
///
/// # Errors
/// When the database refuses.
pub fn load(walk: &mut Walk<'_>, report: &mut Report) -> Result<Vec<Loaded>> {
    let loaded = load_until(walk, u64::MAX, report)?;
    let protected = loaded.iter().filter_map(|it| {
        let refusal = it.outcome.as_ref().err()?;
        beside::told(&it.arrival, refusal, it.replaces)
    });
    report.failures.extend(protected);
    Ok(loaded)
}

/// As [`load`], but nothing that was journalled after the line `until`.
///
/// # Errors
/// As [`load`].
pub fn load_until(walk: &mut Walk<'_>, until: u64, report: &mut Report) -> Result<Vec<Loaded>> {
    let mut arrivals = waiting(walk)?;
    arrivals.retain(|it| it.journal_line <= until);
    let lines = walk.journal.lines();
    let (lost, withdrawals) = (accepted_losses(lines), withdrawn::withdrawals(lines));
    let past = Past { lost: &lost, withdrawals: &withdrawals };
    let total = arrivals.len();
    let mut loaded = Vec::with_capacity(total);
    for (done, arrival) in arrivals.into_iter().enumerate() {
        let Judged { outcome, before } = match judge(walk, &arrival, past) {
            Ok(judged) => judged,
            Err(error) => {
                report.unseen.add_arrival(&arrival);
                report.failures.push(trouble(&arrival, &error));
                continue;
            }
        };
        walk.spending.was_on(On::Read);
        let stored = store(walk, &arrival, &outcome)?;
        walk.spending.was_on(On::Load);
        count(report, &arrival, &outcome);
        let replaces = before.map(|it| it.version);
        loaded.push(Loaded { arrival, stored, outcome, replaces });
        walk.tell(Progress::Read(done + 1, total));
    }
    if total > 0 {
        walk.is_doing("check and compose", "checking and composing")?;
    }
    Ok(loaded)
}

fn trouble(arrival: &Arrival, error: &anyhow::Error) -> Trouble {
    let place = format!("`{}` of {}", arrival.file_name, arrival.collection);
    let next = "it is kept, and the next run tries again".to_owned();
    Trouble { room: Room::Read, what: format!("{error:#}"), place, next }
}

fn refused(arrival: &Arrival, refusal: &Refusal) -> Trouble {
    let of = [arrival.authority.as_ref().map(ToString::to_string), arrival.quarter.map(|it| it.to_string())];
    let of: Vec<String> = of.into_iter().flatten().collect();
    let of = if of.is_empty() { arrival.collection.clone() } else { of.join(" ") };
    Trouble {
        room: Room::Read,
        what: refusal.reason.clone(),
        place: format!("{of}, `{}`", arrival.file_name),
        next: "the receipt says so to its sender".to_owned(),
    }
}

fn count(report: &mut Report, arrival: &Arrival, outcome: &Result<Reading, Refusal>) {
    match outcome {
        Ok(reading) => {
            report.loaded += 1;
            report.rows_accepted += u64::from(reading.accepted);
            report.rows_quarantined += reading.quarantined.len() as u64;
        }
        Err(refusal) => {
            report.refused += 1;
            report.refusals.push(refused(arrival, refusal));
        }
    }
}

/// The received files that have no submission yet, oldest first.
fn waiting(walk: &Walk<'_>) -> Result<Vec<Arrival>> {
    let stored = returns::arrived(walk.store.connection())?;
    let arrivals = walk.journal.lines().iter().filter_map(arrival);
    Ok(arrivals.filter(|it| !stored.contains(&it.journal_line)).collect())
}

/// The arrival that a `received` line announces.
#[must_use]
pub fn arrival(line: &Line) -> Option<Arrival> {
    if line.event != Happened::Received {
        return None;
    }
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    Some(Arrival {
        journal_line: line.seq,
        hash: line.subject.clone(),
        collection: text("collection")?.to_owned(),
        authority: text("authority").and_then(|code| AuthorityCode::parse(code).ok()),
        quarter: text("quarter").and_then(Quarter::from_spelling),
        received_at: forgotten::received_at(line),
        source: text("source").unwrap_or_default().to_owned(),
        file_name: text("file_name").unwrap_or_default().to_owned(),
        history: line.detail.get("history").and_then(Value::as_bool).unwrap_or(false),
        one_of_many: line.detail.get("one_of_many").and_then(Value::as_bool).unwrap_or(false),
        meant_smaller: line.detail.get("smaller").is_some_and(Value::is_object),
        unread: text("unread").map(str::to_owned),
    })
}

/// The subject under which the loss of a received file is accepted.
#[must_use]
pub fn lost_subject(hash: &str) -> String {
    format!("received {hash}")
}

/// The hashes of the received files whose loss the operator accepted.
#[must_use]
pub fn accepted_losses(lines: &[Line]) -> BTreeSet<String> {
    let aside = lines.iter().filter(|line| line.event == Happened::SetAside);
    aside.filter_map(|line| line.subject.strip_prefix(&lost_subject(""))).map(str::to_owned).collect()
}

/// What became of a file, and the version of its return that counted when it came.
struct Judged {
    outcome: Result<Reading, Refusal>,
    before: Option<Counting>,
}

/// What the journal says that no file does.
#[derive(Clone, Copy)]
struct Past<'a> {
    lost: &'a BTreeSet<String>,
    withdrawals: &'a [Withdrawal],
}

fn judge(walk: &mut Walk<'_>, arrival: &Arrival, past: Past<'_>) -> Result<Judged> {
    let settings = walk.settings;
    let refused =
        |code, reason: String| Ok(Judged { outcome: Err(Refusal::new(code, reason)), before: None });
    if past.lost.contains(&arrival.hash) && !settings.state.join(keep::RECEIVED).join(&arrival.hash).exists()
    {
        let reason = "the kept file of this version was lost, and the operator gave it up".to_owned();
        return refused("lost", reason);
    }
    let Some(collection) = settings.collections.iter().find(|one| one.name == arrival.collection) else {
        let reason = format!("collection `{}` is no longer configured", arrival.collection);
        return refused("unknown-collection", reason);
    };
    if let Some(reason) = &arrival.unread {
        return refused("file-too-large", reason.clone());
    }
    let subject = format!("read {}", arrival.hash);
    if !walk.may_do(&subject)? {
        let reason = "several runs died while they read this file; it was set aside and the original is kept";
        return refused("set-aside", reason.to_owned());
    }
    walk.is_doing(&subject, &format!("reading `{}` of {}", arrival.file_name, arrival.collection))?;
    let bytes = keep::read_received(&settings.state, &arrival.hash)
        .with_context(|| format!("cannot read the kept file of `{}`", arrival.file_name))?;
    let limits = &settings.limits;
    let grid = rows(walk.program, limits, &bytes, &arrival.file_name, &collection.layouts)?;
    let expected = Expected {
        other_quarters: if arrival.one_of_many { OtherQuarters::LeftOut } else { OtherQuarters::SetAside },
        // A file that is loaded again is judged as on the day on which it came.
        today: composing::day_of(walk, arrival.received_at),
        ..expected(walk, collection, arrival.authority.as_ref(), arrival.quarter)
    };
    let connection = walk.store.connection();
    let withdrawn = withdrawn::before(past.withdrawals, arrival.journal_line);
    let before = beside::counting(connection, arrival, &withdrawn)?;
    let size = if arrival.meant_smaller { Size::Meant } else { Size::Expected };
    let grid = match grid {
        Ok(grid) => grid,
        Err(refusal) => return Ok(Judged { outcome: Err(refusal), before }),
    };
    let mut outcome = understand(&grid, &expected)
        .and_then(|reading| beside::may_count(settings, &bytes, reading, before.as_ref(), size));
    if let Ok(reading) = &mut outcome {
        if !arrival.one_of_many {
            let others = beside::other_quarters(connection, (&grid, &*reading), &expected, &withdrawn)?;
            reading.remarks.extend(others);
        }
        if arrival.authority.is_none() {
            reading.remarks.extend(unpublished::remark(walk, arrival, reading)?);
        }
        let before = returns::headings_before(walk.store.connection(), arrival, &reading.layout)?;
        if !before.is_empty() {
            reading.remarks.extend(changes::column_remarks(&before, &reading.columns));
        }
    }
    Ok(Judged { outcome, before })
}

/// The rows of a file, or why it cannot be trusted. What is packed (a workbook, a ZIP or gzip file) is opened
/// by a worker, `program` itself.
///
/// # Errors
/// When no worker can be started: that says nothing of the file.
pub fn rows(
    program: &Path,
    limits: &Limits,
    bytes: &[u8],
    file_name: &str,
    layouts: &[Layout],
) -> Result<Result<Grid, Refusal>> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.file_bytes_max {
        let most = limits.file_bytes_max >> 20;
        let reason = format!("the file is larger than {most} MiB: send one return, without pictures");
        return Ok(Err(Refusal::new("file-too-large", reason)));
    }
    match sniff(bytes, file_name) {
        Err(refusal) => Ok(Err(refusal)),
        Ok(Format::Delimited) => Ok(csv::delimited(bytes, limits)),
        Ok(Format::Json) => Ok(json_file::json(bytes, limits)),
        Ok(Format::Packed) => packed_rows(program, limits, bytes, file_name, layouts),
    }
}

/// Of a workbook the sheet that the layouts name, or that has their headings.
fn packed_rows(
    program: &Path,
    limits: &Limits,
    bytes: &[u8],
    file_name: &str,
    layouts: &[Layout],
) -> Result<Result<Grid, Refusal>> {
    sheets::the_return(layouts, |sheet| sheet_rows(program, limits, bytes, file_name, sheet))
}

fn sheet_rows(
    program: &Path,
    limits: &Limits,
    bytes: &[u8],
    file_name: &str,
    sheet: Option<&str>,
) -> Result<Result<Vec<Grid>, Refusal>> {
    let task = json!({ "sheet": sheet, "file_name": file_name, "limits": limits }).to_string();
    let input = [task.as_bytes(), b"\n", bytes].concat();
    let why = match worker::run(program, &["worker", "packed"], &input, limits) {
        Ok(answer) => {
            return serde_json::from_slice(&answer).context("the worker's answer is not understood");
        }
        Err(error @ WorkerError::Start(_)) => return Err(error.into()),
        // Its last words may hold what the file holds.
        Err(WorkerError::Died { how, .. }) => format!("the worker {how}"),
        Err(error) => error.to_string(),
    };
    let reason = format!("the file cannot be opened ({why}): save it again, with the return only");
    Ok(Err(Refusal::new("unreadable-workbook", reason)))
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
        cadence: collection.cadence,
        authority,
        quarter,
        indicators: &walk.settings.indicators,
        layouts: &collection.layouts,
        authorities: &walk.settings.authorities,
        today: walk.today,
        other_quarters: OtherQuarters::SetAside,
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
                set_aside: &reading.set_aside_indicators,
                layout: &reading.layout,
                rows_read: reading.rows_read,
                rows_accepted: reading.accepted,
                observations: &reading.observations,
                quarantined: &reading.quarantined,
                areas: &reading.areas,
                columns: &reading.columns,
                remarks: &remarks,
            };
            returns::load(walk.store.connection(), arrival, &Verdict::Accepted(contents))
        }
        Err(refusal) => {
            let (reading, reason) = (refusal.reading.as_ref(), refusal.reason.clone());
            let verdict = Verdict::Refused {
                reason,
                rows_read: reading.map_or(0, |it| it.rows_read),
                rows_accepted: reading.map_or(0, |it| it.accepted),
                quarantined: refusal.quarantined(),
            };
            returns::load(walk.store.connection(), arrival, &verdict)
        }
    };
    stored.with_context(|| format!("cannot store the submission `{}`", arrival.file_name))
}
