//! The one place that asks what time it is.

use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SubsecRound, Utc};
use rustix::time::{ClockId, clock_gettime};

/// Where systemd's own client of a time server leaves a mark.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// Whether something is known to keep the clock of this machine right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// systemd-timesyncd has heard a time server since the machine started.
    TimeServer,
    /// Nothing is known from here.
    Unknown,
}

/// Who keeps the clock.
#[must_use]
pub fn keeper() -> Keeper {
    if Path::new(SYNCHRONISED).exists() { Keeper::TimeServer } else { Keeper::Unknown }
}

/// The present instant by which the machine stamps its files.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn machine() -> SystemTime {
    SystemTime::now()
}

/// How long this machine has been up, time asleep included; no change of the clock touches it.
#[must_use]
pub fn since_boot() -> Duration {
    let up = clock_gettime(ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(up.tv_sec), u32::try_from(up.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

/// The present instant, in whole microseconds. Only `cli` and `daemon` may call this.
///
/// The database keeps microseconds: a finer instant would not be equal to itself when it comes back.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use chrono::Timelike;

    #[test]
    fn now_is_whole_microseconds_as_the_database_keeps_them() {
        assert_eq!(crate::clock::now().nanosecond() % 1_000, 0);
    }
}
