//! Findings as letters tell them: the sentence, the numbers, what was done about them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use crate::domain::finding::{Action, Deed, Event};
use crate::domain::letter::digest::facts as facts_of_digest;
use crate::domain::letter::digest::facts::{Attention, Change, Evidence, FindingFact, Series};
use crate::domain::letter::facts::Disclosure;
use crate::domain::quietness::{self, Known, Quietness};
use crate::domain::sentence;
use crate::pipeline::asking;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::opening::Walk;
use crate::store::check_file::CheckFile;
use crate::store::facts::Point;
use crate::store::findings::Finding;
use crate::store::journal::{Happened, Line};

/// What people did with findings, by the journal.
#[must_use]
pub fn actions(lines: &[Line]) -> Vec<Action> {
    lines.iter().filter_map(action).collect()
}

fn action(line: &Line) -> Option<Action> {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    let deed = match line.event {
        Happened::Acknowledged => Deed::Acknowledge,
        Happened::Dismissed => Deed::Dismiss,
        Happened::Snoozed => Deed::Snooze { until: text("until")?.parse().ok()? },
        _ => return None,
    };
    Some(Action {
        finding: line.subject.clone(),
        episode: u32::try_from(line.detail.get("episode")?.as_u64()?).ok()?,
        deed,
        by: text("by")?.to_owned(),
        at: line.at,
        reason: text("reason")?.to_owned(),
    })
}

/// The life of a finding as the rules of attention need it.
#[must_use]
pub fn life(finding: &Finding) -> Vec<Known> {
    finding.moments.iter().map(|(moment, since)| Known { moment: moment.clone(), since: *since }).collect()
}

/// Whether somebody looks after a finding.
#[must_use]
pub fn attention(finding: &Finding, actions: &[Action], today: NaiveDate) -> Attention {
    let id = finding.key.id();
    let mine: Vec<Action> = actions.iter().filter(|one| one.finding == id).cloned().collect();
    let Some(last) = mine.iter().max_by_key(|one| one.at) else { return Attention::Open };
    let (by, reason) = (last.by.clone(), last.reason.clone());
    match quietness::quiet(&life(finding), &mine, today) {
        Quietness::Heard => Attention::Open,
        Quietness::Acknowledged => Attention::Acknowledged { by, reason },
        Quietness::Snoozed { until } => Attention::Snoozed { until, by, reason },
        Quietness::Dismissed => Attention::Dismissed { by, reason },
    }
}

/// The sentence of a finding, with its numbers rounded at the edge.
#[must_use]
pub fn sentence(walk: &Walk<'_>, check: &CheckFile, finding: &Finding) -> String {
    sentence_of(walk.settings, check, finding)
}

/// The sentence of a finding; the template itself when a number that it needs is not there.
#[must_use]
pub fn sentence_of(
    settings: &crate::config::settings::Settings,
    check: &CheckFile,
    finding: &Finding,
) -> String {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let mut values: Map<String, Value> = finding.detail.as_object().cloned().unwrap_or_default();
    let mut add = |name: &str, text: String| values.insert(name.to_owned(), Value::String(text));
    let area = facts::named(settings, &finding.key.authority).name;
    add("area", area.clone());
    add("authority", area);
    add("quarter", finding.fired_in.to_string());
    let collection = settings.collections.iter().find(|one| one.name == finding.key.collection);
    let title = collection.map_or_else(|| finding.key.collection.clone(), |one| one.title.clone());
    add("collection", title.clone());
    add("indicator", of.map_or(title, |one| one.name.clone()));
    let measure = of
        .map_or(sentence::Measure { unit: crate::domain::indicator::Unit::Count, decimals: 0 }, |one| {
            sentence::Measure { unit: one.unit, decimals: one.decimals }
        });
    let template = asking::says(check, &finding.detail);
    sentence::fill(template, &values, measure).unwrap_or_else(|unfilled| format!("{template} ({unfilled})"))
}

/// Everything the findings of a digest are told from.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The checks by name.
    pub checks: &'a BTreeMap<String, CheckFile>,
    /// What is known of each collection.
    pub known: &'a BTreeMap<String, CollectionFacts>,
    /// What people did.
    pub actions: &'a [Action],
}

/// A finding as a digest tells it to somebody whose last digest was at `since`.
#[must_use]
pub fn fact(
    walk: &Walk<'_>,
    telling: &Telling<'_>,
    finding: &Finding,
    since: Option<DateTime<Utc>>,
) -> Option<FindingFact> {
    let check = telling.checks.get(&finding.key.check)?;
    let (now, _) = finding.moments.last()?;
    let settings = walk.settings;
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let known = telling.known.get(&finding.key.collection);
    let compared = known.and_then(|known| {
        known.figures.iter().find(|(quarter, one)| {
            *quarter == finding.fired_in
                && one.authority == finding.key.authority
                && Some(&one.indicator) == finding.key.indicator.as_ref()
        })
    });
    let disclosure = known.zip(of).map_or(Disclosure::Shown, |(known, of)| {
        known.withheld.of(&finding.key.authority, &of.id, finding.fired_in)
    });
    let figure = of.map(|of| facts::figure(of, &numbers(finding), provisional(walk, finding), disclosure));
    Some(FindingFact {
        id: finding.key.id(),
        check: check.name.clone(),
        asks: check.asks.clone(),
        sentence: sentence(walk, check, finding),
        level: now.level,
        effect: now.effect,
        state: now.state,
        change: change(finding, since),
        since: opened(finding),
        authority: facts::named(settings, &finding.key.authority),
        measure: of.map(facts::measure),
        quarter: finding.fired_in,
        figure,
        comparators: of.zip(compared).map(|(of, (_, one))| facts::comparators(of, one)).unwrap_or_default(),
        series: known.and_then(|known| series(known, finding)),
        evidence: evidence(check),
        attention: attention(finding, telling.actions, walk.today),
        shared: shared(&finding.detail),
        provisional: provisional(walk, finding),
    })
}

fn numbers(finding: &Finding) -> crate::store::facts::Numbers {
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let status = finding.detail.get("status").and_then(Value::as_str);
    crate::store::facts::Numbers {
        value: number("value"),
        numerator: number("numerator"),
        denominator: number("denominator"),
        status: status
            .and_then(crate::domain::figure::Status::parse)
            .or(Some(crate::domain::figure::Status::Ok)),
    }
}

fn provisional(walk: &Walk<'_>, finding: &Finding) -> bool {
    walk.settings.collections.iter().any(|one| one.name == finding.key.collection && one.provisional)
}

/// The quarter in which the present episode opened.
fn opened(finding: &Finding) -> crate::domain::quarter::Quarter {
    let opening = finding
        .moments
        .iter()
        .rev()
        .find(|(moment, _)| matches!(moment.event, Some(Event::Opened | Event::Reopened)));
    opening.map_or(finding.fired_in, |(moment, _)| moment.quarter)
}

/// What happened to a finding after an instant; the last turn counts.
fn change(finding: &Finding, since: Option<DateTime<Utc>>) -> Option<Change> {
    let since = since?;
    finding.moments.iter().rev().filter(|(_, at)| *at > since).find_map(|(moment, _)| match moment.event? {
        Event::Opened | Event::Reopened => Some(Change::New),
        Event::Worse => Some(Change::Worse),
        Event::Better => Some(Change::Better),
        Event::Resolved => Some(Change::Resolved),
        Event::Pending | Event::PendingCleared | Event::NoData => None,
    })
}

fn evidence(check: &CheckFile) -> Evidence {
    match check.evidence.as_str() {
        "last-year" => Evidence::LastYear,
        "peers" => Evidence::Peers,
        "target" => Evidence::Target,
        "data" => Evidence::Quality,
        _ => Evidence::OwnHistory,
    }
}

/// For how many authorities of how many the same fires, when it is half of the region.
fn shared(detail: &Value) -> Option<(u32, u32)> {
    let pair = detail.get("shared")?.as_array()?;
    let number = |index: usize| pair.get(index)?.as_u64().and_then(|count| u32::try_from(count).ok());
    number(0).zip(number(1))
}

/// The history behind a finding, with the usual range that its check used.
fn series(known: &CollectionFacts, finding: &Finding) -> Option<Series> {
    const QUARTERS_MAX: usize = 20;
    let indicator = finding.key.indicator.clone()?;
    let points = known.history.get(&(finding.key.authority.clone(), indicator.clone()))?;
    let upto: Vec<&Point> = points.iter().filter(|point| point.quarter <= finding.fired_in).collect();
    let latest = upto.get(upto.len().saturating_sub(QUARTERS_MAX)..)?;
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let drawn = |point: &&Point| facts_of_digest::Point {
        value: point.own.value,
        disclosure: known.withheld.of(&point.authority, &indicator, point.quarter),
    };
    Some(Series {
        quarters: latest.iter().map(|point| point.quarter).collect(),
        own: latest.iter().map(drawn).collect(),
        region: latest.iter().map(|point| point.region).collect(),
        usual_range: number("lower").zip(number("upper")),
        target: number("target"),
    })
}
