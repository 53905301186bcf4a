//! Texts of an old workbook, which may go on in the next record.

use crate::read::cfb::half;

const WIDE: u8 = 0x01;
const FOREIGN: u8 = 0x04;
const RICH: u8 = 0x08;

/// The shared texts: a record and those that continue it. Fewer when the table is cut off.
pub(crate) fn shared(parts: &[&[u8]]) -> Vec<String> {
    let mut reader = Parts { all: parts, part: 0, at: 0 };
    let Some(count) = reader.word().and_then(|_| reader.word()) else { return Vec::new() };
    // What the table says of itself reserves nothing.
    let mut texts = Vec::new();
    for _ in 0..count {
        let Some(text) = reader.text() else { break };
        texts.push(text);
    }
    texts
}

/// A text with its length in two bytes, in one record.
pub(crate) fn long(bytes: &[u8]) -> Option<String> {
    Parts { all: &[bytes], part: 0, at: 0 }.text()
}

/// A text with its length in one byte, as sheets are named.
pub(crate) fn short(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first()?;
    let (flags, rest) = rest.split_first()?;
    let mut units = Vec::new();
    letters(rest, usize::from(*length), *flags & WIDE != 0, &mut units);
    (units.len() == usize::from(*length)).then(|| String::from_utf16_lossy(&units))
}

/// Appends up to `count` letters, and says how many bytes they took.
fn letters(bytes: &[u8], count: usize, wide: bool, units: &mut Vec<u16>) -> usize {
    if wide {
        let pairs = bytes.chunks_exact(2).take(count);
        units.extend(pairs.clone().filter_map(|pair| half(pair, 0)));
        pairs.len() * 2
    } else {
        let some = bytes.get(..count.min(bytes.len())).unwrap_or_default();
        units.extend(some.iter().map(|byte| u16::from(*byte)));
        some.len()
    }
}

struct Parts<'p> {
    all: &'p [&'p [u8]],
    part: usize,
    at: usize,
}

impl Parts<'_> {
    fn rest(&self) -> &[u8] {
        self.all.get(self.part).and_then(|part| part.get(self.at..)).unwrap_or_default()
    }

    /// Goes on to the next record when this one is used up.
    fn turn(&mut self) -> Option<()> {
        while self.rest().is_empty() {
            self.part += 1;
            self.at = 0;
            self.all.get(self.part)?;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        self.turn()?;
        let byte = *self.rest().first()?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn word(&mut self) -> Option<u32> {
        Some(u32::from(self.number()?) | u32::from(self.number()?) << 16)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            self.turn()?;
            let step = count.min(self.rest().len());
            self.at += step;
            count -= step;
        }
        Some(())
    }

    fn text(&mut self) -> Option<String> {
        let count = usize::from(self.number()?);
        let mut flags = self.byte()?;
        let runs = if flags & RICH != 0 { usize::from(self.number()?) * 4 } else { 0 };
        let foreign = if flags & FOREIGN != 0 { usize::try_from(self.word()?).ok()? } else { 0 };
        let mut units = Vec::new();
        while units.len() < count {
            if self.rest().is_empty() {
                // In the next record the letters may be of the other width, and a flag says so.
                flags = self.byte()?;
            }
            let wide = flags & WIDE != 0;
            let mut some = Vec::new();
            let taken = letters(self.rest(), count - units.len(), wide, &mut some);
            if taken == 0 {
                return None;
            }
            units.append(&mut some);
            self.at += taken;
        }
        self.skip(runs.checked_add(foreign)?)?;
        Some(String::from_utf16_lossy(&units))
    }
}

#[cfg(test)]
mod tests {
    use super::{long, shared, short};

    #[test]
    fn a_text_goes_on_in_the_next_record_in_another_width() {
        let first = [1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, b'a', b'b'];
        let second = [1, b'c', 0, 0xe9, 0, 1, 0, 0, b'z'];
        assert_eq!(shared(&[&first, &second]), ["abcé", "z"]);
        assert_eq!(shared(&[&first]), Vec::<String>::new());
        assert_eq!(shared(&[&[9, 9, 9]]), Vec::<String>::new());
    }

    #[test]
    fn runs_of_format_and_foreign_extras_are_left_out() {
        let rich = [2, 0, 0x0c, 1, 0, 3, 0, 0, 0, b'h', b'i', 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(long(&rich).as_deref(), Some("hi"));
        assert_eq!(short(&[2, 1, b'o', 0, b'k', 0]).as_deref(), Some("ok"));
        assert_eq!((long(&[5, 0, 0, b'x']), short(&[3, 0, b'x'])), (None, None));
    }
}
