//! What is due between two instants: a pure function of the configuration and the calendar.
//!
//! Patterns are wall time. The rule at a change of the clocks is ours and is the same for every pattern: a
//! local time that is skipped fires at the first valid instant after it, and a local time that comes twice
//! fires once, the first time. So croner only ever sees wall time, and its own rules never apply.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

use crate::domain::calendar::Calendar;

/// A stretch of time: after the first instant, up to and including the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Exclusive.
    pub after: DateTime<Utc>,
    /// Inclusive.
    pub until: DateTime<Utc>,
}

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

/// A cron pattern of five fields: minute, hour, day of month, month, day of week.
///
/// When both days are given, either will do, as in Vixie cron; `+MON` in the last field means both must hold.
/// `L`, `15W`, `FRI#L` and `MON#2` are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronPattern {
    text: String,
    cron: Cron,
}

/// A text that is not a pattern we would wait for.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotAPattern {
    /// Seconds, years and nicknames such as `@daily` are not taken.
    #[error("`{0}` is not five fields; write minute, hour, day of month, month, day of week")]
    Fields(String),
    /// The fields do not hold together.
    #[error("`{0}` is not a cron pattern: {1}")]
    Unreadable(String, String),
    /// A step that croner would take for "every", or for "once".
    #[error("`{0}`: the step of `{1}` skips all {2} but one; write that one")]
    Step(String, String, &'static str),
    /// Such as 30 February.
    #[error("`{0}` never fires within five years; check the day and the month")]
    Never(String),
}

const FIELDS: [(&str, u32, u32); 5] = [
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("days of the month", 1, 31),
    ("months", 1, 12),
    ("days of the week", 0, 7),
];

impl CronPattern {
    /// Reads five fields, and refuses what croner would accept and nobody can mean.
    ///
    /// # Errors
    /// Says in words what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, NotAPattern> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(NotAPattern::Fields(text.to_owned()));
        }
        for (field, (name, least, most)) in fields.iter().zip(FIELDS) {
            if let Some(part) = field.split(',').find(|part| steps_too_far(part, least, most)) {
                return Err(NotAPattern::Step(text.to_owned(), part.to_owned(), name));
            }
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser
            .parse(text)
            .map_err(|why| NotAPattern::Unreadable(text.to_owned(), plain(&why.to_string())))?;
        let pattern = Self { text: text.to_owned(), cron };
        if pattern.fires_within_five_years() { Ok(pattern) } else { Err(NotAPattern::Never(text.to_owned())) }
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Five years that hold one 29 February: a fixed stretch, so that the answer depends on the text alone.
    fn fires_within_five_years(&self) -> bool {
        let day = |year| NaiveDate::from_ymd_opt(year, 3, 1).unwrap_or_default().and_time(NaiveTime::MIN);
        self.walls(day(2016)).next().is_some_and(|first| first < day(2021))
    }

    /// The wall times of the pattern from `start` on, whether or not the zone has them.
    fn walls(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let start = start.with_nanosecond(0).unwrap_or(start);
        let next = |after: &NaiveDateTime| self.cron.find_next_occurrence(after, false).ok();
        std::iter::successors(self.cron.find_next_occurrence(&start, true).ok(), next)
    }
}

/// croner takes `*/90` for every minute and `*/60` for the full hour.
fn steps_too_far(part: &str, least: u32, most: u32) -> bool {
    let Some((range, step)) = part.split_once('/') else { return false };
    let Ok(step) = step.parse::<u32>() else { return false };
    let bounds = range.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = bounds.unwrap_or((least, most));
    step > to.saturating_sub(from)
}

fn plain(why: &str) -> String {
    let words = why.trim_end_matches('.');
    words.rsplit(": ").next().unwrap_or(words).to_lowercase()
}

/// The instants of `pattern` in `span`, in order, each once.
#[must_use]
pub fn occurrences(pattern: &CronPattern, zone: Tz, span: Span) -> Vec<DateTime<Utc>> {
    instants_after(pattern, zone, span.after).take_while(|at| *at <= span.until).collect()
}

/// The first `count` instants of `pattern` after `after`.
#[must_use]
pub fn next_occurrences(
    pattern: &CronPattern,
    zone: Tz,
    after: DateTime<Utc>,
    count: usize,
) -> Vec<DateTime<Utc>> {
    instants_after(pattern, zone, after).take(count).collect()
}

fn instants_after(
    pattern: &CronPattern,
    zone: Tz,
    after: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> + '_ {
    let mut last = after;
    pattern.walls(wall(zone, after)).map(move |wall| instant(zone, wall)).filter(move |at| {
        let later = *at > last;
        last = last.max(*at);
        later
    })
}

/// The instants in `span` at which a digest leaves, in order, after `catch_up` was applied.
///
/// An occurrence on a day that is no working day moves to the same wall time on the next one; it is never
/// dropped, and two that meet become one. An occurrence is missed when the day on which it should have left,
/// in `zone`, is over at `span.until`: `Skip` leaves those out, `Latest` keeps the last instant, `All` all.
#[must_use]
pub fn digest_occurrences(
    pattern: &CronPattern,
    zone: Tz,
    span: Span,
    calendar: &Calendar,
    catch_up: CatchUp,
) -> Vec<DateTime<Utc>> {
    let mut due = moved(pattern, zone, span, calendar);
    match catch_up {
        CatchUp::All => {}
        CatchUp::Latest => drop(due.drain(..due.len().saturating_sub(1))),
        CatchUp::Skip => due.retain(|at| wall(zone, *at).date() == wall(zone, span.until).date()),
    }
    due
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

fn moved(pattern: &CronPattern, zone: Tz, span: Span, calendar: &Calendar) -> Vec<DateTime<Utc>> {
    let day_before = wall(zone, span.after).date() - Days::new(1);
    let start = calendar.on_or_before(day_before).and_time(NaiveTime::MIN);
    let end = wall(zone, span.until);
    let due: BTreeSet<_> = pattern
        .walls(start)
        .take_while(|wall| wall.date() <= end.date())
        .map(|wall| instant(zone, calendar.plus(wall.date(), 0).and_time(wall.time())))
        .filter(|at| span.after < *at && *at <= span.until)
        .collect();
    due.into_iter().collect()
}

fn wall(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// The instant of a wall time, by the rule at the head of this file.
fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    // Every change of the clocks since 1972 ends on a whole minute; the longest skipped one day.
    for minutes in 0..=24 * 60 {
        match zone.from_local_datetime(&(wall + TimeDelta::minutes(minutes))) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => return at.to_utc(),
            MappedLocalTime::None => {}
        }
    }
    wall.and_utc()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Kathmandu;
    use chrono_tz::Europe::London;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn pattern(text: &str) -> CronPattern {
        CronPattern::parse(text).unwrap()
    }

    fn in_london(text: &str, after: &str, until: &str) -> Vec<String> {
        let span = Span { after: utc(after), until: utc(until) };
        written(&occurrences(&pattern(text), London, span))
    }

    fn written(instants: &[DateTime<Utc>]) -> Vec<String> {
        instants.iter().map(|at| at.format("%m-%d %H:%M").to_string()).collect()
    }

    fn easter() -> Calendar {
        Calendar::new(["2018-03-30", "2018-04-02"].map(|day| day.parse().unwrap()))
    }

    fn digests(text: &str, after: &str, until: &str, catch_up: CatchUp) -> Vec<String> {
        let span = Span { after: utc(after), until: utc(until) };
        written(&digest_occurrences(&pattern(text), London, span, &easter(), catch_up))
    }

    #[test]
    fn a_daily_hour_follows_the_wall_clock_through_both_changes_of_2017_and_2018() {
        for (before, after, seen) in [
            ("2017-03-25T00:00:00Z", "2017-03-27T00:00:00Z", ["03-25 08:00", "03-26 07:00"]),
            ("2017-10-28T00:00:00Z", "2017-10-30T00:00:00Z", ["10-28 07:00", "10-29 08:00"]),
            ("2018-03-24T00:00:00Z", "2018-03-26T00:00:00Z", ["03-24 08:00", "03-25 07:00"]),
            ("2018-10-27T00:00:00Z", "2018-10-29T00:00:00Z", ["10-27 07:00", "10-28 08:00"]),
        ] {
            assert_eq!(in_london("0 8 * * *", before, after), seen);
        }
    }

    #[test]
    fn a_local_time_that_is_skipped_fires_once_at_the_first_valid_instant() {
        assert_eq!(in_london("30 1 * * *", "2018-03-25T00:00:00Z", "2018-03-25T12:00:00Z"), ["03-25 01:00"]);
        assert_eq!(
            in_london("*/20 1 * * *", "2017-03-26T00:00:00Z", "2017-03-26T12:00:00Z"),
            ["03-26 01:00"]
        );
    }

    #[test]
    fn a_local_time_that_comes_twice_fires_the_first_time_only() {
        assert_eq!(in_london("30 1 * * *", "2017-10-28T23:00:00Z", "2017-10-29T12:00:00Z"), ["10-29 00:30"]);
        let half_hours = in_london("*/30 1 * * *", "2018-10-27T23:00:00Z", "2018-10-28T12:00:00Z");
        assert_eq!(half_hours, ["10-28 00:00", "10-28 00:30"]);
    }

    #[test]
    fn waking_within_the_repeated_hour_repeats_nothing() {
        assert_eq!(in_london("30 1 * * *", "2017-10-29T00:30:00Z", "2017-10-29T12:00:00Z"), [""; 0]);
        assert_eq!(in_london("30 1 * * *", "2017-10-29T01:10:00Z", "2017-10-29T12:00:00Z"), [""; 0]);
    }

    #[test]
    fn kathmandu_keeps_its_three_quarters_of_an_hour() {
        let next = next_occurrences(&pattern("0 9 * * *"), Kathmandu, utc("2017-11-17T00:00:00Z"), 2);
        assert_eq!(written(&next), ["11-17 03:15", "11-18 03:15"]);
    }

    #[test]
    fn a_span_leaves_out_its_first_instant_and_takes_in_its_last() {
        let seen = in_london("0 8 * * *", "2017-11-17T08:00:00Z", "2017-11-18T08:00:00Z");
        assert_eq!(seen, ["11-18 08:00"]);
        assert_eq!(in_london("0 8 * * *", "2017-11-18T08:00:00Z", "2017-11-17T08:00:00Z"), [""; 0]);
    }

    #[test]
    fn ten_years_of_days_fire_once_each_and_however_they_are_cut() {
        for zone in [London, Kathmandu] {
            let daily = pattern("30 1 * * *");
            let (start, end) = (utc("2013-01-01T00:00:00Z"), utc("2023-01-01T00:00:00Z"));
            let whole = occurrences(&daily, zone, Span { after: start, until: end });
            let days: BTreeSet<_> = whole.iter().map(|at| wall(zone, *at).date()).collect();
            assert_eq!((whole.len(), days.len()), (3652, 3652));
            assert!(whole.is_sorted_by(|earlier, later| earlier < later));
            let mut cut = Vec::new();
            let mut after = start;
            while after < end {
                let until = (after + TimeDelta::minutes(7 * 60 + 13)).min(end);
                cut.extend(occurrences(&daily, zone, Span { after, until }));
                after = until;
            }
            assert_eq!(cut, whole);
        }
    }

    #[test]
    fn a_digest_on_a_day_that_is_none_leaves_on_the_next_working_day() {
        let seen = digests("0 9 30 3 *", "2018-03-29T12:00:00Z", "2018-04-03T23:00:00Z", CatchUp::All);
        assert_eq!(seen, ["04-03 08:00"], "Good Friday to the Tuesday, and from winter to summer time");
    }

    #[test]
    fn two_digests_that_meet_become_one_and_none_is_dropped() {
        let seen = digests("0 9 * * *", "2018-03-28T23:00:00Z", "2018-04-04T23:00:00Z", CatchUp::All);
        assert_eq!(seen, ["03-29 08:00", "04-03 08:00", "04-04 08:00"]);
    }

    #[test]
    fn a_moved_digest_is_found_by_a_span_that_begins_after_the_day_it_was_meant_for() {
        let seen = digests("0 9 30 3 *", "2018-04-03T00:00:00Z", "2018-04-03T09:00:00Z", CatchUp::Latest);
        assert_eq!(seen, ["04-03 08:00"]);
        let again = digests("0 9 30 3 *", "2018-04-03T08:00:00Z", "2018-04-06T09:00:00Z", CatchUp::All);
        assert_eq!(again, [""; 0]);
    }

    #[test]
    fn after_a_sleep_the_catch_up_rule_decides() {
        let (slept, woke) = ("2017-11-13T12:00:00Z", "2017-11-16T07:00:00Z");
        assert_eq!(digests("0 9 * * *", slept, woke, CatchUp::All), ["11-14 09:00", "11-15 09:00"]);
        assert_eq!(digests("0 9 * * *", slept, woke, CatchUp::Latest), ["11-15 09:00"]);
        assert_eq!(digests("0 9 * * *", slept, woke, CatchUp::Skip), [""; 0]);
        let later = "2017-11-16T10:00:00Z";
        assert_eq!(
            digests("0 9 * * *", slept, later, CatchUp::Skip),
            ["11-16 09:00"],
            "today's is not missed"
        );
    }

    #[test]
    fn the_next_digests_are_found_however_far_apart_they_are() {
        let next = next_digests(&pattern("0 9 29 2 *"), London, utc("2017-01-01T00:00:00Z"), &easter(), 2);
        let days: Vec<_> = next.iter().map(|at| at.date_naive().to_string()).collect();
        assert_eq!(days, ["2020-03-02", "2024-02-29"], "29 February 2020 is a Saturday");
    }

    #[test]
    fn a_pattern_nobody_can_mean_is_refused_in_words() {
        for (text, words) in [
            (
                "0 0 8 * * *",
                "`0 0 8 * * *` is not five fields; write minute, hour, day of month, month, day of week",
            ),
            ("@daily", "`@daily` is not five fields; write minute, hour, day of month, month, day of week"),
            ("*/90 * * * *", "`*/90 * * * *`: the step of `*/90` skips all minutes but one; write that one"),
            ("*/60 * * * *", "`*/60 * * * *`: the step of `*/60` skips all minutes but one; write that one"),
            (
                "0 8-10/5 * * *",
                "`0 8-10/5 * * *`: the step of `8-10/5` skips all hours but one; write that one",
            ),
            ("0 8 30 2 *", "`0 8 30 2 *` never fires within five years; check the day and the month"),
        ] {
            assert_eq!(CronPattern::parse(text).unwrap_err().to_string(), words);
        }
        for text in
            ["61 8 * * *", "0 24 * * *", "0 8 * * FRI-MON", "0 8 * 13 *", "x 8 * * *", "", "0 8 32 * *"]
        {
            assert!(CronPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_people_write_are_taken() {
        for text in
            ["0 8 * * MON-FRI", "*/15 * * * *", "0 9 29 2 *", "0 9 L * *", "0 9 * * MON#2", "0 9 1-7 * +MON"]
        {
            assert_eq!(pattern(text).as_str(), text);
        }
    }
}
