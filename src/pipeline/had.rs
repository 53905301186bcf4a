//! What we have of each return, and what its source is asked to compare it with.
//!
//! A source is believed that says that nothing changed. But where a file's time stands still, as with one
//! that was copied with its old time, it says so of a changed one as well. So now and then the file is asked
//! for without conditions.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::collect::{Outcome, Wanted, ees};
use crate::config::settings::Source;
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};
use crate::store::keep;

/// So long after a file came whole it is asked for without conditions. A week: what changed unseen is in the
/// next weekly digest, and a region's open returns are a few megabytes more a week.
const WHOLE_AFTER: TimeDelta = TimeDelta::days(7);

/// A return of one collection: authority and quarter.
type Name = (Option<String>, Option<String>);

fn name(wanted: &Wanted) -> Name {
    (wanted.authority.as_ref().map(ToString::to_string), wanted.quarter.map(|quarter| quarter.to_string()))
}

fn subject(collection: &str) -> String {
    format!("came whole {collection}")
}

/// What we have of one return.
struct Had {
    hash: String,
    etag: Option<String>,
    last_modified: Option<String>,
    whole_at: DateTime<Utc>,
}

impl Had {
    fn of(line: &Line, detail: &Value, hash: &str) -> Self {
        let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            hash: hash.to_owned(),
            etag: text("etag"),
            last_modified: text("last_modified"),
            whole_at: line.at,
        }
    }
}

/// Writes into `list` what we have of each, where its file is kept: by the latest `received` line that was
/// not `refused`, of a data set by the latest from there; and by what came of it since that was the same.
pub(super) fn fill(
    walk: &Walk<'_>,
    (collection, source): (&str, &Source),
    refused: &BTreeSet<u64>,
    list: &mut [Wanted],
) {
    let mut all = had(walk.journal.lines(), collection, source, refused);
    for it in list {
        let Some(had) = all.remove(&name(it)) else { continue };
        // Without the kept file, the source must send it again, changed or not.
        if !walk.settings.state.join(keep::RECEIVED).join(&had.hash).exists() {
            continue;
        }
        it.had = Some(had.hash);
        // The version of a data set, and the stamp of a dropped file, are not for their source to compare.
        let is_stale = matches!(source, Source::Http(_)) && walk.now - had.whole_at >= WHOLE_AFTER;
        if !is_stale {
            (it.etag, it.last_modified) = (had.etag, had.last_modified);
        }
    }
}

fn had(lines: &[Line], collection: &str, source: &Source, refused: &BTreeSet<u64>) -> HashMap<Name, Had> {
    let data_set = match source {
        Source::Ees(source) => Some(ees::origin(source)),
        Source::Http(_) | Source::Folder(_) | Source::Hand => None,
    };
    let subject = subject(collection);
    let mut all: HashMap<Name, Had> = HashMap::new();
    for line in lines {
        let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
        match line.event {
            Happened::Received
                if text("collection") == Some(collection)
                    && !refused.contains(&line.seq)
                    && (data_set.is_none() || text("source") == data_set.as_deref()) =>
            {
                all.insert(named(&line.detail), Had::of(line, &line.detail, &line.subject));
            }
            Happened::Noted if line.subject == subject => {
                for one in line.detail.get("files").and_then(Value::as_array).into_iter().flatten() {
                    let hash = one.get("hash").and_then(Value::as_str).unwrap_or_default();
                    if let Some(had) = all.get_mut(&named(one)).filter(|had| had.hash == hash) {
                        *had = Had::of(line, one, hash);
                    }
                }
            }
            _ => {}
        }
    }
    all
}

fn named(detail: &Value) -> Name {
    let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    (text("authority"), text("quarter"))
}

/// The files that came whole in one poll, were those that we have, and can be asked about anew.
#[derive(Debug, Default)]
pub(super) struct CameWhole(Vec<Value>);

impl CameWhole {
    /// One answer came.
    pub(super) fn see(&mut self, wanted: &Wanted, outcome: &Outcome) {
        let (Outcome::Received(file), Some(had)) = (outcome, &wanted.had) else { return };
        let can_be_asked = file.etag.is_some() || file.last_modified.is_some();
        let is_new = (&file.etag, &file.last_modified) != (&wanted.etag, &wanted.last_modified);
        if !can_be_asked || !is_new || keep::hash(&file.bytes) != *had {
            return;
        }
        let (authority, quarter) = name(wanted);
        self.0.push(json!({
            "authority": authority,
            "quarter": quarter,
            "hash": had,
            "etag": file.etag,
            "last_modified": file.last_modified,
        }));
    }

    /// Journals them.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) fn keep(self, walk: &mut Walk<'_>, collection: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let detail = json!({ "files": self.0 });
        Ok(walk.journal.append(walk.now, Happened::Noted, &subject(collection), detail)?)
    }
}
