//! `export`: the public views as Parquet, for an engine that is larger than one machine.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::arguments::{ExportArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, UsageError};
use crate::pipeline::exporting;

/// Writes the export into a new folder, and says what is in it.
///
/// # Errors
/// When the folder is not empty, or the state cannot be read: then nothing is left behind.
pub fn export(with: &With, arguments: &ExportArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let quarter = arguments.quarter.as_deref().map(print::quarter).transpose()?;
    let into = new_folder(&arguments.into)?;
    let made = exporting::export(&settings, print::now(with), quarter, &into)?;
    let rows: u64 = made.views.values().map(|size| size.rows).sum();
    let files: usize = made.views.values().map(|size| size.files).sum();
    print::say(format_args!(
        "`{}`: {} views, {rows} rows in {files} files; {} checks; every figure is in it, none is withheld",
        arguments.into.display(),
        made.views.len(),
        made.checks.len(),
    ))?;
    for (collection, asked) in &made.collections {
        print::say(format_args!("{collection}: as of {}, asked on {}", asked.quarter_label, asked.as_of))?;
    }
    Ok(Ending::Done)
}

/// The folder under a name that can be given to another one; refused when there is anything in it.
fn new_folder(into: &Path) -> Result<PathBuf> {
    let refused = |what: String| {
        UsageError(format!("`--into {}`: {what}; name a new folder, or an empty one", into.display()))
    };
    match fs::read_dir(into) {
        Ok(mut entries) => match entries.next() {
            Some(found) => {
                let found = found?.file_name();
                Err(refused(format!("the folder has `{}` in it", found.to_string_lossy())).into())
            }
            None => fs::canonicalize(into).context("cannot tell where the folder is"),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(into.to_owned()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(refused("this is a file".to_owned()).into())
        }
        Err(error) => Err(error).with_context(|| format!("cannot look into `{}`", into.display())),
    }
}
