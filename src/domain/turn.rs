//! The changes of the clocks to come, and what becomes of a rule at each.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::Calendar;
use crate::domain::cron::{Span, wall};
use crate::domain::due;
use crate::domain::schedule::{Job, Rule};

/// Clocks change for longer than this, or nobody need be told.
const STEP: TimeDelta = TimeDelta::hours(6);

/// Wall times of a rule at which a change of the clocks makes a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The day on the wall.
    pub on: NaiveDate,
    /// The times of that day, in order; at least one.
    pub times: Vec<NaiveTime>,
    /// What happens to them.
    pub fate: Fate,
}

/// What happens to a wall time at a change of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is left out, and what was planned then is done at this instant, once.
    LeftOut(DateTime<Utc>, Tz),
    /// It comes twice, and what is planned then is done the first time.
    Repeated,
}

impl fmt::Display for Turn {
    /// `on 25 Mar 2018 01:30 does not exist: fires 02:00 BST`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times: Vec<String> = self.times.iter().map(|time| time.format("%H:%M").to_string()).collect();
        let (many, times) = (times.len() > 1, times.join(", "));
        write!(f, "on {} {times} ", self.on.format("%-d %b %Y"))?;
        match self.fate {
            Fate::LeftOut(at, zone) => {
                let words = if many { "do not exist: fires once," } else { "does not exist: fires" };
                write!(f, "{words} {}", at.with_timezone(&zone).format("%H:%M %Z"))
            }
            Fate::Repeated if many => f.write_str("come twice: each fires the first time"),
            Fate::Repeated => f.write_str("comes twice: fires the first time"),
        }
    }
}

/// What the changes of the clocks in `span` do to a rule, in order of time; empty when they do nothing.
#[must_use]
pub fn turns(job: &Job, rule: &Rule, calendar: &Calendar, span: Span) -> Vec<Turn> {
    changes(rule.zone, span).into_iter().filter_map(|at| turn(job, rule, calendar, at)).collect()
}

/// The instants in `span` at which the clocks of a zone change.
#[must_use]
pub fn changes(zone: Tz, span: Span) -> Vec<DateTime<Utc>> {
    let mut found = Vec::new();
    let mut before = span.after;
    while before < span.until {
        let after = (before + STEP).min(span.until);
        if offset(zone, before) != offset(zone, after) {
            found.push(first_after_change(zone, before, after));
        }
        before = after;
    }
    found
}

fn offset(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// The clocks change after `before` and not later than `after`.
fn first_after_change(zone: Tz, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> DateTime<Utc> {
    let old = offset(zone, before);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        if offset(zone, middle) == old { before = middle } else { after = middle }
    }
    // The search ends within the second in which the clocks changed, and they change on a whole one.
    DateTime::from_timestamp(after.timestamp(), 0).unwrap_or(after)
}

fn turn(job: &Job, rule: &Rule, calendar: &Calendar, at: DateTime<Utc>) -> Option<Turn> {
    let (shown_last, shown_next) = (wall(rule.zone, at - TimeDelta::seconds(1)), wall(rule.zone, at));
    let would_be = shown_last + TimeDelta::seconds(1);
    let (from, to) = (would_be.min(shown_next), would_be.max(shown_next));
    let hit: BTreeSet<NaiveDateTime> = due::walls(job, rule, calendar, from)
        .take_while(|wall| *wall < to + TimeDelta::days(1))
        .filter(|wall| from <= *wall && *wall < to)
        .collect();
    let fate = if would_be < shown_next { Fate::LeftOut(at, rule.zone) } else { Fate::Repeated };
    let on = hit.first()?.date();
    Some(Turn { on, times: hit.into_iter().map(|wall| wall.time()).collect(), fate })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Australia::Lord_Howe;
    use chrono_tz::Europe::London;

    use super::*;
    use crate::domain::cron::CronPattern;

    fn told(job: &Job, text: &str, zone: Tz) -> Vec<String> {
        let rule = Rule { pattern: CronPattern::parse(text).unwrap(), zone };
        let year = Span {
            after: "2017-11-17T08:00:00Z".parse().unwrap(),
            until: "2018-11-17T08:00:00Z".parse().unwrap(),
        };
        turns(job, &rule, &Calendar::default(), year).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_night_job_in_london_is_told_both_changes() {
        let words = [
            "on 25 Mar 2018 01:30 does not exist: fires 02:00 BST",
            "on 28 Oct 2018 01:30 comes twice: fires the first time",
        ];
        assert_eq!(told(&Job::Backup, "30 1 * * *", London), words);
        let words = [
            "on 25 Mar 2018 01:00, 01:20, 01:40 do not exist: fires once, 02:00 BST",
            "on 28 Oct 2018 01:00, 01:20, 01:40 come twice: each fires the first time",
        ];
        assert_eq!(told(&Job::Collect, "*/20 * * * *", London), words);
    }

    #[test]
    fn a_job_of_the_day_is_told_nothing_nor_one_that_moves_away_from_the_sunday() {
        assert_eq!(told(&Job::Backup, "30 2 * * *", London), [""; 0]);
        assert_eq!(told(&Job::Collect, "0 7,13 * * MON-FRI", London), [""; 0]);
        assert_eq!(told(&Job::Digest("night".to_owned()), "30 1 * * SUN", London), [""; 0]);
    }

    #[test]
    fn half_an_hour_is_a_change_too() {
        let words = [
            "on 1 Apr 2018 01:45 comes twice: fires the first time",
            "on 7 Oct 2018 02:15 does not exist: fires 02:30 +11",
        ];
        assert_eq!(told(&Job::Backup, "45 1 * * *", Lord_Howe), words[..1]);
        assert_eq!(told(&Job::Backup, "15 2 * * *", Lord_Howe), words[1..]);
    }
}
