use quarterdeck::store::open::Store;
use quarterdeck::store::{analysis, schema, snapshot as copying, sql_words};
use quarterdeck::worker::query::{Answers, Kind, Scalar, answer, attend};
use serde_json::{Value, json};

use super::{ask_all, ask_one, job, snapshot};

#[test]
fn an_answer_has_columns_and_rows() {
    let table = ask_one("SELECT authority_code, value FROM returns_v ORDER BY value").unwrap();
    let columns: Vec<_> = table.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
    assert_eq!(columns, [("authority_code", Kind::Text), ("value", Kind::Real)]);
    assert_eq!(table.rows, [[json!("E06000022"), json!(50.0)], [json!("E06000023"), json!(140.0)]]);
    assert!(!table.cut);
}

#[test]
fn variables_have_their_types_and_do_not_outlive_their_question() {
    let folder = tempfile::tempdir().unwrap();
    let sql = "SELECT getvariable('quarter'), getvariable('as_of') + 1, getvariable('factor'), getvariable('known_on')";
    let mut asked = job(&snapshot(&folder), &[sql, sql]);
    let known_on = chrono::NaiveDate::from_ymd_opt(2017, 11, 17).unwrap().and_hms_opt(8, 0, 0).unwrap();
    asked.questions[0].variables.extend([
        ("factor".to_owned(), Scalar::Real(0.1)),
        ("known_on".to_owned(), Scalar::Instant(known_on)),
    ]);
    asked.questions[1].variables = vec![("quarter".to_owned(), Scalar::Text("it's".to_owned()))];
    let answers = answer(&asked).unwrap().answers;
    let row = &answers[0].table.as_ref().unwrap().rows[0];
    assert_eq!(row, &[json!("2017-18 Q2"), json!("2017-11-18"), json!(0.1), json!("2017-11-17T08:00:00")]);
    let row = answers[1].table.clone();
    assert!(row.is_err() || row.as_ref().is_ok_and(|t| t.rows[0][2] == Value::Null), "{row:?}");
}

#[test]
fn rows_beyond_the_limit_are_cut_and_said_to_be() {
    let table = ask_one("SELECT * FROM range(1000000000)").unwrap();
    assert_eq!((table.rows.len(), table.cut), (100, true));
    let table = ask_one("SELECT * FROM range(100)").unwrap();
    assert_eq!((table.rows.len(), table.cut), (100, false));
}

#[test]
fn every_kind_of_value_becomes_json_without_a_panic() {
    let cases = [
        ("NULL", json!(null)),
        ("true", json!(true)),
        ("9007199254740993", json!(9_007_199_254_740_993_i64)),
        (
            "170141183460469231731687303715884105727::HUGEINT",
            json!("170141183460469231731687303715884105727"),
        ),
        ("sum(r) FROM range(3) t(r)", json!(3)),
        ("18446744073709551615::UBIGINT", json!(18_446_744_073_709_551_615_u64)),
        (
            "340282366920938463463374607431768211455::UHUGEINT",
            json!("340282366920938463463374607431768211455"),
        ),
        ("0.1::DECIMAL(38,20)", json!("0.10000000000000000000")),
        ("-12.30::DECIMAL(6,2)", json!("-12.30")),
        ("0.1::FLOAT", json!(0.1)),
        ("'nan'::DOUBLE", json!("nan")),
        ("1/0", json!("inf")),
        ("-1/0", json!("-inf")),
        ("DATE '2017-09-30'", json!("2017-09-30")),
        ("DATE '1066-10-14'", json!("1066-10-14")),
        ("DATE 'infinity'", json!("infinity")),
        ("DATE '-infinity'", json!("-infinity")),
        ("TIMESTAMP '2017-11-17 08:00:00.5'", json!("2017-11-17T08:00:00.500")),
        ("TIMESTAMP_S '2017-11-17 08:00:00'", json!("2017-11-17T08:00:00")),
        ("TIMESTAMP 'infinity'", json!("infinity")),
        ("TIMESTAMP '-infinity'", json!("-infinity")),
        ("TIME '23:59:59.25'", json!("23:59:59.250")),
        ("INTERVAL 14 MONTH", json!("14 months 0 days 0 microseconds")),
        ("'\\xAB\\x00'::BLOB", json!("ab00")),
        ("[1, NULL, 3]", json!([1, null, 3])),
        ("[NULL]", json!([null])),
        ("{'a': 1, 'b': [DATE '2017-09-30']}", json!({"a": 1, "b": ["2017-09-30"]})),
        ("MAP {'x': 1}", json!([["x", 1]])),
        ("'b'::ENUM('a', 'b')", json!("b")),
        ("union_value(n := 2)", json!(2)),
        ("array_value(1, 2)", json!([1, 2])),
        ("'é€'", json!("é€")),
        ("max(NULL)", json!(null)),
        ("'{\"a\":1}'::JSON", json!("{\"a\":1}")),
        ("uuid '00000000-0000-0000-0000-00000000002a'", json!("00000000-0000-0000-0000-00000000002a")),
    ];
    let sqls: Vec<String> = cases.iter().map(|(sql, _)| format!("SELECT {sql}")).collect();
    let answers = ask_all(&sqls.iter().map(String::as_str).collect::<Vec<_>>());
    for ((sql, expected), answer) in cases.iter().zip(answers) {
        assert_eq!(answer.map(|table| table.rows[0][0].clone()).as_ref(), Ok(expected), "{sql}");
    }
}

#[test]
fn odd_values_are_an_error_at_worst_and_harm_no_other_question() {
    let odd = [
        "SELECT '101'::BIT",
        "SELECT 5::VARIANT",
        "SELECT 123456789012345678901234567890::BIGNUM",
        "SELECT * FROM (VALUES (NULL), (NULL))",
        "SELECT {'a': NULL}",
        "SELECT TIME WITH TIME ZONE '08:00:00+01'",
        "SELECT TIMESTAMP_NS '2017-11-17 08:00:00.123456789'",
        "SELECT 1 WHERE false",
        "SELECT 'x' FROM returns",
    ];
    let answers = ask_all(&odd);
    assert_eq!(answers.len(), odd.len());
    assert_eq!(answers.last().unwrap().as_ref().unwrap().rows.len(), 3);
}

#[test]
fn errors_say_line_and_column() {
    let cases = [
        ("SELECT value\nFROM return", "line 2, column 6: `return` is not one of the views"),
        ("SELECT value\nFROM returns WHERE nope = 1", "line 2, column 20: "),
        ("SELECT value +\nFROM", "line 2, column 1: syntax error"),
        ("SELECT\n  'x'::INTEGER", "line 2, column "),
    ];
    for (sql, words) in cases {
        let said = ask_one(sql).unwrap_err();
        assert!(said.starts_with(words), "{sql}: {said}");
        assert!(!said.contains('{') && !said.contains('\n'), "{said}");
    }
    assert!(ask_one("SELECT 1 FROM retruns").unwrap_err().ends_with("did you mean `returns_v`?"));
}

#[test]
fn an_endless_question_ends_and_the_next_is_answered() {
    let answers = ask_all(&["SELECT count(*) FROM range(100000000000) a", "SELECT 1"]);
    assert!(answers[0].as_ref().unwrap_err().contains("maximum execution time"), "{answers:?}");
    assert!(answers[1].is_ok());
}

#[test]
fn the_child_reads_a_job_and_writes_answers() {
    let folder = tempfile::tempdir().unwrap();
    let input =
        serde_json::to_vec(&job(&snapshot(&folder), &["SELECT 1 AS one", "DROP TABLE returns"])).unwrap();
    let answers: Answers = serde_json::from_slice(&attend(&input).unwrap()).unwrap();
    assert_eq!(answers.answers[0].table.as_ref().unwrap().rows, [[json!(1)]]);
    assert!(answers.answers[1].table.is_err());
    assert!(attend(b"{}").unwrap_err().starts_with("the job cannot be read"));
}

#[test]
fn a_missing_snapshot_or_a_bad_view_of_ours_is_not_blamed_on_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = job(&folder.path().join("none.duckdb"), &["SELECT 1"]);
    assert!(answer(&asked).unwrap_err().starts_with("cannot prepare the private copy"));
    assert!(!folder.path().join("none.duckdb").exists());
    asked.snapshot = snapshot(&folder);
    asked.views.push("CREATE VIEW broken AS SELECT * FROM nowhere".to_owned());
    assert!(answer(&asked).unwrap_err().contains("nowhere"));
}

/// Two hundred thousand answers, 50 MiB of them: of few figures, of many runs.
const ANSWERS: &str = "INSERT INTO answers (run, check_name, detail)
SELECT range, 'target-breach', repeat(md5(range::VARCHAR), 8) FROM range(200000)";

#[test]
fn what_checks_answered_in_years_does_not_keep_a_query_from_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    store.connection().execute_batch(ANSWERS).unwrap();
    let file = folder.path().join("snapshot.duckdb");
    let every_view = schema::view_names().join(" ");
    copying::write(store.connection(), &file, &sql_words::read_by(&every_view)).unwrap();
    let mut asked = job(&file, &["SELECT 1"]);
    (asked.views, asked.mebibytes) = (analysis::views_for(&every_view), 48);
    let answers = answer(&asked).unwrap().answers;
    assert_eq!(answers[0].table.as_ref().unwrap().rows, [[json!(1)]]);
}

#[test]
fn a_copy_that_is_too_large_names_the_key_that_gives_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.duckdb");
    let made = duckdb::Connection::open(&file).unwrap();
    let rows = "CREATE TABLE returns AS SELECT md5(range::VARCHAR) AS detail FROM range(400000); CHECKPOINT;";
    made.execute_batch(rows).unwrap();
    drop(made);
    let mut asked = job(&file, &["SELECT 1"]);
    (asked.views, asked.mebibytes) = (Vec::new(), 8);
    let said = answer(&asked).unwrap_err();
    assert!(
        said.contains("private copy") && said.contains("8 MiB, a quarter of `worker_mebibytes`"),
        "{said}"
    );
}
