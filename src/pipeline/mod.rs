//! THE WALK: collect -> read -> (load -> check -> compose, one transaction) -> post.
//!
//! The only room that knows every other. Four promises are kept here:
//!
//! 1. *Commit before post.* What was loaded, found and queued becomes true together or not at all.
//! 2. *At least once, visibly.* A message exists once under its key; an outcome that could not be known is
//!    tried once more, byte for byte, and then reported.
//! 3. *`DuckDB` is a guest.* The database is opened here, in a process that ends with the walk.
//! 4. *The database can be lost.* Received files and messages are kept under the journal, which comes first.

pub mod addressed;
pub mod advising;
pub mod agreed;
pub mod apart;
pub mod asking;
pub mod backing_up;
mod barring;
pub mod beside;
pub mod chasing;
pub mod collecting;
mod columns;
pub mod comparing;
pub mod composing;
pub mod daring;
pub mod digesting;
pub mod doubting;
pub mod dropping;
pub mod exporting;
pub mod facts;
pub mod forgotten;
pub mod found;
mod had;
pub mod history;
mod holds;
pub mod keeping;
mod last_ask;
mod ledgers;
pub mod loading;
pub mod metering;
mod naming;
pub mod neighbouring;
pub mod noticing;
pub mod opening;
pub mod picture;
mod polled;
pub mod polling;
pub mod posting;
pub mod previewing;
pub mod rebuilding;
pub mod receipting;
pub mod refreshing;
pub mod regional;
pub mod remembered;
pub mod reminding;
pub mod repairing;
pub mod revising;
pub mod sentences;
mod settled;
pub mod spending;
pub mod stopping;
pub mod strangers;
pub mod supporting;
pub mod telling;
pub mod unpublished;
pub mod unseen;
mod verdicts;
mod versions;
mod wanting;
mod whose;
pub mod withdrawing;
pub mod withheld;
pub mod worded;

use anyhow::Result;
use serde_json::json;

use crate::domain::letter::notice::{Room, Trouble};
use crate::store::journal::Happened;
use crate::store::mirror;
use crate::store::withdrawn;

use crate::pipeline::posting::Those;
use crate::pipeline::spending::On;
use crate::pipeline::stopping::Stopped;
use crate::pipeline::unseen::Unseen;
use crate::read::code::Refusal;

pub use crate::pipeline::opening::{Moment, Progress, Walk};

/// One step of the walk, for `once --only`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Poll the sources, load what arrived, send receipts on their way.
    Collect,
    /// Ask the checks.
    Check,
    /// Compose the digests that are due.
    Digest,
    /// Compose chasers and reminders that are due.
    Remind,
    /// Post what waits in the outbox.
    Deliver,
}

/// What a walk did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files fetched or claimed that were new.
    pub received: usize,
    /// Sources that had nothing new (304, or the same bytes).
    pub unchanged: usize,
    /// Returns that are not there yet.
    pub not_there: usize,
    /// Returns of which it is not known whether they are there.
    pub unseen: Unseen,
    /// Submissions loaded.
    pub loaded: usize,
    /// Submissions refused whole.
    pub refused: usize,
    /// Which, and why; each sender has it in a receipt.
    pub refusals: Vec<Trouble>,
    /// Rows accepted.
    pub rows_accepted: u64,
    /// Rows quarantined.
    pub rows_quarantined: u64,
    /// Findings that are open, and not for information only.
    pub open: usize,
    /// Findings that are open for information only.
    pub informing: usize,
    /// Findings that opened, worsened or were resolved in this walk.
    pub changed: usize,
    /// Messages queued.
    pub queued: usize,
    /// Messages a relay took.
    pub sent: usize,
    /// Whether it was told to stop, and left the rest to the next one.
    pub stopped: bool,
    /// Whether nothing more could be sent: the mail server was out of reach, put us off, or refused us.
    pub mail_is_barred: bool,
    /// Files in drop folders that came just now, or may still be written: they wait for the next run.
    pub young: usize,
    /// Files that lie in drop folders and are not taken in.
    pub lying: usize,
    /// What the operator is told and is no failure: files in drop folders that are not taken in.
    pub remarks: Vec<Trouble>,
    /// What could not be done, in words; each is in a notice to the operator too.
    pub failures: Vec<Trouble>,
}

/// Everything that is due at the walk's instant, or one step of it.
///
/// # Errors
/// When the walk itself could not be done. One bad return or recipient is a failure in the report.
pub async fn once(walk: &mut Walk<'_>, only: Option<Step>) -> Result<Report> {
    let mut report = Report::default();
    walk.begin(&opening::named(only))?;
    match steps(walk, only, &mut report).await {
        Err(error) if error.is::<Stopped>() => {
            walk.journal.append(walk.at(), Happened::Stopped, &opening::named(only), json!({}))?;
            report.stopped = true;
        }
        Err(error) => return Err(tell_of_failure(walk, only, error, &mut report).await),
        Ok(()) => {}
    }
    Ok(report)
}

async fn steps(walk: &mut Walk<'_>, only: Option<Step>, report: &mut Report) -> Result<()> {
    let wants = |step| only.is_none_or(|one| one == step);
    walk.spending.was_on(On::Opening);
    doubting::look_for_strays(walk)?;
    report.failures.append(&mut walk.troubles);
    let mut dropped = Vec::new();
    if wants(Step::Collect) {
        dropped = polling::collect(walk, report).await?;
        report.unseen.keep(walk)?;
        refreshing::refresh(walk, report).await?;
        walk.spending.was_on(On::Collect);
    } else {
        report.unseen = Unseen::last(walk.journal.lines());
    }
    report.unseen.add_unread(walk);
    walk.begin_transaction()?;
    let done = load_check_compose(walk, only, report);
    walk.end_transaction(done)?;
    walk.spending.was_on(On::Commit);
    posting::announce(walk)?;
    dropping::put_away(walk, dropped, report)?;
    if wants(Step::Deliver) {
        posting::post(walk, Those::All, report).await?;
        walk.spending.was_on(On::Post);
    }
    walk.finish(only)?;
    doubting::settle(walk, only, report)
}

/// A walk that could not go on is journalled with its reason, whatever step it was in, and the operator is
/// written to; the error is given on.
async fn tell_of_failure(
    walk: &mut Walk<'_>,
    only: Option<Step>,
    error: anyhow::Error,
    report: &mut Report,
) -> anyhow::Error {
    let what = format!("{error:#}");
    let next = "what it had not done is done by the next run, and nothing is lost; see the log, then \
                `quarterdeck once`"
        .to_owned();
    // What it was to tell of is told all the same.
    report.failures.append(&mut walk.troubles);
    report.failures.push(Trouble { room: Room::Run, what: what.clone(), place: "the run".to_owned(), next });
    let told = async {
        walk.journal.append(walk.at(), Happened::Failed, &opening::named(only), json!({ "why": what }))?;
        let notices = noticing::of_failure(walk, report);
        composing::queue_notices(walk, &notices, report)?;
        posting::announce(walk)?;
        posting::post(walk, Those::All, report).await
    };
    match told.await {
        Ok(()) => error,
        Err(untold) => error.context(format!("and the operator could not be told: {untold:#}")),
    }
}

/// Has the operator told why the daemon runs nothing. Nothing else is done or sent.
///
/// # Errors
/// When the journal or the database refuses. That the mail server does not answer is in the report.
pub async fn tell_of_hold(walk: &mut Walk<'_>, why: &str) -> Result<Report> {
    let mut report = Report::default();
    let notices = noticing::of_hold(walk, why);
    composing::queue_notices(walk, &notices, &mut report)?;
    posting::announce(walk)?;
    posting::post(walk, Those::Notices, &mut report).await?;
    Ok(report)
}

/// What `receive` did.
#[derive(Debug, Default)]
pub struct ReceivedByHand {
    /// What was loaded.
    pub loaded: Vec<loading::Loaded>,
    /// What else happened.
    pub report: Report,
}

/// Takes one file in by hand: kept, journalled, loaded, checked; its receipt waits in the outbox.
///
/// # Errors
/// When it cannot be kept or loaded. A file that cannot be trusted is a submission that was refused.
pub fn receive(walk: &mut Walk<'_>, file: &collecting::ByHand<'_>) -> Result<ReceivedByHand> {
    by_hand(walk, "receive", |walk, mut received| {
        collecting::take_by_hand(walk, file, &mut received.report)?;
        load_by_hand(walk, received)
    })
}

/// Takes every quarter of a file in, as history; none when the file as a whole cannot be read.
///
/// # Errors
/// As [`receive`].
pub fn receive_history(
    walk: &mut Walk<'_>,
    file: &history::HistoryFile<'_>,
) -> Result<(Result<Vec<history::Part>, Refusal>, ReceivedByHand)> {
    by_hand(walk, "receive", |walk, received| {
        let parts = history::take(walk, file)?;
        Ok((parts, load_by_hand(walk, received)?))
    })
}

/// Withdraws a version: journalled, and the checks asked again; gives the version that counts now.
///
/// # Errors
/// [`withdrawing::NotWithdrawn`] when there is no such version; when the journal or the database refuses.
pub fn withdraw(walk: &mut Walk<'_>, it: &withdrawing::Withdrawing<'_>) -> Result<(Option<u32>, Report)> {
    let meant = withdrawing::find(walk, it)?;
    let received = by_hand(walk, "withdraw", |walk, received| {
        withdrawing::announce(walk, it, &meant)?;
        load_by_hand(walk, received)
    })?;
    Ok((withdrawing::standing(walk, it)?, received.report))
}

/// Whatever a person does to the returns: begun, done, and journalled when it could not be done, else the
/// next run would take it for a death.
fn by_hand<'a, T>(
    walk: &mut Walk<'a>,
    deed: &str,
    does: impl FnOnce(&mut Walk<'a>, ReceivedByHand) -> Result<T>,
) -> Result<T> {
    let mut received = ReceivedByHand::default();
    walk.begin(deed)?;
    let looked = doubting::look_for_strays(walk);
    received.report.failures.append(&mut walk.troubles);
    let done = looked.and_then(|()| does(walk, received));
    let error = match done {
        Ok(it) => return Ok(it),
        Err(error) => error,
    };
    let why = json!({ "why": format!("{error:#}") });
    match walk.journal.append(walk.at(), Happened::Failed, deed, why) {
        Ok(()) => Err(error),
        Err(cause) => Err(error.context(format!("and it could not be journalled: {cause}"))),
    }
}

fn load_by_hand(walk: &mut Walk<'_>, mut received: ReceivedByHand) -> Result<ReceivedByHand> {
    walk.begin_transaction()?;
    let done = load_check_compose(walk, Some(Step::Collect), &mut received.report);
    received.loaded = walk.end_transaction(done)?;
    posting::announce(walk)?;
    walk.finish(Some(Step::Collect))?;
    Ok(received)
}

/// The middle of the walk, inside one transaction.
fn load_check_compose(
    walk: &mut Walk<'_>,
    only: Option<Step>,
    report: &mut Report,
) -> Result<Vec<loading::Loaded>> {
    let wants = |step| only.is_none_or(|one| one == step);
    walk.replace_configuration()?;
    let loaded = loading::load(walk, report)?;
    let gone = withdrawn::follow(walk.store.connection(), walk.journal.lines())?;
    // From here on nothing is loaded.
    walk.store.share();
    let findings = if wants(Step::Check) || !loaded.is_empty() || !gone.is_empty() {
        asking::ask(walk, &loaded, &gone, report)?
    } else {
        asking::kept(walk, report)?
    };
    walk.spending.was_on(On::Fold);
    composing::compose(walk, only, &composing::News { loaded: &loaded, gone: &gone }, &findings, report)?;
    walk.spending.was_on(On::Compose);
    // What is stored is never without the lines that announced it: a lost journal is mended from them.
    mirror::follow_within(walk.store.connection(), walk.journal.lines())?;
    Ok(loaded)
}
