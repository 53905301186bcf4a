//! What a source does to us is told to the operator and chased from nobody; what it did not say is found out.

use std::fs;

use quarterdeck::pipeline::{Report, Step};
use quarterdeck::store::journal::Happened;
use quarterdeck::store::keep;

use super::chasers::chasers;
use super::deaths::died;
use super::figures::{AUTHORITIES, csv, csv_with_referrals};
use super::letters::starting;
use super::region::{NOW, Region};

const QUARTER: &str = "2017-18 Q2";
const TORBAY: &str = "E06000027";
/// Ten working days after the due day.
const ESCALATED: &str = "2017-11-24T09:00:00Z";
const SIGN_IN: &str = "<!DOCTYPE html><title>Region portal</title><form><input type=\"password\"></form>";
const MINUTES: &str = "<html><body><p>Minutes of the board</p></body></html>";

fn chased(region: &Region) -> Vec<String> {
    AUTHORITIES.iter().flat_map(|code| chasers(region, code)).collect()
}

fn told(report: &Report, words: &str) -> usize {
    report.failures.iter().filter(|one| one.what.contains(words)).count()
}

#[test]
fn when_a_portal_shows_everyone_its_sign_in_page_nobody_is_chased_and_the_operator_is_told() {
    let region = Region::unwatched(QUARTER);
    for code in AUTHORITIES {
        region.publish(code, QUARTER, SIGN_IN);
    }
    let report = region.walk(ESCALATED);
    assert_eq!(chased(&region), [] as [&str; 0]);
    assert_eq!(told(&report, "in place of 16 of the 16 returns that were asked for"), 1, "{report:?}");
    let mails = region.mails();
    let notice = starting(&mails, "notice.")[0];
    assert!(notice.text.contains("nobody is chased for these"), "{}", notice.text);
    region.step("2017-11-24T10:00:00Z", Step::Remind);
    assert_eq!(chased(&region), [] as [&str; 0], "nor by a run that polls nothing");
    for code in AUTHORITIES {
        region.withdraw(code, QUARTER);
    }
    region.walk("2017-11-24T12:00:00Z");
    assert!(chasers(&region, TORBAY).contains(&"10-after.torbay-performance".to_owned()), "now it is seen");
}

#[test]
fn a_page_of_any_kind_that_most_are_given_is_the_sources() {
    let region = Region::unwatched(QUARTER);
    for (number, code) in AUTHORITIES.iter().enumerate() {
        match number {
            0..5 => region.publish(code, QUARTER, csv(code, QUARTER)),
            _ => region.publish(code, QUARTER, format!("<html><title>{number}</title><p>Under repair")),
        }
    }
    region.walk(ESCALATED);
    assert_eq!(chased(&region), [] as [&str; 0]);
}

#[test]
fn an_authority_that_uploaded_a_page_of_its_own_is_chased_and_told_what_came() {
    let region = Region::unwatched(QUARTER);
    for code in AUTHORITIES.into_iter().filter(|code| *code != TORBAY) {
        region.publish(code, QUARTER, csv(code, QUARTER));
    }
    region.publish(TORBAY, QUARTER, MINUTES);
    region.walk("2017-11-13T09:00:00Z");
    assert_eq!(chased(&region), ["1-after.torbay-performance"]);
    let mails = region.mails();
    let chaser = starting(&mails, "chaser.quarterly-e06000027.")[0];
    assert!(chaser.text.contains("A file came and was not accepted"), "{}", chaser.text);
    assert!(chaser.text.contains("web page"), "{}", chaser.text);
}

#[test]
fn a_message_of_the_source_in_json_chases_nobody() {
    let region = Region::unwatched(QUARTER);
    region.publish(TORBAY, QUARTER, r#"{"error": {"code": "accessDenied"}}"#);
    region.walk("2017-11-13T09:00:00Z");
    assert_eq!(chasers(&region, TORBAY), [] as [&str; 0]);
    assert_eq!(chasers(&region, "E06000022").len(), 1, "of the others it is known that they have not sent");
}

#[test]
fn a_poll_that_is_set_aside_chases_nobody_and_is_told() {
    let region = Region::unwatched(QUARTER);
    fs::create_dir_all(region.state()).unwrap();
    (0..3).for_each(|_| died(&region, Some("poll quarterly")));
    let report = region.walk(ESCALATED);
    assert_eq!(chased(&region), [] as [&str; 0]);
    assert_eq!(told(&report, "`quarterdeck once --again \"poll quarterly\"`"), 1, "{report:?}");
    assert_eq!(region.web.shelf().asked, [] as [&str; 0]);
}

#[test]
fn whose_file_we_cannot_read_is_not_chased_for_it() {
    let region = Region::unwatched(QUARTER);
    let body = csv(TORBAY, QUARTER);
    region.publish(TORBAY, QUARTER, &body);
    fs::create_dir_all(region.state()).unwrap();
    let subject = format!("read {}", keep::hash(body.as_bytes()));
    (0..3).for_each(|_| died(&region, Some(&subject)));
    let report = region.walk(ESCALATED);
    assert_eq!((report.refused, chasers(&region, TORBAY).len()), (1, 0));
    region.step("2017-11-24T10:00:00Z", Step::Remind);
    assert_eq!(chasers(&region, TORBAY), [] as [&str; 0]);
    assert!(!chased(&region).is_empty(), "the others have not sent");
}

/// A region that says who it is with a password.
fn with_password(password: &str) -> Region {
    let region = Region::unwatched(QUARTER);
    fs::write(region.path("token"), format!("{password}\n")).unwrap();
    let basic = "[collection.http.basic]\nuser = \"region\"\npassword_file = \"../token\"";
    region.edit("quarterdeck.toml", "[collection.http.bearer]\ntoken_file = \"../token\"", basic);
    // region:right
    region.web.shelf().authorization = Some("Basic cmVnaW9uOnJpZ2h0".to_owned());
    region
}

/// What was asked for since the last time.
fn asked(region: &Region) -> usize {
    std::mem::take(&mut region.web.shelf().asked).len()
}

#[test]
fn a_wrong_password_is_sent_twice_and_no_more_until_its_file_is_another() {
    let region = with_password("guessed");
    let report = region.walk(ESCALATED);
    assert_eq!((asked(&region), told(&report, "refuses our login")), (2, 1), "{report:?}");
    let aside = region.happened(Happened::SetAside);
    assert_eq!(aside, ["login quarterly"]);
    let later = region.walk("2017-11-27T09:00:00Z");
    assert_eq!((asked(&region), later.failures.len(), chased(&region).len()), (0, 0, 0), "{later:?}");
    let status = region.run("2017-11-27T09:00:00Z", &["status"]);
    assert!(status.out.contains("login quarterly"), "{}", status.out);
    assert!(!fs::read_to_string(region.state().join("journal.jsonl")).unwrap().contains("guessed"));

    fs::write(region.path("token"), "right\n").unwrap();
    region.publish(TORBAY, QUARTER, csv(TORBAY, QUARTER));
    let right = region.walk("2017-11-28T09:00:00Z");
    assert_eq!((asked(&region), right.received), (16, 1), "{right:?}");
}

#[test]
fn a_login_that_is_refused_is_tried_again_when_the_operator_says_so() {
    let region = with_password("right");
    region.web.shelf().authorization = Some("Basic another".to_owned());
    region.walk(NOW);
    region.web.shelf().authorization = Some("Basic cmVnaW9uOnJpZ2h0".to_owned());
    assert_eq!((asked(&region), region.walk("2017-11-20T09:00:00Z").not_there), (2, 0));
    let again = region.run("2017-11-20T10:00:00Z", &["once", "--again", "login quarterly"]);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(asked(&region), 16);
}

fn times(region: &Region, changed: &str, sent: &str) {
    let of = |time: &str| format!("Fri, 17 Nov 2017 {time} GMT");
    region.web.shelf().times = Some((of(changed), of(sent)));
}

fn fetched(region: &Region) -> u32 {
    std::mem::take(&mut region.web.shelf().fetched)
}

#[test]
fn a_file_that_changes_within_its_second_is_taken() {
    let region = Region::unwatched(QUARTER);
    times(&region, "07:59:30", "08:00:00");
    region.publish(TORBAY, QUARTER, csv(TORBAY, QUARTER));
    assert_eq!(region.step("2017-11-17T08:00:00Z", Step::Collect).received, 1);
    times(&region, "07:59:30", "13:00:00");
    region.publish(TORBAY, QUARTER, csv_with_referrals(TORBAY, QUARTER, 5_000));
    assert_eq!(region.step("2017-11-17T13:00:00Z", Step::Collect).received, 1);
    fetched(&region);
    let report = region.step("2017-11-20T13:00:00Z", Step::Collect);
    assert_eq!((report.unchanged, fetched(&region)), (1, 0), "now its time has stood still");
}

#[test]
fn a_file_that_was_new_when_it_came_is_sent_once_more_and_then_no_more() {
    let region = Region::unwatched(QUARTER);
    times(&region, "07:59:30", "08:00:00");
    region.publish(TORBAY, QUARTER, csv(TORBAY, QUARTER));
    region.step("2017-11-17T08:00:00Z", Step::Collect);
    times(&region, "07:59:30", "13:00:00");
    let bodies = ["2017-11-17T13:00:00Z", "2017-11-20T08:00:00Z", "2017-11-20T13:00:00Z"].map(|at| {
        fetched(&region);
        assert_eq!(region.step(at, Step::Collect).unchanged, 1);
        fetched(&region)
    });
    assert_eq!(bodies, [1, 0, 0]);
}

#[test]
fn a_change_behind_a_time_that_stands_still_is_missed_for_no_more_than_a_week() {
    let region = Region::unwatched(QUARTER);
    times(&region, "07:00:00", "08:00:00");
    region.publish(TORBAY, QUARTER, csv(TORBAY, QUARTER));
    region.step("2017-11-17T08:00:00Z", Step::Collect);
    region.publish(TORBAY, QUARTER, csv_with_referrals(TORBAY, QUARTER, 5_000));
    for day in [20, 21, 22, 23] {
        let report = region.step(&format!("2017-11-{day}T08:00:00Z"), Step::Collect);
        assert_eq!((report.unchanged, report.received), (1, 0));
    }
    let report = region.step("2017-11-24T08:00:00Z", Step::Collect);
    assert_eq!((report.unchanged, report.received), (0, 1));
    fetched(&region);
    region.step("2017-11-27T08:00:00Z", Step::Collect);
    assert_eq!(fetched(&region), 0, "from then on it is asked whether it changed");
}
