//! Wide layouts: each of authority, measure, part and quarter comes from one place.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use crate::config::checked::layouts::{bare_year, distinct, lower, measure};
use crate::config::checked::{Desk, Known};
use crate::config::problem::Text;
use crate::config::settings::{Parts, TidyMeasure, Time, WideColumns};
use crate::config::written::collections::{CadenceWord, CollectionToml, ReportersWord};
use crate::config::written::layouts::{MeasureToml, PartsToml, WideToml};
use crate::config::written::typed::At;
use crate::domain::quarter::{BareYear, Quarter};

/// The columns of a wide layout; none when a place of the quarter cannot be told.
pub fn check(
    text: &Text,
    typed: &WideToml,
    of: &CollectionToml,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Option<WideColumns> {
    let at = &format!("{at}: wide");
    let time = time(text, typed, at, desk);
    let words = words(text, typed, at, desk);
    let columns =
        [&typed.authority, &typed.indicator, &typed.part, &typed.figure, &typed.quarter, &typed.date];
    distinct(text, columns.into_iter().flatten(), at, desk);
    rows(text, typed, at, desk);
    if of.reporters == ReportersWord::Publisher {
        publisher(text, typed, at, desk);
    }
    let measures = typed.measures.iter().filter_map(|one| {
        one_way(text, typed, one, at, desk);
        measure(text, one, known, at, desk)
    });
    let measures: Vec<TidyMeasure> = measures.collect();
    if typed.measures.is_empty() {
        desk.problem(text, &typed.measures.span, format!("{at}: no measures"));
    }
    let column = |typed: &Option<At<Vec<String>>>| typed.as_ref().map(|it| lower(it)).unwrap_or_default();
    Some(WideColumns {
        authority: column(&typed.authority),
        name: lower(&typed.name),
        dfe_number: lower(&typed.dfe_number),
        region: lower(&typed.region),
        indicator: column(&typed.indicator),
        part: column(&typed.part),
        parts: typed.parts.as_ref().map(|it| parts(it)).unwrap_or_default(),
        figure: column(&typed.figure),
        time: time?,
        bare_year: year(text, typed, of, at, desk),
        status: lower(&typed.status),
        note: lower(&typed.note),
        ignored: lower(&typed.ignored),
        except: typed.except.iter().map(|it| (it.column.clone(), it.is.clone())).collect(),
        words,
        measures,
    })
}

/// What a year means: in an annual collection, one by itself is the quarter of its reference day.
fn year(text: &Text, typed: &WideToml, of: &CollectionToml, at: &str, desk: &mut Desk) -> Option<BareYear> {
    let is_annual = of.cadence == CadenceWord::Annual;
    let given = typed.reference_month.as_ref().or(typed.reference_day.as_ref());
    if let Some(given) = given.filter(|_| !is_annual) {
        let sentence = format!("{at}: the reference day of a year is for `cadence = \"annual\"`; remove it");
        desk.problem(text, &given.span, sentence);
    }
    let month = typed.reference_month.as_ref().map_or(3, |it| it.value);
    let day = typed.reference_day.as_ref().map_or(31, |it| it.value);
    if let Some(given) = given.filter(|_| NaiveDate::from_ymd_opt(2017, month, day).is_none()) {
        let sentence = format!("{at}: month {month} has no day {day} in every year");
        desk.problem(text, &given.span, sentence);
    }
    let annual = BareYear::Annual(typed.reference_year_offset, month, day);
    typed.bare_year.map(bare_year).or_else(|| is_annual.then_some(annual))
}

fn parts(typed: &PartsToml) -> Parts {
    Parts {
        numerator: lower(&typed.numerator),
        denominator: lower(&typed.denominator),
        value: lower(&typed.value),
    }
}

fn time(text: &Text, typed: &WideToml, at: &str, desk: &mut Desk) -> Option<Time> {
    let spans: [(&str, Option<&Range<usize>>); 4] = [
        ("quarter", typed.quarter.as_ref().map(|it| &it.span)),
        ("date", typed.date.as_ref().map(|it| &it.span)),
        ("period", typed.period.as_ref().map(|it| &it.span)),
        ("across", typed.across.as_ref().map(|it| &it.span)),
    ];
    let mut given = spans.iter().filter_map(|(name, span)| span.map(|span| (*name, span)));
    if let (Some((first, _)), Some((second, span))) = (given.next(), given.next()) {
        let sentence = format!("{at}: the quarter comes from `{first}` or from `{second}`, not from both");
        desk.problem(text, span, sentence);
        return None;
    }
    if let Some(headings) = &typed.quarter {
        return Some(Time::Column(lower(headings), lower(&typed.year)));
    }
    if let Some(headings) = &typed.date {
        return Some(Time::Date(lower(headings)));
    }
    if let Some(period) = &typed.period {
        let parsed = Quarter::parse(period);
        return parsed
            .map_err(|error| desk.problem(text, &period.span, format!("{at}: {error}")))
            .ok()
            .map(Time::Fixed);
    }
    Some(if typed.across.is_some() { Time::Across } else { Time::Return })
}

/// What goes with rows that are measures, and only with them.
fn rows(text: &Text, typed: &WideToml, at: &str, desk: &mut Desk) {
    let empty = |parts: &PartsToml| {
        parts.numerator.is_empty() && parts.denominator.is_empty() && parts.value.is_empty()
    };
    if let Some(parts) = typed.parts.as_ref().filter(|parts| empty(parts)) {
        let sentence = format!("{at}: parts: give words for `numerator`, `denominator` or `value`");
        desk.problem(text, &parts.span, sentence);
    }
    if let Some(part) = typed.part.as_ref().filter(|_| typed.parts.is_none()) {
        let sentence = format!("{at}: `part` needs `parts`: the words for numerator, denominator and value");
        desk.problem(text, &part.span, sentence);
    }
    if let Some(indicator) = &typed.indicator {
        let stands_across = typed.across.is_some() || (typed.parts.is_some() && typed.part.is_none());
        if stands_across == typed.figure.is_some() {
            let sentence = format!(
                "{at}: with `indicator`, figures stand in one column, named by `figure`, or under `across` \
                 or `parts`: give one of these ways"
            );
            desk.problem(text, &indicator.span, sentence);
        }
        return;
    }
    let needless = [
        ("part", typed.part.as_ref().map(|it| &it.span)),
        ("parts", typed.parts.as_ref().map(|it| &it.span)),
        ("figure", typed.figure.as_ref().map(|it| &it.span)),
    ];
    for (name, span) in needless {
        if let Some(span) = span {
            let sentence = format!("{at}: `{name}` is for rows that are measures: give `indicator` too");
            desk.problem(text, span, sentence);
        }
    }
}

/// A publisher's file is of nobody and of no quarter that was asked for.
fn publisher(text: &Text, typed: &WideToml, at: &str, desk: &mut Desk) {
    if typed.authority.is_none() {
        let sentence = format!("{at}: a publisher's file is about many: give the column of the `authority`");
        desk.problem(text, &typed.measures.span, sentence);
    }
    let has_time = typed.quarter.is_some() || typed.date.is_some() || typed.period.is_some();
    if !has_time && typed.across.is_none() {
        let sentence =
            format!("{at}: no quarter is asked of a publisher: give `quarter`, `date` or `period`");
        desk.problem(text, &typed.measures.span, sentence);
    }
}

/// A measure's rows are told apart by `parts`, or each by its own text.
fn one_way(text: &Text, typed: &WideToml, one: &MeasureToml, at: &str, desk: &mut Desk) {
    let name = &one.indicator.value;
    let by_text = one.numerator.is_some() || one.denominator.is_some() || one.value.is_some();
    if one.only.is_some() && typed.indicator.is_some() {
        let sentence = format!("{at}: measure `{name}`: `only` is for measures that are columns");
        desk.problem(text, &one.indicator.span, sentence);
    }
    match &one.row {
        Some(row) if typed.indicator.is_none() || typed.parts.is_none() => {
            let sentence = format!("{at}: measure `{name}`: `row` needs `indicator` and `parts`");
            desk.problem(text, &row.span, sentence);
        }
        Some(row) if by_text => {
            let sentence = format!("{at}: measure `{name}`: give `row`, or `numerator` and so on, not both");
            desk.problem(text, &row.span, sentence);
        }
        None if typed.parts.is_some() => {
            let sentence = format!("{at}: measure `{name}`: with `parts`, give the `row` of the measure");
            desk.problem(text, &one.indicator.span, sentence);
        }
        _ => {}
    }
}

fn words(text: &Text, typed: &WideToml, at: &str, desk: &mut Desk) -> Vec<(String, f64)> {
    let mut known: BTreeMap<String, f64> = BTreeMap::new();
    for typed in &typed.words {
        let (typed, number) = (&typed.text, typed.number);
        let word = typed.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if !number.is_finite() || number < 0.0 {
            let sentence = format!("{at}: word `{word}` stands for `{number}`: give a number from 0 on");
            desk.problem(text, &typed.span, sentence);
        }
        if known.insert(word.clone(), number).is_some() {
            desk.problem(text, &typed.span, format!("{at}: word `{word}` is there twice; remove one"));
        }
    }
    known.into_iter().collect()
}
