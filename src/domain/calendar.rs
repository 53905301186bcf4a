//! Working days: Monday to Friday, without the bank holidays of the region's nation.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The working days of one nation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// A calendar with these bank holidays.
    #[must_use]
    pub fn new(holidays: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self { holidays: holidays.into_iter().collect() }
    }

    /// The bank holidays, in order.
    pub fn holidays(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.holidays.iter().copied()
    }

    /// The last day of the last year for which holidays are known.
    #[must_use]
    pub fn known_until(&self) -> Option<NaiveDate> {
        self.holidays.last().and_then(|day| NaiveDate::from_ymd_opt(day.year(), 12, 31))
    }

    /// Whether `day` is a working day.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&day)
    }

    /// The working day `count` working days after `day`, or before when negative.
    ///
    /// With 0: `day` itself, or the next working day when it is none. From a working day, `between` counts
    /// the way back; from a Saturday, one working day back is Friday, and none lies between the two.
    #[must_use]
    pub fn plus(&self, day: NaiveDate, count: i32) -> NaiveDate {
        let mut at = day;
        if count == 0 {
            while !self.is_working_day(at) {
                at = at + Days::new(1);
            }
            return at;
        }
        for _ in 0..count.abs() {
            at = step(at, count);
            while !self.is_working_day(at) {
                at = step(at, count);
            }
        }
        at
    }

    /// The last working day on or before `day`.
    #[must_use]
    pub fn on_or_before(&self, day: NaiveDate) -> NaiveDate {
        let mut at = day;
        while !self.is_working_day(at) {
            at = step(at, -1);
        }
        at
    }

    /// Working days after `from` up to and including `to`; negative when `to` is earlier.
    #[must_use]
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> i32 {
        let count = |first: NaiveDate, last: NaiveDate| {
            let days = first.iter_days().skip(1).take_while(|day| *day <= last);
            i32::try_from(days.filter(|day| self.is_working_day(*day)).count()).unwrap_or(i32::MAX)
        };
        if from <= to { count(from, to) } else { -count(to, from) }
    }
}

fn step(day: NaiveDate, direction: i32) -> NaiveDate {
    if direction < 0 { day - Days::new(1) } else { day + Days::new(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn england() -> Calendar {
        let holidays = [
            "2017-01-02",
            "2017-04-14",
            "2017-04-17",
            "2017-05-01",
            "2017-05-29",
            "2017-08-28",
            "2017-12-25",
            "2017-12-26",
            "2018-01-01",
            "2018-03-30",
            "2018-04-02",
            "2018-05-07",
            "2018-05-28",
            "2018-08-27",
            "2018-12-25",
            "2018-12-26",
        ];
        Calendar::new(holidays.map(day))
    }

    #[test]
    fn christmas_2017_leaves_three_working_days_between_the_years() {
        let calendar = england();
        assert_eq!(calendar.plus(day("2017-12-22"), 1), day("2017-12-27"));
        assert_eq!(calendar.plus(day("2017-12-22"), 4), day("2018-01-02"));
        assert_eq!(calendar.between(day("2017-12-23"), day("2018-01-01")), 3);
        assert_eq!(calendar.on_or_before(day("2017-12-26")), day("2017-12-22"));
    }

    #[test]
    fn easter_2018_begins_on_a_friday_and_ends_on_a_monday() {
        let calendar = england();
        assert_eq!(calendar.plus(day("2018-03-29"), 1), day("2018-04-03"));
        assert_eq!(calendar.plus(day("2018-04-03"), -1), day("2018-03-29"));
        assert_eq!(calendar.plus(day("2018-03-30"), 0), day("2018-04-03"));
        assert_eq!(calendar.plus(day("2017-04-13"), 1), day("2017-04-18"));
    }

    #[test]
    fn the_last_working_day_before_july_2018_is_friday_the_29th() {
        assert_eq!(england().on_or_before(day("2018-06-30")), day("2018-06-29"));
    }

    #[test]
    fn ten_working_days_before_1_december_2017_is_17_november() {
        assert_eq!(england().plus(day("2017-12-01"), -10), day("2017-11-17"));
    }

    #[test]
    fn plus_and_between_undo_each_other_through_ten_years() {
        let calendar = england();
        for start in day("2013-01-01").iter_days().take_while(|start| *start < day("2023-01-01")) {
            for count in 1..=25 {
                let later = calendar.plus(start, count);
                assert!(calendar.is_working_day(later));
                assert_eq!(calendar.between(start, later), count, "{start} + {count}");
                if calendar.is_working_day(start) {
                    assert_eq!(calendar.plus(later, -count), start, "{later} - {count}");
                    assert_eq!(calendar.between(later, start), -count, "{later} to {start}");
                }
            }
        }
    }

    #[test]
    fn no_working_day_lies_between_friday_and_the_weekend_after_it() {
        let calendar = england();
        assert_eq!(calendar.between(day("2017-09-29"), day("2017-10-01")), 0);
        assert_eq!(calendar.between(day("2017-10-01"), day("2017-09-29")), 0);
    }

    #[test]
    fn the_calendar_says_until_when_it_knows_the_holidays() {
        assert_eq!(england().known_until(), Some(day("2018-12-31")));
        assert_eq!(Calendar::default().known_until(), None);
    }
}
