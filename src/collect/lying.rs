//! What lies in a drop folder, as its file server tells it: the side of the looking child.
//!
//! The folder may be on another machine: nothing is expected of it but listing, reading and renaming. How
//! long a file has not changed is judged by the file server's own clock.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

/// Of a file's beginning so much is looked at: its first line.
const PEEK_BYTES_MAX: u64 = 1 << 10;

/// After so many bytes, or so many files, the child says that it is still at it.
const PIECE_BYTES: u64 = 1 << 20;
const PIECE_FILES: usize = 500;

/// What became of a claimed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Taken in; it goes to `done`.
    Done,
    /// Refused; it goes to `refused`.
    Refused,
}

impl Fate {
    /// Its folder in the drop folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Where a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Lies {
    /// Where it was dropped.
    Dropped,
    /// Where it was put away.
    PutAway(Fate),
}

impl Lies {
    /// The folder itself.
    pub(super) fn within(self, root: &Path) -> PathBuf {
        match self {
            Self::Dropped => root.to_owned(),
            Self::PutAway(fate) => root.join(fate.folder()),
        }
    }
}

/// Which file it is, and in what state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            // An instant before 1970 can be compared and not be written down; size and file tell enough.
            changed: metadata.modified().ok().filter(|at| *at >= SystemTime::UNIX_EPOCH),
        }
    }
}

/// What kind of thing lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Thing {
    File,
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its name; none when that is no text.
    pub(super) name: Option<String>,
    /// Its name, escaped for showing.
    pub(super) shown: String,
    pub(super) thing: Thing,
    pub(super) seen: Stamp,
    /// How long it has not changed; none when that cannot be known.
    pub(super) quiet_seconds: Option<u64>,
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    /// What could not be looked at, and why. It says nothing of the others.
    pub(super) unreadable: Vec<(String, String)>,
}

/// The edges of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edges {
    pub(super) first_line: String,
    pub(super) last_byte: Option<u8>,
}

/// Lists a folder. A `done` or `refused` that is not there holds nothing; the drop folder itself must be
/// there.
///
/// `machine_now` is this machine's own time, by which files are judged where the server's cannot be known.
pub(super) fn list(
    root: &Path,
    lies: Lies,
    machine_now: SystemTime,
    still: &mut dyn FnMut() -> io::Result<()>,
) -> Result<Listing, String> {
    let in_words = |error: io::Error| error.to_string();
    let read = match fs::read_dir(lies.within(root)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && lies != Lies::Dropped => {
            return Ok(Listing::default());
        }
        read => read.map_err(in_words)?,
    };
    let now = server_now(root).unwrap_or(machine_now);
    let mut listing = Listing::default();
    for (number, entry) in read.enumerate() {
        let entry = entry.map_err(in_words)?;
        match entry.metadata() {
            Ok(metadata) => listing.entries.push(one(&entry, &metadata, now)),
            // Gone since it was listed: whoever writes it renamed it, or took it away.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => listing.unreadable.push((shown(&entry.file_name()), error.to_string())),
        }
        if number % PIECE_FILES == PIECE_FILES - 1 {
            still().map_err(in_words)?;
        }
    }
    Ok(listing)
}

fn one(entry: &DirEntry, metadata: &Metadata, now: SystemTime) -> Entry {
    let name = entry.file_name();
    let kind = metadata.file_type();
    Entry {
        shown: shown(&name),
        name: name.into_string().ok(),
        thing: match (kind.is_file(), kind.is_dir()) {
            (true, _) => Thing::File,
            (_, true) => Thing::Folder,
            _ => Thing::Other,
        },
        seen: Stamp::of(metadata),
        quiet_seconds: quiet(metadata, now).map(|quiet| quiet.as_secs()),
    }
}

/// What the file server's clock says: the stamp of a file made now. None where nothing can be written.
fn server_now(folder: &Path) -> Option<SystemTime> {
    let probe = tempfile::Builder::new().prefix(".quarterdeck-").tempfile_in(folder).ok()?;
    probe.as_file().metadata().ok()?.modified().ok()
}

fn quiet(metadata: &Metadata, now: SystemTime) -> Option<Duration> {
    let since = |moment: SystemTime| now.duration_since(moment).ok();
    // Whoever copied a file may have stamped it with a time to come; when it changed here is known.
    let here =
        || u64::try_from(metadata.ctime()).ok().map(|at| SystemTime::UNIX_EPOCH + Duration::from_secs(at));
    metadata.modified().ok().and_then(since).or_else(|| here().and_then(since))
}

/// The edges of a file; nothing of one that cannot be read.
pub(super) fn edges(root: &Path, lies: Lies, name: &str) -> Edges {
    peeked(&lies.within(root).join(name)).unwrap_or_default()
}

fn peeked(path: &Path) -> io::Result<Edges> {
    let mut file = opened(path)?;
    let mut head = Vec::new();
    (&mut file).take(PEEK_BYTES_MAX).read_to_end(&mut head)?;
    let length = file.metadata()?.len();
    let mut last = [0];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    let first_line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    Ok(Edges { first_line, last_byte: (length > 0).then_some(last[0]) })
}

/// A file's bytes, whole, and only when it is still the one that was seen.
pub(super) fn read(
    path: &Path,
    seen: Stamp,
    bytes_max: u64,
    still: &mut dyn FnMut() -> io::Result<()>,
) -> Result<Vec<u8>, String> {
    let in_words = |error: io::Error| error.to_string();
    let mut file = opened(path).map_err(in_words)?;
    let mut bytes = Vec::new();
    let mut left = bytes_max.saturating_add(1);
    while left > 0 {
        let count = (&mut file).take(left.min(PIECE_BYTES)).read_to_end(&mut bytes).map_err(in_words)?;
        if count == 0 {
            break;
        }
        left -= u64::try_from(count).unwrap_or(left);
        still().map_err(in_words)?;
    }
    let metadata = file.metadata().map_err(in_words)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == seen.bytes);
    if !metadata.is_file() || Stamp::of(&metadata) != seen || !whole {
        return Err("it changed while it was taken in; it is left for the next time".to_owned());
    }
    Ok(bytes)
}

/// Not through a link, never waiting for a pipe.
fn opened(path: &Path) -> io::Result<fs::File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// A name as it may be shown.
pub(super) fn shown(name: &OsStr) -> String {
    name.to_string_lossy().escape_debug().to_string()
}
