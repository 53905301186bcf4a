//! The `[[collection]]` tables: what comes, when, from where, and how it is read.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::layouts::{LayoutToml, SymbolToml};
use crate::config::written::sources::{EesToml, FolderToml, HttpToml};
use crate::config::written::typed::At;

/// A form that comes every quarter or year.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectionToml {
    /// Its name, as indicators.toml uses it.
    pub name: At<String>,
    /// What people call it.
    pub title: String,
    /// How often it comes.
    pub cadence: CadenceWord,
    /// The first quarter that is collected, such as `2014-15 Q1`.
    pub first_quarter: At<String>,
    /// Working days after the quarter's last day on which a return is due.
    #[schemars(range(min = 1, max = 120), extend("x-of" = "days"))]
    pub due_working_days: Option<At<u32>>,
    /// How many earlier quarters are still polled for new versions.
    #[schemars(range(min = 0, max = 40), extend("x-of" = "quarters"))]
    pub revision_quarters: u32,
    /// Whose returns are expected.
    pub reporters: ReportersWord,
    /// Whether figures are provisional and unvalidated.
    pub provisional: bool,
    /// Returns are fetched over HTTP. Without `http`, `folder` and `ees` they come by hand.
    pub http: Option<HttpToml>,
    /// Returns are dropped into a folder.
    pub folder: Option<FolderToml>,
    /// A publisher's data set is fetched from the Explore Education Statistics API.
    pub ees: Option<EesToml>,
    /// What symbols in place of a number mean.
    #[serde(default)]
    pub symbol: Vec<SymbolToml>,
    /// The layouts tried, in order.
    pub layout: Vec<LayoutToml>,
}

/// How often a collection comes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum CadenceWord {
    /// Every quarter.
    Quarterly,
    /// Every year.
    Annual,
}

/// Whose returns a collection expects.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ReportersWord {
    /// Each authority of the region sends its own return.
    Members,
    /// One file for the country. Nobody is chased.
    Publisher,
}
