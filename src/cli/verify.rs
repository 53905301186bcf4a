//! `verify`: a pre-flight for a submitter; nothing is stored.

use std::fs::{self, File};
use std::io::Read;

use anyhow::{Context, Result};
use serde_json::json;

use crate::cli::arguments::{FileArguments, Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::{Collection, Limits, Reporters, Settings};
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::loading;
use crate::read::code::Refusal;
use crate::read::reading::{Expected, Reading};
use crate::read::validate::understand;

/// Reads and validates a file as `receive` would, and prints what it would say.
///
/// # Errors
/// When the configuration or the command line is wrong, or the file is not there.
pub fn verify(with: &With, arguments: &FileArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let subject = Subject::of(&settings, arguments)?;
    let bytes = contents(arguments, &settings.limits)?;
    let program = print::program();
    let outcome = loading::rows(
        &program,
        &settings.limits,
        &bytes,
        &file_name(arguments),
        &subject.collection.layouts,
    )?
    .and_then(|grid| {
        let expected = Expected {
            collection: &subject.collection.name,
            authority: subject.authority.as_ref(),
            quarter: subject.quarter,
            indicators: &settings.indicators,
            layouts: &subject.collection.layouts,
            authorities: &settings.authorities,
            today: print::day(&settings, print::now(with)),
            previous_rows: None,
        };
        understand(&grid, &expected)
    });
    show(&outcome, arguments.print.format)?;
    Ok(ending(&outcome))
}

/// The bytes of the file; of one that is too large, one byte more than is taken.
///
/// # Errors
/// When the file is not there, or no file: the command line is wrong.
pub fn contents(arguments: &FileArguments, limits: &Limits) -> Result<Vec<u8>> {
    let unreadable = || UsageError(format!("cannot read `{}`", arguments.file.display()));
    let found = fs::metadata(&arguments.file).with_context(unreadable)?;
    if !found.is_file() {
        return Err(UsageError(format!("`{}` is no file", arguments.file.display())).into());
    }
    let mut bytes = Vec::new();
    let file = File::open(&arguments.file).with_context(unreadable)?;
    file.take(limits.file_bytes_max.saturating_add(1)).read_to_end(&mut bytes).with_context(unreadable)?;
    Ok(bytes)
}

/// The file's own name.
#[must_use]
pub fn file_name(arguments: &FileArguments) -> String {
    arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a file is said to be.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// The authority; none for a publisher's file.
    pub authority: Option<AuthorityCode>,
    /// The quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
}

impl<'a> Subject<'a> {
    /// Checks what the command line says of a file.
    ///
    /// # Errors
    /// When collection, authority or quarter is missing or unknown.
    pub fn of(settings: &'a Settings, arguments: &FileArguments) -> Result<Self> {
        let collection =
            settings.collections.iter().find(|one| one.name == arguments.collection).with_context(|| {
                let names: Vec<&str> = settings.collections.iter().map(|one| one.name.as_str()).collect();
                UsageError(format!(
                    "there is no collection `{}`; there are {}",
                    arguments.collection,
                    names.join(", ")
                ))
            })?;
        if collection.reporters == Reporters::Publisher {
            return Ok(Self { collection, authority: None, quarter: None });
        }
        let needed = |what: &str| {
            UsageError(format!(
                "a return of `{}` needs --{what}, which says whose and for when",
                collection.name
            ))
        };
        let authority = arguments.authority.as_deref().ok_or_else(|| needed("authority"))?;
        let quarter = arguments.quarter.as_deref().ok_or_else(|| needed("quarter"))?;
        let authority = print::authority(settings, authority)?.code.clone();
        Ok(Self { collection, authority: Some(authority), quarter: Some(print::quarter(quarter)?) })
    }
}

/// 0 when every row was accepted, 1 otherwise.
#[must_use]
pub fn ending(outcome: &Result<Reading, Refusal>) -> Ending {
    match outcome {
        Ok(reading) if reading.quarantined.is_empty() => Ending::Done,
        _ => Ending::SomeFailed,
    }
}

/// Prints a verdict: its counts, then every problem with its place.
///
/// # Errors
/// When standard output is closed.
pub fn show(outcome: &Result<Reading, Refusal>, format: Format) -> Result<()> {
    let mut rows = Rows::of(&["verdict", "sheet", "line", "code", "reason"]);
    match outcome {
        Err(refusal) => {
            if format == Format::Table {
                print::say(format_args!("refused whole: {}", refusal.reason))?;
            }
            rows.rows.push(vec![
                json!("refused"),
                json!(null),
                json!(null),
                json!(refusal.code),
                json!(refusal.reason),
            ]);
        }
        Ok(reading) => {
            if format == Format::Table {
                print::say(format_args!("{}", summary(reading)))?;
            }
            fill(&mut rows, reading);
        }
    }
    if format == Format::Table && (rows.rows.is_empty() || outcome.is_err()) {
        return Ok(());
    }
    rows.print(format)
}

/// The counts of a reading, in one line.
#[must_use]
pub fn summary(reading: &Reading) -> String {
    format!(
        "rows read {} = accepted {} + quarantined {}; figures {}; layout {}; indicators missing {}",
        reading.rows_read,
        reading.accepted,
        reading.quarantined.len(),
        reading.observations.len(),
        reading.layout,
        reading.missing_indicators.len()
    )
}

fn fill(rows: &mut Rows, reading: &Reading) {
    for it in &reading.quarantined {
        let place = (json!(it.place.sheet), json!(it.place.line));
        rows.rows.push(vec![json!("quarantined"), place.0, place.1, json!(it.code), json!(it.reason)]);
    }
    for it in &reading.remarks {
        let place = it.place.as_ref();
        rows.rows.push(vec![
            json!("accepted, remark"),
            json!(place.and_then(|place| place.sheet.clone())),
            json!(place.map(|place| place.line)),
            json!(it.code),
            json!(it.text),
        ]);
    }
}
