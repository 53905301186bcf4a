//! What is due between two instants: a pure function of schedules, calendar and what was done before.
//!
//! Whatever kept the daemon from running, whether it was stopped, paused, asleep or edited, what it missed is
//! judged by one rule, in [`planned`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::Calendar;
use crate::domain::cron::{instant, wall};
use crate::domain::schedule::{History, Job, Rule};

pub use crate::domain::cron::{CronPattern, Span, next_occurrences, occurrences};

/// What happens to occurrences that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// None is made up for.
    Skip,
    /// Only the latest is.
    Latest,
    /// Each is.
    All,
}

/// A job and the instant at which it is to be done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub job: Job,
}

/// Everything that is due in `span`, after `catch_up` was applied, in order of time.
///
/// An occurrence is missed when its day, in the zone of its rule, is over at `span.until`.
///
/// * A digest: `Skip` leaves out those that were missed, `Latest` keeps the last instant, `All` keeps each.
///   What is made up for keeps to working days too: on any other day none is due, and all are on the next.
/// * A poll finds the same however often it is made, so one stands for all, with `Latest` and `All` also for
///   those that were missed.
/// * Reminders and chasers have a rule of their own, whatever `catch_up` says: of the steps of a ladder that
///   have come only the last one applies, at the next hour of reminders. So a missed hour is not made up for.
/// * One copy of the state is as good as those that were missed, and is always made up for.
#[must_use]
pub fn planned(history: &History, calendar: &Calendar, catch_up: CatchUp, span: Span) -> Vec<Planned> {
    let of_job = |job: &Job| {
        let instants = planned_of(job, history, calendar, catch_up, span);
        instants.into_iter().map(|at| Planned { at, job: job.clone() }).collect::<Vec<_>>()
    };
    sorted(history.jobs().flat_map(of_job).collect())
}

/// The instants in `span` at which one job is due, in order, by the rule of [`planned`].
#[must_use]
pub fn planned_of(
    job: &Job,
    history: &History,
    calendar: &Calendar,
    catch_up: CatchUp,
    span: Span,
) -> Vec<DateTime<Utc>> {
    let mut fell = instants(job, history, calendar, span);
    let today = |zone: Tz| wall(zone, span.until).date();
    if matches!(job, Job::Digest(_)) {
        fell.retain(|_, zone| calendar.is_working_day(today(*zone)));
    }
    let is_of_today = |at: &DateTime<Utc>, zone: &mut Tz| wall(*zone, *at).date() == today(*zone);
    let (is_missed_out, only_last) = match (job, catch_up) {
        (Job::Digest(_), CatchUp::All) => (false, false),
        (Job::Digest(_), CatchUp::Skip) => (true, false),
        (Job::Remind, _) | (Job::Collect, CatchUp::Skip) => (true, true),
        (Job::Digest(_), CatchUp::Latest) | (Job::Collect | Job::Backup, _) => (false, true),
    };
    if is_missed_out {
        fell.retain(is_of_today);
    }
    let surplus = if only_last { fell.len().saturating_sub(1) } else { 0 };
    fell.into_keys().skip(surplus).collect()
}

/// Every occurrence in `span`, whether or not it is made up for, in order of time.
#[must_use]
pub fn fell(history: &History, calendar: &Calendar, span: Span) -> Vec<Planned> {
    let of_job = |job: &Job| {
        let instants = instants(job, history, calendar, span);
        instants.into_keys().map(|at| Planned { at, job: job.clone() }).collect::<Vec<_>>()
    };
    sorted(history.jobs().flat_map(of_job).collect())
}

/// What a whole run should have done in `span`, and none began at the time or within `grace` after it.
///
/// `runs` are the instants at which whole runs began. What is younger than `grace` is not missed yet. Copies
/// of the state are no runs.
#[must_use]
pub fn missed(
    history: &History,
    calendar: &Calendar,
    runs: &[DateTime<Utc>],
    span: Span,
    grace: TimeDelta,
) -> Vec<Planned> {
    let has_run = |at: DateTime<Utc>| runs.iter().any(|run| at <= *run && *run - at <= grace);
    let mut missed = fell(history, calendar, span);
    missed.retain(|it| it.job.is_walked() && span.until - it.at > grace && !has_run(it.at));
    missed
}

/// The next `count` instants after `after` at which a job is done, if its rule stays as it is.
#[must_use]
pub fn next(
    job: &Job,
    rule: &Rule,
    calendar: &Calendar,
    after: DateTime<Utc>,
    count: usize,
) -> Vec<DateTime<Utc>> {
    if job.keeps_working_days() {
        next_digests(&rule.pattern, rule.zone, after, calendar, count)
    } else {
        next_occurrences(&rule.pattern, rule.zone, after, count)
    }
}

/// `Mon 27 Nov 2017 07:00 GMT`; a zone without letters of its own shows its offset, as `+0545`.
#[must_use]
pub fn worded(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z").to_string()
}

fn sorted(mut planned: Vec<Planned>) -> Vec<Planned> {
    planned.sort();
    planned
}

/// The occurrences of a job, each with the zone of the rule that was in force.
fn instants(job: &Job, history: &History, calendar: &Calendar, span: Span) -> BTreeMap<DateTime<Utc>, Tz> {
    let mut instants = BTreeMap::new();
    for (rule, part) in history.during(job, span) {
        let of_rule = if job.keeps_working_days() {
            moved(&rule.pattern, rule.zone, part, calendar)
        } else {
            occurrences(&rule.pattern, rule.zone, part)
        };
        instants.extend(of_rule.into_iter().map(|at| (at, rule.zone)));
    }
    instants
}

/// The wall times at which a rule would have a job done, from the day of `start` on, not always in order.
pub fn walls<'a>(
    job: &'a Job,
    rule: &'a Rule,
    calendar: &'a Calendar,
    start: NaiveDateTime,
) -> impl Iterator<Item = NaiveDateTime> + 'a {
    let moves = job.keeps_working_days();
    let first = if moves { calendar.on_or_before(start.date() - Days::new(1)) } else { start.date() };
    let day = move |wall: NaiveDateTime| if moves { on_working_day(calendar, wall) } else { wall };
    rule.pattern.walls(first.and_time(NaiveTime::MIN)).map(day)
}

fn on_working_day(calendar: &Calendar, wall: NaiveDateTime) -> NaiveDateTime {
    calendar.plus(wall.date(), 0).and_time(wall.time())
}

/// The first `count` instants after `after` at which a digest leaves.
#[must_use]
pub fn next_digests(
    pattern: &CronPattern,
    zone: Tz,
    after: DateTime<Utc>,
    calendar: &Calendar,
    count: usize,
) -> Vec<DateTime<Utc>> {
    let mut due = Vec::new();
    for days in [40, 400, 4000] {
        due = moved(pattern, zone, Span { after, until: after + TimeDelta::days(days) }, calendar);
        if due.len() >= count {
            break;
        }
    }
    due.truncate(count);
    due
}

/// An occurrence on a day that is no working day moves to the same wall time on the next one; it is never
/// dropped, and two that meet become one.
fn moved(pattern: &CronPattern, zone: Tz, span: Span, calendar: &Calendar) -> Vec<DateTime<Utc>> {
    let day_before = wall(zone, span.after).date() - Days::new(1);
    let start = calendar.on_or_before(day_before).and_time(NaiveTime::MIN);
    let end = wall(zone, span.until);
    let due: BTreeSet<_> = pattern
        .walls(start)
        .take_while(|wall| wall.date() <= end.date())
        .map(|wall| instant(zone, on_working_day(calendar, wall)))
        .filter(|at| span.after < *at && *at <= span.until)
        .collect();
    due.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Kathmandu;
    use chrono_tz::Europe::London;

    use super::*;

    const MONDAY: &str = "2017-11-13T12:00:00Z";
    const THURSDAY: &str = "2017-11-16T07:00:00Z";

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn span(after: &str, until: &str) -> Span {
        Span { after: utc(after), until: utc(until) }
    }

    fn rule(cron: &str, zone: Tz) -> Rule {
        Rule { pattern: CronPattern::parse(cron).unwrap(), zone }
    }

    fn digest() -> Job {
        Job::Digest("weekly".to_owned())
    }

    /// A rule that was always in force.
    fn always(job: Job, cron: &str) -> History {
        let mut history = History::default();
        history.take(utc("2017-01-01T00:00:00Z"), job, Some(rule(cron, London)));
        history
    }

    fn easter() -> Calendar {
        Calendar::new(["2018-03-30", "2018-04-02"].map(|day| day.parse().unwrap()))
    }

    fn of(job: &Job, history: &History, span: Span, catch_up: CatchUp) -> Vec<String> {
        let due = planned_of(job, history, &easter(), catch_up, span);
        due.iter().map(|at| at.format("%m-%d %H:%M").to_string()).collect()
    }

    fn digests(cron: &str, after: &str, until: &str) -> Vec<String> {
        of(&digest(), &always(digest(), cron), span(after, until), CatchUp::All)
    }

    #[test]
    fn a_digest_on_a_day_that_is_none_leaves_on_the_next_working_day() {
        let seen = digests("0 9 30 3 *", "2018-03-29T12:00:00Z", "2018-04-03T23:00:00Z");
        assert_eq!(seen, ["04-03 08:00"], "Good Friday to the Tuesday, and from winter to summer time");
    }

    #[test]
    fn two_digests_that_meet_become_one_and_none_is_dropped() {
        let seen = digests("0 9 * * *", "2018-03-28T23:00:00Z", "2018-04-04T23:00:00Z");
        assert_eq!(seen, ["03-29 08:00", "04-03 08:00", "04-04 08:00"]);
    }

    #[test]
    fn a_moved_digest_is_found_by_a_span_that_begins_after_the_day_it_was_meant_for() {
        assert_eq!(digests("0 9 30 3 *", "2018-04-03T00:00:00Z", "2018-04-03T09:00:00Z"), ["04-03 08:00"]);
        assert_eq!(digests("0 9 30 3 *", "2018-04-03T08:00:00Z", "2018-04-06T09:00:00Z"), [""; 0]);
    }

    #[test]
    fn a_missed_digest_is_not_made_up_for_on_a_day_that_is_none() {
        let friday = "2017-11-17T12:00:00Z";
        let mut history = always(digest(), "0 9 * * FRI");
        let due = |history: &History, until, catch_up| {
            of(&digest(), history, span("2017-11-09T12:00:00Z", until), catch_up)
        };
        for catch_up in [CatchUp::All, CatchUp::Latest, CatchUp::Skip] {
            assert_eq!(due(&history, "2017-11-19T12:00:00Z", catch_up), [""; 0], "a Sunday: {catch_up:?}");
        }
        assert_eq!(due(&history, "2017-11-20T06:00:00Z", CatchUp::All), ["11-10 09:00", "11-17 09:00"]);
        assert_eq!(due(&history, "2017-11-20T06:00:00Z", CatchUp::Latest), ["11-17 09:00"]);
        history.take(utc(friday), digest(), None);
        assert_eq!(due(&history, "2017-11-19T12:00:00Z", CatchUp::Latest), [""; 0], "whatever became of it");
    }

    #[test]
    fn the_next_digests_are_found_however_far_apart_they_are() {
        let (job, leap) = (digest(), rule("0 9 29 2 *", London));
        let next = next(&job, &leap, &easter(), utc("2017-01-01T00:00:00Z"), 2);
        let days: Vec<_> = next.iter().map(|at| at.date_naive().to_string()).collect();
        assert_eq!(days, ["2020-03-02", "2024-02-29"], "29 February 2020 is a Saturday");
    }

    /// From Monday noon to Thursday morning nothing ran. What was done to the schedule meanwhile, and when.
    type Outage = (&'static str, &'static [(&'static str, Option<(&'static str, Tz)>)]);

    const STOPPED_PAUSED_OR_ASLEEP: Outage = ("stopped, paused or asleep", &[]);
    const EDITED: [Outage; 3] = [
        ("edited meanwhile to an earlier hour", &[(THURSDAY, Some(("0 6 * * *", London)))]),
        ("moved meanwhile to another zone", &[(THURSDAY, Some(("0 9 * * *", Kathmandu)))]),
        ("taken out meanwhile", &[(THURSDAY, None)]),
    ];

    fn after(outage: Outage, job: &Job) -> History {
        let mut history = always(job.clone(), "0 9 * * *");
        for (at, edit) in outage.1 {
            history.take(utc(at), job.clone(), edit.map(|(cron, zone)| rule(cron, zone)));
        }
        history
    }

    #[test]
    fn one_rule_judges_what_was_missed_whatever_kept_it_from_running() {
        for outage in [STOPPED_PAUSED_OR_ASLEEP].into_iter().chain(EDITED) {
            for (job, catch_up, seen) in [
                (digest(), CatchUp::All, &["11-14 09:00", "11-15 09:00"][..]),
                (digest(), CatchUp::Latest, &["11-15 09:00"]),
                (digest(), CatchUp::Skip, &[]),
                (Job::Collect, CatchUp::All, &["11-15 09:00"]),
                (Job::Collect, CatchUp::Latest, &["11-15 09:00"]),
                (Job::Collect, CatchUp::Skip, &[]),
                (Job::Remind, CatchUp::All, &[]),
                (Job::Remind, CatchUp::Latest, &[]),
                (Job::Remind, CatchUp::Skip, &[]),
                (Job::Backup, CatchUp::All, &["11-15 09:00"]),
                (Job::Backup, CatchUp::Latest, &["11-15 09:00"]),
                (Job::Backup, CatchUp::Skip, &["11-15 09:00"]),
            ] {
                let due = of(&job, &after(outage, &job), span(MONDAY, THURSDAY), catch_up);
                assert_eq!(due, seen, "{}: {job} {catch_up:?}", outage.0);
            }
        }
    }

    #[test]
    fn what_fell_due_today_is_not_missed() {
        let late = span(MONDAY, "2017-11-16T17:00:00Z");
        for job in [digest(), Job::Collect, Job::Remind] {
            let due = of(&job, &always(job.clone(), "0 9,15 * * *"), late, CatchUp::Skip);
            let both: &[&str] = &["11-16 09:00", "11-16 15:00"];
            assert_eq!(due, if job == digest() { both } else { &both[1..] }, "{job}");
        }
    }

    #[test]
    fn an_edit_makes_no_run_in_the_past() {
        let edited_at_ten = |cron| {
            let mut history = always(digest(), "0 9 * * *");
            history.take(utc("2017-11-16T10:00:00Z"), digest(), Some(rule(cron, London)));
            history
        };
        let (nine, evening) = ("2017-11-16T09:00:00Z", "2017-11-16T20:00:00Z");
        for (cron, seen) in [
            ("0 8 * * *", &[][..]),
            ("30 9 * * *", &[]),
            ("0 10 * * *", &[]),
            ("0 11 * * *", &["11-16 11:00"]),
        ] {
            assert_eq!(
                of(&digest(), &edited_at_ten(cron), span(nine, evening), CatchUp::All),
                seen,
                "{cron}"
            );
        }
        let before = of(&digest(), &edited_at_ten("0 11 * * *"), span(MONDAY, evening), CatchUp::All);
        assert_eq!(before, ["11-14 09:00", "11-15 09:00", "11-16 09:00", "11-16 11:00"]);
    }

    #[test]
    fn a_job_that_was_gone_for_a_while_missed_nothing_meanwhile() {
        let mut history = always(digest(), "0 9 * * *");
        history.take(utc("2017-11-14T12:00:00Z"), digest(), None);
        history.take(utc("2017-11-15T12:00:00Z"), digest(), Some(rule("0 9 * * *", London)));
        let week = span(MONDAY, "2017-11-17T12:00:00Z");
        assert_eq!(
            of(&digest(), &history, week, CatchUp::All),
            ["11-14 09:00", "11-16 09:00", "11-17 09:00"]
        );
    }

    #[test]
    fn planned_puts_all_jobs_in_order_and_nothing_when_the_clock_went_back() {
        let mut history = always(Job::Collect, "0 7,13 * * MON-FRI");
        for (job, cron) in [(Job::Backup, "30 2 * * *"), (digest(), "0 7 * * *"), (Job::Remind, "0 8 * * *")]
        {
            history.take(utc("2017-01-01T00:00:00Z"), job, Some(rule(cron, London)));
        }
        let day = span("2017-11-13T20:00:00Z", "2017-11-14T20:00:00Z");
        let due = planned(&history, &easter(), CatchUp::Latest, day);
        let words: Vec<String> =
            due.iter().map(|it| format!("{} {}", it.at.format("%H:%M"), it.job)).collect();
        assert_eq!(words, ["02:30 backup", "07:00 digest weekly", "08:00 remind", "13:00 collect"]);
        let back = Span { after: day.until, until: day.after };
        assert_eq!(planned(&history, &easter(), CatchUp::All, back), []);
        assert_eq!(missed(&history, &easter(), &[], back, TimeDelta::minutes(15)), []);
    }

    #[test]
    fn a_planned_run_is_missed_when_none_began_within_the_grace() {
        let history = always(Job::Collect, "0 7,13 * * *");
        let grace = TimeDelta::minutes(15);
        let days = span("2017-11-13T13:00:00Z", "2017-11-15T13:10:00Z");
        let began = |at: &[&str]| {
            let runs: Vec<_> = at.iter().map(|at| utc(at)).collect();
            let missed = missed(&history, &easter(), &runs, days, grace);
            missed.iter().map(|it| it.at.format("%d %H:%M").to_string()).collect::<Vec<_>>()
        };
        assert_eq!(began(&[]), ["14 07:00", "14 13:00", "15 07:00"], "the youngest is not missed yet");
        assert_eq!(began(&["2017-11-14T07:15:00Z", "2017-11-15T06:59:00Z"]), ["14 13:00", "15 07:00"]);
        assert_eq!(began(&["2017-11-14T07:15:01Z", "2017-11-14T13:00:00Z"]), ["14 07:00", "15 07:00"]);
        let copies = always(Job::Backup, "30 2 * * *");
        assert_eq!(missed(&copies, &easter(), &[], days, grace), []);
    }

    #[test]
    fn a_time_is_told_with_its_zone() {
        assert_eq!(worded(utc("2017-11-27T07:00:00Z"), London), "Mon 27 Nov 2017 07:00 GMT");
        assert_eq!(worded(utc("2018-06-04T06:00:00Z"), London), "Mon 4 Jun 2018 07:00 BST");
        assert_eq!(worded(utc("2017-11-27T07:00:00Z"), Kathmandu), "Mon 27 Nov 2017 12:45 +0545");
    }
}
