//! Commit before post; at least once, visibly.

use std::collections::BTreeMap;
use std::fs;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;

use super::figures::csv;
use super::letters::Mail;
use super::region::Region;
use super::relay::{Heard, Manner, Relay};

const QUARTER: &str = "2017-18 Q2";
/// Nobody listens here.
const DEAD_PORT: u16 = 1;

/// Two returns came, and two receipts wait.
fn two_receipts(port: u16) -> Region {
    let region = Region::from_quarter(QUARTER);
    region.post_to(port);
    for code in ["E06000022", "E06000052"] {
        region.publish(code, QUARTER, csv(code, QUARTER));
    }
    region.step("2017-11-07T09:00:00Z", Step::Collect);
    assert_eq!(region.happened(Happened::Queued).len(), 2);
    region
}

/// What the state folder keeps, by address.
fn kept(region: &Region) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(region.state().join("messages")).unwrap();
    let files = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.map(|bytes| (Mail::parse("", &bytes).to, bytes)).collect()
}

fn standings(region: &Region) -> Vec<String> {
    let ended = region.run("2017-11-30T12:00:00Z", &["outbox", "--format", "csv"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    let mut reader = csv::Reader::from_reader(ended.out.as_bytes());
    let mut all: Vec<String> =
        reader.records().map(|row| row.unwrap()).map(|row| format!("{}: {}", &row[1], &row[3])).collect();
    all.sort();
    all
}

fn delivered_as_kept(region: &Region, heard: &[Heard]) {
    let kept = kept(region);
    for one in heard {
        let same = kept.iter().find(|(to, _)| to.contains(&one.to)).unwrap();
        assert!(one.body == *same.1, "{}: other bytes than were kept", one.to);
    }
}

#[test]
fn what_could_not_be_posted_waits_and_is_sent_once_with_the_same_bytes() {
    let region = two_receipts(DEAD_PORT);
    let before = kept(&region);
    let refused = region.run("2017-11-07T10:00:00Z", &["once", "--only", "deliver"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert_eq!(standings(&region), ["bathnes-performance: waiting", "cornwall-performance: waiting"]);

    let relay = Relay::start(Manner::Takes);
    region.post_to_again(relay.port);
    let sent = region.run("2017-11-07T11:00:00Z", &["once", "--only", "deliver"]);
    assert_eq!(sent.status, 0, "{sent:?}");
    let heard = relay.heard();
    let mut people: Vec<&str> = heard.iter().map(|one| one.to.as_str()).collect();
    people.sort_unstable();
    assert_eq!(people, ["performance@bathnes.example", "performance@cornwall.example"]);
    delivered_as_kept(&region, &heard);
    assert_eq!(kept(&region), before);
    assert_eq!(region.run("2017-11-07T12:00:00Z", &["once", "--only", "deliver"]).status, 0);
    assert_eq!(relay.heard(), []);
}

#[test]
fn an_outcome_that_nobody_knows_is_tried_once_more_then_called_unknown_and_told() {
    let relay = Relay::start(Manner::ClosesAfterDot);
    let region = two_receipts(relay.port);
    for (hour, standing) in [(10, "waiting"), (11, "unknown")] {
        let report = region.step(&format!("2017-11-07T{hour}:00:00Z"), Step::Deliver);
        assert_eq!((report.sent, report.failures.len()), (0, 2));
        let heard = relay.heard();
        assert_eq!(heard.len(), 2, "each once");
        delivered_as_kept(&region, &heard);
        let wanted = ["bathnes", "cornwall"].map(|who| format!("{who}-performance: {standing}"));
        assert_eq!(standings(&region)[..2], wanted);
    }
    relay.behave(Manner::Takes);
    region.step("2017-11-07T13:00:00Z", Step::Deliver);
    let heard = relay.heard();
    assert_eq!(
        heard.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(),
        ["operator@southwest-benchmarking.example"]
    );
    let notice = Mail::parse("", &heard[0].body);
    assert!(notice.text.contains("unknown") && notice.text.contains("outbox retry"), "{}", notice.text);
}

#[test]
fn what_a_server_refuses_is_told_to_the_operator_and_sent_when_retried() {
    let relay = Relay::start(Manner::Refuses);
    let region = two_receipts(relay.port);
    region.step("2017-11-07T10:00:00Z", Step::Deliver);
    assert_eq!(relay.heard(), []);
    assert_eq!(standings(&region)[..2], ["bathnes-performance: refused", "cornwall-performance: refused"]);

    relay.behave(Manner::Takes);
    region.step("2017-11-07T11:00:00Z", Step::Deliver);
    let notices = relay.heard();
    assert_eq!(notices.len(), 1, "the operator, and nobody else");
    assert_eq!(notices[0].to, "operator@southwest-benchmarking.example");
    let notice = Mail::parse("", &notices[0].body);
    assert!(notice.text.contains("refused") && notice.text.contains("550"), "{}", notice.text);
    assert!(!notice.text.contains("performance@"), "no address in a notice: {}", notice.text);

    let keys = region.happened(Happened::Queued);
    let key = keys.iter().find(|key| key.ends_with(".bathnes-performance")).unwrap();
    let retried = region.run("2017-11-07T12:00:00Z", &["outbox", "retry", key]);
    assert_eq!(retried.status, 0, "{}", retried.words);
    region.step("2017-11-07T13:00:00Z", Step::Deliver);
    let heard = relay.heard();
    assert_eq!(heard.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), ["performance@bathnes.example"]);
    delivered_as_kept(&region, &heard);
}

#[test]
fn what_the_operator_holds_back_stays_until_it_is_released() {
    let relay = Relay::start(Manner::Takes);
    let region = two_receipts(relay.port);
    let keys = region.happened(Happened::Queued);
    let key = keys.iter().find(|key| key.ends_with(".bathnes-performance")).unwrap();
    assert_eq!(region.run("2017-11-07T10:00:00Z", &["outbox", "hold", key]).status, 0);
    region.step("2017-11-07T11:00:00Z", Step::Deliver);
    assert_eq!(relay.heard().len(), 1);
    assert_eq!(region.run("2017-11-07T12:00:00Z", &["outbox", "release", key]).status, 0);
    region.step("2017-11-07T13:00:00Z", Step::Deliver);
    assert_eq!(relay.heard().len(), 1);
}
