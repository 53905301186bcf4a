//! Posting: queued messages are made durable and announced, then sent one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::config::settings::{PostSettings, Settings};
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::{Kind, Message, MessageKey};
use crate::mail::{Post, Sending};
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::{Report, doubting, keeping};
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::outbox::{self, Standing, Track};

/// Writes every message that is queued in the database into the state folder, and journals it.
///
/// # Errors
/// When a message cannot be made durable.
pub fn announce(walk: &mut Walk<'_>) -> Result<()> {
    let known = outbox::tracks(walk.journal.lines());
    let fresh: BTreeSet<MessageKey> =
        outbox::keys(walk.store.connection())?.into_iter().filter(|key| !known.contains_key(key)).collect();
    if fresh.is_empty() {
        return Ok(());
    }
    let folder = walk.settings.state.join(keep::MESSAGES);
    let mut entries = Vec::with_capacity(fresh.len());
    for message in outbox::messages(walk.store.connection(), &fresh)? {
        keep::write_durably(&folder, &keeping::file_name(&message.key), &message.bytes)
            .context("cannot keep a message")?;
        let detail = json!({
            "kind": message.kind.word(),
            "recipient": message.recipient,
            "address": message.to.as_str(),
            "subject": message.subject,
            "message_id": message.message_id,
            "queued_at": message.queued_at,
            "hash": keep::hash(&message.bytes),
            "told": message.told,
        });
        entries.push((message.key.to_string(), detail));
    }
    Ok(walk.journal.append_all(walk.now, Happened::Queued, entries)?)
}

/// Which of the messages that wait are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Those {
    /// Each.
    All,
    /// Notices to the operator, while nothing else may leave.
    Notices,
}

/// Sends what waits. A message that cannot be sent never stops the others.
///
/// # Errors
/// When the journal cannot be written: then nothing more may be sent.
pub async fn post(walk: &mut Walk<'_>, those: Those, report: &mut Report) -> Result<()> {
    settle_interrupted(walk)?;
    doubting::hold(walk, report)?;
    let mut waiting = waiting(walk, report);
    waiting.retain(|key| those == Those::All || is_notice(key));
    if waiting.is_empty() {
        return Ok(());
    }
    let mut post = match Post::open(&walk.settings.mail) {
        Ok(post) => post,
        Err(error) => {
            report.failures.push(trouble(format!("{} messages", waiting.len()), error.to_string()));
            report.mail_is_barred = true;
            return Ok(());
        }
    };
    let total = waiting.len();
    for (done, key) in waiting.into_iter().enumerate() {
        if post.is_barred() {
            let what = "wait: the mail server cannot be reached, or refuses our login".to_owned();
            report.failures.push(trouble(format!("{} messages", total - done), what));
            break;
        }
        let subject = format!("post {key}");
        if !walk.may_do(&subject)? {
            continue;
        }
        walk.is_doing(&subject, &format!("posting the message `{key}`"))?;
        match message(walk, &key) {
            Ok(message) => send(walk, &mut post, &message, report).await?,
            Err(error) => {
                report.failures.push(trouble(key.to_string(), format!("cannot be read back: {error:#}")));
            }
        }
        walk.tell(Progress::Posted(done + 1, total));
    }
    report.mail_is_barred = post.is_barred();
    post.close().await;
    Ok(())
}

/// A body that was on its way when a run died: its outcome is unknown.
fn settle_interrupted(walk: &mut Walk<'_>) -> Result<()> {
    let interrupted: Vec<(String, Value)> = outbox::tracks(walk.journal.lines())
        .into_iter()
        .filter(|(_, track)| track.standing == Standing::Sending)
        .map(|(key, _)| (key.to_string(), json!({ "reply": "the run ended before the relay's reply" })))
        .collect();
    Ok(walk.journal.append_all(walk.at(), Happened::Unknown, interrupted)?)
}

/// What goes out now, oldest first: not what has used up its tries, nor more than a recipient's daily share.
fn waiting(walk: &Walk<'_>, report: &mut Report) -> Vec<MessageKey> {
    let tracks = outbox::tracks(walk.journal.lines());
    let mut today = sent_today(walk, &tracks);
    let mut waiting: Vec<_> = tracks
        .iter()
        .filter(|(_, track)| track.standing == Standing::Waiting && !is_exhausted(walk.settings, track))
        .collect();
    waiting.sort_by(|(a, first), (b, second)| (first.queued_at, a).cmp(&(second.queued_at, b)));
    let (mut now, mut later) = (Vec::new(), 0_usize);
    for (key, track) in waiting {
        let count = today.entry(track.recipient.as_str()).or_insert(0);
        *count += 1;
        if is_notice(key) || *count <= walk.settings.mail.per_recipient_per_day {
            now.push(key.clone());
        } else {
            later += 1;
        }
    }
    if later > 0 {
        let what = "wait for tomorrow: their recipients have had `per_recipient_per_day` messages today";
        report.failures.push(trouble(format!("{later} messages"), what.to_owned()));
    }
    now
}

fn is_notice(key: &MessageKey) -> bool {
    key.as_str().starts_with(Kind::Notice.word())
}

/// How many messages each recipient was sent today.
fn sent_today<'a>(walk: &Walk<'_>, tracks: &'a BTreeMap<MessageKey, Track>) -> BTreeMap<&'a str, u32> {
    let mut today = BTreeMap::new();
    let day = |at: DateTime<Utc>| at.with_timezone(&walk.settings.zone).date_naive();
    for track in tracks.values().filter(|one| one.standing == Standing::Sent && day(one.at) == walk.today) {
        *today.entry(track.recipient.as_str()).or_insert(0) += 1;
    }
    today
}

/// Whether a message has used up its tries; the operator is told, and `outbox retry` gives it new ones.
#[must_use]
pub fn is_exhausted(settings: &Settings, track: &Track) -> bool {
    match &settings.mail.post {
        PostSettings::Smtp(smtp) => {
            track.standing == Standing::Waiting && track.attempts >= smtp.attempts_max
        }
        PostSettings::Folder { .. } => false,
    }
}

/// The message as it was queued, read from the state folder, or from where else it is kept.
///
/// # Errors
/// When nobody has the bytes any more whose hash was journalled.
pub fn message(walk: &Walk<'_>, key: &MessageKey) -> Result<Message> {
    let queued = |line: &&Line| line.event == Happened::Queued && line.subject == key.as_str();
    let line = walk.journal.lines().iter().find(queued).context("it was never queued")?;
    Ok(keeping::message(walk.settings, Some(&walk.store), line)?.0)
}

async fn send(walk: &mut Walk<'_>, post: &mut Post, message: &Message, report: &mut Report) -> Result<()> {
    let key = message.key.as_str();
    let sending = {
        let (now, ticking, journal) = (walk.now, walk.ticking, &mut walk.journal);
        let at = || ticking.map_or(now, |clock| clock().max(now));
        let mut at_body =
            || journal.append(at(), Happened::Sending, key, json!({})).map_err(io::Error::other);
        post.send(message, &mut at_body).await
    };
    let (event, reply) = match sending {
        Sending::Accepted { reply } => {
            report.sent += 1;
            (Happened::Sent, reply)
        }
        Sending::Refused { reply } => (Happened::Refused, reply),
        Sending::Later { reply } => (Happened::Later, reply),
        Sending::Unknown { reply } => (Happened::Unknown, reply),
    };
    let reply = without_addresses(&reply);
    if event == Happened::Later && post.is_barred() {
        // It says nothing of this message, and takes none of its tries.
        report.failures.push(trouble(key.to_owned(), reply));
        return Ok(());
    }
    if event != Happened::Sent {
        report.failures.push(trouble(key.to_owned(), reply.clone()));
    }
    Ok(walk.journal.append(walk.at(), event, key, json!({ "reply": reply }))?)
}

/// A relay may repeat the address it was given; a reply is kept without it.
fn without_addresses(reply: &str) -> String {
    let words = reply.split(' ').map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn trouble(place: String, what: String) -> Trouble {
    let next = "see `quarterdeck outbox`; what waits is tried again in the next run".to_owned();
    Trouble { room: Room::Mail, what, place, next }
}
