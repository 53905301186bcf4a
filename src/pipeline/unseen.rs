//! What a walk could not look at: whether it is there is not known, so nobody is told that it is missing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::collect::Wanted;
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::loading::arrival;
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};
use crate::store::returns::Arrival;

/// The subject of the lines that say what was unseen after a poll.
const SUBJECT: &str = "unseen";

/// A return, in words: collection, authority, quarter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Name(String, String, String);

impl Name {
    fn of(collection: &str, authority: Option<&AuthorityCode>, quarter: Option<Quarter>) -> Self {
        let text = |text: Option<String>| text.unwrap_or_default();
        let (authority, quarter) = (authority.map(ToString::to_string), quarter.map(|it| it.to_string()));
        Self(collection.to_owned(), text(authority), text(quarter))
    }
}

/// Returns of which the last poll did not learn whether they are there; and those in whose place came what
/// cannot be one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    hidden: BTreeSet<Name>,
    wrong: BTreeMap<Name, String>,
}

impl Unseen {
    /// Whether this return is there is not known.
    pub fn add(&mut self, collection: &str, wanted: &Wanted) {
        self.hidden.insert(Name::of(collection, wanted.authority.as_ref(), wanted.quarter));
    }

    /// Whoever sends this return put there what cannot be one.
    pub fn add_wrong(&mut self, collection: &str, wanted: &Wanted, reason: &str) {
        let name = Name::of(collection, wanted.authority.as_ref(), wanted.quarter);
        self.wrong.insert(name, reason.to_owned());
    }

    /// It came, and could not be read.
    pub fn add_arrival(&mut self, it: &Arrival) {
        self.hidden.insert(Name::of(&it.collection, it.authority.as_ref(), it.quarter));
    }

    /// Whether a return could not be looked at.
    #[must_use]
    pub fn has(&self, collection: &str, authority: &AuthorityCode, quarter: Quarter) -> bool {
        self.hidden.contains(&Name::of(collection, Some(authority), Some(quarter)))
    }

    /// Why what lies in the place of a return cannot be one.
    #[must_use]
    pub fn wrong(&self, collection: &str, authority: &AuthorityCode, quarter: Quarter) -> Option<&str> {
        self.wrong.get(&Name::of(collection, Some(authority), Some(quarter))).map(String::as_str)
    }

    /// What the last poll left unseen, by the journal: for a walk that polls nothing.
    #[must_use]
    pub fn last(lines: &[Line]) -> Self {
        let is_it = |line: &&Line| line.event == Happened::Noted && line.subject == SUBJECT;
        let Some(line) = lines.iter().rev().find(is_it) else { return Self::default() };
        let part = |name: &str| line.detail.get(name).cloned().unwrap_or_default();
        Self {
            hidden: serde_json::from_value(part("hidden")).unwrap_or_default(),
            wrong: serde_json::from_value::<Vec<_>>(part("wrong")).unwrap_or_default().into_iter().collect(),
        }
    }

    /// Journals what this poll left unseen, when it is another than the last time.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn keep(&self, walk: &mut Walk<'_>) -> Result<()> {
        if *self == Self::last(walk.journal.lines()) {
            return Ok(());
        }
        let wrong: Vec<_> = self.wrong.iter().collect();
        let detail = json!({ "hidden": self.hidden, "wrong": wrong });
        Ok(walk.journal.append(walk.now, Happened::Noted, SUBJECT, detail)?)
    }

    /// Adds the returns that came and could not be read through a fault of ours: runs died of their files.
    pub fn add_unread(&mut self, walk: &Walk<'_>) {
        let latest: BTreeMap<Name, String> = walk
            .journal
            .lines()
            .iter()
            .filter_map(arrival)
            .map(|it| (Name::of(&it.collection, it.authority.as_ref(), it.quarter), it.hash))
            .collect();
        let is_aside = |hash: &String| walk.aside().any(|one| one == format!("read {hash}"));
        self.hidden.extend(latest.into_iter().filter(|(_, hash)| is_aside(hash)).map(|(name, _)| name));
    }
}
