//! A verdict on a file as it is printed: its counts, every problem with its place, what changed.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::arguments::Format;
use crate::cli::print::{self, Rows};
use crate::domain::figure::{Column, Observation, Place, Quarantined};
use crate::domain::slip::{self, Slip};
use crate::read::changes::{Change, Changes};
use crate::read::code::Refusal;
use crate::read::reading::Reading;

const COLUMNS: [&str; 13] = [
    "verdict",
    "sheet",
    "line",
    "column",
    "heading",
    "code",
    "reason",
    "rows",
    "authority",
    "indicator",
    "quarter",
    "old",
    "new",
];
const PLACES_MAX: usize = 8;
/// More changed figures than this are counted in a table; the other formats list all.
const CHANGES_MAX: usize = 60;

/// Prints a verdict and, when it is compared with an earlier version, what changed.
///
/// A table has a line for each kind of problem, the most frequent first; JSON and CSV have a row for each
/// problem, in the order of the file.
///
/// # Errors
/// When standard output is closed.
pub fn show(outcome: &Result<Reading, Refusal>, changes: Option<&Changes<'_>>, format: Format) -> Result<()> {
    if format != Format::Table {
        let mut rows = Rows::of(&COLUMNS);
        rows.rows = every(outcome, changes);
        return rows.print(format);
    }
    match outcome {
        Err(refusal) => {
            print::say(format_args!("refused whole: {}", refusal.reason))?;
            let rows = refusal.reading.as_ref().map(|reading| grouped(reading)).unwrap_or_default();
            if !rows.rows.is_empty() {
                rows.print(format)?;
            }
        }
        Ok(reading) => {
            print::say(format_args!("{}", summary(reading)))?;
            let rows = grouped(reading);
            if !rows.rows.is_empty() {
                rows.print(format)?;
            }
        }
    }
    changes.map_or(Ok(()), show_changes)
}

/// The counts of a reading, in one line.
#[must_use]
pub fn summary(reading: &Reading) -> String {
    format!(
        "rows read {} = accepted {} + quarantined {}; figures {}; layout {}; indicators missing {}{}",
        reading.rows_read,
        reading.accepted,
        reading.quarantined.len(),
        reading.observations.len(),
        reading.layout,
        reading.missing_indicators.len(),
        match reading.set_aside_indicators.len() {
            0 => String::new(),
            aside => format!(", {aside} of them set aside"),
        }
    )
}

/// A line for each kind of problem, the most frequent first, then the remarks.
fn grouped(reading: &Reading) -> Rows {
    let mut rows = Rows::of(&["verdict", "rows", "code", "place", "reason"]);
    for group in slip::grouped(reading.quarantined.iter().flat_map(Quarantined::slips)) {
        rows.rows.push(vec![
            json!("quarantined"),
            json!(group.rows()),
            json!(group.code),
            json!(Place::listed(&group.places, PLACES_MAX)),
            json!(group.sentence()),
        ]);
    }
    for it in &reading.remarks {
        let place = it.place.as_ref().map(|place| Place::listed(std::slice::from_ref(place), 1));
        let verdict = json!("accepted, remark");
        rows.rows.push(vec![verdict, json!(null), json!(it.code), json!(place), json!(it.text)]);
    }
    rows
}

/// A row for the file as it was read, then one for each problem, each remark and each change.
fn every(outcome: &Result<Reading, Refusal>, changes: Option<&Changes<'_>>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    match outcome {
        Err(refusal) => {
            rows.push(problem("refused", None, refusal.code, &refusal.reason, None));
            rows.extend(refusal.quarantined().iter().flat_map(faults));
        }
        Ok(reading) => {
            rows.push(problem("read", None, "counts", &summary(reading), Some(reading.rows_read)));
            rows.extend(reading.quarantined.iter().flat_map(faults));
            let remarks = reading.remarks.iter();
            rows.extend(
                remarks.map(|it| problem("accepted, remark", it.place.as_ref(), it.code, &it.text, None)),
            );
        }
    }
    if let Some(changes) = changes {
        let came = changes.appeared.iter().map(|name| column_row("columns-appeared", name));
        rows.extend(came.chain(changes.gone.iter().map(|name| column_row("columns-gone", name))));
        rows.extend(changes.figures.iter().map(figure_row));
    }
    rows
}

/// A row for each thing that is wrong with a quarantined row, which is counted with the first.
fn faults(row: &Quarantined) -> Vec<Vec<Value>> {
    let slips = row.slips().into_iter().enumerate();
    let told = |(at, it): (usize, Slip)| {
        problem("quarantined", Some(&it.place), &it.code, &it.reason, Some(u32::from(at == 0)))
    };
    slips.map(told).collect()
}

fn problem(verdict: &str, place: Option<&Place>, code: &str, reason: &str, count: Option<u32>) -> Vec<Value> {
    let column = place.and_then(|place| place.column.as_ref());
    let mut row = vec![
        json!(verdict),
        json!(place.and_then(|place| place.sheet.as_ref())),
        json!(place.map(|place| place.line)),
        json!(column.map(Column::letters)),
        json!(column.map(|column| &column.heading)),
        json!(code),
        json!(reason),
        json!(count),
    ];
    row.resize(COLUMNS.len(), Value::Null);
    row
}

fn column_row(code: &str, name: &str) -> Vec<Value> {
    let mut row = problem("changed", None, code, "", None);
    if let [_, _, _, _, heading, ..] = row.as_mut_slice() {
        *heading = json!(name);
    }
    row
}

fn figure_row(change: &Change<'_>) -> Vec<Value> {
    let place = change.new.map(|new| &new.place);
    let code = format!("figure-{}", change.word());
    let mut row = problem("changed", place, &code, "", None);
    row.truncate(COLUMNS.len() - 5);
    row.extend(change_cells(change));
    row
}

/// Authority, indicator, quarter, old and new figure.
fn change_cells(change: &Change<'_>) -> [Value; 5] {
    let about = change.new.or(change.old);
    [
        json!(about.map(|one| one.authority.as_str())),
        json!(about.map(|one| one.indicator.as_str())),
        json!(about.map(|one| one.quarter.to_string())),
        json!(change.old.map(figure)),
        json!(change.new.map(figure)),
    ]
}

/// `29 of 98 = 29.6`, as far as it was sent, or the status.
fn figure(one: &Observation) -> String {
    let it = &one.figure;
    let parts = [
        it.numerator.map(|number| number.to_string()),
        it.denominator.map(|number| format!("of {number}")),
        it.value.map(|number| format!("= {number}")),
        (it.status.word() != "ok").then(|| it.status.word().to_owned()),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    text.trim_start_matches("= ").to_owned()
}

fn show_changes(changes: &Changes<'_>) -> Result<()> {
    let names = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let count = |word: &str| changes.figures.iter().filter(|one| one.word() == word).count();
    print::say(format_args!("columns that appeared: {}", names(&changes.appeared)))?;
    print::say(format_args!("columns that are gone: {}", names(&changes.gone)))?;
    print::say(format_args!(
        "figures changed {}, added {}, removed {}",
        count("changed"),
        count("added"),
        count("removed")
    ))?;
    if changes.figures.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::of(&["change", "authority", "indicator", "quarter", "old", "new"]);
    rows.rows = changes
        .figures
        .iter()
        .take(CHANGES_MAX)
        .map(|change| std::iter::once(json!(change.word())).chain(change_cells(change)).collect())
        .collect();
    rows.print(Format::Table)?;
    match changes.figures.len().saturating_sub(CHANGES_MAX) {
        0 => Ok(()),
        more => print::say(format_args!("and {more} more figures: `--format csv` lists all")),
    }
}
