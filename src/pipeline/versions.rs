//! A figure in all its versions, as counts.

use chrono::{DateTime, Utc};

use crate::domain::indicator::{Indicator, Unit};
use crate::store::facts::{Numbers, Point, RevisedFigure};

/// A version of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Version {
    /// Since when it counts.
    pub(super) from: DateTime<Utc>,
    pub(super) parts: Parts,
    /// Whether the region's value has it in its sums, unless it is held.
    pub(super) summed: bool,
}

/// The counts of a figure: numerator, denominator, and of a percentage what is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) value: Option<f64>,
    pub(super) counts: [Option<f64>; 3],
}

/// A quarter's rate may be told as a year's.
pub(super) fn factor(of: &Indicator, is_annual: bool) -> Option<f64> {
    match of.unit {
        Unit::Count => None,
        Unit::Percent => Some(100.0),
        Unit::Rate { per } if of.annualise && !is_annual => Some(4.0 * f64::from(per)),
        Unit::Rate { per } => Some(f64::from(per)),
    }
}

/// The counts of a part of a whole.
pub(super) fn counts_of(of: &Indicator, part: Option<f64>, whole: Option<f64>) -> [Option<f64>; 3] {
    let rest = part.zip(whole).filter(|_| of.unit == Unit::Percent).map(|(part, whole)| whole - part);
    [part, whole, rest]
}

fn parts(of: &Indicator, numbers: &Numbers) -> Parts {
    let count = if of.unit == Unit::Count { numbers.value } else { None };
    let counts = counts_of(of, numbers.numerator.or(count), numbers.denominator);
    Parts { value: numbers.value, counts }
}

/// Every version of a figure with the instant from which it was known, oldest first.
pub(super) fn versions(of: &Indicator, point: &Point, changes: &[&RevisedFigure]) -> Vec<Version> {
    let is_summed = |parts: &Parts| {
        let [part, whole, _] = parts.counts;
        let has_base = of.unit == Unit::Count || whole.is_some_and(|whole| whole > 0.0);
        point.carried_from.is_empty() && part.is_some() && has_base
    };
    let version = |from, numbers: &Numbers| {
        let parts = parts(of, numbers);
        Version { from, parts, summed: is_summed(&parts) }
    };
    let known_from = point.known_from.unwrap_or_default();
    let first = changes.first().filter(|it| it.old.status.is_some()).map(|it| version(known_from, &it.old));
    let until = changes.iter().rev().skip(1).rev().map(|it| version(it.received_at, &it.new));
    let from = changes.last().map_or(known_from, |it| it.received_at);
    let now = version(from, &point.own);
    first.into_iter().chain(until).chain([now]).collect()
}
