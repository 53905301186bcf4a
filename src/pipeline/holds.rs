//! Which figures were held when: while a check holds a figure, it is not part of the region's value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::State;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::journal::Line;
use crate::store::moments;

/// The checks that hold a figure (`queries/views/held.sql`).
const HOLDING: [&str; 3] = ["implausible-jump", "numerator-over-denominator", "unit-slip"];

/// A figure, by its collection.
type Whose = (String, AuthorityCode, IndicatorId, Quarter);

/// From when until when; no end is until now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spell {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl Spell {
    pub(super) fn has(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The times for which figures were held.
#[derive(Debug, Default)]
pub(super) struct Holds {
    spells: BTreeMap<Whose, Vec<Spell>>,
}

impl Holds {
    /// By what the journal says was believed of the checks that hold figures.
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut spells: BTreeMap<Whose, Vec<Spell>> = BTreeMap::new();
        let believed = moments::believed(lines).into_iter();
        for (key, past) in believed.filter(|(key, _)| HOLDING.contains(&key.check.as_str())) {
            let Some(indicator) = key.indicator else { continue };
            let mut open: BTreeMap<Quarter, DateTime<Utc>> = BTreeMap::new();
            let mut end = |quarter, from, until| {
                let whose = (key.collection.clone(), key.authority.clone(), indicator.clone(), quarter);
                spells.entry(whose).or_default().push(Spell { from, until });
            };
            for (moment, at) in past {
                if holds(moment.state) {
                    open.entry(moment.quarter).or_insert(at);
                } else if let Some(from) = open.remove(&moment.quarter) {
                    end(moment.quarter, from, Some(at));
                }
            }
            for (quarter, from) in open {
                end(quarter, from, None);
            }
        }
        Self { spells }
    }

    /// When this figure was held.
    pub(super) fn of_figure(
        &self,
        collection: &str,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarter: Quarter,
    ) -> Vec<Spell> {
        if self.spells.is_empty() {
            return Vec::new();
        }
        let whose = (collection.to_owned(), authority.clone(), indicator.clone(), quarter);
        self.spells.get(&whose).cloned().unwrap_or_default()
    }
}

fn holds(state: State) -> bool {
    match state {
        State::Pending | State::New | State::Worsening | State::Improving | State::Continuing => true,
        State::None | State::Recovering | State::Resolved => false,
    }
}
