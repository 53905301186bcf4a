//! Drop folders: what lies there is taken in, and put away when its verdict is known.
//!
//! A dropped file stays where it is until the database has judged it. A run that dies in between leaves it
//! there; the next one finds it taken in already, and puts it away with the verdict that was stored.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collect::folder::{self, Claim, Fate, Mark};
use crate::collect::{Outcome, Wanted};
use crate::config::settings::{Collection, FolderSource};
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::collecting::{about, described, keep_new, take, trouble, unseen, whole_or_refused};
use crate::pipeline::forgotten::{self, AS_VERSION, Clocks, Forgotten, MINUTE, TAKEN_IN, Why};
use crate::pipeline::opening::Walk;
use crate::pipeline::wanting::{is_about, wanted};
use crate::pipeline::{Report, doubting, polled};
use crate::store::journal::{Happened, Line};
use crate::store::judged::{self, Judged};
use crate::store::keep;

/// So many strangers are named, the rest counted.
const NAMED_MAX: usize = 20;

/// So many reasons stand in a receipt, the rest are counted.
const REASONS_MAX: usize = 50;

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
/// # Errors
/// When something cannot be kept.
pub(super) fn look(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Vec<Dropped>> {
    let wanted = wanted(walk, collection)?;
    if let Some(why) = not_the_one(walk, collection, source, report)? {
        unseen(collection, &wanted, why, report);
        return Ok(Vec::new());
    }
    let mut waiting = remember(walk, collection, source, report)?;
    let found = match folder::look(source, &wanted, walk.machine_now) {
        Ok(found) => found,
        Err(error) => {
            unseen(collection, &wanted, error.to_string(), report);
            return Ok(waiting);
        }
    };
    // What is left for the next look may be of the past; a stranger is of no return.
    let mut left = found.waiting + found.unsettled + found.unreadable.len();
    for (wanted, claim) in found.claims {
        match take_claim(walk, collection, wanted, claim, report)? {
            Taken::Waits(dropped) => waiting.push(*dropped),
            Taken::Settled => {}
            Taken::Left => left += 1,
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
    report.failures.extend(strangers(collection, &found.strangers));
    if left == 0 {
        polled::close(walk, &collection.name)?;
    }
    Ok(waiting)
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
fn remember(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Vec<Dropped>> {
    let clocks = Clocks { today: walk.today, machine: walk.machine_now };
    let found = match forgotten::find(walk.settings, walk.journal.lines(), collection, source, clocks) {
        Ok(found) => found,
        Err(error) => {
            report.failures.push(trouble(collection.name.clone(), error.to_string()));
            return Ok(Vec::new());
        }
    };
    if found.iter().any(|one| one.why == Why::Unheard) {
        doubting::raise(walk, "`done` of a drop folder holds returns that this state does not know of")?;
    }
    report.failures.extend(of_the_forgotten(collection, &found));
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

fn of_the_forgotten(collection: &Collection, found: &[Forgotten]) -> Vec<Trouble> {
    let (first, rest) = found.split_at(found.len().min(NAMED_MAX));
    let one = |it: &Forgotten| Trouble {
        room: Room::Collect,
        what: match it.why {
            Why::Unheard => "this state does not know of it, and takes it in again",
            Why::Grown => "its upload went on after it was taken in, so it is taken in again",
        }
        .to_owned(),
        place: format!("{}: `done/{}`", collection.name, it.put_away.claim.file_name()),
        next: "nothing is lost; see its receipt beside it, and `quarterdeck returns`".to_owned(),
    };
    let mut troubles: Vec<Trouble> = first.iter().map(one).collect();
    if let Some(last) = rest.last() {
        let place = format!("{}: and {} more in `done`", collection.name, rest.len());
        troubles.push(Trouble { place, ..one(last) });
    }
    troubles
}

/// Why this folder cannot be the one that was seen before; it is marked when it is seen for the first time.
fn not_the_one(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Option<String>> {
    let is_ours = source.path.starts_with(&walk.settings.state);
    if is_ours {
        fs::create_dir_all(&source.path).context("cannot make the drop folder")?;
    }
    let subject = format!("drop folder {}", source.path.display());
    let is_known =
        walk.journal.lines().iter().any(|line| line.event == Happened::Noted && line.subject == subject);
    match folder::mark(source) {
        Mark::Unknown => return Ok(None),
        Mark::Gone if is_known && !is_ours => {
            return Ok(Some(format!(
                "the drop folder `{}` has lost its folder `done`: the disk or share may not be mounted, so \
                 this does not mean that nobody has sent; if all is well, make `done` again",
                source.path.display()
            )));
        }
        Mark::Gone => {
            if let Err(error) = folder::make_mark(source) {
                report.failures.push(trouble(collection.name.clone(), error.to_string()));
                return Ok(None);
            }
        }
        Mark::Is => {}
    }
    if !is_known {
        walk.journal.append(walk.now, Happened::Noted, &subject, json!({ "collection": collection.name }))?;
    }
    Ok(None)
}

fn take_claim(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: Wanted,
    claim: Claim,
    report: &mut Report,
) -> Result<Taken> {
    let outcome = whole_or_refused(walk, collection, &wanted, claim.bytes(&walk.settings.limits))?;
    let received = match outcome {
        Outcome::Received(received) => received,
        refused @ Outcome::Refused { .. } => {
            let words = refused_words(&refused);
            take(walk, collection, &wanted, refused, report)?;
            if let Err(error) = claim.settle(Fate::Refused, &words) {
                report.failures.push(trouble(about(collection, &wanted), error.to_string()));
            }
            return Ok(Taken::Settled);
        }
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
        keep_new(walk, collection, &dropped.wanted, &received, report)?;
        return Ok(Taken::Waits(Box::new(dropped)));
    }
    keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
    report.unchanged += 1;
    Ok(put_one_away(walk, dropped, report)?.map_or(Taken::Settled, |dropped| Taken::Waits(Box::new(dropped))))
}

/// Puts every dropped file away whose verdict is stored: into `done`, or `refused`, with a receipt in words.
///
/// Call after the commit. A file without a verdict stays, and is looked at again by the next run.
///
/// # Errors
/// When the database cannot be read. A file that cannot be moved is a failure in the report.
pub fn put_away(walk: &Walk<'_>, dropped: Vec<Dropped>, report: &mut Report) -> Result<()> {
    for one in dropped {
        put_one_away(walk, one, report)?;
    }
    Ok(())
}

fn put_one_away(walk: &Walk<'_>, dropped: Dropped, report: &mut Report) -> Result<Option<Dropped>> {
    let is_it = |line: &&Line| {
        line.event == Happened::Received
            && line.subject == dropped.hash
            && is_about(line, &dropped.collection, &dropped.wanted)
    };
    let Some(line) = walk.journal.lines().iter().rev().find(is_it) else { return Ok(Some(dropped)) };
    let Some(judged) = judged::of(walk.store.connection(), line.seq)? else { return Ok(Some(dropped)) };
    let (fate, words) = verdict(walk, &judged);
    let place = format!("{} {}", dropped.collection, dropped.claim.file_name());
    if let Err(error) = dropped.claim.settle(fate, &words) {
        report.failures.push(trouble(place, error.to_string()));
    }
    Ok(None)
}

/// The receipt beside a file: what became of it, by reason, most rows first.
fn verdict(walk: &Walk<'_>, judged: &Judged) -> (Fate, String) {
    let local = judged.received_at.with_timezone(&walk.settings.zone);
    let at = format!("{} {}", local.format(MINUTE), local.format("%Z"));
    if let Some(reason) = &judged.refused {
        let words = format!(
            "Refused. It came on {at}.\n\n{reason}\n\nWhat was accepted before still counts. Put the file \
             right and drop it again.\n{}",
            reasons(judged)
        );
        return (Fate::Refused, words);
    }
    let head = format!(
        "{TAKEN_IN}{at}{AS_VERSION}{}.\n\nRows read: {}\nRows accepted: {}\nRows set aside: {}\n",
        judged.version, judged.rows_read, judged.rows_accepted, judged.rows_quarantined
    );
    (Fate::Done, head + &reasons(judged))
}

/// The rows that were set aside, by reason, most rows first.
fn reasons(judged: &Judged) -> String {
    let (shown, rest) = judged.reasons.split_at(judged.reasons.len().min(REASONS_MAX));
    let reasons = shown.iter().map(|reason| {
        let rows = if reason.rows == 1 { "1 row".to_owned() } else { format!("{} rows", reason.rows) };
        format!("\n{rows} set aside: {}\n  {}\n", reason.words, reason.places)
    });
    let more = (!rest.is_empty())
        .then(|| format!("\nand {} more reasons; `quarterdeck verify` names all.\n", rest.len()));
    reasons.chain(more).collect()
}

fn refused_words(refused: &Outcome) -> String {
    let Outcome::Refused { reason, .. } = refused else { return String::new() };
    format!("Refused.\n\n{reason}\n\nWhat was accepted before still counts.\n")
}

fn strangers(collection: &Collection, names: &[String]) -> Vec<Trouble> {
    let (first, rest) = names.split_at(names.len().min(NAMED_MAX));
    let mut places: Vec<String> = first.iter().map(|name| format!("{}: `{name}`", collection.name)).collect();
    if !rest.is_empty() {
        places.push(format!("{}: and {} more", collection.name, rest.len()));
    }
    let one = |place: String| Trouble {
        room: Room::Collect,
        what: "a file in the drop folder matches no return that is expected; it was not touched".to_owned(),
        place,
        next: "rename it as the collection's `name` says, or take it away".to_owned(),
    };
    places.into_iter().map(one).collect()
}
