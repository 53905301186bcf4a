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
fn vectors(name: &str) -> Vec<PathBuf> {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    std::iter::once(folder("vectors").join(name)).chain(whole.exists().then_some(whole)).collect()
}

fn number(text: &str) -> Option<f64> {
    (!text.is_empty() && text != "NA").then(|| text.parse().unwrap())
}

fn close(got: Option<f64>, expected: Option<f64>, tolerance: f64, about: &str) {
    let same = match (got, expected) {
        (Some(got), Some(expected)) => (got - expected).abs() <= tolerance * expected.abs().max(1e-3),
        (None, None) => true,
        _ => false,
    };
    assert!(same, "{about}: {got:?}, expected {expected:?}");
}

/// An indicator of a database in which figures are published, so that any text is an area.
struct Measure<'a> {
    name: &'a str,
    unit: &'a str,
    factor: f64,
    adverse: i32,
    target: Option<f64>,
}

fn laid(measures: &[Measure<'_>]) -> Store {
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
type Parts = (Option<f64>, Option<f64>, Option<f64>);

fn load(store: &Store, own: &[&str], figures: &[(String, String, i32, Parts)]) {
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

fn ask(store: &Store, check: &str) -> Vec<CheckAnswer> {
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

fn measures() -> [Measure<'static>; 3] {
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
            close(answer.detail["lower"].as_f64(), number(&row["lower95"]), 1e-9, &row["case_id"]);
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
        // The vectors are for phi = 1: there is no area to learn the spread from.
        let answers =
            ask_with(&store, "same-quarter-last-year", &[("spread_quarters", Variable::Integer(0))]);
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

#[test]
fn the_funnel_allows_for_spread_as_the_reference() {
    for path in vectors("generated_overdispersion_points.csv") {
        let rows = table(&path);
        let sets: BTreeSet<&str> = rows.iter().map(|row| row["set_id"].as_str()).collect();
        // The SHMI form is another method; we use the square root throughout.
        for set in sets.into_iter().filter(|set| set.starts_with("PR_") || set.starts_with("SRCQC_")) {
            let store = laid(&measures());
            store.connection().execute_batch("CREATE OR REPLACE MACRO funnel_events_min() AS 0").unwrap();
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
            store
                .connection()
                .execute_batch("CREATE TABLE placed AS SELECT authority, z_plain, z FROM funnel")
                .unwrap();
            for row in points {
                let got: (f64, f64) = store
                    .connection()
                    .query_row("SELECT z_plain, z FROM placed WHERE authority = ?", [&row["area"]], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .unwrap();
                let about = format!("{set} {}", row["area"]);
                close(Some(got.0), number(&row["z_unadjusted"]), 1e-9, &about);
                close(Some(got.1), number(&row["z_adjusted"]), 1e-9, &about);
            }
        }
    }
}

/// The rule and meaning of a point as the reference package names them.
fn in_their_words(rule: Option<&str>, meaning: Option<&str>) -> (&'static str, &'static str) {
    let rule = match rule {
        Some("outside") => "CL",
        Some("trend") => "7 Point Trend",
        Some("two-of-three") => "2 in 3",
        Some("shift") => "7 Points",
        _ => "Common Cause",
    };
    let meaning = match meaning {
        Some("improvement") => "special_cause_improvement",
        Some("concern") => "special_cause_concern",
        Some("neutral-high") => "special_cause_neutral_high",
        Some("neutral-low") => "special_cause_neutral_low",
        _ => "common_cause",
    };
    (rule, meaning)
}

fn same_rule(ours: &str, theirs: &str) -> bool {
    match ours {
        "CL" => theirs.ends_with("UCL") || theirs.ends_with("LCL"),
        _ => theirs.starts_with(ours),
    }
}

/// Cases of one setting of the package, as series of one database.
fn spc_cases(path: &Path, points: &Path, screened: bool) -> usize {
    let cases: Vec<_> = table(path)
        .into_iter()
        .filter(|case| case["error"].is_empty() && case["rebase"].is_empty())
        .filter(|case| case["fix_after_n_points"].is_empty() && !case["case_id"].ends_with("rows_dropped"))
        .filter(|case| (case["screen_outliers"] == "TRUE") == screened)
        .collect();
    let mut compared = 0;
    let all = table(points);
    for (direction, adverse) in [("increase", -1), ("decrease", 1), ("neutral", 0)] {
        let cases: Vec<_> = cases.iter().filter(|case| case["direction"] == direction).collect();
        for target in cases.iter().map(|case| case["target"].clone()).collect::<BTreeSet<_>>() {
            let cases: Vec<_> = cases.iter().filter(|case| case["target"] == target).collect();
            let store =
                laid(&[Measure { name: "it", unit: "rate", factor: 1.0, adverse, target: number(&target) }]);
            store
                .connection()
                .execute_batch(&format!(
                    "CREATE OR REPLACE MACRO trend_length() AS 7;
                     CREATE OR REPLACE MACRO screen_outliers() AS {screened};
                     CREATE OR REPLACE MACRO jump_ranges_min() AS 1000000;
                     CREATE OR REPLACE MACRO slip_points_min() AS 1000000;"
                ))
                .unwrap();
            let own: Vec<&str> = cases.iter().map(|case| case["case_id"].as_str()).collect();
            let of_cases: Vec<_> =
                all.iter().filter(|point| own.contains(&point["case_id"].as_str())).collect();
            let figures: Vec<_> = of_cases
                .iter()
                .filter(|point| number(&point["value"]).is_some())
                .map(|point| {
                    let quarter = 7999 + point["t"].parse::<i32>().unwrap();
                    (
                        point["case_id"].clone(),
                        "it".to_owned(),
                        quarter,
                        (None, None, number(&point["value"])),
                    )
                })
                .collect();
            load(&store, &own, &figures);
            store.connection().execute_batch("CREATE TABLE chart AS SELECT * FROM xmr").unwrap();
            for point in of_cases {
                compared += usize::from(compare_point(&store, point));
            }
            for case in cases {
                compare_assurance(&store, case);
            }
        }
    }
    compared
}

/// False when the series is too flat: the reference gives limits of no width, and we give none.
fn compare_point(store: &Store, point: &BTreeMap<String, String>) -> bool {
    type Got =
        (Option<f64>, Option<f64>, Option<f64>, Option<bool>, Option<String>, Option<String>, Option<String>);
    let about = format!("{} t {}", point["case_id"], point["t"]);
    let got: Option<Got> = store
        .connection()
        .prepare(
            "SELECT mean, lower, upper, outside, rule, meaning, reason
               FROM chart WHERE authority = ? AND quarter = ?",
        )
        .unwrap()
        .query_map(params![point["case_id"], 7999 + point["t"].parse::<i32>().unwrap()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .unwrap()
        .next()
        .transpose()
        .unwrap();
    let (mean, lower, upper, outside, rule, meaning, reason) =
        got.unwrap_or_else(|| panic!("{about} is not there"));
    let width = number(&point["upl"]).zip(number(&point["lpl"])).map_or(0.0, |(upper, lower)| upper - lower);
    if reason.as_deref() == Some("too flat for limits")
        || reason.is_some() && (width.is_nan() || width <= 0.0)
    {
        return false;
    }
    close(mean, number(&point["mean"]), 1e-9, &about);
    close(lower, number(&point["lpl"]), 1e-9, &about);
    close(upper, number(&point["upl"]), 1e-9, &about);
    if point["value"].is_empty() {
        return true;
    }
    if point["outside_limits"] != "NA" {
        assert_eq!(outside, Some(point["outside_limits"] == "TRUE"), "{about}");
    }
    let (rule, meaning) = in_their_words(rule.as_deref(), meaning.as_deref());
    assert!(
        same_rule(rule, &point["special_cause_type"]),
        "{about}: {rule}, {}",
        point["special_cause_type"]
    );
    assert_eq!(meaning, point["point_type"], "{about}");
    true
}

fn compare_assurance(store: &Store, case: &BTreeMap<String, String>) {
    let got: (Option<String>, Option<String>) = store
        .connection()
        .query_row(
            "SELECT any_value(assurance), any_value(reason) FROM chart WHERE authority = ?",
            [&case["case_id"]],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    if got.1.as_deref() == Some("too flat for limits") || case["assurance"].is_empty() {
        return;
    }
    let ours = match got.0.as_deref() {
        Some("consistent-pass") => "consistent_pass",
        Some("consistent-fail") => "consistent_fail",
        Some("hit-and-miss") => "inconsistent",
        _ => "",
    };
    assert_eq!(ours, case["assurance"], "{}", case["case_id"]);
}

#[test]
fn xmr_charts_are_those_of_the_nhs_package() {
    let pairs = vectors("generated_spc_cases.csv").into_iter().zip(vectors("generated_spc_points.csv"));
    for (cases, points) in pairs {
        let compared = spc_cases(&cases, &points, true) + spc_cases(&cases, &points, false);
        assert!(compared > 30, "only {compared} points of {} were compared", points.display());
    }
}
