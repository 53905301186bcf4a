//! What is to be done next.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info};

use crate::config::jobs;
use crate::config::settings::Settings;
use crate::daemon::Daemon;
use crate::daemon::child::Errand;
use crate::daemon::clocks::Clocks;
use crate::daemon::memory::Memory;
use crate::domain::due::{self, Span};
use crate::domain::schedule::{Job, Rule};
use crate::store::schedules;

/// A clock may be so far behind the journal, as time servers correct it.
const BEHIND_MINUTES: i64 = 5;

/// While nothing is run, the operator is told so often; each telling sends what could not leave before.
const TELL_AGAIN: TimeDelta = TimeDelta::hours(1);

/// Why nothing may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The clock was set far ahead.
    Jump,
    /// The journal is ahead of the clock.
    Behind,
    /// Nothing was run for long.
    Silence,
}

/// Why, and the same in words, which tell the time and so are never twice the same.
#[derive(Debug)]
struct Hold {
    cause: Cause,
    words: String,
}

/// The errands on their way, and what was done.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    errands: VecDeque<Errand>,
    memory: Memory,
    tried: Option<DateTime<Utc>>,
    tried_backup: Option<DateTime<Utc>>,
    /// Whether the state was found sound since the daemon started, or since a run died.
    pub(super) is_probed: bool,
    held: Option<Hold>,
    /// When the operator was last told of it.
    told: Option<DateTime<Utc>>,
}

impl Agenda {
    /// Adds an errand, once.
    pub(super) fn add(&mut self, errand: Errand) {
        if !self.errands.contains(&errand) {
            self.errands.push_back(errand);
        }
    }

    /// The next errand.
    pub(super) fn next(&mut self) -> Option<Errand> {
        self.errands.pop_front()
    }

    /// A run that began then reached its end, or was tried and left to its next turn.
    ///
    /// What fell due while it ran is due still.
    pub(super) fn ran(&mut self, began: DateTime<Utc>) {
        self.tried = Some(began);
        info!("run done");
    }

    /// A copy that began then was made, or tried and left to its next turn.
    pub(super) fn backed_up(&mut self, began: DateTime<Utc>) {
        self.tried_backup = Some(began);
    }

    /// Adds what has fallen due.
    pub(super) fn plan(
        &mut self,
        daemon: &Daemon,
        settings: &Settings,
        clocks: &mut Clocks,
        now: DateTime<Utc>,
    ) {
        let walked = self.memory.walked;
        self.memory.refresh(&daemon.state);
        if !clocks.are_believed() && self.memory.walked > walked {
            clocks.believe();
        }
        self.hold(self.held_by(settings, clocks, now), now);
        if self.held.is_some() {
            return;
        }
        let mut history = schedules::history(&self.memory.scheduled);
        // What was edited since is in force from now on; the next run journals it.
        history.see(now, &jobs::jobs(settings));
        let planned = |after| {
            let span = Span { after, until: now };
            due::planned(&history, &settings.calendar, settings.schedule.catch_up, span)
        };
        let walked = self.memory.walked.max(self.tried);
        if walked.is_none_or(|after| planned(after).iter().any(|it| it.job.is_walked())) {
            self.add(Errand::Run);
        }
        let first = self.memory.scheduled.first().map(|line| line.at);
        let copied = self.memory.backed_up.max(self.tried_backup).or(first);
        if copied.is_some_and(|after| planned(after).iter().any(|it| it.job == Job::Backup)) {
            self.add(Errand::Backup);
        }
    }

    /// Takes in why nothing may be run: the log says it once, and the operator is told until runs go on.
    fn hold(&mut self, why: Option<Hold>, now: DateTime<Utc>) {
        if why.as_ref().map(|it| it.cause) != self.held.as_ref().map(|it| it.cause) {
            if let Some(why) = &why {
                error!("nothing is run: {}", why.words);
            } else {
                info!("runs go on");
            }
            self.told = None;
        }
        self.held = why;
        let is_told = self.told.is_some_and(|at| (now - at).abs() < TELL_AGAIN);
        if let Some(why) = self.held.as_ref().filter(|_| !is_told) {
            let words = why.words.clone();
            self.told = Some(now);
            self.add(Errand::Tell(words));
        }
    }

    /// Why nothing may be run now; none when it may.
    ///
    /// After a long silence the clock is as likely wrong as the machine was off: a wrong one would chase the
    /// whole region for years that have not come. Where a time server keeps the clock, it was off.
    fn held_by(&self, settings: &Settings, clocks: &Clocks, now: DateTime<Utc>) -> Option<Hold> {
        let held = |cause, words| Some(Hold { cause, words });
        if !clocks.are_believed() {
            let words = "the clock was set far ahead; set it right, or run `quarterdeck once` by hand";
            return held(Cause::Jump, words.to_owned());
        }
        let local = |at: DateTime<Utc>| due::worded(at, settings.zone);
        if let Some(last) = self.memory.last.filter(|last| *last > now + TimeDelta::minutes(BEHIND_MINUTES)) {
            let words = format!(
                "the clock says {}, and the journal was last written on {}; set the clock right, or, if it \
                 is right now, run `quarterdeck once` by hand",
                local(now),
                local(last)
            );
            return held(Cause::Behind, words);
        }
        if clocks.are_kept_right() {
            return None;
        }
        let days = i64::from(settings.schedule.hold_after_days);
        let walked = self.memory.walked.filter(|walked| now - *walked > TimeDelta::days(days))?;
        let words = format!(
            "the last run was on {} and the clock says {}; if that is right, run `quarterdeck once` by hand",
            local(walked),
            local(now)
        );
        held(Cause::Silence, words)
    }

    /// What is waited for, for `systemctl status`.
    pub(super) fn in_words(&self, settings: &Settings, now: DateTime<Utc>) -> String {
        if let Some(why) = &self.held {
            return format!("nothing is run: {}", why.words);
        }
        let jobs = jobs::jobs(settings);
        let next =
            |(job, rule): &(Job, Rule)| due::next(job, rule, &settings.calendar, now, 1).first().copied();
        match jobs.iter().filter(|(job, _)| job.is_walked()).filter_map(next).min() {
            Some(at) => format!("next run {}", due::worded(at, settings.zone)),
            None => "no run is planned".to_owned(),
        }
    }
}
