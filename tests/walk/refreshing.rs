//! Newer bank holidays: once a week, never fewer than we know, a damaged copy is left out.

use std::fs;

use chrono::NaiveDate;
use quarterdeck::config;
use quarterdeck::store::journal::Happened;
use serde_json::json;

use super::region::Region;

const NOW: &str = "2017-11-15T08:00:00Z";
const PATH: &str = "/bank-holidays.json";

/// Nothing is fetched but the bank holidays.
fn region() -> Region {
    let region = Region::unwatched("2098-99 Q1");
    let key = "# bank_holidays_url = \"https://www.gov.uk/bank-holidays.json\"";
    let url = format!("bank_holidays_url = \"{}\"", region.web.url(PATH));
    region.edit("quarterdeck.toml", key, &url);
    region
}

/// The shipped calendar of England with other days.
fn file(region: &Region, lost: &[&str], added: &[&str]) -> Vec<u8> {
    let text = fs::read_to_string(region.config().join("bank-holidays.json")).unwrap();
    let mut root: serde_json::Value = serde_json::from_str(&text).unwrap();
    let events = root["england-and-wales"]["events"].as_array_mut().unwrap();
    events.retain(|event| !lost.contains(&event["date"].as_str().unwrap()));
    events.extend(added.iter().map(|day| json!({ "title": "one more", "date": day })));
    root.to_string().into_bytes()
}

fn is_working_day(region: &Region, day: &str) -> bool {
    let day: NaiveDate = day.parse().unwrap();
    config::load(&region.config()).unwrap().calendar.is_working_day(day)
}

#[test]
fn newer_bank_holidays_count_from_the_next_run_on_and_are_asked_for_once_a_week() {
    let region = region();
    region.web.put(PATH, &file(&region, &[], &["2018-06-20", "2031-12-25"]));
    assert!(is_working_day(&region, "2018-06-20"));
    assert_eq!(region.walk(NOW).failures, []);
    assert!(!is_working_day(&region, "2018-06-20"));
    let until = config::load(&region.config()).unwrap().calendar.known_until().unwrap();
    assert_eq!(until.to_string(), "2031-12-31");
    region.walk("2017-11-21T08:00:00Z");
    assert_eq!(region.web.shelf().fetched, 1, "it was asked for six days ago");
    region.walk("2017-11-22T08:00:00Z");
    assert_eq!(region.web.shelf().fetched, 2);
    assert_eq!(region.happened(Happened::Refreshed).len(), 2);
}

#[test]
fn a_file_that_knows_fewer_is_not_taken_and_the_operator_hears_only_when_ours_end_soon() {
    let region = region();
    region.web.put(PATH, &file(&region, &["2017-12-25", "2028-12-25"], &["2018-06-20"]));
    assert_eq!(region.walk(NOW).failures, []);
    assert!(is_working_day(&region, "2018-06-20") && !is_working_day(&region, "2017-12-25"));
    assert_eq!(region.happened(Happened::Refreshed), [""; 0]);
    assert!(!region.state().join("bank-holidays.json").exists());
    let late = region.walk("2028-12-20T08:00:00Z");
    let told: Vec<&str> = late.failures.iter().map(|trouble| trouble.place.as_str()).collect();
    assert!(told.contains(&"bank holidays"), "{:?}", late.failures);
}

#[test]
fn a_copy_that_is_damaged_is_left_out_with_a_warning() {
    let region = region();
    region.web.put(PATH, &file(&region, &[], &["2018-06-20"]));
    region.walk(NOW);
    let copy = region.state().join("bank-holidays.json");
    for damage in ["", "{", "{}", "{\"england-and-wales\": {\"events\": [{\"date\": \"soon\"}]}}"] {
        fs::write(&copy, damage).unwrap();
        let ended = region.run(NOW, &["status"]);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert!(ended.words.contains("left out: "), "{damage}: {}", ended.words);
        assert!(is_working_day(&region, "2018-06-20"));
    }
}

#[test]
fn without_an_address_a_copy_counts_for_nothing() {
    let region = Region::unwatched("2098-99 Q1");
    fs::create_dir_all(region.state()).unwrap();
    fs::write(region.state().join("bank-holidays.json"), file(&region, &[], &["2018-06-20"])).unwrap();
    assert!(is_working_day(&region, "2018-06-20"));
}
