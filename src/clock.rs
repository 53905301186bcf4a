//! The one place that asks what time it is.

use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, Utc};

/// The present instant by which the machine stamps its files.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn machine() -> SystemTime {
    SystemTime::now()
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
