//! Deeds that were taken back: everything is as if they had not been done, and readers hear of it.

use std::fs;

use quarterdeck::domain::finding::bare;
use quarterdeck::store::journal::Happened;
use serde_json::Value;

use super::checks::{HEADER, MINE};
use super::letters::starting;
use super::region::Region;

const WEDNESDAY: &str = "2017-11-15T08:00:00Z";
const THURSDAY: &str = "2017-11-16T08:00:00Z";
const FRIDAY: &str = "2017-11-17T08:00:00Z";
const MONDAY: &str = "2017-11-20T08:00:00Z";
const TUESDAY: &str = "2017-11-21T08:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";
const THE_ONE_AFTER: &str = "2017-12-01T08:00:00Z";

fn findings(region: &Region, now: &str) -> Vec<Value> {
    let ended = region.run(now, &["findings", "--all", "--format", "json"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    serde_json::from_str(&ended.out).unwrap()
}

fn some_open(region: &Region) -> String {
    let all = findings(region, WEDNESDAY);
    let open =
        |it: &&Value| it["level"] != "info" && it["quarter"] == "2017-18 Q2" && !it["indicator"].is_null();
    all.iter().find(open).unwrap()["id"].as_str().unwrap().to_owned()
}

fn act(region: &Region, now: &str, arguments: &[&str]) -> String {
    let said = ["--by", "Ann", "--reason", "a known backlog"];
    let ended = region.run(now, &[arguments, &said[..]].concat());
    assert_eq!(ended.status, 0, "{arguments:?}: {}", ended.words);
    ended.out
}

fn undo(region: &Region, now: &str, id: &str) -> String {
    let ended = region.run(now, &["undo", id, "--by", "Bob", "--reason", "wrong finding"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    ended.out
}

/// What the database says of findings, held figures and charts, without the instants of a run.
fn stands(region: &Region) -> Vec<String> {
    let questions = [
        "SELECT concat_ws('|', finding, state, episode, level, event, stale) FROM findings ORDER BY 1",
        "SELECT concat_ws('|', authority, indicator, quarter, reason) FROM rebase_settings ORDER BY 1",
        "SELECT concat_ws('|', authority, indicator, quarter, reason) FROM confirmed_figures ORDER BY 1",
        "SELECT concat_ws('|', authority, indicator, quarter, held_by) FROM held ORDER BY 1",
    ];
    questions.iter().flat_map(|sql| region.rows(sql)).collect()
}

#[test]
fn the_number_of_a_finding_has_one_spelling_wherever_a_person_reads_it() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let name = some_open(&region);
    let id = bare(&name).to_owned();
    assert_eq!(name, format!("f{id}"));
    let told = support(&region, &id);
    assert!(told.contains(&format!("action `{name}-1`: ")), "{told}");
    let told = act(&region, THURSDAY, &["acknowledge", &id]);
    assert!(told.contains(&format!("finding `{name}`: acknowledged by Ann")), "{told}");
    let told = undo(&region, THURSDAY, &id);
    assert!(told.contains(&format!("`{name}`: acknowledged")), "{told}");
    for arguments in [&["actions"][..], &["actions", "--deeds"], &["explain", &id]] {
        let out = region.run(THURSDAY, arguments).out;
        let mut numbers = out.match_indices(&id).map(|(at, _)| out[..at].ends_with('f'));
        assert!(numbers.all(|has_letter| has_letter) && out.contains(&name), "{arguments:?}: {out}");
    }
    for written in [format!("{name}-1"), format!("{id}-1")] {
        let of = ["review", &written, "--by", "Ann", "--outcome", "seen", "--again", "2017-12-20"];
        let ended = region.run(FRIDAY, &of);
        assert_eq!(ended.status, 0, "{}", ended.words);
        assert!(ended.out.contains(&format!("action `{name}-1`: reviewed by Ann")), "{}", ended.out);
    }
    region.walk(MONDAY);
    assert_eq!(region.rows("SELECT action || ' ' || finding FROM actions"), [format!("{name}-1 {name}")]);
    assert!(region.rows("SELECT finding FROM findings").contains(&name));
    assert_eq!(
        region.happened(Happened::Acknowledged),
        std::slice::from_ref(&id),
        "the journal keeps it bare"
    );
    assert_eq!(region.happened(Happened::Reviewed), [format!("{id}-1"), format!("{id}-1")]);
}

#[test]
fn a_quieting_that_is_taken_back_never_was_and_the_next_digest_says_so_once() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let id = some_open(&region);
    let before = findings(&region, FRIDAY);
    for deed in [&["acknowledge", &id][..], &["dismiss", &id], &["snooze", &id, "--quarters", "1"]] {
        act(&region, MONDAY, deed);
        assert_ne!(findings(&region, MONDAY), before, "{deed:?}");
        let told = undo(&region, MONDAY, &id);
        assert!(told.contains("a known backlog is taken back by Bob"), "{told}");
        assert_eq!(findings(&region, MONDAY), before, "{deed:?}");
    }
    let nothing = region.run(MONDAY, &["undo", &id, "--by", "Bob", "--reason", "x"]);
    assert!(nothing.status == 2 && nothing.words.contains("nothing that was done about"), "{nothing:?}");
    let explained = region.run(MONDAY, &["explain", &id]).out;
    let line = "taken back  acknowledged by Ann on Monday 20 November 2017: a known backlog; by Bob, \
                2017-11-20: wrong finding";
    assert!(explained.contains(line), "{explained}");
    assert_eq!(region.happened(Happened::Undone), [bare(&id); 3], "nothing is deleted");
    let digest = |day: &str| {
        let mails = region.mails();
        let found = starting(&mails, &format!("digest.performance-lead.{day}.torbay"));
        found.first().map(|mail| mail.text.clone()).unwrap_or_default()
    };
    region.walk(NEXT_FRIDAY);
    let told = digest("2017-11-24");
    assert!(told.contains("Taken back by Bob on Monday 20 November 2017: Wrong finding."), "{told}");
    region.walk(THE_ONE_AFTER);
    assert!(!digest("2017-12-01").contains("Taken back"), "{}", digest("2017-12-01"));
}

#[test]
fn undo_takes_the_last_deed_and_the_one_before_it_holds_again() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = some_open(&region);
    act(&region, WEDNESDAY, &["dismiss", &id]);
    act(&region, THURSDAY, &["snooze", &id, "--until", "1 February 2018"]);
    let told = undo(&region, FRIDAY, &id);
    assert!(told.contains("before it, and so now: expected by Ann"), "{told}");
    let all = findings(&region, FRIDAY);
    let attention = |id: &str| all.iter().find(|it| it["id"] == id).unwrap()["attention"].clone();
    assert_eq!(attention(&id), "expected, says Ann: a known backlog");
}

#[test]
fn a_figure_that_is_confirmed_no_more_is_held_again_also_after_a_loss() {
    let region = Region::with_one_return();
    let header =
        HEADER.replace("kind = \"performance\"", "kind = \"data-quality\"\nmeans = \"figure-suspect\"");
    let select = MINE
        .replace("numerator > getvariable('many') AS fires", "TRUE AS fires")
        .replace("referral_rate", "assessment_45wd_pct");
    fs::create_dir_all(region.config().join("checks")).unwrap();
    fs::write(region.config().join("checks/mine.sql"), format!("{header}{select}")).unwrap();
    region.walk(WEDNESDAY);
    let before = stands(&region);
    let id = region.rows("SELECT finding FROM findings WHERE check_name = 'mine'").remove(0);
    act(&region, THURSDAY, &["confirm", &id]);
    region.walk(FRIDAY);
    assert_ne!(stands(&region), before, "another check judges it");
    let told = undo(&region, MONDAY, &id);
    assert!(told.contains("the next run judges the figures as they were before"), "{told}");
    region.walk(TUESDAY);
    let of_mine =
        |rows: Vec<String>| rows.into_iter().filter(|row| !row.contains("|resolved|")).collect::<Vec<_>>();
    assert_eq!(of_mine(stands(&region)), of_mine(before.clone()));
    region.lose_the_database();
    region.walk(NEXT_FRIDAY);
    assert_eq!(of_mine(stands(&region)), of_mine(before));
    let mails = region.mails();
    let told = starting(&mails, "digest.regional-lead.2017-11-24");
    assert!(told[0].text.contains("Taken back by Bob"), "{}", told[0].text);
}

fn support(region: &Region, id: &str) -> String {
    let said = ["support", id, "--what", "a visit to the front door", "--by", "Ann", "--from", "Plymouth"];
    let ended = region.run(WEDNESDAY, &[&said[..], &["--review", "01/12/2017"]].concat());
    assert_eq!(ended.status, 0, "{}", ended.words);
    ended.out
}

#[test]
fn both_sides_of_support_are_told_at_once_and_once_and_no_figure_crosses() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = some_open(&region);
    let told = support(&region, &id);
    for words in ["to be reviewed by Friday 1 December 2017", "Torbay: ", "(director)", "Plymouth: "] {
        assert!(told.contains(words), "{words}: {told}");
    }
    region.walk(THURSDAY);
    let mails = region.mails();
    let letters = starting(&mails, "support.");
    let whom: Vec<&str> = letters.iter().map(|mail| mail.key.rsplit('.').next().unwrap()).collect();
    assert_eq!(whom, ["plymouth-director", "plymouth-performance", "torbay-director", "torbay-performance"]);
    for mail in &letters {
        assert!(mail.subject.starts_with("Plymouth supports Torbay: "), "{}", mail.subject);
        assert!(
            mail.text.contains("A visit to the front door")
                || mail.text.contains("a visit to the front door")
        );
        assert!(!mail.text.contains("quarterdeck review") && !mail.text.contains('%'), "{}", mail.text);
    }
    region.walk(FRIDAY);
    let mails = region.mails();
    assert_eq!(starting(&mails, "support.").len(), 4, "once");
    let digest = starting(&mails, "digest.performance-lead.2017-11-17.plymouth")[0].clone();
    assert!(digest.text.contains("supported by Plymouth"), "{}", digest.text);
    let (_, section) = digest.text.split_once("Support agreed").unwrap();
    assert!(!section.contains("It stood at") && !section.contains("No newer figure"), "{section}");
    let devon = starting(&mails, "digest.performance-lead.2017-11-17.devon");
    assert!(devon.iter().all(|mail| !mail.everything.contains("front door")));
    let listed = region.run(FRIDAY, &["deadlines", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
    let row = rows.iter().find(|row| row["deadline"] == format!("{}-1", bare(&id))).unwrap();
    assert_eq!(
        (&row["outstanding"], &row["on"]),
        (&Value::from("South West"), &Value::from("Fri 1 Dec 2017"))
    );
    assert!(row["what"].as_str().unwrap().starts_with("Review of support for Torbay, "), "{row}");
    let wrong = region.run(FRIDAY, &["undo", &format!("{}-1", bare(&id)), "--by", "Bob", "--reason", "x"]);
    assert!(wrong.status == 2 && wrong.words.contains("quarterdeck review"), "{wrong:?}");
}

#[test]
fn support_that_was_agreed_long_ago_is_mailed_to_nobody() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = some_open(&region);
    support(&region, &id);
    region.walk(NEXT_FRIDAY);
    assert_eq!(starting(&region.mails(), "support.").len(), 0);
}
