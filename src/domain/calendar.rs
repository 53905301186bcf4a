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
    /// With 0: `day` itself, or the next working day when it is none.
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
