//! `deadlines`: what is due, who is outstanding, the next reminders.

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{PrintArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows};
use crate::config::settings::Settings;
use crate::domain::deadline::{Deadline, Party};

/// Prints every deadline with its parties and its next reminder.
///
/// # Errors
/// When the configuration is wrong.
pub fn deadlines(with: &With, arguments: &PrintArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let today = print::day(&settings, print::now(with));
    let mut rows = Rows::of(&[
        "deadline",
        "what",
        "on",
        "last working day",
        "working days left",
        "done",
        "outstanding",
        "next reminder",
    ]);
    let mut sorted: Vec<&Deadline> = settings.deadlines.iter().collect();
    sorted.sort_by_key(|deadline| (deadline.on, &deadline.id));
    for deadline in sorted {
        let outstanding = deadline.outstanding(today);
        let last = deadline.last_working_day(&settings.calendar);
        let next = deadline.steps(&settings.calendar).into_iter().map(|(_, on)| on).find(|on| *on > today);
        let next = next.filter(|_| !deadline.cancelled && !outstanding.is_empty());
        let names: Vec<String> = outstanding.iter().map(|party| name(&settings, party)).collect();
        rows.rows.push(vec![
            json!(deadline.id),
            json!(deadline.title),
            json!(deadline.on.format("%a %-d %b %Y").to_string()),
            json!(last.format("%a %-d %b %Y").to_string()),
            json!(settings.calendar.between(today, last)),
            json!(format!("{} of {}", deadline.parties.len() - outstanding.len(), deadline.parties.len())),
            json!(if deadline.cancelled { "cancelled".to_owned() } else { names.join("; ") }),
            json!(next.map(|on| on.format("%a %-d %b %Y").to_string())),
        ]);
    }
    rows.print(arguments.format)?;
    Ok(Ending::Done)
}

/// The names of a party.
#[must_use]
pub fn name(settings: &Settings, party: &Party) -> String {
    let names: Vec<String> = party
        .authorities()
        .into_iter()
        .map(|code| {
            let found = settings.authorities.iter().find(|one| &one.code == code);
            found.map_or_else(|| code.to_string(), |one| one.name.clone())
        })
        .collect();
    if names.is_empty() { settings.region.name.clone() } else { names.join(" with ") }
}
