//! `indicators.toml`: the measures.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::At;

/// The measures.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorsToml {
    /// The measures.
    #[serde(default)]
    #[schemars(required)]
    pub indicator: Vec<IndicatorToml>,
}

/// A measure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorToml {
    /// As used in returns: lower-case letters, digits and underscores.
    pub id: At<String>,
    /// What people call it.
    pub name: String,
    /// The collections that carry it.
    pub collections: Vec<At<String>>,
    /// The theme it belongs to.
    pub theme: At<String>,
    /// What exactly is counted.
    pub definition: String,
    /// The unit of the value.
    pub unit: At<UnitWord>,
    /// Only for a rate: per how many, such as 10000; 1 for an average.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub per: Option<At<u32>>,
    /// What the numerator counts.
    pub numerator: String,
    /// What the denominator counts; not for a count.
    pub denominator: Option<At<String>>,
    /// Which direction is good.
    pub polarity: PolarityWord,
    /// How it behaves over time.
    pub behaviour: BehaviourWord,
    /// Whether it rises and falls with the seasons, year after year.
    #[serde(default)]
    pub seasonal: Option<bool>,
    /// Whether it is there only to relate others to, as a population is: performance checks leave it out.
    #[serde(default)]
    pub context: Option<bool>,
    /// Whether a quarter's rate is multiplied by four, so that it compares with a year's.
    #[serde(default)]
    pub annualise: Option<At<bool>>,
    /// Decimals shown; half is rounded up.
    #[schemars(range(min = 0, max = 4), extend("x-of" = "decimals"))]
    pub decimals: u8,
    /// Lowest and highest value that can be true; values outside are quarantined.
    pub plausible: Option<At<Vec<f64>>>,
    /// A target, in the unit of the value.
    pub target: Option<At<f64>>,
    /// No check judges a figure with a smaller denominator (or count).
    #[schemars(range(min = 0, max = 100_000_000))]
    pub minimum_denominator: f64,
    /// This numerator is at most the numerator of each of these.
    #[serde(default)]
    pub at_most: Vec<At<String>>,
    /// Where the definition comes from.
    pub source: String,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum UnitWord {
    /// The numerator itself.
    Count,
    /// 100 x numerator / denominator.
    Percent,
    /// `per` x numerator / denominator.
    Rate,
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PolarityWord {
    /// More is better.
    HighIsGood,
    /// Less is better.
    LowIsGood,
    /// Neither.
    None,
}

/// How a measure behaves over time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum BehaviourWord {
    /// Events within the quarter.
    Flow,
    /// A snapshot at the end of the quarter.
    Stock,
    /// The last twelve months, reported each quarter.
    RollingYear,
}
