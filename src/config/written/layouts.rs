//! The `[[collection.layout]]` tables: how the columns of a file become observations.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::{At, Day};

/// How the columns of a file become observations. One of `long` and `tidy`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutToml {
    /// Its name.
    pub name: At<String>,
    /// The sheet of a workbook; without it the first.
    pub sheet: Option<String>,
    /// The header is looked for within this many first rows.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100), extend("x-of" = "rows"))]
    pub header_within: u32,
    /// A row per authority, indicator and quarter.
    pub long: Option<LongToml>,
    /// The DfE's tidy data: a row per area and period, a column per measure.
    pub tidy: Option<TidyToml>,
}

fn one() -> u32 {
    1
}

/// The accepted headings of a long file; letter case does not count.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongToml {
    /// The authority's ONS code.
    pub authority: At<Vec<String>>,
    /// The indicator's id.
    pub indicator: At<Vec<String>>,
    /// The quarter.
    pub quarter: At<Vec<String>>,
    /// The numerator.
    pub numerator: At<Vec<String>>,
    /// The denominator.
    pub denominator: At<Vec<String>>,
    /// The value.
    pub value: At<Vec<String>>,
    /// A status word; the column may be missing from the file.
    #[serde(default)]
    pub status: Vec<String>,
    /// A note; the column may be missing from the file.
    #[serde(default)]
    pub note: Vec<String>,
    /// Headings that may be there and are not read.
    #[serde(default)]
    pub ignored: Vec<String>,
}

/// How a DfE tidy file is read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TidyToml {
    /// Month of the reference date.
    #[schemars(range(min = 1, max = 12))]
    pub reference_month: At<u32>,
    /// Day of the reference date.
    #[schemars(range(min = 1, max = 31))]
    pub reference_day: At<u32>,
    /// Added to `time_period` to get the reference date's year.
    #[serde(default)]
    #[schemars(range(min = -1, max = 1))]
    pub reference_year_offset: i32,
    /// The measures; all their columns must be there, which is how the layout is recognised.
    pub measures: At<Vec<MeasureToml>>,
}

/// One indicator of a tidy file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureToml {
    /// The indicator.
    pub indicator: At<String>,
    /// The column of the numerator, as spelled in the file.
    pub numerator: Option<String>,
    /// The column of the denominator.
    pub denominator: Option<String>,
    /// The column of the value.
    pub value: Option<String>,
    /// Only in rows in which a column holds a certain text.
    pub only: Option<OnlyToml>,
}

/// Rows in which `column` holds exactly `is`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlyToml {
    /// The column.
    pub column: String,
    /// The text.
    pub is: String,
}

/// What a symbol means, for figures whose reference date lies in a stretch of time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymbolToml {
    /// The text in place of a number, such as `c`.
    pub text: At<String>,
    /// What it means.
    pub means: StatusWord,
    /// First reference date.
    pub from: Option<At<Day>>,
    /// Last reference date.
    pub until: Option<At<Day>>,
}

/// Why a figure is not there.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatusWord {
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
