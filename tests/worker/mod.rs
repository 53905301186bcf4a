//! Untrusted things under limits: the child as a process, and a user's query inside it.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod child;
mod hostile;
mod query;
pub(crate) mod walls;

use std::path::Path;

use quarterdeck::config::settings::Limits;
use quarterdeck::worker::query::{Job, Question, Scalar, Table, answer};
use tempfile::TempDir;

fn limits() -> Limits {
    Limits {
        file_bytes_max: 100_000,
        unpacked_bytes_max: 100_000,
        rows_max: 1000,
        columns_max: 100,
        field_chars_max: 1000,
        connect_seconds: 1,
        fetch_seconds: 5,
        fetches_at_once: 4,
        run_seconds: 60,
        run_mebibytes: 8192,
        database_mebibytes: 256,
        worker_mebibytes: 1024,
        worker_seconds: 10,
        result_rows_max: 100,
    }
}

const TABLES: &str = "
CREATE TABLE returns (authority_code VARCHAR, indicator VARCHAR, quarter VARCHAR,
                      numerator DOUBLE, denominator DOUBLE, value DOUBLE);
INSERT INTO returns VALUES ('E06000022', 'cin-rate', '2017-18 Q1', 90, 300, 30),
                           ('E06000022', 'cin-rate', '2017-18 Q2', 150, 300, 50),
                           ('E06000023', 'cin-rate', '2017-18 Q2', 700, 500, 140);
CREATE TABLE authorities (authority_code VARCHAR);
INSERT INTO authorities VALUES ('E06000022'), ('E06000023'), ('E06000024');
";

/// A snapshot as the store writes it.
fn snapshot(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("it's a snapshot.duckdb");
    let connection = duckdb::Connection::open(&path).unwrap();
    connection.execute_batch(TABLES).unwrap();
    connection.execute_batch("CHECKPOINT").unwrap();
    path
}

fn job(snapshot: &Path, sqls: &[&str]) -> Job {
    let questions = sqls.iter().map(|sql| Question {
        name: "sql".to_owned(),
        sql: (*sql).to_owned(),
        variables: vec![
            ("quarter".to_owned(), Scalar::Text("2017-18 Q2".to_owned())),
            ("as_of".to_owned(), Scalar::Date(chrono::NaiveDate::from_ymd_opt(2017, 11, 17).unwrap())),
        ],
        computed: Vec::new(),
    });
    Job {
        snapshot: snapshot.to_owned(),
        views: vec![
            "CREATE VIEW returns_v AS SELECT * FROM returns WHERE quarter = getvariable('quarter')"
                .to_owned(),
            "CREATE MACRO returns_of(code) AS TABLE SELECT * FROM returns WHERE authority_code = code"
                .to_owned(),
        ],
        offered: Vec::new(),
        questions: questions.collect(),
        rows_max: 100,
        seconds: 3,
        mebibytes: 256,
    }
}

fn ask_all(sqls: &[&str]) -> Vec<Result<Table, String>> {
    let folder = tempfile::tempdir().unwrap();
    let answers = answer(&job(&snapshot(&folder), sqls)).unwrap().answers;
    answers.into_iter().map(|answer| answer.table).collect()
}

fn ask_one(sql: &str) -> Result<Table, String> {
    ask_all(&[sql]).remove(0)
}
