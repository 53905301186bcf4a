//! Notices: to the operator, of what could not be done; and to nobody else.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::domain::due::{self, CatchUp, Span};
use crate::domain::letter::notice::{self, NoticeFacts, Rest, Room, Trouble};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::{Recipient, Role};
use crate::mail::Bar;
use crate::pipeline::Report;
use crate::pipeline::opening::Walk;
use crate::pipeline::picture::Backups;
use crate::pipeline::{addressed, composing, doubting, naming, posting, rebuilding};
use crate::store::journal::{Happened, Line};
use crate::store::outbox::{self, Standing};
use crate::store::{keep, schedules};

/// How the key of a notice about messages begins.
const MESSAGES: &str = "notice.run.messages-";

/// How late a run may begin before it counts as missed, besides the time that the run before it may take.
const GRACE: TimeDelta = TimeDelta::minutes(15);

/// The operator is warned when the bank holidays end within so many days.
const HOLIDAYS_AHEAD: Days = Days::new(60);

/// The notices of this walk: the same troubles are told once a day, a message's fate once.
#[must_use]
pub fn notices(walk: &Walk<'_>, report: &Report) -> Vec<Letter> {
    of_a_walk(walk, report, Rest::Done)
}

/// The notices of a walk that could not go on.
#[must_use]
pub fn of_failure(walk: &Walk<'_>, report: &Report) -> Vec<Letter> {
    of_a_walk(walk, report, Rest::GivenUp)
}

/// The notice of a daemon that runs nothing; told once a week.
#[must_use]
pub fn of_hold(walk: &Walk<'_>, why: &str) -> Vec<Letter> {
    let trouble = Trouble {
        room: Room::Schedule,
        what: why.to_owned(),
        place: "the daemon".to_owned(),
        next: "look at the clock of the machine, as it says; `quarterdeck status` tells what waits"
            .to_owned(),
    };
    let set = (format!("held {}", walk.today.format("%G-W%V")), vec![trouble]);
    operators(walk).filter_map(|one| letter(walk, one, set.clone(), Rest::Waits)).collect()
}

fn of_a_walk(walk: &Walk<'_>, report: &Report, rest: Rest) -> Vec<Letter> {
    let mut letters = Vec::new();
    let lines = walk.journal.lines();
    let sent = outbox::sent(lines);
    for recipient in operators(walk) {
        let of_messages = messages(walk, composing::last_sent(lines, &sent, MESSAGES, &recipient.id));
        let mut sets = vec![
            (format!("{} {}", walk.today, fingerprint(&report.failures)), report.failures.clone()),
            (format!("files {} {}", walk.today, fingerprint(&report.remarks)), report.remarks.clone()),
            (period_of(walk, recipient, &of_messages), of_messages),
        ];
        sets.extend(of_the_state(walk));
        sets.extend(bar(lines, walk.settings.zone));
        letters.extend(sets.into_iter().filter_map(|set| letter(walk, recipient, set, rest)));
    }
    letters
}

fn operators<'a>(walk: &Walk<'a>) -> impl Iterator<Item = &'a Recipient> {
    walk.settings.recipients.iter().filter(|one| one.role == Role::Operator)
}

type Set = (String, Vec<Trouble>);

fn letter(walk: &Walk<'_>, to: &Recipient, (period, troubles): Set, rest: Rest) -> Option<Letter> {
    let named = |text: &str| naming::with_names(&walk.settings.authorities, text);
    let with_names =
        |it: Trouble| Trouble { what: named(&it.what), place: named(&it.place), next: named(&it.next), ..it };
    let troubles = troubles.into_iter().map(with_names).collect();
    let facts = NoticeFacts { run_at: walk.now, period, troubles, rest };
    notice::compose(&composing::occasion(walk, to), &facts)
}

/// The notices of what a whole run sees by the clock: planned runs that have no record, told once for each
/// outage; copies of the state that were not made, once a week; bank holidays that end soon, and authorities
/// that nobody is written to about, once a month.
#[must_use]
pub fn overdue(walk: &Walk<'_>) -> Vec<Letter> {
    let sets = [outage(walk), copies(walk), holidays(walk), people(walk)];
    let to_each = |set: (String, Trouble)| {
        let set = (set.0, vec![set.1]);
        operators(walk).filter_map(|one| letter(walk, one, set.clone(), Rest::Done)).collect::<Vec<_>>()
    };
    sets.into_iter().flatten().flat_map(to_each).collect()
}

/// The runs that were planned since the last whole one and did not begin; told under the first of them.
fn outage(walk: &Walk<'_>) -> Option<(String, Trouble)> {
    let (lines, settings) = (walk.journal.lines(), walk.settings);
    let mut done = schedules::done(lines, &["all"]);
    let span = Span { after: done.next()?, until: walk.now };
    // Who tried it once by hand has until the next working day to set the schedule going.
    let tried_on = span.after.with_timezone(&settings.zone).date_naive();
    if done.next().is_none() && walk.today <= settings.calendar.plus(tried_on, 1) {
        return None;
    }
    // A run in hand may keep the next one waiting for all of its time.
    let grace = GRACE + TimeDelta::try_seconds(i64::try_from(settings.limits.run_seconds).ok()?)?;
    let (history, runs) = (schedules::history(lines), schedules::whole_runs(lines));
    let missed = due::missed(&history, &settings.calendar, &runs, span, grace);
    let instants: BTreeSet<DateTime<Utc>> = missed.iter().map(|it| it.at).collect();
    let (first, last) = (*instants.first()?, *instants.last()?);
    let local = |at| due::worded(at, settings.zone);
    let words = if instants.len() == 1 {
        format!("a run that was planned for {} did not happen", local(first))
    } else {
        let count = instants.len();
        format!("{count} runs that were planned between {} and {} did not happen", local(first), local(last))
    };
    let made_up = match settings.schedule.catch_up {
        CatchUp::Skip => "what a past day missed is left out, as `catch_up` says",
        CatchUp::Latest => "the latest was made up for now",
        CatchUp::All => "each digest was made up for now, and one poll for all",
    };
    let trouble = Trouble {
        room: Room::Schedule,
        what: format!("{words}; {made_up}"),
        place: "the schedule".to_owned(),
        next: "see in the system's log why nothing ran, and in `quarterdeck status` what is next".to_owned(),
    };
    Some((format!("missed {}", first.format("%Y-%m-%dT%H:%M")), trouble))
}

/// Copies of the state that were planned and not made; told under the week.
fn copies(walk: &Walk<'_>) -> Option<(String, Trouble)> {
    let backups = Backups::of(walk.settings, walk.journal.lines(), walk.now);
    if !backups.are_lacking() {
        return None;
    }
    let last = backups.last.map_or("never".to_owned(), |at| due::worded(at, walk.settings.zone));
    let trouble = Trouble {
        room: Room::Run,
        what: format!("no copy of the state is made: {} were planned since the last one", backups.missed),
        place: format!("the last backup: {last}"),
        next: "make one with `quarterdeck backup`, which says what stops it".to_owned(),
    };
    Some((format!("copies {}", walk.today.format("%G-W%V")), trouble))
}

/// Bank holidays that end soon or have ended; told under the month.
fn holidays(walk: &Walk<'_>) -> Option<(String, Trouble)> {
    let until = walk.settings.calendar.known_until()?;
    if walk.today.checked_add_days(HOLIDAYS_AHEAD)? <= until {
        return None;
    }
    let trouble = Trouble {
        room: Room::Calendar,
        what: format!("bank holidays are known until {until} only; after it they count as working days"),
        place: "bank-holidays.json".to_owned(),
        next: "take the file afresh from gov.uk/bank-holidays.json, or set `bank_holidays_url`".to_owned(),
    };
    Some((format!("holidays {}", walk.today.format("%Y-%m")), trouble))
}

/// Authorities about whose returns nobody is written to; told under the month.
fn people(walk: &Walk<'_>) -> Option<(String, Trouble)> {
    let gaps = addressed::gaps(walk.settings, walk.today);
    if gaps.is_empty() {
        return None;
    }
    let trouble = Trouble {
        room: Room::People,
        what: gaps.join("; "),
        place: "recipients.toml".to_owned(),
        next: "write its people there, each as a `[[recipient]]` of that authority".to_owned(),
    };
    Some((format!("people {}", walk.today.format("%Y-%m")), trouble))
}

/// What was made again, and what is in doubt since: one notice, which is not held itself.
fn of_the_state(walk: &Walk<'_>) -> Option<(String, Vec<Trouble>)> {
    let rebuilt = rebuilding::told(walk.journal.lines());
    let Some((period, doubt)) = doubting::told(walk) else { return rebuilt };
    let mut troubles = rebuilt.map(|(_, troubles)| troubles).unwrap_or_default();
    troubles.push(doubt);
    Some((period, troubles))
}

/// The fates of messages are told once; once a day when the notice that told them will not arrive itself.
fn period_of(walk: &Walk<'_>, to: &Recipient, troubles: &[Trouble]) -> String {
    let period = format!("messages {}", fingerprint(troubles));
    let tracks = outbox::tracks(walk.journal.lines());
    let is_lost = tracks.get(&notice::key(&period, &to.id)).is_some_and(|track| {
        matches!(track.standing, Standing::Refused | Standing::Unknown)
            || posting::is_exhausted(walk.settings, track)
    });
    if is_lost { format!("{period} {}", walk.today) } else { period }
}

/// That the mail server would have nothing from us: told once for as long as it lasted.
fn bar(lines: &[Line], zone: Tz) -> Option<(String, Vec<Trouble>)> {
    let since_sent = lines.iter().rev().take_while(|line| line.event != Happened::Sent);
    let is_refusal = |line: &&Line| {
        let why = line.detail.get("why").and_then(Value::as_str);
        line.event == Happened::Barred && why == Some(Bar::Refused.word())
    };
    let first = since_sent.filter(is_refusal).last()?;
    let reply = first.detail.get("reply").and_then(Value::as_str).unwrap_or_default();
    let trouble = Trouble {
        room: Room::Mail,
        what: format!("the mail server refused us on {}: {reply}", due::worded(first.at, zone)),
        place: "every message that waited".to_owned(),
        next:
            "nothing was lost, and what waited goes out by itself; `quarterdeck outbox` lists what does not"
                .to_owned(),
    };
    Some((format!("mail {}", first.at.format("%Y-%m-%dT%H:%M")), vec![trouble]))
}

fn fingerprint(troubles: &[Trouble]) -> String {
    let words: Vec<&str> = troubles.iter().flat_map(|one| [one.place.as_str(), one.what.as_str()]).collect();
    keep::hash(words.join("\n").as_bytes())[..8].to_owned()
}

/// Messages that a relay refused, that have used up their tries, or of which nobody knows; and that came to
/// this since the operator was told last.
fn messages(walk: &Walk<'_>, told: Option<DateTime<Utc>>) -> Vec<Trouble> {
    let is_notice = |key: &MessageKey| key.as_str().starts_with(Kind::Notice.word());
    let mut troubles = Vec::new();
    let tracks = outbox::tracks(walk.journal.lines()).into_iter();
    // A fate of the very instant of the last notice came after it: posting follows composing.
    let fresh = tracks.filter(|(_, track)| told.is_none_or(|told| track.at >= told));
    for (key, track) in fresh.filter(|(key, _)| !is_notice(key)) {
        let exhausted = posting::is_exhausted(walk.settings, &track);
        let word = match track.standing {
            Standing::Refused | Standing::Unknown => track.standing.word(),
            Standing::Waiting if exhausted => "given up after all its tries",
            _ => continue,
        };
        troubles.push(Trouble {
            room: Room::Mail,
            what: format!("{word}: {}", track.reply.unwrap_or_default()),
            next: "correct the address or the mail server, then `quarterdeck outbox retry KEY` or `--all`"
                .to_owned(),
            place: key.to_string(),
        });
    }
    troubles
}
