//! What is told to, and asked of, the world outside: heartbeat, metrics, newer bank holidays.

use std::path::{Path, PathBuf};

use crate::config::checked::{Desk, web};
use crate::config::settings::{Heartbeat, NewerHolidays};
use crate::config::shape::Read;
use crate::config::written::quarterdeck::QuarterdeckToml;

/// The addresses that are asked for after each run.
#[must_use]
pub fn heartbeat(main: &Read<QuarterdeckToml>, folder: &Path) -> Option<Heartbeat> {
    let typed = main.value.as_ref()?.heartbeat.as_ref()?;
    Some(Heartbeat {
        url_file: folder.join(&typed.url_file),
        failure_url_file: typed.failure_url_file.as_ref().map(|file| folder.join(file)),
    })
}

/// The file of figures about the daemon.
#[must_use]
pub fn metrics_file(main: &Read<QuarterdeckToml>, folder: &Path) -> Option<PathBuf> {
    Some(folder.join(&main.value.as_ref()?.metrics.as_ref()?.file))
}

/// Where newer bank holidays come from.
pub fn newer_holidays(main: &Read<QuarterdeckToml>, desk: &mut Desk) -> Option<NewerHolidays> {
    let value = main.value.as_ref()?;
    let typed = value.bank_holidays_url.as_ref()?;
    if let Some(why) = web::wrong(typed) {
        desk.problem(&main.text, &typed.span, format!("`bank_holidays_url = \"{}\"`: {why}", typed.value));
    }
    Some(NewerHolidays { url: typed.value.clone(), division: value.bank_holidays.as_ref()?.value.clone() })
}
