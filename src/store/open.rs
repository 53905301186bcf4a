//! Opening the database: once in a process, created so that a power cut cannot leave half a file.

use std::fs::{self, File};
use std::path::Path;

use duckdb::{AccessMode, Config, Connection};

use crate::config::settings::Limits;
use crate::store::refusal::StoreError;
use crate::store::schema;

/// The file in the state folder.
pub const FILE_NAME: &str = "quarterdeck.duckdb";

// An older shell of an analyst must be able to read the file.
const STORAGE_VERSION: &str = "v1.5.0";

/// The open database. Never open the same file twice in one process: the second loses commits.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database of the state folder `folder`, made when it is not there.
    ///
    /// # Errors
    /// In use by another process, damaged, written by a newer program, or the disk fails.
    pub fn open(folder: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        if !path.exists() {
            create(folder, &path, limits)?;
        }
        let store = Self::connect(&path, settings(limits)?)?;
        schema::lay(&store.connection)?;
        Ok(store)
    }

    /// Opens the database to read it only; views are those of the program that wrote it.
    ///
    /// # Errors
    /// Not there, in use by another process, or damaged.
    pub fn open_read_only(folder: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        if !path.exists() {
            return Err(StoreError::failed(
                format!("cannot read `{}`", path.display()),
                &"it is not there; nothing was received yet",
            ));
        }
        Self::connect(&path, settings(limits)?.access_mode(AccessMode::ReadOnly)?)
    }

    /// A database in memory, for tests and for preparing checks.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        let store = Self::connect(Path::new(":memory:"), bounded(Config::default())?)?;
        schema::lay(&store.connection)?;
        Ok(store)
    }

    /// The connection, for the rooms of the store and for reading the public views.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `work` in one transaction: all of it becomes true together, or nothing does.
    ///
    /// # Errors
    /// Those of `work`, after everything was taken back; or when the engine fails.
    pub fn within<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.batch("BEGIN")?;
        match work(&self.connection) {
            Ok(made) => self.batch("COMMIT").map(|()| made).map_err(E::from),
            Err(error) => {
                self.batch("ROLLBACK")?;
                Err(error)
            }
        }
    }

    /// Writes everything to the main file, so that the write-ahead log is empty.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.batch("CHECKPOINT")
    }

    fn batch(&self, statement: &str) -> Result<(), StoreError> {
        self.connection
            .execute_batch(statement)
            .map_err(|error| StoreError::failed(format!("cannot {statement}"), &error))
    }

    fn connect(path: &Path, config: Config) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(path, config).map_err(|error| why(path, &error))?;
        // Without it, an untyped NULL in an analyst's query stops the program.
        connection.execute_batch("SET legacy_disable_null_type = true")?;
        Ok(Self { connection })
    }
}

/// Creation is not crash-safe in the engine: another name, checkpoint, close, rename, then the folder.
fn create(folder: &Path, path: &Path, limits: &Limits) -> Result<(), StoreError> {
    let unfinished = folder.join(format!("{FILE_NAME}.new"));
    let doing = || format!("cannot create `{}`", path.display());
    let failed = |error: std::io::Error| StoreError::failed(doing(), &error);
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(failed)?;
    }
    let log = folder.join(format!("{FILE_NAME}.new.wal"));
    if log.exists() {
        fs::remove_file(&log).map_err(failed)?;
    }
    let store = Store::connect(&unfinished, settings(limits)?)?;
    schema::lay(&store.connection)?;
    store.checkpoint()?;
    store.connection.close().map_err(|(_, error)| StoreError::failed(doing(), &error))?;
    fs::rename(&unfinished, path).map_err(failed)?;
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed)
}

fn settings(limits: &Limits) -> Result<Config, StoreError> {
    let config = Config::default()
        .with("storage_compatibility_version", STORAGE_VERSION)?
        .max_memory(&format!("{}MiB", limits.database_mebibytes))?;
    bounded(config)
}

fn bounded(config: Config) -> Result<Config, StoreError> {
    Ok(config
        .threads(2)?
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("allow_community_extensions", "false")?)
}

/// The engine has no codes: it is told by its words.
fn why(path: &Path, error: &duckdb::Error) -> StoreError {
    let reason = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["Could not set lock", "Conflicting lock", "already open"]) {
        return StoreError::InUse { path: path.to_owned(), reason };
    }
    let damage = ["valid DuckDB database", "hecksum", "orrupt", "erializ", "INTERNAL", "WAL", "truncated"];
    if says(&damage) {
        return StoreError::Damaged { path: path.to_owned(), reason };
    }
    StoreError::failed(format!("cannot open `{}`", path.display()), &reason)
}
