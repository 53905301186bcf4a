//! What a reader can still imagine: other numbers with which all that they were sent would be the same.
//!
//! The equations between the unknown numbers are solved (Gauss and Jordan), and from the true numbers one
//! moves along their solutions. Each place reached within what the reader knows of the numbers is a world
//! that nothing sent rules out; so what is called possible is possible, however the reader reckons.

use std::collections::BTreeMap;

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

/// Numbers with their factors; what is not there has none.
pub(super) type Row = BTreeMap<usize, f64>;

/// Less than this is nothing.
const NOTHING: f64 = 1e-9;
/// So far from the true number worlds are looked for.
const REACH: i32 = 4;
/// So often a world is mended before it is given up.
const MENDED_MAX: usize = 24;

/// How many numbers `asked` may be, itself among them, counted up to `enough`.
///
/// `rows` are the equations, without what they add up to: that the reader knows.
pub(super) fn possible(
    unknown: &BTreeMap<usize, Unknown>,
    rows: Vec<Row>,
    asked: usize,
    enough: usize,
) -> usize {
    let order: Vec<usize> = unknown.keys().copied().filter(|it| *it != asked).chain([asked]).collect();
    let solved = solve(rows, &order);
    if solved.contains_key(&asked) {
        return 1;
    }
    let free: Vec<Row> =
        order.iter().filter(|it| !solved.contains_key(it)).map(|it| direction(&solved, *it)).collect();
    let Some((own, others)) = free.split_last() else { return 1 };
    let mut found = 1;
    for step in (1..=REACH).flat_map(|far| [-far, far]) {
        if found >= enough {
            break;
        }
        let moved: Row = own.iter().map(|(it, factor)| (*it, factor * f64::from(step))).collect();
        found += usize::from(is_a_world(unknown, moved, others, asked));
    }
    found
}

/// Each pivot with its row: the number, and those that decide it.
fn solve(mut rows: Vec<Row>, order: &[usize]) -> BTreeMap<usize, Row> {
    let mut solved: BTreeMap<usize, Row> = BTreeMap::new();
    for pivot in order {
        let holds = |row: &Row| row.get(pivot).is_some_and(|factor| factor.abs() > NOTHING);
        let Some(at) = rows.iter().position(holds) else { continue };
        let row = rows.swap_remove(at);
        let by = row.get(pivot).copied().unwrap_or(1.0);
        let row: Row = row.into_iter().map(|(it, factor)| (it, factor / by)).collect();
        for other in rows.iter_mut().chain(solved.values_mut()) {
            take_away(other, &row, *pivot);
        }
        solved.insert(*pivot, row);
    }
    solved
}

fn take_away(from: &mut Row, row: &Row, pivot: usize) {
    let Some(times) = from.get(&pivot).copied() else { return };
    for (it, factor) in row {
        *from.entry(*it).or_insert(0.0) -= times * factor;
    }
    from.retain(|_, factor| factor.abs() > NOTHING);
}

/// What else moves, and by how much, when a free number moves by one.
fn direction(solved: &BTreeMap<usize, Row>, free: usize) -> Row {
    let follows = solved.iter().filter_map(|(it, row)| Some((*it, -row.get(&free)?)));
    follows.chain([(free, 1.0)]).collect()
}

/// Whether everything stays within what is known of it, after others have moved as far as they must.
fn is_a_world(unknown: &BTreeMap<usize, Unknown>, mut moved: Row, others: &[Row], asked: usize) -> bool {
    for _ in 0..MENDED_MAX {
        let Some((worst, by)) = beyond(unknown, &moved) else {
            return moved.values().all(|by| (by - by.round()).abs() < 1e-6);
        };
        let before = trouble(unknown, &moved);
        let mended = others.iter().filter(|other| !other.contains_key(&asked)).find_map(|other| {
            let factor = other.get(&worst)?;
            let times = (by / factor).abs().ceil() * (by / factor).signum();
            let mut next = moved.clone();
            for (it, factor) in other {
                *next.entry(*it).or_insert(0.0) += factor * times;
            }
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
    moved.iter().find_map(|(it, by)| {
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
    moved.iter().filter_map(|(it, by)| Some(back(unknown.get(it)?, *by).abs())).sum()
}
