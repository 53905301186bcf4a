//! Collecting: what came is kept under its hash and journalled; what is new becomes a version.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collect::{Fault, Outcome, Received, Wanted};
use crate::config::settings::{Collection, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::opening::Walk;
use crate::pipeline::wanting::{is_about, is_history};
use crate::pipeline::{Report, barring, loading};
use crate::read::csv::delimited;
use crate::read::cut_short::cut_short;
use crate::read::sniff::{Format, sniff};
use crate::read::validate::understand;
use crate::store::counting::{self, Whose};
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::withdrawn::withdrawn;

/// Of one return, so many bodies that could not be one are kept in a row.
const REFUSED_IN_A_ROW_MAX: usize = 8;

/// A source as a whole could not be asked.
pub(super) fn unseen(collection: &Collection, wanted: &[Wanted], why: String, report: &mut Report) {
    for one in wanted {
        report.unseen.add(&collection.name, one);
    }
    report.failures.push(trouble(format!("collection `{}`", collection.name), why));
}

/// What came, or its refusal when it came only in part: a download that was cut must not take the place of
/// the whole. What a person put into a folder is judged when it is read, and they are told.
///
/// # Errors
/// When the database refuses.
pub(super) fn whole_or_refused(
    walk: &Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    outcome: Outcome,
) -> Result<Outcome> {
    let Outcome::Received(received) = outcome else { return Ok(outcome) };
    let part = match beginning_of_what_counts(walk, collection, wanted, &received)? {
        Some(part) => Some(part),
        None => cut_in_a_row(walk, collection, wanted, &received),
    };
    let Some(part) = part else { return Ok(Outcome::Received(received)) };
    let reason = format!("{part}. It may have been cut on its way: the next run asks for it again");
    Ok(Outcome::turned_away(reason, received).through(Fault::Source))
}

/// That what came is a beginning of the version that counts. One that was accepted before may come back.
fn beginning_of_what_counts(
    walk: &Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
) -> Result<Option<String>> {
    if !walk.journal.lines().iter().any(|line| announces(line, collection, wanted, received)) {
        return Ok(None);
    }
    let whose = Whose {
        collection: &collection.name,
        authority: wanted.authority.as_ref(),
        quarter: wanted.quarter,
        source: &received.origin,
    };
    let connection = walk.store.connection();
    let Some(counting) = counting::of(connection, whose).context("cannot ask which version counts")? else {
        return Ok(None);
    };
    // A kept file that is lost or damaged is nothing to compare with.
    let before = keep::read_received(&walk.settings.state, &counting.hash).unwrap_or_default();
    let Some(cut) = cut_short(&before, &received.bytes, walk.settings.limits.unpacked_bytes_max) else {
        return Ok(None);
    };
    if counting::was_accepted(connection, whose, &keep::hash(&received.bytes))? {
        return Ok(None);
    }
    Ok(Some(format!(
        "what came is a beginning of version {}, which stays: {cut}. If rows were taken out on purpose, \
         whoever runs quarterdeck takes it in with `quarterdeck receive FILE --smaller --by NAME \
         --reason WHY`",
        counting.version
    )))
}

/// That a text ends in the middle of a row, as its reading would say. Looked at when no line ends there.
fn cut_in_a_row(
    walk: &Walk<'_>,
    collection: &Collection,
    wanted: &Wanted,
    received: &Received,
) -> Option<String> {
    let is_ended = matches!(received.bytes.last(), None | Some(b'\r' | b'\n'));
    if is_ended || !matches!(sniff(&received.bytes, &received.file_name), Ok(Format::Delimited)) {
        return None;
    }
    let expected = loading::expected(walk, collection, wanted.authority.as_ref(), wanted.quarter);
    let read =
        delimited(&received.bytes, &walk.settings.limits).and_then(|grid| understand(&grid, &expected));
    read.err().filter(|refusal| refusal.code == "truncated-body").map(|refusal| refusal.reason)
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
        Outcome::Refused { reason, body, fault } => {
            match fault {
                Fault::Source => report.unseen.add(&collection.name, wanted),
                Fault::Sender | Fault::Unclear(_) => {
                    report.unseen.add_wrong(&collection.name, wanted, &reason);
                }
            }
            let kept = match body {
                Some(body) => keep_refused(walk, collection, wanted, &body, &reason)?,
                None => None,
            };
            let kept = kept.map(|hash| format!("; what came is kept as `received/{hash}`"));
            let what = format!("{reason}{}", kept.unwrap_or_default());
            report.failures.push(trouble(about(collection, wanted), what));
        }
        Outcome::Failed { reason } | Outcome::Untried { reason } => {
            report.unseen.add(&collection.name, wanted);
            report.failures.push(trouble(about(collection, wanted), reason));
        }
        Outcome::Barred { reason } => {
            report.unseen.add(&collection.name, wanted);
            if let Source::Http(source) = &collection.source {
                barring::bar(walk, collection, source, &reason, report)?;
            }
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
    detail["etag"] = json!(body.etag);
    walk.journal.append(walk.now, Happened::TurnedAway, &hash, detail)?;
    Ok(Some(hash))
}

/// Whose file it is and where it came from, as the journal has it.
pub(super) fn described(collection: &Collection, wanted: &Wanted, file: &Received) -> Value {
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
