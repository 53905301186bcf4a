//! Which sheet of a workbook is the return.

use crate::config::settings::Layout;
use crate::read::code::Refusal;
use crate::read::grid::{Grid, GridRemark};
use crate::read::layout;
use crate::read::text;

/// How many rows of a sheet are looked at for the headings: as many as `header_within` may be.
const HEAD_ROWS: usize = 100;
/// The code of a workbook that does not have the sheet asked for.
const MISSING: &str = "sheet-missing";
const NAMES_SHOWN: usize = 10;

/// A sheet of a workbook, in its order.
pub(crate) struct Sheet {
    /// Its name.
    pub(crate) name: String,
    /// Whether people see it.
    pub(crate) visible: bool,
}

/// What a 0, or nothing, beside a formula is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zeros {
    /// A program computed it.
    Computed,
    /// Who wrote the workbook did not compute it, and put a 0 in place.
    InPlaceOfValues,
}

/// The sheets of a workbook that are wanted, by index, and how many rows of each.
pub(crate) struct Wanted {
    /// In the order of the workbook.
    pub(crate) sheets: Vec<usize>,
    /// All rows of a sheet that is the only one, else as many as headings may stand in.
    pub(crate) rows: usize,
}

impl Wanted {
    /// The named sheet, whole; without a name the visible ones, and only their heads when they are several.
    pub(crate) fn of(sheets: &[Sheet], name: Option<&str>) -> Result<Self, Refusal> {
        let Some(name) = name else {
            let all = sheets.iter().enumerate().filter(|(_, sheet)| sheet.visible);
            let all: Vec<usize> = all.map(|(at, _)| at).collect();
            return match all.len() {
                0 => Err(Refusal::new(MISSING, "the workbook has no visible sheet")),
                1 => Ok(Self { sheets: all, rows: usize::MAX }),
                _ => Ok(Self { sheets: all, rows: HEAD_ROWS }),
            };
        };
        let found = sheets.iter().position(|sheet| text::heading(&sheet.name) == text::heading(name));
        let Some(at) = found else {
            let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            let unseen = sheets.iter().filter(|sheet| !sheet.visible).map(|sheet| sheet.name.as_str());
            let unseen: Vec<&str> = unseen.collect();
            let hidden = match text::listed(&unseen, NAMES_SHOWN) {
                _ if unseen.is_empty() => String::new(),
                unseen => format!(" (of which {unseen} hidden: show what is the return)"),
            };
            let names = text::listed(&names, NAMES_SHOWN);
            let reason = format!("the workbook has no sheet `{name}`; it has {names}{hidden}");
            return Err(Refusal::new(MISSING, reason));
        };
        Ok(Self { sheets: vec![at], rows: usize::MAX })
    }

    /// What was read of a sheet. One of several that is too large to be read is not the return.
    pub(crate) fn read(&self, name: &str, grid: Result<Grid, Refusal>) -> Result<Grid, Refusal> {
        match grid {
            Err(refusal) if self.sheets.len() > 1 && refusal.code.starts_with("too-many-") => {
                Ok(Grid { sheet: Some(name.to_owned()), ..Grid::default() })
            }
            other => other,
        }
    }
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

/// The remark on formulas that have a value.
pub(crate) fn formulas(count: u32) -> Option<GridRemark> {
    let text = match count {
        0 => return None,
        1 => "1 cell holds a formula; the value saved with it was read".to_owned(),
        _ => format!("{count} cells hold formulas; the values saved with them were read"),
    };
    Some(GridRemark::whole("formulas", text))
}

/// The sheet that is the return: the first that a layout names and the workbook has, else the visible one on
/// which a layout without a name finds its headings, the layouts in their order.
///
/// `open` reads the workbook: the named sheet whole, or without a name what [`packed`] says. It is asked
/// again for the sheet that was chosen by its head.
///
/// # Errors
/// Those of `open`: the workbook could not be tried at all. That no sheet is the return, or two are, is a
/// refusal.
///
/// [`packed`]: crate::read::packed::packed
pub fn the_return<E>(
    layouts: &[Layout],
    mut open: impl FnMut(Option<&str>) -> Result<Result<Vec<Grid>, Refusal>, E>,
) -> Result<Result<Grid, Refusal>, E> {
    let mut missing = None;
    let mut named: Vec<&str> = layouts.iter().filter_map(|layout| layout.sheet.as_deref()).collect();
    named.dedup();
    for name in named {
        match open(Some(name))? {
            Err(refusal) if refusal.code == MISSING => {
                missing.get_or_insert(refusal);
            }
            found => return Ok(found.and_then(only)),
        }
    }
    let heads = match open(None)? {
        Ok(heads) => heads,
        Err(refusal) => return Ok(Err(missing.unwrap_or(refusal))),
    };
    let chosen = match chosen(&heads, layouts, missing) {
        Ok(chosen) => chosen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if heads.len() == 1 {
        return Ok(only(heads));
    }
    let sheets: Vec<String> = heads.into_iter().filter_map(|head| head.sheet).collect();
    let Some(name) = sheets.get(chosen) else { return Ok(Err(nothing())) };
    let mut grid = open(Some(name))?.and_then(only);
    if let Ok(grid) = &mut grid {
        grid.remarks.extend(passed_over(name, sheets.get(..chosen).unwrap_or_default()));
    }
    Ok(grid)
}

/// The index of the sheet that is the return, when the one that a layout names is not there.
fn chosen(heads: &[Grid], layouts: &[Layout], missing: Option<Refusal>) -> Result<usize, Refusal> {
    match (recognised(heads, layouts)?, missing) {
        (Some(at), _) => Ok(at),
        (None, Some(missing)) => Err(renamed(missing, heads, layouts)),
        // What the only sheet lacks is told by who reads it.
        (None, None) if heads.len() == 1 => Ok(0),
        (None, None) => Err(layout::without_headings(heads, layouts)),
    }
}

fn only(grids: Vec<Grid>) -> Result<Grid, Refusal> {
    grids.into_iter().next().ok_or_else(nothing)
}

fn nothing() -> Refusal {
    Refusal::new(MISSING, "the workbook has no sheet that could be read")
}

/// The remark on sheets that stand before the return.
fn passed_over(name: &str, before: &[String]) -> Option<GridRemark> {
    (!before.is_empty()).then(|| {
        let (name, before) = (text::shown(name), text::listed(before, NAMES_SHOWN));
        let text = format!("the sheet `{name}` was read, which has the headings; {before} before it has not");
        GridRemark::whole("sheet-chosen", text)
    })
}

/// The sheet on which a layout that names none finds its headings; two such are one too many.
fn recognised(heads: &[Grid], layouts: &[Layout]) -> Result<Option<usize>, Refusal> {
    for layout in layouts.iter().filter(|layout| layout.sheet.is_none()) {
        let found: Vec<usize> = has_headings(heads, layout).collect();
        if let [one] = found.as_slice() {
            return Ok(Some(*one));
        }
        if !found.is_empty() {
            let names: Vec<&str> = found.iter().filter_map(|at| heads.get(*at)?.sheet.as_deref()).collect();
            let names = text::listed(&names, NAMES_SHOWN);
            let reason =
                format!("the sheets {names} all have the headings: hide or delete what is not the return");
            return Err(Refusal::new("ambiguous-sheet", reason));
        }
    }
    Ok(None)
}

fn has_headings<'h>(heads: &'h [Grid], layout: &'h Layout) -> impl Iterator<Item = usize> + 'h {
    let sheets = heads.iter().enumerate();
    sheets.filter(|(_, head)| layout::is_recognised(head, layout)).map(|(at, _)| at)
}

/// The refusal of a workbook without the sheet of its layout, with the sheet that may have been renamed.
fn renamed(mut refusal: Refusal, heads: &[Grid], layouts: &[Layout]) -> Refusal {
    let named = layouts.iter().filter_map(|layout| Some((layout.sheet.as_deref()?, layout)));
    let mut hits = named.flat_map(|(name, layout)| has_headings(heads, layout).map(move |at| (name, at)));
    let hit = hits.next().and_then(|(name, at)| Some((name, heads.get(at)?.sheet.as_deref()?)));
    let more = match hit {
        Some((name, sheet)) => {
            format!("; `{}` has the headings: name it `{name}` again", text::shown(sheet))
        }
        None => match layout::without_headings(heads, layouts) {
            near if near.code == "missing-column" => format!("; {}", near.reason),
            _ => ": send the workbook with that sheet".to_owned(),
        },
    };
    refusal.reason.push_str(&more);
    refusal
}
