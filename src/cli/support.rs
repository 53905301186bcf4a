//! `support`, `review`, `actions`: what was agreed for a finding, who helps, and what came of it.

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::cli::arguments::{Format, ReviewArguments, SupportArguments, SupportsArguments, With};
use crate::cli::deeds;
use crate::cli::exit::Ending;
use crate::cli::findings::Kept;
use crate::cli::in_force;
use crate::cli::print::{self, Rows};
use crate::cli::typed::spelled;
use crate::config::settings::Settings;
use crate::domain::finding::{FindingKey, named};
use crate::domain::indicator::IndicatorId;
use crate::domain::support::Support;
use crate::pipeline::{facts, opening, supporting};
use crate::store::journal::{Happened, Journal};

/// Records what was agreed for a finding: what, who, which authority supports, when it is looked at again.
///
/// # Errors
/// When there is no such open finding, the day is past, or the authority supports itself or is unknown.
pub fn support(with: &With, arguments: &SupportArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let (key, quarter, earlier) = {
        let kept = Kept::open(&settings, with)?;
        let finding = kept.finding(&arguments.id)?;
        if !finding.state().is_open() {
            let words = format!("finding `{}` is {}", named(&arguments.id), finding.state().word());
            return Err(usage(format!("{words}; support is agreed for an open finding")));
        }
        let earlier = kept.supports.iter().filter(|one| one.finding == arguments.id).count();
        (finding.key.clone(), finding.fired_in, earlier)
    };
    not_past(&settings, with, "--review", arguments.review)?;
    let from = arguments.from.as_deref().map(|text| print::authority(&settings, text)).transpose()?;
    if from.is_some_and(|from| from.code == key.authority) {
        let words = "is the authority of the finding; leave `--from` out when nobody else supports";
        return Err(usage(format!("`{}` {words}", arguments.from.as_deref().unwrap_or_default())));
    }
    let id = Support::id_of(&arguments.id, earlier);
    let mut detail = of_finding(&key);
    detail["quarter"] = json!(quarter.to_string());
    detail["what"] = json!(arguments.what);
    detail["by"] = json!(arguments.by);
    detail["from"] = json!(from.map(|from| from.code.as_str()));
    detail["review"] = json!(arguments.review);
    Journal::open(&settings.state)?.append(print::now(with), Happened::Supported, &id, detail)?;
    print::say(format_args!("action `{}`: to be reviewed by {}", named(&id), spelled(arguments.review)))?;
    let people = supporting::both_sides(&settings, &key, from.map(|from| &from.code));
    let sides = std::iter::once(&key.authority).chain(from.map(|from| &from.code));
    for code in sides.filter(|code| **code != settings.region.code) {
        let own = people.iter().filter(|one| one.owns(code));
        let names: Vec<String> = own.map(|one| format!("{} ({})", one.name, one.role.word())).collect();
        let told = match names.as_slice() {
            [] => "nobody: recipients.toml has no lead or director of theirs".to_owned(),
            names => names.join(", "),
        };
        let whose = facts::named(&settings, code).name;
        print::say(format_args!("told by mail in the next run, {whose}: {told}"))?;
    }
    Ok(Ending::Done)
}

/// Records a review of what was agreed: it ends there, or is looked at again on another day.
///
/// # Errors
/// When there is no such action, it has ended, or the next day is past.
pub fn review(with: &With, arguments: &ReviewArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let _lock = opening::lock(&settings.state)?;
    let kept = Kept::open(&settings, with)?;
    let of = kept.supports.iter().find(|one| one.id == arguments.id).with_context(|| {
        let words =
            format!("there is no action `{}`; `quarterdeck actions --all` lists them", named(&arguments.id));
        print::UsageError(words)
    })?;
    if let Some(ended) = of.ended() {
        let words = format!("action `{}` ended on {}", named(&of.id), print::day(&settings, ended.at));
        return Err(usage(format!(
            "{words}; `quarterdeck support {} --what WORDS --by NAME --review DATE` agrees new one",
            named(&of.finding)
        )));
    }
    if let Some(again) = arguments.again {
        not_past(&settings, with, "--again", again)?;
    }
    let detail = json!({ "by": arguments.by, "outcome": arguments.outcome, "again": arguments.again });
    let id = of.id.clone();
    drop(kept);
    Journal::open(&settings.state)?.append(print::now(with), Happened::Reviewed, &id, detail)?;
    let then = arguments
        .again
        .map_or("it has ended".to_owned(), |day| format!("to be reviewed by {}", spelled(day)));
    print::say(format_args!("action `{}`: reviewed by {}; {then}", named(&id), arguments.by))?;
    Ok(Ending::Done)
}

/// Prints the support that was agreed, the next review first.
///
/// # Errors
/// When the state cannot be read.
pub fn actions(with: &With, arguments: &SupportsArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let kept = Kept::open(&settings, with)?;
    if arguments.deeds {
        deeds::rows(&settings, &kept, &kept.lines).print(arguments.print.format)?;
        return Ok(Ending::Done);
    }
    let mut wanted: Vec<&Support> =
        kept.supports.iter().filter(|one| arguments.all || one.ended().is_none()).collect();
    wanted.sort_by_key(|one| (one.next_review().is_none(), one.next_review(), one.id.clone()));
    let columns = ["action", "review", "authority", "indicator", "what", "by", "from", "finding", "outcome"];
    let mut rows = Rows::of(&columns);
    for it in wanted {
        let state = kept.findings.iter().find(|one| one.key == it.key).map(|one| one.state().word());
        rows.rows.push(vec![
            json!(named(&it.id)),
            json!(it.next_review()),
            json!(facts::named(&settings, &it.key.authority).name),
            indicator(&settings, it.key.indicator.as_ref(), arguments.print.format),
            json!(it.what),
            json!(it.by),
            json!(it.from.as_ref().map(|code| facts::named(&settings, code).name)),
            json!(state),
            json!(it.reviews.last().map(|last| last.outcome.clone())),
        ]);
    }
    rows.print(arguments.print.format)?;
    Ok(Ending::Done)
}

/// An indicator by its name for people, and by its id for programs.
#[must_use]
pub fn indicator(settings: &Settings, id: Option<&IndicatorId>, format: Format) -> Value {
    let name = |id| facts::indicator(settings, id).map(|of| of.name.clone());
    match format {
        Format::Table => json!(id.map(|id| name(id).unwrap_or_else(|| id.to_string()))),
        Format::Json | Format::Csv => json!(id.map(IndicatorId::as_str)),
    }
}

/// A finding as a journal line names it.
pub fn of_finding(key: &FindingKey) -> Value {
    json!({
        "check": key.check,
        "collection": key.collection,
        "authority": key.authority.as_str(),
        "indicator": key.indicator.as_ref().map(IndicatorId::as_str),
    })
}

fn not_past(settings: &Settings, with: &With, name: &str, day: NaiveDate) -> Result<()> {
    let today = print::day(settings, print::now(with));
    if day < today {
        return Err(usage(format!("`{name}`: {} is past; today is {}", spelled(day), spelled(today))));
    }
    Ok(())
}

fn usage(words: String) -> anyhow::Error {
    print::UsageError(words).into()
}
