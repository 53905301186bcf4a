//! Something due, for the region, an authority, or a pair of authorities.

use chrono::NaiveDate;

use crate::domain::authority::AuthorityCode;
use crate::domain::calendar::Calendar;
use crate::domain::scope::Role;

/// A deadline as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// A short stable name, such as `challenge-event-2017`.
    pub id: String,
    /// What is due, in words.
    pub title: String,
    /// What the parties have to do.
    pub asks: String,
    /// An event takes place on the day; something due is done on or before it.
    pub kind: DeadlineKind,
    /// The day. For something due before July, the last day of June.
    pub on: NaiveDate,
    /// How the day was given in the source, such as `before July 2018`; for the small print.
    pub wording: Option<String>,
    /// Whose deadline it is.
    pub parties: Vec<Party>,
    /// How many each party must supply (delegates); 1 when it is simply done or not.
    pub needed: u32,
    /// Parties that are done or have supplied some, so far.
    pub progress: Vec<Progress>,
    /// When reminders go out, and to whom.
    pub reminders: Ladder,
    /// Rises by one with every change of date or title.
    pub sequence: u32,
    /// Called off: no reminder ever again.
    pub cancelled: bool,
}

/// Event or due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineKind {
    /// Takes place on the day.
    Event,
    /// Must be done on or before the day.
    Due,
}

/// One party of a deadline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The region's programme itself.
    Region,
    /// One authority.
    Authority(AuthorityCode),
    /// Two authorities who do it together.
    Pair(AuthorityCode, AuthorityCode),
}

impl Party {
    /// The authorities of the party; none for the region.
    #[must_use]
    pub fn authorities(&self) -> Vec<&AuthorityCode> {
        match self {
            Self::Region => Vec::new(),
            Self::Authority(code) => vec![code],
            Self::Pair(first, second) => vec![first, second],
        }
    }

    /// A short stable name: `region`, a code, or two codes joined by `+`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Region => "region".to_owned(),
            Self::Authority(code) => code.to_string(),
            Self::Pair(first, second) => format!("{first}+{second}"),
        }
    }
}

/// What a party has supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which party.
    pub party: Party,
    /// How many of the number needed.
    pub supplied: u32,
    /// When.
    pub on: NaiveDate,
}

/// The reminder ladder: working days before and after the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// Working days before, such as 20, 10, 5, 1.
    pub before: Vec<u32>,
    /// Working days after, while outstanding, such as 1, 5. Empty for events.
    pub after: Vec<u32>,
    /// Who is reminded, within the party.
    pub to: Vec<Role>,
    /// From this many working days after, these roles are written to as well.
    pub escalate: Option<(u32, Vec<Role>)>,
}

/// One step of a ladder, for one party, now due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The deadline's name.
    pub deadline: String,
    /// Which party.
    pub party: Party,
    /// Negative: working days before; positive: after. 0: on the day.
    pub step: i32,
    /// The working day on which the step falls.
    pub on: NaiveDate,
}

impl Deadline {
    /// The last working day on which it can be done.
    #[must_use]
    pub fn last_working_day(&self, calendar: &Calendar) -> NaiveDate {
        calendar.on_or_before(self.on)
    }

    /// How many `party` has supplied by `today`.
    #[must_use]
    pub fn supplied(&self, party: &Party, today: NaiveDate) -> u32 {
        self.progress
            .iter()
            .filter(|done| &done.party == party && done.on <= today)
            .map(|done| done.supplied)
            .sum()
    }

    /// The parties that are not done by `today`.
    #[must_use]
    pub fn outstanding(&self, today: NaiveDate) -> Vec<&Party> {
        self.parties.iter().filter(|party| self.supplied(party, today) < self.needed).collect()
    }
}
