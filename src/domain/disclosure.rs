//! Small numbers are withheld on output, and with them whatever would give them away: primary and secondary
//! suppression over everything that one reader gets.

pub mod choice;
pub mod ledger;
pub mod relations;
mod worlds;

/// Whether a figure may be shown: numerator, denominator and value together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// It may.
    Shown,
    /// It may not.
    Withheld {
        /// Why not.
        why: Why,
    },
}

/// Why a figure is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It counts few children.
    SmallNumber,
    /// With what else is shown it would give a small number away.
    WouldGiveAway,
    /// The recipient is sent no figures.
    NoFigures,
}

impl Why {
    /// For small print, after "withheld because".
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::SmallNumber => "numbers are small",
            Self::WouldGiveAway => "it would give a small number away",
            Self::NoFigures => "this recipient is sent no figures",
        }
    }
}

/// Whether a count is small: from 1 to `small_max`. Nobody is no small number.
///
/// Full-time equivalents are not whole: 5.4 is shown as 5.
#[must_use]
pub fn is_small(count: f64, small_max: u32) -> bool {
    count > 0.0 && count < f64::from(small_max) + 0.5
}
