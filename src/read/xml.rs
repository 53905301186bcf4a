//! What in a part of a workbook must not reach the workbook's parser.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::read::code::Refusal;

const DEPTH_MAX: u32 = 200;
const LETTERS_MAX: usize = 3;
const DIGITS_MAX: usize = 7;

/// Refuses a document type, deep nesting, and cell references or counts beyond any workbook.
///
/// A reference such as `A99999999999` overflows in the parser, and a large `uniqueCount` is allocated unseen.
pub(crate) fn inspect(part: &[u8]) -> Result<(), Refusal> {
    let text = utf8(part);
    let mut rest: &[u8] = &text;
    let mut depth = 0_u32;
    while let Some(open) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(open + 1..).unwrap_or_default();
        if let Some(skipped) = beyond_literal(rest) {
            rest = skipped;
            continue;
        }
        if rest.first() == Some(&b'!') {
            return Err(Refusal::new(
                "xml-doctype",
                "the file holds a document type: save it again in Excel",
            ));
        }
        let end = tag_end(rest);
        let tag = rest.get(..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
        match (tag.first(), tag.last()) {
            (Some(b'/'), _) => depth = depth.saturating_sub(1),
            (_, Some(b'/')) => references(tag)?,
            _ => {
                depth += 1;
                references(tag)?;
            }
        }
        if depth > DEPTH_MAX {
            return Err(Refusal::new(
                "xml-too-deep",
                "the workbook is nested too deeply: save it again in Excel",
            ));
        }
    }
    Ok(())
}

/// The value of an attribute of the first element with this local name, if the part has it.
pub(crate) fn attribute_of(part: &[u8], element: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let text = utf8(part);
    let mut rest: &[u8] = &text;
    loop {
        let open = rest.iter().position(|byte| *byte == b'<')?;
        rest = rest.get(open + 1..).unwrap_or_default();
        if let Some(skipped) = beyond_literal(rest) {
            rest = skipped;
            continue;
        }
        let (tag, after) = rest.split_at(tag_end(rest));
        if local_name(tag) == element {
            return attribute(tag, name).map(<[u8]>::to_vec);
        }
        rest = after;
    }
}

fn utf8(part: &[u8]) -> Cow<'_, [u8]> {
    let decoded = match part {
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0,
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0,
        [b'<', 0, ..] => UTF_16LE.decode_without_bom_handling(part).0,
        [0, b'<', ..] => UTF_16BE.decode_without_bom_handling(part).0,
        _ => return Cow::Borrowed(part),
    };
    Cow::Owned(decoded.into_owned().into_bytes())
}

/// What follows a comment, a CDATA section or a processing instruction.
fn beyond_literal(rest: &[u8]) -> Option<&[u8]> {
    let ends: [(&[u8], &[u8]); 3] = [(b"!--", b"-->"), (b"![CDATA[", b"]]>"), (b"?", b"?>")];
    let (_, end) = ends.into_iter().find(|(start, _)| rest.starts_with(start))?;
    let at = rest.windows(end.len()).position(|window| window == end);
    Some(at.and_then(|at| rest.get(at + end.len()..)).unwrap_or_default())
}

/// The index of the `>` that closes the tag; attribute values may hold others.
fn tag_end(rest: &[u8]) -> usize {
    let mut quote = None;
    for (at, byte) in rest.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    rest.len()
}

fn local_name(tag: &[u8]) -> &[u8] {
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default();
    name.rsplit(|byte| *byte == b':').next().unwrap_or_default()
}

fn references(tag: &[u8]) -> Result<(), Refusal> {
    let sound = match local_name(tag) {
        b"c" | b"row" => attribute(tag, b"r").is_none_or(is_reference),
        b"dimension" | b"f" | b"mergeCell" => attribute(tag, b"ref").is_none_or(is_range),
        b"sst" => attribute(tag, b"uniqueCount").is_none_or(|count| count.len() <= DIGITS_MAX),
        _ => true,
    };
    if sound {
        return Ok(());
    }
    let tag = String::from_utf8_lossy(tag).chars().take(60).collect::<String>();
    let reason =
        format!("the workbook holds a cell reference that no sheet has (`{tag}`): save it again in Excel");
    Err(Refusal::new("broken-workbook", reason))
}

fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = tag;
    loop {
        let at = rest.windows(name.len()).position(|window| window == name)?;
        let before = at.checked_sub(1).and_then(|before| rest.get(before)).copied();
        let after = rest.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
        if let (Some(b' ' | b'\t' | b'\r' | b'\n'), Some(value)) = (before, after.strip_prefix(b"=")) {
            let value = value.trim_ascii_start();
            let (quote, value) = value.split_first()?;
            return value.split(|byte| byte == quote).next();
        }
        rest = rest.get(at + 1..)?;
    }
}

/// A range that begins at its end is subtracted below nothing in the parser.
fn is_range(text: &[u8]) -> bool {
    let mut ends = text.split(|byte| *byte == b':');
    let (first, last) = (ends.next().unwrap_or_default(), ends.next());
    let in_order = |last: &[u8]| {
        let ((column, row), (last_column, last_row)) = (parts(first), parts(last));
        // The longer is the later, of letters as of digits without leading zeros.
        let upper = |letters: &[u8]| (letters.len(), letters.to_ascii_uppercase());
        upper(column) <= upper(last_column) && number(row) <= number(last_row)
    };
    is_reference(first)
        && ends.next().is_none()
        && last.is_none_or(|last| is_reference(last) && in_order(last))
}

/// The letters and the digits of a reference.
fn parts(text: &[u8]) -> (&[u8], &[u8]) {
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    text.split_at(letters)
}

/// The number that at most seven digits write.
fn number(digits: &[u8]) -> u64 {
    digits.iter().take(DIGITS_MAX).fold(0, |sum, digit| sum * 10 + u64::from(digit.saturating_sub(b'0')))
}

fn is_reference(text: &[u8]) -> bool {
    let (letters, digits) = parts(text);
    letters.len() <= LETTERS_MAX && digits.len() <= DIGITS_MAX && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_in_its_element_alone() {
        let part = b"<?xml a=\"1\"?><!-- <c a=\"2\"/> --><x:b a=\"3\"/><x:c b=\">\" a=\"4\"/><c a=\"5\"/>";
        assert_eq!(attribute_of(part, b"c", b"a"), Some(b"4".to_vec()));
        assert_eq!(attribute_of(part, b"d", b"a"), None);
        assert_eq!(attribute_of(b"<c", b"c", b"a"), None);
    }

    #[test]
    fn a_range_goes_from_its_start_to_its_end() {
        for sound in ["A1", "A1:A1", "B9:AA10", "Z1:AA1", "A1:XFD1048576", "A09:B9", "", ":"] {
            assert!(is_range(sound.as_bytes()), "{sound}");
        }
        for wrong in ["B5:A9", "A9:B5", "AA1:Z2", "A1:B2:C3", "A99999999:B1", "A-1:B2", "A1:"] {
            assert!(!is_range(wrong.as_bytes()), "{wrong}");
        }
    }
}
