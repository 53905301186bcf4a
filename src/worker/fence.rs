//! Landlock: the files that a child may read, and no network.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::worker::confine::Hold;

/// The newest interface whose every right is asked for; an older kernel gives what it has.
const ABI_MAX: ABI = ABI::V6;

/// Takes every file from this thread and those that it starts, but `readable` and what is in them.
///
/// What of `readable` is not there is left out. Says how much of it the kernel could do.
pub(super) fn fence(readable: &[&Path]) -> Hold {
    match fenced(readable).map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Hold::Whole,
        Ok(RulesetStatus::PartiallyEnforced) => Hold::Partly,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Hold::Nothing,
    }
}

fn fenced(readable: &[&Path]) -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI_MAX))?
        .handle_access(AccessNet::from_all(ABI_MAX))?
        .scope(Scope::from_all(ABI_MAX))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()
}
