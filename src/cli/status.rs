//! `status`: what it is doing, did, and will do; read from the journal, so it answers during a run.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::cli::arguments::{PrintArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows};
use crate::config::settings::Settings;
use crate::pipeline::picture::{Attention, DAYS_BACK, Picture, age, counted, local, without_addresses};
use crate::store::holder::Holder;
use crate::store::journal::Journal;
use crate::store::recover;
use crate::store::runs::{Outcome, Run};

/// Prints what someone should look at first, then what it does, did and will do.
///
/// Opens no database and takes no lock. Ends with [`Ending::SomeFailed`] when there is something to look at.
///
/// # Errors
/// When the configuration is wrong or the journal is damaged.
pub fn status(with: &With, arguments: &PrintArguments) -> Result<Ending> {
    let (settings, wrong) = in_force::look(with)?;
    let lines = Journal::read(&settings.state)?;
    let now = print::now(with);
    let picture = Picture::of(&settings, &lines, now);
    let mut rows = Rows::of(&["what", "value"]);
    let mut add = |what: &str, value: String| rows.rows.push(vec![json!(what), json!(value)]);
    let mut attention = picture.attention(&settings, now);
    if let Some(what) = wrong {
        attention.insert(0, Attention { what, next: "see `quarterdeck check-config`" });
    }
    // Under a pretended instant the journal may well be ahead of it.
    if let Some(at) = picture.ahead_of(now).filter(|_| with.now.is_none()) {
        attention.push(Attention {
            what: format!("the journal's last line is ahead of the clock: {}", local(&settings, at)),
            next: "set the clock right; see `quarterdeck doctor`, line `clock`",
        });
    }
    if let Ok(Some(doubt)) = recover::doubt(&settings.state)
        && !is_a_backup(&settings)
    {
        attention.push(Attention {
            what: format!("{}: messages are held, and the next run takes in what it forgot", doubt.why),
            next: "see `quarterdeck outbox` and `quarterdeck doctor`",
        });
    }
    for it in &attention {
        add("attention", format!("{}; {}", it.what, it.next));
    }
    add("region", settings.region.name.clone());
    add("state", settings.state.display().to_string());
    for (what, value) in what_it_did(&settings, &picture, now) {
        add(&what, value);
    }
    for (what, at) in &picture.next {
        add(what, at.map_or_else(|| "never".to_owned(), |at| local(&settings, at)));
    }
    add("times are", settings.zone.to_string());
    rows.print(arguments.format)?;
    Ok(if attention.is_empty() { Ending::Done } else { Ending::SomeFailed })
}

/// Whether the state that is looked at is a copy where copies lie, and was not put back.
fn is_a_backup(settings: &Settings) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    let folder = whole(&settings.state).and_then(|state| state.parent().map(Path::to_owned));
    folder.is_some() && folder == whole(&settings.backup.folder)
}

fn what_it_did(settings: &Settings, picture: &Picture, now: DateTime<Utc>) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, value: String| rows.push((what.to_owned(), value));
    add("daemon", picture.daemon.as_ref().map_or_else(|| "not running".to_owned(), |it| held(settings, it)));
    add("doing now", doing_now(settings, picture));
    let told = |run: &Run| format!("{}, {}", local(settings, run.at), ended(picture, run));
    let last = picture.runs.last();
    add("last run", last.map_or_else(|| "never".to_owned(), told));
    if let Some(whole) = picture.last_whole().filter(|whole| last != Some(*whole)) {
        add("last whole run", local(settings, whole.at));
    }
    let done = picture.planned - picture.missed.len();
    add(
        "planned against done",
        format!(
            "{} planned in the last {DAYS_BACK} days, {done} done, {} missed",
            counted(picture.planned, "run", "runs"),
            picture.missed.len()
        ),
    );
    let backup = |at| format!("{}, {}", local(settings, at), age(at, now));
    add("last backup", picture.backups.last.map_or_else(|| "never".to_owned(), backup));
    add("returns received", picture.received.to_string());
    for (standing, count) in &picture.messages {
        add(&format!("messages {standing}"), count.to_string());
    }
    for it in &picture.lying {
        add("not taken in", format!("{}: `{}`: {}", it.collection, it.name, it.why));
    }
    for (at, words) in &picture.set_aside {
        add("set aside", format!("{words}, since {}", local(settings, *at)));
    }
    rows
}

fn doing_now(settings: &Settings, picture: &Picture) -> String {
    let Some(holder) = &picture.holder else { return "nothing".to_owned() };
    match picture.runs.last() {
        Some(run) if run.outcome == Outcome::Open => {
            format!("a run ({}); last: {}", held(settings, holder), run.last)
        }
        _ => format!("the state is in use ({})", held(settings, holder)),
    }
}

fn held(settings: &Settings, holder: &Holder) -> String {
    let process = holder.process.map_or_else(|| "running".to_owned(), |it| format!("process {it}"));
    match holder.since {
        Some(since) => format!("{process} since {}", local(settings, since)),
        None => process,
    }
}

fn ended(picture: &Picture, run: &Run) -> String {
    match &run.outcome {
        Outcome::Done if run.is_whole() => "ended".to_owned(),
        Outcome::Done => format!("ended, only {}", run.step),
        Outcome::Failed(why) => format!("failed: {}", without_addresses(why)),
        Outcome::Stopped => "stopped when it was told to".to_owned(),
        Outcome::Open if picture.holder.is_some() => "under way".to_owned(),
        Outcome::Died | Outcome::Open => format!("died; last: {}", run.last),
    }
}
