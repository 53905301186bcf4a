//! Whom to ask about a concern: names of the region, and never a figure.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use crate::config::settings::Settings;
use crate::domain::advice::{self, Example};
use crate::domain::authority::AuthorityCode;
use crate::domain::finding::{Event, State};
use crate::domain::indicator::Polarity;
use crate::domain::quarter::Quarter;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::regional::is_regional;
use crate::pipeline::withheld;
use crate::store::analysis::Question;
use crate::store::facts::{self as store_facts, ExampleFigure};
use crate::store::findings::Finding;
use crate::store::open::Store;

/// A finding that was resolved so many quarters ago has nothing to tell any more.
const YEARS_QUARTERS: i32 = 12;

/// What is needed of a collection to say whom to ask. Its figures are shown to nobody.
///
/// # Errors
/// When the database refuses.
pub fn gather(settings: &Settings, store: &Store, asking: &Question) -> Result<CollectionFacts> {
    let mut known = CollectionFacts {
        is_annual: facts::is_annual(settings, &asking.collection),
        examples: store_facts::examples(store, asking)?,
        ..CollectionFacts::default()
    };
    for point in store_facts::history(store, asking)? {
        known.history.entry((point.authority.clone(), point.indicator.clone())).or_default().push(point);
    }
    let mut all = BTreeMap::from([(asking.collection.clone(), known)]);
    withheld::seal(settings, &mut all, (&[], &[]));
    Ok(all.remove(&asking.collection).unwrap_or_default())
}

/// Whom the authority of an open finding about how it fares may ask, each with the reason; nobody where no
/// direction is good.
#[must_use]
pub fn whom_to_ask(
    settings: &Settings,
    known: &CollectionFacts,
    all: &[Finding],
    finding: &Finding,
) -> Vec<String> {
    let Some(indicator) = &finding.key.indicator else { return Vec::new() };
    if is_regional(settings, finding) {
        return Vec::new();
    }
    let Some(polarity) = facts::indicator(settings, indicator).map(|of| &of.polarity) else {
        return Vec::new();
    };
    if *polarity == Polarity::None || !finding.state().is_open() {
        return Vec::new();
    }
    let same = || {
        all.iter().filter(|one| {
            (&one.key.check, &one.key.collection, &one.key.indicator)
                == (&finding.key.check, &finding.key.collection, &finding.key.indicator)
        })
    };
    let firing: Vec<AuthorityCode> =
        same().filter(|one| one.state().is_open()).map(|one| one.key.authority.clone()).collect();
    let shown = |code: &AuthorityCode, quarter: Quarter| !known.withheld.is_small(code, indicator, quarter);
    let sound: Vec<&ExampleFigure> = known
        .examples
        .iter()
        .filter(|one| one.indicator == *indicator && shown(&one.authority, one.quarter))
        .collect();
    let resolved = |code: &AuthorityCode| {
        same().any(|one| one.key.authority == *code && has_recovered(one, finding.fired_in))
    };
    let concern = finding.detail.get("value").and_then(Value::as_f64);
    let similar = |one: &ExampleFigure| {
        let levels = concern.zip(one.worst);
        levels
            .is_some_and(|(concern, worst)| advice::was_at_least_as_bad(*polarity, concern, worst, one.value))
    };
    let example = |one: &&ExampleFigure| {
        let example = match (similar(one), resolved(&one.authority), one.best_half, one.better) {
            (true, true, _, _) => Example::Resolved,
            (true, false, true, _) => Example::Recovered,
            (_, _, _, true) => Example::Better,
            _ => return None,
        };
        Some((one.authority.clone(), example))
    };
    let examples: Vec<(AuthorityCode, Example)> = sound.iter().filter_map(example).collect();
    let named = advice::whom_to_ask(&finding.key.authority, &firing, &examples);
    named
        .into_iter()
        .map(|(code, example)| format!("{} ({})", facts::named(settings, &code).name, example.clause()))
        .collect()
}

fn has_recovered(finding: &Finding, now: Quarter) -> bool {
    let resolved = finding.moments.iter().rev().find(|(moment, _)| moment.event == Some(Event::Resolved));
    finding.state() == State::Resolved
        && resolved.is_some_and(|(moment, _)| moment.quarter.index() + YEARS_QUARTERS >= now.index())
}
