//! What came only in part takes the place of nothing: from a server that states no length, or by a folder.

use std::fs;

use quarterdeck::pipeline::{Report, Step};
use quarterdeck::store::journal::Happened;
use quarterdeck::store::keep;

use super::figures::{csv, csv_with_referrals};
use super::region::Region;

const QUARTER: &str = "2017-18 Q2";
const CODE: &str = "E06000022";
const PATH: &str = "/2017-18-Q2/E06000022";
const NAME: &str = "workforce_E06000022_2017-18-Q2.csv";
const WORKFORCE: &str = "authority_code,indicator,quarter,numerator,denominator,value\n\
    E06000022,sw_agency_pct,2017-18 Q2,21,143,\nE06000022,sw_turnover_pct,2017-18 Q2,30,140,\n";

fn refusals(report: &Report) -> Vec<&str> {
    let all = report.failures.iter().map(|one| one.what.as_str());
    all.filter(|what| what.contains("is a beginning of version")).collect()
}

fn figures(region: &Region) -> Vec<String> {
    region.rows("SELECT indicator || ' ' || version || ' ' || numerator FROM observations ORDER BY ALL")
}

/// The end of every line of a text.
fn line_ends(text: &str) -> Vec<usize> {
    text.match_indices('\n').map(|(at, _)| at + 1).collect()
}

#[test]
fn a_download_that_is_cut_takes_the_place_of_nothing_and_is_asked_for_again() {
    let first = csv(CODE, QUARTER);
    let at_a_row = line_ends(&first)[3];
    for (length, end) in [(at_a_row, "at the end of a row"), (at_a_row + 12, "in the middle of a row")] {
        let region = Region::unwatched(QUARTER);
        region.publish(CODE, QUARTER, &first);
        region.step("2017-11-13T08:00:00Z", Step::Collect);
        let before = figures(&region);
        // Only the last line is another, so what comes first is the same.
        let mut corrected = first.clone();
        corrected.truncate(*line_ends(&first).iter().rev().nth(1).unwrap());
        corrected.extend([CODE, ",cla_rate,", QUARTER, ",2300,241017,,\r\n"]);
        region.publish(CODE, QUARTER, &corrected);
        region.web.shelf().cut.insert(PATH.to_owned(), length);
        let report = region.step("2017-11-14T08:00:00Z", Step::Collect);
        assert_eq!((report.received, report.loaded), (0, 0), "{report:?}");
        assert_eq!(figures(&region), before);
        let [refusal] = refusals(&report)[..] else { panic!("{report:?}") };
        assert!(refusal.contains(end), "{refusal}");
        let hash = keep::hash(&corrected.as_bytes()[..length]);
        assert!(refusal.contains(&format!("`received/{hash}`")), "{refusal}");
        assert_eq!(region.happened(Happened::TurnedAway), [hash]);
        region.web.shelf().cut.clear();
        let report = region.step("2017-11-15T08:00:00Z", Step::Collect);
        assert_eq!((report.received, report.loaded, report.failures), (1, 1, vec![]));
        assert!(figures(&region).contains(&"cla_rate 2 2300.0".to_owned()), "{:?}", figures(&region));
    }
}

#[test]
fn what_was_refused_is_not_had_so_the_source_must_send_it_again() {
    let region = Region::unwatched(QUARTER);
    let whole = csv(CODE, QUARTER);
    region.publish(CODE, QUARTER, &whole);
    // The entity tag is that of the whole file.
    region.web.shelf().cut.insert(PATH.to_owned(), line_ends(&whole)[0]);
    let report = region.step("2017-11-13T08:00:00Z", Step::Collect);
    assert_eq!((report.received, report.refused), (1, 1));
    let report = region.step("2017-11-14T08:00:00Z", Step::Collect);
    assert_eq!((report.received, report.refused, report.unchanged), (0, 0, 1), "no second receipt");
    region.web.shelf().cut.clear();
    let report = region.step("2017-11-15T08:00:00Z", Step::Collect);
    assert_eq!((report.received, report.loaded), (1, 1));
}

#[test]
fn a_version_that_was_accepted_before_may_come_back() {
    let region = Region::unwatched(QUARTER);
    let first = csv(CODE, QUARTER);
    for (day, body) in [
        (13, first.clone()),
        (14, format!("{first}{CODE},cpp_rate,{QUARTER},1200,241017,,\r\n")),
        (15, first),
    ] {
        region.publish(CODE, QUARTER, body);
        let report = region.step(&format!("2017-11-{day}T08:00:00Z"), Step::Collect);
        assert_eq!((report.received, report.loaded), (1, 1), "{day}: {report:?}");
    }
}

#[test]
fn a_dropped_file_that_is_a_beginning_is_refused_with_words() {
    let region = Region::unwatched(QUARTER);
    let dropped = |text: &str| fs::write(region.path("drop").join(NAME), text).unwrap();
    dropped(WORKFORCE);
    region.step("2017-11-13T08:00:00Z", Step::Collect);
    dropped(&WORKFORCE[..line_ends(WORKFORCE)[1]]);
    let report = region.step("2017-11-14T08:00:00Z", Step::Collect);
    assert_eq!((report.received, report.refused), (1, 1), "{report:?}");
    let [told] = report.failures.as_slice() else { panic!("{report:?}") };
    assert!(told.what.contains("it would have taken figures of version 1 away"), "{told:?}");
    assert!(told.next.contains("`quarterdeck receive FILE --smaller --by NAME --reason WHY`"), "{told:?}");
    let words = fs::read_to_string(region.path("drop/refused").join(format!("{NAME}.txt"))).unwrap();
    assert!(words.contains("the file is a beginning of version 1, which still counts"), "{words}");
    assert!(words.contains("Version 1, received on 13 November 2017, still counts."), "{words}");
    assert_eq!(region.number("SELECT count(*) FROM observations WHERE collection = 'workforce'"), 2);
}

#[test]
fn a_dropped_file_that_is_cut_in_its_last_figure_is_refused_though_it_has_as_many() {
    let region = Region::unwatched(QUARTER);
    let dropped = |text: &str| fs::write(region.path("drop").join(NAME), text).unwrap();
    let whole = "authority_code,indicator,quarter,value,numerator,denominator\n\
                 E06000022,sw_agency_pct,2017-18 Q2,,21,143\nE06000022,sw_turnover_pct,2017-18 Q2,,30,1400\n";
    dropped(whole);
    assert_eq!(region.step("2017-11-13T08:00:00Z", Step::Collect).loaded, 1);
    dropped(&whole[..whole.len() - 2]);
    let report = region.step("2017-11-14T08:00:00Z", Step::Collect);
    assert_eq!((report.received, report.refused), (1, 1), "{report:?}");
    assert!(report.refusals[0].what.contains("ends in the middle of a row"), "{report:?}");
    dropped(&whole.replace("1400", "140"));
    assert_eq!(region.step("2017-11-15T08:00:00Z", Step::Collect).loaded, 1, "a correction is whole");
}

#[test]
fn a_correction_is_taken_however_much_of_it_is_as_before() {
    let region = Region::unwatched(QUARTER);
    for (day, body) in [
        (13, csv(CODE, QUARTER)),
        (14, csv_with_referrals(CODE, QUARTER, 5_000)),
        (15, csv_with_referrals(CODE, QUARTER, 4_300)),
    ] {
        region.publish(CODE, QUARTER, body);
        let report = region.step(&format!("2017-11-{day}T08:00:00Z"), Step::Collect);
        assert_eq!((report.received, report.loaded), (1, 1), "{day}: {report:?}");
    }
}
