//! What a file is, by its first bytes; its name must not say otherwise.

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::read::code::Refusal;
use crate::read::kinds;
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
const HEAD_BYTES: usize = 64 * 1024;

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
    if is_zip(bytes) || is_gzip(bytes) || is_compound(bytes) {
        return match ending.filter(|ending| is_text(ending)) {
            None => Ok(Format::Packed),
            Some(ending) => {
                let (name, kind) = (text::shown(file_name), packed_kind(bytes));
                let reason = format!("`{name}` is {kind}, not what .{ending} says: name it as what it is");
                Err(Refusal::new("type-mismatch", reason))
            }
        };
    }
    if let Some(refusal) = kinds::other(bytes) {
        return Err(refusal);
    }
    if let Some((code, reason)) = unreadable_text(bytes) {
        return Err(Refusal::new(code, reason));
    }
    let looks = markup(bytes, file_name);
    if let Markup::Marked(marked) = looks {
        return Err(kinds::refused_markup(marked));
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

fn is_zip(bytes: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"].iter().any(|start| bytes.starts_with(*start))
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 0x08])
}

/// What a packed file seems to be, by names that stand in it unpacked.
fn packed_kind(bytes: &[u8]) -> &'static str {
    let has = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    if is_gzip(bytes) {
        "compressed with gzip"
    } else if is_compound(bytes) {
        "an old Excel workbook (.xls), or a protected one"
    } else if has(b"xl/workbook.xml") {
        "an Excel workbook (.xlsx)"
    } else if has(b"opendocument.spreadsheet") {
        "an OpenDocument sheet (.ods)"
    } else {
        "a ZIP archive"
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
    Marked(kinds::Markup),
    Json,
    None,
}

fn markup(bytes: &[u8], file_name: &str) -> Markup {
    let decoded = match bytes {
        [0xff, 0xfe, rest @ ..] => Some(UTF_16LE.decode_without_bom_handling(head(rest)).0),
        [0xfe, 0xff, rest @ ..] => Some(UTF_16BE.decode_without_bom_handling(head(rest)).0),
        _ => None,
    };
    let text = decoded.as_ref().map_or(bytes, |text| text.as_bytes());
    let body = text.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(text).trim_ascii_start();
    let after = |skip: usize| body.get(skip..).unwrap_or_default().trim_ascii_start().first().copied();
    match body.first().copied() {
        Some(b'<') => {
            let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
            kinds::markup(body, &ending).map_or(Markup::None, Markup::Marked)
        }
        Some(b'{') => Markup::Json,
        Some(b'[') if matches!(after(1), Some(b'{' | b'[' | b'"' | b']')) => Markup::Json,
        _ => Markup::None,
    }
}

fn head(bytes: &[u8]) -> &[u8] {
    bytes.get(..HEAD_BYTES).unwrap_or(bytes)
}
