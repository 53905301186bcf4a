//! What follows from equations between whole numbers: exact elimination over fractions, then bounds until
//! nothing moves any more.

use std::collections::BTreeMap;

/// A fraction in lowest terms, its lower part positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction(i128, i128);

impl Fraction {
    pub(super) fn new(upper: i128, lower: i128) -> Self {
        let (mut a, mut b) = (upper.abs(), lower.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let by = a.max(1) * lower.signum();
        Self(upper / by, lower / by)
    }

    pub(super) fn whole(value: i128) -> Self {
        Self(value, 1)
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.0 * other.1 + other.0 * self.1, self.1 * other.1)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.0 * other.0, self.1 * other.1)
    }

    fn over(self, other: Self) -> Self {
        Self::new(self.0 * other.1, self.1 * other.0)
    }

    fn is_zero(self) -> bool {
        self.0 == 0
    }

    fn floor(self) -> i128 {
        self.0.div_euclid(self.1)
    }

    fn ceil(self) -> i128 {
        -((-self.0).div_euclid(self.1))
    }
}

/// An equation: factors of unknown numbers, and what they come to.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    parts: BTreeMap<usize, Fraction>,
    sum: Fraction,
}

/// From where to where a number may lie; no end is no limit.
pub(super) type Range = (i128, Option<i128>);

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    rows: Vec<Row>,
    ranges: BTreeMap<usize, Range>,
}

impl System {
    /// The parts, with their factors, come to `sum`.
    pub(super) fn equation(&mut self, parts: &[(usize, i128)], sum: i128) {
        let mut row = Row { parts: BTreeMap::new(), sum: Fraction::whole(sum) };
        for (unknown, factor) in parts {
            let before = row.parts.get(unknown).copied().unwrap_or(Fraction::whole(0));
            row.parts.insert(*unknown, before.plus(Fraction::whole(*factor)));
            self.ranges.entry(*unknown).or_insert((0, None));
        }
        self.rows.push(row);
    }

    /// A number lies here.
    pub(super) fn range(&mut self, unknown: usize, range: Range) {
        let known = self.ranges.entry(unknown).or_insert((0, None));
        let most = [known.1, range.1].into_iter().flatten().min();
        *known = (known.0.max(range.0), most);
    }

    /// Where every number lies by all that is known; none when that contradicts itself.
    pub(super) fn solved(&self) -> Option<BTreeMap<usize, Range>> {
        let reduced = self.reduced();
        if reduced.iter().any(|row| row.parts.is_empty() && !row.sum.is_zero()) {
            return None;
        }
        let rows: Vec<&Row> = reduced.iter().chain(&self.rows).collect();
        let mut ranges = self.ranges.clone();
        loop {
            let before = ranges.clone();
            for row in &rows {
                for unknown in row.parts.keys() {
                    let narrowed = narrowed(row, *unknown, &ranges);
                    if narrowed.1.is_some_and(|most| most < narrowed.0) {
                        return None;
                    }
                    ranges.insert(*unknown, narrowed);
                }
            }
            if ranges == before {
                return Some(ranges);
            }
        }
    }

    /// Gauss and Jordan: each row decides one number by others that no row decides.
    fn reduced(&self) -> Vec<Row> {
        let mut rows = self.rows.clone();
        let mut done = 0;
        for unknown in self.ranges.keys() {
            let Some(at) = (done..rows.len()).find(|at| rows[*at].parts.contains_key(unknown)) else {
                continue;
            };
            rows.swap(done, at);
            let by = rows[done].parts[unknown];
            let pivot = Row {
                parts: rows[done].parts.iter().map(|(it, factor)| (*it, factor.over(by))).collect(),
                sum: rows[done].sum.over(by),
            };
            for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != done) {
                let Some(times) = row.parts.get(unknown).copied() else { continue };
                let times = times.times(Fraction::whole(-1));
                for (it, factor) in &pivot.parts {
                    let before = row.parts.get(it).copied().unwrap_or(Fraction::whole(0));
                    row.parts.insert(*it, before.plus(factor.times(times)));
                }
                row.parts.retain(|_, factor| !factor.is_zero());
                row.sum = row.sum.plus(pivot.sum.times(times));
            }
            rows[done] = pivot;
            done += 1;
        }
        rows
    }
}

/// The range that a row leaves to one of its numbers, given those of the others.
fn narrowed(row: &Row, unknown: usize, ranges: &BTreeMap<usize, Range>) -> Range {
    let own = row.parts[&unknown];
    let (mut least, mut most) = (Some(row.sum), Some(row.sum));
    for (it, factor) in row.parts.iter().filter(|(it, _)| **it != unknown) {
        let (low, high) = ranges[it];
        let low = Some(Fraction::whole(low));
        let high = high.map(Fraction::whole);
        let taken = |end: Option<Fraction>| end.map(|end| factor.times(end).times(Fraction::whole(-1)));
        let (down, up) = if factor.0 > 0 { (taken(high), taken(low)) } else { (taken(low), taken(high)) };
        least = least.zip(down).map(|(sum, part)| sum.plus(part));
        most = most.zip(up).map(|(sum, part)| sum.plus(part));
    }
    let (least, most) = if own.0 > 0 { (least, most) } else { (most, least) };
    let (low, high) = ranges[&unknown];
    let low = least.map_or(low, |least| low.max(least.over(own).ceil()));
    let most = most.map(|most| most.over(own).floor());
    (low, [high, most].into_iter().flatten().min())
}

#[test]
fn what_follows_from_sums_and_differences_is_found() {
    let mut system = System::default();
    system.equation(&[(0, 1), (1, 1), (2, 1)], 40);
    system.equation(&[(1, 1), (2, 1)], 37);
    system.equation(&[(1, 2), (2, -1)], 2);
    let solved = system.solved().unwrap();
    assert_eq!([solved[&0], solved[&1], solved[&2]], [(3, Some(3)), (13, Some(13)), (24, Some(24))]);
}

#[test]
fn bounds_narrow_what_equations_leave_open() {
    let mut system = System::default();
    system.equation(&[(0, 1), (1, 1)], 2);
    assert_eq!(system.solved().unwrap()[&0], (0, Some(2)));
    system.range(0, (1, Some(5)));
    system.range(1, (1, Some(5)));
    assert_eq!(system.solved().unwrap()[&0], (1, Some(1)));
}

#[test]
fn a_contradiction_tells_nothing() {
    let mut system = System::default();
    system.equation(&[(0, 1)], 2);
    system.equation(&[(0, 1)], 3);
    assert_eq!(system.solved(), None);
}
