//! From rows to facts: figures with what may be shown of them, for letters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::config::settings::{Collection, Reporters, Settings};
use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::{self, Cell, Disclosure, Total, Whose, Why};
use crate::domain::figure::Status;
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::letter::facts::{FigureFact, IndicatorFact, Named, OwnFigure, RegionFigure, Revision};
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::domain::sentence;
use crate::pipeline::opening::Walk;
use crate::store::analysis::Question;
use crate::store::facts::{self, ComparedFigure, Numbers, Point, RevisedFigure};

/// A median of fewer neighbours would tell a single authority's figure (`statistics.md` 1e: at least six).
const NEIGHBOURS_MIN: u32 = 6;

/// The value of a region of two would tell each of them the other's figure.
const REPORTING_MIN: u32 = 3;

/// The name of an authority of the region; its code when it has none.
#[must_use]
pub fn named(settings: &Settings, code: &AuthorityCode) -> Named {
    let found = settings.authorities.iter().find(|one| &one.code == code);
    Named { code: code.clone(), name: found.map_or_else(|| code.to_string(), |one| one.name.clone()) }
}

/// The indicator with this id.
#[must_use]
pub fn indicator<'a>(settings: &'a Settings, id: &IndicatorId) -> Option<&'a Indicator> {
    settings.indicators.iter().find(|one| &one.id == id)
}

/// An indicator as a letter names it.
#[must_use]
pub fn indicator_fact(indicator: &Indicator) -> IndicatorFact {
    IndicatorFact {
        id: indicator.id.clone(),
        name: indicator.name.clone(),
        theme: indicator.theme.clone(),
        polarity: indicator.polarity,
    }
}

/// A figure as a letter shows it.
#[must_use]
pub fn figure(
    indicator: &Indicator,
    numbers: &Numbers,
    provisional: bool,
    disclosure: Disclosure,
) -> FigureFact {
    FigureFact {
        numerator: numbers.numerator,
        denominator: numbers.denominator,
        value: numbers.value,
        unit: indicator.unit,
        decimals: indicator.decimals,
        status: numbers.status.unwrap_or(Status::Unavailable),
        disclosure,
        provisional,
    }
}

/// Which figures are withheld from people of other authorities, and why.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    cells: BTreeMap<(AuthorityCode, IndicatorId, Quarter), Disclosure>,
    totals: BTreeMap<(IndicatorId, Quarter), Disclosure>,
}

impl Withheld {
    /// Whether a recipient may see a figure: their own always, others' by the rule of small numbers.
    #[must_use]
    pub fn of(
        &self,
        recipient: &Recipient,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarter: Quarter,
    ) -> Disclosure {
        let key = (authority.clone(), indicator.clone(), quarter);
        match recipient.figures_of(authority) {
            Figures::Full => Disclosure::Shown,
            Figures::None => Disclosure::Withheld { why: Why::NoFigures },
            Figures::Suppressed => self.cells.get(&key).copied().unwrap_or(Disclosure::Shown),
        }
    }

    /// Whether the region's value may be shown beside the figures.
    #[must_use]
    pub fn of_total(&self, indicator: &IndicatorId, quarter: Quarter) -> Disclosure {
        self.totals.get(&(indicator.clone(), quarter)).copied().unwrap_or(Disclosure::Shown)
    }

    fn add(
        &mut self,
        indicator: &Indicator,
        quarter: Quarter,
        row: &[(&AuthorityCode, &Numbers)],
        small_max: u32,
    ) {
        let cells: Vec<Cell> = row.iter().map(|(_, numbers)| cell(numbers)).collect();
        let said =
            disclosure::disclose(&cells, indicator.unit, Total::Beside, small_max, Figures::Suppressed);
        for ((authority, _), shown) in row.iter().zip(&said.cells) {
            if *shown != Disclosure::Shown {
                self.cells.insert(((*authority).clone(), indicator.id.clone(), quarter), *shown);
            }
        }
        if said.total != Disclosure::Shown {
            self.totals.insert((indicator.id.clone(), quarter), said.total);
        }
    }
}

fn cell(numbers: &Numbers) -> Cell {
    Cell {
        numerator: numbers.numerator,
        denominator: numbers.denominator,
        value: numbers.value,
        whose: Whose::Other,
    }
}

/// What is known of one collection at its newest quarters.
#[derive(Clone, Debug, Default)]
pub struct CollectionFacts {
    /// The figures, each at the newest quarter of its indicator.
    pub figures: Vec<(Quarter, ComparedFigure)>,
    /// The history of every figure.
    pub history: BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
    /// Which of them are withheld from others.
    pub withheld: Withheld,
    /// What later versions changed.
    pub revised: Vec<RevisedFigure>,
}

/// Gathers what is known of a collection up to `quarter`.
///
/// # Errors
/// When the database refuses.
pub fn gather(walk: &Walk<'_>, collection: &Collection, quarter: Quarter) -> Result<CollectionFacts> {
    let question = |quarter| Question {
        collection: collection.name.clone(),
        quarter,
        as_of: walk.today,
        known_on: walk.now,
    };
    let asking = question(quarter);
    let mut known =
        CollectionFacts { revised: facts::revisions(&walk.store, &asking)?, ..CollectionFacts::default() };
    for point in facts::history(&walk.store, &asking)? {
        known.history.entry((point.authority.clone(), point.indicator.clone())).or_default().push(point);
    }
    known.withheld = withheld(walk.settings, &known.history);
    for (newest, indicators) in newest_quarters(collection, quarter, &known.history) {
        let found = facts::figures(&walk.store, &question(newest))?;
        let wanted = found.into_iter().filter(|one| indicators.contains(&one.indicator));
        known.figures.extend(wanted.map(|one| (newest, one)));
    }
    Ok(known)
}

/// A return is about its quarter; published figures come at different times, so each has its own newest.
fn newest_quarters(
    collection: &Collection,
    quarter: Quarter,
    history: &BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
) -> BTreeMap<Quarter, BTreeSet<IndicatorId>> {
    let mut newest: BTreeMap<IndicatorId, Quarter> = BTreeMap::new();
    for ((_, indicator), points) in history {
        let last = match collection.reporters {
            Reporters::Members => Some(quarter),
            Reporters::Publisher => {
                points.iter().rev().find(|point| point.own.value.is_some()).map(|it| it.quarter)
            }
        };
        if let Some(last) = last {
            let entry = newest.entry(indicator.clone()).or_insert(last);
            *entry = (*entry).max(last);
        }
    }
    let mut by_quarter: BTreeMap<Quarter, BTreeSet<IndicatorId>> = BTreeMap::new();
    for (indicator, quarter) in newest {
        by_quarter.entry(quarter).or_default().insert(indicator);
    }
    by_quarter
}

fn withheld(settings: &Settings, history: &BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>) -> Withheld {
    let mut rows: BTreeMap<(&IndicatorId, Quarter), Vec<(&AuthorityCode, &Numbers)>> = BTreeMap::new();
    for ((authority, id), points) in history {
        for point in points {
            rows.entry((id, point.quarter)).or_default().push((authority, &point.own));
        }
    }
    let mut withheld = Withheld::default();
    for ((id, quarter), row) in rows {
        if let Some(indicator) = indicator(settings, id) {
            withheld.add(indicator, quarter, &row, settings.region.small_number_max);
        }
    }
    withheld
}

/// An authority's figure with its comparisons, as a recipient may see it.
#[must_use]
pub fn own_figure(
    settings: &Settings,
    known: &CollectionFacts,
    recipient: &Recipient,
    quarter: Quarter,
    it: &ComparedFigure,
) -> Option<OwnFigure> {
    let of = indicator(settings, &it.indicator)?;
    let shown = |quarter| known.withheld.of(recipient, &it.authority, &it.indicator, quarter);
    let last_year =
        it.last_year.status.map(|_| figure(of, &it.last_year, it.provisional, shown(quarter.plus(-4))));
    Some(OwnFigure {
        authority: named(settings, &it.authority),
        indicator: indicator_fact(of),
        quarter,
        figure: figure(of, &it.own, it.provisional, shown(quarter)),
        last_year,
        region: region_figure(of, known, quarter, it),
        comparators: comparators(of, it),
    })
}

/// The region's value with "n of 16".
#[must_use]
pub fn region_figure(
    of: &Indicator,
    known: &CollectionFacts,
    quarter: Quarter,
    it: &ComparedFigure,
) -> Option<RegionFigure> {
    let (reporting, expected) = it.reporting.filter(|(reporting, _)| *reporting >= REPORTING_MIN)?;
    it.region.value?;
    let disclosure = known.withheld.of_total(&it.indicator, quarter);
    Some(RegionFigure { figure: figure(of, &it.region, it.provisional, disclosure), reporting, of: expected })
}

/// The region's value of an earlier quarter.
#[must_use]
pub fn region_then(of: &Indicator, known: &CollectionFacts, quarter: Quarter) -> Option<RegionFigure> {
    let of_indicator = known.history.iter().filter(|((_, id), _)| *id == of.id);
    let then = of_indicator.flat_map(|(_, points)| points).find(|point| point.quarter == quarter)?;
    let (reporting, expected) = then.reporting.filter(|(reporting, _)| *reporting >= REPORTING_MIN)?;
    then.region.value?;
    let disclosure = known.withheld.of_total(&of.id, quarter);
    Some(RegionFigure { figure: figure(of, &then.region, false, disclosure), reporting, of: expected })
}

/// The region's value at a point of a history, where enough authorities are in it.
#[must_use]
pub fn region_line(known: &CollectionFacts, point: &Point) -> Option<f64> {
    let enough = point.reporting.is_some_and(|(reporting, _)| reporting >= REPORTING_MIN);
    let shown = known.withheld.of_total(&point.indicator, point.quarter) == Disclosure::Shown;
    point.region.value.filter(|_| enough && shown)
}

/// What a figure is compared with, each with its vintage.
#[must_use]
pub fn comparators(of: &Indicator, it: &ComparedFigure) -> Vec<String> {
    let words =
        |value: f64| sentence::in_unit(value, sentence::Measure { unit: of.unit, decimals: of.decimals });
    let mut said = Vec::new();
    if let Some((value, quarter)) = it.country {
        said.push(format!("England {} ({quarter})", words(value)));
    }
    if let Some(near) = it.neighbours.as_ref().filter(|near| near.available >= NEIGHBOURS_MIN) {
        said.push(format!(
            "statistical neighbours' median {} ({} of {}, {})",
            words(near.median),
            near.available,
            near.listed,
            near.quarter
        ));
    }
    said
}

/// A revision as a recipient may see it: withheld when any of its numbers is small.
#[must_use]
pub fn revision(
    settings: &Settings,
    known: &CollectionFacts,
    recipient: &Recipient,
    provisional: bool,
    it: &RevisedFigure,
) -> Option<Revision> {
    let of = indicator(settings, &it.indicator)?;
    let alone = |numbers: &Numbers| {
        let figures = recipient.figures_of(&it.authority);
        let small_max = settings.region.small_number_max;
        let said = disclosure::disclose(&[cell(numbers)], of.unit, Total::Absent, small_max, figures);
        said.cells.first().copied().unwrap_or(Disclosure::Shown)
    };
    let now = known.withheld.of(recipient, &it.authority, &it.indicator, it.quarter);
    let hidden = [now, alone(&it.old), alone(&it.new)].into_iter().find(|one| *one != Disclosure::Shown);
    let side = |numbers: &Numbers| {
        numbers.status.map(|_| figure(of, numbers, provisional, hidden.unwrap_or(Disclosure::Shown)))
    };
    Some(Revision {
        authority: named(settings, &it.authority),
        indicator: indicator_fact(of),
        quarter: it.quarter,
        old: side(&it.old),
        new: side(&it.new),
        version: it.version,
        consequence: None,
    })
}
