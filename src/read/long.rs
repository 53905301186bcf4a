//! Long rows: one row is one authority's figure for one indicator and quarter.

use std::collections::HashMap;

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Figure, Observation, Place, Status};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::read::code::{Objection, Refusal};
use crate::read::figures::{self, Cell, Part, Rules};
use crate::read::grid::GridRow;
use crate::read::layout::LongMap;
use crate::read::number::DecimalMark;
use crate::read::reading::Expected;
use crate::read::tally::Tally;
use crate::read::text::{self, shown};

const NOTE_CHARS_MAX: usize = 1_000;
/// From this likeness on, another indicator is suggested.
const LIKE_ENOUGH: f64 = 0.8;

/// Reads long rows.
pub(crate) struct LongRows<'e> {
    expected: &'e Expected<'e>,
    map: &'e LongMap,
    symbols: &'e [crate::config::settings::Symbol],
    mark: DecimalMark,
    sheet: Option<String>,
    indicators: HashMap<&'e str, &'e Indicator>,
}

impl<'e> LongRows<'e> {
    /// For the columns of `map`.
    pub(crate) fn new(
        expected: &'e Expected<'e>,
        map: &'e LongMap,
        symbols: &'e [crate::config::settings::Symbol],
        mark: DecimalMark,
        sheet: Option<String>,
    ) -> Self {
        let of_collection =
            |indicator: &&Indicator| indicator.collections.iter().any(|c| c == expected.collection);
        let indicators = expected.indicators.iter().filter(of_collection);
        let indicators = indicators.map(|indicator| (indicator.id.as_str(), indicator)).collect();
        Self { expected, map, symbols, mark, sheet, indicators }
    }

    /// Refuses a file in which no row is about the authority or quarter asked for, but some are about others.
    pub(crate) fn check_subject(&self, rows: &[&GridRow]) -> Result<(), Refusal> {
        let mut silent = Tally::default();
        if let Some(asked) = self.expected.authority {
            let found = rows.iter().filter_map(|row| self.authority(row, None, &mut silent).ok());
            if let Some(other) = only_others(found, asked) {
                let reason = format!(
                    "every row is about `{other}`, but this is the return of `{asked}`: send the right file"
                );
                return Err(Refusal::new("wrong-authority", reason));
            }
        }
        if let Some(asked) = self.expected.quarter {
            let found = rows.iter().filter_map(|row| Quarter::from_spelling(cell(row, self.map.quarter)));
            if let Some(other) = only_others(found, &asked) {
                let reason = format!(
                    "every row is about {other}, but the return of {asked} was asked for: send that one"
                );
                return Err(Refusal::new("wrong-quarter", reason));
            }
        }
        Ok(())
    }

    /// One row, or why it is quarantined.
    pub(crate) fn read(&self, row: &GridRow, tally: &mut Tally) -> Result<Observation, Objection> {
        for (name, at) in [
            ("authority", self.map.authority),
            ("indicator", self.map.indicator),
            ("quarter", self.map.quarter),
        ] {
            if let Some(objection) = figures::invisible(name, cell(row, at)) {
                return Err(objection);
            }
        }
        let quarter = self.quarter(row, tally);
        let authority = self.authority(row, quarter.as_ref().ok(), tally)?;
        self.is_ours(&authority)?;
        let indicator = self.indicator(row, tally)?;
        let quarter = quarter?;
        self.is_asked_for(quarter)?;
        self.exists(&authority, quarter)?;
        let (figure, symbol) = self.figure(row, indicator, quarter, tally)?;
        let note = self.map.note.map(|at| cell(row, at).split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(Observation {
            authority,
            indicator: indicator.id.clone(),
            quarter,
            figure,
            place: Place { sheet: self.sheet.clone(), line: row.line },
            symbol,
            note: note
                .filter(|note| !note.is_empty())
                .map(|note| note.chars().take(NOTE_CHARS_MAX).collect()),
        })
    }

    fn authority(
        &self,
        row: &GridRow,
        quarter: Option<&Quarter>,
        tally: &mut Tally,
    ) -> Result<AuthorityCode, Objection> {
        let written = cell(row, self.map.authority);
        if written.is_empty() {
            let reason =
                "the authority's code is missing: write it in every row, and nothing below the last row";
            return Err(Objection::new("authority-missing", reason));
        }
        if let Ok(code) = AuthorityCode::parse(&written.to_ascii_uppercase()) {
            if code.as_str() != written {
                tally.note("respelled", row.line, written);
            }
            return Ok(code);
        }
        let is_meant = |name: &String| text::heading(name) == text::heading(written);
        let named = self.expected.authorities.iter();
        let named = named.filter(|one| is_meant(&one.name) || one.aliases.iter().any(is_meant));
        let mut named = named.filter(|one| quarter.is_none_or(|quarter| one.existed_on(quarter.last_day())));
        if let (Some(one), None) = (named.next(), named.next()) {
            tally.note("respelled", row.line, written);
            return Ok(one.code.clone());
        }
        let reason = format!(
            "`{}` is not an authority's code: write the nine characters, such as E06000000",
            shown(written)
        );
        Err(Objection::new("bad-authority-code", reason))
    }

    fn is_ours(&self, authority: &AuthorityCode) -> Result<(), Objection> {
        match self.expected.authority {
            Some(asked) if asked != authority => {
                let reason =
                    format!("the row is about `{authority}`, but this is the return of `{asked}`: delete it");
                Err(Objection::new("wrong-authority", reason))
            }
            _ => Ok(()),
        }
    }

    fn exists(&self, authority: &AuthorityCode, quarter: Quarter) -> Result<(), Objection> {
        let known = self.expected.authorities.iter().find(|one| &one.code == authority);
        match known {
            Some(known) if !known.existed_on(quarter.last_day()) => {
                let (name, day) = (&known.name, quarter.last_day().format("%-d %B %Y"));
                let reason =
                    format!("{name} (`{authority}`) did not exist on {day}: use the code of that day");
                Err(Objection::new("authority-not-existing", reason))
            }
            _ => Ok(()),
        }
    }

    fn indicator(&self, row: &GridRow, tally: &mut Tally) -> Result<&'e Indicator, Objection> {
        let written = cell(row, self.map.indicator);
        if let Some(indicator) = self.indicators.get(written) {
            return Ok(indicator);
        }
        if let Some(indicator) = self.indicators.get(written.to_lowercase().as_str()) {
            tally.note("respelled", row.line, written);
            return Ok(indicator);
        }
        let what = if written.is_empty() {
            "the indicator is missing: write its id".to_owned()
        } else {
            format!("`{}` is not an indicator of this return{}", shown(written), self.suggestion(written))
        };
        Err(Objection::new("unknown-indicator", what))
    }

    fn suggestion(&self, written: &str) -> String {
        let remedy = ": correct it, or delete the row";
        if written.len() > 60 {
            return remedy.to_owned();
        }
        let like = |id: &&str| strsim::jaro_winkler(id, &written.to_lowercase());
        let best = self.indicators.keys().copied().max_by(|one, other| like(one).total_cmp(&like(other)));
        match best.filter(|best| like(best) >= LIKE_ENOUGH) {
            Some(best) => format!("; did you mean `{best}`?"),
            None => remedy.to_owned(),
        }
    }

    fn quarter(&self, row: &GridRow, tally: &mut Tally) -> Result<Quarter, Objection> {
        let written = cell(row, self.map.quarter);
        if written.is_empty() {
            return Err(Objection::new("quarter-missing", "the quarter is missing: write it as 2017-18 Q2"));
        }
        let quarter = Quarter::from_spelling(written).ok_or_else(|| {
            let reason = format!("`{}` is not a quarter: write it as 2017-18 Q2", shown(written));
            Objection::new("bad-quarter", reason)
        })?;
        if quarter.to_string() != written {
            tally.note("respelled", row.line, written);
        }
        Ok(quarter)
    }

    fn is_asked_for(&self, quarter: Quarter) -> Result<(), Objection> {
        if quarter.last_day() > self.expected.today {
            let reason =
                format!("{quarter} is not over yet: correct the quarter, or send the row when it is");
            return Err(Objection::new("future-quarter", reason));
        }
        match self.expected.quarter {
            Some(asked) if asked != quarter => {
                let reason = format!(
                    "the row is about {quarter}, but {asked} was asked for: send it with that return"
                );
                Err(Objection::new("wrong-quarter", reason))
            }
            _ => Ok(()),
        }
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
        let stated = self.status(row)?;
        let status = stated.or(symbol.map(|(_, status)| status)).unwrap_or(Status::Ok);
        let figure = Figure {
            numerator: numerator.number(),
            denominator: denominator.number(),
            value: value.number(),
            status,
        };
        self.is_complete(indicator, &figure)?;
        let objection = figures::not_whole(indicator, &figure)
            .or_else(|| figures::zero_denominator(&figure))
            .or_else(|| figures::implausible(indicator, &figure));
        objection.map_or_else(|| Ok((figure, symbol.map(|(text, _)| text.to_owned()))), Err)
    }

    fn status(&self, row: &GridRow) -> Result<Option<Status>, Objection> {
        let written = self.map.status.map_or("", |at| cell(row, at));
        if written.is_empty() {
            return Ok(None);
        }
        let word = written.to_lowercase().replace([' ', '_'], "-");
        Status::parse(&word).map(Some).ok_or_else(|| {
            let words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).collect();
            let reason =
                format!("the status is `{}`: write one of {}", shown(written), text::listed(&words, 9));
            Objection::new("unknown-status", reason)
        })
    }

    /// Whether the numbers that the status promises are there, and no others.
    fn is_complete(&self, indicator: &Indicator, figure: &Figure) -> Result<(), Objection> {
        let has_figure = figure.numerator.is_some() || figure.value.is_some();
        match figure.status {
            Status::Suppressed | Status::Unavailable | Status::NotApplicable => {
                if figure.numerator.is_some() {
                    let word = figure.status.word();
                    let reason =
                        format!("the row is `{word}`, but gives a numerator: delete the one or the other");
                    return Err(Objection::new("figure-despite-status", reason));
                }
                return Ok(());
            }
            Status::RoundsToZero | Status::Unreliable => return Ok(()),
            Status::Ok | Status::Estimate => {}
        }
        if !has_figure && figure.denominator.is_none() {
            let reason =
                "the row has no figure and no status: write the numbers, or a status such as `unavailable`";
            return Err(Objection::new("no-figure", reason));
        }
        let Some(denominator) = &indicator.denominator else {
            return if has_figure { Ok(()) } else { Err(missing("numerator", &indicator.numerator)) };
        };
        if self.expected.authority.is_none() && has_figure {
            return Ok(());
        }
        match (figure.numerator, figure.denominator) {
            (_, None) => Err(missing("denominator", denominator)),
            (None, _) => Err(missing("numerator", &indicator.numerator)),
            _ => Ok(()),
        }
    }
}

fn missing(part: &str, name: &str) -> Objection {
    let code = if part == "denominator" { "denominator-missing" } else { "numerator-missing" };
    Objection::new(
        code,
        format!("the {part} ({name}) is missing: write it, or a status such as `unavailable`"),
    )
}

fn only_others<T: PartialEq>(found: impl Iterator<Item = T>, asked: &T) -> Option<T> {
    let mut other = None;
    for one in found {
        if &one == asked {
            return None;
        }
        other = other.or(Some(one));
    }
    other
}

/// A cell of a row, trimmed of what is typed and not seen; empty when the row ends before it.
///
/// Only plain white space is trimmed: invisible characters are objected to.
pub(crate) fn cell(row: &GridRow, at: usize) -> &str {
    row.cells.get(at).map_or("", |cell| cell.trim_matches([' ', '\t', '\r', '\n']))
}
