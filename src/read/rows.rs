//! Cells of a sheet, in order, into rows of a grid, under the limits.

use crate::config::settings::Limits;
use crate::read::code::Refusal;
use crate::read::grid::{CELLS_MAX, Grid, GridRow};
use crate::read::shown::Written;

/// Gathers one sheet.
pub(crate) struct Rows<'l> {
    limits: &'l Limits,
    grid: Grid,
    row: GridRow,
    cells: usize,
    characters: u64,
}

impl<'l> Rows<'l> {
    /// Of the sheet with this name.
    pub(crate) fn new(sheet: &str, limits: &'l Limits) -> Self {
        let grid = Grid { sheet: Some(sheet.to_owned()), ..Grid::default() };
        Self { limits, grid, row: GridRow::default(), cells: 0, characters: 0 }
    }

    /// A filled cell; row and column count from 0, and must not go back.
    pub(crate) fn push(&mut self, row: u32, column: u32, cell: Written) -> Result<(), Refusal> {
        let (line, column) = position(row, column, self.limits)?;
        if line < self.row.line || (line == self.row.line && column < self.row.cells.len()) {
            let reason = "the cells of the sheet are out of order: save it again";
            return Err(Refusal::new("broken-workbook", reason));
        }
        if line > self.row.line {
            self.finish(line);
        }
        self.characters = self.characters.saturating_add(u64::try_from(cell.text.len()).unwrap_or(u64::MAX));
        if self.cells + column > CELLS_MAX || self.characters > self.limits.unpacked_bytes_max {
            return Err(too_many_cells());
        }
        self.row.cells.resize(column, String::new());
        self.row.cells.push(cell.text);
        self.row.days.extend(cell.day.map(|day| (column, day)));
        Ok(())
    }

    /// How many rows are there so far.
    pub(crate) fn len(&self) -> usize {
        self.grid.rows.len()
    }

    /// The sheet.
    pub(crate) fn grid(mut self) -> Grid {
        self.finish(0);
        self.grid
    }

    fn finish(&mut self, line: u32) {
        let row = std::mem::replace(&mut self.row, GridRow { line, ..GridRow::default() });
        self.cells += row.cells.len();
        if !row.is_blank() {
            self.grid.keep(row, self.limits);
        }
    }
}

fn position(row: u32, column: u32, limits: &Limits) -> Result<(u32, usize), Refusal> {
    if row > limits.rows_max {
        return Err(too_many_rows(row, limits));
    }
    if column >= limits.columns_max {
        return Err(too_many_columns(limits));
    }
    Ok((row + 1, usize::try_from(column).unwrap_or(usize::MAX)))
}

/// The refusal of a sheet that holds too much in all.
pub(crate) fn too_many_cells() -> Refusal {
    Refusal::new("too-many-cells", "the sheet holds far more than a return: delete unused rows")
}

/// The refusal of a sheet that is too long.
pub(crate) fn too_many_rows(row: u32, limits: &Limits) -> Refusal {
    let row = row.saturating_add(1);
    let reason = format!("the sheet has a cell in row {row}, beyond {}: delete it", limits.rows_max);
    Refusal::new("too-many-rows", reason)
}

/// The refusal of a sheet that is too wide.
pub(crate) fn too_many_columns(limits: &Limits) -> Refusal {
    let most = limits.columns_max;
    let reason = format!("the sheet has more than {most} columns: send the return's columns only");
    Refusal::new("too-many-columns", reason)
}
