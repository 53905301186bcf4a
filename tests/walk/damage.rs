//! Any single file of the state may be deleted or damaged: it comes back, or the words name the command.

use std::fs;
use std::path::Path;

use quarterdeck::pipeline::Report;
use quarterdeck::pipeline::opening::{self, Walk};
use quarterdeck::pipeline::rebuilding::Loss;
use quarterdeck::store::journal::{Happened, Journal};
use quarterdeck::store::schema::SCHEMA_VERSION;

use super::region::{PROGRAM, Region};
use super::state::{
    AFTERWARDS, QUARTER, back_up, copy, files, hashes, lived_in, moment, probe, put_back, rebuild,
    sent_again, views,
};

const KINDS: [&str; 4] = ["deleted", "halved", "emptied", "flipped"];

fn damage(path: &Path, kind: &str) {
    let mut bytes = fs::read(path).unwrap();
    match kind {
        "deleted" => return fs::remove_file(path).unwrap(),
        "halved" => bytes.truncate(bytes.len() / 2),
        "emptied" => bytes.clear(),
        _ if bytes.is_empty() => bytes.push(1),
        _ => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
    }
    fs::write(path, bytes).unwrap();
}

/// What it took to recover, in a word for the table.
fn recover(region: &Region) -> String {
    match probe(region, AFTERWARDS) {
        Ok(probed) => {
            assert_eq!(probed.remarks, Vec::<String>::new());
            if probed.repaired.is_empty() { "sound".to_owned() } else { probed.repaired.join("; ") }
        }
        Err(error) => {
            let words = format!("{error:#}");
            assert!(words.contains("`quarterdeck rebuild`"), "no command: {words}");
            let rebuilt = rebuild(region, AFTERWARDS, Loss::Refused).unwrap();
            assert_eq!(rebuilt.database.remarks, Vec::<String>::new());
            let again = probe(region, AFTERWARDS).unwrap();
            assert_eq!((again.repaired.len(), again.remarks.len()), (0, 0), "{again:?}");
            format!("rebuild; held {}: {words}", rebuilt.held.len())
        }
    }
}

/// A state in which the database has a log beside it, as after a run that died.
fn with_log(region: &Region, pristine: &Path) {
    let mut journal = Journal::open(&region.state()).unwrap();
    journal.append(moment(AFTERWARDS).now, Happened::Doing, "nothing", serde_json::json!({})).unwrap();
    drop(journal);
    let settings = region.settings();
    let walk = Walk::open(&settings, moment(AFTERWARDS), Path::new(PROGRAM), Box::new(|_| {})).unwrap();
    assert!(region.state().join("quarterdeck.duckdb.wal").exists());
    copy(&region.state(), pristine);
    drop(walk);
}

#[test]
fn any_single_file_of_the_state_may_be_deleted_or_damaged() {
    let region = lived_in();
    back_up(&region, AFTERWARDS);
    let pristine = region.path("pristine");
    with_log(&region, &pristine);
    put_back(&region, &pristine);
    region.walk(AFTERWARDS);
    let (before, sent) = (views(&region), region.happened(Happened::Sent));
    assert!(!before["findings"].is_empty() && !before["revisions"].is_empty());
    let all = files(&pristine);
    assert!((8..15).contains(&all.len()), "{all:?}");
    for file in &all {
        for kind in KINDS {
            put_back(&region, &pristine);
            damage(&region.state().join(file), kind);
            let how = recover(&region);
            println!("{:32} {kind:8} {how}", file.display().to_string().chars().take(32).collect::<String>());
            let report = region.walk(AFTERWARDS);
            let told: Vec<_> = report.failures.iter().map(|one| &one.what).collect();
            assert_eq!(told, Vec::<&String>::new(), "{} {kind}", file.display());
            assert_eq!(sent_again(&region), Vec::<String>::new(), "{} {kind}", file.display());
            assert_eq!(views(&region), before, "{} {kind}", file.display());
            let after = region.happened(Happened::Sent);
            assert!(sent.iter().all(|key| after.contains(key)), "{} {kind}", file.display());
        }
    }
}

#[test]
fn a_database_that_is_made_again_is_equal_and_sends_nothing() {
    let region = lived_in();
    let before = views(&region);
    let findings = region.happened(Happened::Found);
    let told =
        "SELECT concat_ws('|', key, queued_at, told, octet_length(bytes)) FROM outbox_messages ORDER BY ALL";
    let messages = region.rows(told);
    let ended = region.run(AFTERWARDS, &["rebuild"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.out.contains("made again from 3 received files"), "{}", ended.out);
    assert_eq!(views(&region), before);
    assert_eq!(region.rows(told), messages);
    let aside: Vec<_> = files(&region.state())
        .into_iter()
        .filter(|file| file.to_string_lossy().ends_with(".aside"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    let report = region.walk(AFTERWARDS);
    let notices = region.mails();
    assert_eq!(sent_again(&region), Vec::<String>::new());
    assert_eq!((report.queued, report.sent), (notices.len(), notices.len()));
    let is_told = notices.iter().any(|mail| mail.text.contains("made again"));
    assert!(!is_told, "who asked for it has read what came of it");
    assert_eq!(region.happened(Happened::Found), findings);
    assert_eq!(region.walk("2017-11-08T06:30:00Z").queued, 0, "told once");
}

#[test]
fn a_received_file_that_nobody_has_is_named_and_comes_back_or_is_given_up() {
    let region = lived_in();
    let hash = region.happened(Happened::Received)[0].clone();
    let file = region.state().join("received").join(&hash);
    fs::write(&file, "damaged").unwrap();
    let words = format!("{:#}", rebuild(&region, AFTERWARDS, Loss::Refused).unwrap_err());
    for part in [&hash, QUARTER, "--accept-loss", "the old database is where it was"] {
        assert!(words.contains(part), "no {part} in {words}");
    }
    let ended = region.run(AFTERWARDS, &["rebuild"]);
    assert_eq!(ended.status, 4, "{ended:?}");
    let probed = probe(&region, AFTERWARDS).unwrap();
    assert_eq!((probed.repaired.len(), probed.remarks.len()), (0, 1), "{probed:?}");
    assert!(!file.exists(), "the damaged one is out of the way");
    let code = words.split("quarterly ").nth(1).unwrap()[..9].to_owned();
    region.publish(&code, QUARTER, super::figures::csv(&code, QUARTER));
    let report = region.walk("2017-11-09T00:30:00Z");
    assert_eq!(report.failures, []);
    if file.exists() {
        rebuild(&region, AFTERWARDS, Loss::Refused).unwrap();
    }
    fs::remove_file(&file).unwrap_or_default();
    let accepted = rebuild(&region, "2017-11-09T01:30:00Z", Loss::Accepted).unwrap();
    assert_eq!(accepted.database.remarks.len(), 1, "{accepted:?}");
    assert_eq!(region.walk("2017-11-09T02:30:00Z").failures, []);
    assert_eq!(rebuild(&region, "2017-11-09T03:30:00Z", Loss::Refused).unwrap().database.remarks.len(), 0);
}

#[test]
fn a_kept_file_that_was_lost_is_fetched_again_although_nothing_changed() {
    let region = lived_in();
    let hash = region.happened(Happened::Received).pop().unwrap();
    let file = region.state().join("received").join(&hash);
    let bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let report = region.walk("2017-11-09T00:30:00Z");
    assert_eq!((report.received, report.loaded), (0, 0));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn what_was_received_and_not_loaded_when_the_database_was_lost_still_gets_its_receipt() {
    let region = lived_in();
    region.publish("E06000022", QUARTER, super::figures::csv("E06000022", QUARTER));
    let settings = region.settings();
    {
        let collection = settings.collections.iter().find(|one| one.name == "quarterly").unwrap();
        let mut walk =
            Walk::open(&settings, moment(AFTERWARDS), Path::new(PROGRAM), Box::new(|_| {})).unwrap();
        walk.begin("all").unwrap();
        let file = quarterdeck::pipeline::collecting::ByHand {
            collection,
            authority: Some(quarterdeck::domain::authority::AuthorityCode::parse("E06000022").unwrap()),
            quarter: Some(quarterdeck::domain::quarter::Quarter::parse(QUARTER).unwrap()),
            file_name: "return.csv".to_owned(),
            bytes: super::figures::csv("E06000022", QUARTER).into_bytes(),
            smaller: None,
        };
        quarterdeck::pipeline::collecting::take_by_hand(&mut walk, &file, &mut Report::default()).unwrap();
    }
    region.lose_the_database();
    rebuild(&region, AFTERWARDS, Loss::Refused).unwrap();
    let report = region.walk(AFTERWARDS);
    assert_eq!((report.loaded, report.failures.len()), (1, 0), "{report:?}");
    let receipts = region
        .happened(Happened::Sent)
        .into_iter()
        .filter(|key| key.starts_with("receipt.quarterly-e06000022."));
    assert_eq!(receipts.count(), 1);
}

/// What a newer program would have done to a state.
type Change = fn(&Region);

#[test]
fn a_newer_programs_state_is_refused_and_not_a_byte_of_it_is_changed() {
    let region = lived_in();
    let pristine = region.path("pristine");
    copy(&region.state(), &pristine);
    let newer: [(&str, Change); 4] = [
        ("journal: an event", |region| append(region, "Walked", "sealed-in-amber")),
        ("journal: tables", |region| append(region, "schema", "99")),
        ("tables", |region| {
            let database = region.state().join("quarterdeck.duckdb");
            let connection = duckdb::Connection::open(database).unwrap();
            connection
                .execute_batch("INSERT INTO schema_versions (version) VALUES (99); CHECKPOINT")
                .unwrap();
        }),
        ("engine", |region| newer_engine(&region.state().join("quarterdeck.duckdb"))),
    ];
    for (what, make) in newer {
        put_back(&region, &pristine);
        make(&region);
        let before = hashes(&region.state());
        for command in [&["once"][..], &["probe"], &["rebuild"], &["backup"]] {
            let ended = region.run(AFTERWARDS, command);
            assert_eq!(ended.status, 4, "{what} {command:?}: {ended:?}");
            assert!(ended.words.contains("newer"), "{what} {command:?}: {}", ended.words);
            assert!(ended.words.contains("nothing was changed"), "{what} {command:?}: {}", ended.words);
            assert_eq!(hashes(&region.state()), before, "{what} {command:?}");
        }
    }
}

/// One more line, as a newer program would write it.
fn append(region: &Region, what: &str, value: &str) {
    let path = region.state().join("journal.jsonl");
    let mut text = fs::read_to_string(&path).unwrap();
    let seq = text.lines().count() + 1;
    let (event, detail) = if what == "schema" {
        ("began", format!("{{\"schema\":{value}}}"))
    } else {
        (value, "{}".to_owned())
    };
    let body = format!(
        "{{\"seq\":{seq},\"at\":\"2017-11-08T10:00:00Z\",\"event\":\"{event}\",\"subject\":\"all\",\"detail\":{detail}"
    );
    let sum = quarterdeck::store::keep::hash(format!("{body}}}").as_bytes());
    text.extend([&body, ",\"sum\":\"", &sum[..16], "\"}\n"]);
    fs::write(path, text).unwrap();
}

/// The main header with the next version of the format, its sum made right.
fn newer_engine(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[8..12], b"DUCK");
    bytes[12..20].copy_from_slice(&999_u64.to_le_bytes());
    let sum = |header: &[u8]| {
        header.chunks_exact(8).fold(5381_u64, |sum, eight| {
            sum ^ u64::from_le_bytes(eight.try_into().unwrap()).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        })
    };
    let sum = sum(&bytes[8..4096]);
    bytes[..8].copy_from_slice(&sum.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_database_of_an_older_program_is_made_again_by_the_next_run() {
    let region = lived_in();
    let before = views(&region);
    {
        let connection = duckdb::Connection::open(region.state().join("quarterdeck.duckdb")).unwrap();
        connection
            .execute_batch(
                "DROP TABLE remarks;
                 CREATE TABLE remarks (submission VARCHAR);
                 UPDATE schema_versions SET version = 0;
                 CHECKPOINT",
            )
            .unwrap();
    }
    let ended = region.run(AFTERWARDS, &["once"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(views(&region), before);
    assert_eq!(
        sent_again(&region).len(),
        region.happened(Happened::Sent).iter().filter(|key| !key.starts_with("notice.")).count()
    );
    assert_eq!(region.number("SELECT max(version) FROM schema_versions"), i64::from(SCHEMA_VERSION));
    let kept = files(&region.state()).into_iter().find(|file| file.to_string_lossy().ends_with(".aside"));
    let connection = duckdb::Connection::open(region.state().join(kept.unwrap())).unwrap();
    let version: i32 =
        connection.query_row("SELECT max(version) FROM schema_versions", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 0, "the old one is kept as it was");
}

#[test]
fn a_state_folder_that_is_none_is_refused_with_its_path() {
    let region = Region::from_quarter(QUARTER);
    let state = region.state();
    fs::write(&state, "a file").unwrap();
    let ended = region.run(AFTERWARDS, &["once"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.words.contains("is not a folder"), "{}", ended.words);
    fs::remove_file(&state).unwrap();
    fs::create_dir(region.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(region.path("elsewhere"), &state).unwrap();
    let words = opening::lock(&state).unwrap_err().to_string();
    assert!(words.contains("is a symbolic link to") && words.contains("elsewhere"), "{words}");
    assert_eq!(fs::read_dir(region.path("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_database_that_went_back_in_time_catches_up_and_nothing_is_sent_twice() {
    let region = lived_in();
    let backup = back_up(&region, AFTERWARDS).made.path;
    region.publish("E06000022", QUARTER, super::figures::csv("E06000022", QUARTER));
    region.walk("2017-11-09T00:30:00Z");
    let (before, sent) = (views(&region), region.happened(Happened::Sent));
    fs::copy(backup.join("quarterdeck.duckdb"), region.state().join("quarterdeck.duckdb")).unwrap();
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    let report = region.walk("2017-11-09T00:30:00Z");
    assert_eq!((report.loaded, report.queued, report.sent), (1, 0, 0), "{report:?}");
    assert_eq!(views(&region), before);
    assert_eq!(region.happened(Happened::Sent), sent);
}
