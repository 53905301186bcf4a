//! What a digest announces: once what is new, worse or gone, and otherwise only counts.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use crate::domain::finding::{Event, State};
use crate::domain::quietness::{Known, Quietness};

/// At most this many findings are told in one digest; the rest are counted.
pub const ITEMS_MAX: usize = 10;

/// A finding that has been open for this many quarters stands on a list of its own.
pub const STANDING_QUARTERS: i32 = 4;

/// The level that is repeated each quarter until somebody acknowledges it.
const HIGH: u8 = 3;

/// A finding that a recipient may see.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its short id.
    pub finding: String,
    /// Its moments, in order of quarters.
    pub life: Vec<Known>,
    /// Whether somebody has quieted it.
    pub quietness: Quietness,
    /// How many independent kinds of evidence the authority's findings on this indicator rest on.
    pub evidence: usize,
}

/// Why a finding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It opened, and this recipient has not been told.
    New,
    /// It is worse than this recipient was told.
    Worse,
    /// It is high, a quarter has passed, and nobody has acknowledged it.
    StillHigh,
}

/// What a digest says of the findings. The indexes are those of the candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The worst first, at most `ITEMS_MAX`.
    pub told: Vec<(usize, Why)>,
    /// How many more there would be to tell.
    pub more: usize,
    /// Resolved since the last digest, in the same order.
    pub resolved: Vec<usize>,
    /// Open for `STANDING_QUARTERS` or longer, and not worse; not among the told.
    pub standing: Vec<usize>,
    /// Open, told before, and not told again.
    pub continuing: usize,
    /// Open, and acknowledged, snoozed or dismissed.
    pub quieted: usize,
}

/// What to say of one finding.
enum Say {
    Tell(Why),
    Resolved,
    Standing,
    Continuing,
    Quieted,
    Nothing,
}

/// What a digest says of `candidates` to somebody whose last one was composed at `since`.
///
/// Without a last digest everything that is open is new. The worst come first: by level, then by the number
/// of kinds of evidence, then by effect.
#[must_use]
pub fn announce(candidates: &[Candidate], since: Option<DateTime<Utc>>) -> Announcement {
    let mut ranked: Vec<(usize, &Candidate)> = candidates.iter().enumerate().collect();
    ranked.sort_by(|(_, one), (_, other)| rank(one).cmp(&rank(other)).then_with(|| worse_effect(one, other)));
    let mut said = Announcement::default();
    for (index, candidate) in ranked {
        match say(candidate, since) {
            Say::Tell(_) if said.told.len() == ITEMS_MAX => said.more += 1,
            Say::Tell(why) => said.told.push((index, why)),
            Say::Resolved => said.resolved.push(index),
            Say::Standing => said.standing.push(index),
            Say::Continuing => said.continuing += 1,
            Say::Quieted => said.quieted += 1,
            Say::Nothing => {}
        }
    }
    said
}

fn say(candidate: &Candidate, since: Option<DateTime<Utc>>) -> Say {
    let Some(now) = candidate.life.last() else { return Say::Nothing };
    let (before, later): (Vec<&Known>, Vec<&Known>) =
        candidate.life.iter().partition(|known| since.is_some_and(|since| known.since <= since));
    let was_told = before
        .last()
        .is_some_and(|then| then.moment.state.is_open() && then.moment.episode == now.moment.episode);
    if now.moment.state == State::Resolved {
        return if was_told { Say::Resolved } else { Say::Nothing };
    }
    if !now.moment.state.is_open() {
        return Say::Nothing;
    }
    let turn = later.iter().rev().find_map(|known| known.moment.event.filter(|event| turns(*event)));
    let is_worse = was_told && turn == Some(Event::Worse);
    match candidate.quietness {
        Quietness::Snoozed { .. } | Quietness::Dismissed => Say::Quieted,
        Quietness::Acknowledged if was_told => Say::Quieted,
        _ if is_worse => Say::Tell(Why::Worse),
        _ if !was_told => Say::Tell(Why::New),
        _ if quarters_open(&candidate.life) >= STANDING_QUARTERS => Say::Standing,
        Quietness::Heard if now.moment.level >= HIGH && has_new_quarter(&before, now) => {
            Say::Tell(Why::StillHigh)
        }
        _ => Say::Continuing,
    }
}

/// Whether it was worse or better is said by the last of the two.
fn turns(event: Event) -> bool {
    matches!(event, Event::Worse | Event::Better)
}

fn has_new_quarter(before: &[&Known], now: &Known) -> bool {
    before.last().is_none_or(|then| then.moment.quarter < now.moment.quarter)
}

/// Quarters from the opening of this episode to the latest moment.
fn quarters_open(life: &[Known]) -> i32 {
    let Some(now) = life.last() else { return 0 };
    let opened = life
        .iter()
        .rev()
        .find(|known| matches!(known.moment.event, Some(Event::Opened | Event::Reopened)))
        .map_or(now.moment.quarter, |known| known.moment.quarter);
    now.moment.quarter.index() - opened.index()
}

fn rank(candidate: &Candidate) -> (Reverse<u8>, Reverse<usize>) {
    let level = candidate.life.last().map_or(0, |known| known.moment.level);
    (Reverse(level), Reverse(candidate.evidence))
}

fn worse_effect(one: &Candidate, other: &Candidate) -> std::cmp::Ordering {
    let effect = |candidate: &Candidate| candidate.life.last().map_or(0.0, |known| known.moment.effect);
    effect(other).total_cmp(&effect(one)).then_with(|| one.finding.cmp(&other.finding))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::finding::{Answer, Outcome, Rule, live};
    use crate::domain::quarter::Quarter;

    /// The first moment is known on 14 August 2017, the next ones a quarter later each.
    fn candidate(levels_and_effects: &[(u8, f64)]) -> Candidate {
        let first = Quarter::of(2017, 1).unwrap();
        let answer = |(count, (level, effect)): (i32, &(u8, f64))| Answer {
            quarter: first.plus(count),
            outcome: if *level > 0 { Outcome::Fires } else { Outcome::Clear },
            level: *level,
            effect: *effect,
        };
        let answers: Vec<_> = (0..).zip(levels_and_effects).map(answer).collect();
        let life = live(&answers, &Rule { open_after: 1, close_after: 2, band: 0.5 });
        let known =
            |moment: crate::domain::finding::Moment| Known { since: known_at(moment.quarter), moment };
        Candidate {
            finding: "0a1b2c3d".to_owned(),
            life: life.into_iter().map(known).collect(),
            quietness: Quietness::Heard,
            evidence: 1,
        }
    }

    fn known_at(quarter: Quarter) -> DateTime<Utc> {
        quarter.last_day().and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::days(45)
    }

    /// What is said after a digest that was composed once `quarters` moments were known.
    fn said(candidate: &Candidate, quarters: i32) -> Announcement {
        let last = Quarter::of(2017, 1).unwrap().plus(quarters - 1);
        announce(std::slice::from_ref(candidate), Some(known_at(last)))
    }

    fn told(why: Why) -> Announcement {
        Announcement { told: vec![(0, why)], ..Announcement::default() }
    }

    const CONTINUING: Announcement =
        Announcement { told: vec![], more: 0, resolved: vec![], standing: vec![], continuing: 1, quieted: 0 };

    #[test]
    fn a_new_finding_is_told_once() {
        let opened = candidate(&[(0, 0.0), (2, 1.0)]);
        assert_eq!(said(&opened, 1), told(Why::New));
        assert_eq!(said(&opened, 2), CONTINUING);
    }

    #[test]
    fn a_first_digest_tells_everything_that_is_open() {
        assert_eq!(announce(&[candidate(&[(2, 1.0), (2, 1.0)])], None), told(Why::New));
    }

    #[test]
    fn what_is_worse_is_told_and_what_is_better_is_counted() {
        assert_eq!(said(&candidate(&[(2, 1.0), (2, 1.6)]), 1), told(Why::Worse));
        assert_eq!(said(&candidate(&[(2, 1.6), (2, 1.0)]), 1), CONTINUING);
        assert_eq!(
            said(&candidate(&[(2, 1.0), (2, 1.6), (2, 1.0)]), 1),
            CONTINUING,
            "worse and better again"
        );
        assert_eq!(said(&candidate(&[(2, 1.0), (2, 1.6)]), 0), told(Why::New), "opened and worse since");
    }

    #[test]
    fn what_is_resolved_is_said_once_to_those_who_knew_of_it() {
        let gone = candidate(&[(2, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)]);
        assert_eq!(said(&gone, 1).resolved, [0]);
        assert_eq!(said(&gone, 3), Announcement::default());
        assert_eq!(announce(&[gone], None), Announcement::default());
    }

    #[test]
    fn what_was_resolved_and_came_back_is_new_again() {
        let back = candidate(&[(2, 1.0), (0, 0.0), (0, 0.0), (2, 1.0)]);
        assert_eq!(said(&back, 3), told(Why::New));
        assert_eq!(said(&back, 1), told(Why::New), "both happened since the last digest");
    }

    #[test]
    fn a_high_finding_is_repeated_each_quarter_until_it_is_acknowledged() {
        let mut high = candidate(&[(3, 5.0), (3, 5.0)]);
        assert_eq!(said(&high, 1), told(Why::StillHigh));
        assert_eq!(said(&high, 2), CONTINUING, "no new quarter since");
        high.quietness = Quietness::Acknowledged;
        assert_eq!(said(&high, 1).quieted, 1);
    }

    #[test]
    fn an_acknowledged_finding_is_still_new_to_somebody_else() {
        let mut opened = candidate(&[(2, 1.0)]);
        opened.quietness = Quietness::Acknowledged;
        assert_eq!(said(&opened, 0), told(Why::New));
        opened.quietness = Quietness::Dismissed;
        assert_eq!(said(&opened, 0).quieted, 1);
    }

    #[test]
    fn what_is_open_for_four_quarters_stands_on_its_own_list() {
        let three = candidate(&[(3, 1.0); 4]);
        assert_eq!(said(&three, 3), told(Why::StillHigh));
        let four = candidate(&[(3, 1.0); 5]);
        assert_eq!(said(&four, 4).standing, [0]);
        assert_eq!(announce(&[four], None), told(Why::New), "nobody has told them yet");
        let worse = candidate(&[(2, 1.0), (2, 1.0), (2, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(said(&worse, 4), told(Why::Worse));
    }

    #[test]
    fn the_worst_ten_are_told_and_the_rest_are_counted() {
        let with = |level: u8, evidence: usize, effect: f64, finding: &str| Candidate {
            evidence,
            finding: finding.to_owned(),
            ..candidate(&[(level, effect)])
        };
        let mut all: Vec<_> = (0..9).map(|_| with(1, 1, 1.0, "x")).collect();
        all.extend([with(1, 1, 9.0, "b"), with(3, 1, 1.0, "c"), with(1, 2, 0.1, "d")]);
        let said = announce(&all, None);
        let order: Vec<_> = said.told.iter().map(|(index, _)| *index).collect();
        assert_eq!(order, [10, 11, 9, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(said.more, 2);
    }
}
