//! Synthetic figures: what each authority would have counted in each quarter.

use std::collections::BTreeMap;

use crate::config::settings::Settings;
use crate::demo::chance::Chance;
use crate::demo::plan::{Balance, Base, Measure, Plan, Profile};
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::figure::{Figure, Status};
use crate::domain::indicator::{Behaviour, Indicator, IndicatorId, Unit};
use crate::domain::quarter::Quarter;

/// The collection whose returns are made up.
pub const COLLECTION: &str = "quarterly";

/// One authority's synthetic return for one quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticReturn {
    /// Whose.
    pub authority: AuthorityCode,
    /// For which quarter.
    pub quarter: Quarter,
    /// In the order of the indicators in the configuration.
    pub figures: Vec<SyntheticFigure>,
}

/// One row of a synthetic return.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticFigure {
    /// The indicator.
    pub indicator: IndicatorId,
    /// The numbers; `suppressed` and `not-applicable` are written as symbols.
    pub figure: Figure,
    /// A note that the sender puts beside it.
    pub note: String,
}

/// The returns of every authority that has a profile, by authority and quarter.
///
/// Numerators and denominators agree with the identities of the indicators, and a value is worked
/// out from them and rounded as the configuration says. An indicator without a measure is left out.
#[must_use]
pub fn returns(settings: &Settings, plan: &Plan) -> Vec<SyntheticReturn> {
    let own = |authority: &Authority| Some((authority.clone(), plan.profiles.get(&authority.code)?));
    let authorities = settings.authorities.iter().filter_map(own);
    authorities.flat_map(|(authority, profile)| of_authority(settings, plan, &authority, profile)).collect()
}

fn of_authority(
    settings: &Settings,
    plan: &Plan,
    authority: &Authority,
    profile: &Profile,
) -> Vec<SyntheticReturn> {
    let lines = Lines::drawn(settings, plan, &authority.code, profile);
    let carried = |indicator: &&Indicator| indicator.collections.iter().any(|name| name == COLLECTION);
    let withheld_max = if plan.story.suppressed.authority == authority.code {
        f64::from(settings.region.small_number_max)
    } else {
        0.0
    };
    let quarters = plan.quarters().into_iter().enumerate();
    let existing = quarters.filter(|(_, quarter)| authority.existed_on(quarter.last_day()));
    let made = existing.map(|(at, quarter)| {
        let rows = settings.indicators.iter().filter(carried);
        let figures = rows.filter_map(|indicator| {
            let counts = lines.at(&indicator.id, at)?;
            let figure = withhold(figure(indicator, counts), withheld_max);
            Some(SyntheticFigure { indicator: indicator.id.clone(), figure, note: String::new() })
        });
        SyntheticReturn { authority: authority.code.clone(), quarter, figures: figures.collect() }
    });
    made.collect()
}

/// What was counted, out of what.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counts {
    numerator: f64,
    denominator: f64,
}

/// The counts of one authority, by indicator; one for each quarter of the plan.
struct Lines(BTreeMap<IndicatorId, Vec<Counts>>);

impl Lines {
    fn drawn(settings: &Settings, plan: &Plan, code: &AuthorityCode, profile: &Profile) -> Self {
        let mut lines = Self(BTreeMap::new());
        let indicators = &settings.indicators;
        for measure in &plan.measures {
            let known = settings.indicators.iter().find(|indicator| indicator.id == measure.indicator);
            let drawn = known.and_then(|indicator| {
                Draw { plan, code, profile, measure, indicator, indicators, lines: &lines }.line()
            });
            if let Some(drawn) = drawn {
                lines.0.insert(measure.indicator.clone(), drawn);
            }
        }
        for balance in &plan.balances {
            lines.balance(balance);
        }
        for indicator in &settings.indicators {
            for identity in &indicator.identities {
                lines.keep_below(&indicator.id, &identity.at_most);
            }
        }
        lines
    }

    fn at(&self, indicator: &IndicatorId, at: usize) -> Option<Counts> {
        self.0.get(indicator)?.get(at).copied()
    }

    /// Makes those who left fit those who came and those who are there.
    fn balance(&mut self, balance: &Balance) {
        let (Some(stock), Some(starts)) = (self.0.get(&balance.stock), self.0.get(&balance.starts)) else {
            return;
        };
        let before = stock.first().into_iter().chain(stock);
        let left = before.zip(stock).zip(starts);
        let left: Vec<f64> =
            left.map(|((before, now), starts)| before.numerator + starts.numerator - now.numerator).collect();
        let short: Vec<f64> = left.iter().map(|left| (-left).max(0.0)).collect();
        for (starts, short) in self.0.get_mut(&balance.starts).into_iter().flatten().zip(short) {
            starts.numerator += short;
        }
        for (ceases, left) in self.0.get_mut(&balance.ceases).into_iter().flatten().zip(left) {
            ceases.numerator = left.max(0.0);
        }
    }

    fn keep_below(&mut self, lower: &IndicatorId, upper: &IndicatorId) {
        let Some(upper) = self.0.get(upper).cloned() else { return };
        for (lower, upper) in self.0.get_mut(lower).into_iter().flatten().zip(upper) {
            lower.numerator = lower.numerator.min(upper.numerator);
        }
    }
}

/// All that one line of counts is drawn from.
struct Draw<'a> {
    plan: &'a Plan,
    code: &'a AuthorityCode,
    profile: &'a Profile,
    measure: &'a Measure,
    indicator: &'a Indicator,
    indicators: &'a [Indicator],
    lines: &'a Lines,
}

impl Draw<'_> {
    fn line(&self) -> Option<Vec<Counts>> {
        if let Base::SameAs(other) = &self.measure.base {
            let same = self.lines.0.get(other)?.iter();
            return Some(
                same.map(|counts| Counts { denominator: self.profile.children, ..*counts }).collect(),
            );
        }
        let name = [self.code.as_str(), self.measure.indicator.as_str()];
        let mut chance = Chance::of(self.plan.seed, &name);
        let levels = self.levels(&mut chance);
        let quarters = self.plan.quarters().into_iter().zip(levels).enumerate();
        let counts = quarters.map(|(at, (quarter, level))| {
            let denominator = self.denominator(at)?;
            let season = self.plan.season.get(usize::from(quarter.number() - 1)).copied().unwrap_or(1.0);
            let numerator = self.numerator(level, denominator, season, &mut chance);
            Some(Counts { numerator, denominator })
        });
        counts.collect()
    }

    /// The level of each quarter: the authority's own, wandering a little and coming back.
    fn levels(&self, chance: &mut Chance) -> Vec<f64> {
        let measure = self.measure;
        let drawn = self.moved(measure.typical, measure.spread * chance.normal());
        let own = self.profile.levels.get(&measure.indicator).copied().unwrap_or(drawn);
        let mut away = 0.0;
        let quarters = self.plan.quarters().into_iter();
        let levels = quarters.map(|quarter| {
            away = 0.7 * away + measure.wander * chance.normal();
            self.planted_level(quarter).unwrap_or_else(|| self.moved(own, away))
        });
        levels.collect()
    }

    /// Moves a percentage by its odds and anything else by its size, so that neither leaves its range.
    fn moved(&self, level: f64, by: f64) -> f64 {
        if self.indicator.unit == Unit::Percent {
            let share = (level / 100.0).clamp(0.005, 0.995);
            let odds = share / (1.0 - share) * by.exp();
            100.0 * odds / (1.0 + odds)
        } else {
            level * by.exp()
        }
    }

    fn planted_level(&self, quarter: Quarter) -> Option<f64> {
        let story = &self.plan.story.deterioration;
        if *self.code != story.authority || self.measure.indicator != story.indicator {
            return None;
        }
        let ago = usize::try_from(story.until.index() - quarter.index()).ok()?;
        story.levels.iter().rev().nth(ago).copied()
    }

    fn denominator(&self, at: usize) -> Option<f64> {
        match &self.measure.base {
            Base::Children(share) => Some((self.profile.children * share).round()),
            Base::Number(number) => Some((self.profile.children * number / 10_000.0).round().max(3.0)),
            Base::CountsOf(other) | Base::SameAs(other) => {
                Some(self.lines.at(other, at)?.numerator * self.quarters_counted(other))
            }
        }
    }

    /// A rolling year is counted out of a year, also where the other indicator counts one quarter.
    fn quarters_counted(&self, other: &IndicatorId) -> f64 {
        let counts_a_quarter = |one: &&Indicator| one.id == *other && one.behaviour == Behaviour::Flow;
        let is_year = self.indicator.behaviour == Behaviour::RollingYear;
        if is_year && self.indicators.iter().any(|one| counts_a_quarter(&one)) { 4.0 } else { 1.0 }
    }

    fn numerator(&self, level: f64, denominator: f64, season: f64, chance: &mut Chance) -> f64 {
        let is_flow = self.indicator.behaviour == Behaviour::Flow;
        let per = match self.indicator.unit {
            Unit::Percent => {
                let share = (level / 100.0).clamp(0.0, 1.0);
                return if is_flow {
                    chance.binomial(denominator, share)
                } else {
                    settled(denominator * share, chance).min(denominator)
                };
            }
            Unit::Rate { per: 1 } => return (denominator * level).round(),
            Unit::Rate { per } => f64::from(per),
            Unit::Count => 10_000.0,
        };
        let year = level * denominator / per;
        if is_flow { chance.poisson(year / 4.0 * season) } else { settled(year, chance) }
    }
}

/// Most of those there at the end of a quarter were there at its start, so a stock moves less than chance.
fn settled(expected: f64, chance: &mut Chance) -> f64 {
    (expected + 0.3 * expected.sqrt() * chance.normal()).round().max(0.0)
}

fn figure(indicator: &Indicator, counts: Counts) -> Figure {
    let Counts { numerator, denominator } = counts;
    if indicator.unit == Unit::Count {
        return Figure {
            numerator: Some(numerator),
            denominator: None,
            value: Some(numerator),
            status: Status::Ok,
        };
    }
    if denominator <= 0.0 {
        return Figure { numerator: None, denominator: None, value: None, status: Status::NotApplicable };
    }
    Figure {
        numerator: Some(numerator),
        denominator: Some(denominator),
        value: Some(rounded(factor(indicator) * numerator / denominator, indicator.decimals)),
        status: Status::Ok,
    }
}

/// What numerator / denominator is multiplied by, as in the views.
fn factor(indicator: &Indicator) -> f64 {
    match indicator.unit {
        Unit::Count => 1.0,
        Unit::Percent => 100.0,
        Unit::Rate { per } if indicator.annualise && indicator.behaviour == Behaviour::Flow => {
            4.0 * f64::from(per)
        }
        Unit::Rate { per } => f64::from(per),
    }
}

/// Half is rounded up.
#[must_use]
pub fn rounded(value: f64, decimals: u8) -> f64 {
    let shift = 10_f64.powi(i32::from(decimals));
    (value * shift + 0.5).floor() / shift
}

/// A numerator or denominator from 1 to `max` is withheld, and the value with it.
fn withhold(figure: Figure, max: f64) -> Figure {
    let small = |number: Option<f64>| number.is_some_and(|number| number >= 1.0 && number <= max);
    if !(small(figure.numerator) || small(figure.denominator)) {
        return figure;
    }
    let denominator = figure.denominator.filter(|_| !small(figure.denominator));
    Figure { numerator: None, denominator, value: None, status: Status::Suppressed }
}

/// The same figure with its numerator multiplied and its value worked out anew.
#[must_use]
pub fn recounted(indicator: &Indicator, before: Figure, factor: f64) -> Figure {
    let Some(numerator) = before.numerator else { return before };
    let numerator = (numerator * factor).round();
    figure(indicator, Counts { numerator, denominator: before.denominator.unwrap_or_default() })
}
