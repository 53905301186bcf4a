//! What a digest has no room for as files, and the sentence that announces the figures.

use std::collections::BTreeMap;

use crate::domain::figure::Status;
use crate::domain::letter::digest::facts::{Arrival, FindingFact, ReturnFact, Said};
use crate::domain::letter::digest::findings;
use crate::domain::letter::digest::seen::{Seen, is_open};
use crate::domain::letter::facts::{FigureFact, OwnFigure, Revision, View};
use crate::domain::letter::{table, words};
use crate::domain::message::{Attachment, Block, Cell};
use crate::domain::quarter::Quarter;
use crate::domain::stretch::Stretch;

/// The file of revised figures.
pub(super) const REVISIONS_FILE: &str = "revisions.csv";
/// The file of returns that are not in.
pub(super) const RETURNS_FILE: &str = "returns-not-received.csv";
/// The file of open findings.
pub(super) const FINDINGS_FILE: &str = "open-findings.csv";

const COLUMNS: [&str; 13] = [
    "authority",
    "authority_name",
    "indicator",
    "indicator_name",
    "quarter",
    "numerator",
    "denominator",
    "value",
    "status",
    "same_quarter_last_year",
    "region_value",
    "region_authorities_counted",
    "region_authorities",
];

/// The attachment with its announcement; nothing when there is no figure.
pub(super) fn figures(seen: &Seen) -> (Vec<Block>, Vec<Attachment>) {
    if seen.figures.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let quarter = time_of_most(&seen.figures).map_or(seen.facts.quarter, |(quarter, _)| quarter);
    let file_name = format!("figures-{}.csv", quarter.slug().to_lowercase());
    let rows: Vec<Vec<Cell>> = seen.figures.iter().map(|own| row(own)).collect();
    let count = words::counted(rows.len(), "row", "rows");
    let block =
        words::paragraph(format!("The figures are attached as `{file_name}`: {count} and a heading row."));
    let columns = COLUMNS.map(str::to_owned).into();
    (vec![block], vec![Attachment::Figures { file_name, columns, rows }])
}

/// The time of most of the figures; a figure of another one says so.
pub(super) fn time_of_most(figures: &[&OwnFigure]) -> Option<(Quarter, Stretch)> {
    let mut counts: BTreeMap<(Quarter, Stretch), usize> = BTreeMap::new();
    for own in figures {
        *counts.entry((own.quarter, own.indicator.stretch)).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(time, count)| (*count, *time)).map(|(time, _)| time)
}

fn row(own: &OwnFigure) -> Vec<Cell> {
    let shown = own.figure.is_shown();
    let number = |value: Option<f64>| value.filter(|_| shown).map_or(Cell::Empty, Cell::Number);
    let status = if shown { own.figure.status.word() } else { "withheld" };
    let region = own.region.as_ref();
    vec![
        text(own.authority.code.as_str()),
        text(&own.authority.name),
        text(own.indicator.id.as_str()),
        text(&own.indicator.name),
        text(own.quarter.to_string()),
        number(own.figure.numerator),
        number(own.figure.denominator),
        number(own.figure.value),
        text(status),
        value(own.last_year.as_ref()),
        value(region.map(|region| &region.figure)),
        region.map_or(Cell::Empty, |region| Cell::Number(f64::from(region.reporting))),
        region.map_or(Cell::Empty, |region| Cell::Number(f64::from(region.of))),
    ]
}

fn value(figure: Option<&FigureFact>) -> Cell {
    let shown = figure.filter(|figure| figure.is_shown() && figure.status != Status::Suppressed);
    shown.and_then(|figure| figure.value).map_or(Cell::Empty, Cell::Number)
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

fn file(name: &str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Option<Attachment> {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    (!rows.is_empty()).then(|| Attachment::Figures { file_name: name.to_owned(), columns, rows })
}

/// Every revised figure, and every one that was missing and came; nothing for a recipient without figures.
pub(super) fn revisions(seen: &Seen) -> Option<Attachment> {
    if View::of(seen.recipient) == View::Sentences {
        return None;
    }
    let row = |(what, it): (&str, &&Revision)| {
        let (before, now) = table::before_and_now(it);
        vec![
            text(it.authority.code.as_str()),
            text(&it.authority.name),
            text(it.indicator.id.as_str()),
            text(&it.indicator.name),
            text(it.quarter.to_string()),
            Cell::Number(f64::from(it.version)),
            text(what),
            text(before),
            text(now),
            it.consequence.as_ref().map_or(Cell::Empty, text),
        ]
    };
    let revised = seen.revisions.iter().map(|it| ("revised", it));
    let all = revised.chain(seen.filled.iter().map(|it| ("was missing", it)));
    let columns = [
        "authority",
        "authority_name",
        "indicator",
        "indicator_name",
        "quarter",
        "version",
        "what",
        "before",
        "now",
        "what_followed",
    ];
    file(REVISIONS_FILE, &columns, all.map(row).collect())
}

/// Every return that is not in, the newest quarter first.
pub(super) fn returns(outstanding: &[&ReturnFact]) -> Option<Attachment> {
    let row = |it: &&ReturnFact| {
        let refused = match &it.arrival {
            Arrival::Refused { reason, .. } => text(reason),
            Arrival::Outstanding | Arrival::Received { .. } => Cell::Empty,
        };
        vec![
            text(it.authority.code.as_str()),
            text(&it.authority.name),
            text(&it.collection_title),
            text(it.quarter.to_string()),
            it.due.map_or(Cell::Empty, |day| text(day.to_string())),
            Cell::Number(f64::from(it.working_days_late.max(0))),
            refused,
        ]
    };
    let columns =
        ["authority", "authority_name", "return", "quarter", "due", "working_days_late", "file_not_accepted"];
    file(RETURNS_FILE, &columns, outstanding.iter().map(row).collect())
}

/// Every open finding, the most severe first.
pub(super) fn open_findings(seen: &Seen) -> Option<Attachment> {
    let mut open: Vec<&FindingFact> =
        seen.findings.iter().copied().filter(|finding| is_open(finding)).collect();
    open.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.authority.name.cmp(&b.authority.name)));
    let row = |it: &&FindingFact| {
        let of = it.indicator.as_ref();
        let what = if it.said == Said::Standing {
            "open for four quarters or more"
        } else {
            findings::said_word(it)
        };
        vec![
            text(&it.id),
            text(findings::level_word(it.level)),
            text(it.authority.code.as_str()),
            text(&it.authority.name),
            of.map_or(Cell::Empty, |of| text(of.id.as_str())),
            of.map_or(Cell::Empty, |of| text(&of.name)),
            text(it.quarter.to_string()),
            text(it.since.to_string()),
            text(what),
            text(findings::sentence(seen, it)),
        ]
    };
    let columns = [
        "finding",
        "level",
        "authority",
        "authority_name",
        "indicator",
        "indicator_name",
        "quarter",
        "open_since",
        "what",
        "sentence",
    ];
    file(FINDINGS_FILE, &columns, open.iter().map(row).collect())
}
