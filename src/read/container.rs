//! A ZIP or gzip file that holds one return, and nothing else that counts.

use std::io::Read;

use flate2::bufread::GzDecoder;

use crate::config::settings::Limits;
use crate::read::archive::{self, Archive, RATIO_FROM_BYTES, RATIO_MAX};
use crate::read::code::Refusal;
use crate::read::grid::GridRemark;
use crate::read::text;

const ENTRIES_MAX: usize = 100;
const STEP_BYTES: u64 = 64 * 1024;
/// What computers add to an archive by themselves.
const LITTER: [&str; 3] = [".ds_store", "thumbs.db", "desktop.ini"];
/// The kinds of a Unix file, in its mode.
const KINDS: u32 = 0o170_000;
const PLAIN_FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// What came out of a container.
pub(crate) struct Unpacked {
    /// The return.
    pub(crate) bytes: Vec<u8>,
    /// Its name, as the archive has it; for gzip the container's, without `.gz`.
    pub(crate) file_name: String,
    /// What was odd.
    pub(crate) remarks: Vec<GridRemark>,
}

/// The one file of a ZIP archive. Nothing is written anywhere, so its name is only looked at.
pub(crate) fn from_zip(archive: &mut Archive<'_>, limits: &Limits) -> Result<Unpacked, Refusal> {
    let count = archive.len();
    if count > ENTRIES_MAX {
        let reason = format!("the ZIP archive holds {count} files: send one return, alone");
        return Err(Refusal::new("too-many-entries", reason));
    }
    let mut remarks = Vec::new();
    let mut returns = Vec::new();
    let mut litter = Vec::new();
    for index in 0..count {
        let entry = archive.by_index_raw(index).map_err(|error| archive::broken(&error))?;
        let name = name(entry.name_raw(), &mut remarks)?;
        let kind = entry.unix_mode().unwrap_or_default() & KINDS;
        if !matches!(kind, 0 | PLAIN_FILE | FOLDER) {
            let reason = format!(
                "`{}` in the ZIP archive is a link or a device: send the file itself",
                text::shown(&name)
            );
            return Err(Refusal::new("archive-path", reason));
        }
        if is_litter(&name) {
            litter.push(name);
        } else if !(name.ends_with('/') && entry.size() == 0) {
            returns.push((index, name));
        }
    }
    archive::declared(archive, limits)?;
    let names: Vec<&str> = returns.iter().map(|(_, name)| name.as_str()).collect();
    if names.len() > 1 {
        let reason = format!("the ZIP archive holds {}: send one return, alone", text::listed(&names, 5));
        return Err(Refusal::new("ambiguous-file", reason));
    }
    let Some((index, file_name)) = returns.pop() else {
        return Err(Refusal::new("empty-file", "the ZIP archive holds no file: send the return again"));
    };
    if !litter.is_empty() {
        let names = text::listed(&litter, 5);
        remarks.push(GridRemark::whole(
            "archive-litter",
            format!("the ZIP archive also holds {names}, not read"),
        ));
    }
    let entry = archive.by_index(index).map_err(|error| archive::broken(&error))?;
    let bytes = archive::whole(entry, &file_name, limits.unpacked_bytes_max)?;
    Ok(Unpacked { bytes, file_name, remarks })
}

/// The name of an entry, for people. It must be one that could be unpacked without harm.
fn name(raw: &[u8], remarks: &mut Vec<GridRemark>) -> Result<String, Refusal> {
    let name = if let Ok(name) = std::str::from_utf8(raw) {
        name.to_owned()
    } else {
        let name = raw.escape_ascii().to_string();
        let text = format!("the name `{}` in the ZIP archive is not in UTF-8", text::shown(&name));
        remarks.push(GridRemark::whole("file-name", text));
        name
    };
    let shown = text::shown(&name);
    if name.chars().any(|c| c.is_control() || text::is_invisible(c)) {
        let reason =
            format!("the name `{shown}` in the ZIP archive holds control characters: rename the file");
        return Err(Refusal::new("file-name", reason));
    }
    let leads_out = name.split(['/', '\\']).any(|part| part == "..");
    let is_absolute = name.starts_with('/') || raw.contains(&b'\\') || name.chars().nth(1) == Some(':');
    if leads_out || is_absolute || name.is_empty() {
        let reason = format!("the name `{shown}` in the ZIP archive leads out of it: send the file itself");
        return Err(Refusal::new("archive-path", reason));
    }
    Ok(name)
}

fn is_litter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("__MACOSX/") || LITTER.contains(&last.as_str())
}

/// The file in a gzip stream, with its checksum compared.
///
/// Several streams in a row are one file, as RFC 1952 has it, and are remarked.
pub(crate) fn from_gzip(bytes: &[u8], file_name: &str, limits: &Limits) -> Result<Unpacked, Refusal> {
    let mut rest = bytes;
    let mut unpacked = Vec::new();
    let mut members = 0_u32;
    while !rest.is_empty() {
        if !rest.starts_with(&[0x1f, 0x8b]) {
            let reason = "something follows the compressed file: compress the return again";
            return Err(Refusal::new("corrupt-part", reason));
        }
        let mut decoder = GzDecoder::new(rest);
        member(&mut decoder, bytes.len(), &mut unpacked, limits)?;
        rest = decoder.into_inner();
        members += 1;
    }
    let mut remarks = Vec::new();
    if members > 1 {
        let text = format!("the gzip file has {members} parts, which were read as one file");
        remarks.push(GridRemark::whole("gzip-members", text));
    }
    let stem = file_name.len().checked_sub(3).filter(|_| file_name.to_ascii_lowercase().ends_with(".gz"));
    let file_name = stem.and_then(|stem| file_name.get(..stem)).unwrap_or(file_name).to_owned();
    Ok(Unpacked { bytes: unpacked, file_name, remarks })
}

fn member(
    decoder: &mut GzDecoder<&[u8]>,
    packed: usize,
    unpacked: &mut Vec<u8>,
    limits: &Limits,
) -> Result<(), Refusal> {
    loop {
        let before = unpacked.len();
        if decoder.by_ref().take(STEP_BYTES).read_to_end(unpacked).is_err() {
            let reason = "the compressed file is cut off or damaged: send it again";
            return Err(Refusal::new("truncated-body", reason));
        }
        if unpacked.len() == before {
            return Ok(());
        }
        let read = packed.saturating_sub(decoder.get_ref().len());
        let (read, written) = (wide(read), wide(unpacked.len()));
        if written > limits.unpacked_bytes_max || (written > RATIO_FROM_BYTES && written / RATIO_MAX > read) {
            return Err(archive::bomb());
        }
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
