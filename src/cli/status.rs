//! `status`: what it is doing, did, and will do; read from the journal, so it answers during a run.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{PrintArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::Settings;
use crate::domain::due::{self, CronPattern};
use crate::store::journal::{Happened, Journal, Line};
use crate::store::outbox;

/// Prints the last run, the messages by standing, and the next occurrences.
///
/// # Errors
/// When the configuration is wrong or the journal is damaged.
pub fn status(with: &With, arguments: &PrintArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let lines = Journal::read(&settings.state)?;
    let mut rows = Rows::of(&["what", "value"]);
    let mut add = |what: &str, value: String| rows.rows.push(vec![json!(what), json!(value)]);
    add("region", settings.region.name.clone());
    add("state", settings.state.display().to_string());
    add("last run", last_run(&settings, &lines));
    add("returns received", count(&lines, Happened::Received).to_string());
    for (standing, count) in standings(&lines) {
        add(&format!("messages {standing}"), count.to_string());
    }
    add("times are", settings.zone.to_string());
    for (what, next) in next(&settings, print::now(with))? {
        add(&what, next);
    }
    rows.print(arguments.format)?;
    Ok(Ending::Done)
}

fn last_run(settings: &Settings, lines: &[Line]) -> String {
    let local =
        |line: &Line| line.at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z").to_string();
    let is_end = |line: &&Line| line.event == Happened::Walked && !line.subject.starts_with("history.");
    let (began, ended) =
        (lines.iter().rev().find(|line| line.event == Happened::Began), lines.iter().rev().find(is_end));
    match (began, ended) {
        (None, _) => "never".to_owned(),
        (Some(began), Some(ended)) if ended.seq > began.seq => format!("{}, ended", local(began)),
        (Some(began), _) => format!("{}, under way or died", local(began)),
    }
}

fn count(lines: &[Line], event: Happened) -> usize {
    lines.iter().filter(|line| line.event == event).count()
}

fn standings(lines: &[Line]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for track in outbox::tracks(lines).values() {
        *counts.entry(track.standing.word()).or_insert(0) += 1;
    }
    counts
}

fn next(settings: &Settings, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<(String, String)>> {
    let collect = std::iter::once(("next run".to_owned(), &settings.schedule.collect));
    let digests =
        settings.digests.iter().map(|digest| (format!("next digest {}", digest.name), &digest.cron));
    collect
        .chain(digests)
        .map(|(what, cron)| {
            let pattern = CronPattern::parse(cron).map_err(|error| UsageError(error.to_string()))?;
            let next = next_of(settings, &what, &pattern, now, 1);
            let local =
                next.first().map(|at| at.with_timezone(&settings.zone).format("%a %-d %b %Y %H:%M %Z"));
            Ok((what, local.map_or_else(|| "never".to_owned(), |local| local.to_string())))
        })
        .collect()
}

/// The next instants of a schedule; a digest on a day that is no working day moves to the next.
#[must_use]
pub fn next_of(
    settings: &Settings,
    what: &str,
    pattern: &CronPattern,
    after: chrono::DateTime<chrono::Utc>,
    count: usize,
) -> Vec<chrono::DateTime<chrono::Utc>> {
    if what.contains("digest") {
        due::next_digests(pattern, settings.zone, after, &settings.calendar, count)
    } else {
        due::next_occurrences(pattern, settings.zone, after, count)
    }
}
