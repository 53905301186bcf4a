//! One indicator's figure as sent: numerator, denominator, value, status.

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

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

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The line of a text file or the row of a sheet, from 1.
    pub line: u32,
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

/// A row that was refused, with its reason.
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
