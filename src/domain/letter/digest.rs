//! The words of a digest: what changed, what is unusual, what is due; one style per role.

mod attached;
mod changes;
mod charts;
mod director;
pub mod facts;
mod findings;
mod opening;
mod performance_lead;
mod quality;
mod regional_lead;
mod returns;
mod seen;
mod support;

use crate::domain::finding::bare;
use crate::domain::letter::digest::facts::{DigestFacts, FindingFact, Said};
use crate::domain::letter::digest::opening::Counts;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Kind, Letter, MessageKey};

/// How much a digest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestStyle {
    /// Detail for the people who make the returns.
    PerformanceLead,
    /// One screen.
    Director,
    /// The region: who has not sent, what was revised, shared concerns.
    RegionalLead,
}

/// What happens to a digest in which nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenNothingChanged {
    /// It is not sent.
    Quiet,
    /// It is sent and says so.
    Send,
}

/// The key of a digest: one per plan, day on which it fell due, and recipient.
#[must_use]
pub fn key(facts: &DigestFacts, recipient_id: &str) -> MessageKey {
    MessageKey::of(Kind::Digest, &facts.name, &facts.fell_due.to_string(), recipient_id)
}

/// The digest for one recipient; none when nothing changed and that is to be quiet.
///
/// The facts may be the whole region's: what the recipient may not see is left out here.
#[must_use]
pub fn compose(
    occasion: &Occasion,
    style: DigestStyle,
    when_nothing_changed: WhenNothingChanged,
    facts: &DigestFacts,
) -> Option<Letter> {
    let seen = Seen::of(facts, occasion.recipient);
    if !seen.changed() && when_nothing_changed == WhenNothingChanged::Quiet {
        return None;
    }
    let counts = Counts::of(&seen);
    let (blocks, attachments) = match style {
        DigestStyle::PerformanceLead => performance_lead::body(occasion, &seen, &counts),
        DigestStyle::Director => director::body(occasion, &seen, &counts),
        DigestStyle::RegionalLead => regional_lead::body(occasion, &seen, &counts),
    };
    let told = told(&seen, style);
    let letter = occasion.letter(Draft {
        key: key(facts, &occasion.recipient.id),
        kind: Kind::Digest,
        subject: format!("{}, {}, {}", facts.title, facts.quarter, words::short_day(facts.written_on())),
        preheader: counts.preheader(),
        title: format!("{}: {}", facts.title, facts.quarter.long_label()),
        blocks,
        attachments,
        first: None,
    });
    Some(Letter { told, ..letter })
}

/// The findings that a digest of this style spells out; what is only counted there is told the next time.
fn told(seen: &Seen, style: DigestStyle) -> Vec<String> {
    let mut told = match style {
        DigestStyle::PerformanceLead => {
            let work = findings::spelled_out(seen, performance_lead::LIMITS, findings::is_of_work);
            let doubts = findings::spelled_out(seen, performance_lead::LIMITS, findings::is_doubt);
            work.into_iter().chain(doubts).collect()
        }
        DigestStyle::Director => {
            let work = findings::spelled_out(seen, director::LIMITS, findings::is_of_work);
            let doubts = told_of(seen, findings::is_doubt);
            work.into_iter().chain(doubts).collect()
        }
        DigestStyle::RegionalLead => regional_lead::spelled_out(seen),
    };
    told.extend(told_of(seen, |finding| finding.gap.is_some()));
    told.extend(opening::named(seen));
    told.extend(seen.findings.iter().copied().filter(|finding| finding.said == Said::Resolved));
    let mut ids: Vec<String> = told.into_iter().map(|finding| bare(&finding.id).to_owned()).collect();
    if style == DigestStyle::RegionalLead {
        ids.extend(seen.regional.iter().flat_map(|regional| regional.covers.iter().cloned()));
    }
    ids
}

fn told_of<'a>(seen: &Seen<'a>, wanted: fn(&FindingFact) -> bool) -> Vec<&'a FindingFact> {
    seen.findings.iter().copied().filter(|finding| seen::is_told(finding) && wanted(finding)).collect()
}
