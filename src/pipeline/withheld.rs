//! Which figures are withheld from whom: secondary suppression over everything that one reader gets, in all
//! collections, quarters and messages.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::choice::{Choice, choose};
use crate::domain::disclosure::{Disclosure, Why};
use crate::domain::indicator::IndicatorId;
use crate::domain::message::Kind;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::pipeline::facts::CollectionFacts;
use crate::pipeline::holds::Holds;
use crate::pipeline::ledgers::{Books, Drawn, Memory, View};
use crate::store::journal::{Happened, Line};

/// What was told longer ago than two quarters is no longer set off against what is told now.
const REMEMBERED_DAYS: i64 = 200;
/// A usual range gives two numbers away, the mean and the mean step: with so many figures of a history
/// withheld, two more than that, none can be worked out.
const WITHHELD_OF_A_RANGE_MIN: usize = 4;

/// Someone a message is written to, and when they were written to before.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// Who.
    pub recipient: &'a Recipient,
    /// The instants of their earlier digests and receipts, oldest first.
    pub told: Vec<DateTime<Utc>>,
}

impl<'a> Reader<'a> {
    /// A recipient with what the journal says was written to them.
    #[must_use]
    pub fn of(recipient: &'a Recipient, lines: &[Line], now: DateTime<Utc>) -> Self {
        let end = format!(".{}", recipient.id);
        let stems = [Kind::Digest, Kind::Receipt].map(|kind| format!("{}.", kind.word()));
        let with_figures = |line: &&Line| {
            let subject = &line.subject;
            subject.ends_with(&end) && stems.iter().any(|stem| subject.starts_with(stem.as_str()))
        };
        let queued = lines.iter().filter(|line| line.event == Happened::Queued).filter(with_figures);
        let recent = |at: &DateTime<Utc>| *at < now && *at > now - TimeDelta::days(REMEMBERED_DAYS);
        let told: BTreeSet<DateTime<Utc>> = queued.map(|line| line.at).filter(recent).collect();
        Self { recipient, told: told.into_iter().collect() }
    }
}

/// Which figures of a collection are withheld from each reader, and why.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    readers: BTreeMap<String, Secrets>,
    anybody: Secrets,
}

/// What one reader may not see; what is not named here may be shown.
#[derive(Clone, Debug, Default)]
struct Secrets {
    cells: BTreeMap<(AuthorityCode, IndicatorId, Quarter), Disclosure>,
    totals: BTreeMap<(IndicatorId, Quarter), Disclosure>,
}

/// To somebody of whom nothing was worked out nothing is shown.
const NOT_WORKED_OUT: Disclosure = Disclosure::Withheld { why: Why::WouldGiveAway };

impl Withheld {
    /// Whether a recipient may see a figure: their own always, others' where it gives no small number away.
    #[must_use]
    pub fn of(
        &self,
        recipient: &Recipient,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarter: Quarter,
    ) -> Disclosure {
        let key = (authority.clone(), indicator.clone(), quarter);
        match recipient.figures_of(authority) {
            Figures::Full => Disclosure::Shown,
            Figures::None => Disclosure::Withheld { why: Why::NoFigures },
            Figures::Suppressed => self.readers.get(&recipient.id).map_or(NOT_WORKED_OUT, |secrets| {
                secrets.cells.get(&key).copied().unwrap_or(Disclosure::Shown)
            }),
        }
    }

    /// The same for several quarters: withheld when the figure of any of them is.
    #[must_use]
    pub fn of_all(
        &self,
        recipient: &Recipient,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarters: &[Quarter],
    ) -> Disclosure {
        let each = quarters.iter().map(|quarter| self.of(recipient, authority, indicator, *quarter));
        first_withheld(each)
    }

    /// The same for what is worked out from all figures up to a quarter, such as a usual range.
    #[must_use]
    pub fn of_history(
        &self,
        recipient: &Recipient,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        until: Quarter,
    ) -> Disclosure {
        let now = self.of(recipient, authority, indicator, until);
        let Some(secrets) = self.readers.get(&recipient.id).filter(|_| now == Disclosure::Shown) else {
            return now;
        };
        if recipient.figures_of(authority) != Figures::Suppressed {
            return now;
        }
        let withheld = secrets
            .cells
            .keys()
            .filter(|(whose, what, quarter)| whose == authority && what == indicator && *quarter < until);
        match withheld.count() {
            1..WITHHELD_OF_A_RANGE_MIN => NOT_WORKED_OUT,
            _ => Disclosure::Shown,
        }
    }

    /// Whose figures of an indicator and quarter are withheld from anybody at all.
    pub fn small_in<'a>(
        &'a self,
        indicator: &'a IndicatorId,
        quarter: Quarter,
    ) -> impl Iterator<Item = &'a AuthorityCode> {
        let cells = self.anybody.cells.keys();
        cells.filter(move |(_, what, when)| what == indicator && *when == quarter).map(|(whose, _, _)| whose)
    }

    /// Whether a figure is withheld from anybody at all.
    #[must_use]
    pub fn is_small(&self, authority: &AuthorityCode, indicator: &IndicatorId, quarter: Quarter) -> bool {
        self.anybody.cells.contains_key(&(authority.clone(), indicator.clone(), quarter))
    }

    /// Whether the region's value may be shown to a recipient beside what else they get.
    #[must_use]
    pub fn of_total(&self, recipient: &Recipient, indicator: &IndicatorId, quarter: Quarter) -> Disclosure {
        match recipient.figures {
            Figures::Full => Disclosure::Shown,
            Figures::None => Disclosure::Withheld { why: Why::NoFigures },
            Figures::Suppressed => self.readers.get(&recipient.id).map_or(NOT_WORKED_OUT, |secrets| {
                secrets.totals.get(&(indicator.clone(), quarter)).copied().unwrap_or(Disclosure::Shown)
            }),
        }
    }
}

/// The first that is withheld; shown when none is.
pub fn first_withheld(each: impl IntoIterator<Item = Disclosure>) -> Disclosure {
    each.into_iter().find(|one| *one != Disclosure::Shown).unwrap_or(Disclosure::Shown)
}

/// Works out for each reader what is withheld, over all the collections together; by the journal's lines it
/// is known which figures were held when.
pub fn seal(
    settings: &Settings,
    known: &mut BTreeMap<String, CollectionFacts>,
    (readers, lines): (&[Reader<'_>], &[Line]),
) {
    let small_max = settings.region.small_number_max;
    let mut sealed: BTreeMap<String, Withheld> = BTreeMap::new();
    let holds = Holds::of(lines);
    let books = Books::of(settings, known, &holds);
    let (drawn, choice) = worked_out(&books, None, &[], small_max);
    keep(&books, &drawn, &choice, &mut sealed, |withheld| &mut withheld.anybody);
    for reader in readers.iter().filter(|one| one.recipient.figures == Figures::Suppressed) {
        let (drawn, choice) = worked_out(&books, Some(reader.recipient), &reader.told, small_max);
        for collection in known.keys() {
            sealed
                .entry(collection.clone())
                .or_default()
                .readers
                .entry(reader.recipient.id.clone())
                .or_default();
        }
        keep(&books, &drawn, &choice, &mut sealed, |withheld| {
            withheld.readers.entry(reader.recipient.id.clone()).or_default()
        });
    }
    for (collection, one) in known.iter_mut() {
        one.withheld = sealed.remove(collection).unwrap_or_default();
    }
}

/// Message by message, as they were told: what an earlier one showed is known, and its sums stand.
fn worked_out(
    books: &Books<'_>,
    reader: Option<&Recipient>,
    told: &[DateTime<Utc>],
    small_max: u32,
) -> (Drawn, Choice) {
    let mut memory = Memory::default();
    let events = books.events();
    let first = told.first();
    let quarters: BTreeSet<Quarter> = events
        .iter()
        .filter(|(from, _)| first.is_some_and(|first| from > first))
        .map(|(_, of)| *of)
        .collect();
    let mut before = 0;
    for (earlier, at) in told.iter().enumerate() {
        let came = events.iter().filter(|(from, _)| from <= at).count();
        if came == before || quarters.is_empty() {
            continue;
        }
        before = came;
        let told = told.get(..earlier).unwrap_or_default();
        let drawn = books.draw(View { reader, at: Some(*at), quarters: Some(&quarters), told }, &memory);
        memory.learn(&drawn, &choose(&drawn.ledger, small_max));
    }
    let drawn = books.draw(View { reader, at: None, quarters: None, told }, &memory);
    let choice = choose(&drawn.ledger, small_max);
    (drawn, choice)
}

fn keep(
    books: &Books<'_>,
    drawn: &Drawn,
    choice: &Choice,
    sealed: &mut BTreeMap<String, Withheld>,
    of: impl Fn(&mut Withheld) -> &mut Secrets,
) {
    for (at, shown) in drawn.figures.iter().zip(&choice.figures).filter(|(_, it)| **it != Disclosure::Shown) {
        if let Some(entry) = books.entries.get(*at) {
            let secrets = of(sealed.entry(entry.collection.to_owned()).or_default());
            let key = (entry.authority.clone(), entry.indicator.clone(), entry.quarter);
            secrets.cells.insert(key, *shown);
        }
    }
    let chosen = drawn.totals.iter().zip(&choice.totals).filter(|(_, shown)| **shown != Disclosure::Shown);
    let barred = drawn.barred.iter().map(|key| (key, &NOT_WORKED_OUT));
    for ((collection, indicator, quarter), shown) in chosen.chain(barred) {
        let secrets = of(sealed.entry(collection.clone()).or_default());
        secrets.totals.insert((indicator.clone(), *quarter), *shown);
    }
}
