//! Composing: what is due becomes letters, letters become messages, messages are queued once.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};

use crate::config::settings::Settings;
use crate::domain::letter::Occasion;
use crate::domain::letter::contact::Contact;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::{Letter, Message, MessageKey};
use crate::domain::scope::{Recipient, Role};
use crate::mail::{self, Voice};
use crate::pipeline::loading::Loaded;
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::{Report, Step, chasing, digesting, noticing, receipting, reminding, supporting};
use crate::store::findings::Finding;
use crate::store::journal::{Happened, Line};
use crate::store::outbox;
use crate::store::withdrawn::Gone;

/// So much of finished messages is held in memory before they are written into the transaction.
const FRESH_BYTES_MAX: usize = 8 << 20;

/// What this walk did to the returns.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// What was loaded.
    pub loaded: &'a [Loaded],
    /// Versions that count no more.
    pub gone: &'a [Gone],
}

/// Composes and queues everything that is due. Inside the transaction that loaded and checked.
///
/// # Errors
/// When the database refuses. A letter that cannot be rendered is a failure in the report.
pub fn compose(
    walk: &mut Walk<'_>,
    only: Option<Step>,
    news: &News<'_>,
    findings: &[Finding],
    report: &mut Report,
) -> Result<()> {
    let wants = |step| only.is_none_or(|one| one == step);
    let mut queue = Queue::open(walk)?;
    let mut letters = receipting::receipts(walk, news.loaded, findings)?;
    letters.extend(receipting::withdrawals(walk, news.gone)?);
    letters.extend(supporting::agreements(walk));
    if wants(Step::Remind) {
        letters.extend(chasing::chasers(walk, &queue, &report.unseen)?);
        letters.extend(reminding::reminders(walk, &queue)?);
    }
    if wants(Step::Digest) {
        letters.extend(digesting::digests(walk, findings)?);
    }
    for letter in letters {
        queue.add(walk, &letter, report)?;
    }
    let overdue = if only.is_none() { noticing::overdue(walk) } else { Vec::new() };
    for letter in noticing::notices(walk, report).into_iter().chain(overdue) {
        queue.add(walk, &letter, report)?;
    }
    report.queued = queue.keep(walk)?;
    walk.tell(Progress::Composed(report.queued));
    Ok(())
}

/// Queues and keeps notices to the operator, outside the transaction of a walk.
///
/// # Errors
/// When the database refuses.
pub fn queue_notices(walk: &mut Walk<'_>, notices: &[Letter], report: &mut Report) -> Result<()> {
    let mut queue = Queue::open(walk)?;
    for letter in notices {
        queue.add(walk, letter, report)?;
    }
    queue.keep(walk).map(drop)
}

/// The messages that exist, and those that this walk adds.
pub struct Queue {
    known: BTreeSet<MessageKey>,
    fresh: Vec<Message>,
    bytes: usize,
    kept: usize,
}

impl Queue {
    fn open(walk: &Walk<'_>) -> Result<Self> {
        let mut known = outbox::keys(walk.store.connection())?;
        let queued = |line: &&Line| line.event == Happened::Queued;
        for line in walk.journal.lines().iter().filter(queued) {
            known.insert(MessageKey::stored(&line.subject));
        }
        Ok(Self { known, fresh: Vec::new(), bytes: 0, kept: 0 })
    }

    /// Whether a message exists under this key.
    #[must_use]
    pub fn has(&self, key: &MessageKey) -> bool {
        self.known.contains(key)
    }

    /// The first message whose key starts with `stem` and ends with `.recipient`, for threads.
    #[must_use]
    pub fn first_of(&self, walk: &Walk<'_>, stem: &str, recipient: &str) -> Option<MessageKey> {
        let end = format!(".{recipient}");
        walk.journal
            .lines()
            .iter()
            .filter(|line| line.event == Happened::Queued)
            .find(|line| line.subject.starts_with(stem) && line.subject.ends_with(&end))
            .map(|line| MessageKey::stored(&line.subject))
    }

    fn add(&mut self, walk: &mut Walk<'_>, letter: &Letter, report: &mut Report) -> Result<()> {
        let subject = format!("compose {}", letter.key);
        if self.has(&letter.key) || !walk.may_do(&subject)? {
            return Ok(());
        }
        walk.is_doing(&subject, &format!("composing the message `{}`", letter.key))?;
        match mail::finish(letter, &voice_of(walk.settings)) {
            Ok(message) => {
                self.known.insert(message.key.clone());
                self.bytes += message.bytes.len();
                self.fresh.push(message);
                if self.bytes > FRESH_BYTES_MAX {
                    self.keep(walk)?;
                }
                walk.tell(Progress::Written(Box::new(letter.clone())));
            }
            Err(error) => report.failures.push(trouble(letter, format!("cannot be composed: {error}"))),
        }
        Ok(())
    }

    /// Writes what is finished into the transaction; gives how many messages it has by now.
    fn keep(&mut self, walk: &Walk<'_>) -> Result<usize> {
        outbox::queue(walk.store.connection(), &self.fresh).context("cannot queue messages")?;
        self.kept += self.fresh.len();
        self.bytes = 0;
        self.fresh.clear();
        Ok(self.kept)
    }
}

fn trouble(letter: &Letter, what: String) -> Trouble {
    let next = "see `[mail]` in quarterdeck.toml and recipients.toml, then run again".to_owned();
    Trouble { room: Room::Mail, what, place: letter.key.to_string(), next }
}

/// In whose name every message is written.
#[must_use]
pub fn voice_of(settings: &Settings) -> Voice<'_> {
    let region = &settings.region;
    Voice {
        region: &region.name,
        instance: &region.instance,
        mail: &settings.mail,
        notice: region.notice.as_deref(),
    }
}

/// To whom and when a letter of this walk is written.
#[must_use]
pub fn occasion<'a>(walk: &Walk<'a>, recipient: &'a Recipient) -> Occasion<'a> {
    Occasion {
        recipient,
        queued_at: walk.now,
        today: walk.today,
        zone: walk.settings.zone,
        region: &walk.settings.region.name,
        contact: contact(walk.settings, recipient),
        notice: None,
    }
}

/// Whom a recipient asks: whoever answers to the letters, and who is that themselves, the operator.
fn contact<'a>(settings: &'a Settings, recipient: &Recipient) -> Contact<'a> {
    let answers = &settings.mail.reply_to;
    let same = |one: &&Recipient| one.address.as_str().eq_ignore_ascii_case(answers.as_str());
    let operator = || settings.recipients.iter().find(|one| one.role == Role::Operator);
    let found = settings.recipients.iter().find(same);
    let found = if same(&recipient) { operator().or(found) } else { found };
    Contact {
        name: found.map(|one| one.name.as_str()),
        address: found.map_or(answers.as_str(), |one| one.address.as_str()),
    }
}

/// Whether chasers and reminders may go out now: on a working day, from the configured hour on.
#[must_use]
pub fn may_remind(walk: &Walk<'_>) -> bool {
    use chrono::Timelike;
    let hour = walk.now.with_timezone(&walk.settings.zone).hour();
    walk.settings.calendar.is_working_day(walk.today) && hour >= walk.settings.schedule.remind_from_hour
}

/// When the last message with this stem was queued for a recipient, of those that were `sent`.
#[must_use]
pub fn last_sent(
    lines: &[Line],
    sent: &BTreeSet<&str>,
    stem: &str,
    recipient: &str,
) -> Option<DateTime<Utc>> {
    let end = format!(".{recipient}");
    let is_one = |line: &&Line| {
        line.event == Happened::Queued
            && line.subject.starts_with(stem)
            && line.subject.ends_with(&end)
            && sent.contains(line.subject.as_str())
    };
    lines.iter().rev().find(is_one).map(|line| line.at)
}

/// The day of an instant in the configured zone.
#[must_use]
pub fn day_of(walk: &Walk<'_>, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&walk.settings.zone).date_naive()
}
