//! How a problem is worded: file, line, column, and a sentence that says what to do.

use std::fmt;
use std::ops::Range;

/// The text of one configuration file, and how it is called in messages.
#[derive(Clone, Debug)]
pub struct Text {
    /// The path as the operator would write it.
    pub path: String,
    /// The whole file.
    pub content: String,
}

impl Text {
    /// A problem with the bytes in `span`.
    #[must_use]
    pub fn problem(&self, span: &Range<usize>, sentence: impl Into<String>) -> Problem {
        let before = self.content.get(..span.start).unwrap_or(&self.content);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let newlines = before.bytes().filter(|byte| *byte == b'\n').count();
        Problem {
            file: self.path.clone(),
            line: u32::try_from(newlines).unwrap_or(u32::MAX).saturating_add(1),
            column: count(before.get(line_start..).unwrap_or_default()).saturating_add(1),
            sentence: sentence.into(),
        }
    }

    /// The bytes in `span` as one short line, for quoting.
    #[must_use]
    pub fn quote(&self, span: &Range<usize>) -> String {
        let whole = self.content.get(span.clone()).unwrap_or_default();
        let line = whole.lines().next().unwrap_or_default().trim_end();
        let short: String = line.chars().take(60).collect();
        if short.len() < whole.len() { format!("{short}...") } else { short }
    }
}

/// One problem of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's path.
    pub file: String,
    /// The line, from 1; 1 when the file could not be read at all.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, with which value, and what to do.
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.sentence)
    }
}

/// Every problem of every file, by file, line and column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in order, each once; none when there is no problem.
    #[must_use]
    pub fn of(mut found: Vec<Problem>) -> Option<Self> {
        found.sort();
        found.dedup();
        (!found.is_empty()).then_some(Self(found))
    }

    /// The problems, in order.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// `; did you mean ..?` when one of `known` is near enough, else nothing.
#[must_use]
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// `; did you mean ..?`, or the whole list when nothing is near.
#[must_use]
pub fn did_you_mean_one_of(typed: &str, known: &[&str]) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; expected {}", one_of(known)),
    }
}

/// ` and 3 more recipients`, or nothing.
#[must_use]
pub fn and_more(number: usize, what: &str) -> String {
    match number {
        0 => String::new(),
        1 => format!(" and 1 more {what}"),
        many => format!(" and {many} more {what}s"),
    }
}

/// The words as `` `a`, `b` or `c` ``.
#[must_use]
pub fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The name that is nearest to what was typed, if one is near enough.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (typed.chars().count() / 3).clamp(1, 3);
    let distances = known.into_iter().map(|name| (strsim::damerau_levenshtein(typed, name), name));
    distances.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}
