//! The one place that asks what time it is.

use chrono::{DateTime, Utc};

/// The present instant. Only `cli` and `daemon` may call this.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
