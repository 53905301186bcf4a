//! Which sheet of a workbook is the return.

use crate::read::code::Refusal;
use crate::read::grid::{Grid, GridRemark};
use crate::read::text;

/// Two sheets that share a row of so many texts look like two returns.
const ALIKE_TEXTS: usize = 3;
/// How many rows of a sheet are compared with the return's.
pub(crate) const ALIKE_ROWS: usize = 30;

/// A sheet of a workbook, in its order.
pub(crate) struct Sheet {
    /// Its name.
    pub(crate) name: String,
    /// Whether people see it.
    pub(crate) visible: bool,
}

/// The index of the named sheet; without a name of the first visible one.
pub(crate) fn chosen(sheets: &[Sheet], wanted: Option<&str>) -> Result<usize, Refusal> {
    let Some(wanted) = wanted else {
        let first = sheets.iter().position(|sheet| sheet.visible);
        return first.ok_or_else(|| Refusal::new("sheet-missing", "the workbook has no visible sheet"));
    };
    let found = sheets.iter().position(|sheet| text::heading(&sheet.name) == text::heading(wanted));
    found.ok_or_else(|| {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        let reason = format!("the workbook has no sheet `{wanted}`; it has {}", text::listed(&names, 10));
        Refusal::new("sheet-missing", reason)
    })
}

/// Refuses a workbook of which another visible sheet looks like the return too.
pub(crate) fn is_alone(grid: &Grid, other: &Grid) -> Result<(), Refusal> {
    if !are_alike(grid, other) {
        return Ok(());
    }
    let names = [grid, other].map(|grid| grid.sheet.clone().unwrap_or_default());
    let names = text::listed(&names, 2);
    let reason = format!("the sheets {names} both look like the return: delete the one that is not");
    Err(Refusal::new("ambiguous-sheet", reason))
}

fn are_alike(one: &Grid, other: &Grid) -> bool {
    let head = |grid: &Grid| -> Vec<Vec<String>> {
        let rows = grid.rows.iter().take(ALIKE_ROWS);
        rows.map(|row| row.cells.iter().map(|cell| text::heading(cell)).collect()).collect()
    };
    let theirs = head(other);
    head(one)
        .iter()
        .any(|row| row.iter().filter(|cell| !cell.is_empty()).count() >= ALIKE_TEXTS && theirs.contains(row))
}

/// The remark on sheets that people do not see.
pub(crate) fn hidden(sheets: &[Sheet]) -> Option<GridRemark> {
    let hidden: Vec<&str> =
        sheets.iter().filter(|sheet| !sheet.visible).map(|sheet| sheet.name.as_str()).collect();
    if hidden.is_empty() {
        return None;
    }
    let names = text::listed(&hidden, 5);
    Some(GridRemark::whole(
        "hidden-sheet",
        format!("the workbook has hidden sheets ({names}), which were not read"),
    ))
}

/// The remark on formulas.
pub(crate) fn formulas(count: u32) -> Option<GridRemark> {
    (count > 0).then(|| {
        let text = format!("{count} cells hold formulas; the values saved with them were read");
        GridRemark::whole("formulas", text)
    })
}
