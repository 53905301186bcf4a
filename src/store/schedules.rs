//! Schedules and runs by the journal: which rule was in force when, and when a run began and ended.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::domain::cron::CronPattern;
use crate::domain::schedule::{History, Job, Rule};
use crate::store::journal::{Happened, Line};

/// Every rule that was ever in force.
#[must_use]
pub fn history(lines: &[Line]) -> History {
    let mut history = History::default();
    for line in lines.iter().filter(|line| line.event == Happened::Scheduled) {
        if let Some(job) = Job::parse(&line.subject) {
            history.take(line.at, job, rule(&line.detail));
        }
    }
    history
}

fn rule(detail: &Value) -> Option<Rule> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    Some(Rule { pattern: CronPattern::parse(text("cron")?).ok()?, zone: text("zone")?.parse().ok()? })
}

/// What the journal does not say yet of the jobs that are configured at `now`: an entry for each change.
#[must_use]
pub fn changes(lines: &[Line], present: &[(Job, Rule)], now: DateTime<Utc>) -> Vec<(String, Value)> {
    let changes = history(lines).see(now, present).into_iter();
    changes.map(|(job, rule)| (job.to_string(), written(rule.as_ref()))).collect()
}

fn written(rule: Option<&Rule>) -> Value {
    json!({
        "cron": rule.map(|rule| rule.pattern.as_str()),
        "zone": rule.map(|rule| rule.zone.name()),
    })
}

/// The instants of the runs that did one of these steps and reached their end, latest first; `all` is a whole
/// run.
pub fn done<'a>(lines: &'a [Line], steps: &'a [&str]) -> impl Iterator<Item = DateTime<Utc>> + 'a {
    let did = |line: &&Line| line.event == Happened::Walked && steps.contains(&line.subject.as_str());
    lines.iter().rev().filter(did).map(|line| line.at)
}

/// When whole runs began, the one in hand and those that died or failed among them.
///
/// What a person does to the returns is none, nor is a run of one step. Older lines say `all` when they begin
/// such a run too, and what it was when it ends.
#[must_use]
pub fn whole_runs(lines: &[Line]) -> Vec<DateTime<Utc>> {
    let mut runs = Vec::new();
    let mut begun = None;
    for line in lines {
        match line.event {
            Happened::Began if line.subject == "all" => runs.extend(begun.replace(line.at)),
            Happened::Began => runs.extend(begun.take()),
            Happened::Walked if line.subject == "all" => runs.extend(begun.take()),
            // The first poll of a publisher's history ends within a run.
            Happened::Walked if !line.subject.starts_with("history.") => begun = None,
            _ => {}
        }
    }
    runs.extend(begun);
    runs
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_run_of_everything_is_whole_however_it_ended_and_nothing_else_is() {
        let events = [
            (Happened::Began, "all"),
            (Happened::Walked, "history.quarterly"),
            (Happened::Walked, "all"),
            (Happened::Began, "receive"),
            (Happened::Failed, "receive"),
            (Happened::Began, "all"),
            (Happened::Failed, "all"),
            (Happened::Began, "remind"),
            (Happened::Walked, "remind"),
            (Happened::Began, "all"),
            (Happened::Walked, "collect"),
            (Happened::Began, "all"),
            (Happened::Began, "all"),
        ];
        let line = |(number, (event, subject)): (usize, &(Happened, &str))| Line {
            seq: number as u64 + 1,
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(number).unwrap()),
            event: *event,
            subject: (*subject).to_owned(),
            detail: json!({}),
        };
        let lines: Vec<Line> = events.iter().enumerate().map(line).collect();
        let minutes: Vec<i64> = whole_runs(&lines).iter().map(|at| at.timestamp() / 60).collect();
        assert_eq!(minutes, [0, 5, 11, 12]);
    }
}
