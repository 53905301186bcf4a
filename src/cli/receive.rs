//! `receive`: takes a file in by hand and prints its receipt.

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{Format, ReceiveArguments, With};
use crate::cli::exit::Ending;
use crate::cli::once;
use crate::cli::print::{self, Rows, UsageError};
use crate::cli::verdict;
use crate::cli::verify::{self, Subject};
use crate::clock;
use crate::config::settings::{Reporters, Settings};
use crate::pipeline::collecting::{ByHand, Smaller};
use crate::pipeline::history::{Fate, HistoryFile, Part};
use crate::pipeline::loading::Loaded;
use crate::pipeline::{self, Moment, Report, Walk, facts};

/// Keeps, journals and loads a file; its receipt goes out with the next run.
///
/// # Errors
/// When the configuration or the command line is wrong, or the state cannot be used.
pub fn receive(with: &With, arguments: &ReceiveArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    if arguments.history {
        return history(with, &settings, arguments);
    }
    let of = &arguments.of;
    let subject = Subject::of(&settings, of)?;
    let smaller = arguments.by.clone().zip(arguments.reason.clone());
    let file = ByHand {
        collection: subject.collection,
        authority: subject.authority,
        quarter: subject.quarter,
        file_name: verify::file_name(&of.file),
        bytes: verify::contents(&of.file, &settings.limits)?,
        smaller: smaller.map(|(by, reason)| Smaller { by, reason }),
    };
    let program = print::program();
    let mut walk = Walk::open(&settings, moment(with), &program, Box::new(once::bar()))?;
    let received = pipeline::receive(&mut walk, &file)?;
    for loaded in &received.loaded {
        verdict::show(&loaded.outcome, None, of.print.format)?;
        if of.print.format == Format::Table {
            print::say(format_args!("{}", became(&settings, loaded)))?;
        }
    }
    if received.loaded.is_empty() {
        print::say(format_args!("nothing new: the same bytes were received before"))?;
    }
    complain(&received.report);
    let all_fine = received.loaded.iter().all(|loaded| verify::ending(&loaded.outcome) == Ending::Done);
    Ok(if all_fine && received.report.failures.is_empty() { Ending::Done } else { Ending::SomeFailed })
}

/// What the file is now among the versions of its return.
fn became(settings: &Settings, loaded: &Loaded) -> String {
    let arrival = &loaded.arrival;
    let whose = arrival.authority.as_ref().map(|code| format!(" of {}", facts::named(settings, code).name));
    let when = arrival.quarter.map(|quarter| format!(", {quarter}"));
    let what = format!("`{}`{}{}", arrival.collection, whose.unwrap_or_default(), when.unwrap_or_default());
    let (version, before) = (loaded.stored.version, loaded.replaces);
    match (&loaded.outcome, before) {
        (Ok(_), Some(before)) => {
            format!("taken in as version {version} of {what}: it counts now, in place of version {before}")
        }
        (Ok(_), None) => format!("taken in as version {version} of {what}: it counts now"),
        (Err(_), Some(before)) => format!("not taken in: version {before} of {what} counts as before"),
        (Err(_), None) => format!("not taken in: no version of {what} counts"),
    }
}

fn moment(with: &With) -> Moment {
    Moment { now: print::now(with), machine: clock::machine() }
}

fn complain(report: &Report) {
    for failure in &report.failures {
        print::complain(format_args!("failed: {}: {}; {}", failure.place, failure.what, failure.next));
    }
}

/// Every quarter of a file, each as a version of its own return, without a word to anybody.
fn history(with: &With, settings: &Settings, arguments: &ReceiveArguments) -> Result<Ending> {
    let of = &arguments.of;
    let collection = print::collection(settings, &of.collection)?;
    if collection.reporters == Reporters::Publisher {
        let words = format!(
            "a file of `{}` holds what its publisher gives: take it in without `--history`",
            collection.name
        );
        return Err(UsageError(words).into());
    }
    let authority = of.authority.as_deref().ok_or_else(|| {
        UsageError(format!("the history of `{}` needs --authority, which says whose", collection.name))
    })?;
    let file = HistoryFile {
        collection,
        authority: print::authority(settings, authority)?.code.clone(),
        file_name: verify::file_name(&of.file),
        bytes: verify::contents(&of.file, &settings.limits)?,
    };
    let program = print::program();
    let mut walk = Walk::open(settings, moment(with), &program, Box::new(once::bar()))?;
    let (parts, received) = pipeline::receive_history(&mut walk, &file)?;
    let parts = match parts {
        Ok(parts) => parts,
        Err(refusal) => {
            print::say(format_args!("refused whole: {}", refusal.reason))?;
            return Ok(Ending::SomeFailed);
        }
    };
    let rows = rows(&parts, &received.loaded);
    rows.print(of.print.format)?;
    if of.print.format == Format::Table {
        let taken = parts.iter().filter(|part| part.fate == Fate::Taken).count();
        print::say(format_args!("{taken} of {} quarters taken in", parts.len()))?;
    }
    complain(&received.report);
    let is_fine =
        |part: &Part| !matches!(part.fate, Fate::Refused(_) | Fate::Differs(..)) && part.set_aside == 0;
    let loaded = received.loaded.iter().all(|it| it.outcome.is_ok());
    let all_fine = parts.iter().all(is_fine) && loaded && received.report.failures.is_empty();
    Ok(if all_fine { Ending::Done } else { Ending::SomeFailed })
}

fn rows(parts: &[Part], loaded: &[Loaded]) -> Rows {
    let mut rows = Rows::of(&["quarter", "outcome", "version", "figures", "rows set aside", "remark"]);
    for part in parts {
        let stored =
            loaded.iter().find(|it| it.arrival.one_of_many && it.arrival.quarter == Some(part.quarter));
        let (outcome, version, remark) = match &part.fate {
            Fate::Taken => ("taken in", stored.map(|it| i64::from(it.stored.version)), part.why.clone()),
            Fate::Same(version) => ("held already", Some(i64::from(*version)), String::new()),
            Fate::Differs(version, figures) => (
                "not taken in",
                Some(i64::from(*version)),
                format!(
                    "{figures} figures are not those of version {version}, which counts: to correct it, \
                     `receive` the file with --quarter \"{}\"",
                    part.quarter
                ),
            ),
            Fate::Refused(reason) => ("refused", None, reason.clone()),
            Fate::Current => (
                "not taken in",
                None,
                format!("it is no history yet: `receive` the file with --quarter \"{}\"", part.quarter),
            ),
            Fate::NotExpected => (
                "not taken in",
                None,
                "no return of it is expected: see `first_quarter` and `cadence` in quarterdeck.toml"
                    .to_owned(),
            ),
        };
        rows.rows.push(vec![
            json!(part.quarter.to_string()),
            json!(outcome),
            json!(version),
            json!(part.figures),
            json!(part.set_aside),
            json!(remark),
        ]);
    }
    rows
}
