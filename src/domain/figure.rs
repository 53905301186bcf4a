//! One indicator's figure as sent: numerator, denominator, value, status.

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::domain::slip::{Alike, Fault, Slip};

/// Why a figure is there, or honestly not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// A figure.
    Ok,
    /// Withheld because numbers are small.
    Suppressed,
    /// Not available for another reason.
    Unavailable,
    /// Does not apply to this authority.
    NotApplicable,
    /// Not zero, but rounds to zero.
    RoundsToZero,
    /// Of low reliability.
    Unreliable,
    /// Estimated or carried forward.
    Estimate,
}

impl Status {
    /// Every status, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Suppressed,
        Self::Unavailable,
        Self::NotApplicable,
        Self::RoundsToZero,
        Self::Unreliable,
        Self::Estimate,
    ];

    /// The word used in returns, the configuration and the views.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Suppressed => "suppressed",
            Self::Unavailable => "unavailable",
            Self::NotApplicable => "not-applicable",
            Self::RoundsToZero => "rounds-to-zero",
            Self::Unreliable => "unreliable",
            Self::Estimate => "estimate",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// The numbers of one observation, exactly as sent. Missing numbers are `None`, never a sentinel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value as stated by the sender, in the indicator's unit.
    pub value: Option<f64>,
    /// Whether the numbers are there, and if not, why.
    pub status: Status,
}

impl Figure {
    /// Whether it has a number that is not 0, and not only a status in place of one.
    #[must_use]
    pub fn has_number(&self) -> bool {
        self.numerator.or(self.value).is_some_and(|number| number != 0.0)
    }
}

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The line of a text file or the row of a sheet, from 1.
    pub line: u32,
    /// The column, where one column is at fault.
    pub column: Option<Column>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// From 1.
    pub number: u32,
    /// Its heading as spelled in the file; empty when it has none.
    pub heading: String,
}

impl Column {
    /// Its letters in a spreadsheet: `A` to `Z`, then `AA`.
    #[must_use]
    pub fn letters(&self) -> String {
        let mut letters = Vec::new();
        let mut rest = self.number;
        while rest > 0 {
            letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0));
            rest = (rest - 1) / 26;
        }
        letters.iter().rev().map(|letter| char::from(*letter)).collect()
    }
}

impl Place {
    /// `line 7`, `lines 7, 12 and 40, column F`, `line 7 (sheet `Return`)`; at most `most`, the rest counted.
    #[must_use]
    pub fn listed(places: &[Self], most: usize) -> String {
        let column = places.first().and_then(|first| first.column.as_ref());
        let column = column.filter(|column| places.iter().all(|place| place.column.as_ref() == Some(column)));
        let mut shown: Vec<String> =
            places.iter().take(most).map(|place| place.words(column.is_none())).collect();
        let rest = places.len().saturating_sub(shown.len());
        let text = match (rest, shown.len()) {
            (1.., _) => format!("{} and {rest} more", shown.join(", ")),
            (0, 0 | 1) => shown.concat(),
            (0, _) => {
                let last = shown.pop().unwrap_or_default();
                format!("{} and {last}", shown.join(", "))
            }
        };
        let lines = if places.len() == 1 { "line" } else { "lines" };
        match column {
            Some(column) => format!("{lines} {text}, column {}", column.words()),
            None => format!("{lines} {text}"),
        }
    }

    fn words(&self, with_column: bool) -> String {
        let column = self.column.as_ref().filter(|_| with_column);
        let column = column.map(|column| format!(" column {}", column.letters())).unwrap_or_default();
        match &self.sheet {
            Some(sheet) => format!("{}{column} (sheet `{sheet}`)", self.line),
            None => format!("{}{column}", self.line),
        }
    }
}

impl Column {
    fn words(&self) -> String {
        let heading = self.heading.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = heading.chars().take(40).collect();
        if short.is_empty() { self.letters() } else { format!("{} (`{short}`)", self.letters()) }
    }
}

/// One indicator's figure in a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The authority, region or country it is about.
    pub authority: AuthorityCode,
    /// The measure.
    pub indicator: IndicatorId,
    /// The quarter, or the quarter of the reference date of an annual figure.
    pub quarter: Quarter,
    /// The numbers.
    pub figure: Figure,
    /// Where it stands in the file.
    pub place: Place,
    /// The symbol that stood in place of a number, such as `c`.
    pub symbol: Option<String>,
    /// A note that travels with the figure.
    pub note: Option<String>,
}

/// A row that was refused: once, whatever is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Where it stands in the file.
    pub place: Place,
    /// The row as it was, at most 2,000 characters.
    pub raw: String,
    /// A code such as `unknown-indicator`.
    pub code: &'static str,
    /// A plain sentence for the sender: what, the value, what to do.
    pub reason: String,
    /// How it is told together with others like it; none where it is told alone.
    pub alike: Option<Alike>,
    /// What else is wrong with the row.
    pub also: Vec<Fault>,
}

impl Quarantined {
    /// Everything that is wrong with the row, each with its place.
    #[must_use]
    pub fn slips(&self) -> Vec<Slip> {
        let first = Slip {
            code: self.code.to_owned(),
            reason: self.reason.clone(),
            alike: self.alike.clone(),
            place: self.place.clone(),
        };
        let also = self.also.iter().map(|fault| Slip {
            code: fault.code.to_owned(),
            reason: fault.reason.clone(),
            alike: fault.alike.clone(),
            place: Place { column: fault.column.clone(), ..self.place.clone() },
        });
        std::iter::once(first).chain(also).collect()
    }

    /// Every reason in one text, those after the first with their column.
    #[must_use]
    pub fn reasons(&self) -> String {
        let also = self.also.iter().map(|fault| match &fault.column {
            Some(column) => format!("; also, column {}: {}", column.letters(), fault.reason),
            None => format!("; also: {}", fault.reason),
        });
        std::iter::once(self.reason.clone()).chain(also).collect()
    }
}

/// An area met in a file that need not be an authority of the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// ONS code.
    pub code: AuthorityCode,
    /// The name as published.
    pub name: String,
    /// DfE number, where given.
    pub dfe_number: Option<String>,
    /// The code of the region it lies in, where given.
    pub region: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::domain::figure::Column;

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (number, letters) in [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (53, "BA"), (703, "AAA")] {
            assert_eq!(Column { number, heading: String::new() }.letters(), letters);
        }
    }
}
