//! Reference numbers: `vectors/` beside this file always, and the whole set where it is at hand.
//!
//! Each is fed in as figures and read back through the public views or the checks. Tolerance 1e-9,
//! 1e-7 for p, relative.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate};
use duckdb::params;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::analysis::{self, CheckAnswer};
use quarterdeck::store::check_file::Variable;
use quarterdeck::store::open::Store;

use crate::analysis::{LATEST, folder, table};

/// The files called `name`: our own few lines, and the whole file where it is at hand.
pub(super) fn vectors(name: &str) -> Vec<PathBuf> {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    std::iter::once(folder("vectors").join(name)).chain(whole.exists().then_some(whole)).collect()
}

pub(super) fn number(text: &str) -> Option<f64> {
    (!text.is_empty() && text != "NA").then(|| text.parse().unwrap())
}

pub(super) fn close(got: Option<f64>, expected: Option<f64>, tolerance: f64, about: &str) {
    let same = match (got, expected) {
        (Some(got), Some(expected)) => (got - expected).abs() <= tolerance * expected.abs().max(1e-3),
        (None, None) => true,
        _ => false,
    };
    assert!(same, "{about}: {got:?}, expected {expected:?}");
}

/// An indicator of a database in which figures are published, so that any text is an area.
pub(super) struct Measure<'a> {
    pub(super) name: &'a str,
    pub(super) unit: &'a str,
    pub(super) factor: f64,
    pub(super) adverse: i32,
    pub(super) target: Option<f64>,
}

pub(super) fn laid(measures: &[Measure<'_>]) -> Store {
    let store = Store::in_memory().unwrap();
    store
        .connection()
        .execute_batch(
            "INSERT INTO collection_settings VALUES ('v', 'V', 1, 7900, NULL, FALSE, 'publisher');
             INSERT INTO submissions VALUES (1, 'v', NULL, NULL, 1, 'h', TIMESTAMP '2017-01-01', 'hand',
               'f.csv',
               'long', 1, 1, 0, 'accepted', NULL);",
        )
        .unwrap();
    for measure in measures {
        store
            .connection()
            .execute(
                "INSERT INTO indicator_settings
                 SELECT 'v', $1, $1, 't', 'd', $2, $3, 'n', 'd',
                        (['high-is-good', 'none', 'low-is-good'])[$4 + 2], $4, 'flow', 1, $5, 0",
                params![measure.name, measure.unit, measure.factor, measure.adverse, measure.target],
            )
            .unwrap();
    }
    store
}

/// A figure of an area: numerator, denominator, stated value.
pub(super) type Parts = (Option<f64>, Option<f64>, Option<f64>);

pub(super) fn load(store: &Store, own: &[&str], figures: &[(String, String, i32, Parts)]) {
    for area in own {
        store
            .connection()
            .execute("INSERT INTO authority_settings VALUES (?, ?, NULL, NULL, NULL)", params![area, area])
            .unwrap();
    }
    let mut rows = store.connection().appender("figures").unwrap();
    let none: Option<String> = None;
    for (area, indicator, quarter, (numerator, denominator, stated)) in figures {
        rows.append_row(params![
            1,
            area,
            indicator,
            quarter,
            numerator,
            denominator,
            stated,
            "ok",
            none,
            none,
            none,
            1
        ])
        .unwrap();
    }
    rows.flush().unwrap();
}

pub(super) fn ask(store: &Store, check: &str) -> Vec<CheckAnswer> {
    ask_with(store, check, &[])
}

/// Asks a shipped check with some of its parameters changed.
fn ask_with(store: &Store, check: &str, changed: &[(&str, Variable)]) -> Vec<CheckAnswer> {
    let mut check = analysis::shipped().unwrap().into_iter().find(|it| it.name == check).unwrap();
    for (name, value) in &mut check.parameters {
        if let Some((_, new)) = changed.iter().find(|(changed, _)| changed == name) {
            *value = new.clone();
        }
    }
    let as_of = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    let known_on = DateTime::parse_from_rfc3339("2018-01-01T08:00:00Z").unwrap().to_utc();
    store.ask(&check, "v", Quarter::from_index(LATEST), as_of, known_on).unwrap()
}

pub(super) fn measures() -> [Measure<'static>; 3] {
    [
        Measure { name: "a_percentage", unit: "percent", factor: 100.0, adverse: 1, target: None },
        Measure { name: "a_rate", unit: "rate", factor: 10_000.0, adverse: 1, target: None },
        Measure { name: "a_count", unit: "count", factor: 1.0, adverse: 1, target: None },
    ]
}

#[test]
fn intervals_are_those_of_the_reference() {
    for (file, indicator) in
        [("generated_ci_proportion.csv", "a_percentage"), ("generated_ci_rate.csv", "a_rate")]
    {
        for path in vectors(file) {
            let rows = table(&path);
            let store = laid(&measures());
            let figures: Vec<_> = rows
                .iter()
                .enumerate()
                .map(|(n, row)| {
                    let parts = (number(&row["numerator"]), number(&row["denominator"]), None);
                    (format!("A{n}"), indicator.to_owned(), LATEST, parts)
                })
                .collect();
            load(&store, &[], &figures);
            store.connection().execute_batch("CREATE TABLE limits AS SELECT * FROM intervals").unwrap();
            for (n, row) in rows.iter().enumerate() {
                let got: [Option<f64>; 4] = store
                    .connection()
                    .query_row(
                        "SELECT low95, high95, low998, high998 FROM limits WHERE authority = ?",
                        [format!("A{n}")],
                        |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
                    )
                    .unwrap();
                for (got, key) in got.into_iter().zip(["lower95", "upper95", "lower998", "upper998"]) {
                    close(got, number(&row[key]), 1e-9, &format!("{file} row {n} {key}"));
                }
            }
        }
    }
}

fn unit_of(kind: &str) -> (&'static str, f64) {
    match kind {
        "percentage" => ("percent", 100.0),
        "rate" => ("rate", 10_000.0),
        _ => ("count", 1.0),
    }
}

/// One case in a row of `rows`, as an indicator of its own: `it_0`, `it_1`, ...
fn each_as_a_measure(rows: &[BTreeMap<String, String>]) -> Store {
    let names: Vec<String> = (0..rows.len()).map(|n| format!("it_{n}")).collect();
    let measures: Vec<Measure<'_>> = rows
        .iter()
        .zip(&names)
        .map(|(row, name)| {
            let (unit, factor) = unit_of(&row["kind"]);
            let adverse = -row["polarity"].parse::<i32>().unwrap();
            Measure { name, unit, factor, adverse, target: row.get("target").and_then(|it| number(it)) }
        })
        .collect();
    laid(&measures)
}

fn about(answers: &[CheckAnswer], n: usize) -> &CheckAnswer {
    let name = format!("it_{n}");
    answers.iter().find(|answer| answer.indicator.as_ref().is_some_and(|id| id.as_str() == name)).unwrap()
}

#[test]
fn target_breaches_are_as_certain_as_the_reference() {
    for path in vectors("generated_check_target_breach.csv") {
        let rows = table(&path);
        let store = each_as_a_measure(&rows);
        let figure = |(n, row): (usize, &BTreeMap<String, String>)| {
            let parts = (number(&row["numerator"]), number(&row["denominator"]), None);
            ("E06000001".to_owned(), format!("it_{n}"), LATEST, parts)
        };
        load(&store, &["E06000001"], &rows.iter().enumerate().map(figure).collect::<Vec<_>>());
        let answers = ask(&store, "target-breach");
        for (n, row) in rows.iter().enumerate() {
            let answer = about(&answers, n);
            assert_eq!(answer.detail["certainty"], row["certainty"].as_str(), "{}", row["case_id"]);
            close(answer.detail["low95"].as_f64(), number(&row["lower95"]), 1e-9, &row["case_id"]);
        }
    }
}

#[test]
fn a_year_s_change_has_the_z_and_p_of_the_reference() {
    for path in vectors("generated_check_same_quarter_last_year.csv") {
        let rows = table(&path);
        let store = each_as_a_measure(&rows);
        let mut figures = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            for (when, quarter) in [("prev", LATEST - 4), ("now", LATEST)] {
                let part = |key: &str| number(&row[&format!("{key}_{when}")]);
                let parts = (part("numerator"), part("denominator"), None);
                figures.push(("E06000001".to_owned(), format!("it_{n}"), quarter, parts));
            }
        }
        load(&store, &["E06000001"], &figures);
        // The vectors are for phi = 1: there is no quarter to learn the spread from.
        let statement = "CREATE OR REPLACE MACRO year_spread_quarters() AS 0";
        store.connection().execute_batch(statement).unwrap();
        let answers = ask(&store, "same-quarter-last-year");
        for (n, row) in rows.iter().enumerate() {
            let answer = about(&answers, n);
            let about = format!("{} polarity {}", row["case_id"], row["polarity"]);
            close(answer.detail["z"].as_f64(), number(&row["z"]), 1e-9, &about);
            close(answer.detail["relative"].as_f64(), number(&row["relative_change"]), 1e-9, &about);
            assert_eq!(answer.eligible, row["eligible_10_events"] == "1", "{about}");
            if answer.eligible {
                close(answer.p, number(&row["p_two_sided"]), 1e-7, &about);
            }
            if row["fires_p01_and_10pct"] == "1" {
                assert!(answer.fires, "{about}");
            }
        }
    }
}

#[test]
fn data_quality_fires_as_the_reference() {
    for path in vectors("generated_check_data_quality.csv") {
        for row in table(&path) {
            let check = row["check"].as_str();
            if !["unit-slip", "implausible-jump", "numerator-over-denominator"].contains(&check) {
                continue;
            }
            let is_rate = row["case_id"].contains("rate");
            let (unit, factor) = if is_rate { ("rate", 10_000.0) } else { ("percent", 100.0) };
            let store = laid(&[Measure { name: "it", unit, factor, adverse: 1, target: None }]);
            let mut figures = Vec::new();
            if check == "numerator-over-denominator" {
                let parts = (number(&row["input"]), number(&row["history_or_reference"]), None);
                figures.push(("E06000001".to_owned(), "it".to_owned(), LATEST, parts));
            } else {
                let history: Vec<f64> =
                    row["history_or_reference"].split(';').map(|it| it.parse().unwrap()).collect();
                let values = history.iter().copied().chain(number(&row["input"]));
                for (value, back) in values.zip((0..=i32::try_from(history.len()).unwrap()).rev()) {
                    figures.push(("E06000001".into(), "it".into(), LATEST - back, (None, None, Some(value))));
                }
            }
            load(&store, &["E06000001"], &figures);
            let fires = ask(&store, check)[0].fires;
            assert_eq!(fires, row["fires"] == "1", "{check} {}", row["case_id"]);
        }
    }
}

/// The numbers of one list that a query answers about an area.
fn numbers(store: &Store, sql: &str, area: &str) -> Vec<f64> {
    let text: String = store
        .connection()
        .query_row(&format!("SELECT to_json(it)::VARCHAR FROM ({sql}) AS answer(it)"), [area], |row| {
            row.get(0)
        })
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_funnel_allows_for_spread_as_the_reference() {
    for path in vectors("generated_overdispersion_points.csv") {
        let rows = table(&path);
        let sets: BTreeSet<&str> = rows.iter().map(|row| row["set_id"].as_str()).collect();
        // The SHMI form is another method; we use the square root throughout.
        for set in sets.into_iter().filter(|set| set.starts_with("PR_") || set.starts_with("SRCQC_")) {
            let store = laid(&measures());
            let indicator = if set.starts_with("PR_") { "a_percentage" } else { "a_rate" };
            let points: Vec<_> = rows.iter().filter(|row| row["set_id"] == set).collect();
            let figures: Vec<_> = points
                .iter()
                .map(|row| {
                    let parts = (number(&row["numerator"]), number(&row["denominator"]), None);
                    (row["area"].clone(), indicator.to_owned(), LATEST, parts)
                })
                .collect();
            load(&store, &[], &figures);
            store.connection().execute_batch("CREATE TABLE placed AS SELECT * FROM funnel").unwrap();
            for row in points {
                let got = numbers(
                    &store,
                    "SELECT [z_plain, z, low95 / 100, high95 / 100, low998 / 100, high998 / 100]
                       FROM placed WHERE authority = ?",
                    &row["area"],
                );
                let expected =
                    ["z_unadjusted", "z_adjusted", "od_lower95", "od_upper95", "od_lower998", "od_upper998"];
                // The reference's limits of ratios disagree with its own z.
                let compared = if set.starts_with("PR_") { expected.len() } else { 2 };
                for (got, column) in got.iter().zip(expected).take(compared) {
                    // Where the angle goes below nothing the reference wraps, and we end at nothing.
                    if column.starts_with("od_lower") && *got == 0.0 {
                        continue;
                    }
                    close(Some(*got), number(&row[column]), 1e-9, &format!("{set} {} {column}", row["area"]));
                }
            }
        }
    }
}
