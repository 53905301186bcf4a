//! What changed between two versions of a file: columns, and figures with old and new value.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Observation;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::read::reading::{Reading, Remark};
use crate::read::text;

/// How many columns a remark names.
const NAMED_MAX: usize = 20;

/// What one version has and the other has not.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes<'r> {
    /// Headings of the new version only, in its order.
    pub appeared: Vec<&'r str>,
    /// Headings of the old version only, in its order.
    pub gone: Vec<&'r str>,
    /// Figures that are not the same, in order of authority, indicator and quarter.
    pub figures: Vec<Change<'r>>,
}

/// A figure that was added, left out or changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change<'r> {
    /// As it was; none when it is new.
    pub old: Option<&'r Observation>,
    /// As it is; none when it is left out.
    pub new: Option<&'r Observation>,
}

impl Change<'_> {
    /// `added`, `removed` or `changed`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.old, self.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }
}

/// Compares two versions. Where a file holds a figure twice, the first counts.
#[must_use]
pub fn between<'r>(old: &'r Reading, new: &'r Reading) -> Changes<'r> {
    let (before, now) = (figures(old), figures(new));
    let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let pairs =
        keys.into_iter().map(|key| Change { old: before.get(key).copied(), new: now.get(key).copied() });
    Changes {
        appeared: only_in(&new.columns, &old.columns),
        gone: only_in(&old.columns, &new.columns),
        figures: pairs.filter(|pair| !is_same(*pair)).collect(),
    }
}

/// What the sender should know of columns that came or went against the headings of an earlier version.
#[must_use]
pub fn column_remarks(before: &[String], now: &[String]) -> Vec<Remark> {
    let (appeared, gone) = (only_in(now, before), only_in(before, now));
    let said = [
        (appeared, "columns-appeared", "columns that the version before did not have"),
        (gone, "columns-gone", "columns that the version before had are no longer there"),
    ];
    let said = said.into_iter().filter(|(names, ..)| !names.is_empty());
    said.map(|(names, code, what)| Remark {
        place: None,
        code,
        text: format!("{what}: {}", text::listed(&names, NAMED_MAX)),
    })
    .collect()
}

fn only_in<'r>(names: &'r [String], others: &[String]) -> Vec<&'r str> {
    let known: BTreeSet<String> = others.iter().map(|name| text::heading(name)).collect();
    let names = names.iter().filter(|name| !known.contains(&text::heading(name)));
    names.map(String::as_str).collect()
}

type Key<'r> = (&'r AuthorityCode, &'r IndicatorId, Quarter);

fn figures(reading: &Reading) -> BTreeMap<Key<'_>, &Observation> {
    let mut figures = BTreeMap::new();
    for one in &reading.observations {
        figures.entry((&one.authority, &one.indicator, one.quarter)).or_insert(one);
    }
    figures
}

fn is_same(pair: Change<'_>) -> bool {
    pair.old.zip(pair.new).is_some_and(|(old, new)| old.figure == new.figure && old.symbol == new.symbol)
}
