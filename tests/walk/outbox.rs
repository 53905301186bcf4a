//! Commit before post; at least once, visibly.

use std::collections::BTreeMap;
use std::fs;

use duckdb::{Connection, params};
use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::{Happened, Line};

use super::figures::csv;
use super::letters::Mail;
use super::region::Region;
use super::relay::{Heard, Manner, Relay};

const QUARTER: &str = "2017-18 Q2";
/// Nobody listens here.
const DEAD_PORT: u16 = 1;

/// Two returns came, and two receipts wait.
pub(super) fn two_receipts(port: u16) -> Region {
    let region = Region::unwatched(QUARTER);
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

/// To whom something was sent since it was last asked, sorted.
fn people(relay: &Relay) -> Vec<String> {
    let mut people: Vec<String> = relay.heard().into_iter().map(|one| one.to).collect();
    people.sort_unstable();
    people
}

const OPERATOR: &str = "operator@southwest-benchmarking.example";
const BOTH: [&str; 2] = ["performance@bathnes.example", "performance@cornwall.example"];

#[test]
fn a_server_that_refuses_us_costs_nothing_and_is_told_once_when_it_takes_mail_again() {
    let relay = Relay::start(Manner::RefusesUs);
    let region = two_receipts(relay.port);
    for hour in [10, 11, 12] {
        let report = region.step(&format!("2017-11-07T{hour}:00:00Z"), Step::Deliver);
        assert!(report.mail_is_barred && report.sent == 0);
        assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
        assert!(report.failures[0].what.contains("504 5.5.2"), "{:#?}", report.failures);
    }
    assert_eq!(standings(&region)[..2], BOTH.map(|who| format!("{}: waiting", short(who))));
    let listed = region.run("2017-11-07T12:30:00Z", &["outbox", "--format", "csv"]).out;
    assert_eq!(listed.matches("MAIL was answered with 504 5.5.2 <vm>").count(), 3, "{listed}");
    assert_eq!(listed.matches(",waiting,0,").count(), 3, "two receipts and one notice: {listed}");
    relay.behave(Manner::Takes);
    region.step("2017-11-07T13:00:00Z", Step::Deliver);
    let heard = relay.heard();
    assert_eq!(heard.len(), 3);
    let notice = heard.iter().find(|one| one.to == OPERATOR).unwrap();
    let notice = Mail::parse("", &notice.body);
    assert!(
        notice.text.contains("the mail server refused us on") && notice.text.contains("504 5.5.2"),
        "{}",
        notice.text
    );
    region.step("2017-11-07T14:00:00Z", Step::Deliver);
    assert_eq!(relay.heard(), [], "once");
}

fn short(address: &str) -> String {
    let domain = address.split('@').nth(1).unwrap();
    format!("{}-performance", domain.split('.').next().unwrap())
}

#[test]
fn what_was_refused_while_its_notice_was_refused_too_is_told_later_and_retried_by_one_command() {
    let relay = Relay::start(Manner::Refuses);
    let region = two_receipts(relay.port);
    region.step("2017-11-07T10:00:00Z", Step::Deliver);
    region.step("2017-11-07T11:00:00Z", Step::Deliver);
    assert!(standings(&region).contains(&"operator: refused".to_owned()), "{:?}", standings(&region));
    relay.behave(Manner::Takes);
    region.step("2017-11-07T12:00:00Z", Step::Deliver);
    let heard = relay.heard();
    assert_eq!(heard.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), [OPERATOR]);
    let notice = Mail::parse("", &heard[0].body).text.replace('\n', " ");
    for who in BOTH {
        assert!(notice.contains(&short(who)), "{who}: {notice}");
    }
    let retried = region.run("2017-11-07T12:30:00Z", &["outbox", "retry", "--all"]);
    assert_eq!((retried.status, retried.out.as_str()), (0, "3 messages go out with the next run\n"));
    region.step("2017-11-07T13:00:00Z", Step::Deliver);
    assert_eq!(people(&relay), [OPERATOR, BOTH[0], BOTH[1]]);
    assert_eq!(standings(&region), [""; 0], "what was sent is on its way no more");
    let all = region.run("2017-11-07T14:00:00Z", &["outbox", "--all", "--format", "csv"]).out;
    assert_eq!(all.matches(",sent,").count(), 4, "{all}");
}

#[test]
fn what_has_used_up_its_tries_is_called_given_up() {
    let relay = Relay::start(Manner::PutsOff);
    let region = two_receipts(relay.port);
    region.edit("quarterdeck.toml", "attempts_max = 8", "attempts_max = 1");
    region.step("2017-11-07T10:00:00Z", Step::Deliver);
    assert_eq!(standings(&region), BOTH.map(|who| format!("{}: given up", short(who))));
    let only = region.run("2017-11-07T10:30:00Z", &["outbox", "--standing", "given-up", "--format", "csv"]);
    assert_eq!(only.out.lines().count(), 3, "{}", only.out);
    let none = region.run("2017-11-07T10:30:00Z", &["outbox", "--standing", "waiting", "--format", "csv"]);
    assert_eq!(none.out.lines().count(), 1, "{}", none.out);
    relay.behave(Manner::Takes);
    assert_eq!(region.run("2017-11-07T11:00:00Z", &["outbox", "retry", "--all"]).status, 0);
    region.step("2017-11-07T12:00:00Z", Step::Deliver);
    let heard = people(&relay);
    assert!(BOTH.iter().all(|who| heard.iter().any(|one| one == who)), "{heard:?}");
}

#[test]
fn a_message_that_nobody_has_any_more_is_told_and_the_others_go_out() {
    let relay = Relay::start(Manner::Takes);
    let region = two_receipts(relay.port);
    let keys = region.happened(Happened::Queued);
    let key = keys.iter().find(|key| key.ends_with(".bathnes-performance")).unwrap();
    fs::remove_file(region.state().join("messages").join(format!("{key}.eml"))).unwrap();
    let database = Connection::open(region.state().join("quarterdeck.duckdb")).unwrap();
    assert_eq!(database.execute("DELETE FROM outbox_messages WHERE key = ?", params![key]).unwrap(), 1);
    drop(database);
    region.step("2017-11-07T10:00:00Z", Step::Deliver);
    assert_eq!(people(&relay), [BOTH[1]]);
    assert_eq!(standings(&region), ["bathnes-performance: refused"]);
    region.step("2017-11-07T11:00:00Z", Step::Deliver);
    let heard = relay.heard();
    assert_eq!(heard.len(), 1);
    let notice = Mail::parse("", &heard[0].body).text.replace('\n', " ");
    assert!(notice.contains(key.as_str()) && notice.contains("cannot be read back"), "{notice}");
}

#[test]
fn a_digest_that_was_refused_told_nothing_so_the_next_one_tells_it() {
    let relay = Relay::start(Manner::Refuses);
    let region = Region::with_one_return();
    region.post_to(relay.port);
    region.walk("2017-11-17T08:00:00Z");
    assert_eq!(relay.heard(), []);
    relay.behave(Manner::Takes);
    region.walk("2017-11-24T08:00:00Z");
    region.walk("2017-12-01T08:00:00Z");
    let told = |day: &str| {
        let is_it = |line: &&Line| {
            line.subject.starts_with(&format!("digest.performance-lead.{day}"))
                && line.subject.contains("torbay")
        };
        let lines = region.journal();
        let line = lines.iter().filter(|line| line.event == Happened::Queued).find(is_it);
        line.map_or(0, |line| line.detail["told"].as_array().unwrap().len())
    };
    assert!(told("2017-11-17") > 0);
    assert_eq!(told("2017-11-24"), told("2017-11-17"), "nobody had read it");
    assert!(told("2017-12-01") < told("2017-11-24"), "what was sent is told");
}
