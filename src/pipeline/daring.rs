//! What a run dares: after one that died, each thing is journalled before it is done, and what several runs
//! died of is set aside.
//!
//! A run that was killed from outside says nothing against what it was doing: one death sets nothing aside.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};

/// So many careful runs in a row must die of the same thing before it is set aside.
const DEATHS_MAX: u32 = 3;

/// The things that a run can leave out; without the rest it would be no run.
const CAN_BE_LEFT_OUT: [&str; 5] = ["poll ", "read ", "ask ", "compose ", "post "];

/// How the last run ended, and what was set aside, by the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daring {
    /// The last run, when it died.
    pub death: Option<Death>,
    /// What is not tried again until someone says so: subjects of `doing` lines.
    pub aside: BTreeSet<String>,
}

/// How a run died.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// The line that says that it began.
    pub began: Line,
    /// What it was doing, in words; none when it was not a careful run.
    pub doing: Option<String>,
    /// The last thing that it journalled.
    pub last: Happened,
    /// The subject that must be set aside now: too many died of it.
    pub culprit: Option<String>,
}

/// Reads from the journal how the last run ended and what was set aside.
#[must_use]
pub fn look_back(lines: &[Line]) -> Daring {
    let mut aside = BTreeSet::new();
    let mut deaths: BTreeMap<&str, u32> = BTreeMap::new();
    let mut run: Option<Run<'_>> = None;
    for line in lines {
        match line.event {
            Happened::Began => {
                if let Some(doing) = run.as_ref().and_then(|run| run.doing) {
                    *deaths.entry(&doing.subject).or_insert(0) += 1;
                }
                run = Some(Run { began: line, doing: None, last: line.event });
            }
            Happened::Doing => {
                if let Some(run) = &mut run {
                    // What a run got past, it did not die of.
                    if let Some(done) = run.doing {
                        deaths.remove(done.subject.as_str());
                    }
                    run.doing = Some(line);
                }
            }
            Happened::Walked if line.subject.starts_with("history.") => {}
            Happened::Walked | Happened::Failed | Happened::Stopped => {
                if let Some(done) = run.take().and_then(|run| run.doing) {
                    deaths.remove(done.subject.as_str());
                }
            }
            Happened::SetAside => {
                deaths.remove(line.subject.as_str());
                aside.insert(line.subject.clone());
            }
            Happened::Released => {
                aside.remove(&line.subject);
            }
            _ => {}
        }
        if let Some(run) = &mut run {
            run.last = line.event;
        }
    }
    Daring { death: run.map(|run| run.death(&deaths)), aside }
}

struct Run<'a> {
    began: &'a Line,
    doing: Option<&'a Line>,
    last: Happened,
}

impl Run<'_> {
    fn death(self, deaths: &BTreeMap<&str, u32>) -> Death {
        let before = |line: &Line| deaths.get(line.subject.as_str()).copied().unwrap_or(0);
        let can_be_left_out =
            |line: &&Line| CAN_BE_LEFT_OUT.iter().any(|kind| line.subject.starts_with(kind));
        let culprit = self.doing.filter(can_be_left_out).filter(|line| before(line) + 1 >= DEATHS_MAX);
        Death {
            began: self.began.clone(),
            doing: self.doing.map(in_words),
            last: self.last,
            culprit: culprit.map(|line| line.subject.clone()),
        }
    }
}

/// What a `doing` line is about: its words, or its subject.
fn in_words(line: &Line) -> String {
    let words = line.detail.get("words").and_then(Value::as_str);
    words.unwrap_or(&line.subject).to_owned()
}

impl Walk<'_> {
    /// Whether the last run died: then each thing is journalled before it is done.
    #[must_use]
    pub fn is_careful(&self) -> bool {
        self.daring.death.is_some()
    }

    /// Between two steps: whether the next one may be done, which it may not when it was set aside.
    ///
    /// # Errors
    /// [`Stopped`](crate::pipeline::stopping::Stopped) when the run was told to stop.
    pub fn may_do(&self, subject: &str) -> Result<bool> {
        self.stop.check()?;
        Ok(!self.daring.aside.contains(subject))
    }

    /// Journals what a careful run is about to do; others keep no such record.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn is_doing(&mut self, subject: &str, words: &str) -> Result<()> {
        if !self.is_careful() {
            return Ok(());
        }
        Ok(self.journal.append(self.at(), Happened::Doing, subject, json!({ "words": words }))?)
    }

    /// Journals what several runs died of as set aside; how the last one died becomes a trouble.
    pub(super) fn set_aside_what_killed(&mut self) -> Result<()> {
        let Some(death) = self.daring.death.clone() else { return Ok(()) };
        if let Some(culprit) = &death.culprit {
            let detail = json!({ "words": death.doing });
            self.journal.append(self.now, Happened::SetAside, culprit, detail)?;
            self.daring.aside.insert(culprit.clone());
        }
        self.troubles.push(trouble(&death, self.settings.zone));
        Ok(())
    }

    /// What was set aside, as `--again` takes it.
    pub fn aside(&self) -> impl Iterator<Item = &str> {
        self.daring.aside.iter().map(String::as_str)
    }

    /// Journals that something which was set aside may be tried again; false when nothing like it was.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn try_again(&mut self, subject: &str) -> Result<bool> {
        let was_aside = self.daring.aside.remove(subject);
        if was_aside {
            self.journal.append(self.now, Happened::Released, subject, json!({}))?;
        }
        Ok(was_aside)
    }
}

fn trouble(death: &Death, zone: Tz) -> Trouble {
    let began = death.began.at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    let doing = match &death.doing {
        Some(doing) => format!("it was {doing}"),
        None => format!("the last it journalled was `{}`", death.last.word()),
    };
    let (what, next) = match &death.culprit {
        Some(subject) => (
            format!("it died; {doing}, as others before it, so that is set aside and not tried again"),
            format!("see the log; then `quarterdeck once --again \"{subject}\"`, or leave it aside"),
        ),
        None => (
            format!("it died; {doing}"),
            "nothing: what it had not done is done now, and each step is journalled".to_owned(),
        ),
    };
    Trouble { room: Room::Run, what, place: format!("the run that began on {began}"), next }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::{Daring, look_back};
    use crate::store::journal::{Happened, Line};

    fn after(events: &[(Happened, &str)]) -> Daring {
        let lines: Vec<Line> = (1..)
            .zip(events)
            .map(|(seq, (event, subject))| Line {
                seq,
                at: DateTime::UNIX_EPOCH,
                event: *event,
                subject: (*subject).to_owned(),
                detail: json!({}),
            })
            .collect();
        look_back(&lines)
    }

    const BEGAN: (Happened, &str) = (Happened::Began, "all");
    const READ: (Happened, &str) = (Happened::Doing, "read a");
    const NEXT: (Happened, &str) = (Happened::Doing, "read b");
    const WALKED: (Happened, &str) = (Happened::Walked, "all");

    fn culprit(events: &[(Happened, &str)]) -> Option<String> {
        after(events).death.and_then(|death| death.culprit)
    }

    #[test]
    fn a_run_that_ended_did_not_die() {
        assert_eq!(after(&[BEGAN, WALKED]), Daring::default());
        assert_eq!(after(&[BEGAN, (Happened::Stopped, "all")]), Daring::default());
        assert!(after(&[BEGAN, (Happened::Walked, "history.quarterly")]).death.is_some());
    }

    #[test]
    fn what_three_careful_runs_died_of_is_the_culprit() {
        assert_eq!(culprit(&[BEGAN, BEGAN, READ]), None);
        assert_eq!(culprit(&[BEGAN, BEGAN, READ, BEGAN, READ]), None);
        assert_eq!(culprit(&[BEGAN, BEGAN, READ, BEGAN, READ, BEGAN, READ]).as_deref(), Some("read a"));
    }

    #[test]
    fn what_a_run_got_past_is_innocent() {
        assert_eq!(culprit(&[BEGAN, READ, BEGAN, READ, BEGAN, READ, NEXT]), None);
        assert_eq!(culprit(&[BEGAN, READ, BEGAN, READ, BEGAN, READ, WALKED, BEGAN, READ]), None);
    }

    #[test]
    fn what_was_set_aside_stays_so_until_it_is_released() {
        let aside = [BEGAN, READ, (Happened::SetAside, "read a")];
        assert!(after(&aside).aside.contains("read a"));
        let released = [BEGAN, READ, (Happened::SetAside, "read a"), (Happened::Released, "read a")];
        assert!(after(&released).aside.is_empty());
    }
}
