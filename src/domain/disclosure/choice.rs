//! What is withheld, so that nobody can work out a small number from what is shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::disclosure::ledger::{Known, Ledger};
use crate::domain::disclosure::worlds::{self, Row, Unknown};
use crate::domain::disclosure::{Disclosure, Why, is_small};

/// So many numbers a small one may be by everything that the reader gets, the true one among them.
const POSSIBLE_MIN: u32 = 3;

/// What may be shown of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// One for each figure.
    pub figures: Vec<Disclosure>,
    /// One for each total; withheld only where no figure can protect a small number in it.
    pub totals: Vec<Disclosure>,
}

/// What one reader may be shown of a ledger.
///
/// Whatever gives a count from 1 to `small_max` away is withheld, wherever that count stands. Then, while the
/// equations leave fewer than three possibilities for it, the usually smallest count in them is withheld too,
/// preferably of an authority that protects it already, and wherever it stands; and when none is left, the
/// total. A zero protects nothing: everybody knows that zeros are shown.
#[must_use]
pub fn choose(ledger: &Ledger, small_max: u32) -> Choice {
    let mut desk = Desk::new(ledger, small_max);
    let small: Vec<usize> = (0..ledger.counts.len()).filter(|it| desk.is_protected(*it)).collect();
    for it in &small {
        desk.withhold(*it, Why::SmallNumber);
    }
    // To withhold more makes nothing certain that was not: one pass is enough.
    for it in small {
        while !desk.is_safe(it) && (desk.withhold_partner(it) || desk.withhold_total(it)) {}
    }
    Choice { figures: desk.figures, totals: desk.totals }
}

/// The choice under way.
struct Desk<'a> {
    ledger: &'a Ledger,
    small_max: u32,
    figures: Vec<Disclosure>,
    totals: Vec<Disclosure>,
    /// The figures in which a count stands.
    figures_of: BTreeMap<usize, Vec<usize>>,
    sums_of: BTreeMap<usize, Vec<usize>>,
    kin: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Desk<'a> {
    fn new(ledger: &'a Ledger, small_max: u32) -> Self {
        let figures = ledger.figures.iter().map(|one| one.counts.clone());
        let sums = ledger.sums.iter().map(|one| one.parts.iter().map(|(count, _)| *count).collect());
        Self {
            ledger,
            small_max,
            figures: vec![Disclosure::Shown; ledger.figures.len()],
            totals: vec![Disclosure::Shown; ledger.totals],
            figures_of: standing(figures),
            sums_of: standing(sums),
            kin: standing(ledger.counts.iter().map(|count| vec![count.kin])),
        }
    }

    fn value(&self, count: usize) -> f64 {
        self.ledger.counts.get(count).map_or(0.0, |one| one.value)
    }

    fn is_protected(&self, count: usize) -> bool {
        let it = self.ledger.counts.get(count);
        it.is_some_and(|one| one.known == Known::No && is_small(one.value, self.small_max))
    }

    /// Whether no figure that is shown tells it, and nothing else.
    fn is_unknown(&self, count: usize) -> bool {
        let mut told = self.figures_of.get(&count).into_iter().flatten();
        self.ledger.counts.get(count).is_some_and(|one| one.known == Known::No)
            && told.all(|figure| self.figures.get(*figure) != Some(&Disclosure::Shown))
    }

    fn is_live(&self, sum: usize) -> bool {
        let told_by = self.ledger.sums.get(sum).and_then(|one| one.told_by);
        told_by.is_none_or(|total| self.totals.get(total) == Some(&Disclosure::Shown))
    }

    /// Withholds a count wherever it stands.
    fn withhold(&mut self, count: usize, why: Why) {
        let kin = self.ledger.counts.get(count).map(|one| one.kin);
        let alike: Vec<usize> = kin.and_then(|kin| self.kin.get(&kin)).cloned().unwrap_or_default();
        for figure in alike.iter().filter_map(|it| self.figures_of.get(it)).flatten() {
            if let Some(shown) = self.figures.get_mut(*figure).filter(|shown| **shown == Disclosure::Shown) {
                *shown = Disclosure::Withheld { why };
            }
        }
    }

    /// The unknown counts that equations tie to `count`, and those equations.
    fn tied(&self, count: usize) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let (mut unknown, mut sums, mut next) = (BTreeSet::from([count]), BTreeSet::new(), vec![count]);
        while let Some(it) = next.pop() {
            for sum in self.sums_of.get(&it).into_iter().flatten().filter(|sum| self.is_live(**sum)) {
                if sums.insert(*sum) {
                    let parts = self.ledger.sums.get(*sum).into_iter().flat_map(|one| &one.parts);
                    let fresh = parts.map(|(it, _)| *it).filter(|it| self.is_unknown(*it));
                    next.extend(fresh.filter(|it| unknown.insert(*it)));
                }
            }
        }
        (unknown, sums)
    }

    fn is_safe(&self, count: usize) -> bool {
        let enough = POSSIBLE_MIN.min(self.small_max) as usize;
        if self.may_trade(count, enough) {
            return true;
        }
        let (unknown, sums) = self.tied(count);
        if sums.is_empty() || !self.is_unknown(count) {
            return true;
        }
        let rows = sums.iter().filter_map(|sum| self.ledger.sums.get(*sum)).map(|sum| {
            let mut row = Row::new();
            for (it, sign) in sum.parts.iter().filter(|(it, _)| unknown.contains(it)) {
                *row.entry(*it).or_insert(0.0) += sign;
            }
            row
        });
        let numbers = unknown.iter().map(|it| (*it, self.known_of(*it))).collect();
        worlds::possible(&numbers, rows.collect(), count, enough) >= enough
    }

    /// Whether another authority's unknown count stands in just the same sums: what one has more, the other
    /// has less. The cheap way to find the worlds of most counts.
    fn may_trade(&self, count: usize, enough: usize) -> bool {
        let Some(sums) = self.sums_of.get(&count) else { return false };
        let parts =
            sums.first().and_then(|sum| self.ledger.sums.get(*sum)).into_iter().flat_map(|one| &one.parts);
        let place = |it: usize| self.ledger.counts.get(it).map(|one| one.place);
        let alike = |it: &usize| self.sums_of.get(it) == Some(sums) && place(*it) != place(count);
        let own = self.known_of(count);
        let free = |other: Unknown| {
            let down = (own.value - own.least).min(other.most - other.value);
            let up = (own.most - own.value).min(other.value - other.least);
            down.floor() + up.floor()
        };
        let others = parts.map(|(it, _)| *it).filter(|it| alike(it) && self.is_unknown(*it));
        let needed = u32::try_from(enough.saturating_sub(1)).unwrap_or(POSSIBLE_MIN);
        self.is_unknown(count) && others.into_iter().any(|it| free(self.known_of(it)) >= f64::from(needed))
    }

    /// What somebody who knows the rule knows of a count that is withheld; of one that stands nowhere in what
    /// they get they know nothing.
    fn known_of(&self, count: usize) -> Unknown {
        let value = self.value(count);
        let small_max = f64::from(self.small_max);
        let (least, most) = match self.figures_of.get(&count) {
            Some(_) if self.is_protected(count) => (value.min(1.0), value.max(small_max)),
            Some(_) if value > 0.0 => (value.min(small_max + 1.0), f64::INFINITY),
            _ => (0.0, f64::INFINITY),
        };
        Unknown { value, least, most }
    }

    /// Withholds the usually smallest count of the equation that says most, that with fewest unknown counts;
    /// preferably of an authority that has an unknown count in these equations already.
    fn withhold_partner(&mut self, count: usize) -> bool {
        let (unknown, sums) = self.tied(count);
        let place = |it: &usize| self.ledger.counts.get(*it).map(|one| one.place);
        let preferred: BTreeSet<usize> = unknown.iter().filter_map(place).collect();
        let says = |sum: &usize| {
            let of = self.ledger.sums.get(*sum)?;
            let partner = self.partner(&of.parts, &preferred)?;
            let open = of.parts.iter().filter(|(it, _)| unknown.contains(it)).count();
            let is_own = self.sums_of.get(&count).is_some_and(|own| own.contains(sum));
            Some(((open, of.told_by.is_none(), !is_own, *sum), partner))
        };
        let found = sums.iter().filter_map(says).min_by_key(|(order, _)| *order);
        if let Some((_, partner)) = found {
            self.withhold(partner, Why::WouldGiveAway);
        }
        found.is_some()
    }

    fn partner(&self, parts: &[(usize, f64)], preferred: &BTreeSet<usize>) -> Option<usize> {
        let free = parts.iter().filter_map(|(it, _)| {
            let count = self.ledger.counts.get(*it)?;
            let may = count.known == Known::No && count.value > 0.0 && !self.is_unknown(*it);
            may.then_some((*it, (!preferred.contains(&count.place), count.usual, count.place)))
        });
        let order = |a: &(bool, f64, usize), b: &(bool, f64, usize)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
        };
        free.min_by(|(_, a), (_, b)| order(a, b)).map(|(it, _)| it)
    }

    /// Withholds a total in which `count` is, or one that is tied to it.
    fn withhold_total(&mut self, count: usize) -> bool {
        let (_, sums) = self.tied(count);
        let told_by = |sum: &usize| self.ledger.sums.get(*sum).and_then(|one| one.told_by);
        let own = self.sums_of.get(&count).into_iter().flatten().filter(|sum| sums.contains(sum));
        let total = own.copied().find_map(|sum| told_by(&sum)).or_else(|| sums.iter().find_map(told_by));
        let shown = total.and_then(|total| self.totals.get_mut(total));
        shown.map(|shown| *shown = Disclosure::Withheld { why: Why::WouldGiveAway }).is_some()
    }
}

/// Of each thing, in which of the groups it stands.
fn standing(groups: impl Iterator<Item = Vec<usize>>) -> BTreeMap<usize, Vec<usize>> {
    let mut standing: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, group) in groups.enumerate() {
        for it in group {
            standing.entry(it).or_default().push(at);
        }
    }
    standing
}
