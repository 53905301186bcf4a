//! The daemon: wakes on the schedule, asks the pure rule what is due, and runs it as a child.
//!
//! It never opens the database. `tokio-cron-scheduler` wakes it once a minute, in UTC; whether anything is
//! due is
//! decided by [`crate::domain::due`] from the settings, the calendar and the journal.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler};
use tracing::{error, info, warn};

use crate::clock;
use crate::config;
use crate::config::settings::Settings;
use crate::domain::due::{self, CatchUp, CronPattern, Span};
use crate::pipeline::opening::StateInUse;
use crate::store::journal::{Happened, Journal, Line};

/// Every minute, in UTC: what is due is decided elsewhere.
const EVERY_MINUTE: &str = "0 * * * * *";

/// What the daemon needs to start children and to reload.
#[derive(Clone, Debug)]
pub struct Daemon {
    /// This binary.
    pub program: PathBuf,
    /// The configuration folder, read again on SIGHUP.
    pub config: PathBuf,
    /// The state folder.
    pub state: PathBuf,
}

/// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
///
/// # Errors
/// When another daemon has the state folder, or signals or the scheduler cannot be set up.
pub async fn run(daemon: &Daemon, mut settings: Settings) -> Result<()> {
    let _lock = lock(daemon)?;
    let (sender, mut ticks) = mpsc::channel::<()>(1);
    let mut scheduler = waker(sender).await?;
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut reload = signal(SignalKind::hangup())?;
    let mut memory = Memory::default();
    notify(sd_notify::NotifyState::Ready);
    info!(state = %daemon.state.display(), "watching");
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            _ = reload.recv() => reread(daemon, &mut settings),
            Some(()) = ticks.recv() => {
                let now = clock::now();
                if is_due(&settings, memory.last(&daemon.state), now) {
                    match walk(daemon, &settings, &mut stop).await? {
                        Ended::Stop => break,
                        Ended::InUse => {}
                        Ended::Tried => memory.tried = Some(now),
                    }
                }
            }
        }
    }
    notify(sd_notify::NotifyState::Stopping);
    scheduler.shutdown().await.context("cannot stop the scheduler")?;
    info!("stopped");
    Ok(())
}

fn lock(daemon: &Daemon) -> Result<std::fs::File> {
    std::fs::create_dir_all(&daemon.state)
        .with_context(|| format!("cannot create the state folder `{}`", daemon.state.display()))?;
    let file =
        std::fs::File::create(daemon.state.join("daemon.lock")).context("cannot open the daemon's lock")?;
    file.try_lock().map_err(|_| StateInUse(daemon.state.clone()))?;
    Ok(file)
}

async fn waker(sender: mpsc::Sender<()>) -> Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.context("cannot make the scheduler")?;
    let job = Job::new_async(EVERY_MINUTE, move |_, _| {
        let sender = sender.clone();
        // A tick that finds the last one still waiting is not needed.
        Box::pin(async move { sender.try_send(()).unwrap_or_default() })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await.context("cannot start the scheduler")?;
    Ok(scheduler)
}

fn notify(state: sd_notify::NotifyState<'_>) {
    if let Err(cause) = sd_notify::notify(&[state]) {
        warn!(%cause, "cannot tell systemd");
    }
}

fn reread(daemon: &Daemon, settings: &mut Settings) {
    match config::load_in(&daemon.config, Some(&daemon.state)) {
        Ok(fresh) => {
            *settings = Settings { state: daemon.state.clone(), ..fresh.settings };
            info!("configuration read again");
        }
        Err(problems) => error!("the configuration is wrong, the old one stays: {problems}"),
    }
}

/// When the last walk was, as far as the daemon knows, without reading an unchanged journal again.
#[derive(Debug, Default)]
struct Memory {
    journal: Option<(u64, SystemTime)>,
    walked: Option<DateTime<Utc>>,
    tried: Option<DateTime<Utc>>,
}

impl Memory {
    /// The last walk that reached its end, or that we tried: a run that fails waits for its next turn.
    fn last(&mut self, state: &Path) -> Option<DateTime<Utc>> {
        let stamp = std::fs::metadata(state.join("journal.jsonl")).ok();
        let stamp = stamp.and_then(|found| Some((found.len(), found.modified().ok()?)));
        if stamp.is_none() || stamp != self.journal {
            // A journal that cannot be read is the child's to report.
            let lines = Journal::read(state).unwrap_or_default();
            let whole = |line: &&Line| line.event == Happened::Walked && line.subject == "all";
            self.walked = lines.iter().rev().find(whole).map(|line| line.at);
            self.journal = stamp;
        }
        self.walked.max(self.tried)
    }
}

/// Whether anything has fallen due since the last walk: polling, a digest, or the hour of reminders.
fn is_due(settings: &Settings, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let Some(after) = last else { return true };
    let span = Span { after, until: now };
    let calendar = &settings.calendar;
    let occurs = |cron: &str| {
        CronPattern::parse(cron).is_ok_and(|it| !due::occurrences(&it, settings.zone, span).is_empty())
    };
    let digest = |cron: &str| {
        CronPattern::parse(cron).is_ok_and(|it| {
            !due::digest_occurrences(&it, settings.zone, span, calendar, CatchUp::Latest).is_empty()
        })
    };
    let remind = format!("0 {} * * *", settings.schedule.remind_from_hour);
    occurs(&settings.schedule.collect)
        || settings.digests.iter().any(|plan| digest(&plan.cron))
        || digest(&remind)
}

/// How a child ended, as far as the daemon goes on from it.
enum Ended {
    /// It was tried, whatever came of it.
    Tried,
    /// The state was in use: the next minute tries again.
    InUse,
    /// The daemon was told to stop meanwhile.
    Stop,
}

/// Runs `once` as a child under the time limit.
async fn walk(daemon: &Daemon, settings: &Settings, stop: &mut Signal) -> Result<Ended> {
    let mut child = Command::new(&daemon.program)
        .arg("--config")
        .arg(&daemon.config)
        .arg("--state")
        .arg(&daemon.state)
        .arg("once")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start a run")?;
    let limit = Duration::from_secs(settings.limits.run_seconds);
    tokio::select! {
        ended = tokio::time::timeout(limit, child.wait()) => {
            if let Ok(status) = ended {
                let status = status?;
                report(status);
                if status.code() == Some(3) {
                    return Ok(Ended::InUse);
                }
            } else {
                error!(limit_seconds = settings.limits.run_seconds, "a run took too long and was ended");
                child.kill().await.context("cannot end a run")?;
            }
            Ok(Ended::Tried)
        }
        _ = stop.recv() => {
            finish(&mut child).await?;
            Ok(Ended::Stop)
        }
    }
}

/// A run in hand may finish its step; what it did not do is in the journal.
async fn finish(child: &mut Child) -> Result<()> {
    const GRACE: Duration = Duration::from_mins(1);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        warn!("a run did not end in time and was ended; the next one goes on where it was");
        child.kill().await.context("cannot end a run")?;
    }
    Ok(())
}

fn report(status: ExitStatus) {
    match status.code() {
        Some(0) => info!("run done"),
        Some(1) => warn!("run done, some returns or messages failed"),
        Some(3) => info!("the state was in use; the next minute tries again"),
        Some(code) => error!(code, "run failed"),
        None => error!(%status, "run died; the next one sets aside what it was doing"),
    }
}
