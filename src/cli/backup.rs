//! `backup`: a whole copy of the state, compared with it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cli::arguments::{BackupArguments, With};
use crate::cli::exit::{self, Ending};
use crate::cli::in_force;
use crate::cli::print;
use crate::clock;
use crate::config::settings::Settings;
use crate::pipeline::Moment;
use crate::pipeline::backing_up::{self, BackedUp};

/// How long between two looks at a state that is in use.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Copies the state, compares the copy, and removes the surplus ones.
///
/// # Errors
/// When the state stays in use or is damaged, or the copy is not equal to it.
pub fn backup(with: &With, arguments: &BackupArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let done = when_free(&settings, with, arguments)?;
    let manifest = &done.made.manifest;
    println!(
        "`{}`: {} files, {} KiB, {} of them shared with the backup before; every table, line and file was \
         compared",
        done.made.path.display(),
        manifest.files,
        manifest.bytes / 1024,
        done.made.linked
    );
    for path in &done.removed {
        println!("removed the old backup `{}`", path.display());
    }
    for path in &done.made.missing {
        eprintln!(
            "failed: `{}` is lost or damaged, and no backup has it; `quarterdeck probe`",
            path.display()
        );
    }
    Ok(if done.made.missing.is_empty() { Ending::Done } else { Ending::SomeFailed })
}

/// Tries again while a run has the state, as long as the command line says.
#[expect(clippy::disallowed_methods, reason = "a person waits for a run to end")]
fn when_free(settings: &Settings, with: &With, arguments: &BackupArguments) -> Result<BackedUp> {
    let begun = Instant::now();
    let program = print::program();
    loop {
        let moment = Moment { now: print::now(with), machine: clock::machine() };
        let done = backing_up::back_up(settings, moment, &program, arguments.into.as_deref());
        match done {
            Err(error) if exit::of(&error) == Ending::InUse => {
                if begun.elapsed() >= Duration::from_secs(arguments.wait) {
                    return Err(error);
                }
                thread::sleep(BETWEEN_LOOKS);
            }
            done => return done,
        }
    }
}
