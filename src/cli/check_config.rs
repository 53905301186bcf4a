//! `check-config`: every problem, or what each recipient will get and when.

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows};
use crate::cli::status::next_of;
use crate::config::Loaded;
use crate::config::settings::Settings;
use crate::domain::due::CronPattern;
use crate::domain::scope::Scope;
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
    schedules(&settings, now)?.print(Format::Table)?;
    Ok(Ending::Done)
}

/// Prepares every check on an empty schema.
fn check_files(settings: &Settings) -> Result<()> {
    let store = Store::in_memory()?;
    for check in analysis::shipped()? {
        store.prepare_check(&check)?;
    }
    for added in &settings.checks {
        let wrong = |words: String| print::UsageError(format!("{}: {words}", added.path.display()));
        let check = CheckFile::parse(&added.name, &added.text).map_err(wrong)?;
        store.prepare_check(&check).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

fn recipients(settings: &Settings) -> Rows {
    let mut rows = Rows::of(&["recipient", "role", "sees", "figures", "digests", "reminders of"]);
    for it in &settings.recipients {
        let sees = match &it.scope {
            Scope::Region => "the region".to_owned(),
            Scope::Authorities(codes) => codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
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

fn schedules(settings: &Settings, now: chrono::DateTime<chrono::Utc>) -> Result<Rows> {
    let mut rows = Rows::of(&["what", "pattern", "next", "then", "and then"]);
    let digests = settings.digests.iter().map(|digest| (format!("digest {}", digest.name), &digest.cron));
    let collect = std::iter::once(("collect".to_owned(), &settings.schedule.collect));
    for (what, cron) in collect.chain(digests) {
        let pattern = CronPattern::parse(cron).map_err(|error| print::UsageError(error.to_string()))?;
        let mut row = vec![json!(what), json!(cron)];
        for at in next_of(settings, &what, &pattern, now, 3) {
            row.push(json!(at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z").to_string()));
        }
        row.resize(5, json!(""));
        rows.rows.push(row);
    }
    Ok(rows)
}
