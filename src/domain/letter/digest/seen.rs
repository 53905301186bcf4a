//! The one place where a recipient's scope decides what a digest is written from.

use chrono::NaiveDate;

use crate::domain::indicator::Polarity;
use crate::domain::letter::digest::facts::{
    Arrival, DeadlineFact, DigestFacts, FindingFact, NeighboursFact, NoteFact, RegionValue, RegionalFact,
    ReturnFact, Said, SupportFact,
};
use crate::domain::letter::facts::{IndicatorFact, OwnFigure, Revision, View};
use crate::domain::scope::{Figures, Recipient};

/// The facts a recipient may see. Composers take this, so none of them can see more.
pub(super) struct Seen<'a> {
    pub facts: &'a DigestFacts,
    pub recipient: &'a Recipient,
    pub findings: Vec<&'a FindingFact>,
    pub regional: Vec<&'a RegionalFact>,
    pub revisions: Vec<&'a Revision>,
    pub filled: Vec<&'a Revision>,
    pub returns: Vec<&'a ReturnFact>,
    pub figures: Vec<&'a OwnFigure>,
    pub region_values: Vec<&'a RegionValue>,
    pub deadlines: Vec<&'a DeadlineFact>,
    pub supports: Vec<&'a SupportFact>,
    pub notes: Vec<&'a NoteFact>,
    pub neighbours: Vec<&'a NeighboursFact>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(facts: &'a DigestFacts, recipient: &'a Recipient) -> Self {
        let wants = |indicator: &IndicatorFact| recipient.wants(&indicator.theme);
        let numbers = View::of(recipient) == View::Figures;
        let revised =
            |revision: &Revision| recipient.may_see(&revision.authority.code) && wants(&revision.indicator);
        Self {
            facts,
            recipient,
            findings: kept(&facts.findings, |finding| {
                recipient.may_see(&finding.authority.code) && finding.indicator.as_ref().is_none_or(wants)
            }),
            regional: kept(&facts.regional, |regional| {
                wants(&regional.indicator)
                    && regional.authorities.iter().all(|named| recipient.may_see(&named.code))
            }),
            revisions: kept(&facts.revisions, revised),
            filled: kept(&facts.filled, revised),
            returns: kept(&facts.returns, |expected| recipient.may_see(&expected.authority.code)),
            figures: kept(&facts.figures, |own| {
                numbers && recipient.may_see(&own.authority.code) && wants(&own.indicator)
            }),
            region_values: kept(&facts.region_values, |value| numbers && wants(&value.indicator)),
            deadlines: kept(&facts.deadlines, |deadline| {
                let authorities = &deadline.authorities;
                authorities.is_empty() || authorities.iter().any(|named| recipient.may_see(&named.code))
            }),
            supports: kept(&facts.supports, |support| {
                let supports = support.from.as_ref().is_some_and(|from| recipient.owns(&from.code));
                (recipient.may_see(&support.authority.code) || supports)
                    && support.indicator.as_ref().is_none_or(wants)
            }),
            // A note is a person's text and may hold numbers, small ones too.
            notes: kept(&facts.notes, |note| {
                note.authority.as_ref().is_none_or(|named| {
                    recipient.may_see(&named.code) && recipient.figures_of(&named.code) == Figures::Full
                })
            }),
            neighbours: kept(&facts.neighbours, |it| numbers && recipient.may_see(&it.authority.code)),
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
        let is_first = self.facts.last_digest_on.is_none();
        let counts = |finding: &&&FindingFact| {
            is_told(finding) || finding.said == Said::Resolved || is_first && finding.said == Said::Aside
        };
        self.findings.iter().any(|finding| counts(&finding))
            || !self.revisions.is_empty()
            || self.supports.iter().any(|support| self.is_news(support))
            || self.returns.iter().any(received)
    }

    /// Whether support was agreed, or fell due for review, since the last digest.
    fn is_news(&self, support: &SupportFact) -> bool {
        let since = self.facts.last_digest_on;
        let is_new = |day: NaiveDate| day <= self.facts.known_on && since.is_none_or(|last| day > last);
        is_new(support.agreed_on) || support.review_on.is_some_and(is_new)
    }

    /// Whether the figures are provisional: said once for all of them where they are alike.
    pub(super) fn standing(&self) -> Standing {
        let of_findings = self.findings.iter().filter(|one| one.figure.is_some()).map(|one| one.provisional);
        // A figure that is not there is neither.
        let there = self.figures.iter().filter(|own| own.figure.value.is_some());
        let figures = there.map(|own| own.figure.provisional);
        let values = self.region_values.iter().map(|value| value.value.figure.provisional);
        let all = of_findings.chain(figures).chain(values);
        let (mut provisional, mut last) = (false, false);
        for one in all {
            provisional |= one;
            last |= !one;
        }
        match (provisional, last) {
            (true, true) => Standing::Mixed,
            (true, false) => Standing::Provisional,
            (false, _) => Standing::Final,
        }
    }

    /// Whether the finding's numbers, in its sentence too, may be shown.
    pub(super) fn shows_numbers(&self, finding: &FindingFact) -> bool {
        let withheld = finding.figure.as_ref().is_some_and(|figure| !figure.is_shown());
        finding.indicator.is_none() || View::of(self.recipient) == View::Figures && !withheld
    }
}

/// Whether the figures of a digest are validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// None is.
    Provisional,
    /// Some are.
    Mixed,
    /// All are.
    Final,
}

/// Whether the finding is spelled out.
pub(super) fn is_told(finding: &FindingFact) -> bool {
    matches!(finding.said, Said::New | Said::Worse | Said::StillHigh | Said::QuietEnded)
}

/// Whether the finding is open.
pub(super) fn is_open(finding: &FindingFact) -> bool {
    finding.said != Said::Resolved
}

/// Whether the finding is about a measure of which neither direction is good.
pub(super) fn is_neutral(finding: &FindingFact) -> bool {
    finding.indicator.as_ref().is_some_and(|indicator| indicator.polarity == Polarity::None)
}

fn kept<T>(all: &[T], keeps: impl Fn(&T) -> bool) -> Vec<&T> {
    all.iter().filter(|one| keeps(one)).collect()
}
