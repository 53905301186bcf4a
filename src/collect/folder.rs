//! The `folder` source: files are claimed when they are complete, and put away with a receipt.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use crate::collect::address::filled;
use crate::collect::suspect::why_refused;
use crate::collect::{CollectError, Outcome, Received, Wanted};
use crate::config::settings::{FolderSource, Limits};

const ENDINGS: [&str; 10] = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "json", "zip", "gz"];

/// Numbers tried for a name that is taken already.
const SAME_NAME_MAX: u32 = 10_000;

/// A file that is complete and will be taken in. It stays where it is until it is settled.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    file_name: String,
    seen: Stamp,
    previous_bytes: Option<u64>,
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
    fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Which file it is, and in what state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            changed: metadata.modified().ok(),
        }
    }
}

/// The complete files of the folder that are wanted, in the order of `wanted`, older files first.
///
/// A file is claimed when its name without the ending is the source's `name`, filled in, whatever the case,
/// and it was last changed at least `settle_seconds` before `now`. `now` is the machine's own time and never
/// a pretended one: it is compared with the stamps of the file system.
///
/// # Errors
/// When the folder cannot be read; an unreadable folder must never look like an empty one.
pub fn look(
    source: &FolderSource,
    wanted: &[Wanted],
    now: SystemTime,
) -> Result<Vec<(Wanted, Claim)>, CollectError> {
    let mut files = regular_files(source)?;
    files.sort_by_key(|(path, metadata)| (metadata.modified().ok(), path.clone()));
    let settle = Duration::from_secs(source.settle_seconds);
    let mut claims = Vec::new();
    for wanted in wanted {
        let Some(stem) = stem_of(source, wanted) else { continue };
        for (path, metadata) in &files {
            let Some(file_name) = returns_name(path) else { continue };
            if is_named(file_name, &stem) && has_settled(metadata, now, settle) {
                let file_name = file_name.to_owned();
                let (seen, previous_bytes) = (Stamp::of(metadata), wanted.previous_bytes);
                claims.push((wanted.clone(), Claim { path: path.clone(), file_name, seen, previous_bytes }));
            }
        }
    }
    Ok(claims)
}

/// The names of files that match nothing wanted, in order, escaped for showing. They are never touched.
///
/// # Errors
/// When the folder cannot be read.
pub fn strangers(source: &FolderSource, wanted: &[Wanted]) -> Result<Vec<String>, CollectError> {
    let stems: Vec<String> = wanted.iter().filter_map(|wanted| stem_of(source, wanted)).collect();
    let is_known =
        |path: &Path| returns_name(path).is_some_and(|name| stems.iter().any(|stem| is_named(name, stem)));
    let mut names: Vec<String> = entries(source)?
        .into_iter()
        .filter(|(path, metadata)| {
            !(metadata.is_dir() || is_passing(path) || metadata.is_file() && is_known(path))
        })
        .map(|(path, _)| shown(&path))
        .collect();
    names.sort();
    Ok(names)
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
        if let Some(reason) = why_refused(&bytes, self.previous_bytes) {
            return Outcome::refused(reason);
        }
        Outcome::Received(Received {
            bytes,
            file_name: self.file_name.clone(),
            origin: self.path.parent().unwrap_or(&self.path).display().to_string(),
            etag: None,
            last_modified: None,
        })
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

    /// Moves the file to `done` or `refused` beside it, with `words` in a `.txt` of the same name.
    ///
    /// Nothing is overwritten: a name that is taken gets a number. Files and folders are synced.
    ///
    /// # Errors
    /// When the file is no longer the one that was claimed (it then stays), or cannot be moved.
    pub fn settle(self, fate: Fate, words: &str) -> Result<(), CollectError> {
        self.put_away(fate, words).map_err(|reason| CollectError::Settle { path: self.path.clone(), reason })
    }

    fn put_away(&self, fate: Fate, words: &str) -> Result<(), String> {
        let in_words = |error: std::io::Error| error.to_string();
        let here = self.path.parent().ok_or("it has no folder")?;
        let there = here.join(fate.folder());
        fs::create_dir_all(&there).map_err(in_words)?;
        let metadata = fs::symlink_metadata(&self.path).map_err(in_words)?;
        if Stamp::of(&metadata) != self.seen {
            return Err("it was replaced while it was taken in; the new one is taken next time".to_owned());
        }
        let (target, mut receipt) = free_name(&there, &self.file_name)?;
        receipt.write_all(words.as_bytes()).map_err(in_words)?;
        receipt.sync_all().map_err(in_words)?;
        fs::rename(&self.path, &target).map_err(in_words)?;
        for folder in [&there, here] {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(in_words)?;
        }
        Ok(())
    }
}

/// A name that nothing has in `folder`, and its receipt, whose creation reserves the name.
fn free_name(folder: &Path, file_name: &str) -> Result<(PathBuf, File), String> {
    let (stem, ending) = file_name.rsplit_once('.').unwrap_or((file_name, "txt"));
    for number in 1..=SAME_NAME_MAX {
        let name = if number == 1 { file_name.to_owned() } else { format!("{stem}-{number}.{ending}") };
        let target = folder.join(&name);
        if fs::symlink_metadata(&target).is_ok() {
            continue;
        }
        match OpenOptions::new().write(true).create_new(true).open(folder.join(format!("{name}.txt"))) {
            Ok(receipt) => return Ok((target, receipt)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(format!("`{}` holds {SAME_NAME_MAX} files of this name; clear it out", folder.display()))
}

fn entries(source: &FolderSource) -> Result<Vec<(PathBuf, Metadata)>, CollectError> {
    let refuse =
        |error: std::io::Error| CollectError::Folder { path: source.path.clone(), reason: error.to_string() };
    let mut found = Vec::new();
    for entry in fs::read_dir(&source.path).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        match entry.metadata() {
            Ok(metadata) => found.push((entry.path(), metadata)),
            // It was taken away between the listing and the look.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(refuse(error)),
        }
    }
    Ok(found)
}

fn regular_files(source: &FolderSource) -> Result<Vec<(PathBuf, Metadata)>, CollectError> {
    let found = entries(source)?;
    Ok(found.into_iter().filter(|(path, metadata)| metadata.is_file() && !is_passing(path)).collect())
}

/// Hidden, or being written by a browser, a copier or a spreadsheet.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().to_lowercase();
    name.starts_with('.')
        || name.starts_with("~$")
        || [".part", ".tmp", ".crdownload", ".filepart"].iter().any(|ending| name.ends_with(ending))
}

fn has_settled(metadata: &Metadata, now: SystemTime, settle: Duration) -> bool {
    let since = |moment: SystemTime| now.duration_since(moment).ok();
    // Whoever copied a file may have stamped it with a time to come; when it changed here is known.
    let here =
        || u64::try_from(metadata.ctime()).ok().map(|at| SystemTime::UNIX_EPOCH + Duration::from_secs(at));
    let quiet = metadata.modified().ok().and_then(since).or_else(|| here().and_then(since));
    quiet.is_some_and(|quiet| quiet >= settle)
}

fn stem_of(source: &FolderSource, wanted: &Wanted) -> Option<String> {
    filled(&source.name, wanted, str::to_owned).ok()
}

fn returns_name(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)
}

fn is_named(file_name: &str, stem: &str) -> bool {
    file_name.rsplit_once('.').is_some_and(|(name, ending)| {
        name.to_lowercase() == stem.to_lowercase()
            && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
    })
}

fn shown(path: &Path) -> String {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().escape_debug().to_string()
}
