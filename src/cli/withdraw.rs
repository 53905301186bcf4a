//! `withdraw`: a version of a return counts no more.

use anyhow::Result;

use crate::cli::arguments::{With, WithdrawArguments};
use crate::cli::exit::Ending;
use crate::cli::once;
use crate::cli::print::{self, UsageError};
use crate::clock;
use crate::config::settings::Reporters;
use crate::pipeline::withdrawing::{NotWithdrawn, Withdrawing};
use crate::pipeline::{self, Moment, Walk};

/// Withdraws a version, asks the checks again, and says which version counts now; its sender hears of it.
///
/// # Errors
/// When the configuration or the command line is wrong, there is no such version, or the state cannot be
/// used.
pub fn withdraw(with: &With, arguments: &WithdrawArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let collection = print::collection(&settings, &arguments.collection)?;
    if collection.reporters == Reporters::Publisher {
        let words = format!(
            "`{}` is published: its files cannot be withdrawn; the publisher's next one takes their place",
            collection.name
        );
        return Err(UsageError(words).into());
    }
    let authority = print::authority(&settings, &arguments.authority)?;
    let quarter = print::quarter(&arguments.quarter)?;
    let program = print::program();
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let mut walk = Walk::open(&settings, moment, &program, Box::new(once::bar()))?;
    let it = Withdrawing {
        collection,
        authority: &authority.code,
        quarter,
        version: arguments.version,
        by: &arguments.by,
        reason: &arguments.reason,
    };
    let (standing, report) = pipeline::withdraw(&mut walk, &it).map_err(|error| {
        let wrong = error.downcast_ref::<NotWithdrawn>().map(|it| UsageError(it.0.clone()));
        wrong.map_or(error, Into::into)
    })?;
    let now = match standing {
        Some(version) => format!("version {version} counts"),
        None => "no version counts now: it is outstanding".to_owned(),
    };
    let (name, version, by) = (&authority.name, arguments.version, &arguments.by);
    print::say(format_args!(
        "{} {quarter}, {name}: version {version} is withdrawn by {by}; {now}",
        collection.title
    ))?;
    for failure in &report.failures {
        print::complain(format_args!("failed: {}: {}", failure.place, failure.what));
    }
    Ok(if report.failures.is_empty() { Ending::Done } else { Ending::SomeFailed })
}
