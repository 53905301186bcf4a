//! From figures to ledgers: every count that one reader gets or could work out, and how counts add up.
//!
//! The same count may stand in several measures, as numerator here and denominator there, in several
//! collections, and in several versions; a region's value is a sum of counts, and so is what an earlier
//! message told of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::choice::Choice;
use crate::domain::disclosure::ledger::{Count, Figure, Known, Ledger, Sum};
use crate::domain::disclosure::relations::SAME;
use crate::domain::disclosure::{self, Disclosure};
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::quarter::Quarter;
use crate::domain::scope::Recipient;
use crate::pipeline::columns::{Desk, Kinds, is_public};
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::holds::{Holds, Spell};
use crate::pipeline::versions::{Parts, Version, counts_of, factor, versions};
use crate::store::facts::RevisedFigure;

/// The value of a region of two would tell each of them the other's figure.
pub(super) const REPORTING_MIN: u32 = 3;
/// So many of them must be others than the reader's own.
const OTHERS_MIN: usize = 2;

/// A count by whose it is, what it counts, of when, and the bits of the number: another version is another.
type Key = (usize, usize, i32, u64);

/// The count that stands now, by what it counts, whose it is, and of when.
type Now = BTreeMap<(usize, usize, i32), usize>;

/// A value of the region.
pub(super) type TotalKey = (String, IndicatorId, Quarter);

/// What a value of the region is made of: the counts of each figure, and the places.
type Members = (Vec<[Option<usize>; 3]>, BTreeSet<usize>);

/// One figure in all its versions.
pub(super) struct Entry<'a> {
    pub(super) collection: &'a str,
    pub(super) authority: &'a AuthorityCode,
    pub(super) indicator: &'a IndicatorId,
    pub(super) quarter: Quarter,
    of: &'a Indicator,
    /// By how much numerator over denominator is multiplied; none for a number.
    factor: Option<f64>,
    place: usize,
    versions: Vec<Version>,
    /// Whether the region's value has it in its sums now.
    summed: bool,
    held: Vec<Spell>,
    columns: [usize; 3],
    /// Whose figures it adds up, when it is carried on from several.
    carried: Vec<usize>,
}

/// Every figure of the region, and what is known of how its counts hang together.
pub(super) struct Books<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    kinds: Kinds,
    /// The columns that hang together with one in which a number is small; the others hide nothing.
    tied: BTreeSet<usize>,
}

/// What was told to a reader before: counts, and sums of counts.
#[derive(Default)]
pub(super) struct Memory {
    counts: BTreeSet<Key>,
    sums: Vec<Vec<Key>>,
}

/// For whom a ledger is drawn up, as of when, and of which quarters.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// None for somebody who sees every authority and owns none.
    pub(super) reader: Option<&'a Recipient>,
    /// None for now.
    pub(super) at: Option<DateTime<Utc>>,
    /// None for all.
    pub(super) quarters: Option<&'a BTreeSet<Quarter>>,
    /// When the reader was written to before: a revision tells them what stood then.
    pub(super) told: &'a [DateTime<Utc>],
}

/// A ledger, with what its figures and totals are.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) ledger: Ledger,
    /// The entry behind each figure.
    pub(super) figures: Vec<usize>,
    pub(super) totals: Vec<TotalKey>,
    /// Totals of too few others to be shown at all.
    pub(super) barred: Vec<TotalKey>,
    keys: Vec<Key>,
    index: BTreeMap<Key, usize>,
    kin: BTreeMap<(usize, usize, i32), usize>,
    usual: BTreeMap<(usize, usize, i32), f64>,
}

impl<'a> Books<'a> {
    pub(super) fn of(
        settings: &'a Settings,
        known: &'a BTreeMap<String, CollectionFacts>,
        holds: &Holds,
    ) -> Self {
        let mut desk = Desk::new(settings);
        let mut places: BTreeMap<&AuthorityCode, usize> = BTreeMap::new();
        for point in known.values().flat_map(|one| one.history.values().flatten()) {
            for code in point.carried_from.iter().chain([&point.authority]) {
                let next = places.len();
                places.entry(code).or_insert(next);
            }
        }
        let mut entries = Vec::new();
        for (collection, one) in known {
            let mut revised: BTreeMap<(&AuthorityCode, &IndicatorId, Quarter), Vec<&RevisedFigure>> =
                BTreeMap::new();
            for it in &one.revised {
                revised.entry((&it.authority, &it.indicator, it.quarter)).or_default().push(it);
            }
            for point in one.history.values().flatten() {
                let Some(of) = facts::indicator(settings, &point.indicator) else { continue };
                let changes = revised.get(&(&point.authority, &point.indicator, point.quarter));
                let columns = desk.columns_of(collection, of, one.is_annual);
                // What is carried on from one is that one's figure, under another code.
                let whose = match point.carried_from.as_slice() {
                    [one] => one,
                    _ => &point.authority,
                };
                entries.push(Entry {
                    collection,
                    authority: &point.authority,
                    indicator: &point.indicator,
                    quarter: point.quarter,
                    of,
                    factor: factor(of, one.is_annual),
                    place: places.get(whose).copied().unwrap_or_default(),
                    versions: versions(of, point, changes.map_or::<&[_], _>(&[], Vec::as_slice)),
                    summed: point.summed,
                    held: holds.of_figure(collection, &point.authority, &point.indicator, point.quarter),
                    columns,
                    carried: match point.carried_from.as_slice() {
                        [_, _, ..] => {
                            point.carried_from.iter().filter_map(|it| places.get(it).copied()).collect()
                        }
                        _ => Vec::new(),
                    },
                });
            }
        }
        Self::bound(desk, entries, settings.region.small_number_max)
    }

    fn bound(mut desk: Desk<'a>, entries: Vec<Entry<'a>>, small_max: u32) -> Self {
        let mut small = BTreeSet::new();
        for entry in &entries {
            let is_small = |one: &f64| disclosure::is_small(*one, small_max);
            let counts = entry.versions.iter().flat_map(|it| it.parts.counts.iter().zip(entry.columns));
            small.extend(counts.filter(|(value, _)| value.is_some_and(|it| is_small(&it))).map(|(_, it)| it));
            // A value alone may come to a small count.
            let alone = |it: &Version| matches!(it.parts.counts, [None, ..]) && it.parts.value.is_some();
            if entry.versions.iter().any(alone) {
                small.extend(entry.columns);
            }
            let now = entry.at(None).filter(|_| entry.carried.is_empty()).map(|it| it.parts.counts);
            for (value, column) in now.unwrap_or([None; 3]).into_iter().zip(entry.columns) {
                if let Some(value) = value {
                    desk.put(column, (entry.place, entry.quarter.index()), value);
                }
            }
        }
        let kinds = desk.kinds();
        let tied = kinds.tied(&entries.iter().map(|one| one.columns).collect(), &small);
        Self { entries, kinds, tied }
    }

    /// When anything came or was changed.
    pub(super) fn events(&self) -> Vec<(DateTime<Utc>, Quarter)> {
        let all = self.entries.iter().flat_map(|one| one.versions.iter().map(|it| (it.from, one.quarter)));
        all.collect()
    }

    /// The ledger of one reader.
    pub(super) fn draw(&self, view: View<'_>, memory: &Memory) -> Drawn {
        let mut drawn = Drawn { usual: self.usual(view.at), ..Drawn::default() };
        let mut sums: BTreeMap<TotalKey, Members> = BTreeMap::new();
        let mut now = Now::new();
        let mut unsettled: BTreeSet<TotalKey> = BTreeSet::new();
        let wanted = |one: &&Entry<'_>| view.quarters.is_none_or(|some| some.contains(&one.quarter));
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, one)| wanted(one)) {
            let Some(version) = entry.at(view.at) else { continue };
            let owned = view.reader.is_some_and(|reader| reader.owns(entry.authority));
            let seen = view.reader.is_none_or(|reader| reader.may_see(entry.authority));
            let known = if owned { Known::Already } else { Known::No };
            let is_tied = entry.columns.iter().any(|column| self.tied.contains(column));
            let mut counts_of = |version: &Version| {
                if is_tied { self.counts(entry, version.parts, known, memory, &mut drawn) } else { [None; 3] }
            };
            let counts = counts_of(version);
            let before: Vec<[Option<usize>; 3]> =
                entry.before(version, view.told).into_iter().map(&mut counts_of).collect();
            for (id, column) in counts.iter().zip(entry.columns) {
                if let (Some(id), Some(kind)) = (id, self.kinds.of.get(column)) {
                    now.insert((*kind, entry.place, entry.quarter.index()), *id);
                }
            }
            let told = std::iter::once(&counts).chain(&before);
            if seen && !owned && is_tied {
                drawn.figures.push(at);
                let counts = told.clone().flatten().flatten().copied().collect();
                drawn.ledger.figures.push(Figure { counts });
            }
            for counts in told {
                // Of those whom the reader does not see the sums tell what is left, too.
                if let [Some(part), Some(whole), Some(rest)] = *counts {
                    drawn.adds_up(vec![(part, 1.0), (rest, 1.0), (whole, -1.0)]);
                }
            }
            let key = (entry.collection.to_owned(), entry.indicator.clone(), entry.quarter);
            let is_summed = entry.is_summed(view.at);
            let differs = |at: &DateTime<Utc>| {
                entry.at(Some(*at)).is_some_and(|it| it.parts == version.parts)
                    && entry.is_summed(Some(*at)) != is_summed
            };
            if is_tied && !owned && view.told.iter().any(differs) {
                unsettled.insert(key.clone());
            }
            if is_summed {
                let (all, others) = sums.entry(key).or_default();
                all.push(counts);
                others.extend((!owned).then_some(entry.place));
            }
        }
        for (key, (all, others)) in sums {
            // Held when one sum was told and counted in the other, a figure is the difference.
            let others = if unsettled.contains(&key) { 0 } else { others.len() };
            drawn.total(key, &all, others);
        }
        self.relate(view, &now, &mut drawn);
        let owned = self.places_of(view.reader);
        for sum in &memory.sums {
            let mut part = |key: &Key| {
                let known = if owned.contains(&key.0) { Known::Already } else { Known::No };
                (drawn.count(*key, known, memory), 1.0)
            };
            let parts = sum.iter().map(&mut part).collect();
            drawn.adds_up(parts);
        }
        drawn
    }

    fn places_of(&self, reader: Option<&Recipient>) -> BTreeSet<usize> {
        let own = |one: &&Entry<'_>| reader.is_some_and(|reader| reader.owns(one.authority));
        self.entries.iter().filter(own).map(|one| one.place).collect()
    }

    fn counts(
        &self,
        entry: &Entry<'_>,
        parts: Parts,
        known: Known,
        memory: &Memory,
        drawn: &mut Drawn,
    ) -> [Option<usize>; 3] {
        let [part, whole, rest] = self.completed(entry, parts);
        // Everybody knows how many children live in an area.
        let whole = whole.filter(|_| !is_public(entry.of));
        let [part_of, whole_of, rest_of] = entry.columns;
        [(part, part_of), (whole, whole_of), (rest, rest_of)].map(|(value, column)| {
            let kind = self.kinds.of.get(column).copied()?;
            let key = (entry.place, kind, entry.quarter.index(), value?.to_bits());
            Some(drawn.count(key, known, memory))
        })
    }

    /// A value alone tells its count where the base is known from elsewhere.
    fn completed(&self, entry: &Entry<'_>, parts: Parts) -> [Option<f64>; 3] {
        let [None, whole, _] = parts.counts else { return parts.counts };
        let Some(value) = parts.value else { return parts.counts };
        let elsewhere = || {
            let [_, column, _] = entry.columns;
            let cells = &self.kinds.columns.get(self.kinds.of.get(column)?)?.cells;
            cells.get(&(entry.place, entry.quarter.index())).copied()
        };
        let Some(whole) = whole.or_else(elsewhere) else { return parts.counts };
        let Some(factor) = entry.factor else { return parts.counts };
        counts_of(entry.of, Some((value * whole / factor).round()), Some(whole))
    }

    /// What the numbers are known to add up to, where they do.
    fn relate(&self, view: View<'_>, now: &Now, drawn: &mut Drawn) {
        let sees_others = view.reader.is_none_or(|reader| {
            self.entries.iter().any(|one| reader.may_see(one.authority) && !reader.owns(one.authority))
        });
        if !sees_others {
            return;
        }
        for relation in &self.kinds.relations {
            let Some((first, _, _)) = relation.parts.first() else { continue };
            let cells = now.range((*first, 0, i32::MIN)..=(*first, usize::MAX, i32::MAX));
            for ((_, place, quarter), _) in cells {
                let part = |(kind, back, sign): &(usize, i32, f64)| {
                    now.get(&(*kind, *place, quarter - back)).map(|id| (*id, *sign))
                };
                let parts: Option<Vec<(usize, f64)>> = relation.parts.iter().map(part).collect();
                if let Some(parts) = parts.filter(|parts| drawn.is_level(parts)) {
                    drawn.adds_up(parts);
                }
            }
        }
        for entry in self.entries.iter().filter(|one| !one.carried.is_empty()) {
            for kind in entry.columns.iter().filter_map(|column| self.kinds.of.get(*column)) {
                let of = |place: &usize| now.get(&(*kind, *place, entry.quarter.index())).copied();
                let before: Option<Vec<usize>> = entry.carried.iter().map(of).collect();
                let parts = of(&entry.place).zip(before).map(|(own, before)| {
                    let before = before.into_iter().map(|id| (id, -1.0));
                    [(own, 1.0)].into_iter().chain(before).collect::<Vec<_>>()
                });
                if let Some(parts) = parts.filter(|parts| drawn.is_level(parts)) {
                    drawn.adds_up(parts);
                }
            }
        }
    }

    /// The average of such counts of an authority until each quarter, as known then. What came later would
    /// choose other numbers to protect a small one than those that an earlier message withheld, and both
    /// together tell it.
    fn usual(&self, at: Option<DateTime<Utc>>) -> BTreeMap<(usize, usize, i32), f64> {
        let mut cells = BTreeMap::new();
        for entry in self.entries.iter().filter(|one| one.carried.is_empty()) {
            let counts = entry.at(at).map_or([None; 3], |it| it.parts.counts);
            for (value, column) in counts.into_iter().zip(entry.columns) {
                if let Some((value, kind)) = value.zip(self.kinds.of.get(column)) {
                    cells.entry((entry.place, *kind, entry.quarter.index())).or_insert(value);
                }
            }
        }
        let (mut whose, mut sum, mut count) = (None, 0.0, 0.0);
        for ((place, kind, _), value) in &mut cells {
            if whose != Some((*place, *kind)) {
                (whose, sum, count) = (Some((*place, *kind)), 0.0, 0.0);
            }
            (sum, count) = (sum + *value, count + 1.0);
            *value = sum / count;
        }
        cells
    }
}

impl Entry<'_> {
    fn at(&self, at: Option<DateTime<Utc>>) -> Option<&Version> {
        self.versions.iter().rev().find(|it| at.is_none_or(|at| it.from <= at))
    }

    /// Whether it was in the region's value at an instant; none is now.
    fn is_summed(&self, at: Option<DateTime<Utc>>) -> bool {
        let Some(instant) = at else { return self.summed };
        self.at(at).is_some_and(|it| it.summed) && !self.held.iter().any(|spell| spell.has(instant))
    }

    /// The other versions that stood when the reader was written to.
    fn before(&self, now: &Version, told: &[DateTime<Utc>]) -> Vec<&Version> {
        let mut before: Vec<&Version> = Vec::new();
        for it in told.iter().filter_map(|at| self.at(Some(*at))) {
            if it.parts != now.parts && before.iter().all(|other| other.parts != it.parts) {
                before.push(it);
            }
        }
        before
    }
}

impl Drawn {
    fn count(&mut self, key: Key, known: Known, memory: &Memory) -> usize {
        let known = if memory.counts.contains(&key) { Known::Already } else { known };
        if let Some(id) = self.index.get(&key) {
            // The reader's own under another code, or told before.
            if let Some(count) = self.ledger.counts.get_mut(*id).filter(|_| known == Known::Already) {
                count.known = known;
            }
            return *id;
        }
        let (place, kind, quarter, bits) = key;
        let value = f64::from_bits(bits);
        let (next_kin, id) = (self.kin.len(), self.keys.len());
        let kin = *self.kin.entry((place, kind, quarter)).or_insert(next_kin);
        let until = self.usual.range((place, kind, i32::MIN)..=(place, kind, quarter)).next_back();
        let usual = until.map_or(value, |(_, usual)| *usual);
        self.ledger.counts.push(Count { value, place, kin, known, usual });
        self.keys.push(key);
        self.index.insert(key, id);
        id
    }

    fn adds_up(&mut self, parts: Vec<(usize, f64)>) {
        self.ledger.sums.push(Sum { parts, told_by: None });
    }

    fn is_level(&self, parts: &[(usize, f64)]) -> bool {
        let value = |(id, sign): &(usize, f64)| self.ledger.counts.get(*id).map(|one| sign * one.value);
        parts.iter().filter_map(value).sum::<f64>().abs() < SAME
    }

    /// A value of the region tells both its sums.
    fn total(&mut self, key: TotalKey, all: &[[Option<usize>; 3]], others: usize) {
        if all.len() < REPORTING_MIN as usize || others < OTHERS_MIN {
            self.barred.push(key);
            return;
        }
        let told_by = Some(self.ledger.totals);
        for which in 0..2 {
            let of = all.iter().filter_map(|counts| counts.get(which).copied().flatten());
            let parts: Vec<(usize, f64)> = of.map(|id| (id, 1.0)).collect();
            if !parts.is_empty() {
                self.ledger.sums.push(Sum { parts, told_by });
            }
        }
        self.ledger.totals += 1;
        self.totals.push(key);
    }
}

impl Memory {
    /// Remembers what a message showed.
    pub(super) fn learn(&mut self, drawn: &Drawn, choice: &Choice) {
        let shown = |one: &Disclosure| *one == Disclosure::Shown;
        let key = |id: &usize| drawn.keys.get(*id).copied();
        for (figure, _) in drawn.ledger.figures.iter().zip(&choice.figures).filter(|(_, it)| shown(it)) {
            self.counts.extend(figure.counts.iter().filter_map(key));
        }
        for sum in &drawn.ledger.sums {
            let told = sum.told_by.and_then(|total| choice.totals.get(total)).is_some_and(shown);
            if told {
                self.sums.push(sum.parts.iter().filter_map(|(id, _)| key(id)).collect());
            }
        }
    }
}
