//! Ten years of cron patterns, and every zone there is.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::{Asia::Kathmandu, Europe::London, TZ_VARIANTS, Tz};
use quarterdeck::domain::calendar::Calendar;
use quarterdeck::domain::due::{
    CatchUp, CronPattern, Span, digest_occurrences, next_occurrences, occurrences,
};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn ten_years() -> Span {
    Span { after: utc("2013-01-01T00:00:00Z"), until: utc("2023-01-01T00:00:00Z") }
}

fn fired(text: &str, zone: Tz, span: Span) -> Vec<DateTime<Utc>> {
    occurrences(&CronPattern::parse(text).unwrap(), zone, span)
}

#[test]
fn ten_years_of_mornings_are_at_eight_on_every_wall_clock() {
    for zone in [London, Kathmandu] {
        let mornings = fired("0 8 * * MON-FRI", zone, ten_years());
        assert_eq!(mornings.len(), 2_609, "{zone}");
        for at in mornings {
            let wall = at.with_timezone(&zone);
            assert_eq!((wall.hour(), wall.minute()), (8, 0), "{wall}");
        }
    }
}

#[test]
fn every_change_of_the_clocks_in_london_fires_the_night_job_once() {
    for year in 2013..2023 {
        for month in [3, 10] {
            let day = |offset: i64| utc(&format!("{year}-{month:02}-31T12:00:00Z")) + TimeDelta::days(offset);
            let sunday = -i64::from(day(0).weekday().num_days_from_sunday());
            let night = Span { after: day(sunday - 1), until: day(sunday) };
            assert_eq!(fired("30 1 * * *", London, night).len(), 1, "{year}-{month}");
        }
    }
}

#[test]
fn in_no_zone_does_a_pattern_go_back_or_come_twice() {
    let year = Span { after: utc("2017-01-01T00:00:00Z"), until: utc("2017-12-31T00:00:00Z") };
    for zone in TZ_VARIANTS {
        for text in ["30 2 * * *", "*/20 0-3 * 3,10 *"] {
            let instants = fired(text, zone, year);
            assert!(instants.is_sorted_by(|earlier, later| earlier < later), "{zone} {text}");
            let next = next_occurrences(&CronPattern::parse(text).unwrap(), zone, year.after, instants.len());
            assert_eq!(next, instants, "{zone} {text}");
        }
    }
}

#[test]
fn a_day_that_a_zone_left_out_fires_at_the_first_instant_after_it() {
    let skipped = Span { after: utc("2011-12-30T09:00:00Z"), until: utc("2011-12-30T12:00:00Z") };
    let samoa = chrono_tz::Pacific::Apia;
    assert_eq!(fired("0 12 30 12 *", samoa, skipped), [utc("2011-12-30T10:00:00Z")]);
}

#[test]
fn digests_of_ten_years_leave_on_working_days_and_however_the_time_is_cut() {
    let holidays = ["2017-12-25", "2017-12-26", "2018-01-01", "2018-03-30", "2018-04-02"];
    let calendar = Calendar::new(holidays.map(|day| day.parse().unwrap()));
    let weekly = CronPattern::parse("0 9 * * FRI,SAT").unwrap();
    let whole = digest_occurrences(&weekly, London, ten_years(), &calendar, CatchUp::All);
    assert!(whole.iter().all(|at| calendar.is_working_day(at.with_timezone(&London).date_naive())));
    let mut random = fastrand::Rng::with_seed(2017);
    let mut cut = Vec::new();
    let mut after = ten_years().after;
    while after < ten_years().until {
        let until = (after + TimeDelta::minutes(random.i64(1..20_000))).min(ten_years().until);
        cut.extend(digest_occurrences(&weekly, London, Span { after, until }, &calendar, CatchUp::All));
        after = until;
    }
    assert_eq!(cut, whole);
}
