//! A financial-year quarter, written `2017-18 Q2`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

/// A quarter of the financial year, April to March.
///
/// Annual figures are placed in the quarter in which their reference date falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    index: i32,
}

/// A text that is not a quarter.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a quarter; write it as `2017-18 Q2`")]
pub struct NotAQuarter(pub String);

impl Quarter {
    /// The quarter `number` (1 to 4) of the financial year that starts in April of `year`.
    #[must_use]
    pub fn of(year: i32, number: u8) -> Option<Self> {
        ((1900..=2199).contains(&year) && (1..=4).contains(&number))
            .then(|| Self { index: year * 4 + i32::from(number) - 1 })
    }

    /// The quarter with this running number, as stored in the database.
    #[must_use]
    pub fn from_index(index: i32) -> Self {
        Self { index }
    }

    /// A running number: the start year times four, plus 0 to 3.
    #[must_use]
    pub fn index(self) -> i32 {
        self.index
    }

    /// The quarter in which `date` falls.
    #[must_use]
    pub fn containing(date: NaiveDate) -> Self {
        let months = date.year() * 12 + i32::try_from(date.month0()).unwrap_or(0) - 3;
        Self { index: months.div_euclid(3) }
    }

    /// The calendar year in which the financial year starts.
    #[must_use]
    pub fn year(self) -> i32 {
        self.index.div_euclid(4)
    }

    /// 1 (April to June) to 4 (January to March).
    #[must_use]
    pub fn number(self) -> u8 {
        u8::try_from(self.index.rem_euclid(4) + 1).unwrap_or(1)
    }

    /// The quarter `count` later, or earlier when negative.
    #[must_use]
    pub fn plus(self, count: i32) -> Self {
        Self { index: self.index + count }
    }

    /// As people read it: `Quarter 2, 2017/18 (July to September 2017)`.
    #[must_use]
    pub fn long_label(self) -> String {
        let months = match self.number() {
            1 => "April to June",
            2 => "July to September",
            3 => "October to December",
            _ => "January to March",
        };
        let year = self.year();
        let of = self.last_day().year();
        format!("Quarter {}, {year}/{:02} ({months} {of})", self.number(), (year + 1) % 100)
    }

    /// The first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        let months = self.index * 3 + 3;
        let month = u32::try_from(months.rem_euclid(12)).unwrap_or(0) + 1;
        NaiveDate::from_ymd_opt(months.div_euclid(12), month, 1).unwrap_or_default()
    }

    /// The last day: the reference date of a stock measure.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.plus(1).first_day().pred_opt().unwrap_or_default()
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02} Q{}", self.year(), (self.year() + 1) % 100, self.number())
    }
}
