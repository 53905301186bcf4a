//! The configuration in force: the last one that was right, as the runs get it.
//!
//! A run reads what the daemon put here and not the folder, which may be half edited at that moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use thiserror::Error;
use tracing::{error, info};

use crate::config::files::Files;
use crate::config::settings::{AddedCheck, Settings};
use crate::config::{self, Loaded};
use crate::daemon::Daemon;
use crate::store::check_file::CheckFile;
use crate::store::keep;

const FILE: &str = "config-in-force.json";

/// The configuration of the last run by hand, which no daemon's run ever reads.
const LAST_GOOD: &str = "config-last-good.json";

/// The configuration in force, and how the folder looked when it was read.
pub(super) struct InForce {
    pub(super) settings: Settings,
    stamp: Vec<(PathBuf, u64, Option<SystemTime>)>,
}

/// What a daemon of this state folder put in force.
///
/// # Errors
/// When there is nothing, or it is not what was written.
pub fn read(state: &Path) -> Result<Loaded> {
    let text = fs::read_to_string(state.join(FILE)).context("no configuration is in force")?;
    let (files, folder) = Files::from_json(&text).context("the configuration in force cannot be read")?;
    Ok(config::load_texts(&files, &folder, Some(state))?)
}

/// A configuration that was right, as the state has it.
#[derive(Debug)]
pub struct Kept {
    /// What it says.
    pub loaded: Loaded,
    /// Since when.
    pub since: SystemTime,
}

/// The last configuration of this folder that was right: of the daemon, or of a run by hand.
#[must_use]
pub fn last_good(config: &Path, state: &Path) -> Option<Kept> {
    let whole = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let kept = |name: &str| {
        let path = state.join(name);
        let (files, folder) = Files::from_json(&fs::read_to_string(&path).ok()?).ok()?;
        let since = fs::metadata(&path).and_then(|found| found.modified()).ok()?;
        let is_ours = whole(&folder) == whole(config);
        let loaded = is_ours.then(|| config::load_texts(&files, &folder, Some(state)).ok()).flatten()?;
        Some(Kept { loaded, since })
    };
    [FILE, LAST_GOOD].into_iter().filter_map(kept).max_by_key(|kept| kept.since)
}

/// Keeps the configuration of a run by hand, for commands that look at the state while a later one is wrong.
///
/// # Errors
/// When it cannot be written.
pub fn keep_last_good(config: &Path, state: &Path) -> Result<()> {
    let text = Files::read(config).to_json().context("the configuration cannot be written down")?;
    if fs::read_to_string(state.join(LAST_GOOD)).is_ok_and(|before| before == text) {
        return Ok(());
    }
    keep::write_durably(state, LAST_GOOD, text.as_bytes())
        .with_context(|| format!("cannot write `{}`", state.join(LAST_GOOD).display()))
}

impl InForce {
    /// Puts the configuration in force with which the daemon starts.
    pub(super) fn put(daemon: &Daemon, settings: Settings) -> Result<Self> {
        wrong_checks(&settings).map_err(WrongCheck)?;
        let stamp = Files::stamp(&daemon.config);
        write(daemon, &Files::read(&daemon.config))?;
        Ok(Self { settings: Settings { state: daemon.state.clone(), ..settings }, stamp })
    }

    /// Whether a file of the folder was changed since it was read.
    pub(super) fn was_edited(&self, daemon: &Daemon) -> bool {
        Files::stamp(&daemon.config) != self.stamp
    }

    /// Reads the folder again; when it is wrong, what was in force stays so.
    pub(super) fn reread(&mut self, daemon: &Daemon) {
        self.stamp = Files::stamp(&daemon.config);
        let files = Files::read(&daemon.config);
        let fresh = config::load_texts(&files, &daemon.config, Some(&daemon.state));
        match fresh.map_err(|problems| problems.to_string()).and_then(sound) {
            Err(problems) => error!("the configuration is wrong, the one before stays in force:\n{problems}"),
            Ok(fresh) => {
                if let Err(error) = write(daemon, &files) {
                    error!("the configuration stays as it was: {error:#}");
                    return;
                }
                self.settings = Settings { state: daemon.state.clone(), ..fresh.settings };
                info!("the configuration was read again and is in force");
            }
        }
    }

    /// Before a run: takes in what was edited, and writes the file again if it was lost.
    pub(super) fn renew(&mut self, daemon: &Daemon) {
        if self.was_edited(daemon) || read(&daemon.state).is_err() {
            self.reread(daemon);
        }
    }
}

/// An added check cannot be understood.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct WrongCheck(String);

fn sound(loaded: Loaded) -> Result<Loaded, String> {
    wrong_checks(&loaded.settings).map(|()| loaded)
}

/// Whether each added check has a head that is understood; whether it runs is for `check-config` to try.
fn wrong_checks(settings: &Settings) -> Result<(), String> {
    let wrong = |check: &AddedCheck| {
        let words = CheckFile::parse(&check.name, &check.text).err()?;
        Some(format!("{}: {words}", check.path.display()))
    };
    let words: Vec<String> = settings.checks.iter().filter_map(wrong).collect();
    if words.is_empty() { Ok(()) } else { Err(words.join("\n")) }
}

fn write(daemon: &Daemon, files: &Files) -> Result<()> {
    let text = files.to_json().context("the configuration cannot be written down")?;
    keep::write_durably(&daemon.state, FILE, text.as_bytes())
        .with_context(|| format!("cannot write `{}`", daemon.state.join(FILE).display()))
}
