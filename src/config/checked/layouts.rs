//! Layouts: headings that mean one thing, measures of known indicators, symbols without overlap.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::checked::{Desk, Known, wide};
use crate::config::problem::Text;
use crate::config::settings::{Layout, LongColumns, Shape, Symbol, TidyColumns, TidyMeasure};
use crate::config::written::collections::{CadenceWord, CollectionToml};
use crate::config::written::layouts::{
    BareYearWord, LayoutToml, LongToml, MeasureToml, StatusWord, SymbolToml, TidyToml,
};
use crate::config::written::typed::At;
use crate::domain::figure::Status;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::BareYear;

/// The layouts of one collection, each with the collection's symbols.
pub fn check(
    text: &Text,
    typed: &CollectionToml,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Vec<Layout> {
    let symbols = symbols(text, &typed.symbol, at, desk);
    desk.duplicates(text, &format!("{at}: layout"), typed.layout.iter().map(|layout| &layout.name));
    if typed.layout.is_empty() {
        desk.problem(text, &typed.name.span, format!("{at}: no layout; nothing could be read"));
    }
    let layouts = typed.layout.iter().filter_map(|layout| {
        let at = format!("{at}: layout `{}`", layout.name.value);
        Some(Layout {
            name: layout.name.value.clone(),
            shape: shape(text, layout, typed, known, &at, desk)?,
            symbols: symbols.clone(),
            sheet: layout.sheet.clone(),
            header_within: layout.header_within,
        })
    });
    layouts.collect()
}

fn shape(
    text: &Text,
    typed: &LayoutToml,
    of: &CollectionToml,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Option<Shape> {
    match (&typed.long, &typed.tidy, &typed.wide) {
        (Some(columns), None, None) => Some(Shape::Long(long(text, columns, of, at, desk))),
        (None, Some(columns), None) => Some(Shape::Tidy(tidy(text, columns, known, at, desk))),
        (None, None, Some(columns)) => wide::check(text, columns, of, known, at, desk).map(Shape::Wide),
        _ => {
            desk.problem(text, &typed.name.span, format!("{at}: give one of `long`, `tidy` and `wide`"));
            None
        }
    }
}

fn long(text: &Text, typed: &LongToml, of: &CollectionToml, at: &str, desk: &mut Desk) -> LongColumns {
    // In an annual collection a year stands where a quarter may.
    let annual = (of.cadence == CadenceWord::Annual).then_some(BareYear::Annual(0, 3, 31));
    let needed = [&typed.authority, &typed.indicator, &typed.quarter, &typed.numerator, &typed.denominator];
    distinct(text, needed.into_iter().chain([&typed.value]), &format!("{at}: long"), desk);
    LongColumns {
        authority: lower(&typed.authority),
        indicator: lower(&typed.indicator),
        quarter: lower(&typed.quarter),
        year: lower(&typed.year),
        bare_year: typed.bare_year.map(bare_year).or(annual),
        numerator: lower(&typed.numerator),
        denominator: lower(&typed.denominator),
        value: lower(&typed.value),
        status: lower(&typed.status),
        note: lower(&typed.note),
        ignored: lower(&typed.ignored),
    }
}

/// Headings as they are compared.
pub(super) fn lower(headings: &[String]) -> Vec<String> {
    headings.iter().map(|heading| heading.to_lowercase()).collect()
}

/// Each column has a heading, and no heading stands for two of them.
pub(super) fn distinct<'a>(
    text: &Text,
    columns: impl Iterator<Item = &'a At<Vec<String>>>,
    at: &str,
    desk: &mut Desk,
) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, headings) in columns.enumerate() {
        if headings.is_empty() {
            desk.problem(text, &headings.span, format!("{at}: a column needs at least one heading"));
        }
        for heading in lower(headings) {
            if seen.insert(heading.clone(), index).is_some_and(|earlier| earlier != index) {
                let sentence = format!("{at}: heading `{heading}` stands for two columns");
                desk.problem(text, &headings.span, sentence);
            }
        }
    }
}

fn tidy(text: &Text, typed: &TidyToml, known: &Known<'_>, at: &str, desk: &mut Desk) -> TidyColumns {
    let (month, day) = (typed.reference_month.value, typed.reference_day.value);
    if NaiveDate::from_ymd_opt(2017, month, day).is_none() {
        let sentence = format!("{at}: tidy: month {month} has no day {day} in every year");
        desk.problem(text, &typed.reference_day.span, sentence);
    }
    if typed.measures.is_empty() {
        desk.problem(text, &typed.measures.span, format!("{at}: tidy: no measures"));
    }
    TidyColumns {
        reference: (month, day),
        reference_year_offset: typed.reference_year_offset,
        measures: typed
            .measures
            .iter()
            .filter_map(|one| {
                if let Some(row) = &one.row {
                    let sentence = format!("{at}: measure `{}`: `row` is for `wide`", one.indicator.value);
                    desk.problem(text, &row.span, sentence);
                }
                measure(text, one, known, at, desk)
            })
            .collect(),
    }
}

/// What one year beside a quarter means.
pub(super) fn bare_year(word: BareYearWord) -> BareYear {
    match word {
        BareYearWord::Calendar => BareYear::Calendar,
        BareYearWord::Financial => BareYear::Financial,
    }
}

/// One measure, of a known indicator and with a figure in it.
pub(super) fn measure(
    text: &Text,
    typed: &MeasureToml,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Option<TidyMeasure> {
    if typed.numerator.is_none() && typed.value.is_none() && typed.row.is_none() {
        let sentence =
            format!("{at}: measure `{}`: give `numerator`, `value` or both", typed.indicator.value);
        desk.problem(text, &typed.indicator.span, sentence);
    }
    let there = desk.reference(text, at, "indicator", &typed.indicator, &known.indicators);
    Some(TidyMeasure {
        indicator: IndicatorId::parse(&typed.indicator).filter(|_| there)?,
        row: typed.row.as_ref().map(|row| row.value.clone()),
        numerator: typed.numerator.clone(),
        denominator: typed.denominator.clone(),
        value: typed.value.clone(),
        only: typed.only.as_ref().map(|only| (only.column.clone(), only.is.clone())),
        optional: typed.optional,
    })
}

fn symbols(text: &Text, typed: &[SymbolToml], at: &str, desk: &mut Desk) -> Vec<Symbol> {
    let first = |symbol: &SymbolToml| symbol.from.as_ref().map_or(NaiveDate::MIN, |day| day.0);
    let last = |symbol: &SymbolToml| symbol.until.as_ref().map_or(NaiveDate::MAX, |day| day.0);
    for (index, later) in typed.iter().enumerate() {
        let overlaps = |earlier: &SymbolToml| {
            earlier.text.value == later.text.value
                && first(earlier) <= last(later)
                && first(later) <= last(earlier)
        };
        if typed.iter().take(index).any(overlaps) {
            let sentence = format!("{at}: symbol `{}` means two things on one day", later.text.value);
            desk.problem(text, &later.text.span, sentence);
        }
        if first(later) > last(later) {
            let sentence = format!("{at}: symbol `{}`: `until` is before `from`", later.text.value);
            desk.problem(text, &later.text.span, sentence);
        }
    }
    let trusted = typed.iter().map(|symbol| Symbol {
        text: symbol.text.value.clone(),
        status: status(symbol.means),
        from: symbol.from.as_ref().map(|day| day.0),
        until: symbol.until.as_ref().map(|day| day.0),
    });
    trusted.collect()
}

fn status(word: StatusWord) -> Status {
    match word {
        StatusWord::Suppressed => Status::Suppressed,
        StatusWord::Unavailable => Status::Unavailable,
        StatusWord::NotApplicable => Status::NotApplicable,
        StatusWord::RoundsToZero => Status::RoundsToZero,
        StatusWord::Unreliable => Status::Unreliable,
        StatusWord::Estimate => Status::Estimate,
    }
}
