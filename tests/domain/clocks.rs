//! Schedules on the wall clocks of the world: through changes of the clocks, through ten years, however the
//! time is cut.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Australia::Lord_Howe;
use chrono_tz::Pacific::Apia;
use chrono_tz::{Asia::Kathmandu, Europe::London, TZ_VARIANTS, Tz};
use proptest::prelude::*;
use quarterdeck::config;
use quarterdeck::config::files::Files;
use quarterdeck::config::jobs;
use quarterdeck::domain::calendar::Calendar;
use quarterdeck::domain::due::{self, CatchUp, CronPattern, Span, next_occurrences, occurrences};
use quarterdeck::domain::schedule::{History, Job, Rule};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Ten years, in one of which Samoa had no 30 December.
fn ten_years() -> Span {
    Span { after: utc("2009-01-01T00:00:00Z"), until: utc("2019-01-01T00:00:00Z") }
}

fn fired(text: &str, zone: Tz, span: Span) -> Vec<DateTime<Utc>> {
    occurrences(&CronPattern::parse(text).unwrap(), zone, span)
}

/// The shipped jobs, on the walls of `zone`, and the shipped working days.
fn shipped(zone: Tz) -> (Vec<(Job, Rule)>, Calendar) {
    let folder = Path::new("config");
    let settings = config::load_files(&Files::shipped(folder), folder).unwrap().settings;
    let in_zone = |(job, rule): (Job, Rule)| (job, Rule { zone, ..rule });
    (jobs::jobs(&settings).into_iter().map(in_zone).collect(), settings.calendar)
}

fn always(jobs: &[(Job, Rule)]) -> History {
    let mut history = History::default();
    history.see(utc("2000-01-01T00:00:00Z"), jobs);
    history
}

/// The rule as it is stated, minute by minute: a wall time that matches fires when the wall shows it for the
/// first time, and wall times that are left out fire when the wall shows the next one.
fn by_the_minute(matches: &dyn Fn(NaiveDateTime) -> bool, zone: Tz, span: Span) -> Vec<DateTime<Utc>> {
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let minute = TimeDelta::minutes(1);
    let mut at = span.after - TimeDelta::days(2);
    let mut latest = wall(at);
    let mut instants = Vec::new();
    while at < span.until {
        at += minute;
        let mut is_hit = false;
        while latest < wall(at) {
            latest += minute;
            is_hit |= matches(latest);
        }
        if is_hit && span.after < at && at <= span.until {
            instants.push(at);
        }
    }
    instants
}

fn at(wall: NaiveDateTime, hours: &[u32], minutes: &[u32]) -> bool {
    hours.contains(&wall.hour()) && minutes.contains(&wall.minute())
}

/// Whether an occurrence of a day of `days`, moved to a working day, comes on `day`.
fn comes_on(calendar: &Calendar, day: NaiveDate, days: &dyn Fn(NaiveDate) -> bool) -> bool {
    let before = (0..12).map(|back| day - TimeDelta::days(back));
    before.filter(|it| days(*it)).any(|it| calendar.plus(it, 0) == day)
}

/// What the shipped patterns mean, in other words than cron's.
fn is_planned(job: &Job, calendar: &Calendar, wall: NaiveDateTime) -> bool {
    let day = wall.date();
    match job {
        Job::Collect => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && at(wall, &[7, 13], &[0]),
        Job::Remind => calendar.is_working_day(day) && at(wall, &[8], &[0]),
        Job::Backup => at(wall, &[2], &[30]),
        Job::Digest(name) if name == "director" => {
            let quarterly = |it: NaiveDate| it.day() == 17 && it.month() % 3 == 2;
            at(wall, &[8], &[0]) && comes_on(calendar, day, &quarterly)
        }
        Job::Digest(_) => at(wall, &[8], &[0]) && comes_on(calendar, day, &|it| it.weekday() == Weekday::Fri),
    }
}

/// Ten days around each change of London's clocks in 2017 and 2018.
fn changes_of_2017_and_2018() -> [Span; 4] {
    ["2017-03-26", "2017-10-29", "2018-03-25", "2018-10-28"].map(|sunday| {
        let change = utc(&format!("{sunday}T01:00:00Z"));
        Span { after: change - TimeDelta::days(5), until: change + TimeDelta::days(5) }
    })
}

#[test]
fn every_shipped_schedule_fires_as_stated_through_both_changes_of_2017_and_2018() {
    for zone in [London, Kathmandu] {
        let (jobs, calendar) = shipped(zone);
        assert_eq!(jobs.len(), 6, "polls, reminders, copies and three digests");
        let history = always(&jobs);
        for span in changes_of_2017_and_2018() {
            let fell = due::fell(&history, &calendar, span);
            for (job, _) in &jobs {
                let own: Vec<_> = fell.iter().filter(|it| it.job == *job).map(|it| it.at).collect();
                let stated = by_the_minute(&|wall| is_planned(job, &calendar, wall), zone, span);
                assert_eq!(own, stated, "{job} in {zone} around {}", span.after);
            }
        }
    }
}

/// A pattern, and what it means in other words.
type Stated<'a> = (&'a str, &'a dyn Fn(NaiveDateTime) -> bool);

#[test]
fn patterns_inside_the_missing_and_the_repeated_hour_fire_as_stated() {
    let hourly = |wall: NaiveDateTime| wall.minute() == 0;
    let cases: [Stated<'_>; 6] = [
        ("0 * * * *", &hourly),
        ("30 0,1,2 * * *", &|wall| at(wall, &[0, 1, 2], &[30])),
        ("30 1 * * *", &|wall| at(wall, &[1], &[30])),
        ("*/20 0-2 * * *", &|wall| at(wall, &[0, 1, 2], &[0, 20, 40])),
        ("0,59 1 * * SUN", &|wall| wall.weekday() == Weekday::Sun && at(wall, &[1], &[0, 59])),
        ("30 2 * * *", &|wall| at(wall, &[2], &[30])),
    ];
    for zone in [London, Kathmandu] {
        for (span, (text, matches)) in
            changes_of_2017_and_2018().iter().flat_map(|span| cases.map(|it| (span, it)))
        {
            assert_eq!(fired(text, zone, *span), by_the_minute(matches, zone, *span), "{text} {zone}");
        }
    }
}

/// Cuts a span at irregular instants.
fn cut(span: Span, seed: u64) -> Vec<Span> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut parts = Vec::new();
    let mut after = span.after;
    while after < span.until {
        let until = (after + TimeDelta::seconds(random.i64(1..1_200_000))).min(span.until);
        parts.push(Span { after, until });
        after = until;
    }
    parts
}

#[test]
fn ten_years_however_they_are_cut_plan_each_occurrence_once() {
    for zone in [London, Kathmandu, Lord_Howe, Apia] {
        let (jobs, calendar) = shipped(zone);
        let history = always(&jobs);
        let whole = due::fell(&history, &calendar, ten_years());
        assert!(whole.is_sorted_by(|earlier, later| earlier < later), "sorted, and none twice");
        let mut fell = Vec::new();
        let mut digests = Vec::new();
        let mut composed = ten_years().after;
        for part in cut(ten_years(), 2017) {
            let here = due::fell(&history, &calendar, part);
            let planned = due::planned(&history, &calendar, CatchUp::All, part);
            // A run on a day that is no working day composes none, and so is not the last one that did.
            if calendar.is_working_day(part.until.with_timezone(&zone).date_naive()) {
                let since = Span { after: composed, until: part.until };
                let planned = due::planned(&history, &calendar, CatchUp::All, since);
                digests.extend(planned.into_iter().filter(|it| matches!(it.job, Job::Digest(_))));
                composed = part.until;
            } else {
                assert!(!planned.iter().any(|it| matches!(it.job, Job::Digest(_))), "on a day off");
            }
            for job in [Job::Collect, Job::Backup] {
                let last = |all: &[due::Planned]| all.iter().rfind(|it| it.job == job).cloned();
                assert_eq!(last(&planned), last(&here), "one stands for all");
                assert!(planned.iter().filter(|it| it.job == job).count() <= 1);
            }
            fell.extend(here);
        }
        assert_eq!(fell, whole, "{zone}");
        let each = whole.iter().filter(|it| matches!(it.job, Job::Digest(_)) && it.at <= composed);
        assert!(digests.iter().eq(each), "{zone}: with `all`, each digest leaves once");
        days_once(&whole, &calendar, zone);
    }
}

/// Copies on every local day, reminders on every working day: once.
fn days_once(whole: &[due::Planned], calendar: &Calendar, zone: Tz) {
    let mut days: BTreeMap<(String, NaiveDate), usize> = BTreeMap::new();
    for it in whole.iter().filter(|it| matches!(it.job, Job::Backup | Job::Remind)) {
        *days.entry((it.job.to_string(), it.at.with_timezone(&zone).date_naive())).or_default() += 1;
    }
    let first = utc("2009-01-02T12:00:00Z").date_naive();
    for day in first.iter_days().take_while(|day| day.year() < 2018) {
        let on = |job: &str| days.get(&(job.to_owned(), day)).copied().unwrap_or_default();
        let is_left_out = zone == Apia && day.to_string() == "2011-12-30";
        let after_it = zone == Apia && day.to_string() == "2011-12-31";
        let copies = if is_left_out { 0 } else { 1 + usize::from(after_it) };
        assert_eq!(on("backup"), copies, "{day} {zone}");
        if !is_left_out && !after_it {
            assert_eq!(on("remind"), usize::from(calendar.is_working_day(day)), "{day} {zone}");
        }
    }
}

#[test]
fn ten_years_of_edits_make_no_run_in_the_past_and_lose_none() {
    let calendar = Calendar::default();
    let crons = ["0 8 * * FRI", "30 1 * * *", "0 9 17 2,5,8,11 *", "*/20 1 * * SUN"];
    for seed in 0..6 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut history = History::default();
        let mut done = Vec::new();
        for part in cut(ten_years(), seed) {
            // What is configured is seen when the daemon wakes, after whatever kept it.
            let rule = Rule {
                pattern: CronPattern::parse(crons[random.usize(..crons.len())]).unwrap(),
                zone: [London, Kathmandu, Lord_Howe][random.usize(..3)],
            };
            let present = [(Job::Digest("weekly".to_owned()), rule.clone()), (Job::Collect, rule)];
            let gone = random.u8(..4) == 0;
            history.see(part.until, if gone { &present[1..] } else { &present });
            done.extend(due::fell(&history, &calendar, part));
        }
        assert_eq!(done, due::fell(&history, &calendar, ten_years()), "hindsight changes nothing");
        assert!(done.len() > 1_000, "{}", done.len());
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
    assert_eq!(fired("0 12 30 12 *", Apia, skipped), [utc("2011-12-30T10:00:00Z")]);
}

/// A stretch of one to four days between 1973 and 2037.
fn stretches() -> impl Strategy<Value = Span> {
    (94_694_400_i64..2_145_916_800, 1_440_i64..5_760).prop_map(|(start, minutes)| {
        let after = DateTime::from_timestamp(start - start % 60, 0).unwrap();
        Span { after, until: after + TimeDelta::minutes(minutes) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_every_zone_every_pattern_fires_as_stated(
        zone in 0..TZ_VARIANTS.len(),
        span in stretches(),
        hours in prop::collection::btree_set(0_u32..24, 1..4),
        minutes in prop::collection::btree_set(0_u32..60, 1..4),
        minutes_in in 0_i64..5_760,
    ) {
        let zone = TZ_VARIANTS[zone];
        let listed = |of: &BTreeSet<u32>| of.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let text = format!("{} {} * * *", listed(&minutes), listed(&hours));
        let (hours, minutes) = (Vec::from_iter(hours), Vec::from_iter(minutes));
        let whole = fired(&text, zone, span);
        prop_assert_eq!(&whole, &by_the_minute(&|wall| at(wall, &hours, &minutes), zone, span), "{}", zone);
        let middle = span.after + TimeDelta::minutes(minutes_in.min((span.until - span.after).num_minutes()));
        let mut cut = fired(&text, zone, Span { until: middle, ..span });
        cut.extend(fired(&text, zone, Span { after: middle, ..span }));
        prop_assert_eq!(whole, cut);
    }
}
