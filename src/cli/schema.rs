//! `schema`: a JSON Schema of each configuration file.

use anyhow::{Context, Result};

use crate::cli::arguments::SchemaArguments;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::cli::print::UsageError;
use crate::config;

/// Prints the schema of a file, or the names of the files that have one.
///
/// # Errors
/// When the file has none.
pub fn schema(arguments: &SchemaArguments) -> Result<Ending> {
    let names: Vec<&str> =
        config::SHIPPED.iter().map(|(name, _)| *name).filter(|name| config::schema(name).is_some()).collect();
    let Some(file) = &arguments.file else {
        print::say(format_args!("{}", names.join("\n")))?;
        return Ok(Ending::Done);
    };
    let schema = config::schema(file)
        .with_context(|| UsageError(format!("`{file}` has no schema; there are {}", names.join(", "))))?;
    print::say(format_args!("{}", serde_json::to_string_pretty(&schema)?))?;
    Ok(Ending::Done)
}
