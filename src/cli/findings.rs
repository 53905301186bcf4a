//! `findings`: the kept findings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde_json::json;

use crate::cli::arguments::{FindingsArguments, Format, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows};
use crate::cli::support;
use crate::config::settings::Settings;
use crate::domain::finding::{Action, Deed, State, bare, named};
use crate::domain::support::Support;
use crate::pipeline::{asking, found, remembered, worded};
use crate::store::check_file::CheckFile;
use crate::store::decided;
use crate::store::findings::{self, Finding};
use crate::store::journal::{Journal, Line};
use crate::store::open::Store;

/// Prints the findings as kept.
///
/// # Errors
/// When the configuration is wrong or the state cannot be read.
pub fn findings(with: &With, arguments: &FindingsArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let kept = Kept::open(&settings, with)?;
    show(&settings, &kept, arguments, with)?;
    Ok(Ending::Done)
}

/// The kept findings with the checks that made them.
pub struct Kept {
    /// The database, to look further.
    pub store: Store,
    /// The checks by name.
    pub checks: BTreeMap<String, CheckFile>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// What people did with them.
    pub actions: Vec<Action>,
    /// Support that was agreed.
    pub supports: Vec<Support>,
    /// The journal.
    pub lines: Vec<Line>,
}

impl Kept {
    /// Reads findings and actions without the right to write.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn open(settings: &Settings, with: &With) -> Result<Self> {
        let store = Store::open_read_only(&settings.state, &settings.limits)?;
        store.share();
        let checks = asking::checks_of(settings)?;
        let lines = Journal::read(&settings.state)?;
        let configured = asking::configured_for(settings, &checks, &lines);
        let findings = findings::fold(store.connection(), &lines, &configured, print::now(with))
            .context("cannot read the findings")?;
        let actions = remembered::actions(&lines);
        let supports = decided::supports(&lines);
        let checks = checks.into_iter().map(|(check, _)| (check.name.clone(), check)).collect();
        Ok(Self { store, checks, findings, actions, supports, lines })
    }

    /// The finding with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn finding(&self, id: &str) -> Result<&Finding> {
        self.findings.iter().find(|one| one.key.id() == bare(id)).with_context(|| {
            let name = named(bare(id));
            print::UsageError(format!(
                "there is no finding `{name}`; `quarterdeck findings --all` lists them"
            ))
        })
    }
}

/// Prints the findings that the arguments ask for, worst first.
///
/// # Errors
/// When an authority or a collection is unknown, or standard output is closed.
pub fn show(settings: &Settings, kept: &Kept, arguments: &FindingsArguments, with: &With) -> Result<()> {
    let authority =
        arguments.authority.as_deref().map(|text| print::authority(settings, text)).transpose()?;
    arguments.collection.as_deref().map(|name| print::collection(settings, name)).transpose()?;
    let today = print::day(settings, print::now(with));
    let mut wanted: Vec<&Finding> = kept
        .findings
        .iter()
        .filter(|one| if arguments.all { was_something(one) } else { one.state().is_open() })
        .filter(|one| authority.is_none_or(|it| it.code == one.key.authority))
        .filter(|one| arguments.collection.as_ref().is_none_or(|name| *name == one.key.collection))
        .filter(|one| arguments.all || level(one) > 0)
        .collect();
    wanted.sort_by(|a, b| {
        (level(b), effect(b)).partial_cmp(&(level(a), effect(a))).unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut rows =
        Rows::of(&["id", "level", "state", "quarter", "authority", "indicator", "sentence", "attention"]);
    for it in wanted {
        let sentence = worded::sentence_of(settings, kept.checks.get(&it.teller), it);
        rows.rows.push(vec![
            json!(it.key.name()),
            json!(["info", "low", "medium", "high"].get(usize::from(level(it)))),
            json!(found::state_word(settings, it, it.state())),
            json!(it.fired_in.to_string()),
            json!(found::whose(settings, it).name),
            support::indicator(settings, it.key.indicator.as_ref(), arguments.print.format),
            json!(sentence),
            json!(attended(it, &kept.actions, today)),
        ]);
    }
    rows.print(arguments.print.format)?;
    let informing = kept.findings.iter().filter(|one| one.state().is_open() && level(one) == 0).count();
    if !arguments.all && informing > 0 && arguments.print.format == Format::Table {
        let of = if authority.is_some() || arguments.collection.is_some() { " in the region" } else { "" };
        print::complain(format_args!(
            "and {informing} that are open for information only{of}; `--all` shows them, and what is resolved"
        ));
    }
    Ok(())
}

/// Whether it is, or ever was, open; what only came near, and is gone, was nothing.
fn was_something(finding: &Finding) -> bool {
    let moments = finding.past.iter().chain(&finding.moments);
    finding.state() != State::None || moments.into_iter().any(|(moment, _)| moment.state.is_open())
}

fn level(finding: &Finding) -> u8 {
    finding.moments.last().map_or(0, |(moment, _)| moment.shown)
}

fn effect(finding: &Finding) -> f64 {
    finding.moments.last().map_or(0.0, |(moment, _)| moment.effect)
}

/// What was done about a finding while it holds, and who confirmed its figure.
fn attended(finding: &Finding, actions: &[Action], today: NaiveDate) -> String {
    let done = attention(found::attention(finding, actions, today).1.as_ref());
    let confirmed =
        finding.confirmed.as_ref().map(|it| format!("figure confirmed by {}: {}", it.by, it.reason));
    let all: Vec<String> = [done].into_iter().filter(|words| !words.is_empty()).chain(confirmed).collect();
    all.join("; ")
}

/// Who looks after a finding, in words.
#[must_use]
pub fn attention(action: Option<&Action>) -> String {
    let Some(Action { deed, by, reason, .. }) = action else { return String::new() };
    match deed {
        Deed::Acknowledge => format!("acknowledged by {by}: {reason}"),
        Deed::Snooze { until } => format!("quiet until {until}, by {by}: {reason}"),
        Deed::Dismiss => format!("expected, says {by}: {reason}"),
        Deed::Accept { from } => format!("the new normal from {from}, says {by}: {reason}"),
        Deed::Confirm { quarter } => format!("confirmed for {quarter} by {by}: {reason}"),
    }
}

/// A state, with who looks after it.
#[must_use]
pub fn attention_or(state: &str, action: Option<&Action>) -> String {
    match attention(action) {
        words if words.is_empty() => state.to_owned(),
        words => format!("{state}, {words}"),
    }
}
