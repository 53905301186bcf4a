//! What is kept for ever, read back: a message or a received file that was damaged is looked for elsewhere.

use std::fs;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::config::settings::Settings;
use crate::domain::message::{Kind, Message, MessageKey};
use crate::domain::scope::EmailAddress;
use crate::store::backup;
use crate::store::journal::Line;
use crate::store::keep;
use crate::store::open::Store;
use crate::store::outbox;

/// Whether a file was what it was, or had to be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was as it was written.
    Whole,
    /// It was gone or damaged, and was written again from another place.
    Healed,
}

/// The file of a message in the folder of messages.
#[must_use]
pub fn file_name(key: &MessageKey) -> String {
    format!("{key}.eml")
}

/// The message that a `queued` line announces, as it was queued.
///
/// Its file is written again when it is damaged: from the database, or the newest backup that has it.
///
/// # Errors
/// When nobody has its bytes any more.
pub fn message(settings: &Settings, store: Option<&Store>, line: &Line) -> Result<(Message, Found)> {
    let text =
        |name: &str| line.detail.get(name).and_then(Value::as_str).context("its journal line is incomplete");
    let key = MessageKey::stored(&line.subject);
    let (bytes, found) = bytes(settings, store, &key, text("hash")?)?;
    let told = line.detail.get("told").cloned().unwrap_or_default();
    let message = Message {
        kind: Kind::parse(text("kind")?).context("its kind is not known")?,
        recipient: text("recipient")?.to_owned(),
        to: EmailAddress::parse(text("address")?)?,
        subject: text("subject")?.to_owned(),
        message_id: text("message_id")?.to_owned(),
        told: serde_json::from_value(told).unwrap_or_default(),
        queued_at: text("queued_at").ok().and_then(|at| at.parse().ok()).unwrap_or(line.at),
        key,
        bytes,
    };
    Ok((message, found))
}

fn bytes(
    settings: &Settings,
    store: Option<&Store>,
    key: &MessageKey,
    hash: &str,
) -> Result<(Vec<u8>, Found)> {
    let folder = settings.state.join(keep::MESSAGES);
    let name = file_name(key);
    let whole = |bytes: &Vec<u8>| keep::hash(bytes) == hash;
    let there = fs::read(folder.join(&name));
    let why = if there.is_ok() { "its file is no longer what was queued" } else { "its file is gone" };
    if let Some(bytes) = there.ok().filter(whole) {
        return Ok((bytes, Found::Whole));
    }
    let in_database = match store {
        Some(store) => outbox::messages(store.connection(), &[key.clone()].into())?.pop(),
        None => None,
    };
    let elsewhere = in_database
        .map(|message| message.bytes)
        .filter(whole)
        .or_else(|| backup::find(&settings.backup.folder, keep::MESSAGES, &name, hash))
        .ok_or_else(|| anyhow!("{why}, and neither the database nor a backup has it"))?;
    keep::write_durably(&folder, &name, &elsewhere).context("cannot write a message again")?;
    Ok((elsewhere, Found::Healed))
}

/// Makes sure that a received file is what it was; one that is gone or damaged comes from a backup.
///
/// # Errors
/// When nobody has its bytes any more.
pub fn received(settings: &Settings, hash: &str) -> Result<Found> {
    let Err(why) = keep::read_received(&settings.state, hash) else { return Ok(Found::Whole) };
    let bytes = backup::find(&settings.backup.folder, keep::RECEIVED, hash, hash)
        .with_context(|| format!("`received/{hash}`: {why}; no backup has it"))?;
    keep::write_durably(&settings.state.join(keep::RECEIVED), hash, &bytes)
        .context("cannot write a received file again")?;
    Ok(Found::Healed)
}
