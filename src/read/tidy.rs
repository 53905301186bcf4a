//! Tidy rows of a publisher: one row is one area and period, with a column for each measure.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::config::settings::Symbol;
use crate::domain::authority::{AuthorityCode, Level};
use crate::domain::figure::{Area, Figure, Observation, Place};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::read::code::Code;
use crate::read::figures::{self, Part, Rules};
use crate::read::grid::GridRow;
use crate::read::layout::{MeasureMap, TidyMap};
use crate::read::long::cell;
use crate::read::number::DecimalMark;
use crate::read::objection::{Faults, Objection};
use crate::read::reading::Expected;
use crate::read::subject;
use crate::read::tally::{Spot, Tally};
use crate::read::text::shown;

/// The code of a row whose level is none that is known.
const UNKNOWN_LEVEL: Code = "unknown-level";

/// Levels of the publisher's files of which no figure is kept.
const OTHER_LEVELS: [&str; 28] = [
    "english devolved area",
    "education investment area",
    "institution",
    "local authority district",
    "local authority district (lad)",
    "local enterprise partnership",
    "local skills improvement plan area",
    "lower layer super output area",
    "lsoa",
    "mat",
    "mayoral combined authority",
    "middle layer super output area",
    "msoa",
    "multi-academy trust",
    "multi-academy trust (mat)",
    "opportunity area",
    "parliamentary constituency",
    "pan regional",
    "planning area",
    "police force area",
    "provider",
    "rsc region",
    "school",
    "sponsor",
    "statistical neighbours",
    "strategic authority",
    "trust",
    "ward",
];

/// A figure as read, with its indicator and the symbol that stood in its place.
type Read<'e> = (&'e Indicator, Figure, Option<String>);

/// Reads tidy rows, and gathers the areas that they name.
pub(crate) struct TidyRows<'e> {
    expected: &'e Expected<'e>,
    map: &'e TidyMap<'e>,
    symbols: &'e [Symbol],
    mark: DecimalMark,
    sheet: Option<String>,
    indicators: HashMap<&'e str, &'e Indicator>,
    areas: BTreeMap<AuthorityCode, Area>,
}

impl<'e> TidyRows<'e> {
    /// For the columns of `map`.
    pub(crate) fn new(
        expected: &'e Expected<'e>,
        map: &'e TidyMap<'e>,
        symbols: &'e [Symbol],
        mark: DecimalMark,
        sheet: Option<String>,
    ) -> Self {
        let indicators =
            expected.indicators.iter().map(|indicator| (indicator.id.as_str(), indicator)).collect();
        Self { expected, map, symbols, mark, sheet, indicators, areas: BTreeMap::new() }
    }

    /// The areas named so far, in order of code.
    pub(crate) fn areas(self) -> Vec<Area> {
        self.areas.into_values().collect()
    }

    /// One row, or everything for which it is quarantined.
    ///
    /// A row that no measure is about holds no observation, and neither does one of a level that is not kept:
    /// publishers' files have rows of districts, schools and trusts beside those of authorities.
    pub(crate) fn read(&mut self, row: &GridRow, tally: &mut Tally) -> Result<Vec<Observation>, Objection> {
        let is_about = self.map.measures.iter().any(|measure| is_meant(measure, row));
        let level = cell(row, self.map.level);
        if is_other_level(level) {
            tally.note("other-levels", Spot { line: row.line, column: Some(self.map.level) }, level);
            return Ok(Vec::new());
        }
        let area = match self.area(row) {
            // What kind of area it is matters only where a measure is about it.
            Err(objection) if objection.code == UNKNOWN_LEVEL && !is_about => return Ok(Vec::new()),
            area => area,
        };
        let mut faults = Faults::default();
        let area = faults.ok(area.and_then(|area| self.ours(area)));
        if !is_about {
            let area = faults.settle(area)?;
            self.areas.entry(area.code.clone()).or_insert(area);
            return Ok(Vec::new());
        }
        let date = faults.ok(self.date(row));
        let figures = self.figures(row, (area.as_ref(), date), tally, &mut faults);
        let (area, date) = faults.settle(area.zip(date))?;
        let quarter = Quarter::containing(date);
        subject::remark_on_dates(self.expected, &area.code, date, row.line, tally);
        let observation = |(indicator, figure, symbol): Read<'_>| Observation {
            authority: area.code.clone(),
            indicator: indicator.id.clone(),
            quarter,
            figure,
            place: Place { sheet: self.sheet.clone(), line: row.line, column: None },
            symbol,
            note: None,
        };
        let observations = figures.into_iter().map(observation).collect();
        self.areas.entry(area.code.clone()).or_insert(area);
        Ok(observations)
    }

    fn ours(&self, area: Area) -> Result<Area, Objection> {
        match self.expected.authority.filter(|asked| **asked != area.code) {
            Some(asked) => {
                let (other, asked) = (self.expected.called(&area.code), self.expected.called(asked));
                let reason = format!("the row is about {other}, but this is the return of {asked}");
                let kind = format!("are not {asked}, whose return this is");
                Err(Objection::new("wrong-authority", reason).like(area.code.as_str(), kind))
            }
            None => Ok(area),
        }
    }

    /// The figures of a row, each with its indicator. Its cells are looked at, too, where something else is
    /// wrong with the row.
    fn figures(
        &self,
        row: &GridRow,
        (area, date): (Option<&Area>, Option<NaiveDate>),
        tally: &mut Tally,
        faults: &mut Faults,
    ) -> Vec<Read<'e>> {
        let mut silent = Tally::default();
        let tally = if faults.is_empty() { tally } else { &mut silent };
        let date = date.unwrap_or(self.expected.today);
        let mut found = Vec::with_capacity(self.map.measures.len());
        for measure in self.map.measures.iter().filter(|measure| is_meant(measure, row)) {
            let Some(indicator) = self.indicators.get(measure.measure.indicator.as_str()) else { continue };
            let columns = [measure.numerator, measure.denominator, measure.value];
            let spots = columns.map(|column| Spot { line: row.line, column });
            let rules = Rules { symbols: self.symbols, date, mark: self.mark, spots };
            let read = faults.ok(figure(row, measure, indicator, &rules, tally));
            let Some((figure, symbol)) = read else { continue };
            let is_authority = area.is_some_and(|area| area.code.level() == Level::Authority);
            if is_authority && figures::implausible(indicator, &figure).is_some() {
                let value = figure.value.or(figure.numerator).unwrap_or_default();
                tally.note("implausible-value", row.line, &format!("{} {value}", indicator.shown_name()));
            }
            found.push((*indicator, figure, symbol));
        }
        found
    }

    fn area(&self, row: &GridRow) -> Result<Area, Objection> {
        let at = |column: Option<usize>| column.map_or("", |column| cell(row, column));
        let written = cell(row, self.map.level);
        let level = match written.to_lowercase().as_str() {
            "national" => Level::National,
            "regional" => Level::Region,
            "local authority" => Level::Authority,
            "" if !at(self.map.authority.0).is_empty() => Level::Authority,
            "" if !at(self.map.region.0).is_empty() => Level::Region,
            "" if !cell(row, self.map.country.0).is_empty() => Level::National,
            _ => {
                let reason =
                    format!("the level `{}` is not National, Regional or Local authority", shown(written));
                let kind = "are not the levels National, Regional or Local authority";
                return Err(Objection::new(UNKNOWN_LEVEL, reason).at(self.map.level).like(written, kind));
            }
        };
        let (code, name) = match level {
            Level::National => (cell(row, self.map.country.0), at(self.map.country.1)),
            Level::Region => (at(self.map.region.0), at(self.map.region.1)),
            Level::Authority => (at(self.map.authority.0), at(self.map.authority.1)),
        };
        let filled =
            |text: &str| Some(text).filter(|text| !matches!(*text, "" | "x" | "z")).map(str::to_owned);
        let column = match level {
            Level::National => Some(self.map.country.0),
            Level::Region => self.map.region.0,
            Level::Authority => self.map.authority.0,
        };
        let code = AuthorityCode::parse(code).ok().filter(|code| code.level() == level).ok_or_else(|| {
            let reason = format!(
                "`{}` ({}) is not the code of one area of its level: joined and unknown areas are left out",
                shown(code),
                shown(name)
            );
            let kind = "are not codes of one area of their level: joined and unknown areas are left out";
            Objection::new("bad-authority-code", reason).at(column).like(code, kind)
        })?;
        let dfe_number = filled(at(self.map.dfe_number)).filter(|_| level == Level::Authority);
        let region = filled(at(self.map.region.0)).filter(|_| level == Level::Authority);
        let name = if name.is_empty() { code.to_string() } else { name.to_owned() };
        Ok(Area { code, name, dfe_number, region })
    }

    /// The reference date of the row's period.
    fn date(&self, row: &GridRow) -> Result<NaiveDate, Objection> {
        let (period, identifier) = (cell(row, self.map.time_period), cell(row, self.map.time_identifier));
        let bad = || {
            let written = format!("`{}` `{}`", shown(period), shown(identifier));
            let reason = if is_part_of_a_year(identifier) {
                format!("{written} is neither a year nor a financial quarter: choose other rows with `only`")
            } else {
                format!("{written} is not a period: write 2017 or 201718")
            };
            let kind =
                "are no years or financial quarters: choose other rows with `only`, or write 2017 or 201718";
            Objection::new("bad-quarter", reason).at(self.map.time_period).like(period, kind)
        };
        let date = self.reference(period, identifier).ok_or_else(bad)?;
        if date > self.expected.today {
            let reason = format!(
                "`{}` is not over yet on the day of reading: wait, or correct the period",
                shown(period)
            );
            return Err(Objection::new("future-quarter", reason).at(self.map.time_period));
        }
        Ok(date)
    }

    fn reference(&self, period: &str, identifier: &str) -> Option<NaiveDate> {
        let year = reporting_year(period)?;
        if let Some(number) = identifier.to_lowercase().strip_prefix("financial year q") {
            let quarter = Quarter::of(year - 1, number.parse().ok()?)?;
            return (period.len() == 6).then(|| quarter.last_day());
        }
        if is_part_of_a_year(identifier) {
            return None;
        }
        let (month, day) = self.map.shape.reference;
        NaiveDate::from_ymd_opt(year + self.map.shape.reference_year_offset, month, day)
    }
}

/// Whether the identifier is of a week, a month, a term or another piece of a year: no quarter of ours.
fn is_part_of_a_year(identifier: &str) -> bool {
    let pieces = ["week", "month", "term", "part ", " q", "half", "autumn", "spring", "summer"];
    let name = format!("{} ", identifier.to_lowercase());
    let is_month = NaiveDate::parse_from_str(&format!("1 {identifier} 2017"), "%d %B %Y").is_ok();
    is_month || pieces.iter().any(|piece| name.contains(piece))
}

/// The year in which the period ends: `2017` or `201718`, which must be consecutive.
fn reporting_year(period: &str) -> Option<i32> {
    if !period.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = period.get(..4)?.parse().ok().filter(|year| (1900..=2199).contains(year))?;
    match period.get(4..)? {
        "" => Some(year),
        end => (end.len() == 2 && end.parse::<i32>().ok()? == (year + 1) % 100).then_some(year + 1),
    }
}

fn is_other_level(written: &str) -> bool {
    OTHER_LEVELS.contains(&written.to_lowercase().as_str())
}

/// Whether the row is one of those that the measure is read from.
pub(crate) fn is_meant(measure: &MeasureMap<'_>, row: &GridRow) -> bool {
    measure.only.is_none_or(|(at, text)| cell(row, at).eq_ignore_ascii_case(text.trim()))
}

fn figure(
    row: &GridRow,
    map: &MeasureMap<'_>,
    indicator: &Indicator,
    rules: &Rules<'_>,
    tally: &mut Tally,
) -> Result<(Figure, Option<String>), Objection> {
    let mut faults = Faults::default();
    let mut read = |at: Option<usize>, part: Part| {
        let cell = rules.cell(cell(row, at?), part, Some(indicator), tally);
        faults.ok(cell.map_err(|objection| in_column(objection, map, part)))
    };
    let numerator = read(map.numerator, Part::Numerator);
    let denominator = read(map.denominator, Part::Denominator);
    let value = read(map.value, Part::Value);
    faults.settle(Some(()))?;
    let published = rules.published(numerator, denominator, value);
    let (figure, symbol) = published.map_err(|objection| {
        objection.mapped(|one| {
            let part = one.part.unwrap_or(Part::Value);
            in_column(one, map, part)
        })
    })?;
    Ok((figures::settled(indicator, figure, row.line, tally), symbol))
}

fn in_column(mut objection: Objection, map: &MeasureMap<'_>, part: Part) -> Objection {
    let (column, at) = match part {
        Part::Numerator => (&map.measure.numerator, map.numerator),
        Part::Denominator => (&map.measure.denominator, map.denominator),
        Part::Value => (&map.measure.value, map.value),
    };
    let column = column.as_deref().unwrap_or_default();
    objection.reason = format!("column `{column}`: {}", objection.reason);
    objection.at(at)
}
