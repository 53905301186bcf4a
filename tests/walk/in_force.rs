//! While the configuration on disk is wrong, the state is looked at by the one before it, and that is said.

use std::fs;

use super::figures::csv;
use super::region::{NOW, Region};

const QUARTER: &str = "2017-18 Q2";

#[test]
fn a_state_is_looked_at_by_the_last_configuration_that_was_right() {
    let region = Region::with_one_return();
    assert_eq!(region.run(NOW, &["once"]).status, 0);
    for wrong in ["zone = \"Europe/Lodon\"", "zone = Europe/London"] {
        region.edit("quarterdeck.toml", "zone = \"Europe/London\"", wrong);
        let status = region.run(NOW, &["status"]);
        assert_eq!(status.status, 1, "{status:?}");
        let first = status.out.lines().find(|line| line.contains("attention")).unwrap_or_default();
        assert!(first.contains("the configuration on disk is wrong since "), "{}", status.out);
        for command in ["returns", "findings", "outbox", "deadlines"] {
            let seen = region.run(NOW, &[command]);
            assert_eq!(seen.status, 0, "{command}: {seen:?}");
            assert!(seen.words.contains("warning: the configuration on disk is wrong since "), "{seen:?}");
            assert!(
                seen.words.contains("quarterdeck.toml:") && seen.words.contains("see `quarterdeck check-")
            );
        }
        for command in ["once", "check-config"] {
            assert_eq!(region.run(NOW, &[command]).status, 2, "{command} goes by what is on disk");
        }
        assert_eq!(region.daemon().status, 2, "the daemon goes by what is on disk");
        region.edit("quarterdeck.toml", wrong, "zone = \"Europe/London\"");
    }
    assert_eq!(region.run(NOW, &["status"]).status, 0);
}

#[test]
fn another_folder_that_is_wrong_is_not_answered_for_by_this_one() {
    let region = Region::with_one_return();
    assert_eq!(region.run(NOW, &["once"]).status, 0);
    let state = region.state().display().to_string();
    fs::rename(region.config(), region.path("elsewhere")).unwrap();
    fs::create_dir(region.config()).unwrap();
    let elsewhere = region.path("elsewhere").display().to_string();
    let right = ["--config", &elsewhere, "--state", &state, "outbox"];
    let ended = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::new(super::region::PROGRAM);
        command.args(arguments).output().unwrap().status.code()
    };
    assert_eq!(ended(&right), Some(0));
    fs::write(region.path("elsewhere/recipients.toml"), "wrong").unwrap();
    assert_eq!(ended(&right), Some(2), "nothing was ever run by that folder");
}

#[test]
fn every_problem_is_told_at_once_those_of_checks_too() {
    let region = Region::from_quarter(QUARTER);
    let checks = region.config().join("checks");
    fs::create_dir(&checks).unwrap();
    fs::write(checks.join("one.sql"), "SELECT 1").unwrap();
    fs::write(checks.join("two.sql"), "SELECT 2").unwrap();
    let both = region.run(NOW, &["check-config"]);
    assert_eq!(both.status, 2, "{both:?}");
    assert!(both.words.contains("one.sql: ") && both.words.contains("two.sql: "), "{}", both.words);
    region.edit("quarterdeck.toml", "remind_from_hour = 8", "remind_from_hour = 8\nremind_till = 9");
    let all = region.run(NOW, &["check-config"]);
    assert_eq!(all.status, 2, "{all:?}");
    for words in ["one.sql: ", "two.sql: ", "remind_till"] {
        assert!(all.words.contains(words), "no {words} in {}", all.words);
    }
}

#[test]
fn check_config_says_who_is_who_where_returns_come_from_and_when_reminders_go_out() {
    let region = Region::from_quarter(QUARTER);
    let ended = region.run(NOW, &["check-config"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let drop = region.path("config/../drop").display().to_string();
    for words in [
        "Director of children's services, Bournemouth",
        "Bournemouth (E06000028)",
        &region.web.url("/{quarter}/{authority}"),
        &drop,
        "next reminder",
    ] {
        assert!(ended.out.contains(words), "no {words} in {}", ended.out);
    }
}

#[test]
fn a_collection_that_is_not_there_is_no_empty_table() {
    let region = Region::with_one_return();
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.walk(NOW);
    for command in ["returns", "findings"] {
        let ended = region.run(NOW, &[command, "--collection", "quaterly"]);
        assert_eq!(ended.status, 2, "{command}: {ended:?}");
        assert!(ended.words.contains("there is no collection `quaterly`; there are quarterly"), "{ended:?}");
    }
}

#[test]
fn a_query_that_is_too_large_is_no_wrong_command_line() {
    let region = Region::from_quarter(QUARTER);
    region.walk(NOW);
    let many = "SELECT count(*) FROM (SELECT DISTINCT a.range, b.range FROM range(100000) a, range(10000) b)";
    let ended = region.run(NOW, &["sql", many]);
    assert_eq!(ended.status, 5, "{ended:?}");
    assert!(ended.words.contains("needs more memory than a query may use: 384 MiB"), "{}", ended.words);
    assert_eq!(region.run(NOW, &["sql", "SELECT nothing"]).status, 2);
}

#[test]
fn a_state_that_was_named_and_is_none_is_refused_by_every_command_that_looks_at_one() {
    let region = Region::from_quarter(QUARTER);
    std::fs::create_dir(region.path("empty")).unwrap();
    for (folder, what) in [("gone", "is not there"), ("empty", "is no state folder")] {
        let path = region.path(folder).display().to_string();
        for command in ["status", "returns", "outbox", "deadlines", "doctor", "rebuild", "backup"] {
            let ended = region.run(NOW, &["--state", &path, command]);
            assert_eq!(ended.status, 2, "{command}: {ended:?}");
            assert!(ended.words.contains(what), "{command}: {}", ended.words);
            assert!(ended.words.contains("/config/../state`"), "{command}: {}", ended.words);
        }
    }
    assert!(!region.path("gone").exists(), "nobody made it");
    assert_eq!(region.run(NOW, &["status"]).status, 0, "nothing was run yet by the configured one");
    let state = region.path("new").display().to_string();
    assert_eq!(region.run(NOW, &["--state", &state, "once"]).status, 0);
    assert_eq!(region.run(NOW, &["--state", &state, "outbox"]).status, 0);
}
