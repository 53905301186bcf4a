//! After a run: the world outside hears that it went well or did not, and gets the figures about it.
//!
//! Nothing here is a failure of the run: what cannot be told is a warning in the log.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use crate::collect::page::{self, Bounds};
use crate::config::settings::{Heartbeat, PrivateAddresses, Settings};
use crate::pipeline::metering::{self, Measured};
use crate::pipeline::opening::Walk;
use crate::pipeline::picture::Picture;
use crate::pipeline::{Report, Step};
use crate::store::journal::{Journal, Line};
use crate::store::totals;

const SECONDS_MAX: u64 = 10;

/// Nobody reads the answer.
const BYTES_MAX: usize = 1 << 20;

/// How a run ended, for whoever listens outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// It was done, though some returns or messages may have failed: that is in the notice to the operator.
    Done,
    /// It could not be done, died, or could reach nobody by mail.
    Failed,
}

/// Asks for the address of a heartbeat; does nothing when there is none.
///
/// Opens nothing of the state. Needs a tokio runtime and a process-wide rustls provider.
///
/// # Errors
/// In words without the address.
pub async fn beat(heartbeat: Option<&Heartbeat>, beat: Beat) -> Result<(), String> {
    let file = match beat {
        Beat::Done => heartbeat.map(|it| &it.url_file),
        Beat::Failed => heartbeat.and_then(|it| it.failure_url_file.as_ref()),
    };
    let Some(file) = file else { return Ok(()) };
    let address = address(file)?;
    // Written by the operator and not redirected: it may well be inside our own network.
    let bounds =
        Bounds { seconds: SECONDS_MAX, bytes_max: BYTES_MAX, private_addresses: PrivateAddresses::Allowed };
    page::get(address.expose_secret(), bounds).await.map(drop).map_err(|error| error.to_string())
}

/// The address in its file; who knows it can pretend.
fn address(file: &Path) -> Result<SecretString, String> {
    let refuse = |why: &str| format!("cannot use `{}`: {why}", file.display());
    let text = fs::read_to_string(file).map_err(|error| refuse(&error.to_string()))?;
    let text = SecretString::from(text);
    match text.expose_secret().trim() {
        "" => Err(refuse("it is empty; write the address into it")),
        one if one.contains(char::is_whitespace) => Err(refuse("it has more than one line or word")),
        one => Ok(SecretString::from(one)),
    }
}

/// Tells of a walk that was open: metrics after each, a heartbeat after one that had everything to do.
pub async fn after_walk(
    walk: &Walk<'_>,
    only: Option<Step>,
    report: Option<&Report>,
    took: Option<Duration>,
) {
    let totals = totals::totals(walk.store.connection())
        .map_err(|cause| tracing::warn!(%cause, "cannot count for the metrics"))
        .ok();
    measure(walk.settings, walk.journal.lines(), &Measured { now: walk.now, totals, took });
    if only.is_none() {
        let reached = report.is_some_and(|report| !report.mail_is_barred);
        send(walk.settings, if reached { Beat::Done } else { Beat::Failed }).await;
    }
}

/// Tells of a run that could not even open the state.
pub async fn after_no_walk(settings: &Settings, now: DateTime<Utc>) {
    if let Ok(lines) = Journal::read(&settings.state) {
        measure(settings, &lines, &Measured { now, totals: None, took: None });
    }
    send(settings, Beat::Failed).await;
}

async fn send(settings: &Settings, kind: Beat) {
    if let Err(why) = beat(settings.heartbeat.as_ref(), kind).await {
        tracing::warn!(%why, "the heartbeat could not be sent");
    }
}

fn measure(settings: &Settings, lines: &[Line], measured: &Measured) {
    let Some(file) = &settings.metrics_file else { return };
    let text = metering::text(settings, &Picture::of(settings, lines, measured.now), measured);
    if let Err(cause) = metering::write(file, &text) {
        tracing::warn!(%cause, file = %file.display(), "the metrics could not be written");
    }
}
