//! The same authority, indicator and quarter twice: neither row wins.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Observation;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::read::grid::GridRow;
use crate::read::objection::Objection;
use crate::read::reading::Expected;

/// The code of a row that says again what another says.
const REPEATED: &str = "duplicate-row";

type Key<'a> = (&'a AuthorityCode, &'a IndicatorId, Quarter);
/// An observation with the index of its row.
type Placed<'a> = (usize, &'a Observation);

/// Turns repeated rows into objections: all rows of a key that differ, all but the first that do not.
pub(crate) fn object(rows: &mut [Result<Vec<Observation>, Objection>], expected: &Expected<'_>) {
    for (at, objection) in objections(rows, expected) {
        if let Some(row) = rows.get_mut(at) {
            *row = Err(objection);
        }
    }
}

/// The rows that repeat an accepted row in every cell: they say nothing new, and are no rows of their own.
pub(crate) fn exact(rows: &[&GridRow], outcomes: &[Result<Vec<Observation>, Objection>]) -> HashSet<usize> {
    let is_repeat = |outcome: &Result<_, Objection>| matches!(outcome, Err(o) if o.is_only(REPEATED));
    if !outcomes.iter().any(is_repeat) {
        return HashSet::new();
    }
    let all = || rows.iter().zip(outcomes).enumerate();
    let accepted: HashSet<&[String]> =
        all().filter(|(_, (_, outcome))| outcome.is_ok()).map(|(_, (row, _))| row.cells.as_slice()).collect();
    all()
        .filter(|(_, (row, outcome))| is_repeat(outcome) && accepted.contains(row.cells.as_slice()))
        .map(|(at, _)| at)
        .collect()
}

fn objections(
    rows: &[Result<Vec<Observation>, Objection>],
    expected: &Expected<'_>,
) -> Vec<(usize, Objection)> {
    let mut found = Vec::new();
    let repeated = |earlier: &Observation, later: &Observation| repeated(expected, earlier, later);
    let conflicting = |this: &Observation, other: &Observation| conflicting(expected, this, other);
    for group in repeats(rows).values() {
        let Some(((first, earliest), later)) = group.split_first() else { continue };
        let Some((_, other)) = later.iter().find(|(_, one)| !are_same(earliest, one)) else {
            found.extend(later.iter().map(|(at, one)| (*at, repeated(earliest, one))));
            continue;
        };
        found.push((*first, conflicting(earliest, other)));
        for (at, one) in later {
            let against = if are_same(earliest, one) { other } else { earliest };
            found.push((*at, conflicting(one, against)));
        }
    }
    found.sort_by_key(|(at, objection)| (*at, objection.code));
    found.dedup_by_key(|(at, _)| *at);
    found
}

/// The observations of keys that are there more than once, each with its row, in order.
fn repeats(rows: &[Result<Vec<Observation>, Objection>]) -> BTreeMap<Key<'_>, Vec<Placed<'_>>> {
    let mut first: HashMap<Key<'_>, Placed<'_>> = HashMap::with_capacity(rows.len());
    let mut repeats: BTreeMap<Key<'_>, Vec<Placed<'_>>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        for observation in row.iter().flatten() {
            let key = (&observation.authority, &observation.indicator, observation.quarter);
            match first.get(&key) {
                Some(earliest) => {
                    repeats.entry(key).or_insert_with(|| vec![*earliest]).push((at, observation));
                }
                None => {
                    first.insert(key, (at, observation));
                }
            }
        }
    }
    repeats
}

fn are_same(one: &Observation, other: &Observation) -> bool {
    one.figure == other.figure && one.symbol == other.symbol
}

fn repeated(expected: &Expected<'_>, earlier: &Observation, later: &Observation) -> Objection {
    let (name, line) = (expected.indicator_called(&later.indicator), earlier.place.line);
    let reason = format!("the row for `{name}` is the same as line {line}: delete it");
    let kind = "are there more than once: delete the rows that repeat an earlier one";
    Objection::new(REPEATED, reason).like(&name, kind)
}

fn conflicting(expected: &Expected<'_>, this: &Observation, other: &Observation) -> Objection {
    let name = expected.indicator_called(&this.indicator);
    let remedy = match expected.authority {
        Some(_) => "delete the wrong one",
        // Nobody can delete a line of a publisher's file.
        None => "neither is taken; ask the publisher which is right",
    };
    let (here, line, there) = (written(this), other.place.line, written(other));
    let reason =
        format!("`{name}` has two different figures, here {here} and in line {line} {there}: {remedy}");
    let kind = format!("have two different figures each: {remedy}");
    Objection::new("conflicting-rows", reason).like(&name, kind)
}

fn written(observation: &Observation) -> String {
    let figure = &observation.figure;
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let (numerator, denominator) = (number(figure.numerator), number(figure.denominator));
    format!("{numerator} of {denominator} (value {})", number(figure.value))
}
