//! `undo`: the last deed on a finding or a deadline is taken back. The journal keeps both.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cli::arguments::{UndoArguments, With};
use crate::cli::deadlines;
use crate::cli::deeds;
use crate::cli::exit::Ending;
use crate::cli::print::{self, UsageError};
use crate::config::settings::Settings;
use crate::domain::finding::named;
use crate::pipeline::opening;
use crate::store::decided;
use crate::store::deeds::last;
use crate::store::journal::{Happened, Journal, Line};

/// Takes back the last deed that stands: everything is then as if it had not been done. What was mailed
/// meanwhile stays mailed; the next digest says that it was taken back.
///
/// # Errors
/// When nothing that people did stands.
pub fn undo(with: &With, arguments: &UndoArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let party =
        arguments.party.as_deref().map(|text| party_id(&settings, &arguments.id, text)).transpose()?;
    let deed = last(journal.lines(), &arguments.id, party.as_deref())
        .with_context(|| nothing(journal.lines(), arguments))?
        .clone();
    let mut detail = json!({
        "deed": deed.event.word(),
        "by": arguments.by,
        "reason": arguments.reason,
    });
    if let Some(party) = deed.detail.get("party") {
        detail["party"] = party.clone();
    }
    journal.append(print::now(with), Happened::Undone, &arguments.id, detail)?;
    print::say(format_args!(
        "`{}`: {} is taken back by {}",
        named(&arguments.id),
        deeds::words(&settings, &deed),
        arguments.by
    ))?;
    let before = last(journal.lines(), &arguments.id, party.as_deref());
    if let Some(before) = before {
        print::say(format_args!("before it, and so now: {}", deeds::words(&settings, before)))?;
    }
    then(&settings, &deed, journal.lines(), with)
}

/// What follows from it, and when.
fn then(settings: &Settings, deed: &Line, lines: &[Line], with: &With) -> Result<Ending> {
    match deed.event {
        Happened::Accepted | Happened::Confirmed => print::say(format_args!(
            "the next run judges the figures as they were before; `quarterdeck check` does so now"
        ))?,
        Happened::Done => {
            let today = print::day(settings, print::now(with));
            let party = deed.detail.get("party").and_then(Value::as_str).unwrap_or_default();
            for words in deadlines::stands(settings, lines, (&deed.subject, party), today) {
                print::say(format_args!("{words}"))?;
            }
        }
        _ => {}
    }
    Ok(Ending::Done)
}

/// The id of the party that is meant, as the journal has it; as typed where the deadline is there no more.
fn party_id(settings: &Settings, deadline: &str, text: &str) -> Result<String> {
    match settings.deadlines.iter().find(|one| one.id == deadline) {
        Some(of) => Ok(deadlines::party(settings, of, text)?.id()),
        None => Ok(text.to_owned()),
    }
}

fn nothing(lines: &[Line], arguments: &UndoArguments) -> UsageError {
    let id = named(&arguments.id);
    if decided::supports(lines).iter().any(|one| one.id == arguments.id) {
        return UsageError(format!(
            "`{id}` is support that was agreed; \
             `quarterdeck review {id} --by NAME --outcome WORDS` ends it"
        ));
    }
    UsageError(format!(
        "nothing that was done about `{id}` stands; `quarterdeck actions --deeds` lists what people did"
    ))
}
