//! Figures of the tests of Fingertips, where they are at hand: the recent trend, proportions round a benchmark.

use std::path::{Path, PathBuf};

use duckdb::params;
use quarterdeck::store::analysis;
use quarterdeck::store::open::Store;

use crate::analysis::parity::{Measure, close, laid, load, number};
use crate::analysis::{LATEST, table};

fn fetched(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/fingertips");
    Some(folder.join(name)).filter(|path| path.exists())
}

/// What the check says of the latest of five annual figures: marker, chi-squared, slope.
fn marker(store: &Store) -> (String, Option<f64>, Option<f64>) {
    let check = analysis::shipped().unwrap().into_iter().find(|it| it.name == "ohid-recent-trend").unwrap();
    let parameters: Vec<String> = check
        .parameters
        .iter()
        .map(|(name, value)| format!("SET VARIABLE {name} = {};", value.literal()))
        .collect();
    store
        .connection()
        .execute_batch(&format!(
            "SET VARIABLE collection = 'v'; SET VARIABLE quarter = {LATEST}; {}",
            parameters.concat()
        ))
        .unwrap();
    let sql = format!(
        "SELECT detail ->> 'marker', CAST(detail ->> 'chi_squared' AS DOUBLE), CAST(detail ->> 'slope' AS DOUBLE)
           FROM ({}) WHERE authority = 'E06000001'",
        check.sql
    );
    let answer =
        store.connection().query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    answer
}

#[test]
fn the_recent_trend_is_that_of_fingertips() {
    let files = fetched("trend_points.csv").zip(fetched("trend_expected.csv"));
    let Some((points, expected)) = files else { return };
    let points = table(&points);
    for case in table(&expected) {
        let proportion = case["method"] == "proportion";
        let (unit, factor) = if proportion { ("percent", 100.0) } else { ("rate", 1.0) };
        let store = laid(&[Measure { name: "it", unit, factor, adverse: 0, target: None }]);
        // The limits of chance are given, rounded; the check takes whatever the view says.
        store
            .connection()
            .execute_batch(
                "UPDATE collection_settings SET step = 4, first_quarter = 7901;
                 CREATE OR REPLACE MACRO slip_points_min() AS 1000000;
                 CREATE TABLE given (collection VARCHAR, authority VARCHAR, indicator VARCHAR, quarter INTEGER,
                   low95 DOUBLE, high95 DOUBLE);
                 CREATE OR REPLACE VIEW intervals AS SELECT * FROM given;",
            )
            .unwrap();
        let mut figures = Vec::new();
        let of_case: Vec<_> = points.iter().filter(|point| point["case_id"] == case["case_id"]).collect();
        for (point, back) in of_case.iter().rev().zip(0..) {
            let quarter = LATEST - 4 * back;
            let parts = if proportion {
                (number(&point["count"]), number(&point["denominator"]), None)
            } else {
                (None, None, number(&point["value"]))
            };
            figures.push(("E06000001".to_owned(), "it".to_owned(), quarter, parts));
            let limits = "INSERT INTO given VALUES ('v', 'E06000001', 'it', ?, ?, ?)";
            let (low, high) = (number(&point["lower95"]), number(&point["upper95"]));
            store.connection().execute(limits, params![quarter, low, high]).unwrap();
        }
        load(&store, &["E06000001"], &figures);
        let (marker, chi_squared, slope) = marker(&store);
        let expected = match case["computed_marker_before_polarity"].as_str() {
            "Increasing" => "increasing",
            "Decreasing" => "decreasing",
            "NoChange" => "no-change",
            _ => "cannot-be-calculated",
        };
        assert_eq!(marker, expected, "{}", case["case_id"]);
        if marker != "cannot-be-calculated" {
            close(chi_squared, number(&case["computed_chi2"]), 1e-9, &case["case_id"]);
            close(slope, number(&case["computed_slope"]), 1e-9, &case["case_id"]);
        }
    }
}

#[test]
fn proportions_lie_round_a_benchmark_as_in_fingertips() {
    let Some(path) = fetched("spc_for_proportions.csv") else { return };
    let store = Store::in_memory().unwrap();
    for row in table(&path) {
        let sql = "SELECT CASE
                 WHEN $1 < expected_low($2, $3, $4) THEN 'Better'
                 WHEN $1 > expected_high($2, $3, $4) THEN 'Worse'
                 ELSE 'Same'
               END";
        let share = |key: &str| number(&row[key]).map(|percent| percent / 100.0);
        let (n, z) = (number(&row["denominator"]), number(&row["z"]));
        let got: String = store
            .connection()
            .query_row(sql, params![share("value_pct"), share("benchmark_pct"), n, z], |row| row.get(0))
            .unwrap();
        assert_eq!(got, row["expected"], "{row:?}");
    }
}
