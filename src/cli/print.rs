//! Rows as a table, JSON or CSV; settings and instants from the command line.

use std::env;
use std::fmt::Arguments;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::cli::arguments::{Format, With};
use crate::cli::table;
use crate::clock;
use crate::config::problem::Problems;
use crate::config::settings::{Collection, PostSettings, Settings, Source};
use crate::config::{self, Loaded};
use crate::daemon;
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::quarter::Quarter;

/// The command line asks for something that is not there.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Rows with headings; every row has a cell per heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The headings.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub fn of(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// Prints the rows to standard output.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self, format: Format) -> Result<()> {
        let mut out = io::stdout().lock();
        match format {
            Format::Table => writeln!(out, "{}", table::laid_out(self, table::width()))?,
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&self.objects())?)?,
            Format::Csv => self.write_csv(&mut out)?,
        }
        Ok(())
    }

    fn objects(&self) -> Vec<Map<String, Value>> {
        self.rows.iter().map(|row| self.columns.iter().cloned().zip(row.iter().cloned()).collect()).collect()
    }

    fn write_csv(&self, out: &mut impl Write) -> Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns.iter().map(|name| guarded(name)))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| guarded(&text(cell))))?;
        }
        Ok(writer.flush()?)
    }
}

/// An apostrophe before text that a spreadsheet would run as a formula, as in the files of a mail.
fn guarded(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// Prints a line to standard output.
///
/// # Errors
/// When standard output is closed or full.
pub fn say(words: Arguments<'_>) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{words}")?)
}

/// Prints a line to standard error. One that cannot be written has no other place to go.
pub fn complain(words: Arguments<'_>) {
    drop(writeln!(io::stderr().lock(), "{words}"));
}

/// A cell as text: nothing for null, no quotes around words.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => words.clone(),
        other => other.to_string(),
    }
}

/// This very program, also after an upgrade has replaced its file.
#[must_use]
pub fn program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// The instant of the command: `--now`, or the present.
#[must_use]
pub fn now(with: &With) -> DateTime<Utc> {
    with.now.unwrap_or_else(clock::now)
}

/// Where the configuration is: as given, else `config` here, else `/etc/quarterdeck`.
#[must_use]
pub fn config_folder(with: &With) -> PathBuf {
    let here = Path::new("config");
    match &with.config {
        Some(folder) => folder.clone(),
        None if here.join("quarterdeck.toml").exists() => here.to_owned(),
        None => PathBuf::from("/etc/quarterdeck"),
    }
}

/// The checked configuration, with the state folder of the command line; a child gets the one in force.
///
/// # Errors
/// Every problem of every file at once.
pub fn settings(with: &With) -> Result<Settings> {
    let loaded = loaded(with)?;
    // Nobody asked for the warnings of the files; that a copy of our own is damaged is news.
    for warning in loaded.warnings.iter().filter(|it| Path::new(&it.file).starts_with(&loaded.settings.state))
    {
        tracing::warn!("{warning}");
    }
    Ok(loaded.settings)
}

/// The checked configuration with its warnings, with the state folder of the command line.
///
/// # Errors
/// Every problem of every file at once.
pub fn loaded(with: &With) -> Result<Loaded> {
    let state = state_folder(with)?;
    let in_force = state.as_deref().filter(|_| with.as_child).map(daemon::in_force);
    let mut loaded = match in_force {
        Some(Ok(loaded)) => loaded,
        // Lost or damaged: the daemon writes it again, and the folder is the same or wrong.
        Some(Err(_)) | None => config::load_in(&config_folder(with), state.as_deref())?,
    };
    if let Some(state) = state {
        move_state(&mut loaded.settings, &state);
    }
    Ok(loaded)
}

/// The state folder of the command line; none when it is left to the configuration.
///
/// # Errors
/// When the current folder is gone.
pub fn state_folder(with: &With) -> Result<Option<PathBuf>> {
    let here = || env::current_dir().context("cannot tell the current folder");
    with.state.as_ref().map(|state| here().map(|here| here.join(state))).transpose()
}

/// What is wrong with the configuration on disk while a child has the one in force; none when it is right.
#[must_use]
pub fn refused(with: &With) -> Option<Problems> {
    with.as_child.then(|| config::load(&config_folder(with)).err()).flatten()
}

/// Folders that are configured inside the state folder follow it.
pub fn move_state(settings: &mut Settings, state: &Path) {
    let before = std::mem::replace(&mut settings.state, state.to_owned());
    let follow = |path: &mut PathBuf| {
        if let Ok(inside) = path.strip_prefix(&before) {
            *path = state.join(inside);
        }
    };
    follow(&mut settings.backup.folder);
    if let PostSettings::Folder { path } = &mut settings.mail.post {
        follow(path);
    }
    for collection in &mut settings.collections {
        if let Source::Folder(source) = &mut collection.source {
            follow(&mut source.path);
        }
    }
}

/// The day of an instant in the configured zone.
#[must_use]
pub fn day(settings: &Settings, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&settings.zone).date_naive()
}

/// The authority with this code or name.
///
/// # Errors
/// When the region has none such.
pub fn authority<'a>(settings: &'a Settings, text: &str) -> Result<&'a Authority> {
    let by_code = AuthorityCode::parse(text).ok();
    let is_it = |one: &&Authority| {
        by_code.as_ref() == Some(&one.code)
            || one.name.eq_ignore_ascii_case(text)
            || one.aliases.iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    settings.authorities.iter().find(is_it).with_context(|| {
        UsageError(format!("`{text}` is no authority of the region; give an ONS code of authorities.toml"))
    })
}

/// The collection with this name.
///
/// # Errors
/// When there is none; the error names those that there are.
pub fn collection<'a>(settings: &'a Settings, name: &str) -> Result<&'a Collection> {
    settings.collections.iter().find(|one| one.name == name).with_context(|| {
        let names: Vec<&str> = settings.collections.iter().map(|one| one.name.as_str()).collect();
        UsageError(format!("there is no collection `{name}`; there are {}", names.join(", ")))
    })
}

/// The quarter that a text names.
///
/// # Errors
/// When it names none.
pub fn quarter(text: &str) -> Result<Quarter> {
    Quarter::from_spelling(text)
        .with_context(|| UsageError(format!("`{text}` is not a quarter; write it as \"2017-18 Q2\"")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_of_a_csv_is_run_as_a_formula_and_a_number_stays_one() {
        let mut rows = Rows::of(&["=1+1", "note"]);
        rows.rows = ["=HYPERLINK(1)", "+44 20", "@here", "-", "-5", "-5.5e3", "a=b"]
            .map(|note| vec![json!(-4), json!(note)])
            .to_vec();
        let mut out = Vec::new();
        rows.write_csv(&mut out).unwrap();
        let expected = "'=1+1,note\n-4,'=HYPERLINK(1)\n-4,'+44 20\n-4,'@here\n-4,'-\n-4,-5\n-4,-5.5e3\n\
                        -4,a=b\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
