//! Where returns come from, as we trust it: by hand, over HTTP, a drop folder, a publisher's data set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::version::Pin;

/// Where returns come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Only by hand, with `receive`.
    Hand,
    /// Fetched over HTTP.
    Http(HttpSource),
    /// A drop folder.
    Folder(FolderSource),
    /// A data set of Explore Education Statistics.
    Ees(EesSource),
}

impl Source {
    /// Whether a run looks there by itself.
    #[must_use]
    pub fn is_polled(&self) -> bool {
        !matches!(self, Self::Hand)
    }
}

/// An address with `{authority}` and `{quarter}` in it.
#[derive(Clone, Debug)]
pub struct HttpSource {
    /// The address; `{authority}`, `{dfe_number}`, `{quarter}` (as `2017-18-Q2`) are filled in.
    pub url: String,
    /// How we say who we are.
    pub login: Login,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy; none means a direct connection, whatever the environment says.
    pub proxy: Option<String>,
    /// Hosts that a redirect may lead to, besides the address's own.
    pub redirect_hosts: Vec<String>,
    /// Whether private and loopback addresses are allowed.
    pub private_addresses: PrivateAddresses,
}

/// How we say who we are to an HTTP source. Secrets are paths to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Not at all.
    None,
    /// HTTP basic.
    Basic {
        /// The user's name.
        user: String,
        /// A file with the password.
        password_file: PathBuf,
    },
    /// A bearer token.
    Bearer {
        /// A file with the token.
        token_file: PathBuf,
    },
    /// A key in a header.
    ApiKey {
        /// The header's name.
        header: String,
        /// A file with the key.
        key_file: PathBuf,
    },
    /// OAuth 2 client credentials, as a SharePoint site needs.
    OAuth2 {
        /// Where a token is asked for.
        token_url: String,
        /// Who we are.
        client_id: String,
        /// A file with the client's secret.
        client_secret_file: PathBuf,
        /// What the token is to be good for.
        scope: Option<String>,
    },
}

impl Login {
    /// The file with the secret; none when we do not say who we are.
    #[must_use]
    pub fn secret_file(&self) -> Option<&Path> {
        match self {
            Self::None => None,
            Self::Basic { password_file, .. } => Some(password_file),
            Self::Bearer { token_file } => Some(token_file),
            Self::ApiKey { key_file, .. } => Some(key_file),
            Self::OAuth2 { client_secret_file, .. } => Some(client_secret_file),
        }
    }
}

/// A data set of the Explore Education Statistics API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EesSource {
    /// Where the API is, with its own version, such as `https://api.education.gov.uk/statistics/v1`.
    pub base_url: String,
    /// The data set's id.
    pub data_set: String,
    /// Which versions are wanted; none means the newest.
    pub version: Option<Pin>,
    /// What happens when the first number of the version changes.
    pub major: MajorVersions,
    /// Which part is asked for; none means the whole CSV.
    pub query: Option<EesQuery>,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy; none means a direct connection, whatever the environment says.
    pub proxy: Option<String>,
    /// Whether private and loopback addresses are allowed.
    pub private_addresses: PrivateAddresses,
}

/// What happens to a version in which columns may have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MajorVersions {
    /// It is told, and the one we have stays.
    Hold,
    /// It is taken like any other.
    Take,
}

/// A part of a data set. Names are columns, labels or ids of the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EesQuery {
    /// The indicators.
    pub indicators: Vec<String>,
    /// Codes of the levels, such as `LA`; empty means all.
    pub geographic_levels: Vec<String>,
    /// For a filter the options that are wanted; a filter that is not named is not narrowed.
    pub filters: BTreeMap<String, Vec<String>>,
    /// The first period and its code, such as `2014` and `FY`.
    pub from: Option<(String, String)>,
    /// The last period and its code.
    pub until: Option<(String, String)>,
    /// Rows of one page.
    pub page_size: u32,
}

/// Whether a source may be on a private or loopback address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// No: such an address is refused.
    Refused,
    /// Yes: the source is inside our own network.
    Allowed,
}

/// A folder into which returns are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSource {
    /// The folder.
    pub path: PathBuf,
    /// The file's name, with `{authority}` and `{quarter}` in it; the ending is free.
    pub name: String,
    /// A file is claimed when it has not changed for this long.
    pub settle_seconds: u64,
    /// How those who send know the folder; none when that was agreed with each.
    pub shown_as: Option<String>,
}
