//! The database can be lost, and damage is told, never papered over.

use std::fs::{self, File};

use quarterdeck::store::journal::Happened;
use quarterdeck::store::open::Store;

use super::figures::csv_with_referrals;
use super::letters::starting;
use super::region::{NOW, Region};

/// No digest falls due.
const WEDNESDAY: &str = "2017-11-15T08:00:00Z";
const WEEK_LATER: &str = "2017-11-24T08:00:00Z";

fn findings(region: &Region) -> Vec<String> {
    region.rows(
        "SELECT concat_ws('|', check_name, authority, indicator, quarter, state, level, episode)
           FROM findings ORDER BY ALL",
    )
}

#[test]
fn a_database_that_was_lost_is_made_again_and_nothing_is_sent_twice() {
    let region = Region::with_returns();
    region.walk("2017-11-10T08:00:00Z");
    region.publish("E10000008", "2017-18 Q2", csv_with_referrals("E10000008", "2017-18 Q2", 8_765));
    region.walk(NOW);
    let (findings_before, mails) = (findings(&region), region.mails());
    let versions = "SELECT concat_ws('|', hash, authority, quarter, version, received_at, verdict)
        FROM submissions ORDER BY ALL";
    let submissions = region.rows(versions);
    let sent = region.happened(Happened::Sent);

    region.lose_the_database();
    let again = region.walk(NOW);
    assert_eq!(again.failures, []);
    assert_eq!((again.received, again.loaded), (0, 0), "it was made again before the walk");
    assert_eq!((again.queued, again.sent), (1, 1), "the notice of it");
    assert_eq!(region.rows(versions), submissions);
    assert_eq!(findings(&region), findings_before);
    assert!(!findings_before.is_empty());
    assert_eq!(region.happened(Happened::Sent)[..sent.len()], sent);
    assert_eq!(region.mails().len(), mails.len() + 1);
}

#[test]
fn what_was_told_before_a_database_was_lost_is_not_told_as_new() {
    let region = Region::with_returns_of(&["2017-18 Q2"]);
    region.walk(NOW);
    region.lose_the_database();
    region.walk(WEEK_LATER);
    let mails = region.mails();
    let told = |day: &str| {
        let digests = starting(&mails, "digest.regional-lead.");
        let text = digests.iter().find(|mail| mail.key.contains(day)).unwrap().text.clone();
        let opening = text.split("Returns received up to").next().unwrap().to_owned();
        opening.split("first digest: ").last().unwrap().split("2017: ").last().unwrap().to_owned()
    };
    assert!(told("2017-11-17").contains(" new"), "{}", told("2017-11-17"));
    assert!(told("2017-11-24").starts_with("nothing changed"), "{}", told("2017-11-24"));
}

#[test]
fn a_journal_that_is_behind_the_database_ends_with_words_and_4() {
    let region = Region::from_quarter("2017-18 Q2");
    region.walk(WEDNESDAY);
    region.walk("2017-11-20T08:00:00Z");
    let path = region.state().join("journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let half: Vec<&str> = text.lines().take(text.lines().count() / 2).collect();
    fs::write(&path, half.join("\n") + "\n").unwrap();
    let ended = region.run("2017-11-21T08:00:00Z", &["once"]);
    assert_eq!(ended.status, 4, "{ended:?}");
    assert!(ended.words.contains("the journal ends at"), "{}", ended.words);
    assert!(ended.words.contains("`quarterdeck rebuild`"), "{}", ended.words);
}

#[test]
fn a_damaged_line_of_the_journal_ends_with_its_number_and_4() {
    let region = Region::from_quarter("2017-18 Q2");
    region.walk(WEDNESDAY);
    let path = region.state().join("journal.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    let third = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0;
    bytes[third + 12] ^= 1;
    fs::write(&path, bytes).unwrap();
    for command in ["once", "status", "outbox"] {
        let ended = region.run("2017-11-20T08:00:00Z", &[command]);
        assert_eq!(ended.status, 4, "{command}: {ended:?}");
        assert!(ended.words.contains("is damaged in line 3"), "{}", ended.words);
    }
}

#[test]
fn a_damaged_database_ends_with_what_to_do_and_4() {
    let region = Region::from_quarter("2017-18 Q2");
    region.walk(WEDNESDAY);
    let path = region.state().join("quarterdeck.duckdb");
    for damage in [&b"not a database at all"[..], &[0_u8; 8192][..]] {
        fs::write(&path, damage).unwrap();
        for command in ["once", "findings"] {
            let ended = region.run("2017-11-20T08:00:00Z", &[command]);
            assert_eq!(ended.status, 4, "{command}: {ended:?}");
            assert!(ended.words.contains("damaged"), "{}", ended.words);
        }
    }
}

#[test]
fn a_state_that_another_process_has_ends_with_3() {
    let region = Region::from_quarter("2017-18 Q2");
    region.walk(WEDNESDAY);
    let lock = File::open(region.state().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let ended = region.run("2017-11-20T08:00:00Z", &["once"]);
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.words.contains("is in use by another quarterdeck"), "{}", ended.words);
    drop(lock);
    assert_eq!(region.run("2017-11-20T08:00:00Z", &["once"]).status, 0);
}

#[test]
fn a_very_first_run_that_died_before_it_loaded_anything_is_made_up_for() {
    let region = Region::from_quarter("2017-18 Q2");
    region.publish("E06000022", "2017-18 Q2", csv_with_referrals("E06000022", "2017-18 Q2", 8_765));
    region.walk(WEDNESDAY);
    let whole = fs::read_to_string(region.state().join("journal.jsonl")).unwrap();
    // What a run leaves that was killed after the history of its sources, and before its database
    // had any of it.
    let history = whole.lines().position(|line| line.contains("history.workforce")).unwrap();
    let begun: Vec<&str> = whole.lines().take(history + 1).collect();
    fs::write(region.state().join("journal.jsonl"), begun.join("\n") + "\n").unwrap();
    region.lose_the_database();
    drop(Store::open(&region.state(), &region.settings().limits).unwrap());
    let again = region.walk(WEDNESDAY);
    assert_eq!((again.received, again.loaded), (0, 1));
}
