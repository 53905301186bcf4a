//! The life of a finding: a pure fold over periods.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// Under which a finding exists once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingKey {
    /// The check's name.
    pub check: String,
    /// The collection.
    pub collection: String,
    /// The authority.
    pub authority: AuthorityCode,
    /// The indicator; none when the finding is about the whole return.
    pub indicator: Option<IndicatorId>,
}

/// What a check said of one key for one quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The quarter.
    pub quarter: Quarter,
    /// Fires, clear, or unknown ("not eligible" is never "clear").
    pub outcome: Outcome,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// Adverse effect in standard units.
    pub effect: f64,
}

/// Fires, clear or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check fires.
    Fires,
    /// The check looked and found nothing.
    Clear,
    /// The check could not look: not eligible, or no data.
    Unknown,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Never fired, or cleared before it opened.
    None,
    /// Fired, not yet often enough to be shown.
    Pending,
    /// Opened in this period.
    New,
    /// Worse than when last announced.
    Worsening,
    /// Better than when last announced.
    Improving,
    /// Still there.
    Continuing,
    /// Clear, not yet often enough.
    Recovering,
    /// Gone.
    Resolved,
}

impl State {
    /// The word used in tables and mails.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::New => "new",
            Self::Worsening => "worsening",
            Self::Improving => "improving",
            Self::Continuing => "continuing",
            Self::Recovering => "recovering",
            Self::Resolved => "resolved",
        }
    }

    /// Whether the finding is open: shown, and counted.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Worsening | Self::Improving | Self::Continuing | Self::Recovering)
    }
}

/// How a check's answers open and close a finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Periods of firing before it opens.
    pub open_after: u32,
    /// Periods of clear before it is resolved.
    pub close_after: u32,
    /// A change of effect smaller than this is no change.
    pub band: f64,
}

/// One period in the life of a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The period.
    pub quarter: Quarter,
    /// Where the finding stands after it.
    pub state: State,
    /// Rises by one with every re-opening.
    pub episode: u32,
    /// Level after the period.
    pub level: u8,
    /// Effect after the period.
    pub effect: f64,
    /// What happened, when something did.
    pub event: Option<Event>,
    /// Unknown for the second period in a row.
    pub stale: bool,
}

/// What happened to a finding in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Fired, not yet shown.
    Pending,
    /// Cleared before it was shown.
    PendingCleared,
    /// Opened.
    Opened,
    /// Opened again within four periods of being resolved.
    Reopened,
    /// Worse.
    Worse,
    /// Better.
    Better,
    /// Gone.
    Resolved,
    /// Could not be judged.
    NoData,
}

impl Event {
    /// The word used in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::PendingCleared => "pending-cleared",
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Resolved => "resolved",
            Self::NoData => "no-data",
        }
    }
}

/// What a person did with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Which finding, by its short id.
    pub finding: String,
    /// In which episode.
    pub episode: u32,
    /// What they did.
    pub deed: Deed,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// The things a person can do with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Seen, someone owns it. Broken by worsening.
    Acknowledge,
    /// Quiet until a day, at most two quarters ahead. Broken by a rise in level.
    Snooze {
        /// The last quiet day.
        until: NaiveDate,
    },
    /// Expected, for this episode. Broken by a rise in level.
    Dismiss,
}
