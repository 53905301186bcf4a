//! The same authority, indicator and quarter twice: neither row wins.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Observation;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::read::code::Objection;
use crate::read::grid::GridRow;

/// The code of a row that says again what another says.
const REPEATED: &str = "duplicate-row";

type Key<'a> = (&'a AuthorityCode, &'a IndicatorId, Quarter);
/// An observation with the index of its row.
type Placed<'a> = (usize, &'a Observation);

/// Turns repeated rows into objections: all rows of a key that differ, all but the first that do not.
pub(crate) fn object(rows: &mut [Result<Vec<Observation>, Objection>]) {
    for (at, objection) in objections(rows) {
        if let Some(row) = rows.get_mut(at) {
            *row = Err(objection);
        }
    }
}

/// The rows that repeat an accepted row in every cell: they say nothing new, and are no rows of their own.
pub(crate) fn exact(rows: &[&GridRow], outcomes: &[Result<Vec<Observation>, Objection>]) -> HashSet<usize> {
    let is_repeat = |outcome: &Result<_, Objection>| matches!(outcome, Err(o) if o.code == REPEATED);
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

fn objections(rows: &[Result<Vec<Observation>, Objection>]) -> Vec<(usize, Objection)> {
    let mut found = Vec::new();
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

fn repeated(earlier: &Observation, later: &Observation) -> Objection {
    let reason =
        format!("the row for `{}` is the same as line {}: delete it", later.indicator, earlier.place.line);
    Objection::new(REPEATED, reason)
}

fn conflicting(this: &Observation, other: &Observation) -> Objection {
    let reason = format!(
        "`{}` has two different figures, here {} and in line {} {}: delete the wrong one",
        this.indicator,
        written(this),
        other.place.line,
        written(other)
    );
    Objection::new("conflicting-rows", reason)
}

fn written(observation: &Observation) -> String {
    let figure = &observation.figure;
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let (numerator, denominator) = (number(figure.numerator), number(figure.denominator));
    format!("{numerator} of {denominator} (value {})", number(figure.value))
}
