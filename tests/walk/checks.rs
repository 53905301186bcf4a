//! Checks that the operator added: in a worker, beside the shipped ones.

use std::fs;

use quarterdeck::domain::letter::notice::Room;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::analysis::{self, CheckAnswer, Question};
use quarterdeck::store::open::Store;
use serde_json::Value;

use super::letters::starting;
use super::region::{NOW, Region, instant};

pub(super) const HEADER: &str = "/*
title = \"Many referrals\"
asks = \"Who counted more than eight thousand referrals?\"
severity = \"medium\"
kind = \"performance\"
evidence = \"data\"
minimum_points = 1
open_after = 1
close_after = 1
says = \"{area}: mine says {indicator} stood at {value} in {quarter}.\"

[parameters]
many = 8000
*/
";
pub(super) const MINE: &str = "SELECT
  authority,
  indicator,
  quarter,
  numerator > getvariable('many') AS fires,
  CASE WHEN numerator > getvariable('many') THEN 2 ELSE 0 END AS level,
  1.0 AS effect,
  NULL AS p,
  TRUE AS eligible,
  NULL AS reason,
  json_object('value', value) AS detail
FROM observations
WHERE collection = getvariable('collection') AND quarter = getvariable('quarter')
  AND indicator = 'referral_rate'
ORDER BY authority;
";

pub(super) fn add(region: &Region, name: &str, sql: &str) {
    let folder = region.config().join("checks");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), format!("{HEADER}{sql}")).unwrap();
}

#[test]
fn an_added_check_finds_and_one_that_fails_reaches_the_operator_only() {
    let region = Region::with_returns_of(&["2017-18 Q2"]);
    add(&region, "mine.sql", MINE);
    // It is right on an empty schema, and fails on what is there.
    add(
        &region,
        "fails.sql",
        &MINE.replace("numerator > getvariable('many') AS fires", "authority::INTEGER > 1 AS fires"),
    );
    let checked = region.run(NOW, &["check-config"]);
    assert_eq!(checked.status, 0, "{}", checked.words);
    let report = region.walk(NOW);
    let found = "SELECT concat_ws('|', check_name, authority, state) FROM findings
        WHERE check_name IN ('mine', 'fails') ORDER BY authority";
    let mine = ["E10000008", "E10000009", "E10000013", "E10000027"].map(|code| format!("mine|{code}|new"));
    assert_eq!(region.rows(found), mine);
    assert!(!report.failures.is_empty());
    for failure in &report.failures {
        assert_eq!(failure.room, Room::Check);
        assert!(failure.place.contains("check `fails`"), "{failure:?}");
    }
    assert_eq!(region.number("SELECT count(*) FROM answers WHERE check_name = 'fails'"), 0);
    assert!(region.number("SELECT count(*) FROM answers WHERE check_name = 'target-breach'") > 0);
    let mails = region.mails();
    let devon = starting(&mails, "digest.performance-lead.2017-11-17.devon-");
    assert!(devon[0].text.contains("Devon: mine says"), "{}", devon[0].text);
    let notices = starting(&mails, "notice.");
    assert!(notices[0].text.contains("check `fails`"), "{}", notices[0].text);
    for mail in mails.iter().filter(|mail| !mail.key.starts_with("notice.")) {
        assert!(!mail.text.contains("`fails`"), "{}", mail.key);
    }
    let again = region.walk(NOW);
    assert_eq!((again.changed, again.queued), (0, 0), "{again:?}");
}

#[test]
fn a_check_is_asked_where_it_is_switched_on_and_charts_begin_anew_where_the_region_says_so() {
    let region = Region::with_returns_of(&["2017-18 Q2"]);
    region.edit("quarterdeck.toml", "\non = []", "\non = [\"history-revised\"]");
    region.edit("quarterdeck.toml", "\noff = []", "\noff = [\"target-breach\"]");
    let rebase = "autocorrelation_max = 0.4\n[[rebase]]\nindicator = \"referral_rate\"\n\
        quarter = \"2017-18 Q1\"\nreason = \"a new system\"\n";
    region.edit("quarterdeck.toml", "autocorrelation_max = 0.4", rebase);
    region.walk(NOW);
    let asked = |check: &str| {
        region.number(&format!("SELECT count(*) FROM answers WHERE check_name = '{check}'")) > 0
    };
    assert!(asked("history-revised") && asked("peer-outlier"));
    assert!(!asked("target-breach") && !asked("cusum-drift"));
    let begins =
        "SELECT DISTINCT concat_ws('|', collection, indicator, quarter_label(quarter), reason) FROM rebases";
    assert_eq!(region.rows(begins), ["quarterly|referral_rate|2017-18 Q1|a new system"]);
    let anew = "SELECT count(*) FROM xmr WHERE indicator = 'referral_rate' AND since IS NOT NULL";
    assert!(region.number(anew) > 0);
}

#[test]
fn an_added_check_sees_the_public_views_only() {
    let region = Region::with_one_return();
    add(&region, "curious.sql", &MINE.replace("FROM observations", "FROM observations, outbox_messages"));
    let report = region.walk(NOW);
    assert_eq!(report.failures.len(), report.failures.iter().filter(|it| it.room == Room::Check).count());
    assert!(report.failures.iter().any(|it| it.what.contains("outbox_messages")), "{:?}", report.failures);
}

#[test]
fn a_sentence_with_a_figure_of_which_nobody_says_when_is_refused() {
    let region = Region::from_quarter("2017-18 Q2");
    add(&region, "mine.sql", MINE);
    let path = region.config().join("checks/mine.sql");
    let text = fs::read_to_string(&path).unwrap();
    let told = text.replace("stood at {value}", "went from {first} to {value}");
    fs::write(&path, &told).unwrap();
    let ended = region.run(NOW, &["check-config"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    let words =
        "checks/mine.sql: line 10: `says`: of when is `{first}`? Write under `[figures]` `first = \"..\"`";
    assert!(ended.words.contains(words), "{}", ended.words);
    let declared = told.replace("[parameters]", "[figures]\nfirst = \"first_quarter\"\n\n[parameters]");
    fs::write(&path, declared).unwrap();
    let ended = region.run(NOW, &["check-config"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
}

#[test]
fn a_check_with_an_error_is_refused_with_its_file_and_line() {
    let region = Region::from_quarter("2017-18 Q2");
    let wrong = [
        (MINE.replace("FROM observations", "FROM observation"), "observation"),
        (MINE.replace("  eligible", "  eligble").replace("AS eligible", "AS eligble"), "eligible"),
        (MINE.replace("ORDER BY authority", "ORDRE BY authority"), "ORDRE"),
    ];
    for (sql, words) in wrong {
        add(&region, "mine.sql", &sql);
        let ended = region.run(NOW, &["check-config"]);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.words.contains("checks/mine.sql") && ended.words.contains(words), "{}", ended.words);
    }
    add(&region, "mine.sql", &MINE.replace("FROM observations", "FROM observation"));
    let ended = region.run(NOW, &["check-config"]);
    let line = HEADER.lines().count() + MINE.lines().position(|line| line.starts_with("FROM")).unwrap() + 1;
    assert!(ended.words.contains(&format!("line {line}, column 6: `observation`")), "{}", ended.words);
}

#[test]
fn an_added_check_that_suspects_a_figure_is_treated_like_a_shipped_one() {
    let region = Region::with_one_return();
    let header = HEADER
        .replace("severity = \"medium\"", "severity = \"low\"")
        .replace("kind = \"performance\"", "kind = \"data-quality\"\nmeans = \"figure-suspect\"");
    let select = MINE
        .replace("numerator > getvariable('many') AS fires", "TRUE AS fires")
        .replace("CASE WHEN numerator > getvariable('many') THEN 2 ELSE 0 END AS level", "3 AS level")
        .replace("referral_rate", "assessment_45wd_pct");
    add(&region, "mine.sql", "");
    fs::write(region.config().join("checks/mine.sql"), format!("{header}{select}")).unwrap();
    region.walk(NOW);
    let found = "SELECT concat_ws('|', check_name, level) FROM findings
        WHERE indicator = 'assessment_45wd_pct' AND state = 'new' ORDER BY check_name";
    assert_eq!(region.rows(found), ["mine|1"], "no higher than its header says, and nothing judged by it");
    let why = "SELECT DISTINCT reason FROM answers WHERE check_name = 'target-breach'
        AND indicator = 'assessment_45wd_pct' AND authority = 'E06000027'";
    assert_eq!(region.rows(why), ["told by mine"]);
    let mails = region.mails();
    let regional = starting(&mails, "digest.regional-lead.2017-11-17");
    let (_, asked) = regional[0].text.split_once("Figures to confirm before use").expect("it is asked for");
    assert!(asked.contains("Torbay: mine says"), "{asked}");
    let id = region.rows("SELECT finding FROM findings WHERE check_name = 'mine'").remove(0);
    let said = ["confirm", &id, "--by", "Ann", "--reason", "counted again"];
    assert_eq!(region.run("2017-11-20T08:00:00Z", &said).status, 0);
    region.walk("2017-11-21T08:00:00Z");
    assert_eq!(region.rows(found), ["target-breach|3"]);
}

#[test]
fn what_a_check_found_that_was_taken_away_is_told_as_resolved_to_those_who_heard_of_it() {
    let region = Region::with_returns_of(&["2017-18 Q2"]);
    add(&region, "mine.sql", MINE);
    region.walk(NOW);
    fs::remove_file(region.config().join("checks/mine.sql")).unwrap();
    region.walk("2017-11-24T08:00:00Z");
    let mails = region.mails();
    let text = |day: &str| starting(&mails, &format!("digest.regional-lead.{day}"))[0].text.clone();
    assert!(text("2017-11-17").contains("mine says"));
    let after = text("2017-11-24");
    let is_told = |line: &&str| line.to_lowercase().contains("resolved") && line.contains("Children");
    assert!(after.lines().any(|line| is_told(&line)), "{after}");
}

/// An answer without the noise of added up numbers, and without the detail when it does not fire.
fn essence(it: &CheckAnswer) -> String {
    let number = |number: f64| format!("{number:.9e}");
    let told = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), number);
    let detail = it.detail.as_object().unwrap().iter().filter(|_| it.fires);
    let detail: Vec<_> = detail.map(|(name, value)| (name, told(value))).collect();
    let judged = (it.fires, it.level, it.effect.map(number), it.p.map(number), it.eligible, &it.reason);
    format!("{:?}", (&it.authority, &it.indicator, it.quarter, judged, detail))
}

#[test]
fn together_the_checks_answer_what_each_answers_alone() {
    let region = Region::with_returns();
    region.walk(NOW);
    let store = Store::open_read_only(&region.state(), &region.settings().limits).unwrap();
    let quarter = Quarter::parse("2017-18 Q2").unwrap();
    let (as_of, known_on) = (instant(NOW).date_naive(), instant(NOW));
    let question = Question { collection: "quarterly".to_owned(), quarter, as_of, known_on };
    let checks = analysis::shipped().unwrap();
    let together = store.ask_all(&checks, &question).unwrap().answers;
    for (check, together) in checks.iter().zip(together) {
        let alone = store.ask(check, "quarterly", quarter, as_of, known_on).unwrap();
        let compared = alone.iter().any(|it| it.detail["median"].is_number());
        assert!(check.name != "neighbour-gap" || compared, "nothing is compared with neighbours: {alone:?}");
        let each = |of: &[CheckAnswer]| of.iter().map(essence).collect::<Vec<_>>();
        assert_eq!(each(&together.unwrap()), each(&alone), "{}", check.name);
    }
}
