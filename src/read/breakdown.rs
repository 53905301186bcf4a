//! A column that splits figures, such as by sex, and that the layout does not know.
//!
//! Publishers add such columns from one release to the next. Then each figure is there several times, and
//! which of them counts cannot be told: the file is refused, with what to write into the layout.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::settings::Shape;
use crate::domain::figure::Observation;
use crate::read::code::Refusal;
use crate::read::grid::GridRow;
use crate::read::layout::{Columns, Header};
use crate::read::number::{DecimalMark, number};
use crate::read::objection::Objection;
use crate::read::reading::Expected;
use crate::read::text::{self, shown};

/// A column with more texts than this splits nothing: it is a note, a name or a number.
const TEXTS_MAX: usize = 60;
const TEXTS_SHOWN: usize = 6;
/// How publishers call the row that counts.
const TOTALS: [&str; 12] = [
    "total",
    "all",
    "all children",
    "all persons",
    "all people",
    "all pupils",
    "all ages",
    "persons",
    "person",
    "people",
    "both",
    "overall",
];

/// Rows that are alike in all that the layout reads but their figures.
type Repeats<'r, 'g> = Vec<Vec<&'r &'g GridRow>>;

/// Refuses a file most of whose rows contradict each other, and differ only in columns that the layout does
/// not know.
pub(crate) fn refuse(
    header: &Header<'_>,
    rows: &[&GridRow],
    outcomes: &[Result<Vec<Observation>, Objection>],
    expected: &Expected<'_>,
) -> Result<(), Refusal> {
    let repeats = repeats(header, rows, outcomes);
    let conflicting: usize = repeats.iter().map(Vec::len).sum();
    // Two rows that contradict each other are a slip.
    if conflicting * 2 <= rows.len() || conflicting < 3 {
        return Ok(());
    }
    let unread = unread(header, rows);
    let one = unread.iter().find(|(at, _)| tells_apart(&repeats, &[*at])).map(|one| vec![one]);
    let varying = || {
        let varies = |at: usize| repeats.iter().any(|same| same.iter().any(|row| differs(row, same, at)));
        let all: Vec<_> = unread.iter().filter(|(at, _)| varies(*at)).collect();
        let columns: Vec<usize> = all.iter().map(|(at, _)| *at).collect();
        Some(all).filter(|_| tells_apart(&repeats, &columns))
    };
    let Some(columns) = one.or_else(varying).filter(|columns| !columns.is_empty()) else { return Ok(()) };
    Err(Refusal::new("unknown-breakdown", reason(header, &repeats, &columns, expected)))
}

fn repeats<'r, 'g>(
    header: &Header<'_>,
    rows: &'r [&'g GridRow],
    outcomes: &[Result<Vec<Observation>, Objection>],
) -> Repeats<'r, 'g> {
    let figures = header.figure_columns();
    let about: Vec<usize> = header.used.iter().copied().filter(|at| !figures.contains(at)).collect();
    let is_repeat = |outcome: &Result<_, Objection>| {
        let found = outcome.as_ref().err().map(|objection: &Objection| objection.code);
        matches!(found, Some("conflicting-rows" | "duplicate-row"))
    };
    let mut same: BTreeMap<Vec<&str>, Vec<&'r &'g GridRow>> = BTreeMap::new();
    for (row, _) in rows.iter().zip(outcomes).filter(|(_, outcome)| is_repeat(outcome)) {
        same.entry(about.iter().map(|at| row.text(*at)).collect()).or_default().push(row);
    }
    let mut repeats: Repeats<'_, '_> = same.into_values().filter(|rows| rows.len() > 1).collect();
    repeats.sort_by_key(|rows| rows.first().map(|row| row.line));
    repeats
}

/// The columns that may split figures, with their texts; those with the fewest texts first.
fn unread<'g>(header: &Header<'_>, rows: &[&'g GridRow]) -> Vec<(usize, BTreeSet<&'g str>)> {
    let unread = header.unread();
    let names = header.names.iter().enumerate();
    let columns = names.filter(|(at, name)| !header.used.contains(at) && unread.contains(&name.as_str()));
    let mut found: Vec<(usize, BTreeSet<&str>)> = columns
        .map(|(at, _)| (at, rows.iter().map(|row| row.text(at)).collect::<BTreeSet<_>>()))
        // A column with empty cells is one of notes.
        .filter(|(_, texts)| (2..=TEXTS_MAX).contains(&texts.len()) && !texts.contains(""))
        .filter(|(_, texts)| texts.iter().any(|text| number(text, DecimalMark::Point).is_none()))
        .collect();
    found.sort_by_key(|(_, texts)| texts.len());
    found
}

fn differs(row: &GridRow, others: &[&&GridRow], at: usize) -> bool {
    others.iter().any(|other| other.text(at) != row.text(at))
}

/// Whether all rows that are otherwise alike differ in these columns.
fn tells_apart(repeats: &[Vec<&&GridRow>], columns: &[usize]) -> bool {
    repeats.iter().all(|same| {
        let texts: BTreeSet<Vec<&str>> =
            same.iter().map(|row| columns.iter().map(|at| row.text(*at)).collect()).collect();
        texts.len() == same.len()
    })
}

fn reason(
    header: &Header<'_>,
    repeats: &[Vec<&&GridRow>],
    columns: &[&(usize, BTreeSet<&str>)],
    expected: &Expected<'_>,
) -> String {
    let spelled = |at: usize| header.spelled.get(at).map_or("", String::as_str);
    let texts = |texts: &BTreeSet<&str>| {
        let texts: Vec<&str> = texts.iter().copied().collect();
        text::listed(&texts, TEXTS_SHOWN)
    };
    let named: Vec<String> =
        columns.iter().map(|(at, all)| format!("`{}` ({})", shown(spelled(*at)), texts(all))).collect();
    let total = |all: &BTreeSet<&str>| {
        let is_total = |text: &&&str| TOTALS.contains(&text.to_lowercase().as_str());
        all.iter().find(is_total).or_else(|| all.first()).map_or("", |text| *text).to_owned()
    };
    let remedies = columns.iter().map(|(at, all)| (spelled(*at), total(all)));
    let remedy = match &header.columns {
        _ if expected.authority.is_some() => {
            let kept: Vec<String> = remedies.map(|(name, total)| format!("`{name}` is `{total}`")).collect();
            format!("send one row for each figure, such as those in which {}", kept.join(" and "))
        }
        Columns::Tidy(_) | Columns::Wide(_) if takes_only(header) => {
            let only: Vec<String> = remedies
                .map(|(name, total)| format!("only = {{ column = \"{name}\", is = \"{total}\" }}"))
                .collect();
            format!("say in the layout which rows count, beside each measure: `{}`", only.join("`, `"))
        }
        Columns::Wide(_) => {
            let except: Vec<String> = columns
                .iter()
                .map(|(at, _)| format!("{{ column = \"{}\", is = \"..\" }}", spelled(*at)))
                .collect();
            format!("say in the layout which rows do not count: `except = [{}]`", except.join(", "))
        }
        Columns::Tidy(_) | Columns::Long(_) => {
            "a layout of the shape `tidy` or `wide` can say which rows count".to_owned()
        }
    };
    let lines: Vec<String> =
        repeats.first().into_iter().flatten().take(2).map(|row| row.line.to_string()).collect();
    format!(
        "lines {} differ only in {}, which the layout does not know, and so do most rows: {remedy}",
        lines.join(" and "),
        named.join(" and ")
    )
}

/// Whether the layout's measures are columns, of which `only` may choose rows.
fn takes_only(header: &Header<'_>) -> bool {
    match &header.layout.shape {
        Shape::Tidy(_) => true,
        Shape::Wide(columns) => columns.indicator.is_empty(),
        Shape::Long(_) => false,
    }
}
