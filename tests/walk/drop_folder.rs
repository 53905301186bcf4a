//! The drop folder and the people around it: a share that hangs, names of all kinds, uploads that stall.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::pipeline::{Report, Step};
use quarterdeck::store::journal::Happened;
use quarterdeck::store::recover::{self, Doubt};

use super::figures::csv;
use super::letters::starting;
use super::region::{NOW, PROGRAM, Region, instant};

const QUARTER: &str = "2017-18 Q2";
const CODE: &str = "E06000022";
const EXACT: &str = "workforce_E06000022_2017-18-Q2";

fn text(quarter: &str) -> String {
    format!(
        "authority_code,indicator,quarter,numerator,denominator,value\n\
         {CODE},sw_agency_pct,{quarter},21,143,\n{CODE},sw_turnover_pct,{quarter},30,140,\n"
    )
}

fn put(region: &Region, name: &str, text: &str) {
    fs::write(region.path("drop").join(name), text).unwrap();
}

fn names(region: &Region, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(region.path(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn received(region: &Region) -> usize {
    region.happened(Happened::Received).len()
}

fn chased(region: &Region, code: &str) -> bool {
    let start = format!("chaser.workforce-{}.", code.to_lowercase());
    region.happened(Happened::Queued).iter().any(|key| key.starts_with(&start))
}

fn remarks(report: &Report) -> Vec<&str> {
    report.remarks.iter().map(|one| one.what.as_str()).collect()
}

/// The program, but whoever is sent to a drop folder says so and then stands still, as on a dead share.
fn hanging(region: &Region) -> PathBuf {
    let path = region.path("hanging");
    let script = format!(
        "#!/bin/sh\nif [ \"$2\" = folder ]; then echo '\"Ready\"'; kill -STOP $$; fi\nexec {PROGRAM} \"$@\"\n"
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn impatient(region: &Region) {
    region.edit("quarterdeck.toml", "fetch_seconds = 60", "fetch_seconds = 2");
}

#[test]
fn a_share_that_hangs_is_told_and_everything_else_goes_on() {
    let region = Region::unwatched(QUARTER);
    impatient(&region);
    region.step("2017-11-13T07:00:00Z", Step::Collect);
    region.publish(CODE, QUARTER, csv(CODE, QUARTER));
    put(&region, &format!("{EXACT}.csv"), &text(QUARTER));
    let report = region.walk_by(NOW, &hanging(&region));
    let told: Vec<_> = report.failures.iter().filter(|one| one.what.contains("drop folder")).collect();
    let [told] = told.as_slice() else { panic!("{:?}", report.failures) };
    assert!(told.what.contains("does not answer"), "{told:?}");
    assert_eq!((report.received, report.loaded), (1, 1), "the other source goes on");
    assert!(report.sent > 0 && !chased(&region, CODE), "nobody is asked for what may lie there");
    let mails = region.mails();
    assert!(starting(&mails, "notice.run.2017-11-17")[0].text.contains("does not answer"));
    let report = region.walk("2017-11-20T08:00:00Z");
    assert_eq!((report.received, names(&region, "drop")), (1, vec!["done".to_owned(), "refused".to_owned()]));
}

#[test]
fn doctor_says_which_folder_does_not_answer() {
    let region = Region::unwatched(QUARTER);
    impatient(&region);
    region.step("2017-11-13T07:00:00Z", Step::Collect);
    let lock = names(&region, "state").into_iter().find(|name| name.starts_with("folder-")).unwrap();
    let left_behind = File::open(region.state().join(lock)).unwrap();
    left_behind.lock().unwrap();
    let doctor = region.run(NOW, &["doctor", "--format", "csv"]);
    let line = doctor.out.lines().find(|line| line.starts_with("source workforce")).unwrap();
    assert!(line.contains(",problem,") && line.contains("does not answer"), "{line}");
    assert!(!doctor.out.contains("files that are not ours"), "{}", doctor.out);
    let report = region.step(NOW, Step::Collect);
    assert!(report.failures[0].what.contains("has not come back"), "{report:?}");
    drop(left_behind);
    assert_eq!(region.step("2017-11-17T09:00:00Z", Step::Collect).failures, []);
}

#[test]
fn what_systems_leave_is_nothing_and_a_second_download_is_the_return() {
    let region = Region::unwatched(QUARTER);
    for name in ["Thumbs.db", "desktop.ini", ".DS_Store", "~$x.xlsx", "x.csv~", "x.csv.filepart"] {
        put(&region, name, "x");
    }
    put(&region, &format!("{EXACT} (1).csv"), &text(QUARTER));
    let report = region.walk("2017-11-13T09:00:00Z");
    assert_eq!((report.received, report.lying, report.failures.len()), (1, 0, 0), "{report:?}");
    assert!(!chased(&region, CODE));
    let name = format!("{EXACT} (1).csv");
    assert_eq!(names(&region, "drop/done"), [name.clone(), format!("{name}.txt")]);
    assert_eq!(region.walk("2017-11-14T09:00:00Z").received, 0, "it is known where it lies");
}

#[test]
fn two_files_of_one_return_are_two_versions_in_the_order_in_which_they_were_written() {
    let region = Region::unwatched(QUARTER);
    for (name, agency, age) in [("Copy of", "22", 60), ("", "21", 120)] {
        let name = format!("{name} {EXACT}.csv");
        put(&region, name.trim(), &text(QUARTER).replace(",21,", &format!(",{agency},")));
        let file = File::options().write(true).open(region.path("drop").join(name.trim())).unwrap();
        file.set_modified(file.metadata().unwrap().modified().unwrap() - Duration::from_secs(age)).unwrap();
    }
    assert_eq!(region.step(NOW, Step::Collect).received, 2);
    let counts = "SELECT numerator FROM observations WHERE indicator = 'sw_agency_pct'";
    assert_eq!(region.rows(counts), ["22.0"]);
}

#[test]
fn an_unclear_name_is_told_once_and_its_sender_reads_what_to_call_it() {
    let region = Region::unwatched(QUARTER);
    put(&region, "Bath and North East Somerset Q2.csv", &text(QUARTER));
    let first = region.walk("2017-11-13T09:00:00Z");
    assert_eq!(first.failures, []);
    let [told] = remarks(&first)[..] else { panic!("{first:?}") };
    assert!(told.contains("no quarter can be read in it"), "{told}");
    assert!(first.remarks[0].next.contains(&format!("`{EXACT}.csv` when it is of {QUARTER}")), "{first:?}");
    let receipt = region.path("drop/Bath and North East Somerset Q2.csv.txt");
    let words = fs::read_to_string(&receipt).unwrap();
    assert!(words.starts_with("Not taken in yet.") && words.contains(&format!("`{EXACT}.csv`")), "{words}");
    let mails = region.mails();
    let notice = starting(&mails, "notice.run.files")[0];
    assert!(notice.subject.contains("1 file to look at in a drop folder"), "{}", notice.subject);
    let status = region.run("2017-11-13T10:00:00Z", &["status"]);
    assert!(
        status.status == 0 && status.out.contains("Bath and North East Somerset Q2.csv"),
        "{}",
        status.out
    );
    let once = region.run("2017-11-14T09:00:00Z", &["once"]);
    assert_eq!((once.status, once.words.as_str()), (0, ""));
    assert!(once.out.contains("1 file in drop folders not taken in"), "{}", once.out);
    assert_eq!(starting(&region.mails(), "notice.run.files").len(), 1, "once, not daily");
    let doctor = region.run("2017-11-14T10:00:00Z", &["doctor"]);
    assert!(doctor.out.contains("Bath and North East Somerset Q2.csv"), "{}", doctor.out);
    fs::rename(
        region.path("drop/Bath and North East Somerset Q2.csv"),
        region.path("drop").join(format!("{EXACT}.csv")),
    )
    .unwrap();
    assert_eq!(region.walk("2017-11-15T09:00:00Z").received, 1);
    assert!(!receipt.exists());
    let status = region.run("2017-11-15T10:00:00Z", &["status"]);
    assert!(!status.out.contains("not taken in"), "{}", status.out);
}

#[test]
fn a_return_of_a_quarter_that_has_not_ended_waits_for_it() {
    let region = Region::unwatched(QUARTER);
    put(&region, "workforce_E06000022_2017-18-Q3.csv", &text("2017-18 Q3"));
    let early = region.walk("2017-11-13T09:00:00Z");
    assert_eq!((early.failures.len(), early.remarks.len(), early.lying), (0, 0, 1), "{early:?}");
    let status = region.run("2017-11-13T10:00:00Z", &["status"]);
    let words = "2017-18 Q3 ends on 31 December 2017; it is taken in then";
    assert!(status.out.contains(words), "{}", status.out);
    let report = region.walk("2018-01-02T09:00:00Z");
    assert_eq!((report.received, report.lying), (1, 0), "{report:?}");
    assert_eq!(names(&region, "drop"), ["done", "refused"]);
}

#[test]
fn a_closed_quarter_is_named_with_the_way_to_take_it_in() {
    let region = Region::unwatched("2015-16 Q1");
    region.step("2017-11-13T09:00:00Z", Step::Collect);
    put(&region, "workforce_E06000022_2015-16-Q1.csv", &text("2015-16 Q1"));
    let report = region.step("2017-11-14T09:00:00Z", Step::Collect);
    let [told] = report.remarks.as_slice() else { panic!("{report:?}") };
    assert!(
        told.what.contains("2015-16 Q1 is closed") && told.what.contains("revision_quarters"),
        "{told:?}"
    );
    assert!(told.next.contains("receive --history FILE --collection workforce"), "{told:?}");
}

#[test]
fn every_stranger_is_counted_in_the_notice() {
    let region = Region::unwatched(QUARTER);
    for number in 0..25 {
        put(&region, &format!("minutes {number:02}.pdf"), "x");
    }
    region.walk("2017-11-13T09:00:00Z");
    let mails = region.mails();
    let notice = starting(&mails, "notice.run.files")[0];
    assert!(notice.subject.contains("25 files to look at in drop folders"), "{}", notice.subject);
    assert!(notice.text.contains("and 5 more"), "{}", notice.text);
}

#[test]
fn a_doubt_ends_though_a_stranger_lies_in_the_drop_folder() {
    let region = Region::unwatched(QUARTER);
    region.step("2017-11-13T09:00:00Z", Step::Collect);
    put(&region, "minutes.pdf", "x");
    let doubt = Doubt { since: instant("2017-11-13T09:00:00Z"), why: "a reason".to_owned() };
    recover::raise_doubt(&region.state(), &doubt).unwrap();
    region.walk(NOW);
    assert_eq!(recover::doubt(&region.state()).unwrap(), None);
}

#[test]
fn an_upload_that_went_on_in_refused_is_read_again_and_put_where_it_belongs() {
    let region = Region::unwatched(QUARTER);
    let (whole, name) = (text(QUARTER), format!("{EXACT}.csv"));
    let (first, rest) = whole.split_at(whole.len() - 9);
    put(&region, &name, first);
    region.step("2017-11-13T09:00:00Z", Step::Collect);
    assert_eq!(names(&region, "drop/refused"), [name.clone(), format!("{name}.txt")]);
    let mut upload = File::options().append(true).open(region.path("drop/refused").join(&name)).unwrap();
    upload.write_all(rest.as_bytes()).unwrap();
    drop(upload);
    let report = region.step("2017-11-14T09:00:00Z", Step::Collect);
    assert_eq!((report.received, report.loaded), (1, 1), "{report:?}");
    assert!(report.failures[0].what.contains("went on after it was refused"), "{report:?}");
    assert_eq!((names(&region, "drop/refused").len(), names(&region, "drop/done").len()), (0, 2));
    assert_eq!(region.step("2017-11-15T09:00:00Z", Step::Collect).received, 0);
}

#[test]
fn a_file_that_came_just_now_is_counted_and_its_sender_not_chased() {
    let region = Region::unwatched(QUARTER);
    region.edit("quarterdeck.toml", "settle_seconds = 0", "settle_seconds = 3600");
    put(&region, &format!("{EXACT}.csv"), &text(QUARTER));
    let report = region.walk("2017-11-13T09:00:00Z");
    assert_eq!((report.young, received(&region)), (1, 0), "{report:?}");
    assert!(!chased(&region, CODE) && chased(&region, "E06000027"));
    let once = region.run("2017-11-13T09:05:00Z", &["once", "--only", "collect"]);
    assert!(once.out.contains("1 file in drop folders may still be written"), "{}", once.out);
}

#[test]
fn a_chaser_says_into_which_folder_and_under_which_name() {
    let region = Region::unwatched(QUARTER);
    region.walk("2017-11-13T09:00:00Z");
    let said = |region: &Region, start: &str| starting(&region.mails(), start)[0].text.clone();
    let name = "named `workforce_E06000027_2017-18-Q2` with the ending of its format";
    let text = said(&region, "chaser.workforce-e06000027.");
    assert!(text.contains("into the folder that was agreed with you, ") && text.contains(name), "{text}");
    let region = Region::unwatched(QUARTER);
    let shown = "[collection.folder]\nshown_as = '\\\\files.example\\returns'";
    region.edit("quarterdeck.toml", "[collection.folder]", shown);
    region.walk("2017-11-13T09:00:00Z");
    let text = said(&region, "chaser.workforce-e06000027.");
    assert!(text.contains(r"\\files.example\returns") && text.contains(name), "{text}");
}

#[test]
fn who_is_chased_reads_which_file_of_theirs_lies_there_and_what_to_call_it() {
    let region = Region::unwatched(QUARTER);
    put(&region, "Torbay return.csv", "x");
    put(&region, "Plymouth 2017-18 Q2.pdf", "x");
    fs::create_dir(region.path("drop/Cornwall")).unwrap();
    region.walk("2017-11-13T09:00:00Z");
    let mails = region.mails();
    let said = |code: &str| starting(&mails, &format!("chaser.workforce-{code}."))[0].text.clone();
    let torbay = said("e06000027");
    let next = "`Torbay return.csv` lies in the folder that was agreed with you and is not taken in: its name \
                does not say which return it is: no quarter can be read in it. Call it \
                `workforce_E06000027_2017-18-Q2.csv` when it is of 2017-18 Q2.";
    assert!(torbay.contains(next) && !torbay.contains("Plymouth"), "{torbay}");
    let plymouth = said("e06000026");
    assert!(
        plymouth.contains("`Plymouth 2017-18 Q2.pdf` lies in") && plymouth.contains("XLSX"),
        "{plymouth}"
    );
    let cornwall = said("e06000052");
    assert!(cornwall.contains("`Cornwall` lies in") && cornwall.contains("move it up"), "{cornwall}");
    assert!(!said(&CODE.to_lowercase()).contains("lies in"));
    let quarterly = starting(&mails, "chaser.quarterly-e06000027.")[0];
    assert!(!quarterly.text.contains("lies in"), "{}", quarterly.text);
    let returns = region.run("2017-11-13T10:00:00Z", &["returns", "--collection", "workforce"]).out;
    let row = returns.lines().find(|line| line.contains("Torbay")).unwrap();
    assert!(row.contains("not received; `Torbay return.csv` lies in the drop folder"), "{returns}");
}

#[test]
fn a_folder_in_a_drop_folder_is_told_once_with_the_way_out() {
    let region = Region::unwatched(QUARTER);
    fs::create_dir(region.path("drop/Returns")).unwrap();
    put(&region, &format!("Returns/{EXACT}.csv"), &text(QUARTER));
    let report = region.walk("2017-11-13T09:00:00Z");
    let [told] = report.remarks.as_slice() else { panic!("{report:?}") };
    assert!(told.what.contains("it is a folder") && told.next.contains("moved up"), "{told:?}");
    assert_eq!((report.received, report.lying, report.failures.len()), (0, 1, 0), "{report:?}");
    for command in ["status", "doctor"] {
        let out = region.run("2017-11-13T10:00:00Z", &[command]).out;
        assert!(out.contains("`Returns`"), "{out}");
    }
    let path = region.path("drop/Returns").join(format!("{EXACT}.csv"));
    fs::rename(path, region.path("drop").join(format!("{EXACT}.csv"))).unwrap();
    let report = region.walk("2017-11-14T09:00:00Z");
    assert_eq!((report.received, report.remarks.len()), (1, 0), "told once: {report:?}");
}

/// What a dropped file that cannot be taken in comes to: the reason as its sender reads it.
fn is_a_refusal_like_any_other(region: &Region, name: &str) -> String {
    let report = region.walk("2017-11-13T09:00:00Z");
    assert_eq!((report.received, report.refused, report.failures.len()), (1, 1, 0), "{name}: {report:?}");
    let once = region.run("2017-11-13T10:00:00Z", &["returns", "--format", "csv"]);
    let row = once.out.lines().find(|line| line.starts_with("workforce,2017-18 Q2,E06000022")).unwrap();
    let mails = region.mails();
    let receipt = starting(&mails, "receipt.workforce-e06000022.2017-18-q2-refused-")[0];
    assert!(receipt.text.contains("No version of this return has been accepted yet."), "{}", receipt.text);
    let words = fs::read_to_string(region.path("drop/refused").join(format!("{name}.txt"))).unwrap();
    assert!(words.contains("No version of this return has been accepted yet."), "{words}");
    let reason = words.split("\n\n").nth(1).unwrap().to_owned();
    assert!(receipt.text.to_lowercase().contains(&reason.to_lowercase()), "{reason}: {}", receipt.text);
    assert!(row.contains(&reason), "{reason}: {row}");
    assert!(starting(&mails, "notice.").is_empty(), "no source is at fault");
    reason
}

#[test]
fn a_dropped_file_that_ends_in_the_middle_of_a_row_is_a_refusal_like_any_other() {
    let region = Region::unwatched(QUARTER);
    let (whole, name) = (text(QUARTER), format!("{EXACT}.csv"));
    put(&region, &name, &whole[..whole.len() - 9]);
    let reason = is_a_refusal_like_any_other(&region, &name);
    assert!(reason.contains("the file ends in the middle of line 3"), "{reason}");
}

#[test]
fn whatever_is_dropped_and_cannot_be_a_return_is_a_refusal_like_any_other() {
    let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
    let large = format!("{}\n", text(QUARTER)).repeat(20_000);
    for (ending, body, why) in [
        ("csv", " \n", "the file is empty"),
        ("csv", page, "web page"),
        ("json", r#"{"error": "token expired"}"#, ""),
        ("csv", large.as_str(), "bytes, more than 1 MiB: send one return"),
    ] {
        let region = Region::unwatched(QUARTER);
        region.edit("quarterdeck.toml", "file_mebibytes = 20", "file_mebibytes = 1");
        let name = format!("{EXACT}.{ending}");
        put(&region, &name, body);
        let reason = is_a_refusal_like_any_other(&region, &name);
        assert!(reason.contains(why), "{reason}");
        region.lose_the_database();
        assert_eq!(
            region.step(NOW, Step::Collect).received,
            0,
            "it is known when the database is made again"
        );
        assert_eq!(region.rows("SELECT reason FROM submissions"), [reason]);
    }
}

/// What the note beside a file of this name says to do.
fn advised(region: &Region, name: &str, rows: &str) -> String {
    put(region, name, rows);
    let report = region.step("2017-11-13T09:00:00Z", Step::Collect);
    assert_eq!((report.received, report.failures.len()), (0, 0), "{report:?}");
    let told = report.remarks.iter().find(|one| one.place.contains(name)).unwrap();
    let words = fs::read_to_string(region.path("drop").join(format!("{name}.txt"))).unwrap();
    format!("{}|{words}", told.next)
}

#[test]
fn a_name_that_is_unclear_is_advised_by_the_rows_and_never_by_an_authority_that_nothing_names() {
    let region = Region::unwatched(QUARTER);
    let named = |code: &str, when: &str| format!("`workforce_{code}_2017-18-Q2.csv`{when}");
    let said = advised(&region, "2017-18 Q2.csv", &text(QUARTER));
    let when = " when it is of Bath and North East Somerset, as its rows say";
    assert_eq!(said.matches(&named(CODE, when)).count(), 2, "{said}");
    let said = advised(&region, "Lincolnshire return.csv", &text(QUARTER));
    let when = " when it is of Bath and North East Somerset and 2017-18 Q2, as its rows say";
    assert!(said.contains(&named(CODE, when)), "{said}");
    let said = advised(&region, "Plymouth and Swindon 2017-18 Q2.csv", "x,y\n1,2\n");
    let both = [named("E06000026", " when it is of Plymouth"), named("E06000030", " when it is of Swindon")]
        .join(", or ");
    assert!(said.contains(&both), "{said}");
    let several = text(QUARTER) + "E06000023,sw_agency_pct,2017-18 Q2,21,143,\n";
    for (name, rows) in [("Rutland 2017-18 Q2.csv", "x,y\n1,2\n"), ("Rutland b 2017-18 Q2.csv", &several)] {
        let said = advised(&region, name, rows);
        assert!(said.contains("`workforce_{CODE}_2017-18-Q2.csv`, with the nine characters"), "{said}");
        assert!(!said.contains("E0") && !said.contains("E1"), "{said}");
    }
}

#[test]
fn a_file_under_a_code_of_another_time_is_told_which_code_to_write() {
    let region = Region::unwatched(QUARTER);
    let later = text(QUARTER).replace(CODE, "E06000066");
    let said = advised(&region, "workforce_E06000066_2017-18-Q2.csv", &later);
    assert!(
        said.contains("`workforce_E10000027_2017-18-Q2.csv`, and `E10000027` written in its rows"),
        "{said}"
    );
    assert!(said.contains("on 30 September 2017 it was Somerset (`E10000027`)"), "{said}");
    assert!(said.contains("and write `E10000027` in its rows"), "{said}");
    let said = advised(&region, "Q2 return.csv", &later);
    assert!(said.contains("`workforce_E10000027_2017-18-Q2.csv` when it is of Somerset"), "{said}");
}
