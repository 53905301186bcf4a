//! Asking: the checks are asked of every quarter that changed, and the findings folded again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::config::settings::{Collection, Reporters, Settings};
use crate::domain::check::{ByCheck, Standing};
use crate::domain::finding::{Event, Outcome, Rule};
use crate::domain::indicator::{Indicator, Polarity};
use crate::domain::inhibition::{self, Direction, Fate, Said};
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;
use crate::pipeline::apart::{self, Snapshot};
use crate::pipeline::last_ask::{self, LastAsk};
use crate::pipeline::loading::Loaded;
use crate::pipeline::opening::{Progress, Walk};
use crate::pipeline::regional;
use crate::pipeline::settled;
use crate::pipeline::spending::On;
use crate::store::analysis::{self, CheckAnswer, UsualRange};
use crate::store::check_file::{self, CheckFile};
use crate::store::configured;
use crate::store::copy::Copy;
use crate::store::decided;
use crate::store::findings::{self, Asked, Configured, Finding, SHOWN_LEVEL};
use crate::store::journal::{Happened, Line};
use crate::store::keep;
use crate::store::moments;
use crate::store::sql_words;
use crate::store::unanswered;
use crate::store::withdrawn::Gone;

/// A change of effect smaller than this, in standard units, is no change (`statistics.md` 4).
pub(super) const BAND: f64 = 0.5;

/// From more questions than these a copy is asked: to make it takes as long as one of them.
const QUESTIONS_IN_PLACE: usize = 12;

/// Where a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in this binary: runs where the data are.
    Shipped,
    /// The operator's: runs as a worker.
    Added,
}

/// Every check that is asked: the shipped ones, and the operator's in their place or beside them.
///
/// # Errors
/// When a check's header is not understood.
pub fn checks(walk: &Walk<'_>) -> Result<Vec<(CheckFile, Origin)>> {
    checks_of(walk.settings)
}

/// Every check of a configuration.
///
/// # Errors
/// When a check's header is not understood.
pub fn checks_of(settings: &Settings) -> Result<Vec<(CheckFile, Origin)>> {
    let mut checks: BTreeMap<String, (CheckFile, Origin)> = BTreeMap::new();
    for check in analysis::shipped()? {
        checks.insert(check.name.clone(), (check, Origin::Shipped));
    }
    for added in &settings.checks {
        let check = CheckFile::parse(&added.name, &added.text)
            .map_err(|words| anyhow!("check `{}`: {words}", added.path.display()))?;
        checks.insert(check.name.clone(), (check, Origin::Added));
    }
    checks.retain(|name, (check, _)| settings.analysis.asks(name, check.default));
    Ok(checks.into_values().collect())
}

/// Asks the checks of every quarter that may have changed, keeps what is new, and folds.
///
/// `gone` are the versions that count no more since the last time.
///
/// # Errors
/// When the database refuses. A check that fails is a failure in the report, and stops no other.
pub fn ask(
    walk: &mut Walk<'_>,
    loaded: &[Loaded],
    gone: &[Gone],
    report: &mut Report,
) -> Result<Vec<Finding>> {
    let checks = checks(walk)?;
    let run = next_run(walk)?;
    let last = last_ask::last_ask(walk, &checks)?;
    // What a check could not answer is asked again, with all that is said of that quarter.
    let again = unanswered::again(walk.store.connection())?;
    let mut plan = Vec::new();
    let collections = &walk.settings.collections;
    for collection in collections {
        let mut quarters = quarters(walk, collection, loaded, gone, last.as_ref())?;
        quarters
            .extend(again.iter().filter(|(name, _)| *name == collection.name).map(|(_, quarter)| *quarter));
        plan.extend(quarters.into_iter().map(|quarter| (collection, quarter)));
    }
    let mut anything_new = last.is_none();
    let total = plan.len();
    let asked = plan.iter().map(|(collection, quarter)| (collection.name.clone(), *quarter)).collect();
    let before = findings::asked_before(walk.store.connection())?;
    let confirmations = decided::confirmations(walk.journal.lines());
    let mut failed = BTreeSet::new();
    let added = ask_added(walk, &checks, &plan, (&mut *report, &mut failed))?;
    let copied = (total > QUESTIONS_IN_PLACE)
        .then(|| Copy::inside(&walk.settings.state, &walk.store, &walk.settings.limits))
        .transpose()?;
    for (done, (collection, quarter)) in plan.into_iter().enumerate() {
        let about = (collection, quarter, copied.as_ref());
        let (mut answers, usual) = ask_shipped(walk, &checks, about, (&mut *report, &mut failed))?;
        answers.extend(added.get(&(collection.name.clone(), quarter)).cloned().unwrap_or_default());
        let standings = standings(&checks);
        settled::confirm(&confirmations, &standings, (&collection.name, quarter), &mut answers);
        settled::with_usual_ranges(&usual, &mut answers);
        inhibit(walk, quarter, &checks, &mut answers);
        for (check, answers) in &answers {
            let asked = Asked { check, collection: &collection.name, quarter, answers };
            anything_new |= findings::keep_answers(walk.store.connection(), run, walk.now, &before, &asked)?;
        }
        walk.tell(Progress::Asked(done + 1, total));
    }
    walk.spending.was_on(On::Check);
    let findings = fold(walk, &checks)?;
    let unwritten = moments::unwritten(&findings, |finding| is_of_history(finding, loaded));
    if anything_new || !unwritten.is_empty() {
        moments::keep(walk.store.connection(), run, walk.now, &findings)?;
    }
    // Before the commit: what is believed, and since when, outlives the database.
    walk.journal.append_all(walk.now, Happened::Found, unwritten)?;
    unanswered::keep(walk.store.connection(), &asked, &failed)?;
    if last.is_none_or(|last| last.day != walk.today) || total > 0 {
        last_ask::remember(walk, run, &checks)?;
    }
    count(walk, &findings, report);
    if !anything_new {
        report.changed = 0;
    }
    Ok(findings)
}

/// Whether a finding tells of nothing newer than history that is being loaded: of no news to anybody.
///
/// It opened in such a quarter, and became worse in no other.
fn is_of_history(finding: &Finding, loaded: &[Loaded]) -> bool {
    let told = |event| matches!(event, Event::Opened | Event::Reopened | Event::Worse);
    let of_return = |it: &&Loaded| {
        it.arrival.one_of_many
            && it.arrival.collection == finding.key.collection
            && it.arrival.authority.as_ref() == Some(&finding.key.authority)
    };
    let quarters: BTreeSet<Quarter> =
        loaded.iter().filter(of_return).filter_map(|it| it.arrival.quarter).collect();
    let last = finding.moments.iter().rev().find(|(moment, _)| moment.event.is_some_and(told));
    last.is_some_and(|(moment, _)| quarters.contains(&moment.quarter))
}

/// The findings as kept, when nothing was asked; counted all the same.
///
/// # Errors
/// When the database refuses.
pub fn kept(walk: &Walk<'_>, report: &mut Report) -> Result<Vec<Finding>> {
    let findings = fold(walk, &checks(walk)?)?;
    count(walk, &findings, report);
    Ok(findings)
}

fn fold(walk: &Walk<'_>, checks: &[(CheckFile, Origin)]) -> Result<Vec<Finding>> {
    let configured = configured_for(walk.settings, checks, walk.journal.lines());
    findings::fold(walk.store.connection(), walk.journal.lines(), &configured, walk.now)
        .context("cannot fold the findings")
}

/// What can have findings, and how each check's answers open and close one.
#[must_use]
pub fn configured_for<'a>(
    settings: &'a Settings,
    checks: &[(CheckFile, Origin)],
    lines: &[Line],
) -> Configured<'a> {
    let rule =
        |check: &CheckFile| Rule { open_after: check.open_after, close_after: check.close_after, band: BAND };
    let named = |wanted: &dyn Fn(&CheckFile) -> bool| {
        let of = checks.iter().map(|(check, _)| check).filter(|check| wanted(check));
        of.map(|check| check.name.clone()).collect()
    };
    let rebases = settings.analysis.rebases.iter();
    let rebases = rebases.map(|it| (it.indicator.clone(), it.authority.clone(), it.quarter));
    Configured {
        rules: checks.iter().map(|(check, _)| (check.name.clone(), rule(check))).collect(),
        sums: checks.iter().map(|(check, _)| (check.name.clone(), sum(settings, check))).collect(),
        families: check_file::families(checks.iter().map(|(check, _)| check)),
        new_normals: decided::new_normals(lines),
        rebases: rebases.collect(),
        charted: named(&|check| sql_words::stands_on(&check.sql, "xmr")),
        confirmations: decided::confirmations(lines),
        confirmable: named(&|check| settled::is_confirmable(&check.standing())),
        collections: settings.collections.iter().map(|one| one.name.as_str()).collect(),
        authorities: &settings.authorities,
    }
}

/// A sum of what a check asks, by which thresholds, and how charts are drawn for it.
fn sum(settings: &Settings, check: &CheckFile) -> String {
    let charts = (&settings.analysis.charts, &settings.analysis.rebases);
    let it = (&check.sql, &check.parameters, check.open_after, check.close_after, charts);
    keep::hash(format!("{it:?}").as_bytes())
}

fn count(walk: &Walk<'_>, findings: &[Finding], report: &mut Report) {
    let open = findings.iter().filter(|finding| finding.state().is_open());
    let shown = |finding: &&Finding| finding.moments.last().is_some_and(|(moment, _)| moment.shown > 0);
    let (told, informing): (Vec<&Finding>, Vec<&Finding>) = open.partition(shown);
    (report.open, report.informing) = (told.len(), informing.len());
    report.changed = findings
        .iter()
        .filter_map(|finding| finding.moments.last())
        .filter(|(moment, at)| *at == walk.now && moment.event.is_some())
        .count();
}

fn next_run(walk: &Walk<'_>) -> Result<i64> {
    let sql =
        "SELECT coalesce(max(run), 0) + 1 FROM (SELECT run FROM answers UNION ALL SELECT run FROM runs)";
    Ok(walk.store.connection().query_row(sql, [], |row| row.get(0))?)
}

/// From the earliest quarter that was loaded or withdrawn on; the newest also when a due day has passed since
/// the last ask.
fn quarters(
    walk: &Walk<'_>,
    collection: &Collection,
    loaded: &[Loaded],
    gone: &[Gone],
    last: Option<&LastAsk>,
) -> Result<BTreeSet<Quarter>> {
    let held = held(walk, collection)?;
    let touched = loaded
        .iter()
        .filter(|it| it.arrival.collection == collection.name)
        .filter_map(|it| it.outcome.as_ref().ok())
        .flat_map(|reading| reading.observations.iter().map(|one| one.quarter))
        .chain(gone.iter().filter(|it| it.collection == collection.name).map(|it| it.quarter))
        .min();
    let from = if last.is_none() { held.first().copied() } else { touched };
    let mut quarters: BTreeSet<Quarter> =
        from.map(|from| held.range(from..).copied().collect()).unwrap_or_default();
    let newest = newest_quarter(walk, collection).filter(|_| !held.is_empty());
    let since = last.map_or(NaiveDate::MIN, |last| last.day);
    quarters.extend(newest.filter(|quarter| {
        let due = configured::due_day(collection, *quarter, &walk.settings.calendar);
        from.is_some() || due.is_some_and(|due| (since..walk.today).contains(&due))
    }));
    Ok(quarters)
}

/// The quarters of which a collection holds figures.
fn held(walk: &Walk<'_>, collection: &Collection) -> Result<BTreeSet<Quarter>> {
    let mut statement = walk.store.connection().prepare(
        "SELECT DISTINCT f.quarter
           FROM figures f
           JOIN submissions s USING (submission)
          WHERE s.collection = ?
          ORDER BY f.quarter",
    )?;
    let rows = statement.query_map([&collection.name], |row| row.get(0).map(Quarter::from_index))?;
    Ok(rows.collect::<duckdb::Result<_>>()?)
}

/// The newest ended quarter for which returns are expected.
fn newest_quarter(walk: &Walk<'_>, collection: &Collection) -> Option<Quarter> {
    match collection.reporters {
        Reporters::Publisher => None,
        Reporters::Members => collection.ended_quarters(walk.today).last().copied(),
    }
}

fn ask_shipped(
    walk: &mut Walk<'_>,
    checks: &[(CheckFile, Origin)],
    (collection, quarter, copied): (&Collection, Quarter, Option<&Copy>),
    (report, failed): (&mut Report, &mut BTreeSet<unanswered::Question>),
) -> Result<(ByCheck, Vec<UsualRange>)> {
    let mut shipped = Vec::new();
    for (check, _) in checks.iter().filter(|(_, origin)| *origin == Origin::Shipped) {
        if walk.may_do(&format!("ask {}", check.name))? {
            shipped.push(check);
        }
    }
    let question = question(walk, collection, quarter);
    let about = || format!("the checks failed for {} {quarter}", collection.name);
    let (mut answers, mut usual) = (ByCheck::new(), Vec::new());
    // Together they are faster; one by one it is known of which a run died.
    let together = if walk.is_careful() { 1 } else { shipped.len().max(1) };
    for some in shipped.chunks(together) {
        if let [only] = some {
            let words = format!("asking the check `{}` of {} {quarter}", only.name, collection.name);
            walk.is_doing(&format!("ask {}", only.name), &words)?;
        }
        let store = copied.map_or(&walk.store, Copy::store);
        let all = store.ask_all(some.iter().copied(), &question).with_context(about)?;
        usual = all.usual;
        for (check, said) in some.iter().zip(all.answers) {
            let place = || format!("check `{}`, {} {quarter}", check.name, collection.name);
            match said {
                Ok(said) => {
                    answers.insert(check.name.clone(), said);
                }
                Err(error) => {
                    failed.insert((check.name.clone(), collection.name.clone(), quarter));
                    report.failures.push(trouble(&place(), error.to_string()));
                }
            }
        }
    }
    Ok((answers, usual))
}

/// Runs each of the operator's checks in a worker of its own on a snapshot. One that errors reaches the
/// operator only, and stops no other.
fn ask_added(
    walk: &mut Walk<'_>,
    checks: &[(CheckFile, Origin)],
    plan: &[(&Collection, Quarter)],
    (report, failed): (&mut Report, &mut BTreeSet<unanswered::Question>),
) -> Result<BTreeMap<(String, Quarter), ByCheck>> {
    let added: Vec<&CheckFile> =
        checks.iter().filter(|(_, origin)| *origin == Origin::Added).map(|(check, _)| check).collect();
    let mut all: BTreeMap<(String, Quarter), ByCheck> = BTreeMap::new();
    if added.is_empty() || plan.is_empty() {
        return Ok(all);
    }
    let texts: Vec<&str> = added.iter().map(|check| check.sql.as_str()).collect();
    let snapshot = Snapshot::inside(&walk.settings.state, &walk.store, &texts.join("\n"))?;
    for check in added {
        let subject = format!("ask {}", check.name);
        if !walk.may_do(&subject)? {
            continue;
        }
        walk.is_doing(&subject, &format!("asking the added check `{}`", check.name))?;
        let questions: Vec<_> = plan.iter().map(|(one, quarter)| question(walk, one, *quarter)).collect();
        let answers = match apart::ask(walk.program, &snapshot, check, &questions, &walk.settings.limits) {
            Ok(answers) => answers,
            Err(error) => {
                let all = plan.iter().map(|(of, quarter)| (check.name.clone(), of.name.clone(), *quarter));
                failed.extend(all);
                report.failures.push(trouble(&format!("check `{}`", check.name), error.to_string()));
                continue;
            }
        };
        for ((collection, quarter), answer) in plan.iter().zip(answers) {
            match answer {
                Ok(said) => {
                    all.entry((collection.name.clone(), *quarter))
                        .or_default()
                        .insert(check.name.clone(), said);
                }
                Err(words) => {
                    let place = format!("check `{}`, {} {quarter}", check.name, collection.name);
                    failed.insert((check.name.clone(), collection.name.clone(), *quarter));
                    report.failures.push(trouble(&place, words));
                }
            }
        }
    }
    Ok(all)
}

fn trouble(place: &str, what: String) -> Trouble {
    let next = "correct the check, then `quarterdeck check-config`".to_owned();
    Trouble { room: Room::Check, what, place: place.to_owned(), next }
}

fn question(walk: &Walk<'_>, collection: &Collection, quarter: Quarter) -> analysis::Question {
    let (as_of, known_on) = (walk.today, walk.now);
    analysis::Question { collection: collection.name.clone(), quarter, as_of, known_on }
}

/// What each check means for the others, by its header.
fn standings(checks: &[(CheckFile, Origin)]) -> BTreeMap<String, Standing> {
    checks.iter().map(|(check, _)| (check.name.clone(), check.standing())).collect()
}

/// One story, not six: what inhibits what, within one collection and quarter.
fn inhibit(walk: &Walk<'_>, quarter: Quarter, checks: &[(CheckFile, Origin)], answers: &mut ByCheck) {
    let members = walk.settings.authorities.iter().filter(|one| one.existed_on(quarter.last_day())).count();
    let said: Vec<Said> =
        answers.iter().flat_map(|(check, rows)| rows.iter().map(|row| said(check, row))).collect();
    let judged = inhibition::judge(&said, &standings(checks), members);
    let rows = answers.iter_mut().flat_map(|(check, rows)| rows.iter_mut().map(move |row| (check, row)));
    for ((check, row), fate) in rows.zip(&judged.fates) {
        match fate {
            Fate::Stands => {}
            Fate::Hidden { by } => {
                row.eligible = false;
                row.reason = Some(format!("told by {by}"));
            }
            Fate::Lowered { to, because } => {
                row.reason = Some(because.clone());
                if let Value::Object(detail) = &mut row.detail {
                    detail.insert(SHOWN_LEVEL.to_owned(), json!(to));
                }
            }
        }
        let shared = judged.regional.iter().find(|it| {
            &it.check == check
                && Some(&it.indicator) == row.indicator.as_ref()
                && it.authorities.contains(&row.authority)
        });
        if let (Some(shared), Value::Object(detail)) = (shared, &mut row.detail) {
            detail.insert("shared".to_owned(), json!([shared.authorities.len(), shared.of]));
        }
    }
    let region = &walk.settings.region.code;
    regional::answer(region, quarter, members, &judged, checks.iter().map(|(check, _)| check), answers);
}

fn said(check: &str, row: &CheckAnswer) -> Said {
    let direction = match row.detail.get("direction").and_then(Value::as_str) {
        Some("up") => Direction::Up,
        Some("down") => Direction::Down,
        _ => Direction::None,
    };
    Said {
        check: check.to_owned(),
        authority: row.authority.clone(),
        indicator: row.indicator.clone(),
        outcome: outcome(row),
        level: row.level,
        effect: row.effect.unwrap_or(0.0),
        direction,
    }
}

/// What is not eligible is never clear.
pub(super) fn outcome(row: &CheckAnswer) -> Outcome {
    match (row.eligible, row.fires) {
        (false, _) => Outcome::Unknown,
        (true, true) => Outcome::Fires,
        (true, false) => Outcome::Clear,
    }
}

/// The question of a check, in words that fit the measure it is asked of.
#[must_use]
pub fn asks<'a>(check: &'a CheckFile, of: Option<&Indicator>) -> &'a str {
    let neutral = of.is_some_and(|of| of.polarity == Polarity::None);
    check.asks_neutral.as_ref().filter(|_| neutral).unwrap_or(&check.asks)
}

/// What a check found, as a heading that fits the measure.
#[must_use]
pub fn title<'a>(check: &'a CheckFile, of: Option<&Indicator>) -> &'a str {
    let neutral = of.is_some_and(|of| of.polarity == Polarity::None);
    check.title_neutral.as_ref().filter(|_| neutral).unwrap_or(&check.title)
}

/// The words of a check's sentence that fit an answer: the variant its detail names, or the plain one.
#[must_use]
pub fn says<'a>(check: &'a CheckFile, detail: &Value) -> &'a str {
    let variant = detail.get("says").and_then(Value::as_str).unwrap_or("says");
    check.says.get(variant).or_else(|| check.says.get("says")).map_or("", String::as_str)
}
