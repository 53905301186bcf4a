//! What is known beside an answer: that somebody confirmed the figure, and the usual range of its chart.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::check::{ByCheck, CheckKind, Means, Standing};
use crate::domain::quarter::Quarter;
use crate::store::analysis::UsualRange;
use crate::store::decided::Confirmation;

/// The members of an answer's detail that hold the usual range, and where its chart began anew.
pub(super) const LOWER: &str = "usual_lower";
pub(super) const UPPER: &str = "usual_upper";
pub(super) const SINCE: &str = "usual_since";

/// A check that doubts a figure has its answer once somebody confirmed it; what cannot be is not confirmed.
pub(super) fn confirm(
    confirmations: &[Confirmation],
    standings: &BTreeMap<String, Standing>,
    (collection, quarter): (&str, Quarter),
    answers: &mut ByCheck,
) {
    let of_quarter = |it: &&Confirmation| it.key.collection == collection && it.quarter == quarter;
    let confirmed: Vec<&Confirmation> = confirmations.iter().filter(of_quarter).collect();
    if confirmed.is_empty() {
        return;
    }
    let doubts = answers.iter_mut().filter(|(check, _)| standings.get(*check).is_some_and(is_confirmable));
    for row in doubts.flat_map(|(_, rows)| rows).filter(|row| row.fires) {
        let about = |it: &&&Confirmation| {
            it.key.authority == row.authority
                && it.key.indicator == row.indicator
                && it.holds_for(&row.detail)
        };
        if let Some(it) = confirmed.iter().rev().find(about) {
            (row.fires, row.level) = (false, 0);
            row.reason = Some(format!("confirmed by {}", it.by));
        }
    }
}

/// Whether the question of a check is answered when somebody confirms the figure.
pub(super) fn is_confirmable(standing: &Standing) -> bool {
    standing.kind == CheckKind::DataQuality && standing.means != Means::FigureImpossible
}

/// Every answer that fires knows the usual range of its figure, as it was when it was asked.
pub(super) fn with_usual_ranges(ranges: &[UsualRange], answers: &mut ByCheck) {
    let ranges: BTreeMap<_, &UsualRange> =
        ranges.iter().map(|it| ((&it.authority, &it.indicator), it)).collect();
    for row in answers.values_mut().flatten().filter(|row| row.fires) {
        let range = row.indicator.as_ref().and_then(|indicator| ranges.get(&(&row.authority, indicator)));
        if let (Some(it), Value::Object(detail)) = (range, &mut row.detail) {
            detail.insert(LOWER.to_owned(), json!(it.lower));
            detail.insert(UPPER.to_owned(), json!(it.upper));
            detail.extend(it.since.map(|since| (SINCE.to_owned(), json!(since.to_string()))));
        }
    }
}
