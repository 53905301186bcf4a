//! What a child may use, set by itself before it looks at its input.

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};

use crate::worker::WorkerError;

const OPEN_FILES_MAX: u64 = 64;

/// A child's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildLimits {
    /// Address space, in mebibytes.
    pub mebibytes: u32,
    /// CPU time, in seconds; the parent's deadline is on the wall's.
    pub seconds: u64,
}

/// Ends this process when its parent ends: one that outlives its run would keep the database in use.
///
/// # Errors
/// When it cannot be arranged.
pub fn end_with_parent() -> Result<(), WorkerError> {
    let refuse = |_| WorkerError::Start("cannot limit its life to its parent's".to_owned());
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(refuse)
}

/// Limits this process for good: memory, CPU time, no file writes, few files, no core, gone with its parent.
///
/// The first thing that a worker does with what nobody trusts. Privileges are not dropped here: the service
/// already runs without any.
///
/// # Errors
/// When a limit cannot be set; then nothing untrusted may be read.
pub fn confine(limits: ChildLimits) -> Result<(), WorkerError> {
    let refuse = |what: &str| WorkerError::Start(format!("cannot limit {what}"));
    end_with_parent()?;
    let memory = u64::from(limits.mebibytes) * 1024 * 1024;
    for (resource, most, what) in [
        (Resource::As, memory, "its memory"),
        (Resource::Cpu, limits.seconds, "its CPU time"),
        (Resource::Fsize, 0, "its files"),
        (Resource::Nofile, OPEN_FILES_MAX, "its open files"),
        (Resource::Core, 0, "its core"),
    ] {
        let already = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        // A second between the two: the first ends the child with a signal that says that it was the time.
        let last = if matches!(resource, Resource::Cpu) { most.saturating_add(1) } else { most };
        let new = Rlimit { current: Some(most.min(already)), maximum: Some(last.min(already)) };
        setrlimit(resource, new).map_err(|_| refuse(what))?;
    }
    Ok(())
}
