//! Remarks that would repeat for row after row, counted and said once.

use std::collections::BTreeMap;

use crate::domain::figure::Place;
use crate::read::code::Code;
use crate::read::doubt::Doubt;
use crate::read::layout::Header;
use crate::read::missing;
use crate::read::reading::Remark;
use crate::read::text;

/// Where in the file an oddity stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The line, from 1.
    pub(crate) line: u32,
    /// The column, from 0, where it is one column's.
    pub(crate) column: Option<usize>,
}

impl Spot {
    /// As a place of the sheet, with the column's heading.
    pub(crate) fn place(self, sheet: Option<&str>, header: &Header<'_>) -> Place {
        let column = self.column.filter(|at| *at != usize::MAX).map(|at| header.column(at));
        Place { sheet: sheet.map(str::to_owned), line: self.line, column }
    }
}

impl From<u32> for Spot {
    fn from(line: u32) -> Self {
        Self { line, column: None }
    }
}

/// Oddities met, by code: how many, and the first with its place.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    met: BTreeMap<Code, (u32, Spot, String)>,
    /// What a check will say of a figure, in the order of reading.
    pub(crate) doubts: Vec<Doubt>,
}

impl Tally {
    /// Counts one oddity.
    pub(crate) fn note(&mut self, code: Code, spot: impl Into<Spot>, value: &str) {
        self.met.entry(code).or_insert_with(|| (0, spot.into(), text::shown(value))).0 += 1;
    }

    /// One remark for each code.
    pub(crate) fn remarks(&self, sheet: Option<&str>, header: &Header<'_>) -> Vec<Remark> {
        let remark = |(&code, (count, spot, first)): (&Code, &(u32, Spot, String))| Remark {
            place: Some(spot.place(sheet, header)),
            code,
            text: sentence(code, sheet, *count, first),
        };
        self.met.iter().map(remark).collect()
    }
}

fn sentence(code: Code, sheet: Option<&str>, count: u32, first: &str) -> String {
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    if let Some(writer) = missing::writer(first).filter(|_| code == "missing-word") {
        return format!(
            "a cell holds `{first}`, {writer}; none is needed there, and it was read as empty: {times}"
        );
    }
    let what = match code {
        "rows-end-early" => {
            "a row ends before the last column, as programs leave empty cells out, and was read as if the \
             rest were empty"
        }
        "formula-without-value" => {
            "a formula was saved without its value where none is needed, and was read as empty"
        }
        "thousands-separators" => "a number has thousands separators; they were left out",
        "decimal-comma" => "a number has a decimal comma, which was read as a point",
        // A workbook holds the number; the sign is of the cell's format.
        "percent-sign" if sheet.is_some() => {
            "a cell shows a percentage, which was read with every decimal that it holds, without the sign"
        }
        "percent-sign" => "a percentage is written with a percent sign, which was left out",
        "respelled" => "a code, name or quarter is spelled in another way than asked for, and was understood",
        "outside-dates" => "a code is used for a date on which its authority did not exist",
        "implausible-value" => "a published value lies outside the plausible range of its indicator",
        "empty-rows-skipped" => "a row is empty but for separators, and was left out",
        "repeated-rows" => "a row repeats an earlier one in every cell, and was counted once",
        "float-noise" => "a count was stored a hair beside its whole number, which was taken",
        "rows-without-figures" => "a row holds text and no figure, and was left out",
        "date-as-quarter" => "a date stands for a quarter, and was read as the one that it falls in",
        "merged-cells" => "a figure stands in a cell merged over several rows, and was read for each of them",
        "other-levels" => {
            "a row is about a district, a school or another level that is not kept, and was left out"
        }
        "other-quarters" => "another quarter stands in the file too, and was not taken in with this one",
        _ => "something odd was met",
    };
    if first.is_empty() { format!("{what}: {times}") } else { format!("{what}: {times}, first `{first}`") }
}
