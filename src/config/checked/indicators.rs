//! The measures: units, ranges, identities, and the collections that carry them.

use std::collections::BTreeSet;

use crate::config::checked::{Desk, Known};
use crate::config::problem::and_more;
use crate::config::shape::Read;
use crate::config::written::indicators::{
    BehaviourWord, IndicatorToml, IndicatorsToml, PolarityWord, UnitWord,
};
use crate::config::written::typed::At;
use crate::domain::indicator::{Behaviour, Identity, Indicator, IndicatorId, Polarity, Unit};

/// The sound indicators.
pub fn check(read: &Read<IndicatorsToml>, known: &Known<'_>, desk: &mut Desk) -> Vec<Indicator> {
    let Some(file) = &read.value else { return Vec::new() };
    desk.duplicates(&read.text, "indicator", file.indicator.iter().map(|typed| &typed.id));
    strange_collections(read, &file.indicator, known, desk);
    file.indicator.iter().filter_map(|typed| one(read, typed, &file.indicator, known, desk)).collect()
}

/// Each collection that is not there, once, where the first indicator names it.
fn strange_collections(
    read: &Read<IndicatorsToml>,
    typed: &[IndicatorToml],
    known: &Known<'_>,
    desk: &mut Desk,
) {
    let named = typed.iter().flat_map(|one| one.collections.iter().map(move |name| (one, name)));
    let strange: Vec<_> = named.filter(|(_, name)| !known.collections.knows(name)).collect();
    let mut told = BTreeSet::new();
    for (one, name) in &strange {
        if !told.insert(&name.value) {
            continue;
        }
        let times = strange.iter().filter(|(_, other)| other.value == name.value).count();
        let (more, hint) = (and_more(times - 1, "indicator"), known.collections.hint(name));
        let what_to_do = if hint.is_empty() {
            let there = known.collections.listed();
            format!("; quarterdeck.toml has {there}: take the name out of `collections` of {times}")
        } else {
            hint
        };
        let sentence =
            format!("indicator `{}`{more}: unknown collection `{}`{what_to_do}", one.id.value, name.value);
        desk.problem(&read.text, &name.span, sentence);
    }
}

fn one(
    read: &Read<IndicatorsToml>,
    typed: &IndicatorToml,
    all: &[IndicatorToml],
    known: &Known<'_>,
    desk: &mut Desk,
) -> Option<Indicator> {
    let at = format!("indicator `{}`", typed.id.value);
    let id = IndicatorId::parse(&typed.id);
    if id.is_none() {
        let sentence = format!("{at}: an id has lower-case letters, digits and underscores, a letter first");
        desk.problem(&read.text, &typed.id.span, sentence);
    }
    desk.short_name(&read.text, &format!("{at}: theme"), &typed.theme);
    let unit = unit(read, typed, &at, desk);
    let plausible = plausible(read, typed, &at, desk);
    target(read, typed, &at, plausible, desk);
    let identities = typed.at_most.iter().filter_map(|other| {
        let there = desk.reference(&read.text, &at, "indicator", other, &known.indicators);
        together(read, typed, other, all, &at, desk);
        IndicatorId::parse(other).filter(|_| there).map(|at_most| Identity { at_most })
    });
    let identities = identities.collect();
    Some(Indicator {
        id: id?,
        name: typed.name.clone(),
        collections: typed.collections.iter().map(|name| name.value.clone()).collect(),
        theme: typed.theme.value.clone(),
        definition: typed.definition.clone(),
        unit: unit?,
        numerator: typed.numerator.clone(),
        denominator: typed.denominator.as_ref().map(|name| name.value.clone()),
        polarity: match typed.polarity {
            PolarityWord::HighIsGood => Polarity::HighIsGood,
            PolarityWord::LowIsGood => Polarity::LowIsGood,
            PolarityWord::None => Polarity::None,
        },
        behaviour: match typed.behaviour {
            BehaviourWord::Flow => Behaviour::Flow,
            BehaviourWord::Stock => Behaviour::Stock,
            BehaviourWord::RollingYear => Behaviour::RollingYear,
        },
        seasonal: typed.seasonal.unwrap_or(false),
        context: typed.context.unwrap_or(false),
        annualise: typed.annualise.as_ref().is_some_and(|yes| yes.value),
        decimals: typed.decimals,
        plausible,
        target: typed.target.as_ref().map(|target| target.value),
        minimum_denominator: typed.minimum_denominator,
        identities,
        source: typed.source.clone(),
    })
}

/// The unit, with what goes with it: a denominator, a `per`, annualising.
fn unit(read: &Read<IndicatorsToml>, typed: &IndicatorToml, at: &str, desk: &mut Desk) -> Option<Unit> {
    let mut wrong = |span, sentence: &str| desk.problem(&read.text, span, format!("{at}: {sentence}"));
    match (typed.unit.value, &typed.denominator) {
        (UnitWord::Count, Some(name)) => wrong(&name.span, "a count has no `denominator`; remove it"),
        (UnitWord::Percent | UnitWord::Rate, None) => {
            wrong(&typed.unit.span, "a percent or a rate needs a `denominator`");
        }
        _ => {}
    }
    if let Some(yes) = typed.annualise.as_ref().filter(|yes| yes.value)
        && (typed.unit.value != UnitWord::Rate || typed.behaviour != BehaviourWord::Flow)
    {
        wrong(&yes.span, "only a rate that is a flow can be annualised");
    }
    match (typed.unit.value, &typed.per) {
        (UnitWord::Rate, Some(per)) => Some(Unit::Rate { per: per.value }),
        (UnitWord::Rate, None) => {
            wrong(&typed.unit.span, "a rate needs `per`, such as 10000");
            None
        }
        (_, Some(per)) => {
            wrong(&per.span, "`per` belongs to a rate; remove it");
            None
        }
        (UnitWord::Count, None) => Some(Unit::Count),
        (UnitWord::Percent, None) => Some(Unit::Percent),
    }
}

fn plausible(
    read: &Read<IndicatorsToml>,
    typed: &IndicatorToml,
    at: &str,
    desk: &mut Desk,
) -> Option<(f64, f64)> {
    let range = typed.plausible.as_ref()?;
    match range.as_slice() {
        [low, high] if low < high => Some((*low, *high)),
        _ => {
            let sentence =
                format!("{at}: `plausible`: expected the lowest and the highest value, such as [0, 100]");
            desk.problem(&read.text, &range.span, sentence);
            None
        }
    }
}

fn target(
    read: &Read<IndicatorsToml>,
    typed: &IndicatorToml,
    at: &str,
    plausible: Option<(f64, f64)>,
    desk: &mut Desk,
) {
    let Some(target) = &typed.target else { return };
    if typed.polarity == PolarityWord::None {
        let sentence = format!("{at}: a measure without polarity has no `target`; remove one of the two");
        desk.problem(&read.text, &target.span, sentence);
    }
    if plausible.is_some_and(|(low, high)| target.value < low || high < target.value) {
        let sentence = format!("{at}: `target = {}` lies outside `plausible`", target.value);
        desk.problem(&read.text, &target.span, sentence);
    }
}

/// An identity can only be looked at in a return that carries both measures.
fn together(
    read: &Read<IndicatorsToml>,
    typed: &IndicatorToml,
    other: &At<String>,
    all: &[IndicatorToml],
    at: &str,
    desk: &mut Desk,
) {
    let Some(second) = all.iter().find(|indicator| indicator.id.value == other.value) else { return };
    let shares =
        |name: &At<String>| second.collections.iter().any(|collection| collection.value == name.value);
    if !typed.collections.iter().any(shares) {
        let sentence = format!(
            "{at}: `at_most`: `{}` is another indicator of the same collection, or nothing",
            other.value
        );
        desk.problem(&read.text, &other.span, sentence);
    }
}
