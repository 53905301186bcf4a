//! What a digest announces: once what is new, worse or gone, and otherwise only counts.

use std::cmp::Reverse;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::finding::{Event, Moment, State};
use crate::domain::quarter::Quarter;
use crate::domain::quietness::{Known, Quietness};

/// At most this many findings of work, and of figures, are told in one digest; the rest are counted.
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
    /// Every moment that was ever believed, in the order of becoming known.
    pub past: Vec<Known>,
    /// When it was last spelled out to this recipient; none when never.
    pub told: Option<DateTime<Utc>>,
    /// Among what it is counted.
    pub place: Place,
    /// The same for all findings of one figure, which are told together; none for one of its own.
    pub story: Option<String>,
    /// Whether somebody has quieted it.
    pub quietness: Quietness,
    /// The last day of a snooze that is over.
    pub quiet_until: Option<NaiveDate>,
    /// By how many things this one figure stands out.
    pub ways: usize,
}

/// Among what a finding is counted, and takes room from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// How services fare.
    Work,
    /// The quality of a figure.
    Figure,
    /// A figure that is not there: all of a return are one line.
    Gap,
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
    /// It was quiet until a day, and is still open.
    QuietEnded,
}

/// What a digest says of the findings. The indexes are those of the candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The worst first, at most `ITEMS_MAX` of work and as many of figures.
    pub told: Vec<(usize, Why)>,
    /// How many more there would be to tell; what is only information is not something to look at.
    pub more: usize,
    /// Resolved since they were told, in the same order.
    pub resolved: Vec<usize>,
    /// Open for `STANDING_QUARTERS` or longer, and not worse; not among the told.
    pub standing: Vec<usize>,
    /// Open, told before, and not told again.
    pub continuing: Vec<usize>,
    /// Open, and acknowledged, snoozed or dismissed.
    pub quieted: Vec<usize>,
    /// Open and never told, but on its way out, or not judged twice.
    pub aside: Vec<usize>,
}

/// What to say of one finding.
enum Say {
    Tell(Why),
    Resolved,
    Standing,
    Continuing,
    Quieted,
    Aside,
    Nothing,
}

/// What a digest says of `candidates` to somebody who was told each of them when it says.
///
/// What was never told and is open is new: after a first digest that is what was beyond the cap, too. What
/// is recovering by now, or could not be judged twice, is no news, and is named apart. What was quiet until a
/// day is told once after it. The worst come first: by level, then by how many things the figure stands out
/// against, then by effect.
#[must_use]
pub fn announce(candidates: &[Candidate]) -> Announcement {
    let mut ranked: Vec<(usize, &Candidate)> = candidates.iter().enumerate().collect();
    ranked.sort_by(|(_, one), (_, other)| rank(one).cmp(&rank(other)).then_with(|| worse_effect(one, other)));
    let mut said = Announcement::default();
    let mut room = [ITEMS_MAX; 2];
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    for (index, candidate) in ranked {
        match say(candidate) {
            Say::Tell(why) => {
                let [work, figures] = &mut room;
                let room = match candidate.place {
                    Place::Work => Some(work),
                    Place::Figure => Some(figures),
                    Place::Gap => None,
                };
                // What belongs to a story that is told takes no room of another's.
                let is_told = candidate.story.as_deref().is_some_and(|story| begun.contains(story));
                if let Some(room) = room.filter(|_| !is_told) {
                    if *room == 0 {
                        said.more += usize::from(level(candidate) > 0);
                        continue;
                    }
                    *room -= 1;
                    begun.extend(candidate.story.as_deref());
                }
                said.told.push((index, why));
            }
            Say::Resolved => said.resolved.push(index),
            Say::Standing => said.standing.push(index),
            Say::Continuing => said.continuing.push(index),
            Say::Quieted => said.quieted.push(index),
            Say::Aside => said.aside.push(index),
            Say::Nothing => {}
        }
    }
    said
}

fn say(candidate: &Candidate) -> Say {
    let Some(now) = candidate.life.last().map(|known| &known.moment) else { return Say::Nothing };
    let told = candidate.told.and_then(|at| Some((at, standing(&candidate.past, at)?)));
    let told = told.filter(|(_, then)| then.state.is_open());
    if now.state == State::Resolved {
        return if told.is_some() { Say::Resolved } else { Say::Nothing };
    }
    if !now.state.is_open() {
        return Say::Nothing;
    }
    let told = told.filter(|(_, then)| then.episode >= now.episode);
    match (candidate.quietness, told) {
        (Quietness::Snoozed { .. } | Quietness::Dismissed, _) | (Quietness::Acknowledged, Some(_)) => {
            Say::Quieted
        }
        // What was never told is no news once it is on its way out, or nobody can say how it stands.
        (_, None) if now.state == State::Recovering || now.stale => Say::Aside,
        (_, None) => Say::Tell(Why::New),
        (Quietness::Heard, Some((at, then))) => say_again(candidate, now, at, then),
    }
}

/// What is said of an open finding that nobody quieted, told at `at` when it stood as `then`.
fn say_again(candidate: &Candidate, now: &Moment, at: DateTime<Utc>, then: &Moment) -> Say {
    let life = &candidate.life;
    let later = life.iter().rev().filter(|known| known.since > at);
    let turn = later.filter_map(|known| known.moment.event).find(|event| turns(*event));
    if turn == Some(Event::Worse) || now.level > then.level {
        return Say::Tell(Why::Worse);
    }
    if candidate.quiet_until.is_some_and(|until| at.date_naive() <= until) {
        return Say::Tell(Why::QuietEnded);
    }
    if quarters_open(life) >= STANDING_QUARTERS {
        return Say::Standing;
    }
    if now.shown >= HIGH && then.quarter < now.quarter {
        return Say::Tell(Why::StillHigh);
    }
    Say::Continuing
}

/// How a finding stood at an instant: of each quarter the moment believed last, and of those the latest.
fn standing(past: &[Known], at: DateTime<Utc>) -> Option<&Moment> {
    let mut believed: BTreeMap<Quarter, &Moment> = BTreeMap::new();
    for known in past.iter().filter(|known| known.since <= at) {
        believed.insert(known.moment.quarter, &known.moment);
    }
    believed.into_values().next_back()
}

/// Whether it was worse or better is said by the last of the two.
fn turns(event: Event) -> bool {
    matches!(event, Event::Worse | Event::Better)
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
    (Reverse(level(candidate)), Reverse(candidate.ways))
}

/// The level at which people see it now.
fn level(candidate: &Candidate) -> u8 {
    candidate.life.last().map_or(0, |known| known.moment.shown)
}

fn worse_effect(one: &Candidate, other: &Candidate) -> std::cmp::Ordering {
    let effect = |candidate: &Candidate| candidate.life.last().map_or(0.0, |known| known.moment.effect);
    effect(other).total_cmp(&effect(one)).then_with(|| one.finding.cmp(&other.finding))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::finding::{Answer, Outcome, Rule};
    use crate::domain::life::live;

    /// The first moment is known on 14 August 2017, the next ones a quarter later each.
    fn candidate(levels_and_effects: &[(u8, f64)]) -> Candidate {
        let first = Quarter::of(2017, 1).unwrap();
        let answer = |(count, (level, effect)): (i32, &(u8, f64))| Answer {
            quarter: first.plus(count),
            outcome: if *level > 0 { Outcome::Fires } else { Outcome::Clear },
            level: *level,
            shown: *level,
            effect: *effect,
            other_scale: false,
        };
        let answers: Vec<_> = (0..).zip(levels_and_effects).map(answer).collect();
        let life = live(&answers, &Rule { open_after: 1, close_after: 2, band: 0.5 });
        let known =
            |moment: crate::domain::finding::Moment| Known { since: known_at(moment.quarter), moment };
        let life: Vec<Known> = life.into_iter().map(known).collect();
        Candidate {
            finding: "0a1b2c3d".to_owned(),
            past: life.clone(),
            life,
            told: None,
            place: Place::Work,
            story: None,
            quietness: Quietness::Heard,
            quiet_until: None,
            ways: 1,
        }
    }

    fn known_at(quarter: Quarter) -> DateTime<Utc> {
        quarter.last_day().and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::days(45)
    }

    /// What is said when it was told once `quarters` moments were known.
    fn said(candidate: &Candidate, quarters: i32) -> Announcement {
        let last = Quarter::of(2017, 1).unwrap().plus(quarters - 1);
        announce(&[Candidate { told: Some(known_at(last)), ..candidate.clone() }])
    }

    fn told(why: Why) -> Announcement {
        Announcement { told: vec![(0, why)], ..Announcement::default() }
    }

    fn counted() -> Announcement {
        Announcement { continuing: vec![0], ..Announcement::default() }
    }

    #[test]
    fn a_new_finding_is_told_once() {
        let opened = candidate(&[(0, 0.0), (2, 1.0)]);
        assert_eq!(said(&opened, 1), told(Why::New));
        assert_eq!(said(&opened, 2), counted());
    }

    #[test]
    fn a_first_digest_tells_everything_that_is_open() {
        assert_eq!(announce(&[candidate(&[(2, 1.0), (2, 1.0)])]), told(Why::New));
    }

    #[test]
    fn what_nobody_was_told_of_is_no_news_once_it_recovers_or_cannot_be_judged() {
        let aside = Announcement { aside: vec![0], ..Announcement::default() };
        assert_eq!(announce(&[candidate(&[(2, 1.0), (0, 0.0)])]), aside);
        let mut unknown = candidate(&[(2, 1.0), (2, 1.0)]);
        unknown.life[1].moment.stale = true;
        assert_eq!(announce(&[unknown]), aside);
    }

    #[test]
    fn what_was_quiet_until_a_day_is_told_once_after_it() {
        let mut snoozed = candidate(&[(2, 1.0)]);
        let told_on = known_at(Quarter::of(2017, 1).unwrap()).date_naive();
        snoozed.quiet_until = Some(told_on);
        assert_eq!(said(&snoozed, 1), told(Why::QuietEnded));
        snoozed.quiet_until = told_on.pred_opt();
        assert_eq!(said(&snoozed, 1), counted(), "it was told since");
    }

    #[test]
    fn what_is_worse_is_told_and_what_is_better_is_counted() {
        assert_eq!(said(&candidate(&[(2, 1.0), (2, 1.6)]), 1), told(Why::Worse));
        assert_eq!(said(&candidate(&[(2, 1.6), (2, 1.0)]), 1), counted());
        assert_eq!(said(&candidate(&[(2, 1.0), (2, 1.6), (2, 1.0)]), 1), counted(), "worse and better again");
        assert_eq!(said(&candidate(&[(2, 1.0), (2, 1.6)]), 0), told(Why::New), "opened and worse since");
    }

    #[test]
    fn what_is_resolved_is_said_once_to_those_who_knew_of_it() {
        let gone = candidate(&[(2, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)]);
        assert_eq!(said(&gone, 1).resolved, [0]);
        assert_eq!(said(&gone, 3), Announcement::default());
        assert_eq!(announce(&[gone]), Announcement::default());
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
        assert_eq!(said(&high, 2), counted(), "no new quarter since");
        high.quietness = Quietness::Acknowledged;
        assert_eq!(said(&high, 1).quieted, [0]);
    }

    #[test]
    fn an_acknowledged_finding_is_still_new_to_somebody_else() {
        let mut opened = candidate(&[(2, 1.0)]);
        opened.quietness = Quietness::Acknowledged;
        assert_eq!(said(&opened, 0), told(Why::New));
        opened.quietness = Quietness::Dismissed;
        assert_eq!(said(&opened, 0).quieted, [0]);
    }

    #[test]
    fn what_is_open_for_four_quarters_stands_on_its_own_list() {
        let three = candidate(&[(3, 1.0); 4]);
        assert_eq!(said(&three, 3), told(Why::StillHigh));
        let four = candidate(&[(3, 1.0); 5]);
        assert_eq!(said(&four, 4).standing, [0]);
        assert_eq!(announce(&[four]), told(Why::New), "nobody has told them yet");
        let worse = candidate(&[(2, 1.0), (2, 1.0), (2, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(said(&worse, 4), told(Why::Worse));
    }

    #[test]
    fn a_level_that_a_revision_raises_within_the_quarter_is_told() {
        let mut revised = candidate(&[(1, 1.0)]);
        let again = Known { since: known_at(Quarter::of(2017, 2).unwrap()), ..revised.life[0].clone() };
        revised.life = vec![Known { moment: Moment { level: 3, shown: 3, ..again.moment }, ..again }];
        revised.past.extend(revised.life.clone());
        assert_eq!(said(&revised, 1), told(Why::Worse));
        assert_eq!(said(&revised, 2), counted());
    }

    #[test]
    fn what_a_correction_takes_away_within_the_quarter_is_said_to_be_gone() {
        let mut gone = candidate(&[(3, 1.0)]);
        let again = Known { since: known_at(Quarter::of(2017, 2).unwrap()), ..gone.life[0].clone() };
        let resolved = Moment { state: State::Resolved, event: Some(Event::Revised), ..again.moment };
        gone.life = vec![Known { moment: resolved, ..again }];
        gone.past.extend(gone.life.clone());
        assert_eq!(said(&gone, 1).resolved, [0]);
        assert_eq!(said(&gone, 2), Announcement::default());
    }

    #[test]
    fn findings_about_figures_take_no_room_from_those_about_work() {
        let work = candidate(&[(1, 1.0)]);
        let figure = Candidate { place: Place::Figure, ..candidate(&[(3, 5.0)]) };
        let mut all = vec![figure; 12];
        all.extend(vec![work; 3]);
        let said = announce(&all);
        assert_eq!((said.told.len(), said.more), (13, 2));
    }

    #[test]
    fn what_is_told_of_one_figure_takes_the_room_of_one_and_a_gap_takes_none() {
        let of = |story: usize| Candidate { story: Some(story.to_string()), ..candidate(&[(2, 1.0)]) };
        let mut all: Vec<_> = (0..33).map(|at| of(at / 3)).collect();
        all.extend(vec![Candidate { place: Place::Gap, ..candidate(&[(3, 1.0)]) }; 20]);
        let said = announce(&all);
        assert_eq!((said.told.len(), said.more), (20 + 30, 3));
    }

    #[test]
    fn what_was_beyond_the_cap_is_told_the_next_time() {
        let all: Vec<_> = (0..12).map(|_| candidate(&[(2, 1.0)])).collect();
        let told: Vec<usize> = announce(&all).told.into_iter().map(|(index, _)| index).collect();
        let mut later = all.clone();
        for index in told {
            later[index].told = Some(known_at(Quarter::of(2017, 1).unwrap()));
        }
        let again = announce(&later);
        assert_eq!((again.told.len(), again.continuing.len()), (2, 10));
    }

    #[test]
    fn information_beyond_the_cap_is_not_counted_as_something_to_look_at() {
        let mut information = candidate(&[(1, 1.0)]);
        information.life[0].moment.shown = 0;
        let mut all = vec![candidate(&[(1, 1.0)]); 11];
        all.extend(vec![information; 5]);
        let said = announce(&all);
        assert_eq!((said.told.len(), said.more), (10, 1));
    }

    #[test]
    fn the_worst_ten_are_told_and_the_rest_are_counted() {
        let with = |level: u8, ways: usize, effect: f64, finding: &str| Candidate {
            ways,
            finding: finding.to_owned(),
            ..candidate(&[(level, effect)])
        };
        let mut all: Vec<_> = (0..9).map(|_| with(1, 1, 1.0, "x")).collect();
        all.extend([with(1, 1, 9.0, "b"), with(3, 1, 1.0, "c"), with(1, 2, 0.1, "d")]);
        let said = announce(&all);
        let order: Vec<_> = said.told.iter().map(|(index, _)| *index).collect();
        assert_eq!(order, [10, 11, 9, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(said.more, 2);
    }
}
