//! Formulas that nobody computed, and formulas that failed: the same verdict in every kind of workbook.

use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;
use rust_xlsxwriter::{Formula, Workbook};

use super::fixtures::{World, limits, packed, remark_codes};
use super::making::{
    BIFF_TEXTS, HEADINGS, biff_stream, cell, compound, ods, ods_content, ods_number, ods_row, ods_table,
    ods_texts, record,
};
use super::toml::Trial;
use super::workbooks::with_part;

const COMPUTED: &str = "<calcPr calcId=\"191029\"/>";

/// Read where a percentage of 0 is plausible.
fn read(bytes: &[u8], name: &str) -> Reading {
    let mut world = World::member();
    world.indicators[0].plausible = None;
    understand(&packed(bytes, name, None, &limits()).unwrap(), &world.expected()).unwrap()
}

/// The verdict on the only row.
fn verdict(bytes: &[u8], name: &str) -> &'static str {
    let reading = read(bytes, name);
    assert_eq!(reading.rows_read, 1, "{reading:?}");
    reading.quarantined.first().map_or("accepted", |row| row.code)
}

/// A row of `in_time_pct` in XLSX, in which one cell is a formula with this result.
fn xlsx(column: u16, formula: &str, result: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    sheet.write_row(1, 0, ["E06000022", "in_time_pct", "2017-18 Q2"]).unwrap();
    sheet.write_row(1, 3, [30.0, 40.0, 75.0]).unwrap();
    sheet.write_formula(1, column, Formula::new(formula).set_result(result)).unwrap();
    book.save_to_buffer().unwrap()
}

/// The same, saved by a program that computes.
fn computed(bytes: &[u8]) -> Vec<u8> {
    with_part(bytes, "xl/workbook.xml", |xml| {
        let at = xml.find("<calcPr").unwrap();
        let end = at + xml[at..].find("/>").unwrap() + 2;
        format!("{}{COMPUTED}{}", &xml[..at], &xml[end..])
    })
}

#[test]
fn a_zero_that_asks_to_be_computed_is_no_value_and_one_that_was_computed_is() {
    let numerator = xlsx(3, "=300+24", "0");
    assert_eq!(verdict(&numerator, "a.xlsx"), "formula-without-value");
    let reading = read(&computed(&numerator), "a.xlsx");
    assert_eq!((reading.accepted, reading.observations[0].figure.numerator), (1, Some(0.0)));
    assert_eq!(verdict(&xlsx(3, "=300+24", "30"), "a.xlsx"), "accepted");
    let blank = |bytes: &[u8]| {
        with_part(bytes, "xl/worksheets/sheet1.xml", |xml| xml.replace("</f><v>0</v>", "</f><v></v>"))
    };
    assert_eq!(verdict(&blank(&numerator), "a.xlsx"), "formula-without-value");
    let text = |bytes: &[u8]| {
        with_part(bytes, "xl/worksheets/sheet1.xml", |xml| {
            let cell = xml.replace("<c r=\"D2\">", "<c r=\"D2\" t=\"str\">");
            cell.replace("</f><v>0</v>", "</f><v></v>")
        })
    };
    assert_eq!(verdict(&text(&numerator), "a.xlsx"), "formula-without-value");
    assert_eq!(
        verdict(&text(&computed(&numerator)), "a.xlsx"),
        "numerator-missing",
        "an empty text was computed"
    );
    let renamed = with_part(&computed(&numerator), "xl/workbook.xml", |xml| {
        xml.replace(COMPUTED, "<calcPr calcId=\"191029\" calcCompleted=\"0\"/>")
    });
    assert_eq!(verdict(&renamed, "a.xlsx"), "formula-without-value");
}

#[test]
fn what_names_the_row_may_be_a_formula_too() {
    for (column, word) in [(0, "authority"), (1, "indicator"), (2, "quarter")] {
        let reading = read(&xlsx(column, "=Guidance!B3", "0"), "a.xlsx");
        let row = &reading.quarantined[0];
        assert_eq!(row.code, "formula-without-value", "{}", row.reason);
        assert!(row.reason.starts_with(&format!("the {word} is a formula")), "{}", row.reason);
    }
}

/// The row in an old workbook; its numerator is a formula with these eight bytes and options.
fn xls(value: [u8; 8], options: u16, follows: &[u8], says_who: bool) -> Vec<u8> {
    let text = |row: u16, column: u16, at: u32| cell(0x00fd, row, column, &at.to_le_bytes());
    let mut cells: Vec<u8> = (0..6).flat_map(|at| text(0, at, u32::from(at))).collect();
    cells.extend([text(1, 0, 6), text(1, 1, 7), text(1, 2, 8)].concat());
    let rest = [value.as_slice(), &options.to_le_bytes(), &[0; 4]].concat();
    cells.extend(cell(0x0006, 1, 3, &rest));
    cells.extend(follows);
    cells.extend(cell(0x0203, 1, 4, &40_f64.to_le_bytes()));
    cells.extend(cell(0x0203, 1, 5, &75_f64.to_le_bytes()));
    let mut stream = biff_stream(&BIFF_TEXTS, &[("Return", 0, cells)]);
    if says_who {
        // The sheet begins later by as much as is put in front.
        let who = record(0x01c1, &[0xc1, 1, 0, 0, 0x54, 0x8d, 1, 0]);
        let head = 4 + 8;
        let start = u32::from_le_bytes(stream[head + 4..head + 8].try_into().unwrap());
        let start = start + u32::try_from(who.len()).unwrap();
        stream[head + 4..head + 8].copy_from_slice(&start.to_le_bytes());
        let sheet = head + 4 + 8 + "Return".len();
        stream.splice(sheet..sheet, who);
    }
    compound("Workbook", &stream)
}

#[test]
fn an_old_workbook_says_by_formula_whether_it_was_computed() {
    let verdict =
        |value, options, follows: &[u8], says_who| verdict(&xls(value, options, follows, says_who), "a.xls");
    let (zero, text, nothing) = ([0; 8], [0, 0, 0, 0, 0, 0, 0xff, 0xff], [3, 0, 0, 0, 0, 0, 0xff, 0xff]);
    let string = record(0x0207, &[0, 0, 0]);
    for options in [2, 3] {
        assert_eq!(verdict(zero, options, &[], true), "formula-without-value");
        assert_eq!(verdict(text, options, &string, true), "formula-without-value");
        assert_eq!(verdict(nothing, options, &[], true), "formula-without-value");
    }
    for options in [0, 1, 8, 9] {
        assert_eq!(verdict(zero, options, &[], true), "accepted");
        assert_eq!(verdict(text, options, &string, true), "numerator-missing");
        assert_eq!(verdict(nothing, options, &[], true), "numerator-missing");
    }
    assert_eq!(verdict(nothing, 0, &[], false), "formula-without-value", "as xlwt writes them");
    assert_eq!(verdict(30_f64.to_le_bytes(), 3, &[], false), "accepted");
}

/// The row in an `OpenDocument` sheet, with this cell for its numerator or its value.
fn ods_return(numerator: &str, value: &str) -> Vec<u8> {
    let row =
        ods_texts(&["E06000022", "in_time_pct", "2017-18 Q2"]) + numerator + &ods_number("40", "40") + value;
    ods(&ods_content(&ods_table(&ods_row(&row))))
}

fn formula(marks: &str, inside: &str) -> String {
    format!("<table:table-cell table:formula=\"of:=1\" {marks}>{inside}</table:table-cell>")
}

#[test]
fn a_sheet_shows_what_it_computed_and_a_zero_that_is_not_shown_was_not() {
    let value = ods_number("75", "75");
    let verdict = |numerator: &str| verdict(&ods_return(numerator, &value), "a.ods");
    let zero = "office:value-type=\"float\" office:value=\"0\"";
    assert_eq!(verdict(&formula(zero, "")), "formula-without-value");
    assert_eq!(
        verdict(&formula("office:value-type=\"string\" office:string-value=\"\"", "")),
        "formula-without-value"
    );
    assert_eq!(verdict(&formula(zero, "<text:p>0</text:p>")), "accepted");
    assert_eq!(verdict(&formula(zero, "<text:p/>")), "accepted", "a format may hide a 0");
    assert_eq!(verdict(&formula("office:value-type=\"float\" office:value=\"30\"", "")), "accepted");
}

#[test]
fn a_failed_formula_gets_the_same_verdict_in_every_kind_of_workbook() {
    let failed = "office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\"";
    let failed = formula(failed, "<text:p>#DIV/0!</text:p>");
    let (numerator, value) = (ods_number("30", "30"), ods_number("75", "75"));
    let division = [2, 0, 7, 0, 0, 0, 0xff, 0xff];
    for (bytes, name) in [
        (xlsx(3, "=1/0", "#DIV/0!"), "a.xlsx"),
        (xlsx(5, "=1/0", "#DIV/0!"), "a.xlsx"),
        (ods_return(&failed, &value), "a.ods"),
        (ods_return(&numerator, &failed), "a.ods"),
        (xls(division, 0, &[], true), "a.xls"),
    ] {
        let reading = read(&bytes, name);
        assert_eq!(reading.quarantined.len(), 1, "{name}: {reading:?}");
        let row = &reading.quarantined[0];
        assert!(row.code == "bad-number" && row.reason.contains("`#DIV/0!`"), "{name}: {}", row.reason);
    }
    let text = World::member().objection("E06000022,in_time_pct,2017-18 Q2,30,40,#DIV/0!,,\n");
    assert!(text.0 == "bad-number" && text.1.contains("`#DIV/0!`"), "{}", text.1);
}

#[test]
fn a_value_that_nobody_computed_is_no_loss_beside_its_parts() {
    let not_shown = formula("office:value-type=\"float\" office:value=\"0\"", "");
    for (bytes, name) in
        [(xlsx(5, "=100*D2/E2", "0"), "a.xlsx"), (ods_return(&ods_number("30", "30"), &not_shown), "a.ods")]
    {
        let reading = read(&bytes, name);
        assert_eq!(reading.accepted, 1, "{name}: {reading:?}");
        let figure = reading.observations[0].figure;
        assert_eq!(
            (figure.numerator, figure.denominator, figure.value),
            (Some(30.0), Some(40.0), None),
            "{name}"
        );
        assert!(remark_codes(&reading).contains(&"formula-without-value"), "{name}");
    }
    let withheld = with_part(&xlsx(5, "=100*D2/E2", "0"), "xl/worksheets/sheet1.xml", |xml| {
        xml.replace("<c r=\"D2\"><v>30</v></c>", "<c r=\"D2\" t=\"inlineStr\"><is><t>c</t></is></c>")
    });
    assert_eq!(read(&withheld, "a.xlsx").observations[0].symbol.as_deref(), Some("c"));
    let parts = with_part(&xlsx(5, "=100*D2/E2", "0"), "xl/worksheets/sheet1.xml", |xml| {
        xml.replace("<v>40</v>", "<v></v>")
    });
    assert_eq!(verdict(&parts, "a.xlsx"), "formula-without-value", "without its parts the value is needed");
}

#[test]
fn a_layout_of_values_alone_needs_them_computed_and_whole() {
    let trial = Trial::publisher(
        r#"
[[collection.layout]]
name = "values"
[collection.layout.wide]
authority = ["code"]
period = "2016-17 Q4"
measures = [{ indicator = "cla_rate", value = "Rate" }, { indicator = "s47_rate", numerator = "S47", value = "S47 rate" }]
"#,
    );
    let book = |rate: &str| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["Code", "Rate", "S47", "S47 rate"]).unwrap();
        sheet.write_string(1, 0, "E06000022").unwrap();
        sheet.write_formula(1, 1, Formula::new("=1/2").set_result(rate)).unwrap();
        sheet.write_row(1, 2, [40.0, 12.5]).unwrap();
        book.save_to_buffer().unwrap()
    };
    for (rate, code) in [("0", "formula-without-value"), ("#DIV/0!", "bad-number")] {
        let reading = trial.packed(&book(rate), "a.xlsx").unwrap();
        assert_eq!(reading.quarantined[0].code, code, "{rate}");
    }
    assert_eq!(trial.packed(&book("50"), "a.xlsx").unwrap().observations.len(), 2);
}
