//! Cron patterns of five fields that fire at least once in five years.

use chrono::{NaiveDate, TimeDelta};
use croner::parser::{CronParser, Seconds, Year};

/// Each field's name, and the largest step that still means something.
const FIELDS: [(&str, u32); 5] =
    [("minute", 59), ("hour", 23), ("day of the month", 31), ("month", 12), ("day of the week", 7)];

/// What is wrong with a pattern, if anything; no date is needed to know.
///
/// `croner` takes a step beyond the end of a field for "every", and a date that never comes for valid; both
/// are refused here, because they would fail silently.
#[must_use]
pub fn wrong(pattern: &str) -> Option<String> {
    let fields: Vec<&str> = pattern.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!(
            "expected five fields (minute, hour, day of the month, month, day of the week), found {}",
            fields.len()
        ));
    }
    for (field, (name, most)) in fields.iter().zip(FIELDS) {
        let steps = field.split(',').filter_map(|part| part.split_once('/')?.1.parse::<u32>().ok());
        if let Some(step) = steps.max().filter(|step| *step > most) {
            return Some(format!("a step of {step} is larger than the field {name}; at most {most}"));
        }
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = match parser.parse(pattern) {
        Ok(cron) => cron,
        Err(error) => {
            let why = error.to_string();
            return Some(format!("not a cron pattern ({})", why.trim_end_matches('.')));
        }
    };
    // The five years from here hold a 29 February; which years they are makes no other difference.
    let start = NaiveDate::from_ymd_opt(2019, 1, 1)?.and_hms_opt(0, 0, 0)?.and_utc();
    let next = cron.find_next_occurrence(&start, true).ok();
    let never = next.is_none_or(|next| next > start + TimeDelta::days(5 * 366));
    never.then(|| "this never happens within five years".to_owned())
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn five_fields_that_fire_are_right() {
        for pattern in
            ["0 8 * * FRI", "0 8 17 2,5,8,11 *", "*/15 7-19 * * MON-FRI", "0 8 29 2 *", "0 9 L * *"]
        {
            assert_eq!(wrong(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn six_fields_are_refused() {
        let says = "expected five fields (minute, hour, day of the month, month, day of the week), found 6";
        assert_eq!(wrong("0 0 8 * * FRI").as_deref(), Some(says));
    }

    #[test]
    fn a_step_larger_than_its_field_is_refused() {
        let says = "a step of 90 is larger than the field minute; at most 59";
        assert_eq!(wrong("*/90 * * * *").as_deref(), Some(says));
    }

    #[test]
    fn a_date_that_never_comes_is_refused() {
        assert_eq!(wrong("0 8 30 2 *").as_deref(), Some("this never happens within five years"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(wrong("0 8 * * FRY").is_some());
        assert!(wrong("61 8 * * FRI").is_some());
        assert!(wrong("").is_some());
    }
}
