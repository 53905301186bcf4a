//! The runs that the journal tells of: when each began, how it ended, and what it did last.

use chrono::{DateTime, Utc};

use crate::store::journal::{Happened, Line};

const HASH_CHARS: usize = 12;

/// How a run ended, by the journal alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its end.
    Done,
    /// It was taken back, for this reason.
    Failed(String),
    /// It was told to stop and gave back what it had not done.
    Stopped,
    /// Another run began before it ended: it died.
    Died,
    /// The last run, without an end: under way when the state is in use, else it died.
    Open,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The instant it was done for.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// The step it did, `all`, or what a person did to the returns, such as `receive`.
    pub step: String,
    /// What it journalled last, in words, without an address or a figure.
    pub last: String,
}

impl Run {
    /// Whether everything that was due was done.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.outcome == Outcome::Done && self.step == "all"
    }
}

/// The runs of a journal, oldest first.
#[must_use]
pub fn runs(lines: &[Line]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for line in lines {
        if line.event == Happened::Began {
            if let Some(before) = runs.last_mut().filter(|run| run.outcome == Outcome::Open) {
                before.outcome = Outcome::Died;
            }
            let (step, last) = (line.subject.clone(), "it began".to_owned());
            runs.push(Run { at: line.at, outcome: Outcome::Open, step, last });
        } else if let Some(run) = runs.last_mut().filter(|run| run.outcome == Outcome::Open) {
            follow(run, line);
        }
    }
    runs
}

fn follow(run: &mut Run, line: &Line) {
    match line.event {
        // That a collection has a history is not the end of a run.
        Happened::Walked if line.subject.starts_with("history.") => {}
        Happened::Walked => {
            run.outcome = Outcome::Done;
            run.step.clone_from(&line.subject);
        }
        Happened::Failed => {
            let why = line.detail.get("why").and_then(|why| why.as_str()).unwrap_or("it was not said why");
            run.outcome = Outcome::Failed(why.to_owned());
        }
        Happened::Stopped => run.outcome = Outcome::Stopped,
        _ => run.last = words(line),
    }
}

/// A line of the journal in words.
#[must_use]
pub fn words(line: &Line) -> String {
    let subject = short(&line.subject);
    let said = line.detail.get("words").and_then(|words| words.as_str());
    match line.event {
        Happened::Doing => format!("it was about to {}", said.unwrap_or(&subject)),
        Happened::Received => format!("a file was received: {subject}"),
        Happened::TurnedAway => format!("a file was refused on arrival: {subject}"),
        Happened::Sending => format!("a message was being sent: {subject}"),
        Happened::Found => "findings were kept".to_owned(),
        event => format!("{}: {subject}", event.word()),
    }
}

/// Hashes are cut: a dozen characters find the file.
#[must_use]
pub fn short(subject: &str) -> String {
    let cut = |word: &str| {
        let is_hash = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { word.chars().take(HASH_CHARS).collect() } else { word.to_owned() }
    };
    subject.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use serde_json::json;

    use super::{Outcome, runs};
    use crate::store::journal::{Happened, Line};

    fn journal(events: &[(Happened, &str)]) -> Vec<Line> {
        let line = |(number, (event, subject)): (usize, &(Happened, &str))| Line {
            seq: number as u64 + 1,
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(number).unwrap()),
            event: *event,
            subject: (*subject).to_owned(),
            detail: json!({ "why": "the disk is full" }),
        };
        events.iter().enumerate().map(line).collect()
    }

    #[test]
    fn a_run_ends_done_failed_stopped_or_by_dying() {
        let hash = "0123456789abcdef".repeat(4);
        let read = format!("read {hash}");
        let lines = journal(&[
            (Happened::Began, "all"),
            (Happened::Walked, "history.quarterly"),
            (Happened::Received, &hash),
            (Happened::Walked, "all"),
            (Happened::Acknowledged, "a-finding"),
            (Happened::Began, "all"),
            (Happened::Failed, "all"),
            (Happened::Queued, "notice"),
            (Happened::Began, "all"),
            (Happened::Stopped, "all"),
            (Happened::Began, "all"),
            (Happened::Doing, &read),
            (Happened::Began, "all"),
            (Happened::Walked, "collect"),
            (Happened::Began, "all"),
        ]);
        let runs = runs(&lines);
        let outcomes: Vec<Outcome> = runs.iter().map(|run| run.outcome.clone()).collect();
        let why = "the disk is full".to_owned();
        let expected = [
            Outcome::Done,
            Outcome::Failed(why),
            Outcome::Stopped,
            Outcome::Died,
            Outcome::Done,
            Outcome::Open,
        ];
        assert_eq!(outcomes, expected);
        assert_eq!(
            runs.iter().map(super::Run::is_whole).collect::<Vec<_>>()[..5],
            [true, false, false, false, false]
        );
        assert_eq!(runs[3].last, "it was about to read 0123456789ab");
    }
}
