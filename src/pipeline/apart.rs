//! A check that somebody wrote, asked in a worker of its own, on a copy of what the public views need.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::DateTime;
use tempfile::TempDir;

use crate::config::settings::Limits;
use crate::domain::quarter::Quarter;
use crate::store::analysis::{self, CheckAnswer};
use crate::store::check_file::{CheckFile, Variable};
use crate::store::open::Store;
use crate::store::schema;
use crate::store::snapshot;
use crate::store::sql_words;
use crate::worker::WorkerError;
use crate::worker::query::{self, Job, Question, Scalar, Table};

/// A copy for workers, in a folder of its own that is removed with it.
#[derive(Debug)]
pub struct Snapshot {
    folder: TempDir,
}

impl Snapshot {
    /// What `store` holds now of all that `sql` may read, in a new folder inside `folder`.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn inside(folder: &Path, store: &Store, sql: &str) -> Result<Self> {
        Self::of(store, sql, tempfile::tempdir_in(folder).context("cannot make a folder for the worker")?)
    }

    /// What `store` holds now of all that `sql` may read, where temporary files are.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn elsewhere(store: &Store, sql: &str) -> Result<Self> {
        Self::of(store, sql, tempfile::tempdir().context("cannot make a folder for the worker")?)
    }

    fn of(store: &Store, sql: &str, folder: TempDir) -> Result<Self> {
        let it = Self { folder };
        snapshot::write(store.connection(), &it.file(), &sql_words::read_by(sql))?;
        Ok(it)
    }

    /// The tables that `sql` may read, without a row.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn empty(sql: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for the worker")?;
        let it = Self { folder };
        snapshot::write_empty(&it.file(), &sql_words::read_by(sql))?;
        Ok(it)
    }

    /// The database file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("snapshot.duckdb")
    }
}

/// What a check said to one question, or in words why it said nothing.
pub type Said = Result<Vec<CheckAnswer>, String>;

/// Asks a check several questions in one worker; in the order of `questions`.
///
/// # Errors
/// When the worker gave no answer: then to none of them.
pub fn ask(
    program: &Path,
    snapshot: &Snapshot,
    check: &CheckFile,
    questions: &[analysis::Question],
    limits: &Limits,
) -> Result<Vec<Said>, WorkerError> {
    let answers = query::ask(program, &job(snapshot, check, questions, limits), limits)?.answers;
    let read = |(question, answer): (&analysis::Question, query::Answer)| {
        answer.table.and_then(|table| answers_of(&table, check, question.quarter))
    };
    Ok(questions.iter().zip(answers).map(read).collect())
}

/// Makes sure that a check runs on tables without a row and returns the columns of a check.
///
/// # Errors
/// In words: what is refused, what the engine says of the SELECT, or which column is missing.
pub fn prepare(program: &Path, empty: &Snapshot, check: &CheckFile, limits: &Limits) -> Result<(), String> {
    let nowhen = DateTime::UNIX_EPOCH;
    let as_of = nowhen.date_naive();
    let quarter = Quarter::containing(as_of);
    let question = analysis::Question { collection: String::new(), quarter, as_of, known_on: nowhen };
    let said = ask(program, empty, check, &[question], limits).map_err(|error| error.to_string())?;
    said.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
}

fn answers_of(table: &Table, check: &CheckFile, quarter: Quarter) -> Said {
    if table.cut {
        return Err(format!("returns more than {} rows, the limit `result_rows_max`", table.rows.len()));
    }
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    analysis::answers_of(&columns, &table.rows, check, quarter)
}

fn job(snapshot: &Snapshot, check: &CheckFile, questions: &[analysis::Question], limits: &Limits) -> Job {
    let worded = |it: &analysis::Question| {
        let mut variables = analysis::variables(&it.collection, it.quarter, it.as_of, it.known_on);
        variables.extend(check.parameters.iter().cloned());
        let variables = variables.iter().map(|(name, value)| (name.clone(), scalar(value))).collect();
        Question {
            name: check.name.clone(),
            sql: at_its_line(check),
            variables,
            computed: analysis::computed_for(&check.sql),
        }
    };
    Job {
        snapshot: snapshot.file(),
        views: analysis::views_for(&check.sql),
        offered: schema::view_names().into_iter().map(str::to_owned).collect(),
        questions: questions.iter().map(worded).collect(),
        rows_max: limits.result_rows_max,
        seconds: limits.worker_seconds.saturating_sub(2).max(1),
        mebibytes: limits.worker_mebibytes / 4,
    }
}

/// The SELECT on the line on which it stands in its file, so that errors tell the file's lines.
fn at_its_line(check: &CheckFile) -> String {
    format!("{}{}", "\n".repeat(check.lines_before), check.sql)
}

fn scalar(value: &Variable) -> Scalar {
    match value {
        Variable::Text(text) => Scalar::Text(text.clone()),
        Variable::Integer(number) => Scalar::Integer(*number),
        Variable::Real(number) => Scalar::Real(*number),
        Variable::Date(day) => Scalar::Date(*day),
        Variable::Instant(at) => Scalar::Instant(*at),
    }
}
