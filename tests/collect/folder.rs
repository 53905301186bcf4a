use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use quarterdeck::clock;
use quarterdeck::collect::folder::{self, Claim, Fate, Mark, look, make_mark, mark};
use quarterdeck::collect::{CollectError, Outcome, Wanted};
use quarterdeck::config::settings::{FolderSource, Limits};
use tempfile::TempDir;

use super::{CSV, limits, reason, received, wanted};

const CODE: &str = "E06000022";

fn source(folder: &TempDir) -> FolderSource {
    let name = "{authority}_{quarter}".to_owned();
    FolderSource { path: folder.path().to_owned(), name, settle_seconds: 60 }
}

/// The folder is on this machine, so its clock is ours.
fn now() -> SystemTime {
    clock::machine()
}

/// This machine's own clock, wrong by decades: it must not count where the folder has one.
const WRONG_CLOCK: SystemTime = SystemTime::UNIX_EPOCH;

fn found(folder: &TempDir) -> folder::Found {
    look(&source(folder), &[wanted(CODE)], WRONG_CLOCK).unwrap()
}

fn claims(folder: &TempDir) -> Vec<(Wanted, Claim)> {
    found(folder).claims
}

/// A file last changed `age` seconds ago.
fn drop_file(folder: &Path, name: &str, text: &str, age: u64) {
    fs::write(folder.join(name), text).unwrap();
    let file = File::options().write(true).open(folder.join(name)).unwrap();
    file.set_modified(now() - Duration::from_secs(age)).unwrap();
}

fn listed(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_settled_file_of_the_right_name_is_claimed_whatever_its_case() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "e06000022_2017-18-q2.CSV", CSV, 61);
    let mut claims = claims(&folder);
    assert_eq!(claims.len(), 1);
    let file = received(claims.remove(0).1.bytes(&limits()));
    assert_eq!(
        (file.bytes.as_slice(), file.file_name.as_str()),
        (CSV.as_bytes(), "e06000022_2017-18-q2.CSV")
    );
    assert_eq!(file.origin, folder.path().display().to_string());
}

#[test]
fn a_file_stamped_with_a_time_to_come_is_claimed_when_it_lay_here_long_enough() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 0);
    let file = File::options().write(true).open(folder.path().join("E06000022_2017-18-Q2.csv")).unwrap();
    file.set_modified(clock::machine() + Duration::from_hours(100_000)).unwrap();
    let claimed = |settle_seconds| {
        let source = FolderSource { settle_seconds, ..source(&folder) };
        look(&source, &[wanted(CODE)], WRONG_CLOCK).unwrap().claims.len()
    };
    assert_eq!((claimed(60), claimed(0)), (0, 1));
}

#[test]
fn what_is_still_written_hidden_or_special_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let name = "E06000022_2017-18-Q2";
    drop_file(folder.path(), &format!("{name}.csv"), CSV, 50);
    drop_file(folder.path(), &format!("~${name}.xlsx"), CSV, 600);
    drop_file(folder.path(), &format!(".{name}.csv"), CSV, 600);
    drop_file(folder.path(), &format!("{name}.csv.part"), CSV, 600);
    drop_file(folder.path(), &format!("{name}.tmp"), CSV, 600);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join(format!("{name}.txt"))).unwrap();
    fs::create_dir(folder.path().join(format!("{name}.xlsx"))).unwrap();
    assert!(claims(&folder).is_empty());
    assert_eq!(found(&folder).strangers, [format!("{name}.txt")]);
}

#[test]
fn strangers_are_named_escaped_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 600);
    drop_file(folder.path(), "holiday\n.csv", CSV, 600);
    drop_file(folder.path(), "E06000022_2017-18-Q2.pdf", CSV, 600);
    drop_file(folder.path(), "E06000023_2017-18-Q2.csv", CSV, 600);
    let names = found(&folder).strangers;
    assert_eq!(names, ["E06000022_2017-18-Q2.pdf", "E06000023_2017-18-Q2.csv", "holiday\\n.csv"]);
    assert_eq!(listed(folder.path()).len(), 4);
}

#[test]
fn a_settled_file_moves_with_its_receipt_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        drop_file(folder.path(), "E06000022_2017-18-Q2.csv", &format!("{CSV}{number}"), 600);
        let claim = claims(&folder).remove(0).1;
        received(claim.bytes(&limits()));
        claim.settle(Fate::Done, &format!("taken in as version {number}\n")).unwrap();
    }
    assert_eq!(listed(folder.path()), ["done"]);
    let done = folder.path().join("done");
    assert_eq!(
        listed(&done),
        [
            "E06000022_2017-18-Q2-2.csv",
            "E06000022_2017-18-Q2-2.csv.txt",
            "E06000022_2017-18-Q2.csv",
            "E06000022_2017-18-Q2.csv.txt"
        ]
    );
    assert!(fs::read_to_string(done.join("E06000022_2017-18-Q2-2.csv")).unwrap().ends_with('2'));
    assert_eq!(
        fs::read_to_string(done.join("E06000022_2017-18-Q2.csv.txt")).unwrap(),
        "taken in as version 1\n"
    );
}

#[test]
fn a_refused_file_goes_to_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", "<html><body>log in", 600);
    let claim = claims(&folder).remove(0).1;
    let said = reason(&claim.bytes(&limits()));
    claim.settle(Fate::Refused, &said).unwrap();
    assert_eq!(listed(&folder.path().join("refused")).len(), 2);
}

#[test]
fn a_file_that_is_replaced_meanwhile_stays_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let name = "E06000022_2017-18-Q2.csv";
    drop_file(folder.path(), name, CSV, 600);
    let claim = claims(&folder).remove(0).1;
    drop_file(folder.path(), "new", "a newer one", 0);
    fs::rename(folder.path().join("new"), folder.path().join(name)).unwrap();
    assert!(matches!(claim.bytes(&limits()), Outcome::Failed { .. }));
    let error = claim.settle(Fate::Done, "taken in").unwrap_err();
    assert!(error.to_string().contains("the new one is taken next time"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "a newer one");
}

#[test]
fn a_huge_sparse_file_is_refused_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 600);
    let file = File::options().write(true).open(folder.path().join("E06000022_2017-18-Q2.csv")).unwrap();
    file.set_len(10_000_000_000).unwrap();
    file.set_modified(now() - Duration::from_mins(10)).unwrap();
    let claim = claims(&folder).remove(0).1;
    assert!(reason(&claim.bytes(&Limits { file_bytes_max: 100, ..limits() })).contains("more than 100"));
}

#[test]
fn a_missing_folder_is_an_error_and_never_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = source(&folder);
    source.path.push("unmounted");
    let error = look(&source, &[wanted(CODE)], WRONG_CLOCK).unwrap_err();
    assert!(matches!(error, CollectError::Folder { .. }));
    assert!(error.to_string().contains("does not mean that nobody has sent"));
}

#[test]
fn packed_files_and_every_format_are_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let endings = ["csv", "csv.gz", "gz", "json", "ods", "tsv", "xls", "xlsx", "zip"];
    for ending in endings {
        drop_file(folder.path(), &format!("E06000022_2017-18-Q2.{ending}"), CSV, 600);
    }
    drop_file(folder.path(), "E06000022_2017-18-Q2.pdf.gz", CSV, 600);
    let found = found(&folder);
    assert_eq!(found.claims.len(), endings.len());
    assert_eq!(found.strangers, ["E06000022_2017-18-Q2.pdf.gz"]);
}

#[test]
fn ten_thousand_files_are_taken_in_batches_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let codes: Vec<Wanted> =
        (0..10_000).map(|number| wanted(&format!("E{:08}", 6_000_000 + number))).collect();
    for wanted in &codes {
        let name = format!("{}_2017-18-Q2.csv", wanted.authority.as_ref().unwrap());
        fs::write(folder.path().join(name), CSV).unwrap();
    }
    drop_file(folder.path(), "E06009999_2017-18-Q2.csv", CSV, 600);
    let source = FolderSource { settle_seconds: 0, ..source(&folder) };
    let found = look(&source, &codes, WRONG_CLOCK).unwrap();
    assert_eq!((found.claims.len(), found.waiting, found.strangers.len()), (1000, 9000, 0));
    assert_eq!(found.claims[0].1.file_name(), "E06009999_2017-18-Q2.csv");
}

#[test]
fn a_folder_that_lost_its_mark_is_told_from_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mark(&source(&folder)), Mark::Gone);
    make_mark(&source(&folder)).unwrap();
    assert_eq!(mark(&source(&folder)), Mark::Is);
    assert_eq!(listed(folder.path()), ["done", "refused"]);
    let mut gone = source(&folder);
    gone.path.push("unmounted");
    assert_eq!(mark(&gone), Mark::Unknown);
}

#[test]
fn a_look_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    found(&folder);
    assert_eq!(listed(folder.path()), Vec::<String>::new());
}

#[test]
fn names_that_are_no_text_and_special_files_are_named_and_left() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"E06000022\xff\x1b[31m.csv"));
    fs::write(&odd, CSV).unwrap();
    drop_file(folder.path(), "-rf", CSV, 600);
    drop_file(folder.path(), "$(touch x).csv", CSV, 600);
    let pipe = folder.path().join("E06000022_2017-18-Q2.csv");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let found = found(&folder);
    assert_eq!(found.claims.len(), 0);
    let expected = ["$(touch x).csv", "-rf", "E06000022_2017-18-Q2.csv", "E06000022\u{fffd}\\u{1b}[31m.csv"];
    assert_eq!(found.strangers, expected);
}
