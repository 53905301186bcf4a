//! `init`: a configuration folder to start from.

use anyhow::{Context, Result};

use crate::cli::arguments::InitArguments;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::cli::print::UsageError;
use crate::config;

/// Writes the shipped configuration into a new folder.
///
/// # Errors
/// When the folder has a configuration already, or cannot be written.
pub fn init(arguments: &InitArguments) -> Result<Ending> {
    let folder = &arguments.folder;
    if folder.join("quarterdeck.toml").exists() {
        return Err(UsageError(format!(
            "`{}` has a configuration already; name a new folder",
            folder.display()
        ))
        .into());
    }
    config::write_shipped(folder).with_context(|| format!("cannot write into `{}`", folder.display()))?;
    print::say(format_args!("wrote the sample configuration into {}", folder.display()))?;
    print::say(format_args!(
        "next: edit it, then run `quarterdeck --config {} check-config`",
        folder.display()
    ))?;
    Ok(Ending::Done)
}
