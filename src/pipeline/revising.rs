//! What is told as revised: the difference between what somebody was told and what counts now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::facts::RevisedFigure;

/// The figures that are not as they were at `since`, each from how it was then to how it is now.
///
/// `revised` is in the order of becoming known. A figure that went and came back since then is as it was:
/// nobody hears of it.
#[must_use]
pub fn net_since(revised: &[RevisedFigure], since: DateTime<Utc>) -> Vec<RevisedFigure> {
    let mut net: BTreeMap<(&AuthorityCode, &IndicatorId, Quarter), RevisedFigure> = BTreeMap::new();
    for it in revised.iter().filter(|it| it.received_at > since) {
        let key = (&it.authority, &it.indicator, it.quarter);
        let old = net.get(&key).map_or(it.old, |earlier| earlier.old);
        net.insert(key, RevisedFigure { old, ..it.clone() });
    }
    let mut net: Vec<RevisedFigure> = net.into_values().filter(|it| it.old != it.new).collect();
    net.sort_by_key(|one| one.received_at);
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::figure::Status;
    use crate::store::facts::Numbers;

    fn numbers(value: Option<f64>) -> Numbers {
        Numbers { value, numerator: value, denominator: None, status: value.map(|_| Status::Ok) }
    }

    fn step(day: u32, version: u32, old: Option<f64>, new: Option<f64>) -> RevisedFigure {
        RevisedFigure {
            authority: AuthorityCode::parse("E06000022").unwrap(),
            indicator: IndicatorId::parse("plans").unwrap(),
            quarter: Quarter::from_index(8069),
            version,
            old: numbers(old),
            new: numbers(new),
            received_at: at(day),
        }
    }

    fn at(day: u32) -> DateTime<Utc> {
        format!("2017-11-{day:02}T09:00:00Z").parse().unwrap()
    }

    fn told(steps: &[RevisedFigure], since: u32) -> Vec<(Option<f64>, Option<f64>, u32)> {
        net_since(steps, at(since)).into_iter().map(|it| (it.old.value, it.new.value, it.version)).collect()
    }

    #[test]
    fn what_came_back_is_told_only_to_those_who_were_told_that_it_was_gone() {
        let steps = [step(10, 2, Some(7.0), None), step(14, 3, None, Some(7.0))];
        assert_eq!(told(&steps, 9), []);
        assert_eq!(told(&steps, 12), [(None, Some(7.0), 3)]);
        assert_eq!(told(&steps, 14), []);
    }

    #[test]
    fn of_several_changes_the_first_and_the_last_are_told() {
        let steps = [step(10, 2, Some(7.0), Some(8.0)), step(14, 3, Some(8.0), Some(9.0))];
        assert_eq!(told(&steps, 9), [(Some(7.0), Some(9.0), 3)]);
        assert_eq!(told(&steps, 10), [(Some(8.0), Some(9.0), 3)], "known since that very moment");
    }
}
