//! Opening the state for one walk, and closing it.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use rustix::fs::Mode;
use rustix::process::umask;
use serde_json::{Value, json};
use thiserror::Error;

use crate::config::jobs;
use crate::config::settings::Settings;
use crate::domain::letter::notice::Trouble;
use crate::domain::message::Letter;
use crate::pipeline::Step;
use crate::pipeline::daring::{self, Daring};
use crate::pipeline::rebuilding::{self, By, Loss, Remaking};
use crate::pipeline::spending::{On, Spending};
use crate::pipeline::stopping::Stop;
use crate::store::configured::{self, Configured};
use crate::store::decided;
use crate::store::journal::{Happened, Journal};
use crate::store::mirror;
use crate::store::open::Store;
use crate::store::schedules;
use crate::store::schema::SCHEMA_VERSION;

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
    "the state folder `{}` is in use by another quarterdeck{holder}; wait until it is done, or see \
        `quarterdeck status`",
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

/// A newer program wrote the state; nothing in it was changed.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotOurs(pub String);

/// What is configured as the state folder cannot be one.
#[derive(Debug, Error)]
#[error("the state folder `{}` {what}", path.display())]
pub struct Unfit {
    /// The path.
    pub path: PathBuf,
    /// What it is, and what to do.
    pub what: String,
}

/// A state that is locked and open.
pub struct Opened {
    /// Keeps every other quarterdeck out.
    pub lock: File,
    /// The journal.
    pub journal: Journal,
    /// The database, while it is open.
    pub store: Option<Store>,
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
    /// The clock, where it goes on during the walk; none when the instant is a pretended one.
    pub ticking: Option<fn() -> DateTime<Utc>>,
    /// What the operator must hear of, known before the first step.
    pub troubles: Vec<Trouble>,
    /// How the last run ended, and what was set aside.
    pub(super) daring: Daring,
    /// Where its time goes.
    pub(super) spending: Spending,
    watch: Box<dyn FnMut(Progress) + Send + 'a>,
    lock: File,
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
        Self::with_lock(settings, moment, program, watch, lock)
    }

    /// As [`Walk::open`], for whoever has the lock already.
    ///
    /// # Errors
    /// As [`Walk::open`].
    pub fn with_lock(
        settings: &'a Settings,
        moment: Moment,
        program: &'a Path,
        watch: Box<dyn FnMut(Progress) + Send + 'a>,
        lock: File,
    ) -> Result<Self> {
        let journal = Journal::open(&settings.state)?;
        let (by, loss) = (By::Program, Loss::Refused);
        let remaking = Remaking { settings, moment, program, why: "", by, loss };
        let opened = rebuilding::ready(remaking, lock, journal)?;
        Self::upon(settings, moment, program, watch, opened)
    }

    /// A walk upon a state that is open.
    ///
    /// # Errors
    /// When its database is closed.
    pub fn upon(
        settings: &'a Settings,
        moment: Moment,
        program: &'a Path,
        watch: Box<dyn FnMut(Progress) + Send + 'a>,
        opened: Opened,
    ) -> Result<Self> {
        let Opened { lock, journal, store } = opened;
        let store = store.context("the database is closed")?;
        let daring = daring::look_back(journal.lines());
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
            ticking: None,
            troubles: Vec::new(),
            daring,
            spending: Spending::begin(),
            watch,
            lock,
        })
    }

    /// The state alone, still locked.
    #[must_use]
    pub fn into_parts(self) -> Opened {
        Opened { lock: self.lock, journal: self.journal, store: Some(self.store) }
    }

    /// What a line says that begins a run: which program wrote here, and its tables.
    #[must_use]
    pub fn version() -> Value {
        json!({ "version": env!("CARGO_PKG_VERSION"), "schema": SCHEMA_VERSION })
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
        let forgotten = self.store.share_no_more();
        let value = done?;
        ended.context("cannot commit what was loaded")?;
        forgotten?;
        Ok(value)
    }

    /// Tells whoever watches.
    pub fn tell(&mut self, progress: Progress) {
        (self.watch)(progress);
    }

    /// The instant of what happens now: the machine's own where it goes on, else the walk's.
    ///
    /// What is composed, and what is known when, is of [`now`](Self::now); what is done to a message, or
    /// goes wrong, bears the time at which it did.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        at(self.now, self.ticking)
    }

    /// Journals the schedules that changed, what the last run died of, and that this began: a step, `all` of
    /// them, or what a person does.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn begin(&mut self, what: &str) -> Result<()> {
        note_schedules(&mut self.journal, self.settings, self.now)?;
        self.begin_as(what)
    }

    /// Journals what the last run died of, and that something else than a walk began.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn begin_as(&mut self, subject: &str) -> Result<()> {
        self.set_aside_what_killed()?;
        Ok(self.journal.append(self.now, Happened::Began, subject, Self::version())?)
    }

    /// Journals that the walk reached its end, and lets the database follow.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn finish(&mut self, only: Option<Step>) -> Result<()> {
        self.journal.append(self.now, Happened::Walked, &named(only), json!({}))?;
        mirror::follow(self.store.connection(), self.journal.lines())?;
        self.store.checkpoint()?;
        self.spending.was_on(On::Commit);
        tracing::debug!("this run spent {}", self.spending);
        Ok(())
    }

    /// The day of the first line that was ever journalled.
    fn began(&self) -> NaiveDate {
        let first = self.journal.lines().first().map_or(self.now, |line| line.at);
        first.with_timezone(&self.settings.zone).date_naive()
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
            analysis: &settings.analysis,
            calendar: &settings.calendar,
            began: self.began(),
        };
        let connection = self.store.connection();
        configured::replace(connection, &from, self.today).context("cannot load the configuration")?;
        decided::replace(connection, self.journal.lines()).context("cannot load what was decided")
    }
}

/// A step's name in the journal; `all` for a whole walk.
#[must_use]
pub fn named(only: Option<Step>) -> String {
    only.map_or("all".to_owned(), |step| format!("{step:?}").to_lowercase())
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

/// The time of a deed in a run of `now`: by a clock that ticks, never before the run; without one, the run's.
#[must_use]
pub fn at(now: DateTime<Utc>, ticking: Option<fn() -> DateTime<Utc>>) -> DateTime<Utc> {
    ticking.map_or(now, |clock| clock().max(now))
}

/// Takes the lock of a state folder.
///
/// # Errors
/// [`StateInUse`] when another process has it; [`Unfit`] when it is no folder of this machine.
pub fn lock(state: &Path) -> Result<File> {
    fitting(state)?;
    // What concerns vulnerable children is for this user alone, wherever we were started.
    umask(Mode::from_raw_mode(0o077));
    fs::create_dir_all(state)
        .with_context(|| format!("cannot create the state folder `{}`", state.display()))?;
    local(state)?;
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

/// A folder, or nothing yet: what is reached through a link can be moved from under us.
fn fitting(state: &Path) -> Result<(), Unfit> {
    let unfit = |what: String| Err(Unfit { path: state.to_owned(), what });
    match fs::symlink_metadata(state) {
        Ok(found) if found.is_symlink() => {
            let to = fs::read_link(state).unwrap_or_default();
            unfit(format!("is a symbolic link to `{}`; name that folder itself as `state`", to.display()))
        }
        Ok(found) if !found.is_dir() => unfit("is not a folder; name another one as `state`".to_owned()),
        _ => Ok(()),
    }
}

/// Locks and syncs of network disks are not what they say.
fn local(state: &Path) -> Result<()> {
    const NETWORK_DISKS: [(u64, &str); 5] =
        [(0x6969, "NFS"), (0x517B, "SMB"), (0xFE53_4D42, "SMB"), (0xFF53_4D42, "CIFS"), (0x5346_414F, "AFS")];
    let found = rustix::fs::statfs(state)
        .with_context(|| format!("cannot ask on which disk `{}` is", state.display()))?;
    let kind = u64::try_from(found.f_type).unwrap_or_default() & 0xFFFF_FFFF;
    if let Some((_, name)) = NETWORK_DISKS.iter().find(|(number, _)| *number == kind) {
        let what =
            format!("is on a network disk ({name}), where locks cannot be relied on; put it on a local one");
        return Err(Unfit { path: state.to_owned(), what }.into());
    }
    Ok(())
}
