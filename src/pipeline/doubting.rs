//! A state that may know less than the world: restored from a backup, or with the end of its journal lost.
//!
//! What it calls waiting may have been sent, and so may what it would compose now. So all of it is queued as
//! usual and held, told to the operator, and goes out only when the operator releases it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::{Kind, MessageKey};
use crate::pipeline::opening::Walk;
use crate::pipeline::{Report, Step, composing, keeping};
use crate::store::journal::{Happened, Journal};
use crate::store::keep;
use crate::store::outbox::{self, Standing};
use crate::store::recover::{self, Doubt};

/// How the period of the notice begins that tells of the doubt: it is new, so it is not held.
pub const PERIOD: &str = "doubt";

/// What the operator does to settle a doubt.
const NEXT: &str = "compare `quarterdeck outbox` with the log of the mail server; \
    `quarterdeck outbox release KEY` sends one, `quarterdeck outbox release --all` sends all that is held \
    and ends this";

/// Raises a doubt when messages lie here that neither journal nor database knows: both are older than these.
///
/// A run that dies between writing a message and journalling it leaves one that the database knows. Call
/// before anything is composed, since what is composed again has the same name. The files are kept aside, so
/// that they raise one doubt and not one in every run.
///
/// # Errors
/// When the folder cannot be read, the mark not be made, or a file not be moved.
pub fn look_for_strays(walk: &Walk<'_>) -> Result<()> {
    let state = &walk.settings.state;
    let mut known = outbox::keys(walk.store.connection())?;
    known.extend(outbox::tracks(walk.journal.lines()).into_keys());
    let known: BTreeSet<String> = known.iter().map(keeping::file_name).collect();
    let strays = recover::strays(state, &|name| known.contains(name))?;
    if strays.is_empty() {
        return Ok(());
    }
    let why = format!("journal and database are older than {} of the messages beside them", strays.len());
    recover::raise_doubt(state, &Doubt { since: walk.now, why })?;
    for path in strays {
        fs::rename(&path, recover::aside_name(&path, walk.now))
            .with_context(|| format!("cannot keep `{}` aside", path.display()))?;
    }
    Ok(keep::sync_folder(&state.join(keep::MESSAGES))?)
}

/// Raises a doubt for a reason in words, unless there is one.
///
/// # Errors
/// When the mark cannot be read or made.
pub(super) fn raise(walk: &Walk<'_>, why: &str) -> Result<()> {
    let state = &walk.settings.state;
    if recover::doubt(state)?.is_none() {
        recover::raise_doubt(state, &Doubt { since: walk.now, why: why.to_owned() })?;
    }
    Ok(())
}

/// Holds every message that is not known as sent, when this state is in doubt. Call before posting.
///
/// # Errors
/// When the mark cannot be read or the journal cannot be written.
pub fn hold(walk: &mut Walk<'_>, report: &mut Report) -> Result<()> {
    let Some(doubt) = recover::doubt(&walk.settings.state)? else { return Ok(()) };
    let held = hold_all(&mut walk.journal, walk.now, &doubt)?;
    if !held.is_empty() {
        let what = format!("are held: {}, and they may have been sent since", doubt.why);
        let place = format!("{} messages", held.len());
        report.failures.push(Trouble { room: Room::Mail, what, place, next: NEXT.to_owned() });
    }
    Ok(())
}

/// Journals every message as held that waits or was on its way, but for the notice of the doubt itself.
///
/// # Errors
/// When the journal cannot be written.
pub fn hold_all(journal: &mut Journal, now: DateTime<Utc>, doubt: &Doubt) -> Result<Vec<MessageKey>> {
    let own = format!("{}{PERIOD}-", MessageKey::stem(Kind::Notice, "run"));
    let waits = |standing| matches!(standing, Standing::Waiting | Standing::Sending);
    let held: Vec<MessageKey> = outbox::tracks(journal.lines())
        .into_iter()
        .filter(|(key, track)| waits(track.standing) && !key.as_str().starts_with(&own))
        .map(|(key, _)| key)
        .collect();
    let reply = format!("{}, so it may have been sent", doubt.why);
    let lines = held.iter().map(|key| (key.to_string(), json!({ "reply": reply }))).collect();
    journal.append_all(now, Happened::Held, lines)?;
    Ok(held)
}

/// Ends the doubt when a whole walk composed everything that could have been sent before: on a working day,
/// after the hour of reminders, and with every source answered.
///
/// # Errors
/// When the mark cannot be removed.
pub fn settle(walk: &Walk<'_>, only: Option<Step>, report: &Report) -> Result<()> {
    let state = &walk.settings.state;
    let answered = report.failures.iter().all(|one| one.room != Room::Collect);
    if only.is_none() && answered && composing::may_remind(walk) && recover::doubt(state)?.is_some() {
        recover::settle_doubt(state)?;
    }
    Ok(())
}

/// What the operator is told of a doubt, and the period of its notice.
#[must_use]
pub fn told(walk: &Walk<'_>) -> Option<(String, Trouble)> {
    let doubt = recover::doubt(&walk.settings.state).ok().flatten()?;
    let what = format!("{}: what may have been sent since is held", doubt.why);
    let place = "every message that waits".to_owned();
    // Once a day, as long as it lasts.
    let period = format!("{PERIOD} {} {}", doubt.since.format("%Y-%m-%dT%H%M%SZ"), walk.today);
    Some((period, Trouble { room: Room::Mail, what, place, next: NEXT.to_owned() }))
}
