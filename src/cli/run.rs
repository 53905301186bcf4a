//! `run`: the daemon.

use anyhow::Result;

use crate::cli::arguments::With;
use crate::cli::exit::Ending;
use crate::cli::print::{self, UsageError};
use crate::daemon::{self, Daemon};

/// Runs until a signal says stop.
///
/// # Errors
/// When an instant is given, the configuration is wrong at the start, or another daemon has the state folder.
pub fn run(with: &With) -> Result<Ending> {
    if with.now.is_some() {
        return Err(UsageError(
            "`run` goes by the clock of this machine, and sends mail, so it takes no `--now`; one run at a \
             pretended instant is `quarterdeck --now INSTANT once`, which sends mail as well"
                .to_owned(),
        )
        .into());
    }
    let settings = print::settings(with)?;
    let program = print::program();
    let (config, state) = (print::config_folder(with), settings.state.clone());
    let daemon = Daemon { program, config, state, log: with.log };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(daemon::run(&daemon, settings))?;
    Ok(Ending::Done)
}
