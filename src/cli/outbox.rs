//! `outbox`: the messages on their way.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cli::arguments::{OutboxArguments, OutboxDeed, OutboxListArguments, StandingArgument, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::Settings;
use crate::domain::message::MessageKey;
use crate::pipeline::{opening, picture, posting};
use crate::store::journal::{Happened, Journal, Line};
use crate::store::outbox::{self, Standing};
use crate::store::recover;

/// Lists the messages, or holds, releases or retries one or all.
///
/// # Errors
/// When there is no such message, or it stands where the deed makes no sense.
pub fn outbox(with: &With, arguments: &OutboxArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    match &arguments.deed {
        None => list(&settings, arguments.list),
        Some(OutboxDeed::List(listed)) => list(&settings, *listed),
        Some(OutboxDeed::Release { key: None, .. }) => release_all(with, &settings),
        Some(OutboxDeed::Retry { key: None, .. }) => retry_all(with, &settings),
        Some(OutboxDeed::Hold { key }) => one(with, &settings, key, Happened::Held),
        Some(OutboxDeed::Release { key: Some(key), .. } | OutboxDeed::Retry { key: Some(key), .. }) => {
            one(with, &settings, key, Happened::Released)
        }
    }
}

fn one(with: &With, settings: &Settings, key: &str, deed: Happened) -> Result<Ending> {
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let tracks = outbox::tracks(journal.lines());
    let track = tracks.get(&MessageKey::stored(key)).with_context(|| {
        UsageError(format!("there is no message `{key}`; `quarterdeck outbox --all` lists them"))
    })?;
    match (deed, track.standing) {
        (_, Standing::Sent) => {
            return Err(UsageError(format!("message `{key}` was sent; it cannot be changed")).into());
        }
        (Happened::Held, Standing::Held) => {
            return Err(UsageError(format!("message `{key}` is held already")).into());
        }
        (Happened::Released, Standing::Waiting) if !posting::is_exhausted(settings, track) => {
            return Err(
                UsageError(format!("message `{key}` is waiting; it goes out with the next run")).into()
            );
        }
        _ => journal.append(print::now(with), deed, key, json!({}))?,
    }
    print::say(format_args!(
        "message `{key}`: {}",
        if deed == Happened::Held { "held" } else { "goes out with the next run" }
    ))?;
    Ok(Ending::Done)
}

/// Lets every held message go: whoever says so knows what was sent, so a doubt ends with it.
fn release_all(with: &With, settings: &Settings) -> Result<Ending> {
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let tracks = outbox::tracks(journal.lines());
    let held = tracks.iter().filter(|(_, track)| track.standing == Standing::Held);
    let entries: Vec<(String, Value)> = held.map(|(key, _)| (key.to_string(), json!({}))).collect();
    println!("{} messages go out with the next run", entries.len());
    journal.append_all(print::now(with), Happened::Released, entries)?;
    recover::settle_doubt(&settings.state).context("cannot end the doubt about this state")?;
    Ok(Ending::Done)
}

/// Gives new tries to what certainly did not arrive. What may have arrived is for somebody who has looked.
fn retry_all(with: &With, settings: &Settings) -> Result<Ending> {
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let tracks = outbox::tracks(journal.lines());
    let failed = tracks
        .iter()
        .filter(|(_, track)| track.standing == Standing::Refused || posting::is_exhausted(settings, track));
    let entries: Vec<(String, Value)> = failed.map(|(key, _)| (key.to_string(), json!({}))).collect();
    let goes = if entries.len() == 1 { "message goes" } else { "messages go" };
    print::say(format_args!("{} {goes} out with the next run", entries.len()))?;
    let unknown = tracks.values().filter(|track| track.standing == Standing::Unknown).count();
    if unknown > 0 {
        print::say(format_args!(
            "{} may have arrived and stays as it is; `quarterdeck outbox retry KEY` sends one again",
            picture::counted(unknown, "message", "messages")
        ))?;
    }
    journal.append_all(print::now(with), Happened::Released, entries)?;
    Ok(Ending::Done)
}

fn list(settings: &Settings, listed: OutboxListArguments) -> Result<Ending> {
    rows(settings, listed, &Journal::read(&settings.state)?).print(listed.print.format)?;
    Ok(Ending::Done)
}

fn rows(settings: &Settings, listed: OutboxListArguments, lines: &[Line]) -> Rows {
    let mut rows = Rows::of(&["key", "recipient", "subject", "standing", "attempts", "last", "reply"]);
    let tracks = outbox::tracks(lines);
    for line in lines.iter().filter(|line| line.event == Happened::Queued) {
        let Some(track) = tracks.get(&MessageKey::stored(&line.subject)) else { continue };
        let standing = posting::standing_word(settings, track);
        let is_listed = match listed.standing {
            Some(wanted) => standing == word(wanted),
            None => listed.all || track.standing != Standing::Sent,
        };
        if !is_listed {
            continue;
        }
        let text = |name: &str| line.detail.get(name).cloned().unwrap_or(Value::Null);
        rows.rows.push(vec![
            json!(line.subject),
            text("recipient"),
            text("subject"),
            json!(standing),
            json!(track.attempts),
            json!(track.at.to_rfc3339()),
            json!(track.reply),
        ]);
    }
    rows
}

fn word(standing: StandingArgument) -> &'static str {
    match standing {
        StandingArgument::Waiting => Standing::Waiting.word(),
        StandingArgument::Held => Standing::Held.word(),
        StandingArgument::Refused => Standing::Refused.word(),
        StandingArgument::GivenUp => posting::GIVEN_UP,
        StandingArgument::Unknown => Standing::Unknown.word(),
        StandingArgument::Sent => Standing::Sent.word(),
    }
}
