//! Whether a file is only the beginning of the one before it, as a download that was cut leaves it.
//!
//! The bytes are compared as they stand in the file, unpacked from gzip. Where a cut fell at the end of a row
//! it looks like rows that were taken out on purpose, so nobody is told which of both it is.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

/// Where a file ends that is only a beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In the middle of a row.
    InARow,
    /// At the end of a row: it may have been meant.
    AfterARow,
}

/// A true beginning of the file before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutShort {
    /// Its size in bytes, unpacked.
    pub bytes: usize,
    /// The size of the file before.
    pub of: usize,
    /// Where it ends.
    pub end: End,
}

impl fmt::Display for CutShort {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.end {
            End::InARow => "in the middle of a row",
            End::AfterARow => "at the end of a row",
        };
        write!(to, "it is only the first {} of {} bytes, and ends {end}", self.bytes, self.of)
    }
}

/// What `now` is of `before`, when it is a true beginning of it; none when it is anything else.
///
/// That only blanks or ends of lines are gone from the end is no loss. Of what is packed with gzip, at most
/// `unpacked_bytes_max` are compared.
#[must_use]
pub fn cut_short(before: &[u8], now: &[u8], unpacked_bytes_max: u64) -> Option<CutShort> {
    let (before, now) = (unpacked(before, unpacked_bytes_max), unpacked(now, unpacked_bytes_max));
    let rest = before.strip_prefix(&*now)?;
    if now.is_empty() || rest.iter().all(|byte| is_blank(*byte)) {
        return None;
    }
    let is_end = |byte: u8| matches!(byte, b'\r' | b'\n');
    let ends_a_line = rest.first().copied().is_some_and(is_end)
        || now.iter().rev().find(|it| **it != 0).copied().is_some_and(is_end);
    let end = if ends_a_line { End::AfterARow } else { End::InARow };
    Some(CutShort { bytes: now.len(), of: before.len(), end })
}

/// White space, the zeros of UTF-16, or the Ctrl-Z of old programs.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1a)
}

/// What a gzip file holds; any other bytes, and those that cannot be unpacked, as they are.
fn unpacked(bytes: &[u8], max: u64) -> Cow<'_, [u8]> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Cow::Borrowed(bytes);
    }
    let mut inside = Vec::new();
    match MultiGzDecoder::new(bytes).take(max).read_to_end(&mut inside) {
        Ok(_) => Cow::Owned(inside),
        Err(_) => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{End, cut_short};

    const WHOLE: &str = "authority,indicator,value\nE06000022,cla_rate,57\nE06000022,cin_rate,310\n";

    fn end(before: &[u8], now: &[u8]) -> Option<End> {
        cut_short(before, now, 1 << 20).map(|cut| cut.end)
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn every_true_beginning_is_known_and_where_it_ends() {
        let whole = WHOLE.as_bytes();
        for length in 1..whole.len() - 1 {
            let now = &whole[..length];
            let ends_a_line = now.ends_with(b"\n") || whole[length] == b'\n';
            let expected = if ends_a_line { End::AfterARow } else { End::InARow };
            assert_eq!(end(whole, now), Some(expected), "{length}");
        }
    }

    #[test]
    fn the_same_a_longer_and_another_file_are_not_cut() {
        let whole = WHOLE.as_bytes();
        assert_eq!(end(whole, whole), None);
        assert_eq!(end(whole, b""), None);
        assert_eq!(end(whole, &[whole, b"E06000022,cpp_rate,40\n"].concat()), None);
        assert_eq!(end(whole, WHOLE.replace("57", "58").as_bytes()), None);
        let without_a_row = "authority,indicator,value\nE06000022,cin_rate,310\n";
        assert_eq!(end(whole, without_a_row.as_bytes()), None);
    }

    #[test]
    fn a_last_figure_that_is_shorter_is_a_correction_where_its_line_ends() {
        let corrected = WHOLE.replace("310", "31");
        assert_eq!(end(WHOLE.as_bytes(), corrected.as_bytes()), None);
        assert_eq!(end(WHOLE.as_bytes(), corrected.trim_end().as_bytes()), Some(End::InARow));
    }

    #[test]
    fn only_blanks_at_the_end_are_no_loss() {
        let before = format!("{WHOLE}\r\n \n\u{1a}");
        assert_eq!(end(before.as_bytes(), WHOLE.as_bytes()), None);
        assert_eq!(end(WHOLE.as_bytes(), WHOLE.trim_end().as_bytes()), None);
    }

    #[test]
    fn what_is_packed_is_compared_unpacked() {
        let shorter = WHOLE.split_inclusive('\n').take(2).collect::<String>();
        assert_eq!(end(&packed(WHOLE), &packed(&shorter)), Some(End::AfterARow));
        assert_eq!(end(&packed(WHOLE), shorter.as_bytes()), Some(End::AfterARow));
        assert_eq!(end(&packed(WHOLE), &packed(WHOLE)), None);
        let cut = packed(WHOLE);
        assert_eq!(end(&cut, &cut[..cut.len() / 2]), None, "neither is text: its reading refuses it");
    }

    #[test]
    fn the_words_say_how_much_came() {
        let cut = cut_short(WHOLE.as_bytes(), &WHOLE.as_bytes()[..30], 1 << 20).unwrap();
        assert_eq!(cut.to_string(), "it is only the first 30 of 71 bytes, and ends in the middle of a row");
    }
}
