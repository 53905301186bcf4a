//! `once`: everything due now, then exit.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::arguments::{OnceArguments, StepArgument, With};
use crate::cli::child;
use crate::cli::exit::Ending;
use crate::cli::print::{self, UsageError};
use crate::clock;
use crate::config::settings::Settings;
use crate::pipeline::{self, Moment, Progress, Report, Step, Walk};

/// Does everything due now, or one step, and prints one line about it.
///
/// # Errors
/// When the configuration is wrong or the state cannot be used.
pub fn once(with: &With, arguments: &OnceArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    if with.as_child {
        child::confine(&settings.limits)?;
    }
    let program = print::program();
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let mut walk = Walk::open(&settings, moment, &program, Box::new(bar()))?;
    walk.stop = child::stop_by_signal()?;
    walk.troubles.extend(print::refused(with).map(|problems| child::trouble(&problems)));
    if let Some(subject) = &arguments.again {
        try_again(&mut walk, subject)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(pipeline::once(&mut walk, arguments.only.map(step)))?;
    println!("{}", line(&report));
    for failure in &report.failures {
        eprintln!("failed: {}: {}", failure.place, failure.what);
    }
    let all_well = report.failures.is_empty() && report.refused == 0;
    Ok(if all_well { Ending::Done } else { Ending::SomeFailed })
}

fn try_again(walk: &mut Walk<'_>, subject: &str) -> Result<()> {
    if walk.try_again(subject)? {
        return Ok(());
    }
    let aside: Vec<String> = walk.aside().map(|one| format!("`{one}`")).collect();
    let there = if aside.is_empty() { "nothing".to_owned() } else { aside.join(", ") };
    Err(UsageError(format!("`{subject}` was not set aside; what was: {there}")).into())
}

/// One walk at an instant, with someone watching.
///
/// # Errors
/// When the state cannot be used or the walk could not be done.
pub fn walk(
    settings: &Settings,
    now: chrono::DateTime<chrono::Utc>,
    only: Option<Step>,
    watch: Box<dyn FnMut(Progress) + Send + '_>,
) -> Result<Report> {
    let program = print::program();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let moment = Moment { now, machine: clock::machine() };
    let mut walk = Walk::open(settings, moment, &program, watch)?;
    runtime.block_on(pipeline::once(&mut walk, only))
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

/// What a walk did, in one line.
#[must_use]
pub fn line(report: &Report) -> String {
    format!(
        "received {}, unchanged {}, not there yet {}; loaded {}, refused {}; rows accepted {}, \
         quarantined {}; findings open {}, changed {}; messages queued {}, sent {}; failures {}{}",
        report.received,
        report.unchanged,
        report.not_there,
        report.loaded,
        report.refused,
        report.rows_accepted,
        report.rows_quarantined,
        report.open,
        report.changed,
        report.queued,
        report.sent,
        report.failures.len(),
        if report.stopped { "; told to stop, the rest is left to the next run" } else { "" }
    )
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
