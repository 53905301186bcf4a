//! What was expected of a file, and what it turned out to hold.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::settings::{Cadence, Layout};
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::figure::{Area, Observation, Place, Quarantined};
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::quarter::Quarter;
use crate::read::code::Code;

/// What becomes of rows about another quarter than the one that a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherQuarters {
    /// They are set aside: they do not belong into the file.
    SetAside,
    /// They are no rows of this return: the file holds many, and each is read by itself.
    LeftOut,
}

/// What a file is expected to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The collection's name.
    pub collection: &'a str,
    /// How often it is sent: an annual rate is not annualised.
    pub cadence: Cadence,
    /// Whose return it is; none for a publisher's file about many.
    pub authority: Option<&'a AuthorityCode>,
    /// The quarter it is for; none for a publisher's file about many.
    pub quarter: Option<Quarter>,
    /// All configured indicators; those of the collection are looked for.
    pub indicators: &'a [Indicator],
    /// The collection's layouts, in the order in which they are tried.
    pub layouts: &'a [Layout],
    /// The region's authorities, for their names and dates.
    pub authorities: &'a [Authority],
    /// The day it is read on: later quarters are in the future.
    pub today: NaiveDate,
    /// What becomes of rows about another quarter than the one that it is for.
    pub other_quarters: OtherQuarters,
}

impl Expected<'_> {
    /// An authority as people call it, with its code: `Lincolnshire (`E10000019`)`.
    pub(crate) fn called(&self, code: &AuthorityCode) -> String {
        match self.authorities.iter().find(|one| one.code == *code) {
            Some(known) => format!("{} (`{code}`)", known.name_among(self.authorities, self.today)),
            None => format!("`{code}`"),
        }
    }

    /// An indicator as people call it.
    pub(crate) fn indicator_called(&self, id: &IndicatorId) -> String {
        let known = self.indicators.iter().find(|one| one.id == *id);
        known.map_or_else(|| id.to_string(), Indicator::shown_name)
    }
}

/// What a file held. `rows_read` is `accepted` plus the number of `quarantined`, always.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The name of the layout.
    pub layout: String,
    /// Rows of figures; the headings, what stands above them, blank rows and exact repeats are none.
    pub rows_read: u32,
    /// Rows accepted; a row of a tidy file holds any number of observations.
    pub accepted: u32,
    /// In the order of the file.
    pub observations: Vec<Observation>,
    /// In the order of the file.
    pub quarantined: Vec<Quarantined>,
    /// The areas of a publisher's file, in order of code.
    pub areas: Vec<Area>,
    /// What the sender should know, though it stopped nothing.
    pub remarks: Vec<Remark>,
    /// Indicators of the collection that the file does not hold.
    pub missing_indicators: Vec<IndicatorId>,
    /// Those of them that rows of the file are about: they were set aside.
    pub set_aside_indicators: Vec<IndicatorId>,
    /// The headings as spelled in the file, in its order; without the columns that have none.
    pub columns: Vec<String>,
}

/// Something the sender should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where; none for the whole file.
    pub place: Option<Place>,
    /// Such as `thousands-separators`.
    pub code: Code,
    /// A plain sentence.
    pub text: String,
}

/// Quarantined rows by their first reason: code, how many, the first; the most frequent first.
#[must_use]
pub fn by_reason(reading: &Reading) -> Vec<(Code, u32, &Quarantined)> {
    let mut groups: BTreeMap<Code, (u32, &Quarantined)> = BTreeMap::new();
    for row in &reading.quarantined {
        groups.entry(row.code).or_insert((0, row)).0 += 1;
    }
    let mut sorted: Vec<_> = groups.into_iter().map(|(code, (count, first))| (code, count, first)).collect();
    sorted.sort_by(|one, other| other.1.cmp(&one.1).then(one.2.place.cmp(&other.2.place)));
    sorted
}
