//! What the journal says of runs, read from where it was left and never held as a whole.

use std::path::Path;

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::store::journal::{self, Happened, Line};

/// What the daemon takes from the journal.
const NEEDED: [Happened; 3] = [Happened::Walked, Happened::Scheduled, Happened::BackedUp];

/// What the daemon knows from the journal.
#[derive(Debug, Default)]
pub(super) struct Memory {
    read: u64,
    /// The last run of everything that reached its end.
    pub(super) walked: Option<DateTime<Utc>>,
    /// The last copy of the state.
    pub(super) backed_up: Option<DateTime<Utc>>,
    /// Every `scheduled` line.
    pub(super) scheduled: Vec<Line>,
    /// The last line of all.
    pub(super) last: Option<DateTime<Utc>>,
}

impl Memory {
    /// Reads what was written since it looked last.
    pub(super) fn refresh(&mut self, state: &Path) {
        match journal::since(state, self.read, &NEEDED) {
            Ok(news) => {
                if news.is_shorter {
                    *self = Self::default();
                    return self.refresh(state);
                }
                self.read = news.read;
                self.last = news.last.or(self.last);
                for line in news.lines {
                    match line.event {
                        Happened::Walked if line.subject == "all" => self.walked = Some(line.at),
                        Happened::BackedUp => self.backed_up = Some(line.at),
                        Happened::Scheduled => self.scheduled.push(line),
                        _ => {}
                    }
                }
            }
            // A journal that cannot be read is the probe's to report.
            Err(cause) => warn!(%cause, "cannot read the journal"),
        }
    }
}
