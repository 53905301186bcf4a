//! Layouts that we trust: how the columns of a file become observations.

use chrono::NaiveDate;

use crate::domain::figure::Status;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::{BareYear, Quarter};

/// How the columns of a file become observations.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Its name.
    pub name: String,
    /// Which shape, with its columns.
    pub shape: Shape,
    /// What symbols in place of a number mean.
    pub symbols: Vec<Symbol>,
    /// The sheet of a workbook; none means the visible one that has the headings.
    pub sheet: Option<String>,
    /// The header is looked for within this many first rows.
    pub header_within: u32,
}

/// The shapes of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A row per authority, indicator and quarter.
    Long(LongColumns),
    /// The DfE's tidy data: a row per area and period, a column per measure.
    Tidy(TidyColumns),
    /// A row per authority or per measure, as people fill in.
    Wide(WideColumns),
}

/// The accepted headings of a long file, lower case, first is preferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongColumns {
    /// The authority's ONS code.
    pub authority: Vec<String>,
    /// The indicator's id.
    pub indicator: Vec<String>,
    /// The quarter.
    pub quarter: Vec<String>,
    /// The year, where it stands in a column of its own; may be missing from the file.
    pub year: Vec<String>,
    /// What one year beside a quarter means; none when that is refused.
    pub bare_year: Option<BareYear>,
    /// The numerator.
    pub numerator: Vec<String>,
    /// The denominator.
    pub denominator: Vec<String>,
    /// The value.
    pub value: Vec<String>,
    /// A status word; may be missing from the file.
    pub status: Vec<String>,
    /// A note; may be missing from the file.
    pub note: Vec<String>,
    /// Headings that may be there and are not read, such as the indicator's name.
    pub ignored: Vec<String>,
}

/// How a DfE tidy file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct TidyColumns {
    /// Month and day of the reference date within the reporting year, such as (3, 31).
    pub reference: (u32, u32),
    /// Added to the reporting year to get the reference date's year: 0, or -1.
    pub reference_year_offset: i32,
    /// The measures; their columns must all be there, which is how the layout is recognised.
    pub measures: Vec<TidyMeasure>,
}

/// One indicator of a tidy or wide file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TidyMeasure {
    /// The indicator.
    pub indicator: IndicatorId,
    /// The first text of its rows, in a wide file whose rows are measures and whose columns are parts.
    pub row: Option<String>,
    /// The column, or in a wide file the row, of the numerator, as spelled.
    pub numerator: Option<String>,
    /// The column of the denominator.
    pub denominator: Option<String>,
    /// The column of the value.
    pub value: Option<String>,
    /// Only in rows in which this column holds this text.
    pub only: Option<(String, String)>,
    /// Whether the file is recognised without its columns.
    pub optional: bool,
}

/// How a wide file is read. Headings are compared without letter case.
#[derive(Clone, Debug, PartialEq)]
pub struct WideColumns {
    /// The column of the authority; empty when every row is about the authority whose return it is.
    pub authority: Vec<String>,
    /// The column of the authority's name; may be missing from the file.
    pub name: Vec<String>,
    /// The column of the DfE's number; may be missing from the file.
    pub dfe_number: Vec<String>,
    /// The column of the region's code; may be missing from the file.
    pub region: Vec<String>,
    /// The column that says which measure a row is about; empty when a measure is a column.
    pub indicator: Vec<String>,
    /// The column that says which part of a figure a row holds; empty when there is none.
    pub part: Vec<String>,
    /// The words for the parts, in headings or in the column `part`.
    pub parts: Parts,
    /// The one column of figures; empty when quarters or parts stand across, or measures are columns.
    pub figure: Vec<String>,
    /// Where the quarter comes from.
    pub time: Time,
    /// What one year beside a quarter means; none when that is refused.
    pub bare_year: Option<BareYear>,
    /// A status word; may be missing from the file.
    pub status: Vec<String>,
    /// A note; may be missing from the file.
    pub note: Vec<String>,
    /// Headings that may be there and are not read.
    pub ignored: Vec<String>,
    /// Rows in which one of these columns holds this text are left out.
    pub except: Vec<(String, String)>,
    /// Words that stand for a number, such as a judgement.
    pub words: Vec<(String, f64)>,
    /// The measures.
    pub measures: Vec<TidyMeasure>,
}

/// The words for the parts of a figure; all empty when headings and rows say nothing of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The numerator.
    pub numerator: Vec<String>,
    /// The denominator.
    pub denominator: Vec<String>,
    /// The value.
    pub value: Vec<String>,
}

/// Where the quarter of a figure comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// It is the quarter of the return.
    Return,
    /// It is the same for the whole file.
    Fixed(Quarter),
    /// A column names it, with the year in the second one where that has a column of its own.
    Column(Vec<String>, Vec<String>),
    /// A column holds a day; the figure stands in the quarter of that day.
    Date(Vec<String>),
    /// The headings across name it.
    Across,
}

/// What a symbol means, for figures whose reference date lies in a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The text, such as `c`.
    pub text: String,
    /// What it means.
    pub status: Status,
    /// First reference date.
    pub from: Option<NaiveDate>,
    /// Last reference date.
    pub until: Option<NaiveDate>,
}
