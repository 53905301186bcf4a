//! What rows name, whether or not they can be taken in: authorities, quarters, and measures.

use std::collections::BTreeSet;

use crate::config::settings::Shape;
use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::read::code::Refusal;
use crate::read::grid::{Grid, GridRow};
use crate::read::layout::{self, Columns, Header};
use crate::read::long::{LongRows, cell};
use crate::read::number::DecimalMark;
use crate::read::reading::Expected;
use crate::read::subject::Subjects;
use crate::read::tally::Tally;
use crate::read::template::Labels;
use crate::read::wide::WideRows;

/// The quarters that a file is about, oldest first; none where nothing in it says a quarter.
///
/// # Errors
/// When no layout recognises the headings.
pub fn quarters(grid: &Grid, expected: &Expected<'_>) -> Result<BTreeSet<Quarter>, Refusal> {
    let header = layout::find(grid, expected.layouts)?;
    if let Columns::Wide(map) = &header.columns
        && map.figures.iter().any(|column| column.quarter.is_some())
    {
        return Ok(map.figures.iter().filter_map(|column| column.quarter).collect());
    }
    let rows = grid.rows.iter().skip(header.index + 1).filter(|row| !row.is_blank());
    let quarter = of_row(&header, expected);
    Ok(rows.filter_map(quarter).collect())
}

/// The authorities that the rows of a file name; none where no column of it says them.
///
/// # Errors
/// When no layout recognises the headings.
pub fn authorities(grid: &Grid, expected: &Expected<'_>) -> Result<BTreeSet<AuthorityCode>, Refusal> {
    let header = layout::find(grid, expected.layouts)?;
    let at = match &header.columns {
        Columns::Long(map) => Some(map.authority),
        Columns::Wide(map) => map.authority,
        Columns::Tidy(_) => None,
    };
    let Some(at) = at else { return Ok(BTreeSet::new()) };
    let subjects = Subjects::new(expected, None);
    let date = expected.quarter.map(Quarter::last_day);
    let mut silent = Tally::default();
    let rows = grid.rows.iter().skip(header.index + 1).filter(|row| !row.is_blank());
    Ok(rows.filter_map(|row| subjects.authority(cell(row, at), date, row.line, &mut silent).ok()).collect())
}

/// Says the quarter of a row.
type OfRow<'e> = Box<dyn Fn(&GridRow) -> Option<Quarter> + 'e>;

/// What says the quarter of a row, where a row has one.
pub(crate) fn of_row<'e>(header: &'e Header<'e>, expected: &'e Expected<'e>) -> OfRow<'e> {
    let symbols = &header.layout.symbols;
    match &header.columns {
        Columns::Long(map) => {
            let bare_year = match &header.layout.shape {
                Shape::Long(columns) => columns.bare_year,
                Shape::Tidy(_) | Shape::Wide(_) => None,
            };
            let subjects = Subjects::new(expected, bare_year);
            let reader = LongRows::new(subjects, map, symbols, DecimalMark::Point, None);
            Box::new(move |row| reader.quarter(row, &mut Tally::default()).ok())
        }
        Columns::Wide(map) if map.quarter.is_some() || map.date.is_some() => {
            let subjects = Subjects::new(expected, map.shape.bare_year);
            let reader = WideRows::new(subjects, map, symbols, DecimalMark::Point, None);
            Box::new(move |row| reader.time(row, &mut Tally::default()).ok().map(|(quarter, _)| quarter))
        }
        Columns::Wide(_) | Columns::Tidy(_) => Box::new(|_| None),
    }
}

/// The measures that rows name, of a return.
pub(crate) fn indicators(
    header: &Header<'_>,
    expected: &Expected<'_>,
    rows: &[&GridRow],
) -> BTreeSet<IndicatorId> {
    let mut silent = Tally::default();
    let subjects = Subjects::new(expected, None);
    match &header.columns {
        Columns::Long(map) => rows
            .iter()
            .filter_map(|row| {
                let written = cell(row, map.indicator);
                // Of a misspelt one the sender is told what they may have meant: it is not lacking besides.
                let found = subjects.indicator(written, row.line, &mut silent);
                found.ok().or_else(|| subjects.nearest(written))
            })
            .map(|indicator| indicator.id.clone())
            .collect(),
        Columns::Wide(map) => {
            let measures = &map.shape.measures;
            let Some(at) = map.indicator else {
                // A row is a whole return.
                let whole = measures.iter().filter(|_| !rows.is_empty());
                return whole.map(|measure| measure.indicator.clone()).collect();
            };
            let labels = Labels::of(map);
            let found = rows.iter().flat_map(|row| labels.measures(cell(row, at)));
            found.filter_map(|index| measures.get(index)).map(|measure| measure.indicator.clone()).collect()
        }
        Columns::Tidy(_) => BTreeSet::new(),
    }
}
