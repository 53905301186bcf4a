//! Time: the clock, the zone and its next change, the bank holidays.

use std::fs;

use chrono::{DateTime, Days, Offset, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::cli::arguments::With;
use crate::cli::doctor::Seen;
use crate::cli::print;
use crate::clock::{self, Keeper};
use crate::config::settings::Settings;
use crate::pipeline::picture::{Picture, local};
use crate::pipeline::refreshing::ENDS_SOON_DAYS;

const LOOK_AHEAD_HOURS: i64 = 24 * 400;

/// Three lines.
pub(super) fn look(with: &With, settings: &Settings, picture: &Picture, now: DateTime<Utc>) -> Vec<Seen> {
    vec![wall_clock(with, settings, picture, now), zone(settings, now), holidays(settings, now)]
}

fn wall_clock(with: &With, settings: &Settings, picture: &Picture, now: DateTime<Utc>) -> Seen {
    let set = "set the clock right before the next run: what is due is told by it";
    if with.now.is_some() {
        return Seen::ok("clock", format!("pretends that it is {}", local(settings, now)));
    }
    if let Some(at) = picture.ahead_of(now) {
        let saw = format!("the journal's last line is ahead of it: {}", local(settings, at));
        return Seen::problem("clock", saw, set);
    }
    let installed = fs::metadata(print::program()).and_then(|program| program.modified()).ok();
    if installed.is_some_and(|installed| DateTime::<Utc>::from(installed) > now + TimeDelta::days(1)) {
        return Seen::problem(
            "clock",
            format!("{} is before this program was installed", local(settings, now)),
            set,
        );
    }
    let synchronised = match clock::keeper() {
        Keeper::TimeServer => "kept right by systemd-timesyncd",
        Keeper::Unknown => "whether something keeps it right is not known from here",
    };
    Seen::ok("clock", format!("{}; {synchronised}", local(settings, now)))
}

fn zone(settings: &Settings, now: DateTime<Utc>) -> Seen {
    let change = next_change(settings.zone, now).map_or_else(
        || "its clocks do not change within a year".to_owned(),
        |at| format!("its clocks change next on {}", local(settings, at)),
    );
    let saw = format!("{}; {change}; zone data {}", settings.zone, chrono_tz::IANA_TZDB_VERSION);
    Seen::ok("zone", saw)
}

/// The first whole minute with another offset from UTC.
fn next_change(zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| at.with_timezone(&zone).offset().fix();
    let hours = (1..=LOOK_AHEAD_HOURS).map(|hours| now + TimeDelta::hours(hours));
    let after = hours.into_iter().find(|at| offset(*at) != offset(now))?;
    let minutes = (0..=60).rev().map(|minutes| after - TimeDelta::minutes(minutes));
    minutes
        .map(|at| at - TimeDelta::seconds(at.timestamp().rem_euclid(60)))
        .find(|at| offset(*at) != offset(now))
}

fn holidays(settings: &Settings, now: DateTime<Utc>) -> Seen {
    let next = "put a newer bank-holidays.json into the configuration folder, or set `bank_holidays_url`";
    let today = print::day(settings, now);
    match settings.calendar.known_until() {
        Some(until) if until >= today + Days::new(ENDS_SOON_DAYS) => {
            Seen::ok("bank holidays", format!("known until {until}"))
        }
        Some(until) if until >= today => Seen::warning("bank holidays", format!("known until {until}"), next),
        Some(until) => {
            Seen::warning("bank holidays", format!("known only until {until}, which is past"), next)
        }
        None => Seen::warning("bank holidays", "none is known", next),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::next_change;

    #[test]
    fn the_next_change_of_the_clocks_is_found_to_the_minute() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let london = chrono_tz::Europe::London;
        assert_eq!(next_change(london, at("2017-11-17T08:12:34Z")), Some(at("2018-03-25T01:00:00Z")));
        assert_eq!(next_change(london, at("2018-03-25T01:00:00Z")), Some(at("2018-10-28T01:00:00Z")));
        assert_eq!(next_change(chrono_tz::Asia::Kathmandu, at("2017-11-17T08:00:00Z")), None);
    }
}
