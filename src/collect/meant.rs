//! Which return a dropped file's name means, when it is not written as it was agreed.
//!
//! Nothing is guessed: one authority and one quarter must stand in it, and no word that may say otherwise.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::collect::Wanted;
use crate::collect::address::filled;
use crate::collect::names::is_ending;
use crate::config::settings::FolderSource;
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::quarter::Quarter;

/// Words that people add to the name of a return and that change nothing of what it is.
const HARMLESS: [&str; 32] = [
    "a",
    "amended",
    "and",
    "approved",
    "complete",
    "completed",
    "copy",
    "corrected",
    "council",
    "data",
    "final",
    "for",
    "from",
    "fy",
    "in",
    "of",
    "off",
    "on",
    "quarterly",
    "resubmission",
    "resubmitted",
    "return",
    "returns",
    "revised",
    "sent",
    "signed",
    "submission",
    "submitted",
    "the",
    "to",
    "update",
    "updated",
];

/// So many words may name a quarter: `quarter 2 2017 18`, `july to september 2017`.
const QUARTER_WORDS_MAX: usize = 6;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// By what the names of a drop folder are read.
#[derive(Clone, Debug)]
pub struct Naming<'a> {
    /// The folder and the name that was agreed.
    pub source: &'a FolderSource,
    /// Who may send.
    pub authorities: &'a [Authority],
    /// What the collection is called: its words may stand in a name.
    pub called: String,
    /// The other collections that have their returns put into the same folder.
    pub beside: Vec<Self>,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// One return.
    One(AuthorityCode, Quarter),
    /// It cannot be told.
    Unclear(Reading),
}

/// How much of a name was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The authority that it names.
    pub authority: Option<AuthorityCode>,
    /// The authorities that it names, when they are several.
    pub candidates: Vec<AuthorityCode>,
    /// The quarter that it names.
    pub quarter: Option<Quarter>,
    /// What is missing, or may say otherwise.
    pub against: Vec<String>,
}

impl Naming<'_> {
    /// What the name without its ending means.
    #[must_use]
    pub fn meant(&self, stem: &str) -> Meant {
        let words = words(stem);
        let mut reading = Reading::default();
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let (quarter, at) = quarter(&words, &mut reading.against);
        used.extend(at);
        let (named, at) = self.authorities(&words, quarter, &mut reading.against);
        used.extend(at);
        let own: BTreeSet<String> = self::words(&self.source.name.replace(['{', '}'], " "))
            .into_iter()
            .filter(|word| !["authority", "dfe", "number", "quarter"].contains(&word.as_str()))
            .chain(self::words(&self.called))
            .collect();
        let strange = words.iter().enumerate().filter(|(index, word)| {
            !used.contains(index) && !own.contains(*word) && !is_harmless(&words, *index)
        });
        let strange: Vec<String> = strange.map(|(_, word)| format!("`{word}`")).collect();
        if !strange.is_empty() && reading.against.is_empty() {
            reading.against.push(format!("it is not known what {} stands for", strange.join(", ")));
        }
        match named.as_slice() {
            [one] => reading.authority = Some(one.clone()),
            _ => reading.candidates = named,
        }
        reading.quarter = quarter;
        match (&reading.authority, reading.quarter) {
            (Some(authority), Some(quarter)) if reading.against.is_empty() => {
                Meant::One(authority.clone(), quarter)
            }
            _ => Meant::Unclear(reading),
        }
    }

    /// Whether the name without its ending is written as agreed for a return.
    #[must_use]
    pub fn is_exact(&self, stem: &str, authority: &AuthorityCode, quarter: Quarter) -> bool {
        self.exact(authority, quarter).is_some_and(|exact| exact.to_lowercase() == stem.to_lowercase())
    }

    /// The name, without its ending, that was agreed for a return.
    #[must_use]
    pub fn exact(&self, authority: &AuthorityCode, quarter: Quarter) -> Option<String> {
        let dfe_number =
            self.authorities.iter().find(|one| one.code == *authority).map(|one| one.dfe_number.clone());
        let it = Wanted {
            authority: Some(authority.clone()),
            dfe_number,
            quarter: Some(quarter),
            ..Wanted::default()
        };
        filled(&self.source.name, &it, str::to_owned).ok()
    }

    /// As [`exact`](Self::exact), where nothing says whose return it is: with `{CODE}` in place of the code,
    /// and `{NUMBER}` of the number.
    #[must_use]
    pub fn pattern(&self, quarter: Quarter) -> Option<String> {
        let marks = [("{authority}", "(CODE)", "{CODE}"), ("{dfe_number}", "(NUMBER)", "{NUMBER}")];
        let name = &self.source.name;
        let open = marks.iter().fold(name.clone(), |text, (mark, held, _)| text.replace(mark, held));
        let it = Wanted { quarter: Some(quarter), ..Wanted::default() };
        let open = filled(&open, &it, str::to_owned).ok()?;
        Some(marks.iter().fold(open, |text, (_, held, shown)| text.replace(held, shown)))
    }

    /// The authorities that the words name, and where; of two of one name, the one of that quarter.
    fn authorities(
        &self,
        words: &[String],
        quarter: Option<Quarter>,
        against: &mut Vec<String>,
    ) -> (Vec<AuthorityCode>, Vec<usize>) {
        let mut found: Vec<(&Authority, Range<usize>)> = Vec::new();
        for one in self.authorities {
            for name in self.names_of(one) {
                let starts = words.windows(name.len().max(1)).enumerate().filter(|(_, it)| *it == name);
                found.extend(starts.map(|(start, _)| (one, start..start + name.len())));
            }
        }
        // `Lincolnshire` within `North Lincolnshire` names nobody.
        let all = found.clone();
        let is_within = |it: &Range<usize>| {
            all.iter()
                .any(|(_, other)| other.start <= it.start && it.end <= other.end && other.len() > it.len())
        };
        found.retain(|(_, range)| !is_within(range));
        let of_then = |one: &Authority| quarter.is_none_or(|quarter| one.existed_on(quarter.last_day()));
        if found.iter().any(|(one, _)| of_then(one)) {
            found.retain(|(one, _)| of_then(one));
        }
        let codes: BTreeSet<&AuthorityCode> = found.iter().map(|(one, _)| &one.code).collect();
        let names: BTreeSet<&str> = found.iter().map(|(one, _)| one.name.as_str()).collect();
        match codes.len() {
            0 => against.push("no authority of the region can be read in it".to_owned()),
            1 => {}
            _ => {
                let names = names.into_iter().collect::<Vec<_>>().join("` and `");
                against.push(format!("it names more than one authority: `{names}`"));
            }
        }
        let at = found.iter().flat_map(|(_, range)| range.clone()).collect();
        (codes.into_iter().cloned().collect(), at)
    }

    fn names_of(&self, one: &Authority) -> Vec<Vec<String>> {
        let by_number = self.source.name.contains("{dfe_number}").then_some(one.dfe_number.as_str());
        let names = [one.code.as_str(), &one.name].into_iter().chain(by_number);
        let names = names.chain(one.aliases.iter().map(String::as_str));
        names.map(words).filter(|name| !name.is_empty()).collect()
    }
}

/// The words of a name, in lower case; a number in brackets, as browsers add it, is none.
fn words(name: &str) -> Vec<String> {
    let plain = without_counts(&name.to_lowercase()).replace(['\'', '\u{2019}'], "").replace('&', " and ");
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for letter in plain.chars() {
        if letter.is_alphanumeric() {
            // `2017-18Q2` is three words, as `2017-18 Q2`.
            if letter == 'q' && word.bytes().all(|byte| byte.is_ascii_digit()) {
                words.extend(Some(std::mem::take(&mut word)));
            }
            if word == "fy" && letter.is_ascii_digit() {
                words.push(std::mem::take(&mut word));
            }
            word.push(letter);
        } else {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn without_counts(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('(') {
        plain.push_str(before);
        let count = after.split_once(')').filter(|(inside, _)| {
            (1..=2).contains(&inside.len()) && inside.bytes().all(|byte| byte.is_ascii_digit())
        });
        plain.push(' ');
        rest = count.map_or(after, |(_, after)| after);
    }
    plain + rest
}

/// The one quarter that the words name, and where.
fn quarter(words: &[String], against: &mut Vec<String>) -> (Option<Quarter>, Vec<usize>) {
    let mut found: BTreeSet<Quarter> = BTreeSet::new();
    let mut at = Vec::new();
    let mut either = None;
    for length in 1..=QUARTER_WORDS_MAX {
        for (start, window) in words.windows(length).enumerate().filter(|(_, window)| speaks_of_one(window)) {
            let text = together(window);
            if let Some(quarter) = Quarter::from_spelling(&text) {
                found.insert(quarter);
                at.extend(start..start + length);
            } else {
                either = either.or(Quarter::either(&text).map(|both| (text, both)));
            }
        }
    }
    match (found.len(), either) {
        (1, _) => return (found.first().copied(), at),
        (0, Some((text, (one, other)))) => {
            against.push(format!("`{text}` may mean {one} or {other}: both years of the quarter are needed"));
        }
        (0, None) => against.push("no quarter can be read in it".to_owned()),
        _ => {
            let names: Vec<String> = found.iter().map(|quarter| format!("`{quarter}`")).collect();
            against.push(format!("it names more than one quarter: {}", names.join(" and ")));
        }
    }
    (None, at)
}

/// Whether the words say that they are of a quarter: a day or a month alone may be when the file was saved.
fn speaks_of_one(words: &[String]) -> bool {
    let numbered = |word: &String| {
        let number = word.strip_prefix('q');
        number.is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_month = |word: &&String| word.get(..3).is_some_and(|start| MONTHS.contains(&start));
    words.iter().any(|word| numbered(word) || word == "quarter" || word == "qtr")
        || words.iter().filter(is_month).count() == 2
}

/// Words as the spelling of a quarter: `2017-18 q2`, `jul-sep 2017`.
fn together(words: &[String]) -> String {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = |word: &str| word.get(..3).is_some_and(|start| MONTHS.contains(&start));
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).and_then(|before| words.get(before)) {
            let alike = is_number(before) && is_number(word) || is_month(before) && is_month(word);
            text.push(if alike { '-' } else { ' ' });
        }
        text.push_str(word);
    }
    text
}

/// A word that changes nothing, or a version: `v2`, `v2.1`, `version 3`, `final2`.
fn is_harmless(words: &[String], index: usize) -> bool {
    let number = |text: &str| text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = |word: &str| {
        let rest = ["version", "ver", "v", "final"].iter().find_map(|start| word.strip_prefix(start));
        rest.is_some_and(number)
    };
    let Some(word) = words.get(index) else { return true };
    let after_version = || {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        number(word) && before.is_some_and(|before| is_version(before))
    };
    let at_the_end = || index + 1 == words.len() && is_ending(word);
    HARMLESS.contains(&word.as_str()) || is_version(word) || after_version() || at_the_end()
}
