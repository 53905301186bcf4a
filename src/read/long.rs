//! Long rows: one row is one authority's figure for one indicator and quarter.

use crate::config::settings::Symbol;
use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Figure, Observation, Place, Status};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::read::code::Refusal;
use crate::read::doubt;
use crate::read::figures::{self, Cell, Part, Rules};
use crate::read::grid::{FORMULA_WITHOUT_VALUE, GridRow};
use crate::read::layout::LongMap;
use crate::read::missing;
use crate::read::number::DecimalMark;
use crate::read::objection::{Faults, Objection};
use crate::read::subject::{self, Subjects};
use crate::read::succession;
use crate::read::tally::{Spot, Tally};

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

    /// One row, or everything for which it is quarantined.
    pub(crate) fn read(&self, row: &GridRow, tally: &mut Tally) -> Result<Observation, Objection> {
        let mut faults = Faults::default();
        for (name, at) in [
            ("authority", self.map.authority),
            ("indicator", self.map.indicator),
            ("quarter", self.map.quarter),
        ] {
            if let Some(objection) = figures::invisible(name, cell(row, at)) {
                faults.object(objection.at(at));
            }
        }
        let quarter = self.quarter(row, tally);
        let authority = faults.ok(self.authority(row, quarter.as_ref().ok(), tally));
        let ours = authority.as_ref().map_or(Ok(()), |authority| self.subjects.is_ours(authority));
        faults.ok(ours.map_err(|objection| objection.at(self.map.authority)));
        let written = cell(row, self.map.indicator);
        let indicator = self.subjects.indicator(written, row.line, tally);
        let indicator = faults.ok(indicator.map_err(|objection| objection.at(self.map.indicator)));
        let quarter = faults.ok(quarter);
        if let Some(quarter) = quarter {
            let asked_for = self.subjects.is_asked_for(quarter, quarter.last_day());
            faults.ok(asked_for.map_err(|objection| objection.at(self.map.quarter)));
        }
        if let Some((authority, quarter)) = authority.as_ref().zip(quarter) {
            let existing = self.subjects.exists(authority, quarter.last_day(), row.line, tally);
            faults.ok(existing.map_err(|objection| objection.at(self.map.authority)));
        }
        let figure = self.figure(row, (indicator, quarter), tally, &mut faults);
        let whole = authority.zip(indicator).zip(quarter).zip(figure);
        let (((authority, indicator), quarter), (figure, symbol)) = faults.settle(whole)?;
        Ok(Observation {
            authority,
            indicator: indicator.id.clone(),
            quarter,
            figure,
            place: Place { sheet: self.sheet.clone(), line: row.line, column: None },
            symbol,
            note: self.map.note.and_then(|at| noted(row, at, tally)),
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
        let found = self.subjects.quarter_in(row, self.map.quarter, year, tally);
        found.map_err(|objection| objection.at(self.map.quarter))
    }

    /// The figure. Its cells are looked at, too, where something else is wrong with the row.
    fn figure(
        &self,
        row: &GridRow,
        (indicator, quarter): (Option<&Indicator>, Option<Quarter>),
        tally: &mut Tally,
        faults: &mut Faults,
    ) -> Option<(Figure, Option<String>)> {
        let expected = self.subjects.expected;
        let columns = [self.map.numerator, self.map.denominator, self.map.value];
        let spots = columns.map(|at| Spot { line: row.line, column: Some(at) });
        let date = quarter.or(expected.quarter).map_or(expected.today, Quarter::last_day);
        let rules = Rules { symbols: self.symbols, date, mark: self.mark, spots };
        let mut silent = Tally::default();
        let heard = if faults.is_empty() { &mut *tally } else { &mut silent };
        let mut read = |part: Part, at: usize| {
            let read = rules.cell(cell(row, at), part, indicator, heard);
            faults.ok(read.map_err(|objection| objection.at(at)))
        };
        let numerator = read(Part::Numerator, self.map.numerator);
        let denominator = read(Part::Denominator, self.map.denominator);
        let value = read(Part::Value, self.map.value);
        let written = self.map.status.map_or("", |at| missing::blanked(cell(row, at)));
        let stated = faults.ok(subject::status(written).map_err(|objection| objection.at(self.map.status)));
        let ((numerator, denominator), value) = numerator.zip(denominator).zip(value)?;
        let (indicator, stated) = indicator.zip(stated).filter(|_| faults.is_empty())?;
        let figure = self.sound(row, &rules, (indicator, [numerator, denominator, value], stated), tally);
        faults.ok(figure.map_err(|objection| objection.located(|part| Some(self.column(part)))))
    }

    fn column(&self, part: Part) -> usize {
        match part {
            Part::Numerator => self.map.numerator,
            Part::Denominator => self.map.denominator,
            Part::Value => self.map.value,
        }
    }

    fn sound(
        &self,
        row: &GridRow,
        rules: &Rules<'_>,
        (indicator, cells, stated): (&Indicator, [Cell<'_>; 3], Option<Status>),
        tally: &mut Tally,
    ) -> Result<(Figure, Option<String>), Objection> {
        let [numerator, denominator, value] = rules.needed(cells, indicator, stated, tally)?;
        for at in [self.map.numerator, self.map.denominator, self.map.value] {
            note_covered(row, at, tally);
        }
        let symbol = [value, numerator, denominator].into_iter().find_map(Cell::symbol);
        let status = stated.or(symbol.map(|(_, status)| status)).unwrap_or(Status::Ok);
        let figure = Figure {
            numerator: numerator.number(),
            denominator: denominator.number(),
            value: value.number(),
            status,
        };
        let figure = figures::settled(indicator, figure, row.line, tally);
        self.subjects.is_sound(indicator, &figure)?;
        doubt::note(indicator, self.subjects.expected.cadence, &figure, rules.spots, row.line, tally);
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
        if let Some(words) = succession::another_code(subjects.expected, &other, asked) {
            let reason = format!("every row is about {words} in each of them, and send the file again");
            return Err(Refusal::new("wrong-authority", reason));
        }
        let (other, asked) = (subjects.expected.called(&other), subjects.expected.called(asked));
        let reason =
            format!("every row is about {other}, but this is the return of {asked}: send the right file");
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

fn noted(row: &GridRow, at: usize, tally: &mut Tally) -> Option<String> {
    let written = cell(row, at);
    if missing::writer(written).is_some() && !missing::is_said(written) {
        tally.note("missing-word", Spot { line: row.line, column: Some(at) }, written);
    }
    note(missing::blanked(written))
}

/// Notes a figure that a merged cell speaks for.
pub(crate) fn note_covered(row: &GridRow, at: usize, tally: &mut Tally) {
    if row.covered_by(at).is_some() && !cell(row, at).is_empty() {
        tally.note("merged-cells", Spot { line: row.line, column: Some(at) }, cell(row, at));
    }
}

/// A note as it is kept; none when it is empty, or a formula that nobody computed.
pub(crate) fn note(written: &str) -> Option<String> {
    let written = if written == FORMULA_WITHOUT_VALUE { "" } else { written };
    let note = written.split_whitespace().collect::<Vec<_>>().join(" ");
    (!note.is_empty()).then(|| note.chars().take(NOTE_CHARS_MAX).collect())
}

/// A cell of a row, as [`GridRow::text`].
pub(crate) fn cell(row: &GridRow, at: usize) -> &str {
    row.text(at)
}
