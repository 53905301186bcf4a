//! What is looked for: which returns a source may have by now, and what we have of each.

use std::collections::HashMap;

use serde_json::Value;

use crate::collect::{Wanted, ees};
use crate::config::settings::{Collection, Reporters, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};
use crate::store::keep;

/// What a source may have: the newest quarters, and once the whole history.
pub(super) fn wanted(walk: &Walk<'_>, collection: &Collection) -> Vec<Wanted> {
    let mut list = listed(walk, collection);
    let received = latest_received(walk.journal.lines(), &collection.source);
    for it in &mut list {
        // Without the kept file, the source must send it again, changed or not.
        let kept = |line: &Line| walk.settings.state.join(keep::RECEIVED).join(&line.subject).exists();
        if let Some(line) = received.get(&subject_of(&collection.name, it)).filter(|line| kept(line)) {
            let text = |name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
            it.etag = text("etag");
            it.last_modified = text("last_modified");
        }
    }
    list
}

fn listed(walk: &Walk<'_>, collection: &Collection) -> Vec<Wanted> {
    if is_one_file(collection) {
        return vec![Wanted::default()];
    }
    let mut list = Vec::new();
    for quarter in quarters(walk, collection) {
        if collection.reporters == Reporters::Publisher {
            list.push(Wanted { quarter: Some(quarter), ..Wanted::default() });
            continue;
        }
        for it in walk.settings.authorities.iter().filter(|one| one.existed_on(quarter.last_day())) {
            list.push(Wanted {
                authority: Some(it.code.clone()),
                dfe_number: Some(it.dfe_number.clone()),
                quarter: Some(quarter),
                ..Wanted::default()
            });
        }
    }
    list
}

/// Whether a publisher has one file for every quarter, which grows.
fn is_one_file(collection: &Collection) -> bool {
    let same_address = |url: &str| collection.reporters == Reporters::Publisher && !url.contains("{quarter}");
    match &collection.source {
        Source::Ees(_) => true,
        Source::Http(source) => same_address(&source.url),
        Source::Folder(_) | Source::Hand => false,
    }
}

/// The quarters that are polled: the newest and those still open to revision; all of them the first time.
fn quarters(walk: &Walk<'_>, collection: &Collection) -> Vec<Quarter> {
    let mut ended = collection.ended_quarters(walk.today);
    if has_history(walk, collection) {
        let open = usize::try_from(collection.revision_quarters).unwrap_or(0) + 1;
        ended.drain(..ended.len().saturating_sub(open));
    }
    ended
}

pub(super) fn has_history(walk: &Walk<'_>, collection: &Collection) -> bool {
    let subject = history_subject(collection);
    walk.journal.lines().iter().any(|line| line.event == Happened::Walked && line.subject == subject)
}

pub(super) fn history_subject(collection: &Collection) -> String {
    format!("history.{}", collection.name)
}

type ReturnName = (String, Option<String>, Option<String>);

fn subject_of(collection: &str, wanted: &Wanted) -> ReturnName {
    (
        collection.to_owned(),
        wanted.authority.as_ref().map(ToString::to_string),
        wanted.quarter.map(|quarter| quarter.to_string()),
    )
}

/// The latest `received` line of each return; of a data set, the latest that came from there.
fn latest_received<'a>(lines: &'a [Line], source: &Source) -> HashMap<ReturnName, &'a Line> {
    let data_set = match source {
        Source::Ees(source) => Some(ees::origin(source)),
        Source::Http(_) | Source::Folder(_) | Source::Hand => None,
    };
    let text = |line: &Line, name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    lines
        .iter()
        .filter(|line| line.event == Happened::Received)
        .filter(|line| data_set.is_none() || text(line, "source") == data_set)
        .map(|line| {
            let name = (
                text(line, "collection").unwrap_or_default(),
                text(line, "authority"),
                text(line, "quarter"),
            );
            (name, line)
        })
        .collect()
}

/// Whether a line tells that something came for this return, taken or refused.
pub(super) fn is_about(line: &Line, collection: &str, wanted: &Wanted) -> bool {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    line.keeps_a_file()
        && text("collection") == Some(collection)
        && text("authority") == wanted.authority.as_ref().map(AuthorityCode::as_str)
        && text("quarter") == wanted.quarter.map(|quarter| quarter.to_string()).as_deref()
}

/// Whether an old quarter comes while the history is still being collected.
pub(super) fn is_history(walk: &Walk<'_>, collection: &Collection, wanted: &Wanted) -> bool {
    let newest = collection.ended_quarters(walk.today).last().copied();
    !has_history(walk, collection)
        && wanted.quarter.is_some_and(|quarter| Some(quarter) != newest)
        && collection.source.is_polled()
}
