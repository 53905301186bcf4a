//! Drop folders: what lies there is taken in, and put away when its verdict is known.
//!
//! A dropped file stays where it is until the database has judged it. A run that dies in between leaves it
//! there; the next one finds it taken in already, and puts it away with the verdict that was stored.

use std::collections::BTreeMap;
use std::fs::File;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collect::folder::{self, Claim, Fate, Mark};
use crate::collect::looker::{Patience, lock_file};
use crate::collect::{CollectError, Outcome, Received, Wanted};
use crate::config::settings::{Collection, FolderSource, Source};
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::agreed::Place;
use crate::pipeline::collecting::{described, keep_new, take, trouble, unseen};
use crate::pipeline::forgotten::{self, Clocks, Forgotten, Why};
use crate::pipeline::opening::Walk;
use crate::pipeline::verdicts::verdict;
use crate::pipeline::wanting::{is_about, wanted};
use crate::pipeline::{Report, doubting, polled, strangers};
use crate::store::journal::{Happened, Line};
use crate::store::judged;
use crate::store::keep;

/// A dropped file that was taken in and is not put away yet.
#[derive(Debug)]
pub struct Dropped {
    claim: Claim,
    wanted: Wanted,
    collection: String,
    hash: String,
}

/// Takes in what lies in a drop folder; what was taken in by an earlier run is put away at once. What this
/// state does not know of, and was put away before, is taken in again.
///
/// A folder that does not answer is left behind; what was taken in until then counts.
///
/// # Errors
/// When something cannot be kept.
pub(super) fn look(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Vec<Dropped>> {
    let wanted = wanted(walk, collection)?;
    let mut place = open(walk, collection, source)?;
    let mut waiting = Vec::new();
    let why = match not_the_one(walk, &mut place, source, report)? {
        Ok(None) => take_all(walk, &mut place, &wanted, report, &mut waiting)?.err(),
        Ok(Some(why)) => {
            unseen(collection, &wanted, why, report);
            return Ok(waiting);
        }
        Err(silence) => Some(silence),
    };
    if let Some(why) = why {
        unseen(collection, &wanted, why.to_string(), report);
    }
    Ok(waiting)
}

/// Sends somebody to a folder. Nobody goes where a look of before has not come back from.
fn open<'a>(walk: &Walk<'a>, collection: &'a Collection, source: &'a FolderSource) -> Result<Place<'a>> {
    let lock = lock_file(&walk.settings.state, source);
    let made = File::options().create(true).append(true).open(&lock);
    made.with_context(|| format!("cannot make `{}`", lock.display()))?;
    let is_folder = |one: &&Collection| matches!(one.source, Source::Folder(_));
    let folders = walk.settings.collections.iter().filter(is_folder).count();
    let patience = Patience::of(&walk.settings.limits, folders);
    Ok(Place::open(walk.settings, collection, source, walk.program, patience))
}

fn take_all(
    walk: &mut Walk<'_>,
    place: &mut Place<'_>,
    wanted: &[Wanted],
    report: &mut Report,
    waiting: &mut Vec<Dropped>,
) -> Result<Result<(), CollectError>> {
    waiting.extend(remember(walk, place, report)?);
    let collection = place.collection;
    let found = match folder::look(&mut place.looker, &place.naming, wanted, walk.machine_now) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    // What is left for the next look may be of the past; a stranger is of no return.
    let mut left = found.waiting + found.unsettled.len() + found.unreadable.len();
    report.young += found.young + found.unsettled.len();
    for it in &found.unsettled {
        // It lies there: nobody is asked where it is.
        report.unseen.add(&collection.name, it);
    }
    for (wanted, claim) in found.claims {
        match take_claim(walk, place, wanted, claim, report)? {
            Taken::Waits(dropped) => waiting.push(*dropped),
            Taken::Settled => {}
            Taken::Left => left += 1,
        }
        if let Some(silence) = place.looker.silence() {
            return Ok(Err(silence));
        }
    }
    let unreadable = found.unreadable.into_iter().map(|(name, why)| {
        trouble(collection.name.clone(), format!("cannot look at `{name}` in the drop folder: {why}"))
    });
    report.failures.extend(unreadable);
    if found.waiting > 0 {
        let what = format!("{} more files in the drop folder wait for the next run", found.waiting);
        report.failures.push(trouble(collection.name.clone(), what));
    }
    if left == 0 {
        polled::close(walk, &collection.name)?;
    }
    strangers::tell(walk, place, &found.strangers, &found.told, report)
}

/// What became of a claim.
enum Taken {
    /// It is kept, and waits for its verdict.
    Waits(Box<Dropped>),
    /// It is put away.
    Settled,
    /// It stays where it is, for the next run.
    Left,
}

/// Takes in again what lies in `done` and is not known, and says so.
///
/// It came when its receipt says so, which its sender has; so nobody is written to as if it came now. Where
/// even the reception is not known, the state is older than the world, and mail is held.
fn remember(walk: &mut Walk<'_>, place: &mut Place<'_>, report: &mut Report) -> Result<Vec<Dropped>> {
    let collection = place.collection;
    let clocks = Clocks { today: walk.today, machine: walk.machine_now };
    let found = match forgotten::find(walk.settings, walk.journal.lines(), place, clocks) {
        Ok(found) => found,
        // It is told once, by the look that follows.
        Err(CollectError::Silent { .. }) => return Ok(Vec::new()),
        Err(error) => {
            report.failures.push(trouble(collection.name.clone(), error.to_string()));
            return Ok(Vec::new());
        }
    };
    if found.iter().any(|one| one.why == Why::Unheard) {
        doubting::raise(walk, "`done` of a drop folder holds returns that this state does not know of")?;
    }
    report.failures.extend(found.iter().map(|one| of_the_forgotten(collection, one)));
    let mut dropped = Vec::new();
    for one in found {
        let (wanted, claim) = (one.put_away.wanted, one.put_away.claim);
        let hash = keep::keep_received(&walk.settings.state, &one.received.bytes)
            .context("cannot keep a file that was forgotten")?;
        let mut detail = described(collection, &wanted, &one.received);
        detail["etag"] = json!(one.received.etag);
        if one.why == Why::Unheard {
            detail["history"] = json!(true);
            detail["received_at"] = json!(one.came_at);
        }
        walk.journal.append(walk.now, Happened::Received, &hash, detail)?;
        report.received += 1;
        dropped.push(Dropped { claim, wanted, collection: collection.name.clone(), hash });
    }
    Ok(dropped)
}

fn of_the_forgotten(collection: &Collection, it: &Forgotten) -> Trouble {
    let folder = it.put_away.fate.folder();
    Trouble {
        room: Room::Collect,
        what: match (it.why, it.put_away.fate) {
            (Why::Unheard, _) => "this state does not know of it, and takes it in again",
            (Why::Grown, Fate::Done) => "its upload went on after it was taken in, so it is taken in again",
            (Why::Grown, Fate::Refused) => "its upload went on after it was refused, so it is read again",
        }
        .to_owned(),
        place: format!("{}: `{folder}/{}`", collection.name, it.put_away.claim.file_name()),
        next: "nothing is lost; see its receipt beside it, and `quarterdeck returns`".to_owned(),
    }
}

/// Why this folder cannot be the one that was seen before; it is marked when it is seen for the first time.
fn not_the_one(
    walk: &mut Walk<'_>,
    place: &mut Place<'_>,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Result<Option<String>, CollectError>> {
    let collection = place.collection;
    let subject = format!("drop folder {}", source.path.display());
    let is_known =
        walk.journal.lines().iter().any(|line| line.event == Happened::Noted && line.subject == subject);
    let is_ours = source.path.starts_with(&walk.settings.state);
    let mark = match place.looker.mark() {
        Ok(mark) => mark,
        Err(silence) => return Ok(Err(silence)),
    };
    match mark {
        Mark::Unknown if !is_ours => return Ok(Ok(None)),
        Mark::Gone if is_known && !is_ours => {
            return Ok(Ok(Some(format!(
                "the drop folder `{}` has lost its folder `done`: the disk or share may not be mounted, so \
                 this does not mean that nobody has sent; if all is well, make `done` again",
                source.path.display()
            ))));
        }
        Mark::Gone | Mark::Unknown => {
            if let Err(error) = place.looker.make_mark() {
                report.failures.push(trouble(collection.name.clone(), error.to_string()));
                return Ok(Ok(None));
            }
        }
        Mark::Is => {}
    }
    if !is_known {
        walk.journal.append(walk.now, Happened::Noted, &subject, json!({ "collection": collection.name }))?;
    }
    Ok(Ok(None))
}

fn take_claim(
    walk: &mut Walk<'_>,
    place: &mut Place<'_>,
    wanted: Wanted,
    claim: Claim,
    report: &mut Report,
) -> Result<Taken> {
    let collection = place.collection;
    let outcome = claim.bytes(&mut place.looker, &place.naming, &walk.settings.limits);
    if place.looker.silence().is_some() {
        return Ok(Taken::Left);
    }
    let (received, unread) = match outcome {
        Outcome::Received(received) => (received, None),
        Outcome::Refused { reason, body: Some(body), .. } => (*body, Some(reason)),
        // What could not be read now stays where it is, for the next run.
        other => {
            take(walk, collection, &wanted, other, report)?;
            return Ok(Taken::Left);
        }
    };
    let hash = keep::hash(&received.bytes);
    let text = |line: &Line, name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_same = |line: &&Line| {
        line.event == Happened::Received
            && line.subject == hash
            && is_about(line, &collection.name, &wanted)
            && text(line, "etag") == received.etag
    };
    // It was taken in and not put away: a run died, or `done` could not be written to.
    let is_taken_in = walk.journal.lines().iter().any(|line| is_same(&line));
    let dropped = Dropped { claim, wanted, collection: collection.name.clone(), hash };
    if !is_taken_in {
        match unread {
            None => keep_new(walk, collection, &dropped.wanted, &received, report)?,
            Some(reason) => keep_unread(walk, collection, &dropped, (&received, &reason), report)?,
        }
        return Ok(Taken::Waits(Box::new(dropped)));
    }
    keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
    report.unchanged += 1;
    Ok(put_one_away(walk, place, dropped, report)?
        .map_or(Taken::Settled, |dropped| Taken::Waits(Box::new(dropped))))
}

/// Journals a file that is refused unread: its verdict is stored and told as that of any other.
fn keep_unread(
    walk: &mut Walk<'_>,
    collection: &Collection,
    dropped: &Dropped,
    (received, reason): (&Received, &str),
    report: &mut Report,
) -> Result<()> {
    keep::keep_received(&walk.settings.state, &received.bytes)
        .context("cannot keep what is said of a file")?;
    let mut detail = described(collection, &dropped.wanted, received);
    detail["bytes"] = json!(dropped.claim.size());
    detail["etag"] = json!(received.etag);
    detail["unread"] = json!(reason);
    walk.journal.append(walk.now, Happened::Received, &dropped.hash, detail)?;
    report.received += 1;
    Ok(())
}

/// Puts every dropped file away whose verdict is stored: into `done`, or `refused`, with a receipt in words.
///
/// Call after the commit. A file without a verdict stays, and is looked at again by the next run.
///
/// # Errors
/// When the database cannot be read. A file that cannot be moved is a failure in the report.
pub fn put_away(walk: &Walk<'_>, dropped: Vec<Dropped>, report: &mut Report) -> Result<()> {
    let mut by_collection: BTreeMap<String, Vec<Dropped>> = BTreeMap::new();
    for one in dropped {
        by_collection.entry(one.collection.clone()).or_default().push(one);
    }
    for collection in &walk.settings.collections {
        let Source::Folder(source) = &collection.source else { continue };
        let Some(dropped) = by_collection.remove(&collection.name) else { continue };
        let mut place = open(walk, collection, source)?;
        for one in dropped {
            put_one_away(walk, &mut place, one, report)?;
            if let Some(silence) = place.looker.silence() {
                report.failures.push(trouble(
                    format!("collection `{}`", collection.name),
                    format!("{silence}; what was taken in is put away by the next run"),
                ));
                break;
            }
        }
    }
    Ok(())
}

fn put_one_away(
    walk: &Walk<'_>,
    place: &mut Place<'_>,
    dropped: Dropped,
    report: &mut Report,
) -> Result<Option<Dropped>> {
    let is_it = |line: &&Line| {
        line.event == Happened::Received
            && line.subject == dropped.hash
            && is_about(line, &dropped.collection, &dropped.wanted)
    };
    let Some(line) = walk.journal.lines().iter().rev().find(is_it) else { return Ok(Some(dropped)) };
    let Some(judged) = judged::of(walk.store.connection(), line.seq)? else { return Ok(Some(dropped)) };
    let (fate, words) = verdict(walk, place, &dropped.wanted, dropped.claim.size(), &judged)?;
    let about = format!("{} {}", dropped.collection, dropped.claim.file_name());
    match dropped.claim.settle(&mut place.looker, fate, &words) {
        // Whoever has the folder in hand tells that it does not answer, once.
        Ok(()) | Err(CollectError::Silent { .. }) => {}
        Err(error) => report.failures.push(trouble(about, error.to_string())),
    }
    Ok(None)
}
