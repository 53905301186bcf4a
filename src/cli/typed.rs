//! Days, instants and ids as people type them on the command line.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::finding;

/// The first is what we write ourselves; of numbers alone the day comes first, as in this country.
const DAYS: [&str; 6] = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%A %d %B %Y"];
const YEARS: std::ops::Range<i32> = 1900..2200;

/// The day that a text names.
///
/// # Errors
/// In words, with the form of a day.
pub fn day(text: &str) -> Result<NaiveDate, String> {
    use chrono::Datelike as _;
    let plain = text.replace(',', " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let days = DAYS.iter().filter_map(|form| NaiveDate::parse_from_str(&plain, form).ok());
    days.into_iter().find(|day| YEARS.contains(&day.year())).ok_or_else(|| {
        "it is not a day; write it as 2027-01-20, 20/01/2027 or \"20 January 2027\"".to_owned()
    })
}

/// The instant that a text names.
///
/// # Errors
/// In words, with the form of an instant.
pub fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_| "it is not an instant; write it as 2017-11-17T08:00:00Z".to_owned())
}

/// A day as people read it.
#[must_use]
pub fn spelled(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// The id of a finding, with or without the letter in front.
///
/// # Errors
/// When there is none.
pub fn finding(text: &str) -> Result<String, String> {
    match finding::bare(text.trim()) {
        "" => Err("it is empty; the id of a finding stands beside it in a digest".to_owned()),
        id => Ok(id.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_taken_as_people_write_it() {
        let expected: NaiveDate = "2027-01-20".parse().unwrap();
        for text in [
            "2027-01-20",
            "20/01/2027",
            "20.1.2027",
            "20-01-2027",
            "20 January 2027",
            "20 Jan 2027",
            "Wednesday 20 January 2027",
            "Wed, 20 Jan 2027",
        ] {
            assert_eq!(day(text), Ok(expected), "{text}");
        }
        assert_eq!(day("03/02/2027").unwrap().to_string(), "2027-02-03", "the day comes first");
        for text in ["20/01/27", "01/20/2027", "2027-02-30", "soon", "Thursday 20 January 2027", "20 January"]
        {
            assert!(day(text).unwrap_err().contains("write it as 2027-01-20"), "{text}");
        }
    }
}
