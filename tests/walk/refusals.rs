//! Files that cannot be trusted: refused with their reason, told, and no trouble to the others.

use std::fs;
use std::io::{Cursor, Write as _};

use quarterdeck::pipeline::Step;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;

use super::figures::{csv, figures};
use super::letters::starting;
use super::region::{NOW, Region};

const QUARTER: &str = "2017-18 Q2";
const PAGE: &str = "<!DOCTYPE html><html><body>Please log in</body></html>";
const MISCOUNTED: &str = "SELECT count(*) FROM submissions
    WHERE rows_read <> rows_accepted + rows_quarantined
       OR rows_quarantined <> (SELECT count(*) FROM quarantined_rows q
                                WHERE q.submission = submissions.submission)";

/// The return as a workbook, its headings on the fifth row.
fn workbook(code: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Quarterly return").unwrap();
    for (column, heading) in (0_u16..).zip(super::figures::HEADINGS.split(',')) {
        sheet.write(4, column, heading).unwrap();
    }
    for (row, figure) in (5_u32..).zip(figures(code, QUARTER)) {
        for (column, text) in [(0, code), (1, figure.indicator), (2, QUARTER)] {
            sheet.write(row, column, text).unwrap();
        }
        sheet.write(row, 3, figure.numerator).unwrap();
        sheet.write(row, 4, figure.denominator).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// A workbook whose one sheet unpacks to far more than may be.
fn bomb() -> Vec<u8> {
    let honest = workbook("E06000022");
    let mut parts = zip::ZipArchive::new(Cursor::new(honest)).unwrap();
    let mut made = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        made.start_file(&name, SimpleFileOptions::default()).unwrap();
        if name.ends_with("sheet1.xml") {
            let blank = vec![b' '; 1 << 20];
            (0..64).for_each(|_| made.write_all(&blank).unwrap());
        }
        std::io::copy(&mut part, &mut made).unwrap();
    }
    made.finish().unwrap().into_inner()
}

#[test]
fn bad_files_are_refused_with_their_reason_and_the_others_are_loaded() {
    let region = Region::unwatched(QUARTER);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.publish("E06000023", QUARTER, workbook("E06000023"));
    region.publish("E06000024", QUARTER, bomb());
    region.publish("E06000025", QUARTER, csv("E06000026", QUARTER));
    region.publish("E06000027", QUARTER, PAGE);
    let quarantined = csv("E06000030", QUARTER) + "E06000030,referral_rates,2017-18 Q2,12,100,,\r\n";
    region.publish("E06000030", QUARTER, quarantined.replacen(",6", ",-6", 1));
    let report = region.walk(NOW);
    assert_eq!((report.loaded, report.refused), (3, 2), "{report:?}");
    assert_eq!((report.rows_accepted, report.rows_quarantined), (14, 2));
    assert_eq!(region.number(MISCOUNTED), 0);
    let read = "SELECT concat_ws('|', authority, rows_read, rows_accepted, rows_quarantined, verdict)
        FROM submissions ORDER BY authority";
    assert_eq!(
        region.rows(read),
        [
            "E06000022|5|5|0|accepted",
            "E06000023|5|5|0|accepted",
            "E06000024|0|0|0|refused",
            "E06000025|0|0|0|refused",
            "E06000030|6|4|2|accepted",
        ]
    );
    let place = "SELECT concat_ws('|', file_name, sheet, line) FROM observations
        WHERE authority = 'E06000023' AND indicator = 'cla_rate'";
    assert_eq!(region.rows(place), ["E06000023|Sheet1|10"], "a workbook is read by a worker");

    let mails = region.mails();
    let receipt = |code: &str| {
        let found = starting(&mails, &format!("receipt.quarterly-{code}."));
        found.first().unwrap_or_else(|| panic!("no receipt for {code}")).text.clone()
    };
    assert!(receipt("e06000024").contains("We could not take it in"), "{}", receipt("e06000024"));
    assert!(receipt("e06000025").contains("(`E06000026`)"), "{}", receipt("e06000025"));
    let accepted = receipt("e06000030");
    assert!(accepted.contains("6 rows read: 4 accepted, 2 set aside"), "{accepted}");
    assert!(accepted.contains("unknown-indicator") && accepted.contains("negative-number"), "{accepted}");
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert!(report.failures[0].what.contains("a web page came in place of the file"));
    let notice = starting(&mails, "notice.")[0];
    assert!(notice.to.contains("operator@"), "{}", notice.to);
    assert!(
        notice.text.contains("A web page came") || notice.text.contains("a web page came"),
        "{}",
        notice.text
    );
}

#[test]
fn a_web_page_never_replaces_what_came_before() {
    let region = Region::unwatched(QUARTER);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.step("2017-11-16T08:00:00Z", Step::Collect);
    region.publish("E06000022", QUARTER, PAGE);
    region.step("2017-11-17T08:00:00Z", Step::Collect);
    let counting = "SELECT concat_ws('|', version, accepted) FROM returns WHERE authority = 'E06000022'
        AND collection = 'quarterly'";
    assert_eq!(region.rows(counting), ["1|5"]);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    assert_eq!(region.step("2017-11-18T08:00:00Z", Step::Collect).loaded, 0, "the same bytes as before");
}

#[test]
fn a_web_page_that_is_taken_in_by_hand_is_refused_and_told() {
    let region = Region::unwatched(QUARTER);
    let file = region.path("return.csv");
    fs::write(&file, PAGE).unwrap();
    let of = ["--authority", "E06000022", "--quarter", QUARTER];
    let arguments = [&["receive", file.to_str().unwrap()], &of[..]].concat();
    let ended = region.run(NOW, &arguments);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.out.contains("refused") || ended.words.contains("refused"), "{ended:?}");
    region.step(NOW, Step::Deliver);
    let mails = region.mails();
    let receipt = starting(&mails, "receipt.quarterly-e06000022.2017-18-q2-refused-")[0];
    assert!(receipt.text.contains("web page"), "{}", receipt.text);
}

#[test]
fn a_file_in_the_drop_folder_is_claimed_and_loaded() {
    let region = Region::unwatched(QUARTER);
    let text = "authority_code,indicator,quarter,numerator,denominator,value\n\
                E06000022,sw_agency_pct,2017-18 Q2,21,143,\nE06000022,sw_turnover_pct,2017-18 Q2,30,140.5,\n";
    fs::write(region.path("drop/workforce_E06000022_2017-18-Q2.csv"), text).unwrap();
    let report = region.step(NOW, Step::Collect);
    assert_eq!((report.loaded, report.rows_accepted, report.rows_quarantined), (1, 2, 0), "{report:?}");
    assert!(!region.path("drop/workforce_E06000022_2017-18-Q2.csv").exists());
    assert_eq!(region.step(NOW, Step::Collect).received, 0);
}

#[test]
fn a_run_says_which_file_it_refused_and_why() {
    let region = Region::unwatched(QUARTER);
    region.publish("E06000022", QUARTER, csv("E06000023", QUARTER));
    let ended = region.run("2017-11-07T09:00:00Z", &["once", "--only", "collect"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.out.contains("refused 1;"), "{}", ended.out);
    let line = ended.words.lines().find(|line| line.starts_with("refused: E06000022 2017-18 Q2, `"));
    assert!(line.is_some_and(|line| line.contains("E06000023")), "{}", ended.words);
}
