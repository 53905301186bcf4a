//! What lies in a state folder beside what belongs there: left-overs, files kept aside, doubt.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rustix::fs::statvfs;
use serde::{Deserialize, Serialize};

use crate::store::backup;
use crate::store::journal;
use crate::store::keep;
use crate::store::open::{self, FILE_NAME, log_of};
use crate::store::refusal::StoreError;

/// How the name of a file ends that was kept aside.
const ASIDE: &str = ".aside";
/// Says that the world may know more than this state.
const DOUBT: &str = "doubt.json";

/// What a run needs at least, in bytes.
const ROOM_MIN: u64 = 64 << 20;

const OURS: [&str; 12] = [
    FILE_NAME,
    journal::FILE,
    "journal.torn",
    "lock",
    "daemon.lock",
    "config-in-force.json",
    "config-last-good.json",
    keep::RECEIVED,
    keep::MESSAGES,
    backup::BANK_HOLIDAYS,
    backup::MANIFEST,
    DOUBT,
];

/// Removes what a run that died left behind: half-written files, spilled rows, a worker's folder.
///
/// Call under the lock of the state folder. Nothing else is touched.
///
/// # Errors
/// When a folder cannot be read, or a left-over cannot be removed.
pub fn sweep(state: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for folder in [state.to_owned(), state.join(keep::RECEIVED), state.join(keep::MESSAGES)] {
        for (name, path) in entries(&folder)? {
            if path.is_dir() {
                if folder == state && is_left_over_folder(&name, &path)? {
                    fs::remove_dir_all(&path)?;
                    removed.push(path);
                }
            } else if keep::is_unfinished(&name) || folder == state && is_left_over_file(&name) {
                fs::remove_file(&path)?;
                removed.push(path);
            }
        }
    }
    Ok(removed)
}

fn is_left_over_file(name: &str) -> bool {
    name.strip_prefix(open::UNFINISHED).is_some_and(|rest| ["", ".wal"].contains(&rest))
}

/// Where the engine spills rows, and where a worker, or a run that asks a lot, has its copy of the tables.
fn is_left_over_folder(name: &str, path: &Path) -> io::Result<bool> {
    if [FILE_NAME, open::UNFINISHED].iter().any(|file| name.strip_prefix(file) == Some(".tmp")) {
        return Ok(true);
    }
    let is_temporary = name.strip_prefix(".tmp").is_some_and(|rest| rest.len() == 6);
    let ours = |name: &str| {
        ["snapshot.duckdb", FILE_NAME, open::UNFINISHED].iter().any(|file| name.starts_with(file))
            || Path::new(name).extension().is_some_and(|end| end == "parquet")
    };
    Ok(is_temporary && entries(path)?.iter().all(|(name, _)| ours(name)))
}

/// Files and folders that quarterdeck did not put there; `configured` are paths that the operator named.
///
/// # Errors
/// When a folder cannot be read.
pub fn foreign(state: &Path, configured: &[&Path]) -> io::Result<Vec<PathBuf>> {
    let is_hash = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_configured = |path: &Path| configured.iter().any(|one| one.starts_with(path));
    let mut strangers = Vec::new();
    for (name, path) in entries(state)? {
        let ours = OURS.contains(&name.as_str())
            || name.ends_with(ASIDE)
            || name == format!("{FILE_NAME}.wal")
            || is_lock_of_a_folder(&name);
        let left_over = keep::is_unfinished(&name) || is_left_over_file(&name);
        if !ours && !left_over && !is_configured(&path) {
            strangers.push(path);
        }
    }
    for (name, path) in entries(&state.join(keep::RECEIVED))? {
        if !is_hash(&name) && !name.ends_with(ASIDE) && !keep::is_unfinished(&name) {
            strangers.push(path);
        }
    }
    for (name, path) in entries(&state.join(keep::MESSAGES))? {
        let is_message = Path::new(&name).extension().is_some_and(|end| end == "eml");
        if !is_message && !name.ends_with(ASIDE) && !keep::is_unfinished(&name) {
            strangers.push(path);
        }
    }
    strangers.sort();
    Ok(strangers)
}

/// Held by whoever looks into a drop folder, so that nobody follows one who has not come back.
fn is_lock_of_a_folder(name: &str) -> bool {
    name.starts_with("folder-") && Path::new(name).extension().is_some_and(|end| end == "lock")
}

/// The messages in the state folder whose file names nobody knows.
///
/// # Errors
/// When the folder cannot be read.
pub fn strays(state: &Path, is_known: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = entries(&state.join(keep::MESSAGES))?;
    let is_message = |name: &str| Path::new(name).extension().is_some_and(|end| end == "eml");
    found.retain(|(name, _)| is_message(name) && !is_known(name));
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Names and paths of what a folder holds; nothing when it is not there.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    read.map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
        .collect()
}

/// The name under which a damaged file is kept beside its place.
///
/// Never one that is taken: nothing that was kept aside is lost.
#[must_use]
pub fn aside_name(path: &Path, at: DateTime<Utc>) -> PathBuf {
    let stamped = |rest: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}{rest}{ASIDE}", at.format(backup::INSTANT)));
        PathBuf::from(name)
    };
    let numbered = (2..).map(|number| stamped(&format!("-{number}")));
    std::iter::once(stamped("")).chain(numbered).find(|name| !name.exists()).unwrap_or_else(|| stamped(""))
}

/// A database that was moved aside with its log, so that it can be put back.
#[derive(Debug)]
pub struct Aside {
    moved: Vec<(PathBuf, PathBuf)>,
}

impl Aside {
    /// Moves the database of a state folder aside, and its log with it.
    ///
    /// # Errors
    /// When it cannot be renamed; then it is where it was.
    pub fn database(state: &Path, at: DateTime<Utc>) -> io::Result<Self> {
        let path = state.join(FILE_NAME);
        let name = aside_name(&path, at);
        let mut aside = Self { moved: Vec::new() };
        for (from, to) in [(log_of(&path), log_of(&name)), (path, name)] {
            if !from.exists() {
                continue;
            }
            if let Err(error) = fs::rename(&from, &to) {
                aside.put_back()?;
                return Err(error);
            }
            aside.moved.push((from, to));
        }
        keep::sync_folder(state)?;
        Ok(aside)
    }

    /// The name of the file that was moved; none when there was none.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let (_, to) = self.moved.iter().find(|(from, _)| from.ends_with(FILE_NAME))?;
        Some(to.file_name()?.to_string_lossy().into_owned())
    }

    /// Everything where it was.
    ///
    /// # Errors
    /// When a file cannot be renamed.
    pub fn put_back(&self) -> io::Result<()> {
        self.moved.iter().try_for_each(|(from, to)| fs::rename(to, from))
    }
}

/// Why what this state calls waiting may have been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Since when the state may know less than the world.
    pub since: DateTime<Utc>,
    /// In words, such as `this state was restored from the backup of ..`.
    pub why: String,
}

/// Whether this state may know less than the world: it was restored, or its journal was mended.
///
/// # Errors
/// When the mark cannot be read. A mark that is damaged is a doubt, too.
pub fn doubt(state: &Path) -> io::Result<Option<Doubt>> {
    match fs::read(state.join(DOUBT)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| Doubt {
            since: DateTime::UNIX_EPOCH,
            why: "the journal was repaired".to_owned(),
        }))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let manifest = state.join(backup::MANIFEST);
            let at = backup::made_at(state);
            let why = at.map(|at| at.format("%-d %B %Y at %H:%M UTC").to_string());
            Ok(manifest.exists().then(|| Doubt {
                since: at.unwrap_or_default(),
                why: format!(
                    "this state was restored from the backup of {}",
                    why.unwrap_or_else(|| "an unknown day".to_owned())
                ),
            }))
        }
        Err(error) => Err(error),
    }
}

/// Marks the state as one that may know less than the world.
///
/// # Errors
/// When the mark cannot be made durable.
pub fn raise_doubt(state: &Path, doubt: &Doubt) -> io::Result<()> {
    keep::write_durably(state, DOUBT, &serde_json::to_vec(doubt)?)
}

/// Takes the mark away.
///
/// # Errors
/// When it cannot be removed.
pub fn settle_doubt(state: &Path) -> io::Result<()> {
    for name in [DOUBT, backup::MANIFEST] {
        match fs::remove_file(state.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    keep::sync_folder(state)
}

/// Bytes that are free for us on the disk of a folder.
///
/// # Errors
/// When the file system cannot be asked.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Refuses a run for which there is no room: it may write the whole database once more.
///
/// # Errors
/// [`StoreError::NoRoom`], or when the file system cannot be asked.
pub fn room_for_a_run(state: &Path) -> Result<(), StoreError> {
    let database = fs::metadata(state.join(FILE_NAME)).map_or(0, |found| found.len());
    room_for(state, ROOM_MIN + database)
}

/// Refuses what needs more bytes than are free.
///
/// # Errors
/// As [`room_for_a_run`].
pub fn room_for(folder: &Path, needed: u64) -> Result<(), StoreError> {
    let free = free_bytes(folder).map_err(|error| {
        StoreError::failed(format!("cannot ask how much of `{}` is free", folder.display()), &error)
    })?;
    if free < needed {
        return Err(StoreError::NoRoom { path: folder.to_owned(), free, needed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::DateTime;

    use super::{aside_name, doubt, foreign, raise_doubt, room_for, settle_doubt, sweep};
    use crate::store::keep;
    use crate::store::refusal::StoreError;

    #[test]
    fn left_overs_are_removed_and_strangers_are_not() {
        let state = tempfile::tempdir().unwrap();
        let left_over = [".quarterdeck-a1.new", "quarterdeck.duckdb.new", "quarterdeck.duckdb.new.wal"];
        let ours = ["quarterdeck.duckdb", "journal.jsonl", "quarterdeck.duckdb.20171117T080000Z.aside"];
        for name in left_over.iter().chain(&ours).chain(&["notes.txt", "new.new"]) {
            fs::write(state.path().join(name), "x").unwrap();
        }
        for (folder, file) in [
            ("quarterdeck.duckdb.tmp", "spilled"),
            (".tmpAb12Cd", "snapshot.duckdb"),
            (".tmpEf34Gh", "quarterdeck.duckdb.wal"),
            (".tmpZz12Cd", "thesis.odt"),
            ("received", "notes.txt"),
        ] {
            fs::create_dir(state.path().join(folder)).unwrap();
            fs::write(state.path().join(folder).join(file), "x").unwrap();
        }
        let configured = state.path().join("drop/workforce");
        fs::create_dir_all(&configured).unwrap();
        assert_eq!(sweep(state.path()).unwrap().len(), 6);
        let names: Vec<String> = foreign(state.path(), &[&configured])
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(state.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, [".tmpZz12Cd", "new.new", "notes.txt", "received/notes.txt"]);
    }

    #[test]
    fn nothing_that_was_kept_aside_is_written_over() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("journal.jsonl");
        let first = aside_name(&path, DateTime::UNIX_EPOCH);
        assert!(first.ends_with("journal.jsonl.1970-01-01T000000Z.aside"), "{}", first.display());
        fs::write(&first, "x").unwrap();
        let second = aside_name(&path, DateTime::UNIX_EPOCH);
        assert!(second.ends_with("journal.jsonl.1970-01-01T000000Z-2.aside"), "{}", second.display());
    }

    #[test]
    fn a_doubt_stays_until_it_is_settled_and_a_damaged_mark_is_one() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(doubt(state.path()).unwrap(), None);
        let raised = super::Doubt { since: DateTime::UNIX_EPOCH, why: "a reason".to_owned() };
        raise_doubt(state.path(), &raised).unwrap();
        assert_eq!(doubt(state.path()).unwrap(), Some(raised));
        keep::write_durably(state.path(), "doubt.json", b"").unwrap();
        assert!(doubt(state.path()).unwrap().is_some());
        settle_doubt(state.path()).unwrap();
        assert_eq!(doubt(state.path()).unwrap(), None);
    }

    #[test]
    fn a_full_disk_is_refused_with_its_path_and_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        room_for(folder.path(), 1).unwrap();
        let refused = room_for(folder.path(), u64::MAX).unwrap_err();
        assert!(matches!(refused, StoreError::NoRoom { .. }));
        let words = refused.to_string();
        assert!(
            words.contains(&folder.path().display().to_string()) && words.contains("MiB free"),
            "{words}"
        );
    }
}
