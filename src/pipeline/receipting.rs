//! Receipts: to the sender of a return, at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::Result;

use crate::config::settings::{Collection, Reporters};
use crate::domain::authority::AuthorityCode;
use crate::domain::check;
use crate::domain::figure::Quarantined;
use crate::domain::finding::State;
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::letter::facts::{self as letter_facts, OwnFigure, Revision};
use crate::domain::letter::receipt::{self, Accepted, ReceiptFacts, Verdict};
use crate::domain::letter::withdrawal::{self, WithdrawalFacts};
use crate::domain::message::Letter;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Recipient, Role};
use crate::domain::slip::{self, Group, Slip};
use crate::pipeline::asking::{self, Origin};
use crate::pipeline::beside;
use crate::pipeline::composing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::loading::Loaded;
use crate::pipeline::opening::Walk;
use crate::pipeline::withheld::{self, Reader};
use crate::read::reading::Remark;
use crate::store::check_file::CheckFile;
use crate::store::configured;
use crate::store::findings::Finding;
use crate::store::withdrawn::Gone;

/// More remarks of one kind than this are one line of a receipt.
const TOLD_ALONE_MAX: usize = 6;

/// The receipts for what was loaded, where the return was still being collected when it came.
///
/// # Errors
/// When the database refuses.
pub fn receipts(walk: &Walk<'_>, loaded: &[Loaded], findings: &[Finding]) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    if loaded.is_empty() {
        return Ok(letters);
    }
    let mut known = Known { readers: readers(walk, loaded), facts: BTreeMap::new() };
    let checks = asking::checks(walk)?;
    for it in loaded {
        let Some(collection) = walk.settings.collections.iter().find(|one| one.name == it.arrival.collection)
        else {
            continue;
        };
        let recipients = recipients(walk, collection, it);
        if recipients.is_empty() {
            continue;
        }
        for recipient in recipients {
            let mut facts = facts_of(walk, collection, it, recipient, &mut known)?;
            facts.remarks.extend(looking_back(walk, it, &checks, findings));
            letters.extend(receipt::compose(&composing::occasion(walk, recipient), &facts));
        }
    }
    Ok(letters)
}

/// To the senders of versions that were withdrawn.
///
/// # Errors
/// When the database refuses.
pub fn withdrawals(walk: &Walk<'_>, gone: &[Gone]) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    for it in gone {
        let Some(collection) = walk.settings.collections.iter().find(|one| one.name == it.collection) else {
            continue;
        };
        let facts = WithdrawalFacts {
            collection: collection.name.clone(),
            collection_title: collection.title.clone(),
            authority: facts::named(walk.settings, &it.authority),
            quarter: it.quarter,
            version: it.version,
            file_name: it.file_name.clone(),
            on: composing::day_of(walk, it.withdrawal.at),
            by: it.withdrawal.by.clone(),
            reason: it.withdrawal.reason.clone(),
            standing: standing(walk, &collection.name, &it.authority, it.quarter)?,
        };
        let own = |one: &&Recipient| one.role == Role::PerformanceLead && one.owns(&it.authority);
        let recipients = walk.settings.recipients.iter().filter(own);
        letters.extend(
            recipients.filter_map(|one| withdrawal::compose(&composing::occasion(walk, one), &facts)),
        );
    }
    Ok(letters)
}

/// What is known of each quarter, gathered once for all its receipts, and who is sent one.
struct Known<'a> {
    readers: Vec<Reader<'a>>,
    facts: BTreeMap<(String, Quarter), CollectionFacts>,
}

impl Known<'_> {
    fn of(&mut self, walk: &Walk<'_>, collection: &Collection, quarter: Quarter) -> Result<&CollectionFacts> {
        match self.facts.entry((collection.name.clone(), quarter)) {
            Entry::Occupied(gathered) => Ok(gathered.into_mut()),
            Entry::Vacant(missing) => {
                let name = collection.name.clone();
                let mut all = BTreeMap::from([(name, facts::gather(walk, collection, quarter)?)]);
                withheld::seal(walk.settings, &mut all, (&self.readers, walk.journal.lines()));
                Ok(missing.insert(all.remove(&collection.name).unwrap_or_default()))
            }
        }
    }
}

/// Everybody who is sent a receipt of this run.
fn readers<'a>(walk: &Walk<'a>, loaded: &[Loaded]) -> Vec<Reader<'a>> {
    let collection =
        |it: &Loaded| walk.settings.collections.iter().find(|one| one.name == it.arrival.collection);
    let all = loaded.iter().filter_map(|it| Some(recipients(walk, collection(it)?, it))).flatten();
    let each: BTreeMap<&str, &Recipient> = all.map(|one| (one.id.as_str(), one)).collect();
    each.into_values().map(|one| Reader::of(one, walk.journal.lines(), walk.now)).collect()
}

/// Performance leads of the authority; of a publisher's file, the region's leads. Nobody for history.
fn recipients<'a>(walk: &Walk<'a>, collection: &Collection, loaded: &Loaded) -> Vec<&'a Recipient> {
    let everybody = walk.settings.recipients.iter();
    match (&loaded.arrival.authority, loaded.arrival.quarter) {
        (Some(authority), Some(quarter)) if !loaded.arrival.history && is_open(walk, collection, quarter) => {
            let own = |one: &&Recipient| one.role == Role::PerformanceLead && one.owns(authority);
            // Who watches over the region hears when a good version was nearly lost.
            let is_kept = loaded.replaces.is_some()
                && loaded.outcome.as_ref().is_err_and(|refusal| beside::PROTECTING.contains(&refusal.code));
            let watches = |one: &&Recipient| {
                is_kept && one.role == Role::RegionalLead && one.may_see(authority) && !own(one)
            };
            everybody.filter(|one| own(one) || watches(one)).collect()
        }
        (None, _) if collection.reporters == Reporters::Publisher => {
            everybody.filter(|one| one.role == Role::RegionalLead).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a quarter is still open to new versions; older ones are history that was loaded late.
fn is_open(walk: &Walk<'_>, collection: &Collection, quarter: Quarter) -> bool {
    let step = collection.cadence.step();
    let open = i32::try_from(collection.revision_quarters).unwrap_or(0) * step;
    let newest = Quarter::containing(walk.today).plus(-1);
    quarter.index() + open + step > newest.index()
}

fn facts_of(
    walk: &Walk<'_>,
    collection: &Collection,
    it: &Loaded,
    recipient: &Recipient,
    known: &mut Known<'_>,
) -> Result<ReceiptFacts> {
    let settings = walk.settings;
    let arrival = &it.arrival;
    let received_on = composing::day_of(walk, arrival.received_at);
    let due =
        arrival.quarter.and_then(|quarter| configured::due_day(collection, quarter, &settings.calendar));
    // A correction is not late: the return was in.
    let late = due
        .filter(|_| it.replaces.is_none())
        .map(|due| settings.calendar.between(due, received_on))
        .filter(|days| *days > 0);
    Ok(ReceiptFacts {
        collection: collection.name.clone(),
        collection_title: collection.title.clone(),
        authority: arrival.authority.as_ref().map(|code| facts::named(settings, code)),
        quarter: arrival.quarter,
        file_name: arrival.file_name.clone(),
        hash: arrival.hash.clone(),
        received_at: arrival.received_at,
        working_days_late: late,
        verdict: verdict(walk, collection, it, recipient, known)?,
        remarks: remarks(it),
    })
}

fn remarks(it: &Loaded) -> Vec<Group> {
    let Ok(reading) = &it.outcome else { return Vec::new() };
    // The receipt has a list of its own for missing indicators.
    let told = reading.remarks.iter().filter(|remark| remark.code != "missing-indicators");
    let (placed, of_the_file): (Vec<_>, Vec<_>) = told.partition(|remark| remark.place.is_some());
    // A doubt is about one figure, and says which: a few are told one by one.
    let is_told_alone = |remark: &&Remark| {
        let like = placed.iter().filter(|one| one.code == remark.code).count();
        check::DOUBTS.contains(&remark.code) && like <= TOLD_ALONE_MAX
    };
    let (alone, together): (Vec<&Remark>, Vec<&Remark>) = placed.iter().copied().partition(is_told_alone);
    let slip = |remark: &Remark| {
        let (code, reason) = (remark.code.to_owned(), remark.text.clone());
        Some(Slip { code, reason, alike: None, place: remark.place.clone()? })
    };
    let mut groups: Vec<Group> =
        alone.into_iter().filter_map(slip).flat_map(|one| slip::grouped([one])).collect();
    groups.extend(slip::grouped(together.into_iter().filter_map(slip)));
    groups.extend(of_the_file.into_iter().map(|remark| Group::whole(remark.code, remark.text.clone())));
    groups
}

/// What the checks of the data ask that look back, which the file alone could not tell: which figures, and no
/// number of them.
fn looking_back(
    walk: &Walk<'_>,
    it: &Loaded,
    checks: &[(CheckFile, Origin)],
    findings: &[Finding],
) -> Vec<Group> {
    let (Ok(_), Some(authority), Some(quarter)) = (&it.outcome, &it.arrival.authority, it.arrival.quarter)
    else {
        return Vec::new();
    };
    let is_of_this = |one: &&Finding| {
        one.key.authority == *authority
            && one.key.collection == it.arrival.collection
            && one.fired_in == quarter
            && matches!(one.state(), State::New | State::Worsening | State::Improving | State::Continuing)
    };
    let of_this: Vec<&Finding> = findings.iter().filter(is_of_this).collect();
    let mut groups = Vec::new();
    for (asked, _) in checks.iter().filter(|(asked, _)| check::looks_back(&asked.name)) {
        let of_check = of_this.iter().filter(|one| one.key.check == asked.name);
        let names = of_check.filter_map(|one| match &one.key.indicator {
            Some(id) => facts::indicator(walk.settings, id).map(|it| it.name.as_str()),
            None => Some("the return as a whole"),
        });
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            let reason = format!("{} Please look at: {}", asked.asks, names.join("; "));
            groups.push(Group::whole(asked.name.clone(), reason));
        }
    }
    groups
}

fn verdict(
    walk: &Walk<'_>,
    collection: &Collection,
    it: &Loaded,
    recipient: &Recipient,
    known: &mut Known<'_>,
) -> Result<Verdict> {
    let reading = match &it.outcome {
        Ok(reading) => reading,
        Err(refusal) => {
            // What the rows say is for those whose rows they are.
            let is_own = it.arrival.authority.as_ref().is_none_or(|code| recipient.owns(code));
            let slips = if is_own { slips(refusal.quarantined()) } else { Vec::new() };
            let of = it.arrival.authority.as_ref().zip(it.arrival.quarter);
            let standing = match of {
                Some((authority, quarter)) => standing(walk, &it.arrival.collection, authority, quarter)?,
                None => None,
            };
            return Ok(Verdict::Refused {
                reason: refusal.reason.clone(),
                standing,
                errors: slip::grouped(slips.clone()),
                slips,
            });
        }
    };
    let slips = slips(&reading.quarantined);
    let (headlines, revisions) = useful(walk, collection, it, recipient, known)?;
    let aside = &reading.set_aside_indicators;
    let missing = reading.missing_indicators.iter().filter(|id| !aside.contains(id));
    Ok(Verdict::Accepted(Accepted {
        version: u32::try_from(it.stored.version).unwrap_or(1),
        replaces: it.replaces,
        rows_read: reading.rows_read as usize,
        rows_accepted: reading.accepted as usize,
        rows_quarantined: reading.quarantined.len(),
        errors: slip::grouped(slips.clone()),
        slips,
        missing: names(walk, missing),
        set_aside: names(walk, &reading.set_aside_indicators),
        revisions,
        headlines,
    }))
}

fn slips(rows: &[Quarantined]) -> Vec<Slip> {
    rows.iter().flat_map(Quarantined::slips).collect()
}

fn names<'i>(walk: &Walk<'_>, ids: impl IntoIterator<Item = &'i IndicatorId>) -> Vec<String> {
    let found = ids.into_iter().filter_map(|id| facts::indicator(walk.settings, id));
    found.map(Indicator::shown_name).collect()
}

/// The version of a return that counts now, and the day it came.
pub(super) fn standing(
    walk: &Walk<'_>,
    collection: &str,
    authority: &AuthorityCode,
    quarter: Quarter,
) -> Result<Option<(u32, chrono::NaiveDate)>> {
    let grid = crate::store::grid::returns(walk.store.connection())?;
    let row = grid
        .into_iter()
        .find(|row| row.collection == collection && &row.authority == authority && row.quarter == quarter);
    Ok(row.and_then(|row| {
        let day = row.received_at.map(|at| composing::day_of(walk, at))?;
        Some((row.version?, day))
    }))
}

/// Something useful back: the sender's own figures with comparisons, those first that moved most, and what
/// this version changed.
fn useful(
    walk: &Walk<'_>,
    collection: &Collection,
    it: &Loaded,
    recipient: &Recipient,
    known: &mut Known<'_>,
) -> Result<(Vec<OwnFigure>, Vec<Revision>)> {
    let (Some(authority), Some(quarter)) = (&it.arrival.authority, it.arrival.quarter) else {
        return Ok((Vec::new(), published(walk, collection, it, recipient, known)?));
    };
    let known = known.of(walk, collection, quarter)?;
    let mut headlines: Vec<OwnFigure> = known
        .figures
        .iter()
        .filter(|(of, one)| {
            *of == quarter
                && &one.authority == authority
                && one.own.value.is_some()
                && one.last_year.value.is_some()
        })
        .filter_map(|(quarter, one)| facts::own_figure(walk.settings, known, recipient, *quarter, one))
        .collect();
    headlines.sort_by(|one, other| other.moved().total_cmp(&one.moved()));
    let mut revisions: Vec<Revision> = known
        .revised
        .iter()
        .filter(|one| &one.authority == authority && one.quarter == quarter)
        .filter(|one| i64::from(one.version) == i64::from(it.stored.version))
        .filter_map(|one| facts::revision(walk.settings, known, recipient, collection.provisional, one))
        .collect();
    letter_facts::most_important_first(&mut revisions);
    Ok((headlines, revisions))
}

/// What a publisher's file changed of the region's figures, at most so many as a letter holds.
fn published(
    walk: &Walk<'_>,
    collection: &Collection,
    it: &Loaded,
    recipient: &Recipient,
    known: &mut Known<'_>,
) -> Result<Vec<Revision>> {
    const REVISIONS_MAX: usize = 60;
    let quarter = Quarter::containing(walk.today);
    let known = known.of(walk, collection, quarter)?;
    let ours = |code| walk.settings.authorities.iter().any(|one| &one.code == code);
    let revised = known.revised.iter().filter(|one| ours(&one.authority));
    let revised = revised.filter(|one| one.received_at == it.arrival.received_at);
    let mut told: Vec<Revision> = revised
        .filter_map(|one| facts::revision(walk.settings, known, recipient, collection.provisional, one))
        .collect();
    letter_facts::most_important_first(&mut told);
    told.truncate(REVISIONS_MAX);
    Ok(told)
}
