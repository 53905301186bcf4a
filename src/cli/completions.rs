//! `completions` and `man`: for packages.

use std::io;

use anyhow::{Context, Result};

use crate::cli::arguments::{CompletionsArguments, ManArguments};
use crate::cli::exit::Ending;

/// Prints completions for a shell.
///
/// # Errors
/// Never; for the sake of the other commands.
pub fn completions(arguments: &CompletionsArguments) -> Result<Ending> {
    clap_complete::generate(arguments.shell, &mut crate::cli::command(), "quarterdeck", &mut io::stdout());
    Ok(Ending::Done)
}

/// Prints the manual page, or writes one per command.
///
/// # Errors
/// When the folder cannot be written.
pub fn man(arguments: &ManArguments) -> Result<Ending> {
    match &arguments.into {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot create `{}`", folder.display()))?;
            clap_mangen::generate_to(crate::cli::command(), folder)
                .context("cannot write the manual pages")?;
        }
        None => clap_mangen::Man::new(crate::cli::command()).render(&mut io::stdout())?,
    }
    Ok(Ending::Done)
}
