//! What a file is, by its first bytes; its name must not say otherwise.

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::read::code::Refusal;
use crate::read::text;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with separators: `csv::delimited`.
    Delimited,
    /// JSON: `json::json`.
    Json,
    /// A workbook, a ZIP archive or a gzip file: `packed::packed`, in a child process.
    Packed,
}

/// The endings that say what a file is, longest first where one ends with another.
const ENDINGS: [&str; 12] =
    ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx", "xlsm", "xls", "ods", "zip", "gz"];
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEAD_BYTES: usize = 512;

/// The format of these bytes. What is packed is not opened here.
///
/// # Errors
/// When the file is empty, a page, an error message, another kind of document, binary, or not what its name
/// says.
pub fn sniff(bytes: &[u8], file_name: &str) -> Result<Format, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace)
        || matches!(bytes, [0xef, 0xbb, 0xbf] | [0xff, 0xfe] | [0xfe, 0xff])
    {
        return Err(Refusal::new("empty-file", "the file is empty: send the return again"));
    }
    let ending = ending(file_name);
    if bytes.starts_with(b"PK") || bytes.starts_with(&[0x1f, 0x8b]) || is_compound(bytes) {
        return match ending.filter(|ending| is_text(ending)) {
            None => Ok(Format::Packed),
            Some(ending) => {
                let (name, kind) = (text::shown(file_name), "a workbook or an archive");
                let reason = format!("`{name}` is {kind}, not what .{ending} says: name it as what it is");
                Err(Refusal::new("type-mismatch", reason))
            }
        };
    }
    if let Some((code, reason)) = document(bytes).or_else(|| unreadable_text(bytes)) {
        return Err(Refusal::new(code, reason));
    }
    let looks = markup(bytes);
    if looks == Markup::Page {
        let reason =
            "the file is a web page (perhaps a sign-in page), not a return: fetch or export it again";
        return Err(Refusal::new("html-page", reason));
    }
    match ending {
        Some(ending) if !is_text(ending) => {
            let name = text::shown(file_name);
            let reason =
                format!("`{name}` holds text, not what .{ending} says: name it .csv, or save it anew");
            Err(Refusal::new("type-mismatch", reason))
        }
        Some("json" | "jsonl" | "ndjson") => Ok(Format::Json),
        None if looks == Markup::Json => Ok(Format::Json),
        _ if looks == Markup::Json => {
            let reason = "the file is JSON (perhaps an error message), not what its name says: name it .json";
            Err(Refusal::new("json-body", reason))
        }
        _ => Ok(Format::Delimited),
    }
}

/// The ending of a file's name, when it is one that says what the file is.
pub(crate) fn ending(file_name: &str) -> Option<&'static str> {
    let (_, ending) = file_name.rsplit_once('.')?;
    ENDINGS.into_iter().find(|known| known.eq_ignore_ascii_case(ending))
}

fn is_text(ending: &str) -> bool {
    matches!(ending, "csv" | "tsv" | "txt" | "json" | "jsonl" | "ndjson")
}

/// Whether these are the first bytes of an OLE compound file: an old workbook, or a protected new one.
pub(crate) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(&COMPOUND)
}

/// Documents and archives that are not read, by their first bytes.
fn document(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let archives: [&[u8]; 5] = [b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    if archives.iter().any(|start| bytes.starts_with(start)) || bytes.get(257..262) == Some(b"ustar") {
        return Some((
            "compressed-file",
            "the file is an archive of a kind that is not read: send it as ZIP",
        ));
    }
    if bytes.starts_with(b"%PDF") {
        return Some(("pdf-document", "the file is a PDF: send the return as CSV or XLSX"));
    }
    if bytes.starts_with(b"{\\rtf") {
        return Some(("binary-content", "the file is a text document: send the return as CSV or XLSX"));
    }
    None
}

fn unreadable_text(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Some(("encoding-unknown", "the file is in UTF-32: save it as UTF-8"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    let head = bytes.get(..8192).unwrap_or(bytes);
    let nuls = head.split(|byte| *byte == 0).count() - 1;
    if nuls * 10 > head.len() {
        let even = head.iter().step_by(2).filter(|byte| **byte == 0).count();
        return Some(if even * 10 > nuls * 9 || even * 10 < nuls {
            ("encoding-unknown", "the file seems to be UTF-16 without a byte order mark: save it as UTF-8")
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    Page,
    Json,
    None,
}

fn markup(bytes: &[u8]) -> Markup {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let decoded = match head {
        [0xff, 0xfe, rest @ ..] => Some(UTF_16LE.decode_without_bom_handling(rest).0),
        [0xfe, 0xff, rest @ ..] => Some(UTF_16BE.decode_without_bom_handling(rest).0),
        _ => None,
    };
    let text = decoded.as_ref().map_or(bytes, |text| text.as_bytes());
    let body = text.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(text).trim_ascii_start();
    let after = |skip: usize| body.get(skip..).unwrap_or_default().trim_ascii_start().first().copied();
    match body.first().copied() {
        Some(b'<') => Markup::Page,
        Some(b'{') => Markup::Json,
        Some(b'[') if matches!(after(1), Some(b'{' | b'[' | b'"' | b']')) => Markup::Json,
        _ => Markup::None,
    }
}
