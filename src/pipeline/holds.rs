//! Which figures were held when: while a check holds a figure, it is not part of the region's value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::{FindingKey, State};
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::journal::Line;
use crate::store::moments::{self, Since};

/// The checks that hold a figure (`queries/views/held.sql`).
const HOLDING: [&str; 3] = ["implausible-jump", "numerator-over-denominator", "unit-slip"];

/// What was believed of the checks that hold figures.
#[derive(Debug, Default)]
pub(super) struct Holds {
    believed: BTreeMap<FindingKey, Vec<Since>>,
}

impl Holds {
    /// By the journal.
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut believed = moments::believed(lines);
        believed.retain(|key, _| HOLDING.contains(&key.check.as_str()));
        Self { believed }
    }

    /// Whether a figure was held at an instant.
    pub(super) fn held(
        &self,
        collection: &str,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarter: Quarter,
        at: DateTime<Utc>,
    ) -> bool {
        HOLDING.iter().any(|check| {
            let key = FindingKey {
                check: (*check).to_owned(),
                collection: collection.to_owned(),
                authority: authority.clone(),
                indicator: Some(indicator.clone()),
            };
            let past = self.believed.get(&key).map_or(&[][..], Vec::as_slice);
            let last = past.iter().rev().find(|(moment, since)| moment.quarter == quarter && *since <= at);
            last.is_some_and(|(moment, _)| {
                matches!(
                    moment.state,
                    State::New | State::Worsening | State::Improving | State::Continuing | State::Pending
                )
            })
        })
    }
}
