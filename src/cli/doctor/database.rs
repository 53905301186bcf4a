//! The database, opened in a child: damage to it can end a process.

use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::Result;
use tokio::process::Command;

use crate::cli::arguments::With;
use crate::cli::doctor::Seen;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::config::settings::Settings;
use crate::pipeline::opening;
use crate::pipeline::picture::Picture;
use crate::store::open::{FILE_NAME, Store};
use crate::store::soundness;

const CHECK: &str = "database";

const AGAIN: &str = "make it again with `quarterdeck rebuild`; nothing is sent twice";

/// Reads all of it, unless a run has it.
pub(super) async fn look(with: &With, settings: &Settings, picture: &Picture) -> Seen {
    if picture.holder.is_some() {
        return Seen::ok(CHECK, "a run is on and has it open; not looked at");
    }
    if !settings.state.join(FILE_NAME).exists() {
        return if picture.lines == 0 {
            Seen::ok(CHECK, "there is none yet; the first run makes it")
        } else {
            Seen::warning(CHECK, "it is gone", "the next run makes it again from the journal")
        };
    }
    let mut child = Command::new(print::program());
    child.arg("--config").arg(print::config_folder(with)).arg("--state").arg(&settings.state);
    child.args(["doctor", "--only-database"]).stdin(Stdio::null()).kill_on_drop(true);
    let limit = Duration::from_secs(settings.limits.run_seconds);
    match tokio::time::timeout(limit, child.output()).await {
        Ok(Ok(output)) => judged(&output, picture),
        Ok(Err(error)) => {
            Seen::warning(CHECK, format!("cannot start the child that opens it: {error}"), "try again")
        }
        Err(_) => Seen::problem(CHECK, format!("not read within {} seconds", limit.as_secs()), AGAIN),
    }
}

fn judged(output: &Output, picture: &Picture) -> Seen {
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    match output.status.code() {
        Some(0) => {
            let (seen, saw) = said.trim().split_once(' ').unwrap_or_default();
            let seen: usize = seen.parse().unwrap_or_default();
            if seen > picture.lines {
                let saw = format!("it has seen journal line {seen}, the journal ends at {}", picture.lines);
                return Seen::problem(CHECK, saw, "restore journal.jsonl from the last backup");
            }
            Seen::ok(CHECK, saw)
        }
        Some(3) => Seen::ok(CHECK, "somebody has it open; not looked at"),
        Some(_) => Seen::problem(CHECK, why, AGAIN),
        None => Seen::problem(CHECK, "opening it ended the process that tried", AGAIN),
    }
}

/// What the child does: reads everything, and prints what it saw behind the last line it has seen.
///
/// # Errors
/// When the state is in use or the database cannot be read.
pub(super) fn only(settings: &Settings) -> Result<Ending> {
    let _lock = opening::lock(&settings.state)?;
    let store = Store::open_read_only(&settings.state, &settings.limits)?;
    let found = soundness::read_everything(store.connection())?;
    anyhow::ensure!(
        found.unbalanced == 0,
        "{} submissions have rows that were neither accepted nor quarantined",
        found.unbalanced
    );
    print::say(format_args!(
        "{} {} tables with {} rows were read, every sum is right",
        found.seen, found.tables, found.rows
    ))?;
    Ok(Ending::Done)
}
