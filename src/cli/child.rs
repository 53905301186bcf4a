//! What a run does with itself before it starts: its limits, its end, and the configuration it was given.

use std::fs;
use std::process::exit;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

use crate::cli::print;
use crate::config::problem::Problems;
use crate::config::settings::Limits;
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::stopping::Stop;

/// When memory runs short, this process goes and not the daemon: 0 is the usual, 1000 the first to go.
const FIRST_TO_GO: &str = "500";

/// How a process ends that was told to stop a second time.
const HASTENED: i32 = 130;

/// How a run ends that could not stop when its time was over: as any that could not be done.
const OVERDUE: i32 = 5;

/// A run that is told to stop has this long to finish its step or give it back.
const GRACE: Duration = Duration::from_mins(1);

/// Limits this process for good: memory, no core; and the kernel ends it before the daemon.
///
/// # Errors
/// When a limit cannot be set.
pub fn confine(limits: &Limits) -> Result<()> {
    let memory = u64::from(limits.run_mebibytes) << 20;
    for (resource, most) in [(Resource::As, memory), (Resource::Core, 0)] {
        let most = most.min(getrlimit(resource).maximum.unwrap_or(u64::MAX));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).context("cannot limit what a run may use")?;
    }
    if let Err(cause) = fs::write("/proc/self/oom_score_adj", FIRST_TO_GO) {
        tracing::debug!(%cause, "the kernel may choose the daemon first");
    }
    Ok(())
}

/// Hears SIGTERM and SIGINT: the first gives back what is not done, the second ends the process. Where nobody
/// watches over the run, it is told to stop after `most` by itself.
///
/// # Errors
/// When signals cannot be heard.
pub fn stop_by_signal(most: Option<Duration>) -> Result<Stop> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("cannot hear signals")?;
    let (sender, told) = watch::channel(false);
    let sender = Arc::new(sender);
    if let Some(most) = most {
        let sender = Arc::clone(&sender);
        thread::spawn(move || stop_after(most, &sender));
    }
    thread::spawn(move || {
        for _ in &mut signals {
            if sender.send_replace(true) {
                exit(HASTENED);
            }
        }
    });
    Ok(Stop::heard(told))
}

fn stop_after(most: Duration, sender: &watch::Sender<bool>) {
    // Nobody sends: this only waits, and the process ends before it when the run does.
    let (_open, never) = mpsc::channel::<()>();
    let waits = |long| never.recv_timeout(long) == Err(RecvTimeoutError::Timeout);
    if waits(most) {
        let seconds = most.as_secs();
        print::complain(format_args!(
            "the run has taken `run_seconds`, {seconds} seconds, and stops; the next one does the rest"
        ));
        sender.send_replace(true);
    }
    if waits(GRACE) {
        print::complain(format_args!(
            "it did not stop in time and is ended; the next one goes on where it was"
        ));
        exit(OVERDUE);
    }
}

/// The configuration on disk is wrong: the one before it is used, and the operator hears of it.
#[must_use]
pub fn trouble(problems: &Problems) -> Trouble {
    let first = problems.list().first().map(ToString::to_string).unwrap_or_default();
    let more = problems.list().len().saturating_sub(1);
    let others = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Trouble {
        room: Room::Run,
        what: format!("it is wrong, and the one before it is used: {first}{others}"),
        place: "the configuration".to_owned(),
        next: "see `quarterdeck check-config`".to_owned(),
    }
}
