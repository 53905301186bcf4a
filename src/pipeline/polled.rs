//! What polls came to, by the journal: what was answered of the past is not asked for again, what failed is
//! asked for last.
//!
//! The first polls of a collection ask for its whole past. Each return of it is done with on its own: when it
//! was answered, also with "not there", or when it failed on several days on which others were answered. So
//! neither a slow source nor an address that always fails keeps the past of the others open.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::collect::{Outcome, Wanted};
use crate::config::settings::Collection;
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};

/// A return of the past that failed on so many days, on which others were answered, is given up.
pub(super) const DAYS_MAX: usize = 5;

/// So many answers are journalled at once: a run that is killed asks for no more of them again.
const TOGETHER: usize = 32;

/// A return of one collection: authority and quarter.
type Name = (Option<String>, Option<String>);

fn name(wanted: &Wanted) -> Name {
    (wanted.authority.as_ref().map(ToString::to_string), wanted.quarter.map(|quarter| quarter.to_string()))
}

/// How the subject begins of the line that closes the history of a collection.
const HISTORY: &str = "history.";

/// The subject of the line that closes the history of a collection.
pub(super) fn history_subject(collection: &str) -> String {
    format!("{HISTORY}{collection}")
}

/// Whether it is the subject of such a line, and not of the end of a run.
pub(super) fn closes_a_history(subject: &str) -> bool {
    subject.starts_with(HISTORY)
}

/// Under this subject the operator has what was given up asked for again.
pub(super) fn again_subject(collection: &str) -> String {
    format!("history {collection}")
}

fn subject(collection: &str) -> String {
    format!("polled {collection}")
}

/// What the polls of one collection came to so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Polled {
    is_closed: bool,
    answered: BTreeSet<Name>,
    failed: BTreeMap<Name, BTreeSet<NaiveDate>>,
    failed_last: BTreeSet<Name>,
    stopped_at: Option<Name>,
}

impl Polled {
    /// Reads it from the journal's lines.
    pub(super) fn of(lines: &[Line], collection: &str, zone: Tz) -> Self {
        let (history, again) = (history_subject(collection), again_subject(collection));
        let subject = subject(collection);
        let mut so_far = Self::default();
        for line in lines {
            match line.event {
                Happened::Walked if line.subject == history => so_far.is_closed = true,
                Happened::Released if line.subject == again => {
                    so_far.is_closed = false;
                    so_far.failed.clear();
                }
                Happened::Noted if line.subject == subject => so_far.see(line, zone),
                _ => {}
            }
        }
        so_far
    }

    fn see(&mut self, line: &Line, zone: Tz) {
        self.answered.extend(names(line, "answered"));
        if line.detail.get("failed").is_none() {
            return;
        }
        self.failed_last = names(line, "failed").collect();
        self.stopped_at = names(line, "next").next();
        // Where nothing is answered at all, the source is down, and no address is at fault.
        if line.detail.get("answers").and_then(Value::as_bool) == Some(true) {
            let day = line.at.with_timezone(&zone).date_naive();
            for one in &self.failed_last {
                self.failed.entry(one.clone()).or_default().insert(day);
            }
        }
    }

    /// Whether the past of the whole collection is done with.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether a return was asked for in an earlier poll.
    pub(super) fn knows(&self, wanted: &Wanted) -> bool {
        let name = name(wanted);
        self.knows_answer(&name) || self.failed.contains_key(&name)
    }

    /// Whether a return of the past need not be asked for any more.
    pub(super) fn is_done_with(&self, wanted: &Wanted) -> bool {
        let name = name(wanted);
        self.answered.contains(&name) || self.is_given_up(&name)
    }

    fn knows_answer(&self, name: &Name) -> bool {
        self.is_closed || self.answered.contains(name)
    }

    fn is_given_up(&self, name: &Name) -> bool {
        self.failed.get(name).is_some_and(|days| days.len() >= DAYS_MAX)
    }

    /// Whether any return was given up since the operator said so last.
    pub(super) fn has_given_up(&self) -> bool {
        self.failed.keys().any(|name| self.is_given_up(name))
    }

    /// Whether a return failed in the last poll.
    pub(super) fn failed_last(&self, wanted: &Wanted) -> bool {
        self.failed_last.contains(&name(wanted))
    }

    /// Whether the last poll would have asked for this return next.
    pub(super) fn stopped_at(&self, wanted: &Wanted) -> bool {
        self.stopped_at.as_ref() == Some(&name(wanted))
    }
}

/// The returns that a line names, quarter by quarter.
fn names<'a>(line: &'a Line, member: &str) -> impl Iterator<Item = Name> + use<'a> {
    let quarters = line.detail.get(member).and_then(Value::as_object).into_iter().flatten();
    quarters.flat_map(|(quarter, authorities)| {
        let quarter = Some(quarter.clone()).filter(|quarter| !quarter.is_empty());
        let authorities = authorities.as_array().into_iter().flatten();
        authorities.map(move |one| (one.as_str().map(str::to_owned), quarter.clone()))
    })
}

/// As a line holds them: few bytes, whoever has a hundred quarters.
fn written<'a>(names: impl IntoIterator<Item = &'a Name>) -> Value {
    let mut quarters: BTreeMap<String, Vec<&Option<String>>> = BTreeMap::new();
    for (authority, quarter) in names {
        quarters.entry(quarter.clone().unwrap_or_default()).or_default().push(authority);
    }
    json!(quarters)
}

/// Journals that the past of a collection is done with, once.
///
/// # Errors
/// When the journal cannot be written.
pub(super) fn close(walk: &mut Walk<'_>, collection: &str) -> Result<()> {
    if Polled::of(walk.journal.lines(), collection, walk.settings.zone).is_closed() {
        return Ok(());
    }
    Ok(walk.journal.append(walk.now, Happened::Walked, &history_subject(collection), json!({}))?)
}

/// What one answer says of the address that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It answers for its return, be it that nothing is there.
    Answered,
    /// It does not, or not with a return.
    Failed,
    /// It was not asked.
    Untried,
}

impl Seen {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Received(_) | Outcome::Unchanged | Outcome::NotThere => Self::Answered,
            Outcome::Refused { .. } | Outcome::Failed { .. } => Self::Failed,
            Outcome::Untried { .. } | Outcome::Barred { .. } => Self::Untried,
        }
    }
}

/// One poll of a collection, while its answers come.
#[derive(Debug)]
pub(super) struct Poll {
    collection: String,
    before: Polled,
    wanted: Vec<Wanted>,
    left: BTreeSet<Name>,
    fresh: Vec<Name>,
    failed: BTreeSet<Name>,
    has_answers: bool,
}

impl Poll {
    /// Before the first question.
    pub(super) fn begin(walk: &Walk<'_>, collection: &Collection, wanted: Vec<Wanted>) -> Self {
        Self {
            collection: collection.name.clone(),
            before: Polled::of(walk.journal.lines(), &collection.name, walk.settings.zone),
            left: wanted.iter().map(name).collect(),
            wanted,
            fresh: Vec::new(),
            failed: BTreeSet::new(),
            has_answers: false,
        }
    }

    /// What is asked for.
    pub(super) fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// What was not asked for yet.
    pub(super) fn left(&self) -> Vec<Wanted> {
        self.wanted.iter().filter(|one| self.left.contains(&name(one))).cloned().collect()
    }

    /// An answer came, and what it brought is kept.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) fn see(&mut self, walk: &mut Walk<'_>, wanted: &Wanted, seen: Seen) -> Result<()> {
        let name = name(wanted);
        if seen == Seen::Untried {
            return Ok(());
        }
        self.left.remove(&name);
        if seen == Seen::Failed {
            self.failed.insert(name);
            return Ok(());
        }
        self.has_answers = true;
        if !self.before.knows_answer(&name) {
            self.fresh.push(name);
        }
        if self.fresh.len() < TOGETHER {
            return Ok(());
        }
        let answered = json!({ "answered": written(&self.fresh) });
        self.fresh.clear();
        Ok(walk.journal.append(walk.now, Happened::Noted, &subject(&self.collection), answered)?)
    }

    /// Journals what the poll came to, and closes the history when nothing of the past is left. Gives the
    /// returns that were given up by it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) fn end(mut self, walk: &mut Walk<'_>) -> Result<Vec<Wanted>> {
        let is_open = !self.before.is_closed;
        if is_open && self.failed.is_empty() && self.left.is_empty() {
            close(walk, &self.collection)?;
            return Ok(Vec::new());
        }
        let next = self.wanted.iter().map(name).find(|one| self.left.contains(one));
        let is_another = self.failed != self.before.failed_last || next != self.before.stopped_at;
        let counts = is_open && self.has_answers;
        if is_another || counts {
            let detail = json!({
                "answered": written(&self.fresh),
                "failed": written(&self.failed),
                "next": written(&next),
                "answers": self.has_answers,
            });
            self.fresh.clear();
            walk.journal.append(walk.now, Happened::Noted, &subject(&self.collection), detail)?;
        }
        if !is_open {
            return Ok(Vec::new());
        }
        let now = Polled::of(walk.journal.lines(), &self.collection, walk.settings.zone);
        if self.wanted.iter().all(|one| now.is_done_with(one)) {
            close(walk, &self.collection)?;
        }
        let given_up = |one: &&Wanted| now.is_given_up(&name(one)) && !self.before.is_given_up(&name(one));
        Ok(self.wanted.iter().filter(given_up).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use chrono_tz::Europe::London;
    use serde_json::{Value, json};

    use super::Polled;
    use crate::collect::Wanted;
    use crate::domain::authority::AuthorityCode;
    use crate::domain::quarter::Quarter;
    use crate::store::journal::{Happened, Line};

    fn of(code: &str, year: i32) -> Wanted {
        Wanted {
            authority: AuthorityCode::parse(code).ok(),
            quarter: Quarter::of(year, 1),
            ..Wanted::default()
        }
    }

    fn line(day: u32, event: Happened, subject: &str, detail: Value) -> Line {
        let at = format!("2017-11-{day:02}T08:00:00Z").parse::<DateTime<chrono::Utc>>().unwrap();
        Line { seq: u64::from(day), at, event, subject: subject.to_owned(), detail }
    }

    fn failed(day: u32, answers: bool) -> Line {
        let detail = json!({
            "answered": { "2015-16 Q1": ["E06000022"] },
            "failed": { "2015-16 Q1": ["E06000023"] },
            "next": { "2014-15 Q1": ["E06000024"] },
            "answers": answers,
        });
        line(day, Happened::Noted, "polled quarterly", detail)
    }

    fn polled(lines: &[Line]) -> Polled {
        Polled::of(lines, "quarterly", London)
    }

    #[test]
    fn each_return_is_done_with_on_its_own() {
        let so_far = polled(&[failed(1, true)]);
        let (answered, failing, untried) =
            (of("E06000022", 2015), of("E06000023", 2015), of("E06000024", 2014));
        assert!(so_far.is_done_with(&answered) && so_far.knows(&answered));
        assert!(!so_far.is_done_with(&failing) && so_far.knows(&failing) && so_far.failed_last(&failing));
        assert!(!so_far.is_done_with(&untried) && !so_far.knows(&untried) && so_far.stopped_at(&untried));
    }

    #[test]
    fn only_days_on_which_others_were_answered_count_against_an_address() {
        let failing = of("E06000023", 2015);
        let days = |answers: bool, days: std::ops::RangeInclusive<u32>| {
            polled(&days.map(|day| failed(day, answers)).collect::<Vec<_>>())
        };
        assert!(!days(true, 1..=4).is_done_with(&failing));
        assert!(days(true, 1..=5).is_done_with(&failing));
        assert!(!days(false, 1..=28).is_done_with(&failing));
        let in_one_day: Vec<Line> = (0..9).map(|_| failed(1, true)).collect();
        assert!(!polled(&in_one_day).is_done_with(&failing));
    }

    #[test]
    fn what_was_given_up_is_asked_for_again_when_the_operator_says_so() {
        let mut lines: Vec<Line> = (1..=5).map(|day| failed(day, true)).collect();
        lines.push(line(6, Happened::Walked, "history.quarterly", json!({})));
        assert!(polled(&lines).is_closed() && polled(&lines).has_given_up());
        lines.push(line(7, Happened::Released, "history quarterly", json!({})));
        let so_far = polled(&lines);
        assert!(!so_far.is_closed() && !so_far.has_given_up());
        assert!(so_far.is_done_with(&of("E06000022", 2015)), "what was answered was answered");
    }

    #[test]
    fn answers_that_are_told_in_between_leave_the_last_poll_as_it_was() {
        let between = json!({ "answered": { "2014-15 Q1": ["E06000024", null] } });
        let so_far = polled(&[failed(1, true), line(2, Happened::Noted, "polled quarterly", between)]);
        assert!(so_far.is_done_with(&of("E06000024", 2014)) && so_far.failed_last(&of("E06000023", 2015)));
        assert!(so_far.is_done_with(&Wanted { quarter: Quarter::of(2014, 1), ..Wanted::default() }));
    }
}
