//! The messages on their way: queued in the database with what caused them, posted by the journal.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use duckdb::{Connection, Result, Row, params};

use crate::domain::message::{Kind, Message, MessageKey};
use crate::domain::scope::EmailAddress;
use crate::store::journal::{Happened, Line};
use crate::store::returns::instant;

/// Where a message stands, by the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Not tried yet, or to be tried again.
    Waiting,
    /// Its body was on the way when we last heard.
    Sending,
    /// A relay took it.
    Sent,
    /// A relay refused it for good.
    Refused,
    /// Sent twice without an answer; called unknown and reported.
    Unknown,
    /// Held back by the operator.
    Held,
}

impl Standing {
    /// The word in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Held => "held",
        }
    }
}

/// What the journal says of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Where it stands.
    pub standing: Standing,
    /// How often its sending was begun or put off.
    pub attempts: u32,
    /// How often its outcome could not be known.
    pub unknown: u32,
    /// The last reply of a relay.
    pub reply: Option<String>,
    /// When the last thing happened.
    pub at: DateTime<Utc>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// The recipient's short name.
    pub recipient: String,
    /// Whether it was in hand when a run could send nothing more: others go before it.
    pub in_doubt: bool,
}

/// Folds the journal into where each message stands.
///
/// A body that was on its way when a run died counts as one unknown outcome: it is sent once more.
#[must_use]
pub fn tracks(lines: &[Line]) -> BTreeMap<MessageKey, Track> {
    let mut tracks: BTreeMap<MessageKey, Track> = BTreeMap::new();
    for line in lines {
        if line.event == Happened::Queued {
            let recipient = line.detail.get("recipient").and_then(|id| id.as_str()).unwrap_or_default();
            let track = Track {
                standing: Standing::Waiting,
                attempts: 0,
                unknown: 0,
                reply: None,
                at: line.at,
                queued_at: line.at,
                recipient: recipient.to_owned(),
                in_doubt: false,
            };
            tracks.entry(MessageKey::stored(&line.subject)).or_insert(track);
        } else if line.event == Happened::Barred {
            bar(&mut tracks, line);
        } else if let Some(track) = tracks.get_mut(&MessageKey::stored(&line.subject)) {
            follow(track, line);
        }
    }
    tracks
}

/// The messages that a mail server took: what a recipient was told. What waits, is held or was refused may
/// never arrive, so a later message must not count on it.
#[must_use]
pub fn sent(lines: &[Line]) -> BTreeSet<&str> {
    lines.iter().filter(|line| line.event == Happened::Sent).map(|line| line.subject.as_str()).collect()
}

/// Everything that waits, waits for the same reason.
fn bar(tracks: &mut BTreeMap<MessageKey, Track>, line: &Line) {
    let named = line.detail.get("messages").and_then(|keys| keys.as_array());
    let named: BTreeSet<&str> = named.into_iter().flatten().filter_map(|key| key.as_str()).collect();
    for (key, track) in tracks.iter_mut().filter(|(_, track)| track.standing == Standing::Waiting) {
        track.reply = reply(line).or_else(|| track.reply.take());
        track.in_doubt = named.contains(key.as_str());
    }
}

fn reply(line: &Line) -> Option<String> {
    line.detail.get("reply").and_then(|reply| reply.as_str()).map(str::to_owned)
}

fn follow(track: &mut Track, line: &Line) {
    match line.event {
        Happened::Sending => {
            if track.standing == Standing::Sending {
                track.unknown += 1;
            }
            track.attempts += 1;
            track.standing = Standing::Sending;
        }
        Happened::Sent => track.standing = Standing::Sent,
        Happened::Refused => track.standing = Standing::Refused,
        Happened::Later => {
            // A body that was begun is counted already.
            let counts = line.detail.get("counts").and_then(serde_json::Value::as_bool) != Some(false);
            match (counts, track.standing == Standing::Sending) {
                (true, false) => track.attempts += 1,
                (false, true) => track.attempts = track.attempts.saturating_sub(1),
                _ => {}
            }
            track.standing = Standing::Waiting;
        }
        Happened::Unknown => {
            track.unknown += 1;
            track.standing = if track.unknown > 1 { Standing::Unknown } else { Standing::Waiting };
        }
        Happened::Held => track.standing = Standing::Held,
        Happened::Released => {
            track.standing = Standing::Waiting;
            track.attempts = 0;
        }
        _ => return,
    }
    track.at = line.at;
    track.in_doubt = false;
    track.reply = reply(line).or_else(|| track.reply.take());
}

/// Queues messages. Call inside the transaction that loads and checks.
///
/// # Errors
/// When the database refuses.
pub fn queue(connection: &Connection, messages: &[Message]) -> Result<()> {
    let mut rows = connection.appender("outbox_messages")?;
    for it in messages {
        rows.append_row(params![
            it.key.as_str(),
            it.kind.word(),
            it.recipient,
            it.to.as_str(),
            it.subject,
            it.message_id,
            instant(it.queued_at),
            it.bytes,
            serde_json::to_string(&it.told).unwrap_or_default()
        ])?;
    }
    rows.flush()
}

/// The keys of every message that was ever queued in this database.
///
/// # Errors
/// When the database refuses.
pub fn keys(connection: &Connection) -> Result<BTreeSet<MessageKey>> {
    let mut statement = connection.prepare("SELECT DISTINCT key FROM outbox_messages ORDER BY key")?;
    statement
        .query_map([], |row| row.get::<_, String>(0))?
        .map(|key| key.map(|key| MessageKey::stored(&key)))
        .collect()
}

/// The queued messages with these keys, in order of key, with all their bytes.
///
/// # Errors
/// When the database refuses.
pub fn messages(connection: &Connection, wanted: &BTreeSet<MessageKey>) -> Result<Vec<Message>> {
    let mut statement = connection.prepare(
        "SELECT key, kind, recipient, address, subject, message_id, epoch_us(queued_at), bytes, told
           FROM outbox_messages
          WHERE key = ?
          ORDER BY queued_at",
    )?;
    let mut found = Vec::new();
    for key in wanted {
        let mut rows = statement.query([key.as_str()])?;
        if let Some(row) = rows.next()? {
            found.extend(message(row)?);
        }
    }
    Ok(found)
}

fn message(row: &Row<'_>) -> Result<Option<Message>> {
    let (kind, address): (String, String) = (row.get(1)?, row.get(3)?);
    let Some((kind, to)) = Kind::parse(&kind).zip(EmailAddress::parse(&address).ok()) else {
        return Ok(None);
    };
    Ok(Some(Message {
        key: MessageKey::stored(&row.get::<_, String>(0)?),
        kind,
        recipient: row.get(2)?,
        to,
        subject: row.get(4)?,
        message_id: row.get(5)?,
        queued_at: DateTime::from_timestamp_micros(row.get(6)?).unwrap_or_default(),
        bytes: row.get(7)?,
        told: serde_json::from_str(&row.get::<_, String>(8)?).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::{Value, json};

    use super::{Standing, Track, tracks};
    use crate::domain::message::MessageKey;
    use crate::store::journal::{Happened, Line};

    const KEY: &str = "receipt.a.b.c";

    fn track_after(events: &[(Happened, &str, Value)]) -> Track {
        let queued = (Happened::Queued, KEY, json!({}));
        let lines: Vec<Line> = (1..)
            .zip(std::iter::once(&queued).chain(events))
            .map(|(seq, (event, subject, detail))| Line {
                seq,
                at: DateTime::UNIX_EPOCH,
                event: *event,
                subject: (*subject).to_owned(),
                detail: detail.clone(),
            })
            .collect();
        tracks(&lines).remove(&MessageKey::stored(KEY)).unwrap()
    }

    fn standing_after(events: &[Happened]) -> Standing {
        let events: Vec<_> = events.iter().map(|event| (*event, KEY, json!({}))).collect();
        track_after(&events).standing
    }

    #[test]
    fn what_says_nothing_of_a_message_costs_it_no_try_and_tells_why_it_waits() {
        let barred = |keys: Value| {
            let detail = json!({ "reply": "MAIL was answered with 450 later", "messages": keys });
            (Happened::Barred, "mail", detail)
        };
        let track = track_after(&[barred(json!([]))]);
        assert_eq!((track.attempts, track.in_doubt, track.standing), (0, false, Standing::Waiting));
        assert_eq!(track.reply.as_deref(), Some("MAIL was answered with 450 later"));
        let later = |detail: Value| [(Happened::Sending, KEY, json!({})), (Happened::Later, KEY, detail)];
        assert_eq!(track_after(&later(json!({}))).attempts, 1);
        assert_eq!(track_after(&later(json!({ "counts": false }))).attempts, 0);
        assert!(track_after(&[barred(json!([KEY]))]).in_doubt);
        let asked_again = [barred(json!([KEY])), (Happened::Later, KEY, json!({}))];
        assert!(!track_after(&asked_again).in_doubt);
        let sent = [(Happened::Sent, KEY, json!({ "reply": "250 ok" })), barred(json!([]))];
        assert_eq!(track_after(&sent).reply.as_deref(), Some("250 ok"));
    }

    #[test]
    fn an_unknown_outcome_is_tried_once_more_and_then_called_unknown() {
        use Happened::{Sending, Unknown};
        assert_eq!(standing_after(&[Sending, Unknown]), Standing::Waiting);
        assert_eq!(standing_after(&[Sending, Unknown, Sending, Unknown]), Standing::Unknown);
    }

    #[test]
    fn a_refused_message_waits_again_when_released() {
        use Happened::{Refused, Released, Sending};
        assert_eq!(standing_after(&[Sending, Refused]), Standing::Refused);
        assert_eq!(standing_after(&[Sending, Refused, Released]), Standing::Waiting);
    }
}
