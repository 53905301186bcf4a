//! `recipients.toml`: the people we write to.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::At;
use crate::domain::scope::Role;

/// The people we write to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipientsToml {
    /// The people.
    #[serde(default)]
    #[schemars(required)]
    pub recipient: Vec<RecipientToml>,
}

/// Someone we write to. One of `authorities` and `scope`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipientToml {
    /// A short stable name: lower-case letters, digits, hyphens.
    pub id: At<String>,
    /// Their name.
    pub name: String,
    /// Where we write.
    pub address: At<String>,
    /// What they do.
    pub role: RoleWord,
    /// The authorities they may see, by ONS code.
    pub authorities: Option<At<Vec<At<String>>>>,
    /// `region` for those who may see all of it.
    pub scope: Option<At<ScopeWord>>,
    /// The themes they want; without it all.
    #[serde(default)]
    pub themes: Vec<At<String>>,
    /// How much they see of other authorities' small numbers.
    #[serde(default)]
    pub figures: FiguresWord,
    /// The digests they get, by name.
    #[serde(default)]
    pub digests: Vec<At<String>>,
}

/// What a recipient does.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RoleWord {
    /// Sends the returns of one or more authorities.
    PerformanceLead,
    /// Directs an authority's children's services.
    Director,
    /// Runs the region's programme.
    RegionalLead,
    /// Runs this daemon.
    Operator,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::PerformanceLead => Self::PerformanceLead,
            RoleWord::Director => Self::Director,
            RoleWord::RegionalLead => Self::RegionalLead,
            RoleWord::Operator => Self::Operator,
        }
    }
}

/// A scope wider than named authorities.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeWord {
    /// All of the region.
    Region,
}

/// How much of other authorities' small numbers a recipient sees.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FiguresWord {
    /// Every figure.
    Full,
    /// Small numbers withheld, except of the recipient's own authority.
    #[default]
    Suppressed,
    /// No figures, only sentences.
    None,
}
