//! Opening the state for one walk, and closing it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use rustix::fs::Mode;
use rustix::process::umask;
use serde_json::json;
use thiserror::Error;

use crate::config::settings::Settings;
use crate::domain::message::Letter;
use crate::pipeline::Step;
use crate::store::configured::{self, Configured};
use crate::store::journal::{Happened, Journal, Line};
use crate::store::mirror;
use crate::store::open::Store;

/// How far a walk is, for a person who watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Sources polled, of so many.
    Polled(usize, usize),
    /// Files read, of so many.
    Read(usize, usize),
    /// Questions asked, of so many.
    Asked(usize, usize),
    /// A letter that was written and queued.
    Written(Box<Letter>),
    /// Messages composed.
    Composed(usize),
    /// Messages posted, of so many.
    Posted(usize, usize),
}

/// When a walk is done: the instant it pretends, and the machine's own.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The instant of the walk.
    pub now: DateTime<Utc>,
    /// The time by which this machine stamps files.
    pub machine: SystemTime,
}

/// The state is in use by another process.
#[derive(Debug, Error)]
#[error(
    "the state folder `{0}` is in use by another quarterdeck; wait until it is done, or see \
        `quarterdeck status`"
)]
pub struct StateInUse(pub PathBuf);

/// One walk: the settings, the instant, the open state.
pub struct Walk<'a> {
    /// The whole configuration; rooms get their own sections.
    pub settings: &'a Settings,
    /// The instant of the walk.
    pub now: DateTime<Utc>,
    /// Its day in the configured zone.
    pub today: NaiveDate,
    /// The machine's own time, by which it stamps files in a drop folder.
    pub machine_now: SystemTime,
    /// This binary, for workers.
    pub program: &'a Path,
    /// The journal.
    pub journal: Journal,
    /// The database.
    pub store: Store,
    /// Whether the last walk died: then each file is journalled before it is read.
    pub careful: bool,
    /// The file that a careful walk was reading when it died.
    pub died_reading: Option<String>,
    watch: Box<dyn FnMut(Progress) + Send + 'a>,
    _lock: File,
}

impl<'a> Walk<'a> {
    /// Locks the state folder, opens journal and database, and lets the database follow the journal.
    ///
    /// # Errors
    /// [`StateInUse`] when another process has it; damage is an error with the command to run.
    pub fn open(
        settings: &'a Settings,
        moment: Moment,
        program: &'a Path,
        watch: Box<dyn FnMut(Progress) + Send + 'a>,
    ) -> Result<Self> {
        let lock = lock(&settings.state)?;
        let journal = Journal::open(&settings.state)?;
        let careful = died(&journal);
        let died_reading = died_reading(&journal).filter(|_| careful);
        let store = Store::open(&settings.state, &settings.limits)?;
        mirror::follow(store.connection(), journal.lines())?;
        let now = moment.now;
        let today = now.with_timezone(&settings.zone).date_naive();
        Ok(Self {
            settings,
            now,
            today,
            machine_now: moment.machine,
            program,
            journal,
            store,
            careful,
            died_reading,
            watch,
            _lock: lock,
        })
    }

    /// Begins the transaction in which load, check and compose become true together.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn begin_transaction(&self) -> Result<()> {
        self.store.connection().execute_batch("BEGIN").context("cannot begin a transaction")
    }

    /// Commits what was done, or takes all of it back.
    ///
    /// # Errors
    /// What went wrong inside, or the database's refusal to commit.
    pub fn end_transaction<T>(&self, done: Result<T>) -> Result<T> {
        let statement = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.store.connection().execute_batch(statement);
        let value = done?;
        ended.context("cannot commit what was loaded")?;
        Ok(value)
    }

    /// Tells whoever watches.
    pub fn tell(&mut self, progress: Progress) {
        (self.watch)(progress);
    }

    /// Journals that a walk began.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn begin(&mut self) -> Result<()> {
        let detail = json!({ "version": env!("CARGO_PKG_VERSION") });
        Ok(self.journal.append(self.now, Happened::Began, "all", detail)?)
    }

    /// Journals that the walk reached its end, and lets the database follow.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn finish(&mut self, only: Option<Step>) -> Result<()> {
        let subject = only.map_or("all".to_owned(), |step| format!("{step:?}").to_lowercase());
        self.journal.append(self.now, Happened::Walked, &subject, json!({}))?;
        mirror::follow(self.store.connection(), self.journal.lines())?;
        self.store.checkpoint()?;
        Ok(())
    }

    /// Writes the configuration into its tables, as of today.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn replace_configuration(&self) -> Result<()> {
        let settings = self.settings;
        let from = Configured {
            region: &settings.region,
            authorities: &settings.authorities,
            indicators: &settings.indicators,
            collections: &settings.collections,
            calendar: &settings.calendar,
        };
        configured::replace(self.store.connection(), &from, self.today)
            .context("cannot load the configuration")
    }
}

/// Takes the lock of a state folder.
///
/// # Errors
/// [`StateInUse`] when another process has it.
pub fn lock(state: &Path) -> Result<File> {
    // What concerns vulnerable children is for this user alone, wherever we were started.
    umask(Mode::from_raw_mode(0o077));
    fs::create_dir_all(state)
        .with_context(|| format!("cannot create the state folder `{}`", state.display()))?;
    let path = state.join("lock");
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    let file = file.with_context(|| format!("cannot open `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateInUse(state.to_owned()).into()),
        Err(TryLockError::Error(cause)) => Err(cause).context("cannot lock the state folder"),
    }
}

/// The file whose reading was the last thing of the last run that we know of.
fn died_reading(journal: &Journal) -> Option<String> {
    let last = journal
        .lines()
        .iter()
        .rev()
        .find(|line| matches!(line.event, Happened::Began | Happened::Walked | Happened::Doing));
    last.filter(|line| line.event == Happened::Doing)?.subject.strip_prefix("read ").map(str::to_owned)
}

fn died(journal: &Journal) -> bool {
    let ends = |line: &&Line| matches!(line.event, Happened::Began | Happened::Walked | Happened::Failed);
    let last = journal.lines().iter().rev().find(ends);
    last.is_some_and(|line| line.event == Happened::Began)
}
