//! What lies in the `done` and `refused` of a drop folder: files that were judged, each with its receipt.
//!
//! A state that knows less than the world, as one that was restored from a copy, finds there what it lost.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::collect::away::RECEIPT;
use crate::collect::folder::{Claim, Fate, Wants};
use crate::collect::looker::Looker;
use crate::collect::lying::{Entry, Lies, Thing};
use crate::collect::meant::Naming;
use crate::collect::names::stem;
use crate::collect::{CollectError, Wanted};

/// A file that was put away, with its receipt beside it.
#[derive(Debug)]
pub struct PutAway {
    /// Whose return it is by its name.
    pub wanted: Wanted,
    /// The file.
    pub claim: Claim,
    /// Whether it was taken in or refused.
    pub fate: Fate,
}

impl PutAway {
    /// Its size in bytes and the time at which it was changed last, as a claim's stamp ends with them.
    #[must_use]
    pub fn mark(&self) -> String {
        let stamp = self.claim.stamp();
        stamp.strip_prefix(self.claim.file_name()).unwrap_or(&stamp).trim_start().to_owned()
    }

    /// When it was changed last.
    #[must_use]
    pub fn changed(&self) -> Option<SystemTime> {
        self.claim.seen.changed
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.claim.seen.bytes
    }
}

/// The files of a fate that have settled and are named like one of `wanted`, and like their receipt.
///
/// A folder that is not there holds nothing.
///
/// # Errors
/// When it cannot be listed.
pub fn put_away(
    looker: &mut Looker,
    naming: &Naming<'_>,
    wanted: &[Wanted],
    fate: Fate,
    machine_now: SystemTime,
) -> Result<Vec<PutAway>, CollectError> {
    let lies = Lies::PutAway(fate);
    let entries = looker.list(lies, machine_now)?.entries;
    let names: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.name.as_deref()).collect();
    let (settle, wants) = (naming.source.settle_seconds, Wants::of(naming, wanted));
    let one = |entry: &Entry| {
        let file_name = entry.name.as_deref().filter(|name| names.contains(receipt_of(name).as_str()))?;
        let stem = stem(file_name)?;
        let wanted = wants.find(&stem).or_else(|| wants.find(without_number(&stem)?))?;
        let has_settled = entry.quiet_seconds.is_some_and(|quiet| quiet >= settle);
        (entry.thing == Thing::File && has_settled).then(|| PutAway {
            wanted: wanted.clone(),
            claim: Claim { file_name: file_name.to_owned(), seen: entry.seen, lies },
            fate,
        })
    };
    Ok(entries.iter().filter_map(one).collect())
}

/// The first line of each one's receipt, in their order; empty where it cannot be read.
///
/// # Errors
/// When the folder does not answer.
pub fn receipts(looker: &mut Looker, files: &[PutAway]) -> Result<Vec<String>, CollectError> {
    let mut lines = Vec::with_capacity(files.len());
    for file in files {
        let edges = looker.edges(Lies::PutAway(file.fate), vec![receipt_of(&file.claim.file_name)])?;
        lines.push(edges.into_iter().next().unwrap_or_default().first_line);
    }
    Ok(lines)
}

fn receipt_of(file_name: &str) -> String {
    format!("{file_name}{RECEIPT}")
}

/// A name that was taken got a number when it was put away.
fn without_number(stem: &str) -> Option<&str> {
    let (stem, number) = stem.rsplit_once('-')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(stem)
}
