//! Merged cells: what stands in the first speaks for the whole range, and what it covers is not there.

use chrono::NaiveDate;

use crate::config::settings::Limits;
use crate::read::code::Refusal;
use crate::read::grid::{CELLS_MAX, Grid, GridRow};
use crate::read::rows::too_many_cells;

/// A merged range; rows and columns count from 0, both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) first_row: u32,
    pub(crate) last_row: u32,
    pub(crate) first_column: u32,
    pub(crate) last_column: u32,
}

/// A range at the rows that it covers.
struct Speaking {
    range: Range,
    text: String,
    day: Option<NaiveDate>,
}

/// Lets merged cells speak for their ranges.
///
/// Down its first column a range repeats what it says, in rows that say something of their own. To the right
/// it does not: a number over the columns of numerator and denominator is not both, and a heading over three
/// columns is carried on by who reads headings. What lies hidden under a range is dropped.
///
/// # Errors
/// When ranges overlap, as they cannot in a sheet that a program shows, or the cells become too many.
pub(crate) fn speak(grid: &mut Grid, mut ranges: Vec<Range>, limits: &Limits) -> Result<(), Refusal> {
    let is_many = |range: &Range| {
        (range.first_row < range.last_row && range.first_column <= range.last_column)
            || (range.first_row == range.last_row && range.first_column < range.last_column)
    };
    ranges.retain(|range| is_many(range) && range.first_column < limits.columns_max);
    if ranges.is_empty() {
        return Ok(());
    }
    ranges.sort_unstable();
    let mut waiting = ranges.into_iter().peekable();
    let mut speaking: Vec<Speaking> = Vec::new();
    let (mut cells, mut bytes) = (grid.rows.iter().map(|row| row.cells.len()).sum::<usize>(), 0_u64);
    for row in &mut grid.rows {
        let at = row.line.saturating_sub(1);
        speaking.retain(|one| one.range.last_row >= at);
        while let Some(range) = waiting.next_if(|range| range.first_row <= at) {
            if range.last_row >= at {
                speaking.push(begun(row, at, range));
            }
        }
        if speaking.len() > usize::try_from(limits.columns_max).unwrap_or(usize::MAX) {
            let reason = "merged cells of the sheet overlap each other: save it again";
            return Err(Refusal::new("broken-workbook", reason));
        }
        for one in &speaking {
            cover(row, at, one.range);
        }
        if row.is_blank() {
            row.cells.clear();
            continue;
        }
        for one in speaking.iter().filter(|one| one.range.first_row < at && !one.text.is_empty()) {
            cells += repeat(row, one);
            bytes = bytes.saturating_add(u64::try_from(one.text.len()).unwrap_or(u64::MAX));
        }
        if cells > CELLS_MAX || bytes > limits.unpacked_bytes_max {
            return Err(too_many_cells());
        }
    }
    grid.rows.retain(|row| !row.cells.is_empty());
    Ok(())
}

/// A range that begins at this row; one whose first row is not in the grid says nothing.
fn begun(row: &GridRow, at: u32, range: Range) -> Speaking {
    let column = usize::try_from(range.first_column).unwrap_or(usize::MAX);
    let own = row.cells.get(column).filter(|_| range.first_row == at);
    let day = row.day(column).filter(|_| range.first_row == at);
    Speaking { range, text: own.cloned().unwrap_or_default(), day }
}

/// Drops what a range hides in a row.
fn cover(row: &mut GridRow, at: u32, range: Range) {
    let [first, last] = [range.first_column, range.last_column].map(|at| usize::try_from(at).unwrap_or(0));
    let first = if range.first_row == at { first + 1 } else { first };
    let hidden = first..last.saturating_add(1).min(row.cells.len());
    row.days.retain(|(column, _)| !hidden.contains(column));
    row.cells.get_mut(hidden).into_iter().flatten().for_each(String::clear);
}

/// Says again what a range says, and says by how many cells the row grew.
fn repeat(row: &mut GridRow, one: &Speaking) -> usize {
    let column = usize::try_from(one.range.first_column).unwrap_or(usize::MAX);
    let before = row.cells.len();
    if column >= before {
        row.cells.resize(column + 1, String::new());
    }
    if let Some(cell) = row.cells.get_mut(column) {
        cell.clone_from(&one.text);
    }
    row.days.extend(one.day.map(|day| (column, day)));
    row.covered.push((column, one.range.first_row + 1));
    row.cells.len() - before
}

#[cfg(test)]
mod tests {
    use super::{Range, speak};
    use crate::config::settings::Limits;
    use crate::read::grid::{Grid, GridRow};

    fn limits() -> Limits {
        Limits {
            file_bytes_max: 1,
            unpacked_bytes_max: 100,
            rows_max: 10,
            columns_max: 4,
            field_chars_max: 100,
            connect_seconds: 1,
            fetch_seconds: 1,
            fetches_at_once: 1,
            run_seconds: 1,
            run_mebibytes: 1,
            database_mebibytes: 1,
            worker_mebibytes: 1,
            worker_seconds: 1,
            result_rows_max: 1,
        }
    }

    fn grid(rows: &[&str]) -> Grid {
        let rows = (1..).zip(rows).filter(|(_, row)| !row.is_empty());
        let cells = |row: &str| row.split('|').map(str::to_owned).collect();
        let rows = rows.map(|(line, row)| GridRow::of_texts(line, cells(row))).collect();
        Grid { rows, ..Grid::default() }
    }

    fn range(first_row: u32, last_row: u32, first_column: u32, last_column: u32) -> Range {
        Range { first_row, last_row, first_column, last_column }
    }

    fn spoken(rows: &[&str], ranges: &[Range]) -> Vec<String> {
        let mut grid = grid(rows);
        speak(&mut grid, ranges.to_vec(), &limits()).unwrap();
        grid.rows.iter().map(|row| format!("{} {}", row.line, row.cells.join("|"))).collect()
    }

    #[test]
    fn a_range_speaks_down_its_first_column_in_rows_that_say_something() {
        let rows = ["a|1", "hidden|2", "", "|3|hidden", "|4"];
        assert_eq!(spoken(&rows, &[range(0, 3, 0, 0)]), ["1 a|1", "2 a|2", "4 a|3|hidden", "5 |4"]);
        let wide = spoken(&["t|x|x", "x|x|x|7", "x|x", "|1"], &[range(0, 2, 0, 2)]);
        assert_eq!(wide, ["1 t||", "2 t|||7", "4 |1"]);
        assert_eq!(spoken(&["|1", "|2"], &[range(0, 1, 3, 3)]), ["1 |1", "2 |2"]);
    }

    #[test]
    fn ranges_that_overlap_without_end_are_refused() {
        let many = vec![range(0, 9, 0, 0); 9];
        assert_eq!(speak(&mut grid(&["a"]), many, &limits()).unwrap_err().code, "broken-workbook");
        let long = "a".repeat(60);
        let mut rows = grid(&[&long, "|1", "|2"]);
        assert_eq!(speak(&mut rows, vec![range(0, 9, 0, 0)], &limits()).unwrap_err().code, "too-many-cells");
        let backwards = vec![range(5, 1, 0, 0), range(0, 0, 3, 1)];
        assert_eq!(speak(&mut grid(&["a|b"]), backwards, &limits()), Ok(()));
    }
}
