//! Backing up: a whole copy of the state, compared with it, then the surplus ones removed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::config::settings::Settings;
use crate::pipeline::opening::{Moment, Walk};
use crate::store::backup::{self, Made, Original};
use crate::store::examine;
use crate::store::journal::Happened;

/// A backup, and what was removed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// The new one.
    pub made: Made,
    /// Older ones, beyond those that are kept.
    pub removed: Vec<PathBuf>,
}

/// Copies the state into the configured folder, or into another one, where nothing is ever removed.
///
/// # Errors
/// When the state is in use or damaged, or the copy is not equal to it: then there is no new backup.
pub fn back_up(settings: &Settings, moment: Moment, program: &Path, into: Option<&Path>) -> Result<BackedUp> {
    let walk = Walk::open(settings, moment, program, Box::new(|_| {}))?;
    let mut opened = walk.into_parts();
    let store = opened.store.take().context("the database is closed")?;
    store.checkpoint()?;
    let sums = examine::sums(store.connection())?;
    // A file that the engine has open is not copied: reading it would give up the engine's lock on it.
    store.close()?;
    let original = Original {
        state: &settings.state,
        sums: &sums,
        lines: opened.journal.lines(),
        limits: &settings.limits,
    };
    let made = backup::make(&original, into.unwrap_or(&settings.backup.folder), moment.now)?;
    let name = made.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let detail = json!({
        "path": made.path,
        "files": made.manifest.files,
        "bytes": made.manifest.bytes,
        "linked": made.linked,
        "missing": made.missing,
    });
    opened.journal.append(moment.now, Happened::BackedUp, &name, detail)?;
    let removed = match into {
        None => backup::rotate(&settings.backup.folder, settings.backup.keep)?,
        Some(_) => Vec::new(),
    };
    Ok(BackedUp { made, removed })
}
