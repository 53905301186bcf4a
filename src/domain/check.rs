//! What checks are about, and what they say of a quarter.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// What a check is about, which decides what hides what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// How children and services fare.
    Performance,
    /// Whether the figure can be believed, and whether it came.
    DataQuality,
}

impl CheckKind {
    /// The word used in a check's header.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::DataQuality => "data-quality",
        }
    }
}

/// What it means for the other answers that a check of data quality fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Means {
    /// Nothing: both are told.
    #[default]
    Nothing,
    /// The whole return is missing, and nothing else is told of it: of an answer without an indicator.
    ReturnMissing,
    /// The figure cannot be right: nothing is judged by it, and nobody can confirm it.
    FigureImpossible,
    /// The figure is suspect: nothing is judged by it until somebody confirms it.
    FigureSuspect,
    /// The figure is doubtful: what is judged by it is one level lower.
    FigureDoubtful,
}

impl Means {
    /// Every meaning that a header may name.
    pub const NAMED: [Self; 4] =
        [Self::ReturnMissing, Self::FigureImpossible, Self::FigureSuspect, Self::FigureDoubtful];

    /// The word used in a check's header.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::ReturnMissing => "return-missing",
            Self::FigureImpossible => "figure-impossible",
            Self::FigureSuspect => "figure-suspect",
            Self::FigureDoubtful => "figure-doubtful",
        }
    }
}

/// How the answers of a check stand beside those of others, by its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is about.
    pub kind: CheckKind,
    /// What it means that it fires.
    pub means: Means,
    /// The checks whose story of one point it tells better.
    pub hides: Vec<String>,
}

/// Whether a check is asked unless the configuration says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It is asked.
    On,
    /// It is not asked.
    Off,
}

/// The codes of what one row tells of its figure by itself: it is remarked when the row is read.
pub const DOUBTS: [&str; 4] =
    ["numerator-over-denominator", "value-mismatch", "fraction-as-percent", "quarter-rate"];

/// The checks of data quality that need figures of other quarters, so that a file alone cannot answer; and
/// whether they are asked when nothing is configured.
pub const LOOKING_BACK: [(&str, Switch); 5] = [
    ("carried-forward", Switch::On),
    ("denominator-jump", Switch::On),
    ("history-revised", Switch::Off),
    ("implausible-jump", Switch::On),
    ("unit-slip", Switch::On),
];

/// Whether the check `name` needs figures of other quarters.
#[must_use]
pub fn looks_back(name: &str) -> bool {
    LOOKING_BACK.iter().any(|(check, _)| *check == name)
}

/// Of when a figure in a check's sentence is, so that it is withheld where that figure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Of the quarter that a key of `detail` holds, or so many periods back as it says; of several, and all
    /// between them.
    Quarters(Vec<String>),
    /// Worked out from every figure up to the finding's quarter: a usual level or range, a slope.
    History,
    /// Worked out from the figures of the region's authorities.
    Region,
    /// Worked out from the figures of statistical neighbours.
    Neighbours,
    /// It is no figure: a count of quarters, a target.
    Nothing,
}

impl Told {
    /// By the word in a header: `history`, `region`, `neighbours`, or a key of `detail`.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        match word {
            "history" => Self::History,
            "region" => Self::Region,
            "neighbours" => Self::Neighbours,
            key => Self::Quarters(vec![key.to_owned()]),
        }
    }
}

/// The names of the checks that come with the program, in order.
pub const SHIPPED: [&str; 24] = [
    "carried-forward",
    "cusum-drift",
    "denominator-jump",
    "history-revised",
    "implausible-jump",
    "neighbour-gap",
    "numerator-over-denominator",
    "ohid-recent-trend",
    "peer-outlier",
    "rank-slide",
    "return-late",
    "return-missing",
    "same-quarter-last-year",
    "spc-outside-limits",
    "spc-shift",
    "spc-trend",
    "spc-two-of-three",
    "suppressed-value",
    "sustained-trend",
    "target-approach",
    "target-assurance",
    "target-breach",
    "unit-slip",
    "value-mismatch",
];

/// What one check said of one figure, or of one whole return.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckAnswer {
    /// The authority; the region's code when the region is meant.
    pub authority: AuthorityCode,
    /// The measure; none for a whole return.
    pub indicator: Option<IndicatorId>,
    /// The quarter that was asked.
    pub quarter: Quarter,
    /// Whether the check fires.
    pub fires: bool,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// Adverse effect in standard units; larger is worse.
    pub effect: Option<f64>,
    /// The chance of such a figure without a change, where the check knows one.
    pub p: Option<f64>,
    /// Whether the check could judge. What is not eligible is never clear.
    pub eligible: bool,
    /// Why it could not judge, or why it does not fire although something was seen.
    pub reason: Option<String>,
    /// A JSON object with what the sentence and `explain` need.
    pub detail: Value,
}

/// The answers to one collection and quarter, by the check's name.
pub type ByCheck = BTreeMap<String, Vec<CheckAnswer>>;
