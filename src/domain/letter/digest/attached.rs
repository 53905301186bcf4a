//! The figures of a digest as a file, and the sentence that announces it.

use std::collections::BTreeMap;

use crate::domain::figure::Status;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::{FigureFact, OwnFigure};
use crate::domain::letter::words;
use crate::domain::message::{Attachment, Block, Cell};
use crate::domain::quarter::Quarter;
use crate::domain::stretch::Stretch;

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
    let text = |words: &str| Cell::Text(words.to_owned());
    let shown = own.figure.is_shown();
    let number = |value: Option<f64>| value.filter(|_| shown).map_or(Cell::Empty, Cell::Number);
    let status = if shown { own.figure.status.word() } else { "withheld" };
    let region = own.region.as_ref();
    vec![
        text(own.authority.code.as_str()),
        text(&own.authority.name),
        text(own.indicator.id.as_str()),
        text(&own.indicator.name),
        text(&own.quarter.to_string()),
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
