//! Previewing: what a check would have found in the last three years, before it is deployed.
//!
//! It is asked in a worker, quarter by quarter, as one stood then; its findings live as they would have
//! lived. Nothing is kept, and no other check hides what it says.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;

use crate::config::settings::{Collection, Reporters, Settings};
use crate::domain::finding::{Answer, Event, FindingKey, Moment, Outcome, Rule};
use crate::domain::life::{REOPENS_WITHIN, live};
use crate::domain::quarter::Quarter;
use crate::pipeline::apart::{self, Snapshot};
use crate::pipeline::asking::{self, BAND};
use crate::pipeline::worded;
use crate::store::analysis::{CheckAnswer, Question};
use crate::store::check_file::CheckFile;
use crate::store::configured;
use crate::store::findings::Finding;
use crate::store::open::Store;

/// Three years.
pub const QUARTERS: i32 = 12;

/// What a preview looks at.
#[derive(Clone, Copy)]
pub struct Trying<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The database, which is only read.
    pub store: &'a Store,
    /// This binary, for workers.
    pub program: &'a Path,
    /// The instant of the command.
    pub now: DateTime<Utc>,
    /// Its day in the configured zone.
    pub today: NaiveDate,
}

/// A quarter of a collection, and when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The question.
    pub question: Question,
    /// Whether it is asked as known then; else as known now, because nothing had come by then.
    pub then: bool,
    /// Whether it is one of the last twelve; those before it are asked so that old findings are not new.
    pub shown: bool,
}

/// What became of one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Answers that fired.
    pub fires: usize,
    /// Findings that opened.
    pub opened: usize,
    /// Findings that were open.
    pub open: usize,
    /// Answers that could not be given.
    pub not_eligible: usize,
    /// Why nothing was said at all.
    pub error: Option<String>,
}

/// A finding that would have been opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Its key.
    pub key: FindingKey,
    /// The quarter in which it opened.
    pub quarter: Quarter,
    /// The level with which it opened.
    pub level: u8,
    /// Quarters for which it was open, that one included.
    pub stayed: usize,
    /// The quarter in which it was resolved; none when it is open still.
    pub resolved: Option<Quarter>,
    /// Its sentence.
    pub sentence: String,
}

/// What one version of a check would have done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// One for each slot that is shown, in the order of the slots.
    pub counts: Vec<Count>,
    /// The findings that it would have opened, by quarter and authority.
    pub opened: Vec<Opened>,
    /// Why it could not judge, with the number of answers.
    pub reasons: BTreeMap<String, usize>,
}

/// The slots of every collection, oldest first: twelve quarters, and those before them that a check which
/// opens after `rule_periods` must know.
///
/// # Errors
/// When the database refuses.
pub fn slots(trying: &Trying<'_>, rule_periods: u32) -> Result<Vec<Slot>> {
    let mut slots = Vec::new();
    let before = i32::try_from(rule_periods as usize + REOPENS_WITHIN).unwrap_or(QUARTERS);
    for collection in &trying.settings.collections {
        let first_came = first_came(trying.store, collection)?;
        let mut quarters: Vec<Quarter> = match collection.reporters {
            Reporters::Members => collection.ended_quarters(trying.today),
            Reporters::Publisher => first_came.keys().copied().collect(),
        };
        quarters.retain(|quarter| first_came.range(..=*quarter).next().is_some());
        let Some(newest) = quarters.last().copied() else { continue };
        let step = collection.cadence.step();
        for quarter in quarters {
            let ago = newest.index() - quarter.index();
            if ago >= QUARTERS + before.saturating_mul(step) {
                continue;
            }
            let (as_of, known_on, then) = moment(trying, collection, quarter, first_came.get(&quarter));
            let question = Question { collection: collection.name.clone(), quarter, as_of, known_on };
            slots.push(Slot { question, then, shown: ago < QUARTERS });
        }
    }
    Ok(slots)
}

/// The morning after the due day, when what did not come is overdue; now, when nothing had come by then.
fn moment(
    trying: &Trying<'_>,
    collection: &Collection,
    quarter: Quarter,
    first_came: Option<&DateTime<Utc>>,
) -> (NaiveDate, DateTime<Utc>, bool) {
    let morning = configured::due_day(collection, quarter, &trying.settings.calendar)
        .and_then(|due| due.succ_opt())
        .filter(|morning| *morning <= trying.today);
    let Some(morning) = morning else { return (trying.today, trying.now, false) };
    let midnight = morning.and_time(NaiveTime::MIN).and_utc();
    let then = first_came.is_some_and(|came| *came < midnight);
    (morning, if then { midnight } else { trying.now }, then)
}

/// By quarter, when the first figure of it came.
fn first_came(store: &Store, collection: &Collection) -> Result<BTreeMap<Quarter, DateTime<Utc>>> {
    let mut statement = store.connection().prepare(
        "SELECT f.quarter, epoch_us(min(s.received_at))
           FROM figures f
           JOIN submissions s USING (submission)
          WHERE s.collection = ?
          GROUP BY f.quarter
          ORDER BY f.quarter",
    )?;
    let rows = statement.query_map([&collection.name], |row| {
        let at = DateTime::from_timestamp_micros(row.get(1)?).unwrap_or_default();
        Ok((Quarter::from_index(row.get(0)?), at))
    })?;
    Ok(rows.collect::<duckdb::Result<_>>()?)
}

/// What `check` would have found in `slots`; `asked` hears of each that is done.
pub fn see(
    trying: &Trying<'_>,
    snapshot: &Snapshot,
    check: &CheckFile,
    slots: &[Slot],
    asked: &mut dyn FnMut(),
) -> Seen {
    let mut seen = Seen::default();
    let mut answers: BTreeMap<FindingKey, Vec<(Answer, Value)>> = BTreeMap::new();
    for (slot, said) in slots.iter().zip(answers_of(trying, snapshot, check, slots, asked)) {
        let mut count = Count::default();
        match said {
            Ok(rows) => rows.into_iter().for_each(|row| {
                if slot.shown {
                    tally(&row, &mut count, &mut seen.reasons);
                }
                keep(check, slot, row, &mut answers);
            }),
            Err(words) => count.error = Some(words),
        }
        if slot.shown {
            seen.counts.push(count);
        }
    }
    let shown: Vec<&Slot> = slots.iter().filter(|slot| slot.shown).collect();
    for (key, answers) in answers {
        live_through(trying.settings, check, &key, &answers, &shown, &mut seen);
    }
    seen.opened.sort_by(|a, b| (a.quarter, &a.key).cmp(&(b.quarter, &b.key)));
    seen
}

/// What the check says of each slot: of all in one worker, if its time is enough.
///
/// Otherwise each slot has a worker of its own, until one gives no answer: the rest would take as long each
/// time.
fn answers_of(
    trying: &Trying<'_>,
    snapshot: &Snapshot,
    check: &CheckFile,
    slots: &[Slot],
    asked: &mut dyn FnMut(),
) -> Vec<apart::Said> {
    let questions: Vec<Question> = slots.iter().map(|slot| slot.question.clone()).collect();
    let limits = &trying.settings.limits;
    if let Ok(said) = apart::ask(trying.program, snapshot, check, &questions, limits) {
        for _ in &said {
            asked();
        }
        return said;
    }
    let mut gave_up = None;
    let alone = |question| {
        let said = match &gave_up {
            Some(why) => Err(format!("not asked, because before {why}")),
            None => apart::ask(trying.program, snapshot, check, std::slice::from_ref(question), limits)
                .map_err(|error| gave_up.insert(error.to_string()).clone())
                .and_then(|said| {
                    said.into_iter().next().unwrap_or_else(|| Err("the worker gave no answer".to_owned()))
                }),
        };
        asked();
        said
    };
    questions.iter().map(alone).collect()
}

fn tally(row: &CheckAnswer, count: &mut Count, reasons: &mut BTreeMap<String, usize>) {
    match asking::outcome(row) {
        Outcome::Fires => count.fires += 1,
        Outcome::Clear => {}
        Outcome::Unknown => {
            count.not_eligible += 1;
            let reason = row.reason.clone().unwrap_or_else(|| "no reason is given".to_owned());
            *reasons.entry(reason).or_default() += 1;
        }
    }
}

fn keep(
    check: &CheckFile,
    slot: &Slot,
    row: CheckAnswer,
    answers: &mut BTreeMap<FindingKey, Vec<(Answer, Value)>>,
) {
    let (outcome, level) = (asking::outcome(&row), row.level);
    let effect = row.effect.unwrap_or(0.0);
    let key = FindingKey {
        check: check.name.clone(),
        collection: slot.question.collection.clone(),
        authority: row.authority,
        indicator: row.indicator,
    };
    let answer =
        Answer { quarter: slot.question.quarter, outcome, level, shown: level, effect, other_scale: false };
    answers.entry(key).or_default().push((answer, row.detail));
}

fn live_through(
    settings: &Settings,
    check: &CheckFile,
    key: &FindingKey,
    answers: &[(Answer, Value)],
    shown: &[&Slot],
    seen: &mut Seen,
) {
    let rule = Rule { open_after: check.open_after, close_after: check.close_after, band: BAND };
    let only: Vec<Answer> = answers.iter().map(|(answer, _)| answer.clone()).collect();
    let life = live(&only, &rule);
    for (at, moment) in life.iter().enumerate() {
        let of = |slot: &&Slot| {
            slot.question.quarter == moment.quarter && slot.question.collection == key.collection
        };
        let Some(count) = shown.iter().position(of).and_then(|place| seen.counts.get_mut(place)) else {
            continue;
        };
        count.open += usize::from(moment.state.is_open());
        if matches!(moment.event, Some(Event::Opened | Event::Reopened)) {
            count.opened += 1;
            let after = life.get(at..).unwrap_or_default();
            let detail = answers.get(at).map(|(_, detail)| detail.clone()).unwrap_or_default();
            seen.opened.push(opened(settings, check, key, after, moment, detail));
        }
    }
}

fn opened(
    settings: &Settings,
    check: &CheckFile,
    key: &FindingKey,
    after: &[Moment],
    moment: &Moment,
    detail: Value,
) -> Opened {
    let finding = Finding {
        key: key.clone(),
        moments: Vec::new(),
        past: Vec::new(),
        detail,
        fired_in: moment.quarter,
        rule: String::new(),
        rule_before: None,
        teller: check.name.clone(),
        also: Vec::new(),
        confirmed: None,
    };
    let stayed = after.iter().take_while(|moment| moment.state.is_open()).count();
    Opened {
        key: key.clone(),
        quarter: moment.quarter,
        level: moment.level,
        stayed,
        resolved: after.get(stayed).map(|moment| moment.quarter),
        sentence: worded::sentence_of(settings, Some(check), &finding),
    }
}
