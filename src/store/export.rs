//! An export: the public views as Parquet, and all that it takes to ask the checks without this program.
//!
//! It is written beside the folder that is wanted, and gets that name when it is whole. It holds every
//! figure: nothing is withheld in it.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::Connection;
use serde::Serialize;
use tempfile::TempDir;

use crate::store::analysis::{self, Question};
use crate::store::check_file::{CheckFile, Variable};
use crate::store::keep;
use crate::store::open::Store;
use crate::store::refusal::StoreError;
use crate::store::schema;
use crate::store::snapshot;

/// The file that says that an export is whole: the last that is written.
pub const MANIFEST: &str = "export.json";

/// How the name of an export ends that is being written.
pub const UNFINISHED: &str = ".new";

/// What Hive, Spark and DuckDB call the partition of rows that have no indicator.
const NO_INDICATOR: &str = "indicator=__HIVE_DEFAULT_PARTITION__";

/// What an export says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub quarterdeck: String,
    /// When, by the clock the command was given.
    pub made_at: DateTime<Utc>,
    /// What was asked of each collection.
    pub collections: BTreeMap<String, Asked>,
    /// How large each view is.
    pub views: BTreeMap<String, Size>,
    /// How many rows each table has.
    pub tables: BTreeMap<String, u64>,
    /// The checks that are asked.
    pub checks: BTreeMap<String, Ceiling>,
}

/// As of when the views show a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The running number of the quarter.
    pub quarter: i32,
    /// The quarter as people write it.
    pub quarter_label: String,
    /// The day of the question.
    pub as_of: NaiveDate,
    /// What was received later is not there.
    pub known_on: DateTime<Utc>,
}

/// How large an exported view is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Its rows, of all collections.
    pub rows: u64,
    /// Its files.
    pub files: usize,
}

/// What lowers the level of a check's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ceiling {
    /// The highest level: 0 information, 1 low, 2 medium, 3 high. A higher one in an answer is lowered to it.
    pub level_max: u8,
}

/// Writes what the views show to `questions`, one of each collection, into the folder `into`, which is new or
/// empty.
///
/// # Errors
/// When a view cannot be computed or a file cannot be written: then there is no export.
pub fn write(
    store: &Store,
    questions: &[Question],
    checks: &[CheckFile],
    made_at: DateTime<Utc>,
    into: &Path,
) -> Result<Manifest> {
    let unfinished = beside(into)?;
    let folder = unfinished.path();
    let writing = Writing { connection: store.connection(), folder };
    let mut manifest =
        Manifest { quarterdeck: env!("CARGO_PKG_VERSION").to_owned(), made_at, ..Manifest::default() };
    for table in snapshot::TABLES {
        manifest.tables.insert(table.to_owned(), writing.table(table)?);
    }
    manifest.views = views(store, questions, &writing)?;
    for question in questions {
        manifest.collections.insert(question.collection.clone(), asked(question));
    }
    for check in checks {
        manifest.checks.insert(check.name.clone(), Ceiling { level_max: check.severity });
    }
    writing.statements(questions, checks)?;
    seal(folder)?;
    keep::write_durably(folder, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    fs::rename(folder, into)
        .with_context(|| format!("cannot give the export its name `{}`", into.display()))?;
    keep::sync_folder(parent(into))?;
    Ok(manifest)
}

/// A folder for this user alone, which goes away again when anything fails.
fn beside(into: &Path) -> Result<TempDir> {
    let name = into.file_name().with_context(|| format!("`{}` is no name of a folder", into.display()))?;
    let mut builder = tempfile::Builder::new();
    let prefix = format!("{}.", name.to_string_lossy());
    let made = builder.prefix(&prefix).suffix(UNFINISHED).permissions(Permissions::from_mode(0o700));
    let parent = parent(into);
    made.tempdir_in(parent).with_context(|| format!("cannot make a folder in `{}`", parent.display()))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn asked(question: &Question) -> Asked {
    Asked {
        quarter: question.quarter.index(),
        quarter_label: question.quarter.to_string(),
        as_of: question.as_of,
        known_on: question.known_on,
    }
}

fn views(store: &Store, questions: &[Question], writing: &Writing<'_>) -> Result<BTreeMap<String, Size>> {
    let names = schema::view_names();
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    for question in questions {
        let every = |_: &Connection| Ok(writing.views(&names, &question.collection));
        for (view, rows, files) in store.frozen(question, &names.join("\n"), every)?? {
            let size = sizes.entry(view).or_default();
            (size.rows, size.files) = (size.rows + rows, size.files + files);
        }
    }
    Ok(sizes)
}

/// How a view is parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Whole,
    ByCollection,
    ByIndicator,
}

struct Writing<'a> {
    connection: &'a Connection,
    folder: &'a Path,
}

impl Writing<'_> {
    fn table(&self, table: &str) -> Result<u64> {
        let to = self.folder("tables")?.join(format!("{table}.parquet"));
        Ok(self.copy(&format!("FROM {table}"), &to, "")?)
    }

    fn shape(&self, view: &str) -> Result<Shape> {
        let sql = format!("SELECT column_name FROM (DESCRIBE {view})");
        let mut statement = self.connection.prepare(&sql)?;
        let names = statement.query_map([], |row| row.get(0))?;
        let columns: Vec<String> = names.collect::<duckdb::Result<_>>()?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        Ok(match (has("collection"), has("indicator")) {
            (true, true) => Shape::ByIndicator,
            (true, false) => Shape::ByCollection,
            (false, _) => Shape::Whole,
        })
    }

    /// Writes what views show of a collection; of each its rows and files.
    fn views(&self, names: &[&str], collection: &str) -> Result<Vec<(String, u64, usize)>> {
        let write = |view: &&str| {
            let (rows, files) = self.view(view, collection)?;
            Ok(((*view).to_owned(), rows, files))
        };
        names.iter().map(write).collect()
    }

    fn view(&self, view: &str, collection: &str) -> Result<(u64, usize)> {
        let folder = self.folder(&format!("views/{view}"))?;
        let shape = self.shape(view)?;
        if shape == Shape::Whole {
            let file = folder.join("all.parquet");
            // It shows the same beside every collection.
            let is_there = file.exists();
            return if is_there {
                Ok((0, 0))
            } else {
                Ok((self.copy(&format!("FROM {view}"), &file, "")?, 1))
            };
        }
        let of =
            format!("FROM {view} WHERE collection = {}", Variable::Text(collection.to_owned()).literal());
        let folder = folder.join(format!("collection={collection}"));
        if shape == Shape::ByCollection {
            fs::create_dir(&folder)?;
            return Ok((self.copy(&of, &folder.join("all.parquet"), "")?, 1));
        }
        // The columns stay in the files, so that a SELECT finds them without knowing of folders.
        let parted = ", PARTITION_BY (indicator), WRITE_PARTITION_COLUMNS true";
        let rows = self.copy(&of, &folder, parted)?;
        if rows == 0 {
            // The columns of a view are to be seen where it has no row.
            let none = folder.join(NO_INDICATOR);
            fs::create_dir_all(&none)?;
            self.copy(&format!("{of} LIMIT 0"), &none.join("none.parquet"), "")?;
        }
        Ok((rows, files(&folder)?.len()))
    }

    fn copy(&self, rows: &str, to: &Path, more: &str) -> Result<u64, StoreError> {
        let to = Variable::Text(to.display().to_string()).literal();
        let sql = format!("COPY ({rows}) TO {to} (FORMAT parquet, COMPRESSION zstd{more})");
        self.connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| StoreError::failed(format!("cannot export `{rows}`"), &error))
    }

    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(folder)
    }

    /// The statements that make tables, macros and views, that set a question, and that ask a check.
    fn statements(&self, questions: &[Question], checks: &[CheckFile]) -> Result<()> {
        let table = |name| format!("CREATE VIEW {name} AS FROM read_parquet('tables/{name}.parquet');\n");
        fs::write(self.folder.join("tables.sql"), snapshot::TABLES.map(table).concat())?;
        let chosen = schema::fixed_parameters(self.connection)?;
        let macros = schema::macros().into_iter().map(str::to_owned).chain(chosen);
        let made = macros.chain(schema::VIEWS.iter().map(|view| view.statement.to_owned()));
        fs::write(self.folder.join("statements.sql"), made.collect::<Vec<_>>().join("\n"))?;
        for it in questions {
            let variables = analysis::variables(&it.collection, it.quarter, it.as_of, it.known_on);
            let path = self.folder("questions")?.join(format!("{}.sql", it.collection));
            fs::write(path, set(&variables))?;
        }
        for check in checks {
            let path = self.folder("checks")?.join(format!("{}.sql", check.name));
            fs::write(path, format!("-- {}\n{}{};\n", check.asks, set(&check.parameters), check.sql))?;
        }
        Ok(())
    }
}

fn set(variables: &[(String, Variable)]) -> String {
    let set = |(name, value): &(String, Variable)| format!("SET VARIABLE {name} = {};\n", value.literal());
    variables.iter().map(set).collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// Makes everything below a folder durable, and this user's alone.
fn seal(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            seal(&path)?;
        } else {
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            File::open(&path)?.sync_all()?;
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    Ok(keep::sync_folder(folder)?)
}
