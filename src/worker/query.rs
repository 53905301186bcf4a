//! A user's query, inside the child: on a private copy in memory, read-only, under a time limit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime};
use duckdb::{Config, Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::settings::Limits;
use crate::worker::gate::{Readable, in_words};
use crate::worker::value::{json_of, kind_of};
use crate::worker::{WorkerError, run};

pub use crate::worker::gate::{TOO_MUCH_MEMORY, gate};
pub use crate::worker::value::Kind;

/// What the child is asked; its standard input, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// A DuckDB file with the tables that questions may see, and no others.
    pub snapshot: PathBuf,
    /// Our own statements that make macros and views, in order.
    pub views: Vec<String>,
    /// The views that whoever names another one is told of; without any, those that were made.
    #[serde(default)]
    pub offered: Vec<String>,
    /// What is asked, one after the other.
    pub questions: Vec<Question>,
    /// Rows of one answer; what is beyond is cut off.
    pub rows_max: u32,
    /// Limit on one question.
    pub seconds: u64,
    /// DuckDB's memory.
    pub mebibytes: u32,
}

/// One query of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What it is called: a check's name, or `sql`.
    pub name: String,
    /// The user's text.
    pub sql: String,
    /// What `getvariable` answers: `quarter`, `as_of`, `known_on`, `collection`, and a check's parameters.
    pub variables: Vec<(String, Scalar)>,
    /// Our own CREATE TEMP TABLE statements of what the text stands on, in order: views within views need
    /// more memory at once than the same tables made one after the other.
    #[serde(default)]
    pub computed: Vec<String>,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scalar {
    /// NULL.
    Nothing,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A day.
    Date(NaiveDate),
    /// An instant, UTC.
    Instant(NaiveDateTime),
}

/// What the child answers; its standard output, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// One for each question, in order.
    pub answers: Vec<Answer>,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's name.
    pub name: String,
    /// Rows, or in words why there are none, with line and column.
    pub table: Result<Table, String>,
}

/// Rows and columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a value for each column; see [`Kind`] for how a value is written.
    pub rows: Vec<Vec<Value>>,
    /// Whether rows beyond `rows_max` were left out.
    pub cut: bool,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

/// The parent's side: has `job` answered by `program worker sql`, a child under `limits`.
///
/// # Errors
/// When the child died, took too long, said too much, or could not be given the snapshot.
pub fn ask(program: &Path, job: &Job, limits: &Limits) -> Result<Answers, WorkerError> {
    let input = serde_json::to_vec(job).map_err(|error| WorkerError::Start(error.to_string()))?;
    let output = run(program, &["worker", "sql"], &input, limits)?;
    serde_json::from_slice(&output)
        .map_err(|error| WorkerError::Said(format!("the worker's answer cannot be read: {error}")))
}

/// The child's side, from standard input to standard output: a [`Job`] in, [`Answers`] out, both as JSON.
///
/// # Errors
/// In words, to be said with the exit status [`crate::worker::REFUSED`].
pub fn attend(input: &[u8]) -> Result<Vec<u8>, String> {
    let job = serde_json::from_slice(input).map_err(|error| format!("the job cannot be read: {error}"))?;
    serde_json::to_vec(&answer(&job)?).map_err(|error| format!("the answer cannot be written: {error}"))
}

/// Answers each question by itself; a bad one does not harm the next.
///
/// # Errors
/// When the snapshot cannot be copied or our own views cannot be made: then no question was asked.
pub fn answer(job: &Job) -> Result<Answers, String> {
    let limited = |words: String| with_its_limit(words, job.mebibytes);
    let unprepared = |words: String| match limited(in_words(&words, "")) {
        words if words.contains(TOO_MUCH_MEMORY) => {
            format!("cannot prepare the private copy: {words}; raise it in quarterdeck.toml")
        }
        words => format!("cannot prepare the private copy: {words}"),
    };
    let connection = open(job).map_err(unprepared)?;
    let allowed = readable(&connection, &job.offered).map_err(|error| in_words(&error.to_string(), ""))?;
    let asked = job.questions.iter().map(|question| Answer {
        name: question.name.clone(),
        table: gate(&connection, &question.sql, &allowed)
            .and_then(|()| ask_one(&connection, question, job.rows_max))
            .map_err(limited),
    });
    Ok(Answers { answers: asked.collect() })
}

/// What needed too much memory is told how much there was, and which key gives it.
fn with_its_limit(words: String, mebibytes: u32) -> String {
    if words.contains(TOO_MUCH_MEMORY) {
        format!("{words}: {mebibytes} MiB, a quarter of `worker_mebibytes`")
    } else {
        words
    }
}

/// Copies the snapshot, lets go of its file, and shuts the door: the order of the settings matters.
fn open(job: &Job) -> Result<Connection, String> {
    let said = |error: duckdb::Error| error.to_string();
    let connection = Connection::open_in_memory_with_flags(flags(job).map_err(said)?).map_err(said)?;
    copy(&connection, &job.snapshot)?;
    for view in &job.views {
        connection.execute_batch(view).map_err(said)?;
    }
    connection
        .execute_batch(&format!(
            "SET max_execution_time = {};
             SET enable_external_access = false;
             SET disabled_filesystems = 'LocalFileSystem';
             SET lock_configuration = true;",
            job.seconds.saturating_mul(1000)
        ))
        .map_err(said)?;
    Ok(connection)
}

/// Set at the opening: one thread, for each thread's stack counts against the child's address space.
fn flags(job: &Job) -> duckdb::Result<Config> {
    let memory = format!("{} MiB", job.mebibytes);
    [
        ("threads", "1"),
        ("memory_limit", &memory),
        ("temp_directory", ""),
        ("max_temp_directory_size", "0B"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("allow_unsigned_extensions", "false"),
        ("allow_persistent_secrets", "false"),
        ("allow_extensions_metadata_mismatch", "false"),
        ("allow_extension_repositories", "forbidden"),
        ("max_expression_depth", "250"),
        ("legacy_disable_null_type", "true"),
        ("errors_as_json", "true"),
    ]
    .into_iter()
    .try_fold(Config::default(), |flags, (name, value)| flags.with(name, value))
}

fn copy(connection: &Connection, snapshot: &Path) -> Result<(), String> {
    let said = |error: duckdb::Error| error.to_string();
    let path = snapshot.to_str().ok_or("the snapshot's path is not UTF-8")?;
    connection
        .execute_batch(&format!("ATTACH {} AS snapshot (READ_ONLY);", text_literal(path)))
        .map_err(said)?;
    let tables = names(
        connection,
        "SELECT table_name FROM duckdb_tables()
         WHERE database_name = 'snapshot' AND schema_name = 'main' ORDER BY table_name",
    )
    .map_err(said)?;
    for table in tables {
        let table = format!("\"{}\"", table.replace('"', "\"\""));
        connection
            .execute_batch(&format!("CREATE TABLE memory.main.{table} AS FROM snapshot.main.{table};"))
            .map_err(said)?;
    }
    connection.execute_batch("DETACH snapshot;").map_err(said)
}

/// What a query may read: everything in the copy, for it holds nothing else. Macros end in `()`.
fn readable(connection: &Connection, offered: &[String]) -> duckdb::Result<Readable> {
    let views =
        names(connection, "SELECT lower(view_name) FROM duckdb_views() WHERE NOT internal ORDER BY 1")?;
    let all = names(
        connection,
        "SELECT lower(table_name) FROM duckdb_tables() WHERE NOT internal
         UNION SELECT lower(view_name) FROM duckdb_views() WHERE NOT internal
         UNION SELECT lower(function_name) || '()' FROM duckdb_functions()
               WHERE NOT internal AND function_type = 'table_macro'",
    )?;
    let views = if offered.is_empty() { views } else { offered.to_vec() };
    Ok(Readable { names: all.into_iter().collect(), offered: views.into_iter().collect() })
}

fn names(connection: &Connection, sql: &str) -> duckdb::Result<Vec<String>> {
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

fn ask_one(connection: &Connection, question: &Question, rows_max: u32) -> Result<Table, String> {
    let said = |error: duckdb::Error| in_words(&error.to_string(), &question.sql);
    let table = set_variables(connection, &question.variables)
        .and_then(|()| compute(connection, &question.computed).map_err(said))
        .and_then(|()| read_only(connection, question, rows_max));
    drop_computed(connection).map_err(said)?;
    for (name, _) in &question.variables {
        connection
            .execute_batch(&format!("RESET VARIABLE \"{}\";", name.replace('"', "\"\"")))
            .map_err(said)?;
    }
    table
}

fn read_only(connection: &Connection, question: &Question, rows_max: u32) -> Result<Table, String> {
    let said = |error: duckdb::Error| in_words(&error.to_string(), &question.sql);
    connection.execute_batch("BEGIN TRANSACTION READ ONLY;").map_err(said)?;
    // A panic of the crate's on an odd value must not cost the other questions their answers.
    let table = catch_unwind(AssertUnwindSafe(|| rows(connection, &question.sql, rows_max).map_err(said)))
        .unwrap_or_else(|_| {
            Err("the answer holds a value that cannot be read; cast it to VARCHAR".to_owned())
        });
    connection.execute_batch("ROLLBACK;").map_err(said)?;
    table
}

/// Temporary tables stand before the views of the same names.
fn compute(connection: &Connection, statements: &[String]) -> duckdb::Result<()> {
    statements.iter().try_for_each(|statement| connection.execute_batch(statement))
}

fn drop_computed(connection: &Connection) -> duckdb::Result<()> {
    let tables =
        names(connection, "SELECT table_name FROM duckdb_tables() WHERE temporary AND NOT internal")?;
    tables
        .iter()
        .try_for_each(|table| connection.execute_batch(&format!("DROP TABLE temp.main.\"{table}\";")))
}

fn set_variables(connection: &Connection, variables: &[(String, Scalar)]) -> Result<(), String> {
    for (name, value) in variables {
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain || name.is_empty() {
            return Err(format!("`{name}` is not a variable's name; use small letters, digits and `_`"));
        }
        connection
            .execute_batch(&format!("SET VARIABLE \"{name}\" = {};", literal(value)))
            .map_err(|error| format!("variable `{name}`: {}", in_words(&error.to_string(), "")))?;
    }
    Ok(())
}

fn rows(connection: &Connection, sql: &str, rows_max: u32) -> duckdb::Result<Table> {
    let limit = u64::from(rows_max) + 1;
    let mut statement = connection.prepare(&format!("SELECT * FROM query(?) LIMIT {limit}"))?;
    let mut found = statement.query(params![sql])?;
    let columns: Vec<Column> = found.as_ref().map_or_else(Vec::new, |statement| {
        let names = statement.column_names().into_iter().enumerate();
        names.map(|(at, name)| Column { name, kind: kind_of(&statement.column_type(at)) }).collect()
    });
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let cells: duckdb::Result<Vec<Value>> =
            (0..columns.len()).map(|at| row.get_ref(at).map(json_of)).collect();
        rows.push(cells?);
    }
    let whole = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let cut = rows.len() > whole;
    rows.truncate(whole);
    Ok(Table { columns, rows, cut })
}

fn literal(value: &Scalar) -> String {
    match value {
        Scalar::Nothing => "NULL".to_owned(),
        Scalar::Text(text) => text_literal(text),
        Scalar::Integer(number) => format!("{number}::BIGINT"),
        Scalar::Real(number) => format!("'{number}'::DOUBLE"),
        Scalar::Date(day) => format!("DATE '{day}'"),
        Scalar::Instant(moment) => format!("TIMESTAMP '{}'", moment.format("%Y-%m-%d %H:%M:%S%.6f")),
    }
}

fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must not happen even when the gate is open.
    const HARM: [&str; 20] = [
        "FROM '@'",
        "SELECT content FROM read_text('@')",
        "SELECT content FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_duckdb('@', table_name = 'returns')",
        "SELECT * FROM query_table('/etc/passwd.csv')",
        "WITH x AS (COPY (SELECT 42) TO '@' (USE_TMP_FILE false)) SELECT 1",
        "WITH x AS (DELETE FROM returns RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO returns VALUES (1) RETURNING *) SELECT * FROM x",
        "DROP TABLE returns",
        "COPY returns TO '@'",
        "COMMIT; DELETE FROM returns",
        "SELECT 1; DELETE FROM returns",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "ATTACH '@' AS again",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE evil AS SELECT 1",
    ];

    #[test]
    fn the_wall_holds_without_the_gate() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("snapshot.duckdb");
        let made = Connection::open(&snapshot).unwrap();
        made.execute_batch("CREATE TABLE returns AS SELECT 7 AS value; CHECKPOINT;").unwrap();
        drop(made);
        let before = std::fs::read(&snapshot).unwrap();
        let path = snapshot.to_str().unwrap();
        let job = Job {
            snapshot: snapshot.clone(),
            views: Vec::new(),
            offered: Vec::new(),
            questions: Vec::new(),
            rows_max: 10,
            seconds: 5,
            mebibytes: 256,
        };
        let connection = open(&job).unwrap();
        let ask = |sql: &str| {
            let sql = sql.replace('@', path);
            ask_one(
                &connection,
                &Question { name: "sql".to_owned(), sql, variables: Vec::new(), computed: Vec::new() },
                10,
            )
        };
        for sql in HARM {
            assert!(ask(sql).is_err(), "{sql}");
        }
        assert_eq!(ask("SELECT sum(value) FROM returns").unwrap().rows, [[Value::from(7)]]);
        assert_eq!(std::fs::read(&snapshot).unwrap(), before);
    }
}
