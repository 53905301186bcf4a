//! The log: to journald with levels and fields where systemd listens, else lines on standard error.

use std::io;
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::fstat;
use tracing::level_filters::LevelFilter;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Fields of ours never collide with those that systemd adds.
const PREFIX: &str = "QUARTERDECK";

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loudness {
    /// A person at a terminal: warnings and errors.
    Person,
    /// The daemon's own log: also what it does.
    Daemon,
}

/// Begins to log, at the level that is wanted, or as loud as whoever listens needs it.
///
/// What cannot be written is dropped: a log that is full or gone stops no run.
pub fn begin(loudness: Loudness, wanted: Option<LevelFilter>) {
    let usual = if loudness == Loudness::Daemon { LevelFilter::INFO } else { LevelFilter::WARN };
    let level = wanted.unwrap_or(usual);
    listen(EnvFilter::new(format!("{level},tokio_cron_scheduler=error")));
}

fn listen(filter: EnvFilter) {
    if let Some(journald) = journald() {
        tracing_subscriber::registry().with(journald).with(filter).init();
        return;
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .with_target(false)
        .log_internal_errors(false)
        .init();
}

fn journald() -> Option<tracing_journald::Layer> {
    if !is_heard_by_journald() {
        return None;
    }
    // What a run did is information; the library would call it a notice.
    let mappings = PriorityMappings { info: Priority::Informational, ..PriorityMappings::new() };
    let layer = tracing_journald::layer().ok()?.with_priority_mappings(mappings);
    Some(layer.with_field_prefix(Some(PREFIX.to_owned())).with_syslog_identifier("quarterdeck".to_owned()))
}

/// Whether standard error is the stream that systemd connected to its journal, and not one put in its place.
#[must_use]
pub fn is_heard_by_journald() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    fstat(io::stderr())
        .is_ok_and(|found| stream.as_bytes() == stream_name(found.st_dev, found.st_ino).as_bytes())
}

/// Device and inode as systemd writes them.
fn stream_name(device: u64, inode: u64) -> String {
    format!("{device}:{inode}")
}
