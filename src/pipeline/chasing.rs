//! Chasers: to those whose return is not in, by the ladder of working days.

use anyhow::Result;

use crate::config::settings::{Collection, Settings, Source};
use crate::domain::deadline::{self, Chase};
use crate::domain::letter::chaser::{self, ChaserFacts};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::{Recipient, Role};
use crate::pipeline::agreed;
use crate::pipeline::composing::{self, Queue};
use crate::pipeline::facts;
use crate::pipeline::opening::Walk;
use crate::pipeline::unseen::Unseen;
use crate::store::grid::{self, ReturnRow};

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
    let is_out = |row: &&ReturnRow| row.submission.is_none() && row.due.is_some();
    let is_hidden = |row: &&ReturnRow| unseen.has(&row.collection, &row.authority, row.quarter);
    for row in grid.iter().filter(is_out).filter(|row| !is_hidden(row)) {
        let Some(collection) = walk.settings.collections.iter().find(|one| one.name == row.collection) else {
            continue;
        };
        let own = |one: &&Recipient| one.owns(&row.authority);
        for recipient in walk.settings.recipients.iter().filter(own) {
            letters.extend(chaser_to(walk, queue, (collection, row, unseen), recipient));
        }
    }
    Ok(letters)
}

/// The start of the key of every chaser of a return.
fn stem(row: &ReturnRow) -> String {
    let subject = format!("{}-{}", row.collection, row.authority);
    let quarter = row.quarter.slug().to_lowercase();
    format!("{}{quarter}", MessageKey::stem(Kind::Chaser, &subject))
}

fn chaser_to(
    walk: &Walk<'_>,
    queue: &Queue,
    (collection, row, unseen): (&Collection, &ReturnRow, &Unseen),
    recipient: &Recipient,
) -> Option<Letter> {
    let settings = walk.settings;
    let ladders = &settings.chasing;
    let due = row.due?;
    let authority = facts::named(settings, &row.authority);
    let key = |step| chaser::key(&row.collection, &authority, row.quarter, step, &recipient.id);
    let ladder = Chase { before: &ladders.before, after: &ladders.after };
    let step =
        deadline::chase_due(due, ladder, &settings.calendar, walk.today, &|step| queue.has(&key(step)))?;
    if !is_written_to(recipient.role, &ladders.to, &deadline::escalated(ladders.escalate.as_ref(), step)) {
        return None;
    }
    let wrong = unseen.wrong(&row.collection, &row.authority, row.quarter);
    let facts = ChaserFacts {
        collection: row.collection.clone(),
        collection_title: collection.title.clone(),
        authority: authority.clone(),
        quarter: row.quarter,
        due,
        step,
        working_days_late: settings.calendar.between(due, walk.today),
        how_to_send: how_to_send(settings, collection, row),
        refused: row.refused.clone().or_else(|| wrong.map(str::to_owned)),
        first: queue.first_of(walk, &stem(row), &recipient.id),
    };
    chaser::compose(&composing::occasion(walk, recipient), &facts)
}

/// Whether a role is written to at a step: always, or because the matter has escalated.
#[must_use]
pub fn is_written_to(role: Role, always: &[Role], escalated: &[Role]) -> bool {
    always.contains(&role) || escalated.contains(&role)
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
