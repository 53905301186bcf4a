//! What letters are written from: figures and places, with what may be shown of them.

use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::{Disclosure, Why};
use crate::domain::figure::Status;
use crate::domain::indicator::{IndicatorId, Polarity, Unit};
use crate::domain::letter::words;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::domain::sentence::{Measure, in_unit};
use crate::domain::stretch::Stretch;

/// An authority with the name people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// ONS code.
    pub code: AuthorityCode,
    /// Its name.
    pub name: String,
}

/// Why somebody is written to about what is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is theirs to do.
    First,
    /// Those whose it is were sent a reminder before, and it is still outstanding.
    AfterOthers,
    /// Nobody is known whose it is.
    ForWantOfOthers,
}

/// One figure, with how it is written and whether the recipient may see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureFact {
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value, in `unit`.
    pub value: Option<f64>,
    /// The unit of the value.
    pub unit: Unit,
    /// Decimals shown.
    pub decimals: u8,
    /// Whether the numbers are there, and if not, why.
    pub status: Status,
    /// Whether this recipient may see it.
    pub disclosure: Disclosure,
    /// Not yet validated by the sender.
    pub provisional: bool,
}

/// An indicator as a letter names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorFact {
    /// Identifier.
    pub id: IndicatorId,
    /// What people call it.
    pub name: String,
    /// Its theme, by which recipients choose.
    pub theme: String,
    /// Which direction is good.
    pub polarity: Polarity,
    /// What its numerator counts.
    pub numerator: String,
    /// How the time of its figures is told.
    pub stretch: Stretch,
}

/// The region's value: sum over sum of those who reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionFigure {
    /// The value.
    pub figure: FigureFact,
    /// Authorities whose figures are in it.
    pub reporting: u32,
    /// Authorities of the region.
    pub of: u32,
}

/// An authority's own figure beside what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnFigure {
    /// Whose.
    pub authority: Named,
    /// Of what.
    pub indicator: IndicatorFact,
    /// Of when.
    pub quarter: Quarter,
    /// The figure.
    pub figure: FigureFact,
    /// The same quarter a year earlier.
    pub last_year: Option<FigureFact>,
    /// The region's value of the same quarter.
    pub region: Option<RegionFigure>,
    /// Other comparators with their vintage, such as `England 21.9% (year to March 2017)`.
    pub comparators: Vec<String>,
}

/// A figure that a later version of a return changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Whose.
    pub authority: Named,
    /// Of what.
    pub indicator: IndicatorFact,
    /// Of when.
    pub quarter: Quarter,
    /// As it was told before; none when it was missing.
    pub old: Option<FigureFact>,
    /// As it is now; none when it is gone.
    pub new: Option<FigureFact>,
    /// The version that changed it.
    pub version: u32,
    /// How large the change is beside what is usual between two of its figures.
    pub weight: f64,
    /// What followed, such as `the finding on re-referrals is resolved`.
    pub consequence: Option<String>,
}

impl Revision {
    /// Whether it only puts a figure where none was.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        let has_number = |figure: &FigureFact| figure.value.is_some() || figure.numerator.is_some();
        !self.old.as_ref().is_some_and(has_number) && self.new.as_ref().is_some_and(has_number)
    }
}

/// The largest change first; of equals in the order of names.
pub fn most_important_first(revisions: &mut [Revision]) {
    let names = |it: &Revision| (it.authority.name.clone(), it.indicator.name.clone(), it.quarter);
    revisions.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| names(a).cmp(&names(b))));
}

/// Whether a recipient is sent figures at all; which of them is decided figure by figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Figures,
    Sentences,
}

impl View {
    pub(super) fn of(recipient: &Recipient) -> Self {
        match recipient.figures {
            Figures::None => Self::Sentences,
            Figures::Full | Figures::Suppressed => Self::Figures,
        }
    }
}

impl OwnFigure {
    /// How far the figure moved against last year, in standard errors of what chance does to it.
    ///
    /// Two proportions by their pooled share, two counts or rates by the square root of what was counted (the
    /// usual approximations to the binomial and the Poisson); of a value alone only that it changed.
    #[must_use]
    pub fn moved(&self) -> f64 {
        let Some(before) = self.last_year else { return 0.0 };
        let now = self.figure;
        let counted = |it: &FigureFact| it.numerator.zip(it.denominator.or(Some(1.0)));
        let (Some((a, n)), Some((b, m))) = (counted(&now), counted(&before)) else {
            let is_other =
                now.value.zip(before.value).is_some_and(|(now, before)| (now - before).abs() > 0.0);
            return f64::from(u8::from(is_other));
        };
        let chance = match now.unit {
            Unit::Percent => {
                let pooled = (a + b) / (n + m);
                (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt()
            }
            Unit::Count | Unit::Rate { .. } => (a / (n * n) + b / (m * m)).sqrt(),
        };
        let moved = (a / n - b / m).abs();
        if chance > 0.0 && moved.is_finite() { moved / chance } else { 0.0 }
    }
}

impl FigureFact {
    /// Whether the recipient may see it.
    pub(super) fn is_shown(&self) -> bool {
        self.disclosure == Disclosure::Shown
    }

    /// What stands in place of it when it is withheld: whoever knows the rules knows as much of it.
    pub(super) fn withheld_words(&self) -> Option<&'static str> {
        match self.disclosure {
            Disclosure::Shown => None,
            Disclosure::Withheld { why: Why::SmallNumber } => Some("withheld (small number)"),
            Disclosure::Withheld { why: Why::WouldGiveAway } => {
                Some("withheld (it would give a small number away)")
            }
            Disclosure::Withheld { why: Why::NoFigures } => Some("not sent to you"),
        }
    }

    /// How its values are written.
    pub(super) fn measure(&self) -> Measure {
        Measure { unit: self.unit, decimals: self.decimals }
    }

    /// The value in words: `23.4%`, or why there is none.
    pub(super) fn value_words(&self) -> String {
        if let Some(withheld) = self.withheld_words() {
            return withheld.to_owned();
        }
        let number = self.value.map(|value| in_unit(value, self.measure()));
        match (self.status, number) {
            (Status::Ok, Some(number)) => number,
            (Status::Estimate, Some(number)) => format!("{number} (estimate)"),
            (Status::Unreliable, Some(number)) => format!("{number} (low reliability)"),
            (Status::Suppressed, _) => "suppressed by the sender".to_owned(),
            (Status::NotApplicable, _) => "not applicable".to_owned(),
            (Status::RoundsToZero, _) => "rounds to zero".to_owned(),
            (Status::Unavailable, _) | (_, None) => "not available".to_owned(),
        }
    }

    /// The numbers behind the value: `78 of 333`; a numerator alone says what it counts. None when the value
    /// is the number.
    pub(super) fn numbers_words(&self, of: &IndicatorFact) -> Option<String> {
        if let Some(withheld) = self.withheld_words() {
            return Some(withheld.to_owned());
        }
        match (self.numerator, self.denominator) {
            (Some(part), Some(whole)) => Some(format!("{} of {}", words::count(part), words::count(whole))),
            (_, None) if self.unit == Unit::Count => None,
            (Some(part), None) => Some(format!("{} {}", words::count(part), of.numerator)),
            (None, Some(whole)) => Some(format!("out of {}", words::count(whole))),
            (None, None) => Some("not given".to_owned()),
        }
    }

    /// `provisional`, `final`, and the status when it is not an ordinary figure.
    pub(super) fn status_words(&self) -> String {
        let standing = if self.provisional { "provisional, unvalidated" } else { "final" };
        if self.status == Status::Ok {
            standing.to_owned()
        } else {
            format!("{}, {standing}", self.status.word())
        }
    }
}

impl RegionFigure {
    /// `22.1% (14 of 16)`.
    pub(super) fn words(&self) -> String {
        let value = self.figure.value_words();
        format!("{value} ({} of {})", self.reporting, self.of)
    }
}
