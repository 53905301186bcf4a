//! What people do with findings: journalled, shown, and quiet in the digest.

use serde_json::Value;

use super::figures::MISSES_ITS_TARGET;
use super::letters::starting;
use super::region::Region;

const WEDNESDAY: &str = "2017-11-15T08:00:00Z";
const FRIDAY: &str = "2017-11-17T08:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";

fn findings(region: &Region, now: &str) -> Vec<Value> {
    let arguments = ["findings", "--authority", MISSES_ITS_TARGET, "--format", "json"];
    let ended = region.run(now, &arguments);
    assert_eq!(ended.status, 0, "{}", ended.words);
    serde_json::from_str(&ended.out).unwrap()
}

fn act(region: &Region, now: &str, deed: &str, id: &str, more: &[&str]) {
    let said = [deed, id, "--by", "Ann", "--reason", "a known backlog"];
    let ended = region.run(now, &[&said[..], more].concat());
    assert_eq!(ended.status, 0, "{deed}: {}", ended.words);
}

fn id(finding: &Value) -> String {
    finding["id"].as_str().unwrap().to_owned()
}

/// The digests of the one who misses the target, by day.
fn digest(region: &Region, day: &str) -> Option<String> {
    let mails = region.mails();
    let start = format!("digest.performance-lead.{day}");
    let found = starting(&mails, &start);
    found.into_iter().find(|mail| mail.key.contains("torbay")).map(|mail| mail.text.clone())
}

#[test]
fn what_is_dismissed_or_snoozed_is_quiet_in_the_digest_and_after_a_loss() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let open = findings(&region, WEDNESDAY);
    assert!(!open.is_empty());
    for (place, finding) in open.iter().enumerate() {
        let id = id(finding);
        if place == 0 {
            act(&region, WEDNESDAY, "dismiss", &id, &[]);
        } else {
            act(&region, WEDNESDAY, "snooze", &id, &["--until", "2018-02-01"]);
        }
    }
    let shown = |now| findings(&region, now).iter().map(|it| it["attention"].clone()).collect::<Vec<_>>();
    let attention = shown(WEDNESDAY);
    assert!(attention.contains(&Value::from("expected, says Ann: a known backlog")), "{attention:?}");
    region.walk(FRIDAY);
    let told = digest(&region, "2017-11-17");
    let told = told.expect("the first digest comes all the same");
    assert!(told.contains("nothing changed"), "{told}");
    assert!(told.contains("acknowledged, snoozed or expected"), "{told}");
    region.lose_the_database();
    region.walk(NEXT_FRIDAY);
    assert_eq!(shown(NEXT_FRIDAY), attention);
    let quiet = digest(&region, "2017-11-24");
    assert!(quiet.as_ref().is_none_or(|text| text.contains("nothing changed")), "{quiet:?}");
}

#[test]
fn what_is_acknowledged_is_told_once_and_then_counted() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let first = digest(&region, "2017-11-17").unwrap();
    assert!(first.contains(" new"), "{first}");
    for finding in findings(&region, FRIDAY) {
        act(&region, "2017-11-20T08:00:00Z", "acknowledge", &id(&finding), &[]);
    }
    let journal = region.journal();
    let line = journal.last().unwrap();
    assert_eq!(line.event.word(), "acknowledged");
    assert_eq!(
        (&line.detail["by"], &line.detail["reason"]),
        (&Value::from("Ann"), &Value::from("a known backlog"))
    );
    let shown = findings(&region, "2017-11-20T09:00:00Z");
    assert!(shown.iter().all(|it| it["attention"] == "acknowledged by Ann: a known backlog"), "{shown:?}");
    let explained = region.run("2017-11-20T09:00:00Z", &["explain", &id(&shown[0])]);
    assert!(explained.out.contains("Ann"), "{}", explained.out);
}

#[test]
fn a_deed_that_cannot_be_is_refused() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = id(&findings(&region, WEDNESDAY)[0]);
    let said = ["--by", "Ann", "--reason", "why"];
    let unknown = region.run(WEDNESDAY, &[&["dismiss", "no-such"], &said[..]].concat());
    assert_eq!(unknown.status, 2, "{unknown:?}");
    let far = region.run(WEDNESDAY, &[&["snooze", &id, "--until", "2019-01-01"], &said[..]].concat());
    assert_eq!(far.status, 2, "{far:?}");
    assert!(far.words.contains("more than two quarters ahead"), "{}", far.words);
    assert_eq!(region.run(WEDNESDAY, &["dismiss", &id, "--by", "Ann"]).status, 2, "a reason is needed");
}
