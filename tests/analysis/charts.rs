//! XmR charts against those of the NHS package, by our own lines and by the whole set where it is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use duckdb::params;
use quarterdeck::store::open::Store;
use serde_json::Value;

use crate::analysis::parity::{Measure, close, laid, load, number, vectors};
use crate::analysis::table;

type Row = BTreeMap<String, String>;

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

/// What is the same for all cases of one database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    direction: String,
    target: String,
    screened: bool,
    fixed: String,
}

fn cell<'a>(row: &'a Row, key: &str) -> &'a str {
    row.get(key).map_or("", String::as_str)
}

impl Kind {
    fn of(case: &Row) -> Self {
        let by_name = if case["case_id"].ends_with("_fix12") { "12" } else { "" };
        let told = cell(case, "fix_after_n_points");
        Self {
            direction: case["direction"].clone(),
            target: case["target"].clone(),
            screened: case["screen_outliers"] == "TRUE",
            fixed: if told.is_empty() { by_name } else { told }.to_owned(),
        }
    }

    fn lay(&self) -> Store {
        let adverse = match self.direction.as_str() {
            "increase" => -1,
            "decrease" => 1,
            _ => 0,
        };
        let target = number(&self.target);
        let store = laid(&[Measure { name: "it", unit: "rate", factor: 1.0, adverse, target }]);
        let screened = u8::from(self.screened);
        let fixed = if self.fixed.is_empty() { "0" } else { &self.fixed };
        store
            .connection()
            .execute_batch(&format!(
                "INSERT INTO parameter_settings VALUES
                   ('trend_length', 7), ('screen_outliers', {screened}), ('fixed_points', {fixed});
                 CREATE OR REPLACE MACRO jump_ranges_min() AS 1000000;
                 CREATE OR REPLACE MACRO slip_points_min() AS 1000000;"
            ))
            .unwrap();
        store
    }
}

/// A point and the quarter in which it stands: where rows were dropped, the next one after the last.
fn placed<'a>(case: &str, points: &'a [Row]) -> Vec<(i32, &'a Row)> {
    let dropped = case.ends_with("rows_dropped");
    let of_case = points.iter().filter(|point| point["case_id"] == case);
    let kept = of_case.filter(|point| !dropped || number(&point["value"]).is_some());
    (8000..).zip(kept).collect()
}

/// Every case of one pair of files; returns how many points were compared, and how many were too flat.
fn compare(cases: &Path, points: &Path) -> (usize, usize) {
    let cases: Vec<Row> = table(cases).into_iter().filter(|case| cell(case, "error").is_empty()).collect();
    let points = table(points);
    let (mut compared, mut flat) = (0, 0);
    for kind in cases.iter().map(Kind::of).collect::<BTreeSet<_>>() {
        let cases: Vec<&Row> = cases.iter().filter(|case| Kind::of(case) == kind).collect();
        let store = kind.lay();
        let own: Vec<&str> = cases.iter().map(|case| case["case_id"].as_str()).collect();
        let mut figures = Vec::new();
        for case in &own {
            let mut section = None;
            for (quarter, point) in placed(case, &points) {
                let group = cell(point, "rebase_group");
                if section.replace(group).is_some_and(|before| before != group) {
                    let rebase = "INSERT INTO rebase_settings VALUES ('v', ?, 'it', ?, 'by the vectors')";
                    store.connection().execute(rebase, params![case, quarter]).unwrap();
                }
                let parts = (None, None, number(&point["value"]));
                figures.extend(parts.2.map(|_| ((*case).to_owned(), "it".to_owned(), quarter, parts)));
            }
        }
        load(&store, &own, &figures);
        store.connection().execute_batch("CREATE TABLE chart AS SELECT * FROM xmr").unwrap();
        for case in cases {
            for (quarter, point) in placed(&case["case_id"], &points) {
                let same = compare_point(&store, quarter, point);
                compared += usize::from(same);
                flat += usize::from(!same);
            }
            compare_assurance(&store, case);
        }
    }
    (compared, flat)
}

/// False when the series is too flat: the reference gives limits of no width, and we give none.
fn compare_point(store: &Store, quarter: i32, point: &Row) -> bool {
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
        .query_map(params![point["case_id"], quarter], |row| {
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

fn compare_assurance(store: &Store, case: &Row) {
    let got: (Option<String>, Option<String>) = store
        .connection()
        .query_row(
            "SELECT any_value(assurance ORDER BY quarter DESC), any_value(reason ORDER BY quarter DESC)
               FROM chart WHERE authority = ? AND value IS NOT NULL",
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
        let (compared, _) = compare(&cases, &points);
        assert!(compared > 30, "only {compared} points of {} were compared", points.display());
    }
}

/// A fetched file, where it is at hand.
fn fetched(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    path.exists().then_some(path)
}

#[test]
fn xmr_charts_are_those_of_the_package_s_own_tests() {
    let files = fetched("ptd/upstream_summary.csv").zip(fetched("ptd/upstream_points.csv"));
    let Some((cases, points)) = files else { return };
    let (compared, flat) = compare(&cases, &points);
    assert!(compared > 400, "only {compared} points were compared, {flat} were too flat");
}

/// A chart of one series: mean, lower and upper limit, and the figures that run one way, for each figure.
type Drawn = (Option<f64>, Option<f64>, Option<f64>, Option<i64>, Option<f64>);

fn chart(values: &[f64]) -> Vec<Drawn> {
    let kind = Kind {
        direction: "increase".to_owned(),
        target: String::new(),
        screened: false,
        fixed: String::new(),
    };
    let store = kind.lay();
    let figures: Vec<_> = (8000..)
        .zip(values)
        .map(|(quarter, value)| {
            ("E06000001".to_owned(), "it".to_owned(), quarter, (None, None, Some(*value)))
        })
        .collect();
    load(&store, &["E06000001"], &figures);
    let mut statement = store
        .connection()
        .prepare(
            "SELECT mean, lower, upper, one_way, value - one_way_from FROM xmr
              WHERE value IS NOT NULL ORDER BY quarter",
        )
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect()
}

#[test]
fn limits_and_runs_are_those_of_two_packages_own_tests() {
    for name in ["ptd/functions.json", "nhspy/functions.json"] {
        let Some(path) = fetched(name) else { return };
        let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for case in all.get("limits").and_then(Value::as_array).unwrap_or(&vec![]) {
            let drawn = chart(&numbers(&case["in"]));
            close(drawn[0].0, case["mean"].as_f64(), 1e-9, &format!("{name} {case}"));
            close(drawn[0].1, case["lpl"].as_f64(), 1e-9, &format!("{name} {case}"));
            close(drawn[0].2, case["upl"].as_f64(), 1e-9, &format!("{name} {case}"));
        }
        for case in all["seven_point_trend"].as_array().unwrap() {
            let ends = chart(&numbers(&case["in"])).into_iter().map(|(_, _, _, run, moved)| match run {
                Some(run) if run >= 7 => moved.unwrap_or(0.0).signum(),
                _ => 0.0,
            });
            let expected = numbers(&case["out"]);
            assert_eq!(ends.collect::<Vec<_>>(), expected, "{name} {case}");
        }
    }
}
