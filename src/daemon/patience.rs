//! How long the daemon waits after something failed, before it tries again.

use chrono::{DateTime, TimeDelta, Utc};

const MINUTES_MAX: i64 = 60;
const STARTS_MAX: u32 = 5;

/// Failures in a row, and when the next try may be.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    until: Option<DateTime<Utc>>,
    failed_starts: u32,
}

impl Patience {
    /// Something failed: waits 1, 2, 4 .. 60 minutes.
    pub(super) fn wait(&mut self, now: DateTime<Utc>) {
        let minutes = 2_i64.saturating_pow(self.failures).min(MINUTES_MAX);
        self.failures += 1;
        self.until = Some(now + TimeDelta::minutes(minutes));
    }

    /// Something worked.
    pub(super) fn went_well(&mut self) {
        *self = Self { failed_starts: self.failed_starts, ..Self::default() };
    }

    /// Whether it may be tried now. A clock that was set back makes no wait longer.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        let longest = TimeDelta::minutes(MINUTES_MAX);
        self.until.is_none_or(|until| until <= now || until - now > longest)
    }

    /// A child could be started.
    pub(super) fn could_start(&mut self) {
        self.failed_starts = 0;
    }

    /// A child could not be started.
    pub(super) fn could_not_start(&mut self) {
        self.failed_starts += 1;
    }

    /// Whether starting children still works: without it, no work can be done and the watchdog must bite.
    pub(super) fn can_start_children(&self) -> bool {
        self.failed_starts < STARTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::Patience;

    #[test]
    fn each_failure_in_a_row_waits_twice_as_long_up_to_an_hour() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let mut patience = Patience::default();
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            patience.wait(now);
            assert!(
                !patience.is_over(now + TimeDelta::minutes(minutes) - TimeDelta::seconds(1)),
                "{minutes}"
            );
            assert!(patience.is_over(now + TimeDelta::minutes(minutes)), "{minutes}");
        }
        assert!(patience.is_over(now - TimeDelta::days(1)), "the clock was set back");
        patience.went_well();
        assert!(patience.is_over(now));
    }

    #[test]
    fn five_children_in_a_row_that_could_not_be_started_starve_the_watchdog() {
        let mut patience = Patience::default();
        (0..4).for_each(|_| patience.could_not_start());
        assert!(patience.can_start_children());
        patience.could_not_start();
        assert!(!patience.can_start_children());
        patience.could_start();
        assert!(patience.can_start_children());
    }
}
