//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;

pub use crate::cli::deed_arguments::{
    AcceptArguments, ActionArguments, DeadlineDeed, DeadlinesArguments, DoneArguments, ReviewArguments,
    SnoozeArguments, SupportArguments, SupportsArguments, UndoArguments,
};
pub use crate::cli::file_arguments::{FileArguments, ReceiveArguments, VerifyArguments, WithdrawArguments};
use crate::cli::typed;

/// The early-warning watch of a region's children's services.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub with: With,
    /// Which command.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Clone, Debug, Args)]
pub struct With {
    /// Configuration folder; without it, `config` here if it is there, else `/etc/quarterdeck`
    #[arg(long, global = true, env = "QUARTERDECK_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// State folder, in place of the configured one
    #[arg(long, global = true, env = "QUARTERDECK_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Pretend that it is this instant, such as 2017-11-17T08:00:00Z
    #[arg(long, global = true, value_name = "INSTANT", value_parser = typed::instant)]
    pub now: Option<DateTime<Utc>>,
    /// What the log tells: off, error, warn, info, debug (also how long each step of a run took) or trace
    #[arg(long, global = true, env = "QUARTERDECK_LOG", value_name = "LEVEL")]
    pub log: Option<LevelFilter>,
    /// As the daemon starts it: under its limits, with the configuration that it put in force
    #[arg(long, global = true, hide = true)]
    pub as_child: bool,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole job on synthetic returns, from loopback HTTP to a folder of messages
    Demo(DemoArguments),
    /// The daemon: wakes on the schedule, stops on a signal
    Run,
    /// Everything due now, then exit
    Once(OnceArguments),
    /// Every problem of the configuration, or what each recipient will get and when
    CheckConfig,
    /// Pre-flight for a submitter: reads and validates a file, stores nothing
    Verify(VerifyArguments),
    /// Takes a file in by hand and prints its receipt
    Receive(ReceiveArguments),
    /// Withdraws a version of a return: the one before it counts again
    #[command(disable_version_flag = true)]
    Withdraw(WithdrawArguments),
    /// The chase grid: what is due, received, late
    Returns(ReturnsArguments),
    /// Runs the checks now and prints the findings
    Check(CheckArguments),
    /// The kept findings
    Findings(FindingsArguments),
    /// A finding in full: rule, numbers, baseline, SQL, file and line, what would make it stop
    Explain(ExplainArguments),
    /// Seen, someone owns it: no repeats until it worsens
    Acknowledge(ActionArguments),
    /// Quiet until a day, at most two quarters ahead
    Snooze(SnoozeArguments),
    /// Expected: quiet for this episode
    Dismiss(ActionArguments),
    /// The figure that a finding doubts is right: it is judged, counted, and asked for no more
    Confirm(ActionArguments),
    /// The new normal: the chart begins anew from a quarter, at least 8 figures ago
    Accept(AcceptArguments),
    /// Takes back the last deed on a finding or a deadline: it is then as if it had not been done
    Undo(UndoArguments),
    /// Records what was agreed for a finding: what, who, who supports, when it is looked at again
    Support(SupportArguments),
    /// Records what came of support that was agreed; it ends there, unless a next day is given
    Review(ReviewArguments),
    /// The support that was agreed, the next review first; with --deeds all that people did
    Actions(SupportsArguments),
    /// What is due, who is outstanding, the next reminders; or a party is done
    Deadlines(DeadlinesArguments),
    /// The messages on their way: list, retry, hold, release
    Outbox(OutboxArguments),
    /// One read-only query over the public views, in the sandbox
    Sql(SqlArguments),
    /// What it is doing, did, and will do
    Status(PrintArguments),
    /// What would stop it: configuration, credentials, mail, sources, disk, clock, database, backup
    Doctor(DoctorArguments),
    /// A whole copy of the state, compared with it before it counts
    Backup(BackupArguments),
    /// The public views as Parquet, parted by collection and indicator, with the SQL of the checks: for the
    /// operator, since no figure is withheld in it
    Export(ExportArguments),
    /// The database made again from the journal, what was received and what was written; sends nothing
    Rebuild(RebuildArguments),
    /// A configuration folder to start from
    Init(InitArguments),
    /// A JSON Schema of a configuration file, for editors
    Schema(SchemaArguments),
    /// Completions for a shell
    Completions(CompletionsArguments),
    /// Manual pages
    Man(ManArguments),
    /// A heartbeat for a run that could not send one; started by quarterdeck itself
    #[command(hide = true)]
    Beat(BeatArguments),
    /// Looks at the whole state and repairs what it can; started by the daemon
    #[command(hide = true)]
    Probe,
    /// One untrusted thing under limits; started by quarterdeck itself
    #[command(hide = true)]
    Worker(WorkerArguments),
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// A JSON array of objects.
    Json,
    /// CSV with a heading row.
    Csv,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct PrintArguments {
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Where everything is written; a new folder
    #[arg(default_value = "quarterdeck-demo")]
    pub folder: PathBuf,
    /// The seed of the synthetic figures
    #[arg(long, default_value_t = 2017)]
    pub seed: u64,
}

/// The steps of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepArgument {
    /// Poll, read, load, receipts.
    Collect,
    /// Ask the checks.
    Check,
    /// Digests that are due.
    Digest,
    /// Chasers and reminders that are due.
    Remind,
    /// Post what waits.
    Deliver,
}

/// Arguments of `once`.
#[derive(Debug, Args)]
pub struct OnceArguments {
    /// Only this step
    #[arg(long, value_enum, value_name = "STEP")]
    pub only: Option<StepArgument>,
    /// Try again what was set aside, because runs died of it or a login was refused; `status` lists it
    #[arg(long, value_name = "WHAT")]
    pub again: Option<String>,
}

/// Arguments of `returns`.
#[derive(Debug, Args)]
pub struct ReturnsArguments {
    /// Only this collection
    #[arg(long)]
    pub collection: Option<String>,
    /// Only this quarter; without it, the newest that has ended
    #[arg(long)]
    pub quarter: Option<String>,
    /// Every quarter
    #[arg(long, conflicts_with = "quarter")]
    pub all: bool,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `findings`, and of `check` for what it prints.
#[derive(Debug, Args)]
pub struct FindingsArguments {
    /// Also those that are resolved or for information only
    #[arg(long)]
    pub all: bool,
    /// Only this authority
    #[arg(long, value_name = "CODE")]
    pub authority: Option<String>,
    /// Only this collection
    #[arg(long)]
    pub collection: Option<String>,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Only show what a new or changed check would have found in the last three years; stores nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "authority", "collection"])]
    pub preview: Option<PathBuf>,
    /// Which findings are printed
    #[command(flatten)]
    pub shown: FindingsArguments,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The finding's id, as in a digest
    #[arg(value_parser = typed::finding)]
    pub id: String,
}

/// Arguments of `outbox`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct OutboxArguments {
    /// What to do; without it, list
    #[command(subcommand)]
    pub deed: Option<OutboxDeed>,
    /// What is listed
    #[command(flatten)]
    pub list: OutboxListArguments,
}

/// What `outbox` lists.
#[derive(Clone, Copy, Debug, Args)]
pub struct OutboxListArguments {
    /// Also what was sent; without it, what is on its way or did not arrive
    #[arg(long)]
    pub all: bool,
    /// Only what stands so
    #[arg(long, value_enum, conflicts_with = "all")]
    pub standing: Option<StandingArgument>,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StandingArgument {
    /// Goes out with the next run.
    Waiting,
    /// Held back.
    Held,
    /// A mail server will not have it.
    Refused,
    /// All its tries are used up.
    GivenUp,
    /// It may have arrived.
    Unknown,
    /// A mail server took it.
    Sent,
}

/// What to do with messages.
#[derive(Debug, Subcommand)]
pub enum OutboxDeed {
    /// The messages on their way, and those that did not arrive
    List(OutboxListArguments),
    /// Try a refused, given up or unknown message again in the next run
    Retry {
        /// The message's key
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        key: Option<String>,
        /// Every message that was refused or given up
        #[arg(long)]
        all: bool,
    },
    /// Hold a waiting message back
    Hold {
        /// The message's key
        key: String,
    },
    /// Let a held message go
    Release {
        /// The message's key
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        key: Option<String>,
        /// Every message that is held; ends the doubt about a state that was restored
        #[arg(long)]
        all: bool,
    },
}

/// Arguments of `sql`.
#[derive(Debug, Args)]
pub struct SqlArguments {
    /// One SELECT over the public views
    #[arg(required_unless_present = "views")]
    pub query: Option<String>,
    /// Lists the views that a query may read, with their columns
    #[arg(long, conflicts_with = "query")]
    pub views: bool,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// Into this folder, in place of the configured one; nothing in it is ever removed
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// How many seconds to wait for a run that has the state
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Into this folder, a new or an empty one; it is made for this user alone
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Every collection as of this quarter; without it, as of the newest that the checks were asked about
    #[arg(long, value_name = "Q")]
    pub quarter: Option<String>,
}

/// Arguments of `rebuild`.
#[derive(Debug, Args)]
pub struct RebuildArguments {
    /// Give up received files and lines of the journal that neither the state nor a backup has
    #[arg(long)]
    pub accept_loss: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// A new folder
    pub folder: PathBuf,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The configuration file, such as quarterdeck.toml; without it, the list
    pub file: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Writes a page per command into this folder; without it, prints the main page
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Also ask for the heartbeat's addresses; whoever listens there takes it for a run
    #[arg(long)]
    pub ping: bool,
    /// Only open the database; the other checks start it so, because damage can end a process
    #[arg(long, hide = true)]
    pub only_database: bool,
    /// How rows are printed
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of the hidden heartbeat.
#[derive(Debug, Args)]
pub struct BeatArguments {
    /// The run failed
    #[arg(long)]
    pub failed: bool,
    /// Why the daemon runs nothing: the operator is written to
    #[arg(long, value_name = "WHY")]
    pub held: Option<String>,
}

/// Arguments of the hidden worker.
#[derive(Debug, Args)]
pub struct WorkerArguments {
    /// The task: packed, sql, database, folder or trial
    pub task: String,
}
