//! What the journal remembers of findings: what people did with them, and who was told of them when.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::finding::{Action, Deed, UndoneAction, bare};
use crate::domain::quarter::Quarter;
use crate::store::deeds;
use crate::store::journal::{Happened, Line};

/// What people did with findings and did not take back, by the journal.
#[must_use]
pub fn actions(lines: &[Line]) -> Vec<Action> {
    deeds::standing(lines).into_iter().filter_map(action).collect()
}

/// What people did with findings and somebody took back, oldest first.
#[must_use]
pub fn undone(lines: &[Line]) -> Vec<UndoneAction> {
    let all = deeds::undone(lines).into_iter();
    all.filter_map(|it| {
        let (by, reason) = (it.by.to_owned(), it.reason.to_owned());
        Some(UndoneAction { action: action(it.deed)?, by, at: it.at, reason })
    })
    .collect()
}

fn action(line: &Line) -> Option<Action> {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    let deed = match line.event {
        Happened::Acknowledged => Deed::Acknowledge,
        Happened::Dismissed => Deed::Dismiss,
        Happened::Accepted => Deed::Accept { from: Quarter::parse(text("from")?).ok()? },
        Happened::Snoozed => Deed::Snooze { until: text("until")?.parse().ok()? },
        Happened::Confirmed => Deed::Confirm { quarter: Quarter::parse(text("quarter")?).ok()? },
        _ => return None,
    };
    Some(Action {
        finding: bare(&line.subject).to_owned(),
        episode: u32::try_from(line.detail.get("episode")?.as_u64()?).ok()?,
        level: line.detail.get("level").and_then(Value::as_u64).map_or(u8::MAX, as_level),
        deed,
        by: text("by")?.to_owned(),
        at: line.at,
        reason: text("reason")?.to_owned(),
    })
}

fn as_level(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// When each finding was last spelled out to a recipient, in digests whose keys begin with `stem` and that
/// were `sent`: as of when such a digest was written, not of when it left.
#[must_use]
pub fn told(
    lines: &[Line],
    sent: &BTreeSet<&str>,
    stem: &str,
    recipient: &str,
) -> BTreeMap<String, DateTime<Utc>> {
    let mut told = BTreeMap::new();
    let queued = lines.iter().filter(|line| line.event == Happened::Queued && line.subject.starts_with(stem));
    for line in queued.filter(|line| sent.contains(line.subject.as_str())) {
        if line.detail.get("recipient").and_then(Value::as_str) != Some(recipient) {
            continue;
        }
        let ids = line.detail.get("told").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        told.extend(ids.map(|id| (id.to_owned(), line.at)));
    }
    told
}

/// When each finding came with history that was loaded, and was no news to anybody.
#[must_use]
pub fn quiet(lines: &[Line]) -> BTreeMap<String, DateTime<Utc>> {
    let is_quiet = |line: &&Line| line.detail.get("quiet").and_then(Value::as_bool) == Some(true);
    let found = lines.iter().filter(|line| line.event == Happened::Found).filter(is_quiet);
    found.map(|line| (line.subject.clone(), line.at)).collect()
}
