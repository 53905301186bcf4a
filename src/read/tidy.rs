//! Tidy rows of a publisher: one row is one area and period, with a column for each measure.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::config::settings::Symbol;
use crate::domain::authority::{AuthorityCode, Level};
use crate::domain::figure::{Area, Figure, Observation, Place};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::read::code::Objection;
use crate::read::figures::{self, Part, Rules};
use crate::read::grid::GridRow;
use crate::read::layout::{MeasureMap, TidyMap};
use crate::read::long::cell;
use crate::read::number::DecimalMark;
use crate::read::reading::Expected;
use crate::read::subject;
use crate::read::tally::{Spot, Tally};
use crate::read::text::shown;

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

    /// One row, or why it is quarantined. A row that no measure is about holds no observation.
    pub(crate) fn read(&mut self, row: &GridRow, tally: &mut Tally) -> Result<Vec<Observation>, Objection> {
        let area = self.area(row)?;
        if let Some(asked) = self.expected.authority.filter(|asked| **asked != area.code) {
            let reason = format!("the row is about `{}`, but this is the return of `{asked}`", area.code);
            return Err(Objection::new("wrong-authority", reason));
        }
        if !self.map.measures.iter().any(|measure| is_meant(measure, row)) {
            self.areas.entry(area.code.clone()).or_insert(area);
            return Ok(Vec::new());
        }
        let date = self.date(row)?;
        let quarter = Quarter::containing(date);
        subject::remark_on_dates(self.expected, &area.code, date, row.line, tally);
        let mut observations = Vec::with_capacity(self.map.measures.len());
        for measure in &self.map.measures {
            if !is_meant(measure, row) {
                continue;
            }
            let Some(indicator) = self.indicators.get(measure.measure.indicator.as_str()) else { continue };
            let columns = [measure.numerator, measure.denominator, measure.value];
            let spots = columns.map(|column| Spot { line: row.line, column });
            let rules = Rules { symbols: self.symbols, date, mark: self.mark, spots };
            let (figure, symbol) = figure(row, measure, indicator, &rules, tally)?;
            if area.code.level() == Level::Authority && figures::implausible(indicator, &figure).is_some() {
                let value = figure.value.or(figure.numerator).unwrap_or_default();
                tally.note("implausible-value", row.line, &format!("{} {value}", indicator.id));
            }
            observations.push(Observation {
                authority: area.code.clone(),
                indicator: indicator.id.clone(),
                quarter,
                figure,
                place: Place { sheet: self.sheet.clone(), line: row.line, column: None },
                symbol,
                note: None,
            });
        }
        self.areas.entry(area.code.clone()).or_insert(area);
        Ok(observations)
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
                return Err(Objection::new("unknown-level", reason).at(self.map.level));
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
            Objection::new("bad-authority-code", reason).at(column)
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
            Objection::new("bad-quarter", reason).at(self.map.time_period)
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
    let mut read = |at: Option<usize>, part: Part| {
        let cell = at.map(|at| rules.cell(cell(row, at), part, indicator, tally));
        cell.transpose().map_err(|objection| in_column(&objection, map, part))
    };
    let numerator = read(map.numerator, Part::Numerator)?;
    let denominator = read(map.denominator, Part::Denominator)?;
    let value = read(map.value, Part::Value)?;
    let (figure, symbol) = rules
        .published(numerator, denominator, value)
        .map_err(|objection| in_column(&objection, map, objection.part.unwrap_or(Part::Value)))?;
    Ok((figures::settled(indicator, figure, row.line, tally), symbol))
}

fn in_column(objection: &Objection, map: &MeasureMap<'_>, part: Part) -> Objection {
    let (column, at) = match part {
        Part::Numerator => (&map.measure.numerator, map.numerator),
        Part::Denominator => (&map.measure.denominator, map.denominator),
        Part::Value => (&map.measure.value, map.value),
    };
    let column = column.as_deref().unwrap_or_default();
    Objection::new(objection.code, format!("column `{column}`: {}", objection.reason)).at(at)
}
