//! What people did with a finding, and whether it still holds.

use chrono::{DateTime, Months, NaiveDate, Utc};

use crate::domain::finding::{Action, Deed, Moment, State};

/// A snooze lasts this many quarters at most.
pub const SNOOZE_QUARTERS_MAX: u32 = 2;

/// A moment, and since when it has been known.
///
/// A moment that a revision changed is known since the run that changed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The moment.
    pub moment: Moment,
    /// When it was first computed as it is.
    pub since: DateTime<Utc>,
}

/// Whether a finding is quiet, and until what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quietness {
    /// Nobody has quieted it, or what they did no longer holds.
    Heard,
    /// Until it worsens or is resolved.
    Acknowledged,
    /// Until the day is over, its level rises, or it is resolved.
    Snoozed {
        /// The last quiet day.
        until: NaiveDate,
    },
    /// Until its level rises or it is resolved.
    Dismissed,
}

/// The last day to which something done at `at` may snooze a finding: two quarters ahead.
#[must_use]
pub fn snooze_limit(at: DateTime<Utc>) -> NaiveDate {
    quarters_ahead(at, SNOOZE_QUARTERS_MAX)
}

/// The day so many quarters after `at`.
#[must_use]
pub fn quarters_ahead(at: DateTime<Utc>, quarters: u32) -> NaiveDate {
    let day = at.date_naive();
    day.checked_add_months(Months::new(3 * quarters)).unwrap_or(day)
}

/// Whether the finding is quiet on `today`: its latest deed in this episode decides, while it holds.
///
/// `life` is in order of quarters. What became known after the deed breaks it: a worsening breaks an
/// acknowledgement, a level above the one that was seen breaks every deed, in a revised quarter too. All end
/// when the finding is resolved.
#[must_use]
pub fn quiet(life: &[Known], actions: &[Action], today: NaiveDate) -> Quietness {
    let Some(now) = life.last().filter(|last| last.moment.state.is_open()) else { return Quietness::Heard };
    let of_episode = actions.iter().filter(|action| action.episode == now.moment.episode);
    let Some(latest) = of_episode.max_by_key(|action| action.at) else { return Quietness::Heard };
    let after: Vec<&Moment> = life
        .iter()
        .filter(|known| known.moment.episode == latest.episode && known.since > latest.at)
        .map(|known| &known.moment)
        .collect();
    let risen = after.iter().any(|moment| moment.level > latest.level);
    let worse = after.iter().any(|moment| moment.state == State::Worsening);
    match latest.deed {
        Deed::Acknowledge if !worse && !risen => Quietness::Acknowledged,
        Deed::Dismiss | Deed::Accept { .. } if !risen => Quietness::Dismissed,
        Deed::Snooze { until } if !risen && today <= until.min(snooze_limit(latest.at)) => {
            Quietness::Snoozed { until: until.min(snooze_limit(latest.at)) }
        }
        _ => Quietness::Heard,
    }
}

/// The latest deed in this episode when it holds no more, and the last quiet day of a snooze that is over.
#[must_use]
pub fn lapsed<'a>(
    life: &[Known],
    actions: &'a [Action],
    today: NaiveDate,
) -> Option<(&'a Action, Option<NaiveDate>)> {
    let now = life.last().filter(|last| last.moment.state.is_open())?;
    let quiets = |action: &&Action| {
        action.episode == now.moment.episode && !matches!(action.deed, Deed::Confirm { .. })
    };
    let latest = actions.iter().filter(quiets).max_by_key(|action| action.at)?;
    if quiet(life, actions, today) != Quietness::Heard {
        return None;
    }
    let Deed::Snooze { until } = latest.deed else { return Some((latest, None)) };
    let until = until.min(snooze_limit(latest.at));
    // A rise in level ends a snooze before its day, and is told as such.
    let is_over = until < today && quiet(life, actions, until) != Quietness::Heard;
    Some((latest, Some(until).filter(|_| is_over)))
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, TimeDelta};

    use super::*;
    use crate::domain::finding::{Answer, Outcome, Rule};
    use crate::domain::life::live;
    use crate::domain::quarter::Quarter;

    const RULE: Rule = Rule { open_after: 1, close_after: 2, band: 0.5 };

    fn at(day: &str) -> DateTime<Utc> {
        format!("{day}T09:00:00Z").parse().unwrap()
    }

    /// One moment a quarter, known in the middle of the following one.
    fn known(levels_and_effects: &[(u8, f64)]) -> Vec<Known> {
        let first = Quarter::of(2017, 1).unwrap();
        let answer = |(count, (level, effect)): (i32, &(u8, f64))| Answer {
            quarter: first.plus(count),
            outcome: if *level > 0 { Outcome::Fires } else { Outcome::Clear },
            level: *level,
            shown: *level,
            effect: *effect,
            other_scale: false,
        };
        let said: Vec<_> = (0..).zip(levels_and_effects).map(answer).collect();
        let since =
            |quarter: Quarter| quarter.last_day().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(45);
        live(&said, &RULE).into_iter().map(|moment| Known { since: since(moment.quarter), moment }).collect()
    }

    fn action(deed: Deed) -> Action {
        Action {
            finding: "0a1b2c3d".to_owned(),
            episode: 1,
            level: 2,
            deed,
            by: "A. Lead".to_owned(),
            at: at("2017-08-20"),
            reason: "known".to_owned(),
        }
    }

    fn after(deed: Deed, levels_and_effects: &[(u8, f64)], today: &str) -> Quietness {
        quiet(&known(levels_and_effects), &[action(deed)], today.parse().unwrap())
    }

    #[test]
    fn an_acknowledgement_holds_until_the_finding_worsens() {
        let deed = Deed::Acknowledge;
        assert_eq!(after(deed, &[(2, 1.0)], "2017-09-01"), Quietness::Acknowledged);
        assert_eq!(after(deed, &[(2, 1.0), (2, 1.2)], "2017-12-01"), Quietness::Acknowledged);
        assert_eq!(after(deed, &[(2, 1.0), (2, 1.6)], "2017-12-01"), Quietness::Heard);
        assert_eq!(after(deed, &[(2, 1.0), (2, 1.6), (2, 1.6)], "2018-03-01"), Quietness::Heard);
    }

    #[test]
    fn a_level_that_a_revision_raises_in_the_same_quarter_breaks_every_deed() {
        let mut life = known(&[(3, 1.0)]);
        life[0].since = at("2017-08-25");
        let today = "2017-09-01".parse().unwrap();
        for deed in [Deed::Acknowledge, Deed::Dismiss, Deed::Snooze { until: today }] {
            assert_eq!(quiet(&life, &[action(deed)], today), Quietness::Heard);
            let seen_high = Action { level: 3, ..action(deed) };
            assert_ne!(quiet(&life, &[seen_high], today), Quietness::Heard);
        }
    }

    #[test]
    fn what_became_known_at_the_moment_of_the_deed_was_seen() {
        let life = known(&[(2, 1.0), (2, 1.6)]);
        let seen = Action { at: life[1].since, ..action(Deed::Acknowledge) };
        assert_eq!(quiet(&life, &[seen], "2017-12-01".parse().unwrap()), Quietness::Acknowledged);
    }

    #[test]
    fn a_dismissal_holds_until_the_level_rises() {
        assert_eq!(after(Deed::Dismiss, &[(2, 1.0), (2, 1.9)], "2019-12-01"), Quietness::Dismissed);
        assert_eq!(after(Deed::Dismiss, &[(2, 1.0), (3, 1.0)], "2017-12-01"), Quietness::Heard);
        assert_eq!(after(Deed::Dismiss, &[(2, 1.0), (1, 0.9), (2, 1.0)], "2018-03-01"), Quietness::Dismissed);
    }

    #[test]
    fn what_is_accepted_is_quiet_until_the_level_rises() {
        let deed = Deed::Accept { from: Quarter::of(2016, 1).unwrap() };
        assert_eq!(after(deed, &[(2, 1.0), (2, 1.9)], "2017-12-01"), Quietness::Dismissed);
        assert_eq!(after(deed, &[(2, 1.0), (3, 1.0)], "2017-12-01"), Quietness::Heard);
    }

    #[test]
    fn a_snooze_ends_with_its_day_and_after_two_quarters_at_most() {
        let until = |day: &str| Deed::Snooze { until: day.parse().unwrap() };
        let one = [(2, 1.0)];
        assert!(matches!(after(until("2017-10-01"), &one, "2017-10-01"), Quietness::Snoozed { .. }));
        assert_eq!(after(until("2017-10-01"), &one, "2017-10-02"), Quietness::Heard);
        let limit = "2018-02-20".parse().unwrap();
        assert_eq!(after(until("2020-01-01"), &one, "2018-02-20"), Quietness::Snoozed { until: limit });
        assert_eq!(after(until("2020-01-01"), &one, "2018-02-21"), Quietness::Heard);
        assert_eq!(after(until("2018-02-01"), &[(2, 1.0), (3, 1.0)], "2017-12-01"), Quietness::Heard);
    }

    #[test]
    fn a_deed_that_holds_no_more_is_known_with_the_last_quiet_day() {
        let lapsed_on = |deed: Deed, levels_and_effects: &[(u8, f64)], today: &str| {
            let (life, actions) = (known(levels_and_effects), [action(deed)]);
            lapsed(&life, &actions, today.parse().unwrap()).map(|(_, until)| until)
        };
        let until = "2017-10-01".parse().unwrap();
        let snooze = Deed::Snooze { until };
        assert_eq!(lapsed_on(snooze, &[(2, 1.0)], "2017-10-01"), None);
        assert_eq!(lapsed_on(snooze, &[(2, 1.0)], "2017-10-02"), Some(Some(until)));
        assert_eq!(lapsed_on(snooze, &[(2, 1.0), (0, 0.0), (0, 0.0)], "2018-03-01"), None);
        assert_eq!(lapsed_on(Deed::Acknowledge, &[(2, 1.0), (2, 1.2)], "2017-12-01"), None);
        assert_eq!(lapsed_on(Deed::Acknowledge, &[(2, 1.0), (2, 1.6)], "2017-12-01"), Some(None));
    }

    #[test]
    fn every_deed_ends_when_the_finding_is_resolved() {
        let resolved = [(2, 1.0), (0, 0.0), (0, 0.0)];
        assert_eq!(after(Deed::Dismiss, &resolved, "2018-03-01"), Quietness::Heard);
        let reopened = [(2, 1.0), (0, 0.0), (0, 0.0), (2, 1.0)];
        assert_eq!(after(Deed::Dismiss, &reopened, "2018-06-01"), Quietness::Heard);
    }

    #[test]
    fn the_latest_deed_decides() {
        let mut actions = [action(Deed::Dismiss), action(Deed::Acknowledge)];
        actions[0].at = at("2017-08-25");
        let life = known(&[(2, 1.0), (2, 1.6)]);
        assert_eq!(quiet(&life, &actions, "2017-12-01".parse().unwrap()), Quietness::Dismissed);
    }
}
