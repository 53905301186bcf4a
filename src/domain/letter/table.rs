//! Tables of figures that receipts and digests share.

use std::collections::BTreeSet;

use crate::domain::indicator::{A_YEAR, Unit};
use crate::domain::letter::facts::{FigureFact, IndicatorFact, OwnFigure, RegionFigure, Revision};
use crate::domain::letter::words;
use crate::domain::message::{Align, Column, Table};
use crate::domain::quarter::Quarter;
use crate::domain::stretch::Stretch;

/// A change below the shown decimals is told with at most so many more.
const DECIMALS_MORE_MAX: u8 = 6;

/// A column whose cells are words.
pub(super) fn left(heading: impl Into<String>) -> Column {
    Column { heading: heading.into(), align: Align::Left }
}

/// A column whose cells are numbers.
pub(super) fn right(heading: impl Into<String>) -> Column {
    Column { heading: heading.into(), align: Align::Right }
}

/// One authority's figures beside last year's and the region's.
///
/// A status that all figures share stands in the caption, and a column that would be empty is left out.
pub(super) fn own_figures(
    caption: &str,
    region: &str,
    (quarter, stretch): (Quarter, Stretch),
    figures: &[&OwnFigure],
) -> Table {
    let statuses: BTreeSet<String> = figures.iter().map(|own| own.figure.status_words()).collect();
    let shared_status = statuses.first().filter(|_| statuses.len() == 1);
    let compared = figures.iter().any(|own| !own.comparators.is_empty());
    let mut columns = vec![
        left("Indicator"),
        right("Value"),
        right("Numbers"),
        right(a_year_ago(figures.iter().map(|own| own.indicator.stretch))),
        right(format!("{region} (authorities counted)")),
    ];
    columns.extend(compared.then(|| left("Also compared with")));
    columns.extend(shared_status.is_none().then(|| left("Status")));
    let row = |own: &&OwnFigure| {
        let mut cells = own_row(own, (quarter, stretch));
        cells.extend(compared.then(|| comparators(own)));
        cells.extend(shared_status.is_none().then(|| own.figure.status_words()));
        cells
    };
    let status = shared_status.map(|status| format!(", {status}")).unwrap_or_default();
    let a_year = figures.iter().any(|own| own.indicator.name.ends_with(A_YEAR));
    let annual = if a_year { "; a rate a year is the quarter's count times four" } else { "" };
    Table { caption: format!("{caption}{status}{annual}"), columns, rows: figures.iter().map(row).collect() }
}

/// The heading over figures of a year ago.
pub(super) fn a_year_ago(mut stretches: impl Iterator<Item = Stretch> + Clone) -> &'static str {
    if stretches.clone().all(|it| it == Stretch::Quarter) {
        return "Same quarter last year";
    }
    if stretches.any(|it| it == Stretch::Quarter) { "A year earlier" } else { "The year before" }
}

/// What a later version changed: old beside new.
pub(super) fn revisions(caption: String, revisions: &[&Revision]) -> Table {
    let followed = revisions.iter().any(|revision| revision.consequence.is_some());
    let mut columns =
        vec![left("Authority"), left("Indicator"), left("Quarter"), right("Before"), right("Now")];
    columns.extend(followed.then(|| left("What followed")));
    let row = |revision: &&Revision| {
        let mut cells = revision_row(revision);
        let consequence = || revision.consequence.clone().unwrap_or_else(|| "nothing else".to_owned());
        cells.extend(followed.then(consequence));
        cells
    };
    Table { caption, columns, rows: revisions.iter().map(row).collect() }
}

/// Old and new in words that differ where they do, with more decimals or with their numbers; both are
/// withheld when either is.
pub(super) fn before_and_now(revision: &Revision) -> (String, String) {
    let both = [revision.old, revision.new];
    if let Some(withheld) = both.iter().flatten().find_map(FigureFact::withheld_words) {
        return (withheld.to_owned(), withheld.to_owned());
    }
    let told = |words: &dyn Fn(FigureFact) -> String| {
        both.map(|figure| {
            let words = figure.map_or_else(|| "not given".to_owned(), words);
            words::unit_once(&words, &revision.indicator.name)
        })
    };
    let finer = |more: u8| {
        told(&|figure| FigureFact { decimals: figure.decimals.saturating_add(more), ..figure }.value_words())
    };
    let with_numbers = || {
        told(&|figure| match figure.numbers_words(&revision.indicator) {
            Some(numbers) => format!("{} ({numbers})", figure.value_words()),
            None => figure.value_words(),
        })
    };
    let differ = (0..=DECIMALS_MORE_MAX).map(finer).find(|[before, now]| before != now);
    let [before, now] = differ.unwrap_or_else(with_numbers);
    (before, now)
}

fn own_row(own: &OwnFigure, told: (Quarter, Stretch)) -> Vec<String> {
    let stretch = own.indicator.stretch;
    let name = if (own.quarter, stretch) == told {
        own.indicator.name.clone()
    } else {
        format!("{} (latest: {})", own.indicator.name, stretch.name(own.quarter))
    };
    let last_year = own.last_year.map_or_else(|| "not known".to_owned(), |figure| figure.value_words());
    let none = if own.figure.unit == Unit::Count { "not compared" } else { "not known" };
    let region = own.region.as_ref().map_or_else(|| none.to_owned(), RegionFigure::words);
    let once = |words: String| words::unit_once(&words, &own.indicator.name);
    let numbers = numbers(&own.figure, &own.indicator);
    vec![name, once(own.figure.value_words()), numbers, once(last_year), once(region)]
}

/// The numbers behind a value, for a cell of their own.
pub(super) fn numbers(figure: &FigureFact, of: &IndicatorFact) -> String {
    figure.numbers_words(of).unwrap_or_else(|| "the value itself".to_owned())
}

fn comparators(own: &OwnFigure) -> String {
    if own.comparators.is_empty() { "nothing else".to_owned() } else { own.comparators.join("; ") }
}

fn revision_row(revision: &Revision) -> Vec<String> {
    let (before, now) = before_and_now(revision);
    vec![
        revision.authority.name.clone(),
        revision.indicator.name.clone(),
        revision.indicator.stretch.name(revision.quarter),
        before,
        now,
    ]
}
