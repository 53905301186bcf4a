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

/// When the last run ended that did one of these steps; `all` is a whole run.
#[must_use]
pub fn last_done(lines: &[Line], steps: &[&str]) -> Option<DateTime<Utc>> {
    let did = |line: &&Line| line.event == Happened::Walked && steps.contains(&line.subject.as_str());
    lines.iter().rev().find(did).map(|line| line.at)
}

/// When whole runs began, the one in hand and those that died among them.
#[must_use]
pub fn whole_runs(lines: &[Line]) -> Vec<DateTime<Utc>> {
    let mut runs = Vec::new();
    let mut begun = None;
    for line in lines {
        match line.event {
            Happened::Began => runs.extend(begun.replace(line.at)),
            Happened::Walked if line.subject == "all" => runs.extend(begun.take()),
            // The first poll of a publisher's history ends within a run.
            Happened::Walked if !line.subject.starts_with("history.") => begun = None,
            _ => {}
        }
    }
    runs.extend(begun);
    runs
}
