//! Putting a dropped file away: moved to its folder with a receipt in words, across disks if need be.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::collect::lying::{Fate, Lies, Stamp};
use crate::collect::mark;

/// Numbers tried for a name that is taken already.
const SAME_NAME_MAX: u32 = 10_000;

/// How the name of a receipt ends, after the name of its file.
pub(super) const RECEIPT: &str = ".txt";

/// How the receipt begins of a file that stays where it was dropped: by this it is known as ours.
pub const NOT_TAKEN: &str = "Not taken in yet.";

/// A file to put away.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Put {
    pub(super) lies: Lies,
    pub(super) file_name: String,
    pub(super) seen: Stamp,
    pub(super) fate: Fate,
    /// The words of its receipt.
    pub(super) words: String,
}

/// Moves a file into the folder of its fate, with its receipt. One that lies there already stays, and only
/// its receipt is written again.
///
/// Errors in words; the file then stays.
pub(super) fn put(root: &Path, put: &Put) -> Result<(), String> {
    let here = put.lies.within(root);
    let path = here.join(&put.file_name);
    if put.lies == Lies::PutAway(put.fate) {
        return tell_again(root, &path, &put.words);
    }
    let there = root.join(put.fate.folder());
    mark::folder(root, put.fate).map_err(in_words)?;
    let metadata = fs::symlink_metadata(&path).map_err(in_words)?;
    if Stamp::of(&metadata) != put.seen {
        return Err("it was replaced while it was taken in; the new one is taken next time".to_owned());
    }
    let (target, receipt) = free_name(root, &there, &put.file_name)?;
    written(&receipt, &put.words).and_then(|()| moved(&path, &target)).map_err(|error| {
        // The receipt of a file that stays would be wrong; it is written again with the next try.
        match fs::remove_file(&receipt) {
            Ok(()) => in_words(error),
            Err(_) => format!("{error}; `{}` is a receipt without its file", receipt.display()),
        }
    })?;
    if put.lies != Lies::Dropped {
        // What was said of it before is no longer so.
        fs::remove_file(receipt_of(&path)).map_err(in_words)?;
    }
    sync(&there).and_then(|()| sync(&here)).map_err(in_words)
}

/// Writes the receipt of a file that was put away once more, in one step.
fn tell_again(root: &Path, path: &Path, words: &str) -> Result<(), String> {
    let folder = path.parent().ok_or("it has no folder")?;
    let mut file = tempfile::Builder::new().prefix(".quarterdeck-").tempfile_in(folder).map_err(in_words)?;
    let mode = Permissions::from_mode(mark::receipt_mode(root));
    file.as_file().set_permissions(mode).map_err(in_words)?;
    mark::give_group(root, file.path());
    file.write_all(words.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(in_words)?;
    file.persist(receipt_of(path)).map_err(|refused| in_words(refused.error))?;
    sync(folder).map_err(in_words)
}

/// Writes a receipt beside a file that stays where it was dropped; what has its name already stays.
pub(super) fn tell(root: &Path, file_name: &str, words: &str) -> Result<(), String> {
    let receipt = receipt_of(&root.join(file_name));
    reserved(root, &receipt).map_err(in_words)?;
    written(&receipt, words).map_err(in_words)
}

/// Takes such a receipt away; nothing that is not one of ours.
pub(super) fn untell(root: &Path, file_name: &str) -> Result<(), String> {
    let receipt = receipt_of(&root.join(file_name));
    let text = fs::read(&receipt).map_err(in_words)?;
    if !text.starts_with(NOT_TAKEN.as_bytes()) {
        return Err("it is no receipt of ours".to_owned());
    }
    fs::remove_file(receipt).map_err(in_words)
}

/// Makes a receipt that is not there yet, for the people of the drop folder.
fn reserved(root: &Path, receipt: &Path) -> io::Result<()> {
    let mode = mark::receipt_mode(root);
    OpenOptions::new().write(true).create_new(true).mode(mode).open(receipt)?;
    mark::give_group(root, receipt);
    Ok(())
}

fn receipt_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(RECEIPT);
    PathBuf::from(name)
}

#[expect(clippy::needless_pass_by_value, reason = "errors are handed over")]
fn in_words(error: io::Error) -> String {
    error.to_string()
}

fn written(receipt: &Path, words: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(receipt)?;
    file.write_all(words.as_bytes())?;
    file.sync_all()
}

fn moved(path: &Path, target: &Path) -> io::Result<()> {
    match fs::rename(path, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copied(path, target),
        renamed => renamed,
    }
}

/// Copies to another disk; what was copied is read back before the file here goes.
fn copied(path: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().unwrap_or(target);
    let mut copy = tempfile::Builder::new().prefix(".quarterdeck-").tempfile_in(folder)?;
    let mut file = File::open(path)?;
    io::copy(&mut file, copy.as_file_mut())?;
    let metadata = file.metadata()?;
    copy.as_file().set_permissions(metadata.permissions())?;
    // By its time a file is known again, as after a rename.
    if let Ok(changed) = metadata.modified() {
        copy.as_file().set_modified(changed)?;
    }
    copy.as_file().sync_all()?;
    if sum(path)? != sum(copy.path())? {
        return Err(io::Error::other("its copy on the other disk is not the same"));
    }
    copy.persist_noclobber(target).map_err(|refused| refused.error)?;
    sync(folder)?;
    fs::remove_file(path)
}

fn sum(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(hasher.finalize().to_vec());
        }
        hasher.update(piece.get(..count).unwrap_or_default());
    }
}

/// Some file servers cannot sync a folder, and say so; the rename is theirs to keep.
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}

/// A name that nothing has in `folder`, and its receipt, whose creation reserves the name.
fn free_name(root: &Path, folder: &Path, file_name: &str) -> Result<(PathBuf, PathBuf), String> {
    let (stem, ending) = file_name.rsplit_once('.').unwrap_or((file_name, "txt"));
    for number in 1..=SAME_NAME_MAX {
        let name = if number == 1 { file_name.to_owned() } else { format!("{stem}-{number}.{ending}") };
        let target = folder.join(&name);
        if fs::symlink_metadata(&target).is_ok() {
            continue;
        }
        let receipt = folder.join(format!("{name}{RECEIPT}"));
        match reserved(root, &receipt) {
            Ok(()) => return Ok((target, receipt)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(format!("`{}` holds {SAME_NAME_MAX} files of this name; clear it out", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::{copied, fs};

    #[test]
    fn a_copy_across_disks_takes_the_place_of_the_file_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "a return").unwrap();
        copied(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"a return");
        assert!(!from.exists());
        fs::write(&from, "another").unwrap();
        assert!(copied(&from, &to).is_err());
        assert!(from.exists() && fs::read(&to).unwrap() == b"a return");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
