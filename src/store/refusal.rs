//! Why the database could not do what was asked.

use std::path::PathBuf;

use thiserror::Error;

/// Why the database could not do what was asked; the caller acts on the variant.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("`{}` is in use by another process: {reason}", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The file cannot be read as a database.
    #[error("`{}` is damaged: {reason}; the journal and the received files are the truth: make it again \
        from them",
        path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The file was written by a newer version of this program.
    #[error("the database has schema version {found}, and this program knows {ours}; run a newer program")]
    Newer {
        /// The version in the file.
        found: i32,
        /// The newest that this program knows.
        ours: i32,
    },
    /// Anything else.
    #[error("{doing}: {reason}")]
    Failed {
        /// What was being done.
        doing: String,
        /// What went wrong.
        reason: String,
    },
}

impl StoreError {
    /// A failure while `doing` something.
    #[must_use]
    pub fn failed(doing: impl Into<String>, reason: &impl ToString) -> Self {
        Self::Failed { doing: doing.into(), reason: reason.to_string() }
    }
}

impl From<duckdb::Error> for StoreError {
    fn from(error: duckdb::Error) -> Self {
        Self::failed("cannot ask the database", &error)
    }
}
