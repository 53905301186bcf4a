//! `deadlines.toml`: what is due, for whom, and when it is reminded of.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::written::recipients::RoleWord;
use crate::config::written::typed::{At, Day};

/// What is due, for whom, and when it is reminded of.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadlinesToml {
    /// The reminder ladder of every deadline that has none of its own.
    #[schemars(required)]
    pub reminders: Option<LadderToml>,
    /// The deadlines.
    #[serde(default)]
    pub deadline: Vec<DeadlineToml>,
}

/// When reminders go out, and to whom. A key that is left out of a deadline is taken from the common ladder.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LadderToml {
    /// Working days before, falling.
    #[schemars(inner(range(min = 0, max = 250)))]
    pub before: Option<At<Vec<u32>>>,
    /// Working days after, rising, while outstanding; events have none.
    #[schemars(inner(range(min = 1, max = 250)))]
    pub after: Option<At<Vec<u32>>>,
    /// Who is reminded, within the party.
    pub to: Option<Vec<At<RoleWord>>>,
    /// From this many working days after, `escalate_to` gets a copy of what was sent before.
    #[schemars(range(min = 1, max = 250), extend("x-of" = "days"))]
    pub escalate_after: Option<At<u32>>,
    /// Who is written to as well.
    pub escalate_to: Option<Vec<At<RoleWord>>>,
}

/// Something due. Exactly one of `on`, `on_or_before` and `before`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadlineToml {
    /// A short stable name: lower-case letters, digits, hyphens.
    pub id: At<String>,
    /// What is due, in words.
    pub title: String,
    /// What the parties have to do.
    pub asks: String,
    /// An event takes place on the day; something due is done on or before it.
    pub kind: KindWord,
    /// The day of an event.
    pub on: Option<At<Day>>,
    /// The last day of something due.
    pub on_or_before: Option<At<Day>>,
    /// The first day on which it would be late.
    pub before: Option<At<Day>>,
    /// How the day was given in the source; for the small print.
    pub wording: Option<String>,
    /// Whose deadline it is.
    pub parties: At<PartiesWord>,
    /// Only these authorities; without it every authority that exists on the day.
    pub authorities: Option<Vec<At<String>>>,
    /// The pairs, for `parties = "pairs"`.
    #[serde(default)]
    pub pair: Vec<PairToml>,
    /// How many each party must supply, such as delegates.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub needed: u32,
    /// What parties have supplied so far.
    #[serde(default)]
    pub done: Vec<DoneToml>,
    /// A ladder of its own, in whole or in part.
    pub reminders: Option<LadderToml>,
    /// Raise it by one with every change of date or title: calendars follow.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    pub sequence: u32,
    /// Called off: no reminder ever again.
    #[serde(default)]
    pub cancelled: bool,
}

fn one() -> u32 {
    1
}

/// Event or due.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum KindWord {
    /// Takes place on the day.
    Event,
    /// Must be done on or before the day.
    Due,
}

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PartiesWord {
    /// The region's programme itself.
    Region,
    /// Each authority.
    Authorities,
    /// Two authorities who do it together.
    Pairs,
}

/// Two authorities who do it together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairToml {
    /// One ONS code.
    pub first: At<String>,
    /// The other.
    pub second: At<String>,
}

/// What a party has supplied.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoneToml {
    /// `region`, an ONS code, or the two codes of a pair joined by `+`.
    pub party: At<String>,
    /// How many of the number needed.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub supplied: u32,
    /// When.
    pub on: Day,
}
