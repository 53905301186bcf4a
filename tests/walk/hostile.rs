//! Hostile statements both ways: as a check that an operator added, and through `sql`. What must be refused
//! is, what is honest is answered, what takes all it can get ends in time, and nothing is harmed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::checks::HEADER;
use super::region::{NOW, Region};

/// Of one worker; the questions in it get two less.
const SECONDS: u64 = 8;
/// To start, to copy, to be killed and to be reported, on a machine that does other things.
const MARGIN: Duration = Duration::from_secs(30);

const REFUSED: &str = "must be refused";
const ALLOWED: &str = "must be allowed";
const LIMITED: &str = "may run, only within limits";

/// What is tried wherever the tests run.
const OURS: [(&str, &str); 26] = [
    ("SELECT content FROM read_text('/etc/passwd')", REFUSED),
    ("FROM '@SECRET@/leak.csv'", REFUSED),
    ("SELECT * FROM glob('/etc/*')", REFUSED),
    ("SELECT * FROM read_blob('@DB@')", REFUSED),
    ("WITH x AS (COPY (SELECT 42) TO '@OUT@/cte.csv' (USE_TMP_FILE false)) SELECT 1", REFUSED),
    ("SELECT 1) AS a; COPY (SELECT 42) TO '@OUT@/beside.csv'; SELECT * FROM (SELECT 1", REFUSED),
    ("SELECT 1 AS authority; COPY (SELECT 42) TO '@OUT@/after.csv'", REFUSED),
    ("COPY (SELECT 42) TO '@DB@' (USE_TMP_FILE false)", REFUSED),
    ("EXPORT DATABASE '@OUT@/all'", REFUSED),
    ("WITH x AS (DELETE FROM figures RETURNING *) SELECT * FROM x", REFUSED),
    ("SELECT 1; DROP TABLE figures; --", REFUSED),
    ("COMMIT; DELETE FROM figures", REFUSED),
    ("ATTACH '@DB@' AS again (READ_WRITE)", REFUSED),
    ("LOAD '@SECRET@/evil.duckdb_extension'", REFUSED),
    ("SET enable_external_access = true", REFUSED),
    ("RESET lock_configuration", REFUSED),
    ("SELECT current_setting('home_directory')", REFUSED),
    ("SELECT * FROM outbox_messages", REFUSED),
    ("SELECT write_log('forged')", REFUSED),
    ("SELECT authority, value FROM observations WHERE value > 100", ALLOWED),
    (
        "WITH m AS (SELECT indicator, median(value) AS mid FROM observations GROUP BY 1) SELECT * FROM m",
        ALLOWED,
    ),
    ("SELECT authority FROM authorities EXCEPT SELECT authority FROM observations", ALLOWED),
    ("SELECT count(*) FROM range(5000000000000) t(r)", LIMITED),
    ("SELECT length(repeat('x', 3000000000))", LIMITED),
    ("SELECT regexp_matches(repeat('a', 50000000) || 'b', '(a+)+$')", LIMITED),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r", LIMITED),
];

struct Statement {
    id: String,
    class: String,
    sql: String,
    required: String,
}

/// Ours, and the collection that may lie beside the project.
fn statements(region: &Region) -> Vec<Statement> {
    let mut all: Vec<Statement> = (1..)
        .zip(OURS)
        .map(|(at, (sql, required))| Statement {
            id: format!("ours-{at}"),
            class: "ours".to_owned(),
            sql: sql.to_owned(),
            required: required.to_owned(),
        })
        .collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/hostile/sql.tsv");
    for line in fs::read_to_string(file).unwrap_or_default().lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, class, sql, required] = columns[..] else { panic!("{line}") };
        let [class, required] = [class, required].map(str::to_owned);
        all.push(Statement { id: id.to_owned(), class, sql: whole(&named(sql)), required });
    }
    for statement in &mut all {
        statement.sql = placed(region, &statement.sql);
    }
    all
}

/// Our own names in the place of those that the collection uses.
fn named(sql: &str) -> String {
    let names = [
        ("\\n", "\n"),
        ("quarter='2017-18 Q2'", "quarter = 8070"),
        (
            "FROM authorities EXCEPT SELECT DISTINCT authority_code FROM returns",
            "FROM authorities EXCEPT SELECT DISTINCT authority_code FROM observations",
        ),
        ("authority_code", "authority"),
        ("returns_v", "observations"),
    ];
    let ours = names.iter().fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to));
    // What they read is `observations`; `returns` is another view of ours.
    if ours.contains("value") || ours.contains("indicator") || ours.contains("count(*)") {
        return ours
            .replace("FROM returns", "FROM observations")
            .replace("JOIN returns", "JOIN observations");
    }
    ours
}

/// The collection leaves out the middle of long statements.
fn whole(sql: &str) -> String {
    let Some((begin, rest)) = sql.split_once(" ...(") else { return sql.to_owned() };
    assert!(rest.ends_with("characters)"), "{sql}");
    let again = |unit: &str, count: usize| unit.repeat(count);
    match begin.get(..10).unwrap() {
        "SELECT (((" => format!("SELECT {}1{}", again("(", 20_000), again(")", 20_000)),
        "SELECT 1+1" => format!("SELECT 1{}", again("+1", 49_999)),
        "SELECT NOT" => format!("SELECT {}true", again("NOT ", 20_000)),
        "SELECT [[[" => format!("SELECT {}{}", again("[", 3000), again("]", 3000)),
        "SELECT 1 A" => {
            let columns: Vec<String> = (0..20_000).map(|at| format!("1 AS c{at},")).collect();
            format!("SELECT {}1", columns.concat())
        }
        _ => format!("SELECT json_extract('{}', '$')", again("[", 50_000) + &again("]", 50_000)),
    }
}

fn placed(region: &Region, sql: &str) -> String {
    let database = region.state().join("quarterdeck.duckdb");
    let at = |path: PathBuf| path.to_str().unwrap().to_owned();
    [
        ("@SECRET@", at(region.path("secret"))),
        ("@OUT@", at(region.path("out"))),
        ("@TMPD@", at(region.path("out"))),
        ("@DB@", at(database)),
    ]
    .iter()
    .fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to))
}

/// A region with one return loaded, a secret beside its state, and a folder to write into.
fn region() -> Region {
    let region = Region::with_one_return();
    region.edit("quarterdeck.toml", "worker_seconds = 30", &format!("worker_seconds = {SECONDS}"));
    for folder in ["secret", "out"] {
        fs::create_dir(region.path(folder)).unwrap();
    }
    fs::write(region.path("secret/leak.csv"), "word\nswordfish\n").unwrap();
    fs::write(region.path("secret/leak.json"), "[{\"word\": \"swordfish\"}]").unwrap();
    region.walk(NOW);
    region
}

fn assert_unharmed(region: &Region, before: &[u8]) {
    assert_eq!(fs::read_dir(region.path("out")).unwrap().count(), 0, "something was written");
    let database = fs::read(region.state().join("quarterdeck.duckdb")).unwrap();
    assert!(database == before, "the database was changed");
    assert!(region.number("SELECT count(*) FROM figures") > 0);
}

/// How one ended: refused or answered; the words, and how long it took.
struct Tried {
    answered: bool,
    words: String,
    took: Duration,
}

fn assert_as_required(way: &str, statements: &[Statement], tried: &[Tried]) {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (statement, tried) in statements.iter().zip(tried) {
        let right = match statement.required.as_str() {
            REFUSED => !tried.answered,
            ALLOWED => tried.answered,
            LIMITED => true,
            other => panic!("{other}"),
        };
        let outcome = if tried.answered { "answered" } else { "refused" };
        *counts.entry((&statement.class, &statement.required, outcome)).or_default() += 1;
        if !right || tried.words.contains("swordfish") || tried.took > Duration::from_secs(SECONDS) + MARGIN {
            let sql: String = statement.sql.chars().take(100).collect();
            wrong.push(format!("{}: {sql}: {} in {:?}", statement.id, tried.words, tried.took));
        }
    }
    for ((class, required, outcome), count) in counts {
        println!("{way}\t{class}\t{required}\t{outcome}\t{count}");
    }
    assert!(wrong.is_empty(), "{way}: {wrong:#?}");
}

#[test]
fn hostile_statements_through_sql_are_refused_or_limited() {
    let region = region();
    let statements = statements(&region);
    let before = fs::read(region.state().join("quarterdeck.duckdb")).unwrap();
    let ask = |statement: &Statement| {
        // An argument of a command cannot be longer.
        if statement.sql.len() > 120_000 {
            return Tried { answered: false, words: "too long".to_owned(), took: Duration::ZERO };
        }
        let begun = Instant::now();
        let ended = region.run(NOW, &["sql", "--format", "csv", "--", &statement.sql]);
        assert!(!ended.words.contains("panicked"), "{}: {}", statement.id, ended.words);
        Tried {
            answered: ended.status == 0,
            words: format!("{} {}", ended.words, ended.out.chars().take(300).collect::<String>()),
            took: begun.elapsed(),
        }
    };
    // Two at a time, for the waiting of one is the other's work.
    let (one, other) = statements.split_at(statements.len() / 2);
    let mut tried: Vec<Tried> = Vec::new();
    thread::scope(|scope| {
        let other = scope.spawn(|| other.iter().map(ask).collect::<Vec<_>>());
        tried.extend(one.iter().map(ask));
        tried.extend(other.join().unwrap());
    });
    assert_as_required("sql", &statements, &tried);
    assert_unharmed(&region, &before);
}

#[test]
fn hostile_statements_as_added_checks_are_refused_or_limited_and_the_run_goes_on() {
    let region = region();
    let statements = statements(&region);
    let folder = region.config().join("checks");
    fs::create_dir_all(&folder).unwrap();
    for statement in &statements {
        let text = format!("{HEADER}{}", statement.sql);
        fs::write(folder.join(format!("hostile-{}.sql", statement.id)), text).unwrap();
    }
    let begun = Instant::now();
    let report = region.walk("2017-11-18T08:00:00Z");
    let took = begun.elapsed();
    let tried: Vec<Tried> = statements
        .iter()
        .map(|statement| {
            let place = format!("check `hostile-{}`", statement.id);
            let is_it = |at: &str| at == place || at.starts_with(&format!("{place},"));
            let failure = report.failures.iter().find(|it| is_it(&it.place));
            let words = failure.unwrap_or_else(|| panic!("{} found something", statement.id)).what.clone();
            // It was answered, and only then seen not to be what a check answers.
            Tried { answered: words.contains("does not return the column"), words, took: Duration::ZERO }
        })
        .collect();
    assert_as_required("check", &statements, &tried);
    let limited = statements.iter().filter(|statement| statement.required == LIMITED).count();
    let most = u32::try_from(limited).unwrap() * Duration::from_secs(SECONDS + 2) + 10 * MARGIN;
    assert!(took < most, "{took:?}");
    assert_eq!(fs::read_dir(region.path("out")).unwrap().count(), 0, "something was written");
    assert_eq!(region.number("SELECT count(*) FROM answers WHERE check_name LIKE 'hostile%'"), 0);
    assert!(region.number("SELECT count(*) FROM answers WHERE check_name = 'target-breach'") > 0);
    fs::remove_dir_all(&folder).unwrap();
    assert!(region.walk("2017-11-19T08:00:00Z").failures.is_empty());
}

#[test]
fn check_config_runs_nothing_that_stands_beside_a_checks_select() {
    let region = region();
    let folder = region.config().join("checks");
    fs::create_dir_all(&folder).unwrap();
    for (sql, _) in OURS.iter().filter(|(sql, required)| *required == REFUSED && sql.contains("@OUT@")) {
        fs::write(folder.join("hostile.sql"), format!("{HEADER}{}", placed(&region, sql))).unwrap();
        let ended = region.run(NOW, &["check-config"]);
        assert_eq!(ended.status, 2, "{sql}: {ended:?}");
        assert!(ended.words.contains("checks/hostile.sql"), "{}", ended.words);
        assert_eq!(fs::read_dir(region.path("out")).unwrap().count(), 0, "{sql}");
    }
}
