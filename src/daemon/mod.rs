//! The daemon: wakes on the schedule, asks the pure rule what is due, and has a child do it.
//!
//! It never opens the database and never writes the journal: it sleeps small, and whatever kills a run does
//! not kill it. `tokio-cron-scheduler` only wakes it; whether anything is due is decided by
//! [`crate::domain::due`] from the settings, the calendar and the journal.

mod agenda;
mod child;
mod clocks;
mod in_force;
mod lock;
mod memory;
mod patience;
mod systemd;

use std::path::PathBuf;
use std::process::ExitStatus;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler};
use tracing::level_filters::LevelFilter;
use tracing::{error, info, warn};

use crate::clock;
use crate::config::settings::Settings;
use crate::daemon::agenda::Agenda;
use crate::daemon::child::{Ended, Errand, Moved, Running, moved};
use crate::daemon::clocks::Clocks;
use crate::daemon::in_force::InForce;
use crate::daemon::lock::Lock;
use crate::daemon::patience::Patience;

pub use crate::daemon::in_force::{Kept, WrongCheck, keep_last_good, last_good, read as in_force};

/// Four times a minute, in UTC: what is due is decided elsewhere, and a watchdog of a minute is fed in time.
const EVERY_QUARTER_MINUTE: &str = "*/15 * * * * *";

/// What the daemon needs to start children and to reload.
#[derive(Clone, Debug)]
pub struct Daemon {
    /// This binary.
    pub program: PathBuf,
    /// The configuration folder, read again on SIGHUP and when it was edited.
    pub config: PathBuf,
    /// The state folder.
    pub state: PathBuf,
    /// What the log of each errand tells; none is what is usual.
    pub log: Option<LevelFilter>,
}

/// The state is damaged beyond what repairs itself; the probe has said what to do.
#[derive(Clone, Copy, Debug, Error)]
#[error("the state is damaged, as the probe said above; the daemon ends until that is put right")]
pub struct StateDamaged;

/// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
///
/// # Errors
/// When another daemon has the state folder, the state is damaged, or signals cannot be heard.
pub async fn run(daemon: &Daemon, settings: Settings) -> Result<()> {
    let lock = Lock::take(&daemon.state)?;
    let (sender, mut ticks) = mpsc::channel::<()>(1);
    let mut scheduler = waker(sender).await?;
    let mut told = Told::listen()?;
    let mut watch = Watch::over(daemon, settings, lock)?;
    let mut running: Option<Running> = None;
    watch.agenda.add(Errand::Probe);
    info!(state = %daemon.state.display(), "watching");
    while !(watch.is_stopping && running.is_none()) {
        if running.is_none() {
            running = watch.next();
        }
        tokio::select! {
            what = told.next() => match what {
                Said::Stop => watch.stop(running.as_mut()),
                Said::Reload => watch.reload(),
            },
            Some(()) = ticks.recv() => watch.tick(clock::now(), running.is_some())?,
            what = moved(&mut running) => match what? {
                Moved::Ended(ended) => {
                    running = None;
                    watch.ended(&ended, clock::now())?;
                }
                Moved::Overdue => {}
            },
        }
    }
    systemd::stopping();
    scheduler.shutdown().await.context("cannot stop the scheduler")?;
    info!("stopped");
    Ok(())
}

async fn waker(sender: mpsc::Sender<()>) -> Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.context("cannot make the scheduler")?;
    let job = Job::new_async(EVERY_QUARTER_MINUTE, move |_, _| {
        let sender = sender.clone();
        // A tick that finds the last one still waiting is not needed.
        Box::pin(async move { sender.try_send(()).unwrap_or_default() })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await.context("cannot start the scheduler")?;
    Ok(scheduler)
}

/// The signals.
struct Told {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Told {
    fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Said {
        tokio::select! {
            _ = self.terminate.recv() => Said::Stop,
            _ = self.interrupt.recv() => Said::Stop,
            _ = self.reload.recv() => Said::Reload,
        }
    }
}

/// What a signal says.
enum Said {
    Stop,
    Reload,
}

/// What the daemon knows between two wakings.
struct Watch<'a> {
    daemon: &'a Daemon,
    in_force: InForce,
    lock: Lock,
    agenda: Agenda,
    clocks: Clocks,
    patience: Patience,
    is_ready: bool,
    is_stopping: bool,
}

impl<'a> Watch<'a> {
    fn over(daemon: &'a Daemon, settings: Settings, lock: Lock) -> Result<Self> {
        Ok(Self {
            daemon,
            in_force: InForce::put(daemon, settings)?,
            lock,
            agenda: Agenda::default(),
            clocks: Clocks::new(clock::now(), clock::since_boot(), clock::keeper()),
            patience: Patience::default(),
            is_ready: false,
            is_stopping: false,
        })
    }

    /// Starts the next errand, if there is one.
    fn next(&mut self) -> Option<Running> {
        let errand = self.agenda.next().filter(|_| !self.is_stopping)?;
        if errand == Errand::Run {
            self.in_force.renew(self.daemon);
        }
        match Running::start(self.daemon, errand, &self.in_force.settings.limits) {
            Ok(running) => {
                self.patience.could_start();
                Some(running)
            }
            Err(error) => {
                error!("{error:#}");
                self.patience.could_not_start();
                self.patience.wait(clock::now());
                None
            }
        }
    }

    /// A child may finish its step or give it back; told twice, it is ended.
    fn stop(&mut self, running: Option<&mut Running>) {
        if let Some(running) = running {
            if self.is_stopping { running.end() } else { running.tell_to_stop() }
        }
        self.is_stopping = true;
    }

    fn reload(&mut self) {
        systemd::reloading();
        self.in_force.reread(self.daemon);
        // It journals the schedules that are in force from now on.
        self.agenda.add(Errand::Probe);
        systemd::ready(&self.status(clock::now()));
    }

    /// A quarter of a minute has passed: the proof that this loop and its scheduler work.
    fn tick(&mut self, now: DateTime<Utc>, is_busy: bool) -> Result<()> {
        self.lock.check()?;
        if self.patience.can_start_children() {
            systemd::alive();
        }
        if !self.is_ready {
            systemd::still_starting();
        }
        self.clocks.look(now, clock::since_boot(), clock::keeper());
        if self.in_force.was_edited(self.daemon) {
            self.reload();
        }
        if is_busy || !self.patience.is_over(now) {
            return Ok(());
        }
        if self.agenda.is_probed {
            self.agenda.plan(self.daemon, &self.in_force.settings, &mut self.clocks, now);
        } else {
            self.agenda.add(Errand::Probe);
        }
        Ok(())
    }

    fn ended(&mut self, ended: &Ended, now: DateTime<Utc>) -> Result<()> {
        let Ended { errand, began, status } = ended;
        match errand {
            Errand::Probe => self.probed(*status, now)?,
            Errand::Run => self.ran(*status, *began, now),
            Errand::Backup => match status.code() {
                Some(0) => {
                    info!("a copy of the state was made");
                    self.agenda.backed_up(*began);
                }
                Some(3) => {}
                _ => {
                    error!(%status, "no copy of the state could be made");
                    self.agenda.backed_up(*began);
                }
            },
            Errand::Tell(_) if !status.success() => {
                warn!(%status, "the operator could not be told why nothing is run; it is tried again");
            }
            Errand::Beat | Errand::Tell(_) => {}
        }
        if self.is_ready {
            systemd::status(&self.status(now));
        }
        Ok(())
    }

    fn probed(&mut self, status: ExitStatus, now: DateTime<Utc>) -> Result<()> {
        match status.code() {
            Some(0) => {
                self.agenda.is_probed = true;
                info!("the state is sound");
                self.patience.went_well();
                self.agenda.plan(self.daemon, &self.in_force.settings, &mut self.clocks, now);
            }
            Some(4) => return Err(StateDamaged.into()),
            Some(3) => info!("the state is in use; it is probed again soon"),
            _ => {
                error!(%status, "the state could not be probed; it is tried again");
                self.patience.wait(now);
            }
        }
        if !self.is_ready {
            self.is_ready = true;
            systemd::ready(&self.status(now));
        }
        Ok(())
    }

    fn ran(&mut self, status: ExitStatus, began: DateTime<Utc>, now: DateTime<Utc>) {
        match status.code() {
            Some(3) => info!("the state was in use; it is tried again soon"),
            Some(0 | 1) => {
                self.patience.went_well();
                self.agenda.ran(began);
            }
            code => {
                if code.is_some() {
                    error!(%status, "a run could not be done; it is tried again");
                } else {
                    warn!(%status, "a run died; the next one journals each step and tells of it");
                }
                self.agenda.is_probed = false;
                // Any other run that could not be done has sent its own.
                if matches!(code, None | Some(2)) {
                    self.agenda.add(Errand::Beat);
                }
                self.patience.wait(now);
            }
        }
    }

    fn status(&self, now: DateTime<Utc>) -> String {
        self.agenda.in_words(&self.in_force.settings, now)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use serde_json::json;

    use super::*;
    use crate::clock::Keeper;
    use crate::config;
    use crate::store::journal::{Happened, Journal};

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn daemon(folder: &tempfile::TempDir) -> Daemon {
        let config = folder.path().join("config");
        config::write_shipped(&config).unwrap();
        Daemon {
            program: PathBuf::from("/proc/self/exe"),
            config,
            state: folder.path().join("state"),
            log: None,
        }
    }

    fn watch(daemon: &Daemon) -> Watch<'_> {
        let lock = Lock::take(&daemon.state).unwrap();
        Watch::over(daemon, config::load(&daemon.config).unwrap(), lock).unwrap()
    }

    /// What is planned at an instant.
    fn planned(watch: &mut Watch<'_>, now: &str) -> Option<Errand> {
        let settings = watch.in_force.settings.clone();
        watch.agenda.plan(watch.daemon, &settings, &mut watch.clocks, utc(now));
        watch.agenda.next()
    }

    #[test]
    fn what_falls_due_during_a_run_is_due_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(&folder);
        let mut watch = watch(&daemon);
        assert_eq!(planned(&mut watch, "2017-11-17T07:45:00Z"), Some(Errand::Run));
        let done =
            |began: &str| Ended { errand: Errand::Run, began: utc(began), status: ExitStatus::from_raw(0) };
        watch.ended(&done("2017-11-17T07:45:00Z"), utc("2017-11-17T08:05:00Z")).unwrap();
        let after = planned(&mut watch, "2017-11-17T08:05:00Z");
        assert_eq!(after, Some(Errand::Run), "for the digests and reminders of eight");
        watch.ended(&done("2017-11-17T08:05:00Z"), utc("2017-11-17T08:06:00Z")).unwrap();
        assert_eq!(planned(&mut watch, "2017-11-17T12:59:00Z"), None);
        assert_eq!(planned(&mut watch, "2017-11-17T13:00:00Z"), Some(Errand::Run));
    }

    #[test]
    fn after_a_long_silence_the_operator_is_told_until_runs_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(&folder);
        let mut watch = watch(&daemon);
        let mut journal = Journal::open(&daemon.state).unwrap();
        journal.append(utc("2017-07-20T12:00:00Z"), Happened::Walked, "all", json!({})).unwrap();
        watch.clocks = Clocks::new(clock::now(), clock::since_boot(), Keeper::Unknown);
        let told = planned(&mut watch, "2017-09-04T07:30:00Z");
        let Some(Errand::Tell(why)) = told else { panic!("{told:?}") };
        assert_eq!(
            why,
            "the last run was on Thu 20 Jul 2017 13:00 BST and the clock says Mon 4 Sep 2017 08:30 BST; if \
             that is right, run `quarterdeck once` by hand"
        );
        assert_eq!(planned(&mut watch, "2017-09-04T08:00:00Z"), None, "it was told just now");
        let again = planned(&mut watch, "2017-09-04T08:31:00Z");
        assert!(matches!(again, Some(Errand::Tell(_))), "what could not leave is tried again: {again:?}");
        journal.append(utc("2017-09-04T09:00:00Z"), Happened::Walked, "all", json!({})).unwrap();
        assert_eq!(planned(&mut watch, "2017-09-04T12:00:00Z"), Some(Errand::Run));
    }

    #[test]
    fn where_a_time_server_keeps_the_clock_a_machine_that_was_off_for_a_summer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(&folder);
        let mut watch = watch(&daemon);
        let mut journal = Journal::open(&daemon.state).unwrap();
        journal.append(utc("2017-07-20T12:00:00Z"), Happened::Walked, "all", json!({})).unwrap();
        watch.clocks = Clocks::new(clock::now(), clock::since_boot(), Keeper::TimeServer);
        assert_eq!(planned(&mut watch, "2017-09-04T07:30:00Z"), Some(Errand::Run));
    }
}
