//! The `folder` source: files are claimed when they are complete, and put away with a receipt.
//!
//! The folder may be on another machine: nothing is expected of it but listing, reading and renaming. Whether
//! a file has settled is judged by the file server's own clock.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use crate::collect::address::filled;
use crate::collect::suspect::why_refused;
use crate::collect::{CollectError, Outcome, Received, Wanted, away};
use crate::config::settings::{FolderSource, Limits};

/// Endings of what may be a return; `.gz` may follow any of them.
const ENDINGS: [&str; 10] = ["csv", "tsv", "txt", "json", "xlsx", "xlsm", "xls", "ods", "zip", "gz"];

/// So many files are claimed in one look, the oldest first; the others wait for the next.
const CLAIMS_MAX: usize = 1000;

/// A file that is complete and will be taken in. It stays where it is until it is settled.
#[derive(Debug)]
pub struct Claim {
    pub(super) path: PathBuf,
    pub(super) file_name: String,
    pub(super) seen: Stamp,
    pub(super) lies: Lies,
}

/// Where a claimed file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    /// Where it was dropped.
    Dropped,
    /// Where it was put away: it goes nowhere from there.
    PutAway,
}

/// What was found in a drop folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The complete files that are wanted, oldest first.
    pub claims: Vec<(Wanted, Claim)>,
    /// How many more of them wait for the next look.
    pub waiting: usize,
    /// How many of them are still being written, for all that is known.
    pub unsettled: usize,
    /// Names of files that match nothing wanted, escaped for showing, in order. They are never touched.
    pub strangers: Vec<String>,
    /// Names of what could not be looked at, and why. It says nothing of the others.
    pub unreadable: Vec<(String, String)>,
}

/// What became of a claimed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Taken in; it goes to `done`.
    Done,
    /// Refused; it goes to `refused`.
    Refused,
}

impl Fate {
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Which file it is, and in what state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) bytes: u64,
    pub(super) changed: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            changed: metadata.modified().ok(),
        }
    }
}

/// Whether a drop folder is the one that was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its `done` folder is there.
    Is,
    /// Its `done` folder is gone: what is here may be an empty mount point.
    Gone,
    /// The folder itself cannot be looked at.
    Unknown,
}

/// Looks for the mark of a drop folder: the `done` folder that the first look makes.
#[must_use]
pub fn mark(source: &FolderSource) -> Mark {
    let there = |path: &Path| fs::symlink_metadata(path).map(|_| ());
    match there(&source.path.join(Fate::Done.folder())) {
        Ok(()) => Mark::Is,
        Err(error) if error.kind() == io::ErrorKind::NotFound && there(&source.path).is_ok() => Mark::Gone,
        Err(_) => Mark::Unknown,
    }
}

/// Makes the `done` and `refused` of a drop folder that is seen for the first time.
///
/// # Errors
/// When they cannot be made.
pub fn make_mark(source: &FolderSource) -> Result<(), CollectError> {
    for fate in [Fate::Refused, Fate::Done] {
        let path = source.path.join(fate.folder());
        fs::create_dir_all(&path)
            .map_err(|error| CollectError::Settle { path, reason: error.to_string() })?;
    }
    Ok(())
}

/// Looks for complete files that are wanted.
///
/// A file is claimed when its name without the ending is the source's `name`, filled in, whatever the case,
/// and it was last changed at least `settle_seconds` ago by the clock of its file server. `machine_now` is
/// this machine's own time, by which it is judged where the server's cannot be known.
///
/// # Errors
/// When the folder cannot be read; an unreadable folder must never look like an empty one.
pub fn look(
    source: &FolderSource,
    wanted: &[Wanted],
    machine_now: SystemTime,
) -> Result<Found, CollectError> {
    let mut found = Found::default();
    let files = entries(source, &mut found)?;
    let now = server_now(&source.path).unwrap_or(machine_now);
    let settle = Duration::from_secs(source.settle_seconds);
    let stems: BTreeMap<String, &Wanted> =
        wanted.iter().filter_map(|wanted| Some((stem_of(source, wanted)?.to_lowercase(), wanted))).collect();
    for (path, metadata) in files {
        let name = path.file_name().and_then(OsStr::to_str);
        let known = name.and_then(|name| Some((name, *stems.get(&stem(name)?)?)));
        match known.filter(|_| metadata.is_file()) {
            Some((name, wanted)) if has_settled(&metadata, now, settle) => {
                let (file_name, seen) = (name.to_owned(), Stamp::of(&metadata));
                found.claims.push((wanted.clone(), Claim { path, file_name, seen, lies: Lies::Dropped }));
            }
            Some(_) => found.unsettled += 1,
            None => found.strangers.push(shown(&path)),
        }
    }
    found.claims.sort_by(|(_, a), (_, b)| (a.seen.changed, &a.path).cmp(&(b.seen.changed, &b.path)));
    found.waiting = found.claims.len().saturating_sub(CLAIMS_MAX);
    found.claims.truncate(CLAIMS_MAX);
    found.strangers.sort();
    Ok(found)
}

impl Claim {
    /// The file's name, without its folder.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Reads the file, whole and unchanged, within `limits.file_bytes_max`.
    #[must_use]
    pub fn bytes(&self, limits: &Limits) -> Outcome {
        let max = limits.file_bytes_max;
        if self.seen.bytes > max {
            return Outcome::refused(format!("the file has {} bytes, more than {max}", self.seen.bytes));
        }
        let bytes = match self.read(max) {
            Ok(bytes) => bytes,
            Err(reason) => return Outcome::failed(format!("cannot read `{}`: {reason}", shown(&self.path))),
        };
        let why = why_refused(&bytes);
        let received = Received {
            bytes,
            file_name: self.file_name.clone(),
            origin: self.path.parent().unwrap_or(&self.path).display().to_string(),
            etag: Some(self.stamp()),
            last_modified: None,
        };
        match why {
            Some(reason) => Outcome::turned_away(reason, received),
            None => Outcome::Received(received),
        }
    }

    /// Which dropped file it is, in words that stay the same while it lies there.
    #[must_use]
    pub fn stamp(&self) -> String {
        let since = self.seen.changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let nanos = since.map(|since| since.as_nanos()).unwrap_or_default();
        format!("{} {} {nanos}", self.file_name, self.seen.bytes)
    }

    /// Not through a link, never waiting for a pipe, and only when it is still the file that was claimed.
    fn read(&self, max: u64) -> Result<Vec<u8>, String> {
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&self.path);
        let file = file.map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        (&file).take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        let metadata = file.metadata().map_err(|error| error.to_string())?;
        let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == self.seen.bytes);
        if !metadata.is_file() || Stamp::of(&metadata) != self.seen || !whole {
            return Err("it changed while it was taken in; it is left for the next time".to_owned());
        }
        Ok(bytes)
    }

    /// Moves the file to `done` or `refused` beside it, with `words` in a `.txt` of the same name. One that
    /// was put away before stays there, and only its receipt is written again.
    ///
    /// Nothing is overwritten: a name that is taken gets a number. Files and folders are synced. Where `done`
    /// is on another disk, the file is copied, compared, and only then removed.
    ///
    /// # Errors
    /// When the file is no longer the one that was claimed (it then stays), or cannot be moved.
    pub fn settle(self, fate: Fate, words: &str) -> Result<(), CollectError> {
        let done = match self.lies {
            Lies::Dropped => away::put(&self.path, &self.file_name, self.seen, (fate.folder(), words)),
            Lies::PutAway => away::tell_again(&self.path, words),
        };
        done.map_err(|reason| CollectError::Settle { path: self.path, reason })
    }
}

/// What is in the folder, but for what passes and for folders.
fn entries(source: &FolderSource, found: &mut Found) -> Result<Vec<(PathBuf, Metadata)>, CollectError> {
    let refuse =
        |error: io::Error| CollectError::Folder { path: source.path.clone(), reason: error.to_string() };
    let mut files = Vec::new();
    for entry in fs::read_dir(&source.path).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() || is_passing(&entry.path()) => {}
            Ok(metadata) => files.push((entry.path(), metadata)),
            // It was taken away between the listing and the look.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // A stale handle or a broken sector is that file's own trouble.
            Err(error) => found.unreadable.push((shown(&entry.path()), error.to_string())),
        }
    }
    Ok(files)
}

/// What the file server's clock says: the stamp of a file made now. None where nothing can be written.
pub(super) fn server_now(folder: &Path) -> Option<SystemTime> {
    let probe = tempfile::Builder::new().prefix(".quarterdeck-").tempfile_in(folder).ok()?;
    probe.as_file().metadata().ok()?.modified().ok()
}

/// Hidden, or being written by a browser, a copier or a spreadsheet.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().to_lowercase();
    name.starts_with('.')
        || name.starts_with("~$")
        || [".part", ".tmp", ".crdownload", ".filepart"].iter().any(|ending| name.ends_with(ending))
}

pub(super) fn has_settled(metadata: &Metadata, now: SystemTime, settle: Duration) -> bool {
    let since = |moment: SystemTime| now.duration_since(moment).ok();
    // Whoever copied a file may have stamped it with a time to come; when it changed here is known.
    let here =
        || u64::try_from(metadata.ctime()).ok().map(|at| SystemTime::UNIX_EPOCH + Duration::from_secs(at));
    let quiet = metadata.modified().ok().and_then(since).or_else(|| here().and_then(since));
    quiet.is_some_and(|quiet| quiet >= settle)
}

pub(super) fn stem_of(source: &FolderSource, wanted: &Wanted) -> Option<String> {
    filled(&source.name, wanted, str::to_owned).ok()
}

/// The name without its ending, in lower case; none when the ending is not one of a return.
pub(super) fn stem(file_name: &str) -> Option<String> {
    let name = file_name.to_lowercase();
    let inner = name.strip_suffix(".gz").filter(|inner| ends_well(inner)).unwrap_or(&name);
    ends_well(inner).then(|| inner.rsplit_once('.').map(|(stem, _)| stem.to_owned())).flatten()
}

fn ends_well(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

pub(super) fn shown(path: &Path) -> String {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().escape_debug().to_string()
}
