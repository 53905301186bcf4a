//! `check-config`: every problem, or what each recipient will get and when.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use crate::cli::arguments::{Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::files::Files;
use crate::config::settings::{AddedCheck, Reporters, Settings, Source};
use crate::config::{self, Loaded, jobs, left_over};
use crate::domain::authority::AuthorityCode;
use crate::domain::calendar::Calendar;
use crate::domain::deadline::{self, Chase, Ladder};
use crate::domain::due::{self, Span};
use crate::domain::schedule::{Job, Rule};
use crate::domain::scope::{Recipient, Scope};
use crate::domain::turn;
use crate::pipeline::addressed;
use crate::pipeline::apart::{self, Snapshot};
use crate::pipeline::neighbouring;
use crate::store::check_file::CheckFile;
use crate::store::configured;

/// Prints every problem, or who gets what and when.
///
/// # Errors
/// Every problem of the configuration at once, of its checks too.
pub fn check_config(with: &With) -> Result<Ending> {
    let folder = print::config_folder(with);
    let loaded = print::loaded(with);
    let wrong = wrong_checks(&folder, loaded.as_ref().ok())?;
    let Loaded { settings, warnings } = match loaded {
        Ok(loaded) if wrong.is_empty() => loaded,
        Ok(_) => return Err(UsageError(wrong.join("\n")).into()),
        Err(error) if wrong.is_empty() => return Err(error),
        Err(error) => return Err(UsageError(format!("{error}\n{}", wrong.join("\n"))).into()),
    };
    for warning in warnings {
        print::complain(format_args!("warning: {warning}"));
    }
    let now = print::now(with);
    if let Some(warning) = holidays_that_end(&settings, &folder, now) {
        print::complain(format_args!("warning: {warning}"));
    }
    if let Some(words) = neighbouring::in_words(&settings) {
        print::complain(format_args!("note: {words}"));
    }
    let today = print::day(&settings, now);
    for words in left_over::in_words(&settings, today) {
        print::complain(format_args!("note: {words}"));
    }
    for words in addressed::gaps(&settings, today).into_iter().chain(addressed::ended(&settings, today)) {
        let file = folder.join("recipients.toml");
        print::complain(format_args!("warning: {}:1:1: {words}", file.display()));
    }
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
    sources(&settings).print(Format::Table)?;
    chasers(&settings, today).print(Format::Table)?;
    reminders(&settings, today).print(Format::Table)?;
    let jobs = jobs::jobs(&settings);
    schedules(&jobs, &settings.calendar, now).print(Format::Table)?;
    for line in clock_changes(&settings, &jobs, now) {
        print::say(format_args!("{line}"))?;
    }
    Ok(Ending::Done)
}

/// Prepares every check that somebody wrote on an empty schema, in a worker; says what is wrong with any,
/// also when the settings are wrong.
fn wrong_checks(folder: &Path, loaded: Option<&Loaded>) -> Result<Vec<String>> {
    let files = Files::read(folder);
    if files.checks().is_empty() {
        return Ok(Vec::new());
    }
    let limits = match loaded {
        Some(loaded) => loaded.settings.limits,
        None => config::load_files(&Files::shipped(folder), folder)?.settings.limits,
    };
    let texts: Vec<&str> = files.checks().iter().map(|check| check.text.as_str()).collect();
    let empty = Snapshot::empty(&texts.join("\n"))?;
    let wrong = |added: &AddedCheck| {
        let check = CheckFile::parse(&added.name, &added.text);
        let words =
            check.and_then(|check| apart::prepare(&print::program(), &empty, &check, &limits)).err()?;
        Some(format!("{}: {words}", added.path.display()))
    };
    Ok(files.checks().iter().filter_map(wrong).collect())
}

fn recipients(settings: &Settings) -> Rows {
    let mut rows =
        Rows::of(&["recipient", "address", "role", "sees", "figures", "digests", "reminders of", "chasers"]);
    for it in &settings.recipients {
        let sees = match &it.scope {
            Scope::Region => "the region".to_owned(),
            Scope::Authorities(codes) => {
                codes.iter().map(|code| named(settings, code)).collect::<Vec<_>>().join(", ")
            }
        };
        rows.rows.push(vec![
            json!(it.name),
            json!(it.address.as_str()),
            json!(it.role.word()),
            json!(sees),
            json!(format!("{:?}", it.figures).to_lowercase()),
            json!(it.digests.join(", ")),
            json!(reminders_of(settings, it)),
            json!(chasers_of(settings, it)),
        ]);
    }
    rows
}

/// Of how many deadlines somebody is reminded, and of how many only when others were and did not do it.
fn reminders_of(settings: &Settings, it: &Recipient) -> String {
    let ladders = settings.deadlines.iter().filter(|one| !one.cancelled).map(|one| &one.reminders);
    let (own, others): (Vec<_>, Vec<_>) = ladders.partition(|one| one.to.contains(&it.role));
    let hears = |one: &&Ladder| one.escalate.as_ref().is_some_and(|(_, roles)| roles.contains(&it.role));
    match others.into_iter().filter(hears).count() {
        0 => own.len().to_string(),
        copies => format!("{}, and copies of {copies}", own.len()),
    }
}

/// Which chasers of returns that are not in somebody gets.
fn chasers_of(settings: &Settings, it: &Recipient) -> String {
    let chasing = &settings.chasing;
    match &chasing.escalate {
        _ if it.scope == Scope::Region => "none".to_owned(),
        _ if chasing.to.contains(&it.role) => "each".to_owned(),
        Some((from, roles)) if roles.contains(&it.role) => {
            format!("copies, {from} working days late or more, once an earlier one was sent")
        }
        _ => "none".to_owned(),
    }
}

/// The newest returns that are due, and what a run of today would do about those that are not in.
fn chasers(settings: &Settings, today: NaiveDate) -> Rows {
    let day = |on: NaiveDate| on.format("%a %-d %b %Y").to_string();
    let calendar = &settings.calendar;
    let chase = Chase { before: &settings.chasing.before, after: &settings.chasing.after };
    let mut rows =
        Rows::of(&["returns", "quarter", "due", "overdue today unless in", "chased today", "next chaser"]);
    for it in settings.collections.iter().filter(|one| one.reporters == Reporters::Members) {
        let Some(quarter) = it.ended_quarters(today).last().copied() else { continue };
        let Some(due) = configured::due_day(it, quarter, calendar) else { continue };
        let expected = settings.authorities.iter().filter(|one| one.existed_on(quarter.last_day())).count();
        let step = deadline::chase_due(due, chase, calendar, today, &|_| false);
        let next = chase.steps(due, calendar).into_iter().map(|(_, on)| on).find(|on| *on > today);
        rows.rows.push(vec![
            json!(it.name),
            json!(quarter.to_string()),
            json!(day(due)),
            json!(if due < today { expected } else { 0 }),
            json!(if step.is_some() { "yes" } else { "no" }),
            json!(next.map(day)),
        ]);
    }
    rows
}

/// An authority by name and code.
fn named(settings: &Settings, code: &AuthorityCode) -> String {
    let found = settings.authorities.iter().find(|one| one.code == *code);
    found.map_or_else(|| code.to_string(), |one| format!("{} ({code})", one.name))
}

fn sources(settings: &Settings) -> Rows {
    let mut rows = Rows::of(&["collection", "source", "first quarter", "due"]);
    for it in &settings.collections {
        let source = match &it.source {
            Source::Http(source) => source.url.clone(),
            Source::Ees(source) => format!("data set {} at {}", source.data_set, source.base_url),
            Source::Folder(source) => format!("drop folder {}", source.path.join(&source.name).display()),
            Source::Hand => "taken in by hand".to_owned(),
        };
        let due = it.due_working_days.map(|days| format!("{days} working days after its quarter"));
        let first = it.first_quarter.to_string();
        rows.rows.push(vec![json!(it.name), json!(source), json!(first), json!(due)]);
    }
    rows
}

/// The next days on which reminders of each deadline may go out, to those who are outstanding then.
fn reminders(settings: &Settings, today: NaiveDate) -> Rows {
    let day = |on: NaiveDate| on.format("%a %-d %b %Y").to_string();
    let mut rows = Rows::of(&["deadline", "on", "next reminder", "then", "and then"]);
    let mut open: Vec<_> =
        settings.deadlines.iter().filter(|it| !it.cancelled && !it.outstanding(today).is_empty()).collect();
    open.sort_by_key(|it| (it.on, &it.id));
    for it in open {
        let steps = it.steps(&settings.calendar).into_iter().map(|(_, on)| on).filter(|on| *on > today);
        let mut row = vec![json!(it.id), json!(day(it.on))];
        row.extend(steps.take(3).map(|on| json!(day(on))));
        if row.len() > 2 {
            row.resize(5, json!(""));
            rows.rows.push(row);
        }
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
