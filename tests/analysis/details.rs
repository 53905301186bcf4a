//! The numbers behind an answer, as `explain` prints them.

use chrono::{DateTime, NaiveDate};
use quarterdeck::store::analysis::{self, CheckAnswer};
use serde_json::json;

use crate::analysis::{brief, folder, laid, latest, table};

/// What `check` answers on its own golden figures about one of them.
fn answered(check: &str, authority: &str, indicator: &str) -> CheckAnswer {
    let given = table(&folder(&format!("golden/{check}/given.csv")));
    let series: Vec<_> = given
        .iter()
        .map(|row| (row["authority"].clone(), row["indicator"].clone(), row["figures"].clone()))
        .collect();
    let store = laid(&series);
    if let Ok(statements) = std::fs::read_to_string(folder(&format!("golden/{check}/setup.sql"))) {
        store.connection().execute_batch(&statements).unwrap();
    }
    let file = analysis::shipped().unwrap().into_iter().find(|one| one.name == check).unwrap();
    let as_of = NaiveDate::from_ymd_opt(2017, 11, 17).unwrap();
    let known_on = DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc();
    let answers = store.ask(&file, "quarterly", latest(), as_of, known_on).unwrap();
    let about = |it: &CheckAnswer| {
        it.authority.as_str() == authority && it.indicator.as_ref().is_some_and(|id| id.as_str() == indicator)
    };
    answers.into_iter().find(about).unwrap()
}

#[test]
fn a_gap_to_the_neighbours_names_them_with_their_values() {
    let found = answered("neighbour-gap", "E06000001", "late_pct");
    let number = |key: &str| brief(found.detail[key].as_f64(), 4);
    assert_eq!(
        [number("median"), number("spread"), number("z"), number("available")],
        ["50.5", "2.9652", "3.8783", "10"]
    );
    assert_eq!(found.detail["comparator_quarter"], "2017-18 Q1");
    let neighbours = found.detail["neighbours"].as_array().unwrap();
    assert_eq!(neighbours.len(), 10);
    assert_eq!(neighbours[0], json!({ "name": "N1004", "value": 55.0 }));
}

#[test]
fn a_change_without_numerators_tells_the_past_changes_and_no_spread_between_areas() {
    let found = answered("same-quarter-last-year", "E06000040", "timely_pct");
    for key in ["score", "past_changes", "past_median", "past_mad"] {
        assert!(found.detail[key].is_number(), "{key}: {}", found.detail);
    }
    assert_eq!(brief(found.detail["score"].as_f64().map(f64::abs), 4), brief(found.effect, 4));
    assert!(found.detail["phi"].is_null() && found.detail["z"].is_null(), "{}", found.detail);
    let found = answered("same-quarter-last-year", "E06000042", "late_pct");
    assert!(found.detail["phi"].is_number() && found.detail["past_mad"].is_null(), "{}", found.detail);
}
