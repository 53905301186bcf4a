//! Long rows: one row is one authority's figure for one indicator and quarter.

use crate::config::settings::Symbol;
use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Figure, Observation, Place, Status};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::read::code::{Objection, Refusal};
use crate::read::figures::{self, Cell, Part, Rules};
use crate::read::grid::GridRow;
use crate::read::layout::LongMap;
use crate::read::number::DecimalMark;
use crate::read::subject::{self, Subjects};
use crate::read::tally::Tally;

const NOTE_CHARS_MAX: usize = 1_000;

/// Reads long rows.
pub(crate) struct LongRows<'e> {
    subjects: Subjects<'e>,
    map: &'e LongMap,
    symbols: &'e [Symbol],
    mark: DecimalMark,
    sheet: Option<String>,
}

impl<'e> LongRows<'e> {
    /// For the columns of `map`.
    pub(crate) fn new(
        subjects: Subjects<'e>,
        map: &'e LongMap,
        symbols: &'e [Symbol],
        mark: DecimalMark,
        sheet: Option<String>,
    ) -> Self {
        Self { subjects, map, symbols, mark, sheet }
    }

    /// Refuses a file in which no row is about the authority or quarter asked for, but some are about others.
    pub(crate) fn check_subject(&self, rows: &[&GridRow]) -> Result<(), Refusal> {
        let mut silent = Tally::default();
        let authorities = rows.iter().filter_map(|row| self.authority(row, None, &mut silent).ok());
        refuse_other_authority(&self.subjects, authorities)?;
        let mut silent = Tally::default();
        let quarters = rows.iter().filter_map(|row| self.quarter(row, &mut silent).ok());
        refuse_other_quarter(&self.subjects, quarters)
    }

    /// One row, or why it is quarantined.
    pub(crate) fn read(&self, row: &GridRow, tally: &mut Tally) -> Result<Observation, Objection> {
        for (name, at) in [
            ("authority", self.map.authority),
            ("indicator", self.map.indicator),
            ("quarter", self.map.quarter),
        ] {
            if let Some(objection) = figures::invisible(name, cell(row, at)) {
                return Err(objection.at(at));
            }
        }
        let quarter = self.quarter(row, tally);
        let authority = self.authority(row, quarter.as_ref().ok(), tally)?;
        self.subjects.is_ours(&authority).map_err(|objection| objection.at(self.map.authority))?;
        let written = cell(row, self.map.indicator);
        let indicator = self.subjects.indicator(written, row.line, tally);
        let indicator = indicator.map_err(|objection| objection.at(self.map.indicator))?;
        let quarter = quarter?;
        let date = quarter.last_day();
        let asked_for = self.subjects.is_asked_for(quarter, date);
        asked_for.map_err(|objection| objection.at(self.map.quarter))?;
        let existing = self.subjects.exists(&authority, date, row.line, tally);
        existing.map_err(|objection| objection.at(self.map.authority))?;
        let (figure, symbol) = self.figure(row, indicator, quarter, tally).map_err(|objection| {
            objection.located(|part| match part {
                Part::Numerator => Some(self.map.numerator),
                Part::Denominator => Some(self.map.denominator),
                Part::Value => Some(self.map.value),
            })
        })?;
        Ok(Observation {
            authority,
            indicator: indicator.id.clone(),
            quarter,
            figure,
            place: Place { sheet: self.sheet.clone(), line: row.line, column: None },
            symbol,
            note: self.map.note.and_then(|at| note(cell(row, at))),
        })
    }

    fn authority(
        &self,
        row: &GridRow,
        quarter: Option<&Quarter>,
        tally: &mut Tally,
    ) -> Result<AuthorityCode, Objection> {
        let (at, date) = (self.map.authority, quarter.map(|quarter| quarter.last_day()));
        let found = self.subjects.authority(cell(row, at), date, row.line, tally);
        found.map_err(|objection| objection.at(at))
    }

    /// The quarter of a row.
    pub(crate) fn quarter(&self, row: &GridRow, tally: &mut Tally) -> Result<Quarter, Objection> {
        let year = self.map.year.map_or("", |at| cell(row, at));
        let found = self.subjects.quarter(cell(row, self.map.quarter), year, row.line, tally);
        found.map_err(|objection| objection.at(self.map.quarter))
    }

    fn figure(
        &self,
        row: &GridRow,
        indicator: &Indicator,
        quarter: Quarter,
        tally: &mut Tally,
    ) -> Result<(Figure, Option<String>), Objection> {
        let rules =
            Rules { symbols: self.symbols, date: quarter.last_day(), mark: self.mark, line: row.line };
        let numerator = rules.cell(cell(row, self.map.numerator), Part::Numerator, indicator, tally)?;
        let denominator = rules.cell(cell(row, self.map.denominator), Part::Denominator, indicator, tally)?;
        let value = rules.cell(cell(row, self.map.value), Part::Value, indicator, tally)?;
        let symbol = [value, numerator, denominator].into_iter().find_map(Cell::symbol);
        let stated = subject::status(self.map.status.map_or("", |at| cell(row, at)))
            .map_err(|objection| objection.at(self.map.status))?;
        let status = stated.or(symbol.map(|(_, status)| status)).unwrap_or(Status::Ok);
        let figure = Figure {
            numerator: numerator.number(),
            denominator: denominator.number(),
            value: value.number(),
            status,
        };
        let figure = figures::settled(indicator, figure, row.line, tally);
        self.subjects.is_sound(indicator, &figure)?;
        Ok((figure, symbol.map(|(text, _)| text.to_owned())))
    }
}

/// Refuses a file of which no row is about the authority asked for, but some are about others.
pub(crate) fn refuse_other_authority(
    subjects: &Subjects<'_>,
    found: impl Iterator<Item = AuthorityCode>,
) -> Result<(), Refusal> {
    let Some(asked) = subjects.expected.authority else { return Ok(()) };
    subject::only_others(found, asked).map_or(Ok(()), |other| {
        let reason =
            format!("every row is about `{other}`, but this is the return of `{asked}`: send the right file");
        Err(Refusal::new("wrong-authority", reason))
    })
}

/// Refuses a file of which no row is about the quarter asked for, but some are about others.
pub(crate) fn refuse_other_quarter(
    subjects: &Subjects<'_>,
    found: impl Iterator<Item = Quarter>,
) -> Result<(), Refusal> {
    let Some(asked) = subjects.expected.quarter else { return Ok(()) };
    subject::only_others(found, &asked).map_or(Ok(()), |other| {
        let reason =
            format!("every row is about {other}, but the return of {asked} was asked for: send that one");
        Err(Refusal::new("wrong-quarter", reason))
    })
}

/// A note as it is kept; none when it is empty.
pub(crate) fn note(written: &str) -> Option<String> {
    let note = written.split_whitespace().collect::<Vec<_>>().join(" ");
    (!note.is_empty()).then(|| note.chars().take(NOTE_CHARS_MAX).collect())
}

/// A cell of a row, trimmed of what is typed and not seen; empty when the row ends before it.
///
/// Only plain white space is trimmed: invisible characters are objected to.
pub(crate) fn cell(row: &GridRow, at: usize) -> &str {
    row.cells.get(at).map_or("", |cell| cell.trim_matches([' ', '\t', '\r', '\n']))
}
