//! Posting: queued messages are made durable and announced, then sent one by one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::config::settings::{MailSettings, PostSettings, Settings};
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::{Kind, Message, MessageKey};
use crate::mail::{Bar, Post, PostError, Sending};
use crate::pipeline::opening::{self, Progress, Walk};
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
    for key in fresh {
        // One by one: a year's history brings thousands, each with its charts.
        let Some(message) = outbox::messages(walk.store.connection(), &[key].into())?.pop() else { continue };
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
    post_through(walk, those, Post::open, report).await
}

/// As [`post`], through the post that `open` opens when something waits.
///
/// # Errors
/// As [`post`].
pub async fn post_through(
    walk: &mut Walk<'_>,
    those: Those,
    open: impl FnOnce(&MailSettings) -> Result<Post, PostError>,
    report: &mut Report,
) -> Result<()> {
    settle_interrupted(walk)?;
    doubting::hold(walk, report)?;
    let mut queue = waiting(walk, report);
    queue.retain(|key| those == Those::All || is_notice(key));
    if queue.is_empty() {
        return Ok(());
    }
    let post = match open(&walk.settings.mail) {
        Ok(post) => post,
        Err(error) => {
            let stopped = Stopped { why: Bar::OutOfReach, reply: error.to_string(), asked: BTreeSet::new() };
            return bar(walk, stopped, queue.len(), report);
        }
    };
    let (total, mut asked) = (queue.len(), BTreeSet::new());
    while let Some(key) = queue.pop_front() {
        let subject = format!("post {key}");
        if !walk.may_do(&subject)? {
            continue;
        }
        walk.is_doing(&subject, &format!("posting the message `{key}`"))?;
        let went = match message(walk, &key) {
            Ok(message) => send(walk, &post, &message, report).await?,
            Err(error) => lost(walk, &key, &error, report)?,
        };
        match went {
            Went::Settled => {}
            Went::Aside => {
                asked.insert(key.to_string());
                queue.push_back(key);
            }
            Went::Barred(reply, why) => {
                asked.insert(key.to_string());
                bar(walk, Stopped { why, reply, asked }, queue.len() + 1, report)?;
                break;
            }
        }
        walk.tell(Progress::Posted(total.saturating_sub(queue.len()), total));
    }
    report.mail_is_barred = post.is_barred();
    post.close().await;
    Ok(())
}

/// How it went with one message.
enum Went {
    /// It has its line in the journal.
    Settled,
    /// It is asked for again after the others.
    Aside,
    /// Nothing more goes out in this run.
    Barred(String, Bar),
}

/// Whether the body of a message was journalled as being sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Yes,
    Not,
}

/// What stopped a run's mail.
struct Stopped {
    why: Bar,
    reply: String,
    /// The messages that were asked for when it showed.
    asked: BTreeSet<String>,
}

/// Nothing more goes out in this run: journalled once for all that waits, with the reason.
fn bar(walk: &mut Walk<'_>, stopped: Stopped, waiting: usize, report: &mut Report) -> Result<()> {
    let Stopped { why, reply, asked } = stopped;
    report.mail_is_barred = true;
    let what = format!("wait, and no try is counted: {reply}");
    let place = if waiting == 1 { "1 message".to_owned() } else { format!("{waiting} messages") };
    let next = "see `quarterdeck doctor`, line `mail`; the next run tries again".to_owned();
    report.failures.push(Trouble { room: Room::Mail, what, place, next });
    let detail = json!({ "reply": reply, "why": why.word(), "messages": asked });
    Ok(walk.journal.append(walk.at(), Happened::Barred, "mail", detail)?)
}

/// Nobody has the bytes of a message any more: it will not be sent, and the operator hears of it.
fn lost(walk: &mut Walk<'_>, key: &MessageKey, error: &anyhow::Error, report: &mut Report) -> Result<Went> {
    let reply = format!(
        "not sent, it cannot be read back: {error:#}; put `messages/{}` back from a copy, then retry",
        keeping::file_name(key)
    );
    report.failures.push(trouble(key.to_string(), reply.clone()));
    walk.journal.append(walk.at(), Happened::Refused, key.as_str(), json!({ "reply": reply }))?;
    Ok(Went::Settled)
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

/// What goes out now, oldest first, but last what was in hand when an earlier run could send nothing more:
/// not what has used up its tries, nor more than a recipient's daily share.
fn waiting(walk: &Walk<'_>, report: &mut Report) -> VecDeque<MessageKey> {
    let tracks = outbox::tracks(walk.journal.lines());
    let mut today = sent_today(walk, &tracks);
    let mut waiting: Vec<_> = tracks
        .iter()
        .filter(|(_, track)| track.standing == Standing::Waiting && !is_exhausted(walk.settings, track))
        .collect();
    waiting.sort_by_key(|(key, track)| (track.in_doubt, track.queued_at, *key));
    let (mut now, mut later) = (VecDeque::new(), 0_usize);
    for (key, track) in waiting {
        let count = today.entry(track.recipient.as_str()).or_insert(0);
        *count += 1;
        if is_notice(key) || *count <= walk.settings.mail.per_recipient_per_day {
            now.push_back(key.clone());
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

/// The word for a message that has used up its tries.
pub const GIVEN_UP: &str = "given up";

/// Where a message stands, in a word for tables.
#[must_use]
pub fn standing_word(settings: &Settings, track: &Track) -> &'static str {
    if is_exhausted(settings, track) { GIVEN_UP } else { track.standing.word() }
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

async fn send(walk: &mut Walk<'_>, post: &Post, message: &Message, report: &mut Report) -> Result<Went> {
    let (key, mut begun) = (message.key.as_str(), Begun::Not);
    let sending = {
        let (now, ticking, journal, stop) = (walk.now, walk.ticking, &mut walk.journal, &walk.stop);
        let mut at_body = || {
            begun = Begun::Yes;
            journal
                .append(opening::at(now, ticking), Happened::Sending, key, json!({}))
                .map_err(io::Error::other)
        };
        post.send(message, &mut at_body, stop.hurry()).await
    };
    let (event, reply) = match sending {
        Sending::Accepted { reply } => {
            report.sent += 1;
            (Happened::Sent, reply)
        }
        Sending::Refused { reply } => (Happened::Refused, reply),
        Sending::Later { reply } => (Happened::Later, reply),
        Sending::Unknown { reply } => (Happened::Unknown, reply),
        Sending::Aside { reply } => {
            uncounted(walk, key, &reply, begun)?;
            return Ok(Went::Aside);
        }
        Sending::Barred { reply, bar } => {
            uncounted(walk, key, &reply, begun)?;
            return Ok(Went::Barred(without_addresses(&reply), bar));
        }
    };
    let reply = without_addresses(&reply);
    if event != Happened::Sent {
        report.failures.push(trouble(key.to_owned(), reply.clone()));
    }
    walk.journal.append(walk.at(), event, key, json!({ "reply": reply }))?;
    Ok(Went::Settled)
}

/// A body that was begun and certainly not taken.
fn uncounted(walk: &mut Walk<'_>, key: &str, reply: &str, begun: Begun) -> Result<()> {
    if begun == Begun::Not {
        return Ok(());
    }
    let detail = json!({ "reply": without_addresses(reply), "counts": false });
    Ok(walk.journal.append(walk.at(), Happened::Later, key, detail)?)
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
