//! What a check will say of a figure of a return, said at once: what one row alone can tell.
//!
//! The checks in `queries/checks` ask the same of what was stored, by the same rules: `value-mismatch` and
//! `numerator-over-denominator`. A quarter's rate where a year's is wanted is no mismatch there, and is said
//! only here. What is outside its plausible range is no doubt: its row is quarantined.

use crate::config::settings::Cadence;
use crate::domain::figure::{Figure, Observation};
use crate::domain::indicator::{Indicator, IndicatorId, Unit};
use crate::domain::sentence::round_half_up;
use crate::read::code::Code;
use crate::read::layout::Header;
use crate::read::reading::Remark;
use crate::read::tally::{Spot, Tally};

/// How far a fraction may be from its parts: two decimals of it are told.
const FRACTION_TOLERANCE: f64 = 0.006;
/// How far from a power of ten is a slip of units.
const SLIP_TOLERANCE: f64 = 0.02;
/// Binary fractions end here.
const DECIMALS_MAX: usize = 6;

/// A doubt about one figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Doubt {
    indicator: IndicatorId,
    /// Of the observation.
    line: u32,
    spot: Spot,
    what: What,
    text: String,
}

/// What is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// More is counted than there is.
    OverDenominator,
    /// A percentage is stated as a fraction.
    Fraction,
    /// The quarter's rate is stated where the year's is wanted.
    QuarterRate,
    /// What is stated is not what the parts give.
    Mismatch,
}

/// Notes what is doubtful about a figure: by its parts, and by what is stated beside them.
pub(crate) fn note(
    indicator: &Indicator,
    cadence: Cadence,
    figure: &Figure,
    [numerator_spot, _, value_spot]: [Spot; 3],
    line: u32,
    tally: &mut Tally,
) {
    let mut doubt = |what, spot, text| {
        tally.doubts.push(Doubt { indicator: indicator.id.clone(), line, spot, what, text });
    };
    if let Some((numerator, denominator)) = over(indicator, figure) {
        let text = format!(
            "`{}` counts {numerator} out of {denominator}, which cannot be right: correct the one or the \
             other",
            indicator.id
        );
        doubt(What::OverDenominator, numerator_spot, text);
    }
    if let Some((what, text)) = beside_parts(indicator, cadence, figure) {
        doubt(what, value_spot, text);
    }
}

/// The remarks about figures that were accepted; quarters' rates, which come by the dozen, are one remark.
pub(crate) fn remarks(
    doubts: Vec<Doubt>,
    accepted: &[Observation],
    sheet: Option<&str>,
    header: &Header<'_>,
) -> Vec<Remark> {
    let stands = |doubt: &Doubt| {
        accepted.iter().any(|one| one.place.line == doubt.line && one.indicator == doubt.indicator)
    };
    let doubts: Vec<Doubt> = doubts.into_iter().filter(stands).collect();
    let (rates, others): (Vec<_>, Vec<_>) =
        doubts.into_iter().partition(|doubt| doubt.what == What::QuarterRate);
    let mut remarks: Vec<Remark> = others
        .into_iter()
        .map(|doubt| Remark {
            place: Some(doubt.spot.place(sheet, header)),
            code: code(doubt.what),
            text: doubt.text,
        })
        .collect();
    if let Some(first) = rates.first() {
        let count = rates.len();
        let (are, their, first_word) =
            if count == 1 { ("rate is", "its", "") } else { ("rates are", "their", "first ") };
        let text = format!(
            "{count} {are} a quarter of what {their} parts give for a year: {first_word}{}; a yearly rate is \
             wanted, and was taken from the parts",
            first.text
        );
        let place = Some(first.spot.place(sheet, header));
        remarks.push(Remark { place, code: code(What::QuarterRate), text });
    }
    remarks
}

/// Whether a stated percentage is a fraction: 0.829 for 82.9 %.
pub(crate) fn is_fraction(figure: &Figure) -> bool {
    let Some(value) = figure.value.filter(|value| *value > 0.0 && *value <= 1.0) else { return false };
    match figure.numerator.zip(figure.denominator) {
        Some((numerator, of)) if of > 0.0 => (value - numerator / of).abs() < FRACTION_TOLERANCE,
        _ => true,
    }
}

fn code(what: What) -> Code {
    match what {
        What::OverDenominator => "numerator-over-denominator",
        What::Fraction => "fraction-as-percent",
        What::QuarterRate => "quarter-rate",
        What::Mismatch => "value-mismatch",
    }
}

fn over(indicator: &Indicator, figure: &Figure) -> Option<(f64, f64)> {
    let parts = figure.numerator.zip(figure.denominator);
    parts.filter(|(numerator, of)| indicator.unit == Unit::Percent && numerator > of)
}

/// What is wrong with the value that is stated beside good parts.
fn beside_parts(indicator: &Indicator, cadence: Cadence, figure: &Figure) -> Option<(What, String)> {
    let stated = figure.value?;
    let (numerator, of) = (figure.numerator?, figure.denominator);
    let per = match indicator.unit {
        Unit::Count => {
            let far = (stated - numerator).abs() > half_unit(stated, indicator.decimals);
            let text = format!(
                "the value of `{}` is {stated}, but the count is {numerator}, which was taken: correct the \
                 one or the other",
                indicator.id
            );
            return far.then_some((What::Mismatch, text));
        }
        Unit::Percent => 100.0,
        Unit::Rate { per } => f64::from(per),
    };
    let of = of.filter(|of| *of > 0.0)?;
    let is_yearly = indicator.annualise && cadence == Cadence::Quarterly;
    let wanted = if is_yearly { 4.0 * per } else { per };
    let agrees = |factor: f64| {
        let apart = (stated - factor * numerator / of).abs();
        // What is shown is the least that may be stated.
        apart <= 0.5 * tenths(usize::from(indicator.decimals))
            || apart <= half_unit(stated, indicator.decimals) + rounding(factor, numerator, of)
    };
    if agrees(wanted) {
        return None;
    }
    let calculated = wanted * numerator / of;
    let shown = round_half_up(calculated, indicator.decimals);
    if is_yearly && agrees(per) {
        let text = format!("{stated} of `{}` where {numerator} of {of} is {shown} a year", indicator.id);
        return Some((What::QuarterRate, text));
    }
    let (id, written) = (&indicator.id, at_least(stated, indicator.decimals));
    if indicator.unit == Unit::Percent && is_fraction(figure) {
        let text = format!("`{id}`: {stated} looks like {shown} %: {numerator} of {of}; write {shown}");
        return Some((What::Fraction, text));
    }
    let slip = if is_slip(stated, calculated) { " (the decimal point moved)" } else { "" };
    let text = format!(
        "the value of `{id}` is {written}, but {numerator} of {of} is {shown}{slip}, which was taken: \
         correct the one or the other"
    );
    Some((What::Mismatch, text))
}

fn is_slip(stated: f64, calculated: f64) -> bool {
    let power = (stated / calculated).log10();
    power.is_finite() && power.abs() > 0.5 && (power - power.round()).abs() < SLIP_TOLERANCE
}

/// Half a unit in the last decimal of a stated value, as far as the indicator shows decimals.
fn half_unit(stated: f64, decimals: u8) -> f64 {
    0.5 * tenths(decimals_of(stated).min(usize::from(decimals))) + 1e-9
}

/// How far rounding of parts with decimals may have moved what is calculated of them.
fn rounding(factor: f64, numerator: f64, of: f64) -> f64 {
    let slack = |part: f64| match decimals_of(part).min(DECIMALS_MAX) {
        0 => 0.0,
        decimals => 0.5 * tenths(decimals),
    };
    let least = of - slack(of);
    if least <= 0.0 { 0.0 } else { factor * ((numerator + slack(numerator)) / least - numerator / of) }
}

fn tenths(decimals: usize) -> f64 {
    10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX))
}

/// Decimals of a number as it is written.
fn decimals_of(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// With as many decimals as it was written with, and at least so many.
fn at_least(number: f64, decimals: u8) -> String {
    if decimals_of(number) >= usize::from(decimals) {
        number.to_string()
    } else {
        round_half_up(number, decimals)
    }
}
