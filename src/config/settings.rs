//! What we trust: the settings after every file was read and checked.

use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;

pub use crate::config::layout::{
    Layout, LongColumns, Parts, Shape, Symbol, TidyColumns, TidyMeasure, Time, WideColumns,
};
pub use crate::config::sources::{
    EesQuery, EesSource, FolderSource, HttpSource, Login, MajorVersions, PrivateAddresses, Source,
};
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::calendar::Calendar;
use crate::domain::check::Switch;
use crate::domain::deadline::Deadline;
use crate::domain::due::CatchUp;
use crate::domain::indicator::{Indicator, IndicatorId};
pub use crate::domain::letter::digest::{DigestStyle, WhenNothingChanged};
use crate::domain::quarter::Quarter;
use crate::domain::scope::{EmailAddress, Recipient, Role};

/// All of the configuration. Each room gets its own section, never the whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The region.
    pub region: Region,
    /// All times in the configuration are wall time of this zone.
    pub zone: Tz,
    /// The state folder.
    pub state: PathBuf,
    /// The region's authorities, also past and future ones.
    pub authorities: Vec<Authority>,
    /// The measures.
    pub indicators: Vec<Indicator>,
    /// The collections.
    pub collections: Vec<Collection>,
    /// The deadlines.
    pub deadlines: Vec<Deadline>,
    /// The people we write to.
    pub recipients: Vec<Recipient>,
    /// The digests.
    pub digests: Vec<DigestPlan>,
    /// When the daemon does what.
    pub schedule: Schedule,
    /// Copies of the state.
    pub backup: Backup,
    /// Who outside hears that a run went well, or did not.
    pub heartbeat: Option<Heartbeat>,
    /// A file of figures about the daemon, for a collector of metrics.
    pub metrics_file: Option<PathBuf>,
    /// Where newer bank holidays come from.
    pub newer_holidays: Option<NewerHolidays>,
    /// Chasing of late returns.
    pub chasing: Chasing,
    /// How mail leaves.
    pub mail: MailSettings,
    /// Limits on everything.
    pub limits: Limits,
    /// Working days.
    pub calendar: Calendar,
    /// Checks of the operator, added or in place of shipped ones.
    pub checks: Vec<AddedCheck>,
    /// Which checks are asked, how charts are drawn, where they begin anew.
    pub analysis: Analysis,
    /// A fingerprint of all configuration files, in hexadecimal.
    pub fingerprint: String,
}

/// The region this daemon watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name, such as `North East`.
    pub name: String,
    /// Its ONS code.
    pub code: AuthorityCode,
    /// A short name of this installation, part of every Message-ID.
    pub instance: String,
    /// Which version of the neighbour lists is used; empty when nothing is compared with neighbours.
    pub neighbours_version: String,
    /// A line on every page, such as "synthetic figures".
    pub notice: Option<String>,
    /// Counts from 1 to this are small numbers.
    pub small_number_max: u32,
}

/// A form that comes every quarter or year.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Its name: `quarterly`, `workforce`, `published`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How often it comes.
    pub cadence: Cadence,
    /// The first quarter that is collected.
    pub first_quarter: Quarter,
    /// Working days after the quarter's last day on which a return is due; none when nothing is chased.
    pub due_working_days: Option<u32>,
    /// How many earlier quarters are still polled for new versions.
    pub revision_quarters: u32,
    /// Whose returns are expected.
    pub reporters: Reporters,
    /// Whether figures are provisional and unvalidated.
    pub provisional: bool,
    /// Where returns come from.
    pub source: Source,
    /// The layouts tried, in order; the first that recognises a header is used.
    pub layouts: Vec<Layout>,
}

impl Collection {
    /// The collection's quarters that had ended by `today`, oldest first.
    #[must_use]
    pub fn ended_quarters(&self, today: NaiveDate) -> Vec<Quarter> {
        let next = |quarter: &Quarter| Some(quarter.plus(self.cadence.step()));
        let quarters = std::iter::successors(Some(self.first_quarter), next);
        quarters.take_while(|quarter| quarter.last_day() < today).collect()
    }
}

/// How often a collection comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every quarter.
    Quarterly,
    /// Every year.
    Annual,
}

impl Cadence {
    /// Quarters from one figure of a series to the next.
    #[must_use]
    pub fn step(self) -> i32 {
        match self {
            Self::Quarterly => 1,
            Self::Annual => 4,
        }
    }
}

/// Whose returns a collection expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporters {
    /// Each authority of the region sends its own return.
    Members,
    /// One file for the country, taken in by hand or from one address. Nobody is chased.
    Publisher,
}

/// A digest: who gets it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestPlan {
    /// Its name.
    pub name: String,
    /// Its title, used in the subject.
    pub title: String,
    /// How much it says.
    pub style: DigestStyle,
    /// When, as a cron pattern of five fields, wall time. Falls on a day that is none: the next working day.
    pub cron: String,
    /// Sent also when nothing changed.
    pub when_nothing_changed: WhenNothingChanged,
}

/// When the daemon does what: cron patterns of five fields, wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When sources are polled, and everything else that is due is done.
    pub collect: String,
    /// Reminders and chasers go out from this hour on, on working days.
    pub remind_from_hour: u32,
    /// What happens to polls and digests that fell due while nothing ran.
    pub catch_up: CatchUp,
    /// After so many days without a run, one by hand is asked for: the clock may be wrong.
    pub hold_after_days: u32,
}

/// Copies of the state: consistent, verified by opening, rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// When, as a cron pattern of five fields, wall time.
    pub cron: String,
    /// How many are kept; older ones are removed after a new one was verified.
    pub keep: u32,
    /// Where they are.
    pub folder: PathBuf,
}

/// Addresses that are asked for, with an empty body, after each run. An address may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The file with the address asked for after a run that was done.
    pub url_file: PathBuf,
    /// The file with the address asked for after a run that failed.
    pub failure_url_file: Option<PathBuf>,
}

/// Where newer bank holidays come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerHolidays {
    /// The address of a file in the shape of `bank-holidays.json`.
    pub url: String,
    /// Its division that counts.
    pub division: String,
}

/// Chasing of late returns, by working days after the due day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chasing {
    /// Before the due day, a note to those who have not sent.
    pub before: Vec<u32>,
    /// After it.
    pub after: Vec<u32>,
    /// Who is written to.
    pub to: Vec<Role>,
    /// From this many working days after, these as well.
    pub escalate: Option<(u32, Vec<Role>)>,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The sender's name.
    pub from_name: String,
    /// The sender.
    pub from: EmailAddress,
    /// A human.
    pub reply_to: EmailAddress,
    /// The envelope sender: a monitored box for bounces.
    pub bounces: EmailAddress,
    /// Where a recipient writes to be taken off.
    pub unsubscribe: EmailAddress,
    /// At most this many messages to one recipient in one day.
    pub per_recipient_per_day: u32,
    /// Where it goes.
    pub post: PostSettings,
}

/// Where mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostSettings {
    /// A folder of `.eml` files.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name, as in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is made safe.
    pub tls: SmtpTls,
    /// A certificate authority of one's own, in PEM.
    pub ca_file: Option<PathBuf>,
    /// User and a file with the password.
    pub login: Option<(String, PathBuf)>,
    /// How we name ourselves to it; none is the machine's full name, or our address.
    pub hello: Option<String>,
    /// Limit on each step of a message but the last: opening the line, asking, giving the body.
    pub timeout_seconds: u64,
    /// Tries before a message is set aside and the operator told.
    pub attempts_max: u32,
}

/// How the line to a mail server is made safe. There is no "if possible".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, required.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None: only to a loopback address.
    Loopback,
}

/// Limits on everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Bytes of a received file, without the packing of its transfer.
    pub file_bytes_max: u64,
    /// Bytes of a received file, unpacked.
    pub unpacked_bytes_max: u64,
    /// Rows of a file.
    pub rows_max: u32,
    /// Columns of a file.
    pub columns_max: u32,
    /// Characters of one field.
    pub field_chars_max: u32,
    /// Limit on one connection attempt.
    pub connect_seconds: u64,
    /// Limit on one fetch, whole.
    pub fetch_seconds: u64,
    /// Sources polled at once.
    pub fetches_at_once: u32,
    /// Limit on one `once`, as a child of the daemon.
    pub run_seconds: u64,
    /// Address space of one run, in mebibytes.
    pub run_mebibytes: u32,
    /// DuckDB's memory.
    pub database_mebibytes: u32,
    /// A worker's address space.
    pub worker_mebibytes: u32,
    /// A worker's CPU time, and its deadline.
    pub worker_seconds: u64,
    /// Rows that `sql` and an added check may return.
    pub result_rows_max: u32,
}

/// Which checks are asked, how charts are drawn, where they begin anew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// Checks that are off by default and asked.
    pub on: Vec<String>,
    /// Checks that are not asked.
    pub off: Vec<String>,
    /// Parameters of the views, by their names in `queries/views/parameters.sql`.
    pub charts: Vec<(&'static str, f64)>,
    /// Charts that begin anew.
    pub rebases: Vec<Rebase>,
}

impl Analysis {
    /// Whether the check `name` is asked.
    #[must_use]
    pub fn asks(&self, name: &str, by_default: Switch) -> bool {
        let is_in = |names: &[String]| names.iter().any(|one| one == name);
        !is_in(&self.off) && (by_default == Switch::On || is_in(&self.on))
    }
}

/// From a quarter on an indicator is a new process, because somebody decided so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebase {
    /// The indicator.
    pub indicator: IndicatorId,
    /// The authority; none is every authority.
    pub authority: Option<AuthorityCode>,
    /// The first quarter of the new process.
    pub quarter: Quarter,
    /// Why, and who decided.
    pub reason: String,
}

/// A check of the operator: runs as a worker.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddedCheck {
    /// Its name: the file's, without `.sql`.
    pub name: String,
    /// The file, for error messages.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}
