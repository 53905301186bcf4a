//! What the journal says of the daemon's life: what it did, did not do, and will do. Opens no database.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::jobs;
use crate::config::settings::Settings;
use crate::domain::due::{self, CronPattern, Span};
use crate::domain::schedule::Job;
use crate::pipeline::posting;
use crate::pipeline::strangers::{self, Lying};
use crate::store::holder::{Holder, holder};
use crate::store::journal::{Happened, Line};
use crate::store::outbox::{self, Standing, Track};
use crate::store::runs::{self, Outcome, Run};
use crate::store::schedules;

/// How far back planned runs are held against those that were done.
pub const DAYS_BACK: i64 = 14;

/// A planned run that is younger than this has not been missed: it may be starting.
const STARTING: TimeDelta = TimeDelta::minutes(2);

/// A silence that is longer than this is counted from here: a clock may be wrong by centuries.
const LOOK_BACK_MAX: TimeDelta = TimeDelta::days(400);

/// A message that waits longer than this, although runs were done, cannot leave.
const WAITING_MAX: TimeDelta = TimeDelta::hours(20);

/// Backups that may be missed in a row before someone should look.
const BACKUPS_MISSED_MAX: usize = 1;

/// A journal may be ahead of the clock by as much as two machines differ.
const AHEAD_MAX: TimeDelta = TimeDelta::minutes(5);

/// Everything that is known without the database.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Every run, oldest first.
    pub runs: Vec<Run>,
    /// Who has the state in use.
    pub holder: Option<Holder>,
    /// The daemon that is running.
    pub daemon: Option<Holder>,
    /// Runs that were planned in the last [`DAYS_BACK`] days.
    pub planned: usize,
    /// Those of them that were not done.
    pub missed: Vec<DateTime<Utc>>,
    /// Runs that were planned since the last whole one.
    pub silence: Vec<DateTime<Utc>>,
    /// Messages by standing, those with problems first.
    pub messages: Vec<(&'static str, usize)>,
    /// The oldest message that runs could not send.
    pub stuck: Option<DateTime<Utc>>,
    /// What is not tried again, and since when.
    pub set_aside: Vec<(DateTime<Utc>, String)>,
    /// Files that lie in drop folders and are not taken in.
    pub lying: Vec<Lying>,
    /// Copies of the state.
    pub backups: Backups,
    /// Files received.
    pub received: usize,
    /// Lines of the journal.
    pub lines: usize,
    /// The last line's instant.
    pub last_line: Option<DateTime<Utc>>,
    /// What comes next, and when; none when never.
    pub next: Vec<(String, Option<DateTime<Utc>>)>,
}

/// Copies of the state, by the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backups {
    /// The last one that was verified.
    pub last: Option<DateTime<Utc>>,
    /// How many were planned since.
    pub missed: usize,
}

impl Backups {
    /// Looks at the journal's `lines`.
    #[must_use]
    pub fn of(settings: &Settings, lines: &[Line], now: DateTime<Utc>) -> Self {
        let last = lines.iter().rev().find(|line| line.event == Happened::BackedUp).map(|line| line.at);
        let plan = Plan { settings, lines, runs: &[], now };
        Self { last, missed: plan.backups_missed(last) }
    }

    /// Whether more were planned and not made than may happen by chance.
    #[must_use]
    pub fn are_lacking(&self) -> bool {
        self.missed > BACKUPS_MISSED_MAX
    }
}

/// What someone should look at, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub next: &'static str,
}

impl Picture {
    /// Looks at the journal's `lines` and at who holds the locks.
    #[must_use]
    pub fn of(settings: &Settings, lines: &[Line], now: DateTime<Utc>) -> Self {
        let runs = runs::runs(lines);
        let plan = Plan { settings, lines, runs: &runs, now };
        let tracks = outbox::tracks(lines);
        let last_whole = runs.iter().rev().find(|run| run.is_whole()).map(|run| run.at);
        let (planned, missed) = plan.held_against_done(now - TimeDelta::days(DAYS_BACK));
        let (_, silence) = last_whole.map_or((0, Vec::new()), |at| plan.held_against_done(at));
        Self {
            holder: holder(&settings.state.join("lock")),
            daemon: holder(&settings.state.join("daemon.lock")),
            planned,
            missed,
            silence,
            messages: standings(settings, tracks.values()),
            stuck: stuck(settings, &tracks.values(), &runs, now),
            set_aside: set_aside(lines),
            lying: strangers::lying(settings, lines),
            backups: Backups::of(settings, lines, now),
            received: lines.iter().filter(|line| line.event == Happened::Received).count(),
            lines: lines.len(),
            last_line: lines.last().map(|line| line.at),
            next: next(settings, now),
            runs,
        }
    }

    /// The last run that did everything.
    #[must_use]
    pub fn last_whole(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.is_whole())
    }

    /// The last run of this outcome.
    #[must_use]
    pub fn last(&self, is_it: fn(&Outcome) -> bool) -> Option<&Run> {
        self.runs.iter().rev().find(|run| is_it(&run.outcome))
    }

    /// Whether the last run died: it has no end, and nobody has the state in use.
    #[must_use]
    pub fn has_died(&self) -> bool {
        self.holder.is_none() && self.runs.last().is_some_and(|run| run.outcome == Outcome::Open)
    }

    /// What someone should look at, worst first; nothing when all is well.
    #[must_use]
    pub fn attention(&self, settings: &Settings, now: DateTime<Utc>) -> Vec<Attention> {
        let local = |at: DateTime<Utc>| local(settings, at);
        let mut found = self.runs_to_look_at(settings, now);
        let problems = self.messages.iter().filter(|(word, _)| is_problem(word));
        let problems: Vec<String> = problems.map(|(word, count)| format!("{count} {word}")).collect();
        if !problems.is_empty() {
            let what = format!("messages that did not arrive, or may not have: {}", problems.join(", "));
            found.push(Attention { what, next: "see `quarterdeck outbox`" });
        }
        if let Some(since) = self.stuck {
            let what = format!("messages have waited since {} and runs could not send them", local(since));
            found.push(Attention { what, next: "see `quarterdeck doctor`, line `mail`" });
        }
        if let Some((_, first)) = self.set_aside.first() {
            let what = format!("{} set aside and not tried again, such as: {first}", self.set_aside.len());
            let next =
                "see the log of that day; put right what stops it, then `quarterdeck once --again WHAT`";
            found.push(Attention { what, next });
        }
        if self.backups.are_lacking() {
            let last = self.backups.last.map_or("never".to_owned(), local);
            let what = format!("the last backup: {last}; {} were planned since", self.backups.missed);
            found.push(Attention { what, next: "make one with `quarterdeck backup`, and see the log" });
        }
        found
    }

    fn runs_to_look_at(&self, settings: &Settings, now: DateTime<Utc>) -> Vec<Attention> {
        let local = |at: DateTime<Utc>| local(settings, at);
        let mut found = Vec::new();
        match self.runs.last() {
            Some(run) if self.has_died() => found.push(Attention {
                what: format!("the run of {} died; last: {}", local(run.at), run.last),
                next: "nothing is lost; the next run goes on where it was and says what it does; see the log",
            }),
            Some(Run { at, outcome: Outcome::Failed(why), .. }) => found.push(Attention {
                what: format!("the run of {} failed: {}", local(*at), without_addresses(why)),
                next: "see the log, then `quarterdeck once`; nothing is lost",
            }),
            _ => {}
        }
        if let (Some(last), Some(whole)) = (self.silence.last(), self.last_whole()) {
            let held = now - whole.at > TimeDelta::days(i64::from(settings.schedule.hold_after_days));
            found.push(Attention {
                what: format!(
                    "{} planned since the last whole run, none done; the last at {}",
                    counted(self.silence.len(), "run", "runs"),
                    local(*last)
                ),
                next: if held {
                    "unless a time server keeps the clock, the daemon waits for a run by hand: check the \
                     clock, then `quarterdeck once`"
                } else {
                    "is the daemon running? `systemctl status quarterdeck`"
                },
            });
        }
        found
    }

    /// The journal's last line, when it lies ahead of the clock.
    #[must_use]
    pub fn ahead_of(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.last_line.filter(|at| *at > now + AHEAD_MAX)
    }
}

/// What was planned is told by the rules that were in force when, what was done by the journal.
struct Plan<'a> {
    settings: &'a Settings,
    lines: &'a [Line],
    runs: &'a [Run],
    now: DateTime<Utc>,
}

impl Plan<'_> {
    /// How many runs were planned after `from`, and which of them were not done before the next one.
    fn held_against_done(&self, from: DateTime<Utc>) -> (usize, Vec<DateTime<Utc>>) {
        let whole: Vec<DateTime<Utc>> =
            self.runs.iter().filter(|run| run.is_whole()).map(|run| run.at).collect();
        let planned = self.occurrences(&Job::Collect, from);
        let until = planned.iter().skip(1).copied().chain([DateTime::<Utc>::MAX_UTC]);
        let is_missed = |(at, next): &(DateTime<Utc>, DateTime<Utc>)| {
            !whole.iter().any(|done| *at <= *done && *done < *next)
        };
        let missed = planned.iter().copied().zip(until).filter(is_missed).map(|(at, _)| at).collect();
        (planned.len(), missed)
    }

    fn backups_missed(&self, last: Option<DateTime<Utc>>) -> usize {
        self.occurrences(&Job::Backup, last.unwrap_or(DateTime::<Utc>::MIN_UTC)).len()
    }

    /// When a job was planned after `from`; nothing was before there was a journal.
    ///
    /// What was edited and not journalled yet is in force from now on, as it is for the daemon.
    fn occurrences(&self, job: &Job, from: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Some(first) = self.lines.first().map(|line| line.at) else { return Vec::new() };
        let mut history = schedules::history(self.lines);
        history.see(self.now, &jobs::jobs(self.settings));
        let after = from.max(first).max(self.now - LOOK_BACK_MAX);
        let span = Span { after, until: self.now - STARTING };
        let fell = due::fell(&history, &self.settings.calendar, span);
        fell.into_iter().filter(|it| it.job == *job).map(|it| it.at).collect()
    }
}

fn standings<'a>(settings: &Settings, tracks: impl Iterator<Item = &'a Track>) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<(bool, &'static str), usize> = BTreeMap::new();
    for track in tracks {
        let word = posting::standing_word(settings, track);
        *counts.entry((!is_problem(word), word)).or_insert(0) += 1;
    }
    counts.into_iter().map(|((_, word), count)| (word, count)).collect()
}

/// Whether a message of this standing will not arrive by itself.
#[must_use]
pub fn is_problem(standing: &str) -> bool {
    [posting::GIVEN_UP, "refused", "unknown"].contains(&standing)
}

/// The oldest message that the last whole run had in hand and that has waited too long, or that it could not
/// send while it sent nothing else: then the mail server is out of reach, or refuses our login.
fn stuck<'a>(
    settings: &Settings,
    tracks: &(impl Iterator<Item = &'a Track> + Clone),
    runs: &[Run],
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let last = runs.iter().rev().find(|run| run.is_whole())?.at;
    let is_waiting =
        |track: &&Track| track.standing == Standing::Waiting && !posting::is_exhausted(settings, track);
    let oldest = tracks.clone().filter(is_waiting).map(|track| track.queued_at).min()?;
    let was_tried = |track: &Track| track.standing != Standing::Waiting || track.attempts > 0;
    let nothing_left = !tracks.clone().any(|track| track.at >= last && was_tried(track));
    let in_hand = oldest <= last;
    (in_hand && (nothing_left || now - oldest > WAITING_MAX)).then_some(oldest)
}

/// What was set aside and not let go since, newest first.
fn set_aside(lines: &[Line]) -> Vec<(DateTime<Utc>, String)> {
    let mut aside: Vec<(DateTime<Utc>, &str, String)> = Vec::new();
    for line in lines {
        match line.event {
            Happened::SetAside => aside.push((line.at, &line.subject, runs::short(&line.subject))),
            Happened::Released => aside.retain(|(_, subject, _)| *subject != line.subject),
            _ => {}
        }
    }
    aside.into_iter().rev().map(|(at, _, words)| (at, words)).collect()
}

fn next(settings: &Settings, now: DateTime<Utc>) -> Vec<(String, Option<DateTime<Utc>>)> {
    let plain = |cron: &str| {
        let pattern = CronPattern::parse(cron).ok()?;
        due::next_occurrences(&pattern, settings.zone, now, 1).first().copied()
    };
    let on_working_days = |cron: &str| {
        let pattern = CronPattern::parse(cron).ok()?;
        due::next_digests(&pattern, settings.zone, now, &settings.calendar, 1).first().copied()
    };
    let mut next = vec![("next run".to_owned(), plain(&settings.schedule.collect))];
    for plan in &settings.digests {
        next.push((format!("next digest {}", plan.name), on_working_days(&plan.cron)));
    }
    let remind = format!("0 {} * * *", settings.schedule.remind_from_hour);
    next.push(("next reminders and chasers".to_owned(), on_working_days(&remind)));
    next.push(("next backup".to_owned(), plain(&settings.backup.cron)));
    next
}

/// An instant as people read it, in the configured zone and with its abbreviation.
#[must_use]
pub fn local(settings: &Settings, at: DateTime<Utc>) -> String {
    at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z").to_string()
}

/// How long ago an instant was, in its largest whole unit.
#[must_use]
pub fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let gone = now - at;
    match (gone.num_days(), gone.num_hours(), gone.num_minutes()) {
        (days, _, _) if days > 0 => format!("{} ago", counted(days.unsigned_abs(), "day", "days")),
        (_, hours, _) if hours > 0 => format!("{} ago", counted(hours.unsigned_abs(), "hour", "hours")),
        (_, _, minutes) if minutes > 0 => {
            format!("{} ago", counted(minutes.unsigned_abs(), "minute", "minutes"))
        }
        _ if gone < TimeDelta::zero() => "ahead of the clock".to_owned(),
        _ => "just now".to_owned(),
    }
}

/// A number with its noun.
pub fn counted(count: impl TryInto<u64>, one: &str, several: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A reason without words that look like an address of a person.
#[must_use]
pub fn without_addresses(words: &str) -> String {
    let plain = words.split(' ').map(|word| if word.contains('@') { "(address)" } else { word });
    plain.collect::<Vec<_>>().join(" ")
}
