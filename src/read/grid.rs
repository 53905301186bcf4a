//! Rows of text cells with their line numbers: what every format becomes first.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::config::settings::Limits;
use crate::read::code::{self, Code};
use crate::read::text;

/// Stands in a cell whose formula was saved without its value.
pub(crate) const FORMULA_WITHOUT_VALUE: &str = "#FORMULA!";

/// Cells of one file or sheet, the blank ones between filled ones included: what a run's memory is for.
pub(crate) const CELLS_MAX: usize = 5_000_000;

/// A file or sheet as text cells. Wholly empty lines are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The sheet of a workbook; its rows end at their last filled cell.
    pub sheet: Option<String>,
    /// The separator of a text file.
    pub separator: Option<char>,
    /// The rows, in order of line.
    pub rows: Vec<GridRow>,
    /// Lines that could not be split into cells.
    pub quarantined: Vec<QuarantinedLine>,
    /// Cells that could not be read, each blank in its row: in a column that is not read they spoil nothing.
    pub flawed: Vec<FlawedCell>,
    /// The line of a text file's last row, where no line break follows it.
    pub unended: Option<u32>,
    /// What was done to the file before it could be read.
    pub remarks: Vec<GridRemark>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRow {
    /// The line of a text file on which the row begins, or the row of a sheet, from 1.
    pub line: u32,
    /// The cells, untrimmed.
    pub cells: Vec<String>,
    /// The columns, from 0, whose cells hold a day, whatever they show of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(usize, NaiveDate)>,
    /// The columns, from 0, whose cells are covered by a merged one, and the line of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<(usize, u32)>,
}

impl GridRow {
    /// A row of texts.
    #[must_use]
    pub fn of_texts(line: u32, cells: Vec<String>) -> Self {
        Self { line, cells, ..Self::default() }
    }

    /// A cell, trimmed of what is typed and not seen; empty when the row ends before it.
    ///
    /// Only plain white space is trimmed: invisible characters are objected to.
    #[must_use]
    pub fn text(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", |cell| cell.trim_matches([' ', '\t', '\r', '\n']))
    }

    /// The day that a cell holds, if it holds one: the cell of a workbook, never a text.
    #[must_use]
    pub fn day(&self, at: usize) -> Option<NaiveDate> {
        self.days.iter().find(|(column, _)| *column == at).map(|(_, day)| *day)
    }

    /// The line of the merged cell that speaks for this one, if another does.
    #[must_use]
    pub fn covered_by(&self, at: usize) -> Option<u32> {
        self.covered.iter().find(|(column, _)| *column == at).map(|(_, line)| *line)
    }

    /// Whether no cell holds more than white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// One line that could not be split into cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedLine {
    /// The line, from 1.
    pub line: u32,
    /// At most 2,000 characters of it.
    pub raw: String,
    /// Such as `invalid-utf8`.
    #[serde(deserialize_with = "code::deserialize")]
    pub code: Code,
    /// A plain sentence.
    pub reason: String,
}

/// One cell that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlawedCell {
    /// Its column, from 0.
    pub column: usize,
    /// Its row, with the code and the sentence for it.
    pub row: QuarantinedLine,
}

/// Something the sender should know, that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRemark {
    /// Where, when it has a place.
    pub line: Option<u32>,
    /// Such as `encoding-converted`.
    #[serde(deserialize_with = "code::deserialize")]
    pub code: Code,
    /// A plain sentence.
    pub text: String,
}

impl GridRemark {
    /// A remark about the whole file.
    pub(crate) fn whole(code: Code, text: impl Into<String>) -> Self {
        Self { line: None, code, text: text.into() }
    }
}

impl Grid {
    /// Keeps a row. A cell that is too long or holds control characters is flawed, and blank in it.
    pub(crate) fn keep(&mut self, mut row: GridRow, limits: &Limits) {
        let most = usize::try_from(limits.field_chars_max).unwrap_or(usize::MAX);
        let flaws: Vec<_> =
            row.cells.iter().enumerate().filter_map(|(at, cell)| Some((at, flaw(cell, most)?))).collect();
        if !flaws.is_empty() {
            let raw = row.cells.join(",");
            for (column, (code, reason)) in flaws {
                self.flaw(row.line, column, &raw, (code, reason));
                if let Some(cell) = row.cells.get_mut(column) {
                    cell.clear();
                }
            }
        }
        self.rows.push(row);
    }

    /// Remembers that a cell of a row that is kept could not be read.
    pub(crate) fn flaw(&mut self, line: u32, column: usize, raw: &str, (code, reason): (Code, String)) {
        self.flawed
            .push(FlawedCell { column, row: QuarantinedLine { line, raw: text::raw(raw), code, reason } });
    }

    /// Quarantines a line.
    pub(crate) fn quarantine(&mut self, line: u32, raw: &str, code: Code, reason: String) {
        self.quarantined.push(QuarantinedLine { line, raw: text::raw(raw), code, reason });
    }
}

fn flaw(cell: &str, chars_max: usize) -> Option<(Code, String)> {
    if cell.len() > chars_max && cell.chars().count() > chars_max {
        let count = cell.chars().count();
        let reason = format!("a field has {count} characters, more than {chars_max}: shorten it");
        return Some(("field-too-long", reason));
    }
    let stray = cell.chars().find(|c| text::is_stray_control(*c))?;
    let reason = format!(
        "the row holds the control character `{}`: delete it and type the field again",
        stray.escape_unicode()
    );
    Some(("control-character", reason))
}
