//! Text files as spreadsheets and other programs write them.

use super::fixtures::{HEADING, World, remark_codes};
use super::hostile::rows;
use quarterdeck::read::validate::understand;

const ROW: &str = "E06000022,plan_count,2017-18 Q2,131,,,,\n";

#[test]
fn line_ends_of_every_kind_give_the_same_rows() {
    let world = World::member();
    let wanted = world.rows(&format!("{ROW}E06000022,in_time_pct,2017-18 Q2,30,40,,,\n")).observations;
    let text = format!("{HEADING}{ROW}E06000022,in_time_pct,2017-18 Q2,30,40,,,\n");
    let lines: Vec<&str> = text.lines().collect();
    let mixed = format!("{}\r{}\r\n{}", lines[0], lines[1], lines[2]);
    for text in [text.replace('\n', "\r"), text.replace('\n', "\r\n"), mixed, text.trim_end().to_owned()] {
        assert_eq!(world.read(&text).unwrap().observations, wanted, "{text:?}");
    }
}

#[test]
fn the_separator_line_of_excel_is_above_the_headings() {
    let text = format!("sep=;\r\n{}{}", HEADING.replace(',', ";"), ROW.replace(',', ";"));
    let reading = World::member().read(text).unwrap();
    assert_eq!((reading.accepted, reading.observations[0].place.line), (1, 3));
}

#[test]
fn quoted_headings_and_blank_columns_at_the_end_change_nothing() {
    let quoted = format!("\"{}\"\n{ROW}", HEADING.trim_end().replace(',', "\",\""));
    assert_eq!(World::member().read(quoted).unwrap().accepted, 1);
    let blank = format!("{HEADING}{ROW}").replace('\n', ",,,\n");
    assert_eq!(World::member().read(blank).unwrap().accepted, 1);
}

#[test]
fn a_mark_in_the_middle_is_an_invisible_character() {
    let joined = format!("{HEADING}{ROW}\u{feff}{}", ROW.replace("plan_count", "referral_rate"));
    let reading = World::member().read(joined).unwrap();
    assert_eq!((reading.accepted, reading.quarantined[0].code), (1, "invisible-character"));
}

#[test]
fn nothing_a_mark_alone_and_headings_alone_are_refused() {
    let refused = |bytes: &[u8]| {
        rows("a.csv", bytes).and_then(|grid| understand(&grid, &World::member().expected())).unwrap_err().code
    };
    assert_eq!(refused(b""), "empty-file");
    assert_eq!(refused(b"\xef\xbb\xbf"), "empty-file");
    assert_eq!(refused(b"\xff\xfe"), "empty-file");
    assert_eq!(refused(HEADING.as_bytes()), "no-rows");
    assert_eq!(refused(HEADING.trim_end().as_bytes()), "no-rows");
}

#[test]
fn one_column_that_names_someone_is_left_out_and_a_list_of_persons_refused() {
    let named = "authority_code,indicator,quarter,numerator,denominator,value,child_name\n\
                 E06000022,plan_count,2017-18 Q2,131,,,A. Example\n\
                 E06000022,plan_count,2017-18 Q2,x!,,,B. Example\n";
    let reading = World::member().read(named).unwrap();
    assert!(reading.accepted == 1 && remark_codes(&reading).contains(&"personal-column"));
    assert!(!format!("{reading:?}").contains("Example"));
    for second in ["surname", "nhs_number", "dob"] {
        let list = named.replace("child_name", &format!("child_name,{second}"));
        assert_eq!(World::member().refusal(list).code, "personal-data", "{second}");
    }
}

#[test]
fn more_cells_than_a_return_are_refused_before_they_fill_the_memory() {
    let text = format!("{HEADING}{}", format!("{}\n", ",".repeat(490)).repeat(11_000));
    assert_eq!(World::member().refusal(text).code, "too-many-cells");
}
