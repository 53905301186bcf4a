//! The `folder` source: files are claimed when they are complete, and put away with a receipt.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::collect::address::filled;
use crate::collect::away::{NOT_TAKEN, Put, RECEIPT};
use crate::collect::looker::Looker;
use crate::collect::lying::{Entry, Lies, Stamp, Thing};
use crate::collect::meant::{Meant, Naming, Reading};
use crate::collect::names::{Manner, has_lines, manner, stem};
use crate::collect::{CollectError, Outcome, Received, Wanted};
use crate::config::settings::Limits;
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

pub use crate::collect::lying::Fate;
pub use crate::collect::mark::{Mark, NOT_THERE};

/// So many files are claimed in one look, the oldest first; the others wait for the next.
const CLAIMS_MAX: usize = 1000;

/// An empty file waits so long: some programs make one under the final name and fill it when all has come.
const EMPTY_SECONDS: u64 = 3600;

/// A text whose last line is not ended waits this much longer: its upload may have stalled.
const OPEN_LINE_TIMES: u64 = 10;

/// What is still being written by its name, and has not changed for so long, was given up.
const LEFT_SECONDS: u64 = 24 * 3600;

/// A receipt of ours is no larger.
const RECEIPT_BYTES_MAX: u64 = 8 << 10;

/// A file that is complete and will be taken in. It stays where it is until it is settled.
#[derive(Clone, Debug)]
pub struct Claim {
    pub(super) file_name: String,
    pub(super) seen: Stamp,
    pub(super) lies: Lies,
}

/// What was found in a drop folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The complete files that are wanted, oldest first.
    pub claims: Vec<(Wanted, Claim)>,
    /// How many more of them wait for the next look.
    pub waiting: usize,
    /// Of which returns a file lies there that is still being written, for all that is known.
    pub unsettled: Vec<Wanted>,
    /// How many other files came just now.
    pub young: usize,
    /// What is not taken in and has settled, in the order of names. It is never touched.
    pub strangers: Vec<Stranger>,
    /// The files that a receipt says are not taken in: they may be gone.
    pub told: BTreeSet<String>,
    /// Names of what could not be looked at, and why. It says nothing of the others.
    pub unreadable: Vec<(String, String)>,
}

/// A file that is not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its name; none when that is no text.
    pub name: Option<String>,
    /// Its name, escaped for showing.
    pub shown: String,
    /// Why it is not taken in.
    pub why: Why,
    seen: Stamp,
}

impl Stranger {
    /// The file, as one that is claimed, so that its rows may say what its name does not.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        Some(Claim { file_name: self.name.clone()?, seen: self.seen, lies: Lies::Dropped })
    }
}

/// Why a file is not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is a link, a pipe or a device, or its name is no text.
    NoFile,
    /// It is a folder that is none of ours. What is in it is not looked at.
    Folder,
    /// Its ending is not one of a return.
    Ending,
    /// It was never finished.
    Left,
    /// Its name does not say which return it is.
    Unclear(Reading),
    /// It is a return that is not looked for.
    NotWanted(AuthorityCode, Quarter),
}

/// Looks for complete files that are wanted.
///
/// A file is claimed when its name means one return, and it was last changed at least `settle_seconds` ago by
/// the clock of its file server. `machine_now` is this machine's own time, by which it is judged where the
/// server's cannot be known.
///
/// # Errors
/// When the folder cannot be read, or does not answer; neither must ever look like an empty one.
pub fn look(
    looker: &mut Looker,
    naming: &Naming<'_>,
    wanted: &[Wanted],
    machine_now: SystemTime,
) -> Result<Found, CollectError> {
    let listing = looker.list(Lies::Dropped, machine_now)?;
    let mut found = Found { unreadable: listing.unreadable, ..Found::default() };
    found.told = told(looker, &listing.entries)?;
    let open_lines = open_lines(looker, naming, &listing.entries)?;
    let wants = Wants::of(naming, wanted);
    for entry in &listing.entries {
        let has_settled = entry.quiet_seconds.is_some_and(|quiet| quiet >= settle_seconds(naming, entry));
        match judged(&wants, entry, &found.told) {
            Judged::Nothing => {}
            Judged::Wanted(it) if has_settled && !open_lines.contains(&entry.shown) => {
                let file_name = entry.name.clone().unwrap_or_default();
                let claim = Claim { file_name, seen: entry.seen, lies: Lies::Dropped };
                found.claims.push((it.clone(), claim));
            }
            Judged::Wanted(it) => found.unsettled.push(it.clone()),
            Judged::Stranger(why) if has_settled => {
                let (name, shown) = (entry.name.clone(), entry.shown.clone());
                found.strangers.push(Stranger { name, shown, why, seen: entry.seen });
            }
            Judged::Stranger(_) => found.young += 1,
        }
    }
    found
        .claims
        .sort_by(|(_, a), (_, b)| (a.seen.changed, &a.file_name).cmp(&(b.seen.changed, &b.file_name)));
    found.waiting = found.claims.len().saturating_sub(CLAIMS_MAX);
    found.claims.truncate(CLAIMS_MAX);
    found.strangers.sort_by(|a, b| a.shown.cmp(&b.shown));
    Ok(found)
}

fn settle_seconds(naming: &Naming<'_>, entry: &Entry) -> u64 {
    let settle = naming.source.settle_seconds;
    if entry.thing == Thing::File && entry.seen.bytes == 0 { settle.max(EMPTY_SECONDS) } else { settle }
}

/// The files beside which a receipt of ours lies.
fn told(looker: &mut Looker, entries: &[Entry]) -> Result<BTreeSet<String>, CollectError> {
    let small = entries.iter().filter(|it| it.thing == Thing::File && it.seen.bytes <= RECEIPT_BYTES_MAX);
    let names: Vec<String> = small
        .filter_map(|it| it.name.clone())
        .filter(|name| name.strip_suffix(RECEIPT).is_some_and(|inner| inner.contains('.')))
        .collect();
    let edges = looker.edges(Lies::Dropped, names.clone())?;
    let ours = names.iter().zip(edges).filter(|(_, edges)| edges.first_line.starts_with(NOT_TAKEN));
    Ok(ours.filter_map(|(name, _)| name.strip_suffix(RECEIPT).map(str::to_owned)).collect())
}

/// Texts whose last line is not ended, while that may be because their upload stalled.
fn open_lines(
    looker: &mut Looker,
    naming: &Naming<'_>,
    entries: &[Entry],
) -> Result<BTreeSet<String>, CollectError> {
    let settle = naming.source.settle_seconds;
    let quiet = settle..settle.saturating_mul(OPEN_LINE_TIMES);
    let may_be = entries.iter().filter(|it| it.thing == Thing::File && it.seen.bytes > 0).filter(|it| {
        it.quiet_seconds.is_some_and(|it| quiet.contains(&it)) && it.name.as_deref().is_some_and(has_lines)
    });
    let (shown, names): (Vec<String>, Vec<String>) =
        may_be.filter_map(|it| Some((it.shown.clone(), it.name.clone()?))).unzip();
    let edges = looker.edges(Lies::Dropped, names)?;
    let open = shown.into_iter().zip(edges).filter(|(_, it)| !matches!(it.last_byte, Some(b'\n' | b'\r')));
    Ok(open.map(|(shown, _)| shown).collect())
}

/// What a name comes to.
enum Judged<'a> {
    Nothing,
    Wanted(&'a Wanted),
    Stranger(Why),
}

fn judged<'a>(wants: &Wants<'a>, entry: &Entry, told: &BTreeSet<String>) -> Judged<'a> {
    if entry.thing == Thing::Folder {
        return if entry.name.as_deref().is_some_and(is_passed_over) {
            Judged::Nothing
        } else {
            Judged::Stranger(Why::Folder)
        };
    }
    let Some(name) = &entry.name else { return Judged::Stranger(Why::NoFile) };
    match manner(name) {
        Manner::Passing if entry.quiet_seconds.is_some_and(|quiet| quiet >= LEFT_SECONDS) => {
            return Judged::Stranger(Why::Left);
        }
        Manner::Systems | Manner::Passing => return Judged::Nothing,
        Manner::Plain => {}
    }
    if name.strip_suffix(RECEIPT).is_some_and(|of| told.contains(of)) {
        return Judged::Nothing;
    }
    if entry.thing != Thing::File {
        return Judged::Stranger(Why::NoFile);
    }
    stem(name).map_or(Judged::Stranger(Why::Ending), |stem| wants.judged(&stem))
}

/// Whether a folder is our own, by its name on a share that may not tell cases apart, or of no concern.
fn is_passed_over(folder: &str) -> bool {
    let is_own = |fate: Fate| folder.eq_ignore_ascii_case(fate.folder());
    is_own(Fate::Done) || is_own(Fate::Refused) || manner(folder) != Manner::Plain
}

/// The returns that are looked for, by the name that was agreed and by what a name means.
pub(super) struct Wants<'a> {
    naming: &'a Naming<'a>,
    stems: BTreeMap<String, &'a Wanted>,
    returns: BTreeMap<(&'a AuthorityCode, Quarter), &'a Wanted>,
}

impl<'a> Wants<'a> {
    pub(super) fn of(naming: &'a Naming<'a>, wanted: &'a [Wanted]) -> Self {
        let stem = |it: &Wanted| filled(&naming.source.name, it, str::to_owned).ok();
        Self {
            naming,
            stems: wanted.iter().filter_map(|it| Some((stem(it)?.to_lowercase(), it))).collect(),
            returns: wanted
                .iter()
                .filter_map(|it| Some(((it.authority.as_ref()?, it.quarter?), it)))
                .collect(),
        }
    }

    /// The wanted return that a name without its ending means.
    pub(super) fn find(&self, stem: &str) -> Option<&'a Wanted> {
        match self.judged(stem) {
            Judged::Wanted(it) => Some(it),
            _ => None,
        }
    }

    fn judged(&self, stem: &str) -> Judged<'a> {
        if let Some(it) = self.stems.get(stem) {
            return Judged::Wanted(it);
        }
        match self.meant(stem) {
            None => Judged::Nothing,
            Some(Meant::Unclear(reading)) => Judged::Stranger(Why::Unclear(reading)),
            Some(Meant::One(authority, quarter)) => match self.returns.get(&(&authority, quarter)) {
                Some(it) => Judged::Wanted(it),
                None => Judged::Stranger(Why::NotWanted(authority, quarter)),
            },
        }
    }

    /// Which return of this collection a name means; none when it is one of another that has the same folder.
    fn meant(&self, stem: &str) -> Option<Meant> {
        let own = self.naming.meant(stem);
        let exact = |by: &Naming<'_>, meant: &Meant| match meant {
            Meant::One(authority, quarter) => by.is_exact(stem, authority, *quarter),
            Meant::Unclear(_) => false,
        };
        if exact(self.naming, &own) {
            return Some(own);
        }
        let others: Vec<(&Naming<'_>, Meant)> =
            self.naming.beside.iter().map(|it| (it, it.meant(stem))).collect();
        if others.iter().any(|(by, meant)| exact(by, meant)) {
            return None;
        }
        match (own, others.iter().any(|(_, meant)| matches!(meant, Meant::One(..)))) {
            (Meant::One(authority, quarter), true) => Some(Meant::Unclear(Reading {
                authority: Some(authority),
                quarter: Some(quarter),
                candidates: Vec::new(),
                against: vec!["it may be of more than one collection".to_owned()],
            })),
            (Meant::Unclear(_), true) => None,
            (own, false) => Some(own),
        }
    }
}

impl Claim {
    /// The file's name, without its folder.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Reads the file, whole and unchanged, within `limits.file_bytes_max`.
    #[must_use]
    pub fn bytes(&self, looker: &mut Looker, naming: &Naming<'_>, limits: &Limits) -> Outcome {
        let max = limits.file_bytes_max;
        if self.seen.bytes > max {
            let reason = format!(
                "the file has {} bytes, more than {} MiB: send one return, without pictures",
                self.seen.bytes,
                max >> 20
            );
            // What is too large stays where it is put away; these words are kept in its place.
            let words = reason.clone().into_bytes();
            return Outcome::turned_away(reason, self.received(naming, words));
        }
        let name = self.file_name.escape_debug();
        match looker.read(self.lies, &self.file_name, self.seen, max) {
            Ok(Ok(bytes)) => Outcome::Received(self.received(naming, bytes)),
            Ok(Err(reason)) => Outcome::failed(format!("cannot read `{name}`: {reason}")),
            Err(silence) => Outcome::failed(silence.to_string()),
        }
    }

    fn received(&self, naming: &Naming<'_>, bytes: Vec<u8>) -> Received {
        Received {
            bytes,
            file_name: self.file_name.clone(),
            origin: self.lies.within(&naming.source.path).display().to_string(),
            etag: Some(self.stamp()),
            last_modified: None,
        }
    }

    /// Which dropped file it is, in words that stay the same while it lies there.
    #[must_use]
    pub fn stamp(&self) -> String {
        let since = self.seen.changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let nanos = since.map(|since| since.as_nanos()).unwrap_or_default();
        format!("{} {} {nanos}", self.file_name, self.seen.bytes)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.seen.bytes
    }

    /// Moves the file to `done` or `refused`, with `words` in a `.txt` of the same name. One that lies there
    /// already stays, and only its receipt is written again.
    ///
    /// Nothing is overwritten: a name that is taken gets a number. Files and folders are synced. Where `done`
    /// is on another disk, the file is copied, compared, and only then removed.
    ///
    /// # Errors
    /// When the file is no longer the one that was claimed (it then stays), or cannot be moved.
    pub fn settle(self, looker: &mut Looker, fate: Fate, words: &str) -> Result<(), CollectError> {
        let (lies, seen, file_name) = (self.lies, self.seen, self.file_name);
        let name = file_name.clone();
        let put = Put { lies, file_name, seen, fate, words: words.to_owned() };
        let done = looker.put_away(put)?;
        done.map_err(|reason| CollectError::Settle { path: name.into(), reason })
    }
}
