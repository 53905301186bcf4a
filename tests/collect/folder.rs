use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quarterdeck::clock;
use quarterdeck::collect::folder::{self, Claim, Fate, Mark, Why, look};
use quarterdeck::collect::looker::{Looker, Patience};
use quarterdeck::collect::meant::Naming;
use quarterdeck::collect::{CollectError, Outcome, Wanted};
use quarterdeck::config::settings::{FolderSource, Limits};
use quarterdeck::domain::authority::{Authority, AuthorityCode};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{CSV, limits, reason, received, wanted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_quarterdeck");
const CODE: &str = "E06000022";

fn source(folder: &TempDir) -> FolderSource {
    let name = "{authority}_{quarter}".to_owned();
    FolderSource { path: folder.path().to_owned(), name, settle_seconds: 60, shown_as: None }
}

/// The folder is on this machine, so its clock is ours.
fn now() -> SystemTime {
    clock::machine()
}

/// This machine's own clock, wrong by decades: it must not count where the folder has one.
const WRONG_CLOCK: SystemTime = SystemTime::UNIX_EPOCH;

fn authority(code: &str, name: &str, aliases: &[&str]) -> Authority {
    Authority {
        code: AuthorityCode::parse(code).unwrap(),
        name: name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        dfe_number: "800".to_owned(),
        from: None,
        until: None,
        successors: Vec::new(),
        neighbours: Vec::new(),
    }
}

fn authorities() -> Vec<Authority> {
    vec![
        authority(CODE, "Bath and North East Somerset", &["B&NES"]),
        authority("E06000024", "North Somerset", &[]),
        authority("E10000027", "Somerset", &[]),
    ]
}

fn naming<'a>(source: &'a FolderSource, authorities: &'a [Authority]) -> Naming<'a> {
    Naming { source, authorities, called: "quarterly Quarterly return".to_owned(), beside: Vec::new() }
}

/// Somebody who looks there, for a test of so many seconds.
fn looker(source: &FolderSource, seconds: u64) -> Looker {
    let answer = Duration::from_secs(seconds);
    let lock = source.path.with_extension("no-lock");
    Looker::start(Path::new(PROGRAM), source, &lock, Patience { answer, whole: Duration::from_mins(2) })
}

fn look_for(source: &FolderSource, wanted: &[Wanted]) -> Result<folder::Found, CollectError> {
    look(&mut looker(source, 60), &naming(source, &authorities()), wanted, WRONG_CLOCK)
}

fn found(folder: &TempDir) -> folder::Found {
    look_for(&source(folder), &[wanted(CODE)]).unwrap()
}

fn claims(folder: &TempDir) -> Vec<(Wanted, Claim)> {
    found(folder).claims
}

fn bytes(folder: &TempDir, claim: &Claim, limits: &Limits) -> Outcome {
    let source = source(folder);
    claim.bytes(&mut looker(&source, 60), &naming(&source, &[]), limits)
}

fn settle(folder: &TempDir, claim: Claim, fate: Fate, words: &str) -> Result<(), CollectError> {
    claim.settle(&mut looker(&source(folder), 60), fate, words)
}

fn strangers(found: &folder::Found) -> Vec<&str> {
    found.strangers.iter().map(|one| one.shown.as_str()).collect()
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
    let file = received(bytes(&folder, &claims.remove(0).1, &limits()));
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
        look_for(&source, &[wanted(CODE)]).unwrap().claims.len()
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
    let source = FolderSource { settle_seconds: 0, ..source(&folder) };
    let found = look_for(&source, &[]).unwrap();
    assert_eq!(strangers(&found)[1..], [format!("{name}.txt"), format!("{name}.xlsx")]);
}

#[test]
fn a_folder_that_is_none_of_ours_is_a_stranger_and_is_not_walked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["done", "Refused", ".sync", "$RECYCLE.BIN", "Returns"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    drop_file(&folder.path().join("Returns"), "E06000022_2017-18-Q2.csv", CSV, 600);
    let source = FolderSource { settle_seconds: 0, ..source(&folder) };
    let found = look_for(&source, &[wanted(CODE)]).unwrap();
    assert_eq!((strangers(&found), found.claims.len()), (vec!["Returns"], 0));
    assert_eq!(found.strangers[0].why, Why::Folder);
}

#[test]
fn strangers_are_named_escaped_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 600);
    drop_file(folder.path(), "holiday\n.csv", CSV, 600);
    drop_file(folder.path(), "E06000022_2017-18-Q2.pdf", CSV, 600);
    drop_file(folder.path(), "E06000023_2017-18-Q2.csv", CSV, 600);
    let found = found(&folder);
    assert_eq!(strangers(&found), ["E06000022_2017-18-Q2.pdf", "E06000023_2017-18-Q2.csv", "holiday\\n.csv"]);
    assert_eq!(listed(folder.path()).len(), 4);
}

#[test]
fn a_settled_file_moves_with_its_receipt_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        drop_file(folder.path(), "E06000022_2017-18-Q2.csv", &format!("{CSV}{number}"), 600);
        let claim = claims(&folder).remove(0).1;
        received(bytes(&folder, &claim, &limits()));
        settle(&folder, claim, Fate::Done, &format!("taken in as version {number}\n")).unwrap();
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
    let read = bytes(&folder, &claim, &limits());
    assert!(matches!(read, Outcome::Received(_)), "its reading says what it is: {read:?}");
    settle(&folder, claim, Fate::Refused, "refused").unwrap();
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
    assert!(matches!(bytes(&folder, &claim, &limits()), Outcome::Failed { .. }));
    let error = settle(&folder, claim, Fate::Done, "taken in").unwrap_err();
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
    assert!(
        reason(&bytes(&folder, &claim, &Limits { file_bytes_max: 3 << 20, ..limits() }))
            .contains("10000000000 bytes, more than 3 MiB")
    );
}

#[test]
fn a_missing_folder_is_an_error_and_never_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = source(&folder);
    source.path.push("unmounted");
    let error = look_for(&source, &[wanted(CODE)]).unwrap_err();
    assert!(matches!(error, CollectError::Folder { .. }));
    assert!(error.to_string().contains("does not mean that nobody has sent"));
}

#[test]
fn packed_files_and_every_format_are_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let endings = ["csv", "csv.gz", "gz", "json", "jsonl", "ndjson", "ods", "tsv", "xls", "xlsx", "zip"];
    for ending in endings {
        drop_file(folder.path(), &format!("E06000022_2017-18-Q2.{ending}"), CSV, 600);
    }
    drop_file(folder.path(), "E06000022_2017-18-Q2.pdf.gz", CSV, 600);
    let found = found(&folder);
    assert_eq!(found.claims.len(), endings.len());
    assert_eq!(strangers(&found), ["E06000022_2017-18-Q2.pdf.gz"]);
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
    let found = look_for(&source, &codes).unwrap();
    assert_eq!((found.claims.len(), found.waiting, found.strangers.len()), (1000, 9000, 0));
    assert_eq!(found.claims[0].1.file_name(), "E06009999_2017-18-Q2.csv");
}

#[test]
fn a_folder_that_lost_its_mark_is_told_from_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut looker = looker(&source(&folder), 60);
    assert_eq!(looker.mark().unwrap(), Mark::Gone);
    looker.make_mark().unwrap();
    assert_eq!(looker.mark().unwrap(), Mark::Is);
    assert_eq!(listed(folder.path()), ["done", "refused"]);
    let mut gone = source(&folder);
    gone.path.push("unmounted");
    assert_eq!(self::looker(&gone, 60).mark().unwrap(), Mark::Unknown);
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
    File::options().write(true).open(&odd).unwrap().set_modified(now() - Duration::from_mins(10)).unwrap();
    drop_file(folder.path(), "-rf", CSV, 600);
    drop_file(folder.path(), "$(touch x).csv", CSV, 600);
    let pipe = folder.path().join("E06000022_2017-18-Q2.csv");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let source = FolderSource { settle_seconds: 0, ..source(&folder) };
    let found = look_for(&source, &[wanted(CODE)]).unwrap();
    assert_eq!(found.claims.len(), 0);
    let expected = ["$(touch x).csv", "-rf", "E06000022_2017-18-Q2.csv", "E06000022\u{fffd}\\u{1b}[31m.csv"];
    assert_eq!(strangers(&found), expected);
}

#[test]
fn a_folder_that_hangs_is_left_behind_within_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(&folder);
    drop_file(folder.path(), "E06000022_2017-18-Q2.csv", CSV, 600);
    let mut looker = looker(&source, 5);
    let process = looker.process().and_then(|id| Pid::from_raw(i32::try_from(id).unwrap())).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    let error = look(&mut looker, &naming(&source, &[]), &[wanted(CODE)], WRONG_CLOCK).unwrap_err();
    let words = format!("{} does not answer: nothing came back within 5 seconds", shown(&folder));
    assert!(error.to_string().contains(&words), "{error}");
    let again = std::time::Instant::now();
    assert!(matches!(looker.mark(), Err(CollectError::Silent { .. })));
    assert!(again.elapsed() < Duration::from_millis(500), "what was left behind is not asked again");
}

fn shown(folder: &TempDir) -> String {
    format!("the drop folder `{}`", folder.path().display())
}

#[test]
fn nobody_follows_one_who_has_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(&folder);
    let lock = folder.path().join("a.lock");
    let held = File::create(&lock).unwrap();
    held.lock().unwrap();
    let patience = Patience { answer: Duration::from_mins(1), whole: Duration::from_secs(2) };
    let mut looker = Looker::start(Path::new(PROGRAM), &source, &lock, patience);
    let error = looker.mark().unwrap_err();
    assert!(error.to_string().contains("a look of before has not come back"), "{error}");
    drop(held);
    assert_eq!(Looker::start(Path::new(PROGRAM), &source, &lock, patience).mark().unwrap(), Mark::Gone);
}

#[test]
fn an_empty_file_waits_for_an_hour_and_an_open_line_ten_times_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let name = "E06000022_2017-18-Q2.csv";
    for (text, age, is_claimed) in [
        ("", 3500, false),
        ("", 3700, true),
        (CSV.trim_end(), 500, false),
        (CSV.trim_end(), 700, true),
        (CSV, 70, true),
        (CSV, 50, false),
    ] {
        drop_file(folder.path(), name, text, age);
        let found = found(&folder);
        assert_eq!(found.claims.len() == 1, is_claimed, "{} bytes, {age} s", text.len());
        assert_eq!(found.unsettled.len() == 1, !is_claimed, "{} bytes, {age} s", text.len());
    }
}

#[test]
fn what_is_on_its_way_for_a_day_is_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    for (name, age) in [("a.csv.filepart", 80_000), ("b.csv.part", 90_000), (".c.csv.Ab12Cd", 90_000)] {
        drop_file(folder.path(), name, CSV, age);
    }
    drop_file(folder.path(), "Thumbs.db", CSV, 90_000);
    let found = found(&folder);
    assert_eq!(strangers(&found), [".c.csv.Ab12Cd", "b.csv.part"]);
    assert!(found.strangers.iter().all(|one| one.why == Why::Left));
}

/// Which return a name is taken for: its authority, or why it is not taken.
fn taken(name: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    drop_file(folder.path(), name, CSV, 600);
    let source = source(&folder);
    let all: Vec<Wanted> = authorities().iter().map(|one| wanted(one.code.as_str())).collect();
    let found = look_for(&source, &all).unwrap();
    match (found.claims.first(), found.strangers.first().map(|one| &one.why)) {
        (Some((wanted, _)), None) => Ok(wanted.authority.as_ref().unwrap().to_string()),
        (None, Some(Why::Unclear(reading))) => Err(reading.against.join("; ")),
        (None, Some(Why::NotWanted(code, quarter))) => Err(format!("{code} {quarter}")),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_name_that_plainly_means_one_return_is_taken() {
    for name in [
        "E06000022_2017-18-Q2 (1).csv",
        "E06000022_2017-18 Q2.csv",
        "E06000022 2017-18 Q2.csv",
        "e06000022-2017_18-q2 - Copy.csv",
        "E06000022_2017-18-Q2 - Copy (2).csv",
        "Copy of E06000022_2017-18-Q2.csv",
        "B&NES Q2 2017-18 FINAL v2.csv",
        "Bath and North East Somerset Council quarterly return Quarter 2 2017-2018.csv",
        "bath & north east somerset_Jul-Sep 2017_v2.1.csv",
        "E06000022_2017-18-Q2.csv.txt",
        "E06000022 Bath and North East Somerset FY2017-18Q2 signed off.csv",
    ] {
        assert_eq!(taken(name), Ok(CODE.to_owned()), "{name}");
    }
    assert_eq!(taken("North Somerset 2017-18 Q2.csv").as_deref(), Ok("E06000024"));
    assert_eq!(taken("Somerset 2017-18 Q2.csv").as_deref(), Ok("E10000027"));
}

#[test]
fn a_name_that_may_mean_two_things_is_not_guessed() {
    for (name, why) in [
        (
            "Somerset and North Somerset 2017-18 Q2.csv",
            "more than one authority: `North Somerset` and `Somerset`",
        ),
        ("Somerset 2017-18 Q1 and 2017-18 Q2.csv", "more than one quarter: `2017-18 Q1` and `2017-18 Q2`"),
        ("Somerset Q2 2017.csv", "may mean 2017-18 Q1 or 2017-18 Q2"),
        ("Somerset Q2.csv", "no quarter can be read"),
        ("Somerset 30-09-2017.csv", "no quarter can be read"),
        ("2017-18 Q2.csv", "no authority of the region"),
        ("South Somerset 2017-18 Q2.csv", "what `south` stands for"),
        ("Somerset County 2017-18 Q2.csv", "what `county` stands for"),
        ("Somerset 2017-18 Q2 draft.csv", "what `draft` stands for"),
        ("Somerset 2017-18 Q2-Q3.csv", "what `q3` stands for"),
        ("Somerset 2017-18 Q2-3.csv", "what `3` stands for"),
        ("workforce_E10000027_2017-18-Q2.csv", "what `workforce` stands for"),
        ("E10000027 North Somerset 2017-18 Q2.csv", "more than one authority"),
        ("Somerset_2017-18-Q3.csv", "E10000027 2017-18 Q3"),
    ] {
        let said = taken(name).unwrap_err();
        assert!(said.contains(why), "{name}: {said}");
    }
}

#[test]
fn a_folder_of_two_collections_gives_each_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["form_E06000022_2017-18-Q2.csv", "staff_E06000022_2017-18-Q2.csv", "Somerset 2017-18 Q2.csv"]
    {
        drop_file(folder.path(), name, CSV, 600);
    }
    let all = authorities();
    let called =
        |name: &str| FolderSource { name: format!("{name}_{{authority}}_{{quarter}}"), ..source(&folder) };
    let (form, staff) = (called("form"), called("staff"));
    for (own, other, file) in [(&form, &staff, "form"), (&staff, &form, "staff")] {
        let by = |source| Naming { called: String::new(), ..naming(source, &all) };
        let naming = Naming { beside: vec![by(other)], ..by(own) };
        let wanted = [wanted(CODE), wanted("E10000027")];
        let found = look(&mut looker(own, 60), &naming, &wanted, WRONG_CLOCK).unwrap();
        let names: Vec<&str> = found.claims.iter().map(|(_, claim)| claim.file_name()).collect();
        assert_eq!(names, [format!("{file}_E06000022_2017-18-Q2.csv")]);
        assert_eq!(strangers(&found), ["Somerset 2017-18 Q2.csv"], "it may be of either");
    }
}

#[test]
fn whoever_may_use_the_drop_folder_may_read_the_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().mode() & 0o7777;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    let name = "E06000022_2017-18-Q2.csv";
    drop_file(folder.path(), name, CSV, 600);
    let mut looker = looker(&source(&folder), 60);
    looker.make_mark().unwrap();
    claims(&folder).remove(0).1.settle(&mut looker, Fate::Done, "taken in").unwrap();
    looker.tell("other.csv", "words").unwrap().unwrap();
    assert_eq!(mode(folder.path().join("done")), 0o2770);
    assert_eq!(mode(folder.path().join("done").join(format!("{name}.txt"))), 0o640);
    assert_eq!(mode(folder.path().join("other.csv.txt")), 0o640);
}
