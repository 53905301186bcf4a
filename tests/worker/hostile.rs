use std::path::Path;

use super::{ask_all, ask_one, job, snapshot};

const REFUSED: [&str; 62] = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT content FROM read_text('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM \"/etc/passwd.csv\"",
    "FROM 'https://example.org/x.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('returns')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_databases",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM memory.main.returns",
    "SELECT * FROM main.returns",
    "SELECT * FROM seq_scan()",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM enable_profiling(save_location='/tmp/p.json')",
    "SHOW TABLES",
    "DESCRIBE returns",
    "SUMMARIZE returns",
    "FROM (DESCRIBE returns)",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 42) TO '/tmp/x.csv'",
    "DELETE FROM returns",
    "UPDATE returns SET value = 0",
    "DROP TABLE returns",
    "CREATE TABLE evil AS SELECT 1",
    "CREATE TEMP MACRO count(x) AS 0",
    "TRUNCATE returns",
    "INSERT INTO returns SELECT * FROM returns",
    "WITH x AS (INSERT INTO returns SELECT * FROM returns RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM returns RETURNING *) SELECT * FROM x",
    "WITH x AS (UPDATE returns SET value = 0 RETURNING *) SELECT * FROM x",
    "WITH x AS (COPY (SELECT 42) TO '/tmp/x.csv' (USE_TMP_FILE false)) SELECT 1",
    "SELECT (WITH x AS (DELETE FROM returns RETURNING value) SELECT max(value) FROM x)",
    "COPY returns TO '/tmp/x.csv'",
    "EXPORT DATABASE '/tmp/x'",
    "ATTACH ':memory:' AS m",
    "USE memory",
    "INSTALL httpfs",
    "LOAD '/tmp/evil.duckdb_extension'",
    "SET memory_limit = '100GB'",
    "SET search_path = 'temp'",
    "SET schema = 'temp'",
    "USE memory",
    "PRAGMA search_path = 'temp'",
    "SET VARIABLE quarter = 'x'",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "PREPARE p AS SELECT 1",
    "CHECKPOINT",
    "SELECT 1; DROP TABLE returns",
    "/* ok */ SELECT 1 -- ;\n; DELETE FROM returns",
    "COMMIT; DELETE FROM returns",
    "SELECT current_setting('home_directory')",
    "SELECT value FROM returns WHERE sleep_ms(60000) IS NULL",
    "SELECT write_log('forged')",
    "SELECT returns.value FROM returns WHERE value = ?",
    " -- nothing",
];

const HONEST: [&str; 14] = [
    "SELECT authority_code, value FROM Returns WHERE value > 100;",
    "WITH m AS (SELECT indicator, median(value) med FROM returns GROUP BY 1) SELECT r.* FROM returns r JOIN m USING (indicator) WHERE r.value > 2*m.med",
    "SELECT *, lag(value) OVER (PARTITION BY authority_code, indicator ORDER BY quarter) AS prev FROM returns QUALIFY prev IS NOT NULL",
    "FROM returns SELECT authority_code, count(*) GROUP BY ALL HAVING count(*) < 4",
    "SELECT unnest(generate_series(1,4)) q",
    "SELECT authority_code FROM authorities EXCEPT SELECT authority_code FROM returns WHERE quarter='2017-18 Q2'",
    "SELECT r.quarter FROM returns_v r WHERE regexp_matches(r.authority_code, '^E0[6-9]') AND strftime(DATE '2024-02-29', '%Y') = '2024'",
    "SELECT * FROM returns_of('E06000022') ORDER BY quarter -- a macro of ours",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT sum(n) FROM r",
    "PIVOT returns ON quarter IN ('2017-18 Q1', '2017-18 Q2') USING sum(value)",
    "SELECT list_transform([1, 2], lambda x: x + 1), COLUMNS('^v') FROM returns USING SAMPLE 50%",
    "SELECT DISTINCT ON (indicator) * FROM returns ORDER BY value DESC NULLS LAST LIMIT 20 OFFSET 0",
    "SELECT format('{} of {}', 1, 16), printf('%.1f', value::DOUBLE), value::DECIMAL(9,1) FROM returns WHERE EXISTS (FROM authorities)",
    "SELECT a.value FROM returns a ASOF JOIN returns b ON a.value >= b.value",
];

#[test]
fn what_is_not_one_plain_select_is_refused_before_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(&folder);
    let before = std::fs::read(&path).unwrap();
    // The last question looks whether anything before it did harm.
    let asked: Vec<&str> = REFUSED.into_iter().chain(["SELECT count(*), sum(value) FROM returns"]).collect();
    let mut answers = quarterdeck::worker::query::answer(&job(&path, &asked)).unwrap().answers;
    let after = answers.pop().unwrap().table.unwrap();
    assert_eq!(after.rows, [[serde_json::json!(3), serde_json::json!(220.0)]]);
    for (sql, answer) in REFUSED.iter().zip(answers) {
        let said = answer.table.expect_err(sql);
        assert!(!said.is_empty() && !said.contains("exception"), "{sql}: {said}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn honest_questions_are_answered() {
    for (sql, answer) in HONEST.iter().zip(ask_all(&HONEST)) {
        assert!(answer.is_ok(), "{sql}: {answer:?}");
    }
}

#[test]
fn a_long_text_of_joined_parts_is_honest_too() {
    let parts = vec!["'a'"; 30].join(" || ");
    assert!(ask_one(&format!("WITH t AS (SELECT {parts} AS detail) SELECT detail FROM t")).is_ok());
}

#[test]
fn nesting_without_end_is_refused_without_a_crash() {
    let deep = [
        format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("SELECT 1{}", "+1".repeat(40_000)),
        format!("SELECT {}true", "NOT ".repeat(20_000)),
        format!("SELECT {}1{}", "[".repeat(3000), "]".repeat(3000)),
        format!("SELECT * FROM {}(SELECT 1){}", "(SELECT * FROM ".repeat(200), ")".repeat(200)),
        format!("SELECT {}", "1,".repeat(60_000)),
    ];
    for sql in &deep {
        assert!(ask_one(sql).is_err());
    }
}

/// The collection of hostile statements that may lie beside the project; without it the list above stands
/// alone.
#[test]
fn the_collected_statements_meet_their_requirement() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/hostile/sql.tsv");
    let Ok(text) = std::fs::read_to_string(&file) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(&folder);
    let before = std::fs::read(&path).unwrap();
    let mut seen = 0;
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, class, statement, required] = columns[..] else { panic!("{line}") };
        // Those that only limits stop are for the real child: here they would take this process with them.
        if class == "resource" || statement.contains("...(") {
            continue;
        }
        let sql = statement.replace("\\n", "\n").replace("@DB@", &path.to_str().unwrap().replace('\'', "''"));
        let said = quarterdeck::worker::query::answer(&job(&path, &[&sql])).unwrap().answers.remove(0).table;
        match required {
            "must be refused" => assert!(said.is_err(), "{id}: {sql}: {said:?}"),
            "must be allowed" => assert!(said.is_ok(), "{id}: {sql}: {said:?}"),
            other => panic!("{id}: {other}"),
        }
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
