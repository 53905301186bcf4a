//! `authorities.toml`: the region's authorities, also past and future ones.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::{At, Day};

/// The region's authorities, also past and future ones.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthoritiesToml {
    /// The authorities.
    #[serde(default)]
    #[schemars(required)]
    pub authority: Vec<AuthorityToml>,
}

/// A local authority with its dates of existence.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityToml {
    /// The nine-character ONS code.
    pub code: At<String>,
    /// The name people use in writing.
    pub name: String,
    /// Other spellings accepted in returns; letter case does not count.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The Department for Education's three-digit number, in quotes.
    pub dfe_number: At<String>,
    /// First day of existence.
    pub from: Option<At<Day>>,
    /// Last day of existence.
    pub until: Option<At<Day>>,
    /// Who took over.
    #[serde(default)]
    pub successor: Vec<SuccessorToml>,
    /// Statistical neighbours, by version of the list.
    #[serde(default)]
    pub neighbours: Vec<NeighboursToml>,
}

/// One successor of an abolished authority.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuccessorToml {
    /// The successor's ONS code.
    pub code: At<String>,
    /// How much of the old area went there.
    pub share: ShareWord,
}

/// How much of an abolished authority went to a successor.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShareWord {
    /// All of it: a trend may be carried across.
    Whole,
    /// Only a part: a trend may not.
    Part,
}

/// One version of the statistical neighbours.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeighboursToml {
    /// The version of the list, such as `2021`, in quotes.
    pub version: At<String>,
    /// DfE numbers in quotes, closest first.
    pub dfe_numbers: Vec<At<String>>,
}
