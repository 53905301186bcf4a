//! Runs that died, were told to stop, or must leave something aside.

use chrono::TimeDelta;
use quarterdeck::pipeline::stopping::Stop;
use quarterdeck::store::journal::{Happened, Journal};
use quarterdeck::store::keep;
use serde_json::json;
use tokio::sync::watch;

use super::figures::csv;
use super::region::{NOW, Region, instant};

const QUARTER: &str = "2017-18 Q2";

/// What a run leaves behind that died in the middle of doing something.
pub(super) fn died(region: &Region, doing: Option<&str>) {
    let at = instant(NOW) - TimeDelta::hours(1);
    let mut journal = Journal::open(&region.state()).unwrap();
    journal.append(at, Happened::Began, "all", json!({})).unwrap();
    if let Some(subject) = doing {
        let detail = json!({ "words": format!("at `{subject}`") });
        journal.append(at, Happened::Doing, subject, detail).unwrap();
    }
}

fn two_returns() -> (Region, String) {
    let region = Region::from_quarter(QUARTER);
    let body = csv("E06000022", QUARTER);
    region.publish("E06000022", QUARTER, &body);
    region.publish("E06000023", QUARTER, csv("E06000023", QUARTER));
    std::fs::create_dir_all(region.state()).unwrap();
    let subject = format!("read {}", keep::hash(body.as_bytes()));
    (region, subject)
}

fn words(report: &quarterdeck::pipeline::Report) -> Vec<&str> {
    report.failures.iter().map(|one| one.what.as_str()).collect()
}

#[test]
fn a_run_that_died_is_told_once_and_its_work_is_done() {
    let (region, subject) = two_returns();
    died(&region, None);
    let report = region.walk(NOW);
    assert_eq!(words(&report), ["it died; the last it journalled was `began`"]);
    assert_eq!(report.failures[0].place, "the run that began on Fri 17 Nov 2017 07:00 GMT");
    assert_eq!(report.loaded, 2);
    assert!(region.happened(Happened::Doing).contains(&subject), "each step is journalled");
    let notices = region.mails().into_iter().filter(|mail| mail.key.starts_with("notice.")).count();
    assert_eq!(notices, 1);
    let next = region.walk("2017-11-17T09:00:00Z");
    assert_eq!(words(&next), [""; 0]);
    let steps = region.happened(Happened::Doing).len();
    region.walk("2017-11-17T10:00:00Z");
    assert_eq!(region.happened(Happened::Doing).len(), steps, "a run after a good one keeps no such record");
}

#[test]
fn a_file_that_three_runs_died_of_is_set_aside_and_the_others_are_read() {
    let (region, subject) = two_returns();
    died(&region, None);
    for _ in 0..2 {
        died(&region, Some(&subject));
    }
    assert_eq!(region.walk(NOW).loaded, 2, "two deaths may have come from outside");

    let (region, subject) = two_returns();
    for _ in 0..3 {
        died(&region, Some(&subject));
    }
    let report = region.walk(NOW);
    assert_eq!((report.loaded, report.refused), (1, 1), "{report:?}");
    assert_eq!(region.happened(Happened::SetAside), [subject.as_str()]);
    let [trouble] = report.failures.as_slice() else { panic!("{:?}", report.failures) };
    assert!(trouble.what.contains("is set aside and not tried again"), "{trouble:?}");
    assert!(trouble.next.contains(&format!("quarterdeck once --again \"{subject}\"")), "{trouble:?}");
    assert_eq!(words(&region.walk("2017-11-17T09:00:00Z")), [""; 0], "told once");

    let file = region.path("again.csv");
    std::fs::write(&file, csv("E06000022", QUARTER)).unwrap();
    let name = file.display().to_string();
    let of = ["receive", &name, "--authority", "E06000022", "--quarter", QUARTER];
    let received = region.run("2017-11-17T10:00:00Z", &of);
    assert_eq!(received.status, 0, "{received:?}");
    let accepted = "SELECT count(*) FROM submissions WHERE verdict = 'accepted'";
    assert_eq!(region.number(accepted), 2, "whoever brings it again wants it read again");
}

#[test]
fn a_check_that_runs_died_of_is_left_out_and_comes_back_when_asked_for() {
    let region = Region::with_returns_of(&[QUARTER]);
    std::fs::create_dir_all(region.state()).unwrap();
    (0..3).for_each(|_| died(&region, Some("ask target-breach")));
    region.walk(NOW);
    let asked = "SELECT count(*) FROM asked WHERE check_name = 'target-breach'";
    assert_eq!(region.number(asked), 0);
    assert!(region.number("SELECT count(*) FROM asked") > 0, "the others are");

    let unknown = region.run("2017-11-17T09:00:00Z", &["once", "--again", "ask nothing"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.words.contains("`ask target-breach`"), "{}", unknown.words);
    let again = region.run("2017-11-18T09:00:00Z", &["once", "--again", "ask target-breach"]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(region.number(asked) > 0);
}

#[test]
fn a_message_that_runs_died_of_is_left_out_and_the_others_are_written() {
    let (region, _) = two_returns();
    let key = "receipt.quarterly-e06000022.2017-18-q2-v1.bathnes-performance";
    (0..3).for_each(|_| died(&region, Some(&format!("compose {key}"))));
    region.walk(NOW);
    let keys: Vec<String> = region.mails().into_iter().map(|mail| mail.key).collect();
    assert!(!keys.iter().any(|one| one == key), "{keys:?}");
    assert!(keys.iter().any(|one| one.starts_with("receipt.quarterly-e06000023.")), "{keys:?}");
}

#[test]
fn a_run_that_is_told_to_stop_gives_back_what_it_has_not_done() {
    let (region, _) = two_returns();
    let (sender, told) = watch::channel(true);
    let stopped = region.walk_until(NOW, Stop::heard(told));
    drop(sender);
    assert!(stopped.stopped);
    assert_eq!(region.happened(Happened::Stopped), ["all"]);
    let next = region.walk(NOW);
    assert_eq!((next.loaded, words(&next)), (2, vec![]), "it died of nothing");
}
