//! The sheets of an XLSX workbook into grids, cell by cell. Run it in a child process with limits.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Style, Xlsx, XlsxError};

use crate::config::settings::Limits;
use crate::read::archive::{self, Archive};
use crate::read::code::Refusal;
use crate::read::grid::{FORMULA_WITHOUT_VALUE, Grid};
use crate::read::kinds;
use crate::read::merged::{self, Range};
use crate::read::rows::Rows;
use crate::read::sheets::{self, Sheet, Wanted, Zeros};
use crate::read::shown::{self, Epoch, NumberFormat, Written};
use crate::read::xml;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The named sheet as a grid; without a name the visible ones, and only their heads when they are several.
///
/// Numbers become text in the shortest form that reads back the same, what is shown as a percentage
/// `82.9%`, days as they are shown. A formula that nobody computed becomes a text that no figure accepts.
///
/// # Errors
/// When the workbook is encrypted, damaged, dangerous or too large, or the sheet is missing.
pub fn workbook(bytes: &[u8], sheet: Option<&str>, limits: &Limits) -> Result<Vec<Grid>, Refusal> {
    inspected(&mut archive::opened(bytes)?, bytes, sheet, limits)
}

/// As [`workbook`], of an archive that is open already.
pub(crate) fn inspected(
    archive: &mut Archive<'_>,
    bytes: &[u8],
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Vec<Grid>, Refusal> {
    kinds::in_zip(|name| archive.index_for_name(name).is_some())?;
    let remarks = archive::inspect(archive, limits)?;
    let zeros = zeros(archive, limits)?;
    // The parser panics on some damage; its words may hold what the file holds, and are not passed on.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(bytes, sheet, zeros, limits)));
    let mut grids = parsed.unwrap_or_else(|_| {
        let reason = "the workbook is damaged: save it again in Excel and send it again";
        Err(Refusal::new("broken-workbook", reason))
    })?;
    for grid in &mut grids {
        grid.remarks.splice(0..0, remarks.iter().cloned());
    }
    Ok(grids)
}

/// Programs that write workbooks without computing them ask for it in the part of the workbook.
fn zeros(archive: &mut Archive<'_>, limits: &Limits) -> Result<Zeros, Refusal> {
    let names = archive.file_names().filter_map(Result::ok).map(Cow::into_owned);
    let parts: Vec<String> = names.filter(|name| is_workbook(name)).collect();
    for part in parts {
        let part = archive::named(archive, &part, limits)?.unwrap_or_default();
        let asks = xml::attribute_of(&part, b"calcPr", b"fullCalcOnLoad");
        let done = xml::attribute_of(&part, b"calcPr", b"calcCompleted");
        if matches!(asks.as_deref(), Some(b"1" | b"true")) || matches!(done.as_deref(), Some(b"0" | b"false"))
        {
            return Ok(Zeros::InPlaceOfValues);
        }
    }
    Ok(Zeros::Computed)
}

/// `xl/workbook.xml`, or what some writers call it, such as `xl/workbook22.xml`.
fn is_workbook(part: &str) -> bool {
    let name = part.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("workbook") && Path::new(&name).extension().is_some_and(|ending| ending == "xml")
}

fn parse(bytes: &[u8], name: Option<&str>, zeros: Zeros, limits: &Limits) -> Result<Vec<Grid>, Refusal> {
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let all: Vec<Sheet> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| Sheet { name: sheet.name.clone(), visible: sheet.visible == SheetVisible::Visible })
        .collect();
    let wanted = Wanted::of(&all, name)?;
    let mut grids = Vec::new();
    for sheet in wanted.sheets.iter().filter_map(|at| all.get(*at)) {
        let grid = read(&mut book, &sheet.name, zeros, limits, wanted.rows);
        let mut grid = wanted.read(&sheet.name, grid)?;
        grid.remarks.extend(sheets::hidden(&all));
        grids.push(grid);
    }
    Ok(grids)
}

fn read(
    book: &mut Book<'_>,
    sheet: &str,
    zeros: Zeros,
    limits: &Limits,
    rows_wanted: usize,
) -> Result<Grid, Refusal> {
    let mut rows = Rows::new(sheet, limits);
    let epoch = if book.has_1904_epoch() { Epoch::Of1904 } else { Epoch::Of1900 };
    let formats = formats(book, sheet)?;
    let mut formatted = formatted(book, sheet, &formats, limits)?.into_iter().peekable();
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    let mut formulas = 0_u32;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| broken(&error))? {
        while formatted.next_if(|(at, _)| *at < cell.pos).is_some() {}
        let format = formatted.next_if(|(at, _)| *at == cell.pos).and_then(|(_, style)| formats.get(style));
        let shown: Written = match (&cell.value, &cell.formula) {
            (DataRef::Empty, None) => continue,
            (value, Some(_)) if is_not_computed(value, zeros) => FORMULA_WITHOUT_VALUE.to_owned().into(),
            (value, _) => written(value, format.unwrap_or(&NumberFormat::Plain), epoch),
        };
        formulas += u32::from(cell.formula.is_some() && shown.text != FORMULA_WITHOUT_VALUE);
        rows.push(cell.pos.0, cell.pos.1, shown)?;
        if rows.len() >= rows_wanted {
            break;
        }
    }
    drop(cells);
    let mut grid = rows.grid();
    let ranges = book.merge_cells_by_sheet_name(sheet).map_err(|error| broken(&error))?;
    merged::speak(&mut grid, ranges.iter().map(range).collect(), limits)?;
    grid.remarks.extend(sheets::formulas(formulas));
    Ok(grid)
}

/// The number formats of the workbook, by style.
fn formats(book: &mut Book<'_>, sheet: &str) -> Result<Vec<NumberFormat>, Refusal> {
    let cells = book.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    let format = |style: &Style| {
        let Some(format) = &style.number_format else { return NumberFormat::Plain };
        // What the parser fills in for a number without a code; some writers give low numbers codes.
        let is_filled_in = matches!(format.format_code.as_str(), "General" | "mm-dd-yy");
        let number = format.format_id.filter(|_| is_filled_in).and_then(|id| u16::try_from(id).ok());
        let built_in = number.map(NumberFormat::built_in).filter(|one| *one != NumberFormat::Plain);
        built_in.unwrap_or_else(|| NumberFormat::of(&format.format_code))
    };
    Ok(cells.styles().iter().map(format).collect())
}

/// Row and column of a cell, and the number of its style.
type Styled = ((u32, u32), usize);

/// The cells that show another number than they hold, with their style, in the order of the sheet.
fn formatted(
    book: &mut Book<'_>,
    sheet: &str,
    formats: &[NumberFormat],
    limits: &Limits,
) -> Result<Vec<Styled>, Refusal> {
    let mut found = Vec::new();
    let shows_another = |style: usize| formats.get(style).is_some_and(|one| *one != NumberFormat::Plain);
    if !formats.iter().any(|format| *format != NumberFormat::Plain) {
        return Ok(found);
    }
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    while let Some((row, column, style)) = cells.next_style_id().map_err(|error| broken(&error))? {
        if row > limits.rows_max {
            break;
        }
        if column < limits.columns_max && shows_another(style) {
            found.push(((row, column), style));
        }
    }
    Ok(found)
}

/// Whether a formula's value is none: nothing, or what a program puts in its place that does not compute.
fn is_not_computed(value: &DataRef<'_>, zeros: Zeros) -> bool {
    let is_nothing = match value {
        DataRef::Empty => return true,
        DataRef::Int(number) => *number == 0,
        DataRef::Float(number) => *number == 0.0,
        DataRef::DateTime(moment) => moment.as_f64() == 0.0,
        DataRef::String(text) => text.is_empty(),
        DataRef::SharedString(text) => text.is_empty(),
        _ => false,
    };
    is_nothing && zeros == Zeros::InPlaceOfValues
}

fn range(merged: &Dimensions) -> Range {
    let (first, last) = (merged.start, merged.end);
    Range { first_row: first.0, last_row: last.0, first_column: first.1, last_column: last.1 }
}

fn written(value: &DataRef<'_>, format: &NumberFormat, epoch: Epoch) -> Written {
    match value {
        DataRef::Int(number) => format.written(number.to_string().parse().unwrap_or_default(), epoch),
        DataRef::Float(number) => format.written(*number, epoch),
        DataRef::DateTime(moment) => format.written(moment.as_f64(), epoch),
        DataRef::DateTimeIso(text) => shown::iso_day(text, None),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone().into(),
        DataRef::SharedString(text) => (*text).to_owned().into(),
        DataRef::Bool(true) => "TRUE".to_owned().into(),
        DataRef::Bool(false) => "FALSE".to_owned().into(),
        DataRef::Error(error) => error.to_string().into(),
        DataRef::Empty => Written::default(),
    }
}

fn broken(error: &XlsxError) -> Refusal {
    if matches!(error, XlsxError::Password) {
        let reason = "the workbook is protected with a password: remove the password and send it again";
        return Refusal::new("encrypted", reason);
    }
    let reason = format!("the workbook cannot be read ({error}): save it again in Excel and send it again");
    Refusal::new("broken-workbook", reason)
}
