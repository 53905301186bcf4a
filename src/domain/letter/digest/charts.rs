//! A finding's history as a small chart.

use crate::domain::disclosure::Disclosure;
use crate::domain::letter::digest::facts::{FindingFact, Series};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::FigureFact;
use crate::domain::letter::words;
use crate::domain::message::{Chart, ChartLine};
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
    let stretch = finding.stretch;
    let span = stretch.span(*series.quarters.first()?, *series.quarters.last()?);
    let standing = if finding.provisional { ", provisional" } else { "" };
    let subject = format!("{}, {}", indicator.name, finding.authority.name);
    let mut lines = vec![ChartLine { label: finding.authority.name.clone(), values: own.clone() }];
    if series.region.len() == series.quarters.len() {
        lines.push(ChartLine { label: region.to_owned(), values: series.region.clone() });
    }
    Some(Chart {
        title: course.title(&indicator.name),
        subtitle: format!("{subject}, {span}, {}{standing}", words::unit(figure.unit)),
        alternative: alternative(&subject, &course, &own, (series, stretch), figure),
        quarters: series.quarters.iter().map(|quarter| stretch.name(*quarter)).collect(),
        lines,
        usual_range: series.usual_range,
        target: series.target,
        decimals: figure.decimals,
    })
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

    /// At most ten words: with both ends, with the last one, or without the indicator's name.
    fn title(&self, name: &str) -> String {
        let whole = format!("{name}: from {} {} {}", self.first.1, self.went, self.last.1);
        let short = format!("{name}: {} {}", self.went, self.last.1);
        let nameless = format!("From {} {} {}", self.first.1, self.went, self.last.1);
        let fits = |title: &String| title.split_whitespace().count() <= TITLE_WORDS_MAX;
        [whole, short].into_iter().find(fits).unwrap_or(nameless)
    }
}

fn written(value: f64, figure: &FigureFact) -> String {
    in_unit(value, figure.measure())
}

fn alternative(
    subject: &str,
    course: &Course,
    own: &[Option<f64>],
    (series, stretch): (&Series, Stretch),
    figure: &FigureFact,
) -> String {
    let mut sentences = vec![format!(
        "Line chart. {subject}: from {} in {} {} {} in {}.",
        course.first.1,
        stretch.label(course.first.0),
        course.went,
        course.last.1,
        stretch.label(course.last.0)
    )];
    let gaps = own.iter().filter(|value| value.is_none()).count();
    if gaps > 0 {
        sentences
            .push(format!("{} without a figure.", words::counted(gaps, stretch.one(), stretch.several())));
    }
    if let Some(region) = series.region.iter().rev().find_map(|value| *value) {
        sentences.push(format!("The region's latest value is {}.", written(region, figure)));
    }
    if let Some((lower, upper)) = series.usual_range {
        sentences.push(format!(
            "The usual range is {} to {}.",
            written(lower, figure),
            written(upper, figure)
        ));
    }
    if let Some(target) = series.target {
        sentences.push(format!("The target is {}.", written(target, figure)));
    }
    sentences.join(" ")
}
