//! Bank holidays, in the shape of gov.uk's `bank-holidays.json`.

use chrono::NaiveDate;
use serde_json::Value;

use crate::config::checked::Desk;
use crate::config::problem::{Problem, Text, did_you_mean_one_of};
use crate::config::shape::Read;
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::domain::calendar::Calendar;

/// The working days of the configured division, by the file and a `newer` copy of it.
///
/// A day that either of the two calls a bank holiday is one: what the operator added stays, and a newer file
/// adds the years that the older one does not know. A copy that is damaged is left out with a warning.
pub fn check(
    main: &Read<QuarterdeckToml>,
    text: Option<&Text>,
    newer: Option<&Text>,
    desk: &mut Desk,
) -> Calendar {
    let division = main.value.as_ref().and_then(|typed| typed.bank_holidays.as_ref());
    let (Some(text), Some(division)) = (text, division) else { return Calendar::default() };
    let calendar = match root(text) {
        Ok(root) if root.get(&division.value).is_none() => {
            let known: Vec<&str> =
                root.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let hint = did_you_mean_one_of(division, &known);
            let sentence =
                format!("`bank_holidays = \"{}\"`: not a division of {}{hint}", division.value, text.path);
            desk.problem(&main.text, &division.span, sentence);
            return Calendar::default();
        }
        Ok(_) | Err(_) => read(text, &division.value).unwrap_or_else(|problems| {
            desk.problems.extend(problems);
            Calendar::default()
        }),
    };
    match newer.map(|newer| read(newer, &division.value)) {
        None => calendar,
        Some(Ok(newer)) => Calendar::new(calendar.holidays().chain(newer.holidays())),
        Some(Err(problems)) => {
            let left_out = |mut problem: Problem| {
                problem.sentence = format!("left out: {}", problem.sentence);
                problem
            };
            desk.warnings.extend(problems.into_iter().map(left_out));
            calendar
        }
    }
}

/// The bank holidays of one division of a file in the shape of gov.uk's.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(text: &Text, division: &str) -> Result<Calendar, Vec<Problem>> {
    let root = root(text).map_err(|problem| vec![problem])?;
    let events = root.get(division).and_then(|division| division.get("events")?.as_array());
    let Some(events) = events else {
        return Err(vec![text.problem(&(0..0), format!("there is no list of events for `{division}`"))]);
    };
    let mut desk = Desk::default();
    let days: Vec<NaiveDate> = events.iter().filter_map(|event| day(text, event, &mut desk)).collect();
    if days.is_empty() {
        desk.problem(text, &(0..0), format!("division `{division}` has no bank holidays"));
    }
    if desk.problems.is_empty() { Ok(Calendar::new(days)) } else { Err(desk.problems) }
}

fn root(text: &Text) -> Result<Value, Problem> {
    serde_json::from_str(&text.content).map_err(|error| Problem {
        file: text.path.clone(),
        line: u32::try_from(error.line()).unwrap_or(1).max(1),
        column: u32::try_from(error.column()).unwrap_or(1).max(1),
        sentence: format!("not JSON: {error}; take the file afresh from gov.uk/bank-holidays.json"),
    })
}

fn day(text: &Text, event: &Value, desk: &mut Desk) -> Option<NaiveDate> {
    let typed = event.get("date").and_then(Value::as_str).unwrap_or_default();
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok();
    if day.is_none() {
        let at = text.content.find(&format!("\"{typed}\"")).unwrap_or_default();
        let title = event.get("title").and_then(Value::as_str).unwrap_or("an event");
        let sentence = format!("`{title}`: `{typed}` is not a date; write it as `2017-12-25`");
        desk.problem(text, &(at..at), sentence);
    }
    day
}
