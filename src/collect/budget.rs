//! The time that one fetch may take. What it waits for its turn at a host that others ask as well is not of
//! it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::collect::visit::{Setback, stopped};

/// What is left of it.
pub(super) struct Budget {
    seconds: u64,
    left: Mutex<Duration>,
}

impl Budget {
    pub(super) fn of(seconds: u64) -> Self {
        Self { seconds, left: Mutex::new(Duration::from_secs(seconds)) }
    }

    pub(super) fn left(&self) -> Duration {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` in what is left of the time, and counts it.
    pub(super) async fn spend<T>(&self, work: impl Future<Output = T>) -> Result<T, Setback> {
        let begun = Instant::now();
        let done = timeout(self.left(), work).await;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(begun.elapsed());
        done.map_err(|_| stopped(&format!("gave no whole answer within {} seconds", self.seconds)))
    }
}
