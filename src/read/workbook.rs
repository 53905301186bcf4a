//! One sheet of an XLSX workbook into a grid, cell by cell. Run it in a child process with limits.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::config::settings::Limits;
use crate::read::archive;
use crate::read::code::Refusal;
use crate::read::grid::{FORMULA_WITHOUT_VALUE, Grid, GridRemark, GridRow};
use crate::read::text;

/// Cells of one sheet, the blank ones between filled ones included.
const CELLS_MAX: usize = 5_000_000;
/// Two sheets that share a row of so many texts look like two returns.
const ALIKE_TEXTS: usize = 3;
const ALIKE_ROWS: usize = 30;

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
    let remarks = archive::inspect(bytes, limits)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let (chosen, others) = sheets(&book, sheet)?;
    let mut grid = read(&mut book, &chosen, limits)?;
    grid.remarks.splice(0..0, remarks);
    if sheet.is_none() {
        for other in others {
            if are_alike(&grid, &read(&mut book, &other, limits)?) {
                let names = text::listed(&[&chosen, &other], 2);
                let reason =
                    format!("the sheets {names} both look like the return: delete the one that is not");
                return Err(Refusal::new("ambiguous-sheet", reason));
            }
        }
    }
    let hidden: Vec<&str> = hidden_sheets(&book);
    if !hidden.is_empty() {
        let text =
            format!("the workbook has hidden sheets ({}), which were not read", text::listed(&hidden, 5));
        grid.remarks.push(GridRemark::whole("hidden-sheet", text));
    }
    Ok(grid)
}

fn sheets(book: &Book<'_>, wanted: Option<&str>) -> Result<(String, Vec<String>), Refusal> {
    let all = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    if let Some(wanted) = wanted {
        let names: Vec<&str> = all.map(|sheet| sheet.name.as_str()).collect();
        let found = names.iter().find(|name| text::heading(name) == text::heading(wanted));
        return found.map(|name| ((*name).to_owned(), Vec::new())).ok_or_else(|| {
            let reason = format!("the workbook has no sheet `{wanted}`; it has {}", text::listed(&names, 10));
            Refusal::new("sheet-missing", reason)
        });
    }
    let mut visible =
        all.filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone());
    let first =
        visible.next().ok_or_else(|| Refusal::new("sheet-missing", "the workbook has no visible sheet"))?;
    Ok((first, visible.collect()))
}

fn hidden_sheets<'b>(book: &'b Book<'_>) -> Vec<&'b str> {
    let sheets = book.sheets_metadata().iter();
    sheets.filter(|sheet| sheet.visible != SheetVisible::Visible).map(|sheet| sheet.name.as_str()).collect()
}

fn read(book: &mut Book<'_>, sheet: &str, limits: &Limits) -> Result<Grid, Refusal> {
    let mut grid = Grid { sheet: Some(sheet.to_owned()), ..Grid::default() };
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    let mut row = GridRow { line: 0, cells: Vec::new() };
    let (mut count, mut characters, mut formulas) = (0_usize, 0_u64, 0_u32);
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| broken(&error))? {
        formulas += u32::from(cell.formula.is_some());
        let text = match (&cell.value, &cell.formula) {
            (DataRef::Empty, Some(_)) => FORMULA_WITHOUT_VALUE.to_owned(),
            (DataRef::Empty, None) => continue,
            (value, _) => written(value),
        };
        let (line, column) = position(cell.pos, limits)?;
        if line < row.line || (line == row.line && column < row.cells.len()) {
            return Err(Refusal::new(
                "broken-workbook",
                "the cells of the sheet are out of order: save it again",
            ));
        }
        if line > row.line {
            count += row.cells.len();
            finish(&mut grid, std::mem::replace(&mut row, GridRow { line, cells: Vec::new() }), limits);
        }
        characters += u64::try_from(text.len()).unwrap_or(u64::MAX);
        if count + column > CELLS_MAX || characters > limits.unpacked_bytes_max {
            return Err(Refusal::new(
                "too-many-cells",
                "the sheet holds far more than a return: delete unused rows",
            ));
        }
        row.cells.resize(column, String::new());
        row.cells.push(text);
    }
    finish(&mut grid, row, limits);
    if formulas > 0 {
        let text = format!("{formulas} cells hold formulas; the values saved with them were read");
        grid.remarks.push(GridRemark::whole("formulas", text));
    }
    Ok(grid)
}

fn position((row, column): (u32, u32), limits: &Limits) -> Result<(u32, usize), Refusal> {
    if row > limits.rows_max {
        let reason =
            format!("the sheet has a cell in row {}, beyond {}: delete it", row + 1, limits.rows_max);
        return Err(Refusal::new("too-many-rows", reason));
    }
    if column >= limits.columns_max {
        let reason =
            format!("the sheet has more than {} columns: send the return's columns only", limits.columns_max);
        return Err(Refusal::new("too-many-columns", reason));
    }
    Ok((row + 1, usize::try_from(column).unwrap_or(usize::MAX)))
}

fn finish(grid: &mut Grid, row: GridRow, limits: &Limits) {
    if !row.is_blank() {
        grid.keep(row, limits);
    }
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

fn written_date(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if moment.is_duration() || (hour, minute, second) != (0, 0, 0) {
        return format!("{day:02}/{month:02}/{year} {hour:02}:{minute:02}:{second:02}");
    }
    format!("{day:02}/{month:02}/{year}")
}

fn are_alike(one: &Grid, other: &Grid) -> bool {
    let head = |grid: &Grid| -> Vec<Vec<String>> {
        let rows = grid.rows.iter().take(ALIKE_ROWS);
        rows.map(|row| row.cells.iter().map(|cell| text::heading(cell)).collect()).collect()
    };
    let theirs = head(other);
    head(one)
        .iter()
        .any(|row| row.iter().filter(|cell| !cell.is_empty()).count() >= ALIKE_TEXTS && theirs.contains(row))
}

fn broken(error: &XlsxError) -> Refusal {
    if matches!(error, XlsxError::Password) {
        let reason = "the workbook is protected with a password: remove the password and send it again";
        return Refusal::new("encrypted", reason);
    }
    let reason = format!("the workbook cannot be read ({error}): save it again in Excel and send it again");
    Refusal::new("broken-workbook", reason)
}
