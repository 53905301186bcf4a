//! A local authority, by its nine-character ONS code.

use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;

/// A nine-character ONS code, such as `E08000003`; also of a region or the country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityCode(String);

/// A text that is not an ONS code.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an ONS code; write a letter and eight digits, such as `E08000003`")]
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

    /// Whether `text` is its name or an alias, without regard to case and to spaces around and between.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let wanted = plain(text);
        std::iter::once(&self.name).chain(&self.aliases).any(|name| plain(name) == wanted)
    }

    /// Its name among `all` on a day: one that has ended by then and shares its name with another says until
    /// when it was.
    #[must_use]
    pub fn name_among(&self, all: &[Self], on: NaiveDate) -> String {
        let is_shared = all.iter().any(|one| one.code != self.code && one.name == self.name);
        match self.until.filter(|until| is_shared && *until < on) {
            Some(until) => format!("{} (until {})", self.name, until.format("%B %Y")),
            None => self.name.clone(),
        }
    }

    /// The one authority across which a trend may be carried on; none when the area was split.
    #[must_use]
    pub fn continues_as(&self) -> Option<&AuthorityCode> {
        match self.successors.as_slice() {
            [Succession { to, share: Share::Whole }] => Some(to),
            _ => None,
        }
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
    /// Numbers of the Department for Education, closest first.
    pub dfe_numbers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AuthorityCode {
        AuthorityCode::parse(text).unwrap()
    }

    fn bournemouth() -> Authority {
        Authority {
            code: code("E06000028"),
            name: "Bournemouth".to_owned(),
            aliases: vec!["Bournemouth Borough Council".to_owned()],
            dfe_number: "837".to_owned(),
            from: None,
            until: NaiveDate::from_ymd_opt(2019, 3, 31),
            successors: vec![Succession { to: code("E06000058"), share: Share::Whole }],
            neighbours: Vec::new(),
        }
    }

    #[test]
    fn a_code_is_a_letter_and_eight_digits() {
        assert_eq!(code("E06000022").as_str(), "E06000022");
        for text in
            ["e06000022", "E0600002", "E060000222", "E0600002O", " E06000022", "800", "", "\u{c9}0600002"]
        {
            assert_eq!(AuthorityCode::parse(text), Err(NotACode(text.to_owned())));
        }
    }

    #[test]
    fn a_code_says_what_kind_of_area_it_names() {
        assert_eq!(code("E06000022").level(), Level::Authority);
        assert_eq!(code("E10000008").level(), Level::Authority);
        assert_eq!(code("E12000009").level(), Level::Region);
        assert_eq!(code("E13000001").level(), Level::Region);
        assert_eq!(code("E92000001").level(), Level::National);
    }

    #[test]
    fn an_authority_exists_up_to_its_last_day() {
        let day = |text: &str| text.parse().unwrap();
        assert!(bournemouth().existed_on(day("2019-03-31")));
        assert!(!bournemouth().existed_on(day("2019-04-01")));
        let since = Authority { from: Some(day("2019-04-01")), until: None, ..bournemouth() };
        assert!(!since.existed_on(day("2019-03-31")));
        assert!(since.existed_on(day("2019-04-01")));
    }

    #[test]
    fn an_authority_answers_to_its_names_in_any_case() {
        assert!(bournemouth().is_called(" BOURNEMOUTH  borough council "));
        assert!(!bournemouth().is_called("Bournemouth, Christchurch and Poole"));
    }

    #[test]
    fn a_trend_is_carried_on_only_when_the_whole_area_went_to_one() {
        let mut split = bournemouth();
        assert_eq!(split.continues_as(), Some(&code("E06000058")));
        split.successors[0].share = Share::Part;
        assert_eq!(split.continues_as(), None);
        split.successors.clear();
        assert_eq!(split.continues_as(), None);
    }
}
