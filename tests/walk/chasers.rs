//! Chasers: by the ladder, until the return is in. What is due on 10 November 2017 is chased.

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;

use super::autumn;
use super::figures::csv;
use super::letters::starting;
use super::region::{NOW, Region};

const TORBAY: &str = "E06000027";
const QUARTER: &str = "2017-18 Q2";

pub(super) fn chasers(region: &Region, code: &str) -> Vec<String> {
    let start = format!("chaser.quarterly-{}.", code.to_lowercase());
    let keys = region.happened(Happened::Queued);
    let own = keys.iter().filter_map(|key| key.strip_prefix(&start));
    own.map(|rest| rest.trim_start_matches("2017-18-q2-").to_owned()).collect()
}

#[test]
fn a_return_that_is_not_in_is_chased_by_the_ladder_and_then_its_director_is_told() {
    let region = autumn::walked();
    let torbay = "torbay-performance";
    let wanted = [
        format!("5-before.{torbay}"),
        format!("1-after.{torbay}"),
        format!("5-after.{torbay}"),
        "10-after.torbay-director".to_owned(),
        format!("10-after.{torbay}"),
    ];
    let mut chased = chasers(&region, TORBAY);
    chased[3..].sort();
    assert_eq!(chased, wanted);
    let days: Vec<String> = region
        .journal()
        .iter()
        .filter(|line| {
            line.event == Happened::Queued && line.subject.starts_with("chaser.quarterly-e06000027")
        })
        .map(|line| line.at.date_naive().to_string())
        .collect();
    assert_eq!(days, ["2017-11-03", "2017-11-13", "2017-11-17", "2017-11-24", "2017-11-24"]);
}

#[test]
fn a_return_that_is_in_is_not_chased_and_a_refused_file_is_not_in() {
    let region = Region::from_quarter(QUARTER);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.publish(TORBAY, QUARTER, csv("E06000023", QUARTER));
    region.step("2017-11-10T09:00:00Z", Step::Collect);
    region.step("2017-11-13T09:00:00Z", Step::Remind);
    assert_eq!(chasers(&region, "E06000022"), [] as [&str; 0]);
    assert_eq!(chasers(&region, TORBAY), ["1-after.torbay-performance"]);
    region.publish(TORBAY, QUARTER, csv(TORBAY, QUARTER));
    region.step("2017-11-14T09:00:00Z", Step::Collect);
    region.step("2017-11-17T09:00:00Z", Step::Remind);
    assert_eq!(chasers(&region, TORBAY).len(), 1, "it is in now");
    region.step("2017-11-17T09:00:00Z", Step::Deliver);
    let mails = region.mails();
    let chaser = starting(&mails, "chaser.quarterly-e06000027.")[0];
    assert!(chaser.text.contains("A file came and was not accepted"), "{}", chaser.text);
    assert!(chaser.text.contains("Every row is about"), "{}", chaser.text);
}

#[test]
fn a_return_that_could_not_be_looked_at_is_not_chased_until_it_is_seen_to_be_missing() {
    let region = Region::from_quarter(QUARTER);
    region.web.shelf().is_down = true;
    region.walk("2017-11-13T09:00:00Z");
    assert_eq!(chasers(&region, TORBAY), [] as [&str; 0]);
    let workforce = |key: &String| key.starts_with("chaser.workforce-e06000027.");
    assert!(region.happened(Happened::Queued).iter().any(workforce), "that folder can be read, and is empty");
    region.web.shelf().is_down = false;
    region.walk("2017-11-14T09:00:00Z");
    assert_eq!(chasers(&region, TORBAY), ["1-after.torbay-performance"]);
}

#[test]
fn a_drop_folder_that_is_gone_is_not_taken_for_an_empty_one() {
    let region = Region::from_quarter(QUARTER);
    std::fs::remove_dir(region.path("drop")).unwrap();
    region.walk("2017-11-13T09:00:00Z");
    let keys = region.happened(Happened::Queued);
    assert!(!keys.iter().any(|key| key.starts_with("chaser.workforce-")), "{keys:?}");
    std::fs::create_dir(region.path("drop")).unwrap();
    region.walk("2017-11-14T09:00:00Z");
    let keys = region.happened(Happened::Queued);
    assert!(keys.iter().any(|key| key.starts_with("chaser.workforce-e06000027.")), "{keys:?}");
}

fn told_of_reminders(region: &Region) -> Vec<String> {
    let is_one = |words: &str| words.contains("have been reminded") || words.contains("who were reminded");
    region.mails().into_iter().filter(|mail| is_one(&mail.text)).map(|mail| mail.subject).collect()
}

#[test]
fn the_first_run_escalates_nothing_and_tells_nobody_that_others_were_reminded() {
    let region = Region::from_quarter(QUARTER);
    region.walk("2017-11-24T09:00:00Z");
    assert_eq!(chasers(&region, TORBAY), ["10-after.torbay-performance"], "ten working days late");
    region.walk("2017-11-27T09:00:00Z");
    assert_eq!(chasers(&region, TORBAY).len(), 1, "the ladder has no later step for the director");
    assert_eq!(told_of_reminders(&region), [""; 0]);
}

#[test]
fn a_director_hears_of_it_at_a_later_step_than_one_that_was_sent() {
    let region = Region::from_quarter(QUARTER);
    region.step("2017-11-17T09:00:00Z", Step::Remind);
    region.step("2017-11-24T09:00:00Z", Step::Remind);
    let director = "10-after.torbay-director".to_owned();
    assert!(!chasers(&region, TORBAY).contains(&director), "the chasers wait, and nobody was reminded");
    region.step("2017-11-24T09:05:00Z", Step::Deliver);
    region.step("2017-11-27T09:00:00Z", Step::Remind);
    assert!(chasers(&region, TORBAY).contains(&director), "the step of 17 November was sent meanwhile");
}

#[test]
fn check_config_says_who_is_chased_and_what_is_overdue_today() {
    let region = Region::from_quarter(QUARTER);
    let ended = region.run("2017-11-24T09:00:00Z", &["check-config"]);
    let row = |holds: [&str; 2]| {
        let found = ended.out.lines().find(|line| holds.iter().all(|it| line.contains(it)));
        found.unwrap_or_else(|| panic!("{holds:?}: {}", ended.out)).trim_end().to_owned()
    };
    let director = row(["torbay", " director "]);
    assert!(
        director.ends_with("copies, 10 working days late or more, once an earlier one was sent"),
        "{director}"
    );
    assert!(!director.contains(" and copies of 0"), "{director}");
    assert!(row(["torbay", " performance-lead "]).ends_with(" each"));
    assert!(row(["lead@", " regional-lead "]).ends_with(" none"));
    let due = row(["quarterly", "Fri 10 Nov 2017"]);
    let cells: Vec<&str> = due.split_whitespace().collect();
    assert!(cells.ends_with(&["16", "yes"]), "{due}");
}

#[test]
fn what_was_due_before_the_first_run_is_not_overdue() {
    let region = Region::from_quarter("2016-17 Q3");
    for quarter in ["2016-17 Q4", QUARTER] {
        region.publish("E06000022", quarter, csv("E06000022", quarter));
    }
    region.walk(NOW);
    let due = |of: &str| {
        region.number(&format!(
            "SELECT count(*) FROM returns WHERE submission IS NULL AND due IS NOT NULL AND {of}"
        ))
    };
    assert_eq!(due("quarter < 8069"), 0, "before the second quarter of 2017-18");
    assert!(due("quarter = 8069") > 20);
    let findings = region.run(NOW, &["findings"]).out;
    assert!(findings.contains("has not sent its return for 2017-18 Q2"), "{findings}");
    assert!(!findings.contains("has not sent its return for 2016-17"), "{findings}");
    let old = region.run(NOW, &["returns", "--quarter", "2017-18 Q1"]).out;
    assert!(old.contains("not received; it is not asked for"), "{old}");
    let lead = starting(&region.mails(), "digest.regional-lead.")[0].text.clone();
    assert!(!lead.contains("2017-18 Q1"), "{lead}");
    region.step("2018-02-19T09:00:00Z", Step::Collect);
    assert!(due("quarter = 8069") > 20 && due("quarter = 8070") > 20, "what followed is asked for");
}
