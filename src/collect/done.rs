//! What lies in the `done` of a drop folder: files that were taken in, each with its receipt.
//!
//! A state that knows less than the world, as one that was restored from a copy, finds there what it lost.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::collect::away::RECEIPT;
use crate::collect::folder::{Claim, Fate, Lies, Stamp, has_settled, server_now, stem, stem_of};
use crate::collect::{CollectError, Wanted};
use crate::config::settings::FolderSource;

/// Of a receipt so much is read: its first line says what is asked.
const RECEIPT_BYTES_MAX: u64 = 1 << 10;

/// A file that was put away as taken in, with its receipt beside it.
#[derive(Debug)]
pub struct PutAway {
    /// Whose return it is by its name.
    pub wanted: Wanted,
    /// The file.
    pub claim: Claim,
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

    /// The first line of its receipt; empty when that cannot be read.
    #[must_use]
    pub fn receipt(&self) -> String {
        let mut text = String::new();
        let read = fs::File::open(receipt_of(&self.claim.path))
            .and_then(|file| file.take(RECEIPT_BYTES_MAX).read_to_string(&mut text));
        let first = text.lines().next().filter(|_| read.is_ok());
        first.unwrap_or_default().to_owned()
    }
}

/// The files in `done` that have settled and are named like one of `wanted`, and like their receipt.
///
/// A `done` that is not there holds nothing.
///
/// # Errors
/// When it cannot be listed.
pub fn put_away(
    source: &FolderSource,
    wanted: &[Wanted],
    machine_now: SystemTime,
) -> Result<Vec<PutAway>, CollectError> {
    let folder = source.path.join(Fate::Done.folder());
    let paths = listed(&folder)
        .map_err(|error| CollectError::Folder { path: folder.clone(), reason: error.to_string() })?;
    let stems: BTreeMap<String, &Wanted> =
        wanted.iter().filter_map(|wanted| Some((stem_of(source, wanted)?.to_lowercase(), wanted))).collect();
    let now = server_now(&source.path).unwrap_or(machine_now);
    let settle = Duration::from_secs(source.settle_seconds);
    let with_receipt = paths.iter().filter(|path| paths.contains(&receipt_of(path)));
    let one = |path: &PathBuf| {
        let file_name = path.file_name().and_then(OsStr::to_str)?;
        let stem = stem(file_name)?;
        let wanted = stems.get(&stem).or_else(|| stems.get(without_number(&stem)?))?;
        let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        has_settled(&metadata, now, settle).then(|| PutAway {
            wanted: (*wanted).clone(),
            claim: Claim {
                path: path.clone(),
                file_name: file_name.to_owned(),
                seen: Stamp::of(&metadata),
                lies: Lies::PutAway,
            },
        })
    };
    Ok(with_receipt.filter_map(one).collect())
}

fn listed(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

fn receipt_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(RECEIPT);
    PathBuf::from(name)
}

/// A name that was taken got a number when it was put away.
fn without_number(stem: &str) -> Option<&str> {
    let (stem, number) = stem.rsplit_once('-')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(stem)
}
