//! The columns of all returns: which count the same, and which add up.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::settings::Settings;
use crate::domain::disclosure::relations::{self, Cell, Column, Relation, Stretch};
use crate::domain::indicator::{Behaviour, Indicator, IndicatorId, Unit};
use crate::pipeline::facts;

/// The columns of all returns, while they are collected.
pub(super) struct Desk<'a> {
    settings: &'a Settings,
    columns: Vec<(Column, Role)>,
    index: BTreeMap<(&'a str, IndicatorId), [usize; 3]>,
}

/// Whether the numbers of a column are public.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Public,
    Secret,
}

/// Columns by what they count.
pub(super) struct Kinds {
    /// For each column the first that counts the same.
    pub(super) of: Vec<usize>,
    /// The numbers of those first ones and of all that count the same.
    pub(super) columns: BTreeMap<usize, Column>,
    /// How they add up.
    pub(super) relations: Vec<Relation>,
    /// Those that everybody can look up.
    public: BTreeSet<usize>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, columns: Vec::new(), index: BTreeMap::new() }
    }

    /// Numerator, denominator, and of a percentage what is left.
    pub(super) fn columns_of(&mut self, collection: &'a str, of: &Indicator, is_annual: bool) -> [usize; 3] {
        let key = (collection, of.id.clone());
        if let Some(known) = self.index.get(&key) {
            return *known;
        }
        let stretch = match (of.behaviour, is_annual) {
            (Behaviour::Stock, _) => Stretch::End,
            (Behaviour::Flow, false) => Stretch::Quarter,
            _ => Stretch::Year,
        };
        let whole = of.denominator.clone().unwrap_or_else(|| format!("all of {}", of.id));
        let names = [of.numerator.clone(), whole, format!("the rest of {}", of.id)];
        let next = self.columns.len();
        for (at, name) in names.into_iter().enumerate() {
            let role = if at == 1 && is_public(of) { Role::Public } else { Role::Secret };
            self.columns.push((Column { name, stretch, cells: BTreeMap::new() }, role));
        }
        let columns = [next, next + 1, next + 2];
        self.index.insert(key, columns);
        columns
    }

    pub(super) fn put(&mut self, column: usize, cell: Cell, value: f64) {
        if let Some((column, _)) = self.columns.get_mut(column) {
            column.cells.insert(cell, value);
        }
    }

    /// The base of a share whose measure is at most another is likely that other's count.
    fn hints(&self) -> Vec<(usize, usize)> {
        let mut hints = Vec::new();
        for ((collection, id), [_, whole, _]) in &self.index {
            let of = facts::indicator(self.settings, id);
            for identity in of.into_iter().flat_map(|of| &of.identities) {
                let other = self.index.get(&(*collection, identity.at_most.clone()));
                hints.extend(other.map(|[part, _, _]| (*whole, *part)));
            }
        }
        hints
    }

    pub(super) fn kinds(self) -> Kinds {
        let hints = self.hints();
        let (columns, roles): (Vec<Column>, Vec<Role>) = self.columns.into_iter().unzip();
        let kinds = relations::alike(&columns, &hints);
        let mut merged: BTreeMap<usize, Column> = BTreeMap::new();
        for (column, kind) in columns.iter().zip(&kinds) {
            let into =
                merged.entry(*kind).or_insert_with(|| Column { cells: BTreeMap::new(), ..column.clone() });
            for (cell, value) in &column.cells {
                into.cells.entry(*cell).or_insert(*value);
            }
        }
        let public = kinds.iter().zip(&roles).filter(|(_, role)| **role == Role::Public);
        let public: BTreeSet<usize> = public.map(|(kind, _)| *kind).collect();
        let secret = merged.iter().filter(|(kind, _)| !public.contains(kind));
        let secret: BTreeMap<usize, Column> = secret.map(|(kind, column)| (*kind, column.clone())).collect();
        let relations = relations::sums(&secret, &years(&self.index, &kinds, &secret));
        Kinds { of: kinds, columns: merged, relations, public }
    }
}

impl Kinds {
    /// The columns that hang together with one of those `with` small numbers, by a figure or a sum: `figures`
    /// are the columns of each measure.
    pub(super) fn tied(&self, figures: &BTreeSet<[usize; 3]>, with: &BTreeSet<usize>) -> BTreeSet<usize> {
        let kind = |column: &usize| self.of.get(*column).copied();
        let secret = |kind: &usize| !self.public.contains(kind);
        let of_figures =
            figures.iter().map(|columns| columns.iter().filter_map(kind).filter(secret).collect());
        let of_sums = self.relations.iter().map(|one| one.parts.iter().map(|(kind, _, _)| *kind).collect());
        let groups: Vec<BTreeSet<usize>> = of_figures.chain(of_sums).collect();
        let mut tied: BTreeSet<usize> = with.iter().filter_map(kind).filter(secret).collect();
        loop {
            let before = tied.len();
            for group in groups.iter().filter(|group| !group.is_disjoint(&tied)).cloned().collect::<Vec<_>>()
            {
                tied.extend(group);
            }
            if tied.len() == before {
                let hangs = |column: &usize| kind(column).is_some_and(|kind| tied.contains(&kind));
                return (0..self.of.len()).filter(hangs).collect();
            }
        }
    }
}

/// Pairs of kinds that count the same over a year and over a quarter: by the measure, or by the name.
fn years(
    index: &BTreeMap<(&str, IndicatorId), [usize; 3]>,
    kinds: &[usize],
    columns: &BTreeMap<usize, Column>,
) -> Vec<(usize, usize)> {
    let stretch = |kind: &usize| columns.get(kind).map(|column| column.stretch);
    let mut pairs = BTreeSet::new();
    for ((_, id), year) in index {
        for (_, quarter) in index.iter().filter(|((_, other), _)| other == id) {
            let both = year.iter().zip(quarter).filter_map(|(a, b)| kinds.get(*a).zip(kinds.get(*b)));
            pairs.extend(both.map(|(a, b)| (*a, *b)));
        }
    }
    for (kind, column) in columns {
        let named = columns.iter().filter(|(_, other)| other.name == column.name);
        pairs.extend(named.map(|(other, _)| (*kind, *other)));
    }
    let is_year = |(year, quarter): &(usize, usize)| {
        stretch(year) == Some(Stretch::Year) && stretch(quarter) == Some(Stretch::Quarter)
    };
    pairs.into_iter().filter(is_year).collect()
}

/// Whether the base is a number of people in an area, which everybody can look up.
pub(super) fn is_public(of: &Indicator) -> bool {
    matches!(of.unit, Unit::Rate { per } if per > 1)
}
