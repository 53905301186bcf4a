//! `check`: runs the checks now and prints the findings.

use anyhow::Result;

use crate::cli::arguments::{CheckArguments, With};
use crate::cli::exit::Ending;
use crate::cli::findings::{self, Kept};
use crate::cli::{once, preview, print};
use crate::pipeline::Step;

/// Asks the checks of everything that changed, keeps the answers, and prints the findings.
///
/// # Errors
/// When the configuration is wrong or the state cannot be used.
pub fn check(with: &With, arguments: &CheckArguments) -> Result<Ending> {
    if let Some(file) = &arguments.preview {
        return preview::preview(with, file, arguments.shown.print.format);
    }
    let settings = print::settings(with)?;
    let report = once::walk(&settings, print::now(with), Some(Step::Check), Box::new(once::bar()))?;
    for failure in &report.failures {
        print::complain(format_args!("failed: {}: {}", failure.place, failure.what));
    }
    findings::show(&settings, &Kept::open(&settings, with)?, &arguments.shown, with)?;
    Ok(if report.failures.is_empty() { Ending::Done } else { Ending::SomeFailed })
}
