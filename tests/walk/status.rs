//! `status`: at once, during a run too, with what someone should look at first.

use std::fs::{self, File};

use quarterdeck::store::journal::{Happened, Journal};
use serde_json::{Value, json};

use super::region::{Ended, NOW, Region, instant};
use super::relay::{Manner, Relay};

/// A moment after the run of [`NOW`], before the next one is planned.
const AFTER: &str = "2017-11-17T09:00:00Z";

fn status(region: &Region, now: &str) -> (Ended, Vec<(String, String)>) {
    let ended = region.run(now, &["status", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = rows.iter().map(|row| (text(row, "what"), text(row, "value"))).collect();
    (ended, rows)
}

fn value<'a>(rows: &'a [(String, String)], what: &str) -> &'a str {
    &rows.iter().find(|(name, _)| name == what).unwrap_or_else(|| panic!("no `{what}`: {rows:#?}")).1
}

fn journal(region: &Region, at: &str, lines: &[(Happened, &str)]) {
    let mut journal = Journal::open(&region.state()).unwrap();
    for (event, subject) in lines {
        journal
            .append(instant(at), *event, subject, json!({ "why": "mail to a@b.example broke off" }))
            .unwrap();
    }
}

#[test]
fn a_state_that_is_well_says_what_it_did_and_what_comes_next_with_its_zone() {
    let region = Region::with_one_return();
    region.walk(NOW);
    let (ended, rows) = status(&region, AFTER);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(value(&rows, "last run"), "Fri 17 Nov 2017 08:00 GMT, ended");
    assert_eq!(value(&rows, "doing now"), "nothing");
    assert_eq!(value(&rows, "daemon"), "not running");
    assert_eq!(value(&rows, "returns received"), "1");
    assert_eq!(value(&rows, "next run"), "Fri 17 Nov 2017 13:00 GMT");
    assert_eq!(value(&rows, "next reminders and chasers"), "Mon 20 Nov 2017 08:00 GMT");
    assert_eq!(value(&rows, "next backup"), "Sat 18 Nov 2017 02:30 GMT");
    let summer = status(&region, "2018-05-16T09:00:00Z").1;
    assert_eq!(value(&summer, "next digest director"), "Thu 17 May 2018 08:00 BST");
    assert_eq!(rows[0].0, "region", "nothing comes before what is well");
}

#[test]
fn a_run_that_is_on_is_told_with_its_process_and_what_it_did_last() {
    let region = Region::with_one_return();
    region.walk(NOW);
    let hash = "0123456789abcdef".repeat(4);
    let read = format!("read {hash}");
    journal(&region, AFTER, &[(Happened::Began, "all"), (Happened::Doing, &read)]);
    // Whatever stands there, it is never opened.
    fs::write(region.state().join("quarterdeck.duckdb"), "no database").unwrap();
    let process = std::process::id();
    fs::write(region.state().join("lock"), format!("{process} {AFTER}\n")).unwrap();
    let lock = File::options().write(true).open(region.state().join("lock")).unwrap();
    lock.lock().unwrap();
    let (ended, rows) = status(&region, AFTER);
    assert_eq!(ended.status, 0, "{ended:?}");
    let doing = format!(
        "a run (process {process} since Fri 17 Nov 2017 09:00 GMT); last: it was about to read 0123456789ab"
    );
    assert_eq!(value(&rows, "doing now"), doing);
    assert!(value(&rows, "last run").ends_with("under way"), "{rows:#?}");
    assert_eq!(value(&rows, "last whole run"), "Fri 17 Nov 2017 08:00 GMT");
    drop(lock);
    let (ended, rows) = status(&region, AFTER);
    assert_eq!(ended.status, 1, "without its process it has died");
    assert_eq!(rows[0].0, "attention");
    assert!(rows[0].1.starts_with("the run of Fri 17 Nov 2017 09:00 GMT died"), "{rows:#?}");
}

#[test]
fn silence_a_failure_and_what_was_set_aside_come_first_and_end_with_1() {
    let region = Region::with_one_return();
    region.walk(NOW);
    journal(&region, AFTER, &[(Happened::Began, "all"), (Happened::Failed, "all")]);
    journal(&region, AFTER, &[(Happened::SetAside, "read abc")]);
    let (ended, rows) = status(&region, "2017-11-22T12:00:00Z");
    assert_eq!(ended.status, 1, "{ended:?}");
    let attention: Vec<&str> =
        rows.iter().take_while(|(what, _)| what == "attention").map(|(_, value)| value.as_str()).collect();
    let begins = [
        "the run of Fri 17 Nov 2017 09:00 GMT failed: mail to (address) broke off; see the log",
        "6 runs planned since the last whole run, none done; the last at Wed 22 Nov 2017 07:00 GMT; is the",
        "1 set aside and not tried again, such as: read abc; see the log",
        "the last backup: never; 5 were planned since; make one",
    ];
    assert_eq!(attention.len(), begins.len(), "{attention:#?}");
    for (said, begin) in attention.iter().zip(begins) {
        assert!(said.starts_with(begin), "{said}");
    }
    let planned = "7 runs planned in the last 14 days, 0 done, 7 missed";
    assert!(value(&rows, "planned against done").ends_with("missed"), "{planned}");
}

#[test]
fn mail_that_cannot_leave_is_told_although_nobody_can_be_written_to() {
    let region = Region::with_one_return();
    let relay = Relay::start(Manner::Takes);
    region.post_to(relay.port);
    region.edit("quarterdeck.toml", "host = \"127.0.0.1\"", "host = \"127.0.0.1\" # nobody");
    // A port on which nobody listens.
    region.post_to_again(1);
    assert_eq!(region.run(NOW, &["once"]).status, 1);
    let (ended, rows) = status(&region, AFTER);
    assert_eq!(ended.status, 1, "{ended:?}");
    let said = "messages have waited since Fri 17 Nov 2017 08:00 GMT and runs could not send them";
    assert!(rows[0].1.starts_with(said), "{rows:#?}");
    region.post_to_again(relay.port);
    assert_eq!(region.run(AFTER, &["once"]).status, 0);
    assert_eq!(status(&region, AFTER).0.status, 0);
}
