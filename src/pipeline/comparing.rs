//! What a figure is compared with, in words.

use crate::domain::indicator::{Indicator, Unit};
use crate::domain::sentence;
use crate::domain::stretch::Stretch;
use crate::store::facts::{ComparedFigure, Neighbours};

/// A median of fewer neighbours would tell a single authority's figure (`statistics.md` 1e: at least six).
pub(super) const NEIGHBOURS_MIN: u32 = 6;

/// Whether a figure is compared with other areas: a number is not, because areas differ in size.
#[must_use]
pub fn is_across_areas(of: &Indicator) -> bool {
    of.unit != Unit::Count
}

/// What a figure is compared with, each with its vintage, the neighbours where they may be told; nothing for
/// a number.
#[must_use]
pub fn comparators(
    of: &Indicator,
    stretch: Stretch,
    it: &ComparedFigure,
    near: Option<&Neighbours>,
) -> Vec<String> {
    let mut said = Vec::new();
    if !is_across_areas(of) {
        return said;
    }
    let words =
        |value: f64| sentence::in_unit(value, sentence::Measure { unit: of.unit, decimals: of.decimals });
    if let Some((value, quarter)) = it.country {
        said.push(format!("England {} ({})", words(value), stretch.name(quarter)));
    }
    if let Some(near) = near.filter(|near| near.available >= NEIGHBOURS_MIN) {
        said.push(format!(
            "statistical neighbours' median {} ({} of {}, {})",
            words(near.median),
            near.available,
            near.listed,
            stretch.name(near.quarter)
        ));
    }
    said
}
