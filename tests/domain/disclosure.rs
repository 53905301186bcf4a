//! Small numbers and what would give them away: an attacker who tries every number there could be.

use std::collections::BTreeSet;

use quarterdeck::domain::disclosure::choice::{Choice, choose};
use quarterdeck::domain::disclosure::ledger::{Count, Figure, Known, Ledger, Sum};
use quarterdeck::domain::disclosure::relations::{self, Column, Relation, Stretch};
use quarterdeck::domain::disclosure::{Disclosure, Why};

const MAX: u32 = 5;

fn count(place: usize, kin: usize, value: f64) -> Count {
    Count { value, place, kin: 100 * place + kin, known: Known::No, usual: value }
}

fn told(parts: impl IntoIterator<Item = usize>, total: usize) -> Sum {
    Sum { parts: parts.into_iter().map(|count| (count, 1.0)).collect(), told_by: Some(total) }
}

/// One measure of several authorities, with their sum beside it.
fn counted(values: &[f64]) -> Ledger {
    Ledger {
        counts: values.iter().enumerate().map(|(place, value)| count(place, 0, *value)).collect(),
        figures: (0..values.len()).map(|at| Figure { counts: vec![at] }).collect(),
        sums: vec![told(0..values.len(), 0)],
        totals: 1,
    }
}

/// Plans started by each authority, and how many of them were second ones: what is started is the
/// denominator of the share of second ones.
fn plans(started: &[f64], second: &[f64]) -> Ledger {
    let places = started.len();
    let parts = |(place, (all, again)): (usize, (&f64, &f64))| {
        [count(place, 0, *all), count(place, 1, *again), count(place, 2, all - again)]
    };
    let adds_up = |place| Sum {
        parts: vec![(3 * place + 1, 1.0), (3 * place + 2, 1.0), (3 * place, -1.0)],
        told_by: None,
    };
    let mut sums: Vec<Sum> = (0..places).map(adds_up).collect();
    sums.push(told((0..places).map(|place| 3 * place), 0));
    sums.push(told((0..places).map(|place| 3 * place), 1));
    sums.push(told((0..places).map(|place| 3 * place + 1), 1));
    let figures = (0..places).map(|place| Figure { counts: vec![3 * place] });
    let shares = (0..places).map(|place| Figure { counts: (3 * place..3 * place + 3).collect() });
    Ledger {
        counts: started.iter().zip(second).enumerate().flat_map(parts).collect(),
        figures: figures.chain(shares).collect(),
        sums,
        totals: 2,
    }
}

fn letters(choice: &Choice) -> String {
    let letter = |disclosure: &Disclosure| match disclosure {
        Disclosure::Shown => '.',
        Disclosure::Withheld { why: Why::SmallNumber } => 's',
        Disclosure::Withheld { why: Why::WouldGiveAway } => 'g',
        Disclosure::Withheld { why: Why::NoFigures } => 'n',
    };
    let of = |all: &[Disclosure]| all.iter().map(letter).collect::<String>();
    format!("{} {}", of(&choice.figures), of(&choice.totals))
}

fn seen(ledger: &Ledger) -> String {
    letters(&choose(ledger, MAX))
}

#[test]
fn counts_from_one_to_the_limit_are_small_and_zero_is_not() {
    let alone = Ledger { sums: Vec::new(), totals: 0, ..counted(&[0.0, 1.0, 5.0, 5.4, 6.0]) };
    assert_eq!(seen(&alone), ".sss. ");
}

#[test]
fn a_small_number_alone_takes_the_next_smallest_with_it() {
    assert_eq!(seen(&counted(&[3.0, 40.0, 20.0, 0.0])), "s.g. .");
}

#[test]
fn small_numbers_protect_each_other_unless_their_sum_says_too_much() {
    assert_eq!(seen(&counted(&[2.0, 3.0, 20.0])), "ss. .");
    assert_eq!(seen(&counted(&[1.0, 1.0, 20.0])), "ssg .");
    assert_eq!(seen(&counted(&[5.0, 5.0, 20.0])), "ssg .");
}

#[test]
fn the_total_is_withheld_when_nothing_else_can_protect() {
    assert_eq!(seen(&counted(&[3.0, 0.0])), "s. g");
    let mut known = counted(&[3.0, 40.0]);
    known.counts[1].known = Known::Already;
    assert_eq!(seen(&known), "s. g");
}

#[test]
fn a_count_is_withheld_wherever_it_stands_and_its_partner_too() {
    // The share of the second authority says nothing small, and would tell the plans that were started.
    assert_eq!(seen(&plans(&[1.0, 37.0, 60.0, 84.0], &[0.0, 0.0, 20.0, 30.0])), "sg..sg.. ..");
}

#[test]
fn the_rest_of_a_share_may_be_small() {
    let shown = seen(&plans(&[40.0, 70.0, 60.0, 84.0], &[38.0, 30.0, 20.0, 30.0]));
    assert_eq!(&shown[4..5], "s", "{shown}");
    assert_eq!(&shown[..4], "....", "how many there were is no secret: {shown}");
}

#[test]
fn sums_over_different_authorities_give_the_difference_away() {
    let mut ledger = counted(&[30.0, 40.0, 50.0, 3.0]);
    ledger.sums.push(told(0..3, 1));
    ledger.totals = 2;
    let choice = choose(&ledger, MAX);
    assert_eq!(choice.figures[3], Disclosure::Withheld { why: Why::SmallNumber });
    let both = choice.totals.iter().all(|shown| *shown == Disclosure::Shown);
    assert!(!both, "{choice:?}");
}

#[test]
fn what_was_told_before_cannot_protect_and_a_sum_told_before_cannot_be_taken_back() {
    let mut ledger = counted(&[30.0, 40.0, 50.0, 3.0]);
    for count in ledger.counts.iter_mut().take(3) {
        count.known = Known::Already;
    }
    ledger.sums.push(Sum { parts: vec![(0, 1.0), (1, 1.0), (2, 1.0)], told_by: None });
    assert_eq!(seen(&ledger), "...s g");
}

#[test]
fn of_a_reader_who_sees_no_figure_of_others_two_stay_apart_and_one_does_not() {
    let reader = |unknown: usize| {
        let mut ledger = Ledger { figures: Vec::new(), ..counted(&[30.0, 40.0, 3.0]) };
        for count in ledger.counts.iter_mut().take(3 - unknown) {
            count.known = Known::Already;
        }
        seen(&ledger)
    };
    assert_eq!([reader(2), reader(1)], [" .", " g"]);
}

/// What each withheld count could be, to somebody who knows the rule and the sum of what is withheld.
fn possible(withheld: &[f64]) -> Vec<BTreeSet<u32>> {
    let whole: Vec<u32> = withheld.iter().map(|value| format!("{value:.0}").parse().unwrap()).collect();
    let sum: u32 = whole.iter().sum();
    let allowed = |value: u32| match value {
        0 => 0..=sum,
        1..=MAX => 1..=MAX,
        _ => MAX + 1..=sum,
    };
    let mut fillings: Vec<Vec<u32>> = vec![Vec::new()];
    for value in &whole {
        let longer = fillings.iter().flat_map(|filled| {
            allowed(*value).map(move |next| filled.iter().copied().chain([next]).collect::<Vec<u32>>())
        });
        fillings = longer.filter(|filled| filled.iter().sum::<u32>() <= sum).collect();
    }
    fillings.retain(|filled| filled.iter().sum::<u32>() == sum);
    (0..whole.len()).map(|at| fillings.iter().map(|filled| filled[at]).collect()).collect()
}

/// Every table of `places` counts below `below`.
fn tables(places: usize, below: u32) -> Vec<Vec<f64>> {
    (0..places).fold(vec![Vec::new()], |tables, _| {
        let longer = |table: Vec<f64>| {
            (0..below).map(move |next| table.iter().copied().chain([f64::from(next)]).collect())
        };
        tables.into_iter().flat_map(longer).collect()
    })
}

fn assert_safe(counts: &[f64], figures: &[Disclosure], total: Disclosure) {
    let is_small = |value: f64| (1.0..=f64::from(MAX)).contains(&value);
    let hidden = |at: usize| figures[at] != Disclosure::Shown;
    for (at, value) in counts.iter().enumerate() {
        assert!(hidden(at) || !is_small(*value), "{counts:?}: {at} is small and shown");
    }
    let withheld: Vec<f64> = (0..counts.len()).filter(|at| hidden(*at)).map(|at| counts[at]).collect();
    if total == Disclosure::Shown {
        for (value, numbers) in withheld.iter().zip(possible(&withheld)) {
            assert!(!is_small(*value) || numbers.len() >= 3, "{counts:?}: {value} can only be {numbers:?}");
        }
    }
}

#[test]
fn no_small_count_of_any_table_can_be_worked_out_from_its_total() {
    let mut small = 0;
    for counts in tables(4, 9) {
        let choice = choose(&counted(&counts), MAX);
        assert_safe(&counts, &choice.figures, choice.totals[0]);
        small +=
            usize::from(choice.totals[0] == Disclosure::Shown && choice.figures.contains(&Disclosure::Shown));
    }
    assert!(small > 1_000, "something is shown of {small} tables");
}

#[test]
fn neither_plans_nor_second_ones_nor_the_rest_of_any_table_can_be_worked_out() {
    let mut told = 0;
    for pairs in tables(6, 4) {
        // Few, and then more, of each.
        let scale = |value: f64| match format!("{value:.0}").as_str() {
            "0" => 0.0,
            "1" => 2.0,
            "2" => 4.0,
            _ => 9.0,
        };
        let second: Vec<f64> = pairs.iter().take(3).map(|value| scale(*value)).collect();
        let rest: Vec<f64> = pairs.iter().skip(3).map(|value| scale(*value)).collect();
        let started: Vec<f64> = second.iter().zip(&rest).map(|(one, other)| one + other).collect();
        let ledger = plans(&started, &second);
        let choice = choose(&ledger, MAX);
        let (figures, shares) = choice.figures.split_at(3);
        let whole = [choice.totals[0], choice.totals[1]].into_iter().find(|it| *it == Disclosure::Shown);
        let whole = whole.unwrap_or(choice.totals[1]);
        let either = |at: usize| if shares[at] == Disclosure::Shown { shares[at] } else { figures[at] };
        assert_safe(&started, &[either(0), either(1), either(2)], whole);
        assert_safe(&second, shares, choice.totals[1]);
        assert_safe(&rest, shares, choice.totals[1]);
        told += usize::from(whole == Disclosure::Shown);
    }
    assert!(told > 100, "a total of {told} tables is shown");
}

fn column(name: &str, stretch: Stretch, cells: &[((usize, i32), f64)]) -> Column {
    Column { name: name.to_owned(), stretch, cells: cells.iter().copied().collect() }
}

#[test]
fn columns_are_alike_by_name_by_number_and_where_the_configuration_hints_at_it() {
    let numbers = [((0, 1), 12.0), ((1, 1), 37.0), ((2, 1), 60.0)];
    let nearly = [((0, 1), 12.0), ((1, 1), 37.0), ((2, 1), 61.0)];
    let columns = [
        column("plans started", Stretch::Quarter, &numbers),
        column("new plans", Stretch::Quarter, &numbers),
        column("plans started in the period", Stretch::Quarter, &nearly),
        column("plans started", Stretch::Quarter, &[((9, 9), 1.0)]),
        column("plans started", Stretch::Year, &[((0, 1), 90.0)]),
    ];
    assert_eq!(relations::alike(&columns, &[]), [0, 0, 2, 0, 4]);
    assert_eq!(relations::alike(&columns, &[(0, 2)]), [0, 0, 0, 0, 4]);
}

#[test]
fn sums_are_seen_in_the_numbers() {
    let of = |name: &str, stretch, base: f64| {
        let cells = (0..4).flat_map(|place| (0..2).map(move |quarter| (place, quarter)));
        let value = |(place, quarter): (u8, i32)| base * (1.0 + f64::from(place)) + 7.0 * f64::from(quarter);
        let cells = cells.map(|(place, quarter)| ((usize::from(place), quarter), value((place, quarter))));
        Column { name: name.to_owned(), stretch, cells: cells.collect() }
    };
    let mut boys_and_girls = of("all", Stretch::Quarter, 31.0);
    let (boys, girls) = (of("boys", Stretch::Quarter, 13.0), of("girls", Stretch::Quarter, 18.0));
    for (cell, value) in &mut boys_and_girls.cells {
        *value = boys.cells[cell] + girls.cells[cell];
    }
    let columns = [boys, girls, boys_and_girls].into_iter().enumerate().collect();
    let whole = Relation { parts: vec![(0, 0, 1.0), (1, 0, 1.0), (2, 0, -1.0)] };
    assert_eq!(relations::sums(&columns, &[]), [whole]);
}

#[test]
fn what_there_is_follows_from_what_came_and_what_went() {
    let (mut came, mut went, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for (place, more) in (0..).zip([0.0, 1.0, 2.0, 3.0]) {
        let mut stock = 100.0 + 50.0 * more;
        for quarter in 0..3 {
            let (new, gone) = (9.0 + more + f64::from(quarter), 5.0 + 2.0 * f64::from(quarter));
            stock += new - gone;
            came.push(((place, quarter), new));
            went.push(((place, quarter), gone));
            there.push(((place, quarter), stock));
        }
    }
    let columns = [
        column("came", Stretch::Quarter, &came),
        column("went", Stretch::Quarter, &went),
        column("there", Stretch::End, &there),
    ];
    let found = relations::sums(&columns.into_iter().enumerate().collect(), &[]);
    assert_eq!(found, [Relation { parts: vec![(2, 0, 1.0), (2, 1, -1.0), (0, 0, -1.0), (1, 0, 1.0)] }]);
}
