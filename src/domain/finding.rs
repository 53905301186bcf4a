//! The life of a finding: a pure fold over periods.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// Under which a finding exists once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingKey {
    /// The check's name.
    pub check: String,
    /// The collection.
    pub collection: String,
    /// The authority.
    pub authority: AuthorityCode,
    /// The indicator; none when the finding is about the whole return.
    pub indicator: Option<IndicatorId>,
}

impl FindingKey {
    /// A short stable name: the first 8 hexadecimal digits of the key's SHA-256.
    ///
    /// The parts are joined by `|` in the order of the fields; no indicator is an empty part.
    #[must_use]
    pub fn id(&self) -> String {
        let indicator = self.indicator.as_ref().map_or("", IndicatorId::as_str);
        let key = format!("{}|{}|{}|{indicator}", self.check, self.collection, self.authority);
        let digest = Sha256::digest(key);
        format!("{:08x}", digest.first_chunk().map_or(0, |four| u32::from_be_bytes(*four)))
    }
}

/// What a check said of one key for one quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The quarter.
    pub quarter: Quarter,
    /// Fires, clear, or unknown ("not eligible" is never "clear").
    pub outcome: Outcome,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// Adverse effect in standard units.
    pub effect: f64,
}

/// Fires, clear or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check fires.
    Fires,
    /// The check looked and found nothing.
    Clear,
    /// The check could not look: not eligible, or no data.
    Unknown,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Never fired, or cleared before it opened.
    None,
    /// Fired, not yet often enough to be shown.
    Pending,
    /// Opened in this period.
    New,
    /// Worse than when last announced.
    Worsening,
    /// Better than when last announced.
    Improving,
    /// Still there.
    Continuing,
    /// Clear, not yet often enough.
    Recovering,
    /// Gone.
    Resolved,
}

impl State {
    /// The word used in tables and mails.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::New => "new",
            Self::Worsening => "worsening",
            Self::Improving => "improving",
            Self::Continuing => "continuing",
            Self::Recovering => "recovering",
            Self::Resolved => "resolved",
        }
    }

    /// Whether the finding is open: shown, and counted.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Worsening | Self::Improving | Self::Continuing | Self::Recovering)
    }
}

/// How a check's answers open and close a finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Periods of firing before it opens.
    pub open_after: u32,
    /// Periods of clear before it is resolved.
    pub close_after: u32,
    /// A change of effect smaller than this is no change.
    pub band: f64,
}

/// One period in the life of a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The period.
    pub quarter: Quarter,
    /// Where the finding stands after it.
    pub state: State,
    /// Rises by one with every re-opening.
    pub episode: u32,
    /// Level after the period.
    pub level: u8,
    /// Effect after the period.
    pub effect: f64,
    /// What happened, when something did.
    pub event: Option<Event>,
    /// Unknown for the second period in a row.
    pub stale: bool,
}

/// What happened to a finding in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Fired, not yet shown.
    Pending,
    /// Cleared before it was shown.
    PendingCleared,
    /// Opened.
    Opened,
    /// Opened again within four periods of being resolved.
    Reopened,
    /// Worse.
    Worse,
    /// Better.
    Better,
    /// Gone.
    Resolved,
    /// Could not be judged.
    NoData,
}

impl Event {
    /// The word used in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::PendingCleared => "pending-cleared",
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Resolved => "resolved",
            Self::NoData => "no-data",
        }
    }
}

/// What a person did with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Which finding, by its short id.
    pub finding: String,
    /// In which episode.
    pub episode: u32,
    /// What they did.
    pub deed: Deed,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// The things a person can do with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Seen, someone owns it. Broken by worsening.
    Acknowledge,
    /// Quiet until a day, at most two quarters ahead. Broken by a rise in level.
    Snooze {
        /// The last quiet day.
        until: NaiveDate,
    },
    /// Expected, for this episode. Broken by a rise in level.
    Dismiss,
}

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
    let mut ordered: Vec<&Answer> = answers.iter().collect();
    ordered.sort_by_key(|answer| answer.quarter);
    let mut life = Life::default();
    ordered.into_iter().map(|answer| life.next(answer, rule)).collect()
}

/// Everything the next period needs to know of those before it.
#[derive(Default)]
struct Life {
    state: Option<State>,
    episode: u32,
    level: u8,
    effect: f64,
    reference: f64,
    fires: u32,
    clears: u32,
    unknowns: u32,
    periods_resolved: usize,
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
            effect: self.effect,
            event,
            stale: self.unknowns >= 2,
        }
    }

    fn fired(&mut self, before: State, answer: &Answer, rule: &Rule) -> (State, Option<Event>) {
        (self.fires, self.clears, self.unknowns) = (self.fires + 1, 0, 0);
        let risen = answer.level > self.level;
        let fallen = answer.level < self.level;
        (self.level, self.effect) = (answer.level, answer.effect);
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
                (self.level, self.effect) = (0, 0.0);
                (State::None, Some(Event::PendingCleared))
            }
            _ if self.clears >= rule.close_after => {
                self.periods_resolved = 0;
                (State::Resolved, Some(Event::Resolved))
            }
            _ => (State::Recovering, None),
        }
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
            effect: effect.unwrap_or(0.0),
        };
        (0..).zip(effects).map(answer).collect()
    }

    fn events(effects: &[Option<f64>]) -> Vec<&'static str> {
        live(&answers(effects), &RULE).iter().map(|moment| moment.event.map_or("", Event::word)).collect()
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
    fn the_order_in_which_answers_come_does_not_matter() {
        let mut said = answers(&[Some(1.0), Some(1.6), Some(0.0), None]);
        let life = live(&said, &RULE);
        said.reverse();
        assert_eq!(live(&said, &RULE), life);
    }

    #[test]
    fn a_key_has_a_short_name_that_never_changes() {
        let mut key = FindingKey {
            check: "target-breach".to_owned(),
            collection: "quarterly".to_owned(),
            authority: AuthorityCode::parse("E06000022").unwrap(),
            indicator: IndicatorId::parse("rereferral_pct"),
        };
        assert_eq!(key.id(), "3fe814c7");
        key.indicator = None;
        assert_eq!(key.id(), "e6752abf");
    }
}
