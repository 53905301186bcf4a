//! `once`: everything due now, then exit.

use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::arguments::{OnceArguments, StepArgument, With};
use crate::cli::exit::{self, Ending};
use crate::cli::print::{self, UsageError};
use crate::cli::{child, log};
use crate::clock;
use crate::config::settings::Settings;
use crate::daemon;
use crate::pipeline::picture::{counted, without_addresses};
use crate::pipeline::{self, Moment, Progress, Report, Step, Walk, polling, telling};

/// Does everything due now, or one step, and prints one line about it.
///
/// # Errors
/// When the configuration is wrong or the state cannot be used.
pub fn once(with: &With, arguments: &OnceArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    if with.as_child {
        child::confine(&settings.limits)?;
    }
    let report = walk_as(&settings, print::now(with), arguments.only.map(step), Box::new(bar()), |walk| {
        // The daemon ends its children by itself.
        let most = (!with.as_child).then(|| Duration::from_secs(settings.limits.run_seconds));
        walk.stop = child::stop_by_signal(most)?;
        walk.ticking = with.now.is_none().then_some(clock::now as fn() -> DateTime<Utc>);
        if !with.as_child
            && let Err(error) = daemon::keep_last_good(&print::config_folder(with), &settings.state)
        {
            tracing::warn!("{error:#}");
        }
        walk.troubles.extend(print::refused(with).map(|problems| child::trouble(&problems)));
        arguments.again.as_ref().map_or(Ok(()), |subject| try_again(walk, subject))
    })?;
    if log::is_heard_by_journald() {
        journalled(&report);
    } else if let Err(error) = print::say(format_args!("{}", line(&report))) {
        // The run is done, whoever has stopped listening.
        tracing::debug!(%error, "nobody reads what the run did");
    }
    for refusal in &report.refusals {
        if log::is_heard_by_journald() {
            tracing::warn!(place = refusal.place, what = without_addresses(&refusal.what), "refused");
        } else {
            print::complain(format_args!("refused: {}: {}", refusal.place, refusal.what));
        }
    }
    for failure in &report.failures {
        if log::is_heard_by_journald() {
            tracing::warn!(place = failure.place, what = without_addresses(&failure.what), "failed");
        } else {
            print::complain(format_args!("failed: {}: {}", failure.place, failure.what));
        }
    }
    let all_well = report.failures.is_empty() && report.refused == 0 && !report.stopped;
    Ok(if all_well { Ending::Done } else { Ending::SomeFailed })
}

fn try_again(walk: &mut Walk<'_>, subject: &str) -> Result<()> {
    if walk.try_again(subject)? || polling::ask_again(walk, subject)? {
        return Ok(());
    }
    let given_up = polling::given_up(walk);
    let aside = walk.aside().chain(given_up.iter().map(String::as_str));
    let aside: Vec<String> = aside.map(|one| format!("`{one}`")).collect();
    let there = if aside.is_empty() { "nothing".to_owned() } else { aside.join(", ") };
    Err(UsageError(format!("`{subject}` was not set aside; what was: {there}")).into())
}

/// One walk at an instant, with someone watching.
///
/// # Errors
/// When the state cannot be used or the walk could not be done.
pub fn walk(
    settings: &Settings,
    now: DateTime<Utc>,
    only: Option<Step>,
    watch: Box<dyn FnMut(Progress) + Send + '_>,
) -> Result<Report> {
    walk_as(settings, now, only, watch, |_| Ok(()))
}

fn walk_as(
    settings: &Settings,
    now: DateTime<Utc>,
    only: Option<Step>,
    watch: Box<dyn FnMut(Progress) + Send + '_>,
    prepare: impl FnOnce(&mut Walk<'_>) -> Result<()>,
) -> Result<Report> {
    let program = print::program();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = clock::machine();
    let moment = Moment { now, machine: began };
    let mut walk = match Walk::open(settings, moment, &program, watch) {
        Ok(walk) => walk,
        Err(error) => {
            // The run that has the state in use will tell of itself.
            if only.is_none() && !matches!(exit::of(&error), Ending::InUse) {
                runtime.block_on(telling::after_no_walk(settings, now));
            }
            return Err(error);
        }
    };
    prepare(&mut walk)?;
    let done = runtime.block_on(pipeline::once(&mut walk, only));
    let took = clock::machine().duration_since(began).ok();
    runtime.block_on(telling::after_walk(&walk, only, done.as_ref().ok(), took));
    done
}

fn step(argument: StepArgument) -> Step {
    match argument {
        StepArgument::Collect => Step::Collect,
        StepArgument::Check => Step::Check,
        StepArgument::Digest => Step::Digest,
        StepArgument::Remind => Step::Remind,
        StepArgument::Deliver => Step::Deliver,
    }
}

/// The one line of a run in the journal, with what people search by as fields.
fn journalled(report: &Report) {
    tracing::info!(
        received = report.received,
        loaded = report.loaded,
        refused = report.refused,
        rows_accepted = report.rows_accepted,
        rows_quarantined = report.rows_quarantined,
        findings_open = report.open,
        queued = report.queued,
        sent = report.sent,
        failures = report.failures.len(),
        "{}",
        line(report)
    );
}

/// What a walk did, in one line.
#[must_use]
pub fn line(report: &Report) -> String {
    format!(
        "received {}, unchanged {}, not there yet {}; loaded {}, refused {}; rows accepted {}, \
         quarantined {}; findings open {} and {} for information, changed {}; messages queued {}, sent {}; \
         failures {}{}{}",
        report.received,
        report.unchanged,
        report.not_there,
        report.loaded,
        report.refused,
        report.rows_accepted,
        report.rows_quarantined,
        report.open,
        report.informing,
        report.changed,
        report.queued,
        report.sent,
        report.failures.len(),
        in_drop_folders(report),
        if report.stopped { "; told to stop, the rest is left to the next run" } else { "" }
    )
}

/// What lies in drop folders and was not taken in, when anything does.
fn in_drop_folders(report: &Report) -> String {
    let young = (report.young > 0).then(|| {
        let files = counted(report.young, "file", "files");
        format!("; {files} in drop folders may still be written (`settle_seconds`), left to the next run")
    });
    let lying = (report.lying > 0).then(|| {
        let files = counted(report.lying, "file", "files");
        format!("; {files} in drop folders not taken in: `quarterdeck status` says why")
    });
    young.unwrap_or_default() + &lying.unwrap_or_default()
}

/// A progress bar on standard error; nothing where nobody watches.
pub fn bar() -> impl FnMut(Progress) + Send {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:20} {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    move |progress| show(&bar, &progress)
}

/// Shows how far a walk is.
pub fn show(bar: &ProgressBar, progress: &Progress) {
    let (words, done, total) = match progress {
        Progress::Polled(done, total) => ("polling sources", *done, *total),
        Progress::Read(done, total) => ("reading returns", *done, *total),
        Progress::Asked(done, total) => ("asking the checks", *done, *total),
        Progress::Written(_) => return,
        Progress::Composed(count) => ("composing messages", *count, *count),
        Progress::Posted(done, total) => ("posting messages", *done, *total),
    };
    bar.set_message(words);
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
