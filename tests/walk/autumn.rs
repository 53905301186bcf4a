//! Every morning from 1 November to 4 December 2017, with nothing received: reminders and chasers only,
//! each sent on its day.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use quarterdeck::pipeline::Step;

use super::region::Region;

/// Walked once, for all who look at it. Cornwall is done with the challenge event from 20 November on.
pub(super) fn walked() -> MutexGuard<'static, Region> {
    static AUTUMN: OnceLock<Mutex<Region>> = OnceLock::new();
    let region = AUTUMN.get_or_init(|| Mutex::new(walk()));
    // A test that failed has changed nothing here.
    region.lock().unwrap_or_else(PoisonError::into_inner)
}

fn walk() -> Region {
    let region = Region::from_quarter("2017-18 Q2");
    region.edit(
        "deadlines.toml",
        "on = 2017-12-01\n",
        "on = 2017-12-01\ndone = [{ party = \"E06000052\", supplied = 1, on = 2017-11-20 }]\n",
    );
    let november = (1..=30).map(|day| format!("2017-11-{day:02}"));
    for day in november.chain((1..=4).map(|day| format!("2017-12-{day:02}"))) {
        let report = region.step(&format!("{day}T09:00:00Z"), Step::Remind);
        assert_eq!(report.failures, [], "{day}");
        if report.queued > 0 {
            region.step(&format!("{day}T09:05:00Z"), Step::Deliver);
        }
    }
    region
}
