//! Returns as people send them: a long CSV file, or the workbook an authority fills in.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::demo::generator::{SyntheticFigure, SyntheticReturn};
use crate::domain::figure::Status;

/// The headings of both forms.
pub const HEADINGS: [&str; 7] =
    ["authority_code", "indicator", "quarter", "numerator", "denominator", "value", "note"];

/// The sheet of the workbook.
pub const SHEET: &str = "Return";

/// Why a workbook could not be written.
pub type WorkbookError = XlsxError;

/// The return as UTF-8 CSV, a row per indicator, lines ended by CRLF.
#[must_use]
pub fn csv(made: &SyntheticReturn) -> Vec<u8> {
    let head = HEADINGS.map(str::to_owned);
    let rows = made.figures.iter().map(|row| cells(made, row).map(Cell::written));
    let lines = std::iter::once(head).chain(rows).map(|cells| cells.map(|cell| quoted(&cell)).join(","));
    lines.flat_map(|line| [line, "\r\n".to_owned()]).collect::<String>().into_bytes()
}

/// The return as a workbook: title rows, the headings on row 5, numbers as numbers, sheet `Return`.
///
/// # Errors
/// When the workbook cannot be written.
pub fn workbook(made: &SyntheticReturn) -> Result<Vec<u8>, WorkbookError> {
    let mut book = Workbook::new();
    // A fixed instant, so that the same return is the same bytes.
    let created = ExcelDateTime::from_ymd(2017, 4, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = book.add_worksheet();
    sheet.set_name(SHEET)?;
    let bold = Format::new().set_bold();
    sheet.write_with_format(0, 0, "Quarterly return", &bold)?;
    sheet.write(1, 0, format!("{}, {}", made.authority, made.quarter))?;
    sheet.write(2, 0, "Synthetic figures for a demonstration")?;
    for (column, heading) in (0_u16..).zip(HEADINGS) {
        sheet.write_with_format(4, column, heading, &bold)?;
    }
    for (at, row) in (5_u32..).zip(&made.figures) {
        write_row(sheet, at, cells(made, row))?;
    }
    book.save_to_buffer()
}

fn write_row(sheet: &mut Worksheet, at: u32, cells: [Cell; 7]) -> Result<(), WorkbookError> {
    for (column, cell) in (0_u16..).zip(cells) {
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => drop(sheet.write_string(at, column, text)?),
            Cell::Number(number) => drop(sheet.write_number(at, column, number)?),
        }
    }
    Ok(())
}

enum Cell {
    Text(String),
    Number(f64),
}

impl Cell {
    fn written(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

fn cells(made: &SyntheticReturn, row: &SyntheticFigure) -> [Cell; 7] {
    let figure = row.figure;
    let symbol = symbol(figure.status);
    [
        Cell::Text(made.authority.to_string()),
        Cell::Text(row.indicator.to_string()),
        Cell::Text(made.quarter.to_string()),
        number(figure.numerator, symbol),
        number(figure.denominator, symbol),
        number(figure.value, symbol),
        Cell::Text(row.note.clone()),
    ]
}

fn number(number: Option<f64>, symbol: &str) -> Cell {
    number.map_or_else(|| Cell::Text(symbol.to_owned()), Cell::Number)
}

/// The symbols of the Department for Education.
fn symbol(status: Status) -> &'static str {
    match status {
        Status::Suppressed => "c",
        Status::NotApplicable => "z",
        _ => "",
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
