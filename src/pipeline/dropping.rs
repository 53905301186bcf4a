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
use crate::pipeline::Report;
use crate::pipeline::collecting::{about, keep_new, take, trouble, unseen};
use crate::pipeline::opening::Walk;
use crate::pipeline::wanting::{is_about, wanted};
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

/// Takes in what lies in a drop folder; what was taken in by an earlier run is put away at once.
///
/// # Errors
/// When something cannot be kept.
pub(super) fn look(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    report: &mut Report,
) -> Result<Vec<Dropped>> {
    let wanted = wanted(walk, collection);
    if let Some(why) = not_the_one(walk, collection, source, report)? {
        unseen(collection, &wanted, why, report);
        return Ok(Vec::new());
    }
    let found = match folder::look(source, &wanted, walk.machine_now) {
        Ok(found) => found,
        Err(error) => {
            unseen(collection, &wanted, error.to_string(), report);
            return Ok(Vec::new());
        }
    };
    let mut waiting = Vec::new();
    for (wanted, claim) in found.claims {
        waiting.extend(take_claim(walk, collection, wanted, claim, report)?);
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
    Ok(waiting)
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
) -> Result<Option<Dropped>> {
    let received = match claim.bytes(&walk.settings.limits) {
        Outcome::Received(received) => received,
        refused @ Outcome::Refused { .. } => {
            let words = refused_words(&refused);
            take(walk, collection, &wanted, refused, report)?;
            if let Err(error) = claim.settle(Fate::Refused, &words) {
                report.failures.push(trouble(about(collection, &wanted), error.to_string()));
            }
            return Ok(None);
        }
        // What could not be read now stays where it is, for the next run.
        other => {
            take(walk, collection, &wanted, other, report)?;
            return Ok(None);
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
        return Ok(Some(dropped));
    }
    keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
    report.unchanged += 1;
    put_one_away(walk, dropped, report)
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
    let at = judged.received_at.with_timezone(&walk.settings.zone).format("%-d %B %Y at %H:%M %Z");
    if let Some(reason) = &judged.refused {
        let words = format!(
            "Refused. It came on {at}.\n\n{reason}\n\nWhat was accepted before still counts. Put the file \
             right and drop it again.\n{}",
            reasons(judged)
        );
        return (Fate::Refused, words);
    }
    let head = format!(
        "Taken in on {at} as version {}.\n\nRows read: {}\nRows accepted: {}\nRows set aside: {}\n",
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
