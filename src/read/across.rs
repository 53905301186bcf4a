//! The headings of a wide file: which columns say what a row is about, and which hold figures of what.

use crate::config::settings::{Parts, Shape, Time, WideColumns};
use crate::domain::quarter::{BareYear, Quarter};
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
    /// Columns of measures that need not be there, and are not.
    pub(crate) absent: Vec<&'e str>,
}

/// A column of figures in a file whose rows are measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FigureColumn {
    /// The column, from 0.
    pub(crate) at: usize,
    /// The quarter in its heading.
    pub(crate) quarter: Option<Quarter>,
    /// The part in its heading.
    pub(crate) part: Option<Part>,
}

impl WideMap<'_> {
    /// Whether the row is one of those that are left out.
    pub(crate) fn leaves_out(&self, row: &GridRow) -> bool {
        self.except.iter().any(|(at, text)| cell(row, *at).eq_ignore_ascii_case(text.trim()))
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
    columns.time == Time::Across && has_parts_across(columns)
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
    let across = is_across.then_some("a quarter such as 2017-18 Q2");
    let of_measures = columns.measures.iter().filter(|one| columns.indicator.is_empty() && !one.optional);
    let of_measures = of_measures.flat_map(|one| [&one.numerator, &one.denominator, &one.value]);
    named.chain(across).chain(of_measures.flatten().map(String::as_str)).collect()
}

/// Finds the columns; what is not there and must be is among the finder's missing.
pub(crate) fn map<'e>(finder: &mut Finder, columns: &'e WideColumns, above: Option<&GridRow>) -> WideMap<'e> {
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
    let (mut measured, mut absent, mut figures) = (Vec::new(), Vec::new(), Vec::new());
    if columns.indicator.is_empty() {
        (measured, absent) = measures(finder, &columns.measures);
    } else {
        figures = figure_columns(finder, columns, above);
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
        absent,
    }
}

fn figure_columns(finder: &mut Finder, columns: &WideColumns, above: Option<&GridRow>) -> Vec<FigureColumn> {
    if columns.time == Time::Across {
        return across(finder, columns, above);
    }
    if has_parts_across(columns) {
        let given = each_part(&columns.parts).filter(|(_, words)| !words.is_empty());
        let found = given.map(|(part, words)| FigureColumn {
            at: finder.required(words),
            quarter: None,
            part: Some(part),
        });
        return found.collect();
    }
    vec![FigureColumn { at: finder.required(&columns.figure), quarter: None, part: None }]
}

fn across(finder: &mut Finder, columns: &WideColumns, above: Option<&GridRow>) -> Vec<FigureColumn> {
    let needs_part = has_parts_across(columns);
    let mut carried = None;
    let mut found = Vec::new();
    for (at, name) in finder.names.iter().enumerate() {
        let over = above.and_then(|above| above.cells.get(at)).map(|cell| text::heading(cell));
        if let Some(over) = over.filter(|over| !over.is_empty()) {
            carried = Quarter::from_spelling_by(&over, columns.bare_year);
        }
        if finder.used.contains(&at) || name.is_empty() {
            continue;
        }
        let (quarter, part) = heading(name, columns, columns.bare_year);
        let quarter = quarter.or(carried);
        if quarter.is_some() && part.is_some() == needs_part {
            found.push(FigureColumn { at, quarter, part });
        }
    }
    finder.used.extend(found.iter().map(|one| one.at));
    if found.is_empty() {
        finder.missing.push("a quarter such as 2017-18 Q2".to_owned());
    }
    found
}

/// The quarter and the part in a heading: `q2 2017/18`, `numerator`, `numerator q2 2017/18`.
fn heading(
    name: &str,
    columns: &WideColumns,
    bare_year: Option<BareYear>,
) -> (Option<Quarter>, Option<Part>) {
    let by =
        |text: &str| Quarter::from_spelling_by(text.trim_matches([' ', '-', ':', ',', '(', ')']), bare_year);
    if !has_parts_across(columns) {
        return (by(name), None);
    }
    for (part, words) in each_part(&columns.parts) {
        for word in words {
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
