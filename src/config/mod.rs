//! What was typed, checked into what we trust.

pub mod checked;
pub mod expected;
pub mod files;
pub mod jobs;
pub mod layout;
pub mod left_over;
pub mod problem;
pub mod sample;
pub mod settings;
pub mod shape;
pub mod shipped;
pub mod sources;
pub mod written;

use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::checked::{Desk, Folder};
use crate::config::files::Files;
use crate::config::problem::{Problem, Problems, Text};
use crate::config::settings::Settings;
use crate::config::shape::Read;

pub use crate::config::shipped::{SHIPPED, write_shipped};
pub use crate::config::written::schema;

/// Settings that can be trusted, and what should be looked at all the same.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Warnings, by file, line and column.
    pub warnings: Vec<Problem>,
}

/// Reads and checks the configuration in `folder`, with its own state folder.
///
/// # Errors
/// Every problem of every file, in one go.
pub fn load(folder: &Path) -> Result<Settings, Problems> {
    load_in(folder, None).map(|loaded| loaded.settings)
}

/// Reads and checks the configuration in `folder`; newer bank holidays are taken from `state`, when it is
/// given, else from the configured state folder.
///
/// # Errors
/// Every problem of every file, in one go.
pub fn load_in(folder: &Path, state: Option<&Path>) -> Result<Loaded, Problems> {
    load_texts(&Files::read(folder), folder, state)
}

/// Checks texts that stood in `folder`, with the newer bank holidays of the state folder.
///
/// # Errors
/// Every problem of every file, in one go.
pub fn load_texts(files: &Files, folder: &Path, state: Option<&Path>) -> Result<Loaded, Problems> {
    let loaded = load_files(files, folder)?;
    if loaded.settings.newer_holidays.is_none() {
        return Ok(loaded);
    }
    match files.with_newer_holidays(state.unwrap_or(&loaded.settings.state)) {
        Some(files) => load_files(&files, folder),
        None => Ok(loaded),
    }
}

/// Checks files that were read or are embedded; relative paths start at `folder`.
///
/// # Errors
/// Every problem of every file, in one go.
pub fn load_files(files: &Files, folder: &Path) -> Result<Loaded, Problems> {
    let mut desk = Desk::default();
    let typed = Folder {
        path: folder,
        quarterdeck: read(files, "quarterdeck.toml", &mut desk),
        authorities: read(files, "authorities.toml", &mut desk),
        indicators: read(files, "indicators.toml", &mut desk),
        deadlines: read(files, "deadlines.toml", &mut desk),
        recipients: read(files, "recipients.toml", &mut desk),
        holidays: text(files, "bank-holidays.json", &mut desk).ok(),
        newer_holidays: files.newer_holidays(),
        checks: files.checks().to_vec(),
        fingerprint: files.fingerprint(),
    };
    desk.problems.extend(files.unreadable_checks());
    let settings = checked::check(typed, &mut desk);
    if desk.problems.is_empty() && settings.is_none() {
        desk.problems.push(incomplete(folder));
    }
    match (Problems::of(desk.problems), settings) {
        (None, Some(settings)) => {
            desk.warnings.sort();
            Ok(Loaded { settings, warnings: desk.warnings })
        }
        (problems, _) => Err(problems.unwrap_or_default()),
    }
}

fn read<T: DeserializeOwned + JsonSchema>(files: &Files, name: &str, desk: &mut Desk) -> Read<T> {
    match text(files, name, desk) {
        Ok(text) => shape::read(text, &schema(name).unwrap_or(Value::Null), &mut desk.problems),
        Err(text) => Read::nothing(text),
    }
}

/// The file's text, or an empty one with its name when it could not be read.
fn text(files: &Files, name: &str, desk: &mut Desk) -> Result<Text, Text> {
    let path = files.path_of(name);
    match files.text(name) {
        Ok(content) => Ok(Text { path, content: content.to_owned() }),
        Err(why) => {
            let text = Text { path, content: String::new() };
            desk.problem(&text, &(0..0), why);
            Err(text)
        }
    }
}

fn incomplete(folder: &Path) -> Problem {
    let text = Text { path: folder.display().to_string(), content: String::new() };
    text.problem(
        &(0..0),
        "the configuration is not complete; `quarterdeck init DIR` writes the shipped files, to start from",
    )
}
