//! The `[mail]` and `[limits]` tables of quarterdeck.toml.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::typed::At;

/// How mail leaves. One of `folder` and `smtp`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailToml {
    /// The sender's name.
    pub from_name: String,
    /// The sender.
    pub from: At<String>,
    /// A human who answers.
    pub reply_to: At<String>,
    /// The envelope sender: a monitored box for bounces.
    pub bounces: At<String>,
    /// Where a recipient writes to be taken off.
    pub unsubscribe: At<String>,
    /// Only addresses of these domains and their subdomains are written to; empty means any.
    #[serde(default)]
    pub allowed_domains: Vec<At<String>>,
    /// At most this many messages to one recipient in one day.
    #[schemars(range(min = 1, max = 1000), extend("x-of" = "messages"))]
    pub per_recipient_per_day: u32,
    /// Messages are written into a folder.
    pub folder: Option<MailFolderToml>,
    /// Messages are handed to a mail server.
    pub smtp: Option<At<SmtpToml>>,
}

/// A folder of `.eml` files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailFolderToml {
    /// The folder.
    pub path: String,
}

/// A mail server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpToml {
    /// Its name, as in its certificate.
    pub host: At<String>,
    /// Its port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// How the line is made safe.
    pub tls: TlsWord,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<String>,
    /// The user; goes with `password_file`.
    pub user: Option<String>,
    /// A file with the password; goes with `user`.
    pub password_file: Option<String>,
    /// How we name ourselves in EHLO; without it, the machine's full name, or our address where it has none.
    pub hello: Option<At<String>>,
    /// Limit on each step of a message: opening the line, asking, giving the body. The answer to a body may
    /// take ten minutes, whatever stands here.
    #[schemars(range(min = 1, max = 600), extend("x-of" = "seconds"))]
    pub timeout_seconds: u64,
    /// Tries before a message is set aside and the operator told.
    #[schemars(range(min = 1, max = 50), extend("x-of" = "tries"))]
    pub attempts_max: u32,
}

/// How the line to a mail server is made safe.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TlsWord {
    /// STARTTLS, required.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None: only to a loopback address.
    Loopback,
}

/// Limits on everything.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsToml {
    /// Size of a received file, without the packing of its transfer.
    #[schemars(range(min = 1, max = 1024), extend("x-of" = "mebibytes"))]
    pub file_mebibytes: u64,
    /// Size of a received file, unpacked.
    #[schemars(range(min = 1, max = 4096), extend("x-of" = "mebibytes"))]
    pub unpacked_mebibytes: u64,
    /// Rows of a file.
    #[schemars(range(min = 1, max = 50_000_000), extend("x-of" = "rows"))]
    pub rows_max: u32,
    /// Columns of a file.
    #[schemars(range(min = 1, max = 16_384), extend("x-of" = "columns"))]
    pub columns_max: u32,
    /// Length of one field.
    #[schemars(range(min = 1, max = 1_000_000), extend("x-of" = "characters"))]
    pub field_chars_max: u32,
    /// Limit on one connection attempt.
    #[schemars(range(min = 1, max = 600), extend("x-of" = "seconds"))]
    pub connect_seconds: u64,
    /// Limit on one fetch, whole.
    #[schemars(range(min = 1, max = 3600), extend("x-of" = "seconds"))]
    pub fetch_seconds: u64,
    /// Sources polled at once.
    #[schemars(range(min = 1, max = 64), extend("x-of" = "sources"))]
    pub fetches_at_once: u32,
    /// Limit on one run.
    #[schemars(range(min = 10, max = 86_400), extend("x-of" = "seconds"))]
    pub run_seconds: u64,
    /// Address space of one run.
    #[schemars(range(min = 512, max = 1_048_576), extend("x-of" = "mebibytes"))]
    pub run_mebibytes: u32,
    /// The database's memory.
    #[schemars(range(min = 64, max = 1_048_576), extend("x-of" = "mebibytes"))]
    pub database_mebibytes: u32,
    /// A worker's memory.
    #[schemars(range(min = 256, max = 65_536), extend("x-of" = "mebibytes"))]
    pub worker_mebibytes: u32,
    /// A worker's time.
    #[schemars(range(min = 1, max = 3600), extend("x-of" = "seconds"))]
    pub worker_seconds: u64,
    /// Rows that `sql` and an added check may return.
    #[schemars(range(min = 1, max = 10_000_000), extend("x-of" = "rows"))]
    pub result_rows_max: u32,
}
