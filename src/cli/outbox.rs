//! `outbox`: the messages on their way.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cli::arguments::{OutboxArguments, OutboxDeed, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::Settings;
use crate::domain::message::MessageKey;
use crate::pipeline::{opening, posting};
use crate::store::journal::{Happened, Journal, Line};
use crate::store::outbox::{self, Standing};
use crate::store::recover;

/// Lists the messages, or holds, releases or retries one.
///
/// # Errors
/// When there is no such message, or it stands where the deed makes no sense.
pub fn outbox(with: &With, arguments: &OutboxArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let (key, deed) = match &arguments.deed {
        None | Some(OutboxDeed::List) => {
            list(&Journal::read(&settings.state)?).print(arguments.print.format)?;
            return Ok(Ending::Done);
        }
        Some(OutboxDeed::Release { key: None, .. }) => return release_all(with, &settings),
        Some(OutboxDeed::Hold { key }) => (key, Happened::Held),
        Some(OutboxDeed::Release { key: Some(key), .. } | OutboxDeed::Retry { key }) => {
            (key, Happened::Released)
        }
    };
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let tracks = outbox::tracks(journal.lines());
    let track = tracks.get(&MessageKey::stored(key)).with_context(|| {
        UsageError(format!("there is no message `{key}`; `quarterdeck outbox` lists them"))
    })?;
    match (deed, track.standing) {
        (_, Standing::Sent) => {
            return Err(UsageError(format!("message `{key}` was sent; it cannot be changed")).into());
        }
        (Happened::Held, Standing::Held) => {
            return Err(UsageError(format!("message `{key}` is held already")).into());
        }
        (Happened::Released, Standing::Waiting) if !posting::is_exhausted(&settings, track) => {
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

fn list(lines: &[Line]) -> Rows {
    let mut rows = Rows::of(&["key", "recipient", "subject", "standing", "attempts", "last", "reply"]);
    let tracks = outbox::tracks(lines);
    for line in lines.iter().filter(|line| line.event == Happened::Queued) {
        let Some(track) = tracks.get(&MessageKey::stored(&line.subject)) else { continue };
        let text = |name: &str| line.detail.get(name).cloned().unwrap_or(Value::Null);
        rows.rows.push(vec![
            json!(line.subject),
            text("recipient"),
            text("subject"),
            json!(track.standing.word()),
            json!(track.attempts),
            json!(track.at.to_rfc3339()),
            json!(track.reply),
        ]);
    }
    rows
}
