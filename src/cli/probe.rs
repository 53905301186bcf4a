//! The hidden `probe`: looks at the whole state, and repairs what needs nobody's word.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cli::arguments::With;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::clock;
use crate::pipeline::{Moment, repairing};

/// So long, kept files are compared with their hashes; a daemon that starts does not wait for all of them.
const READING: Duration = Duration::from_secs(5);

/// Sound, or repaired, or the command to run. It never tries twice.
///
/// # Errors
/// When the state is in use, or damaged so that the operator must say what to do.
pub fn probe(with: &With) -> Result<Ending> {
    let settings = print::settings(with)?;
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let begun = Instant::now();
    let mut enough = || begun.elapsed() >= READING;
    let probed = repairing::probe(&settings, moment, &print::program(), &mut enough)?;
    for repaired in &probed.repaired {
        println!("repaired: {repaired}");
    }
    for remark in &probed.remarks {
        eprintln!("failed: {remark}");
    }
    if probed.repaired.is_empty() && probed.remarks.is_empty() {
        println!("sound");
    }
    Ok(Ending::Done)
}
