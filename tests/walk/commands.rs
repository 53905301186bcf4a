//! The program's commands on a state that was walked, and how they end.

use std::fs;

use quarterdeck::pipeline::Step;

use super::figures::{csv, csv_with_referrals};
use super::region::{NOW, Region};

const QUARTER: &str = "2017-18 Q2";

fn small() -> Region {
    let region = Region::from_quarter(QUARTER);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region
}

#[test]
fn a_command_says_by_its_status_how_it_ended() {
    let region = small();
    let done = region.run(NOW, &["once"]);
    assert_eq!(done.status, 0, "{done:?}");
    let line =
        "received 1, unchanged 0, not there yet 15; loaded 1, refused 0; rows accepted 5, quarantined 0;";
    assert!(done.out.contains(line), "{}", done.out);
    region.publish("E06000023", QUARTER, "<html><body>Log in</body></html>");
    let failed = region.run("2017-11-20T08:00:00Z", &["once"]);
    assert_eq!(failed.status, 1, "{failed:?}");
    assert!(failed.words.contains("a web page came in place of the file"), "{}", failed.words);
    assert_eq!(region.run(NOW, &["oncemore"]).status, 2);
    assert_eq!(region.run(NOW, &["explain", "no-such-finding"]).status, 2);
    assert_eq!(region.run("yesterday", &["status"]).status, 2);
    for command in ["status", "returns", "findings", "deadlines", "outbox", "check-config"] {
        let ended = region.run(NOW, &[command]);
        assert_eq!(ended.status, 0, "{command}: {}", ended.words);
        assert!(!ended.out.is_empty(), "{command}");
    }
}

#[test]
fn a_run_that_asks_nothing_counts_the_findings_that_are_kept() {
    let region = Region::with_returns_of(&[QUARTER]);
    let counted = |step: &[&str]| {
        let out = region.run(NOW, &[&["once"], step].concat()).out;
        let (_, after) = out.split_once("findings open ").unwrap();
        after.split_once(',').unwrap().0.to_owned()
    };
    let of_all = counted(&[]);
    assert_ne!(of_all, "0 and 0 for information");
    assert_eq!(counted(&["--only", "deliver"]), of_all);
}

#[test]
fn receive_says_which_version_the_file_became() {
    let region = Region::from_quarter(QUARTER);
    let receive = |name: &str, body: &str| {
        let file = region.path(name);
        fs::write(&file, body).unwrap();
        let of = ["--authority", "Torbay", "--quarter", QUARTER];
        region.run(NOW, &[&["receive", file.to_str().unwrap()], &of[..]].concat()).out
    };
    let code = "E06000027";
    let first = receive("first.csv", &csv(code, QUARTER));
    let taken = "taken in as version 1 of `quarterly` of Torbay, 2017-18 Q2: it counts now\n";
    assert!(first.contains(taken), "{first}");
    let second = receive("second.csv", &csv_with_referrals(code, QUARTER, 801));
    let taken =
        "taken in as version 2 of `quarterly` of Torbay, 2017-18 Q2: it counts now, in place of version 1\n";
    assert!(second.contains(taken), "{second}");
    let refused = receive("third.csv", "<html><body>Log in</body></html>");
    assert!(
        refused.contains("not taken in: version 2 of `quarterly` of Torbay, 2017-18 Q2 counts"),
        "{refused}"
    );
}

#[test]
fn a_wrong_configuration_ends_with_2_and_tells_every_problem_with_its_line() {
    let region = small();
    region.edit("quarterdeck.toml", "remind_from_hour = 8", "remind_from_hour = 8\nremind_till = 9");
    region.edit("deadlines.toml", "on = 2017-12-01", "on = 2017-02-30");
    region.edit("recipients.toml", "id = \"bathnes-director\"", "id = \"bathnes-performance\"");
    fs::remove_file(region.config().join("bank-holidays.json")).unwrap();
    for command in ["once", "check-config"] {
        let ended = region.run(NOW, &[command]);
        assert_eq!(ended.status, 2, "{command}: {ended:?}");
        for words in ["remind_till", "2017-02-30", "bathnes-performance", "bank-holidays.json"] {
            assert!(ended.words.contains(words), "{command}: no {words} in {}", ended.words);
        }
        let hit = ended.words.lines().find(|line| line.contains("remind_till")).unwrap();
        let text = fs::read_to_string(region.config().join("quarterdeck.toml")).unwrap();
        let line = text.lines().position(|line| line.starts_with("remind_till")).unwrap() + 1;
        assert!(hit.contains(&format!("quarterdeck.toml:{line}:")), "{hit}");
    }
    assert!(!region.state().exists(), "nothing was done");
}

#[test]
fn sql_answers_over_the_public_views_and_refuses_everything_else() {
    let region = small();
    region.step(NOW, Step::Collect);
    let asked =
        "SELECT value, numerator, file_name, line FROM observations WHERE indicator = 'referral_rate'";
    let ended = region.run(NOW, &["sql", asked, "--format", "csv"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    let line = ended.out.lines().nth(1).unwrap();
    assert!(line.ends_with(",4309.0,E06000022,2") || line.ends_with(",4309,E06000022,2"), "{line}");
    let secret = region.path("token").display().to_string();
    let refused = [
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM '{secret}'"),
        "DELETE FROM figures".to_owned(),
        format!("ATTACH '{}' AS other", region.state().join("quarterdeck.duckdb").display()),
        "SELECT * FROM outbox_messages".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        format!("COPY (SELECT 1) TO '{}'", region.path("written").display()),
    ];
    for query in refused {
        let ended = region.run(NOW, &["sql", &query]);
        assert!(matches!(ended.status, 2 | 5), "{query}: {ended:?}");
        assert!(ended.words.starts_with("error: "), "{query}: {}", ended.words);
        assert!(!format!("{ended:?}").contains("a-token"), "{query}");
    }
    assert!(!region.path("written").exists());
    assert_eq!(region.number("SELECT count(*) FROM figures"), 5);
}

#[test]
fn whoever_asks_sql_for_what_is_not_there_is_told_what_is() {
    let region = small();
    region.step(NOW, Step::Collect);
    let asked = [
        "SHOW TABLES",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM region_values",
        "SELECT * FROM nonsense",
    ];
    for query in asked {
        let ended = region.run(NOW, &["sql", query]);
        assert_eq!(ended.status, 2, "{query}: {ended:?}");
        assert!(ended.words.contains("actions, areas, authorities, carried, comparators"), "{}", ended.words);
        assert!(!ended.words.contains("region_settings"), "{}", ended.words);
    }
    let views = region.run(NOW, &["sql", "--views", "--format", "csv"]);
    assert_eq!(views.status, 0, "{views:?}");
    assert!(
        views.out.contains("quarters,a quarter,\"quarter, label, first_day, last_day\""),
        "{}",
        views.out
    );
    let note = "SELECT '=HYPERLINK(\"x\")' AS note, -1.5 AS change, '-' AS none";
    let csv = region.run(NOW, &["sql", note, "--format", "csv"]);
    assert!(csv.out.contains("\"'=HYPERLINK(\"\"x\"\")\",-1.5,'-"), "{}", csv.out);
    assert_eq!(region.run(NOW, &["sql"]).status, 2);
}

#[test]
fn a_file_can_be_verified_before_it_is_sent_and_nothing_is_stored() {
    let region = small();
    let file = region.path("return.csv");
    let of = |code| vec!["verify", file.to_str().unwrap(), "--authority", code, "--quarter", QUARTER];
    fs::write(&file, csv("E06000022", QUARTER)).unwrap();
    let accepted = region.run(NOW, &of("E06000022"));
    assert_eq!(accepted.status, 0, "{accepted:?}");
    assert!(accepted.out.contains("rows read 5 = accepted 5 + quarantined 0"), "{}", accepted.out);
    let wrong = region.run(NOW, &of("E06000023"));
    assert_eq!(wrong.status, 1, "{wrong:?}");
    assert!(
        wrong.out.contains("every row is about Bath and North East Somerset (`E06000022`)"),
        "{}",
        wrong.out
    );
    assert!(!region.state().exists());
}
