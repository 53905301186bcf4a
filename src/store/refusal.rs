//! Why the database could not do what was asked.

use std::path::PathBuf;

use thiserror::Error;

/// Why the database could not do what was asked; the caller acts on the variant.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("`{}` is in use by {}; wait until it is done: `quarterdeck status` says what it does",
        path.display(), whom(*process))]
    InUse {
        /// The database.
        path: PathBuf,
        /// Whoever has it, when the engine knows.
        process: Option<u32>,
    },
    /// The file cannot be read as a database.
    #[error("`{}` is damaged: {reason}; `quarterdeck rebuild` keeps it aside and makes it again from the \
        journal, the received files and the messages; it sends nothing",
        path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The file was written by a newer version of this program.
    #[error("the database was written by a newer quarterdeck: its tables have version {found}, this is \
        quarterdeck {}, which knows {ours}; install the newer one again, or restore a backup that was made \
        before it; nothing was changed", env!("CARGO_PKG_VERSION"))]
    Newer {
        /// The version in the file.
        found: i32,
        /// The newest that this program knows.
        ours: i32,
    },
    /// The file was written by a newer version of the engine.
    #[error("`{}` was written by a newer DuckDB than that of quarterdeck {}: {reason}; install the newer \
        quarterdeck again, or restore a backup that was made before it; nothing was changed",
        path.display(), env!("CARGO_PKG_VERSION"))]
    NewerEngine {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The tables are those of an older version of this program: the database is made again.
    #[error(
        "the database has tables of version {found}, and this program writes {ours}; \
        `quarterdeck rebuild` makes it again from the journal, the received files and the messages"
    )]
    Older {
        /// The version in the file.
        found: i32,
        /// The version that this program writes.
        ours: i32,
    },
    /// There is too little room on the disk.
    #[error("`{}` has {} MiB free, and a run needs {} MiB; make room, nothing is lost",
        path.display(), free >> 20, needed >> 20)]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// Free bytes.
        free: u64,
        /// Bytes that are needed.
        needed: u64,
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

fn whom(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |number| format!("process {number}"))
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
        match Self::of_reading(&error) {
            Self::Failed { reason, .. } => Self::failed("cannot ask the database", &reason),
            told => told,
        }
    }
}
