//! Schedules as histories: which rule was in force when, job by job.
//!
//! A rule is in force from the instant at which it was first seen. So an edit never makes a run in the past,
//! and what a rule missed before it was edited is still that rule's to judge.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::cron::{CronPattern, Span};

/// What is done on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// The sources are polled.
    Collect,
    /// A digest leaves; its name.
    Digest(String),
    /// The hour from which reminders and chasers go out.
    Remind,
    /// A copy of the state is made.
    Backup,
}

impl Job {
    /// The job of a word in the journal: `collect`, `digest NAME`, `remind`, `backup`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "collect" => Some(Self::Collect),
            "remind" => Some(Self::Remind),
            "backup" => Some(Self::Backup),
            _ => Some(Self::Digest(text.strip_prefix("digest ")?.to_owned())),
        }
    }

    /// Whether an occurrence on a day that is no working day moves to the next one.
    #[must_use]
    pub fn keeps_working_days(&self) -> bool {
        matches!(self, Self::Digest(_) | Self::Remind)
    }

    /// Whether it is done by a whole run of the walk.
    #[must_use]
    pub fn is_walked(&self) -> bool {
        *self != Self::Backup
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collect => f.write_str("collect"),
            Self::Digest(name) => write!(f, "digest {name}"),
            Self::Remind => f.write_str("remind"),
            Self::Backup => f.write_str("backup"),
        }
    }
}

/// When a job is done: a pattern, read in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The pattern, in wall time.
    pub pattern: CronPattern,
    /// Whose wall.
    pub zone: Tz,
}

/// A rule, and since when; no rule while the job was gone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Exclusive; none for what was always so, as far as anyone knows.
    after: Option<DateTime<Utc>>,
    rule: Option<Rule>,
}

/// Every rule that was ever in force, by job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    first: Option<DateTime<Utc>>,
    jobs: BTreeMap<Job, Vec<Piece>>,
}

impl History {
    /// Takes in that `rule` was first seen at `at`, or with none that the job was gone.
    ///
    /// What is taken in at the very first instant is held to have been so before: nobody knows better, and
    /// the digests of the day of a first run stay due. A clock that went back takes what it then sees as
    /// newer than everything later.
    pub fn take(&mut self, at: DateTime<Utc>, job: Job, rule: Option<Rule>) {
        let first = *self.first.get_or_insert(at);
        let pieces = self.jobs.entry(job).or_default();
        let after = (at != first || !pieces.is_empty()).then_some(at);
        pieces.retain(|piece| piece.after.is_none_or(|after| after < at));
        pieces.push(Piece { after, rule });
    }

    /// Takes in what is configured at `now`, and says what of it is new; no rule for a job that is gone.
    pub fn see(&mut self, now: DateTime<Utc>, present: &[(Job, Rule)]) -> Vec<(Job, Option<Rule>)> {
        let is_gone = |job: &&Job| !present.iter().any(|(other, _)| other == *job);
        let gone = self.jobs.keys().filter(is_gone).map(|job| (job.clone(), None));
        let here = present.iter().map(|(job, rule)| (job.clone(), Some(rule.clone())));
        let mut changes: Vec<_> = here.chain(gone).collect();
        changes.retain(|(job, rule)| self.in_force(job, now) != rule.as_ref());
        for (job, rule) in &changes {
            self.take(now, job.clone(), rule.clone());
        }
        changes
    }

    /// The rule of a job at an instant.
    #[must_use]
    pub fn in_force(&self, job: &Job, at: DateTime<Utc>) -> Option<&Rule> {
        let began = |piece: &&Piece| piece.after.is_none_or(|after| after <= at);
        self.jobs.get(job)?.iter().rev().find(began)?.rule.as_ref()
    }

    /// Every job that was ever scheduled.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.keys()
    }

    /// The rules of a job in a span, each with its part of it, in order.
    #[must_use]
    pub fn during(&self, job: &Job, span: Span) -> Vec<(&Rule, Span)> {
        let pieces = self.jobs.get(job).map(Vec::as_slice).unwrap_or_default();
        let ends = pieces.iter().skip(1).map(|next| next.after).chain([None]);
        let parts = pieces.iter().zip(ends).filter_map(|(piece, end)| {
            let after = piece.after.map_or(span.after, |after| after.max(span.after));
            let until = end.map_or(span.until, |end| end.min(span.until));
            Some((piece.rule.as_ref()?, Span { after, until }))
        });
        parts.filter(|(_, part)| part.after < part.until).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn at(cron: &str) -> Rule {
        Rule { pattern: CronPattern::parse(cron).unwrap(), zone: London }
    }

    #[test]
    fn a_job_is_read_back_from_its_word() {
        for job in [Job::Collect, Job::Remind, Job::Backup, Job::Digest("regional-lead".to_owned())] {
            assert_eq!(Job::parse(&job.to_string()), Some(job));
        }
        assert_eq!(Job::parse("sweep"), None);
    }

    #[test]
    fn what_is_configured_is_news_once() {
        let mut history = History::default();
        let both = [(Job::Collect, at("0 7 * * *")), (Job::Backup, at("30 2 * * *"))];
        assert_eq!(history.see(utc("2017-11-13T08:00:00Z"), &both).len(), 2);
        assert_eq!(history.see(utc("2017-11-14T08:00:00Z"), &both), []);
        let edited = [(Job::Collect, at("0 8 * * *"))];
        let news = [(Job::Collect, Some(at("0 8 * * *"))), (Job::Backup, None)];
        assert_eq!(history.see(utc("2017-11-15T08:00:00Z"), &edited), news);
        assert_eq!(history.see(utc("2017-11-16T08:00:00Z"), &edited), []);
        assert_eq!(history.see(utc("2017-11-17T08:00:00Z"), &both).len(), 2, "back again");
    }

    #[test]
    fn the_first_rules_were_always_in_force_and_later_ones_from_the_instant_they_were_seen() {
        let mut history = History::default();
        history.see(utc("2017-11-13T08:00:00Z"), &[(Job::Collect, at("0 7 * * *"))]);
        let later = [(Job::Collect, at("0 7 * * *")), (Job::Backup, at("30 2 * * *"))];
        history.see(utc("2017-11-14T08:00:00Z"), &later);
        let year = Span { after: utc("2017-01-01T00:00:00Z"), until: utc("2018-01-01T00:00:00Z") };
        let after = |job| history.during(&job, year).first().map(|(_, part)| part.after);
        assert_eq!(after(Job::Collect), Some(year.after));
        assert_eq!(after(Job::Backup), Some(utc("2017-11-14T08:00:00Z")));
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_nothing_behind_that_holds_until_then() {
        let mut history = History::default();
        history.see(utc("2017-11-13T08:00:00Z"), &[(Job::Collect, at("0 7 * * *"))]);
        let edited = [(Job::Collect, at("0 8 * * *"))];
        history.see(utc("2027-11-13T08:00:00Z"), &edited);
        assert_eq!(history.see(utc("2017-11-14T08:00:00Z"), &edited).len(), 1);
        let decade = Span { after: utc("2017-11-15T00:00:00Z"), until: utc("2028-01-01T00:00:00Z") };
        assert_eq!(history.during(&Job::Collect, decade), [(&at("0 8 * * *"), decade)]);
    }
}
