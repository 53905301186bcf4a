//! Opening the state for one walk, and closing it.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rustix::fs::Mode;
use rustix::process::umask;
use serde_json::json;
use thiserror::Error;

use crate::config::jobs;
use crate::config::settings::Settings;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::Letter;
use crate::pipeline::Step;
use crate::pipeline::daring::{self, Daring, Death};
use crate::pipeline::stopping::Stop;
use crate::store::configured::{self, Configured};
use crate::store::journal::{Happened, Journal};
use crate::store::mirror;
use crate::store::open::Store;
use crate::store::schedules;

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
    "the state folder `{}` is in use by another quarterdeck{holder}; wait until it is done, or see `quarterdeck \
        status`",
    state.display()
)]
pub struct StateInUse {
    state: PathBuf,
    holder: String,
}

impl StateInUse {
    /// In use by whoever wrote its number into the lock file `name`.
    #[must_use]
    pub fn of(state: &Path, name: &str) -> Self {
        let number =
            fs::read_to_string(state.join(name)).ok().and_then(|text| text.trim().parse::<u32>().ok());
        let holder = number.map_or_else(String::new, |number| format!(" (process {number})"));
        Self { state: state.to_owned(), holder }
    }
}

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
    /// Whether this run was told to stop.
    pub stop: Stop,
    /// What the operator must hear of, known before the first step.
    pub troubles: Vec<Trouble>,
    /// How the last run ended, and what was set aside.
    daring: Daring,
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
        let daring = daring::look_back(journal.lines());
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
            stop: Stop::never(),
            troubles: Vec::new(),
            daring,
            watch,
            _lock: lock,
        })
    }

    /// Whether the last run died: then each thing is journalled before it is done.
    #[must_use]
    pub fn is_careful(&self) -> bool {
        self.daring.death.is_some()
    }

    /// Between two steps: whether the next one may be done, which it may not when it was set aside.
    ///
    /// # Errors
    /// [`Stopped`](crate::pipeline::stopping::Stopped) when the run was told to stop.
    pub fn may_do(&self, subject: &str) -> Result<bool> {
        self.stop.check()?;
        Ok(!self.daring.aside.contains(subject))
    }

    /// Journals what a careful run is about to do; others keep no such record.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn is_doing(&mut self, subject: &str, words: &str) -> Result<()> {
        if !self.is_careful() {
            return Ok(());
        }
        Ok(self.journal.append(self.now, Happened::Doing, subject, json!({ "words": words }))?)
    }

    /// Journals what several runs died of as set aside; how the last one died becomes a trouble.
    fn set_aside_what_killed(&mut self) -> Result<()> {
        let Some(death) = self.daring.death.clone() else { return Ok(()) };
        if let Some(culprit) = &death.culprit {
            let detail = json!({ "words": death.doing });
            self.journal.append(self.now, Happened::SetAside, culprit, detail)?;
            self.daring.aside.insert(culprit.clone());
        }
        self.troubles.push(trouble(&death, self.settings.zone));
        Ok(())
    }

    /// What was set aside, as `--again` takes it.
    pub fn aside(&self) -> impl Iterator<Item = &str> {
        self.daring.aside.iter().map(String::as_str)
    }

    /// Journals that something which was set aside may be tried again; false when nothing like it was.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn try_again(&mut self, subject: &str) -> Result<bool> {
        let was_aside = self.daring.aside.remove(subject);
        if was_aside {
            self.journal.append(self.now, Happened::Released, subject, json!({}))?;
        }
        Ok(was_aside)
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

    /// Journals the schedules that changed, what the last run died of, and that a walk began.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn begin(&mut self) -> Result<()> {
        self.set_aside_what_killed()?;
        note_schedules(&mut self.journal, self.settings, self.now)?;
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

/// Journals each schedule that came into force, changed or went since the journal was written last.
///
/// From `now` on it is in force, and not before: what the old one missed is judged by the old one.
///
/// # Errors
/// When the journal cannot be written.
pub fn note_schedules(journal: &mut Journal, settings: &Settings, now: DateTime<Utc>) -> Result<()> {
    let changes = schedules::changes(journal.lines(), &jobs::jobs(settings), now);
    Ok(journal.append_all(now, Happened::Scheduled, changes)?)
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
    let mut file = file.with_context(|| format!("cannot open `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StateInUse::of(state, "lock").into()),
        Err(TryLockError::Error(cause)) => return Err(cause).context("cannot lock the state folder"),
    }
    // Who has it, for whoever finds it taken. A full disk must not keep a run from telling that it is full.
    if let Err(cause) = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())) {
        tracing::warn!(%cause, "cannot write `{}`", path.display());
    }
    Ok(file)
}

fn trouble(death: &Death, zone: Tz) -> Trouble {
    let began = death.began.at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    let doing = match &death.doing {
        Some(doing) => format!("it was {doing}"),
        None => format!("the last it journalled was `{}`", death.last.word()),
    };
    let (what, next) = match &death.culprit {
        Some(subject) => (
            format!("it died; {doing}, as others before it, so that is set aside and not tried again"),
            format!("see the log; then `quarterdeck once --again \"{subject}\"`, or leave it aside"),
        ),
        None => (
            format!("it died; {doing}"),
            "nothing: what it had not done is done now, and each step is journalled".to_owned(),
        ),
    };
    Trouble { room: Room::Run, what, place: format!("the run that began on {began}"), next }
}
