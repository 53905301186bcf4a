//! What checks answered, and the findings that follow: the fold of the answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use duckdb::{Connection, Result, params};
use serde_json::Value;

use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::finding::{Answer, Event, FindingKey, Moment, Outcome, Rule, State};
use crate::domain::indicator::IndicatorId;
use crate::domain::life::{Cause, Past, relive};
use crate::domain::quarter::Quarter;
use crate::store::analysis::CheckAnswer;
use crate::store::decided::{Confirmation, NewNormal};
use crate::store::journal::Line;
use crate::store::keep;
pub use crate::store::kept::SHOWN_LEVEL;
use crate::store::kept::{Kept, Which, kept_answers, newest_asked};
use crate::store::moments::{self, Since};
use crate::store::returns::instant;
use crate::store::stories;

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

/// What was asked before: by check, collection and quarter the sum of the answers that count.
#[derive(Clone, Debug, Default)]
pub struct AskedBefore(BTreeMap<(String, String, i32), String>);

/// What was asked before this run.
///
/// # Errors
/// When the database refuses.
pub fn asked_before(connection: &Connection) -> Result<AskedBefore> {
    let mut statement = connection.prepare(
        "SELECT check_name, collection, quarter, arg_max(answers_sum, run)
           FROM asked
          GROUP BY check_name, collection, quarter
          ORDER BY ALL",
    )?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?)))?;
    Ok(AskedBefore(rows.collect::<Result<_>>()?))
}

/// Keeps the answers, when they differ from those that count. Call inside a transaction.
///
/// No answer at all is kept too: then none of an earlier run counts any more. Returns whether anything was
/// new.
///
/// # Errors
/// When the database refuses.
pub fn keep_answers(
    connection: &Connection,
    run: i64,
    at: DateTime<Utc>,
    before: &AskedBefore,
    asked: &Asked<'_>,
) -> Result<bool> {
    let mut fresh: Vec<&CheckAnswer> = asked.answers.iter().collect();
    fresh.sort_by(|a, b| (&a.authority, &a.indicator).cmp(&(&b.authority, &b.indicator)));
    let sum = sum_of(&fresh);
    let key = (asked.check.to_owned(), asked.collection.to_owned(), asked.quarter.index());
    if before.0.get(&key) == Some(&sum) {
        return Ok(false);
    }
    connection.execute(
        "INSERT INTO asked VALUES (?, ?, ?, ?, ?)",
        params![run, asked.check, asked.collection, asked.quarter.index(), sum],
    )?;
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
            // That of an answer that does not fire is read by nobody.
            it.fires.then(|| it.detail.to_string()),
        ])?;
    }
    rows.flush()?;
    Ok(true)
}

/// A sum of answers. The last digits of a number are noise: they depend on the order in which the database
/// happened to add, which is another in each run.
fn sum_of(answers: &[&CheckAnswer]) -> String {
    const DIGITS: usize = 9;
    let number = |number: f64| format!("{number:.DIGITS$e}");
    let each = answers.iter().map(|it| {
        let judged = (it.fires, it.level, it.eligible, &it.reason);
        let indicator = it.indicator.as_ref().map(IndicatorId::as_str);
        let measured = (it.effect.map(number), it.p.map(number));
        let detail = it.detail.as_object().filter(|_| it.fires).into_iter().flatten();
        let detail: Vec<(&String, String)> = detail
            .map(|(name, value)| (name, value.as_f64().map_or_else(|| value.to_string(), number)))
            .collect();
        format!("{:?}", (it.authority.as_str(), indicator, it.quarter.index(), judged, measured, detail))
    });
    keep::hash(each.collect::<String>().as_bytes())
}

/// A finding with its whole life and the detail of its latest answers.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Under which it exists once.
    pub key: FindingKey,
    /// Every period since it first fired, with the instant at which we first knew of it.
    pub moments: Vec<Since>,
    /// Every moment that was ever believed and journalled, in the order of becoming known.
    pub past: Vec<Since>,
    /// The latest answer that fired; null when a revision took it away.
    pub detail: Value,
    /// The quarter of that answer.
    pub fired_in: Quarter,
    /// The sum of the rule by which it is judged: its check, and where its chart begins anew.
    pub rule: String,
    /// The sum of the rule by which it was judged before; none when the journal does not say.
    pub rule_before: Option<String>,
    /// The check whose answer that was; another than the key's where several tell one story.
    pub teller: String,
    /// The other checks that fired then for the same reason.
    pub also: Vec<String>,
    /// Who confirmed the figure of the quarter that it speaks of, where somebody did.
    pub confirmed: Option<Confirmation>,
}

/// A quarter of a finding's past that a replay made another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The quarter.
    pub quarter: Quarter,
    /// What was believed.
    pub was: State,
    /// What is believed since.
    pub now: State,
    /// Since when.
    pub at: DateTime<Utc>,
}

impl Finding {
    /// Where it stands now.
    #[must_use]
    pub fn state(&self) -> State {
        self.moments.last().map_or(State::None, |(moment, _)| moment.state)
    }

    /// Whether it is gone because a revision, or another rule, took it away.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        let taken = [Event::Revised, Event::RuleChanged, Event::Confirmed];
        self.state() == State::Resolved && self.last_event().is_some_and(|event| taken.contains(&event))
    }

    /// Every quarter that was believed to stand otherwise once, in the order of becoming known.
    ///
    /// That a figure was not there yet is no other past.
    #[must_use]
    pub fn replayed(&self) -> Vec<Replayed> {
        let mut believed: BTreeMap<Quarter, &Moment> = BTreeMap::new();
        let mut replayed = Vec::new();
        let fresh = self.moments.iter().filter(|(moment, _)| moments::since(&self.past, moment).is_none());
        for (moment, at) in self.past.iter().chain(fresh) {
            let was = believed.insert(moment.quarter, moment);
            let was = was.filter(|was| was.event != Some(Event::NoData) && was.state != moment.state);
            replayed.extend(was.map(|was| Replayed {
                quarter: moment.quarter,
                was: was.state,
                now: moment.state,
                at: *at,
            }));
        }
        replayed
    }

    /// What happened last.
    #[must_use]
    pub fn last_event(&self) -> Option<Event> {
        self.moments.iter().rev().find_map(|(moment, _)| moment.event)
    }
}

/// What is configured now: a finding of anything else can be open no more.
#[derive(Clone, Debug)]
pub struct Configured<'a> {
    /// How each check's answers open and close a finding, by the check's name.
    pub rules: BTreeMap<String, Rule>,
    /// A sum of each check as it is written, by its name.
    pub sums: BTreeMap<String, String>,
    /// The checks that tell one story of a series; of equals the first tells it.
    pub families: Vec<Vec<String>>,
    /// Where charts begin anew because somebody accepted a new normal.
    pub new_normals: Vec<NewNormal>,
    /// Where charts begin anew because the configuration says so: indicator, authority or all, first quarter.
    pub rebases: Vec<(IndicatorId, Option<AuthorityCode>, Quarter)>,
    /// The checks that stand on those charts.
    pub charted: BTreeSet<String>,
    /// Figures that were confirmed, oldest first.
    pub confirmations: Vec<Confirmation>,
    /// The checks whose question a confirmation answers.
    pub confirmable: BTreeSet<String>,
    /// The names of the collections.
    pub collections: BTreeSet<&'a str>,
    /// The authorities of the region, past ones too.
    pub authorities: &'a [Authority],
}

impl Configured<'_> {
    /// The sum of the rule by which a finding is judged: its check, and where its chart begins anew.
    fn sum_of(&self, key: &FindingKey) -> String {
        let from = self.new_normals.iter().filter(|it| it.is_of(key)).map(|it| it.from.index());
        let alone = std::slice::from_ref(&key.check);
        let family = self.families.iter().find(|family| family.contains(&key.check));
        let checks = family.map_or(alone, Vec::as_slice);
        let sums: Vec<_> = checks.iter().map(|check| self.sums.get(check)).collect();
        let rule = (sums, from.collect::<BTreeSet<_>>());
        keep::hash(format!("{rule:?}").as_bytes()).chars().take(16).collect()
    }
}

impl Configured<'_> {
    /// Where the chart of a finding begins anew; nowhere when its check stands on none.
    fn anew(&self, key: &FindingKey) -> BTreeSet<Quarter> {
        if !self.charted.contains(&key.check) {
            return BTreeSet::new();
        }
        let accepted = self.new_normals.iter().filter(|it| it.is_of(key)).map(|it| it.from);
        let configured = self.rebases.iter().filter(|(indicator, authority, _)| {
            key.indicator.as_ref() == Some(indicator)
                && authority.as_ref().is_none_or(|code| *code == key.authority)
        });
        accepted.chain(configured.map(|(_, _, quarter)| *quarter)).collect()
    }

    /// Who confirmed the figure that a finding speaks of; nobody when another one came since.
    fn confirmation_of(&self, finding: &Finding) -> Option<&Confirmation> {
        let mut all = self.confirmations.iter().rev().filter(|it| it.is_of(&finding.key));
        if finding.last_event() == Some(Event::Confirmed) {
            return all.find(|it| it.quarter <= finding.fired_in);
        }
        all.find(|it| it.quarter == finding.fired_in && it.holds_for(&finding.detail))
    }

    /// The quarters of which the figure that a finding doubts was confirmed.
    fn confirmed(&self, key: &FindingKey) -> BTreeSet<Quarter> {
        let is_asked = self.confirmable.contains(&key.check);
        let all = self.confirmations.iter().filter(|it| is_asked && it.is_of(key));
        all.map(|it| it.quarter).collect()
    }
}

/// Folds the kept answers into findings; an instant that the journal knows for a moment is kept.
///
/// # Errors
/// When the database refuses.
pub fn fold(
    connection: &Connection,
    lines: &[Line],
    configured: &Configured<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Finding>> {
    let mut believed = moments::believed(lines);
    let mut rules = moments::rules(lines);
    let newest = newest_asked(connection)?;
    let mut answers = kept_answers(connection, Which::EverFired)?;
    if believed.keys().any(|key| !answers.contains_key(key)) {
        answers = kept_answers(connection, Which::All)?;
        answers.retain(|key, kept| {
            believed.contains_key(key) || kept.iter().any(|one| one.answer.outcome == Outcome::Fires)
        });
    }
    stories::merge(&mut answers, &configured.rules, &configured.families);
    let keys: BTreeSet<FindingKey> = answers.keys().chain(believed.keys()).cloned().collect();
    let mut findings = Vec::new();
    for key in keys {
        let past = believed.remove(&key).unwrap_or_default();
        let kept = answers.remove(&key).unwrap_or_default();
        let asked = newest.get(&(key.check.clone(), key.collection.clone())).copied();
        let (rule, rule_before) = (configured.sum_of(&key), rules.remove(&key));
        let cause = match &rule_before {
            Some(before) if *before != rule => Cause::RuleChange,
            _ => Cause::Revision,
        };
        let life = life_of(&key, &kept, &past, configured, Judged { asked, cause });
        let found = finding(key, life, kept, past, now);
        findings.extend(found.map(|finding| {
            let confirmed = configured.confirmation_of(&finding).cloned();
            Finding { rule, rule_before, confirmed, ..finding }
        }));
    }
    Ok(findings)
}

/// How a finding is judged now.
#[derive(Clone, Copy)]
struct Judged {
    /// The newest quarter of which its check was asked.
    asked: Option<Quarter>,
    /// Why its past may have become another.
    cause: Cause,
}

fn life_of(
    key: &FindingKey,
    kept: &[Kept],
    past: &[Since],
    configured: &Configured<'_>,
    judged: Judged,
) -> Vec<Moment> {
    let was: Vec<Moment> = past.iter().map(|(moment, _)| moment.clone()).collect();
    let mut life = match configured.rules.get(&key.check) {
        Some(rule) if !kept.is_empty() => {
            let (anew, confirmed) = (configured.anew(key), configured.confirmed(key));
            let past = Past { believed: &was, cause: judged.cause, anew: &anew, confirmed: &confirmed };
            relive(&with_gaps(kept, &was), rule, &past)
        }
        _ => {
            let latest: BTreeMap<Quarter, Moment> = was.into_iter().map(|it| (it.quarter, it)).collect();
            latest.into_values().collect()
        }
    };
    if let Some(last) = life.last_mut().filter(|last| last.state.is_open() || last.state == State::Pending)
        && is_over(key, last.quarter, kept.is_empty(), configured, judged.asked)
    {
        let gone = if last.state.is_open() { State::Resolved } else { State::None };
        (last.state, last.event) = (gone, Some(Event::Ended));
    }
    life
}

/// The answers, and an unknown for each quarter that was believed and is answered no more.
fn with_gaps(kept: &[Kept], was: &[Moment]) -> Vec<Answer> {
    let mut answers: BTreeMap<Quarter, Answer> = BTreeMap::new();
    for quarter in was.iter().map(|moment| moment.quarter) {
        answers.insert(quarter, Answer::unknown(quarter));
    }
    answers.extend(kept.iter().map(|one| (one.answer.quarter, one.answer.clone())));
    answers.into_values().collect()
}

/// Whether nothing can be said of a finding any more, so that nobody could ever close it.
fn is_over(
    key: &FindingKey,
    last: Quarter,
    unanswered: bool,
    configured: &Configured<'_>,
    asked: Option<Quarter>,
) -> bool {
    let is_configured =
        configured.rules.contains_key(&key.check) && configured.collections.contains(key.collection.as_str());
    let authority = configured.authorities.iter().find(|one| one.code == key.authority);
    let has_ended = |asked: Quarter| {
        asked > last && authority.is_some_and(|authority| !authority.existed_on(asked.last_day()))
    };
    !is_configured || asked.is_some_and(|asked| unanswered || has_ended(asked))
}

/// None when it never fired.
fn finding(
    key: FindingKey,
    life: Vec<Moment>,
    kept: Vec<Kept>,
    past: Vec<Since>,
    now: DateTime<Utc>,
) -> Option<Finding> {
    let lived = |moment: &Moment| {
        moment.state != State::None || past.iter().any(|(was, _)| was.quarter == moment.quarter)
    };
    let first = life.iter().position(lived)?;
    let moments: Vec<Since> = life
        .into_iter()
        .skip(first)
        .map(|moment| {
            let at = moments::since(&past, &moment).unwrap_or(now);
            (moment, at)
        })
        .collect();
    let fired = kept.into_iter().rev().find(|one| one.answer.outcome == Outcome::Fires);
    let stood = moments.iter().rev().find(|(moment, _)| moment.event.is_some()).or(moments.last())?;
    let nothing = || Kept {
        answer: Answer::unknown(stood.0.quarter),
        detail: Value::Null,
        teller: key.check.clone(),
        also: Vec::new(),
    };
    let Kept { answer, detail, teller, also } = fired.unwrap_or_else(nothing);
    let (fired_in, rule, rule_before, confirmed) = (answer.quarter, String::new(), None, None);
    let mut finding =
        Finding { key, moments, past, detail, fired_in, rule, rule_before, teller, also, confirmed };
    if let Some((moment, _)) = finding.moments.iter().rev().find(|(moment, _)| moment.event.is_some())
        && finding.is_withdrawn()
    {
        (finding.detail, finding.fired_in) = (Value::Null, moment.quarter);
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_noise_of_added_up_numbers_makes_no_new_answer() {
        let answer = |z: f64| CheckAnswer {
            authority: AuthorityCode::parse("E06000022").unwrap(),
            indicator: None,
            quarter: Quarter::parse("2017-18 Q2").unwrap(),
            fires: true,
            level: 0,
            effect: Some(-z),
            p: None,
            eligible: true,
            reason: None,
            detail: json!({ "z": z, "rank": "4th" }),
        };
        let sum = |z: f64| sum_of(&[&answer(z)]);
        assert_eq!(sum(0.963_503_811_066_231_3), sum(0.963_503_811_066_231_5));
        assert_ne!(sum(0.963_503_811), sum(0.963_503_821));
    }
}
