//! The configuration by which a state is looked at: the one on disk, or, while that is wrong, the last that
//! was right.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::cli::arguments::{Command, With};
use crate::cli::print;
use crate::cli::print::UsageError;
use crate::config::files;
use crate::config::problem::Problems;
use crate::config::settings::Settings;
use crate::daemon;
use crate::pipeline::picture::local;

/// What a state folder holds from its first run on; one that lost some of it is damaged, and is told so.
const OF_A_STATE: [&str; 4] = ["journal.jsonl", "quarterdeck.duckdb", "received", "messages"];

/// Refuses a state folder that was named and is none, for commands that look at a state or change what it
/// holds: it would look like one in which nothing ever happened.
///
/// # Errors
/// When the command line names such a folder.
pub fn demand_state(with: &With, command: &Command) -> Result<()> {
    if with.as_child || makes_a_state(command) {
        return Ok(());
    }
    let Some(state) = print::state_folder(with)? else { return Ok(()) };
    // What may not be looked into is for the command to tell.
    let is_one = OF_A_STATE.iter().any(|name| state.join(name).try_exists().unwrap_or(true));
    if is_one {
        return Ok(());
    }
    let what =
        if state.is_dir() { "is no state folder: there is no `journal.jsonl` in it" } else { "is not there" };
    let by_itself = files::named_state(&print::config_folder(with));
    let next = by_itself.map_or_else(String::new, |path| named(&path));
    Err(UsageError(format!("`{}` {what}; give `--state` the folder of a state{next}", state.display()))
        .into())
}

fn named(configured: &Path) -> String {
    format!(", or leave it out: the configuration names `{}`", configured.display())
}

/// Whether a command begins a state where there is none, or needs none.
fn makes_a_state(command: &Command) -> bool {
    match command {
        Command::Check(it) => it.preview.is_none(),
        Command::Sql(it) => it.views,
        Command::Doctor(it) => it.only_database,
        Command::Demo(_)
        | Command::Run
        | Command::Once(_)
        | Command::CheckConfig
        | Command::Verify(_)
        | Command::Receive(_)
        | Command::Init(_)
        | Command::Schema(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Beat(_)
        | Command::Probe
        | Command::Worker(_) => true,
        _ => false,
    }
}

/// The settings, with a warning on standard error when they are not those on disk.
///
/// # Errors
/// Every problem of every file, when nothing that was right is kept.
pub fn settings(with: &With) -> Result<Settings> {
    let (settings, wrong) = look(with)?;
    if let Some(words) = wrong {
        print::complain(format_args!("warning: {words}; see `quarterdeck check-config`"));
    }
    Ok(settings)
}

/// The settings, and what is wrong with those on disk when they are others.
///
/// # Errors
/// As [`settings`].
pub fn look(with: &With) -> Result<(Settings, Option<String>)> {
    let error = match print::settings(with) {
        Ok(settings) => return Ok((settings, None)),
        Err(error) => error,
    };
    let folder = print::config_folder(with);
    let state = print::state_folder(with)?.or_else(|| files::named_state(&folder));
    let kept = state.and_then(|state| Some((daemon::last_good(&folder, &state)?, state)));
    let (Some(problems), Some((kept, state))) = (error.downcast_ref::<Problems>(), kept) else {
        return Err(error);
    };
    let mut settings = kept.loaded.settings;
    print::move_state(&mut settings, &state);
    let words = words(problems, &settings, kept.since);
    Ok((settings, Some(words)))
}

/// That the files are wrong, since when and where first, and since when the others were right.
fn words(problems: &Problems, settings: &Settings, good: SystemTime) -> String {
    let at = |time| local(settings, DateTime::<Utc>::from(time));
    let edited = |file: &String| fs::metadata(file).and_then(|found| found.modified()).ok();
    let since = problems.list().iter().filter_map(|one| edited(&one.file)).max();
    let since = since.map_or_else(String::new, |time| format!(" since {}", at(time)));
    let first = problems.list().first().map(ToString::to_string).unwrap_or_default();
    let more = problems.list().len().saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    format!(
        "the configuration on disk is wrong{since}: {first}{more}; this goes by the one before it, which \
         came into force on {}",
        at(good)
    )
}
