//! Names of files in a drop folder: what systems leave there, what is still on its way, what may be a return.

/// Endings of what may be a return; `.gz` may follow any of them.
const ENDINGS: [&str; 12] =
    ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx", "xlsm", "xls", "ods", "zip", "gz"];

/// Endings of text whose last line is mostly ended.
const OF_LINES: [&str; 3] = ["csv", "tsv", "txt"];

/// Endings that programs give to what is not whole yet: browsers, `WinSCP`, rclone, Nextcloud, Excel.
const NOT_WHOLE: [&str; 16] = [
    "part",
    "partial",
    "filepart",
    "tmp",
    "temp",
    "crdownload",
    "download",
    "opdownload",
    "upload",
    "uploading",
    "incomplete",
    "inprogress",
    "writing",
    "transfer",
    "ffs_tmp",
    "aria2",
];

/// What Windows, macOS, file servers and their bins leave in a folder that people share.
const OF_SYSTEMS: [&str; 19] = [
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "autorun.inf",
    "icon\r",
    "$recycle.bin",
    "recycler",
    "recycled",
    "system volume information",
    "lost+found",
    "network trash folder",
    "temporary items",
    "__macosx",
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "sync.ffs_db",
];

/// Digits in the name that Excel gives to what it saves over a file.
const EXCEL_DIGITS: usize = 8;

/// Letters that rsync hangs on the name of what it receives.
const RSYNC_LETTERS: usize = 6;

/// What a file is by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Left there by a system or an open program: of no concern.
    Systems,
    /// The name of what is still being written.
    Passing,
    /// Put there by somebody.
    Plain,
}

/// What a name says, whatever its case.
pub(super) fn manner(name: &str) -> Manner {
    let name = name.to_lowercase();
    if is_passing(&name) {
        Manner::Passing
    } else if is_of_a_system(&name) {
        Manner::Systems
    } else {
        Manner::Plain
    }
}

fn is_passing(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let excel = name.len() == EXCEL_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let rsync = || {
        let (name, letters) = name.strip_prefix('.')?.rsplit_once('.')?;
        let random = letters.len() == RSYNC_LETTERS && letters.bytes().all(|b| b.is_ascii_alphanumeric());
        (random && stem(name).is_some()).then_some(())
    };
    // Open and owner files are hidden too, and of no concern however they end.
    let is_open = name.starts_with("~$") || name.starts_with("._") || name.starts_with(".~lock.");
    // macOS saves into a neighbour of the file, vim tries with a number whether it can write at all.
    let odd = name.contains(".sb-") || name == "4913";
    !is_open
        && (ending.is_some_and(|ending| NOT_WHOLE.contains(&ending)) || excel || odd || rsync().is_some())
}

fn is_of_a_system(name: &str) -> bool {
    name.starts_with('.')
        || name.starts_with("~$")
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || name.ends_with(".ffs_lock")
        || OF_SYSTEMS.contains(&name)
}

/// The name without its ending, in lower case; none when the ending is not one of a return.
pub(super) fn stem(file_name: &str) -> Option<String> {
    let name = file_name.to_lowercase();
    let inner = name.strip_suffix(".gz").filter(|inner| ends_well(inner)).unwrap_or(&name);
    ends_well(inner).then(|| inner.rsplit_once('.').map(|(stem, _)| stem.to_owned())).flatten()
}

/// What follows the stem of a return, with its dot; of anything else the ending that most returns have.
#[must_use]
pub fn ending(file_name: &str) -> &str {
    let from = stem(file_name).map(|stem| stem.len());
    from.and_then(|from| file_name.get(from..)).unwrap_or(".xlsx")
}

/// Whether the last line of such a file is mostly ended.
pub(super) fn has_lines(file_name: &str) -> bool {
    let name = file_name.to_lowercase();
    name.rsplit_once('.').is_some_and(|(_, ending)| OF_LINES.contains(&ending))
}

/// Whether a word is the ending of a return, as in `return.csv.txt`.
pub(super) fn is_ending(word: &str) -> bool {
    ENDINGS.contains(&word)
}

fn ends_well(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| is_ending(ending))
}

#[cfg(test)]
mod tests {
    use super::{Manner, ending, manner, stem};

    #[test]
    fn what_systems_leave_lying_is_of_no_concern() {
        for name in [
            "Thumbs.db",
            "desktop.ini",
            ".DS_Store",
            "._return.csv",
            "~$return.xlsx",
            ".~lock.return.csv#",
            "return.csv~",
            "#return.csv#",
            "@eaDir",
            "$RECYCLE.BIN",
            "System Volume Information",
            ".nfs0000000000001",
            ".return.csv",
        ] {
            assert_eq!(manner(name), Manner::Systems, "{name}");
        }
    }

    #[test]
    fn what_is_on_its_way_is_waited_for() {
        for name in [
            "return.csv.filepart",
            ".return.csv.AbC12d",
            "return.csv.crdownload",
            "Unconfirmed 4711.crdownload",
            "return.csv.part",
            "return.csv.ocTransferId1234.part",
            "return.csv.1a2b3c4d.partial",
            ".syncthing.return.csv.tmp",
            "~syncthing~return.csv.tmp",
            "return.csv.download",
            "A1B2C3D4",
            "return.xlsx.sb-1a2b3c4d-XyZ123",
        ] {
            assert_eq!(manner(name), Manner::Passing, "{name}");
        }
        for name in ["return.csv", "A1B2C3D4.csv", "ABCDEFGH", "Part.csv"] {
            assert_eq!(manner(name), Manner::Plain, "{name}");
        }
    }

    #[test]
    fn the_stem_of_a_return_is_what_stands_before_its_ending() {
        assert_eq!(stem("A_B.CSV.gz").as_deref(), Some("a_b"));
        assert_eq!(stem("a.ndjson").as_deref(), Some("a"));
        assert_eq!((stem("a.pdf"), stem("csv")), (None, None));
        assert_eq!((ending("A_B.CSV.gz"), ending("a.pdf")), (".CSV.gz", ".xlsx"));
    }
}
