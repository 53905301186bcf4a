//! Chasers: to those whose return is not in, by the ladder of working days.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::config::settings::{Collection, Settings, Source};
use crate::domain::deadline::{self, Chase};
use crate::domain::letter::chaser::{self, ChaserFacts};
use crate::domain::letter::facts::Asked;
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::{Recipient, Role};
use crate::pipeline::agreed;
use crate::pipeline::composing::{self, Queue};
use crate::pipeline::facts;
use crate::pipeline::opening::Walk;
use crate::pipeline::strangers::{self, Lying};
use crate::pipeline::unseen::Unseen;
use crate::store::grid::{self, ReturnRow};
use crate::store::outbox;

/// So many files that may be a return are named in one chaser.
const LYING_MAX: usize = 5;

/// The chasers that are due today, to the people of authorities whose return is outstanding.
///
/// What could not be looked at, or came and could not be read, is not chased: that is no fault of theirs. The
/// next walk that sees it is not there writes.
///
/// # Errors
/// When the database refuses.
pub fn chasers(walk: &Walk<'_>, queue: &Queue, unseen: &Unseen) -> Result<Vec<Letter>> {
    let mut letters = Vec::new();
    if !composing::may_remind(walk) {
        return Ok(letters);
    }
    let grid = grid::returns(walk.store.connection())?;
    let sent = outbox::sent(walk.journal.lines());
    let lying = strangers::lying(walk.settings, walk.journal.lines());
    let is_out = |row: &&ReturnRow| row.submission.is_none() && row.due.is_some();
    let is_hidden = |row: &&ReturnRow| unseen.has(&row.collection, &row.authority, row.quarter);
    for row in grid.iter().filter(is_out).filter(|row| !is_hidden(row)) {
        let Some(collection) = walk.settings.collections.iter().find(|one| one.name == row.collection) else {
            continue;
        };
        let of = Outstanding { collection, row, unseen, queue, sent: &sent, lying: &lying };
        let own = |one: &&Recipient| one.owns(&row.authority);
        for recipient in walk.settings.recipients.iter().filter(own) {
            letters.extend(chaser_to(walk, &of, recipient));
        }
    }
    Ok(letters)
}

/// A return that is not in, and what is known of it.
struct Outstanding<'a> {
    collection: &'a Collection,
    row: &'a ReturnRow,
    unseen: &'a Unseen,
    queue: &'a Queue,
    sent: &'a BTreeSet<&'a str>,
    lying: &'a [Lying],
}

/// The start of the key of every chaser of a return.
fn stem(row: &ReturnRow) -> String {
    let subject = format!("{}-{}", row.collection, row.authority);
    let quarter = row.quarter.slug().to_lowercase();
    format!("{}{quarter}", MessageKey::stem(Kind::Chaser, &subject))
}

fn chaser_to(walk: &Walk<'_>, of: &Outstanding<'_>, recipient: &Recipient) -> Option<Letter> {
    let (settings, row) = (walk.settings, of.row);
    let ladders = &settings.chasing;
    let due = row.due?;
    let authority = facts::named(settings, &row.authority);
    let key = |step, id: &str| chaser::key(&row.collection, &authority, row.quarter, step, id);
    let ladder = Chase { before: &ladders.before, after: &ladders.after };
    let was_queued = |step| of.queue.has(&key(step, &recipient.id));
    let step = deadline::chase_due(due, ladder, &settings.calendar, walk.today, &was_queued)?;
    let asked = asked(
        recipient.role,
        &ladders.to,
        &deadline::escalated(ladders.escalate.as_ref(), step),
        &mut settings.recipients.iter().filter(|one| one.owns(&row.authority)),
        &|id| {
            let mut before = ladder.steps(due, &settings.calendar).into_iter().filter(|it| it.0 < step);
            before.any(|(step, _)| of.sent.contains(key(step, id).as_str()))
        },
    )?;
    let wrong = of.unseen.wrong(&row.collection, &row.authority, row.quarter);
    let facts = ChaserFacts {
        collection: row.collection.clone(),
        collection_title: of.collection.title.clone(),
        authority: authority.clone(),
        quarter: row.quarter,
        due,
        step,
        working_days_late: settings.calendar.between(due, walk.today),
        how_to_send: how_to_send(settings, of.collection, row),
        refused: row.refused.clone().or_else(|| wrong.map(str::to_owned)),
        lying: lying(walk, of),
        asked,
        first: of.queue.first_of(walk, &stem(row), &recipient.id),
    };
    chaser::compose(&composing::occasion(walk, recipient), &facts)
}

/// Why a person of this role is written to at a step; none when they are not.
///
/// Whoever hears of it because it has escalated does so once one of those whose it is was sent an earlier
/// step, as `was_sent` knows by their names: nobody is told that others were reminded who were not.
pub(super) fn asked<'a>(
    role: Role,
    always: &[Role],
    escalated: &[Role],
    concerned: &mut dyn Iterator<Item = &'a Recipient>,
    was_sent: &dyn Fn(&str) -> bool,
) -> Option<Asked> {
    if always.contains(&role) {
        return Some(Asked::First);
    }
    if !escalated.contains(&role) {
        return None;
    }
    let mut senders = concerned.filter(|one| always.contains(&one.role)).peekable();
    if senders.peek().is_none() {
        return Some(Asked::ForWantOfOthers);
    }
    senders.any(|one| was_sent(&one.id)).then_some(Asked::AfterOthers)
}

/// What lies in the drop folder, seems to be this return, and is not taken in.
fn lying(walk: &Walk<'_>, of: &Outstanding<'_>) -> Vec<String> {
    let Source::Folder(source) = &of.collection.source else { return Vec::new() };
    let folder = agreed::folder_words(source);
    let found = strangers::instead_of(walk.settings, of.lying, of.row, walk.today);
    found.take(LYING_MAX).map(|one| one.in_words(&folder)).collect()
}

fn how_to_send(settings: &Settings, collection: &Collection, row: &ReturnRow) -> Vec<String> {
    let way = match &collection.source {
        Source::Hand => "Send the file to the regional lead, who takes it in by hand.".to_owned(),
        Source::Http(_) | Source::Ees(_) => {
            "Publish the file at the address agreed for your authority; it is fetched within a working day."
                .to_owned()
        }
        Source::Folder(source) => {
            agreed::how_to_put(settings, collection, source, &row.authority, row.quarter)
        }
    };
    vec![way]
}
