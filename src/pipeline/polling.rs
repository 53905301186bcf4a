//! Polling: every source is asked for what it may have, and each answer is kept as it comes.

use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::collect::http::{self, Asked, Round, RoundEnded};
use crate::collect::{Answered, Note, Wanted};
use crate::config::settings::{Collection, Source};
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::collecting::{about, take, unseen, whole_or_refused};
use crate::pipeline::dropping::{self, Dropped};
use crate::pipeline::had::CameWhole;
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::polled::{self, Poll, Polled, Seen};
use crate::pipeline::stopping::Stopped;
use crate::pipeline::wanting::{open_quarters, wanted};
use crate::pipeline::whose::Doubts;
use crate::pipeline::{Report, barring};
use crate::store::journal::{Happened, Line};

/// So many returns that are given up are named, the rest counted.
const NAMED_MAX: usize = 5;

/// Polls every source for what it may have, keeps what is new, and journals it.
///
/// Sources over HTTP are asked at once, each host for one thing at a time. The dropped files that came are
/// put away only when their verdict is known: see [`dropping::put_away`].
///
/// # Errors
/// When something received cannot be kept; [`Stopped`] when the run was told to stop, and what came is kept.
/// A source that fails is a failure in the report.
pub async fn collect(walk: &mut Walk<'_>, report: &mut Report) -> Result<Vec<Dropped>> {
    let mut dropped = Vec::new();
    for group in groups(walk) {
        let (mut web, mut folders) = (Vec::new(), Vec::new());
        for collection in group {
            let subject = format!("poll {}", collection.name);
            if !walk.may_do(&subject)? {
                let why = format!("it is set aside and not polled; `quarterdeck once --again \"{subject}\"`");
                unseen(collection, &wanted(walk, collection)?, why, report);
                continue;
            }
            if let Some(since) = barred_since(walk, collection, report)? {
                tracing::info!(collection = collection.name, %since, "its login is refused and not sent");
                continue;
            }
            walk.is_doing(&subject, &format!("polling the sources of {}", collection.name))?;
            match &collection.source {
                Source::Hand => {}
                Source::Http(source) => web.push((collection, Asked::Files(source))),
                Source::Ees(source) => web.push((collection, Asked::Ees(source))),
                Source::Folder(source) => folders.push((collection, source)),
            }
        }
        poll(walk, &web, report).await?;
        for (collection, source) in folders {
            dropped.extend(dropping::look(walk, collection, source, report)?);
        }
    }
    Ok(dropped)
}

/// Since when the login of a source is refused; then nobody is chased for what is not asked for.
fn barred_since(
    walk: &mut Walk<'_>,
    collection: &Collection,
    report: &mut Report,
) -> Result<Option<DateTime<Utc>>> {
    let Source::Http(source) = &collection.source else { return Ok(None) };
    let since = barring::since(walk, collection, source)?;
    if since.is_some() {
        for one in wanted(walk, collection)? {
            report.unseen.add(&collection.name, &one);
        }
    }
    Ok(since)
}

/// Has the history of a collection asked for again, where returns of it were given up; false when none were.
///
/// # Errors
/// When the journal cannot be written.
pub fn ask_again(walk: &mut Walk<'_>, subject: &str) -> Result<bool> {
    let is_known = given_up(walk).iter().any(|one| one == subject);
    if is_known {
        walk.journal.append(walk.now, Happened::Released, subject, json!({}))?;
    }
    Ok(is_known)
}

/// The histories of which returns were given up, as `--again` takes them.
#[must_use]
pub fn given_up(walk: &Walk<'_>) -> Vec<String> {
    let (lines, zone) = (walk.journal.lines(), walk.settings.zone);
    let names = walk.settings.collections.iter().map(|one| one.name.as_str());
    let with_lost = names.filter(|name| Polled::of(lines, name, zone).has_given_up());
    with_lost.map(polled::again_subject).collect()
}

/// Which collections are polled together: all at once, but each alone when the run before died of one.
fn groups<'a>(walk: &Walk<'a>) -> Vec<Vec<&'a Collection>> {
    let polled = walk.settings.collections.iter().filter(|one| one.source.is_polled());
    if walk.is_careful() { polled.map(|one| vec![one]).collect() } else { vec![polled.collect()] }
}

/// What one collection is asked for over HTTP.
type Web<'a> = (&'a Collection, Asked<'a>);

/// How the asking of a group ended.
enum Ended {
    /// Everything was asked for, of the sources that can be used.
    Whole(Vec<RoundEnded>),
    /// The run was told to stop.
    Stopped,
    /// So many seconds were not enough.
    OutOfTime(u64),
}

impl Ended {
    /// Why a source was not asked for everything.
    fn why_not_all(&self, round: usize) -> Option<String> {
        match self {
            Self::Whole(rounds) => rounds.get(round)?.as_ref().err().map(ToString::to_string),
            Self::Stopped => None,
            Self::OutOfTime(seconds) => Some(format!(
                "within {seconds} seconds, half of `run_seconds`, not everything could be asked for; the \
                 next run goes on there, and what came is kept"
            )),
        }
    }
}

/// One collection, while its answers come.
struct Inquiry {
    poll: Poll,
    doubts: Doubts,
    came_whole: CameWhole,
}

async fn poll(walk: &mut Walk<'_>, web: &[Web<'_>], report: &mut Report) -> Result<()> {
    let mut polls = Vec::with_capacity(web.len());
    for (collection, _) in web {
        let poll = Poll::begin(walk, collection, wanted(walk, collection)?);
        polls.push(Inquiry { poll, doubts: Doubts::default(), came_whole: CameWhole::default() });
    }
    let ended = ask(walk, web, &mut polls, report).await?;
    for (round, ((collection, _), inquiry)) in web.iter().zip(polls).enumerate() {
        let Inquiry { poll, doubts, came_whole } = inquiry;
        doubts.settle(collection, report);
        came_whole.keep(walk, &collection.name)?;
        let left = poll.left();
        if let Some(why) = ended.why_not_all(round).filter(|_| !left.is_empty()) {
            unseen(collection, &left, why, report);
        }
        let mut given_up = poll.end(walk)?;
        let open = open_quarters(walk, collection);
        given_up.retain(|one| one.quarter.is_some_and(|quarter| !open.contains(&quarter)));
        report.failures.extend(told_of(collection, &given_up));
    }
    if matches!(ended, Ended::Stopped) { Err(Stopped.into()) } else { Ok(()) }
}

/// Asks the sources of a group. Each answer is kept as it comes, so that it is there however this ends.
///
/// A run that will be told to stop when it takes too long keeps half of its time for what came.
async fn ask(
    walk: &mut Walk<'_>,
    web: &[Web<'_>],
    polls: &mut [Inquiry],
    report: &mut Report,
) -> Result<Ended> {
    let wanted = polls.iter().map(|one| one.poll.wanted().to_vec());
    let rounds: Vec<Round<'_>> =
        web.iter().zip(wanted).map(|((_, source), wanted)| Round { source: *source, wanted }).collect();
    let (limits, stop) = (walk.settings.limits, walk.stop.clone());
    let (total, mut done) = (rounds.iter().map(|round| round.wanted.len()).sum(), 0);
    let half = limits.run_seconds / 2;
    let mut on_answer = |round: usize, answered: Answered| -> Result<()> {
        done += 1;
        walk.tell(Progress::Polled(done, total));
        let (Some((collection, _)), Some(inquiry)) = (web.get(round), polls.get_mut(round)) else {
            return Ok(());
        };
        take_answer(walk, collection, inquiry, answered, report)
    };
    Ok(tokio::select! {
        ended = http::fetch_all(rounds, &limits, &mut on_answer) => Ended::Whole(ended?),
        () = stop.told() => Ended::Stopped,
        () = tokio::time::sleep(Duration::from_secs(half)), if stop.may_come() => Ended::OutOfTime(half),
    })
}

fn take_answer(
    walk: &mut Walk<'_>,
    collection: &Collection,
    inquiry: &mut Inquiry,
    answered: Answered,
    report: &mut Report,
) -> Result<()> {
    let Answered { wanted, outcome, notes } = answered;
    let outcome = whole_or_refused(walk, collection, &wanted, outcome)?;
    let seen = Seen::of(&outcome);
    inquiry.doubts.see(&wanted, &outcome);
    inquiry.came_whole.see(&wanted, &outcome);
    take(walk, collection, &wanted, outcome, report)?;
    note(walk, collection, notes, report)?;
    inquiry.poll.see(walk, &wanted, seen)
}

/// Returns of the past whose addresses failed again and again, while others were answered.
fn told_of(collection: &Collection, given_up: &[Wanted]) -> Option<Trouble> {
    let names: Vec<String> = given_up.iter().take(NAMED_MAX).map(|one| about(collection, one)).collect();
    let more = given_up.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!given_up.is_empty()).then(|| Trouble {
        room: Room::Collect,
        what: format!(
            "failed on {} days, while others were answered: {}{more}; as part of the history they are not \
             asked for any more",
            polled::DAYS_MAX,
            names.join(", ")
        ),
        place: format!("collection `{}`", collection.name),
        next: format!(
            "nothing, when they never were there; otherwise put the source right, then `quarterdeck once \
             --again \"{}\"`, or take each in with `quarterdeck receive`",
            polled::again_subject(&collection.name)
        ),
    })
}

/// Tells what a source says besides: once for each matter.
fn note(walk: &mut Walk<'_>, collection: &Collection, notes: Vec<Note>, report: &mut Report) -> Result<()> {
    for note in notes {
        let known = |line: &Line| line.event == Happened::Noted && line.subject == note.about;
        if walk.journal.lines().iter().any(known) {
            continue;
        }
        report.failures.push(Trouble {
            room: Room::Collect,
            what: note.says.clone(),
            place: collection.name.clone(),
            next: "nothing is lost; decide what the configuration should say. This is told once".to_owned(),
        });
        let detail = json!({ "collection": collection.name, "words": note.says });
        walk.journal.append(walk.now, Happened::Noted, &note.about, detail)?;
    }
    Ok(())
}
