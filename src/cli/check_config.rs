//! `check-config`: every problem, or what each recipient will get and when.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Months, TimeDelta, Utc};
use serde_json::json;

use crate::cli::arguments::{Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows};
use crate::config::settings::Settings;
use crate::config::{Loaded, jobs};
use crate::domain::calendar::Calendar;
use crate::domain::due::{self, Span};
use crate::domain::schedule::{Job, Rule};
use crate::domain::scope::Scope;
use crate::domain::turn;
use crate::pipeline::apart::{self, Snapshot};
use crate::pipeline::facts;
use crate::pipeline::neighbouring;
use crate::store::analysis;
use crate::store::check_file::CheckFile;
use crate::store::open::Store;

/// Prints every problem, or who gets what and when.
///
/// # Errors
/// Every problem of the configuration at once.
pub fn check_config(with: &With) -> Result<Ending> {
    let Loaded { settings, warnings } = print::loaded(with)?;
    for warning in warnings {
        print::complain(format_args!("warning: {warning}"));
    }
    let now = print::now(with);
    if let Some(warning) = holidays_that_end(&settings, &print::config_folder(with), now) {
        print::complain(format_args!("warning: {warning}"));
    }
    if let Some(words) = neighbouring::in_words(&settings) {
        print::complain(format_args!("note: {words}"));
    }
    check_files(&settings)?;
    print::say(format_args!(
        "{}: {} authorities, {} indicators, {} collections, {} deadlines, {} recipients; times are {}",
        settings.region.name,
        settings.authorities.len(),
        settings.indicators.len(),
        settings.collections.len(),
        settings.deadlines.len(),
        settings.recipients.len(),
        settings.zone
    ))?;
    recipients(&settings).print(Format::Table)?;
    let jobs = jobs::jobs(&settings);
    schedules(&jobs, &settings.calendar, now).print(Format::Table)?;
    for line in clock_changes(&settings, &jobs, now) {
        print::say(format_args!("{line}"))?;
    }
    Ok(Ending::Done)
}

/// Prepares every check on an empty schema: ours here, what somebody wrote in a worker.
fn check_files(settings: &Settings) -> Result<()> {
    let store = Store::in_memory()?;
    store.prepare_checks(&analysis::shipped()?)?;
    if settings.checks.is_empty() {
        return Ok(());
    }
    let empty = Snapshot::empty()?;
    for added in &settings.checks {
        let wrong = |words: String| print::UsageError(format!("{}: {words}", added.path.display()));
        let check = CheckFile::parse(&added.name, &added.text).map_err(wrong)?;
        apart::prepare(&print::program(), &empty, &check, &settings.limits).map_err(wrong)?;
    }
    Ok(())
}

fn recipients(settings: &Settings) -> Rows {
    let mut rows = Rows::of(&["recipient", "role", "sees", "figures", "digests", "reminders of"]);
    for it in &settings.recipients {
        let sees = match &it.scope {
            Scope::Region => "the region".to_owned(),
            Scope::Authorities(codes) => {
                let named = |code| format!("{code} {}", facts::named(settings, code).name);
                codes.iter().map(named).collect::<Vec<_>>().join(", ")
            }
        };
        let deadlines: Vec<&str> = settings
            .deadlines
            .iter()
            .filter(|deadline| !deadline.cancelled && deadline.reminders.to.contains(&it.role))
            .map(|deadline| deadline.id.as_str())
            .collect();
        rows.rows.push(vec![
            json!(it.address.as_str()),
            json!(it.role.word()),
            json!(sees),
            json!(format!("{:?}", it.figures).to_lowercase()),
            json!(it.digests.join(", ")),
            json!(deadlines.len()),
        ]);
    }
    rows
}

fn schedules(jobs: &[(Job, Rule)], calendar: &Calendar, now: DateTime<Utc>) -> Rows {
    let mut rows = Rows::of(&["what", "pattern", "next", "then", "and then"]);
    for (job, rule) in jobs {
        let next = due::next(job, rule, calendar, now, 3);
        let mut row = vec![json!(job.to_string()), json!(rule.pattern.as_str())];
        row.extend(next.into_iter().map(|at| json!(due::worded(at, rule.zone))));
        row.resize(5, json!(""));
        rows.rows.push(row);
    }
    rows
}

/// What becomes of each job at the changes of the clocks within a year and some weeks.
fn clock_changes(settings: &Settings, jobs: &[(Job, Rule)], now: DateTime<Utc>) -> Vec<String> {
    let span = Span { after: now, until: now + TimeDelta::days(400) };
    let told: Vec<String> = jobs
        .iter()
        .filter_map(|(job, rule)| {
            let turns = turn::turns(job, rule, &settings.calendar, span);
            let words: Vec<String> = turns.iter().map(ToString::to_string).collect();
            let pattern = rule.pattern.as_str();
            (!words.is_empty()).then(|| format!("{job} `{pattern}`: {}", words.join("; ")))
        })
        .collect();
    match turn::changes(settings.zone, span).first() {
        Some(first) if told.is_empty() => {
            let on = due::worded(*first, settings.zone);
            vec![format!(
                "the clocks change next at {on}; no pattern falls into an hour left out or repeated"
            )]
        }
        _ => told,
    }
}

/// Bank holidays that end within six months.
fn holidays_that_end(settings: &Settings, folder: &Path, now: DateTime<Utc>) -> Option<String> {
    let until = settings.calendar.known_until()?;
    let soon = print::day(settings, now).checked_add_months(Months::new(6))?;
    let file = folder.join("bank-holidays.json");
    let words = "take the file afresh from gov.uk/bank-holidays.json, or set `bank_holidays_url`";
    (until < soon)
        .then(|| format!("{}:1:1: bank holidays are known until {until} only; {words}", file.display()))
}
