//! A version that is withdrawn: the one before it counts again, and nobody hears of what did not change.

use std::fs;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;
use quarterdeck::store::open::Store;
use serde_json::Value;

use super::figures::{HEADINGS, MISSES_ITS_TARGET, csv, csv_with_referrals};
use super::letters::starting;
use super::region::{Ended, Region};

const QUARTER: &str = "2017-18 Q2";
const FRIDAY: &str = "2017-11-17T08:00:00Z";
const MONDAY: &str = "2017-11-20T08:00:00Z";
const TUESDAY: &str = "2017-11-21T08:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";

const COUNTING: &str = "SELECT concat_ws('|', version, numerator::INTEGER) FROM observations
    WHERE authority = 'E06000027' AND indicator = 'referral_rate'";

fn withdraw(region: &Region, now: &str, version: &str) -> Ended {
    let of = ["withdraw", MISSES_ITS_TARGET, "--quarter", QUARTER, "--version", version];
    region.run(now, &[&of[..], &["--by", "Ann", "--reason", "last quarter's workbook"]].concat())
}

fn findings(region: &Region, now: &str) -> Vec<(String, Value, Value, Value)> {
    let ended = region.run(now, &["findings", "--authority", MISSES_ITS_TARGET, "--format", "json"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let mut found: Vec<_> = rows
        .into_iter()
        .map(|it| {
            let id = it["id"].as_str().unwrap().to_owned();
            (id, it["state"].clone(), it["level"].clone(), it["attention"].clone())
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn digests(region: &Region, day: &str) -> Vec<String> {
    let mails = region.mails();
    let found = starting(&mails, "digest.");
    found.into_iter().filter(|mail| mail.key.contains(day)).map(|mail| mail.text.clone()).collect()
}

/// Everything else than the assessments in time: with them goes the target that is missed.
fn other_version() -> String {
    let body = csv_with_referrals(MISSES_ITS_TARGET, QUARTER, 9_876);
    body.lines().filter(|line| !line.contains("45wd")).flat_map(|line| [line, "\r\n"]).collect()
}

#[test]
fn the_version_before_counts_again_and_nobody_hears_of_what_did_not_change() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let before = region.rows(COUNTING);
    for (id, ..) in findings(&region, FRIDAY) {
        let said = ["--by", "Ann", "--reason", "a known backlog"];
        assert_eq!(region.run(FRIDAY, &[&["acknowledge", &id], &said[..]].concat()).status, 0);
    }
    let known = findings(&region, FRIDAY);
    assert!(!known.is_empty());

    region.publish(MISSES_ITS_TARGET, QUARTER, other_version());
    region.step(MONDAY, Step::Collect);
    assert_eq!(region.rows(COUNTING), ["2|9876"]);
    assert_ne!(findings(&region, MONDAY), known, "the target is not missed any more");

    let ended = withdraw(&region, TUESDAY, "2");
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.out.contains("version 2 is withdrawn by Ann; version 1 counts"), "{}", ended.out);
    assert_eq!(region.rows(COUNTING), before);
    assert_eq!(findings(&region, TUESDAY), known, "as they were, acknowledged too");
    let line = region.journal().into_iter().find(|line| line.event == Happened::Withdrawn).unwrap();
    assert_eq!((&line.detail["by"], &line.detail["version"]), (&Value::from("Ann"), &Value::from(2)));

    assert_eq!(region.walk("2017-11-22T08:00:00Z").received, 0, "the source offers it still");
    assert_eq!(region.rows(COUNTING), before);
    region.walk(NEXT_FRIDAY);
    let told = digests(&region, "2017-11-24");
    assert!(!told.is_empty());
    for text in &told {
        for wrong in ["revised", "9,876", " new:", "worse"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
    }
    let mails = region.mails();
    let letter = starting(&mails, "receipt.quarterly-e06000027.2017-18-q2-v2-withdrawn.")[0];
    assert!(letter.subject.ends_with("version 2"), "{}", letter.subject);
    assert!(
        letter.text.contains("Version 1, received on Friday 17 November 2017, counts."),
        "{}",
        letter.text
    );
    assert!(letter.text.contains("Last quarter's workbook."), "{}", letter.text);

    region.lose_the_database();
    region.step("2017-11-24T12:00:00Z", Step::Check);
    assert_eq!(region.rows(COUNTING), before);
    assert_eq!(findings(&region, "2017-11-24T12:00:00Z"), known);
}

#[test]
fn those_who_were_told_of_it_are_told_that_it_is_gone() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    region.publish(MISSES_ITS_TARGET, QUARTER, csv_with_referrals(MISSES_ITS_TARGET, QUARTER, 9_876));
    region.walk(NEXT_FRIDAY);
    let revised = digests(&region, "2017-11-24");
    assert!(revised.iter().any(|text| text.contains("Revisions")), "{revised:?}");
    withdraw(&region, "2017-11-27T08:00:00Z", "2");
    region.walk("2017-12-01T08:00:00Z");
    let back = digests(&region, "2017-12-01");
    assert!(back.iter().any(|text| text.contains("Revisions")), "{back:?}");
}

#[test]
fn a_return_whose_only_version_is_withdrawn_is_outstanding_and_chased() {
    let region = Region::from_quarter(QUARTER);
    region.publish(MISSES_ITS_TARGET, QUARTER, csv(MISSES_ITS_TARGET, QUARTER));
    region.step("2017-11-07T08:00:00Z", Step::Collect);
    let ended = withdraw(&region, "2017-11-08T08:00:00Z", "1");
    assert!(ended.out.contains("no version counts now: it is outstanding"), "{ended:?}");
    assert_eq!(region.rows(COUNTING), [] as [&str; 0]);
    let shown = region.run("2017-11-13T08:00:00Z", &["returns", "--format", "csv"]).out;
    let row =
        shown.lines().find(|line| line.contains("quarterly") && line.contains(MISSES_ITS_TARGET)).unwrap();
    assert!(row.contains("version 1 was withdrawn on 8 November 2017: last quarter's workbook"), "{row}");
    region.step("2017-11-13T09:00:00Z", Step::Remind);
    let keys = region.happened(Happened::Queued);
    assert!(keys.iter().any(|key| key.starts_with("chaser.quarterly-e06000027.")), "{keys:?}");

    let file = region.path("return.csv");
    fs::write(&file, csv(MISSES_ITS_TARGET, QUARTER)).unwrap();
    let of = ["receive", file.to_str().unwrap(), "--authority", MISSES_ITS_TARGET, "--quarter", QUARTER];
    assert_eq!(region.run("2017-11-14T08:00:00Z", &of).status, 0);
    let figures = "SELECT count(*) FROM observations WHERE authority = 'E06000027' AND version = 2";
    assert_eq!(region.number(figures), 5, "by hand the same file counts again");
}

#[test]
fn what_cannot_be_withdrawn_is_refused() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let none = withdraw(&region, MONDAY, "3");
    assert_eq!(none.status, 2, "{none:?}");
    assert!(none.words.contains("has no accepted version 3; there is 1"), "{}", none.words);
    assert_eq!(withdraw(&region, MONDAY, "1").status, 0);
    let twice = withdraw(&region, TUESDAY, "1");
    assert_eq!(twice.status, 2, "{twice:?}");
    assert!(twice.words.contains("was withdrawn on 20 November 2017 by Ann"), "{}", twice.words);
}

#[test]
fn a_withdrawal_that_was_only_journalled_is_followed_by_the_next_run() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    withdraw(&region, MONDAY, "1");
    // As a run leaves it that died after the journal and before the database.
    let store = Store::open(&region.state(), &region.settings().limits).unwrap();
    store.connection().execute_batch("DELETE FROM withdrawals").unwrap();
    drop(store);
    assert_eq!(region.rows(COUNTING).len(), 1);
    region.step(TUESDAY, Step::Collect);
    assert_eq!(region.rows(COUNTING), [] as [&str; 0]);
}

#[test]
fn what_begins_like_a_withdrawn_version_is_not_taken_for_a_part_of_it() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let too_much = csv_with_referrals(MISSES_ITS_TARGET, QUARTER, 9_876);
    region.publish(MISSES_ITS_TARGET, QUARTER, &too_much);
    region.step(MONDAY, Step::Collect);
    let ended = withdraw(&region, MONDAY, "2");
    assert_eq!(ended.status, 0, "{}", ended.words);
    let (without_its_end, _) = too_much.trim_end().rsplit_once('\n').unwrap();
    region.publish(MISSES_ITS_TARGET, QUARTER, format!("{without_its_end}\n"));
    let report = region.step(TUESDAY, Step::Collect);
    assert_eq!((report.received, report.loaded, report.failures), (1, 1, vec![]));
    assert_eq!(region.rows(COUNTING), ["3|9876"]);
}

/// What the lead of another authority was told of the region, on a day.
fn region_told(region: &Region, day: &str) -> String {
    let mails = region.mails();
    let key = format!("digest.performance-lead.{day}.bathnes-performance");
    let mail = mails.iter().find(|mail| mail.key == key).unwrap_or_else(|| panic!("no {key}"));
    let text = mail.files.iter().find(|text| text.contains("region_value")).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "region_value").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    rows.iter().find(|row| row.iter().any(|cell| cell == "cpp_repeat_ever_pct")).unwrap()[at].to_owned()
}

#[test]
fn a_small_number_that_was_withdrawn_cannot_be_worked_out_from_the_regions_values() {
    let region = Region::from_quarter(QUARTER);
    let publish = |code: &str, again: u32, of: u32| {
        let row = format!("{code},cpp_repeat_ever_pct,{QUARTER},{again},{of},,\n");
        region.publish(code, QUARTER, format!("{HEADINGS}\n{row}"));
    };
    for (code, again, of) in
        [("E06000022", 9, 41), ("E06000024", 11, 52), ("E06000029", 8, 38), (MISSES_ITS_TARGET, 3, 20)]
    {
        publish(code, again, of);
    }
    region.walk(FRIDAY);
    assert!(region_told(&region, "2017-11-17").starts_with("20.5"), "31 of 151, four authorities");
    assert_eq!(withdraw(&region, TUESDAY, "1").status, 0);
    publish("E06000022", 10, 41);
    region.walk(NEXT_FRIDAY);
    assert_eq!(region_told(&region, "2017-11-24"), "", "the three others: 3 of 20 would be the difference");
}
