//! What a row is about: authority, indicator, quarter, as written by people.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::figure::{Figure, Status};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::{BareYear, Quarter};
use crate::read::figures::{self, Part};
use crate::read::grid::GridRow;
use crate::read::objection::{Faults, Objection};
use crate::read::reading::Expected;
use crate::read::succession;
use crate::read::tally::Tally;
use crate::read::text::{self, shown};

/// From this likeness on, another indicator is suggested.
const LIKE_ENOUGH: f64 = 0.8;

/// Resolves what rows are about, against what was expected.
pub(crate) struct Subjects<'e> {
    pub(crate) expected: &'e Expected<'e>,
    indicators: HashMap<&'e str, &'e Indicator>,
    bare_year: Option<BareYear>,
}

impl<'e> Subjects<'e> {
    /// For the indicators of the collection, or for all of them in a publisher's file.
    pub(crate) fn new(expected: &'e Expected<'e>, bare_year: Option<BareYear>) -> Self {
        let of_collection =
            |indicator: &&Indicator| indicator.collections.iter().any(|name| name == expected.collection);
        let indicators = expected.indicators.iter().filter(of_collection);
        let indicators = indicators.map(|indicator| (indicator.id.as_str(), indicator)).collect();
        Self { expected, indicators, bare_year }
    }

    /// Whether the file is one authority's own return, and not a publisher's about many.
    pub(crate) fn is_return(&self) -> bool {
        self.expected.authority.is_some()
    }

    /// The authority that `written` names, which may depend on the date.
    pub(crate) fn authority(
        &self,
        written: &str,
        date: Option<NaiveDate>,
        line: u32,
        tally: &mut Tally,
    ) -> Result<AuthorityCode, Objection> {
        if written.is_empty() {
            let reason =
                "the authority's code is missing: write it in every row, and nothing below the last row";
            return Err(Objection::new("authority-missing", reason));
        }
        if let Some(objection) = figures::uncomputed("authority", written) {
            return Err(objection);
        }
        if let Ok(code) = AuthorityCode::parse(&written.to_ascii_uppercase()) {
            if code.as_str() != written {
                tally.note("respelled", line, written);
            }
            return Ok(code);
        }
        if let Some(code) = self.named(written, date) {
            tally.note("respelled", line, written);
            return Ok(code);
        }
        let reason = format!(
            "`{}` is not an authority's code: write the nine characters, such as E06000000",
            shown(written)
        );
        let kind = "are no authorities' codes: write the nine characters, such as E06000000";
        Err(Objection::new("bad-authority-code", reason).like(written, kind))
    }

    /// The one authority of the region with this name, alias or DfE number on the date.
    pub(crate) fn named(&self, written: &str, date: Option<NaiveDate>) -> Option<AuthorityCode> {
        let is_meant = |name: &String| text::heading(name) == text::heading(written);
        let named = self.expected.authorities.iter().filter(|one| {
            is_meant(&one.name) || one.aliases.iter().any(is_meant) || one.dfe_number == written.trim()
        });
        let mut named = named.filter(|one| date.is_none_or(|date| one.existed_on(date)));
        match (named.next(), named.next()) {
            (Some(one), None) => Some(one.code.clone()),
            _ => None,
        }
    }

    /// Objects to a row about another authority than the one whose return it is.
    pub(crate) fn is_ours(&self, authority: &AuthorityCode) -> Result<(), Objection> {
        match self.expected.authority {
            Some(asked) if asked != authority => {
                if let Some(words) = succession::another_code(self.expected, authority, asked) {
                    let reason = format!("the row is about {words}");
                    return Err(Objection::new("wrong-authority", reason));
                }
                let (other, asked) = (self.expected.called(authority), self.expected.called(asked));
                let reason = format!(
                    "the row is about {other}, but this is the return of {asked}: correct the code, or \
                     delete the row"
                );
                let kind =
                    format!("are not {asked}, whose return this is: correct the codes, or delete the rows");
                Err(Objection::new("wrong-authority", reason).like(authority.as_str(), kind))
            }
            _ => Ok(()),
        }
    }

    /// Whether the authority existed on the reference date of the figure.
    ///
    /// A publisher recasts history under new codes, so in its files a code before its time is a remark.
    pub(crate) fn exists(
        &self,
        authority: &AuthorityCode,
        date: NaiveDate,
        line: u32,
        tally: &mut Tally,
    ) -> Result<(), Objection> {
        if !self.is_return() {
            remark_on_dates(self.expected, authority, date, line, tally);
            return Ok(());
        }
        let known = outside_dates(self.expected, authority, date);
        known.map_or(Ok(()), |known| {
            Err(Objection::new("authority-not-existing", succession::reason(self.expected, known, date)))
        })
    }

    /// The indicator with this id.
    pub(crate) fn indicator(
        &self,
        written: &str,
        line: u32,
        tally: &mut Tally,
    ) -> Result<&'e Indicator, Objection> {
        if let Some(indicator) = self.indicators.get(written) {
            return Ok(indicator);
        }
        if let Some(indicator) = self.indicators.get(written.to_lowercase().as_str()) {
            tally.note("respelled", line, written);
            return Ok(indicator);
        }
        if let Some(objection) = figures::uncomputed("indicator", written) {
            return Err(objection);
        }
        if written.is_empty() {
            return Err(Objection::new("unknown-indicator", "the indicator is missing: write its id"));
        }
        let suggestion = suggestion(written, self.indicators.keys().copied());
        let reason = format!("`{}` is not an indicator of this return{suggestion}", shown(written));
        let objection = Objection::new("unknown-indicator", reason);
        // Who is told what they may have meant is told it of each.
        Err(if suggestion.starts_with(';') {
            objection
        } else {
            objection.like(written, "are no indicators of this return: correct them, or delete the rows")
        })
    }

    /// The indicator that is suggested where `written` is none.
    pub(crate) fn nearest(&self, written: &str) -> Option<&'e Indicator> {
        self.indicators.get(nearest(written, self.indicators.keys().copied())?).copied()
    }

    /// The quarter that a cell means; `year` stands beside it in a column of its own, or is empty.
    ///
    /// A cell that holds a day is the quarter in which it falls: who types Sep-17 into a workbook gets the
    /// first of September. A day in words must end its quarter, for it may be read in two ways.
    pub(crate) fn quarter_in(
        &self,
        row: &GridRow,
        at: usize,
        year: &str,
        tally: &mut Tally,
    ) -> Result<Quarter, Objection> {
        let written = row.text(at);
        let Some(day) = row.day(at) else { return self.quarter(written, year, row.line, tally) };
        let quarter = Quarter::containing(day);
        let code = if day == quarter.last_day() { "respelled" } else { "date-as-quarter" };
        tally.note(code, row.line, written);
        Ok(quarter)
    }

    /// The quarter that `written` means; `year` stands beside it in a column of its own, or is empty.
    pub(crate) fn quarter(
        &self,
        written: &str,
        year: &str,
        line: u32,
        tally: &mut Tally,
    ) -> Result<Quarter, Objection> {
        if written.is_empty() {
            return Err(Objection::new("quarter-missing", "the quarter is missing: write it as 2017-18 Q2"));
        }
        if let Some(objection) = figures::uncomputed("quarter", written) {
            return Err(objection);
        }
        let by = |text: &str| Quarter::from_spelling_by(text, self.bare_year);
        let joined = format!("{year} {written}");
        let quarter = by(written).or_else(|| by(&joined).filter(|_| !year.is_empty()));
        let Some(quarter) = quarter else {
            let written = if year.is_empty() { written } else { joined.as_str() };
            return Err(self.not_a_quarter(written));
        };
        if quarter.to_string() != written {
            tally.note("respelled", line, written);
        }
        Ok(quarter)
    }

    /// Of two quarters that may be meant the one that was asked for is advised; it is the example, too.
    fn not_a_quarter(&self, written: &str) -> Objection {
        let asked = self.expected.quarter;
        if let Some((one, other)) = Quarter::either(written) {
            let advised = if asked == Some(one) { one } else { other };
            let reason = format!("`{}` may mean {one} or {other}: write it as {advised}", shown(written));
            let kind = format!("may each mean two quarters: write {one} as such, and {other} as such");
            return Objection::new("bad-quarter", reason).like(written, kind);
        }
        let example = asked.map_or_else(|| "2017-18 Q2".to_owned(), |asked| asked.to_string());
        let reason = format!("`{}` is not a quarter: write it as {example}", shown(written));
        let kind = format!("are not quarters: write them as {example}");
        Objection::new("bad-quarter", reason).like(written, kind)
    }

    /// Objects to figures of a date to come, and to another quarter than the one asked for.
    pub(crate) fn is_asked_for(&self, quarter: Quarter, date: NaiveDate) -> Result<(), Objection> {
        if date > self.expected.today {
            let reason =
                format!("{quarter} is not over yet: correct the quarter, or send the row when it is");
            return Err(Objection::new("future-quarter", reason));
        }
        match self.expected.quarter {
            Some(asked) if asked != quarter => {
                let reason = format!(
                    "the row is about {quarter}, but {asked} was asked for: send it with that return"
                );
                let kind =
                    format!("are not {asked}, which was asked for: send their rows with those returns");
                Err(Objection::new("wrong-quarter", reason).like(&quarter.to_string(), kind))
            }
            _ => Ok(()),
        }
    }

    /// Whether the numbers that the status promises are there, and make sense.
    pub(crate) fn is_sound(&self, indicator: &Indicator, figure: &Figure) -> Result<(), Objection> {
        self.is_complete(indicator, figure)?;
        let mut faults = Faults::default();
        for objection in figures::not_whole(indicator, figure) {
            faults.object(objection);
        }
        // Of numbers that are wrong by themselves nothing more can be said.
        if faults.is_empty() {
            let odd = figures::zero_denominator(figure).or_else(|| figures::implausible(indicator, figure));
            if let Some(objection) = odd {
                faults.object(objection);
            }
        }
        faults.settle(Some(()))
    }

    fn is_complete(&self, indicator: &Indicator, figure: &Figure) -> Result<(), Objection> {
        let has_figure = figure.numerator.is_some() || figure.value.is_some();
        match figure.status {
            Status::Suppressed | Status::Unavailable | Status::NotApplicable => {
                if figure.numerator.is_some() {
                    let word = figure.status.word();
                    let reason =
                        format!("the row is `{word}`, but gives a numerator: delete the one or the other");
                    return Err(Objection::new("figure-despite-status", reason).about(Part::Numerator));
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
            return if has_figure { Ok(()) } else { Err(missing(Part::Numerator, &indicator.numerator)) };
        };
        if !self.is_return() && has_figure {
            return Ok(());
        }
        let mut faults = Faults::default();
        if figure.denominator.is_none() {
            faults.object(missing(Part::Denominator, denominator));
        }
        if figure.numerator.is_none() {
            faults.object(missing(Part::Numerator, &indicator.numerator));
        }
        faults.settle(Some(()))
    }
}

/// The authority with this code, when it did not exist on the date.
fn outside_dates<'e>(
    expected: &Expected<'e>,
    code: &AuthorityCode,
    date: NaiveDate,
) -> Option<&'e Authority> {
    expected.authorities.iter().find(|one| &one.code == code).filter(|known| !known.existed_on(date))
}

/// A publisher recasts history under new codes, so a code before its time is no error in its files.
pub(crate) fn remark_on_dates(
    expected: &Expected<'_>,
    code: &AuthorityCode,
    date: NaiveDate,
    line: u32,
    tally: &mut Tally,
) {
    if outside_dates(expected, code, date).is_some() {
        tally.note("outside-dates", line, &format!("{code} on {date}"));
    }
}

/// The status that a cell names; none when it is empty.
pub(crate) fn status(written: &str) -> Result<Option<Status>, Objection> {
    if written.is_empty() {
        return Ok(None);
    }
    let word = written.to_lowercase().replace([' ', '_'], "-");
    Status::parse(&word).map(Some).ok_or_else(|| {
        let words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).collect();
        let words = text::listed(&words, 9);
        let reason = format!("the status is `{}`: write one of {words}", shown(written));
        let kind = format!("are no statuses: write one of {words}");
        Objection::new("unknown-status", reason).like(written, kind)
    })
}

/// `; did you mean ..?` with the nearest of `known`, or what to do.
pub(crate) fn suggestion<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(written, known) {
        Some(best) => format!("; did you mean `{best}`?"),
        None => ": correct it, or delete the row".to_owned(),
    }
}

/// The one of `known` that is most like `written`, when that may have been meant.
fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > 60 {
        return None;
    }
    let like = |name: &&str| strsim::jaro_winkler(name, &written.to_lowercase());
    let best = known.max_by(|one, other| like(one).total_cmp(&like(other)));
    best.filter(|best| like(best) >= LIKE_ENOUGH)
}

fn missing(part: Part, name: &str) -> Objection {
    let code = if part == Part::Denominator { "denominator-missing" } else { "numerator-missing" };
    let word = part.word();
    let reason = format!("the {word} ({name}) is missing: write it, or a status such as `unavailable`");
    let kind = format!("are missing as {word}s: write them, or a status such as `unavailable`");
    Objection::new(code, reason).about(part).like(name, kind)
}

/// The first of `found` when `asked` is not among them.
pub(crate) fn only_others<T: PartialEq>(found: impl Iterator<Item = T>, asked: &T) -> Option<T> {
    let mut other = None;
    for one in found {
        if &one == asked {
            return None;
        }
        other = other.or(Some(one));
    }
    other
}
