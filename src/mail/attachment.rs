//! Files that go with a letter.

use chrono::{DateTime, Utc};

use crate::domain::message::{Attachment, Cell, Letter};
use crate::mail::calendar_file;
use crate::mail::render::RenderError;

/// Bytes of all files of one message together; base64 makes a third more of them.
const BYTES_MAX: usize = 6_500_000;

/// A file as it goes into a MIME part.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Letters, digits, `-`, `_` and `.` only.
    pub(crate) name: String,
    /// The whole Content-Type.
    pub(crate) content_type: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// The letter's files, and a sentence for each that was too large to go along.
pub(crate) fn files(letter: &Letter, instance: &str) -> Result<(Vec<File>, Vec<String>), RenderError> {
    let mut room = BYTES_MAX;
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for attachment in &letter.attachments {
        let file = file(attachment, instance, letter.queued_at)?;
        if let Some(rest) = room.checked_sub(file.bytes.len()) {
            room = rest;
            taken.push(file);
        } else {
            let megabytes = file.bytes.len().div_ceil(1_000_000);
            left_out.push(format!(
                "The file {} is not attached: with {megabytes} MB it is larger than mail servers take.",
                file.name
            ));
        }
    }
    Ok((taken, left_out))
}

fn file(attachment: &Attachment, instance: &str, queued_at: DateTime<Utc>) -> Result<File, RenderError> {
    match attachment {
        Attachment::Figures { file_name, columns, rows } => Ok(File {
            name: plain_name(file_name, "csv"),
            content_type: "text/csv; charset=utf-8; header=present".to_owned(),
            bytes: figures(columns, rows)?,
        }),
        Attachment::Calendar(entry) => Ok(File {
            name: plain_name(&entry.uid_stem, "ics"),
            content_type: format!("text/calendar; charset=utf-8; method={}", calendar_file::method(entry)),
            bytes: calendar_file::write(entry, instance, queued_at).into_bytes(),
        }),
    }
}

/// CSV for people: a byte order mark, so that Excel reads UTF-8, and CRLF lines.
fn figures(columns: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, RenderError> {
    let failed = |error: csv::Error| RenderError::Figures { reason: error.to_string() };
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(columns.iter().map(|heading| guarded(heading))).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(field)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| RenderError::Figures { reason: error.to_string() })
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => guarded(text),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::Number(_) | Cell::Empty => String::new(),
    }
}

/// An apostrophe before text that a spreadsheet would take for a formula; numbers never come here.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn plain_name(name: &str, ending: &str) -> String {
    let stem = name.strip_suffix(&format!(".{ending}")).unwrap_or(name);
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .take(80)
        .collect();
    format!("{}.{ending}", plain.trim_matches(['.', '-']))
}
