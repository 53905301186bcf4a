//! What checks answered, and the findings that follow: the fold of the answers, kept per run.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use duckdb::{Connection, Result, params};
use serde_json::Value;

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::{Answer, Event, FindingKey, Moment, Outcome, Rule, State, live};
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::analysis::CheckAnswer;
use crate::store::returns::instant;

/// What one check answered for one collection and quarter.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The check's name.
    pub check: &'a str,
    /// The collection.
    pub collection: &'a str,
    /// The quarter.
    pub quarter: Quarter,
    /// Its answers.
    pub answers: &'a [CheckAnswer],
}

/// Keeps the answers, when they differ from those kept last. Call inside a transaction.
///
/// Returns whether anything was new.
///
/// # Errors
/// When the database refuses.
pub fn keep_answers(connection: &Connection, run: i64, at: DateTime<Utc>, asked: &Asked<'_>) -> Result<bool> {
    let mut kept =
        latest_answers(connection, Some(asked))?.into_iter().map(|kept| kept.answer).collect::<Vec<_>>();
    let mut fresh = asked.answers.to_vec();
    for answers in [&mut kept, &mut fresh] {
        answers.sort_by(|a, b| (&a.authority, &a.indicator).cmp(&(&b.authority, &b.indicator)));
    }
    if kept == fresh {
        return Ok(false);
    }
    let mut rows = connection.appender("answers")?;
    for it in &fresh {
        rows.append_row(params![
            run,
            instant(at),
            asked.check,
            asked.collection,
            it.authority.as_str(),
            it.indicator.as_ref().map(IndicatorId::as_str),
            asked.quarter.index(),
            it.fires,
            it.level,
            it.effect,
            it.p,
            it.eligible,
            it.reason,
            it.detail.to_string(),
        ])?;
    }
    rows.flush()?;
    Ok(true)
}

/// An answer as kept, with the check and the collection it belongs to.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// The check's name.
    pub check: String,
    /// The collection.
    pub collection: String,
    /// The answer.
    pub answer: CheckAnswer,
}

/// The answers that count: for each check, collection and quarter those of the latest run.
///
/// # Errors
/// When the database refuses.
pub fn latest_answers(connection: &Connection, only: Option<&Asked<'_>>) -> Result<Vec<KeptAnswer>> {
    let mut statement = connection.prepare(
        "SELECT check_name, collection, authority, indicator, quarter,
                fires, level, effect, p, eligible, reason, detail
           FROM answers
          WHERE ($1 IS NULL OR (check_name = $1 AND collection = $2 AND quarter = $3))
        QUALIFY run = max(run) OVER (PARTITION BY check_name, collection, quarter)
          ORDER BY check_name, collection, authority, indicator, quarter",
    )?;
    let (check, collection, quarter) =
        (only.map(|it| it.check), only.map(|it| it.collection), only.map(|it| it.quarter.index()));
    let mut rows = statement.query(params![check, collection, quarter])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        let authority: String = row.get(2)?;
        let indicator: Option<String> = row.get(3)?;
        let detail: Option<String> = row.get(11)?;
        let Ok(authority) = AuthorityCode::parse(&authority) else { continue };
        kept.push(KeptAnswer {
            check: row.get(0)?,
            collection: row.get(1)?,
            answer: CheckAnswer {
                authority,
                indicator: indicator.as_deref().and_then(IndicatorId::parse),
                quarter: Quarter::from_index(row.get(4)?),
                fires: row.get(5)?,
                level: row.get(6)?,
                effect: row.get(7)?,
                p: row.get(8)?,
                eligible: row.get(9)?,
                reason: row.get(10)?,
                detail: detail.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null),
            },
        });
    }
    Ok(kept)
}

/// A finding with its whole life and the detail of its latest answers.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Under which it exists once.
    pub key: FindingKey,
    /// Every period since it first fired, with the instant at which we first knew of it.
    pub moments: Vec<(Moment, DateTime<Utc>)>,
    /// The latest answer that fired.
    pub detail: Value,
    /// The quarter of that answer.
    pub fired_in: Quarter,
}

impl Finding {
    /// Where it stands now.
    #[must_use]
    pub fn state(&self) -> State {
        self.moments.last().map_or(State::None, |(moment, _)| moment.state)
    }
}

/// Folds the kept answers into findings; an instant already known for a moment is kept.
///
/// # Errors
/// When the database refuses.
pub fn fold(
    connection: &Connection,
    rules: &BTreeMap<String, Rule>,
    now: DateTime<Utc>,
) -> Result<Vec<Finding>> {
    let known = first_known(connection)?;
    let mut by_key: BTreeMap<FindingKey, Vec<CheckAnswer>> = BTreeMap::new();
    for kept in latest_answers(connection, None)? {
        let key = FindingKey {
            check: kept.check,
            collection: kept.collection,
            authority: kept.answer.authority.clone(),
            indicator: kept.answer.indicator.clone(),
        };
        by_key.entry(key).or_default().push(kept.answer);
    }
    let mut findings = Vec::new();
    for (key, answers) in by_key {
        let Some(rule) = rules.get(&key.check) else { continue };
        let Some(fired) = answers.iter().rev().find(|answer| answer.fires && answer.eligible) else {
            continue;
        };
        let (detail, fired_in) = (fired.detail.clone(), fired.quarter);
        let id = key.id();
        let moments = live(&answers.iter().map(as_answer).collect::<Vec<_>>(), rule);
        let moments = moments
            .into_iter()
            .map(|moment| {
                let seen = (id.clone(), moment.quarter.index(), moment.state.word(), moment.episode);
                let at = known.get(&(seen.0, seen.1, seen.2.to_owned(), seen.3)).copied().unwrap_or(now);
                (moment, at)
            })
            .collect();
        findings.push(Finding { key, moments, detail, fired_in });
    }
    Ok(findings)
}

fn as_answer(answer: &CheckAnswer) -> Answer {
    let outcome = match (answer.eligible, answer.fires) {
        (false, _) => Outcome::Unknown,
        (true, true) => Outcome::Fires,
        (true, false) => Outcome::Clear,
    };
    Answer { quarter: answer.quarter, outcome, level: answer.level, effect: answer.effect.unwrap_or(0.0) }
}

type Seen = (String, i32, String, u32);

fn first_known(connection: &Connection) -> Result<BTreeMap<Seen, DateTime<Utc>>> {
    let mut statement = connection.prepare(
        "SELECT finding, quarter, state, episode, epoch_us(min(run_at))
           FROM finding_moments
          GROUP BY ALL
          ORDER BY ALL",
    )?;
    let rows = statement.query_map([], |row| {
        let at = DateTime::from_timestamp_micros(row.get(4)?).unwrap_or_default();
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), at))
    })?;
    rows.collect()
}

/// Keeps the lives of all findings under this run. Call inside a transaction, when answers were new.
///
/// # Errors
/// When the database refuses.
pub fn keep_moments(connection: &Connection, run: i64, findings: &[Finding]) -> Result<()> {
    let mut rows = connection.appender("finding_moments")?;
    for finding in findings {
        let id = finding.key.id();
        for (moment, at) in &finding.moments {
            rows.append_row(params![
                run,
                instant(*at),
                id,
                finding.key.check,
                finding.key.collection,
                finding.key.authority.as_str(),
                finding.key.indicator.as_ref().map(IndicatorId::as_str),
                moment.quarter.index(),
                moment.state.word(),
                moment.episode,
                moment.level,
                moment.effect,
                moment.event.map(Event::word),
                moment.stale,
            ])?;
        }
    }
    rows.flush()
}
