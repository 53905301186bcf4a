//! Rows that end before the last column: as programs write them, or because the file was cut off.
//!
//! Excel leaves the last commas out of sixteen rows in which the last columns are empty, and other programs
//! out of every row. Such a row is read as if the rest were empty. A file that was cut off shows in its last
//! row, and is refused: of `35178` it may hold `351`.
//!
//! Commas beyond the headings say nothing where the file's program writes them. In a single row they say that
//! a number before them was torn by a comma of its own, and that its figures stand one column to the right.

use std::collections::BTreeMap;

use crate::read::code::Refusal;
use crate::read::grid::{Grid, GridRow};
use crate::read::layout::{Columns, Header};
use crate::read::long::cell;
use crate::read::objection::Objection;
use crate::read::reading::Expected;
use crate::read::tally::Tally;

/// What is known of the rows' ends before any is read.
pub(crate) struct Ragged<'h> {
    header: &'h Header<'h>,
    is_sheet: bool,
    /// The columns that say what a row is about.
    about: Vec<usize>,
    /// A row that ends before this column, counted from 1, is none.
    needed: usize,
    /// How many rows end early, by their number of cells.
    short: BTreeMap<usize, u32>,
    long: Long,
    /// The line of the last row.
    last: Option<u32>,
}

impl<'h> Ragged<'h> {
    /// Of the rows under the headings.
    ///
    /// # Errors
    /// When the text ends in the middle of a row.
    pub(crate) fn new(
        grid: &Grid,
        header: &'h Header<'h>,
        expected: &Expected<'_>,
        rows: &[&GridRow],
    ) -> Result<Self, Refusal> {
        let about = about(header);
        let figures = header.figure_columns().into_iter();
        // Of a publisher's row all figures are needed: an empty one says that there is none.
        let figures = if expected.authority.is_some() { figures.min() } else { figures.max() };
        let needed = about.iter().copied().chain(figures).max().map_or(0, |last| last + 1);
        let mut short = BTreeMap::new();
        for row in rows.iter().filter(|row| row.cells.len() < header.width()) {
            *short.entry(row.cells.len()).or_insert(0) += 1;
        }
        let last = rows.last().map(|row| row.line);
        let long = Long::new(header, rows);
        let it = Self { header, is_sheet: grid.sheet.is_some(), about, needed, short, long, last };
        match rows.split_last() {
            Some((last, others)) if grid.unended == Some(last.line) && it.is_cut(last, others, expected) => {
                Err(it.cut_off(last))
            }
            _ => Ok(it),
        }
    }

    /// Whether the last row, after which no line ends, is a part of one.
    ///
    /// Not when it is whole, nor when it is no row of figures at all, such as a remark below them. A row that
    /// has what is needed is whole where the file's program ends another row at the same column.
    fn is_cut(&self, last: &GridRow, others: &[&GridRow], expected: &Expected<'_>) -> bool {
        let count = last.cells.len();
        if count >= self.header.width() {
            return false;
        }
        if count >= self.needed && others.iter().any(|row| row.cells.len() == count) {
            return false;
        }
        let begins = cell(last, 0);
        if count <= 1 {
            let is_begun = |whole: &str| whole.starts_with(begins);
            return !begins.is_empty()
                && (others.iter().any(|row| is_begun(cell(row, 0)))
                    || expected.indicators.iter().any(|one| is_begun(one.id.as_str())));
        }
        // In a wide file each row begins with a measure of its own.
        let is_wide = matches!(self.header.columns, Columns::Wide(_));
        let whole = self.about.iter().filter(|at| **at + 1 < count);
        let mut whole = whole.filter(|at| !cell(last, **at).is_empty());
        is_wide
            || others.is_empty()
            || whole.any(|at| others.iter().any(|row| cell(row, *at) == cell(last, *at)))
    }

    fn cut_off(&self, last: &GridRow) -> Refusal {
        let (line, count, width) = (last.line, last.cells.len(), self.header.width());
        let reason = format!(
            "the file ends in the middle of line {line}, after {count} of {width} columns, without a line \
             break: it was cut off; send the whole file again, or, if it is whole, end it with a line break"
        );
        Refusal::new("truncated-body", reason)
    }

    /// Objects to a row that is no row of this file.
    pub(crate) fn object(&self, row: &GridRow, tally: &mut Tally) -> Result<(), Objection> {
        if self.header.is_repeated_by(row) {
            return Err(Objection::new(
                "repeated-header",
                "the headings stand here once more: delete the row",
            ));
        }
        if self.is_sheet {
            return Ok(());
        }
        let (width, count) = (self.header.width(), row.cells.len());
        let surplus = row.cells.iter().skip(self.header.names.len()).any(|cell| !cell.trim().is_empty());
        if count >= width && !surplus {
            let is_whole =
                count == width || self.long.is_usual(row) || has_words(cell(row, width.saturating_sub(1)));
            return if is_whole { Ok(()) } else { Err(torn(count, width)) };
        }
        if !surplus && count >= self.needed && self.is_left_out(row) {
            tally.note("rows-end-early", row.line, &format!("{count} of {width} columns"));
            return Ok(());
        }
        let is_last = self.last == Some(row.line);
        let cut = if is_last && count < self.needed { " (was the file cut off?)" } else { "" };
        let reason = format!(
            "the row has {count} columns, the headings have {width}{cut}: check its commas and quotes"
        );
        Err(Objection::new("wrong-field-count", reason))
    }

    /// Whether what is missing are empty cells, and not a comma somewhere: then the row still ends in one.
    fn is_left_out(&self, row: &GridRow) -> bool {
        let is_alone = self.short.get(&row.cells.len()).is_none_or(|count| *count < 2);
        !is_alone || row.cells.last().is_some_and(|cell| !cell.trim().is_empty())
    }
}

/// The row has empty cells beyond the headings which others have not.
fn torn(count: usize, width: usize) -> Objection {
    let reason = format!(
        "the row has {count} columns, the headings have {width}, and few rows end so: write each number \
         without a comma in it, or in quotes"
    );
    Objection::new("wrong-field-count", reason)
}

/// Whether a cell holds a note, as it cannot where a torn number has moved a number or a symbol there.
fn has_words(cell: &str) -> bool {
    cell.chars().filter(|letter| letter.is_alphabetic()).count() >= WORD_LETTERS_MIN
}

/// A symbol for a figure is shorter.
const WORD_LETTERS_MIN: usize = 5;

/// A spreadsheet decides for so many lines at once how many commas each gets.
const BLOCK: u32 = 16;

/// How many rows end beyond the headings, by their number of cells.
struct Long {
    /// The row of headings ends here.
    headings: usize,
    rows: usize,
    of_count: BTreeMap<usize, usize>,
    /// By the block of lines, the fewest cells of a row, and how many rows.
    blocks: BTreeMap<u32, (usize, u32)>,
}

impl Long {
    fn new(header: &Header<'_>, rows: &[&GridRow]) -> Self {
        let (mut of_count, mut blocks) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            let count = row.cells.len();
            *of_count.entry(count).or_insert(0) += 1;
            let (fewest, rows) = blocks.entry(block(row)).or_insert((count, 0));
            (*fewest, *rows) = (count.min(*fewest), *rows + 1);
        }
        Self { headings: header.names.len(), rows: rows.len(), of_count, blocks }
    }

    /// Whether the file's program ends rows where this one ends: the headings, half of the rows, or each row
    /// of a spreadsheet's block.
    fn is_usual(&self, row: &GridRow) -> bool {
        let count = row.cells.len();
        let alike = self.of_count.get(&count).copied().unwrap_or(0);
        let is_block =
            self.blocks.get(&block(row)).is_some_and(|(fewest, rows)| *fewest == count && *rows > 1);
        self.headings == count || alike * 2 >= self.rows || is_block
    }
}

fn block(row: &GridRow) -> u32 {
    row.line.saturating_sub(1) / BLOCK
}

/// The columns that say what a row is about.
fn about(header: &Header<'_>) -> Vec<usize> {
    let columns = match &header.columns {
        Columns::Long(map) => vec![Some(map.authority), Some(map.indicator), Some(map.quarter), map.year],
        Columns::Tidy(map) => vec![Some(map.time_period), Some(map.time_identifier), Some(map.level)],
        Columns::Wide(map) => vec![map.authority, map.indicator, map.part, map.quarter, map.year, map.date],
    };
    columns.into_iter().flatten().collect()
}
