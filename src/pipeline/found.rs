//! Findings as letters tell them: the sentence, the numbers, what was done about them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use crate::config::settings::Settings;
use crate::domain::announcement::{self, Candidate, Why};
use crate::domain::disclosure::Disclosure;
use crate::domain::figure::Status;
use crate::domain::finding::{Action, Deed, Event, State};
use crate::domain::indicator::{Indicator, Polarity, Unit};
use crate::domain::inhibition;
use crate::domain::letter::digest::facts::{self as digest, FindingFact, Said, Series};
use crate::domain::letter::facts::Named;
use crate::domain::quarter::Quarter;
use crate::domain::quietness::{self, Known, Quietness};
use crate::domain::scope::Recipient;
use crate::domain::sentence;
use crate::domain::stretch::Stretch;
use crate::pipeline::advising;
use crate::pipeline::asking;
use crate::pipeline::comparing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::sentences::Before;
use crate::store::check_file::CheckFile;
use crate::store::facts::{Numbers, Point};
use crate::store::findings::Finding;
use crate::store::journal::{Happened, Line};
use crate::store::moments::Since;

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
        Happened::Accepted => Deed::Accept { from: Quarter::parse(text("from")?).ok()? },
        Happened::Snoozed => Deed::Snooze { until: text("until")?.parse().ok()? },
        _ => return None,
    };
    Some(Action {
        finding: line.subject.clone(),
        episode: u32::try_from(line.detail.get("episode")?.as_u64()?).ok()?,
        level: line.detail.get("level").and_then(Value::as_u64).map_or(u8::MAX, as_level),
        deed,
        by: text("by")?.to_owned(),
        at: line.at,
        reason: text("reason")?.to_owned(),
    })
}

fn as_level(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// When each finding was last spelled out to a recipient, in digests whose keys begin with `stem`.
#[must_use]
pub fn told(lines: &[Line], stem: &str, recipient: &str) -> BTreeMap<String, DateTime<Utc>> {
    let mut told = BTreeMap::new();
    for line in lines.iter().filter(|line| line.event == Happened::Queued && line.subject.starts_with(stem)) {
        if line.detail.get("recipient").and_then(Value::as_str) != Some(recipient) {
            continue;
        }
        let ids = line.detail.get("told").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        told.extend(ids.map(|id| (id.to_owned(), line.at)));
    }
    told
}

/// The life of a finding as the rules of attention need it.
#[must_use]
pub fn life(finding: &Finding) -> Vec<Known> {
    known(&finding.moments)
}

fn known(moments: &[Since]) -> Vec<Known> {
    moments.iter().map(|(moment, since)| Known { moment: moment.clone(), since: *since }).collect()
}

/// How quiet a finding is, and what somebody did with it, while that holds.
#[must_use]
pub fn attention(finding: &Finding, actions: &[Action], today: NaiveDate) -> (Quietness, Option<Action>) {
    let id = finding.key.id();
    let mine: Vec<Action> = actions.iter().filter(|one| one.finding == id).cloned().collect();
    let quietness = quietness::quiet(&life(finding), &mine, today);
    let holds = quietness != Quietness::Heard;
    (quietness, mine.into_iter().filter(|_| holds).max_by_key(|one| one.at))
}

/// A state in words that fit the measure: where neither direction is good, nothing is worse.
#[must_use]
pub fn state_word(settings: &Settings, finding: &Finding, state: State) -> &'static str {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let neutral = of.is_some_and(|of| of.polarity == Polarity::None);
    match state {
        State::Worsening | State::Improving if neutral => "changing",
        state => state.word(),
    }
}

/// How the time of a finding is told.
#[must_use]
pub fn stretch(settings: &Settings, finding: &Finding) -> Stretch {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    Stretch::of(facts::is_annual(settings, &finding.key.collection), of.map(|of| of.behaviour))
}

/// Whose a finding is, told apart from one of the same name that came after it.
#[must_use]
pub fn whose(settings: &Settings, finding: &Finding) -> Named {
    let code = &finding.key.authority;
    let found = settings.authorities.iter().find(|one| one.code == *code);
    match found.zip(finding.moments.last()) {
        Some((one, (_, at))) => {
            let day = at.with_timezone(&settings.zone).date_naive();
            Named { code: code.clone(), name: one.name_among(&settings.authorities, day) }
        }
        None => facts::named(settings, code),
    }
}

/// The sentence of a finding; the template itself when a number that it needs is not there.
///
/// Every quarter in it is told as its collection's figures are: `2017-18 Q2`, `the year to March 2025`.
#[must_use]
pub fn sentence_of(settings: &Settings, check: &CheckFile, finding: &Finding) -> String {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let mut values: Map<String, Value> = finding.detail.as_object().cloned().unwrap_or_default();
    let stretch = stretch(settings, finding);
    tell_time(&mut values, stretch);
    let mut add = |name: &str, text: String| values.insert(name.to_owned(), Value::String(text));
    let area = whose(settings, finding).name;
    add("area", area.clone());
    add("authority", area.clone());
    let when = stretch.label(finding.fired_in);
    add("quarter", when.clone());
    let collection = settings.collections.iter().find(|one| one.name == finding.key.collection);
    let title = collection.map_or_else(|| finding.key.collection.clone(), |one| one.title.clone());
    add("collection", title.clone());
    let what = of.map_or(title, |one| one.name.clone());
    add("indicator", what.clone());
    let measure = of.map_or(sentence::Measure { unit: Unit::Count, decimals: 0 }, |one| sentence::Measure {
        unit: one.unit,
        decimals: one.decimals,
    });
    // What does not fire by what is known now has no numbers to tell.
    if finding.is_withdrawn() || finding.detail.is_null() {
        return if finding.last_event() == Some(Event::RuleChanged) {
            format!("{area}, {what}: another rule judges {when} now; what was found does not hold.")
        } else {
            format!("{area}, {what}: revised for {when}; what was found does not hold.")
        };
    }
    let template = asking::says(check, &finding.detail);
    sentence::fill(template, &values, measure).unwrap_or_else(|unfilled| format!("{template} ({unfilled})"))
}

/// Adds the words of a stretch, and tells every quarter among `values` by it.
fn tell_time(values: &mut Map<String, Value>, stretch: Stretch) {
    for value in values.values_mut() {
        if let Some(quarter) = value.as_str().and_then(|text| Quarter::parse(text).ok()) {
            *value = Value::String(stretch.label(quarter));
        }
    }
    for (name, words) in [
        ("period", stretch.one()),
        ("periods", stretch.several()),
        ("same_period_last_year", stretch.a_year_ago()),
    ] {
        values.insert(name.to_owned(), Value::String(words.to_owned()));
    }
}

/// What a replay since then made of the findings of one figure; none when it changed none that was shown.
#[must_use]
pub fn consequence<'a>(
    settings: &Settings,
    of: impl Iterator<Item = &'a Finding>,
    since: DateTime<Utc>,
) -> Option<String> {
    let mut told = Vec::new();
    for finding in of {
        let replayed = finding.replayed();
        let last = replayed.iter().rev().find(|it| it.at > since && (it.was.is_open() || it.now.is_open()));
        told.extend(last.map(|it| {
            let word = |state| state_word(settings, finding, state);
            let id = finding.key.id();
            let when = stretch(settings, finding).label(it.quarter);
            format!("finding {id} was {} in {when}, and is {} now", word(it.was), word(it.now))
        }));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// Everything the findings of a digest are told from, for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// Whom they are told.
    pub recipient: &'a Recipient,
    /// Every finding of the region, seen or not.
    pub findings: &'a [Finding],
    /// The checks by name.
    pub checks: &'a BTreeMap<String, CheckFile>,
    /// What is known of each collection.
    pub known: &'a BTreeMap<String, CollectionFacts>,
    /// What people did.
    pub actions: &'a [Action],
    /// The day.
    pub today: NaiveDate,
}

/// The findings of a digest: the told ones first, the worst first; then what is only counted.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The findings, in order.
    pub findings: Vec<FindingFact>,
    /// How many more there would be to tell.
    pub more: usize,
}

/// What is said of `findings` to a recipient who was last `told` each of them when it says.
#[must_use]
pub fn tell(telling: &Telling<'_>, findings: &[&Finding], told: &BTreeMap<String, DateTime<Utc>>) -> Told {
    let candidates: Vec<Candidate> =
        findings.iter().map(|one| candidate(telling, findings, one, told)).collect();
    let announced = announcement::announce(&candidates);
    let told = announced.told.iter().map(|(index, why)| (*index, said(*why)));
    let resolved = announced.resolved.iter().map(|index| (*index, Said::Resolved));
    let standing = announced.standing.iter().map(|index| (*index, Said::Standing));
    let continuing = announced.continuing.iter().map(|index| (*index, Said::Continuing));
    let quieted = announced.quieted.iter().map(|index| (*index, Said::Quieted));
    let order = told.chain(resolved).chain(standing).chain(continuing).chain(quieted);
    let facts = order.filter_map(|(index, said)| {
        let (finding, candidate) = (findings.get(index)?, candidates.get(index)?);
        fact(telling, finding, candidate, said)
    });
    Told { findings: facts.collect(), more: announced.more }
}

fn said(why: Why) -> Said {
    match why {
        Why::New => Said::New,
        Why::Worse => Said::Worse,
        Why::StillHigh => Said::StillHigh,
    }
}

fn candidate(
    telling: &Telling<'_>,
    findings: &[&Finding],
    finding: &Finding,
    told: &BTreeMap<String, DateTime<Utc>>,
) -> Candidate {
    let id = finding.key.id();
    let same = findings.iter().filter(|one| {
        one.key.authority == finding.key.authority
            && one.key.indicator == finding.key.indicator
            && one.key.collection == finding.key.collection
            && one.fired_in == finding.fired_in
            && one.state().is_open()
    });
    Candidate {
        told: told.get(&id).copied(),
        finding: id,
        life: life(finding),
        past: known(&finding.past),
        about_figure: inhibition::is_data_quality(&finding.key.check) && finding.key.indicator.is_some(),
        quietness: attention(finding, telling.actions, telling.today).0,
        evidence: inhibition::kinds_of_evidence(same.map(|one| one.key.check.as_str())),
    }
}

fn fact(telling: &Telling<'_>, finding: &Finding, candidate: &Candidate, said: Said) -> Option<FindingFact> {
    let settings = telling.settings;
    let check = telling.checks.get(&finding.teller)?;
    let (now, _) = finding.moments.last()?;
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let known = telling.known.get(&finding.key.collection);
    let before = Before { settings, recipient: telling.recipient, known, check, finding, of };
    let disclosure = before.disclosure();
    let provisional = provisional(settings, finding);
    let collection = &finding.key.collection;
    Some(FindingFact {
        id: finding.key.id(),
        check: check.name.clone(),
        asks: asking::asks(check, of).to_owned(),
        sentence: match of {
            None if disclosure != Disclosure::Shown => without_numbers(settings, finding),
            _ => sentence_of(settings, check, finding),
        },
        level: now.shown,
        said,
        since: opened(finding),
        authority: whose(settings, finding),
        indicator: of.map(|of| facts::indicator_fact(of, facts::is_annual(settings, collection))),
        quarter: finding.fired_in,
        stretch: stretch(settings, finding),
        figure: of.map(|of| facts::figure(of, &numbers(finding), provisional, disclosure)),
        comparators: of.and_then(|of| comparators(telling, known?, finding, of)).unwrap_or_default(),
        series: known.and_then(|known| series(telling, known, finding)),
        evidence: candidate.evidence,
        action: attention(finding, telling.actions, telling.today).1,
        shared: shared(&finding.detail),
        ask: known
            .map_or_else(Vec::new, |known| advising::whom_to_ask(settings, known, telling.findings, finding)),
        provisional,
    })
}

/// Of a whole return, where figures may not be told.
fn without_numbers(settings: &Settings, finding: &Finding) -> String {
    let when = stretch(settings, finding).label(finding.fired_in);
    let area = whose(settings, finding).name;
    format!("{area}: please look at the return for {when}. The numbers are not shown here.")
}

fn comparators(
    telling: &Telling<'_>,
    known: &CollectionFacts,
    finding: &Finding,
    of: &Indicator,
) -> Option<Vec<String>> {
    let (_, compared) = known.figures.iter().find(|(quarter, one)| {
        *quarter == finding.fired_in && one.authority == finding.key.authority && one.indicator == of.id
    })?;
    let near = facts::neighbours(telling.settings, known, telling.recipient, compared);
    Some(comparing::comparators(of, stretch(telling.settings, finding), compared, near))
}

fn numbers(finding: &Finding) -> Numbers {
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let status = finding.detail.get("status").and_then(Value::as_str);
    Numbers {
        value: number("value"),
        numerator: number("numerator"),
        denominator: number("denominator"),
        status: status.and_then(Status::parse).or(Some(Status::Ok)),
    }
}

fn provisional(settings: &Settings, finding: &Finding) -> bool {
    settings.collections.iter().any(|one| one.name == finding.key.collection && one.provisional)
}

/// The quarter in which the present episode opened.
fn opened(finding: &Finding) -> Quarter {
    let opening = finding
        .moments
        .iter()
        .rev()
        .find(|(moment, _)| matches!(moment.event, Some(Event::Opened | Event::Reopened)));
    opening.map_or(finding.fired_in, |(moment, _)| moment.quarter)
}

/// For how many authorities of how many the same fires, when it is half of the region.
#[must_use]
pub fn shared(detail: &Value) -> Option<(u32, u32)> {
    let pair = detail.get("shared")?.as_array()?;
    let number = |index: usize| pair.get(index)?.as_u64().and_then(|count| u32::try_from(count).ok());
    number(0).zip(number(1))
}

/// The history behind a finding, with the usual range that its check used.
fn series(telling: &Telling<'_>, known: &CollectionFacts, finding: &Finding) -> Option<Series> {
    const QUARTERS_MAX: usize = 20;
    let indicator = finding.key.indicator.clone()?;
    let points = known.history.get(&(finding.key.authority.clone(), indicator.clone()))?;
    let upto: Vec<&Point> = points.iter().filter(|point| point.quarter <= finding.fired_in).collect();
    let latest = upto.get(upto.len().saturating_sub(QUARTERS_MAX)..)?;
    let is_compared = facts::indicator(telling.settings, &indicator).is_some_and(comparing::is_across_areas);
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let authority = &finding.key.authority;
    let of_history = known.withheld.of_history(telling.recipient, authority, &indicator, finding.fired_in);
    let drawn = |point: &&Point| digest::Point {
        value: point.own.value,
        disclosure: known.withheld.of(telling.recipient, &point.authority, &indicator, point.quarter),
    };
    Some(Series {
        quarters: latest.iter().map(|point| point.quarter).collect(),
        own: latest.iter().map(drawn).collect(),
        region: if is_compared {
            latest.iter().map(|point| facts::region_line(known, telling.recipient, point)).collect()
        } else {
            Vec::new()
        },
        usual_range: number("lower").zip(number("upper")).filter(|_| of_history == Disclosure::Shown),
        target: number("target"),
    })
}
