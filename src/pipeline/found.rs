//! Findings as letters tell them: the sentence, the numbers, what was done about them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::config::settings::Settings;
use crate::domain::announcement::{self, Candidate, Why};
use crate::domain::check::{CheckKind, Means};
use crate::domain::disclosure::Disclosure;
use crate::domain::figure::Status;
use crate::domain::finding::{Action, Deed, Event, Moment, State};
use crate::domain::indicator::Indicator;
use crate::domain::letter::digest::facts::{self as digest, FindingFact, Said, Series};
use crate::domain::letter::facts::FigureFact;
use crate::domain::quarter::Quarter;
use crate::domain::quietness::{self, Known, Quietness};
use crate::domain::scope::Recipient;
use crate::domain::sentence::{self, Measure};
use crate::pipeline::advising;
use crate::pipeline::asking;
use crate::pipeline::comparing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::sentences::Before;
use crate::pipeline::worded::{decimals, sentence_of, usual_range};
pub use crate::pipeline::worded::{state_word, stretch, whose};
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
        Happened::Confirmed => Deed::Confirm { quarter: Quarter::parse(text("quarter")?).ok()? },
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

/// When each finding was last spelled out to a recipient, in digests whose keys begin with `stem` and that
/// were `sent`: as of when such a digest was written, not of when it left.
#[must_use]
pub fn told(
    lines: &[Line],
    sent: &BTreeSet<&str>,
    stem: &str,
    recipient: &str,
) -> BTreeMap<String, DateTime<Utc>> {
    let mut told = BTreeMap::new();
    let queued = lines.iter().filter(|line| line.event == Happened::Queued && line.subject.starts_with(stem));
    for line in queued.filter(|line| sent.contains(line.subject.as_str())) {
        if line.detail.get("recipient").and_then(Value::as_str) != Some(recipient) {
            continue;
        }
        let ids = line.detail.get("told").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        told.extend(ids.map(|id| (id.to_owned(), line.at)));
    }
    told
}

/// When each finding came with history that was loaded, and was no news to anybody.
#[must_use]
pub fn quiet(lines: &[Line]) -> BTreeMap<String, DateTime<Utc>> {
    let is_quiet = |line: &&Line| line.detail.get("quiet").and_then(Value::as_bool) == Some(true);
    let found = lines.iter().filter(|line| line.event == Happened::Found).filter(is_quiet);
    found.map(|line| (line.subject.clone(), line.at)).collect()
}

/// The life of a finding as the rules of attention need it, for somebody who knew it at `then`.
///
/// What stands as it stood then is no older and no newer to them, though something else was believed in
/// between: a version that came and went changes nothing.
#[must_use]
pub fn life(finding: &Finding, then: Option<DateTime<Utc>>) -> Vec<Known> {
    let mut life = known(&finding.moments);
    let Some(then) = then else { return life };
    for known in life.iter_mut().filter(|known| known.since > then) {
        let of_quarter = |(was, since): &&Since| was.quarter == known.moment.quarter && *since <= then;
        let stood = |it: &Moment| (it.state, it.level, it.episode);
        let last = finding.past.iter().rev().find(of_quarter);
        if let Some((was, since)) = last.filter(|(was, _)| stood(was) == stood(&known.moment)) {
            (known.since, known.moment.event) = (*since, was.event);
        }
    }
    life
}

fn known(moments: &[Since]) -> Vec<Known> {
    moments.iter().map(|(moment, since)| Known { moment: moment.clone(), since: *since }).collect()
}

/// How quiet a finding is, and what somebody did with it, while that holds.
#[must_use]
pub fn attention(finding: &Finding, actions: &[Action], today: NaiveDate) -> (Quietness, Option<Action>) {
    let id = finding.key.id();
    let mine: Vec<Action> = actions.iter().filter(|one| one.finding == id).cloned().collect();
    let last = mine.iter().map(|one| one.at).max();
    let quietness = quietness::quiet(&life(finding, last), &mine, today);
    let holds = quietness != Quietness::Heard;
    (quietness, mine.into_iter().filter(|_| holds).max_by_key(|one| one.at))
}

fn day(settings: &Settings, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&settings.zone).date_naive()
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
        let fresh: Vec<_> = replayed.iter().filter(|it| it.at > since).collect();
        // From how it stood for them to how it stands: what came and went in between is nothing.
        let net = fresh.iter().rev().find_map(|last| {
            let first = fresh.iter().find(|it| it.quarter == last.quarter)?;
            let (was, now) = (first.was, last.now);
            (was != now && (was.is_open() || now.is_open())).then_some((last.quarter, was, now))
        });
        told.extend(net.map(|(quarter, was, now)| {
            let word = |state| state_word(settings, finding, state);
            let id = finding.key.id();
            let when = stretch(settings, finding).label(quarter);
            format!("finding {id} was {} in {when}, and is {} now", word(was), word(now))
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
    /// When findings came with history that was loaded.
    pub quiet: &'a BTreeMap<String, DateTime<Utc>>,
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
    let aside = announced.aside.iter().map(|index| (*index, Said::Aside));
    let order = told.chain(resolved).chain(standing).chain(continuing).chain(quieted).chain(aside);
    let facts = order.filter_map(|(index, said)| fact(telling, findings, findings.get(index)?, said));
    Told { findings: facts.collect(), more: announced.more }
}

fn said(why: Why) -> Said {
    match why {
        Why::New => Said::New,
        Why::Worse => Said::Worse,
        Why::StillHigh => Said::StillHigh,
        Why::QuietEnded => Said::QuietEnded,
    }
}

fn candidate(
    telling: &Telling<'_>,
    findings: &[&Finding],
    finding: &Finding,
    told: &BTreeMap<String, DateTime<Utc>>,
) -> Candidate {
    let id = finding.key.id();
    let check = telling.checks.get(&finding.key.check);
    let about_figure = check.is_some_and(|check| check.kind == CheckKind::DataQuality);
    let (said, quiet) = (told.get(&id).copied(), telling.quiet.get(&id).copied());
    // Nobody hears that what they were never told is over.
    let told = if finding.state() == State::Resolved { said } else { said.max(quiet) };
    Candidate {
        told,
        finding: id,
        life: life(finding, told),
        past: known(&finding.past),
        about_figure: about_figure && finding.key.indicator.is_some(),
        quietness: attention(finding, telling.actions, telling.today).0,
        quiet_until: lapsed(finding, telling).and_then(|(_, until)| until),
        ways: stands_out_by(telling, findings, finding).len(),
    }
}

/// The latest deed about a finding when it holds no more, and the last quiet day of a snooze that is over.
fn lapsed(finding: &Finding, telling: &Telling<'_>) -> Option<(Action, Option<NaiveDate>)> {
    let id = finding.key.id();
    let mine: Vec<Action> = telling.actions.iter().filter(|one| one.finding == id).cloned().collect();
    let last = mine.iter().map(|one| one.at).max();
    let lapsed = quietness::lapsed(&life(finding, last), &mine, telling.today);
    lapsed.map(|(action, until)| (action.clone(), until))
}

/// Against what the figure of a finding stands out, of all that is open about it. It is one figure all the
/// same; and a doubt about the figure is no reason to think worse of a service.
fn stands_out_by(telling: &Telling<'_>, findings: &[&Finding], finding: &Finding) -> Vec<String> {
    let same = findings.iter().filter(|one| {
        one.key.authority == finding.key.authority
            && one.key.indicator == finding.key.indicator
            && one.key.collection == finding.key.collection
            && one.fired_in == finding.fired_in
            && one.state().is_open()
    });
    let checks = same.filter_map(|one| telling.checks.get(&one.key.check));
    let performance = checks.filter(|check| check.kind == CheckKind::Performance);
    let by: BTreeSet<&str> = performance.filter_map(|check| against(&check.evidence)).collect();
    by.into_iter().map(str::to_owned).collect()
}

fn against(evidence: &str) -> Option<&'static str> {
    match evidence {
        "own-history" => Some("its own history"),
        "last-year" => Some("a year ago"),
        "peers" => Some("other areas"),
        "target" => Some("its target"),
        _ => None,
    }
}

/// What an interval of one figure, or of its peers, says: each under its own name, in whole sentences.
fn chance(of: &Indicator, finding: &Finding) -> Vec<String> {
    let measure = Measure { unit: of.unit, decimals: of.decimals };
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let range = |low: &str, high: &str| {
        let (low, high) = number(low).zip(number(high))?;
        Some(format!("{} to {}", sentence::in_unit(low, measure), sentence::in_unit(high, measure)))
    };
    let own = range("low95", "high95").map(|range| format!("95% interval of this one figure: {range}."));
    let peers = range("peers_low", "peers_high")
        .map(|range| format!("Limits for an area of this size among its peers (99.8%): {range}."));
    own.into_iter().chain(peers).collect()
}

/// Where an open finding stands, in words.
fn stands(settings: &Settings, finding: &Finding, now: &Moment) -> String {
    if now.stale {
        return format!("not judged since {}", stretch(settings, finding).label(finding.fired_in));
    }
    state_word(settings, finding, now.state).to_owned()
}

fn fact(telling: &Telling<'_>, findings: &[&Finding], finding: &Finding, said: Said) -> Option<FindingFact> {
    let settings = telling.settings;
    let check = telling.checks.get(&finding.teller);
    let (now, _) = finding.moments.last()?;
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let known = telling.known.get(&finding.key.collection);
    let before = Before { settings, recipient: telling.recipient, known, check, finding, of };
    let disclosure = before.disclosure();
    let provisional = provisional(settings, finding);
    let collection = &finding.key.collection;
    Some(FindingFact {
        id: finding.key.id(),
        check: finding.teller.clone(),
        kind: check.map_or(CheckKind::Performance, |check| check.kind),
        means: check.map_or(Means::Nothing, |check| check.means),
        asks: check.map_or_else(String::new, |check| asking::asks(check, of).to_owned()),
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
        figure: of.map(|of| FigureFact {
            decimals: decimals(of, check, finding),
            ..facts::figure(of, &numbers(finding), provisional, disclosure)
        }),
        comparators: of.and_then(|of| comparators(telling, known?, finding, of)).unwrap_or_default(),
        series: known.and_then(|known| series(telling, known, finding)),
        by: stands_out_by(telling, findings, finding),
        chance: of.map_or_else(Vec::new, |of| chance(of, finding)),
        stands: stands(settings, finding, now),
        action: attention(finding, telling.actions, telling.today).1.map(|it| without_words(it, disclosure)),
        lapsed: lapsed(finding, telling).map(|(action, _)| without_words(action, disclosure)),
        confirmed: finding.confirmed.as_ref().map(|it| digest::ConfirmedFact {
            by: it.by.clone(),
            on: day(settings, it.at),
            reason: if disclosure == Disclosure::Shown { it.reason.clone() } else { String::new() },
        }),
        shared: shared(&finding.detail),
        ask: known
            .filter(|_| check.is_some_and(|check| check.kind == CheckKind::Performance))
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

/// What somebody wrote of a figure may say the figure.
fn without_words(action: Action, disclosure: Disclosure) -> Action {
    if disclosure == Disclosure::Shown { action } else { Action { reason: String::new(), ..action } }
}

/// For how many authorities of how many the same fires, when it is half of the region.
#[must_use]
pub fn shared(detail: &Value) -> Option<(u32, u32)> {
    let pair = detail.get("shared")?.as_array()?;
    let number = |index: usize| pair.get(index)?.as_u64().and_then(|count| u32::try_from(count).ok());
    number(0).zip(number(1))
}

/// The quarter with which the sentence of a finding compares its own; none when it compares with no other.
fn compares(settings: &Settings, finding: &Finding) -> Option<Quarter> {
    let named = ["first_quarter", "previous_quarter", "start"].into_iter();
    let mut named = named.filter_map(|name| finding.detail.get(name).and_then(Value::as_str));
    let quarter = named.find_map(|text| Quarter::parse(text).ok());
    // A run says how long it is.
    let steps = || {
        let steps = finding.detail.get("first").and(finding.detail.get("quarters")?.as_i64())?;
        let collection = settings.collections.iter().find(|one| one.name == finding.key.collection)?;
        Some(finding.fired_in.plus(-(i32::try_from(steps).ok()? * collection.cadence.step())))
    };
    quarter.or_else(steps).filter(|quarter| *quarter < finding.fired_in)
}

/// The history behind a finding, with the usual range of that series.
fn series(telling: &Telling<'_>, known: &CollectionFacts, finding: &Finding) -> Option<Series> {
    const QUARTERS_MAX: usize = 20;
    let indicator = finding.key.indicator.clone()?;
    let points = known.history.get(&(finding.key.authority.clone(), indicator.clone()))?;
    let upto: Vec<&Point> = points.iter().filter(|point| point.quarter <= finding.fired_in).collect();
    let latest = upto.get(upto.len().saturating_sub(QUARTERS_MAX)..)?;
    let is_compared = facts::indicator(telling.settings, &indicator).is_some_and(comparing::is_across_areas);
    let authority = &finding.key.authority;
    let of_history = known.withheld.of_history(telling.recipient, authority, &indicator, finding.fired_in);
    let shown =
        |point: &Point| known.withheld.of(telling.recipient, &point.authority, &indicator, point.quarter);
    // Mean and limits of figures of which all but one are shown would tell that one.
    let usual = telling.checks.get(&finding.teller).and_then(|check| usual_range(check, finding));
    let usual = usual.filter(|usual| {
        let of_chart = |point: &&&Point| usual.since.is_none_or(|since| point.quarter >= since);
        of_history == Disclosure::Shown
            && upto.iter().filter(of_chart).all(|point| shown(point) == Disclosure::Shown)
    });
    let drawn = |point: &&Point| digest::Point { value: point.own.value, disclosure: shown(point) };
    Some(Series {
        quarters: latest.iter().map(|point| point.quarter).collect(),
        own: latest.iter().map(drawn).collect(),
        region: if is_compared {
            latest.iter().map(|point| facts::region_line(known, telling.recipient, point)).collect()
        } else {
            Vec::new()
        },
        usual_range: usual,
        target: finding.detail.get("target").and_then(Value::as_f64),
        compares: compares(telling.settings, finding),
    })
}
