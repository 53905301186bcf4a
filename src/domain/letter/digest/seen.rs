//! The one place where a recipient's scope decides what a digest is written from.

use crate::domain::indicator::Polarity;
use crate::domain::letter::digest::facts::{
    Arrival, Attention, Change, DeadlineFact, DigestFacts, FindingFact, NoteFact, RegionValue, ReturnFact,
};
use crate::domain::letter::facts::{Measure, OwnFigure, Revision, View};
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};

/// Quarters after which an unchanged finding is counted among the standing ones.
const STANDING_QUARTERS: i32 = 4;

/// The facts a recipient may see. Composers take this, so none of them can see more.
pub(super) struct Seen<'a> {
    pub facts: &'a DigestFacts,
    pub recipient: &'a Recipient,
    pub findings: Vec<&'a FindingFact>,
    pub revisions: Vec<&'a Revision>,
    pub returns: Vec<&'a ReturnFact>,
    pub figures: Vec<&'a OwnFigure>,
    pub region_values: Vec<&'a RegionValue>,
    pub deadlines: Vec<&'a DeadlineFact>,
    pub notes: Vec<&'a NoteFact>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(facts: &'a DigestFacts, recipient: &'a Recipient) -> Self {
        let wants = |measure: &Measure| recipient.wants(&measure.theme);
        let numbers = recipient.figures != Figures::None;
        Self {
            facts,
            recipient,
            findings: kept(&facts.findings, |finding| {
                recipient.may_see(&finding.authority.code) && finding.measure.as_ref().is_none_or(wants)
            }),
            revisions: kept(&facts.revisions, |revision| {
                recipient.may_see(&revision.authority.code) && wants(&revision.measure)
            }),
            returns: kept(&facts.returns, |expected| recipient.may_see(&expected.authority.code)),
            figures: kept(&facts.figures, |own| {
                numbers && recipient.may_see(&own.authority.code) && wants(&own.measure)
            }),
            region_values: kept(&facts.region_values, |value| numbers && wants(&value.measure)),
            deadlines: kept(&facts.deadlines, |deadline| {
                let authorities = &deadline.authorities;
                authorities.is_empty() || authorities.iter().any(|named| recipient.may_see(&named.code))
            }),
            // A note is a person's text and may hold numbers.
            notes: kept(&facts.notes, |note| {
                note.authority.as_ref().is_none_or(|named| numbers && recipient.may_see(&named.code))
            }),
        }
    }

    /// Whether anything happened since the last digest.
    pub(super) fn changed(&self) -> bool {
        let received = |expected: &&ReturnFact| match &expected.arrival {
            Arrival::Received { on, .. } | Arrival::Refused { on, .. } => {
                self.facts.last_digest_on.is_none_or(|last| *on > last)
            }
            Arrival::Outstanding => false,
        };
        let first = self.facts.last_digest_on.is_none();
        let found = |finding: &&FindingFact| finding.change.is_some() || first && finding.state.is_open();
        self.findings.iter().any(found) || !self.revisions.is_empty() || self.returns.iter().any(received)
    }

    /// What happened to `finding`, in the eyes of this recipient.
    pub(super) fn change(&self, finding: &FindingFact) -> Option<Change> {
        let first = self.facts.last_digest_on.is_none();
        let fresh = first && finding.state.is_open() && !is_standing(finding);
        finding.change.or(fresh.then_some(Change::New))
    }

    /// Whether `finding` is spelled out: new, further off, or high and nobody looks after it.
    pub(super) fn is_listed(&self, finding: &FindingFact) -> bool {
        let fresh = matches!(self.change(finding), Some(Change::New | Change::Worse));
        let repeated = finding.level >= 3 && !is_standing(finding);
        finding.state.is_open() && finding.attention == Attention::Open && (fresh || repeated)
    }

    /// How much of the finding's figures this recipient sees.
    pub(super) fn view(&self, finding: &FindingFact) -> View {
        View::of(self.recipient, &finding.authority.code)
    }

    /// Whether the finding's numbers, in its sentence too, may be shown.
    pub(super) fn shows_numbers(&self, finding: &FindingFact) -> bool {
        match (self.view(finding), &finding.measure, &finding.figure) {
            (View::Nothing, Some(_), _) => false,
            (_, None, _) | (_, _, None) => true,
            (view, Some(_), Some(figure)) => view.shows(figure.disclosure),
        }
    }
}

/// Whether the finding has been open for four quarters, this one among them.
pub(super) fn is_standing(finding: &FindingFact) -> bool {
    quarters_open(finding.since, finding.quarter) >= STANDING_QUARTERS
}

/// Whether the finding is about a measure of which neither direction is good.
pub(super) fn is_neutral(finding: &FindingFact) -> bool {
    finding.measure.as_ref().is_some_and(|measure| measure.polarity == Polarity::None)
}

fn quarters_open(since: Quarter, now: Quarter) -> i32 {
    now.index() - since.index() + 1
}

fn kept<T>(all: &[T], keeps: impl Fn(&T) -> bool) -> Vec<&T> {
    all.iter().filter(|one| keeps(one)).collect()
}
