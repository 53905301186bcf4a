//! Two clocks: the one on the wall, which can be set, and the time since the machine started, which cannot.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

use crate::clock::Keeper;

/// Less is a correction, as time servers make them.
const JUMP_SECONDS: i64 = 120;

/// A clock that was put so far ahead is not believed until someone runs by hand.
const DAYS_BELIEVED: i64 = 2;

/// What the two clocks said last.
#[derive(Debug)]
pub(super) struct Clocks {
    wall: DateTime<Utc>,
    up: Duration,
    /// By how much the wall clock is ahead of what passed, since it was last believed.
    ahead: TimeDelta,
    keeper: Keeper,
}

impl Clocks {
    pub(super) fn new(wall: DateTime<Utc>, up: Duration, keeper: Keeper) -> Self {
        Self { wall, up, ahead: TimeDelta::zero(), keeper }
    }

    /// Whether a time server is known to keep the wall clock right.
    pub(super) fn are_kept_right(&self) -> bool {
        self.keeper == Keeper::TimeServer
    }

    /// Looks at both, and says when the wall clock was set.
    pub(super) fn look(&mut self, wall: DateTime<Utc>, up: Duration, keeper: Keeper) {
        self.keeper = keeper;
        let passed = TimeDelta::from_std(up.saturating_sub(self.up)).unwrap_or(TimeDelta::MAX);
        let jump = (wall - self.wall) - passed;
        (self.wall, self.up) = (wall, up);
        if jump.num_seconds().abs() < JUMP_SECONDS {
            return;
        }
        self.ahead += jump;
        warn!(seconds = jump.num_seconds(), now = %wall, "the clock was set");
        if !self.are_believed() {
            error!(
                "the clock is {} days ahead of what has passed: nothing is run until it is set right, or \
                 until `quarterdeck once` was run by hand",
                self.ahead.num_days()
            );
        }
    }

    /// Whether the wall clock may be acted upon.
    pub(super) fn are_believed(&self) -> bool {
        self.ahead <= TimeDelta::days(DAYS_BELIEVED)
    }

    /// Someone ran by hand: the clock is right.
    pub(super) fn believe(&mut self) {
        if !self.are_believed() {
            info!("a run by hand confirmed the clock");
        }
        self.ahead = TimeDelta::zero();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta};

    use super::Clocks;
    use crate::clock::Keeper;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_machine_that_slept_for_a_month_is_believed() {
        let (wall, up) = (DateTime::UNIX_EPOCH, HOUR);
        let mut clocks = Clocks::new(wall, up, Keeper::Unknown);
        clocks.look(wall + TimeDelta::days(31), up + HOUR * 24 * 31, Keeper::Unknown);
        assert!(clocks.are_believed());
    }

    #[test]
    fn a_clock_that_was_set_ten_years_ahead_is_not_believed_until_it_is_back_or_confirmed() {
        let (wall, up) = (DateTime::UNIX_EPOCH, HOUR);
        let mut clocks = Clocks::new(wall, up, Keeper::Unknown);
        clocks.look(wall + TimeDelta::days(3652), up + HOUR, Keeper::Unknown);
        assert!(!clocks.are_believed());
        clocks.look(wall + TimeDelta::hours(2), up + HOUR * 2, Keeper::Unknown);
        assert!(clocks.are_believed());
        clocks.look(wall + TimeDelta::days(3652), up + HOUR * 3, Keeper::Unknown);
        clocks.believe();
        assert!(clocks.are_believed());
    }

    #[test]
    fn corrections_and_a_day_ahead_are_believed() {
        let (wall, up) = (DateTime::UNIX_EPOCH, HOUR);
        let mut clocks = Clocks::new(wall, up, Keeper::Unknown);
        clocks.look(wall + TimeDelta::hours(25), up + HOUR, Keeper::Unknown);
        assert!(clocks.are_believed());
    }
}
