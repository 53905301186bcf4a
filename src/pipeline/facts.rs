//! From rows to facts: figures with what may be shown of them, for letters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::config::settings::{Cadence, Collection, Reporters, Settings};
use crate::domain::authority::AuthorityCode;
use crate::domain::disclosure::{self, Disclosure, Why};
use crate::domain::figure::Status;
use crate::domain::indicator::{Indicator, IndicatorId, Unit};
use crate::domain::letter::facts::{FigureFact, IndicatorFact, Named, OwnFigure, RegionFigure, Revision};
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::domain::stretch::Stretch;
use crate::pipeline::comparing;
use crate::pipeline::ledgers::REPORTING_MIN;
use crate::pipeline::opening::Walk;
use crate::pipeline::withheld::Withheld;
use crate::store::analysis::Question;
use crate::store::facts::{
    self, ActionFigures, ComparedFigure, ExampleFigure, Neighbours, Numbers, Point, RevisedFigure,
};
use crate::store::journal::Happened;

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

/// So many steps of a series say what is usual.
const STEPS_MIN: usize = 5;

/// What is known of one collection at its newest quarters.
#[derive(Clone, Debug, Default)]
pub struct CollectionFacts {
    /// Whether its figures come once a year.
    pub is_annual: bool,
    /// The figures, each at the newest quarter of its indicator.
    pub figures: Vec<(Quarter, ComparedFigure)>,
    /// The history of every figure.
    pub history: BTreeMap<(AuthorityCode, IndicatorId), Vec<Point>>,
    /// Which of them are withheld from whom; nothing is shown before it was worked out.
    pub withheld: Withheld,
    /// What later versions changed.
    pub revised: Vec<RevisedFigure>,
    /// What figures did since support was agreed.
    pub actions: Vec<ActionFigures>,
    /// Who does well on which figure.
    pub examples: Vec<ExampleFigure>,
}

/// Gathers what is known of a collection up to `quarter`; what is withheld is worked out afterwards.
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
    if walk.journal.lines().iter().any(|line| line.event == Happened::Supported) {
        known.actions = facts::actions(&walk.store, &asking)?;
    }
    known.examples = facts::examples(&walk.store, &asking)?;
    let newest = newest_quarters(collection.reporters, collection.cadence.step(), &known.history);
    // The asked quarter first: its views are computed already.
    for (newest, wanted) in newest.into_iter().rev() {
        let found = facts::figures(&walk.store, &question(newest))?;
        let is_wanted =
            |one: &ComparedFigure| wanted.contains(&(one.authority.clone(), one.indicator.clone()));
        known.figures.extend(found.into_iter().filter(is_wanted).map(|one| (newest, one)));
    }
    known.figures.sort_by_key(|(newest, _)| *newest);
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
        region: region_figure(of, known, recipient, quarter, it).filter(|_| comparing::is_across_areas(of)),
        comparators: comparing::comparators(
            of,
            indicator.stretch,
            it,
            neighbours(settings, known, recipient, it),
        ),
        indicator,
    })
}

/// The statistical neighbours of a figure, where their median gives nothing away.
///
/// What a publisher says is public. Of members' figures the median is one of them, or lies between two:
/// somebody who sees the others knows it, and of few that are not their own anybody might.
#[must_use]
pub fn neighbours<'a>(
    settings: &Settings,
    known: &CollectionFacts,
    recipient: &Recipient,
    it: &'a ComparedFigure,
) -> Option<&'a Neighbours> {
    let near = it.neighbours.as_ref()?;
    let published = |one: &Collection| one.name == near.collection && one.reporters == Reporters::Publisher;
    if recipient.figures == Figures::Full || settings.collections.iter().any(published) {
        return Some(near);
    }
    let own = settings.authorities.iter().filter(|one| recipient.owns(&one.code) && one.code != it.authority);
    let own = u32::try_from(own.count()).unwrap_or(u32::MAX);
    let mut withheld = known.withheld.small_in(&it.indicator, near.quarter);
    let gives_away =
        withheld.any(|code| recipient.figures_of(code) == Figures::Suppressed && sees(recipient, code));
    let others = near.available.saturating_sub(own);
    (!gives_away && others >= comparing::NEIGHBOURS_MIN).then_some(near)
}

fn sees(recipient: &Recipient, code: &AuthorityCode) -> bool {
    recipient.may_see(code) && !recipient.owns(code)
}

/// Whether an average of areas may be told, from which small areas are left out as the region's value leaves
/// nobody out: from both together the small ones could be worked out.
#[must_use]
pub fn average_of(
    of: &Indicator,
    known: &CollectionFacts,
    recipient: &Recipient,
    quarter: Quarter,
) -> Disclosure {
    let is_left_out = |code: &&AuthorityCode| {
        let points = known.history.get(&(AuthorityCode::clone(code), of.id.clone()));
        let point = points.into_iter().flatten().find(|point| point.quarter == quarter);
        point.is_none_or(|point| {
            let base = point.own.denominator.or(point.own.value);
            !point.summed || base.is_none_or(|base| base < of.minimum_denominator)
        })
    };
    let mut others = known.withheld.small_in(&of.id, quarter).filter(|code| !recipient.owns(code));
    if recipient.figures == Figures::Suppressed && others.any(|code| is_left_out(&code)) {
        return Disclosure::Withheld { why: Why::WouldGiveAway };
    }
    known.withheld.of_total(recipient, &of.id, quarter)
}

/// The region's value with "n of 16".
#[must_use]
pub fn region_figure(
    of: &Indicator,
    known: &CollectionFacts,
    recipient: &Recipient,
    quarter: Quarter,
    it: &ComparedFigure,
) -> Option<RegionFigure> {
    let (reporting, expected) = it.reporting.filter(|(reporting, _)| *reporting >= REPORTING_MIN)?;
    it.region.value?;
    let disclosure = known.withheld.of_total(recipient, &it.indicator, quarter);
    // An authority without the figure says nothing of whether those of the others are provisional.
    let same = |(at, one): &&(Quarter, ComparedFigure)| *at == quarter && one.indicator == it.indicator;
    let provisional = it.provisional || known.figures.iter().filter(same).any(|(_, one)| one.provisional);
    Some(RegionFigure { figure: figure(of, &it.region, provisional, disclosure), reporting, of: expected })
}

/// The region's value of an earlier quarter.
#[must_use]
pub fn region_then(
    of: &Indicator,
    known: &CollectionFacts,
    recipient: &Recipient,
    quarter: Quarter,
) -> Option<RegionFigure> {
    let of_indicator = known.history.iter().filter(|((_, id), _)| *id == of.id);
    let then = of_indicator.flat_map(|(_, points)| points).find(|point| point.quarter == quarter)?;
    let (reporting, expected) = then.reporting.filter(|(reporting, _)| *reporting >= REPORTING_MIN)?;
    then.region.value?;
    let disclosure = known.withheld.of_total(recipient, &of.id, quarter);
    Some(RegionFigure { figure: figure(of, &then.region, false, disclosure), reporting, of: expected })
}

/// The region's value at a point of a history, where enough authorities are in it.
#[must_use]
pub fn region_line(known: &CollectionFacts, recipient: &Recipient, point: &Point) -> Option<f64> {
    let enough = point.reporting.is_some_and(|(reporting, _)| reporting >= REPORTING_MIN);
    let shown = known.withheld.of_total(recipient, &point.indicator, point.quarter) == Disclosure::Shown;
    point.region.value.filter(|_| enough && shown)
}

/// Whether a recipient may see a figure in all its versions: what one of them withholds, the step from the
/// other would tell.
#[must_use]
pub fn in_all_versions(
    settings: &Settings,
    known: &CollectionFacts,
    recipient: &Recipient,
    (authority, of, quarter): (&AuthorityCode, &Indicator, Quarter),
) -> Disclosure {
    let now = known.withheld.of(recipient, authority, &of.id, quarter);
    let same =
        |it: &&RevisedFigure| it.authority == *authority && it.indicator == of.id && it.quarter == quarter;
    let mut versions = known.revised.iter().filter(same).flat_map(|it| [&it.old, &it.new]);
    let small = versions.any(|numbers| gives_a_small_number(of, numbers, settings.region.small_number_max));
    match recipient.figures_of(authority) {
        Figures::Suppressed if small => Disclosure::Withheld { why: Why::SmallNumber },
        _ => now,
    }
}

/// Whether numerator, denominator or what is left is small.
fn gives_a_small_number(of: &Indicator, numbers: &Numbers, small_max: u32) -> bool {
    let count = numbers.numerator.or(if of.unit == Unit::Count { numbers.value } else { None });
    let rest = count.zip(numbers.denominator).filter(|_| of.unit == Unit::Percent);
    let rest = rest.map(|(part, whole)| whole - part);
    let counts = [count, numbers.denominator, rest].into_iter().flatten();
    counts.into_iter().any(|count| disclosure::is_small(count, small_max))
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
    let shown = in_all_versions(settings, known, recipient, (&it.authority, of, it.quarter));
    let side = |numbers: &Numbers| numbers.status.map(|_| figure(of, numbers, provisional, shown));
    Some(Revision {
        authority: named(settings, &it.authority),
        indicator: indicator_fact(of, known.is_annual),
        quarter: it.quarter,
        old: side(&it.old),
        new: side(&it.new),
        version: it.version,
        weight: weight(known, it),
        consequence: None,
    })
}

/// How large a change is beside the usual step between two figures of its series; of a series without steps,
/// beside a tenth of the figure. What is gone weighs most.
fn weight(known: &CollectionFacts, it: &RevisedFigure) -> f64 {
    let Some((old, new)) = it.old.value.zip(it.new.value) else { return f64::INFINITY };
    let points = known.history.get(&(it.authority.clone(), it.indicator.clone()));
    let others = points.into_iter().flatten().filter(|point| point.quarter != it.quarter);
    let values: Vec<f64> = others.filter_map(|point| point.own.value).collect();
    let mut steps: Vec<f64> =
        values.iter().zip(values.iter().skip(1)).map(|(one, next)| (next - one).abs()).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().filter(|_| steps.len() >= STEPS_MIN);
    let beside = usual.filter(|usual| *usual > 0.0).unwrap_or_else(|| (old.abs() / 10.0).max(f64::EPSILON));
    (new - old).abs() / beside
}

#[cfg(test)]
mod tests {
    use crate::config::settings::Reporters;
    use crate::domain::authority::AuthorityCode;
    use crate::domain::figure::Status;
    use crate::domain::indicator::IndicatorId;
    use crate::domain::quarter::Quarter;
    use crate::pipeline::facts::newest_quarters;
    use crate::store::facts::{Numbers, Point};

    fn plans() -> IndicatorId {
        IndicatorId::parse("plans").unwrap()
    }

    fn code(number: u32) -> AuthorityCode {
        AuthorityCode::parse(&format!("E0600000{number}")).unwrap()
    }

    fn point(number: u32, count: f64, summed: bool) -> Point {
        let own =
            Numbers { value: Some(count), numerator: None, denominator: None, status: Some(Status::Ok) };
        Point {
            authority: code(number),
            indicator: plans(),
            quarter: Quarter::from_index(8069),
            own,
            summed,
            carried_from: Vec::new(),
            known_from: None,
            region: own,
            reporting: None,
        }
    }

    #[test]
    fn the_quarter_before_is_told_until_the_next_return_is_in_and_no_older_one() {
        let at = |number, quarters: &[i32]| {
            let point =
                |quarter: &i32| Point { quarter: Quarter::from_index(*quarter), ..point(number, 9.0, true) };
            ((code(number), plans()), quarters.iter().map(point).collect::<Vec<_>>())
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
