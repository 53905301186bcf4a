//! Figures about the daemon in Prometheus' text format: counts and instants, never a figure of a return.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tempfile::NamedTempFile;

use crate::config::settings::Settings;
use crate::pipeline::picture::Picture;
use crate::store::open;
use crate::store::runs::Outcome;
use crate::store::schema::SCHEMA_VERSION;
use crate::store::totals::Totals;

/// The collector of metrics is another user.
const MODE: u32 = 0o644;

/// What the journal does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The instant of the run.
    pub now: DateTime<Utc>,
    /// What the database counts; none when it could not be opened.
    pub totals: Option<Totals>,
    /// How long the run took.
    pub took: Option<Duration>,
}

/// A family of samples: its name, kind, meaning, and each sample's label and value.
struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: Vec<(Option<(&'static str, String)>, f64)>,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// The whole text.
#[must_use]
pub fn text(settings: &Settings, picture: &Picture, measured: &Measured) -> String {
    let mut text = String::new();
    let families = of_runs(picture, measured).into_iter().chain(of_state(settings, picture));
    for family in families.chain(measured.totals.into_iter().flat_map(of_totals)) {
        write_family(&mut text, &family);
    }
    text
}

/// Writes it whole under another name, and renames it.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut partial = NamedTempFile::with_prefix_in(".quarterdeck-", folder)?;
    partial.write_all(text.as_bytes())?;
    fs::set_permissions(partial.path(), Permissions::from_mode(MODE))?;
    partial.persist(file).map_err(|refused| refused.error)?;
    Ok(())
}

fn of_runs(picture: &Picture, measured: &Measured) -> Vec<Family> {
    type IsIt = fn(&Outcome) -> bool;
    let outcomes: [(&str, IsIt); 4] = [
        ("done", |it| *it == Outcome::Done),
        ("failed", |it| matches!(it, Outcome::Failed(_))),
        ("stopped", |it| *it == Outcome::Stopped),
        ("died", |it| *it == Outcome::Died),
    ];
    let last = outcomes.into_iter().filter_map(|(word, is_it)| {
        Some((Some(("outcome", word.to_owned())), seconds(picture.last(is_it)?.at)))
    });
    let next = picture.next.iter().filter_map(|(what, at)| {
        Some((Some(("what", what.trim_start_matches("next ").to_owned())), seconds((*at)?)))
    });
    let took = measured.took.map(|took| (None, took.as_secs_f64()));
    vec![
        gauge("last_run_timestamp_seconds", "When the last run of each outcome was.", last),
        gauge(
            "last_whole_run_timestamp_seconds",
            "When everything that was due was last done.",
            picture.last_whole().map(|run| (None, seconds(run.at))),
        ),
        gauge("run_duration_seconds", "How long the last run took.", took),
        gauge(
            "written_timestamp_seconds",
            "When these figures were written.",
            [(None, seconds(measured.now))],
        ),
        gauge(
            "planned_runs",
            "Runs that were planned in the last fourteen days.",
            [(None, number(picture.planned))],
        ),
        gauge(
            "planned_runs_missed",
            "Runs that were planned in the last fourteen days and not done.",
            [(None, number(picture.missed.len()))],
        ),
        gauge("next_timestamp_seconds", "When each thing comes next.", next),
    ]
}

fn of_state(settings: &Settings, picture: &Picture) -> Vec<Family> {
    let messages =
        picture.messages.iter().map(|(word, count)| (Some(("standing", (*word).to_owned())), number(*count)));
    let database = fs::metadata(settings.state.join(open::FILE_NAME)).ok();
    #[expect(clippy::cast_precision_loss, reason = "no database has 2^53 bytes")]
    let bytes = database.map(|found| (None, found.len() as f64));
    let until = settings.calendar.known_until().and_then(|day| day.and_hms_opt(0, 0, 0));
    vec![
        counter("received_total", "Files that were received.", [(None, number(picture.received))]),
        gauge("messages", "Messages by standing.", messages),
        gauge(
            "set_aside",
            "Things a run died of, not tried again.",
            [(None, number(picture.set_aside.len()))],
        ),
        gauge(
            "last_backup_timestamp_seconds",
            "When the state was last copied and the copy verified.",
            picture.backups.last.map(|at| (None, seconds(at))),
        ),
        counter("journal_lines_total", "Lines of the journal.", [(None, number(picture.lines))]),
        gauge("database_bytes", "Size of the database file.", bytes),
        gauge(
            "bank_holidays_known_until_timestamp_seconds",
            "The last day for which bank holidays are known.",
            until.map(|day| (None, seconds(day.and_utc()))),
        ),
        gauge(
            "schema_version",
            "The version of the tables that this program writes.",
            [(None, f64::from(SCHEMA_VERSION))],
        ),
        gauge(
            "build_info",
            "The program's version.",
            [(Some(("version", env!("CARGO_PKG_VERSION").to_owned())), 1.0)],
        ),
    ]
}

fn of_totals(totals: Totals) -> Vec<Family> {
    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 rows")]
    let one = |count: u64| [(None, count as f64)];
    vec![
        counter("submissions_loaded_total", "Submissions that were accepted.", one(totals.loaded)),
        counter("submissions_refused_total", "Submissions that were refused whole.", one(totals.refused)),
        counter("rows_accepted_total", "Rows that were accepted.", one(totals.rows_accepted)),
        counter("rows_quarantined_total", "Rows that were quarantined.", one(totals.rows_quarantined)),
        gauge("findings_open", "Findings that are open, for information too.", one(totals.open)),
    ]
}

fn gauge(
    name: &'static str,
    help: &'static str,
    samples: impl IntoIterator<Item = (Option<(&'static str, String)>, f64)>,
) -> Family {
    Family { name, kind: Kind::Gauge, help, samples: samples.into_iter().collect() }
}

fn counter(
    name: &'static str,
    help: &'static str,
    samples: impl IntoIterator<Item = (Option<(&'static str, String)>, f64)>,
) -> Family {
    Family { name, kind: Kind::Counter, help, samples: samples.into_iter().collect() }
}

/// A family without a sample is left out: that something never was is not a nought.
fn write_family(text: &mut String, family: &Family) {
    if family.samples.is_empty() {
        return;
    }
    let name = format!("quarterdeck_{}", family.name);
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        if text.write_fmt(words).is_err() {
            text.clear();
        }
    };
    line(format_args!("# HELP {name} {}\n", family.help));
    line(format_args!("# TYPE {name} {}\n", family.kind.word()));
    for (label, value) in &family.samples {
        match label {
            Some((key, said)) => line(format_args!("{name}{{{key}=\"{}\"}} {value}\n", escaped(said))),
            None => line(format_args!("{name} {value}\n")),
        }
    }
}

fn escaped(said: &str) -> String {
    said.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "an instant of this age has milliseconds left")]
fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 of these")]
fn number(count: usize) -> f64 {
    count as f64
}
