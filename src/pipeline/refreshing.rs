//! Newer bank holidays: fetched once a week, checked strictly, kept in the state folder.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{Datelike, Days, TimeDelta};
use serde_json::json;

use crate::collect::page::{self, Bounds};
use crate::config::checked::holidays;
use crate::config::files::{NEWER_HOLIDAYS, NEWER_HOLIDAYS_BYTES_MAX};
use crate::config::problem::Text;
use crate::config::settings::{NewerHolidays, PrivateAddresses};
use crate::domain::calendar::Calendar;
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::Report;
use crate::pipeline::opening::Walk;
use crate::store::journal::Happened;
use crate::store::keep;

const EVERY: TimeDelta = TimeDelta::days(7);

/// A calendar that ends within so many days is soon wrong.
pub const ENDS_SOON_DAYS: u64 = 90;

const SECONDS_MAX: u64 = 30;

/// Asks for newer bank holidays when the last ones are a week old. They count from the next run on.
///
/// That they cannot be had is logged; it is a failure of the run only when what we know ends soon.
///
/// # Errors
/// When they cannot be kept.
pub async fn refresh(walk: &mut Walk<'_>, report: &mut Report) -> Result<()> {
    let settings = walk.settings;
    let Some(source) = &settings.newer_holidays else { return Ok(()) };
    let refreshed = walk.journal.lines().iter().rev().find(|line| line.event == Happened::Refreshed);
    if refreshed.is_some_and(|line| walk.now - line.at < EVERY) {
        return Ok(());
    }
    let bounds = Bounds {
        seconds: settings.limits.fetch_seconds.min(SECONDS_MAX),
        bytes_max: NEWER_HOLIDAYS_BYTES_MAX,
        private_addresses: PrivateAddresses::Refused,
    };
    let fetched = page::get(&source.url, bounds).await.map_err(|error| error.to_string());
    let since = walk.today.year();
    match fetched.and_then(|bytes| checked(bytes, source, &settings.calendar, since)) {
        Ok((content, newer)) => {
            keep::write_durably(&settings.state, NEWER_HOLIDAYS, content.as_bytes())
                .context("cannot keep the newer bank holidays")?;
            let detail =
                json!({ "until": newer.known_until(), "gone": gone(&settings.calendar, &newer, since) });
            let hash = keep::hash(content.as_bytes());
            walk.journal.append(walk.now, Happened::Refreshed, &hash, detail)?;
        }
        Err(why) => {
            tracing::warn!(%why, "no newer bank holidays");
            if ends_soon(walk) {
                report.failures.push(trouble(walk, &why));
            }
        }
    }
    Ok(())
}

/// The text and its calendar, when it can be trusted to say no less than we know.
fn checked(
    bytes: Vec<u8>,
    source: &NewerHolidays,
    known: &Calendar,
    since: i32,
) -> Result<(String, Calendar), String> {
    let content = String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
    let text = Text { path: "bank-holidays.json".to_owned(), content };
    let newer = holidays::read(&text, &source.division).map_err(|problems| {
        problems.first().map_or_else(String::new, |first| format!("the file cannot be trusted: {first}"))
    })?;
    let now = per_year(&newer);
    for (year, count) in per_year(known).into_iter().filter(|(year, _)| *year >= since) {
        let there = now.get(&year).copied().unwrap_or(0);
        if there < count {
            return Err(format!("the file has {there} bank holidays in {year}, we know {count}"));
        }
    }
    Ok((text.content, newer))
}

fn per_year(calendar: &Calendar) -> BTreeMap<i32, usize> {
    let mut years = BTreeMap::new();
    for day in calendar.holidays() {
        *years.entry(day.year()).or_insert(0) += 1;
    }
    years
}

/// Days that we knew and the newer file does not: a bank holiday that was moved.
fn gone(known: &Calendar, newer: &Calendar, since: i32) -> Vec<String> {
    let is_gone = |day: &chrono::NaiveDate| day.year() >= since && !newer.holidays().any(|one| one == *day);
    known.holidays().filter(is_gone).map(|day| day.to_string()).collect()
}

fn ends_soon(walk: &Walk<'_>) -> bool {
    let soon = walk.today + Days::new(ENDS_SOON_DAYS);
    walk.settings.calendar.known_until().is_none_or(|until| until < soon)
}

fn trouble(walk: &Walk<'_>, why: &str) -> Trouble {
    let until = walk.settings.calendar.known_until().map_or("never".to_owned(), |day| day.to_string());
    Trouble {
        room: Room::Collect,
        what: format!("newer ones could not be had: {why}; those we know end on {until}"),
        place: "bank holidays".to_owned(),
        next: "put a newer bank-holidays.json into the configuration folder".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{checked, gone};
    use crate::config::settings::NewerHolidays;
    use crate::domain::calendar::Calendar;

    fn calendar(days: &[&str]) -> Calendar {
        Calendar::new(days.iter().map(|day| day.parse().unwrap()))
    }

    fn file(days: &[&str]) -> Vec<u8> {
        let events: Vec<_> =
            days.iter().map(|day| serde_json::json!({ "title": "a day", "date": day })).collect();
        serde_json::json!({ "north": { "events": events } }).to_string().into_bytes()
    }

    fn taken(days: &[&str], known: &[&str]) -> Result<Calendar, String> {
        let source = NewerHolidays { url: String::new(), division: "north".to_owned() };
        checked(file(days), &source, &calendar(known), 2022).map(|(_, newer)| newer)
    }

    #[test]
    fn years_that_are_over_may_go_and_a_day_may_move_but_none_may_be_lost() {
        let known = ["2021-12-27", "2022-05-30", "2022-12-26"];
        let moved = taken(&["2022-06-02", "2022-06-03", "2022-12-26", "2023-01-02"], &known).unwrap();
        assert_eq!(gone(&calendar(&known), &moved, 2022), ["2022-05-30"]);
        let lost = taken(&["2022-12-26", "2023-01-02"], &known).unwrap_err();
        assert_eq!(lost, "the file has 1 bank holidays in 2022, we know 2");
    }

    #[test]
    fn a_file_without_our_division_or_with_a_day_that_is_none_is_not_taken() {
        let source = NewerHolidays { url: String::new(), division: "south".to_owned() };
        let elsewhere = checked(file(&["2022-12-26"]), &source, &Calendar::default(), 2022).unwrap_err();
        assert!(elsewhere.contains("no list of events for `south`"), "{elsewhere}");
        let wrong = taken(&["2022-12-26", "2022-13-01"], &[]).unwrap_err();
        assert!(wrong.contains("`2022-13-01` is not a date"), "{wrong}");
        assert!(taken(&[], &[]).unwrap_err().contains("has no bank holidays"));
    }
}
