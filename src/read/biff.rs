//! The sheets of an old .xls workbook (Excel 97 to 2003) into grids, record by record.
//!
//! Every record is at most 8 KiB, nothing is reserved that the file only promises, and a broken record
//! refuses the file. Older kinds are refused with words. Run it in a child process with limits.

use crate::config::settings::Limits;
use crate::read::biff_text;
use crate::read::cfb::{Compound, damaged, double, half, word};
use crate::read::code::Refusal;
use crate::read::grid::{FORMULA_WITHOUT_VALUE, Grid, GridRemark};
use crate::read::kinds;
use crate::read::merged::{self, Range};
use crate::read::rows::{self, Rows};
use crate::read::sheets::{self, Sheet, Wanted};
use crate::read::shown::{Epoch, NumberFormat, Written};

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000a;
const CONTINUE: u16 = 0x003c;
const EXCEL_97: u16 = 0x0600;
const SHEETS_MAX: usize = 1_000;
/// Among the options of a formula: to be computed when the workbook is opened.
const DUE: u16 = 0x0002;

/// The named sheet as a grid; without a name the visible ones, and only their heads when they are several.
///
/// # Errors
/// As [`crate::read::workbook::workbook`].
pub(crate) fn biff(bytes: &[u8], name: Option<&str>, limits: &Limits) -> Result<Vec<Grid>, Refusal> {
    let file = Compound::open(bytes)?;
    let Some(stream) = file.stream("Workbook")? else {
        return Err(kinds::in_compound(|name| file.has(name)));
    };
    let book = Book::read(&stream)?;
    let wanted = Wanted::of(&book.sheets, name)?;
    let mut grids = Vec::new();
    for (at, sheet) in book.sheets.iter().enumerate().filter(|(at, _)| wanted.sheets.contains(at)) {
        let mut grid = wanted.read(&sheet.name, book.sheet(&stream, at, limits, wanted.rows))?;
        grid.remarks.extend(sheets::hidden(&book.sheets));
        if file.has("_VBA_PROJECT_CUR") {
            grid.remarks.push(GridRemark::whole("macros", "the workbook holds macros; they were not run"));
        }
        grids.push(grid);
    }
    Ok(grids)
}

/// Refuses the envelope of a protected workbook, by the name of what is in it, however damaged.
pub(crate) fn is_open(bytes: &[u8]) -> Result<(), Refusal> {
    let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let is_protected = bytes.windows(mark.len()).any(|window| window == mark);
    if is_protected { Err(protected()) } else { Ok(()) }
}

fn protected() -> Refusal {
    let reason = "the workbook is protected with a password: remove the password and send it again";
    Refusal::new("encrypted", reason)
}

/// The records of a stream, from an offset on.
struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Iterator for Records<'s> {
    type Item = Result<(u16, &'s [u8]), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = half(self.stream, self.at)?;
        let length = usize::from(half(self.stream, self.at + 2)?);
        let start = self.at + 4;
        self.at = start + length;
        Some(self.stream.get(start..self.at).map(|body| (kind, body)).ok_or_else(damaged))
    }
}

/// What the first part of the stream says of the workbook.
struct Book {
    sheets: Vec<Sheet>,
    starts: Vec<usize>,
    texts: Vec<String>,
    /// The number formats, by style.
    formats: Vec<NumberFormat>,
    epoch: Epoch,
    /// Whether the workbook says which program computed it last.
    says_who_computed: bool,
}

impl Book {
    fn read(stream: &[u8]) -> Result<Self, Refusal> {
        let mut book = Self {
            sheets: Vec::new(),
            starts: Vec::new(),
            texts: Vec::new(),
            formats: Vec::new(),
            epoch: Epoch::Of1900,
            says_who_computed: false,
        };
        let mut shared: Vec<&[u8]> = Vec::new();
        let mut continues = false;
        let (mut formats, mut styles) = (Vec::new(), Vec::new());
        let mut ended = false;
        for (at, record) in (Records { stream, at: 0 }).enumerate() {
            let (kind, body) = record?;
            if at == 0 && (kind != BEGIN || half(body, 0) != Some(EXCEL_97)) {
                let reason = "the file is a workbook older than Excel 97: save it as .xlsx or .csv";
                return Err(Refusal::new("old-workbook", reason));
            }
            continues = kind == 0x00fc || (kind == CONTINUE && continues);
            match kind {
                _ if continues => shared.push(body),
                0x002f => return Err(protected()),
                0x0022 if half(body, 0) == Some(1) => book.epoch = Epoch::Of1904,
                0x0085 => book.bound(body)?,
                0x00e0 => styles.push(half(body, 2).ok_or_else(damaged)?),
                0x041e => formats.push(format(body).ok_or_else(damaged)?),
                0x01c1 => book.says_who_computed = true,
                END => {
                    ended = true;
                    break;
                }
                _ => {}
            }
        }
        if !ended {
            return Err(damaged());
        }
        book.texts = biff_text::shared(&shared);
        book.formats = styles.into_iter().map(|style| number_format(style, &formats)).collect();
        Ok(book)
    }

    /// A sheet's name, where it starts, and whether people see it. Charts and macros are no sheets.
    fn bound(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let start = word(body, 0).and_then(|start| usize::try_from(start).ok()).ok_or_else(damaged)?;
        let name = body.get(6..).and_then(biff_text::short).ok_or_else(damaged)?;
        if body.get(5) != Some(&0) {
            return Ok(());
        }
        if self.sheets.len() >= SHEETS_MAX {
            return Err(damaged());
        }
        self.sheets.push(Sheet { name, visible: body.get(4).is_some_and(|state| state % 4 == 0) });
        self.starts.push(start);
        Ok(())
    }

    fn sheet(&self, stream: &[u8], at: usize, limits: &Limits, rows_wanted: usize) -> Result<Grid, Refusal> {
        let name = self.sheets.get(at).map_or("", |sheet| sheet.name.as_str());
        let start = *self.starts.get(at).ok_or_else(damaged)?;
        let (found, merged) = (Vec::new(), Vec::new());
        let mut cells = Cells { book: self, found, merged, waiting: None, formulas: 0, bytes: 0 };
        let mut depth = 0_u32;
        for record in (Records { stream, at: start }) {
            let (kind, body) = record?;
            match kind {
                BEGIN => depth += 1,
                // Charts and the like stand inside the sheet, between a beginning and an end of their own.
                END if depth > 1 => depth -= 1,
                END => return cells.grid(name, limits, rows_wanted),
                _ if depth == 1 => cells.record(kind, body, limits)?,
                _ if depth == 0 => return Err(damaged()),
                _ => {}
            }
        }
        Err(damaged())
    }
}

fn format(body: &[u8]) -> Option<(u16, String)> {
    Some((half(body, 0)?, biff_text::long(body.get(2..)?)?))
}

/// The format with this number: the workbook's own, or the one that every workbook has.
fn number_format(number: u16, formats: &[(u16, String)]) -> NumberFormat {
    let own = formats.iter().rev().find(|(own, _)| *own == number);
    own.map_or_else(|| NumberFormat::built_in(number), |(_, code)| NumberFormat::of(code))
}

/// Whether a formula was computed, by what is written beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Computed {
    /// A program computed it.
    Yes,
    /// Its writer left that to the reader, and put a 0 or no text in its place.
    LeftToTheReader,
}

/// The cells of one sheet, as they come.
struct Cells<'b> {
    book: &'b Book,
    found: Vec<(u32, u32, Written)>,
    merged: Vec<Range>,
    /// A formula whose text follows.
    waiting: Option<(u32, u32, Computed)>,
    formulas: u32,
    bytes: u64,
}

impl Cells<'_> {
    fn record(&mut self, kind: u16, body: &[u8], limits: &Limits) -> Result<(), Refusal> {
        match kind {
            0x00fd => {
                let text = word(body, 6).and_then(|at| self.book.texts.get(usize::try_from(at).ok()?));
                let text = text.cloned().ok_or_else(damaged)?;
                self.keep(body, text, limits)
            }
            0x0203 => {
                let number = double(body, 6).ok_or_else(damaged)?;
                self.number(body, number, limits)
            }
            0x027e => {
                let number = compact(word(body, 6).ok_or_else(damaged)?);
                self.number(body, number, limits)
            }
            0x00bd => self.several(body, limits),
            0x0204 | 0x00d6 => {
                let text = body.get(6..).and_then(biff_text::long).ok_or_else(damaged)?;
                self.keep(body, text, limits)
            }
            0x0205 => {
                let text = truth(body.get(6..8).ok_or_else(damaged)?);
                self.keep(body, text, limits)
            }
            0x0006 => self.formula(body, limits),
            0x0207 => {
                let Some((row, column, computed)) = self.waiting.take() else { return Ok(()) };
                let text = biff_text::long(body).ok_or_else(damaged)?;
                let is_none = text.is_empty() && computed == Computed::LeftToTheReader;
                let text = if is_none { FORMULA_WITHOUT_VALUE.to_owned() } else { text };
                self.put(row, column, text.into(), limits)
            }
            0x00e5 => self.merged(body),
            _ => Ok(()),
        }
    }

    fn keep(&mut self, body: &[u8], text: String, limits: &Limits) -> Result<(), Refusal> {
        let (row, column) = half(body, 0).zip(half(body, 2)).ok_or_else(damaged)?;
        self.put(u32::from(row), u32::from(column), text.into(), limits)
    }

    fn put(&mut self, row: u32, column: u32, cell: Written, limits: &Limits) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(u64::try_from(cell.text.len()).unwrap_or(u64::MAX));
        if self.bytes > limits.unpacked_bytes_max {
            return Err(rows::too_many_cells());
        }
        if !cell.text.is_empty() {
            self.found.push((row, column, cell));
        }
        Ok(())
    }

    fn number(&mut self, body: &[u8], number: f64, limits: &Limits) -> Result<(), Refusal> {
        let (row, column) = half(body, 0).zip(half(body, 2)).ok_or_else(damaged)?;
        let cell = self.written(number, half(body, 4).ok_or_else(damaged)?);
        self.put(u32::from(row), u32::from(column), cell, limits)
    }

    fn written(&self, number: f64, style: u16) -> Written {
        let format = self.book.formats.get(usize::from(style)).unwrap_or(&NumberFormat::Plain);
        format.written(number, self.book.epoch)
    }

    /// A record of merged ranges: how many, and of each its first and last row and column.
    fn merged(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let count = usize::from(half(body, 0).ok_or_else(damaged)?);
        let ranges = body.get(2..).unwrap_or_default().chunks_exact(8).take(count);
        let at = |range: &[u8], at| half(range, at).map(u32::from).ok_or_else(damaged);
        for range in ranges {
            self.merged.push(Range {
                first_row: at(range, 0)?,
                last_row: at(range, 2)?,
                first_column: at(range, 4)?,
                last_column: at(range, 6)?,
            });
        }
        Ok(())
    }

    /// A run of numbers in one row.
    fn several(&mut self, body: &[u8], limits: &Limits) -> Result<(), Refusal> {
        let (row, first) = half(body, 0).zip(half(body, 2)).ok_or_else(damaged)?;
        let runs = body.get(4..body.len().saturating_sub(2)).unwrap_or_default().chunks_exact(6);
        for (column, run) in (u32::from(first)..).zip(runs) {
            let (style, number) = half(run, 0).zip(word(run, 2)).ok_or_else(damaged)?;
            let cell = self.written(compact(number), style);
            self.put(u32::from(row), column, cell, limits)?;
        }
        Ok(())
    }

    fn formula(&mut self, body: &[u8], limits: &Limits) -> Result<(), Refusal> {
        let value = body.get(6..14).ok_or_else(damaged)?;
        let is_due = half(body, 14).unwrap_or_default() & DUE != 0;
        let computed = if is_due { Computed::LeftToTheReader } else { Computed::Yes };
        if value.get(6..8) != Some(&[0xff, 0xff]) {
            let number = double(body, 6).ok_or_else(damaged)?;
            if number == 0.0 && is_due {
                return self.keep(body, FORMULA_WITHOUT_VALUE.to_owned(), limits);
            }
            self.formulas = self.formulas.saturating_add(1);
            return self.number(body, number, limits);
        }
        let what = value.get(2).copied().unwrap_or_default();
        let kept = match value.first() {
            Some(0) => {
                let (row, column) = half(body, 0).zip(half(body, 2)).ok_or_else(damaged)?;
                self.waiting = Some((u32::from(row), u32::from(column), computed));
                Ok(())
            }
            Some(1) => self.keep(body, truth(&[what, 0]), limits),
            Some(2) => self.keep(body, truth(&[what, 1]), limits),
            // An empty text. A writer that computes nothing puts it in place of every value, and does not say
            // who computed the workbook, as every program does that did.
            _ if is_due || !self.book.says_who_computed => {
                return self.keep(body, FORMULA_WITHOUT_VALUE.to_owned(), limits);
            }
            _ => Ok(()),
        };
        self.formulas = self.formulas.saturating_add(1);
        kept
    }

    fn grid(mut self, name: &str, limits: &Limits, rows_wanted: usize) -> Result<Grid, Refusal> {
        self.found.sort_by_key(|(row, column, _)| (*row, *column));
        // A writer of merged cells writes their first cell twice, the same.
        self.found.dedup();
        let mut rows = Rows::new(name, limits);
        for (row, column, cell) in self.found {
            rows.push(row, column, cell)?;
            if rows.len() >= rows_wanted {
                break;
            }
        }
        let mut grid = rows.grid();
        merged::speak(&mut grid, self.merged, limits)?;
        grid.remarks.extend(sheets::formulas(self.formulas));
        Ok(grid)
    }
}

/// A number in 30 bits: a whole one, or the upper part of one with a point; perhaps a hundredth of it.
fn compact(bits: u32) -> f64 {
    let number = if bits & 2 != 0 {
        f64::from(bits.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(bits & !3) << 32)
    };
    if bits & 1 != 0 { number / 100.0 } else { number }
}

/// A truth or an error: its code, and which of the two it is.
fn truth(cell: &[u8]) -> String {
    let text = match cell {
        [0, 0] => "FALSE",
        [_, 0] => "TRUE",
        [0x00, _] => "#NULL!",
        [0x07, _] => "#DIV/0!",
        [0x17, _] => "#REF!",
        [0x1d, _] => "#NAME?",
        [0x24, _] => "#NUM!",
        [0x2a, _] => "#N/A",
        _ => "#VALUE!",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn numbers_in_thirty_bits_are_whole_or_halves_of_doubles() {
        let double = |number: f64| u32::try_from(number.to_bits() >> 32).unwrap_or_default() & !3;
        assert!((compact(120 << 2 | 2) - 120.0).abs() < f64::EPSILON);
        assert!((compact(9170 << 2 | 3) - 91.7).abs() < f64::EPSILON);
        assert!((compact(double(30.5)) - 30.5).abs() < f64::EPSILON);
        assert!((compact((-5_i32 << 2).cast_unsigned() | 2) + 5.0).abs() < f64::EPSILON);
    }
}
