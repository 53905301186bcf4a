//! One daemon for one state folder.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::pipeline::opening::StateInUse;

/// The daemon's lock, held until it ends.
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes it, and writes down who has it.
    pub(super) fn take(state: &Path) -> Result<Self> {
        fs::create_dir_all(state)
            .with_context(|| format!("cannot create the state folder `{}`", state.display()))?;
        let path = state.join("daemon.lock");
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.with_context(|| format!("cannot open `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateInUse::of(state, "daemon.lock").into()),
            Err(TryLockError::Error(cause)) => return Err(cause).context("cannot lock the state folder"),
        }
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { path, file })
    }

    /// Makes sure that the file that others look at is still the one we hold.
    pub(super) fn check(&self) -> Result<()> {
        let (ours, there) = (self.file.metadata(), fs::metadata(&self.path));
        let is_same =
            ours.and_then(|ours| Ok((ours.ino(), ours.dev()) == there.map(|it| (it.ino(), it.dev()))?));
        if !is_same.unwrap_or(false) {
            bail!("`{}` was taken away: a second daemon could start; this one ends", self.path.display());
        }
        Ok(())
    }
}
