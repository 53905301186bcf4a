//! A finding's history as a small chart.

use crate::domain::disclosure::Disclosure;
use crate::domain::letter::digest::facts::{FindingFact, Series, UsualRange};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::FigureFact;
use crate::domain::letter::words;
use crate::domain::message::{Band, Chart, ChartLine};
use crate::domain::quarter::Quarter;
use crate::domain::sentence::in_unit;
use crate::domain::stretch::Stretch;

const TITLE_WORDS_MAX: usize = 10;
const POINTS_MIN: usize = 3;

/// The chart of a finding; none without a history, or where its numbers may not be shown.
pub(super) fn of(seen: &Seen, finding: &FindingFact, region: &str) -> Option<Chart> {
    let (series, figure, indicator) =
        (finding.series.as_ref()?, finding.figure.as_ref()?, finding.indicator.as_ref()?);
    let own = own_values(series);
    let even = own.len() == series.quarters.len();
    if !even || !seen.shows_numbers(finding) || own.iter().flatten().count() < POINTS_MIN {
        return None;
    }
    let course = Course::of(&series.quarters, &own, figure)?;
    let told = Told::of(series, &own, figure);
    let stretch = finding.stretch;
    let span = stretch.span(*series.quarters.first()?, *series.quarters.last()?);
    let standing = if finding.provisional { ", provisional" } else { "" };
    let subject = format!("{}, {}", indicator.name, finding.authority.name);
    let mut lines = vec![ChartLine { label: finding.authority.name.clone(), values: own.clone() }];
    if series.region.len() == series.quarters.len() {
        lines.push(ChartLine { label: region.to_owned(), values: series.region.clone() });
    }
    Some(Chart {
        title: title(told.as_ref(), &indicator.name, finding, (series, &course)),
        subtitle: format!("{subject}, {span}, {}{standing}", words::unit(figure.unit)),
        alternative: alternative(&subject, (&course, told.as_ref()), &own, (series, stretch), figure),
        quarters: series.quarters.iter().map(|quarter| stretch.name(*quarter)).collect(),
        lines,
        usual_range: series.usual_range.and_then(|usual| band(series, usual)),
        target: series.target,
        decimals: figure.decimals,
    })
}

/// From where its chart begins; none when that is after all that is drawn.
fn band(series: &Series, usual: UsualRange) -> Option<Band> {
    let from = match usual.since {
        Some(since) => series.quarters.iter().position(|quarter| *quarter >= since)?,
        None => 0,
    };
    Some(Band { lower: usual.lower, upper: usual.upper, from })
}

fn own_values(series: &Series) -> Vec<Option<f64>> {
    series.own.iter().map(|point| point.value.filter(|_| point.disclosure == Disclosure::Shown)).collect()
}

/// From where to where a series went: direction and ends, without judgement.
struct Course {
    first: (Quarter, String),
    last: (Quarter, String),
    went: &'static str,
}

impl Course {
    fn of(quarters: &[Quarter], values: &[Option<f64>], figure: &FigureFact) -> Option<Self> {
        let mut points =
            quarters.iter().zip(values).filter_map(|(quarter, value)| value.map(|value| (*quarter, value)));
        let first = points.next()?;
        let last = points.next_back()?;
        let (first_words, last_words) = (written(first.1, figure), written(last.1, figure));
        let went = match last.1.total_cmp(&first.1) {
            _ if first_words == last_words => "level at",
            std::cmp::Ordering::Less => "down to",
            _ => "up to",
        };
        Some(Self { first: (first.0, first_words), last: (last.0, last_words), went })
    }
}

/// What the finding compares: from which quarter to its own, and in how many steps.
struct Told {
    course: Course,
    steps: usize,
}

impl Told {
    /// None when the finding compares its figure with no other quarter's, or that is not drawn.
    fn of(series: &Series, own: &[Option<f64>], figure: &FigureFact) -> Option<Self> {
        let from = series.quarters.iter().position(|quarter| Some(*quarter) == series.compares)?;
        own.get(from).copied().flatten()?;
        let course = Course::of(series.quarters.get(from..)?, own.get(from..)?, figure)?;
        let until = series.quarters.iter().position(|quarter| *quarter == course.last.0)?;
        Some(Self { course, steps: until - from })
    }
}

/// A headline of at most ten words that says what the finding says: from where to where, over how long; where
/// the figure stands from its target, or from what is usual; or else where it stands.
fn title(
    told: Option<&Told>,
    name: &str,
    finding: &FindingFact,
    (series, course): (&Series, &Course),
) -> String {
    let (last, stretch) = (&course.last.1, finding.stretch);
    let figure = finding.figure.as_ref();
    let number = |value: f64| figure.map_or_else(String::new, |figure| written(value, figure));
    let moved = told.map(|Told { course: Course { first, last, went }, steps }| {
        let time = words::counted(*steps, stretch.one(), stretch.several());
        format!("from {} {went} {} in {time}", first.1, last.1)
    });
    let is_outside = |usual: &UsualRange| {
        let value = figure.and_then(|figure| figure.value);
        value.is_none_or(|value| value < usual.lower || value > usual.upper)
    };
    // Within what is usual for itself, it stands out among others.
    let among = || {
        let at = series.quarters.iter().position(|quarter| *quarter == course.last.0)?;
        let region = series.region.get(at).copied().flatten()?;
        Some(format!("{last}, region {}", number(region)))
    };
    let beyond = || {
        let target = series.target.map(|target| format!("{last}, target {}", number(target)));
        let usual = series
            .usual_range
            .filter(is_outside)
            .map(|usual| format!("{last}, usually {} to {}", number(usual.lower), number(usual.upper)));
        target.or(usual).or_else(among)
    };
    let said = moved.or_else(beyond).unwrap_or_else(|| last.clone());
    let whole = format!("{name}: {said}");
    let fits = whole.split_whitespace().count() <= TITLE_WORDS_MAX;
    if fits { whole } else { raised(&said) }
}

fn raised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn written(value: f64, figure: &FigureFact) -> String {
    in_unit(value, figure.measure())
}

fn alternative(
    subject: &str,
    (course, told): (&Course, Option<&Told>),
    own: &[Option<f64>],
    (series, stretch): (&Series, Stretch),
    figure: &FigureFact,
) -> String {
    let went = |course: &Course| {
        let (first, last) = (stretch.label(course.first.0), stretch.label(course.last.0));
        format!("from {} in {first} {} {} in {last}", course.first.1, course.went, course.last.1)
    };
    let mut sentences =
        vec![format!("Line chart. {subject}: {}.", went(told.map_or(course, |it| &it.course)))];
    if told.is_some_and(|it| it.course.first.0 != course.first.0) {
        sentences.push(format!("Over all that is drawn: {}.", went(course)));
    }
    let gaps = own.iter().filter(|value| value.is_none()).count();
    if gaps > 0 {
        sentences
            .push(format!("{} without a figure.", words::counted(gaps, stretch.one(), stretch.several())));
    }
    if let Some(region) = series.region.iter().rev().find_map(|value| *value) {
        sentences.push(format!("The region's latest value is {}.", written(region, figure)));
    }
    if let Some(usual) = series.usual_range {
        let since = usual.since.map_or_else(String::new, |since| format!(" since {}", stretch.label(since)));
        let (lower, upper) = (written(usual.lower, figure), written(usual.upper, figure));
        sentences.push(format!("The usual range{since} is {lower} to {upper}."));
    }
    if let Some(target) = series.target {
        sentences.push(format!("The target is {}.", written(target, figure)));
    }
    sentences.join(" ")
}
