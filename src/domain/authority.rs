//! A local authority, by its nine-character ONS code.

use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;

/// A nine-character ONS code, such as `E06000022`; also of a region or the country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityCode(String);

/// A text that is not an ONS code.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an ONS code; write a letter and eight digits, such as `E06000022`")]
pub struct NotACode(pub String);

impl AuthorityCode {
    /// A letter from A to Z and eight digits.
    ///
    /// # Errors
    /// When `text` has any other shape.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let bytes = text.as_bytes();
        let right =
            bytes.len() == 9 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit);
        if right { Ok(Self(text.to_owned())) } else { Err(NotACode(text.to_owned())) }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of area the code names.
    #[must_use]
    pub fn level(&self) -> Level {
        match &self.0[..3] {
            "E92" | "K02" | "K03" | "K04" => Level::National,
            "E12" | "E13" => Level::Region,
            _ => Level::Authority,
        }
    }
}

impl fmt::Display for AuthorityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of area a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A local authority.
    Authority,
    /// A region of England.
    Region,
    /// England.
    National,
}

impl Level {
    /// The word used in the views: `authority`, `region`, `national`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Region => "region",
            Self::National => "national",
        }
    }
}

/// A local authority with its dates of existence.
#[derive(Clone, Debug, PartialEq)]
pub struct Authority {
    /// ONS code.
    pub code: AuthorityCode,
    /// The name people use in writing.
    pub name: String,
    /// Other spellings accepted in returns; compared without regard to case.
    pub aliases: Vec<String>,
    /// The Department for Education's three-digit number. Not unique over time.
    pub dfe_number: String,
    /// First day of existence, where it matters.
    pub from: Option<NaiveDate>,
    /// Last day of existence.
    pub until: Option<NaiveDate>,
    /// Who took over.
    pub successors: Vec<Succession>,
    /// Statistical neighbours, by version of the list.
    pub neighbours: Vec<NeighbourList>,
}

impl Authority {
    /// Whether the authority existed on `date`.
    #[must_use]
    pub fn existed_on(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}

/// One successor of an abolished authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The successor.
    pub to: AuthorityCode,
    /// Whether all of the old area went there.
    pub share: Share,
}

/// How much of an abolished authority went to a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it: a trend may be carried across.
    Whole,
    /// Only a part: a trend may not.
    Part,
}

/// One version of an authority's statistical neighbours, closest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourList {
    /// The version, such as `2021`.
    pub version: String,
    /// DfE numbers, closest first.
    pub dfe_numbers: Vec<String>,
}
