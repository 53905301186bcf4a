//! `run`: the daemon.

use anyhow::Result;

use crate::cli::arguments::With;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::daemon::{self, Daemon};

/// Runs until a signal says stop.
///
/// # Errors
/// When the configuration is wrong at the start, or another daemon has the state folder.
pub fn run(with: &With) -> Result<Ending> {
    let settings = print::settings(with)?;
    let program = print::program();
    let daemon = Daemon { program, config: print::config_folder(with), state: settings.state.clone() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(daemon::run(&daemon, settings))?;
    Ok(Ending::Done)
}
