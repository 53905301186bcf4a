//! A measure: what is counted, out of what, and which way is good.

use std::fmt;

/// The identifier of an indicator, in lower snake case, such as `rereferral_pct`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndicatorId(String);

impl IndicatorId {
    /// Lower-case letters, digits and underscores, starting with a letter; at most 60 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        (starts && rest && text.len() <= 60).then(|| Self(text.to_owned()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IndicatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The unit of an indicator's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of children, plans or posts: the numerator itself.
    Count,
    /// 100 x numerator / denominator.
    Percent,
    /// `per` x numerator / denominator.
    Rate {
        /// 10,000 for a rate per 10,000 children; 1 for an average.
        per: u32,
    },
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// More is better.
    HighIsGood,
    /// Less is better.
    LowIsGood,
    /// Neither: a demand rate is unusual or changed, never good or bad.
    None,
}

impl Polarity {
    /// The adverse sign: -1 when high is good, +1 when low is good, 0 without polarity.
    #[must_use]
    pub fn adverse(self) -> i8 {
        match self {
            Self::HighIsGood => -1,
            Self::LowIsGood => 1,
            Self::None => 0,
        }
    }
}

/// How a measure behaves over time, which decides what may be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Events within the quarter.
    Flow,
    /// A snapshot at the end of the quarter.
    Stock,
    /// The last twelve months, reported each quarter. Never through SPC.
    RollingYear,
}

impl Behaviour {
    /// The word used in the configuration and the views.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
            Self::RollingYear => "rolling-year",
        }
    }
}

/// A measure as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Identifier, as in returns.
    pub id: IndicatorId,
    /// What people call it.
    pub name: String,
    /// The collections that carry it.
    pub collections: Vec<String>,
    /// The theme it belongs to, such as `child-protection`.
    pub theme: String,
    /// What exactly is counted.
    pub definition: String,
    /// Unit of the value.
    pub unit: Unit,
    /// What the numerator counts.
    pub numerator: String,
    /// What the denominator counts; none for a count.
    pub denominator: Option<String>,
    /// Which direction is good.
    pub polarity: Polarity,
    /// Flow, stock or rolling year.
    pub behaviour: Behaviour,
    /// Whether it rises and falls with the seasons.
    pub seasonal: bool,
    /// Whether it is there only to relate others to: performance checks leave it out.
    pub context: bool,
    /// Whether a quarter's rate is multiplied by four, so that it compares with a year's.
    pub annualise: bool,
    /// Decimals shown; half is rounded up.
    pub decimals: u8,
    /// Values outside are quarantined.
    pub plausible: Option<(f64, f64)>,
    /// A target, in the unit of the value.
    pub target: Option<f64>,
    /// No check but data quality judges a figure with a smaller denominator (or count).
    pub minimum_denominator: f64,
    /// Identities with other indicators of the same return.
    pub identities: Vec<Identity>,
    /// Where the definition comes from.
    pub source: String,
}

/// Ends the name of a rate that is shown for a year: a quarter's count times four.
pub const A_YEAR: &str = ", a year";

impl Indicator {
    /// The name as people read it; an annualised rate says so, because its numbers are a quarter's.
    #[must_use]
    pub fn shown_name(&self) -> String {
        if self.annualise { format!("{}{A_YEAR}", self.name) } else { self.name.clone() }
    }
}

/// A rule between this indicator's numerator and another's, in the same return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// This numerator must be at most the other's numerator.
    pub at_most: IndicatorId,
}
