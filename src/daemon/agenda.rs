//! What is to be done next.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info};

use crate::config::settings::Settings;
use crate::daemon::Daemon;
use crate::daemon::child::Errand;
use crate::daemon::clocks::Clocks;
use crate::daemon::memory::Memory;
use crate::domain::due::{self, CatchUp, CronPattern, Span};

/// A clock may be so far behind the journal, as time servers correct it.
const BEHIND_MINUTES: i64 = 5;

/// The errands on their way, and what was done.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    errands: VecDeque<Errand>,
    memory: Memory,
    tried: Option<DateTime<Utc>>,
    tried_backup: Option<DateTime<Utc>>,
    /// Whether the state was found sound since the daemon started, or since a run died.
    pub(super) is_probed: bool,
    held: Option<String>,
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

    /// A run reached its end, or was tried and left to its next turn.
    pub(super) fn ran(&mut self, now: DateTime<Utc>) {
        self.tried = Some(now);
        info!("run done");
    }

    /// A copy was made, or tried and left to its next turn.
    pub(super) fn backed_up(&mut self, now: DateTime<Utc>) {
        self.tried_backup = Some(now);
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
        let why = self.held_by(settings, clocks, now);
        if why != self.held {
            match &why {
                Some(why) => {
                    error!("nothing is run: {why}");
                    self.add(Errand::Beat);
                }
                None => info!("runs go on"),
            }
            self.held.clone_from(&why);
        }
        if why.is_some() {
            return;
        }
        if is_due(settings, self.memory.walked.max(self.tried), now) {
            self.add(Errand::Run);
        }
    }

    /// Why nothing may be run now, in words; none when it may.
    fn held_by(&self, settings: &Settings, clocks: &Clocks, now: DateTime<Utc>) -> Option<String> {
        if !clocks.are_believed() {
            return Some(
                "the clock was set far ahead; set it right, or run `quarterdeck once` by hand".to_owned(),
            );
        }
        let local = |at: DateTime<Utc>| at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z");
        if let Some(last) = self.memory.last.filter(|last| *last > now + TimeDelta::minutes(BEHIND_MINUTES)) {
            return Some(format!(
                "the clock says {}, and the journal was last written on {}; set the clock right",
                local(now),
                local(last)
            ));
        }
        let days = i64::from(settings.schedule.hold_after_days);
        let walked = self.memory.walked.filter(|walked| now - *walked > TimeDelta::days(days))?;
        Some(format!(
            "the last run was on {} and the clock says {}; if that is right, run `quarterdeck once` by hand",
            local(walked),
            local(now)
        ))
    }

    /// What is waited for, for `systemctl status`.
    pub(super) fn in_words(&self, settings: &Settings, now: DateTime<Utc>) -> String {
        if let Some(why) = &self.held {
            return format!("nothing is run: {why}");
        }
        let pattern = CronPattern::parse(&settings.schedule.collect).ok();
        let next = pattern.map(|it| due::next_occurrences(&it, settings.zone, now, 1));
        match next.unwrap_or_default().first() {
            Some(at) => {
                format!("next poll {}", at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z"))
            }
            None => "no poll is planned".to_owned(),
        }
    }
}

/// Whether anything has fallen due since the last walk: polling, a digest, or the hour of reminders.
fn is_due(settings: &Settings, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let Some(after) = last else { return true };
    let span = Span { after, until: now };
    let calendar = &settings.calendar;
    let occurs = |cron: &str| {
        CronPattern::parse(cron).is_ok_and(|it| !due::occurrences(&it, settings.zone, span).is_empty())
    };
    let digest = |cron: &str| {
        CronPattern::parse(cron).is_ok_and(|it| {
            !due::digest_occurrences(&it, settings.zone, span, calendar, CatchUp::Latest).is_empty()
        })
    };
    let remind = format!("0 {} * * *", settings.schedule.remind_from_hour);
    occurs(&settings.schedule.collect)
        || settings.digests.iter().any(|plan| digest(&plan.cron))
        || digest(&remind)
}
