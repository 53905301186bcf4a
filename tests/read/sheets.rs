//! `OpenDocument` sheets and old Excel workbooks, made here, and made dangerous here.

use std::io::Cursor;

use calamine::{Data, Reader, Xls};
use quarterdeck::read::code::Refusal;
use quarterdeck::read::grid::Grid;
use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;

use super::fixtures::{World, limits, packed, remark_codes};
use super::making::{
    BIFF_TEXTS, HEADINGS, ODS_KIND, biff_cells, biff_stream, cell, compound, ods, ods_content, ods_number,
    ods_row, ods_table, ods_texts, record, stored, styled, xls,
};

fn read(bytes: &[u8], name: &str) -> Result<Reading, Refusal> {
    let reading = understand(&packed(bytes, name, None, &limits())?, &World::member().expected())?;
    assert_eq!(reading.rows_read as usize, reading.accepted as usize + reading.quarantined.len());
    Ok(reading)
}

fn count_row(number: &str) -> String {
    ods_row(&(ods_texts(&["E06000022", "plan_count", "2017-18 Q2"]) + number))
}

fn sheet(tables: &str) -> Result<Reading, Refusal> {
    read(&ods(&ods_content(tables)), "return.ods")
}

fn grid(rows: &str) -> Grid {
    packed(&ods(&ods_content(&ods_table(rows))), "return.ods", None, &limits()).unwrap()
}

fn refusal(tables: &str) -> &'static str {
    sheet(tables).unwrap_err().code
}

#[test]
fn a_sheet_reads_with_blank_and_repeated_cells_and_rows() {
    let blank = "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell \
                 table:number-columns-repeated=\"16384\"/></table:table-row>";
    let end = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell \
               table:number-columns-repeated=\"16384\"/></table:table-row>";
    let row = ods_texts(&["E06000022", "in_time_pct", "2017-18 Q2"])
        + "<table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"float\" \
           office:value=\"40\"><text:p>40</text:p></table:table-cell><table:table-cell/>";
    let reading = sheet(&ods_table(&format!("{blank}{}{end}", ods_row(&row)))).unwrap();
    let one = &reading.observations[0];
    assert_eq!((one.figure.numerator, one.figure.denominator, one.place.line), (Some(40.0), Some(40.0), 5));
    assert_eq!(one.place.sheet.as_deref(), Some("Return"));
}

#[test]
fn repetitions_beyond_any_sheet_cost_nothing_and_are_refused() {
    let cells = |count: &str| {
        ods_table(&ods_row(&format!(
            "<table:table-cell table:number-columns-repeated=\"{count}\" \
             office:value-type=\"float\" office:value=\"1\"/>"
        )))
    };
    for count in ["600", "2147483647", "99999999999999999999", "-1", "0"] {
        assert_eq!(refusal(&cells(count)), "too-many-columns", "{count}");
    }
    let rows = |count: &str, cell: &str| {
        ods_table(&format!(
            "<table:table-row table:number-rows-repeated=\"{count}\">{cell}</table:table-row>"
        ))
    };
    let filled = ods_number("1", "1");
    for count in ["300000", "1000000000", "x"] {
        assert_eq!(refusal(&rows(count, &filled)), "too-many-rows", "{count}");
    }
    assert_eq!(refusal(&rows("1000000000", "<table:table-cell/>")), "too-many-rows");
    assert_eq!(refusal(&rows("190000", &filled.repeat(30))), "too-many-cells");
}

#[test]
fn the_number_held_counts_and_another_shown_is_remarked() {
    let says = |cell: &str| {
        let reading = sheet(&ods_table(&count_row(cell))).unwrap();
        (reading.observations[0].figure.numerator, remark_codes(&reading).contains(&"value-mismatch"))
    };
    assert_eq!(says(&ods_number("12", "120")), (Some(12.0), true));
    assert_eq!(says(&ods_number("1200", "1,200")), (Some(1200.0), false));
    assert_eq!(says(&ods_number("131", "131.00")), (Some(131.0), false));
    assert_eq!(says(&ods_number("131", "")), (Some(131.0), false));
    assert_eq!(says(&ods_number("1.31E2", "131")), (Some(131.0), false));
    let rounded = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.82947\"><text:p>82.9%</text:p>\
                   </table:table-cell>";
    let held = grid(&ods_row(rounded));
    assert_eq!((held.rows[1].cells[0].as_str(), held.remarks.len()), ("82.947%", 0));
}

#[test]
fn texts_dates_truths_and_notes_are_told_apart() {
    let cell = |marks: &str, inside: &str| format!("<table:table-cell {marks}>{inside}</table:table-cell>");
    let note = "<office:annotation><text:p>a note</text:p></office:annotation>";
    let text = "<text:p>a<text:s text:c=\"2\"/>b &amp; c&#233;</text:p><text:p>d</text:p>";
    let day = "office:value-type=\"date\" office:date-value=\"2017-09-30\"";
    let truth = "office:value-type=\"boolean\" office:boolean-value=\"true\"";
    let error = "table:formula=\"of:=1/0\" calcext:value-type=\"error\"";
    let row = [
        cell("office:value-type=\"string\"", &format!("{note}{text}")),
        cell(day, "<text:p>30 Sep</text:p>"),
        cell(truth, "<text:p>WAHR</text:p>"),
        "<table:covered-table-cell/>".to_owned(),
        cell(error, "<text:p>#DIV/0!</text:p>"),
        cell("table:formula=\"of:=[.A1]\"", ""),
        cell("table:formula=\"of:=[.A1]\" office:value-type=\"float\"", ""),
    ];
    let cells = grid(&ods_row(&row.concat())).rows[1].cells.clone();
    assert_eq!(cells, ["a  b & cé\nd", "30/09/2017", "TRUE", "", "#DIV/0!", "#FORMULA!", "#FORMULA!"]);
    let stored = "office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\"";
    let bare = "table:formula=\"of:=NA()\" office:value-type=\"string\" office:string-value=\"\"";
    let row = [
        cell(&format!("table:formula=\"of:=1/0\" {stored}"), "<text:p>#DIV/0!</text:p>"),
        cell(&format!("table:formula=\"of:=1/0\" {stored}"), "<text:p>Err:502</text:p>"),
        cell(bare, "<text:p>#N/A</text:p>"),
        cell(bare, "<text:p/>"),
        "<table:table-cell office:value-type=\"string\"><text:p>#N/A</text:p></table:table-cell>".to_owned(),
    ];
    let cells = grid(&ods_row(&row.concat())).rows[1].cells.clone();
    assert_eq!(cells, ["#DIV/0!", "Err:502", "#N/A", "", "#N/A"]);
}

#[test]
fn a_formula_without_its_value_quarantines_its_row_and_others_are_remarked() {
    let bare = sheet(&ods_table(&count_row("<table:table-cell table:formula=\"of:=1\"/>"))).unwrap();
    assert_eq!(bare.quarantined[0].code, "formula-without-value");
    let filled =
        ods_number("131", "131").replace("<table:table-cell", "<table:table-cell table:formula=\"of:=1\"");
    let filled = sheet(&ods_table(&count_row(&filled))).unwrap();
    assert!(filled.accepted == 1 && remark_codes(&filled).contains(&"formulas"));
}

#[test]
fn hidden_sheets_are_remarked_and_two_alike_are_refused() {
    let first = ods_table(&count_row(&ods_number("131", "131")));
    let hidden = "<table:table table:name=\"Names\" table:style-name=\"ta2\">".to_owned()
        + &ods_row(&ods_texts(&HEADINGS))
        + &ods_row(&ods_texts(&["a name"]))
        + "</table:table>";
    let reading = sheet(&format!("{hidden}{first}")).unwrap();
    assert!(remark_codes(&reading).contains(&"hidden-sheet") && !format!("{reading:?}").contains("a name"));
    let second = first.replace("\"Return\"", "\"Copy\"");
    assert_eq!(refusal(&format!("{first}{second}")), "ambiguous-sheet");
    let both = ods(&ods_content(&format!("{first}{second}")));
    assert_eq!(packed(&both, "a.ods", Some("copy"), &limits()).unwrap().sheet.as_deref(), Some("Copy"));
    assert_eq!(packed(&both, "a.ods", Some("b"), &limits()).unwrap_err().code, "sheet-missing");
    assert_eq!(refusal(""), "sheet-missing");
}

#[test]
fn protected_damaged_foreign_or_dangerous_documents_are_refused() {
    let content = ods_content(&ods_table(""));
    let with = |kind: &str, manifest: &str, content: &str| {
        let parts = [("mimetype", kind), ("META-INF/manifest.xml", manifest), ("content.xml", content)];
        let bytes = stored(&parts.map(|(name, body)| (name, body.as_bytes())));
        read(&bytes, "a.ods").unwrap_err().code
    };
    assert_eq!(with(ODS_KIND, "<m:encryption-data/>", "garbage"), "encrypted");
    assert_eq!(with("application/vnd.oasis.opendocument.text", "<m/>", &content), "type-mismatch");
    let doctype = content.replacen("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>", 1);
    assert_eq!(with(ODS_KIND, "<m/>", &doctype), "xml-doctype");
    assert_eq!(with(ODS_KIND, "<!DOCTYPE a><m/>", &content), "xml-doctype");
    assert_eq!(with(ODS_KIND, "<m/>", &content[..content.len() - 30]), "broken-workbook");
    assert_eq!(with(ODS_KIND, "<m/>", &content.replace("</table:table>", "")), "broken-workbook");
    assert_eq!(with(ODS_KIND, "<m/>", &content.replace("quarter", "&unknown;")), "broken-workbook");
    let deep = content.replace("<office:body>", &("<a>".repeat(300) + "<office:body>"));
    assert_eq!(with(ODS_KIND, "<m/>", &deep), "xml-too-deep");
}

#[test]
fn an_old_workbook_reads_like_its_rows_and_as_another_reader_reads_it() {
    let reading = read(&xls(), "return.xls").unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (2, 0));
    let first = &reading.observations[0];
    assert_eq!(
        (first.figure.numerator, first.figure.denominator, first.figure.value),
        (Some(30.0), Some(40.0), Some(75.0))
    );
    assert_eq!((first.place.sheet.as_deref(), first.place.line), (Some("Return"), 2));
    assert!(remark_codes(&reading).contains(&"formulas"));
    let mut book = Xls::new(Cursor::new(xls())).unwrap();
    let range = book.worksheet_range("Return").unwrap();
    let theirs: Vec<Vec<String>> =
        range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
    let ours = packed(&xls(), "a.xls", None, &limits()).unwrap();
    for (ours, theirs) in ours.rows.iter().zip(theirs) {
        assert_eq!(ours.cells, theirs[..ours.cells.len()]);
    }
}

#[test]
fn an_old_workbook_holds_texts_dates_truths_errors_and_hidden_sheets() {
    let text = |kind: u16, column: u16| cell(kind, 0, column, b"\x02\0\0hi");
    let string = record(0x0207, b"\x03\0\x01o\0n\0e\0");
    let cells = [
        text(0x0204, 0),
        styled(0x0203, 0, 1, 1, &43008_f64.to_le_bytes()),
        cell(0x0205, 0, 2, &[1, 0]),
        cell(0x0205, 0, 3, &[7, 1]),
        cell(0x0006, 0, 4, &[0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]),
        string,
        cell(0x0006, 0, 5, &[3, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]),
        cell(0x027e, 0, 6, &(9170_u32 << 2 | 3).to_le_bytes()),
    ];
    let stream = biff_stream(&[], &[("Return", 0, cells.concat()), ("Names", 2, text(0x0204, 0))]);
    let grid = packed(&compound("Workbook", &stream), "a.xls", None, &limits()).unwrap();
    assert_eq!(grid.rows[0].cells, ["hi", "30/09/2017", "TRUE", "#DIV/0!", "one", "#FORMULA!", "91.7"]);
    let codes: Vec<&str> = grid.remarks.iter().map(|remark| remark.code).collect();
    assert_eq!(codes, ["formulas", "hidden-sheet"]);
}

#[test]
fn far_circular_cut_and_foreign_old_workbooks_are_refused_at_no_cost() {
    let refused = |bytes: &[u8]| packed(bytes, "a.xls", None, &limits()).unwrap_err().code;
    let book = |cells: Vec<u8>| compound("Workbook", &biff_stream(&BIFF_TEXTS, &[("Return", 0, cells)]));
    assert_eq!(refused(&book(cell(0x0203, 9, 65_535, &1_f64.to_le_bytes()))), "too-many-columns");
    assert_eq!(refused(&book(cell(0x00fd, 0, 0, &99_u32.to_le_bytes()))), "broken-workbook");
    assert_eq!(refused(&book(cell(0x0203, 0, 0, &[0; 3]))), "broken-workbook");
    let twice = [cell(0x0203, 0, 0, &[0; 8]), cell(0x0203, 0, 0, &1_f64.to_le_bytes())].concat();
    assert_eq!(refused(&book(twice)), "broken-workbook");
    let same = book(cell(0x0203, 0, 0, &1_f64.to_le_bytes()).repeat(2));
    assert_eq!(packed(&same, "a.xls", None, &limits()).unwrap().rows[0].cells, ["1"], "said twice, the same");
    let mut few = limits();
    few.rows_max = 100;
    let far = book(cell(0x0203, 65_535, 0, &1_f64.to_le_bytes()));
    assert_eq!(packed(&far, "a.xls", None, &few).unwrap_err().code, "too-many-rows");
    let mut circular = xls();
    circular[512 + 12..512 + 16].copy_from_slice(&2_u32.to_le_bytes());
    assert_eq!(refused(&circular), "broken-workbook");
    let mut directory = xls();
    directory[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(refused(&directory), "broken-workbook");
    assert_eq!(refused(&xls()[..2_000]), "broken-workbook");
    assert_eq!(refused(&xls()[..8]), "broken-workbook");
    assert_eq!(refused(&compound("Book", &[0; 10])), "old-workbook");
    assert_eq!(refused(&compound("WordDocument", &[0; 10])), "old-workbook");
    assert_eq!(refused(&compound("EncryptedPackage", &[0; 10])), "encrypted");
    assert_eq!(
        packed(&compound("EncryptedPackage", &[0; 10]), "a.xlsx", None, &limits()).unwrap_err().code,
        "encrypted"
    );
    assert_eq!(packed(&xls(), "a.xlsx", None, &limits()).unwrap_err().code, "type-mismatch");
    let locked = [record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0]), record(0x002f, &[1, 0])].concat();
    assert_eq!(refused(&compound("Workbook", &locked)), "encrypted");
    let ancient = record(0x0809, &[0, 5, 5, 0, 0, 0, 0, 0]);
    assert_eq!(refused(&compound("Workbook", &ancient)), "old-workbook");
    assert!(biff_cells().len() > 100);
}
