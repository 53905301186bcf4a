//! Reference numbers of trends, places among others, and of many tests at once.

use std::collections::{BTreeMap, BTreeSet};

use duckdb::params;
use quarterdeck::store::open::Store;

use crate::analysis::parity::{Measure, Parts, ask, close, laid, load, measures, number, vectors};
use crate::analysis::{LATEST, table};

type Row = BTreeMap<String, String>;

/// No figure is held: the vectors know of no quality checks.
const NOTHING_HELD: &str = "CREATE OR REPLACE MACRO jump_ranges_min() AS 1000000;
    CREATE OR REPLACE MACRO slip_points_min() AS 1000000;";

fn a_rate(name: &str, adverse: i32) -> Measure<'_> {
    Measure { name, unit: "rate", factor: 1.0, adverse, target: None }
}

fn stated(value: Option<f64>) -> Parts {
    (None, None, value)
}

/// The row of a view about one area, as numbers by the names of columns.
fn found(store: &Store, sql: &str, area: &str, columns: &[&str]) -> Vec<Option<f64>> {
    let list: Vec<String> = columns.iter().map(|name| format!("CAST({name} AS DOUBLE)")).collect();
    let sql = format!("SELECT {} FROM {sql} WHERE authority = ?", list.join(", "));
    store
        .connection()
        .query_row(&sql, [area], |row| (0..columns.len()).map(|at| row.get(at)).collect())
        .unwrap_or_else(|error| panic!("{area}: {error}"))
}

/// The synthetic series of the reference, by their names.
fn series() -> Vec<(String, BTreeMap<String, Vec<Row>>)> {
    let by_name = |path: &std::path::PathBuf| {
        let mut named: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in table(path) {
            named.entry(row["series_id"].clone()).or_default().push(row);
        }
        (path.display().to_string(), named)
    };
    vectors("generated_series.csv").iter().map(by_name).collect()
}

fn lay_series(named: &BTreeMap<String, Vec<Row>>) -> Store {
    let store = laid(&[a_rate("it", 1)]);
    store.connection().execute_batch(NOTHING_HELD).unwrap();
    let own: Vec<&str> = named.keys().map(String::as_str).collect();
    let rows = named.iter().flat_map(|(name, rows)| rows.iter().map(move |row| (name, row)));
    let figures: Vec<_> = rows
        .filter(|(_, row)| number(&row["value"]).is_some())
        .map(|(name, row)| {
            let quarter = 7999 + row["t"].parse::<i32>().unwrap();
            (name.clone(), "it".to_owned(), quarter, stated(number(&row["value"])))
        })
        .collect();
    load(&store, &own, &figures);
    store
}

#[test]
fn trends_are_those_of_the_reference() {
    const PAIRS: [(&str, &str); 12] = [
        ("n", "n"),
        ("s", "S"),
        ("variance", "var_S"),
        ("z", "z"),
        ("p", "p_two_sided"),
        ("slope", "theil_sen_slope_per_quarter"),
        ("intercept", "theil_sen_intercept"),
        ("seasonal_s", "seasonal_S"),
        ("seasonal_variance", "seasonal_var_S"),
        ("seasonal_z", "seasonal_z"),
        ("seasonal_p", "seasonal_p"),
        ("seasonal_slope", "seasonal_sen_slope_per_year"),
    ];
    for ((_, named), path) in series().iter().zip(vectors("generated_mannkendall_theilsen.csv")) {
        let store = lay_series(named);
        // The vectors use every figure of a series.
        store
            .connection()
            .execute_batch(
                "CREATE OR REPLACE MACRO trend_points_max() AS 100000;
                 CREATE TABLE trends AS SELECT * FROM trend",
            )
            .unwrap();
        for row in table(&path) {
            let got = found(&store, "trends", &row["series_id"], &PAIRS.map(|(ours, _)| ours));
            for (got, (ours, theirs)) in got.into_iter().zip(PAIRS) {
                if row[theirs].is_empty() {
                    continue;
                }
                let tolerance = if ours.ends_with('p') { 1e-7 } else { 1e-9 };
                close(got, number(&row[theirs]), tolerance, &format!("{} {ours}", row["series_id"]));
            }
        }
    }
}

#[test]
fn a_series_that_does_not_move_cannot_be_calculated() {
    for (_, named) in series() {
        let store = lay_series(&named);
        for name in named.keys().filter(|name| name.starts_with("const_") || *name == "zero_12") {
            let flat = named[name].iter().all(|row| row["value"] == named[name][0]["value"]);
            let told = |view: &str| -> (Option<bool>, Option<String>) {
                let sql = format!(
                    "SELECT bool_or(eligible), any_value(reason) FROM {view} WHERE authority = ? AND value IS NOT NULL"
                );
                store.connection().query_row(&sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
            };
            let (eligible, reason) = told("xmr");
            assert_eq!(eligible, Some(false), "{name}: {reason:?}");
            assert!(reason.is_some(), "{name}");
            let verdicts = "SELECT count(rule) + count(meaning) + count(assurance) + count_if(outside)
                 + count(lower) + count(upper) FROM xmr WHERE authority = ?";
            let verdicts: i64 = store.connection().query_row(verdicts, [name], |row| row.get(0)).unwrap();
            assert_eq!(verdicts, 0, "{name}: what cannot be calculated has no verdict");
            if flat {
                assert_eq!(told("trend").0, Some(false), "{name}");
                assert_eq!(told("cusum").0, Some(false), "{name}");
            }
        }
        for view in ["xmr", "trend", "cusum", "year_ago", "quality", "quartiles", "funnel", "intervals"] {
            let sql = format!(
                "SELECT count(*) FROM (SELECT to_json(it)::VARCHAR AS row FROM {view} AS it)
                  WHERE regexp_matches(row, '(?i)[:,](-?inf|nan)')"
            );
            let strange: i64 = store.connection().query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(strange, 0, "{view} answers what is no number");
        }
    }
}

#[test]
fn the_building_blocks_are_those_of_the_reference() {
    const PAIRS: [(&str, &str); 8] = [
        ("avg(value)", "mean"),
        ("stddev(value)", "sd"),
        ("median(value)", "median"),
        ("mad(value)", "mad_raw"),
        ("1.4826 * mad(value)", "mad_1.4826"),
        ("quantile_cont(value, 0.25)", "q25"),
        ("quantile_cont(value, 0.75)", "q75"),
        ("regr_slope(value, quarter)", "ols_slope"),
    ];
    for ((_, named), path) in series().iter().zip(vectors("generated_primitives.csv")) {
        let store = lay_series(named);
        for row in table(&path) {
            let got = found(&store, "series", &row["series_id"], &PAIRS.map(|(ours, _)| ours));
            for (got, (ours, theirs)) in got.into_iter().zip(PAIRS) {
                close(got, number(&row[theirs]), 1e-9, &format!("{} {ours}", row["series_id"]));
            }
        }
    }
}

#[test]
fn groups_are_those_of_the_public_health_package() {
    for path in vectors("generated_quantile.csv") {
        let rows = table(&path);
        let kinds: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row["nquantiles"].clone(), row["invert_highest_is_1"].clone())).collect();
        for (groups, inverted) in kinds {
            let same = |row: &&Row| row["nquantiles"] == groups && row["invert_highest_is_1"] == inverted;
            let rows: Vec<&Row> = rows.iter().filter(same).collect();
            let sets: BTreeSet<&str> = rows.iter().map(|row| row["set_id"].as_str()).collect();
            let adverse = if inverted == "TRUE" { -1 } else { 1 };
            let store = laid(&sets.iter().map(|set| a_rate(set, adverse)).collect::<Vec<_>>());
            store
                .connection()
                .execute_batch(&format!("CREATE OR REPLACE MACRO quartile_groups() AS {groups}"))
                .unwrap();
            let given = rows.iter().filter(|row| number(&row["value"]).is_some());
            let figures: Vec<_> = given
                .map(|row| {
                    (row["area"].clone(), row["set_id"].clone(), LATEST, stated(number(&row["value"])))
                })
                .collect();
            load(&store, &[], &figures);
            store.connection().execute_batch("CREATE TABLE placed AS SELECT * FROM quartiles").unwrap();
            for row in rows {
                let got: Option<f64> = store
                    .connection()
                    .query_row(
                        "SELECT CAST(max(quartile) AS DOUBLE) FROM placed WHERE authority = ? AND indicator = ?",
                        params![row["area"], row["set_id"]],
                        |row| row.get(0),
                    )
                    .unwrap();
                close(got, number(&row["quantile"]), 0.0, &format!("{row:?}"));
            }
        }
    }
}

#[test]
fn places_and_quartiles_are_those_of_the_reference() {
    for path in vectors("generated_check_rank_quartile.csv") {
        let rows = table(&path);
        let name =
            |row: &Row| format!("{}{}", row["set_id"], if row["polarity"] == "1" { "_high" } else { "_low" });
        let names: BTreeMap<String, i32> =
            rows.iter().map(|row| (name(row), -row["polarity"].parse::<i32>().unwrap())).collect();
        let store = laid(&names.iter().map(|(name, adverse)| a_rate(name, *adverse)).collect::<Vec<_>>());
        let given = rows.iter().filter(|row| number(&row["value"]).is_some());
        let quarter = |row: &Row| 8000 + row["t"].parse::<i32>().unwrap();
        let figures: Vec<_> = given
            .map(|row| (row["area"].clone(), name(row), quarter(row), stated(number(&row["value"]))))
            .collect();
        load(&store, &[], &figures);
        store.connection().execute_batch("CREATE TABLE placed AS SELECT * FROM ranks").unwrap();
        for row in &rows {
            let got: (Option<f64>, Option<f64>) = store
                .connection()
                .query_row(
                    "SELECT CAST(max(rank) AS DOUBLE), CAST(max(quartile) AS DOUBLE) FROM placed
                      WHERE authority = ? AND indicator = ? AND quarter = ?",
                    params![row["area"], name(row), quarter(row)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            close(got.0, number(&row["rank_best_is_1"]), 0.0, &format!("{row:?}"));
            close(got.1, number(&row["quartile_best_is_1"]), 0.0, &format!("{row:?}"));
        }
    }
}

#[test]
fn a_funnel_by_chance_alone_is_that_of_the_public_health_package() {
    for (file, indicator, average) in [
        ("generated_funnel_proportion.csv", "a_percentage", "baseline_pct"),
        ("generated_funnel_rate.csv", "a_rate", "baseline10k"),
    ] {
        for path in vectors(file) {
            let rows = table(&path);
            for set in rows.iter().map(|row| row["set_id"].as_str()).collect::<BTreeSet<_>>() {
                let store = laid(&measures());
                let rows: Vec<&Row> = rows.iter().filter(|row| row["set_id"] == set).collect();
                let figures: Vec<_> = rows
                    .iter()
                    .map(|row| {
                        let parts = (number(&row["numerator"]), number(&row["denominator"]), None);
                        (row["area"].clone(), indicator.to_owned(), LATEST, parts)
                    })
                    .collect();
                load(&store, &[], &figures);
                store
                    .connection()
                    .execute_batch("CREATE TABLE placed AS SELECT * FROM plain_funnel")
                    .unwrap();
                for row in rows {
                    compare_funnel(&store, row, average);
                }
            }
        }
    }
}

fn compare_funnel(store: &Store, row: &Row, average: &str) {
    let about = format!("{} {}", row["set_id"], row["area"]);
    let ours = ["average", "low95", "high95", "low998", "high998"];
    let got = found(store, "placed", &row["area"], &ours);
    let theirs = [average, "lower_2s", "upper_2s", "lower_3s", "upper_3s"];
    for ((got, ours), theirs) in got.into_iter().zip(ours).zip(theirs) {
        close(got, row.get(theirs).and_then(|text| number(text)), 1e-9, &format!("{about} {ours}"));
    }
    let significance: String = store
        .connection()
        .query_row("SELECT significance FROM placed WHERE authority = ?", [&row["area"]], |row| row.get(0))
        .unwrap();
    let theirs = match row["significance"].as_str() {
        "High (0.001)" => "high-99.8",
        "High (0.025)" => "high-95",
        "Low (0.001)" => "low-99.8",
        "Low (0.025)" => "low-95",
        _ => "as-expected",
    };
    assert_eq!(significance, theirs, "{about}");
}

#[test]
fn exact_limits_of_small_counts_are_those_of_the_reference() {
    let store = Store::in_memory().unwrap();
    for path in vectors("generated_exact_poisson_limits.csv") {
        for row in table(&path) {
            for (limit, key) in [
                ("count_low_95", "lower95"),
                ("count_high_95", "upper95"),
                ("count_low_998", "lower998"),
                ("count_high_998", "upper998"),
            ] {
                let got: f64 = store
                    .connection()
                    .query_row(&format!("SELECT {limit}({})", row["x"]), [], |row| row.get(0))
                    .unwrap();
                close(Some(got), number(&row[key]), 1e-9, &format!("{limit} of {}", row["x"]));
            }
        }
    }
}

#[test]
fn false_discoveries_are_limited_as_in_the_reference() {
    for path in vectors("generated_bh.csv") {
        let store = Store::in_memory().unwrap();
        store
            .connection()
            .execute_batch("CREATE TABLE tests (set_id VARCHAR, i INTEGER, p DOUBLE, bh DOUBLE)")
            .unwrap();
        let mut rows = store.connection().appender("tests").unwrap();
        for row in table(&path) {
            let i: i32 = row["i"].parse().unwrap();
            rows.append_row(params![row["set_id"], i, number(&row["p"]), number(&row["bh"])]).unwrap();
        }
        rows.flush().unwrap();
        drop(rows);
        for set in table(&path).iter().map(|row| row["set_id"].clone()).collect::<BTreeSet<_>>() {
            let mut statement = store
                .connection()
                .prepare(
                    "WITH ordered AS (
                       SELECT *, bh_position(p, i, i) AS position, count(p) OVER () AS tests
                         FROM tests WHERE set_id = ?
                     )
                     SELECT i, bh_adjusted(p, position, tests), bh FROM ordered ORDER BY i",
                )
                .unwrap();
            let got: Vec<(i32, Option<f64>, Option<f64>)> = statement
                .query_map([&set], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            for (i, ours, theirs) in got {
                close(ours, theirs, 1e-7, &format!("{set} {i}"));
            }
        }
    }
}

#[test]
fn the_gap_to_the_neighbours_is_that_of_the_reference() {
    for path in vectors("generated_check_neighbour_gap.csv") {
        for row in table(&path) {
            for (adverse, key) in [(1, "fires_low_is_good"), (-1, "fires_high_is_good")] {
                let store = laid(&[a_rate("it", adverse)]);
                let values: Vec<Option<f64>> = row["neighbour_values"].split(';').map(number).collect();
                let mut figures =
                    vec![("E06000001".to_owned(), "it".to_owned(), LATEST, stated(number(&row["value"])))];
                for (at, value) in values.iter().enumerate() {
                    let area = format!("E090000{at:02}");
                    store
                        .connection()
                        .execute_batch(&format!(
                            "INSERT INTO neighbour_settings VALUES ('E06000001', '2021', {at}, '{at}');
                             INSERT INTO area_names VALUES ('{area}', '{area}', 'authority', '{at}', NULL);"
                        ))
                        .unwrap();
                    figures.extend(value.map(|value| (area, "it".to_owned(), LATEST, stated(Some(value)))));
                }
                store
                    .connection()
                    .execute_batch("INSERT INTO region_settings VALUES ('R', 'E12000009', '2021', 5)")
                    .unwrap();
                load(&store, &["E06000001"], &figures);
                let about = format!("{} {key}", row["case_id"]);
                let answers = ask(&store, "neighbour-gap");
                assert_eq!(answers[0].eligible, row["status"] == "ok", "{about}: {:?}", answers[0].reason);
                assert_eq!(answers[0].fires, row[key] == "1", "{about}");
                if answers[0].eligible {
                    let z = number(&row["robust_z"]).map(|z| f64::from(adverse) * z);
                    close(answers[0].effect, z, 1e-9, &about);
                    close(
                        answers[0].detail["median"].as_f64(),
                        number(&row["neighbour_median"]),
                        1e-9,
                        &about,
                    );
                }
            }
        }
    }
}

/// `120/400` is numerator and denominator, `48.1` a value.
fn parts(text: &str) -> Parts {
    match text.split_once('/') {
        Some((numerator, denominator)) => (number(numerator), number(denominator), None),
        None => stated(number(text)),
    }
}

#[test]
fn repeated_and_mismatched_values_fire_as_the_reference() {
    for path in vectors("generated_check_data_quality.csv") {
        for row in table(&path) {
            let (check, figures): (&str, Vec<Parts>) = match row["check"].as_str() {
                "carried-forward(num+den)" | "carried-forward(value)" => {
                    ("carried-forward", row["input"].split(';').map(parts).collect())
                }
                "value-mismatch" => {
                    let (numerator, denominator, _) = parts(row["input"].split_once('*').unwrap().0);
                    ("value-mismatch", vec![(numerator, denominator, number(&row["history_or_reference"]))])
                }
                _ => continue,
            };
            let (unit, factor) =
                if row["input"].ends_with("*10000") { ("rate", 10_000.0) } else { ("percent", 100.0) };
            let store = laid(&[Measure { name: "it", unit, factor, adverse: 1, target: None }]);
            let back = (0..i32::try_from(figures.len()).unwrap()).rev();
            let figures: Vec<_> = figures
                .into_iter()
                .zip(back)
                .map(|(parts, back)| ("E06000001".to_owned(), "it".to_owned(), LATEST - back, parts))
                .collect();
            load(&store, &["E06000001"], &figures);
            let answers = ask(&store, check);
            let answer = answers.iter().find(|answer| answer.indicator.is_some()).unwrap();
            assert_eq!(answer.fires, row["fires"] == "1", "{check} {}", row["case_id"]);
        }
    }
}
