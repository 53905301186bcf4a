//! What a cell shows, where that is not the number it holds: percentages, days, times.
//!
//! A workbook holds 0.829 where people see 82.9%, and 42979 where they see Sep-17. The grid gets what people
//! see, as a text file of the same sheet would have it.

use chrono::NaiveDate;

use crate::domain::quarter::day_from_spelling;

/// A second of the day, in days.
const SECONDS_OF_A_DAY: f64 = 86_400.0;
/// More days than that since 1900 are no date of ours.
const DAYS_MAX: f64 = 2_958_466.0;
/// Days from the first day of 1900, as spreadsheets count it, to that of 1904.
const DAYS_TO_1904: f64 = 1_462.0;
/// How many sections of a number format are for numbers; the fourth is for texts.
const SECTIONS_OF_NUMBERS: usize = 3;

/// A cell of the grid: its text, and the day when it holds one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) day: Option<NaiveDate>,
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self { text, day: None }
    }
}

/// From which day a workbook counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// The first of January 1900, and 1900 is taken for a leap year.
    Of1900,
    /// The first of January 1904.
    Of1904,
}

/// A number format, as far as it shows another number than the one held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NumberFormat {
    /// The number, however rounded.
    Plain,
    /// At least one of its sections shows a percentage.
    Percent(String),
    /// A date, a time or both.
    Date(String),
}

impl NumberFormat {
    /// The format with this code, such as `0.0%` or `mmm-yy`.
    pub(crate) fn of(code: &str) -> Self {
        let first = sections(code).into_iter().next().unwrap_or_default();
        let is_date = |c: char| matches!(c.to_ascii_lowercase(), 'd' | 'm' | 'y' | 'h' | 's');
        if code.eq_ignore_ascii_case("general") {
            Self::Plain
        } else if bare(first).any(is_date) || is_elapsed(first) {
            Self::Date(code.to_owned())
        } else if bare(code).any(|c| c == '%') {
            Self::Percent(code.to_owned())
        } else {
            Self::Plain
        }
    }

    /// The format that every workbook has under this number, without saying so.
    pub(crate) fn built_in(number: u16) -> Self {
        match number {
            9 | 10 => Self::Percent("0%".to_owned()),
            15 => Self::Date("d-mmm-yy".to_owned()),
            16 => Self::Date("d-mmm".to_owned()),
            17 => Self::Date("mmm-yy".to_owned()),
            46 => Self::Date("[h]:mm:ss".to_owned()),
            // The day as the computer's own settings have it, and the dates of the far east.
            14 | 22 | 27..=36 | 50..=58 => Self::Date(String::new()),
            18..=21 | 45 | 47 => Self::Date("h:mm:ss".to_owned()),
            _ => Self::Plain,
        }
    }

    /// The number as people see it, but with every decimal that it holds.
    pub(crate) fn written(&self, number: f64, epoch: Epoch) -> Written {
        match self {
            Self::Plain => number.to_string().into(),
            Self::Percent(code) => percentage(&number.to_string(), percent_signs(code, number)).into(),
            Self::Date(code) => dated(number, code, epoch),
        }
    }
}

/// The sections of a format, which semicolons separate.
fn sections(code: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, c) in tokens(code) {
        if c == ';' {
            parts.push(code.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    parts.push(code.get(start..).unwrap_or_default());
    parts
}

/// The characters of a format that mean something: not those in quotes, in brackets, or after `\`, `_`, `*`.
fn tokens(code: &str) -> impl Iterator<Item = (usize, char)> {
    let mut letters = code.char_indices();
    let mut close = None;
    std::iter::from_fn(move || {
        loop {
            let (at, c) = letters.next()?;
            match (close, c) {
                (Some(end), c) if c == end => close = None,
                (Some(_), _) => {}
                (None, '"') => close = Some('"'),
                (None, '[') => close = Some(']'),
                (None, '\\' | '_' | '*') => {
                    letters.next();
                }
                (None, c) => return Some((at, c)),
            }
        }
    })
}

fn bare(code: &str) -> impl Iterator<Item = char> {
    tokens(code).map(|(_, c)| c)
}

/// `[h]:mm` shows hours beyond a day.
fn is_elapsed(section: &str) -> bool {
    let lower = section.to_lowercase();
    ["[h", "[m", "[s"].into_iter().any(|open| {
        let mut after = lower.split(open).skip(1);
        after.any(|rest| rest.trim_start_matches(['h', 'm', 's']).starts_with(']'))
    })
}

/// How many percent signs the section has that this number is shown by.
fn percent_signs(code: &str, number: f64) -> usize {
    let sections = sections(code);
    let numbers = sections.get(..SECTIONS_OF_NUMBERS.min(sections.len())).unwrap_or_default();
    let has_conditions = numbers.iter().any(|section| condition(section).is_some());
    let is_meant = |(at, section): &(usize, &&str)| match condition(section) {
        Some((sign, bound)) => holds(sign, number, bound),
        None if has_conditions => true,
        None => match (numbers.len(), at) {
            (2, 0) => number >= 0.0,
            (3.., 0) => number > 0.0,
            (3.., 1) => number < 0.0,
            _ => true,
        },
    };
    let section = numbers.iter().enumerate().find(is_meant).map_or("", |(_, section)| *section);
    bare(section).filter(|c| *c == '%').count()
}

/// The condition of a section: `[<1]`, `[>=0.5]`.
fn condition(section: &str) -> Option<(&str, f64)> {
    section.split('[').skip(1).find_map(|open| {
        let inside = open.split(']').next()?;
        let at = inside.find(|c| !matches!(c, '<' | '>' | '='))?;
        let (sign, bound) = inside.split_at(at);
        (!sign.is_empty()).then(|| bound.trim().parse().ok().map(|bound| (sign, bound))).flatten()
    })
}

fn holds(sign: &str, number: f64, bound: f64) -> bool {
    match sign {
        "<" => number < bound,
        "<=" => number <= bound,
        ">" => number > bound,
        ">=" => number >= bound,
        "<>" => (number - bound).abs() >= f64::EPSILON,
        _ => (number - bound).abs() < f64::EPSILON,
    }
}

/// `0.829` as `82.9%`: the point moves in the digits as written, so that no digit changes.
pub(crate) fn percentage(number: &str, signs: usize) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if signs == 0 || whole.is_empty() || !is_plain(whole) || !is_plain(decimals) {
        return number.to_owned();
    }
    let places = signs * 2;
    let padded = format!("{decimals:0<places$}");
    let (moved, rest) = padded.split_at(places);
    let joined = format!("{whole}{moved}");
    let whole = joined.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}{}", "%".repeat(signs))
}

/// A number that a format shows as a date or a time.
fn dated(number: f64, code: &str, epoch: Epoch) -> Written {
    let since_1900 = if epoch == Epoch::Of1904 { number + DAYS_TO_1904 } else { number };
    let first = sections(code).into_iter().next().unwrap_or_default();
    if is_elapsed(first) && (0.0..DAYS_MAX).contains(&number) {
        return time(number).into();
    }
    let day = (0.0..DAYS_MAX).contains(&since_1900).then(|| day_of(since_1900)).flatten();
    let seconds = (number.fract() * SECONDS_OF_A_DAY).round();
    match day {
        // A time of day has no day.
        _ if (0.0..1.0).contains(&number) => time(number).into(),
        Some(day) if seconds > 0.0 => format!("{} {}", canonical(day), time(number.fract())).into(),
        Some(day) => shown_day(day, rendered(day, first).as_deref()),
        None => number.to_string().into(),
    }
}

/// The day with this number; spreadsheets take 1900 for a leap year.
fn day_of(number: f64) -> Option<NaiveDate> {
    // At most seven digits and not negative, as the caller has made sure.
    let whole: i64 = format!("{:.0}", number.floor()).parse().ok()?;
    let start = NaiveDate::from_ymd_opt(1899, 12, if whole < 60 { 31 } else { 30 })?;
    start.checked_add_signed(chrono::TimeDelta::try_days(whole)?)
}

/// Hours, minutes and seconds of so many days.
fn time(days: f64) -> String {
    let seconds = format!("{:.0}", (days * SECONDS_OF_A_DAY).round()).parse::<u64>().unwrap_or_default();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn canonical(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// A day as it is shown, when no one can take that for another day; else `30/09/2017`.
fn shown_day(day: NaiveDate, shown: Option<&str>) -> Written {
    let is_clear = |shown: &&str| {
        if let Some(read) = day_from_spelling(shown) {
            return read == day;
        }
        // `Sep-17` names its month; `9/30/17` is read the other way round here.
        let year = day.format("%y").to_string();
        shown.chars().any(char::is_alphabetic) && shown.contains(&year) && !shown.contains(':')
    };
    let text = shown.map(str::trim).filter(is_clear).map_or_else(|| canonical(day), str::to_owned);
    Written { text, day: Some(day) }
}

/// A day as it is stored in words, `2017-09-30`, perhaps with a time of day, and as it is shown.
pub(crate) fn iso_day(stored: &str, shown: Option<&str>) -> Written {
    let (date, time) = stored.split_once('T').unwrap_or((stored, ""));
    let Ok(day) = NaiveDate::parse_from_str(date, "%Y-%m-%d") else { return stored.to_owned().into() };
    let time = time.trim_end_matches('Z').split('.').next().unwrap_or_default();
    if time.is_empty() || time == "00:00:00" {
        shown_day(day, shown)
    } else {
        format!("{} {time}", canonical(day)).into()
    }
}

/// The day as a date format writes it, in English; none when the format has a time or is not understood.
fn rendered(day: NaiveDate, section: &str) -> Option<String> {
    let mut out = String::new();
    let mut letters = section.chars().peekable();
    while let Some(c) = letters.next() {
        match c.to_ascii_lowercase() {
            '"' => out.extend(letters.by_ref().take_while(|c| *c != '"')),
            '[' => letters.by_ref().take_while(|c| *c != ']').for_each(drop),
            '\\' => out.extend(letters.next()),
            '_' | '*' => {
                letters.next();
            }
            '@' => {}
            letter @ ('d' | 'm' | 'y') => {
                let mut count = 1;
                while letters.next_if(|next| next.eq_ignore_ascii_case(&letter)).is_some() {
                    count += 1;
                }
                out.push_str(&day.format(specifier(letter, count)?).to_string());
            }
            c if c.is_alphanumeric() || matches!(c, '#' | '?' | '%') => return None,
            c => out.push(c),
        }
    }
    (!out.trim().is_empty()).then_some(out)
}

/// How chrono writes what so many of the letter write in a format.
fn specifier(letter: char, count: usize) -> Option<&'static str> {
    Some(match (letter, count) {
        ('d', 1) => "%-d",
        ('d', 2) => "%d",
        ('d', 3) => "%a",
        ('d', 4) => "%A",
        ('m', 1) => "%-m",
        ('m', 2) => "%m",
        ('m', 3) => "%b",
        ('m', 4) => "%B",
        ('y', 1 | 2) => "%y",
        ('y', _) => "%Y",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Epoch, NumberFormat, percentage};

    fn written(code: &str, number: f64) -> String {
        NumberFormat::of(code).written(number, Epoch::Of1900).text
    }

    #[test]
    fn a_percentage_keeps_every_digit() {
        for (number, text) in [
            ("0.829", "82.9%"),
            ("0.8286445012787724", "82.86445012787724%"),
            ("1", "100%"),
            ("0", "0%"),
            ("0.07", "7%"),
            ("-0.05", "-5%"),
            ("12.5", "1250%"),
            ("0.00001", "0.001%"),
        ] {
            assert_eq!(percentage(number, 1), text, "{number}");
        }
        assert_eq!(percentage("soon", 1), "soon");
    }

    #[test]
    fn only_a_percent_sign_that_multiplies_makes_a_percentage() {
        for code in ["0%", "0.0%", "0.00%;[Red]-0.00%", "[$-809]0.0%", "0.0 %", "#,##0.0%_);(0.0%)"] {
            assert_eq!(written(code, 0.829), "82.9%", "{code}");
        }
        for code in ["0.0\"%\"", "0.0\\%", "0.0_%", "[$%-809]0.0", "General", "0.0*%", "0.00E+00"] {
            assert_eq!(written(code, 82.9), "82.9", "{code}");
        }
        assert_eq!(written("0%%", 0.5), "5000%%");
    }

    #[test]
    fn the_section_that_shows_the_number_decides() {
        for (code, number, text) in [
            ("0.0%;-0.0%;\"-\"", 0.0, "0"),
            ("0.0%;-0.0%;\"-\"", 0.5, "50%"),
            ("0;0%", -0.5, "-50%"),
            ("0;0%", 0.5, "0.5"),
            ("[<=1]0.0%;0.0", 0.5, "50%"),
            ("[<=1]0.0%;0.0", 82.9, "82.9"),
            ("[Red][>1]0.0;0.0%", 0.5, "50%"),
        ] {
            assert_eq!(written(code, number), text, "{code} {number}");
        }
    }

    #[test]
    fn days_are_written_as_they_are_shown_unless_that_may_be_another_day() {
        let first = 42_979.0;
        for (code, text) in [
            ("mmm-yy", "Sep-17"),
            ("mmm\\-yy", "Sep-17"),
            ("mmmm yyyy", "September 2017"),
            ("[$-809]d mmmm yyyy;@", "1 September 2017"),
            ("dd/mm/yyyy", "01/09/2017"),
            ("yyyy-mm-dd", "2017-09-01"),
            ("m/d/yyyy", "01/09/2017"),
            ("d-mmm", "01/09/2017"),
            ("ddd d mmm yyyy", "Fri 1 Sep 2017"),
            ("dd/mm/yyyy hh:mm", "01/09/2017"),
        ] {
            let found = NumberFormat::of(code).written(first, Epoch::Of1900);
            assert_eq!((found.text.as_str(), found.day.is_some()), (text, true), "{code}");
        }
        assert_eq!(NumberFormat::built_in(14).written(43_008.0, Epoch::Of1900).text, "30/09/2017");
        assert_eq!(NumberFormat::built_in(17).written(41_517.0, Epoch::Of1904).text, "Sep-17");
        assert_eq!(
            (written("d/m/yy", 1.0), written("d/m/yy", 61.0)),
            ("01/01/1900".into(), "01/03/1900".into())
        );
    }

    #[test]
    fn times_and_what_is_no_date_are_not_made_into_days() {
        for (code, number, text) in [
            ("h:mm", 0.5, "12:00:00"),
            ("[h]:mm", 1.5, "36:00:00"),
            ("dd/mm/yyyy hh:mm", 43_008.5, "30/09/2017 12:00:00"),
            ("dd/mm/yyyy", -1.0, "-1"),
            ("dd/mm/yyyy", 1e12, "1000000000000"),
            ("0.00", 42_979.0, "42979"),
            ("#,##0\" days\"", 12.0, "12"),
            ("[Red]0.0", 12.0, "12"),
        ] {
            let found = NumberFormat::of(code).written(number, Epoch::Of1900);
            assert_eq!((found.text.as_str(), found.day), (text, None), "{code}");
        }
    }
}
