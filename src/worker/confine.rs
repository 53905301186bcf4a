//! What a child may use, set by itself before it looks at its input.

use std::fs;
use std::os::fd::RawFd;
use std::path::Path;

use nix::unistd::close;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::thread::set_no_new_privs;
use serde::{Deserialize, Serialize};

use crate::worker::{WorkerError, calls, fence};

const OPEN_FILES_MAX: u64 = 64;
const STANDARD_ERROR: RawFd = 2;

/// A child's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildLimits {
    /// Address space, in mebibytes.
    pub mebibytes: u32,
    /// CPU time, in seconds; the parent's deadline is on the wall's.
    pub seconds: u64,
}

/// How much of a wall the kernel could put up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// All that was asked for.
    Whole,
    /// What an older kernel knows.
    Partly,
    /// Nothing: the kernel lacks it, or what is around us forbids it.
    Nothing,
}

/// What the kernel took from a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Files and network, by Landlock.
    pub files: Hold,
    /// System calls, by seccomp.
    pub calls: Hold,
}

/// What the engine reads of the machine when it starts, and aborts without.
pub const OF_THE_MACHINE: [&str; 6] = [
    "/proc/self",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys/fs/cgroup",
    "/sys/devices/system/cpu",
];

/// Ends this process when its parent ends: one that outlives its run would keep the database in use.
///
/// # Errors
/// When it cannot be arranged.
pub fn end_with_parent() -> Result<(), WorkerError> {
    let refuse = |_| WorkerError::Start("cannot limit its life to its parent's".to_owned());
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(refuse)
}

/// Closes every file that was not meant for this process: DuckDB's are handed to children, and a parent that
/// has its database open would hand it over too.
///
/// # Errors
/// When the kernel does not tell what is open.
pub fn close_inherited() -> Result<(), WorkerError> {
    let refuse = |_| WorkerError::Start("cannot tell its open files".to_owned());
    let open: Vec<RawFd> = fs::read_dir("/proc/self/fd")
        .map_err(refuse)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|number| *number > STANDARD_ERROR)
        .collect();
    for number in open {
        // The folder that was being read is among them, and is closed by now.
        if let Err(error) = close(number) {
            tracing::trace!(%error, number, "was closed already");
        }
    }
    Ok(())
}

/// Limits this process for good: memory, CPU time, no file writes, few files, no core, gone with its parent;
/// of all files only `readable` ones, no network, few system calls, no way to more rights.
///
/// The first thing that a worker does with what nobody trusts, before it has a second thread. Limits must
/// hold. Landlock and seccomp hold as far as the kernel has them: what is told is for `doctor`.
///
/// # Errors
/// When a limit cannot be set; then nothing untrusted may be read.
pub fn confine(limits: ChildLimits, readable: &[&Path]) -> Result<Confinement, WorkerError> {
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
    set_no_new_privs(true).map_err(|_| refuse("its privileges"))?;
    // In this order: the second takes away the calls that the first is made with.
    let files = fence::fence(readable);
    Ok(Confinement { files, calls: calls::refuse_the_rest() })
}
