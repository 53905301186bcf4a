//! Cells that show another number than they hold: percentages and months, in every kind of workbook.

use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::fixtures::{World, limits, packed, remark_codes, workbook};
use super::making::{
    BIFF_TEXTS, HEADINGS, biff_stream, cell, compound, ods, ods_content, ods_number, ods_row, ods_table,
    ods_texts, styled,
};
use super::toml::{Trial, found, numbers};

const SEPTEMBER: f64 = 42_979.0;

fn read(bytes: &[u8], name: &str) -> Reading {
    understand(&packed(bytes, name, None, &limits()).unwrap(), &World::member().expected()).unwrap()
}

/// An XLSX workbook with one row: an indicator, and its three numbers in these formats.
fn xlsx(indicator: &str, numbers: [(f64, &str); 3]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    sheet.write_row(1, 0, ["E06000022", indicator, "2017-18 Q2"]).unwrap();
    for (column, (number, code)) in (3..).zip(numbers) {
        let format = Format::new().set_num_format(code);
        sheet.write_number_with_format(1, column, number, &format).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The row of `in_time_pct` in an old workbook; the value in this style.
fn xls(value: f64, style: u16) -> Vec<u8> {
    let text = |row: u16, column: u16, at: u32| cell(0x00fd, row, column, &at.to_le_bytes());
    let mut cells: Vec<u8> = (0..6).flat_map(|at| text(0, at, u32::from(at))).collect();
    cells.extend([text(1, 0, 6), text(1, 1, 7), text(1, 2, 8)].concat());
    cells.extend(cell(0x0203, 1, 3, &324_f64.to_le_bytes()));
    cells.extend(cell(0x0203, 1, 4, &391_f64.to_le_bytes()));
    cells.extend(styled(0x0203, 1, 5, style, &value.to_le_bytes()));
    compound("Workbook", &biff_stream(&BIFF_TEXTS, &[("Return", 0, cells)]))
}

fn ods_return(value: &str) -> Vec<u8> {
    let row = ods_texts(&["E06000022", "in_time_pct", "2017-18 Q2"])
        + &ods_number("324", "324")
        + &ods_number("391", "391")
        + value;
    ods(&ods_content(&ods_table(&ods_row(&row))))
}

#[test]
fn a_cell_shown_as_a_percentage_is_that_percentage_in_every_kind_of_workbook() {
    let of_kind = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.829\"><text:p>82.9%</text:p></table:table-cell>";
    let silent = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.829\"/>";
    let foreign = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.829\"><text:p>82,9 %</text:p></table:table-cell>";
    // Two writers that format nothing: one says the kind, the other only a style.
    let bare = "<table:table-cell office:value-type=\"percentage\" office:value=\"0.829\"><text:p>0.829</text:p></table:table-cell>";
    let styled = "<table:table-cell table:style-name=\"ce1\" office:value-type=\"float\" office:value=\"0.829\"><text:p>0.829</text:p></table:table-cell>";
    let row = ods_texts(&["E06000022", "in_time_pct", "2017-18 Q2"])
        + &ods_number("324", "324")
        + &ods_number("391", "391")
        + styled;
    let declared = "<office:automatic-styles><number:percentage-style style:name=\"N1\"/><style:style style:name=\"ce1\" style:data-style-name=\"N1\"/>";
    let styled = ods_content(&ods_table(&ods_row(&row))).replace("<office:automatic-styles>", declared);
    let files = [
        (ods_return(bare), "a.ods"),
        (ods(&styled), "a.ods"),
        (xlsx("in_time_pct", [(324.0, "0"), (391.0, "0"), (0.829, "0.0%")]), "a.xlsx"),
        (xlsx("in_time_pct", [(324.0, "0"), (391.0, "0"), (0.829, "0%;[Red]-0%;\"-\"")]), "a.xlsx"),
        (xls(0.829, 2), "a.xls"),
        (ods_return(of_kind), "a.ods"),
        (ods_return(silent), "a.ods"),
        (ods_return(foreign), "a.ods"),
        // Gnumeric says that it is any number, and writes more digits than it has.
        (ods_return(&ods_number("0.829000000000000000018", "82.9%")), "a.ods"),
    ];
    for (at, (bytes, name)) in files.iter().enumerate() {
        let reading = read(bytes, name);
        assert_eq!(reading.accepted, 1, "{at} {name}: {reading:#?}");
        assert_eq!(reading.observations[0].figure.value, Some(82.9), "{at} {name}");
        let codes = remark_codes(&reading);
        assert!(codes.contains(&"percent-sign") && !codes.contains(&"fraction-as-percent"), "{at} {codes:?}");
        assert!(!codes.contains(&"value-mismatch"), "{at} {codes:?}");
    }
}

#[test]
fn a_computed_percentage_keeps_every_digit_and_a_letter_of_the_format_multiplies_nothing() {
    let long = xlsx("in_time_pct", [(324.0, "0"), (391.0, "0"), (324.0 / 391.0, "0.0%")]);
    let reading = read(&long, "a.xlsx");
    assert_eq!(reading.observations[0].figure.value, Some(82.864_450_127_877_24));
    let remark = reading.remarks.iter().find(|it| it.code == "percent-sign").unwrap();
    let words =
        "a cell shows a percentage, which was read with every decimal that it holds, without the sign: once";
    assert!(remark.text.starts_with(words), "nobody wrote a sign: {}", remark.text);
    for (bytes, name) in [
        (xlsx("in_time_pct", [(324.0, "0"), (391.0, "0"), (82.9, "0.0\"%\"")]), "a.xlsx"),
        (xlsx("in_time_pct", [(324.0, "0"), (391.0, "0"), (82.9, "0.0\\%")]), "a.xlsx"),
        (xls(82.9, 4), "a.xls"),
        (ods_return(&ods_number("82.9", "82.9%")), "a.ods"),
    ] {
        let reading = read(&bytes, name);
        assert_eq!(reading.observations[0].figure.value, Some(82.9), "{name}");
        assert!(!remark_codes(&reading).contains(&"percent-sign"), "{name}");
    }
}

#[test]
fn a_percentage_where_a_count_or_a_rate_belongs_is_said_and_not_guessed() {
    for (indicator, formats, word) in [
        ("plan_count", ["0%", "General", "General"], "numerator is `32400%`"),
        ("in_time_pct", ["0", "0.0%", "0"], "denominator is `39100%`"),
        ("referral_rate", ["0", "0", "0.0%"], "value is `50%`"),
    ] {
        let [first, second, third] = formats;
        let book = xlsx(indicator, [(324.0, first), (391.0, second), (0.5, third)]);
        let reading = read(&book, "a.xlsx");
        assert_eq!(reading.quarantined[0].code, "bad-number", "{indicator}");
        let reason = &reading.quarantined[0].reason;
        assert!(reason.contains(word) && reason.contains("a percentage and not a number"), "{reason}");
    }
}

/// A row whose quarter is this day in this format.
fn dated(days: f64, code: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    sheet.write_row(1, 0, ["E06000022", "plan_count"]).unwrap();
    sheet.write_number_with_format(1, 2, days, &Format::new().set_num_format(code)).unwrap();
    sheet.write_number(1, 3, 131).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_day_in_the_place_of_a_quarter_is_the_quarter_in_which_it_falls() {
    for (days, code) in [
        (SEPTEMBER, "mmm-yy"),
        (SEPTEMBER - 31.0, "mmm-yy"),
        (SEPTEMBER - 62.0, "mmmm yyyy"),
        (SEPTEMBER, "dd/mm/yyyy"),
        (SEPTEMBER + 29.0, "m/d/yyyy"),
    ] {
        let reading = read(&dated(days, code), "a.xlsx");
        assert_eq!(reading.accepted, 1, "{code}: {:?}", reading.quarantined);
        assert_eq!(reading.observations[0].quarter, Quarter::of(2017, 2).unwrap(), "{days} {code}");
    }
    let said = read(&dated(SEPTEMBER, "mmm-yy"), "a.xlsx").remarks;
    let said = said.iter().find(|remark| remark.code == "date-as-quarter").unwrap();
    assert!(said.text.ends_with("once, first `Sep-17`"), "{}", said.text);
    let text = |row: u16, column: u16, at: u32| cell(0x00fd, row, column, &at.to_le_bytes());
    let mut cells: Vec<u8> = (0..6).flat_map(|at| text(0, at, u32::from(at))).collect();
    cells.extend([text(1, 0, 6), text(1, 1, 9), styled(0x0203, 1, 2, 3, &SEPTEMBER.to_le_bytes())].concat());
    cells.extend(cell(0x0203, 1, 3, &131_f64.to_le_bytes()));
    let xls = compound("Workbook", &biff_stream(&BIFF_TEXTS, &[("Return", 0, cells)]));
    let day = "<table:table-cell office:value-type=\"date\" office:date-value=\"2017-09-01\"><text:p>Sep 17</text:p></table:table-cell>";
    let row = ods_texts(&["E06000022", "plan_count"]) + day + &ods_number("131", "131");
    for (bytes, name) in [(xls, "a.xls"), (ods(&ods_content(&ods_table(&ods_row(&row)))), "a.ods")] {
        let reading = read(&bytes, name);
        assert_eq!(reading.observations[0].quarter, Quarter::of(2017, 2).unwrap(), "{name}");
    }
}

#[test]
fn a_day_of_another_quarter_or_in_the_place_of_a_number_is_told_as_it_is_shown() {
    let october = packed(&dated(SEPTEMBER + 30.0, "mmm-yy"), "a.xlsx", None, &limits()).unwrap();
    let refusal = understand(&october, &World::member().expected()).unwrap_err();
    assert!(refusal.code == "wrong-quarter" && refusal.reason.contains("2017-18 Q3"), "{}", refusal.reason);
    let number = xlsx("plan_count", [(SEPTEMBER, "mmm-yy"), (40.0, "0"), (75.0, "0")]);
    let reason = &read(&number, "a.xlsx").quarantined[0].reason;
    assert!(reason.contains("the numerator is `Sep-17`"), "{reason}");
}

#[test]
fn a_workbook_that_counts_from_1904_means_the_same_days() {
    let bytes = dated(SEPTEMBER - 1462.0, "mmm-yy");
    let bytes = super::workbooks::with_part(&bytes, "xl/workbook.xml", |xml| {
        xml.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
    });
    assert_eq!(read(&bytes, "a.xlsx").observations[0].quarter, Quarter::of(2017, 2).unwrap());
}

#[test]
fn a_strict_workbook_stores_its_days_in_words() {
    let bytes = super::workbooks::with_part(&dated(SEPTEMBER, "mmm-yy"), "xl/worksheets/sheet1.xml", |xml| {
        let strict = xml.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        );
        let at = strict.find("<c r=\"C2\"").unwrap();
        let end = at + strict[at..].find("</c>").unwrap() + 4;
        format!("{}<c r=\"C2\" t=\"d\"><v>2017-09-01T00:00:00</v></c>{}", &strict[..at], &strict[end..])
    });
    assert_eq!(read(&bytes, "a.xlsx").observations[0].quarter, Quarter::of(2017, 2).unwrap());
}

const ACROSS: &str = r#"
[[collection.layout]]
name = "template"
header_within = 12
[collection.layout.wide]
indicator = ["measure"]
across = "quarters"
measures = [{ indicator = "referral_rate", numerator = "Referrals", denominator = "Children" }]
"#;

/// A template whose headings are days, shown as months.
fn template(days: &[(i32, u32, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let month = Format::new().set_num_format("mmm-yy");
    sheet.write_string(0, 0, "Measure").unwrap();
    for (column, (year, number, text)) in (1..).zip(days) {
        if text.is_empty() {
            let day =
                ExcelDateTime::from_ymd(u16::try_from(*year).unwrap(), u8::try_from(*number).unwrap(), 1);
            sheet.write_datetime_with_format(0, column, day.unwrap(), &month).unwrap();
        } else {
            sheet.write_string(0, column, *text).unwrap();
        }
        sheet.write_number(1, column, 100 + column).unwrap();
        sheet.write_number(2, column, 1000).unwrap();
    }
    sheet.write_column(1, 0, ["Referrals", "Children"]).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn months_typed_as_headings_are_their_quarters() {
    let trial = Trial::member(ACROSS);
    let reading = trial.packed(&template(&[(2017, 6, ""), (2017, 9, "")]), "a.xlsx").unwrap();
    assert_eq!(numbers(&found(&reading, "E10000008", "referral_rate").figure).0, Some(102.0));
    assert!(remark_codes(&reading).contains(&"date-as-quarter"));
    assert!(reading.columns.contains(&"Sep-17".to_owned()), "{:?}", reading.columns);
}

#[test]
fn three_months_of_a_quarter_are_not_the_quarter_and_a_named_quarter_beside_them_is() {
    let trial = Trial::member(ACROSS);
    let months = [(2017, 7, ""), (2017, 8, ""), (2017, 9, "")];
    let refusal = trial.packed(&template(&months), "a.xlsx").unwrap_err();
    assert_eq!(refusal.code, "duplicate-column");
    assert!(
        refusal.reason.contains("`Jul-17`, `Aug-17`, `Sep-17` all fall in 2017-18 Q2"),
        "{}",
        refusal.reason
    );
    let texts = "Measure|Jul-17|Aug-17|Sep-17\nReferrals|30|31|32\nChildren|1000|1000|1000";
    assert_eq!(trial.sheet(texts).unwrap_err().code, "duplicate-column");
    let named = [months.as_slice(), &[(0, 0, "Q2 2017/18")]].concat();
    let reading = trial.packed(&template(&named), "a.xlsx").unwrap();
    assert_eq!(numbers(&found(&reading, "E10000008", "referral_rate").figure).0, Some(104.0));
    let reading = trial.sheet(&texts.replace("Jul-17|Aug", "Jun-17|Dec")).unwrap();
    assert_eq!(numbers(&found(&reading, "E10000008", "referral_rate").figure).0, Some(32.0));
}

#[test]
fn times_are_shown_as_times_where_a_number_belongs() {
    let book = xlsx("in_time_pct", [(0.5, "h:mm"), (391.0, "0"), (82.9, "0")]);
    let reason = &read(&book, "a.xlsx").quarantined[0].reason;
    assert!(reason.contains("`12:00:00`"), "{reason}");
    let grid = workbook(&xlsx("in_time_pct", [(1.5, "[h]:mm"), (1.0, "0"), (1.0, "0")]), None, &limits());
    assert_eq!(grid.unwrap().rows[1].cells[3], "36:00:00");
}
