//! Backups: whole, compared, rotated; and what a restored one must not send again.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;

use super::figures::csv;
use super::region::{NOW, Region};
use super::state::{AFTERWARDS, DEVON, QUARTER, back_up, copy, files, lived_in, sent_again, views};

#[test]
fn a_backup_is_a_state_folder_that_was_compared_and_shares_what_never_changes() {
    let region = lived_in();
    let first = back_up(&region, AFTERWARDS);
    assert!(first.made.path.ends_with("2017-11-08T060000Z"), "{:?}", first.made.path);
    assert_eq!((first.made.linked, first.made.missing.len()), (0, 0));
    let state = first.made.path.display().to_string();
    let status = region.run(AFTERWARDS, &["--state", &state, "status"]);
    assert_eq!(status.words, "");
    assert!(status.out.contains("returns received"), "{}", status.out);
    let second = back_up(&region, "2017-11-09T09:00:00Z");
    let kept = files(&second.made.path);
    let never_changing = kept.iter().filter(|file| file.parent() != Some("".as_ref())).count();
    assert_eq!(second.made.linked, never_changing);
    let received = region.happened(Happened::Received)[0].clone();
    let inode =
        |folder: &std::path::Path| fs::metadata(folder.join("received").join(&received)).unwrap().ino();
    assert_eq!(inode(&first.made.path), inode(&second.made.path));
    assert_ne!(inode(&region.state()), inode(&first.made.path), "a link to the original would be no copy");
    assert_eq!(region.happened(Happened::BackedUp), ["2017-11-08T060000Z", "2017-11-09T090000Z"]);
}

#[test]
fn surplus_backups_are_removed_and_foreign_folders_are_not() {
    let region = lived_in();
    region.edit("quarterdeck.toml", "keep = 14", "keep = 2");
    let foreign = ["2017-11-01T090000Z", "notes", "2017-11-02T090000Z.new"];
    for name in foreign {
        fs::create_dir_all(region.path("backups").join(name)).unwrap();
        fs::write(region.path("backups").join(name).join("thesis.odt"), "x").unwrap();
    }
    let hours = ["10", "11", "12"].map(|hour| back_up(&region, &format!("2017-11-08T{hour}:00:00Z")));
    assert_eq!(hours[2].removed, [hours[0].made.path.clone()]);
    let mut names: Vec<String> = fs::read_dir(region.path("backups"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let expected =
        ["2017-11-01T090000Z", "2017-11-02T090000Z.new", "2017-11-08T110000Z", "2017-11-08T120000Z", "notes"];
    assert_eq!(names, expected);
    let into = region.path("elsewhere").display().to_string();
    let ended = region.run(AFTERWARDS, &["backup", "--into", &into]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.out.contains("every table, line and file was compared"), "{}", ended.out);
}

#[test]
fn what_was_left_of_a_backup_that_died_is_removed_by_the_next() {
    let region = lived_in();
    let died = region.path("backups").join("2017-11-08T080000Z.new");
    let whole = back_up(&region, "2017-11-08T08:00:00Z").made.path;
    fs::rename(&whole, &died).unwrap();
    fs::create_dir(region.path("backups").join("2017-11-08T070000Z.new")).unwrap();
    back_up(&region, AFTERWARDS);
    assert_eq!(fs::read_dir(region.path("backups")).unwrap().count(), 1);
}

#[test]
fn a_backup_waits_for_a_run_and_says_so_in_the_end() {
    let region = lived_in();
    let lock = fs::File::open(region.state().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let ended = region.run(AFTERWARDS, &["backup", "--wait", "0"]);
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.words.contains("is in use by another quarterdeck"), "{}", ended.words);
}

/// The state of last week, in place of that of today.
fn restore(region: &Region, backup: &std::path::Path) {
    fs::remove_dir_all(region.state()).unwrap();
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    copy(backup, &region.state());
}

#[test]
fn a_restored_state_holds_what_may_have_been_sent_and_tells_the_operator() {
    let region = lived_in();
    let backup = back_up(&region, AFTERWARDS).made.path;
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.walk(NOW);
    let sent = region.happened(Happened::Sent);
    let before = views(&region);
    restore(&region, &backup);
    let report = region.walk(NOW);
    assert!(report.queued > 20 && report.sent == 1, "{report:?}");
    assert_eq!(sent_again(&region), Vec::<String>::new());
    assert_eq!(views(&region), before, "nothing else is lost");
    let held = region.happened(Happened::Held);
    assert!(
        sent.iter()
            .filter(|key| !key.starts_with("notice."))
            .all(|key| { held.contains(key) || region.happened(Happened::Sent).contains(key) })
    );
    let notice = &region.mails()[0];
    assert!(
        notice.text.contains("restored from the backup of 8 November 2017 at 06:00 UTC"),
        "{}",
        notice.text
    );
    assert!(report.failures.iter().any(|one| one.next.contains("outbox release")), "{report:?}");
    assert_eq!(region.walk("2017-11-20T09:00:00Z").failures, [], "the doubt is settled");
    let key = held.iter().find(|key| key.starts_with("receipt.")).unwrap();
    assert_eq!(region.run("2017-11-20T10:00:00Z", &["outbox", "release", key]).status, 0);
    region.step("2017-11-20T11:00:00Z", Step::Deliver);
    assert!(sent_again(&region).contains(key));
    let all = region.run("2017-11-20T12:00:00Z", &["outbox", "release", "--all"]);
    assert!(all.status == 0 && all.out.contains("messages go out with the next run"), "{all:?}");
}

#[test]
fn an_old_database_and_journal_beside_newer_messages_hold_what_may_have_been_sent() {
    let region = lived_in();
    copy(&region.state(), &region.path("older"));
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.walk(NOW);
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    for name in ["quarterdeck.duckdb", "journal.jsonl"] {
        fs::copy(region.path("older").join(name), region.state().join(name)).unwrap();
    }
    let report = region.walk(NOW);
    assert!(report.queued > 20 && report.sent == 1, "{report:?}");
    assert_eq!(sent_again(&region), Vec::<String>::new());
    assert!(
        region.mails()[0].text.contains("journal and database are older than"),
        "{}",
        region.mails()[0].text
    );
    assert_eq!(region.walk("2017-11-20T09:00:00Z").failures, [], "one doubt, and it is settled");
}

#[test]
fn a_journal_that_lost_its_end_holds_what_may_have_been_sent() {
    let region = lived_in();
    let backup = back_up(&region, AFTERWARDS).made.path;
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.walk(NOW);
    for name in ["journal.jsonl", "quarterdeck.duckdb"] {
        fs::remove_file(region.state().join(name)).unwrap();
    }
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    let refused = region.run(NOW, &["once"]);
    assert_eq!(refused.status, 4, "{refused:?}");
    assert!(refused.words.contains("is gone or empty") && refused.words.contains("`quarterdeck rebuild`"));
    let rebuilt = region.run(NOW, &["rebuild"]);
    assert_eq!(rebuilt.status, 0, "{rebuilt:?}");
    assert!(
        rebuilt.out.contains("the journal was mended: 0 lines of its own, 0 from the database"),
        "{}",
        rebuilt.out
    );
    assert!(rebuilt.out.contains("no line tells whose it is"), "{}", rebuilt.out);
    region.walk(NOW);
    assert_eq!(sent_again(&region), Vec::<String>::new());
    fs::remove_dir_all(backup).unwrap();
    fs::remove_file(region.state().join("journal.jsonl")).unwrap();
    region.lose_the_database();
    let nothing = region.run(NOW, &["rebuild"]);
    assert_eq!(nothing.status, 4, "{nothing:?}");
    assert!(nothing.words.contains("--accept-loss"), "{}", nothing.words);
    let given_up = region.run(NOW, &["rebuild", "--accept-loss"]);
    assert!(given_up.out.contains("1 submissions") || given_up.status == 0, "{given_up:?}");
    let report = region.walk(NOW);
    assert_eq!(sent_again(&region), Vec::<String>::new(), "{report:?}");
    assert_eq!(region.rows("SELECT DISTINCT authority FROM observations ORDER BY ALL").len(), 3);
    assert!(report.received >= 3, "{DEVON} and the others are fetched again");
}
