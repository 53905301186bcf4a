//! Receipts: to the sender of a return, at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::Result;

use crate::config::settings::{Collection, Reporters};
use crate::domain::indicator::Indicator;
use crate::domain::letter::facts::{OwnFigure, Revision};
use crate::domain::letter::receipt::{self, Accepted, ReceiptFacts, Verdict};
use crate::domain::message::Letter;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Recipient, Role};
use crate::pipeline::composing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::loading::Loaded;
use crate::pipeline::opening::Walk;
use crate::pipeline::withheld::{self, Reader};
use crate::store::configured;

/// The receipts for what was loaded, where the return was still being collected when it came.
///
/// # Errors
/// When the database refuses.
pub fn receipts(walk: &Walk<'_>, loaded: &[Loaded]) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    let mut known = Known { readers: readers(walk, loaded), facts: BTreeMap::new() };
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
            let facts = facts_of(walk, collection, it, recipient, &mut known)?;
            letters.extend(receipt::compose(&composing::occasion(walk, recipient), &facts));
        }
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
                withheld::seal(walk.settings, &mut all, &self.readers);
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

/// Performance leads of the authority; of a publisher's file, those of the region. Nobody for history.
fn recipients<'a>(walk: &Walk<'a>, collection: &Collection, loaded: &Loaded) -> Vec<&'a Recipient> {
    let everybody = walk.settings.recipients.iter();
    match (&loaded.arrival.authority, loaded.arrival.quarter) {
        (Some(authority), Some(quarter)) if !loaded.arrival.history && is_open(walk, collection, quarter) => {
            everybody.filter(|one| one.role == Role::PerformanceLead && one.owns(authority)).collect()
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
        .filter(|_| it.stored.version <= 1)
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

fn remarks(it: &Loaded) -> Vec<receipt::Group> {
    let Ok(reading) = &it.outcome else { return Vec::new() };
    // The receipt has a list of its own for missing indicators.
    let told = reading.remarks.iter().filter(|remark| remark.code != "missing-indicators");
    let (placed, of_the_file): (Vec<_>, Vec<_>) = told.partition(|remark| remark.place.is_some());
    let mut groups =
        receipt::grouped(placed.into_iter().filter_map(|remark| {
            Some((remark.code.to_string(), remark.text.clone(), remark.place.clone()?))
        }));
    groups.extend(of_the_file.into_iter().map(|remark| receipt::Group {
        code: remark.code.to_string(),
        reason: remark.text.clone(),
        reasons: 1,
        places: Vec::new(),
    }));
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
            return Ok(Verdict::Refused { reason: refusal.reason.clone(), standing: standing(walk, it)? });
        }
    };
    let rows = reading.quarantined.iter();
    let rows = rows.map(|row| (row.code.to_string(), row.reason.clone(), row.place.clone()));
    let refused_rows: Vec<_> = rows.collect();
    let (headlines, revisions) = useful(walk, collection, it, recipient, known)?;
    Ok(Verdict::Accepted(Accepted {
        version: u32::try_from(it.stored.version).unwrap_or(1),
        rows_read: reading.rows_read as usize,
        rows_accepted: reading.accepted as usize,
        rows_quarantined: reading.quarantined.len(),
        errors: receipt::grouped(refused_rows.clone()),
        refused_rows,
        missing: reading
            .missing_indicators
            .iter()
            .filter_map(|id| facts::indicator(walk.settings, id))
            .map(Indicator::shown_name)
            .collect(),
        revisions,
        headlines,
    }))
}

/// The version that counts while this file is refused, and the day it came.
fn standing(walk: &Walk<'_>, it: &Loaded) -> Result<Option<(u32, chrono::NaiveDate)>> {
    let (Some(authority), Some(quarter)) = (&it.arrival.authority, it.arrival.quarter) else {
        return Ok(None);
    };
    let grid = crate::store::grid::returns(walk.store.connection())?;
    let row = grid.into_iter().find(|row| {
        row.collection == it.arrival.collection && &row.authority == authority && row.quarter == quarter
    });
    Ok(row.and_then(|row| {
        let day = row.received_at.map(|at| composing::day_of(walk, at))?;
        Some((row.version?, day))
    }))
}

/// Something useful back: the sender's own headline figures with comparisons, and what this version changed.
fn useful(
    walk: &Walk<'_>,
    collection: &Collection,
    it: &Loaded,
    recipient: &Recipient,
    known: &mut Known<'_>,
) -> Result<(Vec<OwnFigure>, Vec<Revision>)> {
    const HEADLINES_MAX: usize = 8;
    let (Some(authority), Some(quarter)) = (&it.arrival.authority, it.arrival.quarter) else {
        return Ok((Vec::new(), published(walk, collection, it, recipient, known)?));
    };
    let known = known.of(walk, collection, quarter)?;
    let headlines = known
        .figures
        .iter()
        .filter(|(of, one)| {
            *of == quarter
                && &one.authority == authority
                && one.own.value.is_some()
                && one.last_year.value.is_some()
        })
        .take(HEADLINES_MAX)
        .filter_map(|(quarter, one)| facts::own_figure(walk.settings, known, recipient, *quarter, one))
        .collect();
    let revisions = known
        .revised
        .iter()
        .filter(|one| &one.authority == authority && one.quarter == quarter)
        .filter(|one| i64::from(one.version) == i64::from(it.stored.version))
        .filter_map(|one| facts::revision(walk.settings, known, recipient, collection.provisional, one))
        .collect();
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
    let revised = revised.filter(|one| one.received_at == it.arrival.received_at).take(REVISIONS_MAX);
    let told = revised
        .filter_map(|one| facts::revision(walk.settings, known, recipient, collection.provisional, one));
    Ok(told.collect())
}
