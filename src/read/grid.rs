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
    /// Keeps a row, or quarantines it when a cell is too long or holds control characters.
    pub(crate) fn keep(&mut self, row: GridRow, limits: &Limits) {
        let most = usize::try_from(limits.field_chars_max).unwrap_or(usize::MAX);
        let long = row.cells.iter().find(|cell| cell.len() > most && cell.chars().count() > most);
        if let Some(cell) = long {
            let count = cell.chars().count();
            let reason = format!("a field has {count} characters, more than {most}: shorten it");
            return self.quarantine(row.line, &row.cells.join(","), "field-too-long", reason);
        }
        let stray = row.cells.iter().flat_map(|cell| cell.chars()).find(|c| text::is_stray_control(*c));
        if let Some(stray) = stray {
            let reason = format!(
                "the row holds the control character `{}`: delete it and type the field again",
                stray.escape_unicode()
            );
            return self.quarantine(row.line, &row.cells.join(","), "control-character", reason);
        }
        self.rows.push(row);
    }

    /// Quarantines a line.
    pub(crate) fn quarantine(&mut self, line: u32, raw: &str, code: Code, reason: String) {
        self.quarantined.push(QuarantinedLine { line, raw: text::raw(raw), code, reason });
    }
}
