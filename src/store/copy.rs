//! A copy of all that the views stand on, for many questions in a row.
//!
//! Until a transaction ends the engine keeps the memory of every temporary table that was made in it, also of
//! those that were dropped: after the questions of forty quarters that is gigabytes. A copy is asked outside
//! of it.

use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::config::settings::Limits;
use crate::store::open::{FILE_NAME, Store};
use crate::store::{schema, snapshot, sql_words};

/// A database of its own, in a folder that is removed with it.
pub struct Copy {
    // Closed before its folder goes.
    store: Store,
    _folder: TempDir,
}

impl Copy {
    /// What `store` holds now, also what its transaction has not committed, in a new folder inside `folder`.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn inside(folder: &Path, store: &Store, limits: &Limits) -> Result<Self> {
        let folder = tempfile::tempdir_in(folder).context("cannot make a folder for a copy")?;
        let every_view = schema::view_names().join(" ");
        let file = folder.path().join(FILE_NAME);
        snapshot::write(store.connection(), &file, &sql_words::read_by(&every_view))?;
        let store = Store::open(folder.path(), limits).context("cannot open the copy")?;
        schema::fix_parameters(store.connection()).context("cannot prepare the copy")?;
        Ok(Self { store, _folder: folder })
    }

    /// The copy.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}
