//! Delimited text into a grid: strict quoting, one separator for the whole file, a line number for each row.

use std::borrow::Cow;

use crate::config::settings::Limits;
use crate::read::code::Refusal;
use crate::read::encoding;
use crate::read::grid::{CELLS_MAX, Grid, GridRemark, GridRow};

const SAMPLE_LINES: usize = 30;

/// A CSV file as a grid. The separator is comma, semicolon or tab, and found from the first lines.
///
/// A line that is not UTF-8, is quoted wrongly, is too long or holds control characters is quarantined.
///
/// # Errors
/// When the encoding or the separator is unknown, a quote never closes, or a limit is passed.
pub fn delimited(bytes: &[u8], limits: &Limits) -> Result<Grid, Refusal> {
    let decoded = encoding::decoded(bytes)?;
    let separator = separator(&decoded.bytes)?;
    let mut grid =
        Grid { separator: Some(char::from(separator)), remarks: decoded.remarks, ..Grid::default() };
    if separator != b',' {
        let name = if separator == b';' { "semicolons" } else { "tabs" };
        let text = format!("the columns are separated by {name} instead of commas, and were read as such");
        grid.remarks.push(GridRemark::whole("separator-converted", text));
    }
    let mut scan = Scan { bytes: &decoded.bytes, at: 0, line: 1, separator };
    let (mut cells, mut last) = (0, 0);
    while let Some(record) = scan.record()? {
        last = record.line;
        cells += record.fields.len();
        if cells > CELLS_MAX {
            let reason = "the file holds far more than a return: send one return only";
            return Err(Refusal::new("too-many-cells", reason));
        }
        take(&mut grid, &record, limits)?;
    }
    let is_unended = decoded.bytes.last().is_some_and(|byte| !matches!(byte, b'\r' | b'\n'));
    grid.unended = Some(last).filter(|_| is_unended);
    Ok(grid)
}

fn take(grid: &mut Grid, record: &Record<'_>, limits: &Limits) -> Result<(), Refusal> {
    let most = usize::try_from(limits.columns_max).unwrap_or(usize::MAX);
    if record.fields.len() > most {
        let (line, count) = (record.line, record.fields.len());
        let reason =
            format!("line {line} has {count} columns, more than {most}: send the return's columns only");
        return Err(Refusal::new("too-many-columns", reason));
    }
    if grid.rows.len() + grid.quarantined.len() > usize::try_from(limits.rows_max).unwrap_or(usize::MAX) {
        let reason = format!("the file has more than {} rows: send one return only", limits.rows_max);
        return Err(Refusal::new("too-many-rows", reason));
    }
    let line = record.line;
    let lossy = String::from_utf8_lossy(record.raw);
    if let Cow::Owned(raw) = &lossy {
        let reason = format!("line {line} is not in UTF-8: save the file as CSV UTF-8 and send it again");
        grid.quarantine(line, raw, "invalid-utf8", reason);
        return Ok(());
    }
    if record.quoting == Quoting::Malformed {
        let reason = format!(
            "line {line} has a quotation mark in the wrong place: write \"\" for each one inside a field"
        );
        grid.quarantine(line, &lossy, "malformed-quoting", reason);
        return Ok(());
    }
    if record.raw.is_empty() {
        return Ok(());
    }
    let cells =
        record.fields.iter().map(|field| field.text(scan_text(&lossy, record.start, field))).collect();
    grid.keep(GridRow::of_texts(line, cells), limits);
    Ok(())
}

fn scan_text<'a>(raw: &'a str, start: usize, field: &Field) -> &'a str {
    raw.get(field.from - start..field.to - start).unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Sound,
    Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    Plain,
    Quoted,
}

struct Field {
    from: usize,
    to: usize,
    wrapping: Wrapping,
}

impl Field {
    fn text(&self, text: &str) -> String {
        match self.wrapping {
            Wrapping::Quoted if text.contains('"') => text.replace("\"\"", "\""),
            _ => text.to_owned(),
        }
    }
}

struct Record<'a> {
    line: u32,
    start: usize,
    raw: &'a [u8],
    fields: Vec<Field>,
    quoting: Quoting,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    separator: u8,
}

impl<'a> Scan<'a> {
    fn record(&mut self) -> Result<Option<Record<'a>>, Refusal> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let (start, line) = (self.at, self.line);
        let mut fields = Vec::with_capacity(16);
        let mut quoting = Quoting::Sound;
        loop {
            let field = if self.peek() == Some(b'"') { self.quoted(line)? } else { self.plain() };
            fields.push(field);
            match self.peek() {
                Some(byte) if byte == self.separator => self.at += 1,
                None | Some(b'\r' | b'\n') => break,
                Some(_) => {
                    quoting = Quoting::Malformed;
                    self.skip_to_line_end();
                    break;
                }
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        self.end_line();
        Ok(Some(Record { line, start, raw, fields, quoting }))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn plain(&mut self) -> Field {
        let from = self.at;
        let separator = self.separator;
        let stop = self.rest().iter().position(|byte| *byte == separator || matches!(byte, b'\r' | b'\n'));
        self.at = stop.map_or(self.bytes.len(), |stop| from + stop);
        Field { from, to: self.at, wrapping: Wrapping::Plain }
    }

    fn quoted(&mut self, line: u32) -> Result<Field, Refusal> {
        self.at += 1;
        let from = self.at;
        loop {
            let Some(stop) = self.rest().iter().position(|byte| *byte == b'"') else {
                let reason = format!(
                    "a quotation mark opens on line {line} and never closes: send the whole file again"
                );
                return Err(Refusal::new("unclosed-quote", reason));
            };
            self.line += line_ends(self.rest().get(..stop).unwrap_or_default());
            self.at += stop + 1;
            if self.peek() != Some(b'"') {
                return Ok(Field { from, to: self.at - 1, wrapping: Wrapping::Quoted });
            }
            self.at += 1;
        }
    }

    fn skip_to_line_end(&mut self) {
        let stop = self.rest().iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        self.at = stop.map_or(self.bytes.len(), |stop| self.at + stop);
    }

    fn end_line(&mut self) {
        if self.rest().starts_with(b"\r\n") {
            self.at += 2;
        } else if self.peek().is_some() {
            self.at += 1;
        }
        self.line += 1;
    }
}

fn line_ends(bytes: &[u8]) -> u32 {
    let feeds = bytes.split(|byte| *byte == b'\n').count() - 1;
    let lone =
        bytes.windows(2).filter(|pair| pair.first() == Some(&b'\r') && pair.last() != Some(&b'\n')).count();
    u32::try_from(feeds + lone).unwrap_or(u32::MAX)
}

/// The separator seen most often outside quotes in the first lines; comma when none is.
fn separator(bytes: &[u8]) -> Result<u8, Refusal> {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut inside = false;
    let mut lines = 0;
    for byte in bytes {
        match byte {
            b'"' => inside = !inside,
            b'\n' if !inside => lines += 1,
            _ if inside => {}
            _ => counts.iter_mut().filter(|(mark, _)| mark == byte).for_each(|(_, count)| *count += 1),
        }
        if lines >= SAMPLE_LINES {
            break;
        }
    }
    let mut best = (b',', 0);
    for (mark, count) in counts {
        if count > best.1 {
            best = (mark, count);
        }
    }
    if best.0 == b'|' {
        let reason = "the columns are separated by `|`: save the file with commas, semicolons or tabs";
        return Err(Refusal::new("separator-unknown", reason));
    }
    Ok(best.0)
}
