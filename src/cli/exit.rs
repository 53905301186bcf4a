//! How a command ends: the exit statuses.

use std::process::ExitCode;

use crate::cli::print::UsageError;
use crate::config::problem::Problems;
use crate::daemon::StateDamaged;
use crate::pipeline::opening::StateInUse;
use crate::store::journal::JournalError;
use crate::store::mirror::MirrorError;
use crate::store::refusal::StoreError;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 0: done.
    Done,
    /// 1: done, and some returns or messages failed.
    SomeFailed,
    /// 2: the configuration or the command line is wrong.
    Wrong,
    /// 3: the state is in use.
    InUse,
    /// 4: the state is damaged.
    Damaged,
    /// 5: the command could not be done, for a reason that is none of the others.
    Failed,
    /// What a worker says to its parent.
    Worker(u8),
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::SomeFailed => 1,
            Ending::Wrong => 2,
            Ending::InUse => 3,
            Ending::Damaged => 4,
            Ending::Failed => 5,
            Ending::Worker(status) => status,
        })
    }
}

/// Whether whoever read our output has stopped reading.
#[must_use]
pub fn is_closed_output(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// How an error ends a command.
#[must_use]
pub fn of(error: &anyhow::Error) -> Ending {
    // What was given as a context is no link of the chain.
    if error.is::<UsageError>() {
        return Ending::Wrong;
    }
    for cause in error.chain() {
        if cause.is::<Problems>() || cause.is::<UsageError>() {
            return Ending::Wrong;
        }
        if cause.is::<StateInUse>() || matches!(cause.downcast_ref(), Some(StoreError::InUse { .. })) {
            return Ending::InUse;
        }
        let damaged = cause.is::<StateDamaged>()
            || matches!(cause.downcast_ref(), Some(StoreError::Damaged { .. }))
            || matches!(cause.downcast_ref(), Some(JournalError::Damaged { .. }))
            || matches!(cause.downcast_ref(), Some(MirrorError::JournalBehind { .. }));
        if damaged {
            return Ending::Damaged;
        }
    }
    Ending::Failed
}
