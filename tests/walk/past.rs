//! The past of a collection: it arrives whatever the source's pace, and no address keeps it open.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use quarterdeck::pipeline::stopping::Stop;
use quarterdeck::pipeline::{self, Moment, Report, Step, Walk};
use quarterdeck::store::journal::Happened;
use tokio::sync::watch;

use super::figures::{AUTHORITIES, csv};
use super::region::{PROGRAM, Region, instant};

const FIRST: &str = "2015-16 Q1";
const NEWEST: &str = "2017-18 Q2";
const QUARTERS: [&str; 10] = [
    "2015-16 Q1",
    "2015-16 Q2",
    "2015-16 Q3",
    "2015-16 Q4",
    "2016-17 Q1",
    "2016-17 Q2",
    "2016-17 Q3",
    "2016-17 Q4",
    "2017-18 Q1",
    NEWEST,
];
/// They sent; the others never did.
const SENT: [&str; 3] = ["E06000022", "E06000024", "E10000008"];

fn with_history() -> Region {
    let region = Region::unwatched(FIRST);
    for quarter in QUARTERS {
        for code in SENT {
            region.publish(code, quarter, csv(code, quarter));
        }
    }
    region
}

fn path(code: &str, quarter: &str) -> String {
    format!("/{}/{code}", quarter.replace(' ', "-"))
}

/// A run that is told to stop when the source has answered `most` questions.
fn run_of(region: &Region, now: &str, most: usize) -> Report {
    let (sender, told) = watch::channel(false);
    region.web.shelf().patience = Some((most, sender));
    region.walk_until(now, Stop::heard(told))
}

fn asked(region: &Region) -> Vec<String> {
    std::mem::take(&mut region.web.shelf().asked)
}

#[test]
fn a_history_that_takes_longer_than_a_run_arrives_in_several() {
    let region = with_history();
    let all = QUARTERS.len() * AUTHORITIES.len();
    let mut asked_for = Vec::new();
    let mut days = 1..;
    loop {
        let day = days.next().unwrap();
        let had = region.happened(Happened::Received).len();
        let report = run_of(&region, &format!("2017-11-{day:02}T08:00:00Z"), 110);
        let asked = asked(&region);
        assert!(asked[0].starts_with("/2017-18-Q2/"), "the newest comes first: {}", asked[0]);
        asked_for.extend(asked);
        if !report.stopped {
            break;
        }
        let has = region.happened(Happened::Received).len();
        assert!(has > had || day > 1, "what came before the stop is kept: {has}");
        assert!(day < 12, "no end: {has} of {}", QUARTERS.len() * SENT.len());
    }
    assert_eq!(region.happened(Happened::Received).len(), QUARTERS.len() * SENT.len());
    assert_eq!(region.number("SELECT count(*) FROM submissions"), 30);
    let different: BTreeSet<&String> = asked_for.iter().collect();
    assert_eq!(different.len(), all);
    let old = asked_for.iter().filter(|path| path.starts_with("/2015-16")).count();
    assert!(old <= 4 * AUTHORITIES.len() + 4, "of the past nothing is asked for again: {old}");
    assert_eq!(region.happened(Happened::Walked).iter().filter(|one| *one == "history.quarterly").count(), 1);
}

#[test]
fn a_run_that_is_killed_keeps_what_came() {
    let region = with_history();
    let settings = region.settings();
    let moment = Moment { now: instant("2017-11-01T08:00:00Z"), machine: SystemTime::UNIX_EPOCH };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sender, mut told) = watch::channel(false);
    region.web.shelf().patience = Some((50, sender));
    let mut walk = Walk::open(&settings, moment, Path::new(PROGRAM), Box::new(|_| {})).unwrap();
    runtime.block_on(async {
        // Nobody tells the run: it is gone in the middle of what it does.
        tokio::select! {
            done = pipeline::once(&mut walk, None) => panic!("{done:?}"),
            told = told.wait_for(|told| *told) => drop(told.unwrap()),
        }
    });
    drop(walk);
    let kept = region.happened(Happened::Received).len();
    assert!(kept >= 8, "{kept}");
    let report = region.walk("2017-11-01T09:00:00Z");
    assert_eq!((report.received, report.loaded), (30 - kept, 30));
    assert!(report.failures.iter().all(|one| one.what.starts_with("it died")), "{:?}", report.failures);
}

#[test]
fn slow_sources_leave_half_of_a_run_for_what_came() {
    let region = with_history();
    let mut settings = region.settings();
    settings.limits.run_seconds = 1;
    let (slow, told) = watch::channel(false);
    let moment = Moment { now: instant("2017-11-01T08:00:00Z"), machine: SystemTime::UNIX_EPOCH };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let mut walk = Walk::open(&settings, moment, Path::new(PROGRAM), Box::new(|_| {})).unwrap();
        walk.stop = Stop::heard(told);
        pipeline::once(&mut walk, Some(Step::Collect)).await.unwrap()
    });
    drop(slow);
    assert!(!report.stopped);
    let [trouble] = report.failures.as_slice() else { panic!("{:?}", report.failures) };
    assert!(trouble.what.starts_with("within 0 seconds, half of `run_seconds`"), "{trouble:?}");
    let next = region.step("2017-11-02T08:00:00Z", Step::Collect);
    assert_eq!((next.failures, next.loaded + report.loaded), (vec![], 30));
}

#[test]
fn two_addresses_at_which_the_server_falls_over_hide_no_other_return() {
    let region = Region::with_returns_of(&[NEWEST]);
    // Neighbours: they are asked for one after the other, before all others.
    let settings = region.settings();
    let broken = settings.authorities.iter().take(2).map(|one| path(one.code.as_str(), NEWEST));
    region.web.shelf().broken = broken.collect();
    let report = region.step("2017-11-01T08:00:00Z", Step::Collect);
    assert_eq!((report.loaded, report.failures.len()), (AUTHORITIES.len() - 2, 2), "{report:?}");
}

/// What `E06000023` never sent is answered as some stores do: with 403.
fn with_forbidden() -> Region {
    let region = with_history();
    region.web.shelf().forbidden = QUARTERS.iter().map(|quarter| path("E06000023", quarter)).collect();
    region
}

#[test]
fn an_address_that_always_fails_does_not_keep_the_history_of_the_others_open() {
    let region = with_forbidden();
    region.step("2017-11-01T08:00:00Z", Step::Collect);
    assert_eq!(asked(&region).len(), QUARTERS.len() * AUTHORITIES.len());
    region.step("2017-11-01T13:00:00Z", Step::Collect);
    let past = |asked: &[String]| -> Vec<String> {
        asked.iter().filter(|path| path.starts_with("/2015-16")).cloned().collect()
    };
    let again = past(&asked(&region));
    assert_eq!(again, QUARTERS[..4].iter().rev().map(|it| path("E06000023", it)).collect::<Vec<_>>());
    for day in ["02", "03", "06"] {
        region.step(&format!("2017-11-{day}T08:00:00Z"), Step::Collect);
    }
    let fifth = region.step("2017-11-07T08:00:00Z", Step::Collect);
    let told = fifth.failures.iter().find(|one| one.what.starts_with("failed on 5 days")).unwrap();
    assert!(told.what.contains("quarterly E06000023"), "{told:?}");
    assert!(told.next.contains("quarterdeck once --again \"history quarterly\""), "{told:?}");
    drop(asked(&region));
    region.step("2017-11-08T08:00:00Z", Step::Collect);
    assert_eq!(past(&asked(&region)), Vec::<String>::new());

    let again =
        region.run("2017-11-09T08:00:00Z", &["once", "--only", "collect", "--again", "history quarterly"]);
    assert_eq!(again.status, 1, "{again:?}");
    assert_eq!(past(&asked(&region)).len(), 4, "when the operator says so");
    let unknown = region.run("2017-11-09T09:00:00Z", &["once", "--again", "history workforce"]);
    assert_eq!(unknown.status, 2, "{unknown:?}");
}

#[test]
fn a_late_sender_gets_a_receipt_though_an_address_always_fails() {
    let region = with_forbidden();
    region.step("2017-11-01T08:00:00Z", Step::Collect);
    region.publish("E06000027", "2017-18 Q1", csv("E06000027", "2017-18 Q1"));
    region.publish("E06000027", "2015-16 Q1", csv("E06000027", "2015-16 Q1"));
    region.walk("2017-11-02T08:00:00Z");
    let keys: Vec<String> = region.mails().into_iter().map(|mail| mail.key).collect();
    let receipts: Vec<&String> = keys.iter().filter(|key| key.starts_with("receipt.")).collect();
    let late = receipts.iter().filter(|key| key.contains("e06000027.2017-18-q1"));
    assert_eq!(late.count(), 1, "{receipts:?}");
    let of_the_past = receipts.iter().filter(|key| key.contains("2015-16") || key.contains("2016-17"));
    assert_eq!(of_the_past.count(), 0, "{receipts:?}");
}

#[test]
fn a_source_that_is_down_gives_nothing_up() {
    let region = with_history();
    region.web.shelf().is_down = true;
    for day in 1..9 {
        region.step(&format!("2017-11-{day:02}T08:00:00Z"), Step::Collect);
    }
    region.web.shelf().is_down = false;
    let report = region.step("2017-11-09T08:00:00Z", Step::Collect);
    assert_eq!((report.failures, report.loaded), (vec![], 30));
}
