//! `explain`: a finding in full.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cli::arguments::{ExplainArguments, With};
use crate::cli::exit::Ending;
use crate::cli::findings::{self, Kept};
use crate::cli::print;
use crate::config::settings::Settings;
use crate::pipeline::{asking, facts, found};
use crate::store::check_file::CheckFile;
use crate::store::findings::Finding;
use crate::store::grid::{self, Provenance};

/// Prints the rule, the numbers, the baseline, the life, file and line of each figure, the SQL, and what
/// ends it.
///
/// # Errors
/// When there is no such finding or the state cannot be read.
pub fn explain(with: &With, arguments: &ExplainArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let kept = Kept::open(&settings, with)?;
    let finding = kept.finding(&arguments.id)?;
    let check = kept.checks.get(&finding.key.check).context("its check is no longer configured")?;
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(&settings, id));
    let today = print::day(&settings, print::now(with));
    print::say(format_args!("{}\n", found::sentence_of(&settings, check, finding)))?;
    print::say(format_args!("check       {}: {}", check.name, asking::asks(check, of)))?;
    print::say(format_args!(
        "authority   {} {}",
        finding.key.authority,
        facts::named(&settings, &finding.key.authority).name
    ))?;
    print::say(format_args!("collection  {}", finding.key.collection))?;
    indicator(&settings, finding)?;
    print::say(format_args!(
        "state       {}",
        findings::attention_or(
            found::state_word(&settings, finding, finding.state()),
            found::attention(finding, &kept.actions, today).1.as_ref()
        )
    ))?;
    print::say(format_args!("ends when   {}", ends_when(check)))?;
    numbers(finding)?;
    life(&settings, finding)?;
    if let Some(indicator) = &finding.key.indicator {
        let rows = grid::provenance(
            kept.store.connection(),
            &finding.key.collection,
            &finding.key.authority,
            indicator.as_str(),
        )?;
        figures(&rows)?;
    }
    print::say(format_args!("\nthe question, as SQL:\n{}", check.sql))?;
    Ok(Ending::Done)
}

fn indicator(settings: &Settings, finding: &Finding) -> Result<()> {
    let Some(of) = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id)) else {
        return Ok(());
    };
    print::say(format_args!("indicator   {} ({}): {}", of.name, of.id, of.definition))?;
    print::say(format_args!("source      {}", of.source))?;
    Ok(())
}

fn ends_when(check: &CheckFile) -> String {
    let quarters = if check.close_after == 1 {
        "one quarter".to_owned()
    } else {
        format!("{} quarters in a row", check.close_after)
    };
    format!("the check is clear for {quarters}")
}

fn numbers(finding: &Finding) -> Result<()> {
    print::say(format_args!("\nthe numbers of {}:", finding.fired_in))?;
    for (name, value) in finding.detail.as_object().into_iter().flatten() {
        if !matches!(value, Value::Null) {
            print::say(format_args!("  {name:24} {}", print::text(value)))?;
        }
    }
    Ok(())
}

fn life(settings: &Settings, finding: &Finding) -> Result<()> {
    print::say(format_args!("\nits life:"))?;
    for (moment, at) in &finding.moments {
        let event = moment.event.map_or("", |event| event.word());
        print::say(format_args!(
            "  {}  {:12} level {}  effect {:8.3}  {event:16} known since {}",
            moment.quarter,
            found::state_word(settings, finding, moment.state),
            moment.shown,
            moment.effect,
            at.format("%Y-%m-%d %H:%M UTC")
        ))?;
    }
    Ok(())
}

fn figures(rows: &[Provenance]) -> Result<()> {
    print::say(format_args!("\nevery figure, with its file and line:"))?;
    for row in rows {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        print::say(format_args!(
            "  {}  {} / {} = {}  {}  {} line {} version {} sha256 {}",
            row.quarter,
            number(row.numerator),
            number(row.denominator),
            number(row.value),
            row.status.as_deref().unwrap_or("-"),
            row.file_name,
            row.line,
            row.version,
            row.hash.get(..12).unwrap_or(&row.hash)
        ))?;
    }
    Ok(())
}
