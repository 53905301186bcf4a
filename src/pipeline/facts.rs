//! From rows to facts: figures with what may be shown of them, for letters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use crate::config::settings::{Cadence, Collection, Reporters, Settings};
use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::{self, Cell, Disclosure, Total, Whose, Why};
use crate::domain::figure::Status;
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::letter::facts::{FigureFact, IndicatorFact, Named, OwnFigure, RegionFigure, Revision};
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::domain::stretch::Stretch;
use crate::pipeline::comparing;
use crate::pipeline::opening::Walk;
use crate::store::analysis::Question;
use crate::store::facts::{
    self, ActionFigures, ComparedFigure, ExampleFigure, Numbers, Point, RevisedFigure,
};
use crate::store::findings::Finding;
use crate::store::journal::Happened;

/// The value of a region of two would tell each of them the other's figure.
const REPORTING_MIN: u32 = 3;

/// The name of an authority of the region, told from others of that name; its code when it has none.
#[must_use]
pub fn named(settings: &Settings, code: &AuthorityCode) -> Named {
    let found = settings.authorities.iter().find(|one| &one.code == code);
    let other = || {
        let region = &settings.region;
        if region.code == *code { region.name.clone() } else { code.to_string() }
    };
    let name = found.map_or_else(other, |one| one.name.clone());
    Named { code: code.clone(), name }
}

/// The indicator with this id.
#[must_use]
pub fn indicator<'a>(settings: &'a Settings, id: &IndicatorId) -> Option<&'a Indicator> {
    settings.indicators.iter().find(|one| &one.id == id)
}

/// Whether the figures of a collection come once a year.
#[must_use]
pub fn is_annual(settings: &Settings, collection: &str) -> bool {
    let it = settings.collections.iter().find(|one| one.name == collection);
    it.is_some_and(|one| one.cadence == Cadence::Annual)
}

/// An indicator as a letter names it, with how the time of its figures is told.
#[must_use]
pub fn indicator_fact(indicator: &Indicator, is_annual: bool) -> IndicatorFact {
    IndicatorFact {
        numerator: indicator.numerator.clone(),
        stretch: Stretch::of(is_annual, Some(indicator.behaviour)),
        id: indicator.id.clone(),
        // A year's figure is not a quarter's times four.
        name: if is_annual { indicator.name.clone() } else { indicator.shown_name() },
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

    /// The same for a sentence that speaks of several quarters: withheld when any of their figures is.
    #[must_use]
    pub fn of_all(
        &self,
        recipient: &Recipient,
        authority: &AuthorityCode,
        indicator: &IndicatorId,
        quarters: &[Quarter],
    ) -> Disclosure {
        let mut each = quarters.iter().map(|quarter| self.of(recipient, authority, indicator, *quarter));
        each.find(|one| *one != Disclosure::Shown).unwrap_or(Disclosure::Shown)
    }

    /// Whether a figure is withheld from anybody at all.
    #[must_use]
    pub fn is_small(&self, authority: &AuthorityCode, indicator: &IndicatorId, quarter: Quarter) -> bool {
        self.cells.contains_key(&(authority.clone(), indicator.clone(), quarter))
    }

    /// Whether the region's value may be shown beside the figures.
    #[must_use]
    pub fn of_total(&self, indicator: &IndicatorId, quarter: Quarter) -> Disclosure {
        self.totals.get(&(indicator.clone(), quarter)).copied().unwrap_or(Disclosure::Shown)
    }

    /// Only what is in the region's sum can protect a small number in it; the rest stands alone.
    fn add(&mut self, indicator: &Indicator, quarter: Quarter, row: &[&Point], small_max: u32) {
        let (summed, alone): (Vec<&Point>, Vec<&Point>) = row.iter().copied().partition(|one| one.summed);
        let withhold = |points: &[&Point], total| {
            let cells: Vec<Cell> = points.iter().map(|one| cell(&one.own)).collect();
            disclosure::disclose(&cells, indicator.unit, total, small_max, Figures::Suppressed)
        };
        let said = withhold(&summed, Total::Beside);
        let shown = said.cells.iter().copied().chain(withhold(&alone, Total::Absent).cells);
        for (point, shown) in summed.iter().chain(&alone).zip(shown) {
            if shown != Disclosure::Shown {
                self.cells.insert((point.authority.clone(), indicator.id.clone(), quarter), shown);
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

/// The quarters whose figures a finding's sentence may tell: its own, and the one it compares with.
#[must_use]
pub fn quarters_told(finding: &Finding) -> Vec<Quarter> {
    let before = finding.detail.get("previous_quarter").and_then(Value::as_str);
    let before = before.and_then(|text| Quarter::parse(text).ok());
    [finding.fired_in].into_iter().chain(before).collect()
}

/// What is known of one collection at its newest quarters.
#[derive(Clone, Debug, Default)]
pub struct CollectionFacts {
    /// Whether its figures come once a year.
    pub is_annual: bool,
    /// The figures, each at the newest quarter of its indicator.
    pub figures: Vec<(Quarter, ComparedFigure)>,
    /// The history of every figure.
    pub history: BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
    /// Which of them are withheld from others.
    pub withheld: Withheld,
    /// What later versions changed.
    pub revised: Vec<RevisedFigure>,
    /// What figures did since support was agreed.
    pub actions: Vec<ActionFigures>,
    /// Who does well on which figure.
    pub examples: Vec<ExampleFigure>,
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
    let mut known = CollectionFacts {
        is_annual: collection.cadence == Cadence::Annual,
        revised: facts::revisions(&walk.store, &asking)?,
        ..CollectionFacts::default()
    };
    for point in facts::history(&walk.store, &asking)? {
        known.history.entry((point.authority.clone(), point.indicator.clone())).or_default().push(point);
    }
    known.withheld = withheld(walk.settings, &known.history);
    if walk.journal.lines().iter().any(|line| line.event == Happened::Supported) {
        known.actions = facts::actions(&walk.store, &asking)?;
    }
    known.examples = facts::examples(&walk.store, &asking)?;
    for (newest, wanted) in newest_quarters(collection.reporters, collection.cadence.step(), &known.history) {
        let found = facts::figures(&walk.store, &question(newest))?;
        let is_wanted =
            |one: &ComparedFigure| wanted.contains(&(one.authority.clone(), one.indicator.clone()));
        known.figures.extend(found.into_iter().filter(is_wanted).map(|one| (newest, one)));
    }
    Ok(known)
}

/// The newest quarter in which a figure of a history stands.
fn newest<'a>(points: impl IntoIterator<Item = &'a Point>) -> Option<Quarter> {
    points.into_iter().filter(|point| point.own.value.is_some()).map(|point| point.quarter).max()
}

/// The figures of interest at each quarter.
///
/// A return is about its quarter: an authority has the figures of its newest one, and of the one before it
/// while the next is still coming in. Published figures come at different times: each has its own newest.
fn newest_quarters(
    reporters: Reporters,
    step: i32,
    history: &BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
) -> BTreeMap<Quarter, BTreeSet<(AuthorityCode, IndicatorId)>> {
    let mut of_authority: BTreeMap<&AuthorityCode, Quarter> = BTreeMap::new();
    let mut of_indicator: BTreeMap<&IndicatorId, Quarter> = BTreeMap::new();
    for ((authority, indicator), points) in history {
        if let Some(last) = newest(points) {
            let known = of_authority.entry(authority).or_insert(last);
            *known = (*known).max(last);
            let known = of_indicator.entry(indicator).or_insert(last);
            *known = (*known).max(last);
        }
    }
    let last = of_authority.values().max().copied();
    let mut by_quarter: BTreeMap<Quarter, BTreeSet<(AuthorityCode, IndicatorId)>> = BTreeMap::new();
    for (authority, indicator) in history.keys() {
        let newest = match reporters {
            Reporters::Members => of_authority.get(authority),
            Reporters::Publisher => of_indicator.get(indicator),
        };
        let is_fresh = |quarter: &&Quarter| {
            reporters == Reporters::Publisher
                || last.is_some_and(|last| quarter.index() + step >= last.index())
        };
        if let Some(newest) = newest.filter(is_fresh) {
            by_quarter.entry(*newest).or_default().insert((authority.clone(), indicator.clone()));
        }
    }
    by_quarter
}

pub(super) fn withheld(
    settings: &Settings,
    history: &BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
) -> Withheld {
    let mut rows: BTreeMap<(&IndicatorId, Quarter), Vec<&Point>> = BTreeMap::new();
    for ((_, id), points) in history {
        for point in points {
            rows.entry((id, point.quarter)).or_default().push(point);
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
    let indicator = indicator_fact(of, known.is_annual);
    Some(OwnFigure {
        authority: named(settings, &it.authority),
        quarter,
        figure: figure(of, &it.own, it.provisional, shown(quarter)),
        last_year,
        region: region_figure(of, known, quarter, it).filter(|_| comparing::is_across_areas(of)),
        comparators: comparing::comparators(of, indicator.stretch, it),
        indicator,
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
        indicator: indicator_fact(of, known.is_annual),
        quarter: it.quarter,
        old: side(&it.old),
        new: side(&it.new),
        version: it.version,
        consequence: None,
    })
}

#[cfg(test)]
mod tests {
    use crate::config::settings::Reporters;
    use crate::domain::authority::AuthorityCode;
    use crate::domain::disclosure::{Disclosure, Why};
    use crate::domain::figure::Status;
    use crate::domain::indicator::{Behaviour, Indicator, IndicatorId, Polarity, Unit};
    use crate::domain::quarter::Quarter;
    use crate::domain::scope::{EmailAddress, Figures, Recipient, Role, Scope};
    use crate::pipeline::facts::{Withheld, newest_quarters};
    use crate::store::facts::{Numbers, Point};

    fn plans() -> Indicator {
        Indicator {
            id: IndicatorId::parse("plans").unwrap(),
            name: "Plans".to_owned(),
            collections: Vec::new(),
            theme: "child-protection".to_owned(),
            definition: String::new(),
            unit: Unit::Count,
            numerator: "plans".to_owned(),
            denominator: None,
            polarity: Polarity::None,
            behaviour: Behaviour::Flow,
            seasonal: false,
            context: false,
            annualise: false,
            decimals: 0,
            plausible: None,
            target: None,
            minimum_denominator: 0.0,
            identities: Vec::new(),
            source: String::new(),
        }
    }

    fn code(number: u32) -> AuthorityCode {
        AuthorityCode::parse(&format!("E0600000{number}")).unwrap()
    }

    fn point(number: u32, count: f64, summed: bool) -> Point {
        let own =
            Numbers { value: Some(count), numerator: None, denominator: None, status: Some(Status::Ok) };
        Point {
            authority: code(number),
            indicator: plans().id,
            quarter: Quarter::from_index(8069),
            own,
            summed,
            region: own,
            reporting: None,
        }
    }

    fn withheld(points: &[Point]) -> Withheld {
        let mut withheld = Withheld::default();
        withheld.add(&plans(), Quarter::from_index(8069), &points.iter().collect::<Vec<_>>(), 5);
        withheld
    }

    fn lead() -> Recipient {
        Recipient {
            id: "lead".to_owned(),
            name: "Lead".to_owned(),
            address: EmailAddress::parse("lead@region.example").unwrap(),
            role: Role::RegionalLead,
            scope: Scope::Region,
            themes: Vec::new(),
            figures: Figures::Suppressed,
            digests: Vec::new(),
        }
    }

    #[test]
    fn a_figure_that_is_not_in_the_sum_does_not_protect_a_small_one() {
        let of = |points: &[Point], number| {
            withheld(points).of(&lead(), &code(number), &plans().id, Quarter::from_index(8069))
        };
        let points = [point(1, 3.0, true), point(2, 10.0, false), point(3, 40.0, true)];
        assert_eq!(of(&points, 2), Disclosure::Shown);
        assert_eq!(of(&points, 3), Disclosure::Withheld { why: Why::WouldGiveAway });
        assert_eq!(of(&[point(1, 3.0, false)], 1), Disclosure::Withheld { why: Why::SmallNumber });
    }

    #[test]
    fn a_sentence_that_compares_with_a_withheld_figure_is_withheld() {
        let withheld = withheld(&[point(1, 2.0, true), point(2, 3.0, true), point(3, 40.0, true)]);
        let [before, now] = [8069, 8073].map(Quarter::from_index);
        let of = |quarters: &[Quarter]| withheld.of_all(&lead(), &code(1), &plans().id, quarters);
        assert_eq!(of(&[now]), Disclosure::Shown);
        assert_eq!(of(&[now, before]), Disclosure::Withheld { why: Why::SmallNumber });
    }

    #[test]
    fn the_quarter_before_is_told_until_the_next_return_is_in_and_no_older_one() {
        let at = |number, quarters: &[i32]| {
            let point =
                |quarter: &i32| Point { quarter: Quarter::from_index(*quarter), ..point(number, 9.0, true) };
            ((code(number), plans().id), quarters.iter().map(point).collect::<Vec<_>>())
        };
        let history = [at(1, &[8067, 8068, 8069]), at(2, &[8067, 8068]), at(3, &[8060])].into();
        let told = |reporters| {
            let by_quarter = newest_quarters(reporters, 1, &history);
            by_quarter.into_iter().map(|(quarter, of)| (quarter.index(), of.len())).collect::<Vec<_>>()
        };
        assert_eq!(told(Reporters::Members), [(8068, 1), (8069, 1)]);
        assert_eq!(told(Reporters::Publisher), [(8069, 3)]);
    }
}
