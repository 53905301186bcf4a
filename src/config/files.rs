//! The files of a configuration folder, read or embedded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::config::problem::{Problem, Text};
use crate::config::settings::AddedCheck;
use crate::config::shipped::SHIPPED;

/// The copy of newer bank holidays in the state folder.
pub const NEWER_HOLIDAYS: &str = "bank-holidays.json";

/// A calendar is small.
pub const NEWER_HOLIDAYS_BYTES_MAX: usize = 1 << 20;

/// The texts of a configuration folder.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    texts: BTreeMap<String, Result<String, String>>,
    checks: Vec<AddedCheck>,
    unreadable_checks: Vec<Problem>,
    newer_holidays: Option<Text>,
}

#[derive(Deserialize)]
struct Written {
    folder: PathBuf,
    texts: BTreeMap<String, String>,
    checks: Vec<AddedCheck>,
}

impl Files {
    /// Reads the folder. What cannot be read is reported when it is asked for.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let names = SHIPPED.iter().map(|(name, _)| (*name).to_owned());
        let texts = names.map(|name| {
            let text = fs::read(folder.join(&name)).map_err(|error| why(&error, folder)).and_then(utf8);
            (name, text)
        });
        let mut files = Self {
            folder: folder.into(),
            texts: texts.collect(),
            checks: vec![],
            unreadable_checks: vec![],
            newer_holidays: None,
        };
        files.read_checks();
        files
    }

    /// Tells whether anything in the folder was changed since, without reading it.
    #[must_use]
    pub fn stamp(folder: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
        let inside = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let mut stamps: Vec<_> = inside(folder)
            .chain(inside(&folder.join("checks")))
            .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
            .filter(|(_, found)| found.is_file())
            .map(|(path, found)| (path, found.len(), found.modified().ok()))
            .collect();
        stamps.sort();
        stamps
    }

    /// The texts as JSON, for a run that must not see what is edited meanwhile.
    ///
    /// # Errors
    /// Never: every text is UTF-8.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let texts = self.texts.iter().filter_map(|(name, text)| Some((name, text.as_ref().ok()?)));
        serde_json::to_string(&json!({
            "folder": self.folder,
            "texts": texts.collect::<BTreeMap<_, _>>(),
            "checks": self.checks,
        }))
    }

    /// The texts that [`to_json`](Self::to_json) wrote, and the folder in which they stood.
    ///
    /// # Errors
    /// When `text` is not such JSON.
    pub fn from_json(text: &str) -> serde_json::Result<(Self, PathBuf)> {
        let written: Written = serde_json::from_str(text)?;
        let texts = written.texts.into_iter().map(|(name, text)| (name, Ok(text))).collect();
        let folder = written.folder.clone();
        let files =
            Self { folder, texts, checks: written.checks, unreadable_checks: vec![], newer_holidays: None };
        Ok((files, written.folder))
    }

    /// Texts by file name, as if they stood in `folder`.
    #[must_use]
    pub fn of(folder: &Path, texts: &[(&str, &str)]) -> Self {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), Ok((*text).to_owned())));
        Self {
            folder: folder.into(),
            texts: texts.collect(),
            checks: vec![],
            unreadable_checks: vec![],
            newer_holidays: None,
        }
    }

    /// The shipped files, as if they stood in `folder`.
    #[must_use]
    pub fn shipped(folder: &Path) -> Self {
        Self::of(folder, &SHIPPED)
    }

    /// The same files with one text in place of another, or added.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.texts.insert(name.to_owned(), Ok(text.to_owned()));
        self
    }

    /// The same files without one.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.texts.remove(name);
        self
    }

    /// The same files with the copy of newer bank holidays in the folder `state`; none when there is no copy.
    #[must_use]
    pub fn with_newer_holidays(&self, state: &Path) -> Option<Self> {
        let path = state.join(NEWER_HOLIDAYS);
        let mut bytes = Vec::new();
        let limit = u64::try_from(NEWER_HOLIDAYS_BYTES_MAX).unwrap_or(u64::MAX);
        fs::File::open(&path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
        // What is no text is no calendar either, and is told as such.
        let content = String::from_utf8_lossy(&bytes).into_owned();
        Some(Self {
            newer_holidays: Some(Text { path: path.display().to_string(), content }),
            ..self.clone()
        })
    }

    /// The copy of newer bank holidays.
    #[must_use]
    pub fn newer_holidays(&self) -> Option<Text> {
        self.newer_holidays.clone()
    }

    /// A file's path as the operator would write it.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The text of a file.
    ///
    /// # Errors
    /// A sentence that says why there is none, and what to do.
    pub fn text(&self, name: &str) -> Result<&str, String> {
        let missing = || Err(missing(&self.folder, &self.texts.keys().collect::<Vec<_>>()));
        self.texts.get(name).map_or_else(missing, |text| text.as_deref().map_err(Clone::clone))
    }

    /// The operator's checks, by name.
    #[must_use]
    pub fn checks(&self) -> &[AddedCheck] {
        &self.checks
    }

    /// Checks that could not be read.
    #[must_use]
    pub fn unreadable_checks(&self) -> Vec<Problem> {
        self.unreadable_checks.clone()
    }

    /// SHA-256 over every name and text, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut sum = Sha256::new();
        let texts = self.texts.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_deref().ok()?)));
        let checks = self.checks.iter().map(|check| (check.name.as_str(), check.text.as_str()));
        let newer = self.newer_holidays.iter().map(|newer| (NEWER_HOLIDAYS, newer.content.as_str()));
        for (name, text) in texts.chain(checks).chain(newer) {
            for part in [name, text] {
                sum.update(part.len().to_le_bytes());
                sum.update(part.as_bytes());
            }
        }
        sum.finalize().iter().fold(String::new(), |mut hex, byte| {
            if write!(hex, "{byte:02x}").is_err() {
                hex.clear();
            }
            hex
        })
    }

    fn read_checks(&mut self) {
        let folder = self.folder.join("checks");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.unreadable(&folder, &why(&error, &self.folder)),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "sql"));
        paths.sort();
        for path in paths {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match fs::read(&path).map_err(|error| why(&error, &self.folder)).and_then(utf8) {
                Ok(text) => self.checks.push(AddedCheck { name, path, text }),
                Err(sentence) => self.unreadable(&path, &sentence),
            }
        }
    }

    fn unreadable(&mut self, path: &Path, sentence: &str) {
        let text = Text { path: path.display().to_string(), content: String::new() };
        self.unreadable_checks.push(text.problem(&(0..0), sentence));
    }
}

/// The state folder that `quarterdeck.toml` names, also where the rest of the file is wrong.
#[must_use]
pub fn named_state(folder: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(folder.join("quarterdeck.toml")).ok()?;
    let mut top = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    let line = top.find(|line| line.split('=').next().is_some_and(|key| key.trim() == "state"))?;
    let table: toml::Table = toml::from_str(line).ok()?;
    Some(folder.join(table.get("state")?.as_str()?))
}

fn why(error: &io::Error, folder: &Path) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let there = SHIPPED.iter().map(|(name, _)| name).filter(|name| folder.join(name).exists());
            missing(folder, &there.collect::<Vec<_>>())
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// `init` writes over nothing, so beside files that are `there` it writes none.
fn missing<T>(folder: &Path, there: &[T]) -> String {
    if there.is_empty() {
        let folder = folder.display();
        return format!(
            "the file is missing; `quarterdeck init {folder}` writes one to start from, `--config DIR` names \
             another folder"
        );
    }
    "the file is missing; `quarterdeck init DIR` writes one into a new folder, to copy from there".to_owned()
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("not UTF-8 from byte {} on; save it as UTF-8", error.utf8_error().valid_up_to() + 1)
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
