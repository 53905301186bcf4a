//! Arguments and printing; one file per command.

pub mod actions;
pub mod arguments;
pub mod backup;
pub mod beat;
pub mod check;
pub mod check_config;
pub mod child;
pub mod completions;
pub mod deadlines;
pub mod deed_arguments;
pub mod deeds;
pub mod demo;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod export;
pub mod file_arguments;
pub mod findings;
pub mod in_force;
pub mod init;
pub mod log;
pub mod once;
pub mod outbox;
pub mod preview;
pub mod print;
pub mod probe;
pub mod rebuild;
pub mod receive;
pub mod returns;
pub mod run;
pub mod schema;
pub mod sql;
pub mod status;
pub mod support;
pub mod table;
pub mod typed;
pub mod undo;
pub mod verdict;
pub mod verify;
pub mod withdraw;
pub mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::arguments::{Arguments, Command};
use crate::cli::exit::Ending;
use crate::cli::log::Loudness;

/// The command line, for completions, manual pages and tests.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Reads the command line, does what it says, and reports once how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // An error only says that it was done before.
    drop(rustls::crypto::ring::default_provider().install_default());
    log::begin(loudness(&arguments.command), arguments.with.log);
    match dispatch(arguments) {
        Ok(ending) => ending.into(),
        // Whoever read us has seen enough, as `head` does.
        Err(error) if exit::is_closed_output(&error) => Ending::Done.into(),
        Err(error) => {
            print::complain(format_args!("error: {error:#}"));
            if let Some(next) = exit::next(&error) {
                print::complain(format_args!("{next}"));
            }
            exit::of(&error).into()
        }
    }
}

/// The daemon and its runs say what they do where journald listens; people see warnings only.
fn loudness(command: &Command) -> Loudness {
    match command {
        Command::Run => Loudness::Daemon,
        Command::Once(_) if log::is_heard_by_journald() => Loudness::Daemon,
        _ => Loudness::Person,
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<Ending> {
    let with = &arguments.with;
    in_force::demand_state(with, &arguments.command)?;
    match arguments.command {
        Command::Demo(it) => demo::demo(with, &it),
        Command::Run => run::run(with),
        Command::Once(it) => once::once(with, &it),
        Command::CheckConfig => check_config::check_config(with),
        Command::Verify(it) => verify::verify(with, &it),
        Command::Receive(it) => receive::receive(with, &it),
        Command::Withdraw(it) => withdraw::withdraw(with, &it),
        Command::Returns(it) => returns::returns(with, &it),
        Command::Check(it) => check::check(with, &it),
        Command::Findings(it) => findings::findings(with, &it),
        Command::Explain(it) => explain::explain(with, &it),
        Command::Acknowledge(it) => actions::acknowledge(with, &it),
        Command::Snooze(it) => actions::snooze(with, &it),
        Command::Dismiss(it) => actions::dismiss(with, &it),
        Command::Confirm(it) => actions::confirm(with, &it),
        Command::Accept(it) => actions::accept(with, &it),
        Command::Undo(it) => undo::undo(with, &it),
        Command::Support(it) => support::support(with, &it),
        Command::Review(it) => support::review(with, &it),
        Command::Actions(it) => support::actions(with, &it),
        Command::Deadlines(it) => deadlines::deadlines(with, &it),
        Command::Outbox(it) => outbox::outbox(with, &it),
        Command::Sql(it) => sql::sql(with, &it),
        Command::Status(it) => status::status(with, &it),
        Command::Doctor(it) => doctor::doctor(with, &it),
        Command::Beat(it) => beat::beat(with, &it),
        Command::Backup(it) => backup::backup(with, &it),
        Command::Export(it) => export::export(with, &it),
        Command::Rebuild(it) => rebuild::rebuild(with, &it),
        Command::Init(it) => init::init(&it),
        Command::Schema(it) => schema::schema(&it),
        Command::Completions(it) => completions::completions(&it),
        Command::Man(it) => completions::man(&it),
        Command::Probe => probe::probe(with),
        Command::Worker(it) => worker::worker(&it),
    }
}
