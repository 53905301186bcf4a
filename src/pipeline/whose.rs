//! Whose fault it is that something came which cannot be a return: its sender's, or the source's.
//!
//! A portal whose session has expired answers every address with its own page. Then nobody is chased for it.
//! One authority that uploaded a page in place of its return is.

use std::collections::{BTreeMap, BTreeSet};

use crate::collect::{Fault, Outcome, Wanted};
use crate::config::settings::Collection;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;

/// What was refused in one poll of a collection, while it is not known through whose fault.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    answers: BTreeMap<Option<Quarter>, usize>,
    unclear: Vec<(Wanted, String)>,
    of_the_source: usize,
}

impl Doubts {
    /// One answer came.
    pub(super) fn see(&mut self, wanted: &Wanted, outcome: &Outcome) {
        match outcome {
            Outcome::Failed { .. } | Outcome::Untried { .. } | Outcome::Barred { .. } => return,
            Outcome::Received(_)
            | Outcome::Unchanged
            | Outcome::NotThere
            | Outcome::Refused { fault: Fault::Sender, .. } => {}
            Outcome::Refused { fault: Fault::Source, .. } => self.of_the_source += 1,
            Outcome::Refused { fault: Fault::Unclear(mark), .. } => {
                self.unclear.push((wanted.clone(), mark.clone()));
            }
        }
        *self.answers.entry(wanted.quarter).or_insert(0) += 1;
    }

    /// Of what was unclear, that which is the source's: what came for most of a quarter's returns, and what
    /// is alike for several authorities.
    fn of_the_source(&self) -> impl Iterator<Item = &Wanted> {
        let mut in_quarter: BTreeMap<Option<Quarter>, usize> = BTreeMap::new();
        let mut senders: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
        for (wanted, mark) in &self.unclear {
            *in_quarter.entry(wanted.quarter).or_insert(0) += 1;
            senders.entry(mark).or_default().insert(&wanted.authority);
        }
        let is_most = move |quarter: &Option<Quarter>| {
            2 * in_quarter.get(quarter).copied().unwrap_or(0)
                > self.answers.get(quarter).copied().unwrap_or(0)
        };
        let is_alike =
            move |mark: &str| !mark.is_empty() && senders.get(mark).is_some_and(|senders| senders.len() > 1);
        let is_it = move |(wanted, mark): &&(Wanted, String)| is_most(&wanted.quarter) || is_alike(mark);
        self.unclear.iter().filter(is_it).map(|(wanted, _)| wanted)
    }

    /// Whose return is not there through a fault of the source is unseen, and the operator hears it.
    pub(super) fn settle(&self, collection: &Collection, report: &mut Report) {
        let mut count = self.of_the_source;
        for wanted in self.of_the_source() {
            report.unseen.add(&collection.name, wanted);
            count += 1;
        }
        // One alone is told by its own line.
        if count > 1 {
            let asked: usize = self.answers.values().sum();
            report.failures.push(Trouble {
                room: Room::Collect,
                what: format!(
                    "what came in place of {count} of the {asked} returns that were asked for is the \
                     source's doing; nobody is chased for these"
                ),
                place: format!("collection `{}`", collection.name),
                next: "open one of the addresses as quarterdeck would, and see whether our login still holds"
                    .to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Doubts;
    use crate::collect::{Fault, Outcome, Wanted};
    use crate::domain::authority::AuthorityCode;
    use crate::domain::quarter::Quarter;

    /// How many of a quarter's answers are the source's own: `.` is a return, a letter a page by its mark,
    /// `0` nothing at all.
    fn of_the_source(answers: &str) -> usize {
        let mut doubts = Doubts::default();
        for (number, one) in (1..).zip(answers.chars()) {
            let wanted = Wanted {
                authority: AuthorityCode::parse(&format!("E{:08}", 6_000_000 + number)).ok(),
                quarter: Quarter::of(2017, 2),
                ..Wanted::default()
            };
            let refused = |mark: String| Outcome::Refused {
                reason: "a page".to_owned(),
                body: None,
                fault: Fault::Unclear(mark),
            };
            let outcome = match one {
                '.' => Outcome::NotThere,
                '0' => refused(String::new()),
                mark => refused(mark.to_string()),
            };
            doubts.see(&wanted, &outcome);
        }
        doubts.of_the_source().count()
    }

    #[test]
    fn one_page_is_its_senders_and_alike_ones_or_most_are_the_sources() {
        assert_eq!(of_the_source("a..............."), 0);
        assert_eq!(of_the_source("ab.............."), 0);
        assert_eq!(of_the_source("aab............."), 2);
        assert_eq!(of_the_source("abcd.."), 4);
        assert_eq!(of_the_source("abcd...."), 0, "half of them is not most");
        assert_eq!(of_the_source("00......"), 0, "two may have sent nothing");
        assert_eq!(of_the_source("00000..."), 5);
    }
}
