//! Backups: a whole state folder each, compared with the original before it counts.
//!
//! A file that never changes (a received file, a message) is linked to the same file of the backup before, as
//! `rsync --link-dest` does, after its bytes were read and found to be right; it is never linked to the
//! original, of which it is to be a copy.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::settings::Limits;
use crate::store::examine::{self, Sums};
use crate::store::journal::{self, Happened, Journal, Line};
use crate::store::keep;
use crate::store::open::{FILE_NAME, Store};
use crate::store::recover;

/// How the instant of a backup is written in names.
pub const INSTANT: &str = "%Y-%m-%dT%H%M%SZ";
/// The file that says that a folder is a backup; a state that was restored from it still has it.
pub const MANIFEST: &str = "backup.json";
/// Newer bank holidays, when a source refreshed them.
pub const BANK_HOLIDAYS: &str = "bank-holidays.json";

const UNFINISHED: &str = ".new";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub quarterdeck: String,
    /// When, by the clock the command was given.
    pub at: DateTime<Utc>,
    /// How many lines its journal has; none while it is being made.
    pub journal_lines: Option<u64>,
    /// How many files it has.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// What is copied.
#[derive(Debug)]
pub struct Original<'a> {
    /// The state folder, its database checkpointed and closed.
    pub state: &'a Path,
    /// The sums of its database.
    pub sums: &'a Sums,
    /// Its journal.
    pub lines: &'a [Line],
    /// For opening the copy of the database.
    pub limits: &'a Limits,
}

/// A backup that was made and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Files that are linked to those of the backup before.
    pub linked: usize,
    /// Received files and messages that neither the state nor any backup has as they were.
    pub missing: Vec<PathBuf>,
}

/// A whole backup of a folder of backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// Copies a state folder into `folder`, compares the copy with the original, and gives it its name.
///
/// Call under the lock of the state folder.
///
/// # Errors
/// When there is no room, a file cannot be copied, or the copy is not equal: then there is no new backup.
pub fn make(original: &Original<'_>, folder: &Path, at: DateTime<Utc>) -> Result<Made> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    remove_unfinished(folder)?;
    let before = newest_first(folder);
    let name = free_name(folder, at);
    let unfinished = folder.join(format!("{name}{UNFINISHED}"));
    let mut manifest = Manifest {
        quarterdeck: env!("CARGO_PKG_VERSION").to_owned(),
        at,
        journal_lines: None,
        files: 0,
        bytes: 0,
    };
    keep::write_durably(&unfinished, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)
        .with_context(|| format!("cannot write into `{}`", folder.display()))?;
    let mut copying =
        Copying { from: original.state, to: &unfinished, before, linked: 0, missing: Vec::new() };
    copying.room(folder)?;
    let copied = copying.everything(original.lines).and_then(|()| compare(original, &unfinished));
    if let Err(error) = copied {
        fs::remove_dir_all(&unfinished).context("cannot remove a backup that failed")?;
        return Err(error.context(format!("no backup was made in `{}`", folder.display())));
    }
    (manifest.files, manifest.bytes) = counted(&unfinished)?;
    manifest.journal_lines = Some(original.lines.len() as u64);
    keep::write_durably(&unfinished, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    let path = folder.join(name);
    fs::rename(&unfinished, &path).context("cannot give the backup its name")?;
    keep::sync_folder(folder)?;
    Ok(Made { path, manifest, linked: copying.linked, missing: copying.missing })
}

/// Removes whole backups of `folder` beyond the newest `keep`; no folder that is not one of ours.
///
/// # Errors
/// When one cannot be removed.
pub fn rotate(folder: &Path, keep: u32) -> Result<Vec<PathBuf>> {
    let surplus: Vec<PathBuf> =
        newest_first(folder).into_iter().skip(keep.max(1) as usize).map(|one| one.path).collect();
    for path in &surplus {
        // Half a backup must not count as one.
        let gone = PathBuf::from(format!("{}{UNFINISHED}", path.display()));
        fs::rename(path, &gone)
            .and_then(|()| fs::remove_dir_all(&gone))
            .with_context(|| format!("cannot remove the old backup `{}`", path.display()))?;
    }
    Ok(surplus)
}

/// The whole backups in a folder, newest first; those whose name and manifest are ours.
#[must_use]
pub fn newest_first(folder: &Path) -> Vec<Kept> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut kept: Vec<(String, Kept)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let manifest = manifest(&entry.path()).filter(|it| it.journal_lines.is_some())?;
            is_name(&name).then(|| (name, Kept { path: entry.path(), at: manifest.at }))
        })
        .collect();
    kept.sort_by(|(a, one), (b, other)| (other.at, b.len(), b).cmp(&(one.at, a.len(), a)));
    kept.into_iter().map(|(_, one)| one).collect()
}

/// When the backup was made that this folder is, or was restored from.
#[must_use]
pub fn made_at(folder: &Path) -> Option<DateTime<Utc>> {
    manifest(folder).map(|manifest| manifest.at)
}

/// The bytes of a file in the newest backup that has it as it was.
#[must_use]
pub fn find(folder: &Path, inside: &str, name: &str, hash: &str) -> Option<Vec<u8>> {
    newest_first(folder)
        .iter()
        .filter_map(|one| fs::read(one.path.join(inside).join(name)).ok())
        .find(|bytes| keep::hash(bytes) == hash)
}

/// The journal of the newest backup whose journal is whole; no lines when there is none.
#[must_use]
pub fn newest_journal(folder: &Path) -> Vec<Line> {
    let journals = newest_first(folder).into_iter().filter_map(|one| Journal::read(&one.path).ok());
    journals.into_iter().find(|lines| !lines.is_empty()).unwrap_or_default()
}

fn manifest(folder: &Path) -> Option<Manifest> {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
}

/// `2017-11-17T080000Z`, and `-2` when a second one was made in the same second.
fn is_name(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (stamp, rest) = name.split_at_checked(18).unwrap_or((name, ""));
    let is_stamp = chrono::NaiveDateTime::parse_from_str(stamp, INSTANT).is_ok();
    is_stamp && (rest.is_empty() || rest.strip_prefix('-').is_some_and(digits))
}

fn free_name(folder: &Path, at: DateTime<Utc>) -> String {
    let stamp = at.format(INSTANT).to_string();
    let numbered = (2..).map(|number| format!("{stamp}-{number}"));
    let mut names = std::iter::once(stamp.clone()).chain(numbered);
    names.find(|name| !folder.join(name).exists()).unwrap_or(stamp)
}

/// What a backup that was ended left behind; only what carries our name and our manifest, or nothing at all.
fn remove_unfinished(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if !name.strip_suffix(UNFINISHED).is_some_and(is_name) || !path.is_dir() {
            continue;
        }
        let is_empty = fs::read_dir(&path)?.next().is_none();
        if is_empty || manifest(&path).is_some() {
            fs::remove_dir_all(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
    }
    Ok(())
}

struct Copying<'a> {
    from: &'a Path,
    to: &'a Path,
    before: Vec<Kept>,
    linked: usize,
    missing: Vec<PathBuf>,
}

impl Copying<'_> {
    /// What must be copied in any case.
    fn room(&self, folder: &Path) -> Result<()> {
        let changing = [FILE_NAME, journal::FILE].map(|name| self.from.join(name));
        let bytes = changing.iter().map(|path| fs::metadata(path).map_or(0, |found| found.len())).sum();
        Ok(recover::room_for(folder, bytes)?)
    }

    fn everything(&mut self, lines: &[Line]) -> Result<()> {
        for name in [FILE_NAME, journal::FILE, BANK_HOLIDAYS, "doubt.json"] {
            if self.from.join(name).exists() {
                self.copy(Path::new(name))?;
            }
        }
        let hashes = message_hashes(lines);
        let received = lines.iter().filter(|line| line.keeps_a_file());
        let received: BTreeMap<String, &str> =
            received.map(|line| (line.subject.clone(), line.subject.as_str())).collect();
        let messages = hashes.iter().map(|(key, hash)| (format!("{key}.eml"), *hash)).collect();
        self.folder(keep::RECEIVED, &received)?;
        self.folder(keep::MESSAGES, &messages)?;
        Ok(keep::sync_folder(self.to)?)
    }

    /// A folder of files that never change: those that the journal announces under their hashes, and others.
    fn folder(&mut self, inside: &str, announced: &BTreeMap<String, &str>) -> Result<()> {
        let there: Vec<String> = match fs::read_dir(self.from.join(inside)) {
            Ok(entries) => {
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
            Err(_) => Vec::new(),
        };
        fs::create_dir_all(self.to.join(inside))?;
        for (name, hash) in announced {
            let path = Path::new(inside).join(name);
            if self.link(&path, hash) {
                self.linked += 1;
            } else if !self.from.join(&path).exists() || !self.copied_whole(&path, hash)? {
                self.missing.push(path);
            }
        }
        let others = there.iter().filter(|name| !announced.contains_key(*name) && !keep::is_unfinished(name));
        for name in others {
            self.copy(&Path::new(inside).join(name))?;
        }
        Ok(keep::sync_folder(&self.to.join(inside))?)
    }

    /// Copies a file and reads the copy back; no damaged copy stays.
    fn copied_whole(&self, path: &Path, hash: &str) -> Result<bool> {
        self.copy(path)?;
        let copy = self.to.join(path);
        let is_whole = keep::hash(&fs::read(&copy)?) == hash;
        if !is_whole {
            fs::remove_file(&copy)?;
        }
        Ok(is_whole)
    }

    /// Links a file to the newest backup that has it as it was; a file system without links gets copies.
    fn link(&self, path: &Path, hash: &str) -> bool {
        let whole = |there: &PathBuf| fs::read(there).is_ok_and(|bytes| keep::hash(&bytes) == hash);
        let there = self.before.iter().map(|one| one.path.join(path)).find(whole);
        there.is_some_and(|there| fs::hard_link(&there, self.to.join(path)).is_ok())
    }

    fn copy(&self, path: &Path) -> Result<()> {
        let (from, to) = (self.from.join(path), self.to.join(path));
        fs::copy(&from, &to)
            .and_then(|_| File::open(&to)?.sync_all())
            .with_context(|| format!("cannot copy `{}` to `{}`", from.display(), to.display()))
    }
}

/// The hash under which each message was queued, by its key.
#[must_use]
pub fn message_hashes(lines: &[Line]) -> BTreeMap<&str, &str> {
    let queued = lines.iter().filter(|line| line.event == Happened::Queued);
    queued
        .filter_map(|line| Some((line.subject.as_str(), line.detail.get("hash").and_then(Value::as_str)?)))
        .collect()
}

/// Opens the copy as a state folder and compares every table, every line and every file.
fn compare(original: &Original<'_>, copy: &Path) -> Result<()> {
    let store = Store::open_read_only(copy, original.limits)?;
    let sums = examine::sums(store.connection())?;
    for (table, sum) in original.sums {
        if sums.get(table) != Some(sum) {
            bail!("the copy of the table `{table}` is not equal to the original");
        }
    }
    store.close()?;
    ensure!(Journal::read(copy)? == original.lines, "the copy of the journal is not equal to the original");
    Ok(())
}

fn counted(folder: &Path) -> io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let (more_files, more_bytes) =
            if path.is_dir() { counted(&path)? } else { (1, fs::metadata(&path)?.len()) };
        (files, bytes) = (files + more_files, bytes + more_bytes);
    }
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn only_our_own_names_are_names_of_backups() {
        for name in ["2017-11-17T080000Z", "2017-11-17T080000Z-2"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["2017-11-17", "2017-11-17T080000Z.new", "2017-13-17T080000Z", "2017-11-17T080000Z-", "x"]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
