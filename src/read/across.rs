//! The headings of a wide file: which columns say what a row is about, and which hold figures of what.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::settings::{Parts, Shape, TidyMeasure, Time, WideColumns};
use crate::domain::quarter::{BareYear, Quarter, day_from_spelling};
use crate::read::code::Refusal;
use crate::read::figures::Part;
use crate::read::grid::GridRow;
use crate::read::layout::{Finder, MeasureMap, measures};
use crate::read::long::cell;
use crate::read::text;

/// The columns of a wide file.
pub(crate) struct WideMap<'e> {
    pub(crate) shape: &'e WideColumns,
    pub(crate) authority: Option<usize>,
    pub(crate) name: Option<usize>,
    pub(crate) dfe_number: Option<usize>,
    pub(crate) region: Option<usize>,
    pub(crate) indicator: Option<usize>,
    pub(crate) part: Option<usize>,
    pub(crate) quarter: Option<usize>,
    pub(crate) year: Option<usize>,
    pub(crate) date: Option<usize>,
    pub(crate) status: Option<usize>,
    pub(crate) note: Option<usize>,
    /// Rows in which one of these columns holds this text are left out.
    pub(crate) except: Vec<(usize, &'e str)>,
    /// Where measures are columns: their columns.
    pub(crate) measures: Vec<MeasureMap<'e>>,
    /// Where measures are rows: the columns of figures.
    pub(crate) figures: Vec<FigureColumn>,
    /// Columns of a month inside a quarter, such as `Aug-17`, which are not read.
    pub(crate) months: Vec<FigureColumn>,
    /// Columns of measures that need not be there, and are not.
    pub(crate) absent: Vec<&'e str>,
}

/// A column of figures in a file whose rows are measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FigureColumn {
    /// The column, from 0.
    pub(crate) at: usize,
    /// The quarter in its heading.
    pub(crate) quarter: Option<Quarter>,
    /// The index of the measure in its heading, where rows are authorities.
    pub(crate) measure: Option<usize>,
    /// The part in its heading.
    pub(crate) part: Option<Part>,
    /// How its heading says the quarter.
    pub(crate) said: Said,
    /// What in its heading says the quarter, as spelled.
    pub(crate) words: String,
    /// The day that its heading holds, in a workbook.
    pub(crate) day: Option<NaiveDate>,
}

/// How a heading says its quarter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Said {
    /// Not at all.
    #[default]
    Nothing,
    /// As a quarter.
    AsQuarter,
    /// By its last month or day, or by a cell that holds a day.
    ByMonth,
    /// By another month: the column is a month's.
    MonthWithin,
}

impl WideMap<'_> {
    /// Whether the row is one of those that are left out.
    pub(crate) fn leaves_out(&self, row: &GridRow) -> bool {
        self.except.iter().any(|(at, text)| cell(row, *at).eq_ignore_ascii_case(text.trim()))
    }

    /// Refuses columns of which several are about one part of one quarter, such as its three months.
    pub(crate) fn has_one_column_each(&self, asked: Option<Quarter>) -> Result<(), Refusal> {
        type Place = (Quarter, Option<usize>, Option<Part>);
        let mut said: BTreeMap<Place, Vec<&str>> = BTreeMap::new();
        for column in self.figures.iter().chain(&self.months) {
            let Some(quarter) = column.quarter.filter(|one| asked.is_none_or(|asked| asked == *one)) else {
                continue;
            };
            said.entry((quarter, column.measure, column.part)).or_default().push(&column.words);
        }
        let Some(((quarter, ..), columns)) = said.into_iter().find(|(_, columns)| columns.len() > 1) else {
            return Ok(());
        };
        let columns = text::listed(&columns, 6);
        let reason = format!(
            "the columns {columns} all fall in {quarter}, and which holds its figures is not said: give the \
             quarter one column, headed {quarter}"
        );
        Err(Refusal::new("duplicate-column", reason))
    }

    /// Every column that holds figures.
    pub(crate) fn figure_columns(&self) -> Vec<usize> {
        let of_measures = self.measures.iter().flat_map(|one| [one.numerator, one.denominator, one.value]);
        self.figures.iter().map(|one| one.at).chain(of_measures.flatten()).collect()
    }
}

/// Whether the headings may stand in two rows: the quarters, and below them the parts.
pub(crate) fn has_two_rows(shape: &Shape) -> bool {
    let Shape::Wide(columns) = shape else { return false };
    columns.time == Time::Across && (has_parts_across(columns) || columns.indicator.is_empty())
}

fn has_parts_across(columns: &WideColumns) -> bool {
    columns.part.is_empty() && columns.parts != Parts::default()
}

/// The headings that a file must have, for a sentence.
pub(crate) fn wanted(columns: &WideColumns) -> Vec<&str> {
    let (quarter, date): (&[String], &[String]) = match &columns.time {
        Time::Column(quarter, _) => (quarter, &[]),
        Time::Date(date) => (&[], date),
        Time::Return | Time::Fixed(_) | Time::Across => (&[], &[]),
    };
    let named = [&columns.authority, &columns.indicator, &columns.part, &columns.figure];
    let named = named.into_iter().map(Vec::as_slice).chain([quarter, date]);
    let named = named.filter_map(|accepted| accepted.first()).map(String::as_str);
    let is_across = columns.time == Time::Across;
    let across = is_across.then(|| example(columns));
    let of_measures = columns.measures.iter().filter(|one| columns.indicator.is_empty() && !one.optional);
    let of_measures = of_measures.flat_map(|one| [&one.numerator, &one.denominator, &one.value]);
    named.chain(across).chain(of_measures.flatten().map(String::as_str)).collect()
}

/// Finds the columns; what is not there and must be is among the finder's missing.
pub(crate) fn map<'e>(
    finder: &mut Finder,
    columns: &'e WideColumns,
    row: &GridRow,
    above: Option<&GridRow>,
) -> WideMap<'e> {
    let needed = |finder: &mut Finder, accepted: &[String]| {
        (!accepted.is_empty()).then(|| finder.required(accepted)).filter(|at| *at != usize::MAX)
    };
    let authority = needed(finder, &columns.authority);
    let indicator = needed(finder, &columns.indicator);
    let part = needed(finder, &columns.part);
    let (quarter, year, date) = match &columns.time {
        Time::Column(quarter, year) => (needed(finder, quarter), finder.optional(year), None),
        Time::Date(date) => (None, None, needed(finder, date)),
        Time::Return | Time::Fixed(_) | Time::Across => (None, None, None),
    };
    let (name, dfe_number) = (finder.optional(&columns.name), finder.optional(&columns.dfe_number));
    let region = finder.optional(&columns.region);
    let (status, note) = (finder.optional(&columns.status), finder.optional(&columns.note));
    let except = columns.except.iter().map(|(name, text)| (finder.required(&[name]), text.as_str()));
    let except = except.collect();
    let (mut measured, mut absent) = (Vec::new(), Vec::new());
    let (mut figures, mut months) = (Vec::new(), Vec::new());
    if columns.indicator.is_empty() && columns.time == Time::Across {
        (figures, absent) = of_measures(finder, columns, row, above);
    } else if columns.indicator.is_empty() {
        (measured, absent) = measures(finder, &columns.measures);
    } else if columns.time == Time::Across {
        (figures, months) = across(finder, columns, row, above);
    } else {
        figures = figure_columns(finder, columns);
    }
    WideMap {
        shape: columns,
        authority,
        name,
        dfe_number,
        region,
        indicator,
        part,
        quarter,
        year,
        date,
        status,
        note,
        except,
        measures: measured,
        figures,
        months,
        absent,
    }
}

fn figure_columns(finder: &mut Finder, columns: &WideColumns) -> Vec<FigureColumn> {
    if has_parts_across(columns) {
        let given = each_part(&columns.parts).filter(|(_, words)| !words.is_empty());
        let found = given.map(|(part, words)| FigureColumn {
            at: finder.required(words),
            part: Some(part),
            ..FigureColumn::default()
        });
        return found.collect();
    }
    vec![FigureColumn { at: finder.required(&columns.figure), ..FigureColumn::default() }]
}

/// The columns of quarters, and those of months inside quarters. A cell above, merged or not, is carried on
/// to the right.
fn across(
    finder: &mut Finder,
    columns: &WideColumns,
    row: &GridRow,
    above: Option<&GridRow>,
) -> (Vec<FigureColumn>, Vec<FigureColumn>) {
    let needs_part = has_parts_across(columns);
    let mut carried = FigureColumn::default();
    let (mut found, mut months) = (Vec::new(), Vec::new());
    for (at, name) in finder.names.iter().enumerate() {
        if let Some(over) = above.filter(|above| !above.text(at).is_empty()) {
            carried = heading(over, at, columns);
        }
        if finder.used.contains(&at) || name.is_empty() {
            continue;
        }
        let own = if row.text(at).is_empty() { carried.clone() } else { heading(row, at, columns) };
        let part = own.part.or(carried.part);
        let of_time = if own.said == Said::Nothing { &carried } else { &own };
        let column = FigureColumn { at, part, ..of_time.clone() };
        match column.said {
            _ if part.is_some() != needs_part => {}
            Said::AsQuarter | Said::ByMonth => found.push(column),
            Said::MonthWithin => months.push(column),
            Said::Nothing => {}
        }
    }
    leave_months(&mut found, &mut months);
    finder.used.extend(found.iter().map(|one| one.at));
    if found.is_empty() {
        finder.missing.push(example(columns).to_owned());
    }
    (found, months)
}

/// What stands across, for a sentence.
fn example(columns: &WideColumns) -> &'static str {
    match columns.bare_year {
        Some(BareYear::Annual(..)) => "a year such as 2016-17",
        _ => "a quarter such as 2017-18 Q2",
    }
}

/// The columns of measures and quarters where a row is an authority: the measure stands in the heading above,
/// which is carried on to the right, or before the quarter in the same one. With the columns of measures that
/// need not be there, and are not.
fn of_measures<'e>(
    finder: &mut Finder,
    columns: &'e WideColumns,
    row: &GridRow,
    above: Option<&GridRow>,
) -> (Vec<FigureColumn>, Vec<&'e str>) {
    let named = named_parts(columns);
    let quarter = |words: &str| Quarter::from_spelling_by(words, columns.bare_year);
    let mut carried: Vec<(usize, Part)> = Vec::new();
    let mut found: Vec<FigureColumn> = Vec::new();
    for (at, name) in finder.names.iter().enumerate() {
        if let Some(over) = above.map(|above| text::heading(above.text(at))).filter(|over| !over.is_empty()) {
            let meant = named.iter().filter(|(words, ..)| *words == over);
            carried = meant.map(|(_, measure, part)| (*measure, *part)).collect();
        }
        let own = row.text(at);
        if finder.used.contains(&at) || own.is_empty() {
            continue;
        }
        let day = row.day(at).map(Quarter::containing);
        let (meant, when) = match day.or_else(|| quarter(own)) {
            Some(when) => (carried.clone(), Some(when)),
            None => together(name, &named, quarter),
        };
        found.extend(when.into_iter().flat_map(|when| meant.iter().map(move |of| (when, *of))).map(
            |(when, (measure, part))| FigureColumn {
                at,
                quarter: Some(when),
                measure: Some(measure),
                part: Some(part),
                said: Said::AsQuarter,
                words: own.to_owned(),
                day: row.day(at),
            },
        ));
    }
    let mut absent = Vec::new();
    for (measure, one) in columns.measures.iter().enumerate() {
        for (words, part) in parts_of(one) {
            if found.iter().any(|it| (it.measure, it.part) == (Some(measure), Some(part))) {
                continue;
            }
            if one.optional { absent.push(words) } else { finder.missing.push(words.to_owned()) }
        }
    }
    for one in &found {
        if !finder.used.contains(&one.at) {
            finder.used.push(one.at);
        }
    }
    if found.is_empty() {
        finder.missing.push(example(columns).to_owned());
    }
    (found, absent)
}

/// The measures in a heading that holds the quarter too: `Number 2016`.
fn together(
    name: &str,
    named: &[(String, usize, Part)],
    quarter: impl Fn(&str) -> Option<Quarter>,
) -> (Vec<(usize, Part)>, Option<Quarter>) {
    let when = |words: &str| {
        let rest = name.strip_prefix(words).or_else(|| name.strip_suffix(words))?;
        quarter(rest.trim_matches([' ', '-', ':', ',', '(', ')']))
    };
    let meant = named.iter().filter_map(|(words, measure, part)| Some((when(words)?, (*measure, *part))));
    let meant: Vec<_> = meant.collect();
    (meant.iter().map(|(_, of)| *of).collect(), meant.first().map(|(when, _)| *when))
}

fn named_parts(columns: &WideColumns) -> Vec<(String, usize, Part)> {
    let all = columns.measures.iter().enumerate();
    let named = all
        .flat_map(|(index, one)| parts_of(one).map(move |(words, part)| (text::heading(words), index, part)));
    named.collect()
}

fn parts_of(measure: &TidyMeasure) -> impl Iterator<Item = (&str, Part)> {
    let named = [
        (&measure.numerator, Part::Numerator),
        (&measure.denominator, Part::Denominator),
        (&measure.value, Part::Value),
    ];
    named.into_iter().filter_map(|(words, part)| Some((words.as_deref()?, part)))
}

/// Where a quarter has a column in its name, those of its months beside it are not meant.
fn leave_months(found: &mut Vec<FigureColumn>, months: &mut Vec<FigureColumn>) {
    let named: Vec<(Option<Quarter>, Option<Part>)> = found
        .iter()
        .filter(|column| column.said == Said::AsQuarter)
        .map(|column| (column.quarter, column.part))
        .collect();
    let is_meant = |column: &FigureColumn| {
        column.said == Said::AsQuarter || !named.contains(&(column.quarter, column.part))
    };
    found.retain(is_meant);
    months.retain(is_meant);
}

/// What a heading says: `Q2 2017/18`, `numerator`, `numerator Q2 2017/18`, or a day of a workbook.
fn heading(row: &GridRow, at: usize, columns: &WideColumns) -> FigureColumn {
    let words = row.text(at).to_owned();
    if let Some(day) = row.day(at) {
        let quarter = Some(Quarter::containing(day));
        return FigureColumn {
            at,
            quarter,
            said: Said::ByMonth,
            words,
            day: Some(day),
            ..FigureColumn::default()
        };
    }
    let name = text::heading(&words);
    let (quarter, part) = told(&name, columns, |text| Quarter::from_spelling_by(text, columns.bare_year));
    let (month, part_of_month) = told(&name, columns, Quarter::of_month);
    let (day, _) = told(&name, columns, |text| day_from_spelling(text).map(Quarter::containing));
    let said = match (quarter, month) {
        (Some(_), None) if day.is_none() => Said::AsQuarter,
        (Some(_), _) => Said::ByMonth,
        (None, Some(_)) => Said::MonthWithin,
        (None, None) => Said::Nothing,
    };
    let part = part.or(part_of_month);
    FigureColumn { at, quarter: quarter.or(month), part, said, words, ..FigureColumn::default() }
}

/// The quarter, by that rule, and the part in a heading.
fn told(
    name: &str,
    columns: &WideColumns,
    rule: impl Fn(&str) -> Option<Quarter>,
) -> (Option<Quarter>, Option<Part>) {
    let by = |text: &str| rule(text.trim_matches([' ', '-', ':', ',', '(', ')']));
    if !has_parts_across(columns) {
        return (by(name), None);
    }
    for (part, accepted) in each_part(&columns.parts) {
        for word in accepted {
            let word = text::heading(word);
            if name == word {
                return (None, Some(part));
            }
            let rest = name.strip_prefix(&word).or_else(|| name.strip_suffix(&word));
            if let Some(quarter) = rest.and_then(by) {
                return (Some(quarter), Some(part));
            }
        }
    }
    (by(name), None)
}

/// The part that a cell names.
pub(crate) fn part(written: &str, parts: &Parts) -> Option<Part> {
    let written = text::heading(written);
    let is_meant = |words: &[String]| words.iter().any(|word| text::heading(word) == written);
    each_part(parts).find(|(_, words)| is_meant(words)).map(|(part, _)| part)
}

fn each_part(parts: &Parts) -> impl Iterator<Item = (Part, &[String])> {
    [
        (Part::Numerator, parts.numerator.as_slice()),
        (Part::Denominator, parts.denominator.as_slice()),
        (Part::Value, parts.value.as_slice()),
    ]
    .into_iter()
}
