//! A state that knows less than a drop folder: what was put away since is named, and taken in again.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use quarterdeck::pipeline::{Report, Step};
use quarterdeck::store::journal::Happened;

use super::region::Region;
use super::state::{back_up, copy};

const QUARTER: &str = "2017-18 Q2";
const NAME: &str = "workforce_E06000022_2017-18-Q2.csv";

fn drop_in(region: &Region, agency: u32) {
    let text = format!(
        "authority_code,indicator,quarter,numerator,denominator,value\n\
         E06000022,sw_agency_pct,2017-18 Q2,{agency},143,\n"
    );
    fs::write(region.path("drop").join(NAME), text).unwrap();
}

/// A return before the backup, and two versions after it; then the state is that of the backup.
fn restored(copied: fn(&Region) -> std::path::PathBuf) -> Region {
    let region = Region::unwatched(QUARTER);
    region.edit("quarterdeck.toml", "folder = \"state/backups\"", "folder = \"../backups\"");
    drop_in(&region, 21);
    region.walk("2017-11-06T09:00:00Z");
    let older = copied(&region);
    drop_in(&region, 22);
    region.walk("2017-11-07T09:00:00Z");
    drop_in(&region, 23);
    region.walk("2017-11-08T09:00:00Z");
    fs::remove_dir_all(region.state()).unwrap();
    fs::remove_dir_all(region.path("outgoing")).unwrap();
    copy(&older, &region.state());
    region
}

fn from_a_backup() -> Region {
    restored(|region| back_up(region, "2017-11-06T10:00:00Z").made.path)
}

/// As a virtual machine goes back to a snapshot: nothing in the state says so.
fn from_a_snapshot() -> Region {
    restored(|region| {
        copy(&region.state(), &region.path("snapshot"));
        region.path("snapshot")
    })
}

fn versions(region: &Region) -> Vec<String> {
    region.rows(
        "SELECT version || ' ' || strftime(received_at, '%d %H:%M')
           FROM submissions WHERE collection = 'workforce' ORDER BY submission",
    )
}

fn named(report: &Report) -> Vec<&str> {
    let of_it = report.failures.iter().filter(|one| one.place.contains("`done/"));
    of_it.map(|one| one.place.as_str()).collect()
}

#[test]
fn a_restored_state_takes_in_again_what_was_put_away_since() {
    let region = from_a_backup();
    let doctor = region.run("2017-11-09T08:00:00Z", &["doctor"]);
    assert!(doctor.out.contains("2 files that were put away are not known to this state"), "{}", doctor.out);
    let status = region.run("2017-11-09T08:00:00Z", &["status"]);
    assert!(status.out.contains("this state was restored from the backup of 6 November"), "{}", status.out);
    let report = region.walk("2017-11-09T09:00:00Z");
    assert_eq!((report.received, report.loaded), (2, 2), "{report:?}");
    let second = "workforce_E06000022_2017-18-Q2-2.csv";
    let third = "workforce_E06000022_2017-18-Q2-3.csv";
    assert_eq!(named(&report), [second, third].map(|name| format!("workforce: `done/{name}`")));
    assert_eq!(versions(&region), ["1 06 09:00", "2 07 09:00", "3 08 09:00"]);
    assert_eq!(region.rows("SELECT numerator FROM observations WHERE collection = 'workforce'"), ["23.0"]);
    let receipts = region.happened(Happened::Queued).into_iter().filter(|key| key.starts_with("receipt."));
    assert_eq!(receipts.filter(|key| !key.contains("-v1")).count(), 0, "their senders were written to");
    for name in [NAME, second, third] {
        assert!(region.path("drop/done").join(name).exists(), "{name}");
    }
    let words = fs::read_to_string(region.path("drop/done").join(format!("{third}.txt"))).unwrap();
    assert!(words.starts_with("Taken in on 8 November 2017 at 09:00 GMT as version 3."), "{words}");
    let again = region.walk("2017-11-10T09:00:00Z");
    assert_eq!((again.received, named(&again)), (0, vec![]), "{again:?}");
    let doctor = region.run("2017-11-10T10:00:00Z", &["doctor"]);
    assert!(!doctor.out.contains("not known to this state"), "{}", doctor.out);
}

#[test]
fn a_state_that_went_back_without_a_word_is_found_out_by_what_was_put_away() {
    let region = from_a_snapshot();
    let report = region.walk("2017-11-09T09:00:00Z");
    assert_eq!((report.received, named(&report).len()), (2, 2), "{report:?}");
    let sent = region.mails().into_iter().filter(|mail| !mail.key.starts_with("notice."));
    assert_eq!(sent.map(|mail| mail.key).collect::<Vec<_>>(), Vec::<String>::new(), "it may have been sent");
    assert!(report.failures.iter().any(|one| one.what.contains("does not know of")), "{report:?}");
}

/// As a program leaves them that copies or unpacks several files: with one time.
fn give_all_one_time(region: &Region) {
    let done = region.path("drop/done");
    let time = fs::metadata(done.join(NAME)).unwrap().modified().unwrap();
    for entry in fs::read_dir(&done).unwrap() {
        let file = fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(time).unwrap();
    }
}

#[test]
fn files_of_one_size_and_time_are_not_taken_for_each_other() {
    let region = from_a_backup();
    give_all_one_time(&region);
    assert_eq!(region.step("2017-11-09T09:00:00Z", Step::Collect).received, 2, "of one return");

    let region = Region::unwatched(QUARTER);
    drop_in(&region, 21);
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    copy(&region.state(), &region.path("snapshot"));
    drop_in(&region, 22);
    let of_another = region.path("drop").join(NAME.replace("E06000022", "E06000023"));
    let text = fs::read_to_string(region.path("drop").join(NAME)).unwrap();
    fs::write(of_another, text.replace("E06000022", "E06000023")).unwrap();
    fs::remove_file(region.path("drop").join(NAME)).unwrap();
    assert_eq!(region.step("2017-11-07T09:00:00Z", Step::Collect).received, 1);
    give_all_one_time(&region);
    fs::remove_dir_all(region.state()).unwrap();
    copy(&region.path("snapshot"), &region.state());
    assert_eq!(region.step("2017-11-08T09:00:00Z", Step::Collect).received, 1, "of another authority");
}

#[test]
fn files_that_a_copy_gave_another_time_are_known_by_their_bytes() {
    let region = Region::unwatched(QUARTER);
    drop_in(&region, 21);
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    let at = region.path("drop/done").join(NAME);
    fs::File::options()
        .write(true)
        .open(&at)
        .unwrap()
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    let report = region.step("2017-11-07T09:00:00Z", Step::Collect);
    assert_eq!((report.received, report.failures), (0, vec![]));
}

#[test]
fn what_somebody_wrote_into_a_file_that_was_put_away_is_no_return() {
    let region = Region::unwatched(QUARTER);
    drop_in(&region, 21);
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    let at = region.path("drop/done").join(NAME);
    let edited = fs::read_to_string(&at).unwrap().replace(",21,", ",99,");
    fs::write(&at, edited).unwrap();
    assert_eq!(region.step("2017-11-07T09:00:00Z", Step::Collect).received, 0);
}

#[test]
fn what_somebody_put_into_done_by_hand_is_nobodys_business() {
    let region = Region::unwatched(QUARTER);
    drop_in(&region, 21);
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    drop_in(&region, 22);
    let by_hand = region.path("drop/done/workforce_E06000023_2017-18-Q2.csv");
    fs::rename(region.path("drop").join(NAME), &by_hand).unwrap();
    assert_eq!(region.step("2017-11-07T09:00:00Z", Step::Collect).received, 0);
    fs::write(receipt(&by_hand), "Refused. It came on 7 November 2017 at 09:00 GMT.\n").unwrap();
    assert_eq!(region.step("2017-11-08T09:00:00Z", Step::Collect).received, 0);
}

fn receipt(path: &Path) -> String {
    format!("{}.txt", path.display())
}

#[test]
fn an_upload_that_went_on_in_done_is_taken_in_again() {
    let region = Region::unwatched(QUARTER);
    drop_in(&region, 21);
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    let at = region.path("drop/done").join(NAME);
    let mut upload = fs::File::options().append(true).open(&at).unwrap();
    upload.write_all(b"E06000022,sw_turnover_pct,2017-18 Q2,30,140,\n").unwrap();
    drop(upload);
    let report = region.step("2017-11-07T09:00:00Z", Step::Collect);
    assert_eq!((report.received, report.loaded), (1, 1), "{report:?}");
    let [told] = report.failures.as_slice() else { panic!("{report:?}") };
    assert!(told.what.starts_with("its upload went on after it was taken in"), "{told:?}");
    assert_eq!(versions(&region), ["1 06 09:00", "2 07 09:00"]);
    let words = fs::read_to_string(receipt(&at)).unwrap();
    assert!(words.contains("as version 2") && words.contains("Rows read: 2"), "{words}");
    assert_eq!(region.step("2017-11-08T09:00:00Z", Step::Collect).received, 0);
}
