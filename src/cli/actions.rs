//! `acknowledge`, `snooze`, `dismiss`: what a person does with a finding, journalled with who, when and why.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::arguments::{ActionArguments, SnoozeArguments, With};
use crate::cli::exit::Ending;
use crate::cli::findings::Kept;
use crate::cli::print;
use crate::domain::quietness;
use crate::pipeline::opening;
use crate::store::journal::{Happened, Journal};

/// Seen, someone owns it. Broken by worsening.
///
/// # Errors
/// When there is no such open finding.
pub fn acknowledge(with: &With, arguments: &ActionArguments) -> Result<Ending> {
    act(with, arguments, Happened::Acknowledged, json!({}))
}

/// Quiet until a day, at most two quarters ahead. Broken by a rise in level.
///
/// # Errors
/// When there is no such open finding, or the day is too far ahead.
pub fn snooze(with: &With, arguments: &SnoozeArguments) -> Result<Ending> {
    let limit = quietness::snooze_limit(print::now(with));
    if arguments.until > limit {
        let words =
            format!("`--until {}` is more than two quarters ahead; the last day is {limit}", arguments.until);
        return Err(print::UsageError(words).into());
    }
    act(with, &arguments.action, Happened::Snoozed, json!({ "until": arguments.until }))
}

/// Expected, for this episode. Broken by a rise in level.
///
/// # Errors
/// When there is no such open finding.
pub fn dismiss(with: &With, arguments: &ActionArguments) -> Result<Ending> {
    act(with, arguments, Happened::Dismissed, json!({}))
}

fn act(with: &With, arguments: &ActionArguments, deed: Happened, mut detail: Value) -> Result<Ending> {
    let settings = print::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let (episode, level) = {
        let kept = Kept::open(&settings, with)?;
        let finding = kept.finding(&arguments.id)?;
        if !finding.state().is_open() {
            let words = format!(
                "finding `{}` is {}; only an open finding can be quieted",
                arguments.id,
                finding.state().word()
            );
            return Err(print::UsageError(words).into());
        }
        finding.moments.last().map_or((0, 0), |(moment, _)| (moment.episode, moment.level))
    };
    if let Value::Object(detail) = &mut detail {
        detail.insert("by".to_owned(), json!(arguments.by));
        detail.insert("reason".to_owned(), json!(arguments.reason));
        detail.insert("episode".to_owned(), json!(episode));
        detail.insert("level".to_owned(), json!(level));
    }
    Journal::open(&settings.state)?.append(print::now(with), deed, &arguments.id, detail)?;
    print::say(format_args!("finding `{}`: {} by {}", arguments.id, deed.word(), arguments.by))?;
    Ok(Ending::Done)
}
