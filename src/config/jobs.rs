//! The jobs of a configuration, each with its rule.

use crate::config::settings::Settings;
use crate::domain::cron::CronPattern;
use crate::domain::schedule::{Job, Rule};

/// Every job with its rule as configured: polls, digests, the hour of reminders, copies.
#[must_use]
pub fn jobs(settings: &Settings) -> Vec<(Job, Rule)> {
    let remind = format!("0 {} * * *", settings.schedule.remind_from_hour);
    let digests = settings.digests.iter().map(|plan| (Job::Digest(plan.name.clone()), &plan.cron));
    let fixed = [
        (Job::Collect, &settings.schedule.collect),
        (Job::Remind, &remind),
        (Job::Backup, &settings.backup.cron),
    ];
    // Settings hold only patterns that were parsed once.
    let rule = |cron: &str| Some(Rule { pattern: CronPattern::parse(cron).ok()?, zone: settings.zone });
    fixed.into_iter().chain(digests).filter_map(|(job, cron)| Some((job, rule(cron)?))).collect()
}
