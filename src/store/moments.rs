//! The moments of findings: what was believed and since when, by the journal; what stands, in the database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use duckdb::{Connection, Result, params};
use serde_json::{Value, json};

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::{Event, FindingKey, Moment, State};
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::findings::Finding;
use crate::store::journal::{Happened, Line};
use crate::store::returns::instant;

/// A moment, and the instant at which it was first believed.
pub type Since = (Moment, DateTime<Utc>);

/// Every moment that was ever believed, by finding, in the order of becoming known.
#[must_use]
pub fn believed(lines: &[Line]) -> BTreeMap<FindingKey, Vec<Since>> {
    let mut past: BTreeMap<FindingKey, Vec<Since>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.event == Happened::Found) {
        let moments = line.detail.get("moments").and_then(Value::as_array);
        let (Some(key), Some(moments)) = (key(&line.detail), moments) else { continue };
        let read = moments.iter().filter_map(moment).map(|moment| (moment, line.at));
        past.entry(key).or_default().extend(read);
    }
    past
}

/// By which rule each finding was judged last, where the journal says it.
#[must_use]
pub fn rules(lines: &[Line]) -> BTreeMap<FindingKey, String> {
    let found = lines.iter().filter(|line| line.event == Happened::Found);
    let rule = |line: &Line| {
        let rule = line.detail.get("rule").and_then(Value::as_str)?;
        Some((key(&line.detail)?, rule.to_owned()))
    };
    found.filter_map(rule).collect()
}

/// Since when a moment is believed, when it is what was believed last of its quarter.
///
/// A slightly other effect is no other moment: it would be announced again.
#[must_use]
pub fn since(past: &[Since], moment: &Moment) -> Option<DateTime<Utc>> {
    let essence = |it: &Moment| (it.state, it.level, it.event, it.episode);
    let (last, at) = past.iter().rev().find(|(was, _)| was.quarter == moment.quarter)?;
    (essence(last) == essence(moment)).then_some(*at)
}

/// What the journal does not say yet: one entry for each finding with moments that are new, or a new rule.
///
/// What is quiet is no news to anybody: it came with history that was loaded.
#[must_use]
pub fn unwritten(findings: &[Finding], is_quiet: impl Fn(&Finding) -> bool) -> Vec<(String, Value)> {
    let entry = |finding: &Finding| {
        let fresh: Vec<&Since> =
            finding.moments.iter().filter(|(moment, _)| since(&finding.past, moment).is_none()).collect();
        let moments: Vec<Value> = fresh.iter().map(|(moment, _)| written(moment)).collect();
        let mut detail = json!({
            "check": finding.key.check,
            "collection": finding.key.collection,
            "authority": finding.key.authority.as_str(),
            "indicator": finding.key.indicator.as_ref().map(IndicatorId::as_str),
            "rule": finding.rule,
            "moments": moments,
        });
        if is_quiet(finding) {
            detail["quiet"] = json!(true);
        }
        let is_new = !fresh.is_empty() || finding.rule_before.as_ref() != Some(&finding.rule);
        is_new.then(|| (finding.key.id(), detail))
    };
    findings.iter().filter_map(entry).collect()
}

fn written(moment: &Moment) -> Value {
    json!({
        "quarter": moment.quarter.to_string(),
        "state": moment.state.word(),
        "episode": moment.episode,
        "level": moment.level,
        "shown": moment.shown,
        "effect": moment.effect,
        "event": moment.event.map(Event::word),
        "stale": moment.stale,
    })
}

/// The finding that the detail of a journal line names.
#[must_use]
pub fn key(detail: &Value) -> Option<FindingKey> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    Some(FindingKey {
        check: text("check")?.to_owned(),
        collection: text("collection")?.to_owned(),
        authority: AuthorityCode::parse(text("authority")?).ok()?,
        indicator: text("indicator").and_then(IndicatorId::parse),
    })
}

fn moment(value: &Value) -> Option<Moment> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    Some(Moment {
        quarter: Quarter::parse(text("quarter")?).ok()?,
        state: State::parse(text("state")?)?,
        episode: u32::try_from(number("episode")?).ok()?,
        level: u8::try_from(number("level")?).ok()?,
        shown: u8::try_from(number("shown")?).ok()?,
        effect: value.get("effect").and_then(Value::as_f64).unwrap_or(0.0),
        event: text("event").and_then(Event::parse),
        stale: value.get("stale").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// Keeps the moments that are not in the database as they stand now. Call inside a transaction.
///
/// # Errors
/// When the database refuses.
pub fn keep(connection: &Connection, run: i64, now: DateTime<Utc>, findings: &[Finding]) -> Result<()> {
    let kept = latest(connection)?;
    let mut rows = connection.appender("finding_moments")?;
    for finding in findings {
        let id = finding.key.id();
        for (moment, at) in &finding.moments {
            let before = kept.get(&(id.clone(), moment.quarter.index()));
            if before == Some(&Row::of(moment)) {
                continue;
            }
            rows.append_row(params![
                run,
                instant(if before.is_some() { now } else { *at }),
                id,
                finding.key.check,
                finding.key.collection,
                finding.key.authority.as_str(),
                finding.key.indicator.as_ref().map(IndicatorId::as_str),
                moment.quarter.index(),
                moment.state.word(),
                moment.episode,
                moment.shown,
                moment.effect,
                moment.event.map(Event::word),
                moment.stale,
            ])?;
        }
    }
    rows.flush()
}

/// What a row of the database says of a moment.
#[derive(Debug, PartialEq)]
struct Row {
    state: String,
    episode: u32,
    level: u8,
    effect: f64,
    event: Option<String>,
    stale: bool,
}

impl Row {
    fn of(moment: &Moment) -> Self {
        Self {
            state: moment.state.word().to_owned(),
            episode: moment.episode,
            level: moment.shown,
            effect: moment.effect,
            event: moment.event.map(|event| event.word().to_owned()),
            stale: moment.stale,
        }
    }
}

fn latest(connection: &Connection) -> Result<BTreeMap<(String, i32), Row>> {
    let mut statement = connection.prepare(
        "SELECT finding, quarter, state, episode, level, effect, event, stale
           FROM finding_moments
        QUALIFY row_number() OVER (PARTITION BY finding, quarter ORDER BY run DESC) = 1
          ORDER BY finding, quarter",
    )?;
    let rows = statement.query_map([], |row| {
        let kept = Row {
            state: row.get(2)?,
            episode: row.get(3)?,
            level: row.get(4)?,
            effect: row.get(5)?,
            event: row.get(6)?,
            stale: row.get(7)?,
        };
        Ok(((row.get(0)?, row.get(1)?), kept))
    })?;
    rows.collect()
}
