//! `demo`: the whole job on synthetic returns, from loopback HTTP to a folder of messages.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::arguments::{DemoArguments, Format, With};
use crate::cli::exit::Ending;
use crate::cli::findings::Kept;
use crate::cli::once;
use crate::cli::print;
use crate::cli::print::{Rows, UsageError};
use crate::config::files::Files;
use crate::config::settings::Settings;
use crate::config::{self, SHIPPED};
use crate::demo::index::{self, Entry, Head};
use crate::demo::plan::Plan;
use crate::demo::publication;
use crate::demo::server::Server;
use crate::demo::story::{self, Evidence, FoundFinding, FoundReturn};
use crate::domain::message::Letter;
use crate::mail;
use crate::pipeline::{Progress, Report, composing};
use crate::store::grid;

const NOTICE: &str = "Every figure here is synthetic: made up by `quarterdeck demo`, and true of nobody.";
const TOKEN: &str = "loopback-only";

/// Serves, collects, loads, checks, composes and delivers a made-up year, and says what it found.
///
/// # Errors
/// When the folder is not new, or a step of the walk could not be done.
pub fn demo(with: &With, arguments: &DemoArguments) -> Result<Ending> {
    let folder = &arguments.folder;
    if folder.exists() && fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()) {
        return Err(UsageError(format!("`{}` is not empty; name a new folder", folder.display())).into());
    }
    let plan = Plan { seed: arguments.seed, ..Plan::shipped()? };
    let stage = Stage::set(folder, &plan)?;
    let days = days(&stage.settings, &plan);
    let total = walk_the_year(&stage, &days)?;
    let evidence = evidence(&stage, with)?;
    write_index(&stage, &total)?;
    table(&stage, &total).print(Format::Table)?;
    let command = format!("quarterdeck --config {}", stage.folder.join("config").display());
    print::say(format_args!(
        "{}",
        story::closing_lines(&story::endings(&plan, &stage.settings.authorities, &evidence), &command)
    ))?;
    print::say(format_args!("Open {} to read every message.", stage.folder.join("index.html").display()))?;
    Ok(if total.failures.is_empty() { Ending::Done } else { Ending::SomeFailed })
}

/// The demonstration's own configuration, server and folder.
struct Stage {
    folder: PathBuf,
    settings: Settings,
    server: Server,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Stage {
    fn set(folder: &Path, plan: &Plan) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let folder = folder.canonicalize()?;
        let shipped =
            config::load_files(&Files::shipped(&folder.join("config")), &folder.join("config"))?.settings;
        let first = days(&shipped, plan).first().copied().unwrap_or_default();
        let publications = publication::publications(&shipped, plan)?;
        let server =
            Server::start(publications, TOKEN, first).context("cannot serve the synthetic returns")?;
        write_configuration(&folder, &server.url_template())?;
        let settings = config::load(&folder.join("config"))?;
        Ok(Self { folder, settings, server, letters: Arc::default() })
    }
}

/// The shipped configuration, with the demonstration's address, token, folders and notice.
fn write_configuration(folder: &Path, url: &str) -> Result<()> {
    let into = folder.join("config");
    config::write_shipped(&into).with_context(|| format!("cannot write `{}`", into.display()))?;
    let path = into.join("quarterdeck.toml");
    let shipped = SHIPPED.iter().find(|(name, _)| *name == "quarterdeck.toml").map_or("", |(_, text)| text);
    let mut typed: toml::Table = shipped.parse().context("the shipped quarterdeck.toml is not TOML")?;
    adapt(&mut typed, url);
    fs::write(&path, format!("# Written by `quarterdeck demo`.\n{typed}"))?;
    let token = folder.join("token");
    fs::write(&token, TOKEN)?;
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

fn adapt(typed: &mut toml::Table, url: &str) {
    typed.insert("state".to_owned(), "../state".into());
    if let Some(region) = typed.get_mut("region").and_then(toml::Value::as_table_mut) {
        region.insert("notice".to_owned(), NOTICE.into());
    }
    // What is walked is what is planned, or the operator would be told of what did not happen.
    if let Some(backup) = typed.get_mut("backup").and_then(toml::Value::as_table_mut) {
        backup.insert("cron".to_owned(), "0 3 1 1 *".into());
    }
    if let Some(schedule) = typed.get_mut("schedule").and_then(toml::Value::as_table_mut) {
        schedule.insert("collect".to_owned(), "0 8 * * MON-FRI".into());
    }
    if let Some(mail) = typed.get_mut("mail").and_then(toml::Value::as_table_mut) {
        mail.insert("folder".to_owned(), toml::toml! { path = "../mail" }.into());
        mail.remove("smtp");
        mail.insert("per_recipient_per_day".to_owned(), 100.into());
    }
    let collections = typed.get_mut("collection").and_then(toml::Value::as_array_mut);
    for collection in collections.into_iter().flatten().filter_map(toml::Value::as_table_mut) {
        let is_quarterly = collection.get("name").and_then(toml::Value::as_str) == Some("quarterly");
        if is_quarterly {
            let source = collection.get_mut("http").and_then(toml::Value::as_table_mut);
            if let Some(source) = source {
                source.insert("url".to_owned(), url.into());
                source.insert("private_addresses".to_owned(), "allowed".into());
                source.insert("bearer".to_owned(), toml::toml! { token_file = "../token" }.into());
            }
        } else {
            collection.remove("folder");
            collection.remove("http");
            collection.remove("due_working_days");
        }
    }
}

/// The mornings that are walked: the last of a quarter, on which history is loaded, then every working day of
/// the quarter's collection.
fn days(settings: &Settings, plan: &Plan) -> Vec<DateTime<Utc>> {
    let Some(last) = plan.quarters().last().copied() else { return Vec::new() };
    let calendar = &settings.calendar;
    let end = calendar.plus(publication::due_day(settings, last), 15);
    let mut mornings = vec![morning(settings, calendar.on_or_before(last.last_day()))];
    let mut day = last.last_day();
    while day < end {
        day = calendar.plus(day, 1);
        mornings.push(morning(settings, day));
    }
    mornings
}

fn morning(settings: &Settings, day: NaiveDate) -> DateTime<Utc> {
    let eight = day.and_hms_opt(8, 0, 0).unwrap_or_default();
    settings
        .zone
        .from_local_datetime(&eight)
        .earliest()
        .map_or_else(|| Utc.from_utc_datetime(&eight), |local| local.with_timezone(&Utc))
}

/// Walks each morning; where no terminal shows bars, each is a line on standard error.
fn walk_the_year(stage: &Stage, days: &[DateTime<Utc>]) -> Result<Report> {
    let bars = MultiProgress::new();
    let (year, step) = (bars.add(ProgressBar::new(days.len() as u64)), bars.add(ProgressBar::new(0)));
    let style = ProgressStyle::with_template("{msg:22} {bar:40} {pos}/{len}")?;
    year.set_style(style.clone());
    step.set_style(style);
    let mut total = Report::default();
    for (at, day) in days.iter().enumerate() {
        stage.server.pretend(*day);
        let shown = day.with_timezone(&stage.settings.zone).format("%a %-d %b %Y").to_string();
        if year.is_hidden() {
            print::complain(format_args!("{shown} ({} of {} mornings)", at + 1, days.len()));
        }
        year.set_message(shown);
        let report = once::walk(&stage.settings, *day, None, watcher(stage, step.clone()))?;
        add(&mut total, report);
        year.inc(1);
    }
    step.finish_and_clear();
    year.finish();
    Ok(total)
}

/// Shows progress, and keeps each letter for the pages of the index.
fn watcher(stage: &Stage, bar: ProgressBar) -> Box<dyn FnMut(Progress) + Send> {
    let letters = Arc::clone(&stage.letters);
    Box::new(move |progress| match progress {
        Progress::Written(letter) => {
            letters.lock().unwrap_or_else(PoisonError::into_inner).push(*letter);
        }
        other => once::show(&bar, &other),
    })
}

fn add(total: &mut Report, one: Report) {
    total.received += one.received;
    total.unchanged += one.unchanged;
    total.not_there += one.not_there;
    total.loaded += one.loaded;
    total.refused += one.refused;
    total.rows_accepted += one.rows_accepted;
    total.rows_quarantined += one.rows_quarantined;
    (total.open, total.informing) = (one.open, one.informing);
    total.changed += one.changed;
    total.queued += one.queued;
    total.sent += one.sent;
    total.failures.extend(one.failures);
}

fn evidence(stage: &Stage, with: &With) -> Result<Evidence> {
    let kept = Kept::open(&stage.settings, with)?;
    let findings = kept.findings.iter().flat_map(|one| {
        let open = one.moments.iter().filter(|(moment, _)| moment.state.is_open());
        open.map(|(moment, _)| FoundFinding {
            check: one.key.check.clone(),
            authority: one.key.authority.clone(),
            indicator: one.key.indicator.clone(),
            quarter: moment.quarter,
        })
    });
    let returns = grid::returns(kept.store.connection())?;
    let returns = returns.into_iter().filter_map(|row| {
        let received = row.first_received_at?.with_timezone(&stage.settings.zone).date_naive();
        Some(FoundReturn {
            authority: row.authority,
            quarter: row.quarter,
            versions: row.version?,
            late: row.due.is_some_and(|due| received > due),
        })
    });
    Ok(Evidence {
        findings: findings.collect(),
        returns: returns.collect(),
        suppressed: grid::suppressed(kept.store.connection())?,
    })
}

fn write_index(stage: &Stage, total: &Report) -> Result<()> {
    let pages = stage.folder.join("messages");
    fs::create_dir_all(&pages)?;
    let letters = stage.letters.lock().unwrap_or_else(PoisonError::into_inner);
    let voice = composing::voice_of(&stage.settings);
    let mut entries = Vec::new();
    for letter in letters.iter() {
        fs::write(pages.join(format!("{}.html", letter.key)), mail::page(letter, &voice)?)?;
        let recipient = stage.settings.recipients.iter().find(|one| one.id == letter.recipient);
        entries.push(Entry {
            recipient: letter.to_name.clone(),
            role: recipient.map_or_else(String::new, |one| one.role.word().replace('-', " ")),
            kind: letter.kind,
            subject: letter.subject.clone(),
            sent_at: letter.queued_at.with_timezone(&stage.settings.zone),
            page: format!("messages/{}.html", letter.key),
            eml: format!("mail/{}.eml", letter.key),
        });
    }
    let head = Head {
        title: format!("Quarterdeck: synthetic returns of the {}", stage.settings.region.name),
        notice: NOTICE.to_owned(),
        summary: vec![once::line(total)],
    };
    fs::write(stage.folder.join("index.html"), index::page(&head, &entries)?)?;
    Ok(())
}

/// What was received, found and sent.
fn table(stage: &Stage, total: &Report) -> Rows {
    let letters = stage.letters.lock().unwrap_or_else(PoisonError::into_inner);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in letters.iter() {
        *kinds.entry(letter.kind.word()).or_insert(0) += 1;
    }
    let asked = stage.server.asked();
    let mut rows = Rows::of(&["what", "count"]);
    let mut add = |what: String, count: u64| rows.rows.push(vec![json!(what), json!(count)]);
    add("files fetched".to_owned(), asked.fetched);
    add("polls answered `not changed` (304)".to_owned(), asked.unchanged);
    add("polls answered `not there yet` (404)".to_owned(), asked.not_there_yet);
    add("submissions loaded".to_owned(), total.loaded as u64);
    add("rows accepted".to_owned(), total.rows_accepted);
    add("rows quarantined".to_owned(), total.rows_quarantined);
    add("findings open at the end".to_owned(), total.open as u64);
    for (kind, count) in kinds {
        add(format!("{kind}s sent"), count as u64);
    }
    add("failures".to_owned(), total.failures.len() as u64);
    rows
}
