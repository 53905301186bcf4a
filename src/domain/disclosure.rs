//! Small numbers are withheld on output, and with them whatever would give them away.

use crate::domain::indicator::Unit;
use crate::domain::scope::Figures;

/// One authority's figure of an indicator and quarter, as it might be shown to a recipient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value; of a count without a numerator, the count.
    pub value: Option<f64>,
    /// Whose figure it is.
    pub whose: Whose,
}

/// Whose figure a cell is, seen from the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The recipient's own authority: always shown.
    Own,
    /// Somebody else's.
    Other,
}

/// Whether the sum of the cells is to be shown beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// It is, with its numerator and denominator or a value that gives them away.
    Beside,
    /// It is not.
    Absent,
}

/// Whether a figure may be shown: numerator, denominator and value together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// It may.
    Shown,
    /// It may not.
    Withheld {
        /// Why not.
        why: Why,
    },
}

/// Why a figure is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It counts few children.
    SmallNumber,
    /// With the total it would give a small number away.
    WouldGiveAway,
    /// The recipient is sent no figures.
    NoFigures,
}

impl Why {
    /// For small print, after "withheld because".
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::SmallNumber => "numbers are small",
            Self::WouldGiveAway => "it would give a small number away",
            Self::NoFigures => "this recipient is sent no figures",
        }
    }
}

/// What may be shown of a group of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// One for each cell, in the order given.
    pub cells: Vec<Disclosure>,
    /// Of the total; withheld only when no other cell can protect a small one.
    pub total: Disclosure,
}

/// What a recipient may be shown of the cells of one indicator and quarter.
///
/// A count from 1 to `small_max` is small, and so is, of a percentage, the complement; 0 is shown. A reader
/// who knows this rule and sees the total must not be able to work out a small number: while one can, the
/// next smallest count is withheld too, and when none is left the total. Without counts nothing is small.
#[must_use]
pub fn disclose(cells: &[Cell], unit: Unit, total: Total, small_max: u32, figures: Figures) -> Disclosed {
    let all = |disclosure| Disclosed { cells: vec![disclosure; cells.len()], total: disclosure };
    match figures {
        Figures::Full => all(Disclosure::Shown),
        Figures::None => all(Disclosure::Withheld { why: Why::NoFigures }),
        Figures::Suppressed => suppress(cells, unit, total, small_max),
    }
}

fn suppress(cells: &[Cell], unit: Unit, total: Total, small_max: u32) -> Disclosed {
    let tables: Vec<Counts> = match unit {
        Unit::Percent => {
            vec![Counts::of(cells, numerator, small_max), Counts::of(cells, complement, small_max)]
        }
        Unit::Count | Unit::Rate { .. } => vec![Counts::of(cells, numerator, small_max)],
    };
    let mut disclosed = Disclosed { cells: vec![Disclosure::Shown; cells.len()], total: Disclosure::Shown };
    for (index, (cell, shown)) in cells.iter().zip(&mut disclosed.cells).enumerate() {
        if cell.whose == Whose::Other && tables.iter().any(|counts| counts.is_small(index)) {
            *shown = Disclosure::Withheld { why: Why::SmallNumber };
        }
    }
    if total == Total::Absent {
        return disclosed;
    }
    while let Some(counts) = tables.iter().find(|counts| counts.gives_one_away(&disclosed.cells)) {
        let Some(next) = counts.next_smallest(cells, &disclosed.cells) else {
            disclosed.total = Disclosure::Withheld { why: Why::WouldGiveAway };
            break;
        };
        if let Some(shown) = disclosed.cells.get_mut(next) {
            *shown = Disclosure::Withheld { why: Why::WouldGiveAway };
        }
    }
    disclosed
}

fn numerator(cell: &Cell) -> Option<f64> {
    cell.numerator.or(if cell.denominator.is_none() { cell.value } else { None })
}

fn complement(cell: &Cell) -> Option<f64> {
    Some(cell.denominator? - cell.numerator?)
}

/// One count of each cell, where it has one.
struct Counts {
    counts: Vec<Option<f64>>,
    small_max: f64,
}

impl Counts {
    fn of(cells: &[Cell], count: fn(&Cell) -> Option<f64>, small_max: u32) -> Self {
        Self { counts: cells.iter().map(count).collect(), small_max: f64::from(small_max) }
    }

    fn count(&self, index: usize) -> Option<f64> {
        self.counts.get(index).copied().flatten()
    }

    /// Full-time equivalents are not whole: 5.4 is shown as 5.
    fn is_small(&self, index: usize) -> bool {
        self.count(index).is_some_and(|count| count > 0.0 && count < self.small_max + 0.5)
    }

    /// What somebody who knows the rule knows of a withheld count.
    fn bounds(&self, index: usize) -> (f64, f64) {
        match self.count(index) {
            _ if self.is_small(index) => (1.0, self.small_max),
            Some(count) if count > 0.0 => (self.small_max + 1.0, f64::INFINITY),
            _ => (0.0, f64::INFINITY),
        }
    }

    /// Whether only one whole number is left for some small count, given what all the withheld add up to.
    fn gives_one_away(&self, shown: &[Disclosure]) -> bool {
        let withheld: Vec<usize> = (0..shown.len())
            .filter(|index| shown.get(*index) != Some(&Disclosure::Shown) && self.count(*index).is_some())
            .collect();
        let sum: f64 = withheld.iter().filter_map(|index| self.count(*index)).sum();
        withheld.iter().filter(|index| self.is_small(**index)).any(|index| {
            let others = withheld.iter().filter(|other| *other != index).map(|other| self.bounds(*other));
            let (least, most) = others.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
            let (low, high) = self.bounds(*index);
            high.min(sum - least) - low.max(sum - most) < 1.0
        })
    }

    /// A zero protects nothing: everybody knows that zeros are shown.
    fn next_smallest(&self, cells: &[Cell], shown: &[Disclosure]) -> Option<usize> {
        let free = cells.iter().zip(shown).enumerate().filter_map(|(index, (cell, disclosure))| {
            let count = self.count(index).filter(|count| *count > 0.0)?;
            (cell.whose == Whose::Other && *disclosure == Disclosure::Shown).then_some((index, count))
        });
        free.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const MAX: u32 = 5;

    fn other(numerator: f64, denominator: f64) -> Cell {
        Cell { numerator: Some(numerator), denominator: Some(denominator), value: None, whose: Whose::Other }
    }

    fn count(numerator: f64) -> Cell {
        Cell { numerator: Some(numerator), denominator: None, value: Some(numerator), whose: Whose::Other }
    }

    fn seen(cells: &[Cell], unit: Unit, total: Total) -> String {
        let letter = |disclosure: &Disclosure| match disclosure {
            Disclosure::Shown => '.',
            Disclosure::Withheld { why: Why::SmallNumber } => 's',
            Disclosure::Withheld { why: Why::WouldGiveAway } => 'g',
            Disclosure::Withheld { why: Why::NoFigures } => 'n',
        };
        let disclosed = disclose(cells, unit, total, MAX, Figures::Suppressed);
        let letters: String = disclosed.cells.iter().map(letter).collect();
        format!("{letters} {}", letter(&disclosed.total))
    }

    #[test]
    fn counts_from_one_to_the_limit_are_small_and_zero_is_not() {
        let cells = [0.0, 1.0, 5.0, 6.0].map(count);
        assert_eq!(seen(&cells, Unit::Count, Total::Absent), ".ss. .");
    }

    #[test]
    fn the_complement_of_a_percentage_may_be_small() {
        let cells = [other(398.0, 400.0), other(400.0, 400.0), other(200.0, 400.0)];
        assert_eq!(seen(&cells, Unit::Percent, Total::Absent), "s.. .");
        assert_eq!(seen(&cells, Unit::Rate { per: 10_000 }, Total::Absent), "... .");
    }

    #[test]
    fn a_small_number_alone_takes_the_next_smallest_with_it() {
        let cells = [3.0, 40.0, 20.0, 0.0].map(count);
        assert_eq!(seen(&cells, Unit::Count, Total::Beside), "s.g. .");
        assert_eq!(seen(&cells, Unit::Count, Total::Absent), "s... .");
    }

    #[test]
    fn two_small_numbers_protect_each_other_unless_their_sum_says_it_all() {
        assert_eq!(seen(&[2.0, 3.0, 20.0].map(count), Unit::Count, Total::Beside), "ss. .");
        assert_eq!(seen(&[1.0, 1.0, 20.0].map(count), Unit::Count, Total::Beside), "ssg .");
        assert_eq!(seen(&[5.0, 5.0, 20.0].map(count), Unit::Count, Total::Beside), "ssg .");
    }

    #[test]
    fn the_total_is_withheld_when_nothing_else_can_protect() {
        assert_eq!(seen(&[3.0, 0.0].map(count), Unit::Count, Total::Beside), "s. g");
        let own = Cell { whose: Whose::Own, ..count(40.0) };
        assert_eq!(seen(&[count(3.0), own], Unit::Count, Total::Beside), "s. g");
    }

    #[test]
    fn a_recipient_sees_their_own_small_numbers() {
        let own = Cell { whose: Whose::Own, ..count(3.0) };
        assert_eq!(seen(&[own, count(2.0), count(20.0)], Unit::Count, Total::Absent), ".s. .");
    }

    #[test]
    fn a_value_alone_is_a_count_only_without_a_denominator() {
        let alone = Cell { numerator: None, denominator: None, value: Some(3.0), whose: Whose::Other };
        assert_eq!(seen(&[alone], Unit::Count, Total::Absent), "s .");
        let percent = Cell { denominator: Some(60.0), ..alone };
        assert_eq!(seen(&[percent], Unit::Percent, Total::Absent), ". .");
    }

    #[test]
    fn figures_full_shows_all_and_figures_none_shows_nothing() {
        let cells = [3.0, 40.0].map(count);
        let cells_of = |figures| disclose(&cells, Unit::Count, Total::Beside, MAX, figures).cells;
        assert_eq!(cells_of(Figures::Full), [Disclosure::Shown; 2]);
        assert_eq!(cells_of(Figures::None), [Disclosure::Withheld { why: Why::NoFigures }; 2]);
    }

    /// How many numbers are still possible for each withheld count, to somebody who knows rule and sum.
    fn possible(counts: &[u32], disclosed: &Disclosed) -> Vec<(usize, usize)> {
        let withheld: Vec<usize> =
            (0..counts.len()).filter(|index| disclosed.cells[*index] != Disclosure::Shown).collect();
        let sum: u32 = withheld.iter().map(|index| counts[*index]).sum();
        let mut fillings: Vec<Vec<u32>> = vec![Vec::new()];
        for index in &withheld {
            let allowed = match counts[*index] {
                0 => 0..=sum,
                1..=MAX => 1..=MAX,
                _ => MAX + 1..=sum,
            };
            fillings = fillings
                .into_iter()
                .flat_map(|filled| allowed.clone().map(move |value| [filled.clone(), vec![value]].concat()))
                .filter(|filled| filled.iter().sum::<u32>() <= sum)
                .collect();
        }
        fillings.retain(|filled| filled.iter().sum::<u32>() == sum);
        let values = |at: usize| fillings.iter().map(|filled| filled[at]).collect::<BTreeSet<_>>().len();
        withheld.iter().enumerate().map(|(at, index)| (*index, values(at))).collect()
    }

    fn nothing_small_is_given_away(counts: &[u32], disclosed: &Disclosed) -> Result<(), TestCaseError> {
        for (index, number) in counts.iter().enumerate() {
            let withheld = disclosed.cells[index] != Disclosure::Shown;
            prop_assert!(
                withheld || !(1..=MAX).contains(number),
                "{counts:?}: cell {index} is small and shown"
            );
        }
        if disclosed.total == Disclosure::Shown {
            for (index, values) in possible(counts, disclosed) {
                let safe = values > 1 || !(1..=MAX).contains(&counts[index]);
                prop_assert!(safe, "{counts:?}: cell {index} can only be one number");
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_small_count_can_be_worked_out_from_the_total(counts in prop::collection::vec(0_u32..14, 1..5)) {
            let cells: Vec<Cell> = counts.iter().map(|number| count(f64::from(*number))).collect();
            let disclosed = disclose(&cells, Unit::Count, Total::Beside, MAX, Figures::Suppressed);
            nothing_small_is_given_away(&counts, &disclosed)?;
        }

        #[test]
        fn neither_part_nor_rest_of_a_percentage_can_be_worked_out_from_the_total(
            pairs in prop::collection::vec((0_u32..12, 0_u32..12), 1..5)
        ) {
            let cells: Vec<Cell> =
                pairs.iter().map(|(part, rest)| other(f64::from(*part), f64::from(part + rest))).collect();
            let disclosed = disclose(&cells, Unit::Percent, Total::Beside, MAX, Figures::Suppressed);
            let (parts, rests): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
            nothing_small_is_given_away(&parts, &disclosed)?;
            nothing_small_is_given_away(&rests, &disclosed)?;
        }

        #[test]
        fn no_withheld_figure_of_a_region_is_the_only_one_beside_a_total(
            counts in prop::collection::vec(0_u32..60, 1..17)
        ) {
            let cells: Vec<Cell> = counts.iter().map(|number| count(f64::from(*number))).collect();
            let disclosed = disclose(&cells, Unit::Count, Total::Beside, MAX, Figures::Suppressed);
            let withheld = disclosed.cells.iter().filter(|shown| **shown != Disclosure::Shown).count();
            prop_assert!(disclosed.total != Disclosure::Shown || withheld != 1, "{counts:?}");
        }
    }
}
