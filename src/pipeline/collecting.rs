//! Collecting: sources are polled, what is new is kept under its hash and journalled.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collect::folder::{self, Fate};
use crate::collect::http;
use crate::collect::{Outcome, Received, Wanted};
use crate::config::settings::{Collection, FolderSource, HttpSource, Reporters, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::stopping::Stopped;
use crate::store::journal::{Happened, Line};
use crate::store::keep;

/// Polls every source for what it may have, keeps what is new, and journals it.
///
/// # Errors
/// When something received cannot be kept. A source that fails is a failure in the report.
pub async fn collect(walk: &mut Walk<'_>, report: &mut Report) -> Result<()> {
    let settings = walk.settings;
    for collection in &settings.collections {
        let subject = format!("poll {}", collection.name);
        if !collection.source.is_polled() || !walk.may_do(&subject)? {
            continue;
        }
        walk.is_doing(&subject, &format!("polling the sources of {}", collection.name))?;
        let wanted = wanted(walk, collection);
        let failures_before = report.failures.len();
        match &collection.source {
            Source::Hand => continue,
            Source::Http(source) => poll(walk, collection, source, wanted, report).await?,
            Source::Folder(source) => look(walk, collection, source, &wanted, report)?,
        }
        if report.failures.len() == failures_before && !has_history(walk, collection) {
            walk.journal.append(walk.now, Happened::Walked, &history_subject(collection), json!({}))?;
        }
    }
    Ok(())
}

async fn poll(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &HttpSource,
    wanted: Vec<Wanted>,
    report: &mut Report,
) -> Result<()> {
    let (total, mut done) = (wanted.len(), 0);
    let asked_for = wanted.clone();
    let limits = walk.settings.limits;
    let stop = walk.stop.clone();
    let outcomes = {
        let mut told = |_: &Wanted, _: &Outcome| {
            done += 1;
            walk.tell(Progress::Polled(done, total));
        };
        tokio::select! {
            outcomes = http::fetch_all(source, &limits, wanted, &mut told) => outcomes,
            () = stop.told() => return Err(Stopped.into()),
        }
    };
    match outcomes {
        Ok(outcomes) => {
            for (wanted, outcome) in outcomes {
                take(walk, collection, &wanted, outcome, report)?;
            }
        }
        Err(error) => unseen(collection, &asked_for, error.to_string(), report),
    }
    Ok(())
}

/// A source as a whole could not be asked.
fn unseen(collection: &Collection, wanted: &[Wanted], why: String, report: &mut Report) {
    for one in wanted {
        report.unseen.add(&collection.name, one);
    }
    report.failures.push(trouble(format!("collection `{}`", collection.name), why));
}

fn look(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &FolderSource,
    wanted: &[Wanted],
    report: &mut Report,
) -> Result<()> {
    if source.path.starts_with(&walk.settings.state) {
        fs::create_dir_all(&source.path).context("cannot make the drop folder")?;
    }
    let claims = match folder::look(source, wanted, walk.machine_now) {
        Ok(claims) => claims,
        Err(error) => {
            unseen(collection, wanted, error.to_string(), report);
            return Ok(());
        }
    };
    for (wanted, claim) in claims {
        let outcome = claim.bytes(&walk.settings.limits);
        let settled = match &outcome {
            Outcome::Refused { reason } => Some((Fate::Refused, reason.clone())),
            Outcome::Received(_) => Some((Fate::Done, received_words(walk))),
            // What could not be read now stays where it is, for the next run.
            Outcome::Failed { .. } | Outcome::Unchanged | Outcome::NotThere => None,
        };
        take(walk, collection, &wanted, outcome, report)?;
        if let Some(Err(error)) = settled.map(|(fate, words)| claim.settle(fate, &words)) {
            report.failures.push(trouble(about(collection, &wanted), error.to_string()));
        }
    }
    match folder::strangers(source, wanted) {
        Ok(names) => report.failures.extend(names.into_iter().map(|name| stranger(collection, &name))),
        Err(error) => report.failures.push(trouble(collection.name.clone(), error.to_string())),
    }
    Ok(())
}

fn take(
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
        Outcome::Refused { reason } => report.failures.push(trouble(about(collection, wanted), reason)),
        Outcome::Failed { reason } => {
            report.unseen.add(&collection.name, wanted);
            report.failures.push(trouble(about(collection, wanted), reason));
        }
    }
    Ok(())
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
    // Whoever brings again what was set aside wants it read again.
    if walk.try_again(&format!("read {}", keep::hash(&received.bytes)))? {
        return keep_version(walk, file.collection, &wanted, &received, report);
    }
    keep_new(walk, file.collection, &wanted, &received, report)
}

fn received_words(walk: &Walk<'_>) -> String {
    let at = walk.now.with_timezone(&walk.settings.zone);
    format!(
        "Taken in on {}. What was accepted and what was refused is in the receipt.\n",
        at.format("%-d %B %Y at %H:%M %Z")
    )
}

fn stranger(collection: &Collection, name: &str) -> Trouble {
    Trouble {
        room: Room::Collect,
        what: "a file in the drop folder matches no return that is expected; it was not touched".to_owned(),
        place: format!("{}: `{name}`", collection.name),
        next: "rename it as the collection's `name` says, or take it away".to_owned(),
    }
}

fn trouble(place: String, what: String) -> Trouble {
    let next = "see whether the source answers; the next run tries again".to_owned();
    Trouble { room: Room::Collect, what, place, next }
}

fn about(collection: &Collection, wanted: &Wanted) -> String {
    let part = |text: Option<String>| text.map(|text| format!(" {text}")).unwrap_or_default();
    format!(
        "{}{}{}",
        collection.name,
        part(wanted.authority.as_ref().map(ToString::to_string)),
        part(wanted.quarter.map(|quarter| quarter.to_string()))
    )
}

fn keep_new(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
    report: &mut Report,
) -> Result<()> {
    let hash = keep::hash(&received.bytes);
    let earlier = walk.journal.lines().iter().rev().find(|line| is_about(line, &collection.name, wanted));
    if earlier.is_some_and(|line| line.subject == hash) {
        // A kept file that was lost or damaged is healed by the same bytes.
        keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
        report.unchanged += 1;
        return Ok(());
    }
    keep_version(walk, collection, wanted, received, report)
}

/// Keeps and journals a version, whether or not the same bytes came before.
fn keep_version(
    walk: &mut Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
    report: &mut Report,
) -> Result<()> {
    let hash = keep::hash(&received.bytes);
    let earlier = walk.journal.lines().iter().any(|line| is_about(line, &collection.name, wanted));
    let history = !earlier && is_history(walk, collection, wanted);
    keep::keep_received(&walk.settings.state, &received.bytes).context("cannot keep a received file")?;
    let detail = json!({
        "collection": collection.name,
        "authority": wanted.authority.as_ref().map(ToString::to_string),
        "quarter": wanted.quarter.map(|quarter| quarter.to_string()),
        "source": received.origin,
        "file_name": received.file_name,
        "etag": received.etag,
        "last_modified": received.last_modified,
        "bytes": received.bytes.len(),
        "history": history,
    });
    walk.journal.append(walk.now, Happened::Received, &hash, detail)?;
    report.received += 1;
    Ok(())
}

/// Whether a line announces a version of this return.
fn is_about(line: &Line, collection: &str, wanted: &Wanted) -> bool {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    line.event == Happened::Received
        && text("collection") == Some(collection)
        && text("authority") == wanted.authority.as_ref().map(AuthorityCode::as_str)
        && text("quarter") == wanted.quarter.map(|quarter| quarter.to_string()).as_deref()
}

/// Whether an old quarter comes while the history is still being collected.
fn is_history(walk: &Walk<'_>, collection: &Collection, wanted: &Wanted) -> bool {
    let newest = collection.ended_quarters(walk.today).last().copied();
    !has_history(walk, collection)
        && wanted.quarter.is_some_and(|quarter| Some(quarter) != newest)
        && collection.source.is_polled()
}

/// What a source may have: the newest quarters, and once the whole history.
fn wanted(walk: &Walk<'_>, collection: &Collection) -> Vec<Wanted> {
    let received = latest_received(walk.journal.lines());
    let quarters = quarters(walk, collection);
    let mut list = Vec::new();
    for quarter in quarters {
        if collection.reporters == Reporters::Publisher {
            list.push(Wanted { quarter: Some(quarter), ..Wanted::default() });
            continue;
        }
        for it in walk.settings.authorities.iter().filter(|one| one.existed_on(quarter.last_day())) {
            list.push(Wanted {
                authority: Some(it.code.clone()),
                dfe_number: Some(it.dfe_number.clone()),
                quarter: Some(quarter),
                ..Wanted::default()
            });
        }
    }
    for it in &mut list {
        // Without the kept file, the source must send it again, changed or not.
        let kept = |line: &Line| walk.settings.state.join(keep::RECEIVED).join(&line.subject).exists();
        if let Some(line) = received.get(&subject_of(&collection.name, it)).filter(|line| kept(line)) {
            let text = |name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
            it.etag = text("etag");
            it.last_modified = text("last_modified");
        }
    }
    list
}

/// The quarters that are polled: the newest and those still open to revision; all of them the first time.
fn quarters(walk: &Walk<'_>, collection: &Collection) -> Vec<Quarter> {
    let mut ended = collection.ended_quarters(walk.today);
    if has_history(walk, collection) {
        let open = usize::try_from(collection.revision_quarters).unwrap_or(0) + 1;
        ended.drain(..ended.len().saturating_sub(open));
    }
    ended
}

fn has_history(walk: &Walk<'_>, collection: &Collection) -> bool {
    let subject = history_subject(collection);
    walk.journal.lines().iter().any(|line| line.event == Happened::Walked && line.subject == subject)
}

fn history_subject(collection: &Collection) -> String {
    format!("history.{}", collection.name)
}

type ReturnName = (String, Option<String>, Option<String>);

fn subject_of(collection: &str, wanted: &Wanted) -> ReturnName {
    (
        collection.to_owned(),
        wanted.authority.as_ref().map(ToString::to_string),
        wanted.quarter.map(|quarter| quarter.to_string()),
    )
}

/// The latest `received` line of each return.
fn latest_received(lines: &[Line]) -> HashMap<ReturnName, &Line> {
    let text = |line: &Line, name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    lines
        .iter()
        .filter(|line| line.event == Happened::Received)
        .map(|line| {
            let name = (
                text(line, "collection").unwrap_or_default(),
                text(line, "authority"),
                text(line, "quarter"),
            );
            (name, line)
        })
        .collect()
}
