//! Where the time of a run goes, step by step: a line of the log at level `debug`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What a run spends its time on, in the order in which it does them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// Opening the state, and what else comes before the first step.
    Opening,
    /// Fetching.
    Collect,
    /// Reading files.
    Read,
    /// Storing what was read.
    Load,
    /// Asking the checks.
    Check,
    /// Folding their answers into findings.
    Fold,
    /// Composing messages.
    Compose,
    /// Committing what became true together.
    Commit,
    /// Posting.
    Post,
}

impl On {
    fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Collect => "collect",
            Self::Read => "read",
            Self::Load => "load",
            Self::Check => "check",
            Self::Fold => "fold",
            Self::Compose => "compose",
            Self::Commit => "commit",
            Self::Post => "post",
        }
    }
}

/// Two times: by the clock, and of this process on all processors.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    wall: Duration,
    processor: Duration,
}

/// What was spent on each step so far.
#[derive(Clone, Debug)]
pub struct Spending {
    last: Spent,
    by_step: BTreeMap<On, Spent>,
}

impl Spending {
    /// From now on.
    #[must_use]
    pub fn begin() -> Self {
        Self { last: now(), by_step: BTreeMap::new() }
    }

    /// What passed since the last call was spent on this.
    pub fn was_on(&mut self, step: On) {
        let now = now();
        let spent = self.by_step.entry(step).or_default();
        spent.wall += now.wall.saturating_sub(self.last.wall);
        spent.processor += now.processor.saturating_sub(self.last.processor);
        self.last = now;
    }
}

impl fmt::Display for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |spent: &Spent| [spent.wall, spent.processor].map(|time| time.as_millis());
        for (at, (step, spent)) in self.by_step.iter().enumerate() {
            let [wall, processor] = times(spent);
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} {wall}/{processor}", step.word())?;
        }
        write!(f, " (milliseconds by the clock/of processors)")
    }
}

fn now() -> Spent {
    Spent { wall: by(ClockId::Monotonic), processor: by(ClockId::ProcessCPUTime) }
}

/// How much has passed, from no point in particular: no clock that tells the time.
fn by(clock: ClockId) -> Duration {
    let passed = clock_gettime(clock);
    let (seconds, nanos) = (u64::try_from(passed.tv_sec), u32::try_from(passed.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_what_passed_since_the_one_before_it() {
        let spent = |wall, processor| Spent {
            wall: Duration::from_millis(wall),
            processor: Duration::from_millis(processor),
        };
        let by_step = BTreeMap::from([(On::Check, spent(40, 70)), (On::Collect, spent(12, 3))]);
        let told = Spending { last: Spent::default(), by_step }.to_string();
        assert_eq!(told, "collect 12/3, check 40/70 (milliseconds by the clock/of processors)");
        let mut spending = Spending::begin();
        spending.was_on(On::Read);
        spending.was_on(On::Read);
        assert_eq!(spending.by_step.keys().collect::<Vec<_>>(), [&On::Read]);
    }
}
