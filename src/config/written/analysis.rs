//! Of `quarterdeck.toml`: which checks are asked, how charts are drawn, where they begin anew.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::At;

/// Which checks are asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksToml {
    /// Checks that are off by default and asked here.
    #[serde(default)]
    pub on: Vec<At<String>>,
    /// Checks that are not asked here.
    #[serde(default)]
    pub off: Vec<At<String>>,
}

/// How charts of usual ranges are drawn, where public tools differ. What is left out has its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartsToml {
    /// Figures of a run that keeps rising or falling; 6.
    #[schemars(range(min = 4, max = 12), extend("x-of" = "figures"))]
    pub trend_length: Option<u32>,
    /// Figures of a run on one side of the mean; 7.
    #[schemars(range(min = 5, max = 12), extend("x-of" = "figures"))]
    pub shift_length: Option<u32>,
    /// Whether steps far larger than the others are left out of the limits; true.
    pub screen_outliers: Option<bool>,
    /// Figures without which limits are for trial only; 13.
    #[schemars(range(min = 8, max = 30), extend("x-of" = "figures"))]
    pub limits_points_min: Option<u32>,
    /// Mean and limits from the first so many figures only.
    #[schemars(range(min = 12, max = 40), extend("x-of" = "figures"))]
    pub fixed_points: Option<u32>,
    /// Latest quarters of a stock measure that are left out of its limits; 4.
    #[schemars(range(min = 0, max = 8), extend("x-of" = "quarters"))]
    pub stock_left_out: Option<u32>,
    /// Autocorrelation above which the limits of a stock measure use the standard deviation; 0.4.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub autocorrelation_max: Option<f64>,
}

/// From a quarter on an indicator is a new process: its chart begins anew.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RebaseToml {
    /// The indicator.
    pub indicator: At<String>,
    /// The authority; without one, every authority.
    pub authority: Option<At<String>>,
    /// The first quarter of the new process, such as `2017-18 Q1`.
    pub quarter: At<String>,
    /// Why, and who decided.
    pub reason: String,
}
