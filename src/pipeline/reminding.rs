//! Reminders: of deadlines, to those who are outstanding and nobody else.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::domain::deadline::{self, Deadline, Party};
use crate::domain::letter::facts::Named;
use crate::domain::letter::reminder::{self, ReminderFacts};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::{Recipient, Scope};
use crate::pipeline::chasing::asked;
use crate::pipeline::composing::{self, Queue};
use crate::pipeline::opening::Walk;
use crate::store::{deeds, outbox};

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
    let sent = outbox::sent(walk.journal.lines());
    let deadlines = deeds::deadlines(&walk.settings.deadlines, walk.journal.lines());
    for deadline in &deadlines {
        for party in deadline.outstanding(walk.today) {
            for recipient in walk.settings.recipients.iter().filter(|one| is_of(one, party)) {
                letters.extend(reminder_to(walk, (queue, &sent), (deadline, party), recipient, &names));
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
    (queue, sent): (&Queue, &BTreeSet<&str>),
    (deadline, party): (&Deadline, &Party),
    recipient: &Recipient,
    names: &[Named],
) -> Option<Letter> {
    let calendar = &walk.settings.calendar;
    let key = |step, id: &str| reminder::key(deadline, party, step, id);
    let was_queued = |step| queue.has(&key(step, &recipient.id));
    let notice = deadline::notice_due(deadline, party, calendar, walk.today, &was_queued)?;
    let asked = asked(
        recipient.role,
        &deadline.reminders.to,
        &deadline.reminders.escalates(notice.step),
        &mut walk.settings.recipients.iter().filter(|one| is_of(one, party)),
        &|id| {
            let mut before = deadline.steps(calendar).into_iter().filter(|it| it.0 < notice.step);
            before.any(|(step, _)| sent.contains(key(step, id).as_str()))
        },
    )?;
    let stem = MessageKey::stem(Kind::Reminder, &format!("{}-{}", deadline.id, party.id()));
    let facts = ReminderFacts {
        deadline,
        party: party.clone(),
        step: notice.step,
        names,
        calendar,
        asked,
        first: queue.first_of(walk, &stem, &recipient.id),
    };
    reminder::compose(&composing::occasion(walk, recipient), &facts)
}
