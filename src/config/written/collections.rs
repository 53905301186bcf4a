//! The `[[collection]]` tables: what comes, when, from where, and how it is read.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::layouts::{LayoutToml, SymbolToml};
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
    /// Returns are fetched over HTTP. Without `http` and `folder` they come by hand.
    pub http: Option<HttpToml>,
    /// Returns are dropped into a folder.
    pub folder: Option<FolderToml>,
    /// What symbols in place of a number mean.
    #[serde(default)]
    pub symbol: Vec<SymbolToml>,
    /// The layouts tried, in order.
    pub layout: Vec<LayoutToml>,
}

/// How often a collection comes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
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

/// An address with `{authority}` and `{quarter}` in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpToml {
    /// The address; `{authority}`, `{dfe_number}` and `{quarter}` are filled in.
    pub url: At<String>,
    /// Says who we are by HTTP basic.
    pub basic: Option<BasicToml>,
    /// Says who we are by a bearer token.
    pub bearer: Option<BearerToml>,
    /// Says who we are by a key in a header.
    pub api_key: Option<ApiKeyToml>,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<String>,
    /// A proxy; without it the connection is direct, whatever the environment says.
    pub proxy: Option<At<String>>,
    /// Hosts that a redirect may lead to, besides the address's own.
    #[serde(default)]
    pub redirect_hosts: Vec<String>,
    /// Whether the source may be on a private or loopback address.
    #[serde(default)]
    pub private_addresses: PrivateWord,
}

/// HTTP basic.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicToml {
    /// The user's name.
    pub user: String,
    /// A file with the password.
    pub password_file: String,
}

/// A bearer token.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BearerToml {
    /// A file with the token.
    pub token_file: String,
}

/// A key in a header.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyToml {
    /// The header's name.
    pub header: String,
    /// A file with the key.
    pub key_file: String,
}

/// Whether a source may be on a private or loopback address.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PrivateWord {
    /// No: such an address is refused.
    #[default]
    Refused,
    /// Yes: the source is inside our own network.
    Allowed,
}

/// A folder into which returns are dropped.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderToml {
    /// The folder.
    pub path: String,
    /// The file's name without its ending, with `{authority}` and `{quarter}` in it.
    pub name: At<String>,
    /// A file is claimed when it has not changed for this long.
    #[schemars(range(min = 0, max = 3600), extend("x-of" = "seconds"))]
    pub settle_seconds: u64,
}
