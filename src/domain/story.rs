//! What several rules see of one series over time is one story, and one finding with several pieces of
//! evidence.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::finding::{Answer, Outcome, Rule};
use crate::domain::quarter::Quarter;

/// What one rule said of one series.
#[derive(Clone, Debug)]
pub struct Heard {
    /// How its answers open and close a finding.
    pub rule: Rule,
    /// Its answers, one for each quarter at most.
    pub answers: Vec<Answer>,
}

/// What counts of one rule's answer to one quarter.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The answer that counts.
    pub answer: Answer,
    /// Whose answer it is, by its place among the rules.
    pub teller: usize,
    /// Which other rules fire too, by their places.
    pub also: Vec<usize>,
}

/// What counts of the answers of the rules of one series, for each rule in order of quarters.
///
/// The rule that fires first holds the story: at once before later, then of the highest level, then in the
/// order given. While its finding is open, any rule that fires keeps it open; the holder tells it unless
/// another fires at a higher level. What the others say is unknown for their own findings. The story ends
/// when the holder and who told it last are clear for as long as the holder's rule asks.
#[must_use]
pub fn one_story(heard: &[Heard]) -> Vec<Vec<Counted>> {
    let answers: Vec<BTreeMap<Quarter, &Answer>> =
        heard.iter().map(|one| one.answers.iter().map(|it| (it.quarter, it)).collect()).collect();
    let quarters: BTreeSet<Quarter> = answers.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut counted: Vec<Vec<Counted>> = heard.iter().map(|_| Vec::new()).collect();
    let mut story: Option<Story> = None;
    for quarter in quarters {
        let said: Vec<Option<&Answer>> = answers.iter().map(|one| one.get(&quarter).copied()).collect();
        let firing = Firing::of(heard, &said);
        story = match (firing.best, story.take()) {
            (Some(best), it) => Some(Story::goes_on(it, best, &firing, heard)),
            (None, it) => it.and_then(|it| it.in_quiet(&said, heard)),
        };
        let told = story.as_ref().filter(|_| firing.best.is_some());
        for (place, (answer, counted)) in said.iter().zip(&mut counted).enumerate() {
            let now = match told {
                Some(it) if it.holder == place => Some(it.told(quarter, &firing)),
                _ => answer.map(|answer| its_own(answer, place, story.as_ref())),
            };
            counted.extend(now);
        }
    }
    counted
}

/// What counts of an answer that does not tell the story.
fn its_own(answer: &Answer, place: usize, story: Option<&Story>) -> Counted {
    let mut answer = answer.clone();
    let is_hidden = answer.outcome == Outcome::Fires;
    let waits = story.is_some_and(|it| it.holder == place && it.waits);
    if is_hidden || waits {
        answer.outcome = Outcome::Unknown;
    }
    Counted { answer, teller: place, also: Vec::new() }
}

/// The rules that fire in one quarter.
struct Firing<'a> {
    said: BTreeMap<usize, &'a Answer>,
    /// Who would hold a new story.
    best: Option<usize>,
}

impl<'a> Firing<'a> {
    fn of(heard: &[Heard], said: &[Option<&'a Answer>]) -> Self {
        let fires = said.iter().enumerate().filter_map(|(place, answer)| {
            answer.filter(|answer| answer.outcome == Outcome::Fires).map(|answer| (place, answer))
        });
        let said: BTreeMap<usize, &Answer> = fires.collect();
        let at_once = |place: usize| heard.get(place).is_some_and(|it| it.rule.open_after <= 1);
        let best =
            said.iter().max_by_key(|(place, it)| (at_once(**place), it.shown, it.level, Reverse(**place)));
        Self { best: best.map(|(place, _)| *place), said }
    }

    /// Who tells a story in this quarter: the holder, unless another fires at a higher level.
    fn teller(&self, holder: usize) -> Option<(usize, &'a Answer)> {
        let best = self
            .said
            .iter()
            .max_by_key(|(place, it)| (it.shown, it.level, **place == holder, Reverse(**place)));
        best.map(|(place, answer)| (*place, *answer))
    }
}

/// A story that is going on.
struct Story {
    holder: usize,
    teller: usize,
    /// Whether the story was told by another rule before, so that effects cannot be compared.
    changed: bool,
    /// Whether it cannot be said if it is over, because nobody knows of the holder or of who told it last.
    waits: bool,
    fires: u32,
    clears: u32,
}

impl Story {
    /// The same story, or a new one when there was none that is open.
    fn goes_on(before: Option<Self>, best: usize, firing: &Firing<'_>, heard: &[Heard]) -> Self {
        let open = |it: &Self| heard.get(it.holder).is_some_and(|one| it.fires >= one.rule.open_after);
        let new = Self { holder: best, teller: best, changed: false, waits: false, fires: 0, clears: 0 };
        let at_once = heard.get(best).is_some_and(|one| one.rule.open_after <= 1);
        let mut now = before.filter(|it| open(it) || !at_once).unwrap_or(new);
        let teller = firing.teller(now.holder).map_or(now.holder, |(place, _)| place);
        now.changed = teller != now.teller;
        Self { teller, waits: false, fires: now.fires + 1, clears: 0, ..now }
    }

    /// A quarter in which no rule fires; none when the story is over.
    fn in_quiet(self, said: &[Option<&Answer>], heard: &[Heard]) -> Option<Self> {
        let clear = |place: usize| {
            said.get(place).copied().flatten().is_some_and(|answer| answer.outcome == Outcome::Clear)
        };
        if !clear(self.holder) || !clear(self.teller) {
            return Some(Self { waits: true, ..self });
        }
        let rule = heard.get(self.holder)?.rule;
        let clears = self.clears + 1;
        let goes_on = self.fires >= rule.open_after && clears < rule.close_after;
        goes_on.then_some(Self { clears, waits: false, ..self })
    }

    fn told(&self, quarter: Quarter, firing: &Firing<'_>) -> Counted {
        let (teller, answer) = match firing.teller(self.holder) {
            Some((place, answer)) => (place, answer.clone()),
            None => (self.holder, Answer::unknown(quarter)),
        };
        let also = firing.said.keys().copied().filter(|place| *place != teller).collect();
        Counted { answer: Answer { other_scale: self.changed, ..answer }, teller, also }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{Event, State};
    use crate::domain::life::live;

    /// A digit fires at that level, `.` is clear, `?` unknown.
    fn heard(open_after: u32, said: &str) -> Heard {
        let first = Quarter::of(2015, 1).unwrap();
        let answers = (0..).zip(said.chars()).map(|(at, it)| {
            let level = it.to_digit(10).map_or(0, |digit| u8::try_from(digit).unwrap());
            let outcome = match it {
                '.' => Outcome::Clear,
                '?' => Outcome::Unknown,
                _ => Outcome::Fires,
            };
            let effect = f64::from(level);
            let quarter = first.plus(at);
            Answer { quarter, outcome, level, shown: level, effect, other_scale: false }
        });
        Heard { rule: Rule { open_after, close_after: 2, band: 0.5 }, answers: answers.collect() }
    }

    /// As `heard` reads it; a letter after a digit names another teller.
    fn spelled(counted: &[Counted], place: usize) -> String {
        let one = |it: &Counted| match it.answer.outcome {
            Outcome::Clear => ".".to_owned(),
            Outcome::Unknown => "?".to_owned(),
            Outcome::Fires if it.teller == place => it.answer.level.to_string(),
            Outcome::Fires => format!("{}{}", it.answer.level, ["a", "b", "c"][it.teller]),
        };
        counted.iter().map(one).collect()
    }

    fn story(rules: &[Heard]) -> Vec<String> {
        one_story(rules).iter().enumerate().map(|(place, one)| spelled(one, place)).collect()
    }

    #[test]
    fn a_rule_alone_is_as_it_was() {
        assert_eq!(story(&[heard(1, "..1?.2..")]), ["..1?.2.."]);
    }

    #[test]
    fn whoever_fires_first_holds_the_story_and_the_others_keep_it_open() {
        assert_eq!(story(&[heard(1, ".2......"), heard(1, "...2222.")]), [".2.2b2b2b2b.", "...????."]);
    }

    #[test]
    fn of_those_that_fire_at_once_the_highest_holds_it() {
        assert_eq!(story(&[heard(1, ".1."), heard(1, ".2.")]), [".?.", ".2."]);
        assert_eq!(story(&[heard(1, ".2."), heard(1, ".2.")]), [".2.", ".?."]);
    }

    #[test]
    fn another_tells_it_only_at_a_higher_level() {
        assert_eq!(story(&[heard(1, ".222"), heard(1, "..23")]), [".223b", "..??"]);
        let told = one_story(&[heard(1, ".222"), heard(1, "..23")]);
        assert_eq!(told[0][2].also, [1]);
        assert_eq!((told[0][3].also.as_slice(), told[0][3].answer.other_scale), (&[0][..], true));
    }

    #[test]
    fn a_story_that_is_over_leaves_room_for_another() {
        assert_eq!(story(&[heard(1, "2......"), heard(1, "....2.."),]), ["2......", "....2.."]);
    }

    #[test]
    fn what_is_pending_holds_nothing() {
        assert_eq!(story(&[heard(2, "1......"), heard(1, "..2....")]), ["1......", "..2...."]);
        assert_eq!(story(&[heard(2, "1?....."), heard(1, ".2.....")]), ["1?.....", ".2....."]);
        assert_eq!(story(&[heard(2, "11....."), heard(1, "..2....")]), ["112b....", "..?...."]);
    }

    #[test]
    fn nothing_is_over_while_nobody_knows_of_who_told_it_last() {
        assert_eq!(story(&[heard(1, "2....."), heard(1, ".2??..")]), ["22b??..", ".???.."]);
    }

    #[test]
    fn a_teller_with_another_scale_makes_nothing_worse_or_better() {
        let rules = [heard(1, "1."), heard(1, ".1")];
        let mut louder = rules.to_vec();
        louder[1].answers[1].effect = 9.0;
        let answers: Vec<Answer> = one_story(&louder)[0].iter().map(|it| it.answer.clone()).collect();
        let life = live(&answers, &louder[0].rule);
        assert_eq!((life[0].event, life[1].state), (Some(Event::Opened), State::Continuing));
    }
}
