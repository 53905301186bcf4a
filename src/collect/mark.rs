//! The mark of a drop folder: the `done` and `refused` that the first look makes in it.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::collect::lying::Fate;

/// Whether a drop folder is the one that was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// Its `done` folder is there.
    Is,
    /// Its `done` folder is gone: what is here may be an empty mount point.
    Gone,
    /// The folder itself cannot be looked at.
    Unknown,
}

/// Of the drop folder's mode, what the folders in it have too. That it gives its group on, they have from it.
const OF_FOLDERS: u32 = 0o1777;

/// Of the drop folder's mode, what a receipt has too: who may read.
const OF_RECEIPTS: u32 = 0o444;

const OWN_FOLDER: u32 = 0o700;
const OWN_FILE: u32 = 0o600;

pub(super) fn look_for(root: &Path) -> Mark {
    let there = |path: &Path| fs::symlink_metadata(path).map(|_| ());
    match there(&root.join(Fate::Done.folder())) {
        Ok(()) => Mark::Is,
        Err(error) if error.kind() == io::ErrorKind::NotFound && there(root).is_ok() => Mark::Gone,
        Err(_) => Mark::Unknown,
    }
}

pub(super) fn make(root: &Path) -> Result<(), String> {
    for fate in [Fate::Refused, Fate::Done] {
        folder(root, fate).map_err(|error| format!("`{}`: {error}", fate.folder()))?;
    }
    Ok(())
}

/// Makes a folder in the drop folder, for the same people as that, unless it is there. A drop folder that is
/// not there is for its user alone.
pub(super) fn folder(root: &Path, fate: Fate) -> io::Result<()> {
    let path = root.join(fate.folder());
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(OWN_FOLDER).create(root)?;
    DirBuilder::new().mode(fs::metadata(root)?.mode() & OF_FOLDERS).create(&path)?;
    give_group(root, &path);
    Ok(())
}

/// The mode of a receipt: whoever may read the drop folder may read it, and may be somebody else than we.
pub(super) fn receipt_mode(root: &Path) -> u32 {
    fs::metadata(root).map_or(OWN_FILE, |it| (it.mode() & OF_RECEIPTS) | OWN_FILE)
}

/// Gives `path` the group of the drop folder. Where that is set to give its group on, it has it already.
pub(super) fn give_group(root: &Path, path: &Path) {
    let group = |path: &Path| fs::metadata(path).map(|it| it.gid());
    let given = match (group(root), group(path)) {
        (Ok(wanted), Ok(has)) if wanted != has => chown(path, None, Some(wanted)),
        _ => Ok(()),
    };
    if let Err(cause) = given {
        tracing::debug!(%cause, "the group of the drop folder cannot be given on");
    }
}

/// How it is said that there is no drop folder.
pub const NOT_THERE: &str = "is not there";

/// Whether the folder can be read, and files be put away.
pub(super) fn try_out(root: &Path) -> Result<(), String> {
    fs::read_dir(root).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("the drop folder `{}` {NOT_THERE}", root.display()),
        _ => format!("cannot read the drop folder `{}`: {error}", root.display()),
    })?;
    for name in ["", "done", "refused"] {
        let into = root.join(name);
        // A hidden file is never taken for a return, and goes at once.
        let is_writable =
            || NamedTempFile::with_prefix_in(".doctor-", &into).and_then(NamedTempFile::close).is_ok();
        if into.is_dir() && !is_writable() {
            return Err(format!("cannot write to `{}`", into.display()));
        }
    }
    Ok(())
}
