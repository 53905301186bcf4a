//! What a file is, by its first bytes; its name must not say otherwise.

use std::io::Cursor;

use zip::ZipArchive;

use crate::read::code::Refusal;
use crate::read::text;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with separators: `csv::delimited`.
    Delimited,
    /// An XLSX workbook: `workbook::workbook`, in a child process.
    Workbook,
}

/// The format of these bytes.
///
/// # Errors
/// When the file is empty, a page, an error message, another kind of document, or binary.
pub fn sniff(bytes: &[u8], file_name: &str) -> Result<Format, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::new("empty-file", "the file is empty: send the return again"));
    }
    if bytes.starts_with(b"PK") {
        return zipped(bytes);
    }
    if let Some((code, reason)) = document(bytes) {
        return Err(Refusal::new(code, reason));
    }
    if let Some((code, reason)) = unreadable_text(bytes) {
        return Err(Refusal::new(code, reason));
    }
    if let Some((code, reason)) = markup(bytes) {
        return Err(Refusal::new(code, reason));
    }
    let lower = file_name.to_ascii_lowercase();
    let ending = [".xlsx", ".xlsm", ".xls", ".ods"].into_iter().find(|ending| lower.ends_with(ending));
    if let Some(ending) = ending {
        let name = text::shown(file_name);
        let reason = format!("`{name}` holds text, not a workbook: save it as a workbook, or name it .csv");
        return Err(Refusal::new(
            "type-mismatch",
            reason.replace(".csv", &format!(".csv instead of {ending}")),
        ));
    }
    Ok(Format::Delimited)
}

fn zipped(bytes: &[u8]) -> Result<Format, Refusal> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
        Refusal::new(
            "broken-workbook",
            format!("the workbook cannot be opened ({error}): save and send it again"),
        )
    })?;
    if archive.index_for_name("mimetype").is_some() && archive.index_for_name("content.xml").is_some() {
        return Err(Refusal::new(
            "open-document",
            "OpenDocument sheets are not read: save the file as .xlsx or .csv",
        ));
    }
    let is_workbook = archive.index_for_name("[Content_Types].xml").is_some()
        || archive.index_for_name("xl/workbook.xml").is_some();
    if is_workbook {
        return Ok(Format::Workbook);
    }
    Err(Refusal::new(
        "compressed-file",
        "the file is a ZIP archive, not a workbook: send the CSV or XLSX itself",
    ))
}

fn document(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(mark.len()).any(|window| window == mark);
        return Some(if encrypted {
            ("encrypted", "the workbook is protected with a password: remove the password and send it again")
        } else {
            ("old-workbook", "the file is an old .xls workbook: save it as .xlsx or .csv")
        });
    }
    if bytes.starts_with(b"%PDF") {
        return Some(("pdf-document", "the file is a PDF: send the return as CSV or XLSX"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(("compressed-file", "the file is compressed with gzip: send it uncompressed"));
    }
    None
}

fn unreadable_text(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Some(("encoding-unknown", "the file is in UTF-32: save it as CSV UTF-8"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    let head = bytes.get(..8192).unwrap_or(bytes);
    let nuls = head.split(|byte| *byte == 0).count() - 1;
    if nuls * 10 > head.len() {
        let even = head.iter().step_by(2).filter(|byte| **byte == 0).count();
        return Some(if even * 10 > nuls * 9 || even * 10 < nuls {
            (
                "encoding-unknown",
                "the file seems to be UTF-16 without a byte order mark: save it as CSV UTF-8",
            )
        } else {
            ("binary-content", "the file holds binary content, not text: send the return as CSV or XLSX")
        });
    }
    let controls = head.iter().filter(|byte| **byte < 0x20 && !byte.is_ascii_whitespace()).count();
    (controls * 20 > head.len()).then_some((
        "binary-content",
        "the file holds binary content, not text: send the return as CSV or XLSX",
    ))
}

fn markup(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let body = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes).trim_ascii_start();
    let after = |skip: usize| body.get(skip..).unwrap_or_default().trim_ascii_start().first().copied();
    match body.first().copied() {
        Some(b'<') => Some((
            "html-page",
            "the file is a web page (perhaps a sign-in page), not a return: fetch or export it again",
        )),
        Some(b'{') => {
            Some(("json-body", "the file is JSON (perhaps an error message), not a return: send CSV or XLSX"))
        }
        Some(b'[') if matches!(after(1), Some(b'{' | b'[' | b'"' | b']')) => {
            Some(("json-body", "the file is JSON, not a return: send CSV or XLSX"))
        }
        _ => None,
    }
}
