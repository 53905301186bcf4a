//! Where returns come from, as typed: `[collection.http]`, `[collection.folder]` and `[collection.ees]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::At;

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
    /// Says who we are by OAuth 2 client credentials, as a SharePoint site needs.
    pub oauth2: Option<OAuth2Toml>,
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

/// OAuth 2 client credentials: a token is asked for with a secret, and used until it expires.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth2Toml {
    /// The address where a token is asked for.
    pub token_url: At<String>,
    /// The client's id.
    pub client_id: String,
    /// A file with the client's secret.
    pub client_secret_file: String,
    /// What the token is to be good for, such as `https://contoso.sharepoint.com/.default`.
    pub scope: Option<String>,
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
    /// How those who send know the folder, such as `\\\\server\\returns`; chasers and receipts say it.
    pub shown_as: Option<At<String>>,
}

/// A data set of the Explore Education Statistics API, version 1.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EesToml {
    /// Where the API is, with its version. Without it `https://api.education.gov.uk/statistics/v1`.
    pub base_url: Option<At<String>>,
    /// The data set's id, as the page of the data set shows it.
    pub data_set: At<String>,
    /// The version that is wanted, such as `2.1`, or `2.*` for the newest that begins with 2. Without it the
    /// newest.
    pub version: Option<At<String>>,
    /// What happens when the first number of the version changes: columns may have gone.
    #[serde(default)]
    pub major: MajorWord,
    /// Asks for a part of the data set; without it the whole CSV is taken.
    pub query: Option<EesQueryToml>,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<String>,
    /// A proxy; without it the connection is direct, whatever the environment says.
    pub proxy: Option<At<String>>,
    /// Whether the API may be on a private or loopback address.
    #[serde(default)]
    pub private_addresses: PrivateWord,
}

/// What happens to a version whose first number is new.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum MajorWord {
    /// The operator is told what changed, and the version before it stays.
    #[default]
    Hold,
    /// It is taken like any other.
    Take,
}

/// A part of a data set. Everything is named by column, label or id, as the data set has it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EesQueryToml {
    /// The indicators.
    pub indicators: At<Vec<String>>,
    /// Codes of geographic levels, such as `LA` and `NAT`. Without them all.
    #[serde(default)]
    pub geographic_levels: Vec<String>,
    /// For a filter the options that are wanted; filters that are not named are not narrowed.
    #[serde(default)]
    pub filters: Vec<EesFilterToml>,
    /// The first time period and its code, such as `2014|FY`.
    pub from: Option<At<String>>,
    /// The last time period and its code.
    pub until: Option<At<String>>,
    /// Rows of one page.
    #[schemars(range(min = 1, max = 10000), extend("x-of" = "rows"))]
    pub page_size: Option<u32>,
}

/// A filter and the options that are wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EesFilterToml {
    /// The filter's column.
    pub column: String,
    /// The options.
    pub options: Vec<String>,
}
