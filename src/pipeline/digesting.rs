//! Digests: who gets one now, and from what it is written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::config::settings::{DigestPlan, Reporters};
use crate::domain::cron;
use crate::domain::deadline::{Deadline, DeadlineKind, Party};
use crate::domain::due::{self, Span};
use crate::domain::figure::Place;
use crate::domain::finding::{Action, State, UndoneAction};
use crate::domain::letter::digest::facts::{
    Arrival, DEADLINE_DAYS_AHEAD, DeadlineFact, DigestFacts, NoteFact, RegionValue, RegionalFact, ReturnFact,
};
use crate::domain::letter::digest::{self, DigestStyle};
use crate::domain::letter::facts::{self as letter_facts, OwnFigure, RegionFigure, Revision};
use crate::domain::letter::receipt;
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::quarter::Quarter;
use crate::domain::schedule::{History, Job};
use crate::domain::scope::{Recipient, Role, Scope};
use crate::domain::slip::{self, Group, Slip};
use crate::domain::support::Support;
use crate::pipeline::addressed;
use crate::pipeline::asking;
use crate::pipeline::composing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::found::{self, Telling};
use crate::pipeline::neighbouring;
use crate::pipeline::opening::Walk;
use crate::pipeline::regional::{self, is_regional};
use crate::pipeline::remembered;
use crate::pipeline::revising;
use crate::pipeline::supporting::{self, Supporting};
use crate::pipeline::unpublished;
use crate::pipeline::withheld::{self, Reader};
use crate::store::check_file::CheckFile;
use crate::store::decided;
use crate::store::deeds;
use crate::store::findings::Finding;
use crate::store::grid::{self, ReturnRow};
use crate::store::outbox;
use crate::store::returns as returns_of;
use crate::store::schedules;

/// Overdue returns of this many quarters are in a digest; older gaps are in the chase grid.
const OVERDUE_QUARTERS: i32 = 4;

/// The digests that fell due since the last walk.
///
/// # Errors
/// When the database refuses.
pub fn digests(walk: &Walk<'_>, findings: &[Finding]) -> Result<Vec<Letter>> {
    let history = schedules::history(walk.journal.lines());
    let due: Vec<(&DigestPlan, Vec<DateTime<Utc>>)> =
        walk.settings.digests.iter().map(|plan| (plan, occurrences(walk, &history, plan))).collect();
    if due.iter().all(|(_, occurrences)| occurrences.is_empty()) {
        return Ok(Vec::new());
    }
    let of_one =
        |one: &&Recipient| due.iter().any(|(plan, at)| !at.is_empty() && one.digests.contains(&plan.name));
    let recipients: Vec<&Recipient> = walk.settings.recipients.iter().filter(of_one).collect();
    let known = Everything::gather(walk, &recipients)?;
    let mut letters = Vec::new();
    for (plan, occurrences) in due {
        let gets_it = |one: &&Recipient| {
            one.digests.contains(&plan.name)
                && addressed::is_of(walk.settings, one, known.quarter, walk.today)
        };
        for recipient in walk.settings.recipients.iter().filter(gets_it) {
            // Of several that were missed, each says what the one before it did not.
            let mut earlier = Vec::new();
            for occurrence in &occurrences {
                let letter = digest_to(walk, &known, findings, plan, (*occurrence, &earlier), recipient);
                earlier.extend(letter);
            }
            letters.extend(earlier);
        }
    }
    Ok(letters)
}

/// The instants since the last walk that composed digests; on a first walk, those of today.
///
/// A walk on a day that is no working day composes none, and so is not the last one that did.
fn occurrences(walk: &Walk<'_>, history: &History, plan: &DigestPlan) -> Vec<DateTime<Utc>> {
    let is_working = |at: &DateTime<Utc>| walk.settings.calendar.is_working_day(composing::day_of(walk, *at));
    let last = schedules::done(walk.journal.lines(), &["all", "digest"]).find(is_working);
    let midnight = cron::instant(walk.settings.zone, walk.today.and_time(NaiveTime::MIN));
    let after = last.unwrap_or(midnight - TimeDelta::seconds(1));
    let span = Span { after, until: walk.now };
    let (calendar, catch_up) = (&walk.settings.calendar, walk.settings.schedule.catch_up);
    due::planned_of(&Job::Digest(plan.name.clone()), history, calendar, catch_up, span)
}

/// What every digest of a walk is written from; each recipient sees their part.
struct Everything<'a> {
    sent: BTreeSet<&'a str>,
    checks: BTreeMap<String, CheckFile>,
    collections: BTreeMap<String, CollectionFacts>,
    actions: Vec<Action>,
    undone: Vec<UndoneAction>,
    quiet: BTreeMap<String, DateTime<Utc>>,
    supports: Vec<Support>,
    returns: Vec<ReturnFact>,
    deadlines: Vec<DeadlineFact>,
    unpublished: Vec<(DateTime<Utc>, String)>,
    quarter: Quarter,
}

impl<'a> Everything<'a> {
    fn gather(walk: &'a Walk<'_>, recipients: &[&Recipient]) -> Result<Self> {
        let ended = Quarter::containing(walk.today).plus(-1);
        let mut collections = BTreeMap::new();
        for collection in &walk.settings.collections {
            collections.insert(collection.name.clone(), facts::gather(walk, collection, ended)?);
        }
        let readers: Vec<Reader<'_>> =
            recipients.iter().map(|one| Reader::of(one, walk.journal.lines(), walk.now)).collect();
        withheld::seal(walk.settings, &mut collections, (&readers, walk.journal.lines()));
        let quarter = quarter_of_most(walk, &collections).unwrap_or(ended);
        let deadlines = deeds::deadlines(&walk.settings.deadlines, walk.journal.lines());
        Ok(Self {
            sent: outbox::sent(walk.journal.lines()),
            checks: asking::checks(walk)?.into_iter().map(|(check, _)| (check.name.clone(), check)).collect(),
            collections,
            actions: remembered::actions(walk.journal.lines()),
            undone: remembered::undone(walk.journal.lines()),
            quiet: remembered::quiet(walk.journal.lines()),
            supports: decided::supports(walk.journal.lines()),
            unpublished: returns_of::remarks(walk.store.connection(), receipt::TAKEN_BACK)?,
            returns: returns(walk, &[ended, quarter])?,
            deadlines: deadlines.iter().flat_map(|one| deadline_facts(walk, one)).collect(),
            quarter,
        })
    }
}

/// The quarter in which most figures of the region's own collections stand: for the weeks in which returns
/// come in, still the one before.
fn quarter_of_most(walk: &Walk<'_>, known: &BTreeMap<String, CollectionFacts>) -> Option<Quarter> {
    let mut counts: BTreeMap<Quarter, usize> = BTreeMap::new();
    for (_, one) in known.iter().filter(|(name, _)| is_own(walk, name)) {
        for (quarter, _) in one.figures.iter().filter(|(_, it)| it.own.status.is_some()) {
            *counts.entry(*quarter).or_insert(0) += 1;
        }
    }
    counts.into_iter().max_by_key(|(quarter, count)| (*count, *quarter)).map(|(quarter, _)| quarter)
}

/// Whether a collection comes from the region's own authorities.
fn is_own(walk: &Walk<'_>, collection: &str) -> bool {
    let all = &walk.settings.collections;
    all.iter().any(|one| one.name == collection && one.reporters == Reporters::Members)
}

fn digest_to(
    walk: &Walk<'_>,
    known: &Everything<'_>,
    findings: &[Finding],
    plan: &DigestPlan,
    (occurrence, earlier): (DateTime<Utc>, &[Letter]),
    recipient: &Recipient,
) -> Option<Letter> {
    let (since, before) = last_heard(walk, known, plan, (recipient, earlier));
    let telling = Telling {
        settings: walk.settings,
        recipient,
        findings,
        checks: &known.checks,
        known: &known.collections,
        actions: &known.actions,
        undone: &known.undone,
        quiet: &known.quiet,
        today: walk.today,
    };
    // What is about the region as a whole stands apart.
    let regional = alike(walk, known, findings);
    let seen = seen(walk, (findings, &regional), plan, recipient);
    let told = found::tell(&telling, &seen, &before);
    let supporting = Supporting {
        settings: walk.settings,
        recipient,
        supports: &known.supports,
        findings,
        known: &known.collections,
        today: walk.today,
    };
    let supports = supporting::tell(&supporting, &told.findings);
    let mut deadlines = deadlines(known, recipient);
    deadlines.extend(supporting::reviews(&supporting, &supports, DEADLINE_DAYS_AHEAD));
    let (filled, revisions) =
        revisions(walk, known, recipient, findings, since).into_iter().partition(Revision::is_filled);
    let facts = DigestFacts {
        name: plan.name.clone(),
        title: plan.title.clone(),
        fell_due: composing::day_of(walk, occurrence),
        quarter: known.quarter,
        last_digest_on: since.map(|at| composing::day_of(walk, at)),
        known_on: walk.today,
        findings: told.findings,
        findings_more: told.more,
        regional,
        revisions,
        filled,
        returns: known.returns.clone(),
        figures: figures(walk, known, recipient),
        region_values: region_values(walk, known, recipient),
        deadlines,
        supports,
        notes: notes(walk, known, (recipient, since)),
        neighbours: neighbouring::too_few(walk.settings, recipient),
    };
    digest::compose(&composing::occasion(walk, recipient), plan.style, plan.when_nothing_changed, &facts)
}

/// When a recipient last had a digest of a plan, and what it told; those of this walk are counted as had.
fn last_heard(
    walk: &Walk<'_>,
    known: &Everything<'_>,
    plan: &DigestPlan,
    (recipient, earlier): (&Recipient, &[Letter]),
) -> (Option<DateTime<Utc>>, BTreeMap<String, DateTime<Utc>>) {
    let (lines, stem) = (walk.journal.lines(), MessageKey::stem(Kind::Digest, &plan.name));
    let mut since = composing::last_sent(lines, &known.sent, &stem, &recipient.id);
    let mut before = remembered::told(lines, &known.sent, &stem, &recipient.id);
    for letter in earlier {
        since = Some(walk.now);
        before.extend(letter.told.iter().map(|id| (id.clone(), walk.now)));
    }
    (since, before)
}

/// The findings of a recipient's authorities. What the digest of a region tells of half of it, it does not
/// tell of each of them as well.
fn seen<'a>(
    walk: &Walk<'_>,
    (findings, regional): (&'a [Finding], &[RegionalFact]),
    plan: &DigestPlan,
    recipient: &Recipient,
) -> Vec<&'a Finding> {
    let tells_of_all = plan.style == DigestStyle::RegionalLead && recipient.scope == Scope::Region;
    let is_covered = |one: &&Finding| {
        let id = one.key.id();
        tells_of_all && regional.iter().any(|shared| shared.covers.contains(&id))
    };
    let own = findings.iter().filter(|one| !is_regional(walk.settings, one) && !is_covered(one));
    own.filter(|one| recipient.may_see(&one.key.authority)).collect()
}

fn figures(walk: &Walk<'_>, known: &Everything<'_>, recipient: &Recipient) -> Vec<OwnFigure> {
    let all = known.collections.values().flat_map(|one| one.figures.iter().map(move |it| (one, it)));
    all.filter(|(_, (_, it))| recipient.may_see(&it.authority) && it.own.status.is_some())
        .filter_map(|(one, (quarter, it))| facts::own_figure(walk.settings, one, recipient, *quarter, it))
        .collect()
}

/// The deadlines of a recipient's authorities; those of the region itself are for its own people.
fn deadlines(known: &Everything<'_>, recipient: &Recipient) -> Vec<DeadlineFact> {
    let own = |one: &&DeadlineFact| !one.authorities.is_empty() || recipient.scope == Scope::Region;
    known.deadlines.iter().filter(own).cloned().collect()
}

/// The region's values of its own collections: one per indicator, from any authority's row. While fewer than
/// half of the authorities are in the newest one, the one before.
fn region_values(walk: &Walk<'_>, known: &Everything<'_>, recipient: &Recipient) -> Vec<RegionValue> {
    let mut values: BTreeMap<(String, String), RegionValue> = BTreeMap::new();
    for (name, one) in &known.collections {
        let own = is_own(walk, name);
        for (quarter, it) in one.figures.iter().filter(|_| own) {
            let Some(of) = facts::indicator(walk.settings, &it.indicator) else { continue };
            let Some(value) = facts::region_figure(of, one, recipient, *quarter, it) else { continue };
            let weight = |value: &RegionFigure, quarter| (2 * value.reporting >= value.of, quarter);
            let key = (name.clone(), it.indicator.to_string());
            let stands = values.get(&key).map(|stands| weight(&stands.value, stands.quarter));
            if stands.is_none_or(|stands| stands < weight(&value, *quarter)) {
                let indicator = facts::indicator_fact(of, one.is_annual);
                let last_year = facts::region_then(of, one, recipient, quarter.plus(-4));
                values.insert(key, RegionValue { indicator, quarter: *quarter, value, last_year });
            }
        }
    }
    values.into_values().collect()
}

/// What half of the region shows alike, as it stands: one story, not sixteen.
fn alike(walk: &Walk<'_>, known: &Everything<'_>, findings: &[Finding]) -> Vec<RegionalFact> {
    let stands = |one: &&Finding| {
        let now = one.moments.last().map(|(moment, _)| moment);
        now.is_some_and(|it| it.state.is_open() && it.state != State::Recovering && !it.stale)
    };
    let of_region = findings.iter().filter(|one| is_regional(walk.settings, one)).filter(stands);
    let fact = |finding: &Finding| {
        let id = finding.key.indicator.as_ref()?;
        let of = facts::indicator(walk.settings, id)?;
        let check = known.checks.get(&finding.teller)?;
        let named = |code| facts::named(walk.settings, &code);
        Some(RegionalFact {
            id: finding.key.name(),
            title: asking::title(check, Some(of)).to_owned(),
            indicator: facts::indicator_fact(of, facts::is_annual(walk.settings, &finding.key.collection)),
            quarter: finding.fired_in,
            authorities: regional::authorities(finding).into_iter().map(named).collect(),
            of: regional::of_how_many(finding),
            covers: regional::covered(finding, findings),
        })
    };
    of_region.filter_map(fact).collect()
}

/// What is not as it was in a recipient's last digest; before the first one, nothing was told.
fn revisions(
    walk: &Walk<'_>,
    known: &Everything<'_>,
    recipient: &Recipient,
    findings: &[Finding],
    since: Option<DateTime<Utc>>,
) -> Vec<Revision> {
    let Some(since) = since else { return Vec::new() };
    let mut told = Vec::new();
    for (name, one) in &known.collections {
        let provisional = walk.settings.collections.iter().any(|it| &it.name == name && it.provisional);
        for it in revising::net_since(&one.revised, since) {
            let Some(revision) = facts::revision(walk.settings, one, recipient, provisional, &it) else {
                continue;
            };
            let of = findings.iter().filter(|finding| {
                finding.key.collection == *name
                    && finding.key.authority == it.authority
                    && finding.key.indicator.as_ref() == Some(&it.indicator)
            });
            let consequence = found::consequence(walk.settings, of, since);
            told.push(Revision { consequence, ..revision });
        }
    }
    letter_facts::most_important_first(&mut told);
    told
}

fn notes(
    walk: &Walk<'_>,
    known: &Everything,
    (recipient, since): (&Recipient, Option<DateTime<Utc>>),
) -> Vec<NoteFact> {
    let mut notes = Vec::new();
    if recipient.role == Role::RegionalLead {
        let told = unpublished::told(&known.unpublished, since).into_iter();
        notes.extend(told.map(|text| NoteFact { authority: None, text: text.to_owned() }));
    }
    for (quarter, it) in known.collections.values().flat_map(|one| &one.figures) {
        let Some((note, of)) = it.note.as_ref().zip(facts::indicator(walk.settings, &it.indicator)) else {
            continue;
        };
        notes.push(NoteFact {
            authority: Some(facts::named(walk.settings, &it.authority)),
            text: format!("{}, {quarter}: {note}", of.name),
        });
    }
    notes
}

/// The returns of the quarters of interest, and every overdue one of a year.
fn returns(walk: &Walk<'_>, quarters: &[Quarter]) -> Result<Vec<ReturnFact>> {
    let rows = grid::returns(walk.store.connection())?;
    let newest = quarters.iter().max().map_or(0, |quarter| quarter.index());
    let counts = |row: &&ReturnRow| {
        let is_overdue = row.submission.is_none() && row.due.is_some_and(|due| due < walk.today);
        let is_recent = row.quarter.index() + OVERDUE_QUARTERS > newest;
        quarters.contains(&row.quarter) && (row.due.is_some() || row.submission.is_some())
            || is_overdue && is_recent
    };
    let alike = |a: &ReturnRow, b: &ReturnRow| a.collection == b.collection && a.quarter == b.quarter;
    let is_expected = |row: &&ReturnRow| row.due.is_some() || row.submission.is_some();
    let of = |row: &ReturnRow| rows.iter().filter(is_expected).filter(|one| alike(one, row)).count();
    rows.iter().filter(counts).map(|row| return_fact(walk, row, of(row))).collect()
}

fn return_fact(walk: &Walk<'_>, row: &ReturnRow, of: usize) -> Result<ReturnFact> {
    let settings = walk.settings;
    let day = |at: Option<DateTime<Utc>>| at.map(|at| composing::day_of(walk, at));
    let until = day(row.first_received_at).unwrap_or(walk.today);
    let due = row.due.filter(|_| !row.is_history);
    let late = due.map_or(0, |due| settings.calendar.between(due, until));
    let title =
        settings.collections.iter().find(|one| one.name == row.collection).map(|one| one.title.clone());
    let arrival = match (day(row.received_at), row.submission) {
        (Some(on), Some(submission)) => Arrival::Received {
            on,
            version: row.version.unwrap_or(1),
            rows_accepted: row.accepted.unwrap_or(0) as usize,
            rows_quarantined: row.quarantined.unwrap_or(0) as usize,
            errors: errors(walk, submission)?,
        },
        _ => match &row.refused {
            Some(reason) => {
                Arrival::Refused { on: day(row.refused_at).unwrap_or(walk.today), reason: reason.clone() }
            }
            None => Arrival::Outstanding,
        },
    };
    Ok(ReturnFact {
        collection_title: title.unwrap_or_else(|| row.collection.clone()),
        authority: facts::named(settings, &row.authority),
        quarter: row.quarter,
        of,
        due: row.due,
        working_days_late: late,
        arrival,
    })
}

fn errors(walk: &Walk<'_>, submission: i64) -> Result<Vec<Group>> {
    let rows = grid::quarantined(walk.store.connection(), submission)?;
    let slip = |row: grid::QuarantineRow| {
        let place = Place { sheet: row.sheet, line: row.line, column: row.column };
        Slip { code: row.code, reason: row.reason, alike: None, place }
    };
    Ok(slip::grouped(rows.into_iter().map(slip)))
}

/// A deadline of the next two months, or one that passed and is outstanding, for each of its open parties.
fn deadline_facts(walk: &Walk<'_>, deadline: &Deadline) -> Vec<DeadlineFact> {
    let calendar = &walk.settings.calendar;
    let on = match deadline.kind {
        DeadlineKind::Event => deadline.on,
        DeadlineKind::Due => deadline.last_working_day(calendar),
    };
    let horizon = walk.today + Days::new(DEADLINE_DAYS_AHEAD);
    let has_passed = on < walk.today;
    let near = on <= horizon && !(has_passed && deadline.kind == DeadlineKind::Event);
    if deadline.cancelled || !near {
        return Vec::new();
    }
    let party_fact = |party: &Party| DeadlineFact {
        title: deadline.title.clone(),
        kind: deadline.kind,
        on,
        working_days_left: calendar.between(walk.today, on),
        authorities: party.authorities().into_iter().map(|code| facts::named(walk.settings, code)).collect(),
        needed: deadline.needed,
        supplied: deadline.supplied(party, walk.today),
    };
    let open = deadline.outstanding(walk.today);
    open.into_iter().map(party_fact).collect()
}
