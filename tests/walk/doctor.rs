//! `doctor`: one line per check; a fault each, seen in the right line, and nothing that may not be sent on.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use quarterdeck::store::journal::Happened;
use serde_json::Value;

use super::region::{Ended, NOW, Region};
use super::relay::{Manner, Relay};
use crate::worker::walls::without;

const AFTER: &str = "2017-11-17T09:00:00Z";

fn well() -> Region {
    let region = Region::with_one_return();
    fs::set_permissions(region.path("token"), Permissions::from_mode(0o600)).unwrap();
    region.walk(NOW);
    region
}

/// How it ended, and of each check the worst verdict with what it saw and what to do.
fn doctor(region: &Region) -> (Ended, BTreeMap<String, (String, String)>) {
    let ended = region.run(AFTER, &["doctor", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let line = (text("verdict"), format!("{}; {}", text("saw"), text("next")));
        let worse = seen.get(&text("check")).is_none_or(|(verdict, _)| verdict == "ok");
        if worse {
            seen.insert(text("check"), line);
        }
    }
    (ended, seen)
}

fn line<'a>(seen: &'a BTreeMap<String, (String, String)>, check: &str) -> (&'a str, &'a str) {
    let (verdict, words) = seen.get(check).unwrap_or_else(|| panic!("no `{check}` in {seen:#?}"));
    (verdict, words)
}

/// The fault is a problem of this check, in these words, and of no other.
fn assert_problem(region: &Region, check: &str, words: &str) {
    let (ended, seen) = doctor(region);
    assert_eq!(ended.status, 1, "{seen:#?}");
    let (verdict, said) = line(&seen, check);
    assert_eq!(verdict, "problem", "{said}");
    assert!(said.contains(words), "{said}");
    let others = seen.iter().filter(|(name, (verdict, _))| *name != check && verdict == "problem");
    assert_eq!(others.count(), 0, "{seen:#?}");
}

#[test]
fn a_state_that_is_well_is_ok_in_every_line_and_shows_nothing_that_may_not_be_sent_on() {
    let region = well();
    let (ended, seen) = doctor(&region);
    assert_eq!(ended.status, 0, "{seen:#?}");
    for (check, (verdict, words)) in &seen {
        assert!(verdict == "ok" || check.starts_with("disk"), "{check}: {words}");
    }
    assert!(line(&seen, "source quarterly").1.starts_with("answers that the newest return"));
    assert!(line(&seen, "database").1.contains("every sum is right"), "{seen:#?}");
    assert!(line(&seen, "zone").1.contains("its clocks change next on Sun 25 Mar 2018"), "{seen:#?}");
    assert!(line(&seen, "zone").1.contains("zone data 20"), "{seen:#?}");
    for secret in ["a-token", "4309", "://", "@"] {
        assert!(!ended.out.contains(secret), "{secret} in {}", ended.out);
    }
    assert!(!region.state().join("outgoing").exists(), "it makes nothing");
}

#[test]
fn a_credential_is_there_one_line_and_nobody_elses() {
    let region = well();
    let token = region.path("token");
    fs::write(&token, "\n").unwrap();
    let (_, seen) = doctor(&region);
    assert!(line(&seen, "credentials").1.contains("is empty"), "{seen:#?}");
    fs::write(&token, "a-token\nanother\n").unwrap();
    assert!(line(&doctor(&region).1, "credentials").1.contains("has more than one line"));
    fs::write(&token, "a-token").unwrap();
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    assert_problem(&region, "credentials", "can be read by everyone on this machine; chmod 600");
    fs::remove_file(&token).unwrap();
    let (ended, seen) = doctor(&region);
    assert_eq!((ended.status, line(&seen, "credentials").0), (1, "problem"));
    assert!(line(&seen, "source quarterly").1.contains("cannot use the secret in"), "{seen:#?}");
}

#[test]
fn damage_to_what_was_kept_is_seen_in_its_own_line() {
    let region = well();
    let state = region.state();
    let foreign = state.join("notes.txt");
    fs::write(&foreign, "mine").unwrap();
    let (ended, seen) = doctor(&region);
    assert_eq!((ended.status, line(&seen, "state folder").0), (0, "warning"), "{seen:#?}");
    fs::remove_file(foreign).unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    assert_problem(&region, "state folder", "is open to others (755); chmod 700");
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();

    let received = state.join("received").join(region.happened(Happened::Received).remove(0));
    let bytes = fs::read(&received).unwrap();
    fs::write(&received, "other").unwrap();
    assert_problem(&region, "received files", "of 1 are 0 gone and 1 no longer what was journalled");
    fs::write(&received, bytes).unwrap();
    let key = region.happened(Happened::Queued).remove(0);
    let message = state.join("messages").join(format!("{key}.eml"));
    let bytes = fs::read(&message).unwrap();
    fs::remove_file(&message).unwrap();
    assert_problem(&region, "message files", "1 gone");
    fs::write(&message, bytes).unwrap();

    let database = state.join("quarterdeck.duckdb");
    let mut bytes = fs::read(&database).unwrap();
    let sound = bytes.clone();
    for byte in bytes.iter_mut().skip(12_288).step_by(64) {
        *byte ^= 0xff;
    }
    fs::write(&database, bytes).unwrap();
    assert_problem(&region, "database", "quarterdeck rebuild");
    fs::write(&database, sound).unwrap();
    let journal = state.join("journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    let shorter: Vec<u8> = whole.split_inclusive(|byte| *byte == b'\n').take(3).flatten().copied().collect();
    fs::write(&journal, shorter).unwrap();
    assert!(line(&doctor(&region).1, "database").1.contains("the journal ends at 3"));
    fs::write(&journal, &whole[1..]).unwrap();
    assert_eq!(line(&doctor(&region).1, "journal").0, "problem");
}

#[test]
fn a_source_or_a_mail_server_that_does_not_answer_is_seen_and_nothing_is_sent() {
    let region = well();
    let relay = Relay::start(Manner::Takes);
    region.post_to(relay.port);
    let (ended, seen) = doctor(&region);
    assert_eq!(ended.status, 0, "{seen:#?}");
    assert!(line(&seen, "mail").1.contains("no login is configured"), "{seen:#?}");
    assert_eq!(relay.heard(), []);
    region.post_to_again(1);
    assert_problem(&region, "mail", "cannot open `127.0.0.1:1`");
    region.post_to_again(relay.port);
    fs::rename(region.path("drop"), region.path("unmounted")).unwrap();
    assert_problem(&region, "source workforce", "is not there");
    fs::rename(region.path("unmounted"), region.path("drop")).unwrap();
    region.publish("E06000022", "2017-18 Q2", "<html>Log in</html>");
    let (ended, seen) = doctor(&region);
    assert_eq!((ended.status, line(&seen, "source quarterly").0), (0, "warning"), "{seen:#?}");
}

#[test]
fn a_wrong_configuration_ends_with_2_and_every_problem() {
    let region = well();
    region.edit("quarterdeck.toml", "remind_from_hour = 8", "remind_from_hour = 99");
    region.edit("recipients.toml", "id = \"bathnes-director\"", "id = \"bathnes-performance\"");
    let (ended, _) = doctor(&region);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.out.contains("remind_from_hour") && ended.out.contains("bathnes-performance"));
}

#[test]
fn a_kernel_that_cannot_wall_a_worker_in_is_a_warning_and_no_problem() {
    let region = well();
    let (_, seen) = doctor(&region);
    let (verdict, said) = line(&seen, "workers");
    // Where this kernel lacks them too, that is what is said.
    assert!(verdict == "ok" || said.contains("Landlock") || said.contains("seccomp"), "{said}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            without(&[libc::SYS_landlock_create_ruleset, libc::SYS_seccomp]);
            let (_, seen) = doctor(&region);
            let (verdict, said) = line(&seen, "workers");
            assert_eq!(verdict, "warning", "{said}");
            assert!(said.contains("no Landlock") && said.contains("seccomp"), "{said}");
            assert!(said.contains("can read a file"), "{said}");
        });
    });
}

#[test]
fn what_was_edited_and_not_run_yet_made_no_run_in_the_past() {
    let region = well();
    region.walk("2017-11-20T07:00:00Z");
    region.edit("quarterdeck.toml", "0 7,13 * * MON-FRI", "* * * * *");
    let planned = |now: &str| {
        let ended = region.run(now, &["status", "--format", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
        let row = rows.iter().find(|row| row["what"] == "planned against done").unwrap();
        row["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(planned("2017-11-20T12:00:00Z"), "2 runs planned in the last 14 days, 1 done, 1 missed");
}

#[test]
fn looking_makes_nothing() {
    let region = Region::with_one_return();
    fs::set_permissions(region.path("token"), Permissions::from_mode(0o600)).unwrap();
    let (ended, seen) = doctor(&region);
    assert_eq!(ended.status, 0, "{seen:#?}");
    assert!(line(&seen, "mail").1.contains("the first run makes the folder"), "{seen:#?}");
    for name in ["state", "outgoing"] {
        assert!(!region.path(name).exists(), "{name}");
    }
    region.walk(NOW);
    let mode = fs::metadata(region.path("outgoing")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
