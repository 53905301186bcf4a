//! Cells into numbers and symbols, and what makes a figure impossible.

use chrono::NaiveDate;

use crate::config::settings::Symbol;
use crate::domain::figure::{Figure, Status};
use crate::domain::indicator::{Indicator, Unit};
use crate::read::code::Code;
use crate::read::grid::FORMULA_WITHOUT_VALUE;
use crate::read::number::{DecimalMark, Oddity, either, number};
use crate::read::objection::{Faults, Objection};
use crate::read::tally::{Spot, Tally};
use crate::read::text::{is_invisible, shown};
use crate::read::{meant, missing};

/// What in the name of a numerator or denominator says that it need not be a whole number.
const EQUIVALENTS: [&str; 6] = ["fte", "full-time", "full time", "whole-time", "whole time", "equivalent"];
/// How the name of what is measured begins: `working days lost`, but not `plans within 45 working days`.
const MEASURES: [&str; 6] = ["working days", "days", "hours", "score", "sum of", "average"];
/// The code of a formula without its value, in quarantine and as a remark.
const FORMULA_CODE: Code = "formula-without-value";
/// How far from a whole number, in relation to it, is a spreadsheet's doing.
const NOISE_MAX: f64 = 1e-12;

/// Which of the three cells of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// What was counted.
    Numerator,
    /// Out of what.
    Denominator,
    /// The value as stated.
    Value,
}

impl Part {
    /// In the order in which a row has them.
    pub(crate) const ALL: [Self; 3] = [Self::Numerator, Self::Denominator, Self::Value];

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Numerator => "numerator",
            Self::Denominator => "denominator",
            Self::Value => "value",
        }
    }
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Blank,
    /// A number that is not negative.
    Number(f64),
    /// A symbol of the layout.
    Symbol(&'a str, Status),
    /// What a program leaves where it has nothing: its word for a missing value, or a formula without value.
    Nothing(&'a str),
}

impl<'a> Cell<'a> {
    /// The number, if it is one.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The symbol, if it is one.
    pub(crate) fn symbol(self) -> Option<(&'a str, Status)> {
        match self {
            Self::Symbol(text, status) => Some((text, status)),
            _ => None,
        }
    }
}

/// What a cell is read by.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// The layout's symbols.
    pub(crate) symbols: &'a [Symbol],
    /// The figure's reference date, which decides what a symbol means.
    pub(crate) date: NaiveDate,
    /// The file's decimal mark.
    pub(crate) mark: DecimalMark,
    /// Where numerator, denominator and value stand, for remarks.
    pub(crate) spots: [Spot; 3],
}

impl Rules<'_> {
    /// One cell. Its objection names the column and the value. Of what it is may not be known.
    pub(crate) fn cell<'c>(
        &self,
        cell: &'c str,
        part: Part,
        indicator: Option<&Indicator>,
        tally: &mut Tally,
    ) -> Result<Cell<'c>, Objection> {
        let trimmed = cell.trim();
        let spot = self.spot(part);
        if trimmed.is_empty() {
            return Ok(Cell::Blank);
        }
        if let Some(symbol) = self.symbols.iter().find(|symbol| self.is_meant(symbol, trimmed)) {
            return Ok(Cell::Symbol(trimmed, symbol.status));
        }
        let is_percent = part == Part::Value && indicator.is_none_or(|one| one.unit == Unit::Percent);
        let bare = trimmed.strip_suffix('%').filter(|_| is_percent);
        let Some((number, oddity)) = number(bare.unwrap_or(trimmed), self.mark) else {
            let is_nothing = missing::writer(trimmed).is_some() && !is_error(trimmed);
            if trimmed == FORMULA_WITHOUT_VALUE || is_nothing {
                return Ok(Cell::Nothing(trimmed));
            }
            return Err(self.not_a_number(trimmed, part));
        };
        if number < 0.0 {
            return Err(self.negative(trimmed, part));
        }
        if bare.is_some() {
            tally.note("percent-sign", spot, trimmed);
        }
        match oddity {
            Oddity::None | Oddity::Scientific => {}
            Oddity::Thousands => tally.note("thousands-separators", spot, trimmed),
            Oddity::DecimalComma => tally.note("decimal-comma", spot, trimmed),
        }
        Ok(Cell::Number(number + 0.0))
    }

    fn is_meant(&self, symbol: &Symbol, text: &str) -> bool {
        symbol.text.eq_ignore_ascii_case(text)
            && symbol.from.is_none_or(|from| from <= self.date)
            && symbol.until.is_none_or(|until| self.date <= until)
    }

    fn spot(&self, part: Part) -> Spot {
        let [numerator, denominator, value] = self.spots;
        match part {
            Part::Numerator => numerator,
            Part::Denominator => denominator,
            Part::Value => value,
        }
    }

    /// The cells of a return's figure, of which those that say nothing are blank where nothing is needed.
    ///
    /// A value need not be stated beside good parts, an indicator without a denominator needs none, and
    /// beside a symbol, or a status that withholds the figure, no number is needed.
    pub(crate) fn needed<'c>(
        &self,
        [numerator, denominator, value]: [Cell<'c>; 3],
        indicator: &Indicator,
        stated: Option<Status>,
        tally: &mut Tally,
    ) -> Result<[Cell<'c>; 3], Objection> {
        let is_number = |cell: Cell<'_>| cell.number().is_some();
        let of_symbols = [numerator, denominator, value].into_iter().filter_map(Cell::symbol);
        let mut statuses = of_symbols.map(|(_, status)| status).chain(stated);
        let is_told = statuses.any(|status| !matches!(status, Status::Ok | Status::Estimate));
        let is_count = indicator.denominator.is_none();
        let has_parts = is_number(numerator) && (is_count || is_number(denominator));
        // People write it, of a value that they could not make out.
        let is_said = matches!(value, Cell::Nothing(word) if missing::is_said(word));
        let mut settle = |cell: Cell<'c>, part: Part, is_needed: bool| {
            let Cell::Nothing(written) = cell else { return Ok(cell) };
            if is_needed && !is_told {
                return Err(self.nothing(written, part));
            }
            let code = if written == FORMULA_WITHOUT_VALUE { FORMULA_CODE } else { "missing-word" };
            tally.note(code, self.spot(part), if code == "missing-word" { written } else { "" });
            Ok(Cell::Blank)
        };
        let mut faults = Faults::default();
        let numerator = faults.ok(settle(numerator, Part::Numerator, !(is_count && is_number(value))));
        let denominator = faults.ok(settle(denominator, Part::Denominator, !is_count));
        let value = faults.ok(settle(value, Part::Value, !has_parts || is_said));
        faults.settle(numerator.zip(denominator).zip(value)).map(|((one, two), three)| [one, two, three])
    }

    /// The figure of a publisher's cells: the value's decides about the status; without one, the numerator's.
    pub(crate) fn published(
        &self,
        numerator: Option<Cell<'_>>,
        denominator: Option<Cell<'_>>,
        value: Option<Cell<'_>>,
    ) -> Result<(Figure, Option<String>), Objection> {
        let cells = [numerator, denominator, value];
        let mut faults = Faults::default();
        for (cell, part) in cells.into_iter().zip(Part::ALL) {
            if let Some(Cell::Nothing(written)) = cell {
                faults.object(self.nothing(written, part));
            }
        }
        faults.settle(Some(()))?;
        let leading = value.or(numerator).or(denominator).unwrap_or(Cell::Blank);
        let (status, symbol) = match leading {
            Cell::Number(_) if value.is_some() => (Status::Ok, None),
            Cell::Number(_) => match denominator.and_then(Cell::symbol) {
                Some((text, status)) => (status, Some(text)),
                None => (Status::Ok, None),
            },
            Cell::Symbol(text, status) => (status, Some(text)),
            Cell::Blank | Cell::Nothing(_) => (Status::Unavailable, Some("")),
        };
        let number = |cell: Option<Cell<'_>>| cell.and_then(Cell::number);
        let figure = Figure {
            numerator: number(numerator),
            denominator: number(denominator),
            value: number(value),
            status,
        };
        Ok((figure, symbol.map(str::to_owned)))
    }

    /// The objection to a cell that says nothing, in words of its own.
    pub(crate) fn nothing(&self, cell: &str, part: Part) -> Objection {
        let word = part.word();
        let in_words = |writer: &str| {
            let or = self.or_a_symbol().replacen("or ", "or write ", 1);
            let reason = format!("the {word} is `{}`, {writer}{or}", shown(cell));
            Objection::new("bad-number", reason).like(cell, format!("{}{or}", missing::of_several(writer)))
        };
        missing::writer(cell).map_or_else(|| not_computed(word), in_words).about(part)
    }

    /// The symbols that may stand here, each with what it means.
    fn or_a_symbol(&self) -> String {
        let known = self.symbols.iter().filter(|symbol| self.is_meant(symbol, &symbol.text));
        let known = known.map(|symbol| format!("`{}` ({})", symbol.text, in_words(symbol.status)));
        let known: Vec<String> = known.take(SYMBOLS_MAX).collect();
        if known.is_empty() { String::new() } else { format!(", or {}", known.join(", ")) }
    }

    /// The layout's symbol for this status.
    fn symbol_for(&self, status: Status) -> Option<&str> {
        let mut symbols = self.symbols.iter().filter(|symbol| symbol.status == status);
        symbols.find(|symbol| self.is_meant(symbol, &symbol.text)).map(|symbol| symbol.text.as_str())
    }

    fn negative(&self, cell: &str, part: Part) -> Objection {
        let withheld = self.symbol_for(Status::Suppressed);
        let unknown = self.symbol_for(Status::Unavailable);
        let remedy = match (withheld.zip(unknown), withheld.or(unknown)) {
            _ if !meant::stands_for_none(cell) => "correct it".to_owned(),
            (Some((withheld, unknown)), _) => format!(
                "write `{withheld}` if it stands for a small number that is withheld, `{unknown}` if for \
                 one that is not known, else correct it"
            ),
            (None, Some(symbol)) => format!("write `{symbol}` if it stands for no number, else correct it"),
            (None, None) => "leave the cell empty if it stands for no number, else correct it".to_owned(),
        };
        let reason = format!("the {} is `{}`, but it cannot be negative: {remedy}", part.word(), shown(cell));
        let kind = format!("are negative, which no figure can be: {remedy}");
        Objection::new("negative-number", reason).about(part).like(cell, kind)
    }

    fn not_a_number(&self, cell: &str, part: Part) -> Objection {
        let word = part.word();
        if let Some((thousands, decimal)) = either(cell, self.mark) {
            let reason = format!(
                "the {word} is `{}`, which may be {thousands} or {decimal} in a file that is not separated \
                 by commas: leave the comma out",
                shown(cell)
            );
            let kind =
                "may each be two numbers in a file that is not separated by commas: leave the comma out";
            return Objection::new("bad-number", reason).about(part).like(cell, kind);
        }
        if let Some(objection) = invisible(word, cell) {
            return objection.about(part);
        }
        if missing::writer(cell).is_some() {
            return self.nothing(cell, part);
        }
        let or = self.or_a_symbol();
        if is_error(cell) {
            let remedy = format!("correct it, or write digits{or}");
            let reason = format!("the {word} is `{}`, the error of a formula: {remedy}", shown(cell));
            let kind = format!("are errors of formulas: {remedy}");
            return Objection::new("bad-number", reason).about(part).like(cell, kind);
        }
        let (what, several) = if is_percentage(cell, self.mark) {
            ("a percentage and not a number", "percentages and not numbers")
        } else if meant::is_day(cell) {
            ("a date, as a spreadsheet makes of 1-5", "dates, as a spreadsheet makes of 1-5")
        } else {
            ("not a number", "not numbers")
        };
        let remedy = self.meant(cell).unwrap_or_else(|| format!("write digits such as 120{or}"));
        let reason = format!("the {word} is `{}`, which is {what}: {remedy}", shown(cell));
        Objection::new("bad-number", reason).about(part).like(cell, format!("are {several}: {remedy}"))
    }

    /// Which symbol to write for what the text looks like.
    fn meant(&self, cell: &str) -> Option<String> {
        let status = meant::status(cell)?;
        let symbol = self.symbol_for(status)?;
        Some(match status {
            Status::Suppressed => {
                format!("write `{symbol}` if a small number is withheld, else digits such as 120")
            }
            _ => format!("write `{symbol}` if it is not known, else digits such as 120"),
        })
    }
}

/// So many symbols are named in a sentence.
const SYMBOLS_MAX: usize = 8;

/// A status as people say it.
fn in_words(status: Status) -> String {
    status.word().replace('-', " ")
}

/// What a spreadsheet shows where a formula failed, such as `#DIV/0!`, `#NAME?` and `#N/A`.
fn is_error(cell: &str) -> bool {
    cell.starts_with('#') && (cell.ends_with(['!', '?']) || cell.eq_ignore_ascii_case("#N/A"))
}

/// The objection to a formula that nobody computed.
fn not_computed(word: &str) -> Objection {
    let reason = format!(
        "the {word} is a formula that was saved without its value: open the workbook, see that its numbers \
             are right, and save it"
    );
    Objection::new(FORMULA_CODE, reason)
}

/// The objection to a cell of this column when it is a formula that nobody computed.
pub(crate) fn uncomputed(column: &str, cell: &str) -> Option<Objection> {
    (cell == FORMULA_WITHOUT_VALUE).then(|| not_computed(column))
}

fn is_percentage(cell: &str, mark: DecimalMark) -> bool {
    cell.strip_suffix('%').is_some_and(|bare| number(bare, mark).is_some())
}

/// An objection when the cell holds a character that no one sees.
pub(crate) fn invisible(column: &str, cell: &str) -> Option<Objection> {
    let hidden = cell.chars().find(|c| is_invisible(*c))?;
    let reason = format!(
        "the {column} `{}` holds the invisible character `{}`: type it again by hand",
        shown(cell),
        hidden.escape_unicode()
    );
    Some(Objection::new("invisible-character", reason))
}

/// A count that a spreadsheet stored beside its whole number, such as 12.000000000000002, is that number.
///
/// Every other number keeps the precision it came with: 33.299999999999997 is not rounded on reading.
pub(crate) fn settled(indicator: &Indicator, figure: Figure, line: u32, tally: &mut Tally) -> Figure {
    let mut settle = |number: Option<f64>, name: Option<&str>| {
        let number = number?;
        let whole = number.round();
        let is_noise = number.fract() != 0.0 && (number - whole).abs() <= NOISE_MAX * whole.max(1.0);
        if !is_noise || name.is_none_or(is_measured) {
            return Some(number);
        }
        tally.note("float-noise", line, &number.to_string());
        Some(whole)
    };
    let value_name = (indicator.unit == Unit::Count).then_some(indicator.numerator.as_str());
    Figure {
        numerator: settle(figure.numerator, Some(&indicator.numerator)),
        denominator: settle(figure.denominator, indicator.denominator.as_deref()),
        value: settle(figure.value, value_name),
        status: figure.status,
    }
}

/// Counts are whole numbers, unless what is counted is measured: full-time equivalents, days, scores.
pub(crate) fn not_whole(indicator: &Indicator, figure: &Figure) -> Vec<Objection> {
    let value = figure.value.filter(|_| indicator.unit == Unit::Count);
    let parts = [
        (Part::Numerator, figure.numerator, Some(indicator.numerator.as_str())),
        (Part::Denominator, figure.denominator, indicator.denominator.as_deref()),
        (Part::Value, value, Some(indicator.numerator.as_str())),
    ];
    let object = |(part, number, name): (Part, Option<f64>, Option<&str>)| {
        let (number, name) =
            number.zip(name).filter(|(number, name)| number.fract() != 0.0 && !is_measured(name))?;
        let reason =
            format!("the {} is `{number}`, but {name} are counted: write a whole number", part.word());
        let kind = "are not whole, but stand for what is counted: write whole numbers";
        Some(Objection::new("not-whole", reason).about(part).like(&number.to_string(), kind))
    };
    parts.into_iter().filter_map(object).collect()
}

fn is_measured(name: &str) -> bool {
    let name = name.to_lowercase();
    EQUIVALENTS.iter().any(|word| name.contains(word)) || MEASURES.iter().any(|word| name.starts_with(word))
}

/// A denominator of 0 with a numerator, or with a value that nothing can give.
pub(crate) fn zero_denominator(figure: &Figure) -> Option<Objection> {
    let is_zero = figure.denominator == Some(0.0);
    let impossible = figure.value.is_some() || figure.numerator.is_some_and(|numerator| numerator > 0.0);
    (is_zero && impossible).then(|| {
        let reason = match figure.numerator.filter(|numerator| *numerator > 0.0) {
            Some(numerator) => {
                format!(
                    "{numerator} are counted out of 0, which cannot be right: correct the one or the other"
                )
            }
            None => "the denominator is 0, so there can be no value: leave the value empty, or correct it"
                .to_owned(),
        };
        Objection::new("zero-denominator", reason).about(Part::Denominator)
    })
}

/// A value outside the plausible range of its indicator: stated, or given by the parts, for those count.
///
/// Never when a percentage is a fraction (0.829 for 82.9 %) or its numerator is larger than its denominator:
/// these have checks of their own, which need the figure. An annualised indicator's value may be the
/// quarter's or the year's.
pub(crate) fn implausible(indicator: &Indicator, figure: &Figure) -> Option<Objection> {
    let (low, high) = indicator.plausible?;
    let is_percent = indicator.unit == Unit::Percent;
    let above = figure.numerator.zip(figure.denominator).is_some_and(|(numerator, of)| numerator > of);
    if is_percent && above {
        return None;
    }
    let is_fraction = |value: &f64| is_percent && *value <= 1.0;
    let is_within = |value: f64| {
        (low..=high).contains(&value) || (indicator.annualise && (low..=high).contains(&(value * 4.0)))
    };
    let outside = |value: &f64| !is_within(*value);
    let beyond = format!("outside {low} to {high}, which no authority has ever had: correct");
    let name = &indicator.name;
    if let Some(value) = figure.value.filter(outside).filter(|value| !is_fraction(value)) {
        let reason = format!("`{name}` is {}, {beyond} it", rounded(value));
        return Some(Objection::new("implausible-value", reason).about(Part::Value));
    }
    let value = computed(indicator, figure).filter(outside)?;
    let parts = figure.numerator.zip(figure.denominator);
    let parts = parts.map_or_else(String::new, |(numerator, of)| format!(" ({numerator} of {of})"));
    let reason = format!("`{name}` is {}{parts}, {beyond} it", rounded(value));
    Some(Objection::new("implausible-value", reason).about(Part::Numerator))
}

/// The value in the indicator's unit, from numerator and denominator.
fn computed(indicator: &Indicator, figure: &Figure) -> Option<f64> {
    let numerator = figure.numerator?;
    let ratio = || figure.denominator.filter(|denominator| *denominator > 0.0).map(|of| numerator / of);
    match indicator.unit {
        Unit::Count => Some(numerator),
        Unit::Percent => ratio().map(|ratio| ratio * 100.0),
        Unit::Rate { per } => ratio().map(|ratio| ratio * f64::from(per)),
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
