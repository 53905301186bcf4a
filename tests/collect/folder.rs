use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use quarterdeck::clock;
use quarterdeck::collect::folder::{Fate, look, strangers};
use quarterdeck::collect::{CollectError, Outcome};
use quarterdeck::config::settings::{FolderSource, Limits};
use tempfile::TempDir;

use super::{CSV, limits, reason, received, wanted};

const CODE: &str = "E06000022";

fn source(folder: &TempDir) -> FolderSource {
    let name = "{authority}_{quarter}".to_owned();
    FolderSource { path: folder.path().to_owned(), name, settle_seconds: 60 }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_511_000_000)
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
    drop_file(folder.path(), "e06000022_2017-18-q2.CSV", CSV, 60);
    let mut claims = look(&source(&folder), &[wanted(CODE)], now()).unwrap();
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
    let claimed = |after| look(&source(&folder), &[wanted(CODE)], clock::machine() + after).unwrap().len();
    assert_eq!(claimed(Duration::ZERO), 0);
    assert_eq!(claimed(Duration::from_mins(2)), 1);
}

#[test]
fn what_is_still_written_hidden_or_special_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let name = "E06000022_2017-18-Q2";
    drop_file(folder.path(), &format!("{name}.csv"), CSV, 59);
    drop_file(folder.path(), &format!("~${name}.xlsx"), CSV, 600);
    drop_file(folder.path(), &format!(".{name}.csv"), CSV, 600);
    drop_file(folder.path(), &format!("{name}.csv.part"), CSV, 600);
    drop_file(folder.path(), &format!("{name}.tmp"), CSV, 600);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join(format!("{name}.txt"))).unwrap();
    fs::create_dir(folder.path().join(format!("{name}.xlsx"))).unwrap();
    assert!(look(&source(&folder), &[wanted(CODE)], now()).unwrap().is_empty());
    assert_eq!(strangers(&source(&folder), &[wanted(CODE)]).unwrap(), [format!("{name}.txt")]);
}

#[test]
fn strangers_are_named_escaped_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 600);
    drop_file(folder.path(), "holiday\n.csv", CSV, 600);
    drop_file(folder.path(), "E06000022_2017-18-Q2.pdf", CSV, 600);
    drop_file(folder.path(), "E06000023_2017-18-Q2.csv", CSV, 600);
    let names = strangers(&source(&folder), &[wanted(CODE)]).unwrap();
    assert_eq!(names, ["E06000022_2017-18-Q2.pdf", "E06000023_2017-18-Q2.csv", "holiday\\n.csv"]);
    assert_eq!(listed(folder.path()).len(), 4);
}

#[test]
fn a_settled_file_moves_with_its_receipt_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        drop_file(folder.path(), "E06000022_2017-18-Q2.csv", &format!("{CSV}{number}"), 600);
        let claim = look(&source(&folder), &[wanted(CODE)], now()).unwrap().remove(0).1;
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
    let claim = look(&source(&folder), &[wanted(CODE)], now()).unwrap().remove(0).1;
    let said = reason(&claim.bytes(&limits()));
    claim.settle(Fate::Refused, &said).unwrap();
    assert_eq!(listed(&folder.path().join("refused")).len(), 2);
}

#[test]
fn a_file_that_is_replaced_meanwhile_stays_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let name = "E06000022_2017-18-Q2.csv";
    drop_file(folder.path(), name, CSV, 600);
    let claim = look(&source(&folder), &[wanted(CODE)], now()).unwrap().remove(0).1;
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
    let claim = look(&source(&folder), &[wanted(CODE)], now()).unwrap().remove(0).1;
    assert!(reason(&claim.bytes(&Limits { file_bytes_max: 100, ..limits() })).contains("more than 100"));
}

#[test]
fn a_missing_folder_is_an_error_and_never_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = source(&folder);
    source.path.push("unmounted");
    let error = look(&source, &[wanted(CODE)], now()).unwrap_err();
    assert!(matches!(error, CollectError::Folder { .. }));
    assert!(error.to_string().contains("does not mean that nobody has sent"));
}
