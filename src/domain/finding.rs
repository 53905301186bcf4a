//! Findings: their names, states and events, and what people do with them.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::domain::sum;

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

impl FindingKey {
    /// A short stable name: the first 12 hexadecimal digits of the key's SHA-256.
    ///
    /// The parts are joined by `|` in the order of the fields; no indicator is an empty part.
    #[must_use]
    pub fn id(&self) -> String {
        let indicator = self.indicator.as_ref().map_or("", IndicatorId::as_str);
        let key = format!("{}|{}|{}|{indicator}", self.check, self.collection, self.authority);
        format!("{:012x}", sum::short(key) >> 16)
    }

    /// The short name as people read and write it, with a letter in front.
    ///
    /// Of 281 bare names one has digits only, and one more looks like `12e4`: spreadsheets make numbers of
    /// them.
    #[must_use]
    pub fn name(&self) -> String {
        format!("f{}", self.id())
    }
}

/// The bare short name of what people write: without the letter in front, where it has one. So for support,
/// which is named by its finding and a number.
#[must_use]
pub fn bare(written: &str) -> &str {
    written.strip_prefix('f').filter(|bare| is_bare(bare)).unwrap_or(written)
}

/// The bare short name of a finding, or of support, as people read and write it; any other word as it is.
#[must_use]
pub fn named(bare: &str) -> String {
    if is_bare(bare) { format!("f{bare}") } else { bare.to_owned() }
}

fn is_bare(text: &str) -> bool {
    let (id, number) = text.split_once('-').unwrap_or((text, "1"));
    let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a check said of one key for one quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The quarter.
    pub quarter: Quarter,
    /// Fires, clear, or unknown ("not eligible" is never "clear").
    pub outcome: Outcome,
    /// The check's own level: 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// The level at which people see it: the check's own, or a lower one because of another answer.
    pub shown: u8,
    /// Adverse effect in standard units.
    pub effect: f64,
    /// Whether the effect is in other units than that of the quarter before, so that they cannot be compared.
    pub other_scale: bool,
}

impl Answer {
    /// Nothing can be said of this quarter.
    #[must_use]
    pub fn unknown(quarter: Quarter) -> Self {
        Self { quarter, outcome: Outcome::Unknown, level: 0, shown: 0, effect: 0.0, other_scale: false }
    }
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
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Pending,
        Self::New,
        Self::Worsening,
        Self::Improving,
        Self::Continuing,
        Self::Recovering,
        Self::Resolved,
    ];

    /// The state with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

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
    /// The check's own level after the period.
    pub level: u8,
    /// The level at which people see it.
    pub shown: u8,
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
    /// A revision of the past made it another than was believed; or gone, because of one.
    Revised,
    /// Gone, because its check was changed and does not find it any more.
    RuleChanged,
    /// Gone, because the chart it stood on begins anew, and nothing has been seen of it since.
    ChartAnew,
    /// Gone, because somebody confirmed the figure.
    Confirmed,
    /// Gone, because its authority, collection, check or figure is no more.
    Ended,
    /// Could not be judged.
    NoData,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 13] = [
        Self::Pending,
        Self::PendingCleared,
        Self::Opened,
        Self::Reopened,
        Self::Worse,
        Self::Better,
        Self::Resolved,
        Self::Revised,
        Self::RuleChanged,
        Self::ChartAnew,
        Self::Confirmed,
        Self::Ended,
        Self::NoData,
    ];

    /// The event with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }

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
            Self::Revised => "revised",
            Self::RuleChanged => "rule-changed",
            Self::ChartAnew => "chart-anew",
            Self::Confirmed => "confirmed",
            Self::Ended => "ended",
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
    /// At which level of the check, as they saw it.
    pub level: u8,
    /// What they did.
    pub deed: Deed,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// An action that somebody took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneAction {
    /// The action.
    pub action: Action,
    /// Who took it back.
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
    /// The new normal: the chart begins anew. Quiet like what is expected, until the check was asked again.
    Accept {
        /// The quarter in which the new normal begins.
        from: Quarter,
    },
    /// The figure of that quarter is right: nobody is asked for it again, and it is judged.
    Confirm {
        /// The quarter of the figure.
        quarter: Quarter,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_short_name_that_never_changes() {
        let mut key = FindingKey {
            check: "target-breach".to_owned(),
            collection: "quarterly".to_owned(),
            authority: AuthorityCode::parse("E06000022").unwrap(),
            indicator: IndicatorId::parse("rereferral_pct"),
        };
        assert_eq!(key.id(), "3fe814c711ab");
        key.indicator = None;
        assert_eq!(key.id(), "e6752abf658b");
        assert_eq!(key.name(), "fe6752abf658b");
        let bares = ["fe6752abf658b", "e6752abf658b", "fe6752abf658", "f"].map(super::bare);
        assert_eq!(bares, ["e6752abf658b", "e6752abf658b", "fe6752abf658", "f"]);
        let of_support = ["fe6752abf658b-12", "fe6752abf658-1", "fe6752abf658b-x"];
        assert_eq!(of_support.map(super::bare), ["e6752abf658b-12", "fe6752abf658-1", "fe6752abf658b-x"]);
        let named = ["e6752abf658b", "fe6752abf658-1", "fe6752abf658b", "summit-2017"].map(super::named);
        assert_eq!(named, ["fe6752abf658b", "ffe6752abf658-1", "fe6752abf658b", "summit-2017"]);
    }
}
