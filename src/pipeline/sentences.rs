//! Whether the figures in a finding's sentence may be told: each with its own quarter.

use serde_json::Value;

use crate::config::settings::{Reporters, Settings};
use crate::domain::check::Told;
use crate::domain::disclosure::{Disclosure, Why};
use crate::domain::indicator::Indicator;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Figures, Recipient};
use crate::domain::sentence;
use crate::pipeline::asking;
use crate::pipeline::facts::{self, CollectionFacts};
use crate::pipeline::withheld::first_withheld;
use crate::pipeline::worded;
use crate::store::check_file::CheckFile;
use crate::store::facts::ComparedFigure;
use crate::store::findings::Finding;

/// Withheld where nobody can say of when a figure is.
const UNKNOWN: Disclosure = Disclosure::Withheld { why: Why::WouldGiveAway };

/// One finding before one reader.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The reader.
    pub recipient: &'a Recipient,
    /// What is known of the finding's collection.
    pub known: Option<&'a CollectionFacts>,
    /// What tells it; none when that is not asked any more, and has no figures to tell.
    pub check: Option<&'a CheckFile>,
    /// The finding.
    pub finding: &'a Finding,
    /// Of what; none when it is about the whole return.
    pub of: Option<&'a Indicator>,
}

impl Before<'_> {
    /// Whether the finding's figure and every figure of its sentence may be shown.
    #[must_use]
    pub fn disclosure(&self) -> Disclosure {
        let own = self.in_quarters(&["quarter".to_owned()]);
        let own = if self.of.is_some() { own } else { Disclosure::Shown };
        let Some(check) = self.check else { return own };
        let template = asking::says(check, &self.finding.detail);
        let names = sentence::placeholders(template).unwrap_or_default();
        let told = names.iter().map(|name| self.of_placeholder(check, name));
        let usual = worded::better_than_usual(self.of, check, self.finding);
        let usual = usual.then(|| self.of_figure(&Told::History));
        first_withheld([own].into_iter().chain(told).chain(usual))
    }

    fn of_placeholder(&self, check: &CheckFile, name: &str) -> Disclosure {
        let is_number = self.finding.detail.get(name).is_some_and(Value::is_number);
        match check.figures.get(name) {
            Some(Told::Nothing) => Disclosure::Shown,
            Some(told) => self.of_figure(told),
            None if is_number && self.figures() != Figures::Full => UNKNOWN,
            None => Disclosure::Shown,
        }
    }

    fn figures(&self) -> Figures {
        self.recipient.figures_of(&self.finding.key.authority)
    }

    fn of_figure(&self, told: &Told) -> Disclosure {
        let (authority, quarter) = (&self.finding.key.authority, self.finding.fired_in);
        let Some((known, of)) = self.known.zip(self.of) else {
            return if self.figures() == Figures::Full { Disclosure::Shown } else { UNKNOWN };
        };
        match told {
            Told::Nothing => Disclosure::Shown,
            Told::Quarters(keys) => self.in_quarters(keys),
            Told::History => known.withheld.of_history(self.recipient, authority, &of.id, quarter),
            Told::Region => facts::average_of(of, known, self.recipient, quarter),
            Told::Neighbours if self.is_published() => Disclosure::Shown,
            Told::Neighbours => self.of_neighbours(known),
        }
    }

    /// Whether its neighbours' figures are those of a publisher.
    fn is_published(&self) -> bool {
        let of = self.finding.detail.get("comparator").and_then(Value::as_str);
        let mut collections = self.settings.collections.iter();
        collections.any(|one| Some(one.name.as_str()) == of && one.reporters == Reporters::Publisher)
    }

    fn of_neighbours(&self, known: &CollectionFacts) -> Disclosure {
        let (key, quarter) = (&self.finding.key, self.finding.fired_in);
        let is_it = |(at, one): &&(Quarter, ComparedFigure)| {
            *at == quarter && one.authority == key.authority && Some(&one.indicator) == key.indicator.as_ref()
        };
        let compared = known.figures.iter().find(is_it);
        let near = compared.and_then(|(_, it)| facts::neighbours(self.settings, known, self.recipient, it));
        match near {
            None if self.recipient.figures != Figures::Full => UNKNOWN,
            _ => Disclosure::Shown,
        }
    }

    /// Of each of these quarters, and of all between them.
    fn in_quarters(&self, keys: &[String]) -> Disclosure {
        let quarters: Option<Vec<Quarter>> = keys.iter().map(|key| self.quarter(key)).collect();
        let quarters = quarters.unwrap_or_default();
        let ends = quarters.iter().min().copied().zip(quarters.iter().max().copied());
        let Some(((first, last), (known, of))) = ends.zip(self.known.zip(self.of)) else {
            return if self.figures() == Figures::Full { Disclosure::Shown } else { UNKNOWN };
        };
        let all = (first.index()..=last.index()).map(Quarter::from_index);
        let authority = &self.finding.key.authority;
        first_withheld(all.map(|quarter| {
            facts::in_all_versions(self.settings, known, self.recipient, (authority, of, quarter))
        }))
    }

    /// The quarter that a key of the detail holds, or which lies so many periods back.
    fn quarter(&self, key: &str) -> Option<Quarter> {
        let now = self.finding.fired_in;
        if key == "quarter" {
            return Some(now);
        }
        let value = self.finding.detail.get(key)?;
        let collection = self.settings.collections.iter().find(|one| one.name == self.finding.key.collection);
        let step = collection.map_or(1, |one| one.cadence.step());
        let back = || i32::try_from(value.as_i64()?).ok().map(|periods| now.plus(-periods * step));
        value.as_str().and_then(|text| Quarter::parse(text).ok()).or_else(back)
    }
}
