//! The arguments of the commands by which people say what they did.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::cli::arguments::PrintArguments;
use crate::cli::typed;

/// What a person does with a finding.
#[derive(Debug, Args)]
pub struct ActionArguments {
    /// The finding's id, as in a digest
    #[arg(value_parser = typed::finding)]
    pub id: String,
    /// Who
    #[arg(long)]
    pub by: String,
    /// Why
    #[arg(long)]
    pub reason: String,
}

/// Arguments of `snooze`.
#[derive(Debug, Args)]
pub struct SnoozeArguments {
    /// Which, who and why
    #[command(flatten)]
    pub action: ActionArguments,
    /// The last quiet day
    #[arg(long, value_name = "DATE", required_unless_present = "quarters", value_parser = typed::day)]
    pub until: Option<NaiveDate>,
    /// In place of a day: so many quarters from now
    #[arg(long, value_name = "N", conflicts_with = "until")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=2))]
    pub quarters: Option<u32>,
}

/// Arguments of `accept`.
#[derive(Debug, Args)]
pub struct AcceptArguments {
    /// Which, who and why
    #[command(flatten)]
    pub action: ActionArguments,
    /// The quarter in which the new normal begins, such as "2015-16 Q3"
    #[arg(long, value_name = "QUARTER")]
    pub from: String,
}

/// Arguments of `support`.
#[derive(Debug, Args)]
pub struct SupportArguments {
    /// The finding's id, as in a digest
    #[arg(value_parser = typed::finding)]
    pub id: String,
    /// What was agreed
    #[arg(long)]
    pub what: String,
    /// Who
    #[arg(long)]
    pub by: String,
    /// The day on which it is looked at again
    #[arg(long, value_name = "DATE", value_parser = typed::day)]
    pub review: NaiveDate,
    /// Which authority of the region supports
    #[arg(long, value_name = "CODE")]
    pub from: Option<String>,
}

/// Arguments of `review`.
#[derive(Debug, Args)]
pub struct ReviewArguments {
    /// The action's id, as in a digest
    #[arg(value_parser = typed::finding)]
    pub id: String,
    /// Who
    #[arg(long)]
    pub by: String,
    /// What came of it
    #[arg(long)]
    pub outcome: String,
    /// The day of the next review; without it, the action ends
    #[arg(long, value_name = "DATE", value_parser = typed::day)]
    pub again: Option<NaiveDate>,
}

/// Arguments of `actions`.
#[derive(Debug, Args)]
pub struct SupportsArguments {
    /// Also those that have ended
    #[arg(long)]
    pub all: bool,
    /// In their place everything that people did about findings and deadlines, and what was taken back
    #[arg(long, conflicts_with = "all")]
    pub deeds: bool,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
pub struct UndoArguments {
    /// The finding's id, as in a digest, or the deadline's, as in `deadlines`
    #[arg(value_parser = typed::finding)]
    pub id: String,
    /// Of a deadline: the last deed of this party, in place of the last one of all
    #[arg(long, value_name = "CODE")]
    pub party: Option<String>,
    /// Who
    #[arg(long)]
    pub by: String,
    /// Why
    #[arg(long)]
    pub reason: String,
}

/// Arguments of `deadlines`.
#[derive(Debug, Args)]
pub struct DeadlinesArguments {
    /// What to do; without it, list
    #[command(subcommand)]
    pub deed: Option<DeadlineDeed>,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// What a party did.
#[derive(Debug, Subcommand)]
pub enum DeadlineDeed {
    /// A party is done, or has supplied some; `undo` takes it back
    Done(DoneArguments),
}

/// Arguments of `deadlines done`.
#[derive(Debug, Args)]
pub struct DoneArguments {
    /// The deadline's id, as in `deadlines`
    pub id: String,
    /// The authority, by code or name; the codes of a pair joined by `+`; or `region`
    #[arg(long, value_name = "CODE")]
    pub party: String,
    /// How many of the number needed it has supplied so far, in all; without it, all of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub supplied: Option<u32>,
    /// Who says so
    #[arg(long)]
    pub by: String,
}
