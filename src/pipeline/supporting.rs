//! Support that was agreed for findings, as a digest tells it to one recipient.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::deadline::{DeadlineKind, LAPSES_AFTER};
use crate::domain::disclosure::Disclosure;
use crate::domain::finding::{FindingKey, bare, named};
use crate::domain::letter::agreement::{self, AgreementFacts};
use crate::domain::letter::digest::facts::{DeadlineFact, FindingFact, Said, SupportFact};
use crate::domain::letter::facts::FigureFact;
use crate::domain::message::Letter;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Recipient, Role};
use crate::domain::support::{Since, Support};
use crate::pipeline::composing;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::opening::Walk;
use crate::store::decided;
use crate::store::facts::{ActionFigures, Numbers};
use crate::store::findings::Finding;

/// What support is told from.
#[derive(Clone, Copy, Debug)]
pub struct Supporting<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// Whom it is told.
    pub recipient: &'a Recipient,
    /// All that was ever agreed.
    pub supports: &'a [Support],
    /// The findings as they stand.
    pub findings: &'a [Finding],
    /// What is known of each collection.
    pub known: &'a BTreeMap<String, CollectionFacts>,
    /// The day.
    pub today: NaiveDate,
}

/// The support that a recipient is told of: until its last review, and once more when its finding is among
/// the `told` as resolved.
#[must_use]
pub fn tell(from: &Supporting<'_>, told: &[FindingFact]) -> Vec<SupportFact> {
    let is_gone = |id: &str| told.iter().any(|one| bare(&one.id) == id && one.said == Said::Resolved);
    let supports = |one: &&Support| one.from.as_ref().is_some_and(|code| from.recipient.owns(code));
    let seen = from.supports.iter().filter(|one| from.recipient.may_see(&one.key.authority) || supports(one));
    let wanted = seen.filter(|one| one.ended().is_none() || is_gone(&one.finding));
    let mut facts: Vec<SupportFact> = wanted.map(|one| fact(from, one)).collect();
    facts.sort_by(|a, b| {
        (a.review_on.is_none(), a.review_on, &a.id).cmp(&(b.review_on.is_none(), b.review_on, &b.id))
    });
    facts
}

fn fact(from: &Supporting<'_>, support: &Support) -> SupportFact {
    let settings = from.settings;
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&settings.zone).date_naive();
    let finding = from.findings.iter().find(|one| one.key == support.key);
    let known = from.known.get(&support.key.collection);
    // Whoever supports hears of what was agreed, and nothing of how the other fares.
    let may_see = from.recipient.may_see(&support.key.authority);
    let figures = known.filter(|_| may_see);
    let figures = figures.and_then(|known| known.actions.iter().find(|one| one.action == support.id));
    let (then, now) = figures.map_or((None, None), |figures| sides(from, support, figures));
    let of = support.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let collection = settings.collections.iter().find(|one| one.name == support.key.collection);
    SupportFact {
        id: named(&support.id),
        authority: facts::named(settings, &support.key.authority),
        indicator: of.map(|of| facts::indicator_fact(of, known.is_some_and(|known| known.is_annual))),
        collection_title: collection
            .map_or_else(|| support.key.collection.clone(), |collection| collection.title.clone()),
        what: support.what.clone(),
        by: support.by.clone(),
        from: support.from.as_ref().map(|code| facts::named(settings, code)),
        agreed_on: day(support.at),
        review_on: support.next_review(),
        outcome: support.reviews.last().filter(|_| may_see).map(|last| last.outcome.clone()),
        is_open: !may_see || finding.is_some_and(|finding| finding.state().is_open()),
        then,
        now,
        since: figures.map_or(Since::Unknown, |figures| figures.since),
    }
}

/// Support that was agreed so many working days ago, or earlier, is told by digests only.
const TOLD_WITHIN: i32 = LAPSES_AFTER;

/// To the leads and directors of both sides of support that was agreed in the last days.
#[must_use]
pub fn agreements(walk: &Walk<'_>) -> Vec<Letter> {
    let settings = walk.settings;
    let day = |support: &Support| support.at.with_timezone(&settings.zone).date_naive();
    let is_fresh = |one: &&Support| {
        one.reviews.is_empty()
            && one.at <= walk.now
            && settings.calendar.between(day(one), walk.today) < TOLD_WITHIN
    };
    let supports = decided::supports(walk.journal.lines());
    let mut letters = Vec::new();
    for support in supports.iter().filter(is_fresh) {
        let facts = AgreementFacts {
            id: support.id.clone(),
            finding: support.key.name(),
            authority: facts::named(settings, &support.key.authority),
            from: support.from.as_ref().map(|code| facts::named(settings, code)),
            about: about(settings, support),
            what: support.what.clone(),
            by: support.by.clone(),
            agreed_on: day(support),
            review: support.review,
        };
        let people = both_sides(settings, &support.key, support.from.as_ref());
        letters.extend(
            people.into_iter().filter_map(|one| agreement::compose(&composing::occasion(walk, one), &facts)),
        );
    }
    letters
}

/// Who is told at once of support for a finding: leads and directors of either authority who want its theme.
#[must_use]
pub fn both_sides<'a>(
    settings: &'a Settings,
    key: &FindingKey,
    from: Option<&AuthorityCode>,
) -> Vec<&'a Recipient> {
    let theme = key.indicator.as_ref().and_then(|id| facts::indicator(settings, id)).map(|of| &of.theme);
    let is_told = |one: &&Recipient| {
        matches!(one.role, Role::PerformanceLead | Role::Director)
            && (one.owns(&key.authority) || from.is_some_and(|from| one.owns(from)))
            && theme.is_none_or(|theme| one.wants(theme))
    };
    settings.recipients.iter().filter(is_told).collect()
}

/// What the finding is about: a measure, or a return.
fn about(settings: &Settings, support: &Support) -> String {
    let of = support.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let collection = settings.collections.iter().find(|one| one.name == support.key.collection);
    let title = || collection.map_or_else(|| support.key.collection.clone(), |one| one.title.clone());
    of.map_or_else(title, |of| of.name.clone())
}

type Side = Option<(Quarter, FigureFact)>;

/// Both figures are withheld when one of them is: their difference would give it away.
fn sides(from: &Supporting<'_>, support: &Support, figures: &ActionFigures) -> (Side, Side) {
    let of = support.key.indicator.as_ref().and_then(|id| facts::indicator(from.settings, id));
    let Some((of, known)) = of.zip(from.known.get(&support.key.collection)) else { return (None, None) };
    let quarters: Vec<Quarter> = [figures.then, figures.now].iter().flatten().map(|side| side.0).collect();
    let shown: Disclosure = known.withheld.of_all(from.recipient, &support.key.authority, &of.id, &quarters);
    let side = |(quarter, numbers): (Quarter, Numbers)| (quarter, facts::figure(of, &numbers, false, shown));
    (figures.then.map(side), figures.now.map(side))
}

/// The reviews of the next weeks, and those that are overdue: the region does them, whoever is supported.
#[must_use]
pub fn reviews(from: &Supporting<'_>, told: &[SupportFact], days: u64) -> Vec<DeadlineFact> {
    let horizon = from.today + Days::new(days);
    let due = told.iter().filter_map(|one| Some((one, one.review_on.filter(|on| *on <= horizon)?)));
    let deadline = |(one, on): (&SupportFact, NaiveDate)| DeadlineFact {
        title: format!(
            "Review of support for {}, {}",
            one.authority.name,
            one.indicator.as_ref().map_or(one.collection_title.as_str(), |of| of.name.as_str())
        ),
        kind: DeadlineKind::Due,
        on,
        working_days_left: from.settings.calendar.between(from.today, on),
        authorities: Vec::new(),
        needed: 1,
        supplied: 0,
    };
    due.map(deadline).collect()
}
