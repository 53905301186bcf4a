//! How a command ends: the exit statuses.

use std::process::ExitCode;

use crate::cli::print::UsageError;
use crate::config::problem::Problems;
use crate::daemon::{StateDamaged, WrongCheck};
use crate::pipeline::opening::{NotOurs, StateInUse, Unfit};
use crate::pipeline::rebuilding::Lost;
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

/// What to do about an error whose own words do not say it: a block that turned out damaged in mid-run.
#[must_use]
pub fn next(error: &anyhow::Error) -> Option<&'static str> {
    let is_said = format!("{error:#}").contains("quarterdeck");
    let next = "the database is damaged: `quarterdeck rebuild` keeps it aside and makes it again from the \
        journal, the received files and the messages; it sends nothing";
    (of(error) == Ending::Damaged && !is_said).then_some(next)
}

/// How an error ends a command.
#[must_use]
pub fn of(error: &anyhow::Error) -> Ending {
    // What was given as a context is no link of the chain.
    if error.is::<UsageError>() {
        return Ending::Wrong;
    }
    for cause in error.chain() {
        if cause.is::<Problems>()
            || cause.is::<UsageError>()
            || cause.is::<Unfit>()
            || cause.is::<WrongCheck>()
        {
            return Ending::Wrong;
        }
        if cause.is::<StateInUse>() || matches!(cause.downcast_ref(), Some(StoreError::InUse { .. })) {
            return Ending::InUse;
        }
        if is_damage(cause) {
            return Ending::Damaged;
        }
    }
    Ending::Failed
}

/// Whether the operator must say what to do with the state; a newer program's state is one such.
fn is_damage(cause: &(dyn std::error::Error + 'static)) -> bool {
    let of_store = matches!(
        cause.downcast_ref(),
        Some(
            StoreError::Damaged { .. }
                | StoreError::Newer { .. }
                | StoreError::NewerEngine { .. }
                | StoreError::Older { .. }
        )
    );
    let of_journal = matches!(
        cause.downcast_ref(),
        Some(JournalError::Damaged { .. } | JournalError::Gone(_) | JournalError::Newer { .. })
    );
    let of_both = matches!(
        cause.downcast_ref(),
        Some(MirrorError::JournalBehind { .. } | MirrorError::Forked { .. } | MirrorError::Empty { .. })
    );
    let of_a_block = cause
        .downcast_ref()
        .is_some_and(|error| matches!(StoreError::of_reading(error), StoreError::Damaged { .. }));
    of_store
        || of_a_block
        || of_journal
        || of_both
        || cause.is::<NotOurs>()
        || cause.is::<Lost>()
        || cause.is::<StateDamaged>()
}
