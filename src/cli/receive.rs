//! `receive`: takes a file in by hand and prints its receipt.

use anyhow::Result;

use crate::cli::arguments::{ReceiveArguments, With};
use crate::cli::exit::Ending;
use crate::cli::once;
use crate::cli::print;
use crate::cli::verdict;
use crate::cli::verify::{self, Subject};
use crate::clock;
use crate::pipeline::{self, Moment, Walk, collecting};

/// Keeps, journals and loads a file; its receipt goes out with the next run.
///
/// # Errors
/// When the configuration or the command line is wrong, or the state cannot be used.
pub fn receive(with: &With, arguments: &ReceiveArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let of = &arguments.of;
    let subject = Subject::of(&settings, of)?;
    let bytes = verify::contents(&of.file, &settings.limits)?;
    let program = print::program();
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let mut walk = Walk::open(&settings, moment, &program, Box::new(once::bar()))?;
    let file = collecting::ByHand {
        collection: subject.collection,
        authority: subject.authority,
        quarter: subject.quarter,
        file_name: verify::file_name(&of.file),
        bytes,
    };
    let received = pipeline::receive(&mut walk, &file)?;
    for loaded in &received.loaded {
        verdict::show(&loaded.outcome, None, of.print.format)?;
    }
    if received.loaded.is_empty() {
        print::say(format_args!("nothing new: the same bytes were received before"))?;
    }
    for failure in &received.report.failures {
        print::complain(format_args!("failed: {}: {}", failure.place, failure.what));
    }
    let all_fine = received.loaded.iter().all(|loaded| verify::ending(&loaded.outcome) == Ending::Done);
    Ok(if all_fine && received.report.failures.is_empty() { Ending::Done } else { Ending::SomeFailed })
}
