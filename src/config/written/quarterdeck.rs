//! `quarterdeck.toml`: the region, its collections and digests, the schedule, mail, limits.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::analysis::{ChartsToml, ChecksToml, RebaseToml};
use crate::config::written::collections::CollectionToml;
use crate::config::written::mail::{LimitsToml, MailToml};
use crate::config::written::recipients::RoleWord;
use crate::config::written::typed::At;

// Everything at the top is optional to serde and required by the schema, so that one bad section does not
// hide the problems of the others.
/// The region, its collections and digests, the schedule, mail and limits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarterdeckToml {
    /// The state folder: database, journal, received files, messages.
    #[schemars(required)]
    pub state: Option<String>,
    /// All times are wall time of this zone, such as `Europe/London`.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The division of bank-holidays.json whose bank holidays count.
    #[schemars(required)]
    pub bank_holidays: Option<At<String>>,
    /// Where newer bank holidays come from, in the same shape.
    pub bank_holidays_url: Option<At<String>>,
    /// The region.
    #[schemars(required)]
    pub region: Option<RegionToml>,
    /// The forms that come every quarter or year.
    #[schemars(required)]
    pub collection: Option<Vec<CollectionToml>>,
    /// The digests.
    #[serde(default)]
    pub digest: Vec<DigestToml>,
    /// When the daemon does what.
    #[schemars(required)]
    pub schedule: Option<ScheduleToml>,
    /// Copies of the state.
    #[schemars(required)]
    pub backup: Option<BackupToml>,
    /// Addresses that are asked for after each run.
    pub heartbeat: Option<HeartbeatToml>,
    /// Figures about the daemon, for a collector of metrics.
    pub metrics: Option<MetricsToml>,
    /// Chasing of late returns.
    #[schemars(required)]
    pub chasing: Option<ChasingToml>,
    /// How mail leaves.
    #[schemars(required)]
    pub mail: Option<MailToml>,
    /// Limits on everything.
    #[schemars(required)]
    pub limits: Option<LimitsToml>,
    /// Which checks are asked.
    #[serde(default)]
    pub checks: ChecksToml,
    /// How charts of usual ranges are drawn.
    #[serde(default)]
    pub charts: ChartsToml,
    /// Charts that begin anew.
    #[serde(default)]
    pub rebase: Vec<RebaseToml>,
}

/// The region this daemon watches.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionToml {
    /// Its name.
    pub name: String,
    /// Its ONS code.
    pub code: At<String>,
    /// A short name of this installation: lower-case letters, digits, hyphens.
    pub instance: At<String>,
    /// The version of the neighbour lists that is used; without it nothing is compared with neighbours.
    pub neighbours: Option<At<String>>,
    /// A line on every page.
    pub notice: Option<String>,
    /// Counts from 1 to this are small numbers.
    #[schemars(range(min = 1, max = 20), extend("x-of" = "children"))]
    pub small_number_max: u32,
}

/// A digest: who gets it is said in recipients.toml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestToml {
    /// Its name, as recipients.toml uses it.
    pub name: At<String>,
    /// Its title, part of the subject.
    pub title: String,
    /// How much it says.
    pub style: StyleWord,
    /// When: a cron pattern of five fields, wall time.
    pub cron: At<String>,
    /// What happens when nothing changed since the last one.
    #[serde(default)]
    pub when_nothing_changed: NothingChangedWord,
}

/// How much a digest says.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StyleWord {
    /// Detail for the people who make the returns.
    PerformanceLead,
    /// One screen.
    Director,
    /// Who has not sent, what was revised, shared concerns.
    RegionalLead,
}

/// What happens to a digest in which nothing changed.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NothingChangedWord {
    /// It is not sent.
    Quiet,
    /// It is sent and says so.
    #[default]
    Send,
}

/// When the daemon does what.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleToml {
    /// When sources are polled: a cron pattern of five fields, wall time.
    pub collect: At<String>,
    /// Reminders and chasers go out from this hour on, on working days.
    #[schemars(range(min = 0, max = 23))]
    pub remind_from_hour: u32,
    /// What happens to polls and digests that fell due while nothing ran.
    pub catch_up: CatchUpWord,
    /// After so many days without a run, one by hand is asked for: the clock may be wrong.
    #[schemars(range(min = 2, max = 400), extend("x-of" = "days"))]
    pub hold_after_days: u32,
}

/// Copies of the state.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupToml {
    /// When: a cron pattern of five fields, wall time.
    pub cron: At<String>,
    /// How many are kept.
    #[schemars(range(min = 1, max = 1000), extend("x-of" = "copies"))]
    pub keep: u32,
    /// The folder they are in.
    pub folder: String,
}

/// Addresses that are asked for after each run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatToml {
    /// A file with the address that is asked for after a run that was done.
    pub url_file: String,
    /// A file with the address that is asked for after a run that failed.
    pub failure_url_file: Option<String>,
}

/// Figures about the daemon, for a collector of metrics.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsToml {
    /// The file, written whole and renamed after each run.
    pub file: String,
}

/// What happens to occurrences that were missed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUpWord {
    /// None is made up for.
    Skip,
    /// Only the latest is.
    Latest,
    /// Each is.
    All,
}

/// Chasing of late returns, by working days around the due day.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChasingToml {
    /// Working days before the due day.
    #[schemars(inner(range(min = 1, max = 120)))]
    pub before: At<Vec<u32>>,
    /// Working days after the due day, while the return is not in.
    #[schemars(inner(range(min = 1, max = 120)))]
    pub after: At<Vec<u32>>,
    /// Who is written to.
    pub to: Vec<At<RoleWord>>,
    /// From this many working days after, `escalate_to` gets a copy of what was sent before.
    #[schemars(range(min = 1, max = 120), extend("x-of" = "days"))]
    pub escalate_after: Option<At<u32>>,
    /// Who is written to as well.
    pub escalate_to: Option<Vec<At<RoleWord>>>,
}
