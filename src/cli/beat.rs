//! `beat`: asks for a heartbeat's address, for a run that could not do it itself; started by the daemon.

use anyhow::{Result, anyhow};

use crate::cli::arguments::{BeatArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::pipeline::telling::{self, Beat};

/// Asks for the configured address; does nothing when there is none. Opens nothing of the state.
///
/// # Errors
/// When the configuration is wrong, or the address could not be asked for; never says the address.
pub fn beat(with: &With, arguments: &BeatArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let kind = if arguments.failed { Beat::Failed } else { Beat::Done };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let beaten = runtime.block_on(telling::beat(settings.heartbeat.as_ref(), kind));
    beaten.map_err(|why| anyhow!("the heartbeat could not be sent: {why}"))?;
    Ok(Ending::Done)
}
