//! Which counts are the same count, and which add up: by their names, by the identities of the measures, and
//! by the numbers themselves. What holds in every return an attentive reader knows as well as we do.

use std::collections::{BTreeMap, BTreeSet};

/// An authority as a running number, and the index of a quarter.
pub type Cell = (usize, i32);

/// The numbers that stand at one place of returns, such as the denominator of a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What is counted, in the words of the configuration, with what stretch of time it is about.
    pub name: String,
    /// What time it is about.
    pub stretch: Stretch,
    /// The numbers.
    pub cells: BTreeMap<Cell, f64>,
}

/// What time a count is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stretch {
    /// What happened in the quarter.
    Quarter,
    /// What happened in the year that ends with it.
    Year,
    /// What there was at its end.
    End,
}

/// Counts of one authority that add up to nothing: each with how many quarters back, and its sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Column, quarters back, sign.
    pub parts: Vec<(usize, i32, f64)>,
}

/// Numbers this close are the same: full-time equivalents are written with decimals.
pub const SAME: f64 = 0.005;
/// Fewer cells that agree may agree by chance.
const CELLS_MIN: usize = 3;
/// Authorities and quarters whose numbers are tried for sums.
const SEEDS: usize = 3;

/// For each column the first one that counts the same.
///
/// The same are those with the same name, those that agree wherever both are given, and of `hinted` pairs,
/// which the configuration relates, those that mostly agree.
#[must_use]
pub fn alike(columns: &[Column], hinted: &[(usize, usize)]) -> Vec<usize> {
    let mut first: Vec<usize> = (0..columns.len()).collect();
    let mut join = |one: usize, other: usize| {
        let pair = first.get(one).copied().zip(first.get(other).copied());
        let Some((one, other)) = pair else { return };
        for it in &mut first {
            if *it == one.max(other) {
                *it = one.min(other);
            }
        }
    };
    for (at, column) in columns.iter().enumerate() {
        for (to, other) in columns.iter().enumerate().skip(at + 1) {
            let named = column.name == other.name && column.stretch == other.stretch;
            let is_hinted = hinted.contains(&(at, to)) || hinted.contains(&(to, at));
            if named || agrees(column, other) || is_hinted && mostly_agrees(column, other) {
                join(at, to);
            }
        }
    }
    first
}

fn both_given<'a>(one: &'a Column, other: &'a Column) -> impl Iterator<Item = (f64, f64)> + 'a {
    one.cells.iter().filter_map(|(cell, value)| Some((*value, *other.cells.get(cell)?)))
}

fn is_same((one, other): (f64, f64)) -> bool {
    (one - other).abs() < SAME
}

fn agrees(one: &Column, other: &Column) -> bool {
    both_given(one, other).all(is_same)
        && both_given(one, other).filter(|(value, _)| *value > 0.0).count() >= CELLS_MIN
}

fn mostly_agrees(one: &Column, other: &Column) -> bool {
    let (all, same) =
        (both_given(one, other).count(), both_given(one, other).filter(|pair| is_same(*pair)).count());
    all > 0 && 2 * same >= all
}

/// How the numbers of different columns add up, wherever they are given: a + b = c; what there is, is what
/// there was and what came, less what went; a year is its four quarters.
///
/// `years` are pairs of columns that count the same over a year and over a quarter. Only the first of columns
/// that are alike should be given.
#[must_use]
pub fn sums(columns: &BTreeMap<usize, Column>, years: &[(usize, usize)]) -> Vec<Relation> {
    let mut found: Vec<Relation> = Vec::new();
    for seed in seeds(columns) {
        let candidates = of_three(columns, seed).into_iter().chain(of_course(columns, seed));
        let fresh = candidates.filter(|one| holds(columns, one)).collect::<Vec<_>>();
        found.extend(fresh.into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
    }
    for (year, quarter) in years {
        let four = (0..4).map(|back| (*quarter, back, -1.0));
        found.push(Relation { parts: [(*year, 0, 1.0)].into_iter().chain(four).collect() });
        let moved = vec![(*year, 0, 1.0), (*year, 1, -1.0), (*quarter, 0, -1.0), (*quarter, 4, 1.0)];
        found.push(Relation { parts: moved });
    }
    found
}

/// The cells in which most columns have a number.
fn seeds(columns: &BTreeMap<usize, Column>) -> Vec<Cell> {
    let mut given: BTreeMap<Cell, (usize, f64)> = BTreeMap::new();
    for (cell, value) in columns.values().flat_map(|column| &column.cells).filter(|(_, value)| **value > 0.0)
    {
        let it = given.entry(*cell).or_default();
        *it = (it.0 + 1, it.1 + value);
    }
    let mut cells: Vec<(Cell, (usize, f64))> = given.into_iter().collect();
    cells.sort_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut places = BTreeSet::new();
    cells.retain(|((place, _), _)| places.insert(*place));
    cells.into_iter().take(SEEDS).map(|(cell, _)| cell).collect()
}

fn at(columns: &BTreeMap<usize, Column>, cell: Cell, stretches: &[Stretch]) -> Vec<(usize, f64)> {
    let wanted = columns.iter().filter(|(_, column)| stretches.contains(&column.stretch));
    wanted
        .filter_map(|(it, column)| Some((*it, *column.cells.get(&cell)?)))
        .filter(|(_, value)| *value > 0.0)
        .collect()
}

fn of_three(columns: &BTreeMap<usize, Column>, seed: Cell) -> Vec<Relation> {
    let mut found = Vec::new();
    for stretch in [Stretch::Quarter, Stretch::Year, Stretch::End] {
        let numbers = at(columns, seed, &[stretch]);
        for (one, a) in &numbers {
            for (other, b) in numbers.iter().filter(|(other, _)| other > one) {
                let whole = numbers.iter().filter(|(_, c)| is_same((a + b, *c)));
                found.extend(whole.map(|(whole, _)| Relation {
                    parts: vec![(*one, 0, 1.0), (*other, 0, 1.0), (*whole, 0, -1.0)],
                }));
            }
        }
    }
    found
}

fn of_course(columns: &BTreeMap<usize, Column>, (place, quarter): Cell) -> Vec<Relation> {
    let flows = at(columns, (place, quarter), &[Stretch::Quarter]);
    let before: BTreeMap<usize, f64> =
        at(columns, (place, quarter - 1), &[Stretch::End]).into_iter().collect();
    let mut found = Vec::new();
    for (stock, now) in at(columns, (place, quarter), &[Stretch::End]) {
        let Some(then) = before.get(&stock) else { continue };
        for (came, a) in &flows {
            let left = flows.iter().filter(|(went, b)| went != came && is_same((now - then, a - b)));
            found.extend(left.map(|(went, _)| Relation {
                parts: vec![(stock, 0, 1.0), (stock, 1, -1.0), (*came, 0, -1.0), (*went, 0, 1.0)],
            }));
        }
    }
    found
}

/// What the parts of a relation add up to in one cell, and whether all of them are there and count somebody.
fn balance(
    columns: &BTreeMap<usize, Column>,
    relation: &Relation,
    (place, quarter): Cell,
) -> Option<(f64, bool)> {
    let mut sum = (0.0, true);
    for (column, back, sign) in &relation.parts {
        let value = columns.get(column)?.cells.get(&(place, quarter - back))?;
        sum = (sum.0 + sign * value, sum.1 && *value > 0.0);
    }
    Some(sum)
}

/// Whether it holds in nine of ten cells, and in enough of them with numbers.
fn holds(columns: &BTreeMap<usize, Column>, relation: &Relation) -> bool {
    let first = relation.parts.first().and_then(|(column, _, _)| columns.get(column));
    let cells = first.into_iter().flat_map(|column| column.cells.keys());
    let balances: Vec<(f64, bool)> = cells.filter_map(|cell| balance(columns, relation, *cell)).collect();
    let level = |one: &&(f64, bool)| is_same((one.0, 0.0));
    let same = balances.iter().filter(level).count();
    10 * same >= 9 * balances.len() && balances.iter().filter(level).filter(|one| one.1).count() >= CELLS_MIN
}
