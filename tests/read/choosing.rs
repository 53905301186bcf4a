//! Which sheet of a workbook is the return, where nothing or something else is said of it.

use quarterdeck::config::settings::Layout;
use quarterdeck::read::code::Refusal;
use quarterdeck::read::grid::Grid;
use rust_xlsxwriter::Workbook;

use super::fixtures::{found_by, limits, long_layout};
use super::making::{
    BIFF_TEXTS, HEADINGS, biff_cells, biff_stream, cell, compound, ods, ods_content, ods_row, ods_texts,
};

type Row = &'static [&'static str];
const HEADED: [Row; 2] = [&HEADINGS, &["E06000022", "plan_count", "2017-18 Q2", "131"]];
const GUIDANCE: [Row; 2] = [&["How to fill this in"], &["authority_code", "the nine characters"]];

fn xlsx(sheets: &[(&str, &[Row])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (at, row) in (0..).zip(*rows) {
            sheet.write_row(at, 0, row.iter().copied()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn ods_book(sheets: &[(&str, &[Row])]) -> Vec<u8> {
    let table = |(name, rows): &(&str, &[Row])| {
        let rows: String = rows.iter().map(|row| ods_row(&ods_texts(row))).collect();
        format!("<table:table table:name=\"{name}\">{rows}</table:table>")
    };
    ods(&ods_content(&sheets.iter().map(table).collect::<String>()))
}

fn find(bytes: &[u8], name: &str, layouts: &[Layout]) -> Result<Grid, Refusal> {
    found_by(layouts, bytes, name, &limits())
}

fn named(sheet: &str) -> Layout {
    Layout { sheet: Some(sheet.to_owned()), ..long_layout() }
}

fn codes(grid: &Grid) -> Vec<&str> {
    grid.remarks.iter().map(|remark| remark.code).collect()
}

#[test]
fn the_sheet_with_the_headings_is_read_wherever_it_stands() {
    let sheets: [(&str, &[Row]); 3] =
        [("Guidance", &GUIDANCE), ("Return", &HEADED), ("Lists", &[&["Yes", "No"]])];
    let words = [cell(0x0204, 0, 0, b"\x02\0\0hi"), cell(0x0204, 1, 0, b"\x03\0\0you")].concat();
    let xls = biff_stream(&BIFF_TEXTS, &[("Guidance", 0, words), ("Return", 0, biff_cells())]);
    for (bytes, name) in
        [(xlsx(&sheets), "a.xlsx"), (ods_book(&sheets), "a.ods"), (compound("Workbook", &xls), "a.xls")]
    {
        let grid = find(&bytes, name, &[long_layout()]).unwrap();
        assert_eq!(grid.sheet.as_deref(), Some("Return"), "{name}");
        let remark = grid.remarks.iter().find(|remark| remark.code == "sheet-chosen").unwrap();
        assert_eq!(
            remark.text, "the sheet `Return` was read, which has the headings; `Guidance` before it has not",
            "{name}"
        );
    }
    let first =
        find(&xlsx(&[("Return", &HEADED), ("Lists", &GUIDANCE)]), "a.xlsx", &[long_layout()]).unwrap();
    assert!(!codes(&first).contains(&"sheet-chosen"), "the first sheet is no surprise");
}

#[test]
fn a_long_return_behind_its_guidance_is_read_to_its_end() {
    let long: Vec<Row> = std::iter::once(HEADED[0]).chain(std::iter::repeat_n(HEADED[1], 500)).collect();
    let sheets: [(&str, &[Row]); 2] = [("Guidance", &GUIDANCE), ("Return", &long)];
    for (bytes, name) in [(xlsx(&sheets), "a.xlsx"), (ods_book(&sheets), "a.ods")] {
        assert_eq!(find(&bytes, name, &[long_layout()]).unwrap().rows.len(), 501, "{name}");
    }
}

#[test]
fn two_sheets_with_the_headings_are_refused_by_name() {
    let sheets: [(&str, &[Row]); 3] = [("Guidance", &GUIDANCE), ("Return", &HEADED), ("Copy", &HEADED)];
    for (bytes, name) in [(xlsx(&sheets), "a.xlsx"), (ods_book(&sheets), "a.ods")] {
        let refusal = find(&bytes, name, &[long_layout()]).unwrap_err();
        assert_eq!(refusal.code, "ambiguous-sheet", "{name}");
        assert!(
            refusal.reason.starts_with("the sheets `Return`, `Copy` all have the headings"),
            "{}",
            refusal.reason
        );
        assert_eq!(find(&bytes, name, &[named("copy")]).unwrap().sheet.as_deref(), Some("Copy"));
    }
}

#[test]
fn where_no_sheet_has_the_headings_it_is_said_where_they_were_looked_for() {
    let sheets: [(&str, &[Row]); 2] = [("Guidance", &GUIDANCE), ("Lists", &[&["Yes", "No"]])];
    let refusal = find(&xlsx(&sheets), "a.xlsx", &[long_layout()]).unwrap_err();
    assert_eq!(refusal.code, "header-missing");
    let wanted = "no row of headings was found in the first 20 lines of the sheets `Guidance`, `Lists`: the return needs";
    assert!(refusal.reason.starts_with(wanted), "{}", refusal.reason);
    let near: Row = &["authority_code", "indicator", "quarter", "numerator", "denominator"];
    let refusal =
        find(&xlsx(&[("Guidance", &GUIDANCE), ("Data", &[near])]), "a.xlsx", &[long_layout()]).unwrap_err();
    assert_eq!(refusal.code, "missing-column");
    assert!(
        refusal.reason.starts_with("the headings in line 1 of the sheet `Data` lack `value`"),
        "{}",
        refusal.reason
    );
}

#[test]
fn a_sheet_of_another_name_than_the_layout_says_is_told_with_its_name() {
    let sheets: [(&str, &[Row]); 2] = [("Guidance", &GUIDANCE), ("Return Q2", &HEADED)];
    let bytes = xlsx(&sheets);
    let refusal = find(&bytes, "a.xlsx", &[named("Return")]).unwrap_err();
    assert_eq!(refusal.code, "sheet-missing");
    assert_eq!(
        refusal.reason,
        "the workbook has no sheet `Return`; it has `Guidance`, `Return Q2`; `Return Q2` has the headings: \
         name it `Return` again"
    );
    let other = find(&xlsx(&sheets[..1]), "a.xlsx", &[named("Return")]).unwrap_err();
    assert_eq!(
        other.reason,
        "the workbook has no sheet `Return`; it has `Guidance`: send the workbook with that sheet"
    );
    let near: Row = &["authority_code", "indicator", "quarter", "numerator", "denominator"];
    let near = find(&xlsx(&[("Data", &[near])]), "a.xlsx", &[named("Return")]).unwrap_err();
    assert!(
        near.reason.contains("it has `Data`; the headings in line 1 of the sheet `Data` lack `value`"),
        "{near}"
    );
    let found = find(&bytes, "a.xlsx", &[named("Return"), long_layout()]).unwrap();
    assert_eq!(found.sheet.as_deref(), Some("Return Q2"), "another layout names no sheet");
}

#[test]
fn a_guidance_sheet_that_is_far_too_wide_does_not_stand_in_the_way() {
    let wide: Vec<&str> = std::iter::repeat_n("x", 600).collect();
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Guidance").unwrap().write_row(0, 0, wide).unwrap();
    let sheet = book.add_worksheet().set_name("Return").unwrap();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(find(&bytes, "a.xlsx", &[long_layout()]).unwrap().sheet.as_deref(), Some("Return"));
    assert_eq!(find(&bytes, "a.xlsx", &[named("Guidance")]).unwrap_err().code, "too-many-columns");
}
