//! What is due between two instants: a pure function of the configuration and the calendar.

use chrono::{DateTime, Utc};

/// A stretch of time: after the first instant, up to and including the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Exclusive.
    pub after: DateTime<Utc>,
    /// Inclusive.
    pub until: DateTime<Utc>,
}
