//! `verify`: a pre-flight for a submitter; nothing is stored.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::arguments::{FileArguments, Format, VerifyArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, UsageError};
use crate::cli::verdict;
use crate::config::settings::{Collection, Limits, Reporters, Settings};
use crate::domain::authority::AuthorityCode;
use crate::domain::check::LOOKING_BACK;
use crate::domain::quarter::Quarter;
use crate::pipeline::{beside, loading};
use crate::read::changes;
use crate::read::code::Refusal;
use crate::read::reading::{Expected, OtherQuarters, Reading};
use crate::read::replacing::Size;
use crate::read::validate::understand;
use crate::store::journal::Journal;
use crate::store::open::Store;
use crate::store::returns::{self, Counting};
use crate::store::withdrawn::withdrawn;

/// Reads and validates a file as `receive` would, and prints what it would say.
///
/// Against an earlier version it also prints what changed.
///
/// # Errors
/// When the configuration or the command line is wrong, or the file is not there.
pub fn verify(with: &With, arguments: &VerifyArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let of = &arguments.of;
    let subject = Subject::of(&settings, of)?;
    let outcome = read(with, &settings, &subject, &of.file, Beside::Held)?;
    let earlier = match &arguments.against {
        Some(file) => match read(with, &settings, &subject, file, Beside::Nothing)? {
            Ok(earlier) => Some(earlier),
            Err(refusal) => {
                let words = format!("cannot compare with `{}`: {}", file.display(), refusal.reason);
                return Err(UsageError(words).into());
            }
        },
        None => None,
    };
    let changes = outcome.as_ref().ok().zip(earlier.as_ref()).map(|(new, old)| changes::between(old, new));
    verdict::show(&outcome, changes.as_ref(), of.print.format)?;
    if outcome.is_ok() && of.print.format == Format::Table && subject.authority.is_some() {
        say_what_is_not_asked(&settings)?;
    }
    Ok(ending(&outcome))
}

/// A file alone does not tell what the checks say that look back.
fn say_what_is_not_asked(settings: &Settings) -> Result<()> {
    let asked = LOOKING_BACK.iter().filter(|(name, by_default)| settings.analysis.asks(name, *by_default));
    let names: Vec<&str> = asked.map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = names.join(", ");
    print::say(format_args!("not asked here, because earlier figures are needed: {names}"))
}

/// What is held of the return, where this machine has a state that can be read now.
fn held(settings: &Settings, subject: &Subject<'_>) -> Option<Held> {
    let (authority, quarter) = subject.authority.as_ref().zip(subject.quarter)?;
    // A submitter's own machine has none, and a run may have it in use.
    let store = Store::open_read_only(&settings.state, &settings.limits).ok()?;
    let withdrawn = withdrawn(&Journal::read(&settings.state).ok()?);
    let name = &subject.collection.name;
    let before = returns::counting(store.connection(), name, authority, quarter, &withdrawn).ok()?;
    Some(Held { store, withdrawn, before })
}

/// What is held, as this machine knows it.
struct Held {
    store: Store,
    withdrawn: BTreeSet<u64>,
    before: Option<Counting>,
}

fn read(
    with: &With,
    settings: &Settings,
    subject: &Subject<'_>,
    file: &Path,
    beside: Beside,
) -> Result<Result<Reading, Refusal>> {
    let bytes = contents(file, &settings.limits)?;
    let layouts = &subject.collection.layouts;
    let grid = loading::rows(&print::program(), &settings.limits, &bytes, &file_name(file), layouts)?;
    let grid = match grid {
        Ok(grid) => grid,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let expected = Expected {
        collection: &subject.collection.name,
        cadence: subject.collection.cadence,
        authority: subject.authority.as_ref(),
        quarter: subject.quarter,
        indicators: &settings.indicators,
        layouts,
        authorities: &settings.authorities,
        today: print::day(settings, print::now(with)),
        other_quarters: OtherQuarters::SetAside,
    };
    let outcome = understand(&grid, &expected);
    if beside == Beside::Nothing {
        return Ok(outcome);
    }
    let held = held(settings, subject);
    let before = held.as_ref().and_then(|held| held.before.as_ref());
    let judged = outcome
        .and_then(|reading| beside::may_count(settings, &bytes, reading, before, Size::Expected))
        .map(|mut reading| {
            if let Some(held) = &held {
                let connection = held.store.connection();
                // What cannot be compared is not said.
                let others =
                    beside::other_quarters(connection, (&grid, &reading), &expected, &held.withdrawn);
                reading.remarks.extend(others.unwrap_or_default());
            }
            reading
        });
    Ok(judged)
}

/// What a file is looked at beside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// What is held of the return.
    Held,
    /// Nothing: it is only there to be compared with.
    Nothing,
}

/// The bytes of the file; of one that is too large, one byte more than is taken.
///
/// # Errors
/// When the file is not there, or no file: the command line is wrong.
pub fn contents(file: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let unreadable = || UsageError(format!("cannot read `{}`", file.display()));
    let found = fs::metadata(file).with_context(unreadable)?;
    if !found.is_file() {
        return Err(UsageError(format!("`{}` is no file", file.display())).into());
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(unreadable)?;
    opened.take(limits.file_bytes_max.saturating_add(1)).read_to_end(&mut bytes).with_context(unreadable)?;
    Ok(bytes)
}

/// The file's own name.
#[must_use]
pub fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a file is said to be.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// The authority; none for a publisher's file.
    pub authority: Option<AuthorityCode>,
    /// The quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
}

impl<'a> Subject<'a> {
    /// Checks what the command line says of a file.
    ///
    /// # Errors
    /// When collection, authority or quarter is missing or unknown.
    pub fn of(settings: &'a Settings, arguments: &FileArguments) -> Result<Self> {
        let collection = print::collection(settings, &arguments.collection)?;
        if collection.reporters == Reporters::Publisher {
            return Ok(Self { collection, authority: None, quarter: None });
        }
        let needed = |what: &str| {
            UsageError(format!(
                "a return of `{}` needs --{what}, which says whose and for when",
                collection.name
            ))
        };
        let authority = arguments.authority.as_deref().ok_or_else(|| needed("authority"))?;
        let quarter = arguments.quarter.as_deref().ok_or_else(|| needed("quarter"))?;
        let authority = print::authority(settings, authority)?.code.clone();
        Ok(Self { collection, authority: Some(authority), quarter: Some(print::quarter(quarter)?) })
    }
}

/// 0 when every row was accepted, 1 otherwise.
#[must_use]
pub fn ending(outcome: &Result<Reading, Refusal>) -> Ending {
    match outcome {
        Ok(reading) if reading.quarantined.is_empty() => Ending::Done,
        _ => Ending::SomeFailed,
    }
}
