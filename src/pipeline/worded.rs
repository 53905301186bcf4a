//! The sentence of a finding, and the usual range of its figure.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::config::settings::Settings;
use crate::domain::check::{CheckKind, Told};
use crate::domain::finding::{Event, State};
use crate::domain::indicator::{Indicator, Polarity, Unit};
use crate::domain::letter::digest::facts::UsualRange;
use crate::domain::letter::facts::Named;
use crate::domain::quarter::Quarter;
use crate::domain::sentence::{self, Measure};
use crate::domain::stretch::Stretch;
use crate::pipeline::asking;
use crate::pipeline::facts;
use crate::pipeline::settled;
use crate::store::check_file::CheckFile;
use crate::store::findings::Finding;

/// A state in words that fit the measure: where neither direction is good, nothing is worse.
#[must_use]
pub fn state_word(settings: &Settings, finding: &Finding, state: State) -> &'static str {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let neutral = of.is_some_and(|of| of.polarity == Polarity::None);
    match state {
        State::Worsening | State::Improving if neutral => "changing",
        state => state.word(),
    }
}

/// How the time of a finding is told.
#[must_use]
pub fn stretch(settings: &Settings, finding: &Finding) -> Stretch {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    Stretch::of(facts::is_annual(settings, &finding.key.collection), of.map(|of| of.behaviour))
}

/// Whose a finding is, told apart from one of the same name that came after it.
#[must_use]
pub fn whose(settings: &Settings, finding: &Finding) -> Named {
    let code = &finding.key.authority;
    let found = settings.authorities.iter().find(|one| one.code == *code);
    match found.zip(finding.moments.last()) {
        Some((one, (_, at))) => {
            let day = at.with_timezone(&settings.zone).date_naive();
            Named { code: code.clone(), name: one.name_among(&settings.authorities, day) }
        }
        None => facts::named(settings, code),
    }
}

/// The sentence of a finding; the template itself when a number that it needs is not there.
///
/// Every quarter in it is told as its collection's figures are: `2017-18 Q2`, `the year to March 2025`. A
/// figure that is better than usual, whatever else is found of it, is said to be so.
#[must_use]
pub fn sentence_of(settings: &Settings, check: Option<&CheckFile>, finding: &Finding) -> String {
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let mut values: Map<String, Value> = finding.detail.as_object().cloned().unwrap_or_default();
    let stretch = self::stretch(settings, finding);
    tell_time(&mut values, stretch);
    let mut add = |name: &str, text: String| values.insert(name.to_owned(), Value::String(text));
    let area = whose(settings, finding).name;
    add("area", area.clone());
    add("authority", area.clone());
    let when = stretch.label(finding.fired_in);
    add("quarter", when.clone());
    let collection = settings.collections.iter().find(|one| one.name == finding.key.collection);
    let title = collection.map_or_else(|| finding.key.collection.clone(), |one| one.title.clone());
    add("collection", title.clone());
    let what = of.map_or(title, |one| one.name.clone());
    add("indicator", what.clone());
    let measure = of.map_or(Measure { unit: Unit::Count, decimals: 0 }, |one| Measure {
        unit: one.unit,
        decimals: one.decimals,
    });
    let Some(check) = check else {
        let name = &finding.key.check;
        return format!(
            "{area}, {what}: the check `{name}` is not run any more, and nobody looks at what it found."
        );
    };
    if let Some(why) = why_gone(settings, finding, &when) {
        return format!("{area}, {what}: {why}");
    }
    let template = asking::says(check, &finding.detail);
    let said = sentence::fill(template, &values, measure);
    let said = said.unwrap_or_else(|unfilled| format!("{template} ({unfilled})"));
    let besides = better_than_usual(of, check, finding).then(|| {
        let range = "It is still better than usual ({usual_lower} to {usual_upper}).";
        sentence::fill(range, &values, measure).unwrap_or_default()
    });
    std::iter::once(said).chain(besides).collect::<Vec<_>>().join(" ")
}

/// With how many decimals the figure of a finding is written beside its sentence and over its chart: no less
/// than it takes to tell it from the numbers that those compare it with.
#[must_use]
pub fn decimals(of: &Indicator, check: Option<&CheckFile>, finding: &Finding) -> u8 {
    let Some(values) = finding.detail.as_object() else { return of.decimals };
    let Some(value) = values.get("value").and_then(Value::as_f64) else { return of.decimals };
    let told = check.map(|check| sentence::told_by(asking::says(check, &finding.detail), values));
    let target = values.get("target").and_then(Value::as_f64);
    let beside: Vec<f64> = told.into_iter().flatten().chain(target).collect();
    sentence::decimals_apart(value, &beside, of.decimals)
}

/// What does not fire by what is known now has no numbers to tell: why it is gone.
fn why_gone(settings: &Settings, finding: &Finding, when: &str) -> Option<String> {
    let last = finding.last_event().filter(|_| finding.state() == State::Resolved);
    if last == Some(Event::Confirmed) {
        let by = finding.confirmed.as_ref().map_or_else(String::new, |it| {
            let on = it.at.with_timezone(&settings.zone).date_naive().format("%-d %B %Y");
            format!(" by {} on {on}: {}", it.by, it.reason.trim_end_matches('.'))
        });
        return Some(format!("the figure for {when} was confirmed{by}."));
    }
    if last == Some(Event::ChartAnew) {
        let begins = "its chart begins anew since, so what was found on the chart before it is closed";
        return Some(format!("last seen in {when}; {begins}."));
    }
    if finding.is_withdrawn() || finding.detail.is_null() {
        return Some(match last {
            Some(Event::RuleChanged) => {
                format!("another rule judges {when} now; what was found does not hold.")
            }
            _ => format!("revised for {when}; what was found does not hold."),
        });
    }
    None
}

/// The usual range of a finding's figure: as its own sentence tells it, or else the chart's.
///
/// Any other range that an answer has, of one figure or of its peers, is not the usual range of a series.
#[must_use]
pub fn usual_range(check: &CheckFile, finding: &Finding) -> Option<UsualRange> {
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let of_series = check.figures.get("lower") == Some(&Told::History);
    let told = number("lower").zip(number("upper")).filter(|_| of_series);
    let (lower, upper) = told.or_else(|| number(settled::LOWER).zip(number(settled::UPPER)))?;
    let since = finding.detail.get(settled::SINCE).and_then(Value::as_str);
    Some(UsualRange { lower, upper, since: since.and_then(|text| Quarter::parse(text).ok()) })
}

/// Whether a figure about which something else is found lies on the better side of its usual range.
#[must_use]
pub fn better_than_usual(of: Option<&Indicator>, check: &CheckFile, finding: &Finding) -> bool {
    let number = |name: &str| finding.detail.get(name).and_then(Value::as_f64);
    let beyond = |end: &str| number("value").zip(number(end)).map(|(value, end)| value.total_cmp(&end));
    check.kind == CheckKind::Performance
        && match of.map(|of| of.polarity) {
            Some(Polarity::HighIsGood) => beyond(settled::UPPER) == Some(Ordering::Greater),
            Some(Polarity::LowIsGood) => beyond(settled::LOWER) == Some(Ordering::Less),
            Some(Polarity::None) | None => false,
        }
}

/// Adds the words of a stretch, and tells every quarter among `values` by it.
fn tell_time(values: &mut Map<String, Value>, stretch: Stretch) {
    for value in values.values_mut() {
        if let Some(quarter) = value.as_str().and_then(|text| Quarter::parse(text).ok()) {
            *value = Value::String(stretch.label(quarter));
        }
    }
    for (name, words) in [
        ("period", stretch.one()),
        ("periods", stretch.several()),
        ("same_period_last_year", stretch.a_year_ago()),
    ] {
        values.insert(name.to_owned(), Value::String(words.to_owned()));
    }
}
