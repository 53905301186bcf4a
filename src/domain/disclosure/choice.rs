//! What is withheld, so that nobody can work out a small number from what is shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::disclosure::ledger::{Known, Ledger};
use crate::domain::disclosure::worlds::{Row, Unknown, Worlds};
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
    figures_of: Standing,
    sums_of: Standing,
    kin: Standing,
    /// What equations between unknown counts allow, each while nothing in them changes.
    solved: Vec<Option<Worlds>>,
    /// In which of these a count stands.
    solved_in: BTreeMap<usize, usize>,
}

/// Of each thing, in which of the groups it stands. Things are numbered from 0.
struct Standing(Vec<Vec<usize>>);

/// Some of the things that are numbered from 0.
struct Marked(Vec<bool>);

/// The unknown counts that equations tie together, and those equations.
struct Tied {
    unknown: Marked,
    sums: Marked,
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
            figures_of: Standing::of(figures),
            sums_of: Standing::of(sums),
            kin: Standing::of(ledger.counts.iter().map(|count| vec![count.kin])),
            solved: Vec::new(),
            solved_in: BTreeMap::new(),
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
        let mut told = self.figures_of.get(count).iter();
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
        let alike = kin.map_or(&[][..], |kin| self.kin.get(kin));
        let mut hidden = Vec::new();
        for figure in alike.iter().flat_map(|it| self.figures_of.get(*it)) {
            if let Some(shown) = self.figures.get_mut(*figure).filter(|shown| **shown == Disclosure::Shown) {
                *shown = Disclosure::Withheld { why };
                hidden.push(*figure);
            }
        }
        let counts = hidden.iter().filter_map(|it| self.ledger.figures.get(*it)).flat_map(|it| &it.counts);
        let sums: BTreeSet<usize> = counts.flat_map(|it| self.sums_of.get(*it)).copied().collect();
        self.forget_solved(sums);
    }

    /// What was solved with any of these equations is to be solved again.
    fn forget_solved(&mut self, sums: impl IntoIterator<Item = usize>) {
        let sums = sums.into_iter().filter_map(|it| self.ledger.sums.get(it));
        for (count, _) in sums.flat_map(|it| &it.parts) {
            if let Some(worlds) = self.solved_in.get(count).and_then(|at| self.solved.get_mut(*at)) {
                *worlds = None;
            }
        }
    }

    /// The unknown counts that equations tie to `count`, and those equations.
    fn tied(&self, count: usize) -> Tied {
        let mut tied = Tied {
            unknown: Marked::none_of(self.ledger.counts.len()),
            sums: Marked::none_of(self.ledger.sums.len()),
        };
        tied.unknown.insert(count);
        let mut next = vec![count];
        while let Some(it) = next.pop() {
            for sum in self.sums_of.get(it).iter().filter(|sum| self.is_live(**sum)) {
                if tied.sums.insert(*sum) {
                    let parts = self.ledger.sums.get(*sum).into_iter().flat_map(|one| &one.parts);
                    let fresh = parts.map(|(it, _)| *it).filter(|it| self.is_unknown(*it));
                    next.extend(fresh.filter(|it| tied.unknown.insert(*it)));
                }
            }
        }
        tied
    }

    fn is_safe(&mut self, count: usize) -> bool {
        let enough = POSSIBLE_MIN.min(self.small_max) as usize;
        if self.may_trade(count, enough) {
            return true;
        }
        if !self.is_unknown(count) {
            return true;
        }
        if let Some(worlds) = self.solved_in.get(&count).and_then(|at| self.solved.get(*at)?.as_ref()) {
            return worlds.possible(count, enough) >= enough;
        }
        let worlds = self.solve(&self.tied(count));
        let is_safe = worlds.possible(count, enough) >= enough;
        let at = self.solved.len();
        self.solved_in.extend(worlds.numbers().map(|it| (it, at)));
        self.solved.push(Some(worlds));
        is_safe
    }

    fn solve(&self, Tied { unknown, sums }: &Tied) -> Worlds {
        let rows = sums.iter().filter_map(|sum| self.ledger.sums.get(sum)).map(|sum| {
            let mut row = Row::default();
            for (it, sign) in sum.parts.iter().filter(|(it, _)| unknown.contains(*it)) {
                row.add(*it, *sign);
            }
            row
        });
        Worlds::of(unknown.iter().map(|it| (it, self.known_of(it))).collect(), rows.collect())
    }

    /// Whether another authority's unknown count stands in just the same sums: what one has more, the other
    /// has less. The cheap way to find the worlds of most counts.
    fn may_trade(&self, count: usize, enough: usize) -> bool {
        let sums = self.sums_of.get(count);
        let parts =
            sums.first().and_then(|sum| self.ledger.sums.get(*sum)).into_iter().flat_map(|one| &one.parts);
        let place = |it: usize| self.ledger.counts.get(it).map(|one| one.place);
        let alike = |it: &usize| self.sums_of.get(*it) == sums && place(*it) != place(count);
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
        let (least, most) = match self.figures_of.get(count) {
            [_, ..] if self.is_protected(count) => (value.min(1.0), value.max(small_max)),
            [_, ..] if value > 0.0 => (value.min(small_max + 1.0), f64::INFINITY),
            _ => (0.0, f64::INFINITY),
        };
        Unknown { value, least, most }
    }

    /// Withholds the usually smallest count of the equation that says most, that with fewest unknown counts;
    /// preferably of an authority that has an unknown count in these equations already.
    fn withhold_partner(&mut self, count: usize) -> bool {
        let Tied { unknown, sums } = self.tied(count);
        let place = |it: usize| self.ledger.counts.get(it).map(|one| one.place);
        let preferred: BTreeSet<usize> = unknown.iter().filter_map(place).collect();
        let says = |sum: usize| {
            let of = self.ledger.sums.get(sum)?;
            let partner = self.partner(&of.parts, &preferred)?;
            let open = of.parts.iter().filter(|(it, _)| unknown.contains(*it)).count();
            let is_own = self.sums_of.get(count).contains(&sum);
            Some(((open, of.told_by.is_none(), !is_own, sum), partner))
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
        let Tied { sums, .. } = self.tied(count);
        let told_by = |sum: usize| self.ledger.sums.get(sum).and_then(|one| one.told_by);
        let mut own = self.sums_of.get(count).iter().copied().filter(|sum| sums.contains(*sum));
        let total = own.find_map(told_by).or_else(|| sums.iter().find_map(told_by));
        let Some(shown) = total.and_then(|total| self.totals.get_mut(total)) else { return false };
        *shown = Disclosure::Withheld { why: Why::WouldGiveAway };
        let told = self.ledger.sums.iter().enumerate().filter(|(_, sum)| sum.told_by == total);
        self.forget_solved(told.map(|(sum, _)| sum).collect::<Vec<_>>());
        true
    }
}

impl Standing {
    fn of(groups: impl Iterator<Item = Vec<usize>>) -> Self {
        let mut standing: Vec<Vec<usize>> = Vec::new();
        for (at, group) in groups.enumerate() {
            for it in group {
                if it >= standing.len() {
                    standing.resize_with(it + 1, Vec::new);
                }
                if let Some(of) = standing.get_mut(it) {
                    of.push(at);
                }
            }
        }
        Self(standing)
    }

    fn get(&self, it: usize) -> &[usize] {
        self.0.get(it).map_or(&[], Vec::as_slice)
    }
}

impl Marked {
    fn none_of(count: usize) -> Self {
        Self(vec![false; count])
    }

    /// Whether it was not among them before.
    fn insert(&mut self, it: usize) -> bool {
        self.0.get_mut(it).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    fn contains(&self, it: usize) -> bool {
        self.0.get(it).is_some_and(|mark| *mark)
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(|(_, mark)| **mark).map(|(it, _)| it)
    }
}
