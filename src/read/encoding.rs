//! From the bytes of a text file to UTF-8, without guessing.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::read::code::Refusal;
use crate::read::grid::GridRemark;

/// Text that is UTF-8, but for lines that are not and will be quarantined.
pub(crate) struct Decoded<'a> {
    /// Without byte order mark and without a final Ctrl-Z.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// What was done.
    pub(crate) remarks: Vec<GridRemark>,
}

/// UTF-8 with or without mark, UTF-16 with mark, Windows-1252 when it can be nothing else.
pub(crate) fn decoded(bytes: &[u8]) -> Result<Decoded<'_>, Refusal> {
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, UTF_16LE);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, UTF_16BE);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let mut remarks = Vec::new();
    let bytes = without_ctrl_z(bytes, &mut remarks);
    if std::str::from_utf8(bytes).is_err() && is_windows_1252(bytes) {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
        remarks.push(GridRemark::whole(
            "encoding-converted",
            "the file is not UTF-8 and was read as Windows-1252; save it as CSV UTF-8 next time",
        ));
        return Ok(Decoded { bytes: Cow::Owned(text.into_owned().into_bytes()), remarks });
    }
    Ok(Decoded { bytes: Cow::Borrowed(bytes), remarks })
}

/// UTF-8 with or without mark, UTF-16 with mark; nothing is guessed. Bytes that are not UTF-8 stay.
pub(crate) fn strictly(bytes: &[u8]) -> Result<Decoded<'_>, Refusal> {
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, UTF_16LE);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, UTF_16BE);
    }
    let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) else {
        return Ok(Decoded { bytes: Cow::Borrowed(bytes), remarks: Vec::new() });
    };
    let remark = "the file begins with a byte order mark, which JSON does not have; it was left out";
    let remarks = vec![GridRemark::whole("byte-order-mark", remark)];
    Ok(Decoded { bytes: Cow::Borrowed(rest), remarks })
}

fn utf16<'a>(bytes: &[u8], encoding: &'static Encoding) -> Result<Decoded<'a>, Refusal> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken {
        let reason = format!("the file says it is {} but is damaged: save it as UTF-8", encoding.name());
        return Err(Refusal::new("encoding-unknown", reason));
    }
    let remark = format!("the file is {} and was converted; save it as UTF-8 next time", encoding.name());
    let bytes = Cow::Owned(text.into_owned().into_bytes());
    Ok(Decoded { bytes, remarks: vec![GridRemark::whole("encoding-converted", remark)] })
}

fn without_ctrl_z<'a>(bytes: &'a [u8], remarks: &mut Vec<GridRemark>) -> &'a [u8] {
    match bytes.trim_ascii_end().strip_suffix(&[0x1a]) {
        Some(rest) => {
            remarks
                .push(GridRemark::whole("trailing-ctrl-z", "the file ends with Ctrl-Z, which was left out"));
            rest
        }
        None => bytes,
    }
}

/// Whether the bytes that are not UTF-8 can be Windows-1252, and nothing in the file speaks against it.
///
/// Not so when other characters are right UTF-8, when a byte has no meaning in Windows-1252, or when two
/// bytes look like UTF-8 that was damaged: then the lines are quarantined rather than guessed at.
fn is_windows_1252(bytes: &[u8]) -> bool {
    bytes
        .utf8_chunks()
        .all(|chunk| chunk.valid().is_ascii() && chunk.invalid().iter().copied().all(has_meaning))
        && !bytes.windows(2).any(|pair| matches!(pair, [0xc0..=0xf7, 0x80..=0xbf]))
}

fn has_meaning(byte: u8) -> bool {
    !matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)
}
