//! What the schema expects of one plain value, and how that is said in words.

use serde_json::Value;
use toml::de::DeValue;

use crate::config::problem::{nearest, one_of};
use crate::config::written::typed::day_of;

/// Whether a text, number, date or yes-or-no is what the schema wants.
#[must_use]
pub fn fits(typed: &DeValue<'_>, schema: &Value) -> bool {
    match typed {
        DeValue::String(text) => {
            let words = words(schema);
            is(schema, "string") && !is_date(schema) && (words.is_empty() || words.contains(&text.as_ref()))
        }
        DeValue::Datetime(typed) => is_date(schema) && day_of(typed).is_some(),
        DeValue::Boolean(_) => is(schema, "boolean"),
        DeValue::Integer(typed) => {
            let number = i64::from_str_radix(typed.as_str(), typed.radix()).ok();
            let between = |number: i64| within(number_of(number), schema);
            (is(schema, "integer") || is(schema, "number")) && number.is_some_and(between)
        }
        DeValue::Float(typed) => {
            let number = typed.as_str().parse::<f64>().ok();
            is(schema, "number") && number.is_some_and(|number| number.is_finite() && within(number, schema))
        }
        DeValue::Array(_) | DeValue::Table(_) => false,
    }
}

/// What was expected in place of `typed`, with a suggestion where a word is near.
#[must_use]
pub fn expected(typed: &DeValue<'_>, schema: &Value) -> String {
    let words = words(schema);
    if !words.is_empty() {
        let near = typed.as_str().and_then(|typed| nearest(typed, words.iter().copied()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return format!("{}{hint}", one_of(&words));
    }
    if is_date(schema) {
        return "a date without quotes, such as 2017-12-01".to_owned();
    }
    if is(schema, "integer") || is(schema, "number") {
        return number_in_words(schema);
    }
    if is(schema, "boolean") {
        return "true or false, without quotes".to_owned();
    }
    if is(schema, "string") {
        return "a text in quotes".to_owned();
    }
    if is(schema, "array") { "a list in square brackets" } else { "a table" }.to_owned()
}

fn number_in_words(schema: &Value) -> String {
    let whole = if is(schema, "integer") { "a whole number" } else { "a number" };
    let of = schema.get("x-of").and_then(Value::as_str).map_or_else(String::new, |of| format!(" of {of}"));
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => format!("{whole}{of} from {low} to {high}"),
        (Some(low), None) => format!("{whole}{of} of at least {low}"),
        _ => format!("{whole}{of}"),
    }
}

/// The words of an enumeration; empty when any text will do.
fn words(schema: &Value) -> Vec<&str> {
    let plain = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let described = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    plain.chain(described.filter_map(|one| one.get("const")?.as_str())).collect()
}

fn is(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => kind == "string" && !words(schema).is_empty(),
    }
}

fn is_date(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("date")
}

fn within(number: f64, schema: &Value) -> bool {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    bound("minimum").is_none_or(|low| low <= number) && bound("maximum").is_none_or(|high| number <= high)
}

#[expect(clippy::cast_precision_loss, reason = "bounds are far below two to the power of 53")]
fn number_of(number: i64) -> f64 {
    number as f64
}
