//! What a digest is written from.

use chrono::NaiveDate;

use crate::domain::check::{CheckKind, Means};
use crate::domain::deadline::DeadlineKind;
use crate::domain::disclosure::Disclosure;
use crate::domain::finding::Action;
use crate::domain::letter::facts::{FigureFact, IndicatorFact, Named, OwnFigure, RegionFigure, Revision};
use crate::domain::quarter::Quarter;
use crate::domain::slip::Group;
use crate::domain::stretch::Stretch;
use crate::domain::support::Since;

/// Deadlines within so many days are in a digest: two months.
pub const DEADLINE_DAYS_AHEAD: u64 = 62;

/// Everything a digest may say, for one recipient and one day.
#[derive(Clone, Debug)]
pub struct DigestFacts {
    /// The plan's name.
    pub name: String,
    /// The plan's title, used in the subject.
    pub title: String,
    /// The day on which it fell due.
    pub fell_due: NaiveDate,
    /// The latest quarter it speaks of.
    pub quarter: Quarter,
    /// The day of this recipient's last digest of the plan; none before the first.
    pub last_digest_on: Option<NaiveDate>,
    /// Receipts up to and including this day count.
    pub known_on: NaiveDate,
    /// Findings, open and newly resolved; those that are told stand in the order of telling, the worst first.
    pub findings: Vec<FindingFact>,
    /// How many more there would be to tell.
    pub findings_more: usize,
    /// Findings of the region itself.
    pub regional: Vec<RegionalFact>,
    /// Figures revised since the last digest, the largest change first.
    pub revisions: Vec<Revision>,
    /// Figures that were not there at the last digest and are now.
    pub filled: Vec<Revision>,
    /// Returns that are expected or came, for the quarters of interest.
    pub returns: Vec<ReturnFact>,
    /// Each authority's own figures.
    pub figures: Vec<OwnFigure>,
    /// The region's values.
    pub region_values: Vec<RegionValue>,
    /// Deadlines of the next two months, and those that passed and are outstanding.
    pub deadlines: Vec<DeadlineFact>,
    /// Support that was agreed: until its last review, and once more when its finding is resolved.
    pub supports: Vec<SupportFact>,
    /// Notes that travel with figures.
    pub notes: Vec<NoteFact>,
    /// Of authorities of which too few statistical neighbours report to the region: how many do.
    pub neighbours: Vec<NeighboursFact>,
}

impl DigestFacts {
    /// The day on which it is written: later than the day on which it fell due when it is late.
    #[must_use]
    pub fn written_on(&self) -> NaiveDate {
        self.fell_due.max(self.known_on)
    }
}

/// How many of an authority's statistical neighbours are in the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighboursFact {
    /// Whose neighbours.
    pub authority: Named,
    /// How many are listed.
    pub listed: usize,
    /// How many of them are in the region.
    pub inside: usize,
}

/// Support that was agreed for a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportFact {
    /// The action's id, for `review`.
    pub id: String,
    /// Whose finding.
    pub authority: Named,
    /// Of what; none when it is about the whole return.
    pub indicator: Option<IndicatorFact>,
    /// What people call the collection.
    pub collection_title: String,
    /// What was agreed.
    pub what: String,
    /// Who.
    pub by: String,
    /// Which authority supports.
    pub from: Option<Named>,
    /// The day on which it was agreed.
    pub agreed_on: NaiveDate,
    /// The day of the next review; none once it has ended.
    pub review_on: Option<NaiveDate>,
    /// What the latest review said.
    pub outcome: Option<String>,
    /// Whether the finding is still open.
    pub is_open: bool,
    /// The figure when it was agreed. Withheld when that of now is, and the other way round.
    pub then: Option<(Quarter, FigureFact)>,
    /// The figure now.
    pub now: Option<(Quarter, FigureFact)>,
    /// What it did since, by its interval of chance.
    pub since: Since,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct FindingFact {
    /// The number by which people ask about it; what is kept and compared is its bare form.
    pub id: String,
    /// The check's name.
    pub check: String,
    /// Whether the check is about how services fare, or about the figure.
    pub kind: CheckKind,
    /// What it means that it fires.
    pub means: Means,
    /// What the check found, as a heading.
    pub title: String,
    /// Whether it says only that a figure of a return is not there, and why.
    pub gap: Option<Gap>,
    /// Whether this recipient was told of the same figure before, by another finding.
    pub figure_was_told: bool,
    /// The check's sentence, with its numbers.
    pub sentence: String,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// What this digest says of it.
    pub said: Said,
    /// The quarter in which it opened.
    pub since: Quarter,
    /// Whose.
    pub authority: Named,
    /// Of what; none when it is about the whole return.
    pub indicator: Option<IndicatorFact>,
    /// The quarter it speaks of.
    pub quarter: Quarter,
    /// How its time is told.
    pub stretch: Stretch,
    /// The figure. Withheld when any number of the sentence must be.
    pub figure: Option<FigureFact>,
    /// What it is compared with, with the vintage, such as `England 21.9% (year to March 2017)`.
    pub comparators: Vec<String>,
    /// For a small chart.
    pub series: Option<Series>,
    /// By what this one figure stands out, such as `its target`; what doubts it is not among them.
    pub by: Vec<String>,
    /// What chance would explain of this figure, in whole sentences with its numbers.
    pub chance: Vec<String>,
    /// Where an open finding stands that nobody spells out, such as `not judged since`; none where nothing
    /// changed.
    pub stands: Option<String>,
    /// What somebody did with it, while that holds.
    pub action: Option<Action>,
    /// What somebody did with it before it woke again.
    pub lapsed: Option<Action>,
    /// What somebody did with it, and somebody took back since.
    pub undone: Option<UndoneFact>,
    /// Who confirmed its figure.
    pub confirmed: Option<ConfirmedFact>,
    /// When the same fires for many authorities: for how many, of how many.
    pub shared: Option<(u32, u32)>,
    /// Authorities of the region that may have something to tell, each with the reason; no figures.
    pub ask: Vec<String>,
    /// Whether its figures are not yet validated.
    pub provisional: bool,
}

/// Why a figure of a return that came is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// It was sent in a form that nobody could use.
    SetAside,
    /// The return does not have it.
    NotSent,
}

/// What somebody did with a finding, taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneFact {
    /// What they did.
    pub action: Action,
    /// Who took it back.
    pub by: String,
    /// The day.
    pub on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// A figure that somebody confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedFact {
    /// Who.
    pub by: String,
    /// The day.
    pub on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// What a digest says of a finding, as decided by `domain::announcement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Told: it opened, and this recipient has not been told.
    New,
    /// Told: further from what is usual or wanted than this recipient was told.
    Worse,
    /// Told again: high, a quarter has passed, and nobody has acknowledged it.
    StillHigh,
    /// Told: it was quiet until a day that has passed, and is still open.
    QuietEnded,
    /// Gone since the last digest.
    Resolved,
    /// Counted: open for four quarters or longer.
    Standing,
    /// Counted: acknowledged, snoozed or dismissed.
    Quieted,
    /// Counted: open, told before.
    Continuing,
    /// Named: open, never told, and on its way out or not judged any more.
    Aside,
}

/// One question that fires for so many authorities that something else than their work is likely behind it.
#[derive(Clone, Debug)]
pub struct RegionalFact {
    /// The short id for `explain`.
    pub id: String,
    /// What the check found, as a heading.
    pub title: String,
    /// Of what.
    pub indicator: IndicatorFact,
    /// Of when.
    pub quarter: Quarter,
    /// For whom it fires.
    pub authorities: Vec<Named>,
    /// Of how many.
    pub of: u32,
    /// The findings of single authorities that are this one.
    pub covers: Vec<String>,
}

/// The history of one figure, for a chart. One point per quarter in every list.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The quarters, in order.
    pub quarters: Vec<Quarter>,
    /// The authority's own values.
    pub own: Vec<Point>,
    /// The region's values; empty when not known.
    pub region: Vec<Option<f64>>,
    /// The usual range of the series itself.
    pub usual_range: Option<UsualRange>,
    /// The target.
    pub target: Option<f64>,
    /// The quarter with which the finding compares its own; none when it compares with no other.
    pub compares: Option<Quarter>,
}

/// The usual range of a series, by its own chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualRange {
    /// The lower limit.
    pub lower: f64,
    /// The upper limit.
    pub upper: f64,
    /// The first quarter of the chart, where it began anew.
    pub since: Option<Quarter>,
}

/// One value of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value; none leaves a gap.
    pub value: Option<f64>,
    /// Whether this recipient may see it; it is a gap when not.
    pub disclosure: Disclosure,
}

/// One return, in or not.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnFact {
    /// What people call the collection.
    pub collection_title: String,
    /// Whose.
    pub authority: Named,
    /// Of which quarter.
    pub quarter: Quarter,
    /// Of how many authorities it is expected.
    pub of: usize,
    /// The due day; none when nothing is chased.
    pub due: Option<NaiveDate>,
    /// Working days from the due day to the first receipt, or to today while it is not in.
    pub working_days_late: i32,
    /// What came.
    pub arrival: Arrival,
}

/// Whether a return is in.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// It is.
    Received {
        /// The day of the latest version.
        on: NaiveDate,
        /// The version that counts.
        version: u32,
        /// Rows that count.
        rows_accepted: usize,
        /// Rows that were refused.
        rows_quarantined: usize,
        /// Refused rows by reason.
        errors: Vec<Group>,
    },
    /// A file came and could not be accepted.
    Refused {
        /// The day.
        on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// Nothing came.
    Outstanding,
}

/// One value of the region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionValue {
    /// Of what.
    pub indicator: IndicatorFact,
    /// Of when.
    pub quarter: Quarter,
    /// The value, with "n of 16".
    pub value: RegionFigure,
    /// The same quarter last year.
    pub last_year: Option<RegionFigure>,
}

/// One deadline, for one of its parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineFact {
    /// What is due.
    pub title: String,
    /// Event or due.
    pub kind: DeadlineKind,
    /// The last working day, or the day of the event.
    pub on: NaiveDate,
    /// Working days from today to it; negative once it has passed.
    pub working_days_left: i32,
    /// The authorities of the party; none for the region.
    pub authorities: Vec<Named>,
    /// How many are needed.
    pub needed: u32,
    /// How many are supplied.
    pub supplied: u32,
}

/// A note that travels with figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteFact {
    /// Whose; none when it is for everybody.
    pub authority: Option<Named>,
    /// The note, in whole sentences.
    pub text: String,
}
