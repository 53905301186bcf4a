//! What half of the region shows alike: one finding about the region, and information for each.

use serde_json::Value;

use super::figures::{AUTHORITIES, HEADINGS};
use super::letters::starting;
use super::region::Region;

const FRIDAY: &str = "2017-11-17T08:00:00Z";
const QUARTER: &str = "2017-18 Q2";

/// The first nine miss their target by far, the others do not.
fn region() -> Region {
    let region = Region::from_quarter(QUARTER);
    for (place, code) in AUTHORITIES.iter().enumerate() {
        let timely = if place < 9 { 600 } else { 950 };
        let body = format!("{HEADINGS}\n{code},assessment_45wd_pct,{QUARTER},{timely},1000,,\n");
        region.publish(code, QUARTER, body);
    }
    region
}

fn findings(region: &Region, more: &[&str]) -> Vec<Value> {
    let ended = region.run(FRIDAY, &[&["findings", "--format", "json"], more].concat());
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
}

#[test]
fn what_half_of_the_region_shows_alike_is_one_finding() {
    let region = region();
    region.walk(FRIDAY);
    let about = |it: &&Value| it["indicator"] == "assessment_45wd_pct";
    let told: Vec<Value> = findings(&region, &[]).iter().filter(about).cloned().collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((&told[0]["authority"], &told[0]["level"]), (&"South West".into(), &"high".into()));
    let sentence = told[0]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("9 of 16 authorities missed the target"), "{sentence}");
    let each: Vec<Value> = findings(&region, &["--all"]).iter().filter(about).cloned().collect();
    assert_eq!(each.iter().filter(|it| it["level"] == "info").count(), 9, "{each:#?}");

    let id = told[0]["id"].as_str().unwrap();
    let explained = region.run(FRIDAY, &["explain", id]);
    assert_eq!(explained.out.matches(" line 2 ").count(), 9, "{}", explained.out);
    let accept = ["accept", id, "--from", QUARTER, "--by", "Ann", "--reason", "new"];
    let refused = region.run(FRIDAY, &accept);
    assert!(refused.status == 2 && refused.words.contains("[[rebase]]"), "{refused:?}");

    let mails = region.mails();
    let lead = starting(&mails, "digest.regional-lead.2017-11-17");
    let words = lead[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("9 of 16 authorities: ") && words.contains(id), "{words}");
    // It is told of the region, and of none of the nine as well: neither now nor in the weeks after.
    let told = |words: &str| words.matches("Assessments within 45 working days stood at").count();
    assert_eq!(told(&words), 0, "{words}");
    region.walk("2017-11-24T08:00:00Z");
    for mail in starting(&region.mails(), "digest.regional-lead.2017-11-24") {
        assert!(told(&mail.text) == 0 && !mail.text.contains("for information"), "{}", mail.text);
    }
    for mail in mails.iter().filter(|mail| !mail.key.contains("regional-lead")) {
        assert!(!mail.everything.contains(id), "{}", mail.key);
    }
}

#[test]
fn what_fewer_than_half_show_is_theirs_alone() {
    let region = region();
    for code in &AUTHORITIES[..2] {
        let body = format!("{HEADINGS}\n{code},assessment_45wd_pct,{QUARTER},950,1000,,\n");
        region.publish(code, QUARTER, body);
    }
    region.walk(FRIDAY);
    let told = findings(&region, &[]);
    assert!(told.iter().all(|it| it["authority"] != "South West"), "{told:#?}");
    assert_eq!(told.iter().filter(|it| it["indicator"] == "assessment_45wd_pct").count(), 7, "{told:#?}");
}
