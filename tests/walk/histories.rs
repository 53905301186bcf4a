//! History that is loaded by one command: every quarter, and not a word to anybody.

use std::fs;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;
use rust_xlsxwriter::{Format, Workbook};

use super::figures::{HEADINGS, MISSES_ITS_TARGET, csv, csv_with_referrals, figures};
use super::letters::starting;
use super::region::{Ended, Region};

const NOW: &str = "2017-11-08T09:00:00Z";
const QUARTERS: [&str; 7] =
    ["2016-17 Q1", "2016-17 Q2", "2016-17 Q3", "2016-17 Q4", "2017-18 Q1", "2017-18 Q2", "2017-18 Q3"];

const VERSIONS: &str =
    "SELECT concat_ws('|', quarter_label(quarter), version, accepted, quarantined) FROM returns
    WHERE authority = 'E06000027' AND collection = 'quarterly' AND submission IS NOT NULL ORDER BY quarter";

fn rows_of(quarter: &str) -> String {
    csv(MISSES_ITS_TARGET, quarter).replace(&format!("{HEADINGS}\r\n"), "")
}

fn long() -> String {
    format!("{HEADINGS}\r\n") + &QUARTERS.map(rows_of).concat()
}

fn receive(region: &Region, file: &str, body: impl AsRef<[u8]>, more: &[&str]) -> Ended {
    let path = region.path(file);
    fs::write(&path, body).unwrap();
    let of = ["receive", path.to_str().unwrap(), "--authority", MISSES_ITS_TARGET];
    region.run(NOW, &[&of[..], more].concat())
}

#[test]
fn every_quarter_of_a_long_file_is_a_version_of_its_own_and_nobody_hears_of_it() {
    let region = Region::from_quarter("2016-17 Q2");
    let ended = receive(&region, "history.csv", long(), &["--history"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.out.contains("4 of 7 quarters taken in"), "{}", ended.out);
    let line = |quarter: &str| ended.out.lines().find(|line| line.contains(quarter)).unwrap().to_owned();
    assert!(line("2016-17 Q1").contains("first_quarter"), "{}", ended.out);
    assert!(line("2017-18 Q2").contains("no history yet"), "{}", ended.out);
    assert!(line("2017-18 Q3").contains("no history yet"), "{}", ended.out);
    let versions = ["2016-17 Q2|1|5|0", "2016-17 Q3|1|5|0", "2016-17 Q4|1|5|0", "2017-18 Q1|1|5|0"];
    assert_eq!(region.rows(VERSIONS), versions);
    let shown = region.run(NOW, &["returns", "--all", "--format", "csv"]).out;
    let row = |quarter: &str| {
        let is_it = |line: &&str| line.starts_with(&format!("quarterly,{quarter},{MISSES_ITS_TARGET}"));
        shown.lines().find(is_it).unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    assert!(row("2016-17 Q2").ends_with(",5,0,,history"), "{}", row("2016-17 Q2"));
    region.walk("2017-11-17T08:00:00Z");
    let keys = region.happened(Happened::Queued);
    let own: Vec<&String> = keys.iter().filter(|key| key.contains("receipt.")).collect();
    assert_eq!(own, [] as [&String; 0], "no receipt");
    let found = region.rows("SELECT check_name FROM findings WHERE check_name = 'return-late'");
    assert_eq!(found, [] as [&str; 0], "nothing is late");
    let again = receive(&region, "history.csv", long(), &["--history"]);
    assert!(
        again.out.contains("0 of 7 quarters taken in") && again.out.contains("held already"),
        "{again:?}"
    );
    assert_eq!(region.rows(VERSIONS), versions);
    region.lose_the_database();
    region.step("2017-11-17T12:00:00Z", Step::Check);
    assert_eq!(region.rows(VERSIONS), versions, "each quarter is read again out of the one file");
}

#[test]
fn what_is_found_in_history_is_no_news_and_what_a_real_return_brings_is() {
    let region = Region::from_quarter("2016-17 Q2");
    // The quarter in which it misses its target comes as history of another year.
    let missed = rows_of("2017-18 Q2").replace("2017-18 Q2", "2017-18 Q1");
    let quarters = ["2016-17 Q2", "2016-17 Q3", "2016-17 Q4"].map(rows_of).concat();
    receive(&region, "history.csv", format!("{HEADINGS}\r\n{quarters}{missed}"), &["--history"]);
    let open = "SELECT finding FROM findings
        WHERE authority = 'E06000027' AND check_name = 'target-breach' AND state = 'new'";
    let found = region.rows(open);
    assert!(!found.is_empty(), "it is found");
    region.walk("2017-11-17T08:00:00Z");
    let mails = region.mails();
    let digests = starting(&mails, "digest.");
    assert!(digests.iter().any(|mail| mail.text.contains("Assessments within 45 working days")));
    for mail in digests {
        assert!(!found.iter().any(|id| mail.text.contains(id)), "{}: {}", mail.key, mail.text);
    }
    region.publish(MISSES_ITS_TARGET, "2017-18 Q2", csv(MISSES_ITS_TARGET, "2017-18 Q2"));
    region.walk("2017-11-20T08:00:00Z");
    let receipts = region.happened(Happened::Queued);
    assert!(
        receipts.iter().any(|key| key.starts_with("receipt.quarterly-e06000027.2017-18-q2-v1")),
        "{receipts:?}"
    );
}

#[test]
fn a_quarter_that_is_held_otherwise_stays_and_is_told() {
    let region = Region::from_quarter("2016-17 Q2");
    let held = csv_with_referrals(MISSES_ITS_TARGET, "2016-17 Q4", 5_432);
    receive(&region, "q4.csv", held, &["--quarter", "2016-17 Q4"]);
    let ended = receive(&region, "history.csv", long(), &["--history"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let line = ended.out.lines().find(|line| line.contains("2016-17 Q4")).unwrap();
    assert!(line.contains("2 figures are not those of version 1"), "{}", ended.out);
    assert!(ended.out.contains("3 of 7 quarters taken in"), "{}", ended.out);
    let referrals = "SELECT numerator::INTEGER FROM observations
        WHERE authority = 'E06000027' AND indicator = 'referral_rate'
          AND quarter_label(quarter) = '2016-17 Q4'";
    assert_eq!(region.rows(referrals), ["5432"]);
}

#[test]
fn a_quarter_that_cannot_be_read_is_reported_and_the_others_are_taken() {
    let region = Region::from_quarter("2016-17 Q2");
    let body = long().replace(
        &rows_of("2016-17 Q3"),
        &rows_of("2016-17 Q3").replace("_rate", "_rato").replace("_pct", "_pcd"),
    );
    let ended = receive(&region, "history.csv", body, &["--history"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let line = ended.out.lines().find(|line| line.contains("2016-17 Q3")).unwrap();
    assert!(line.contains("refused") && line.contains("no row could be taken in"), "{}", ended.out);
    assert!(ended.out.contains("3 of 7 quarters taken in"), "{}", ended.out);
}

#[test]
fn a_quarter_under_a_code_of_another_time_is_told_as_verify_tells_it() {
    let region = Region::from_quarter("2016-17 Q2");
    let body = long().replace(MISSES_ITS_TARGET, "E06000066");
    let path = region.path("history.csv");
    fs::write(&path, body).unwrap();
    let of = ["receive", path.to_str().unwrap(), "--authority", "E06000066", "--history"];
    let ended = region.run(NOW, &of);
    let line = ended.out.lines().find(|line| line.contains("2016-17 Q3")).unwrap();
    assert!(line.contains("refused") && line.contains("exists since 1 April 2023"), "{}", ended.out);
    assert!(line.contains("on 31 December 2016 it was Somerset (`E10000027`)"), "{}", ended.out);
}

/// Quarters across, with the number and what it is out of under each.
fn template(quarters: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Measure").unwrap();
    for (place, quarter) in (0_u16..).zip(quarters) {
        let column = 1 + 2 * place;
        sheet.merge_range(0, column, 0, column + 1, quarter, &Format::new()).unwrap();
        sheet.write(1, column, "Number").unwrap();
        sheet.write(1, column + 1, "Out of").unwrap();
        for (row, figure) in (2_u32..).zip(figures(MISSES_ITS_TARGET, quarter)) {
            sheet.write(row, 0, figure.indicator).unwrap();
            sheet.write(row, column, figure.numerator).unwrap();
            sheet.write(row, column + 1, figure.denominator).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_with_quarters_across_is_taken_in_as_many_versions() {
    let region = Region::from_quarter("2016-17 Q2");
    let measures = figures(MISSES_ITS_TARGET, "2016-17 Q2").into_iter().map(|figure| {
        format!("  {{ indicator = \"{}\", row = \"{}\" }},\n", figure.indicator, figure.indicator)
    });
    let layout = format!(
        "[[collection.layout]]\nname = \"template\"\nheader_within = 12\n[collection.layout.wide]\n\
         indicator = [\"measure\"]\nacross = \"quarters\"\n\
         parts = {{ numerator = [\"number\"], denominator = [\"out of\"], value = [\"rate\"] }}\n\
         measures = [\n{}]\n\n# The workforce collection of",
        measures.collect::<String>()
    );
    region.edit("quarterdeck.toml", "# The workforce collection of", &layout);
    let book = template(&QUARTERS[..6]);
    let ended = receive(&region, "history.xlsx", book, &["--history"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let versions = ["2016-17 Q2|1|5|0", "2016-17 Q3|1|5|0", "2016-17 Q4|1|5|0", "2017-18 Q1|1|5|0"];
    assert_eq!(region.rows(VERSIONS), versions, "{}", ended.out);
}
