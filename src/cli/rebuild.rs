//! `rebuild`: the journal mended when it must be, the database made again. Sends nothing.

use anyhow::Result;

use crate::cli::arguments::{RebuildArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::clock;
use crate::pipeline::Moment;
use crate::pipeline::rebuilding::Loss;
use crate::pipeline::repairing::{self, MendedJournal, Rebuilt};

/// Makes the database again from the journal, the received files and the messages.
///
/// # Errors
/// When the state is in use, or something is lost that only `--accept-loss` gives up.
pub fn rebuild(with: &With, arguments: &RebuildArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let loss = if arguments.accept_loss { Loss::Accepted } else { Loss::Refused };
    let rebuilt = repairing::rebuild(&settings, moment, &print::program(), loss)?;
    if let Some(journal) = &rebuilt.journal {
        tell_of_journal(journal);
    }
    tell_of_database(&rebuilt);
    Ok(if rebuilt.database.remarks.is_empty() { Ending::Done } else { Ending::SomeFailed })
}

fn tell_of_journal(journal: &MendedJournal) {
    let mended = &journal.mended;
    println!(
        "the journal was mended: {} lines of its own, {} from the database, {} from a backup, {} lost{}",
        mended.own,
        mended.from_database,
        mended.from_backup,
        journal.lost,
        journal
            .aside
            .as_ref()
            .map(|name| format!("; the damaged one is kept as `{name}`"))
            .unwrap_or_default()
    );
    for name in &journal.untold {
        println!("`received/{name}` is kept, but no line tells whose it is; `quarterdeck receive` it");
    }
}

fn tell_of_database(rebuilt: &Rebuilt) {
    println!("{}", repairing::remade_words("by `rebuild`", &rebuilt.database));
    if rebuilt.database.healed > 0 {
        println!("{} files were taken from a backup", rebuilt.database.healed);
    }
    if !rebuilt.held.is_empty() {
        println!("held, because they may have been sent; `quarterdeck outbox release KEY` lets one go:");
    }
    for key in &rebuilt.held {
        println!("  {key}");
    }
    for remark in &rebuilt.database.remarks {
        eprintln!("failed: {remark}");
    }
}
