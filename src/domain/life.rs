//! The life of a finding: a pure fold over periods.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::finding::{Answer, Event, Moment, Outcome, Rule, State};
use crate::domain::quarter::Quarter;

/// A fire this many periods after the finding was resolved, or sooner, reopens it.
pub const REOPENS_WITHIN: usize = 4;

/// Effects are sums of floating-point numbers: 0.2 and a band of 0.5 must reach 0.7.
const ROUNDING: f64 = 1e-9;

/// The life of one finding: a moment for each answer, in order of quarters.
///
/// A pure fold, so that running twice changes nothing and revised history is replayed. A finding opens when
/// it has fired `open_after` times in a row, and is resolved when it was clear `close_after` times in a row;
/// unknown freezes both counts. Worse and better are measured from the effect that was last announced, so
/// that a slow creep is caught. While it recovers, and when it is resolved, it keeps the level and effect
/// with which it last fired.
#[must_use]
pub fn live(answers: &[Answer], rule: &Rule) -> Vec<Moment> {
    let nothing = BTreeSet::new();
    let past = Past { believed: &[], cause: Cause::Revision, anew: &nothing, confirmed: &nothing };
    relive(answers, rule, &past)
}

/// Why what is believed now may be another past than was believed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The figures were revised.
    Revision,
    /// The check was changed, or where its chart begins.
    RuleChange,
}

impl Cause {
    fn event(self) -> Event {
        match self {
            Self::Revision => Event::Revised,
            Self::RuleChange => Event::RuleChanged,
        }
    }
}

/// What is known of a finding beside its answers.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// What was believed before, in the order of becoming known.
    pub believed: &'a [Moment],
    /// Why it may be believed no more.
    pub cause: Cause,
    /// The first quarters of the charts that it stands on, where they begin anew.
    pub anew: &'a BTreeSet<Quarter>,
    /// The quarters of which somebody confirmed the figure that it doubts.
    pub confirmed: &'a BTreeSet<Quarter>,
}

/// The life of a finding with a past.
///
/// As [`live`], and an episode that was believed open and is not there any more is resolved by the event
/// of its cause, in the last quarter in which it was believed open. What opens later is the next episode. A
/// quarter in which it is open, and was believed to stand otherwise, says so by the event `revised` when
/// nothing else happened in it. What fired only before its chart began anew, and cannot be judged since, is
/// resolved: nobody could ever close it.
#[must_use]
pub fn relive(answers: &[Answer], rule: &Rule, past: &Past<'_>) -> Vec<Moment> {
    let mut ordered: Vec<&Answer> = answers.iter().collect();
    ordered.sort_by_key(|answer| answer.quarter);
    let (believed, whole) = (believed(past.believed), *past);
    let past = whole.believed;
    let mut life = Life::default();
    let mut moments = Vec::with_capacity(ordered.len());
    for answer in ordered {
        let moment = if life.is_outlived(answer, whole.anew) {
            life.ended_with_its_chart(answer.quarter)
        } else {
            life.next(answer, rule)
        };
        let gone = believed
            .get(&answer.quarter)
            .filter(|was| was.episode > moment.episode && !moment.state.is_open());
        let event = gone.map_or(Event::Revised, |was| withdrawal(past, was).unwrap_or(whole.event(was)));
        let mut moment = gone.map_or(moment, |was| life.withdrawn(answer.quarter, was, event));
        if moment.event.is_none() && moment.state.is_open() && was_otherwise(past, &moment) {
            moment.event = Some(Event::Revised);
        }
        moments.push(moment);
    }
    moments
}

impl Past<'_> {
    /// Why an episode that was believed open is not there any more.
    fn event(&self, was: &Moment) -> Event {
        let open = |one: &&Moment| one.episode == was.episode && one.state.is_open();
        let opened = self.believed.iter().filter(open).map(|one| one.quarter).min().unwrap_or(was.quarter);
        let is_confirmed = self.confirmed.range(opened..=was.quarter).next().is_some();
        if is_confirmed { Event::Confirmed } else { self.cause.event() }
    }
}

/// By which event an episode was believed to be gone, when it was: a later cause does not rewrite an earlier.
fn withdrawal(past: &[Moment], was: &Moment) -> Option<Event> {
    let same = |one: &&Moment| one.quarter == was.quarter && one.episode == was.episode;
    let last = past.iter().rev().find(same).filter(|one| one.state == State::Resolved)?;
    last.event.filter(|event| matches!(event, Event::Revised | Event::RuleChanged | Event::Confirmed))
}

/// Whether a quarter was ever believed to stand otherwise, and not only because nothing was known yet.
fn was_otherwise(past: &[Moment], now: &Moment) -> bool {
    let known = |one: &&Moment| one.quarter == now.quarter && one.event != Some(Event::NoData);
    past.iter().filter(known).any(|one| (one.state, one.episode) != (now.state, now.episode))
}

/// The last open moment of every episode that was ever believed, by its quarter.
fn believed(past: &[Moment]) -> BTreeMap<Quarter, &Moment> {
    let mut last: BTreeMap<u32, &Moment> = BTreeMap::new();
    for moment in past.iter().filter(|moment| moment.state.is_open()) {
        let kept = last.entry(moment.episode).or_insert(moment);
        if kept.quarter <= moment.quarter {
            *kept = moment;
        }
    }
    last.into_values().map(|moment| (moment.quarter, moment)).collect()
}

/// Everything the next period needs to know of those before it.
#[derive(Default)]
struct Life {
    state: Option<State>,
    episode: u32,
    level: u8,
    shown: u8,
    effect: f64,
    reference: f64,
    fires: u32,
    clears: u32,
    unknowns: u32,
    periods_resolved: usize,
    fired_in: Option<Quarter>,
}

impl Life {
    fn next(&mut self, answer: &Answer, rule: &Rule) -> Moment {
        let before = self.state.unwrap_or(State::None);
        if before == State::Resolved {
            self.periods_resolved += 1;
        }
        let (state, event) = match answer.outcome {
            Outcome::Fires => self.fired(before, answer, rule),
            Outcome::Clear => self.cleared(before, rule),
            Outcome::Unknown => self.not_judged(before),
        };
        self.state = Some(state);
        Moment {
            quarter: answer.quarter,
            state,
            episode: self.episode,
            level: self.level,
            shown: self.shown,
            effect: self.effect,
            event,
            stale: self.unknowns >= 2,
        }
    }

    /// Whether it fired only before its chart began anew, and an answer cannot say how it stands since.
    fn is_outlived(&self, answer: &Answer, anew: &BTreeSet<Quarter>) -> bool {
        let stands = self.state.is_some_and(|state| state.is_open() || state == State::Pending);
        let begins = anew.range(..=answer.quarter).next_back();
        stands
            && answer.outcome == Outcome::Unknown
            && begins.is_some_and(|begins| self.fired_in.is_some_and(|fired_in| fired_in < *begins))
    }

    fn ended_with_its_chart(&mut self, quarter: Quarter) -> Moment {
        let was_open = self.state.is_some_and(State::is_open);
        let (level, shown, effect, episode) = (self.level, self.shown, self.effect, self.episode);
        let state = if was_open { State::Resolved } else { State::None };
        *self = Self { state: Some(state), episode, level, shown, effect, ..Self::default() };
        let event = Some(Event::ChartAnew).filter(|_| was_open);
        Moment { quarter, state, episode, level, shown, effect, event, stale: false }
    }

    fn fired(&mut self, before: State, answer: &Answer, rule: &Rule) -> (State, Option<Event>) {
        self.fired_in = Some(answer.quarter);
        (self.fires, self.clears, self.unknowns) = (self.fires + 1, 0, 0);
        let risen = answer.level > self.level;
        let fallen = answer.level < self.level;
        (self.level, self.shown, self.effect) = (answer.level, answer.shown, answer.effect);
        if answer.other_scale {
            self.reference = answer.effect;
        }
        match before {
            State::None | State::Pending if self.fires < rule.open_after => {
                (State::Pending, Some(Event::Pending))
            }
            State::Resolved if self.periods_resolved <= REOPENS_WITHIN => self.open(Event::Reopened),
            State::None | State::Pending | State::Resolved => self.open(Event::Opened),
            _ if risen || answer.effect - self.reference >= rule.band - ROUNDING => {
                self.reference = answer.effect;
                (State::Worsening, Some(Event::Worse))
            }
            _ if fallen || self.reference - answer.effect >= rule.band - ROUNDING => {
                self.reference = answer.effect;
                (State::Improving, Some(Event::Better))
            }
            _ => (State::Continuing, None),
        }
    }

    fn open(&mut self, event: Event) -> (State, Option<Event>) {
        self.episode += 1;
        self.reference = self.effect;
        (State::New, Some(event))
    }

    fn cleared(&mut self, before: State, rule: &Rule) -> (State, Option<Event>) {
        (self.fires, self.clears, self.unknowns) = (0, self.clears + 1, 0);
        match before {
            State::None | State::Resolved => (before, None),
            State::Pending => {
                (self.level, self.shown, self.effect) = (0, 0, 0.0);
                (State::None, Some(Event::PendingCleared))
            }
            _ if self.clears >= rule.close_after => {
                self.periods_resolved = 0;
                (State::Resolved, Some(Event::Resolved))
            }
            _ => (State::Recovering, None),
        }
    }

    fn withdrawn(&mut self, quarter: Quarter, was: &Moment, event: Event) -> Moment {
        let (level, shown, effect, episode) = (was.level, was.shown, was.effect, was.episode);
        let state = Some(State::Resolved);
        *self = Self { state, episode, level, shown, effect, ..Self::default() };
        let event = Some(event);
        Moment { quarter, state: State::Resolved, episode, level, shown, effect, event, stale: false }
    }

    fn not_judged(&mut self, before: State) -> (State, Option<Event>) {
        if matches!(before, State::None | State::Resolved) {
            return (before, None);
        }
        self.unknowns += 1;
        (before, Some(Event::NoData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { open_after: 1, close_after: 2, band: 0.5 };

    fn answers(effects: &[Option<f64>]) -> Vec<Answer> {
        let first = Quarter::of(2016, 1).unwrap();
        let answer = |(count, effect): (i32, &Option<f64>)| Answer {
            quarter: first.plus(count),
            outcome: match effect {
                None => Outcome::Unknown,
                Some(effect) if *effect > 0.0 => Outcome::Fires,
                Some(_) => Outcome::Clear,
            },
            level: if effect.is_some_and(|effect| effect > 0.0) { 2 } else { 0 },
            shown: 0,
            effect: effect.unwrap_or(0.0),
            other_scale: false,
        };
        (0..).zip(effects).map(answer).collect()
    }

    fn events(effects: &[Option<f64>]) -> Vec<&'static str> {
        live(&answers(effects), &RULE).iter().map(|moment| moment.event.map_or("", Event::word)).collect()
    }

    fn relive(answers: &[Answer], rule: &Rule, believed: &[Moment], cause: Cause) -> Vec<Moment> {
        let nothing = BTreeSet::new();
        super::relive(answers, rule, &Past { believed, cause, anew: &nothing, confirmed: &nothing })
    }

    #[test]
    fn a_slow_creep_is_measured_from_what_was_last_announced() {
        let effects = [1.0, 1.2, 1.4, 1.5, 1.7, 1.9, 2.0].map(Some);
        assert_eq!(events(&effects), ["opened", "", "", "worse", "", "", "worse"]);
    }

    #[test]
    fn what_gets_better_by_the_band_is_improving() {
        assert_eq!(events(&[2.0, 1.6, 1.5, 1.2].map(Some)), ["opened", "", "better", ""]);
    }

    #[test]
    fn a_fall_in_level_is_improving_even_when_the_effect_is_the_same() {
        let mut said = answers(&[Some(1.0), Some(1.0)]);
        said[0].level = 3;
        assert_eq!(live(&said, &RULE)[1].state, State::Improving);
    }

    #[test]
    fn the_fourth_period_after_resolution_reopens_and_the_fifth_opens() {
        let life = |clears: usize| {
            let mut effects = vec![Some(1.0)];
            effects.extend(vec![Some(0.0); clears]);
            effects.push(Some(1.0));
            let last = live(&answers(&effects), &RULE).pop().unwrap();
            (last.event, last.episode)
        };
        assert_eq!(life(5), (Some(Event::Reopened), 2), "resolved by the second clear, then three more");
        assert_eq!(life(6), (Some(Event::Opened), 2));
    }

    #[test]
    fn each_resolution_counts_its_own_four_periods() {
        let again = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0].map(Some);
        let last = live(&answers(&again), &RULE).pop().unwrap();
        assert_eq!((last.event, last.episode), (Some(Event::Reopened), 3));
    }

    #[test]
    fn the_band_is_reached_in_spite_of_floating_point() {
        assert_eq!(events(&[0.2, 0.7].map(Some)), ["opened", "worse"]);
        assert_eq!(events(&[0.7, 0.2].map(Some)), ["opened", "better"]);
    }

    #[test]
    fn a_finding_is_stale_from_the_second_unknown_on() {
        let life = live(&answers(&[Some(1.0), None, None, Some(1.0)]), &RULE);
        assert_eq!(life.iter().map(|moment| moment.stale).collect::<Vec<_>>(), [false, false, true, false]);
    }

    #[test]
    fn what_recovers_keeps_the_level_with_which_it_last_fired() {
        let life = live(&answers(&[Some(1.2), Some(0.0), Some(0.0)]), &RULE);
        let kept: Vec<_> =
            life.iter().map(|moment| (moment.state.word(), moment.level, moment.effect)).collect();
        assert_eq!(kept, [("new", 2, 1.2), ("recovering", 2, 1.2), ("resolved", 2, 1.2)]);
    }

    #[test]
    fn what_a_revision_takes_away_is_resolved_and_comes_back_as_the_next_episode() {
        let told = |effects: &[f64], past: &[Moment]| -> Vec<Moment> {
            let said = answers(&effects.iter().copied().map(Some).collect::<Vec<_>>());
            relive(&said, &RULE, past, Cause::Revision)
        };
        let words = |life: &[Moment]| -> Vec<(&str, &str, u32)> {
            let word = |event: Option<Event>| event.map_or("", Event::word);
            life.iter().map(|it| (it.state.word(), word(it.event), it.episode)).collect()
        };
        let mut past = told(&[0.0, 1.0], &[]);
        let corrected = told(&[0.0, 0.0], &past);
        assert_eq!(words(&corrected), [("none", "", 0), ("resolved", "revised", 1)]);
        assert_eq!((corrected[1].level, corrected[1].effect), (2, 1.0), "as it was believed");
        past.extend(corrected);
        let later = told(&[0.0, 0.0, 0.0, 1.0], &past);
        let expected =
            [("none", "", 0), ("resolved", "revised", 1), ("resolved", "", 1), ("new", "reopened", 2)];
        assert_eq!(words(&later), expected);
        past.extend(later.clone());
        assert_eq!(told(&[0.0, 0.0, 0.0, 1.0], &past), later, "a replay changes nothing");
    }

    #[test]
    fn an_episode_that_only_begins_later_than_was_believed_is_still_the_same() {
        let past = live(&answers(&[Some(1.0), Some(1.0)]), &RULE);
        let life = relive(&answers(&[Some(0.0), Some(1.0)]), &RULE, &past, Cause::Revision);
        assert_eq!(
            life.iter().map(|it| (it.state, it.episode)).collect::<Vec<_>>(),
            [(State::None, 0), (State::New, 1)]
        );
    }

    #[test]
    fn what_a_changed_rule_takes_away_says_so_and_a_later_revision_does_not_rewrite_it() {
        let mut past = live(&answers(&[Some(1.0)]), &RULE);
        let gone = relive(&answers(&[Some(0.0)]), &RULE, &past, Cause::RuleChange);
        assert_eq!((gone[0].state, gone[0].event), (State::Resolved, Some(Event::RuleChanged)));
        past.extend(gone.clone());
        assert_eq!(relive(&answers(&[Some(0.0)]), &RULE, &past, Cause::Revision), gone);
    }

    #[test]
    fn a_past_that_a_replay_changes_says_so_and_a_second_replay_says_the_same() {
        let mut past = live(&answers(&[1.0, 1.6, 1.6].map(Some)), &RULE);
        let replayed =
            |past: &[Moment]| relive(&answers(&[1.0, 1.1, 1.1].map(Some)), &RULE, past, Cause::Revision);
        let life = replayed(&past);
        let words: Vec<_> =
            life.iter().map(|it| (it.state.word(), it.event.map_or("", Event::word))).collect();
        assert_eq!(words, [("new", "opened"), ("continuing", "revised"), ("continuing", "")]);
        past.extend(life.clone());
        assert_eq!(replayed(&past), life);
    }

    #[test]
    fn what_was_not_known_yet_is_not_revised() {
        let past = live(&answers(&[Some(1.0), None]), &RULE);
        let life = relive(&answers(&[Some(1.0), Some(1.0)]), &RULE, &past, Cause::Revision);
        assert_eq!(life[1].event, None);
    }

    #[test]
    fn a_level_that_is_only_shown_lower_is_neither_better_nor_worse() {
        let mut said = answers(&[Some(1.0), Some(1.0), Some(1.0)]);
        for (answer, shown) in said.iter_mut().zip([2, 0, 2]) {
            answer.shown = shown;
        }
        let life = live(&said, &RULE);
        assert_eq!(
            life.iter().map(|it| (it.state.word(), it.shown)).collect::<Vec<_>>(),
            [("new", 2), ("continuing", 0), ("continuing", 2)]
        );
    }

    #[test]
    fn the_order_in_which_answers_come_does_not_matter() {
        let mut said = answers(&[Some(1.0), Some(1.6), Some(0.0), None]);
        let life = live(&said, &RULE);
        said.reverse();
        assert_eq!(live(&said, &RULE), life);
    }

    #[test]
    fn what_stood_on_a_chart_ends_with_it_unless_the_new_one_shows_it_too() {
        let (first, nothing) = (Quarter::of(2016, 1).unwrap(), BTreeSet::new());
        let states = |effects: &[Option<f64>], begins: i32| {
            let anew = BTreeSet::from([first.plus(begins)]);
            let past = Past { believed: &[], cause: Cause::Revision, anew: &anew, confirmed: &nothing };
            let life = super::relive(&answers(effects), &RULE, &past);
            life.iter().map(|it| (it.state.word(), it.event.map_or("", Event::word))).collect::<Vec<_>>()
        };
        let seen = [Some(1.0), Some(1.0), None, None];
        let resolved = [("resolved", "chart-anew"), ("resolved", "")];
        assert_eq!(states(&seen, 2)[2..], resolved);
        let still = [("continuing", "no-data"), ("continuing", "no-data")];
        assert_eq!(states(&seen, 1)[2..], still, "it fired on the new chart, too");
        assert_eq!(states(&seen, 4)[2..], still, "the chart begins later");
        let recovering = [Some(1.0), Some(0.0), None];
        assert_eq!(states(&recovering, 1)[1..], [("recovering", ""), ("resolved", "chart-anew")]);
    }

    #[test]
    fn a_finding_whose_figure_was_confirmed_says_so_and_a_later_cause_does_not_rewrite_it() {
        let (first, nothing) = (Quarter::of(2016, 1).unwrap(), BTreeSet::new());
        let told = |believed: &[Moment], confirmed: &BTreeSet<Quarter>| {
            let past = Past { believed, cause: Cause::RuleChange, anew: &nothing, confirmed };
            super::relive(&answers(&[Some(0.0), None]), &RULE, &past)
        };
        let mut past = live(&answers(&[Some(1.0), None]), &RULE);
        let gone = told(&past, &BTreeSet::from([first]));
        assert_eq!((gone[1].state, gone[1].event), (State::Resolved, Some(Event::Confirmed)));
        past.extend(gone.clone());
        assert_eq!(told(&past, &nothing), gone);
        let again = relive(&answers(&[Some(1.0), None]), &RULE, &past, Cause::Revision);
        assert!(again[1].state.is_open(), "another figure is asked for again");
    }
}
