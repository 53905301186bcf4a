//! Reminders: of deadlines, to those who are outstanding and nobody else.

use anyhow::Result;

use crate::domain::deadline::{self, Deadline, Party};
use crate::domain::letter::facts::Named;
use crate::domain::letter::reminder::{self, ReminderFacts};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::{Recipient, Scope};
use crate::pipeline::chasing::is_written_to;
use crate::pipeline::composing::{self, Queue};
use crate::pipeline::opening::Walk;
use crate::store::deeds;

/// The reminders that are due today.
///
/// # Errors
/// Never; for the sake of its siblings.
pub fn reminders(walk: &Walk<'_>, queue: &Queue) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    if !composing::may_remind(walk) {
        return Ok(letters);
    }
    let names: Vec<Named> = walk
        .settings
        .authorities
        .iter()
        .map(|one| Named { code: one.code.clone(), name: one.name.clone() })
        .collect();
    let deadlines = deeds::deadlines(&walk.settings.deadlines, walk.journal.lines());
    for deadline in &deadlines {
        for party in deadline.outstanding(walk.today) {
            for recipient in walk.settings.recipients.iter().filter(|one| is_of(one, party)) {
                letters.extend(reminder_to(walk, queue, deadline, party, recipient, &names));
            }
        }
    }
    Ok(letters)
}

/// A party's own people; for the region, the people of the region.
fn is_of(recipient: &Recipient, party: &Party) -> bool {
    match (party, &recipient.scope) {
        (Party::Region, scope) => *scope == Scope::Region,
        (_, Scope::Region) => false,
        (party, Scope::Authorities(_)) => party.authorities().into_iter().any(|code| recipient.owns(code)),
    }
}

fn reminder_to(
    walk: &Walk<'_>,
    queue: &Queue,
    deadline: &Deadline,
    party: &Party,
    recipient: &Recipient,
    names: &[Named],
) -> Option<Letter> {
    let calendar = &walk.settings.calendar;
    let was_sent = |step| queue.has(&reminder::key(deadline, party, step, &recipient.id));
    let notice = deadline::notice_due(deadline, party, calendar, walk.today, &was_sent)?;
    if !is_written_to(recipient.role, &deadline.reminders.to, &deadline.reminders.escalates(notice.step)) {
        return None;
    }
    let stem = MessageKey::stem(Kind::Reminder, &format!("{}-{}", deadline.id, party.id()));
    let facts = ReminderFacts {
        deadline,
        party: party.clone(),
        step: notice.step,
        names,
        calendar,
        first: queue.first_of(walk, &stem, &recipient.id),
    };
    reminder::compose(&composing::occasion(walk, recipient), &facts)
}
