//! Opening the database: once in a process, created so that a power cut cannot leave half a file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use duckdb::{AccessMode, Config, Connection};

use crate::config::settings::Limits;
use crate::store::engine_error::{self, Says};
use crate::store::refusal::StoreError;
use crate::store::schema;
use crate::store::shelf::Shelf;

/// The file in the state folder.
pub const FILE_NAME: &str = "quarterdeck.duckdb";

/// The name of a database that is being made.
pub const UNFINISHED: &str = "quarterdeck.duckdb.new";

/// The three headers that every database begins with.
const BYTES_MIN: u64 = 3 * 4096;

// An older shell of an analyst must be able to read the file.
const STORAGE_VERSION: &str = "v1.5.0";

/// The open database. Never open the same file twice in one process: the second loses commits.
pub struct Store {
    connection: Connection,
    pub(crate) shelf: Shelf,
}

impl Store {
    /// Opens the database of the state folder `folder`, made when it is not there.
    ///
    /// # Errors
    /// In use by another process, damaged, written by a newer or older program, or the disk fails.
    pub fn open(folder: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        if !path.exists() {
            Self::fresh(folder, limits)?.put_in_place(folder)?;
        }
        refuse_stump(&path)?;
        if log_of(&path).exists() {
            // Closing a file with a log changes it, also one that is not ours to change.
            Self::open_read_only(folder, limits).and_then(|store| schema::admit(&store.connection))?;
        }
        let store = Self::connect(&path, settings(limits)?)?;
        schema::lay(&store.connection)?;
        Ok(store)
    }

    /// A new database under another name, for [`Store::put_in_place`]: the one that is there is not touched.
    ///
    /// Creation is not crash-safe in the engine: another name, checkpoint, close, rename, then the folder.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn fresh(folder: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let path = folder.join(UNFINISHED);
        for left_over in [&path, &log_of(&path)] {
            match fs::remove_file(left_over) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let doing = format!("cannot remove `{}`", left_over.display());
                    return Err(StoreError::failed(doing, &error));
                }
                _ => {}
            }
        }
        let store = Self::connect(&path, settings(limits)?)?;
        schema::lay(&store.connection)?;
        Ok(store)
    }

    /// Gives the database made by [`Store::fresh`] its name. Whatever had the name before is lost.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_in_place(self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(FILE_NAME);
        let failed =
            |error: std::io::Error| StoreError::failed(format!("cannot create `{}`", path.display()), &error);
        self.checkpoint()?;
        self.close()?;
        // The log of a file that is gone must not be replayed into another one.
        if log_of(&path).exists() {
            fs::remove_file(log_of(&path)).map_err(failed)?;
        }
        fs::rename(folder.join(UNFINISHED), &path).map_err(failed)?;
        File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed)
    }

    /// Closes the database, and says whether that went well.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(self) -> Result<(), StoreError> {
        self.connection.close().map_err(|(_, error)| StoreError::failed("cannot close the database", &error))
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
                &"it is not there; the next `quarterdeck once` makes it",
            ));
        }
        refuse_stump(&path)?;
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
        Ok(Self { connection, shelf: Shelf::default() })
    }
}

/// The write-ahead log of a database.
#[must_use]
pub fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".wal");
    PathBuf::from(name)
}

/// The engine takes an empty file for a new database: that would be a silent loss.
fn refuse_stump(path: &Path) -> Result<(), StoreError> {
    let bytes = fs::metadata(path).map(|found| found.len());
    let bytes = bytes.map_err(|e| StoreError::failed(format!("cannot read `{}`", path.display()), &e))?;
    if bytes >= BYTES_MIN {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.to_owned(), reason: format!("it is {bytes} bytes long") })
}

fn settings(limits: &Limits) -> Result<Config, StoreError> {
    let config = Config::default()
        .with("storage_compatibility_version", STORAGE_VERSION)?
        .max_memory(&format!("{}MiB", limits.database_mebibytes))?;
    bounded(config)
}

/// One thread: our tables are of a size at which two wait for each other more than they help, by the clock
/// too.
fn bounded(config: Config) -> Result<Config, StoreError> {
    Ok(config
        .threads(1)?
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("allow_community_extensions", "false")?)
}

impl StoreError {
    /// Why tables that were laid cannot be read back; damage, when that is what the engine says.
    #[must_use]
    pub fn of_reading(error: &duckdb::Error) -> Self {
        match why(Path::new(FILE_NAME), error) {
            Self::Failed { reason, .. } => Self::failed("cannot read the database", &reason),
            told => told,
        }
    }
}

fn why(path: &Path, error: &duckdb::Error) -> StoreError {
    let reason = error.to_string();
    match engine_error::says(&reason) {
        Says::InUse(process) => StoreError::InUse { path: path.to_owned(), process },
        Says::Newer => StoreError::NewerEngine { path: path.to_owned(), reason },
        Says::Damaged => StoreError::Damaged { path: path.to_owned(), reason },
        Says::Nothing => StoreError::failed(format!("cannot open `{}`", path.display()), &reason),
    }
}
