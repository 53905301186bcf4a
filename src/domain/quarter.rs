//! A financial-year quarter, written `2017-18 Q2`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use crate::domain::year::{self, digits, financial_year};

/// A quarter of the financial year, April to March.
///
/// Annual figures are placed in the quarter in which their reference date falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    index: i32,
}

/// What one year means, where a layout says so: beside a quarter, `Q2 2017`, or by itself, `2016-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareYear {
    /// The calendar year of a calendar quarter: April to June 2017.
    Calendar,
    /// The year in which the financial year starts: July to September 2017.
    Financial,
    /// A year by itself: the quarter of this month and day, so many years after the one in which it ends.
    Annual(i32, u32, u32),
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

    /// The one way we write it: `2017-18 Q2`.
    ///
    /// # Errors
    /// When `text` has any other shape, or its two years do not follow each other.
    pub fn parse(text: &str) -> Result<Self, NotAQuarter> {
        let plain = || {
            let (years, number) = text.split_once(" Q")?;
            let strict = years.len() == 7 && years.as_bytes().get(4) == Some(&b'-') && number.len() == 1;
            if strict { Self::of(financial_year(years)?, digits(number)?) } else { None }
        };
        plain().ok_or_else(|| NotAQuarter(text.to_owned()))
    }

    /// Any spelling met in returns that can mean only one quarter.
    ///
    /// * Financial year and quarter, in either order: `2017/18 Q2`, `201718 Q2`, `Q2 17/18`, `2017-18-Q2`,
    ///   `2017/18 Financial year Q2`, `Quarter 2, 2017/18 (July to September 2017)`.
    /// * Months: `Jul-Sep 2017`, `July to September 2017`.
    /// * The last month, or the last day, day first: `Sep-17`, `September 2017`, `30/09/2017`, `2017-09-30`.
    ///
    /// Refused: one year with a quarter (`Q2 2017` is July or April), four digits that may be one year or two
    /// (`2021 Q2`), and a month or day that does not end a quarter: it may be the day the form was filled in.
    #[must_use]
    pub fn from_spelling(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase().replace(['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}'], "-");
        let plain = lower.split_whitespace().collect::<Vec<_>>().join(" ");
        match plain.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((outside, inside)) => {
                let quarter = from_words(outside.trim())?;
                let agrees = from_words(inside).map_or_else(
                    || months_named(inside.trim()) == Some(quarter.number()),
                    |again| again == quarter,
                );
                agrees.then_some(quarter)
            }
            None => from_words(&plain),
        }
    }

    /// As [`Quarter::from_spelling`], but `Q2 2017` or `2016-17` is understood too, as `bare_year` says.
    #[must_use]
    pub fn from_spelling_by(text: &str, bare_year: Option<BareYear>) -> Option<Self> {
        Self::from_spelling(text).or_else(|| {
            if let Some(BareYear::Annual(offset, month, day)) = bare_year {
                let date = NaiveDate::from_ymd_opt(year::ending(text)? + offset, month, day)?;
                return Some(Self::containing(date));
            }
            let plain = text.trim().to_lowercase();
            let (years, number) = years_and_number(&plain)?;
            let year: i32 = digits(&years).filter(|_| years.len() == 4)?;
            match bare_year? {
                BareYear::Financial => Self::of(year, number),
                BareYear::Calendar => Self::of(year, number).map(|quarter| quarter.plus(-1)),
                BareYear::Annual(..) => None,
            }
        })
    }

    /// The quarter in which a month lies that is named with its year, `Aug-17`: the last of a quarter or not.
    #[must_use]
    pub fn of_month(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase().replace(['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}'], "-");
        first_of_month(&lower.split_whitespace().collect::<Vec<_>>().join(" ")).map(Self::containing)
    }

    /// The quarters that `text` may mean, when it may mean two.
    #[must_use]
    pub fn either(text: &str) -> Option<(Self, Self)> {
        let by = |bare_year| Self::from_spelling_by(text, Some(bare_year));
        by(BareYear::Calendar).zip(by(BareYear::Financial)).filter(|(one, other)| one != other)
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

    /// For running text: `Quarter 2, 2017/18 (July to September 2017)`.
    #[must_use]
    pub fn long_label(self) -> String {
        let (first, last) = (self.first_day(), self.last_day());
        format!(
            "Quarter {}, {}/{:02} ({} to {} {})",
            self.number(),
            self.year(),
            (self.year() + 1) % 100,
            first.format("%B"),
            last.format("%B"),
            last.year()
        )
    }

    /// For addresses and file names: `2017-18-Q2`.
    #[must_use]
    pub fn slug(self) -> String {
        self.to_string().replace(' ', "-")
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02} Q{}", self.year(), (self.year() + 1) % 100, self.number())
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn from_words(text: &str) -> Option<Quarter> {
    year_and_quarter(text)
        .or_else(|| months_and_year(text))
        .or_else(|| last_month(text))
        .or_else(|| last_day(text))
}

/// `2017/18 q2` and `q2 2017/18`, with the words people put between.
fn year_and_quarter(text: &str) -> Option<Quarter> {
    let (years, number) = years_and_number(text)?;
    Quarter::of(financial_year(&years)?, number)
}

/// What stands beside a quarter's number, and the number.
fn years_and_number(text: &str) -> Option<(String, u8)> {
    let short =
        text.replace("financial year", " ").replace("fy", " ").replace("quarter ", "q").replace("qtr ", "q");
    let apart = |c: char| c == ' ' || c == ',' || c == '-' || c == '_' || c == ':';
    let at = short.find('q')?;
    let (before, from_q) = short.split_at(at);
    let number = digits(from_q.get(1..2)?)?;
    let after = from_q.get(2..)?;
    let (before, after) = (before.trim_matches(apart), after.trim_matches(apart));
    let years = match (before.is_empty(), after.is_empty()) {
        (false, true) => before,
        (true, false) if from_q.get(2..3).is_some_and(|next| next.starts_with(apart)) => after,
        _ => return None,
    };
    Some((years.to_owned(), number))
}

/// `jul-sep 2017`, `july to september 2017`.
fn months_and_year(text: &str) -> Option<Quarter> {
    let (months, year) = text.rsplit_once(' ')?;
    let number = months_named(months)?;
    let year = calendar_year(year)?;
    Quarter::of(if number == 4 { year - 1 } else { year }, number)
}

/// The number of the quarter whose first and last month these are.
fn months_named(text: &str) -> Option<u8> {
    let (first, last) = text.split_once(" to ").or_else(|| text.split_once('-'))?;
    match (month(first.trim())?, month(last.trim())?) {
        (4, 6) => Some(1),
        (7, 9) => Some(2),
        (10, 12) => Some(3),
        (1, 3) => Some(4),
        _ => None,
    }
}

/// `sep-17`, `september 2017`.
fn last_month(text: &str) -> Option<Quarter> {
    let first = first_of_month(text)?;
    let quarter = Quarter::containing(first);
    (first.month() == quarter.last_day().month()).then_some(quarter)
}

fn first_of_month(text: &str) -> Option<NaiveDate> {
    let (name, year) = text.split_once([' ', '-', '/'])?;
    NaiveDate::from_ymd_opt(calendar_year(year)?, month(name)?, 1)
}

/// A day as [`day_from_spelling`] reads it, when it ends a quarter.
fn last_day(text: &str) -> Option<Quarter> {
    let date = day_from_spelling(text)?;
    let quarter = Quarter::containing(date);
    (date == quarter.last_day()).then_some(quarter)
}

/// A day, day first: `30/09/2017`, `30 September 2017`, `30.9.17`, `2017-09-30`, `2017-09-30 00:00:00`.
#[must_use]
pub fn day_from_spelling(text: &str) -> Option<NaiveDate> {
    let lower = text.trim().to_lowercase();
    let date = lower.strip_suffix("00:00:00").map_or(lower.as_str(), |day| day.trim_end_matches([' ', 't']));
    let mut parts = date.split(['/', '-', '.', ' ']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (day, year) = if first.len() == 4 { (third, first) } else { (first, third) };
    let month = month(second).or_else(|| digits(second))?;
    NaiveDate::from_ymd_opt(calendar_year(year)?, month, digits(day)?)
}

/// A month by its name or by its first three letters (`sept` too); 1 is January.
fn month(name: &str) -> Option<u32> {
    let right = |full: &str| full.starts_with(name) && (name.len() == 3 || name == full || name == "sept");
    u32::try_from(MONTHS.iter().position(|full| right(full))? + 1).ok()
}

/// A calendar year of four digits, or of two in this century.
fn calendar_year(text: &str) -> Option<i32> {
    match text.len() {
        4 => digits(text),
        2 => Some(2000 + digits::<i32>(text)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second() -> Quarter {
        Quarter::of(2017, 2).unwrap()
    }

    #[test]
    fn the_strict_form_is_the_only_one_that_parses() {
        assert_eq!(Quarter::parse("2017-18 Q2"), Ok(second()));
        assert_eq!(Quarter::parse("1999-00 Q4").unwrap().year(), 1999);
        for text in
            ["2017/18 Q2", "2017-19 Q2", "2017-18 Q5", "2017-18 Q0", "2017-18  Q2", "2017-18 q2", "", "Q2"]
        {
            assert_eq!(Quarter::parse(text), Err(NotAQuarter(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_the_second_quarter_is_understood() {
        for text in [
            "2017-18 Q2",
            "2017/18 Q2",
            "201718 Q2",
            "201718Q2",
            "Q2 2017/18",
            "Q2 17/18",
            "q2, 2017-18",
            "2017-18-Q2",
            "2017/2018 Q2",
            "2017\u{2013}18 Q2",
            "  2017/18   Q2 ",
            "2017/18 FYQ2",
            "201718 Financial year Q2",
            "FY 2017/18 Q2",
            "Quarter 2 2017/18",
            "2017/18 Qtr 2",
            "Quarter 2, 2017/18 (July to September 2017)",
            "2017/18 Q2 (Jul-Sep)",
            "Jul-Sep 2017",
            "Jul - Sep 2017",
            "Jul\u{2013}Sep 17",
            "July to September 2017",
            "Sep-17",
            "Sept 2017",
            "September 2017",
            "30/09/2017",
            "30-09-2017",
            "30.9.17",
            "30 September 2017",
            "2017-09-30",
            "2017-09-30 00:00:00",
            "2017-09-30T00:00:00",
        ] {
            assert_eq!(Quarter::from_spelling(text), Some(second()), "{text}");
        }
    }

    #[test]
    fn a_spelling_that_may_mean_two_quarters_is_refused() {
        for text in [
            "Q2 2017",
            "2017 Q2",
            "2017Q2",
            "2017-Q2",
            "2021 Q2",
            "1718 Q2",
            "Q2",
            "FYQ2",
            "2017-18",
            "Q22017/18",
        ] {
            assert_eq!(Quarter::from_spelling(text), None, "{text}");
        }
    }

    #[test]
    fn one_year_beside_a_quarter_is_understood_only_as_a_layout_says() {
        let first = Quarter::of(2017, 1).unwrap();
        for text in ["Q2 2017", "2017 Q2", "2017Q2", "2017 FYQ2", "Quarter 2 2017"] {
            assert_eq!(Quarter::from_spelling_by(text, None), None, "{text}");
            assert_eq!(Quarter::from_spelling_by(text, Some(BareYear::Financial)), Some(second()), "{text}");
            assert_eq!(Quarter::from_spelling_by(text, Some(BareYear::Calendar)), Some(first), "{text}");
            assert_eq!(Quarter::either(text), Some((first, second())), "{text}");
        }
        assert_eq!(Quarter::from_spelling_by("Q1 2018", Some(BareYear::Calendar)), Quarter::of(2017, 4));
        for text in ["Q2", "1718 Q2", "2017-18", "Q2 17", "2017-18 Q2"] {
            assert_eq!(Quarter::either(text), None, "{text}");
        }
    }

    #[test]
    fn a_month_lies_in_its_quarter() {
        for text in ["Jul-17", "August 2017", "sep 17", " Aug\u{2013}17 "] {
            assert_eq!(Quarter::of_month(text), Some(second()), "{text}");
        }
        for text in ["Q2 2017/18", "17-Aug", "Aug", "Aug-Oct 2017", "2017-08"] {
            assert_eq!(Quarter::of_month(text), None, "{text}");
        }
    }

    #[test]
    fn what_does_not_hold_together_is_refused() {
        for text in [
            "2017-19 Q2",
            "2017/17 Q2",
            "2017-18 Q5",
            "2017-18 Q0",
            "2017-18 Q22",
            "2017/18 Q2 (Oct-Dec)",
            "Quarter 2, 2017/18 (July to September 2018)",
            "Aug-Oct 2017",
            "Aug-17",
            "29/09/2017",
            "09/30/2017",
            "2017-07-01",
            "31/09/2017",
            "Q2 2017/18 Q3",
            "",
            "()",
            "q",
            "2017-18 Q\u{0662}",
            "\u{e9}\u{e9}\u{e9}",
        ] {
            assert_eq!(Quarter::from_spelling(text), None, "{text}");
        }
    }

    #[test]
    fn the_fourth_quarter_lies_in_the_next_calendar_year() {
        let fourth = Quarter::of(2017, 4).unwrap();
        for text in ["Jan-Mar 2018", "Mar-18", "31/03/2018", "2018-03-31", "Q4 17/18"] {
            assert_eq!(Quarter::from_spelling(text), Some(fourth), "{text}");
        }
        assert_eq!(fourth.long_label(), "Quarter 4, 2017/18 (January to March 2018)");
    }

    #[test]
    fn each_way_of_writing_a_quarter_reads_back() {
        let mut quarter = Quarter::of(1995, 1).unwrap();
        while quarter.year() < 2105 {
            assert_eq!(Quarter::parse(&quarter.to_string()), Ok(quarter));
            for text in
                [quarter.slug(), quarter.long_label(), quarter.last_day().format("%d/%m/%Y").to_string()]
            {
                assert_eq!(Quarter::from_spelling(&text), Some(quarter), "{text}");
            }
            assert_eq!(Quarter::containing(quarter.first_day()), quarter);
            assert_eq!(Quarter::containing(quarter.last_day()), quarter);
            quarter = quarter.plus(1);
        }
    }

    #[test]
    fn labels_are_written_for_readers_and_for_files() {
        assert_eq!(second().long_label(), "Quarter 2, 2017/18 (July to September 2017)");
        assert_eq!(second().slug(), "2017-18-Q2");
    }
}
