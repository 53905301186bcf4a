//! Bank holidays, in the shape of gov.uk's `bank-holidays.json`.

use chrono::NaiveDate;
use serde_json::Value;

use crate::config::checked::Desk;
use crate::config::problem::{Text, did_you_mean_one_of};
use crate::config::shape::Read;
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::domain::calendar::Calendar;

/// The working days of the configured division.
pub fn check(main: &Read<QuarterdeckToml>, text: Option<&Text>, desk: &mut Desk) -> Calendar {
    let division = main.value.as_ref().and_then(|typed| typed.bank_holidays.as_ref());
    let (Some(text), Some(division)) = (text, division) else { return Calendar::default() };
    let root: Value = match serde_json::from_str(&text.content) {
        Ok(root) => root,
        Err(error) => {
            desk.problems.push(crate::config::problem::Problem {
                file: text.path.clone(),
                line: u32::try_from(error.line()).unwrap_or(1).max(1),
                column: u32::try_from(error.column()).unwrap_or(1).max(1),
                sentence: format!("not JSON: {error}; take the file afresh from gov.uk/bank-holidays.json"),
            });
            return Calendar::default();
        }
    };
    let Some(events) = root.get(&division.value).and_then(|division| division.get("events")?.as_array())
    else {
        let known: Vec<&str> =
            root.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let hint = did_you_mean_one_of(division, &known);
        let sentence =
            format!("`bank_holidays = \"{}\"`: not a division of {}{hint}", division.value, text.path);
        desk.problem(&main.text, &division.span, sentence);
        return Calendar::default();
    };
    let days: Vec<NaiveDate> = events.iter().filter_map(|event| day(text, event, desk)).collect();
    if days.is_empty() {
        desk.problem(text, &(0..0), format!("division `{}` has no bank holidays", division.value));
    }
    Calendar::new(days)
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
