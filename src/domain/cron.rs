//! Patterns of wall time, and the instants at which they fire in a zone.
//!
//! The rule at a change of the clocks is ours and is the same for every pattern: a local time that is left
//! out fires at the first valid instant after it, and a local time that comes twice fires once, the first
//! time. So croner only ever sees wall time, and its own rules never apply.

use chrono::{
    DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

/// A stretch of time: after the first instant, up to and including the second.
///
/// Nothing lies in it when the clock went back, so that `until` is not later than `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Exclusive.
    pub after: DateTime<Utc>,
    /// Inclusive.
    pub until: DateTime<Utc>,
}

/// A cron pattern of five fields: minute, hour, day of month, month, day of week.
///
/// `L`, `15W`, `FRI#L` and `MON#2` are understood. When both days are given, `+MON` in the last field says
/// that both must hold; without the plus the pattern is refused, because half of its readers take it for
/// "and" and half for "or".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronPattern {
    text: String,
    cron: Cron,
}

/// Why a text is not a pattern we would wait for.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotAPattern {
    /// Seconds, years and nicknames such as `@daily` are not taken.
    #[error("expected five fields (minute, hour, day of the month, month, day of the week), found {0}")]
    Fields(usize),
    /// The fields do not hold together.
    #[error("not a cron pattern ({0})")]
    Unreadable(String),
    /// A step that croner would take for "every", or for "once".
    #[error("the step of `{0}` skips all {1} but one; write that one")]
    Step(String, &'static str),
    /// A day of the month and a day of the week.
    #[error("both a day of the month and a day of the week; write `+{0}` when both must hold")]
    TwoDays(String),
    /// Such as 30 February.
    #[error("this never happens within five years")]
    Never,
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
        let [_, _, day_of_month, _, day_of_week] = fields[..] else {
            return Err(NotAPattern::Fields(fields.len()));
        };
        for (field, (name, least, most)) in fields.iter().zip(FIELDS) {
            if let Some(part) = field.split(',').find(|part| steps_too_far(part, least, most)) {
                return Err(NotAPattern::Step(part.to_owned(), name));
            }
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|why| NotAPattern::Unreadable(plain(&why.to_string())))?;
        let is_any = |field: &str| matches!(field, "*" | "?");
        if !is_any(day_of_month) && !is_any(day_of_week) && !day_of_week.starts_with('+') {
            return Err(NotAPattern::TwoDays(day_of_week.to_owned()));
        }
        let pattern = Self { text: text.to_owned(), cron };
        if pattern.fires_within_five_years() { Ok(pattern) } else { Err(NotAPattern::Never) }
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

    /// The wall times of the pattern from `start` on, whether or not a zone has them.
    pub fn walls(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
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

/// What a clock on the wall shows in `zone`.
#[must_use]
pub fn wall(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// The instant of a wall time, by the rule at the head of this file.
#[must_use]
pub fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    // Every change of the clocks since 1972 ends on a whole minute; the longest left out one day.
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
    fn a_pattern_nobody_can_mean_is_refused_in_words() {
        let fields = "expected five fields (minute, hour, day of the month, month, day of the week), found ";
        for (text, words) in [
            ("0 0 8 * * *", format!("{fields}6").as_str()),
            ("@daily", &format!("{fields}1")),
            ("", &format!("{fields}0")),
            ("*/90 * * * *", "the step of `*/90` skips all minutes but one; write that one"),
            ("*/60 * * * *", "the step of `*/60` skips all minutes but one; write that one"),
            ("0 8-10/5 * * *", "the step of `8-10/5` skips all hours but one; write that one"),
            ("0 8 30 2 *", "this never happens within five years"),
            (
                "0 8 13 * FRI",
                "both a day of the month and a day of the week; write `+FRI` when both must hold",
            ),
        ] {
            assert_eq!(CronPattern::parse(text).unwrap_err().to_string(), words);
        }
        for text in ["61 8 * * *", "0 24 * * *", "0 8 * * FRI-MON", "0 8 * 13 *", "x 8 * * *", "0 8 32 * *"] {
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

    #[test]
    fn the_years_2038_2100_and_9999_do_not_overflow() {
        let next = |after| next_occurrences(&pattern("30 1 29 2 *"), London, utc(after), 2);
        let days = |after| next(after).iter().map(|at| at.date_naive().to_string()).collect::<Vec<_>>();
        assert_eq!(days("2038-01-19T03:14:08Z"), ["2040-02-29", "2044-02-29"]);
        assert_eq!(days("2097-01-01T00:00:00Z"), ["2104-02-29", "2108-02-29"], "2100 is no leap year");
        assert_eq!(days("1969-12-31T23:59:59Z"), ["1972-02-29", "1976-02-29"]);
        assert_eq!(days("9999-12-31T23:59:59Z"), [""; 0], "beyond the year 5000 nothing is planned");
    }
}
