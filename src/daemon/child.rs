//! One errand, done by this very binary as a child under a limit of time.

use std::future::pending;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until};
use tracing::{error, warn};

use crate::clock;
use crate::config::settings::Limits;
use crate::daemon::Daemon;

/// After it was told to stop, a child has this long to finish its step or give it back.
const GRACE: Duration = Duration::from_mins(1);

/// What a child is started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The state is looked at, and repaired where nothing is lost by it.
    Probe,
    /// Everything that is due.
    Run,
    /// A copy of the state.
    Backup,
    /// Somebody outside is told that a run died.
    Beat,
    /// The operator, and somebody outside, are told why nothing is run.
    Tell(String),
}

impl Errand {
    fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Probe => vec!["probe"],
            Self::Run => vec!["once"],
            Self::Backup => vec!["backup"],
            Self::Beat => vec!["beat", "--failed"],
            Self::Tell(why) => vec!["beat", "--failed", "--held", why],
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Probe => "the probe",
            Self::Run => "a run",
            Self::Backup => "a backup",
            Self::Beat => "a heartbeat",
            Self::Tell(_) => "word of why nothing is run",
        }
    }
}

/// A child at work.
pub(super) struct Running {
    errand: Errand,
    began: DateTime<Utc>,
    child: Child,
    deadline: Instant,
    was_told: bool,
}

/// What became of a child.
pub(super) enum Moved {
    /// It ended.
    Ended(Ended),
    /// It took too long: it was told to stop, or ended when it had been.
    Overdue,
}

/// A child that ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// What it was started for.
    pub(super) errand: Errand,
    /// When it was started: what fell due since is not done.
    pub(super) began: DateTime<Utc>,
    /// How it ended.
    pub(super) status: ExitStatus,
}

/// Waits until the child ends or has taken too long; for ever when there is none.
pub(super) async fn moved(running: &mut Option<Running>) -> io::Result<Moved> {
    let Some(it) = running else { return pending().await };
    tokio::select! {
        status = it.child.wait() => {
            Ok(Moved::Ended(Ended { errand: it.errand.clone(), began: it.began, status: status? }))
        }
        () = sleep_until(it.deadline) => {
            if it.was_told {
                it.end();
            } else {
                error!("{} took too long and is told to stop", it.errand.words());
                it.tell_to_stop();
            }
            Ok(Moved::Overdue)
        }
    }
}

impl Running {
    /// Starts an errand.
    pub(super) fn start(daemon: &Daemon, errand: Errand, limits: &Limits) -> Result<Self> {
        let began = clock::now();
        let child = Command::new(&daemon.program)
            .arg("--config")
            .arg(&daemon.config)
            .arg("--state")
            .arg(&daemon.state)
            .arg("--as-child")
            .args(daemon.log.map(|level| format!("--log={level}")))
            .args(errand.arguments())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", errand.words()))?;
        let deadline = Instant::now() + Duration::from_secs(limits.run_seconds);
        Ok(Self { errand, began, child, deadline, was_told: false })
    }

    /// Says that it should finish its step or give it back.
    pub(super) fn tell_to_stop(&mut self) {
        self.was_told = true;
        self.deadline = Instant::now() + GRACE;
        let child = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(Err(cause)) = child.map(|child| kill_process(child, Signal::TERM)) {
            warn!(%cause, "{} could not be told to stop", self.errand.words());
        }
    }

    /// Ends it; what it did not do is done by the next one.
    pub(super) fn end(&mut self) {
        warn!("{} did not stop in time and is ended; the next one goes on where it was", self.errand.words());
        self.deadline = Instant::now() + GRACE;
        if let Err(cause) = self.child.start_kill() {
            error!(%cause, "{} could not be ended", self.errand.words());
        }
    }
}
