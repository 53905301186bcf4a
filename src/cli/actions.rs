//! `acknowledge`, `snooze`, `dismiss`, `confirm`, `accept`: what a person does with a finding, with who, when
//! and why.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::arguments::{AcceptArguments, ActionArguments, SnoozeArguments, With};
use crate::cli::exit::Ending;
use crate::cli::explain::is_confirmable;
use crate::cli::findings::Kept;
use crate::cli::in_force;
use crate::cli::print;
use crate::cli::support::of_finding;
use crate::domain::check::Means;
use crate::domain::finding::named;
use crate::domain::quietness;
use crate::pipeline::opening;
use crate::pipeline::regional::is_regional;
use crate::store::findings::Finding;
use crate::store::grid;
use crate::store::journal::{Happened, Journal};

/// Figures since the change without which there is no new normal (`statistics.md` 4).
const ACCEPT_FIGURES_MIN: u32 = 8;

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
    let now = print::now(with);
    let limit = quietness::snooze_limit(now);
    let after = arguments.quarters.map_or(limit, |quarters| quietness::quarters_ahead(now, quarters));
    let until = arguments.until.unwrap_or(after);
    if until > limit {
        let words = format!("`--until {until}` is more than two quarters ahead; the last day is {limit}");
        return Err(print::UsageError(words).into());
    }
    act(with, &arguments.action, Happened::Snoozed, json!({ "until": until }))
}

/// Expected, for this episode. Broken by a rise in level.
///
/// # Errors
/// When there is no such open finding.
pub fn dismiss(with: &With, arguments: &ActionArguments) -> Result<Ending> {
    act(with, arguments, Happened::Dismissed, json!({}))
}

/// The figure that a finding doubts is right. Undone by another figure in its place, and by nothing else.
///
/// # Errors
/// When there is no such finding, it doubts no figure, the figure cannot be right, or somebody confirmed it.
pub fn confirm(with: &With, arguments: &ActionArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let refused = |words: &str| -> Result<Value> {
        Err(print::UsageError(format!("finding `{}` {words}", named(&arguments.id))).into())
    };
    let mut detail = {
        let kept = Kept::open(&settings, with)?;
        let finding = kept.finding(&arguments.id)?;
        match (kept.checks.get(&finding.key.check), &finding.confirmed) {
            (_, Some(it)) => refused(&format!("was confirmed by {}: {}", it.by, it.reason)),
            (Some(check), None) if check.means == Means::FigureImpossible => {
                refused("says what cannot be right; only a corrected return ends it")
            }
            (Some(check), None) if is_confirmable(check, finding) => Ok(of_figure(finding)),
            _ => refused("doubts no figure; `acknowledge`, `dismiss` or `accept` are for what a figure says"),
        }?
    };
    detail["by"] = json!(arguments.by);
    detail["reason"] = json!(arguments.reason);
    Journal::open(&settings.state)?.append(print::now(with), Happened::Confirmed, &arguments.id, detail)?;
    print::say(format_args!(
        "finding `{}`: confirmed by {}; the next run judges the figure, `quarterdeck check` does so now",
        named(&arguments.id),
        arguments.by
    ))?;
    Ok(Ending::Done)
}

/// The figure that a finding speaks of, as it stands.
fn of_figure(finding: &Finding) -> Value {
    let mut detail = of_finding(&finding.key);
    detail["quarter"] = json!(finding.fired_in.to_string());
    for name in ["numerator", "denominator", "value"] {
        detail[name] = finding.detail.get(name).cloned().unwrap_or(Value::Null);
    }
    let (episode, level) = finding.moments.last().map_or((0, 0), |(it, _)| (it.episode, it.level));
    (detail["episode"], detail["level"]) = (json!(episode), json!(level));
    detail
}

/// The new normal: the chart of its figure begins anew from a quarter. The daemon never does so by itself.
///
/// # Errors
/// When there is no such open finding, it has no figure, or fewer than `ACCEPT_FIGURES_MIN` stand since.
pub fn accept(with: &With, arguments: &AcceptArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let from = print::quarter(&arguments.from)?;
    let (id, name) = (&arguments.action.id, named(&arguments.action.id));
    let detail = {
        let kept = Kept::open(&settings, with)?;
        let finding = kept.finding(id)?;
        if is_regional(&settings, finding) {
            let next = "write a `[[rebase]]` without an authority into quarterdeck.toml";
            return Err(
                print::UsageError(format!("finding `{name}` is about the whole region; {next}")).into()
            );
        }
        let key = &finding.key;
        let Some(indicator) = &key.indicator else {
            let words = format!("finding `{name}` is about a whole return; only a figure has a usual level");
            return Err(print::UsageError(words).into());
        };
        let connection = kept.store.connection();
        let figures =
            grid::figures_since(connection, &key.collection, &key.authority, indicator.as_str(), from)?;
        if figures < ACCEPT_FIGURES_MIN {
            let words = format!("only {figures} figures stand since {from}; a new normal takes at least");
            return Err(print::UsageError(format!("{words} {ACCEPT_FIGURES_MIN}")).into());
        }
        let mut detail = of_finding(key);
        detail["from"] = json!(from.to_string());
        detail
    };
    act(with, &arguments.action, Happened::Accepted, detail)?;
    print::say(format_args!(
        "the next run draws its chart anew from {from}; `quarterdeck check` does so now"
    ))?;
    Ok(Ending::Done)
}

fn act(with: &With, arguments: &ActionArguments, deed: Happened, mut detail: Value) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let (episode, level) = {
        let kept = Kept::open(&settings, with)?;
        let finding = kept.finding(&arguments.id)?;
        if !finding.state().is_open() {
            let words = format!(
                "finding `{}` is {}; only an open finding can be quieted",
                named(&arguments.id),
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
    print::say(format_args!("finding `{}`: {} by {}", named(&arguments.id), deed.word(), arguments.by))?;
    Ok(Ending::Done)
}
