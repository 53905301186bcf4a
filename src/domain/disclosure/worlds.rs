//! What a reader can still imagine: other numbers with which all that they were sent would be the same.
//!
//! The equations between the unknown numbers are solved (Gauss and Jordan), and from the true numbers one
//! moves along their solutions. Each place reached within what the reader knows of the numbers is a world
//! that nothing sent rules out; so what is called possible is possible, however the reader reckons.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A number that the reader does not know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown {
    /// What it is.
    pub(super) value: f64,
    /// The least that it can be.
    pub(super) least: f64,
    /// The most that it can be.
    pub(super) most: f64,
}

/// Numbers with their factors, in the order of the numbers; what is not there has none.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<(usize, f64)>);

impl Row {
    /// The factor of a number.
    fn get(&self, it: usize) -> Option<f64> {
        let at = self.0.binary_search_by_key(&it, |(other, _)| *other).ok()?;
        self.0.get(at).map(|(_, factor)| *factor)
    }

    /// Adds to the factor of a number.
    pub(super) fn add(&mut self, it: usize, factor: f64) {
        match self.0.binary_search_by_key(&it, |(other, _)| *other) {
            Ok(at) => {
                if let Some((_, sum)) = self.0.get_mut(at) {
                    *sum += factor;
                }
            }
            Err(at) => self.0.insert(at, (it, factor)),
        }
    }

    /// Every factor, so many times.
    fn times(&self, times: f64) -> Self {
        Self(self.0.iter().map(|(it, factor)| (*it, factor * times)).collect())
    }

    /// Both together, number by number.
    fn plus(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Vec::with_capacity(left.len() + right.len());
        while let (Some((one, more)), Some((another, rest))) = (left.split_first(), right.split_first()) {
            match one.0.cmp(&another.0) {
                Ordering::Less => {
                    both.push(*one);
                    left = more;
                }
                Ordering::Greater => {
                    both.push(*another);
                    right = rest;
                }
                Ordering::Equal => {
                    both.push((one.0, one.1 + another.1));
                    (left, right) = (more, rest);
                }
            }
        }
        both.extend_from_slice(left);
        both.extend_from_slice(right);
        Self(both)
    }

    fn without_nothing(mut self) -> Self {
        self.0.retain(|(_, factor)| factor.abs() > NOTHING);
        self
    }
}

/// Less than this is nothing.
const NOTHING: f64 = 1e-9;
/// So far from the true number worlds are looked for.
const REACH: i32 = 4;
/// So often a world is mended before it is given up.
const MENDED_MAX: usize = 24;

/// All solutions of equations between unknown numbers.
pub(super) struct Worlds {
    unknown: BTreeMap<usize, Unknown>,
    /// Each number that is decided by others: its equation, its own factor 1.
    decided: BTreeMap<usize, Row>,
    /// Of each number that may be anything, in order: what moves, itself too, when it moves by one.
    free: BTreeMap<usize, Row>,
}

impl Worlds {
    /// `rows` are the equations, without what they add up to: that the reader knows.
    pub(super) fn of(unknown: BTreeMap<usize, Unknown>, rows: Vec<Row>) -> Self {
        let decided = solve(rows, unknown.keys().copied());
        let free = directions(&decided, unknown.keys().copied());
        Self { unknown, decided, free }
    }

    /// The numbers that these equations tie together.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.unknown.keys().copied()
    }

    /// How many numbers `asked` may be, itself among them, counted up to `enough`.
    pub(super) fn possible(&self, asked: usize, enough: usize) -> usize {
        let Some((own, others)) = self.moved_by(asked) else { return 1 };
        let mut found = 1;
        for step in (1..=REACH).flat_map(|far| [-far, far]) {
            if found >= enough {
                break;
            }
            found += usize::from(is_a_world(&self.unknown, own.times(f64::from(step)), &others));
        }
        found
    }

    /// What moves when `asked` does, and what when others do and `asked` stands still; none when it cannot
    /// move.
    fn moved_by(&self, asked: usize) -> Option<(Row, Vec<Cow<'_, Row>>)> {
        let Some(row) = self.decided.get(&asked) else {
            let others = self.free.iter().filter(|(it, _)| **it != asked).map(|(_, row)| Cow::Borrowed(row));
            return Some((self.free.get(&asked)?.clone(), others.collect()));
        };
        // Another number is decided in its place.
        let (instead, factor) = row.0.iter().copied().find(|(it, _)| *it != asked)?;
        let own = self.free.get(&instead)?.times(-1.0 / factor);
        let others = self.free.iter().filter(|(it, _)| **it != instead);
        let still = others.map(|(it, direction)| match row.get(*it) {
            Some(factor) => Cow::Owned(direction.plus(&own.times(factor)).without_nothing()),
            None => Cow::Borrowed(direction),
        });
        let still = still.collect();
        Some((own, still))
    }
}

/// Each pivot with its row: the number, and those that decide it.
fn solve(rows: Vec<Row>, order: impl Iterator<Item = usize>) -> BTreeMap<usize, Row> {
    let mut system = System::of(rows);
    for pivot in order {
        system.solve_for(pivot);
    }
    let System { rows, solved, .. } = system;
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let row_of = |(pivot, at): (usize, usize)| Some((pivot, rows.get_mut(at)?.take()?));
    solved.into_iter().filter_map(row_of).collect()
}

/// Equations on the way to their solution.
struct System {
    rows: Vec<Row>,
    /// The rows without a pivot, in the order in which they are looked at.
    open: Vec<usize>,
    /// Where each of them is among these.
    places: BTreeMap<usize, usize>,
    /// The row of each pivot.
    solved: BTreeMap<usize, usize>,
    /// In which rows a number stands, or stood.
    holders: BTreeMap<usize, BTreeSet<usize>>,
}

impl System {
    fn of(rows: Vec<Row>) -> Self {
        let mut holders: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            for (it, _) in &row.0 {
                holders.entry(*it).or_default().insert(at);
            }
        }
        let open: Vec<usize> = (0..rows.len()).collect();
        let places = open.iter().map(|at| (*at, *at)).collect();
        Self { rows, open, places, solved: BTreeMap::new(), holders }
    }

    fn solve_for(&mut self, pivot: usize) {
        // Each number is solved for once, and stands in no other row afterwards.
        let Some(holders) = self.holders.remove(&pivot) else { return };
        let holds = |at: &usize| {
            let factor = self.rows.get(*at).and_then(|row| row.get(pivot));
            factor.is_some_and(|factor| factor.abs() > NOTHING)
        };
        let place_of = |at: &usize| self.places.get(at).copied();
        let Some(place) = holders.iter().filter(|at| holds(at)).filter_map(place_of).min() else { return };
        let own = self.open.swap_remove(place);
        self.places.remove(&own);
        if let Some(moved) = self.open.get(place) {
            self.places.insert(*moved, place);
        }
        let Some(row) = self.rows.get_mut(own) else { return };
        let by = row.get(pivot).unwrap_or(1.0);
        for (_, factor) in &mut row.0 {
            *factor /= by;
        }
        let row = row.clone();
        for at in holders.into_iter().filter(|at| *at != own) {
            let Some(other) = self.rows.get_mut(at) else { continue };
            if take_away(other, &row, pivot) {
                for (it, _) in &row.0 {
                    self.holders.entry(*it).or_default().insert(at);
                }
            }
        }
        self.solved.insert(pivot, own);
    }
}

/// Takes the pivot out of a row that holds it; says whether it did.
fn take_away(from: &mut Row, row: &Row, pivot: usize) -> bool {
    let Some(times) = from.get(pivot) else { return false };
    *from = from.plus(&row.times(-times)).without_nothing();
    true
}

/// Of each free number: what moves when it moves by one.
fn directions(decided: &BTreeMap<usize, Row>, all: impl Iterator<Item = usize>) -> BTreeMap<usize, Row> {
    let free = all.filter(|it| !decided.contains_key(it));
    let mut directions: BTreeMap<usize, Row> = free.map(|it| (it, Row::default())).collect();
    for (it, row) in decided {
        for (decides, factor) in &row.0 {
            if let Some(direction) = directions.get_mut(decides) {
                direction.0.push((*it, -factor));
            }
        }
    }
    for (it, direction) in &mut directions {
        direction.add(*it, 1.0);
    }
    directions
}

/// Whether everything stays within what is known of it, after others have moved as far as they must.
fn is_a_world(unknown: &BTreeMap<usize, Unknown>, mut moved: Row, others: &[Cow<'_, Row>]) -> bool {
    for _ in 0..MENDED_MAX {
        let Some((worst, by)) = beyond(unknown, &moved) else {
            return moved.0.iter().all(|(_, by)| (by - by.round()).abs() < 1e-6);
        };
        let before = trouble(unknown, &moved);
        let mended = others.iter().find_map(|other| {
            let factor = other.get(worst)?;
            let times = (by / factor).abs().ceil() * (by / factor).signum();
            let next = moved.plus(&other.times(times));
            (trouble(unknown, &next) + NOTHING < before).then_some(next)
        });
        match mended {
            Some(next) => moved = next,
            None => return false,
        }
    }
    false
}

/// A number that is beyond what it can be, and how far it must move back.
fn beyond(unknown: &BTreeMap<usize, Unknown>, moved: &Row) -> Option<(usize, f64)> {
    moved.0.iter().find_map(|(it, by)| {
        let back = back(unknown.get(it)?, *by);
        (back.abs() > NOTHING).then_some((*it, back))
    })
}

fn back(it: &Unknown, by: f64) -> f64 {
    let there = it.value + by;
    (it.least - there).max(0.0) + (it.most - there).min(0.0)
}

/// How far all numbers together are beyond what they can be.
fn trouble(unknown: &BTreeMap<usize, Unknown>, moved: &Row) -> f64 {
    moved.0.iter().filter_map(|(it, by)| Some(back(unknown.get(it)?, *by).abs())).sum()
}
