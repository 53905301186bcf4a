//! Workbooks, made here, and made dangerous here.

use std::io::{Cursor, Read, Write};

use quarterdeck::read::code::Refusal;
use quarterdeck::read::grid::Grid;
use quarterdeck::read::reading::Reading;
use quarterdeck::read::sniff::{Format, sniff};
use quarterdeck::read::validate::understand;
use rust_xlsxwriter::{ExcelDateTime, Format as Style, Formula, Workbook};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::fixtures::{World, limits, remark_codes, workbook};

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A title, headings in row 3, one row with a formula and one with a count.
fn book() -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Return").unwrap().write_string(0, 0, "Quarterly return").unwrap();
    let headings = ["authority_code", "indicator", "quarter", "numerator", "denominator", "value"];
    sheet.write_row(2, 0, headings).unwrap();
    sheet.write_row(3, 0, ["E06000022", "in_time_pct", "2017-18 Q2"]).unwrap();
    sheet.write_row(3, 3, [30, 40]).unwrap();
    sheet.write_formula(3, 5, Formula::new("=100*D4/E4").set_result("75")).unwrap();
    sheet.write_row(4, 0, ["E06000022", "plan_count", "2017-18 Q2"]).unwrap();
    sheet.write_number(4, 3, 131).unwrap();
    book
}

fn good() -> Vec<u8> {
    book().save_to_buffer().unwrap()
}

fn read(bytes: &[u8]) -> Result<Reading, Refusal> {
    assert_eq!(sniff(bytes, "return.xlsx"), Ok(Format::Packed));
    let reading = understand(&workbook(bytes, None, &limits())?, &World::member().expected())?;
    assert_eq!(reading.rows_read as usize, reading.accepted as usize + reading.quarantined.len());
    Ok(reading)
}

fn refusal(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().code
}

/// The workbook with one part rewritten.
pub(super) fn with_part(bytes: &[u8], part: &str, rewrite: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().to_string();
        let mut body = Vec::new();
        file.read_to_end(&mut body).unwrap();
        if name == part {
            body = rewrite(String::from_utf8(body).unwrap()).into_bytes();
        }
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(&body).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_reads_like_the_same_rows_in_text() {
    let reading = read(&good()).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (2, 0));
    let first = &reading.observations[0];
    assert_eq!((first.figure.numerator, first.figure.value), (Some(30.0), Some(75.0)));
    assert_eq!((first.place.sheet.as_deref(), first.place.line), (Some("Return"), 4));
    assert!(remark_codes(&reading).contains(&"formulas"));
}

#[test]
fn a_grid_survives_the_way_back_from_a_child_process() {
    let grid = workbook(&good(), Some("return"), &limits()).unwrap();
    let text = serde_json::to_string(&grid).unwrap();
    assert_eq!(serde_json::from_str::<Grid>(&text).unwrap(), grid);
    let refusal = workbook(&good(), Some("Other"), &limits()).unwrap_err();
    assert_eq!(refusal.reason, "the workbook has no sheet `Other`; it has `Return`");
    let text = serde_json::to_string(&refusal).unwrap();
    assert_eq!(serde_json::from_str::<Refusal>(&text).unwrap(), refusal);
}

#[test]
fn a_formula_saved_without_its_value_quarantines_its_row() {
    let mut book = book();
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write_formula(3, 3, Formula::new("=300+24").set_result("324")).unwrap();
    let bytes = with_part(&book.save_to_buffer().unwrap(), SHEET, |xml| xml.replace("<v>324</v>", ""));
    let reading = read(&bytes).unwrap();
    assert_eq!((reading.accepted, reading.quarantined[0].code), (1, "formula-without-value"));
}

#[test]
fn booleans_errors_and_dates_are_no_numbers() {
    let mut book = book();
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write_boolean(3, 3, true).unwrap();
    let date = Style::new().set_num_format("dd/mm/yyyy");
    let day = ExcelDateTime::from_ymd(2017, 9, 30).unwrap();
    sheet.write_datetime_with_format(4, 3, &day, &date).unwrap();
    let reading = read(&book.save_to_buffer().unwrap()).unwrap();
    let reasons: Vec<&str> = reading.quarantined.iter().map(|row| row.reason.as_str()).collect();
    assert!(reasons[0].contains("`TRUE`") && reasons[1].contains("`30/09/2017`"), "{reasons:?}");
}

#[test]
fn two_visible_sheets_alike_are_refused_unless_one_is_named() {
    let mut two = book();
    let second = two.add_worksheet();
    second
        .write_row(0, 0, ["authority_code", "indicator", "quarter", "numerator", "denominator", "value"])
        .unwrap();
    let bytes = two.save_to_buffer().unwrap();
    assert_eq!(refusal(&bytes), "ambiguous-sheet");
    assert!(workbook(&bytes, Some("Return"), &limits()).is_ok());
    let mut guided = book();
    guided.add_worksheet().write_row(0, 0, ["How", "to fill", "this in"]).unwrap();
    assert_eq!(read(&guided.save_to_buffer().unwrap()).unwrap().accepted, 2);
}

#[test]
fn a_hidden_sheet_is_not_read_and_is_remarked() {
    let mut hidden = book();
    hidden.add_worksheet().set_very_hidden(true).write_string(0, 0, "a name").unwrap();
    let reading = read(&hidden.save_to_buffer().unwrap()).unwrap();
    assert!(remark_codes(&reading).contains(&"hidden-sheet"));
    assert!(!format!("{reading:?}").contains("a name"));
}

#[test]
fn cells_far_away_cost_nothing_and_are_refused() {
    let cell = |at: &str| {
        with_part(&good(), SHEET, |xml| {
            xml.replace("</sheetData>", &format!("<row><c r=\"{at}\"><v>1</v></c></row></sheetData>"))
        })
    };
    assert_eq!(refusal(&cell("XFD1048576")), "too-many-rows");
    assert_eq!(refusal(&cell("XFD9")), "too-many-columns");
    assert_eq!(refusal(&cell("A99999999999")), "broken-workbook");
    assert_eq!(refusal(&cell("A1")), "broken-workbook");
}

#[test]
fn dangerous_xml_is_refused_before_it_is_parsed() {
    let doctype = |xml: String| xml.replace("<worksheet", "<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet");
    assert_eq!(refusal(&with_part(&good(), SHEET, doctype)), "xml-doctype");
    let deep = |xml: String| xml.replace("<sheetData>", &format!("{}<sheetData>", "<a>".repeat(300)));
    assert_eq!(refusal(&with_part(&good(), SHEET, deep)), "xml-too-deep");
    let greedy = |xml: String| xml.replace("uniqueCount=\"", "uniqueCount=\"9999999999");
    assert_eq!(refusal(&with_part(&good(), "xl/sharedStrings.xml", greedy)), "broken-workbook");
    let cut = |xml: String| xml[..xml.len() / 2].to_owned();
    assert_eq!(refusal(&with_part(&good(), SHEET, cut)), "broken-workbook");
}

#[test]
fn a_bomb_is_refused_by_its_declared_size_and_ratio() {
    let bomb = with_part(&good(), SHEET, |xml| {
        xml.replace("<sheetData>", &format!("{}<sheetData>", " ".repeat(8_000_000)))
    });
    assert_eq!(refusal(&bomb), "zip-bomb");
    let mut small = limits();
    small.unpacked_bytes_max = 1_000;
    assert_eq!(workbook(&good(), None, &small).unwrap_err().code, "zip-bomb");
}

#[test]
fn a_changed_byte_in_a_part_is_noticed() {
    let mut stored = ZipWriter::new(Cursor::new(Vec::new()));
    let mut archive = ZipArchive::new(Cursor::new(good())).unwrap();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().to_string();
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        stored.start_file(name, options).unwrap();
        std::io::copy(&mut file, &mut stored).unwrap();
    }
    let mut bytes = stored.finish().unwrap().into_inner();
    let at = bytes.windows(10).position(|window| window == b"<v>131</v>").unwrap();
    bytes[at + 3] = b'9';
    assert_eq!(refusal(&bytes), "corrupt-part");
}
