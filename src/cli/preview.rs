//! `check --preview FILE`: what a check would have found in three years, before it is deployed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::cli::arguments::{Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::Settings;
use crate::pipeline::apart::{self, Snapshot};
use crate::pipeline::previewing::{self, Count, Opened, Seen, Slot, Trying};
use crate::pipeline::{asking, facts};
use crate::store::analysis;
use crate::store::check_file::CheckFile;
use crate::store::open::Store;

const LEVELS: [&str; 4] = ["info", "low", "medium", "high"];

/// Asks a check of the last twelve quarters in a worker, and of the version that it would replace; stores
/// nothing.
///
/// # Errors
/// When the file is no check, the configuration is wrong, or the state cannot be read.
pub fn preview(with: &With, file: &Path, format: Format) -> Result<Ending> {
    let settings = print::settings(with)?;
    let program = print::program();
    let check = read(file)?;
    let wrong = |words: String| UsageError(format!("{}: {words}", file.display()));
    apart::prepare(&program, &Snapshot::empty(&check.sql)?, &check, &settings.limits).map_err(wrong)?;
    let store = Store::open_read_only(&settings.state, &settings.limits)?;
    let now = print::now(with);
    let today = print::day(&settings, now);
    let trying = Trying { settings: &settings, store: &store, program: &program, now, today };
    let replaced = replaced(&settings, &check)?;
    let longest = replaced.iter().chain([&check]).map(|one| one.open_after).max().unwrap_or(1);
    let slots = previewing::slots(&trying, longest)?;
    let texts: Vec<&str> = replaced.iter().chain([&check]).map(|one| one.sql.as_str()).collect();
    let snapshot = Snapshot::elsewhere(&store, &texts.join("\n"))?;
    let versions = if replaced.is_some() { 2 } else { 1 };
    let bar = ProgressBar::new((slots.len() * versions) as u64);
    let mut asked = || bar.inc(1);
    let after = previewing::see(&trying, &snapshot, &check, &slots, &mut asked);
    let before =
        replaced.as_ref().map(|check| previewing::see(&trying, &snapshot, check, &slots, &mut asked));
    bar.finish_and_clear();
    let slots: Vec<Slot> = slots.into_iter().filter(|slot| slot.shown).collect();
    let told = Told { settings: &settings, slots: &slots, after: &after, before: before.as_ref() };
    match format {
        Format::Table => told.tables(&check.name)?,
        Format::Json | Format::Csv => told.parts().print(format)?,
    }
    let failed = after.counts.iter().any(|count| count.error.is_some());
    Ok(if failed { Ending::SomeFailed } else { Ending::Done })
}

fn read(file: &Path) -> Result<CheckFile> {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let text = fs::read_to_string(file)
        .with_context(|| UsageError(format!("`{}` cannot be read as text", file.display())))?;
    CheckFile::parse(name, &text).map_err(|words| UsageError(format!("{}: {words}", file.display())).into())
}

/// The version that is asked now, or the shipped one where that is the same; none when there is no other.
fn replaced(settings: &Settings, check: &CheckFile) -> Result<Option<CheckFile>> {
    let deployed = asking::checks_of(settings)?.into_iter().map(|(one, _)| one);
    let others = deployed.chain(analysis::shipped()?);
    Ok(others.into_iter().find(|one| one.name == check.name && one != check))
}

struct Told<'a> {
    settings: &'a Settings,
    slots: &'a [Slot],
    after: &'a Seen,
    before: Option<&'a Seen>,
}

impl Told<'_> {
    fn tables(&self, name: &str) -> Result<()> {
        let (all, stayed) = (self.after.opened.len(), stayed(&self.after.opened));
        print::say(format_args!(
            "{name}: would have opened {all} findings in the last three years, open for {stayed} quarters in \
             all{}",
            self.before
                .map_or_else(String::new, |before| format!("; before the change {}", before.opened.len()))
        ))?;
        print::say(format_args!(
            "each quarter as known on the morning after its due day, or now where nothing had come by then"
        ))?;
        self.quarters().print(Format::Table)?;
        self.authorities().print(Format::Table)?;
        self.findings().print(Format::Table)?;
        self.reasons().print(Format::Table)?;
        for (slot, count) in self.slots.iter().zip(&self.after.counts) {
            if let Some(words) = &count.error {
                let question = &slot.question;
                print::complain(format_args!(
                    "failed: {} {}: {words}",
                    question.collection, question.quarter
                ));
            }
        }
        Ok(())
    }

    fn quarters(&self) -> Rows {
        let columns = ["collection", "quarter", "as of", "known", "fires", "opened", "open", "not eligible"];
        let mut rows = Rows::of(&columns);
        if self.before.is_some() {
            rows.columns.extend(["opened before", "open before"].map(str::to_owned));
        }
        for (at, (slot, count)) in self.slots.iter().zip(&self.after.counts).enumerate() {
            let mut row = vec![
                json!(slot.question.collection),
                json!(slot.question.quarter.to_string()),
                json!(slot.question.as_of.to_string()),
                json!(if slot.then { "then" } else { "now" }),
            ];
            row.extend(numbers(count));
            if let Some(before) = self.before {
                let count = before.counts.get(at).cloned().unwrap_or_default();
                row.extend([number(&count, count.opened), number(&count, count.open)]);
            }
            rows.rows.push(row);
        }
        rows
    }

    fn authorities(&self) -> Rows {
        let mut rows = Rows::of(&["authority", "opened", "quarters open"]);
        let after = by_authority(self.settings, self.after);
        let before = self.before.map(|before| by_authority(self.settings, before));
        if before.is_some() {
            rows.columns.extend(["opened before", "quarters open before"].map(str::to_owned));
        }
        let mut names: Vec<&String> = after.keys().chain(before.iter().flat_map(BTreeMap::keys)).collect();
        names.sort();
        names.dedup();
        for name in names {
            let (opened, open) = after.get(name).copied().unwrap_or_default();
            let mut row = vec![json!(name), json!(opened), json!(open)];
            if let Some(before) = &before {
                let (opened, open) = before.get(name).copied().unwrap_or_default();
                row.extend([json!(opened), json!(open)]);
            }
            rows.rows.push(row);
        }
        rows
    }

    fn findings(&self) -> Rows {
        let mut rows = Rows::of(&["quarter", "authority", "indicator", "level", "open for", "sentence"]);
        for it in &self.after.opened {
            let until = it.resolved.map_or("still".to_owned(), |quarter| format!("until {quarter}"));
            rows.rows.push(vec![
                json!(it.quarter.to_string()),
                json!(facts::named(self.settings, &it.key.authority).name),
                json!(it.key.indicator.as_ref().map(ToString::to_string)),
                json!(level(it)),
                json!(format!("{}, {until}", it.stayed)),
                json!(it.sentence),
            ]);
        }
        rows
    }

    fn reasons(&self) -> Rows {
        let mut rows = Rows::of(&["not eligible because", "answers"]);
        rows.rows =
            self.after.reasons.iter().map(|(words, count)| vec![json!(words), json!(count)]).collect();
        rows
    }

    /// Everything as one list: counts by quarter, findings, reasons; of the version after and before.
    fn parts(&self) -> Rows {
        let mut rows = Rows::of(&[
            "part",
            "version",
            "collection",
            "quarter",
            "as_of",
            "known",
            "authority",
            "indicator",
            "level",
            "fires",
            "opened",
            "open",
            "not_eligible",
            "stayed",
            "resolved",
            "words",
        ]);
        for (version, seen) in [("after", Some(self.after)), ("before", self.before)] {
            let Some(seen) = seen else { continue };
            let quarters = self.slots.iter().zip(&seen.counts).map(|(slot, count)| quarter_part(slot, count));
            let findings = seen.opened.iter().map(finding_part);
            let reasons = seen
                .reasons
                .iter()
                .map(|(words, count)| json!({"part": "not-eligible", "not_eligible": count, "words": words}));
            for mut part in quarters.chain(findings).chain(reasons) {
                part["version"] = json!(version);
                rows.rows.push(rows.columns.iter().map(|name| part[name].clone()).collect());
            }
        }
        rows
    }
}

fn quarter_part(slot: &Slot, count: &Count) -> Value {
    let Slot { question, then, .. } = slot;
    let known = if *then { "then" } else { "now" };
    let [fires, opened, open, not_eligible] = numbers(count);
    json!({
        "part": "quarter", "collection": question.collection, "quarter": question.quarter.to_string(),
        "as_of": question.as_of.to_string(), "known": known, "fires": fires, "opened": opened, "open": open,
        "not_eligible": not_eligible, "words": count.error,
    })
}

fn finding_part(it: &Opened) -> Value {
    json!({
        "part": "finding", "collection": it.key.collection, "quarter": it.quarter.to_string(),
        "authority": it.key.authority.as_str(),
        "indicator": it.key.indicator.as_ref().map(ToString::to_string), "level": level(it),
        "stayed": it.stayed, "resolved": it.resolved.map(|quarter| quarter.to_string()), "words": it.sentence,
    })
}

fn level(it: &Opened) -> &'static str {
    LEVELS.get(usize::from(it.level)).copied().unwrap_or_default()
}

fn numbers(count: &Count) -> [Value; 4] {
    [count.fires, count.opened, count.open, count.not_eligible].map(|one| number(count, one))
}

/// What was not answered is an error and not nought.
fn number(count: &Count, number: usize) -> Value {
    if count.error.is_some() { json!("error") } else { json!(number) }
}

fn stayed(opened: &[Opened]) -> usize {
    opened.iter().map(|one| one.stayed).sum()
}

/// Findings that were opened, and quarters for which they were open, by the authority's name.
fn by_authority(settings: &Settings, seen: &Seen) -> BTreeMap<String, (usize, usize)> {
    let mut totals: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for it in &seen.opened {
        let total = totals.entry(facts::named(settings, &it.key.authority).name).or_default();
        *total = (total.0 + 1, total.1 + it.stayed);
    }
    totals
}
