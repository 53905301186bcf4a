//! A run that is told to stop: it finishes the step in hand, or gives it back.

use thiserror::Error;
use tokio::sync::watch;

use crate::mail::Hurry;

/// Whether a run was told to stop.
#[derive(Clone, Debug)]
pub struct Stop(Option<watch::Receiver<bool>>);

/// A run was told to stop. What it had not done is done by the next one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("told to stop; what was not done is done by the next run")]
pub struct Stopped;

impl Stop {
    /// Nobody will say so.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// Heard when the sender says true.
    #[must_use]
    pub fn heard(from: watch::Receiver<bool>) -> Self {
        Self(Some(from))
    }

    /// Whether somebody may say so.
    #[must_use]
    pub fn may_come(&self) -> bool {
        self.0.is_some()
    }

    /// Between two steps: goes on unless the run was told to stop.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn check(&self) -> Result<(), Stopped> {
        let told = self.0.as_ref().is_some_and(|told| *told.borrow());
        if told { Err(Stopped) } else { Ok(()) }
    }

    /// The same for the posting room.
    #[must_use]
    pub fn hurry(&self) -> Hurry<'_> {
        Hurry::heard(self.0.as_ref())
    }

    /// Waits until the run is told to stop; for ever when nobody will.
    pub async fn told(&self) {
        self.hurry().told().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Stop, Stopped};

    #[test]
    fn a_run_goes_on_until_it_is_told() {
        let (sender, receiver) = tokio::sync::watch::channel(false);
        let stop = Stop::heard(receiver);
        assert_eq!(stop.check(), Ok(()));
        sender.send(true).unwrap();
        assert_eq!(stop.check(), Err(Stopped));
        assert_eq!(Stop::never().check(), Ok(()));
    }
}
