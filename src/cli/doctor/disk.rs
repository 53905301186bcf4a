//! Disks: room, kind of file system, and the state folder's own order.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

use crate::cli::doctor::Seen;
use crate::config::settings::{PostSettings, Settings, Source};
use crate::store::open::FILE_NAME;

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

/// Names that a run makes in the state folder.
const OURS: [&str; 8] = [
    "journal.jsonl",
    "received",
    "messages",
    "backups",
    "lock",
    "daemon.lock",
    "bank-holidays.json",
    FILE_NAME,
];

/// Endings of what a run that died may leave.
const LEFT_OVER: [&str; 3] = [".torn", ".new", ".aside"];

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
    let names: Vec<String> = match fs::read_dir(&settings.state) {
        Ok(entries) => entries
            .filter_map(|entry| Some((entry.ok()?.file_name().to_string_lossy()).into_owned()))
            .collect(),
        Err(error) => {
            return Seen::problem(CHECK, format!("cannot list `{path}`: {error}"), "check its owner");
        }
    };
    let (left, rest): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| LEFT_OVER.iter().any(|ending| name.contains(ending)));
    let foreign: Vec<&String> = rest.into_iter().filter(|name| !is_ours(settings, name)).collect();
    let shown = |names: &[&String]| {
        names.iter().take(3).map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ")
    };
    if !foreign.is_empty() {
        let saw = format!("{} files that are not ours, such as {}", foreign.len(), shown(&foreign));
        return Seen::warning(CHECK, saw, "they are never touched; take them away");
    }
    if !left.is_empty() {
        let saw = format!("left over from a run that died: {}", shown(&left));
        return Seen::warning(CHECK, saw, "look at them, then take them away");
    }
    Seen::ok(CHECK, format!("`{path}` is for its user alone, and holds nothing strange"))
}

/// Made by a run, or configured to be there.
fn is_ours(settings: &Settings, name: &str) -> bool {
    let here = settings.state.join(name);
    let holds = |path: &Path| path.starts_with(&here);
    let post = match &settings.mail.post {
        PostSettings::Folder { path } => holds(path),
        PostSettings::Smtp(_) => false,
    };
    let source = |source: &Source| matches!(source, Source::Folder(folder) if holds(&folder.path));
    OURS.contains(&name)
        || name.starts_with(FILE_NAME)
        || post
        || holds(&settings.backup.folder)
        || settings.collections.iter().any(|collection| source(&collection.source))
}
