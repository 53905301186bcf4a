//! The `[[collection.layout]]` tables: how the columns of a file become observations.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::{At, Day};

/// How the columns of a file become observations. One of `long`, `tidy` and `wide`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutToml {
    /// Its name.
    pub name: At<String>,
    /// The sheet of a workbook; without it the visible one that has the headings.
    pub sheet: Option<String>,
    /// The header is looked for within this many first rows.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100), extend("x-of" = "rows"))]
    pub header_within: u32,
    /// A row per authority, indicator and quarter.
    pub long: Option<LongToml>,
    /// The DfE's tidy data: a row per area and period, a column per measure.
    pub tidy: Option<TidyToml>,
    /// A row per authority or per measure, as people fill in.
    pub wide: Option<WideToml>,
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
    /// The year, where it stands in a column of its own; the column may be missing from the file.
    #[serde(default)]
    pub year: Vec<String>,
    /// What one year beside a quarter means, such as `Q2 2017`; without it such a quarter is refused.
    pub bare_year: Option<BareYearWord>,
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

/// How a file is read whose rows are authorities or measures.
///
/// Each of authority, measure, part and quarter comes from a column, from the headings across, from this
/// table, or from the return that was asked for. Headings are lists of what is accepted; letter case does not
/// count.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WideToml {
    /// The authority: code, name, alias or DfE number. Without it all rows are the sender's.
    pub authority: Option<At<Vec<String>>>,
    /// The authority's name; the column may be missing from the file.
    #[serde(default)]
    pub name: Vec<String>,
    /// The DfE's number; the column may be missing from the file.
    #[serde(default)]
    pub dfe_number: Vec<String>,
    /// The code of the region; the column may be missing from the file.
    #[serde(default)]
    pub region: Vec<String>,
    /// The measure: a row per measure. Without it a measure is a column.
    pub indicator: Option<At<Vec<String>>>,
    /// The part of the figure that a row holds, by the words of `parts`; an empty measure is the one above.
    pub part: Option<At<Vec<String>>>,
    /// The words for numerator, denominator and value in headings or in the column `part`.
    pub parts: Option<At<PartsToml>>,
    /// The one column of figures, where neither quarters nor `parts` stand across.
    pub figure: Option<At<Vec<String>>>,
    /// The quarter; in an annual collection also a year, `2014/15` or `2015`, which stands in the quarter of
    /// its reference day. One of `quarter`, `date`, `period`, `across`; without any it is that of the return.
    pub quarter: Option<At<Vec<String>>>,
    /// The year, where it stands beside `quarter` in a column of its own; it may be missing from the file.
    #[serde(default)]
    pub year: Vec<String>,
    /// A day, day first; the figure stands in the quarter of that day.
    pub date: Option<At<Vec<String>>>,
    /// The quarter of the whole file, such as `2016-17 Q4`.
    pub period: Option<At<String>>,
    /// What the headings across are; in an annual collection also years. Without `indicator` the headings
    /// above them are those of the measures.
    pub across: Option<At<AcrossWord>>,
    /// Month of the reference day of a year, in an annual collection; without it March.
    #[schemars(range(min = 1, max = 12))]
    pub reference_month: Option<At<u32>>,
    /// Day of the reference day; without it the 31st.
    #[schemars(range(min = 1, max = 31))]
    pub reference_day: Option<At<u32>>,
    /// Added to the year in which `2014/15` ends to get the reference day's year.
    #[serde(default)]
    #[schemars(range(min = -1, max = 1))]
    pub reference_year_offset: i32,
    /// What one year beside a quarter means, such as `Q2 2017`; without it such a quarter is refused.
    pub bare_year: Option<BareYearWord>,
    /// A status word; the column may be missing from the file.
    #[serde(default)]
    pub status: Vec<String>,
    /// A note; the column may be missing from the file.
    #[serde(default)]
    pub note: Vec<String>,
    /// Headings that may be there and are not read.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// Rows that are left out, such as parts of an area under its code.
    #[serde(default)]
    pub except: Vec<OnlyToml>,
    /// Words that stand for a number, such as a judgement.
    #[serde(default)]
    pub words: Vec<WordToml>,
    /// The measures; all their columns must be there, which is how the layout is recognised.
    pub measures: At<Vec<MeasureToml>>,
}

/// A word that stands for a number; letter case does not count.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordToml {
    /// The word in place of a number, such as `Good`.
    pub text: At<String>,
    /// The number it stands for.
    pub number: f64,
}

/// The words for the parts of a figure.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartsToml {
    /// The numerator.
    #[serde(default)]
    pub numerator: Vec<String>,
    /// The denominator.
    #[serde(default)]
    pub denominator: Vec<String>,
    /// The value.
    #[serde(default)]
    pub value: Vec<String>,
}

/// What the headings across are.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum AcrossWord {
    /// Quarters, each one column, or one for each of `parts` or of the measures; of a return only its own
    /// quarter is read.
    Quarters,
}

/// What one year beside a quarter means.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum BareYearWord {
    /// `Q2 2017` is April to June 2017.
    Calendar,
    /// `Q2 2017` is July to September 2017.
    Financial,
}

/// One indicator of a tidy or wide file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureToml {
    /// The indicator.
    pub indicator: At<String>,
    /// What stands in the column `indicator` of its rows, where `parts` tell numerator and denominator apart.
    pub row: Option<At<String>>,
    /// The column of the numerator as spelled in the file; or its row, in a wide layout with `indicator`.
    pub numerator: Option<String>,
    /// The column or row of the denominator.
    pub denominator: Option<String>,
    /// The column or row of the value.
    pub value: Option<String>,
    /// Whether the layout is recognised without its columns; that they are not there is then remarked.
    #[serde(default)]
    pub optional: bool,
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
