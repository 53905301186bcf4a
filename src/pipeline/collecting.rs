//! Collecting: sources are polled, what is new is kept under its hash and journalled.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collect::http::{self, Asked, Round};
use crate::collect::{Answered, Note, Outcome, Received, Wanted};
use crate::config::settings::{Collection, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;
use crate::pipeline::dropping::{self, Dropped};
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::stopping::Stopped;
use crate::pipeline::wanting::{has_history, history_subject, is_about, is_history, wanted};
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::withdrawn::withdrawn;

/// Of one return, so many bodies that could not be one are kept in a row.
const REFUSED_IN_A_ROW_MAX: usize = 8;

/// Polls every source for what it may have, keeps what is new, and journals it.
///
/// Sources over HTTP are asked at once, each host for one thing at a time. The dropped files that came are
/// put away only when their verdict is known: see [`dropping::put_away`].
///
/// # Errors
/// When something received cannot be kept. A source that fails is a failure in the report.
pub async fn collect(walk: &mut Walk<'_>, report: &mut Report) -> Result<Vec<Dropped>> {
    let mut dropped = Vec::new();
    for group in groups(walk) {
        let (mut web, mut folders) = (Vec::new(), Vec::new());
        for collection in group {
            let subject = format!("poll {}", collection.name);
            if !walk.may_do(&subject)? {
                continue;
            }
            walk.is_doing(&subject, &format!("polling the sources of {}", collection.name))?;
            match &collection.source {
                Source::Hand => {}
                Source::Http(source) => web.push((collection, Asked::Files(source))),
                Source::Ees(source) => web.push((collection, Asked::Ees(source))),
                Source::Folder(source) => folders.push((collection, source)),
            }
        }
        poll(walk, web, report).await?;
        for (collection, source) in folders {
            let failures_before = report.failures.len();
            dropped.extend(dropping::look(walk, collection, source, report)?);
            close_history(walk, collection, failures_before, report)?;
        }
    }
    Ok(dropped)
}

/// Which collections are polled together: all at once, but each alone when the run before died of one.
fn groups<'a>(walk: &Walk<'a>) -> Vec<Vec<&'a Collection>> {
    let polled = walk.settings.collections.iter().filter(|one| one.source.is_polled());
    if walk.is_careful() { polled.map(|one| vec![one]).collect() } else { vec![polled.collect()] }
}

fn close_history(
    walk: &mut Walk<'_>,
    collection: &Collection,
    failures_before: usize,
    report: &Report,
) -> Result<()> {
    if report.failures.len() == failures_before && !has_history(walk, collection) {
        walk.journal.append(walk.now, Happened::Walked, &history_subject(collection), json!({}))?;
    }
    Ok(())
}

async fn poll(walk: &mut Walk<'_>, web: Vec<(&Collection, Asked<'_>)>, report: &mut Report) -> Result<()> {
    let rounds: Vec<Round<'_>> = web
        .iter()
        .map(|(collection, source)| Round { source: *source, wanted: wanted(walk, collection) })
        .collect();
    let asked_for: Vec<Vec<Wanted>> = rounds.iter().map(|round| round.wanted.clone()).collect();
    let (total, mut done) = (asked_for.iter().map(Vec::len).sum(), 0);
    let limits = walk.settings.limits;
    let stop = walk.stop.clone();
    let ended = {
        let mut told = || {
            done += 1;
            walk.tell(Progress::Polled(done, total));
        };
        tokio::select! {
            ended = http::fetch_all(rounds, &limits, &mut told) => ended,
            () = stop.told() => return Err(Stopped.into()),
        }
    };
    for (((collection, _), asked_for), ended) in web.into_iter().zip(asked_for).zip(ended) {
        let failures_before = report.failures.len();
        match ended {
            Ok(answers) => {
                for Answered { wanted, outcome, notes } in answers {
                    take(walk, collection, &wanted, outcome, report)?;
                    note(walk, collection, notes, report)?;
                }
            }
            Err(error) => unseen(collection, &asked_for, error.to_string(), report),
        }
        close_history(walk, collection, failures_before, report)?;
    }
    Ok(())
}

/// A source as a whole could not be asked.
pub(super) fn unseen(collection: &Collection, wanted: &[Wanted], why: String, report: &mut Report) {
    for one in wanted {
        report.unseen.add(&collection.name, one);
    }
    report.failures.push(trouble(format!("collection `{}`", collection.name), why));
}

/// Tells what a source says besides: once for each matter.
fn note(walk: &mut Walk<'_>, collection: &Collection, notes: Vec<Note>, report: &mut Report) -> Result<()> {
    for note in notes {
        let known = |line: &Line| line.event == Happened::Noted && line.subject == note.about;
        if walk.journal.lines().iter().any(known) {
            continue;
        }
        report.failures.push(Trouble {
            room: Room::Collect,
            what: note.says.clone(),
            place: collection.name.clone(),
            next: "nothing is lost; decide what the configuration should say. This is told once".to_owned(),
        });
        let detail = json!({ "collection": collection.name, "words": note.says });
        walk.journal.append(walk.now, Happened::Noted, &note.about, detail)?;
    }
    Ok(())
}

pub(super) fn take(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    outcome: Outcome,
    report: &mut Report,
) -> Result<()> {
    match outcome {
        Outcome::Received(received) => keep_new(walk, collection, wanted, &received, report)?,
        Outcome::Unchanged => report.unchanged += 1,
        Outcome::NotThere => report.not_there += 1,
        Outcome::Refused { reason, body } => {
            let kept = match body {
                Some(body) => keep_refused(walk, collection, wanted, &body, &reason)?,
                None => None,
            };
            let kept = kept.map(|hash| format!("; what came is kept as `received/{hash}`"));
            let what = format!("{reason}{}", kept.unwrap_or_default());
            report.failures.push(trouble(about(collection, wanted), what));
        }
        Outcome::Failed { reason } => {
            report.unseen.add(&collection.name, wanted);
            report.failures.push(trouble(about(collection, wanted), reason));
        }
    }
    Ok(())
}

/// Keeps a whole body that cannot be a return under its hash, once, and gives the hash.
///
/// Pages that are never twice the same do not fill the disk: of one return so many in a row are kept.
fn keep_refused(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    body: &Received,
    reason: &str,
) -> Result<Option<String>> {
    let hash = keep::hash(&body.bytes);
    let lines = walk.journal.lines();
    let is_kept = lines.iter().any(|line| line.keeps_a_file() && line.subject == hash);
    let about_it = lines.iter().rev().filter(|line| is_about(line, &collection.name, wanted));
    let in_a_row = about_it.take_while(|line| line.event == Happened::TurnedAway).count();
    if is_kept {
        return Ok(Some(hash));
    }
    let size = u64::try_from(body.bytes.len()).unwrap_or(u64::MAX);
    if in_a_row >= REFUSED_IN_A_ROW_MAX || size > walk.settings.limits.file_bytes_max {
        return Ok(None);
    }
    keep::keep_received(&walk.settings.state, &body.bytes).context("cannot keep what was refused")?;
    let mut detail = described(collection, wanted, body);
    detail["reason"] = json!(reason);
    walk.journal.append(walk.now, Happened::TurnedAway, &hash, detail)?;
    Ok(Some(hash))
}

/// Whose file it is and where it came from, as the journal has it.
fn described(collection: &Collection, wanted: &Wanted, file: &Received) -> Value {
    json!({
        "collection": collection.name,
        "authority": wanted.authority.as_ref().map(ToString::to_string),
        "quarter": wanted.quarter.map(|quarter| quarter.to_string()),
        "source": file.origin,
        "file_name": file.file_name,
        "bytes": file.bytes.len(),
    })
}

/// A file that was taken in by hand.
#[derive(Debug)]
pub struct ByHand<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// Whose return; none for a publisher's file.
    pub authority: Option<AuthorityCode>,
    /// The quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
    /// Its name.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Who says that it is meant to be smaller than the version before, where somebody does.
    pub smaller: Option<Smaller>,
}

/// That a version is meant to be smaller than the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller {
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Keeps and journals a file that was taken in by hand.
///
/// # Errors
/// When it cannot be kept.
pub fn take_by_hand(walk: &mut Walk<'_>, file: &ByHand<'_>, report: &mut Report) -> Result<()> {
    let wanted = Wanted { authority: file.authority.clone(), quarter: file.quarter, ..Wanted::default() };
    let received = Received {
        bytes: file.bytes.clone(),
        file_name: file.file_name.clone(),
        origin: "by hand".to_owned(),
        etag: None,
        last_modified: None,
    };
    // Whoever brings again what was set aside, refused as too small, or withdrawn, wants it read again.
    let again = walk.try_again(&format!("read {}", keep::hash(&received.bytes)))?;
    if again || file.smaller.is_some() || is_withdrawn(walk, file.collection, &wanted, &received) {
        return keep_version(walk, file.collection, &wanted, &received, file.smaller.as_ref(), report);
    }
    keep_new(walk, file.collection, &wanted, &received, report)
}

/// Whether the latest version of this return was withdrawn.
fn is_withdrawn(walk: &Walk<'_>, collection: &Collection, wanted: &Wanted, received: &Received) -> bool {
    let lines = walk.journal.lines();
    let latest = lines.iter().rev().find(|line| announces(line, collection, wanted, received));
    latest.is_some_and(|line| withdrawn(lines).contains(&line.seq))
}

pub(super) fn trouble(place: String, what: String) -> Trouble {
    let next = "see whether the source answers; the next run tries again".to_owned();
    Trouble { room: Room::Collect, what, place, next }
}

pub(super) fn about(collection: &Collection, wanted: &Wanted) -> String {
    let part = |text: Option<String>| text.map(|text| format!(" {text}")).unwrap_or_default();
    format!(
        "{}{}{}",
        collection.name,
        part(wanted.authority.as_ref().map(ToString::to_string)),
        part(wanted.quarter.map(|quarter| quarter.to_string()))
    )
}

pub(super) fn keep_new(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
    report: &mut Report,
) -> Result<()> {
    let hash = keep::hash(&received.bytes);
    let is_version = |line: &&Line| announces(line, collection, wanted, received);
    let earlier = walk.journal.lines().iter().rev().find(is_version);
    if earlier.is_some_and(|line| line.subject == hash) {
        // A kept file that was lost or damaged is healed by the same bytes.
        keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
        report.unchanged += 1;
        return Ok(());
    }
    keep_version(walk, collection, wanted, received, None, report)
}

/// Keeps and journals a version, whether or not the same bytes came before.
fn keep_version(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
    smaller: Option<&Smaller>,
    report: &mut Report,
) -> Result<()> {
    let earlier = walk.journal.lines().iter().any(|line| announces(line, collection, wanted, received));
    let history = !earlier && is_history(walk, collection, wanted);
    let hash =
        keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
    let mut detail = described(collection, wanted, received);
    detail["etag"] = json!(received.etag);
    detail["last_modified"] = json!(received.last_modified);
    detail["history"] = json!(history);
    if let Some(it) = smaller {
        detail["smaller"] = json!({ "by": it.by, "reason": it.reason });
    }
    walk.journal.append(walk.now, Happened::Received, &hash, detail)?;
    report.received += 1;
    Ok(())
}

/// Whether a line announces a version of this return; of a publisher's file, one that came from there.
fn announces(line: &Line, collection: &Collection, wanted: &Wanted, received: &Received) -> bool {
    let source = line.detail.get("source").and_then(Value::as_str);
    line.event == Happened::Received
        && is_about(line, &collection.name, wanted)
        && (wanted.quarter.is_some() || source == Some(&received.origin))
}
