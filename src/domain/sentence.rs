//! The sentence of a check, filled in for a reader: numbers are rounded here and nowhere before.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::domain::indicator::Unit;

/// How the values of an indicator are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The unit.
    pub unit: Unit,
    /// Decimals shown; half is rounded up.
    pub decimals: u8,
}

/// A sentence that cannot be filled in.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unfilled {
    /// The answer has no such value.
    #[error("placeholder `{{{0}}}` has no value; the check's `detail` must name it")]
    Unknown(String),
    /// The value is neither a text nor a number.
    #[error("placeholder `{{{0}}}` is `{1}`, which is neither a text nor a number")]
    NotSayable(String, String),
    /// The form after the colon is not one of ours.
    #[error("placeholder `{{{0}}}` ends in no known form: value, count, percent, points, number, exact")]
    Form(String),
    /// A brace is never closed.
    #[error("`{0}` opens a placeholder that is never closed")]
    Unclosed(String),
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In the indicator's unit, with its decimals.
    Value,
    /// Whole, with thousands separators.
    Count,
    /// Whole, with a percent sign: a relative change.
    Percent,
    /// A difference between two values of the indicator; between two percentages, in percentage points.
    Points,
    /// As a value, without its unit.
    Number,
    /// As it was written, with every decimal and without a unit.
    Exact,
}

/// Placeholders that count something, unless they say otherwise.
const COUNTS: [&str; 9] =
    ["n", "k", "x", "rank", "of", "quarters", "numerator", "denominator", "authorities"];

/// Decimals beyond those of a measure that tell two numbers apart; further down they are the same number.
const MORE_DECIMALS_MAX: u8 = 3;

/// Fills the `{placeholders}` of `template` from `values`.
///
/// Two values of the indicator that are not the same are never written alike: each is given as many decimals
/// as it takes, so that 84.96% misses a target of 85.0%, and a difference is never one of nothing.
///
/// Texts go in as they are. Numbers are written in the unit of the indicator, with its decimals, half
/// rounded up, and thousands separated by commas: `21.9%`, `553.6 per 10,000`. Placeholders that count
/// (`n`, `k`, `x`, `rank`, `of`, `quarters`, `numerator`, `denominator`, `authorities`) are whole numbers,
/// and `pct` or anything that ends in `_pct` is a whole percentage. A form after a colon decides otherwise:
/// `{gap:points}`, `{cases:count}`, `{share:percent}`, `{sd:number}`, `{stated:exact}`, `{n:value}`. Of a
/// range,
/// `{lower} to {upper}`, only the second number says `per 10,000`.
///
/// # Errors
/// When a placeholder has no value, its value is no text and no number, or a brace is never closed.
pub fn fill(template: &str, values: &Map<String, Value>, measure: Measure) -> Result<String, Unfilled> {
    let pieces = pieces(template)?;
    let told = told(&pieces, values);
    let mut sentence = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => sentence.push_str(words),
            Piece::Placeholder { written, name, form, opens_range } => {
                let value = values.get(name).filter(|value| !value.is_null());
                match value.ok_or_else(|| Unfilled::Unknown(written.to_owned()))? {
                    Value::String(text) => sentence.push_str(text),
                    Value::Number(number) => {
                        let number = number.as_f64().unwrap_or(f64::NAN);
                        let says_per = matches!((form, measure.unit), (Form::Value, Unit::Rate { .. }));
                        let decimals = match form {
                            Form::Value | Form::Number => decimals_apart(number, &told, measure.decimals),
                            Form::Points => decimals_apart(number, &[0.0], measure.decimals),
                            Form::Count | Form::Percent | Form::Exact => measure.decimals,
                        };
                        let form = if says_per && opens_range { Form::Number } else { form };
                        sentence.push_str(&in_form(number, form, Measure { decimals, ..measure }));
                    }
                    other => return Err(Unfilled::NotSayable(written.to_owned(), other.to_string())),
                }
            }
        }
    }
    Ok(sentence)
}

/// The values of the indicator that the sentence of `template` tells; none when it cannot be filled in.
#[must_use]
pub fn told_by(template: &str, values: &Map<String, Value>) -> Vec<f64> {
    pieces(template).map_or_else(|_| Vec::new(), |pieces| told(&pieces, values))
}

fn told(pieces: &[Piece<'_>], values: &Map<String, Value>) -> Vec<f64> {
    let told = pieces.iter().filter_map(|piece| match piece {
        Piece::Placeholder { name, form: Form::Value | Form::Number, .. } => values.get(*name)?.as_f64(),
        Piece::Placeholder { .. } | Piece::Words(_) => None,
    });
    told.collect()
}

/// With how many decimals `number` is written beside others, so that none that differs looks the same.
///
/// Never fewer than `decimals`. A number that has no more decimals than these stays as it is: its neighbour
/// moves.
#[must_use]
pub fn decimals_apart(number: f64, others: &[f64], decimals: u8) -> u8 {
    let most = decimals.saturating_add(MORE_DECIMALS_MAX);
    let alike = |other: &f64, places| round_half_up(*other, places) == round_half_up(number, places);
    // What differs further down differs by floating point alone.
    let differs = |other: &&f64| !alike(other, most);
    let needed = others
        .iter()
        .filter(differs)
        .map(|other| (decimals..most).find(|places| !alike(other, *places)).unwrap_or(most));
    let needed = needed.max().unwrap_or(decimals);
    // 85 needs no second zero to be told from 84.96.
    let is_exact =
        |places: &u8| round_half_up(number, *places).parse() == round_half_up(number, most).parse::<f64>();
    (decimals..needed).find(is_exact).unwrap_or(needed)
}

/// The names of the placeholders of `template`, in order, each once.
///
/// # Errors
/// When a form is unknown or a brace is never closed.
pub fn placeholders(template: &str) -> Result<Vec<String>, Unfilled> {
    let mut names: Vec<String> = Vec::new();
    for piece in pieces(template)? {
        if let Piece::Placeholder { name, .. } = piece
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

enum Piece<'a> {
    Words(&'a str),
    Placeholder { written: &'a str, name: &'a str, form: Form, opens_range: bool },
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Unfilled> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((words, opened)) = rest.split_once('{') {
        let (written, after) =
            opened.split_once('}').ok_or_else(|| Unfilled::Unclosed(template.to_owned()))?;
        let (name, form) = named(written)?;
        pieces.push(Piece::Words(words));
        pieces.push(Piece::Placeholder { written, name, form, opens_range: after.starts_with(" to {") });
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    Ok(pieces)
}

fn named(written: &str) -> Result<(&str, Form), Unfilled> {
    let Some((name, form)) = written.split_once(':') else {
        let form = match written {
            _ if COUNTS.contains(&written) => Form::Count,
            _ if written == "pct" || written.ends_with("_pct") => Form::Percent,
            _ => Form::Value,
        };
        return Ok((written, form));
    };
    let form = match form {
        "value" => Form::Value,
        "count" => Form::Count,
        "percent" => Form::Percent,
        "points" => Form::Points,
        "number" => Form::Number,
        "exact" => Form::Exact,
        _ => return Err(Unfilled::Form(written.to_owned())),
    };
    Ok((name, form))
}

fn in_form(number: f64, form: Form, measure: Measure) -> String {
    let plain = with_thousands(&round_half_up(number, measure.decimals));
    match (form, measure.unit) {
        (Form::Count, _) => with_thousands(&round_half_up(number, 0)),
        (Form::Percent, _) => format!("{}%", with_thousands(&round_half_up(number, 0))),
        (Form::Points, Unit::Percent) => format!("{plain} percentage points"),
        (Form::Value | Form::Points, _) => in_unit(number, measure),
        (Form::Number, _) => plain,
        (Form::Exact, _) => with_thousands(&number.to_string()),
    }
}

/// A value as a reader sees it: `1,234`, `21.9%`, `553.6 per 10,000`.
#[must_use]
pub fn in_unit(value: f64, measure: Measure) -> String {
    let plain = with_thousands(&round_half_up(value, measure.decimals));
    match measure.unit {
        Unit::Percent => format!("{plain}%"),
        Unit::Rate { per } if per > 1 => format!("{plain} per {}", with_thousands(&per.to_string())),
        Unit::Rate { .. } | Unit::Count => plain,
    }
}

/// Rounds to `decimals` places, half away from zero, on the number as it is written in decimal.
///
/// So 2.675 becomes 2.68, although the nearest binary fraction lies below it. Never `-0`.
#[must_use]
pub fn round_half_up(value: f64, decimals: u8) -> String {
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    let written = value.abs().to_string();
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let places = usize::from(decimals);
    let mut digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(places)).collect();
    if fraction.as_bytes().get(places).is_some_and(|next| *next >= b'5') {
        add_one(&mut digits);
    }
    let point = digits.len() - places;
    let sign = if value < 0.0 && digits.iter().any(|digit| *digit != b'0') { "-" } else { "" };
    let text: String = digits.into_iter().map(char::from).collect();
    let (whole, fraction) = text.split_at(point);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// Sets commas between thousands of a number already written in decimal.
#[must_use]
pub fn with_thousands(number: &str) -> String {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = unsigned.find('.').map_or((unsigned, ""), |point| unsigned.split_at(point));
    if !whole.bytes().all(|digit| digit.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PERCENT: Measure = Measure { unit: Unit::Percent, decimals: 1 };
    const RATE: Measure = Measure { unit: Unit::Rate { per: 10_000 }, decimals: 1 };
    const COUNT: Measure = Measure { unit: Unit::Count, decimals: 0 };

    fn filled(template: &str, values: &Value, measure: Measure) -> Result<String, Unfilled> {
        fill(template, values.as_object().unwrap(), measure)
    }

    #[test]
    fn a_breach_reads_as_a_sentence() {
        let values = json!({"area": "Torbay", "indicator": "Re-referrals", "value": 21.94, "target": 20,
            "quarter": "2017-18 Q2"});
        let says = "{area}: {indicator} was {value} in {quarter}, against a target of {target}.";
        assert_eq!(
            filled(says, &values, PERCENT).unwrap(),
            "Torbay: Re-referrals was 21.9% in 2017-18 Q2, against a target of 20.0%."
        );
    }

    #[test]
    fn a_rate_says_per_how_many_once_for_a_range() {
        let values = json!({"value": 1553.65, "lower": 400.04, "upper": 501.96});
        let says = "{value}, outside {lower} to {upper}";
        assert_eq!(
            filled(says, &values, RATE).unwrap(),
            "1,553.7 per 10,000, outside 400.0 to 502.0 per 10,000"
        );
        assert_eq!(
            filled("{value}", &values, Measure { unit: Unit::Rate { per: 1 }, decimals: 1 }).unwrap(),
            "1,553.7"
        );
    }

    #[test]
    fn what_counts_is_whole_whatever_the_unit() {
        let values = json!({"x": 1234.0, "n": 15, "pct": 12.5, "change_pct": 9.4, "value": 1234});
        assert_eq!(
            filled("{x} of {n}, {pct}, {change_pct}", &values, PERCENT).unwrap(),
            "1,234 of 15, 13%, 9%"
        );
        assert_eq!(filled("{value}", &values, COUNT).unwrap(), "1,234");
    }

    #[test]
    fn an_exact_number_keeps_its_decimals_and_has_thousands() {
        let values = json!({"stated": 4.5, "numerator": 8.6, "denominator": 1190.25});
        let says = "{stated:exact}: {numerator:exact} out of {denominator:exact}";
        assert_eq!(filled(says, &values, PERCENT).unwrap(), "4.5: 8.6 out of 1,190.25");
    }

    #[test]
    fn a_form_after_a_colon_decides() {
        let values = json!({"gap": 3.25, "cases": 1200, "n": 4.25, "sd": 2.0});
        let says = "{gap:points}; {cases:count}; {n:value}; {sd:number}; {gap:percent}";
        assert_eq!(filled(says, &values, PERCENT).unwrap(), "3.3 percentage points; 1,200; 4.3%; 2.0; 3%");
        assert_eq!(filled("{gap:points}", &values, RATE).unwrap(), "3.3 per 10,000");
    }

    #[test]
    fn what_cannot_be_filled_is_an_error_in_words() {
        let values = json!({"value": null, "flag": true});
        for (says, words) in [
            ("{vaule}", "placeholder `{vaule}` has no value; the check's `detail` must name it"),
            ("{value}", "placeholder `{value}` has no value; the check's `detail` must name it"),
            ("{flag}", "placeholder `{flag}` is `true`, which is neither a text nor a number"),
            ("was {value", "`was {value` opens a placeholder that is never closed"),
            (
                "{value:pp}",
                "placeholder `{value:pp}` ends in no known form: value, count, percent, points, number, \
                    exact",
            ),
        ] {
            assert_eq!(filled(says, &values, PERCENT).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn figures_that_differ_are_never_written_alike() {
        let says = "{value} against {target}";
        for (value, target, written) in [
            (84.96, 85.0, "84.96% against 85.0%"),
            (84.9996, 85.0, "84.9996% against 85.0%"),
            (84.94, 85.0, "84.9% against 85.0%"),
            (85.0, 85.0, "85.0% against 85.0%"),
            (20.041, 20.043, "20.041% against 20.043%"),
            (0.04, 0.0, "0.04% against 0.0%"),
            (99.97, 100.0, "99.97% against 100.0%"),
            (85.0 - 1e-12, 85.0, "85.0% against 85.0%"),
        ] {
            let values = json!({"value": value, "target": target});
            assert_eq!(filled(says, &values, PERCENT).unwrap(), written);
        }
        let values = json!({"value": 12.34, "lower": 12.31, "upper": 15.0});
        let range = filled("{value}, outside {lower} to {upper}", &values, RATE).unwrap();
        assert_eq!(
            range,
            "12.34, outside 12.31 to 15.0 per 10,000".replacen("12.34,", "12.34 per 10,000,", 1)
        );
        let count = filled(says, &json!({"value": 12.0, "target": 12.4}), COUNT).unwrap();
        assert_eq!(count, "12 against 12.4");
    }

    #[test]
    fn a_difference_is_never_one_of_nothing() {
        for (slope, written) in [
            (0.04, "by 0.04 percentage points"),
            (-0.004, "by -0.004 percentage points"),
            (0.06, "by 0.1 percentage points"),
            (0.0, "by 0.0 percentage points"),
        ] {
            assert_eq!(filled("by {slope:points}", &json!({"slope": slope}), PERCENT).unwrap(), written);
        }
    }

    #[test]
    fn a_text_with_braces_is_not_filled_again() {
        assert_eq!(filled("{area}!", &json!({"area": "{value}"}), PERCENT).unwrap(), "{value}!");
    }

    #[test]
    fn the_placeholders_of_a_sentence_can_be_listed() {
        assert_eq!(placeholders("{area}: {value} and {value:number}").unwrap(), ["area", "value"]);
    }

    #[test]
    fn half_is_rounded_up_on_the_number_as_written() {
        for (value, decimals, written) in [
            (0.125, 2, "0.13"),
            (2.675, 2, "2.68"),
            (1.005, 2, "1.01"),
            (0.05, 1, "0.1"),
            (0.049, 1, "0.0"),
            (99.95, 1, "100.0"),
            (9.5, 0, "10"),
            (0.5, 0, "1"),
            (-0.125, 2, "-0.13"),
            (-0.04, 1, "0.0"),
            (-0.0, 0, "0"),
            (12.0, 1, "12.0"),
            (1e21, 0, "1000000000000000000000"),
            (1e-7, 3, "0.000"),
            (f64::NAN, 1, "not a number"),
        ] {
            assert_eq!(round_half_up(value, decimals), written, "{value} to {decimals}");
        }
    }

    #[test]
    fn thousands_are_separated_by_commas() {
        for (number, written) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.891", "-1,234,567.891"),
            ("not a number", "not a number"),
        ] {
            assert_eq!(with_thousands(number), written);
        }
    }

    proptest! {
        #[test]
        fn rounding_moves_a_number_by_at_most_half_a_place(value in -1e9_f64..1e9, decimals in 0_u8..6) {
            let rounded: f64 = round_half_up(value, decimals).parse().unwrap();
            let half = 0.5 / 10_f64.powi(i32::from(decimals));
            prop_assert!((rounded - value).abs() <= half * (1.0 + 1e-6) + 1e-6);
        }
    }
}
