//! Merged cells speak for their whole range, in every kind of workbook.

use quarterdeck::read::code::Refusal;
use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::fixtures::{World, limits, packed, remark_codes};
use super::making::{
    BIFF_TEXTS, HEADINGS, biff_stream, cell, compound, ods, ods_content, ods_number, ods_row, ods_texts,
    record,
};
use super::toml::{Trial, found, numbers, places};
use super::workbooks::with_part;

fn read(bytes: &[u8], name: &str) -> Reading {
    understand(&packed(bytes, name, None, &limits()).unwrap(), &World::member().expected()).unwrap()
}

fn merge(sheet: &mut Worksheet, rows: (u32, u32), columns: (u16, u16), text: &str) {
    sheet.merge_range(rows.0, columns.0, rows.1, columns.1, text, &Format::new()).unwrap();
}

/// A sheet in which one cell says the authority of two rows, and one their quarter.
fn xlsx() -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    merge(sheet, (0, 0), (0, 5), "Quarterly return");
    sheet.write_row(1, 0, HEADINGS).unwrap();
    merge(sheet, (2, 3), (0, 0), "E06000022");
    merge(sheet, (2, 3), (2, 2), "2017-18 Q2");
    sheet.write_column(2, 1, ["in_time_pct", "plan_count"]).unwrap();
    sheet.write_row(2, 3, [30, 40, 75]).unwrap();
    sheet.write_number(3, 3, 131).unwrap();
    book
}

fn ods_merged() -> Vec<u8> {
    let over = |text: &str| {
        format!(
            "<table:table-cell table:number-rows-spanned=\"2\" office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let covered = "<table:covered-table-cell office:value-type=\"string\"><text:p>hidden</text:p></table:covered-table-cell>";
    let number = |number: &str| ods_number(number, number);
    let first = over("E06000022") + &ods_texts(&["in_time_pct"]) + &over("2017-18 Q2");
    let first = first + &number("30") + &number("40") + &number("75");
    let second = covered.to_owned() + &ods_texts(&["plan_count"]) + covered + &number("131");
    let rows = [ods_row(&ods_texts(&HEADINGS)), ods_row(&first), ods_row(&second)].concat();
    ods(&ods_content(&format!("<table:table table:name=\"Return\">{rows}</table:table>")))
}

fn xls_merged() -> Vec<u8> {
    let text = |row: u16, column: u16, at: u32| cell(0x00fd, row, column, &at.to_le_bytes());
    let number = |row: u16, column: u16, number: f64| cell(0x0203, row, column, &number.to_le_bytes());
    let mut cells: Vec<u8> = (0..6).flat_map(|at| text(0, at, u32::from(at))).collect();
    cells.extend([text(1, 0, 6), text(1, 1, 7), text(1, 2, 8)].concat());
    cells.extend([number(1, 3, 30.0), number(1, 4, 40.0), number(1, 5, 75.0)].concat());
    cells.extend([text(2, 1, 9), number(2, 3, 131.0)].concat());
    let ranges = [2_u16, 1, 2, 0, 0, 1, 2, 2, 2].map(u16::to_le_bytes).concat();
    cells.extend(record(0x00e5, &ranges));
    compound("Workbook", &biff_stream(&BIFF_TEXTS, &[("Return", 0, cells)]))
}

#[test]
fn an_authority_and_a_quarter_may_stand_once_for_several_rows() {
    let xlsx = xlsx().save_to_buffer().unwrap();
    for (bytes, name) in [(xlsx, "a.xlsx"), (ods_merged(), "a.ods"), (xls_merged(), "a.xls")] {
        let reading = read(&bytes, name);
        assert_eq!((reading.accepted, reading.quarantined.len()), (2, 0), "{name}: {reading:#?}");
        assert_eq!(reading.observations[1].figure.numerator, Some(131.0), "{name}");
        assert!(!remark_codes(&reading).contains(&"merged-cells"), "no figure is merged");
    }
}

#[test]
fn a_denominator_that_stands_once_is_that_of_each_row_and_is_remarked() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    sheet.write_column(1, 0, ["E06000022", "E06000022"]).unwrap();
    sheet.write_column(1, 1, ["in_time_pct", "agency_pct"]).unwrap();
    sheet.write_column(1, 2, ["2017-18 Q2", "2017-18 Q2"]).unwrap();
    sheet.write_column(1, 3, [30, 10]).unwrap();
    merge(sheet, (1, 2), (4, 4), "");
    sheet.write_number(1, 4, 40).unwrap();
    let reading = read(&book.save_to_buffer().unwrap(), "a.xlsx");
    let denominators: Vec<_> = reading.observations.iter().map(|one| one.figure.denominator).collect();
    assert_eq!(denominators, [Some(40.0), Some(40.0)]);
    assert!(remark_codes(&reading).contains(&"merged-cells"));
}

const TEMPLATE: &str = r#"
[[collection.layout]]
name = "template"
header_within = 12
[collection.layout.wide]
indicator = ["indicator"]
across = "quarters"
parts = { numerator = ["number"], denominator = ["out of"], value = ["rate"] }
measures = [
  { indicator = "referral_rate", row = "Referrals" },
  { indicator = "s47_rate", row = "Section 47 enquiries" },
]
"#;

/// A template with quarters merged over their three parts, a heading over both rows of headings, and a theme
/// over the whole width.
fn template(headings: impl Fn(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    merge(sheet, (0, 0), (0, 6), "Return of Devon");
    headings(sheet);
    merge(sheet, (3, 3), (0, 6), "Front door");
    sheet.write_column(4, 0, ["Referrals", "Section 47 enquiries"]).unwrap();
    sheet.write_row(4, 1, [1500, 143_525, 105, 1612, 143_525, 112]).unwrap();
    sheet.write_row(5, 1, [400, 143_525, 28, 401, 143_525, 28]).unwrap();
    merge(sheet, (6, 7), (0, 6), "Notes: provisional");
    book.save_to_buffer().unwrap()
}

#[test]
fn headings_may_be_merged_over_their_columns_and_rows_and_themes_over_the_sheet() {
    let trial = Trial::member(TEMPLATE);
    let quarters_above = template(|sheet| {
        merge(sheet, (1, 2), (0, 0), "Indicator");
        merge(sheet, (1, 1), (1, 3), "Q1 2017/18");
        merge(sheet, (1, 1), (4, 6), "Q2 2017/18");
        sheet.write_row(2, 1, ["Number", "Out of", "Rate", "Number", "Out of", "Rate"]).unwrap();
    });
    let reading = trial.packed(&quarters_above, "a.xlsx").unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (2, 0), "{reading:#?}");
    let referrals = found(&reading, "E10000008", "referral_rate").figure;
    assert_eq!(numbers(&referrals), (Some(1612.0), Some(143_525.0), Some(112.0)));
    let parts_above = "\
        |Number||Out of||Rate|\n\
        Indicator|Q1 2017/18|Q2 2017/18|Q1 2017/18|Q2 2017/18|Q1 2017/18|Q2 2017/18\n\
        Referrals|1500|1612|143525|143525|105|112\n\
        Section 47 enquiries|400|401|143525|143525|28|28";
    let reading = trial.sheet(parts_above).unwrap();
    let referrals = found(&reading, "E10000008", "referral_rate").figure;
    assert_eq!(numbers(&referrals), (Some(1612.0), Some(143_525.0), Some(112.0)));
}

#[test]
fn a_measure_merged_over_a_line_of_words_says_nothing_twice() {
    let book = template(|sheet| {
        sheet.write_row(1, 0, ["", "", "", "", "Q2 2017/18"]).unwrap();
        sheet.write_row(2, 0, ["Indicator", "Ref", "", "", "Number", "Out of", "Rate", "Comment"]).unwrap();
        sheet.write_string(8, 7, "of which a backlog").unwrap();
        merge(sheet, (8, 9), (0, 0), "Section 47 enquiries");
        sheet.write_string(9, 7, "see above").unwrap();
    });
    let reading = Trial::member(TEMPLATE).packed(&book, "a.xlsx").unwrap();
    let lines: Vec<u32> = places(&reading).iter().map(|(line, _, _)| *line).collect();
    assert!(!lines.contains(&10), "{:?}", places(&reading));
}

#[test]
fn one_cell_over_two_parts_of_a_figure_is_not_both() {
    let toml = TEMPLATE.replace("across = \"quarters\"", "part = [\"part\"]\nfigure = [\"figure\"]");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["Indicator", "Part", "Figure"]).unwrap();
    merge(sheet, (1, 2), (0, 0), "Referrals");
    sheet.write_column(1, 1, ["Number", "Out of"]).unwrap();
    merge(sheet, (1, 2), (2, 2), "");
    sheet.write_number(1, 2, 1612).unwrap();
    let reading = Trial::member(&toml).packed(&book.save_to_buffer().unwrap(), "a.xlsx").unwrap();
    assert_eq!(places(&reading), [(2, String::new(), "part-refused"), (3, "C".to_owned(), "merged-figure")]);
    let across = {
        let mut book = xlsx();
        let sheet = book.worksheet_from_index(0).unwrap();
        merge(sheet, (4, 4), (3, 5), "");
        sheet.write_row(4, 0, ["E06000022", "agency_pct", "2017-18 Q2"]).unwrap();
        sheet.write_number(4, 3, 40).unwrap();
        book.save_to_buffer().unwrap()
    };
    let reading = read(&across, "a.xlsx");
    assert_eq!(reading.quarantined[0].code, "denominator-missing", "40 of 40 was never written");
}

#[test]
fn merged_ranges_of_an_attacker_are_refused_at_no_cost() {
    let with = |ranges: &str| -> Result<_, Refusal> {
        let bytes = with_part(&xlsx().save_to_buffer().unwrap(), "xl/worksheets/sheet1.xml", |xml| {
            xml.replace("</mergeCells>", &format!("{ranges}</mergeCells>"))
        });
        packed(&bytes, "a.xlsx", None, &limits())
    };
    assert_eq!(with("<mergeCell ref=\"B9:A1\"/>").unwrap_err().code, "broken-workbook");
    assert_eq!(with("<mergeCell ref=\"A99999999999\"/>").unwrap_err().code, "broken-workbook");
    let many = "<mergeCell ref=\"A2:A1048576\"/>".repeat(5_000);
    assert_eq!(with(&many).unwrap_err().code, "broken-workbook");
    assert!(with("<mergeCell ref=\"XFC1:XFD1048576\"/>").is_ok());
}
