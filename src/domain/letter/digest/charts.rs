//! A finding's history as a small chart.

use crate::domain::letter::digest::facts::{FindingFact, Series};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::FigureFact;
use crate::domain::letter::words;
use crate::domain::message::{Chart, ChartLine};
use crate::domain::quarter::Quarter;

const TITLE_WORDS_MAX: usize = 10;
const POINTS_MIN: usize = 3;

/// The chart of a finding; none without a history, or where its numbers may not be shown.
pub(super) fn of(seen: &Seen, finding: &FindingFact, region: &str) -> Option<Chart> {
    let (series, figure, measure) =
        (finding.series.as_ref()?, finding.figure.as_ref()?, finding.measure.as_ref()?);
    let even = series.own.len() == series.quarters.len();
    if !even || !seen.shows_numbers(finding) || series.own.iter().flatten().count() < POINTS_MIN {
        return None;
    }
    let ends = Ends::of(series)?;
    let mut lines = vec![ChartLine { label: finding.authority.name.clone(), values: series.own.clone() }];
    if series.region.len() == series.quarters.len() {
        lines.push(ChartLine { label: region.to_owned(), values: series.region.clone() });
    }
    let span = format!("{} to {}", series.quarters.first()?, series.quarters.last()?);
    let standing = if finding.provisional { ", provisional" } else { "" };
    Some(Chart {
        title: title(&measure.name, &ends, figure),
        subtitle: format!(
            "{}, {}, {span}, {}{standing}",
            measure.name,
            finding.authority.name,
            words::unit(figure.unit)
        ),
        alternative: alternative(finding, &measure.name, series, &ends, figure),
        quarters: series.quarters.iter().map(Quarter::to_string).collect(),
        lines,
        usual_range: series.usual_range,
        target: series.target,
        decimals: figure.decimals,
    })
}

/// The first and the last figure of a series.
struct Ends {
    first: (Quarter, f64),
    last: (Quarter, f64),
}

impl Ends {
    fn of(series: &Series) -> Option<Self> {
        let points = || {
            let pairs = series.quarters.iter().copied().zip(&series.own);
            pairs.filter_map(|(quarter, value)| value.map(|value| (quarter, value)))
        };
        Some(Self { first: points().next()?, last: points().next_back()? })
    }

    /// Direction only; no judgement.
    fn direction(&self, first: &str, last: &str) -> &'static str {
        if first == last {
            "level"
        } else if self.last.1 > self.first.1 {
            "up"
        } else {
            "down"
        }
    }
}

fn written(value: f64, figure: &FigureFact) -> String {
    words::in_unit(value, figure.unit, figure.decimals)
}

fn title(name: &str, ends: &Ends, figure: &FigureFact) -> String {
    let (first, last) = (written(ends.first.1, figure), written(ends.last.1, figure));
    let whole = match ends.direction(&first, &last) {
        "level" => format!("level at {last}"),
        direction => format!("{direction} from {first} to {last}"),
    };
    let short = format!("{} at {last}", ends.direction(&first, &last));
    let fits =
        |tail: &String| name.split_whitespace().count() + tail.split_whitespace().count() <= TITLE_WORDS_MAX;
    match [&whole, &short].into_iter().find(|tail| fits(tail)) {
        Some(tail) => format!("{name} {tail}"),
        None => words::sentence(&whole).trim_end_matches('.').to_owned(),
    }
}

fn alternative(
    finding: &FindingFact,
    name: &str,
    series: &Series,
    ends: &Ends,
    figure: &FigureFact,
) -> String {
    let (first, last) = (written(ends.first.1, figure), written(ends.last.1, figure));
    let mut text = format!(
        "Line chart. {name}, {}: {first} in {}, {} at {last} in {}.",
        finding.authority.name,
        ends.first.0,
        ends.direction(&first, &last),
        ends.last.0
    );
    let gaps = series.own.iter().filter(|value| value.is_none()).count();
    if gaps > 0 {
        text = format!("{text} {} without a figure.", words::counted(gaps, "quarter", "quarters"));
    }
    if let Some(region) = series.region.iter().rev().find_map(|value| *value) {
        text = format!("{text} The region's latest value is {}.", written(region, figure));
    }
    if let Some((lower, upper)) = series.usual_range {
        text = format!("{text} The usual range is {} to {}.", written(lower, figure), written(upper, figure));
    }
    if let Some(target) = series.target {
        text = format!("{text} The target is {}.", written(target, figure));
    }
    text
}
