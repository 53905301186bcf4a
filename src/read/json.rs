//! JSON into a grid: an array of objects, an object that holds one such array, or one object on each line.
//!
//! The names in the objects are the headings. Numbers stay text, digit by digit, until they are judged.

use std::collections::HashMap;

use crate::config::settings::Limits;
use crate::read::code::{Code, Refusal};
use crate::read::encoding;
use crate::read::grid::{CELLS_MAX, Grid, GridRemark, GridRow};
use crate::read::json_scan::{Scan, Value};
use crate::read::text::shown;

/// Names under which an object that wraps the rows says how many they are.
const COUNTS: [&str; 8] =
    ["count", "total", "total_count", "totalcount", "row_count", "rowcount", "total_rows", "number_of_rows"];

/// A JSON file as a grid.
///
/// A row's line is that on which its object begins; where objects share a line, its number, from 1. A name
/// twice, or an array or object for a value, is a flaw of its cell.
///
/// # Errors
/// When the text is no JSON, holds no rows or two arrays of them, states another count, or passes a limit.
pub fn json(bytes: &[u8], limits: &Limits) -> Result<Grid, Refusal> {
    let decoded = encoding::strictly(bytes)?;
    let mut scan = Scan::new(&decoded.bytes);
    let mut table = Table::new(limits);
    match scan.next() {
        Some(b'[') => elements(&mut scan, &mut table)?,
        Some(b'{') => objects(&mut scan, &mut table)?,
        _ => {
            scan.value(1)?;
            return Err(no_return());
        }
    }
    if scan.next().is_some() {
        return Err(scan.wrong("the end"));
    }
    table.grid(decoded.remarks)
}

fn no_return() -> Refusal {
    let reason = "the file is JSON (perhaps an error message), but holds no rows: send an array of objects";
    Refusal::new("json-body", reason)
}

/// Of what is JSON and rows, but not objects with the headings' names: columns, or rows without names.
fn no_objects() -> Refusal {
    let reason = "the file is JSON, but its rows are no objects: send an array of objects, an object that \
                  holds one, or an object on each line (from pandas with orient=\"records\")";
    Refusal::new("json-body", reason)
}

fn elements(scan: &mut Scan<'_>, table: &mut Table<'_>) -> Result<(), Refusal> {
    scan.take(b'[')?;
    if scan.takes(b']') {
        return Ok(());
    }
    loop {
        element(scan, table)?;
        if !scan.goes_on(b']')? {
            return Ok(());
        }
    }
}

fn element(scan: &mut Scan<'_>, table: &mut Table<'_>) -> Result<(), Refusal> {
    if scan.next() == Some(b'{') {
        return row(scan, table, None);
    }
    let (line, start) = (scan.line(), scan.offset());
    scan.value(1)?;
    let reason = "the row is not an object of names and values: export it again";
    table.quarantine(line, &scan.since(start), "wrong-type", reason.to_owned())
}

/// Either one object that wraps the rows, or an object for each row and line.
fn objects(scan: &mut Scan<'_>, table: &mut Table<'_>) -> Result<(), Refusal> {
    let mut wrapping = Wrapping::default();
    row(scan, table, Some(&mut wrapping))?;
    if let Some(count) = wrapping.rows {
        return wrapping.agrees(count);
    }
    if wrapping.empties > 0 && table.columns.is_empty() {
        return Err(Refusal::new("no-rows", "the file holds no rows: fill it in and send it again"));
    }
    if wrapping.is_all_nested {
        return Err(no_objects());
    }
    let mut line = scan.line();
    while scan.next() == Some(b'{') {
        if scan.line() == line {
            return Err(scan.wrong("the end of the line"));
        }
        row(scan, table, None)?;
        line = scan.line();
        table.lines_of_their_own = true;
    }
    Ok(())
}

/// What an outermost object holds beside rows.
#[derive(Default)]
struct Wrapping {
    /// How many rows its array of objects has; none without one.
    rows: Option<usize>,
    empties: usize,
    /// Whether it holds arrays or objects only, and none of them is an array of objects.
    is_all_nested: bool,
    stated: Vec<(String, String)>,
}

impl Wrapping {
    fn agrees(&self, count: usize) -> Result<(), Refusal> {
        let wrong = self.stated.iter().find(|(_, number)| number.parse() != Ok(count));
        wrong.map_or(Ok(()), |(name, number)| {
            let (name, number) = (shown(name), shown(number));
            let reason = format!("`{name}` says {number}, but there are {count} rows: send the whole return");
            Err(Refusal::new("count-mismatch", reason))
        })
    }
}

/// One object. With `wrapping`, an array of objects in it holds the rows and the object itself is none.
fn row(
    scan: &mut Scan<'_>,
    table: &mut Table<'_>,
    mut wrapping: Option<&mut Wrapping>,
) -> Result<(), Refusal> {
    scan.next();
    let (line, start) = (scan.line(), scan.offset());
    let mut fields = Vec::with_capacity(table.columns.len());
    scan.take(b'{')?;
    let mut goes_on = !scan.takes(b'}');
    while goes_on {
        let key = scan.key()?;
        let opening = scan.next() == Some(b'[');
        match wrapping.as_deref_mut() {
            Some(wrapping) if opening && scan.after_next() == Some(b'{') => {
                if wrapping.rows.is_some() {
                    let reason = "the file holds two arrays of rows: send the one that is the return";
                    return Err(Refusal::new("ambiguous-file", reason));
                }
                elements(scan, table)?;
                wrapping.rows = Some(table.lines.len());
            }
            Some(wrapping) if opening && scan.after_next() == Some(b']') => {
                wrapping.empties += 1;
                scan.value(2)?;
            }
            _ => {
                if fields.len() >= table.columns_max() {
                    return Err(table.too_wide());
                }
                fields.push((key, scan.value(2)?));
            }
        }
        goes_on = scan.goes_on(b'}')?;
    }
    if let Some(wrapping) = wrapping.as_deref_mut() {
        let is_nested = |(_, value): &Field| *value == Value::Nested;
        wrapping.is_all_nested = !fields.is_empty() && fields.iter().all(is_nested);
    }
    match wrapping {
        Some(wrapping) if wrapping.rows.is_some() => {
            wrapping.stated = fields.into_iter().filter_map(|((key, _), value)| stated(key, value)).collect();
            Ok(())
        }
        Some(wrapping) if fields.is_empty() && wrapping.empties > 0 => Ok(()),
        _ => table.row(line, fields, &scan.since(start)),
    }
}

fn stated(key: String, value: Value) -> Option<(String, String)> {
    let is_count = COUNTS.contains(&key.to_ascii_lowercase().replace(['-', ' '], "_").as_str());
    match value {
        Value::Number(number) if is_count => Some((key, number)),
        _ => None,
    }
}

type Field = ((String, Option<Code>), Value);

/// The rows so far.
struct Table<'l> {
    limits: &'l Limits,
    columns: HashMap<String, usize>,
    names: Vec<String>,
    grid: Grid,
    /// The line of each element; the grid's own lines are their numbers until the end.
    lines: Vec<u32>,
    lines_of_their_own: bool,
    cells: usize,
    texts: u32,
    first_text: Option<u32>,
}

impl<'l> Table<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            columns: HashMap::new(),
            names: Vec::new(),
            grid: Grid::default(),
            lines: Vec::new(),
            lines_of_their_own: false,
            cells: 0,
            texts: 0,
            first_text: None,
        }
    }

    fn columns_max(&self) -> usize {
        usize::try_from(self.limits.columns_max).unwrap_or(usize::MAX)
    }

    fn too_wide(&self) -> Refusal {
        let most = self.limits.columns_max;
        let reason = format!("the rows have more than {most} names: send the return's columns only");
        Refusal::new("too-many-columns", reason)
    }

    /// The number of a new element.
    fn number(&mut self, line: u32) -> Result<u32, Refusal> {
        let rows_max = self.limits.rows_max;
        if self.lines.len() >= usize::try_from(rows_max).unwrap_or(usize::MAX) {
            let reason = format!("the file has more than {rows_max} rows: send one return only");
            return Err(Refusal::new("too-many-rows", reason));
        }
        self.lines.push(line);
        Ok(u32::try_from(self.lines.len()).unwrap_or(u32::MAX))
    }

    fn quarantine(&mut self, line: u32, raw: &str, code: Code, reason: String) -> Result<(), Refusal> {
        let number = self.number(line)?;
        self.grid.quarantine(number, raw, code, reason);
        Ok(())
    }

    fn row(&mut self, line: u32, fields: Vec<Field>, raw: &str) -> Result<(), Refusal> {
        let mut cells = vec![String::new(); self.names.len()];
        let mut seen = vec![false; self.names.len()];
        let mut flaws: Vec<(usize, Code, String)> = Vec::new();
        for ((key, broken), value) in fields {
            let at = self.column(&key)?;
            if at >= cells.len() {
                cells.resize(at + 1, String::new());
                seen.resize(at + 1, false);
            }
            let again = seen.get_mut(at).is_some_and(|seen| std::mem::replace(seen, true));
            let (text, bad) = self.text(value, line);
            let found = broken.or(bad).or(again.then_some("duplicate-key"));
            flaws.extend(found.map(|code| (at, code, sentence(code, &key))));
            if let Some(cell) = cells.get_mut(at) {
                *cell = text;
            }
        }
        self.cells += cells.len();
        if self.cells.max(self.lines.len().saturating_mul(self.names.len())) > CELLS_MAX {
            let reason = "the file holds far more than a return: send one return only";
            return Err(Refusal::new("too-many-cells", reason));
        }
        let number = self.number(line)?;
        for (at, code, reason) in flaws {
            self.grid.flaw(number, at, raw, (code, reason));
        }
        self.grid.keep(GridRow::of_texts(number, cells), self.limits);
        Ok(())
    }

    fn column(&mut self, key: &str) -> Result<usize, Refusal> {
        if let Some(at) = self.columns.get(key) {
            return Ok(*at);
        }
        if self.names.len() >= self.columns_max() {
            return Err(self.too_wide());
        }
        let at = self.names.len();
        self.columns.insert(key.to_owned(), at);
        self.names.push(key.to_owned());
        Ok(at)
    }

    fn text(&mut self, value: Value, line: u32) -> (String, Option<Code>) {
        match value {
            Value::Text(text, flaw) => {
                if is_number(&text) {
                    self.texts += 1;
                    self.first_text.get_or_insert(line);
                }
                (text, flaw)
            }
            Value::Number(text) => (text, None),
            Value::Truth(truth) => (truth.to_string(), None),
            Value::Null => (String::new(), None),
            Value::Nested => (String::new(), Some("wrong-type")),
        }
    }

    /// The grid, headings first, with the lines that the places are to show.
    fn grid(self, remarks: Vec<GridRemark>) -> Result<Grid, Refusal> {
        let Self { mut grid, names, lines, .. } = self;
        if lines.is_empty() {
            return Err(Refusal::new("no-rows", "the file holds no rows: fill it in and send it again"));
        }
        if names.is_empty() {
            return Err(no_objects());
        }
        grid.remarks = remarks;
        if self.lines_of_their_own {
            let text = "the file has an object on each line instead of one array, and was read as such";
            grid.remarks.push(GridRemark::whole("json-lines", text));
        }
        let apart = lines.is_sorted_by(|one, next| one < next);
        let place = |number: u32| {
            let at = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
            if apart { lines.get(at).copied().unwrap_or(number) } else { number }
        };
        if !apart {
            let text = "the objects share lines: the line of a row is the number of its object, from 1";
            grid.remarks.push(GridRemark::whole("lines-are-numbers", text));
        }
        if self.texts > 0 {
            let text = format!("{} numbers are written as texts, in quotes; they were read", self.texts);
            let line = self.first_text.filter(|_| apart);
            grid.remarks.push(GridRemark { line, code: "number-as-text", text });
        }
        let width = names.len();
        grid.rows.iter_mut().for_each(|row| {
            row.line = place(row.line);
            row.cells.resize(width, String::new());
        });
        grid.quarantined.iter_mut().for_each(|row| row.line = place(row.line));
        grid.flawed.iter_mut().for_each(|cell| cell.row.line = place(cell.row.line));
        // Above the first line, which may hold rows already.
        grid.rows.insert(0, GridRow::of_texts(0, names));
        Ok(grid)
    }
}

fn sentence(code: Code, key: &str) -> String {
    let key = shown(key);
    match code {
        "duplicate-key" => format!("the row has `{key}` twice: delete the wrong one"),
        "wrong-type" => format!("`{key}` holds an array or an object: write one number or text"),
        _ => format!("`{key}` holds characters that are no Unicode: type the text again"),
    }
}

/// A number as a JSON number would be written: with leading zeros it is a code.
fn is_number(text: &str) -> bool {
    let body = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = body.split_once('.').unwrap_or((body, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals) && (whole == "0" || !whole.starts_with('0')) && text.len() < 18
}
