//! A check: one SQL file that asks one question, with its header.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::domain::check::{CheckKind, Means, Standing, Switch, Told};
use crate::store::check_figures;

/// A check, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckFile {
    /// The file's name without `.sql`.
    pub name: String,
    /// What was found, as a heading in a mail.
    pub title: String,
    /// The heading for a measure of which neither direction is good, where it is another.
    pub title_neutral: Option<String>,
    /// The question, of all that it is asked about.
    pub asks: String,
    /// The question of a measure of which neither direction is good, where it is another.
    pub asks_neutral: Option<String>,
    /// What it is about.
    pub kind: CheckKind,
    /// Which kind of evidence it gives: `own-history`, `last-year`, `peers`, `target`, `data`.
    pub evidence: String,
    /// The checks of one family tell one story of a series; none tells its own.
    pub family: Option<String>,
    /// What it means for others that it fires.
    pub means: Means,
    /// The checks whose story of one point it tells better.
    pub hides: Vec<String>,
    /// The highest level it gives: 0 information, 1 low, 2 medium, 3 high.
    pub severity: u8,
    /// Figures of a series without which it does not judge.
    pub minimum_points: u32,
    /// Periods of firing before a finding opens.
    pub open_after: u32,
    /// Periods of clear before a finding is resolved.
    pub close_after: u32,
    /// Whether it is asked unless the configuration says otherwise.
    pub default: Switch,
    /// Sentences with `{placeholders}`: `says`, and variants by the word that `detail.says` names.
    pub says: BTreeMap<String, String>,
    /// Of when the figures in the sentences are, by placeholder.
    pub figures: BTreeMap<String, Told>,
    /// Its own thresholds; `getvariable` answers them while it runs.
    pub parameters: Vec<(String, Variable)>,
    /// The SELECT, without the header.
    pub sql: String,
    /// Lines of the file before `sql`: added to a line number that the engine tells.
    pub lines_before: usize,
}

/// A value that `getvariable` answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Variable {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A day.
    Date(chrono::NaiveDate),
    /// An instant, UTC.
    Instant(chrono::NaiveDateTime),
}

impl Variable {
    /// The value as a literal of SQL.
    #[must_use]
    pub fn literal(&self) -> String {
        match self {
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Integer(number) => format!("{number}::BIGINT"),
            Self::Real(number) => format!("'{number}'::DOUBLE"),
            Self::Date(day) => format!("DATE '{day}'"),
            Self::Instant(instant) => format!("TIMESTAMP '{}'", instant.format("%Y-%m-%d %H:%M:%S%.6f")),
        }
    }
}

const TEXTS: [&str; 5] = ["title", "asks", "severity", "kind", "evidence"];
const OF_OTHERS: [&str; 3] = ["family", "means", "hides"];
const NUMBERS: [&str; 3] = ["minimum_points", "open_after", "close_after"];
const EVIDENCE: [&str; 5] = ["own-history", "last-year", "peers", "target", "data"];
const SEVERITIES: [&str; 4] = ["info", "low", "medium", "high"];

impl CheckFile {
    /// Reads the text of a check file: a header in TOML as its first block comment, then one SELECT.
    ///
    /// # Errors
    /// In words, with the line: no header, an unknown or missing key, a value of the wrong kind, no SELECT.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let (header, sql, lines_before) = parts(text)?;
        let table: Table = header.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| line_of(text, header, span.start));
            format!("line {line}: {}", error.message().trim())
        })?;
        let written = Written { table: &table, text };
        written.refuse_unknown()?;
        let severity = written.one_of("severity", &SEVERITIES)?;
        Ok(Self {
            name: name.to_owned(),
            title: written.text("title")?,
            title_neutral: written.optional_text("title_neutral")?,
            asks: written.text("asks")?,
            asks_neutral: written.optional_text("asks_neutral")?,
            kind: written.kind()?,
            evidence: written.one_of("evidence", &EVIDENCE)?,
            family: written.optional_text("family")?,
            means: written.means()?,
            hides: written.names("hides")?,
            severity: u8::try_from(SEVERITIES.iter().position(|word| *word == severity).unwrap_or(0))
                .unwrap_or(0),
            minimum_points: written.number("minimum_points")?,
            open_after: written.number("open_after")?,
            close_after: written.number("close_after")?,
            default: written.default()?,
            figures: written.figures()?,
            says: written.sentences()?,
            parameters: written.parameters()?,
            sql: sql.to_owned(),
            lines_before,
        })
    }

    /// How its answers stand beside those of others.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { kind: self.kind, means: self.means, hides: self.hides.clone() }
    }
}

/// The members of each family, by its name: of equals the first tells the story, the most severe one.
#[must_use]
pub fn families<'a>(checks: impl IntoIterator<Item = &'a CheckFile>) -> Vec<Vec<String>> {
    let mut families: BTreeMap<&str, Vec<&CheckFile>> = BTreeMap::new();
    for check in checks {
        if let Some(family) = &check.family {
            families.entry(family).or_default().push(check);
        }
    }
    let named = |mut members: Vec<&CheckFile>| {
        members.sort_by_key(|check| (Reverse(check.severity), check.name.clone()));
        members.into_iter().map(|check| check.name.clone()).collect()
    };
    families.into_values().map(named).collect()
}

/// The header, the SELECT without its semicolon, and the number of lines before the SELECT.
fn parts(text: &str) -> Result<(&str, &str, usize), String> {
    let start = text.trim_start();
    let Some(rest) = start.strip_prefix("/*") else {
        return Err(
            "line 1: the file does not begin with a header; write it in TOML between /* and */".to_owned()
        );
    };
    let Some((header, after)) = rest.split_once("*/") else {
        return Err("line 1: the header does not end; close it with */".to_owned());
    };
    let sql = after.trim().trim_end_matches(';').trim_end();
    if sql.is_empty() {
        return Err("there is no SELECT after the header".to_owned());
    }
    let before = text.len() - after.trim_start().len();
    Ok((header, sql, text.get(..before).unwrap_or_default().matches('\n').count()))
}

fn line_of(text: &str, header: &str, offset: usize) -> usize {
    let begin = text.find(header).unwrap_or(0);
    text.get(..begin + offset).unwrap_or(text).matches('\n').count() + 1
}

/// The header's table, and the file's text to tell lines by.
struct Written<'a> {
    table: &'a Table,
    text: &'a str,
}

impl Written<'_> {
    fn refuse_unknown(&self) -> Result<(), String> {
        let known = |key: &str| {
            TEXTS.contains(&key)
                || NUMBERS.contains(&key)
                || key == "parameters"
                || key == "figures"
                || key == "harmless"
                || key == "title_neutral"
                || key == "asks_neutral"
                || key == "default"
                || OF_OTHERS.contains(&key)
                || key == "says"
                || key.starts_with("says_")
        };
        match self.table.keys().find(|key| !known(key)) {
            Some(key) => Err(self.wrong(key, &format!("unknown key `{key}`"))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<String, String> {
        match self.table.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
            Some(_) => Err(self.wrong(key, &format!("`{key}`: expected a text in quotes"))),
            None => Err(format!("the header has no `{key}`")),
        }
    }

    fn optional_text(&self, key: &str) -> Result<Option<String>, String> {
        self.table.contains_key(key).then(|| self.text(key)).transpose()
    }

    fn one_of(&self, key: &str, words: &[&str]) -> Result<String, String> {
        let word = self.text(key)?;
        if words.contains(&word.as_str()) {
            return Ok(word);
        }
        Err(self.wrong(key, &format!("`{key} = \"{word}\"`: expected one of {}", words.join(", "))))
    }

    fn kind(&self) -> Result<CheckKind, String> {
        let kinds = [CheckKind::Performance, CheckKind::DataQuality];
        let word = self.one_of("kind", &kinds.map(CheckKind::word))?;
        let kind = kinds.into_iter().find(|kind| kind.word() == word);
        kind.ok_or_else(|| self.wrong("kind", &format!("`kind = \"{word}\"` is not known")))
    }

    fn means(&self) -> Result<Means, String> {
        if !self.table.contains_key("means") {
            return Ok(Means::Nothing);
        }
        let word = self.one_of("means", &Means::NAMED.map(Means::word))?;
        if self.kind()? != CheckKind::DataQuality {
            let words = format!("`means = \"{word}\"` is said by a check of the kind `data-quality`");
            return Err(self.wrong("means", &words));
        }
        Ok(Means::NAMED.into_iter().find(|means| means.word() == word).unwrap_or_default())
    }

    fn names(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let read = |value: &Value| value.as_str().map(str::to_owned);
        let names = value.as_array().and_then(|all| all.iter().map(read).collect::<Option<Vec<_>>>());
        names
            .ok_or_else(|| self.wrong(key, &format!("`{key} = {value}`: expected a list of names of checks")))
    }

    fn default(&self) -> Result<Switch, String> {
        if !self.table.contains_key("default") {
            return Ok(Switch::On);
        }
        let word = self.one_of("default", &["on", "off"])?;
        Ok(if word == "off" { Switch::Off } else { Switch::On })
    }

    fn number(&self, key: &str) -> Result<u32, String> {
        let value = self.table.get(key).ok_or_else(|| format!("the header has no `{key}`"))?;
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.wrong(key, &format!("`{key} = {value}`: expected a whole number from 0")))
    }

    fn sentences(&self) -> Result<BTreeMap<String, String>, String> {
        self.text("says")?;
        let keys = self.table.keys().filter(|key| key.starts_with("says"));
        keys.map(|key| {
            let variant = key.strip_prefix("says_").unwrap_or(key);
            Ok((variant.to_owned(), self.text(key)?))
        })
        .collect()
    }

    fn figures(&self) -> Result<BTreeMap<String, Told>, String> {
        let says = self.sentences()?;
        check_figures::read(self.table, &says).map_err(|(key, words)| self.wrong(&key, &words))
    }

    fn parameters(&self) -> Result<Vec<(String, Variable)>, String> {
        let Some(value) = self.table.get("parameters") else { return Ok(Vec::new()) };
        let table =
            value.as_table().ok_or_else(|| self.wrong("parameters", "`parameters`: expected a table"))?;
        let read = |(key, value): (&String, &Value)| {
            let variable = match value {
                Value::Integer(number) => Variable::Integer(*number),
                Value::Float(number) => Variable::Real(*number),
                Value::String(text) => Variable::Text(text.clone()),
                _ => return Err(self.wrong(key, &format!("`{key} = {value}`: expected a number or a text"))),
            };
            Ok((key.clone(), variable))
        };
        table.iter().map(read).collect()
    }

    fn wrong(&self, key: &str, words: &str) -> String {
        let stands = |line: &str| {
            let line = line.trim_start();
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
        };
        let line = self.text.lines().position(stands).map_or(1, |index| index + 1);
        format!("line {line}: {words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "/*\ntitle = \"T\"\nasks = \"Q?\"\nseverity = \"high\"\nkind = \"performance\"\n\
        evidence = \"target\"\nminimum_points = 1\nopen_after = 1\nclose_after = 2\nsays = \"S\"\n\
        says_possible = \"P\"\n\n[parameters]\nsteps = 2\n*/\nSELECT\n  1;\n";

    #[test]
    fn a_header_is_read_with_its_variants_and_parameters() {
        let check = CheckFile::parse("target-breach", HEADER).unwrap();
        assert_eq!(check.severity, 3);
        assert_eq!(check.says["possible"], "P");
        assert_eq!(check.parameters, [("steps".to_owned(), Variable::Integer(2))]);
        assert_eq!(check.sql, "SELECT\n  1");
        assert_eq!(check.lines_before, 15);
    }

    #[test]
    fn a_neutral_measure_may_have_a_question_of_its_own() {
        let of = |text: &str| CheckFile::parse("c", text).unwrap().asks_neutral;
        assert_eq!(of(HEADER), None);
        let neutral = HEADER.replace("severity", "asks_neutral = \"N?\"\nseverity");
        assert_eq!(of(&neutral).as_deref(), Some("N?"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = [
            (
                "close_after = 2",
                "close_after = \"two\"",
                "line 9: `close_after = \"two\"`: expected a whole number from 0",
            ),
            ("close_after = 2", "close_afer = 2", "line 9: unknown key `close_afer`"),
            ("evidence = \"target\"\n", "", "the header has no `evidence`"),
            (
                "severity = \"high\"",
                "severity = \"loud\"",
                "line 4: `severity = \"loud\"`: expected one of info, low, medium, high",
            ),
        ];
        for (from, to, words) in wrong {
            assert_eq!(CheckFile::parse("c", &HEADER.replace(from, to)), Err(words.to_owned()));
        }
    }

    #[test]
    fn a_file_without_a_header_or_a_select_is_refused() {
        assert!(CheckFile::parse("c", "SELECT 1").is_err());
        assert!(CheckFile::parse("c", "/*\ntitle = \"T\"").is_err());
        assert!(CheckFile::parse("c", "/*\ntitle = \"T\"\n*/\n").is_err());
    }
}
