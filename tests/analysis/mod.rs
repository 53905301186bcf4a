//! Views and checks on a real database: golden rows, reference numbers, the promises of the contract.

mod charts;
mod chosen;
mod details;
mod fingertips;
mod flat;
mod golden;
mod headers;
mod lineage;
mod memory;
mod opening;
mod parity;
mod places;
mod preflight;
mod published;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use duckdb::params;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::open::Store;

/// The quarter in which every golden series ends: 2017-18 Q2.
const LATEST: i32 = 2017 * 4 + 1;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/analysis").join(name)
}

/// The rows of a CSV file, each a map from heading to field.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader =
        csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Numerator, denominator, stated value, status.
type Figure = (Option<f64>, Option<f64>, Option<f64>, &'static str);

/// One figure of a series: `45/100`, `12` (a count), `45/100=0.45` or `=0.45` (stated), `c` (suppressed),
/// `x` (unavailable), `.` (no row).
fn figure(token: &str) -> Option<Figure> {
    let number = |text: &str| (!text.is_empty()).then(|| text.parse::<f64>().unwrap());
    match token {
        "." => None,
        "c" => Some((None, None, None, "suppressed")),
        "x" => Some((None, None, None, "unavailable")),
        _ => {
            let (parts, stated) = token.split_once('=').unwrap_or((token, ""));
            let (numerator, denominator) = parts.split_once('/').unwrap_or((parts, ""));
            Some((number(numerator), number(denominator), number(stated), "ok"))
        }
    }
}

/// A database with the golden indicators and the authorities and figures of `series`.
///
/// `series` are (authority, indicator, figures that end in [`LATEST`]); each quarter of an authority
/// with any figure is one accepted return.
fn laid(series: &[(String, String, String)]) -> Store {
    let store = Store::in_memory().unwrap();
    let connection = store.connection();
    connection
        .execute_batch(
            "INSERT INTO region_settings VALUES ('Testshire', 'E12000009', '2021', 5);
             INSERT INTO collection_settings VALUES ('quarterly', 'Quarterly', 1, 8056, 30, TRUE, 'members');",
        )
        .unwrap();
    lay_indicators(&store, "quarterly");
    let authorities: BTreeSet<&str> = series.iter().map(|(authority, _, _)| authority.as_str()).collect();
    for authority in &authorities {
        connection
            .execute(
                "INSERT INTO authority_settings VALUES (?, ?, NULL, NULL, NULL)",
                params![authority, authority],
            )
            .unwrap();
    }
    let mut returns: BTreeMap<(&str, i32), i64> = BTreeMap::new();
    let mut figures = connection.appender("figures").unwrap();
    for (authority, indicator, text) in series {
        let tokens: Vec<&str> = text.split_whitespace().collect();
        for (token, back) in tokens.iter().zip((0..i32::try_from(tokens.len()).unwrap()).rev()) {
            let Some((numerator, denominator, stated, status)) = figure(token) else { continue };
            let number = i64::try_from(returns.len()).unwrap();
            let submission = *returns.entry((authority, LATEST - back)).or_insert(number);
            let none: Option<String> = None;
            figures
                .append_row(params![
                    submission,
                    authority,
                    indicator,
                    LATEST - back,
                    numerator,
                    denominator,
                    stated,
                    status,
                    none,
                    none,
                    none,
                    1
                ])
                .unwrap();
        }
    }
    figures.flush().unwrap();
    drop(figures);
    for ((authority, quarter), submission) in returns {
        connection
            .execute(
                "INSERT INTO submissions VALUES (?, 'quarterly', ?, ?, 1, 'h', TIMESTAMP '2017-11-10 08:00:00',
                 'folder', 'f.csv', 'long', 1, 1, 0, 'accepted', NULL)",
                params![submission, authority, quarter],
            )
            .unwrap();
    }
    store
}

fn lay_indicators(store: &Store, collection: &str) {
    for row in table(&folder("golden/indicators.csv")) {
        let number = |key: &str| row[key].parse::<f64>().ok();
        store
            .connection()
            .execute(
                "INSERT INTO indicator_settings VALUES (?, ?, ?, 't', 'd', ?, ?, 'n', 'd', ?, ?, ?, ?, ?, ?)",
                params![
                    collection,
                    row["indicator"],
                    row["indicator"],
                    row["unit"],
                    number("factor"),
                    row["polarity"],
                    match row["polarity"].as_str() {
                        "high-is-good" => -1,
                        "low-is-good" => 1,
                        _ => 0,
                    },
                    row["behaviour"],
                    row["decimals"].parse::<i32>().unwrap(),
                    number("target"),
                    number("minimum_denominator"),
                ],
            )
            .unwrap();
        if row["annualised"] == "yes" {
            let rate = params![collection, row["indicator"]];
            store.connection().execute("INSERT INTO annualised_settings VALUES (?, ?)", rate).unwrap();
        }
        if row["seasonal"] == "yes" {
            let seasonal = params![collection, row["indicator"]];
            store.connection().execute("INSERT INTO seasonal_settings VALUES (?, ?)", seasonal).unwrap();
        }
    }
}

/// Expects a return of every authority for the two latest quarters, due on 14 August and 10 November 2017.
fn expect_returns(store: &Store) {
    store
        .connection()
        .execute_batch(&format!(
            "INSERT INTO expected_returns
             SELECT 'quarterly', authority, {LATEST} - back, DATE '2017-11-10' - CAST(back * 88 AS INTEGER)
               FROM authority_settings, range(0, 2) AS quarters(back)"
        ))
        .unwrap();
}

fn latest() -> Quarter {
    Quarter::from_index(LATEST)
}

/// As text, with at most `decimals` decimals and no trailing zeros.
fn brief(number: Option<f64>, decimals: usize) -> String {
    number.map_or(String::new(), |number| {
        let text = format!("{number:.decimals$}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    })
}
