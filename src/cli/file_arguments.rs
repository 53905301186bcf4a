//! The command line of what is done with the file of a return.

use std::path::PathBuf;

use clap::Args;

use crate::cli::arguments::PrintArguments;

/// A file and what it is said to be.
#[derive(Debug, Args)]
pub struct FileArguments {
    /// The file
    pub file: PathBuf,
    /// The collection it belongs to
    #[arg(long, default_value = "quarterly")]
    pub collection: String,
    /// Whose return it is; needed unless the collection is a publisher's
    #[arg(long, value_name = "CODE")]
    pub authority: Option<String>,
    /// The quarter, such as "2017-18 Q2"; needed unless the collection is a publisher's
    #[arg(long)]
    pub quarter: Option<String>,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The file and what it is
    #[command(flatten)]
    pub of: FileArguments,
    /// An earlier version of the file: prints also the columns and figures that changed
    #[arg(long, value_name = "OLD")]
    pub against: Option<PathBuf>,
}

/// Arguments of `receive`.
#[derive(Debug, Args)]
pub struct ReceiveArguments {
    /// The file and what it is
    #[command(flatten)]
    pub of: FileArguments,
    /// Every quarter of the file before the newest, in one quiet go: no receipts, nothing late, nothing told
    /// as new
    #[arg(long, conflicts_with_all = ["quarter", "smaller"])]
    pub history: bool,
    /// It is meant to have far fewer figures than the version before
    #[arg(long, requires_all = ["by", "reason"])]
    pub smaller: bool,
    /// Who says that it is meant to be smaller
    #[arg(long, requires = "smaller")]
    pub by: Option<String>,
    /// Why it is smaller
    #[arg(long, requires = "smaller")]
    pub reason: Option<String>,
}

/// Arguments of `withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArguments {
    /// Whose return: a code, or a name
    pub authority: String,
    /// The quarter, such as "2017-18 Q2"
    #[arg(long)]
    pub quarter: String,
    /// The collection it belongs to
    #[arg(long, default_value = "quarterly")]
    pub collection: String,
    /// Which version; `returns` shows the one that counts
    #[arg(long = "version", id = "version_number", value_name = "N")]
    pub version: u32,
    /// Who
    #[arg(long)]
    pub by: String,
    /// Why
    #[arg(long)]
    pub reason: String,
}
