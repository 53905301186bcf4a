//! Disks: room, kind of file system, and the state folder's own order.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

use crate::cli::doctor::Seen;
use crate::config::settings::{PostSettings, Settings, Source};
use crate::store::recover;

const LOW: u64 = 1 << 30;
const EXHAUSTED: u64 = 64 << 20;
const INODES_LOW: u64 = 10_000;

const OTHERS: u32 = 0o077;

/// File systems of other machines, by the kernel's numbers: their locks and syncs are promises at best.
const REMOTE: [(i64, &str); 7] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
];

/// A line per disk, and one for the state folder.
pub(super) fn look(settings: &Settings) -> Vec<Seen> {
    vec![
        disk("disk of the state", &settings.state),
        disk("disk of the backups", &settings.backup.folder),
        folder(settings),
    ]
}

fn disk(check: &str, wanted: &Path) -> Seen {
    let free_up = "free some room: a run that finds none is taken back, and nothing is received";
    let Some(path) = wanted.ancestors().find(|path| path.exists()) else {
        return Seen::problem(check, format!("`{}` is not there", wanted.display()), "make the folder");
    };
    let (Ok(room), Ok(kind)) = (statvfs(path), statfs(path)) else {
        return Seen::warning(check, format!("`{}` tells nothing of its disk", path.display()), "look at it");
    };
    if room.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Seen::problem(
            check,
            format!("`{}` is mounted read-only", path.display()),
            "see why: `dmesg`",
        );
    }
    #[expect(clippy::useless_conversion, reason = "the kernel's number is narrower on other machines")]
    let number = i64::from(kind.f_type);
    if let Some((_, name)) = REMOTE.iter().find(|(remote, _)| *remote == number) {
        let saw = format!("`{}` is on a network file system ({name})", path.display());
        return Seen::problem(check, saw, "keep the state on a local disk, and copy the backups from there");
    }
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let saw = format!("{} MiB free", free >> 20);
    // Some file systems do not count inodes at all.
    let few = room.f_files > 0 && room.f_favail < INODES_LOW;
    match free {
        _ if few => Seen::warning(check, format!("{saw}, but only {} inodes", room.f_favail), free_up),
        free if free < EXHAUSTED => Seen::problem(check, saw, free_up),
        free if free < LOW => Seen::warning(check, saw, free_up),
        _ => Seen::ok(check, saw),
    }
}

fn folder(settings: &Settings) -> Seen {
    const CHECK: &str = "state folder";
    let path = settings.state.display();
    let Ok(metadata) = fs::metadata(&settings.state) else {
        return Seen::ok(CHECK, format!("`{path}` is not there yet; the first run makes it"));
    };
    if metadata.mode() & OTHERS != 0 {
        let saw = format!("`{path}` is open to others ({:o})", metadata.mode() & 0o777);
        return Seen::problem(CHECK, saw, format!("chmod 700 {path}"));
    }
    let foreign = match recover::foreign(&settings.state, &configured(settings)) {
        Ok(foreign) => foreign,
        Err(error) => {
            return Seen::problem(CHECK, format!("cannot list `{path}`: {error}"), "check its owner");
        }
    };
    if !foreign.is_empty() {
        let shown =
            foreign.iter().take(3).map(|path| format!("`{}`", path.display().to_string().escape_debug()));
        let saw = format!(
            "{} files that are not ours, such as {}",
            foreign.len(),
            shown.collect::<Vec<_>>().join(", ")
        );
        return Seen::warning(CHECK, saw, "they are never touched; take them away");
    }
    Seen::ok(CHECK, format!("`{path}` is for its user alone, and holds nothing strange"))
}

/// What the operator may have put into the state folder by the configuration.
fn configured(settings: &Settings) -> Vec<&Path> {
    let post = match &settings.mail.post {
        PostSettings::Folder { path } => Some(path.as_path()),
        PostSettings::Smtp(_) => None,
    };
    let sources = settings.collections.iter().filter_map(|collection| match &collection.source {
        Source::Folder(folder) => Some(folder.path.as_path()),
        _ => None,
    });
    sources.chain(post).chain([settings.backup.folder.as_path()]).collect()
}
