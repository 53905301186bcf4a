//! How runs end: what fails says why, what is done bears its own time, a run takes no longer than it may.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use quarterdeck::pipeline::{self, Moment, Report, Walk};
use quarterdeck::store::journal::{Happened, Line};
use quarterdeck::store::keep;

use super::figures::csv;
use super::letters::{one_line, starting};
use super::region::{NOW, PROGRAM, Region, instant};

const QUARTER: &str = "2017-18 Q2";
const LATER: &str = "2017-11-17T13:05:00Z";

/// Where the file would be kept lies a folder of its name.
fn cannot_keep(region: &Region, file: &str) -> PathBuf {
    let place = region.state().join("received").join(keep::hash(file.as_bytes()));
    fs::create_dir(&place).unwrap();
    place
}

fn whys(region: &Region) -> Vec<(String, String)> {
    let failed = region.journal().into_iter().filter(|line| line.event == Happened::Failed);
    failed.map(|line| (line.subject, line.detail["why"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn a_run_that_cannot_go_on_says_why_and_is_no_death() {
    let region = Region::with_one_return();
    region.walk(NOW);
    let file = csv("E06000022", QUARTER);
    region.publish("E06000022", QUARTER, &file);
    let place = cannot_keep(&region, &file);
    let error = region.try_walk(LATER, None).unwrap_err();
    let (subject, why) = whys(&region).pop().unwrap();
    assert_eq!((subject.as_str(), &why), ("all", &format!("{error:#}")));
    assert!(why.starts_with("cannot keep a received file: "), "{why}");
    let mails = region.mails();
    let [notice] = starting(&mails, "notice.run.")[..] else { panic!("{mails:?}") };
    let text = one_line(&notice.text);
    assert!(
        text.contains("could not go on: 1 problem of the run or its state. The next one does the rest."),
        "{text}"
    );
    assert!(text.contains(&why), "{text}");
    fs::remove_dir(place).unwrap();
    let next = region.walk("2017-11-17T14:00:00Z");
    assert_eq!((next.loaded, next.failures), (1, vec![]), "it died of nothing");
}

#[test]
fn what_a_person_could_not_do_is_told_and_is_no_planned_run() {
    let region = Region::with_one_return();
    // Who ran it but once may not have set the schedule going yet.
    region.walk("2017-11-16T08:00:00Z");
    region.walk(NOW);
    let file = csv("E06000022", QUARTER);
    let place = cannot_keep(&region, &file);
    fs::write(region.path("a.csv"), file).unwrap();
    let name = region.path("a.csv").display().to_string();
    let receive = ["receive", &name, "--authority", "E06000022", "--quarter", QUARTER];
    assert_eq!(region.run(LATER, &receive).status, 5);
    assert_eq!(whys(&region).pop().unwrap().0, "receive");
    fs::remove_dir(place).unwrap();
    let next = region.walk("2017-11-17T14:30:00Z");
    assert_eq!(next.failures, []);
    let missed = region.happened(Happened::Queued).into_iter().filter(|key| key.contains("missed-"));
    let missed: Vec<String> = missed.collect();
    assert!(missed[0].starts_with("notice.run.missed-2017-11-17t13-00."), "{missed:?}");
}

/// A whole walk at [`NOW`] by a clock of its own.
fn walk_by(region: &Region, ticking: Option<fn() -> DateTime<Utc>>) -> Report {
    let settings = region.settings();
    let moment = Moment { now: instant(NOW), machine: SystemTime::UNIX_EPOCH };
    let mut walk = Walk::open(&settings, moment, Path::new(PROGRAM), Box::new(|_| {})).unwrap();
    walk.ticking = ticking;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(pipeline::once(&mut walk, None)).unwrap()
}

#[test]
fn what_is_done_to_a_message_bears_its_own_time_and_what_is_composed_the_runs() {
    let region = Region::with_one_return();
    let report = walk_by(&region, Some(|| instant("2017-11-17T08:21:00Z")));
    assert!(report.sent > 0, "{report:?}");
    let at = |event: Happened| {
        let of = |line: &Line| (line.event == event).then(|| line.at.format("%H:%M").to_string());
        let mut at: Vec<String> = region.journal().iter().filter_map(of).collect();
        at.dedup();
        at
    };
    for event in [Happened::Sending, Happened::Sent] {
        assert_eq!(at(event), ["08:21"], "{event:?}");
    }
    for event in [Happened::Began, Happened::Received, Happened::Queued, Happened::Walked] {
        assert_eq!(at(event), ["08:00"], "{event:?}");
    }
    let still = Region::with_one_return();
    walk_by(&still, None);
    assert!(still.journal().iter().all(|line| line.at == instant(NOW)), "a pretended instant stands still");
}

#[test]
fn a_run_by_hand_takes_no_longer_than_it_may() {
    let region = Region::with_one_return();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("url = \"http://{}/{{quarter}}/{{authority}}\"", silent.local_addr().unwrap());
    region.edit("quarterdeck.toml", &format!("url = \"{}\"", region.web.url("/{quarter}/{authority}")), &url);
    region.edit("quarterdeck.toml", "run_seconds = 1800", "run_seconds = 10");
    let ended = region.run(NOW, &["once", "--only", "collect"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.words.contains("half of `run_seconds`"), "{}", ended.words);
}

#[test]
fn each_digest_that_was_missed_says_what_the_one_before_it_did_not() {
    let region = Region::with_returns();
    region.edit("quarterdeck.toml", "catch_up = \"latest\"", "catch_up = \"all\"");
    region.walk("2017-11-09T12:00:00Z");
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER).replace("ambition", "ambitions") + "\n");
    region.walk("2017-11-20T12:00:00Z");
    let mails = region.mails();
    let of = |day: &str| {
        let found = starting(&mails, &format!("digest.regional-lead.{day}"));
        found.first().unwrap_or_else(|| panic!("none of {day}")).text.clone()
    };
    let (first, second) = (of("2017-11-10"), of("2017-11-17"));
    assert!(first.contains(" new"), "{first}");
    assert!(!second.contains("* New"), "{second}");
    assert_ne!(first, second);
}

#[test]
fn a_digest_that_was_missed_waits_for_a_working_day() {
    let region = Region::from_quarter("2098-99 Q1");
    let digests = |region: &Region| {
        let keys = region.happened(Happened::Queued).into_iter();
        keys.filter(|key| key.starts_with("digest.regional-lead.")).collect::<Vec<_>>()
    };
    region.walk("2017-11-09T12:00:00Z");
    region.walk("2017-11-12T10:00:00Z");
    assert_eq!(digests(&region), [""; 0], "a Sunday");
    region.walk("2017-11-13T07:00:00Z");
    let made_up = digests(&region);
    assert!(made_up[0].starts_with("digest.regional-lead.2017-11-10."), "{made_up:?}");
    region.walk("2017-11-13T13:00:00Z");
    assert_eq!(digests(&region), made_up, "once");
}

#[test]
fn the_daemon_takes_no_pretended_instant() {
    let region = Region::from_quarter("2098-99 Q1");
    let ended = region.run(NOW, &["run"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.words.contains("takes no `--now`"), "{}", ended.words);
    assert!(!region.state().exists(), "nothing was done");
}

#[test]
fn while_nothing_is_run_the_operator_is_told_why_and_nobody_else_is_written_to() {
    let region = Region::with_one_return();
    region.step(NOW, pipeline::Step::Collect);
    assert!(region.mails().is_empty(), "the receipt waits");
    let why = "the last run was on Thu 20 Jul 2017, and the clock says Fri 17 Nov 2017";
    let ended = region.run(LATER, &["beat", "--failed", "--held", why]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let mails = region.mails();
    let [notice] = &mails[..] else { panic!("{mails:?}") };
    assert!(notice.key.starts_with("notice.run.held-2017-w46."), "{}", notice.key);
    assert_eq!(notice.subject, "Nothing is run: please look");
    assert!(one_line(&notice.text).contains(why), "{}", notice.text);
    assert_eq!(region.happened(Happened::Began), ["collect"], "it was no run");
    assert_eq!(region.run("2017-11-17T14:05:00Z", &["beat", "--failed", "--held", why]).status, 0);
    assert_eq!(region.mails().len(), 1, "once a week");
}
