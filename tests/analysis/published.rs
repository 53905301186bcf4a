//! What publishers release, and what is there only to relate others to.

use chrono::{DateTime, NaiveDate};
use quarterdeck::store::analysis::{self, CheckAnswer};
use quarterdeck::store::open::Store;

use crate::analysis::{laid, latest};

const JUMP: &str = "50 52 49 51 48 50 51 120";

fn plans(figures: &str) -> Store {
    laid(&[("E06000001".to_owned(), "plans".to_owned(), figures.to_owned())])
}

fn asked(store: &Store, kind: &str) -> Vec<(String, CheckAnswer)> {
    let as_of = NaiveDate::from_ymd_opt(2017, 11, 17).unwrap();
    let known_on = DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc();
    let checks = analysis::shipped().unwrap();
    let of_kind = checks.iter().filter(|check| format!("{:?}", check.kind).starts_with(kind));
    let mut found = Vec::new();
    for check in of_kind {
        let answers = store.ask(check, "quarterly", latest(), as_of, known_on).unwrap();
        let about = answers
            .into_iter()
            .filter(|answer| answer.indicator.as_ref().is_some_and(|id| id.as_str() == "plans"));
        found.extend(about.map(|answer| (check.name.clone(), answer)));
    }
    found
}

fn text(store: &Store, sql: &str) -> Option<String> {
    store.connection().query_row(sql, [], |row| row.get(0)).unwrap()
}

const HELD_BY: &str = "SELECT held_by FROM judged WHERE indicator = 'plans' AND quarter = 8069";
const REASON: &str = "SELECT reason FROM judged WHERE indicator = 'plans' AND quarter = 8069";

#[test]
fn a_publishers_jump_is_information_and_holds_nothing() {
    let store = plans(JUMP);
    assert_eq!(text(&store, HELD_BY).as_deref(), Some("implausible-jump"));
    store.connection().execute_batch("UPDATE collection_settings SET reporters = 'publisher'").unwrap();
    assert_eq!(text(&store, HELD_BY), None);
    let (_, jump) = asked(&store, "Data").into_iter().find(|(check, _)| check == "implausible-jump").unwrap();
    assert_eq!((jump.fires, jump.level, &jump.detail["says"]), (true, 0, &"published".into()));
}

#[test]
fn what_publishers_cannot_mean_is_held_all_the_same() {
    let store = plans("50 52 49 51 48 50 51 -3");
    store.connection().execute_batch("UPDATE collection_settings SET reporters = 'publisher'").unwrap();
    assert_eq!(text(&store, HELD_BY).as_deref(), Some("numerator-over-denominator"));
}

#[test]
fn performance_checks_leave_out_what_is_context_and_data_quality_does_not() {
    let store = plans(JUMP);
    store.connection().execute_batch("INSERT INTO context_settings VALUES ('quarterly', 'plans')").unwrap();
    assert_eq!(text(&store, REASON).as_deref(), Some("context only"));
    let performance = asked(&store, "Performance");
    assert!(performance.len() >= 10, "{} performance checks answered", performance.len());
    for (check, answer) in performance {
        let why = answer.reason.as_deref();
        assert!(!answer.fires && !answer.eligible && why == Some("context only"), "{check}: {answer:?}");
    }
    let (_, jump) = asked(&store, "Data").into_iter().find(|(check, _)| check == "implausible-jump").unwrap();
    assert!(jump.fires && jump.level == 2, "{jump:?}");
}
