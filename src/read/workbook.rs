//! One sheet of an XLSX workbook into a grid, cell by cell. Run it in a child process with limits.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::config::settings::Limits;
use crate::read::archive::{self, Archive};
use crate::read::code::Refusal;
use crate::read::grid::{FORMULA_WITHOUT_VALUE, Grid};
use crate::read::rows::Rows;
use crate::read::sheets::{self, ALIKE_ROWS, Sheet};

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The named sheet as a grid; without a name the first visible one.
///
/// Numbers become text in the shortest form that reads back the same, dates `30/09/2017`. A formula saved
/// without its value becomes a text that no figure accepts.
///
/// # Errors
/// When the workbook is encrypted, damaged, dangerous or too large, the sheet is missing, or without a
/// name two visible sheets look like the same return.
pub fn workbook(bytes: &[u8], sheet: Option<&str>, limits: &Limits) -> Result<Grid, Refusal> {
    inspected(&mut archive::opened(bytes)?, bytes, sheet, limits)
}

/// As [`workbook`], of an archive that is open already.
pub(crate) fn inspected(
    archive: &mut Archive<'_>,
    bytes: &[u8],
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Grid, Refusal> {
    if archive.index_for_name("xl/workbook.bin").is_some() {
        let reason = "the workbook is a binary one (.xlsb): save it as .xlsx or .csv";
        return Err(Refusal::new("old-workbook", reason));
    }
    let remarks = archive::inspect(archive, limits)?;
    // The parser panics on some damage; its words may hold what the file holds, and are not passed on.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(bytes, sheet, limits)));
    let mut grid = parsed.unwrap_or_else(|_| {
        let reason = "the workbook is damaged: save it again in Excel and send it again";
        Err(Refusal::new("broken-workbook", reason))
    })?;
    grid.remarks.splice(0..0, remarks);
    Ok(grid)
}

fn parse(bytes: &[u8], wanted: Option<&str>, limits: &Limits) -> Result<Grid, Refusal> {
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut all: Vec<Sheet> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| Sheet { name: sheet.name.clone(), visible: sheet.visible == SheetVisible::Visible })
        .collect();
    let chosen = sheets::chosen(&all, wanted)?;
    let remark = sheets::hidden(&all);
    let sheet = all.remove(chosen);
    let mut grid = read(&mut book, &sheet.name, limits, usize::MAX)?;
    if wanted.is_none() {
        for other in all.iter().filter(|other| other.visible) {
            sheets::is_alone(&grid, &read(&mut book, &other.name, limits, ALIKE_ROWS)?)?;
        }
    }
    grid.remarks.extend(remark);
    Ok(grid)
}

fn read(book: &mut Book<'_>, sheet: &str, limits: &Limits, rows_wanted: usize) -> Result<Grid, Refusal> {
    let mut rows = Rows::new(sheet, limits);
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    let mut formulas = 0_u32;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| broken(&error))? {
        formulas += u32::from(cell.formula.is_some());
        let text = match (&cell.value, &cell.formula) {
            (DataRef::Empty, Some(_)) => FORMULA_WITHOUT_VALUE.to_owned(),
            (DataRef::Empty, None) => continue,
            (value, _) => written(value),
        };
        rows.push(cell.pos.0, cell.pos.1, text)?;
        if rows.len() >= rows_wanted {
            break;
        }
    }
    let mut grid = rows.grid();
    grid.remarks.extend(sheets::formulas(formulas));
    Ok(grid)
}

fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(moment) => written_date(moment),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A day and perhaps a time, as both kinds of Excel workbook show it.
pub(crate) fn written_date(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if moment.is_duration() || (hour, minute, second) != (0, 0, 0) {
        return format!("{day:02}/{month:02}/{year} {hour:02}:{minute:02}:{second:02}");
    }
    format!("{day:02}/{month:02}/{year}")
}

fn broken(error: &XlsxError) -> Refusal {
    if matches!(error, XlsxError::Password) {
        let reason = "the workbook is protected with a password: remove the password and send it again";
        return Refusal::new("encrypted", reason);
    }
    let reason = format!("the workbook cannot be read ({error}): save it again in Excel and send it again");
    Refusal::new("broken-workbook", reason)
}
