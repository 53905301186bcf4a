//! The sheets of an `OpenDocument` workbook into grids, element by element. Run it in a child with limits.

use std::collections::HashSet;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::config::settings::Limits;
use crate::read::archive::{self, Archive};
use crate::read::code::Refusal;
use crate::read::grid::{FORMULA_WITHOUT_VALUE, Grid, GridRemark};
use crate::read::merged::{self, Range};
use crate::read::ods_cell::{Cell, Style, attribute};
use crate::read::rows::{self, Rows};
use crate::read::sheets::{self, Sheet, Wanted, Zeros};
use crate::read::shown::Written;

/// More columns or rows than any program has; a repetition beyond is an attack, blank or not.
const REPEATED_COLUMNS_MAX: u32 = 16_384;
const REPEATED_ROWS_MAX: u32 = 1_048_576;
const SHEETS_MAX: usize = 1_000;
/// A writer that computes nothing.
const NOT_COMPUTING: &[u8] = b"generator>SheetJS";
const KIND: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// Elements whose text is not the cell's.
const ASIDE: [&str; 6] = ["annotation", "frame", "custom-shape", "note", "ruby-text", "tracked-changes"];

/// The named sheet as a grid; without a name the visible ones, and only their heads when they are several.
///
/// A number is the one that the file stores, a percentage with its sign; days are written as they are shown.
///
/// # Errors
/// As [`crate::read::workbook::workbook`].
pub(crate) fn ods(
    archive: &mut Archive<'_>,
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Vec<Grid>, Refusal> {
    archive::declared(archive, limits)?;
    let manifest = archive::named(archive, "META-INF/manifest.xml", limits)?.unwrap_or_default();
    let mark: &[u8] = b"encryption-data";
    if manifest.windows(mark.len()).any(|window| window == mark) {
        let reason = "the workbook is protected with a password: remove the password and send it again";
        return Err(Refusal::new("encrypted", reason));
    }
    let kind = archive::named(archive, "mimetype", limits)?;
    if kind.is_some_and(|kind| !kind.starts_with(KIND)) {
        let reason = "the file is an OpenDocument text, drawing or database, and no sheet: send the return \
                      as .ods, .xlsx or .csv";
        return Err(Refusal::new("type-mismatch", reason));
    }
    let remarks = archive::inspect(archive, limits)?;
    let content = archive::named(archive, "content.xml", limits)?.unwrap_or_default();
    let text = String::from_utf8(content).map_err(|_| broken("it is not in UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let zeros = zeros(archive, limits)?;
    let (sheets, _) = Content::read(text, &Wanted { sheets: Vec::new(), rows: 0 }, zeros, limits)?;
    let (_, mut grids) = Content::read(text, &Wanted::of(&sheets, sheet)?, zeros, limits)?;
    for grid in &mut grids {
        grid.remarks.splice(0..0, remarks.iter().cloned());
        grid.remarks.extend(sheets::hidden(&sheets));
    }
    Ok(grids)
}

/// By the name of who wrote the workbook: it shows a 0 for every formula that it did not compute.
fn zeros(archive: &mut Archive<'_>, limits: &Limits) -> Result<Zeros, Refusal> {
    let about = archive::named(archive, "meta.xml", limits)?.unwrap_or_default();
    let is_there = about.windows(NOT_COMPUTING.len()).any(|window| window == NOT_COMPUTING);
    Ok(if is_there { Zeros::InPlaceOfValues } else { Zeros::Computed })
}

fn broken(what: &str) -> Refusal {
    let reason = format!("the workbook cannot be read ({what}): save it again and send it again");
    Refusal::new("broken-workbook", reason)
}

/// The content part, as it is read.
struct Content<'c> {
    limits: &'c Limits,
    zeros: Zeros,
    wanted: &'c Wanted,
    sheets: Vec<Sheet>,
    grids: Vec<Grid>,
    hidden_styles: HashSet<String>,
    /// Number formats that show percentages, and the styles of cells that have one.
    percentages: HashSet<String>,
    percent_styles: HashSet<String>,
    style: Option<String>,
    tables: u32,
    aside: u32,
    sheet: Option<Table<'c>>,
    links: u32,
}

/// One sheet, as it is read.
struct Table<'c> {
    name: String,
    zeros: Zeros,
    rows: Rows<'c>,
    merged: Vec<Range>,
    row: u32,
    repeated: u32,
    cells: Vec<(u32, Written)>,
    bytes: u64,
    column: u32,
    cell: Option<Cell>,
    formulas: u32,
    mismatches: u32,
    first_mismatch: Option<u32>,
}

impl<'c> Content<'c> {
    fn read(
        text: &str,
        wanted: &'c Wanted,
        zeros: Zeros,
        limits: &'c Limits,
    ) -> Result<(Vec<Sheet>, Vec<Grid>), Refusal> {
        let mut content = Self {
            limits,
            zeros,
            wanted,
            sheets: Vec::new(),
            grids: Vec::new(),
            hidden_styles: HashSet::new(),
            percentages: HashSet::new(),
            percent_styles: HashSet::new(),
            style: None,
            tables: 0,
            aside: 0,
            sheet: None,
            links: 0,
        };
        let mut reader = Reader::from_str(text);
        let mut depth = 0_u32;
        loop {
            match reader.read_event().map_err(|error| broken(&error.to_string()))? {
                Event::Start(element) => {
                    depth += 1;
                    content.opens(&element)?;
                }
                Event::Empty(element) => {
                    content.opens(&element)?;
                    content.closes(element.local_name().as_ref())?;
                }
                Event::End(element) => {
                    depth = depth.saturating_sub(1);
                    content.closes(element.local_name().as_ref())?;
                }
                Event::Text(text) => content.says(&text.xml10_content()),
                Event::CData(text) => content.says(&text.xml10_content()),
                Event::GeneralRef(reference) => content.says(&character(&reference)?),
                Event::DocType(_) => return Err(broken("it holds a document type")),
                Event::Eof if depth == 0 => break,
                Event::Eof => return Err(broken("it is cut off")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        if content.links > 0 {
            let text = "the workbook links to other files; the links were not followed";
            let remark = GridRemark::whole("external-link", text);
            content.grids.iter_mut().for_each(|grid| grid.remarks.push(remark.clone()));
        }
        Ok((content.sheets, content.grids))
    }

    fn opens(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = element.local_name();
        let name = name.as_ref();
        if self.aside > 0 || ASIDE.contains(&name) {
            self.aside += 1;
            return Ok(());
        }
        match name {
            "percentage-style" => self.percentages.extend(attribute(element, "name")),
            "style" => {
                self.style = attribute(element, "name");
                let format = attribute(element, "data-style-name");
                if format.is_some_and(|format| self.percentages.contains(&format)) {
                    self.percent_styles.extend(self.style.clone());
                }
            }
            "table-properties" => {
                let is_hidden = attribute(element, "display").is_some_and(|shown| shown == "false");
                self.hidden_styles.extend(self.style.clone().filter(|_| is_hidden));
            }
            "table" => self.table(element)?,
            "table-source" | "cell-range-source" | "database-source-table" => self.links += 1,
            _ if self.tables == 1 => {
                let style = self.sheet.as_ref().and_then(|_| attribute(element, "style-name"));
                let is_percent = style.is_some_and(|style| self.percent_styles.contains(&style));
                let style = if is_percent { Style::Percent } else { Style::Plain };
                let limits = self.limits;
                let sheet = self.sheet.as_mut();
                let done = sheet.map_or(Ok(()), |sheet| sheet.opens(name, element, style, limits));
                return self.judged(done);
            }
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        self.tables += 1;
        if self.tables > 1 {
            return Ok(());
        }
        if self.sheets.len() >= SHEETS_MAX {
            return Err(broken("it has too many sheets"));
        }
        let name = attribute(element, "name").unwrap_or_default();
        let style = attribute(element, "style-name");
        let visible = style.is_none_or(|style| !self.hidden_styles.contains(&style));
        if self.wanted.sheets.contains(&self.sheets.len()) {
            self.sheet = Some(Table::new(&name, self.zeros, self.limits));
        }
        self.sheets.push(Sheet { name, visible });
        Ok(())
    }

    fn closes(&mut self, name: &str) -> Result<(), Refusal> {
        if self.aside > 0 {
            self.aside -= 1;
            return Ok(());
        }
        match name {
            "style" => self.style = None,
            "table" => {
                self.tables = self.tables.saturating_sub(1);
                if let Some(sheet) = self.sheet.take_if(|_| self.tables == 0) {
                    let (name, limits) = (sheet.name.clone(), self.limits);
                    self.grids.push(self.wanted.read(&name, sheet.grid(limits))?);
                }
            }
            _ if self.tables == 1 => {
                let (limits, wanted) = (self.limits, self.wanted);
                let done = self.sheet.as_mut().map_or(Ok(()), |sheet| sheet.closes(name, limits, wanted));
                return self.judged(done);
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives up one of several sheets when it is too large to be the return.
    fn judged(&mut self, done: Result<(), Refusal>) -> Result<(), Refusal> {
        let Err(refusal) = done else { return Ok(()) };
        let Some(sheet) = self.sheet.take() else { return Err(refusal) };
        let empty = self.wanted.read(&sheet.name, Err(refusal))?;
        self.grids.push(sheet.grid(self.limits).unwrap_or(empty));
        Ok(())
    }

    fn says(&mut self, text: &str) {
        if self.aside > 0 || self.tables != 1 {
            return;
        }
        if let Some(cell) = self.sheet.as_mut().and_then(|sheet| sheet.cell.as_mut()) {
            cell.says(text);
        }
    }
}

fn character(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, Refusal> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c.to_string());
    }
    let text = match reference.xml10_content().as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(broken("it holds an unknown entity")),
    };
    Ok(text.to_owned())
}

impl<'c> Table<'c> {
    fn new(name: &str, zeros: Zeros, limits: &'c Limits) -> Self {
        Self {
            name: name.to_owned(),
            zeros,
            rows: Rows::new(name, limits),
            merged: Vec::new(),
            row: 0,
            repeated: 1,
            cells: Vec::new(),
            bytes: 0,
            column: 0,
            cell: None,
            formulas: 0,
            mismatches: 0,
            first_mismatch: None,
        }
    }

    fn opens(
        &mut self,
        name: &str,
        element: &BytesStart<'_>,
        style: Style,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        match name {
            "table-row" => {
                self.repeated = repeated(element, "number-rows-repeated")
                    .filter(|count| *count <= REPEATED_ROWS_MAX)
                    .ok_or_else(|| rows::too_many_rows(u32::MAX - 1, limits))?;
                (self.column, self.cell) = (0, None);
                self.cells.clear();
            }
            "table-cell" | "covered-table-cell" => {
                let times = repeated(element, "number-columns-repeated")
                    .filter(|count| *count <= REPEATED_COLUMNS_MAX)
                    .ok_or_else(|| rows::too_many_columns(limits))?;
                self.cell = Some(Cell::new(element, style, times));
            }
            _ => {
                if let Some(cell) = &mut self.cell {
                    cell.opens(name, element);
                }
            }
        }
        Ok(())
    }

    fn closes(&mut self, name: &str, limits: &Limits, wanted: &Wanted) -> Result<(), Refusal> {
        match name {
            "table-cell" | "covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.keep(&cell, limits)?;
                }
            }
            "table-row" => self.row(limits, wanted)?,
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, cell: &Cell, limits: &Limits) -> Result<(), Refusal> {
        if cell.says_another_number() {
            self.mismatches = self.mismatches.saturating_add(1);
            self.first_mismatch.get_or_insert(self.row + 1);
        }
        self.merged.extend(cell.range(self.row, self.column));
        let written = cell.written(self.zeros);
        let has_value = cell.has_formula() && written.text != FORMULA_WITHOUT_VALUE;
        self.formulas = self.formulas.saturating_add(u32::from(has_value));
        let next = self.column.saturating_add(cell.times());
        if !written.text.is_empty() {
            if next > limits.columns_max {
                return Err(rows::too_many_columns(limits));
            }
            let length = u64::try_from(written.text.len()).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_add(length.saturating_mul(u64::from(cell.times())));
            if self.bytes > limits.unpacked_bytes_max {
                return Err(rows::too_many_cells());
            }
            self.cells.extend((self.column..next).map(|column| (column, written.clone())));
        }
        self.column = next;
        Ok(())
    }

    fn row(&mut self, limits: &Limits, wanted: &Wanted) -> Result<(), Refusal> {
        let next = self.row.saturating_add(self.repeated);
        if !self.cells.is_empty() && self.rows.len() < wanted.rows {
            if next > limits.rows_max {
                return Err(rows::too_many_rows(next - 1, limits));
            }
            for row in self.row..next {
                for (column, cell) in &self.cells {
                    self.rows.push(row, *column, cell.clone())?;
                }
            }
        }
        self.cells.clear();
        self.bytes = 0;
        self.row = next;
        Ok(())
    }

    fn grid(self, limits: &Limits) -> Result<Grid, Refusal> {
        let mut grid = self.rows.grid();
        merged::speak(&mut grid, self.merged, limits)?;
        grid.remarks.extend(sheets::formulas(self.formulas));
        if self.mismatches > 0 {
            let count = self.mismatches;
            let text = format!("{count} cells show another number than they hold; the number held was read");
            grid.remarks.push(GridRemark { line: self.first_mismatch, code: "value-mismatch", text });
        }
        Ok(grid)
    }
}

/// A count of repetitions; 1 without one, none when it is no number.
fn repeated(element: &BytesStart<'_>, name: &str) -> Option<u32> {
    match attribute(element, name) {
        None => Some(1),
        Some(count) => count.trim().parse().ok().filter(|count| *count > 0),
    }
}
