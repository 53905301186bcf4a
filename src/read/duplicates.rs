//! The same authority, indicator and quarter twice: neither row wins.

use std::collections::HashMap;

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Observation;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::read::code::Objection;

type Key<'a> = (&'a AuthorityCode, &'a IndicatorId, Quarter);

/// Turns repeated rows into objections: all rows of a key that differ, all but the first that do not.
pub(crate) fn object(rows: &mut [Result<Vec<Observation>, Objection>]) {
    for (at, objection) in objections(rows) {
        if let Some(row) = rows.get_mut(at) {
            *row = Err(objection);
        }
    }
}

fn objections(rows: &[Result<Vec<Observation>, Objection>]) -> Vec<(usize, Objection)> {
    let mut first: HashMap<Key<'_>, (usize, &Observation)> = HashMap::with_capacity(rows.len());
    let mut found: Vec<(usize, Objection)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for observation in row.iter().flatten() {
            let key = (&observation.authority, &observation.indicator, observation.quarter);
            let Some(earlier) = first.get(&key) else {
                first.insert(key, (at, observation));
                continue;
            };
            if are_same(earlier.1, observation) {
                found.push((at, repeated(earlier.1, observation)));
            } else {
                found.push((at, conflicting(observation, earlier.1)));
                found.push((earlier.0, conflicting(earlier.1, observation)));
            }
        }
    }
    found.sort_by_key(|(at, objection)| (*at, objection.code));
    found.dedup_by_key(|(at, _)| *at);
    found
}

fn are_same(one: &Observation, other: &Observation) -> bool {
    one.figure == other.figure && one.symbol == other.symbol
}

fn repeated(earlier: &Observation, later: &Observation) -> Objection {
    let reason =
        format!("the row for `{}` is the same as line {}: delete it", later.indicator, earlier.place.line);
    Objection::new("duplicate-row", reason)
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
