//! `beat`: what a run could not tell by itself, to a heartbeat's address and to the operator; started by the
//! daemon.

use anyhow::{Result, anyhow};

use crate::cli::arguments::{BeatArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::clock;
use crate::config::settings::Settings;
use crate::pipeline::telling::{self, Beat};
use crate::pipeline::{self, Moment, Report, Walk};

/// Asks for the configured address; does nothing when there is none. Opens nothing of the state, but for a
/// daemon that runs nothing: then the operator is written to.
///
/// # Errors
/// When the configuration is wrong, the notice could not be queued, or the address could not be asked for;
/// never says the address.
pub fn beat(with: &With, arguments: &BeatArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let kind = if arguments.failed { Beat::Failed } else { Beat::Done };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let beaten = runtime.block_on(telling::beat(settings.heartbeat.as_ref(), kind));
    let told =
        arguments.held.as_deref().map(|why| runtime.block_on(tell(with, &settings, why))).transpose()?;
    beaten.map_err(|why| anyhow!("the heartbeat could not be sent: {why}"))?;
    let all_well = told.is_none_or(|report| report.failures.is_empty());
    Ok(if all_well { Ending::Done } else { Ending::SomeFailed })
}

async fn tell(with: &With, settings: &Settings, why: &str) -> Result<Report> {
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let program = print::program();
    let mut walk = Walk::open(settings, moment, &program, Box::new(|_| {}))?;
    pipeline::tell_of_hold(&mut walk, why).await
}
