//! The one place that asks what time it is.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// The present instant by which the machine stamps its files.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn machine() -> SystemTime {
    SystemTime::now()
}

/// The present instant. Only `cli` and `daemon` may call this.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
