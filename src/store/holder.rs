//! Who holds a lock of the state folder, told without touching the lock.
//!
//! Taking it, even for an instant and shared, could keep a run out that begins just then.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};

/// What the kernel shows for a process that is not ours to see.
const HIDDEN: u32 = 0;

/// Whoever holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The process, when it is known.
    pub process: Option<u32>,
    /// Since when, when it wrote that down.
    pub since: Option<DateTime<Utc>>,
}

/// Who holds the lock file `path`; none when nobody does.
#[must_use]
pub fn holder(path: &Path) -> Option<Holder> {
    let inode = fs::metadata(path).ok()?.ino();
    let written = written(&fs::read_to_string(path).unwrap_or_default());
    match fs::read_to_string("/proc/locks") {
        Ok(table) => {
            let process = Some(holding(&table, inode)?).filter(|process| *process != HIDDEN);
            let since = written.since.filter(|_| process.is_none() || written.process == process);
            Some(Holder { process: process.or(written.process), since })
        }
        // Hidden, as in some containers: then only what stands in the file tells.
        Err(_) => written.process.filter(|process| is_alive(*process)).map(|_| written),
    }
}

/// `PID since`, as far as it is there.
fn written(text: &str) -> Holder {
    let mut words = text.split_whitespace();
    let process = words.next().and_then(|word| word.parse().ok());
    Holder { process, since: words.next().and_then(|word| word.parse().ok()) }
}

/// The process that holds a lock on the file with this inode, or [`HIDDEN`].
///
/// The device is not compared: file systems on several volumes give another one here than `stat` does.
fn holding(table: &str, inode: u64) -> Option<u32> {
    table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // A `->` behind the number is one that waits.
        let [_, "FLOCK", _, _, process, file, ..] = words.as_slice() else { return None };
        let its: u64 = file.rsplit(':').next()?.parse().ok()?;
        (its == inode).then(|| process.parse().unwrap_or(HIDDEN))
    })
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::{Holder, holder, holding};

    #[test]
    fn a_lock_is_seen_while_it_is_held_and_by_whom_and_since_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(holder(&path), None);
        let process = std::process::id();
        fs::write(&path, format!("{process} 2017-11-17T08:00:00Z\n")).unwrap();
        assert_eq!(holder(&path), None, "what stands in the file holds nothing");
        let file = File::options().write(true).open(&path).unwrap();
        file.lock().unwrap();
        let since = "2017-11-17T08:00:00Z".parse().ok();
        assert_eq!(holder(&path), Some(Holder { process: Some(process), since }));
        fs::write(&path, "").unwrap();
        assert_eq!(holder(&path), Some(Holder { process: Some(process), since: None }));
        drop(file);
        assert_eq!(holder(&path), None);
    }

    #[test]
    fn a_lock_of_another_kind_or_that_is_waited_for_is_none() {
        let table = "1: POSIX  ADVISORY  WRITE 7 fd:01:42 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 8 fd:01:42 0 EOF\n";
        assert_eq!(holding(table, 42), None);
        assert_eq!(holding("3: FLOCK  ADVISORY  WRITE 9 fd:01:42 0 EOF\n", 42), Some(9));
        assert_eq!(holding("3: FLOCK  ADVISORY  WRITE 0 fd:01:42 0 EOF\n", 42), Some(super::HIDDEN));
    }
}
