//! Schedules by the journal: an edit makes nothing in the past, silence is told once, holidays that end too.

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;
use serde_json::json;

use super::region::{NOW, Region};
use super::state::back_up;

const FRIDAYS: &str = "style = \"regional-lead\"\ncron = \"0 8 * * FRI\"";
const MONDAYS: &str = "style = \"regional-lead\"\ncron = \"0 8 * * MON\"";

/// Nothing is fetched: the first quarter is far ahead.
fn idle() -> Region {
    Region::from_quarter("2098-99 Q1")
}

/// The keys of a kind that were queued, each without its recipient.
fn queued(region: &Region, start: &str) -> Vec<String> {
    let keys = region.happened(Happened::Queued).into_iter().filter(|key| key.starts_with(start));
    let mut keys: Vec<String> = keys.map(|key| key.rsplit_once('.').unwrap().0.to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn a_schedule_is_journalled_when_it_is_first_seen_edited_and_gone() {
    let region = idle();
    region.step("2017-11-13T08:00:00Z", Step::Remind);
    let first = region.happened(Happened::Scheduled);
    let jobs =
        ["collect", "remind", "backup", "digest performance-lead", "digest director", "digest regional-lead"];
    assert_eq!(first, jobs);
    let line = region.journal().into_iter().find(|line| line.subject == "collect").unwrap();
    assert_eq!(line.detail, json!({ "cron": "0 7,13 * * MON-FRI", "zone": "Europe/London" }));
    region.step("2017-11-14T08:00:00Z", Step::Remind);
    assert_eq!(region.happened(Happened::Scheduled).len(), 6, "nothing new");
    region.edit("quarterdeck.toml", "0 7,13 * * MON-FRI", "0 6 * * MON-FRI");
    region.step("2017-11-15T08:00:00Z", Step::Remind);
    assert_eq!(region.happened(Happened::Scheduled)[6..], ["collect"]);
}

#[test]
fn what_an_old_pattern_missed_is_made_up_for_and_the_new_one_makes_nothing_in_the_past() {
    let region = idle();
    let digests = |region: &Region| queued(region, "digest.regional-lead.");
    region.walk("2017-11-09T12:00:00Z");
    assert_eq!(digests(&region), [""; 0]);
    // Friday the 10th is missed; while nothing runs, Fridays become Mondays.
    region.edit("quarterdeck.toml", FRIDAYS, MONDAYS);
    region.walk("2017-11-13T12:00:00Z");
    assert_eq!(digests(&region), ["digest.regional-lead.2017-11-10"], "Friday's, and none of this Monday");
    region.walk("2017-11-17T12:00:00Z");
    assert_eq!(digests(&region).len(), 1, "Friday is no day of digests any more");
    region.walk("2017-11-20T12:00:00Z");
    assert_eq!(digests(&region)[1..], ["digest.regional-lead.2017-11-20"]);
}

#[test]
fn with_skip_what_an_old_pattern_missed_is_gone() {
    let region = idle();
    region.edit("quarterdeck.toml", "catch_up = \"latest\"", "catch_up = \"skip\"");
    region.walk("2017-11-09T12:00:00Z");
    region.edit("quarterdeck.toml", FRIDAYS, MONDAYS);
    region.walk("2017-11-13T12:00:00Z");
    assert_eq!(queued(&region, "digest.regional-lead."), [""; 0]);
}

#[test]
fn silence_is_told_once() {
    let region = idle();
    let missed = |region: &Region| queued(region, "notice.run.missed-");
    region.walk("2017-11-10T13:00:00Z");
    assert_eq!(missed(&region), [""; 0], "before the first run nothing was missed");
    let report = region.walk("2017-11-15T12:00:00Z");
    assert_eq!(report.failures, [], "the run itself did all");
    assert_eq!(missed(&region), ["notice.run.missed-2017-11-13t07-00"]);
    region.walk("2017-11-15T12:00:00Z");
    region.walk("2017-11-15T13:00:00Z");
    region.walk("2017-11-16T07:00:00Z");
    assert_eq!(missed(&region).len(), 1, "one outage is told once");
    let mails = region.mails();
    let told = mails.iter().find(|mail| mail.key.contains("missed-2017-11-13")).unwrap();
    let words = "8 runs that were planned between Mon 13 Nov 2017 07:00 GMT and Wed 15 Nov 2017 08:00 GMT \
                 did not happen; the latest was made up for now.";
    let text = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(words), "{}", told.text);
}

#[test]
fn who_tried_it_once_has_until_the_next_working_day_to_set_the_schedule_going() {
    let region = idle();
    region.walk("2017-11-10T13:00:00Z");
    region.walk("2017-11-13T08:05:00Z");
    assert_eq!(queued(&region, "notice.run.missed-"), [""; 0]);
    region.walk("2017-11-14T12:00:00Z");
    assert_eq!(queued(&region, "notice.run.missed-").len(), 1, "what is not planned for long is told");
}

#[test]
fn copies_that_are_not_made_are_told_once_a_week() {
    let region = idle();
    let told = |region: &Region| queued(region, "notice.run.copies-");
    region.walk("2017-11-09T12:00:00Z");
    region.walk("2017-11-10T12:00:00Z");
    assert_eq!(told(&region), [""; 0], "one night is no habit");
    region.walk("2017-11-13T12:00:00Z");
    region.walk("2017-11-17T12:00:00Z");
    assert_eq!(told(&region), ["notice.run.copies-2017-w46"]);
    back_up(&region, "2017-11-17T13:00:00Z");
    region.walk("2017-11-20T08:00:00Z");
    assert_eq!(told(&region).len(), 2, "three nights, over the weekend");
    back_up(&region, "2017-11-20T13:00:00Z");
    region.walk("2017-11-28T08:00:00Z");
    assert_eq!(told(&region).len(), 3);
    let mails = region.mails();
    let first = mails.iter().find(|mail| mail.key.contains("copies-2017-w46")).unwrap();
    assert!(first.text.contains("no copy of the state is made: 4 were planned"), "{}", first.text);
}

#[test]
fn a_run_that_began_and_died_was_not_silent() {
    let region = idle();
    region.walk("2017-11-13T07:00:00Z");
    region.walk("2017-11-13T08:00:00Z");
    let steps = region.step("2017-11-13T13:05:00Z", Step::Remind);
    assert_eq!(steps.failures, []);
    region.walk("2017-11-13T14:30:00Z");
    assert_eq!(
        queued(&region, "notice.run.missed-"),
        ["notice.run.missed-2017-11-13t13-00"],
        "a step is none"
    );
    region.walk("2017-11-14T07:44:00Z");
    assert_eq!(queued(&region, "notice.run.missed-").len(), 1, "late, and within the grace");
}

#[test]
fn bank_holidays_that_end_are_told_once_a_month_and_by_check_config() {
    let region = idle();
    let told = |region: &Region| queued(region, "notice.run.holidays-");
    region.walk("2028-11-01T13:00:00Z");
    assert_eq!(told(&region), [""; 0], "60 days are left");
    for day in ["2028-11-02", "2028-11-30", "2028-12-01", "2029-01-02", "2029-01-03"] {
        region.walk(&format!("{day}T13:00:00Z"));
    }
    let months = ["2028-11", "2028-12", "2029-01"].map(|month| format!("notice.run.holidays-{month}"));
    assert_eq!(told(&region), months);
    let warns =
        |now: &str| region.run(now, &["check-config"]).words.contains("known until 2028-12-31 only; take");
    assert!(!warns("2028-06-30T12:00:00Z"));
    assert!(warns("2028-07-01T12:00:00Z"));
}

#[test]
fn check_config_prints_every_job_with_its_zone_and_the_changes_of_the_clocks() {
    let region = idle();
    let shipped = region.run(NOW, &["check-config"]);
    assert_eq!(shipped.status, 0, "{shipped:?}");
    for job in ["collect", "remind", "backup", "digest performance-lead", "digest director"] {
        assert!(shipped.out.contains(job), "{job} in {}", shipped.out);
    }
    for words in [
        "Fri 17 Nov 2017 13:00 GMT",
        "Mon 20 Nov 2017 08:00 GMT",
        "Sat 18 Nov 2017 02:30 GMT",
        "Sun 25 Mar 2018 02:00 BST; no pattern",
    ] {
        assert!(shipped.out.contains(words), "{words} in {}", shipped.out);
    }
    region.edit("quarterdeck.toml", "cron = \"30 2 * * *\"", "cron = \"30 1 * * *\"");
    let words = "backup `30 1 * * *`: on 25 Mar 2018 01:30 does not exist: fires 02:00 BST; on 28 Oct 2018 01:30 \
                 comes twice: fires the first time";
    let night = region.run(NOW, &["check-config"]);
    assert!(night.out.contains(words), "{}", night.out);
}
