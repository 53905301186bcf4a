//! The last ask: when the checks were asked, and whether the rules are still those.

use anyhow::Result;
use chrono::NaiveDate;

use crate::config::settings::Collection;
use crate::pipeline::asking::Origin;
use crate::pipeline::opening::Walk;
use crate::store::check_file::CheckFile;
use crate::store::decided;
use crate::store::keep;
use crate::store::returns::instant;
use crate::store::schema;

/// What findings depend on besides the data: some of the settings, the checks and the views.
fn rules_fingerprint(walk: &Walk<'_>, checks: &[(CheckFile, Origin)]) -> String {
    let it = walk.settings;
    let asked: Vec<_> = checks
        .iter()
        .map(|(check, _)| (&check.name, &check.sql, &check.parameters, check.open_after, check.close_after))
        .collect();
    // What was set aside for a time has not been asked meanwhile.
    let aside: Vec<&str> = walk.aside().filter(|subject| subject.starts_with("ask ")).collect();
    // Where returns come from is of no matter to what they say.
    let of_collection = |one: &Collection| {
        format!(
            "{:?}",
            (&one.name, one.cadence, one.first_quarter, one.due_working_days, one.reporters, one.provisional)
        )
    };
    let collections: Vec<String> = it.collections.iter().map(of_collection).collect();
    let views = (&it.authorities, &it.indicators, collections, &it.calendar, &it.analysis);
    let rules = (&it.region, views, asked, aside);
    let lines = walk.journal.lines();
    let decided = (decided::new_normals(lines), decided::confirmations(lines));
    keep::hash(format!("{rules:?}{decided:?}{}", schema::statements().concat()).as_bytes())
}

/// When the checks were last asked, by the rules that still hold.
pub(super) struct LastAsk {
    /// The day on which.
    pub(super) day: NaiveDate,
}

/// None when settings or checks have changed since, or nothing was ever asked: then everything is asked.
///
/// # Errors
/// When the database refuses.
pub(super) fn last_ask(walk: &Walk<'_>, checks: &[(CheckFile, Origin)]) -> Result<Option<LastAsk>> {
    let sql = "SELECT settings_fingerprint, answers_for FROM runs ORDER BY run DESC LIMIT 1";
    let mut statement = walk.store.connection().prepare(sql)?;
    let kept: Option<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.next().transpose()?;
    let same = kept.filter(|(fingerprint, _)| *fingerprint == rules_fingerprint(walk, checks));
    Ok(same.and_then(|(_, day)| day.parse().ok()).map(|day| LastAsk { day }))
}

/// Keeps that the checks were asked, and by which rules.
///
/// # Errors
/// When the database refuses.
pub(super) fn remember(walk: &Walk<'_>, run: i64, checks: &[(CheckFile, Origin)]) -> Result<()> {
    walk.store.connection().execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?)",
        duckdb::params![run, instant(walk.now), walk.today.to_string(), rules_fingerprint(walk, checks)],
    )?;
    Ok(())
}
