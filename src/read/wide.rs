//! Wide rows: one row is one authority with a column for each measure, or one measure or a part of it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::config::settings::{Symbol, Time};
use crate::domain::authority::{AuthorityCode, Level};
use crate::domain::figure::{Area, Figure, Observation, Place, Status};
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::quarter::{Quarter, day_from_spelling};
use crate::read::across::WideMap;
use crate::read::code::Refusal;
use crate::read::doubt;
use crate::read::figures::{self, Cell, Part, Rules};
use crate::read::grid::GridRow;
use crate::read::long::{cell, note, note_covered, refuse_other_authority, refuse_other_quarter};
use crate::read::missing;
use crate::read::number::DecimalMark;
use crate::read::objection::{Faults, Objection};
use crate::read::subject::{self, Subjects};
use crate::read::tally::{Spot, Tally};
use crate::read::text::{self, shown};
use crate::read::tidy::is_meant;

/// A cell of a figure: which part, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'g> {
    pub(crate) part: Part,
    pub(crate) row: &'g GridRow,
    pub(crate) at: usize,
}

/// What a figure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) authority: AuthorityCode,
    /// The index of the measure.
    pub(crate) measure: usize,
    pub(crate) quarter: Quarter,
    /// The reference date.
    pub(crate) date: NaiveDate,
}

/// Reads wide rows, and gathers the areas that a publisher's file names.
pub(crate) struct WideRows<'e> {
    pub(crate) subjects: Subjects<'e>,
    pub(crate) map: &'e WideMap<'e>,
    symbols: &'e [Symbol],
    mark: DecimalMark,
    sheet: Option<String>,
    indicators: HashMap<&'e str, &'e Indicator>,
    areas: BTreeMap<AuthorityCode, Area>,
}

impl<'e> WideRows<'e> {
    /// For the columns of `map`.
    pub(crate) fn new(
        subjects: Subjects<'e>,
        map: &'e WideMap<'e>,
        symbols: &'e [Symbol],
        mark: DecimalMark,
        sheet: Option<String>,
    ) -> Self {
        let all = subjects.expected.indicators.iter();
        let indicators = all.map(|indicator| (indicator.id.as_str(), indicator)).collect();
        Self { subjects, map, symbols, mark, sheet, indicators, areas: BTreeMap::new() }
    }

    /// The areas named so far, in order of code.
    pub(crate) fn areas(self) -> Vec<Area> {
        self.areas.into_values().collect()
    }

    /// Refuses a file that is about another authority or quarter than asked for, by its rows, its headings or
    /// what stands above them.
    pub(crate) fn check_subject(&self, rows: &[&GridRow], title: &[GridRow]) -> Result<(), Refusal> {
        self.map.has_one_column_each(self.subjects.expected.quarter)?;
        let mut silent = Tally::default();
        if self.map.authority.is_some() {
            let found = rows.iter().filter_map(|row| self.authority(row, None, &mut silent).ok());
            refuse_other_authority(&self.subjects, found)?;
        } else {
            let date = self.subjects.expected.quarter.map(Quarter::last_day);
            let words = title.iter().flat_map(|row| &row.cells);
            let words = words.flat_map(|cell| [Some(cell.as_str()), cell.split_once(':').map(|(_, it)| it)]);
            let found = words.flatten().filter_map(|words| {
                let words = words.trim();
                AuthorityCode::parse(words).ok().or_else(|| self.subjects.named(words, date))
            });
            refuse_other_authority(&self.subjects, found)?;
        }
        let quarters: Vec<Quarter> = match &self.map.shape.time {
            Time::Across => self.map.figures.iter().filter_map(|one| one.quarter).collect(),
            Time::Column(..) | Time::Date(_) => {
                let mut silent = Tally::default();
                rows.iter().filter_map(|row| self.time(row, &mut silent).ok().map(|(it, _)| it)).collect()
            }
            Time::Fixed(quarter) => vec![*quarter],
            Time::Return => {
                // A day above the headings may be the one on which the form was filled in.
                let words = title.iter().flat_map(|row| &row.cells);
                let words = words.filter(|cell| cell.to_lowercase().contains('q'));
                let words = words.map(|cell| cell.split_once(':').map_or(cell.as_str(), |(_, it)| it));
                words.filter_map(Quarter::from_spelling).collect()
            }
        };
        refuse_other_quarter(&self.subjects, quarters.into_iter())
    }

    /// One row with a column for each measure, or why it is quarantined.
    pub(crate) fn read(&mut self, row: &GridRow, tally: &mut Tally) -> Result<Vec<Observation>, Objection> {
        if self.map.leaves_out(row) {
            return Ok(Vec::new());
        }
        if !self.map.figures.is_empty() {
            return self.read_across(row, tally);
        }
        let mut faults = Faults::default();
        let time = faults.ok(self.time(row, tally));
        if time.is_none() {
            // Whose row it is may be wrong besides.
            let whose = self.authority(row, None, tally).and_then(|whose| {
                self.subjects.is_ours(&whose).map_err(|objection| objection.at(self.map.authority))
            });
            faults.ok(whose);
        }
        let subject = time.and_then(|(quarter, date)| faults.ok(self.subject(row, quarter, date, tally)));
        let ((quarter, date), authority) = faults.settle(time.zip(subject))?;
        let mut faults = Faults::default();
        let mut observations = Vec::with_capacity(self.map.measures.len());
        for (measure, map) in self.map.measures.iter().enumerate() {
            if !is_meant(map, row) {
                continue;
            }
            let columns = [
                (Part::Numerator, map.numerator),
                (Part::Denominator, map.denominator),
                (Part::Value, map.value),
            ];
            let pieces = columns.into_iter().filter_map(|(part, at)| Some(Piece { part, row, at: at? }));
            let pieces: Vec<Piece<'_>> = pieces.collect();
            let key = Key { authority: authority.clone(), measure, quarter, date };
            match self.observation(&key, &map.measure.indicator, &pieces, tally) {
                Ok(read) => observations.extend(read),
                Err(objections) => objections.into_iter().for_each(|(_, one)| faults.object(one)),
            }
        }
        faults.settle(Some(observations))
    }

    /// One row of an authority with a column for each measure and quarter.
    fn read_across(&mut self, row: &GridRow, tally: &mut Tally) -> Result<Vec<Observation>, Objection> {
        let (map, asked) = (self.map, self.subjects.expected.quarter);
        let mut figures: BTreeMap<(Quarter, usize), Vec<Piece<'_>>> = BTreeMap::new();
        for column in &map.figures {
            let Some((quarter, measure)) = column.quarter.zip(column.measure) else { continue };
            // A publisher's table has columns for years to come.
            let is_to_come = quarter.last_day() > self.subjects.expected.today;
            if asked.is_some_and(|asked| asked != quarter) || (is_to_come && cell(row, column.at).is_empty())
            {
                continue;
            }
            let piece = Piece { part: column.part.unwrap_or(Part::Value), row, at: column.at };
            figures.entry((quarter, measure)).or_default().push(piece);
        }
        let (mut faults, mut observations) = (Faults::default(), Vec::with_capacity(figures.len()));
        for ((quarter, measure), pieces) in figures {
            let date = quarter.last_day();
            let subject = faults.ok(self.subject(row, quarter, date, tally));
            let Some((authority, of)) = subject.zip(map.shape.measures.get(measure)) else { break };
            let key = Key { authority, measure, quarter, date };
            match self.observation(&key, &of.indicator, &pieces, tally) {
                Ok(read) => observations.extend(read),
                Err(objections) => objections.into_iter().for_each(|(_, one)| faults.object(one)),
            }
        }
        faults.settle(Some(observations))
    }

    /// The quarter and the reference date of a row.
    pub(crate) fn time(&self, row: &GridRow, tally: &mut Tally) -> Result<(Quarter, NaiveDate), Objection> {
        let last_day = |quarter: Quarter| (quarter, quarter.last_day());
        if let Some(at) = self.map.date {
            let written = cell(row, at);
            let date = row.day(at).or_else(|| day_from_spelling(written)).ok_or_else(|| {
                let reason = format!("`{}` is not a day: write it as 30/09/2017", shown(written));
                let kind = "are not days: write them as 30/09/2017";
                Objection::new("bad-date", reason).at(at).like(written, kind)
            })?;
            return Ok((Quarter::containing(date), date));
        }
        if let Some(at) = self.map.quarter {
            let year = self.map.year.map_or("", |at| cell(row, at));
            let found = self.subjects.quarter_in(row, at, year, tally);
            return found.map(last_day).map_err(|objection| objection.at(at));
        }
        let fixed = match self.map.shape.time {
            Time::Fixed(quarter) => Some(quarter),
            _ => self.subjects.expected.quarter,
        };
        fixed.map(last_day).ok_or_else(|| {
            let reason = "nothing says which quarter the row is about: write it as 2017-18 Q2";
            Objection::new("quarter-missing", reason)
        })
    }

    /// Whose row it is, in the quarter and on the date.
    pub(crate) fn subject(
        &mut self,
        row: &GridRow,
        quarter: Quarter,
        date: NaiveDate,
        tally: &mut Tally,
    ) -> Result<AuthorityCode, Objection> {
        let authority = self.authority(row, Some(date), tally)?;
        self.subjects.is_ours(&authority).map_err(|objection| objection.at(self.map.authority))?;
        let asked_for = self.subjects.is_asked_for(quarter, date);
        asked_for.map_err(|objection| objection.at(self.map.quarter.or(self.map.date)))?;
        let existing = self.subjects.exists(&authority, date, row.line, tally);
        existing.map_err(|objection| objection.at(self.map.authority))?;
        if !self.subjects.is_return() {
            let area = self.area(row, &authority);
            self.areas.entry(authority.clone()).or_insert(area);
        }
        Ok(authority)
    }

    fn authority(
        &self,
        row: &GridRow,
        date: Option<NaiveDate>,
        tally: &mut Tally,
    ) -> Result<AuthorityCode, Objection> {
        let Some(at) = self.map.authority else {
            return self.subjects.expected.authority.cloned().ok_or_else(|| {
                Objection::new("authority-missing", "nothing says which authority the row is about")
            });
        };
        let found = self.subjects.authority(cell(row, at), date, row.line, tally);
        found.map_err(|objection| objection.at(at))
    }

    fn area(&self, row: &GridRow, code: &AuthorityCode) -> Area {
        let filled = |at: Option<usize>| at.map(|at| cell(row, at)).filter(|text| !text.is_empty());
        let of_authority = |at| filled(at).filter(|_| code.level() == Level::Authority).map(str::to_owned);
        Area {
            code: code.clone(),
            name: filled(self.map.name).unwrap_or(code.as_str()).to_owned(),
            dfe_number: of_authority(self.map.dfe_number),
            region: of_authority(self.map.region),
        }
    }

    /// The figure that the cells make; none when its indicator is not collected. Objections come each with
    /// the index of the piece at fault.
    pub(crate) fn observation(
        &self,
        key: &Key,
        indicator: &IndicatorId,
        pieces: &[Piece<'_>],
        tally: &mut Tally,
    ) -> Result<Option<Observation>, Vec<(usize, Objection)>> {
        let Some(indicator) = self.indicators.get(indicator.as_str()) else { return Ok(None) };
        let index = |part: Part| pieces.iter().position(|piece| piece.part == part);
        let lead = [Part::Value, Part::Numerator, Part::Denominator].into_iter().find_map(index);
        let Some(first) = lead.and_then(|at| pieces.get(at)) else { return Ok(None) };
        let at_fault = |objection: Objection| {
            let each = objection.each().into_iter().map(|objection| {
                let at = objection.part.and_then(index).or(lead).unwrap_or(0);
                let column = pieces.get(at).filter(|_| objection.part.is_some()).map(|piece| piece.at);
                (at, objection.at(column))
            });
            each.collect::<Vec<_>>()
        };
        let spots = Part::ALL.map(|part| spot(pieces, part).unwrap_or(first.row.line.into()));
        let (figure, symbol) = self.figure(key, indicator, (pieces, spots), tally).map_err(at_fault)?;
        let line = first.row.line;
        let figure = figures::settled(indicator, figure, line, tally);
        if self.subjects.is_return() {
            self.subjects.is_sound(indicator, &figure).map_err(at_fault)?;
            doubt::note(indicator, self.subjects.expected.cadence, &figure, spots, line, tally);
        } else if key.authority.level() == Level::Authority
            && figures::implausible(indicator, &figure).is_some()
        {
            let value = figure.value.or(figure.numerator).unwrap_or_default();
            tally.note("implausible-value", line, &format!("{} {value}", indicator.id));
        }
        Ok(Some(Observation {
            authority: key.authority.clone(),
            indicator: indicator.id.clone(),
            quarter: key.quarter,
            figure,
            place: Place { sheet: self.sheet.clone(), line, column: None },
            symbol,
            note: self.note(pieces, tally),
        }))
    }

    fn figure(
        &self,
        key: &Key,
        indicator: &Indicator,
        (pieces, spots): (&[Piece<'_>], [Spot; 3]),
        tally: &mut Tally,
    ) -> Result<(Figure, Option<String>), Objection> {
        one_part_each(pieces)?;
        let rules = Rules { symbols: self.symbols, date: key.date, mark: self.mark, spots };
        let mut faults = Faults::default();
        let mut read = |part: Part| {
            let piece = pieces.iter().find(|piece| piece.part == part)?;
            faults.ok(self.cell(&rules, piece, indicator, tally))
        };
        let numerator = read(Part::Numerator);
        let denominator = read(Part::Denominator);
        let value = read(Part::Value);
        let stated = faults.ok(self.status(pieces));
        let stated = faults.settle(stated)?;
        let (figure, symbol) = if self.subjects.is_return() {
            let cells = [numerator, denominator, value].map(|cell| cell.unwrap_or(Cell::Blank));
            let [numerator, denominator, value] = rules.needed(cells, indicator, stated, tally)?;
            let symbol = [value, numerator, denominator].into_iter().find_map(Cell::symbol);
            let [numerator, denominator, value] = [numerator, denominator, value].map(Cell::number);
            let status = symbol.map_or(Status::Ok, |(_, status)| status);
            (Figure { numerator, denominator, value, status }, symbol.map(|(text, _)| text.to_owned()))
        } else {
            rules.published(numerator, denominator, value)?
        };
        let status = stated.unwrap_or(figure.status);
        Ok((Figure { status, ..figure }, symbol))
    }

    fn cell<'g>(
        &self,
        rules: &Rules<'_>,
        piece: &Piece<'g>,
        indicator: &Indicator,
        tally: &mut Tally,
    ) -> Result<Cell<'g>, Objection> {
        let written = cell(piece.row, piece.at);
        let heading = text::heading(written);
        if let Some((_, number)) = self.map.shape.words.iter().find(|(word, _)| *word == heading) {
            return Ok(Cell::Number(*number));
        }
        note_covered(piece.row, piece.at, tally);
        rules.cell(written, piece.part, Some(indicator), tally)
    }

    fn status(&self, pieces: &[Piece<'_>]) -> Result<Option<Status>, Objection> {
        let Some(at) = self.map.status else { return Ok(None) };
        let mut written = pieces.iter().map(|piece| missing::blanked(cell(piece.row, at)));
        let written = written.find(|written| !written.is_empty());
        subject::status(written.unwrap_or_default()).map_err(|objection| objection.at(at))
    }

    /// The notes of all rows of the figure, each once.
    fn note(&self, pieces: &[Piece<'_>], tally: &mut Tally) -> Option<String> {
        let at = self.map.note?;
        let mut notes: Vec<&str> = Vec::new();
        for row in pieces.iter().map(|piece| piece.row) {
            let written = missing::blanked(cell(row, at));
            if written != cell(row, at) && !missing::is_said(cell(row, at)) {
                tally.note("missing-word", Spot { line: row.line, column: Some(at) }, cell(row, at));
            }
            if !written.is_empty() && !notes.contains(&written) {
                notes.push(written);
            }
        }
        note(&notes.join("; "))
    }
}

/// Where this part of a figure stands.
fn spot(pieces: &[Piece<'_>], part: Part) -> Option<Spot> {
    let piece = pieces.iter().find(|piece| piece.part == part)?;
    Some(Spot { line: piece.row.line, column: Some(piece.at) })
}

/// Objects to one merged cell that speaks for two parts of a figure: it is not the one and the other.
fn one_part_each(pieces: &[Piece<'_>]) -> Result<(), Objection> {
    let origin = |piece: &Piece<'_>| (piece.at, piece.row.covered_by(piece.at).unwrap_or(piece.row.line));
    let is_filled = |piece: &&Piece<'_>| !cell(piece.row, piece.at).is_empty();
    for (index, piece) in pieces.iter().enumerate().filter(|(_, piece)| is_filled(piece)) {
        let earlier = pieces.iter().take(index).find(|earlier| origin(earlier) == origin(piece));
        let Some(earlier) = earlier.filter(|earlier| earlier.part != piece.part) else { continue };
        let (one, other, line) = (earlier.part.word(), piece.part.word(), origin(piece).1);
        let reason = format!(
            "the {one} and the {other} are one merged cell, of line {line}: unmerge it and write each of them"
        );
        return Err(Objection::new("merged-figure", reason).about(piece.part));
    }
    Ok(())
}
