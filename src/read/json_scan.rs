//! JSON text, token by token: strict, with the line of each token, and never deeper than a return is.

use std::borrow::Cow;

use crate::read::code::{Code, Refusal};

/// A return is an array of objects, perhaps in an object; the rest is room for what is not read.
const DEPTH_MAX: u32 = 32;
/// Numbers such as `1.25e3` are written out when that needs no more zeros than this.
const ZEROS_MAX: usize = 18;

/// One value, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string, and what is wrong with its characters.
    Text(String, Option<Code>),
    /// A number, digit by digit as it was written.
    Number(String),
    /// `true` or `false`.
    Truth(bool),
    /// `null`.
    Null,
    /// An array or an object; what is in it was only looked through.
    Nested,
}

/// A place in JSON text.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Scan<'a> {
    /// At the beginning.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line, from 1.
    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    /// The offset, for [`Scan::since`].
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The text from an offset up to here.
    pub(crate) fn since(&self, offset: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes.get(offset..self.at).unwrap_or_default())
    }

    /// The next byte that is not white space, which is left where it is.
    pub(crate) fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'\n' => self.line = self.line.saturating_add(1),
                b'\r' if self.bytes.get(self.at + 1) != Some(&b'\n') => {
                    self.line = self.line.saturating_add(1);
                }
                b' ' | b'\t' | b'\r' => {}
                other => return Some(other),
            }
            self.at += 1;
        }
        None
    }

    /// The byte after `next`, white space left out; nothing is consumed.
    pub(crate) fn after_next(&self) -> Option<u8> {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        rest.iter().copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    /// Consumes `byte` if it is the next.
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Consumes `byte`.
    pub(crate) fn take(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.takes(byte) { Ok(()) } else { Err(self.wrong(&format!("`{}`", char::from(byte)))) }
    }

    /// After an element: whether another follows. Consumes the comma or `end`.
    pub(crate) fn goes_on(&mut self, end: u8) -> Result<bool, Refusal> {
        if self.takes(b',') {
            return Ok(true);
        }
        if self.takes(end) {
            return Ok(false);
        }
        Err(self.wrong(&format!("`,` or `{}`", char::from(end))))
    }

    /// The refusal for text that is no JSON here.
    pub(crate) fn wrong(&mut self, wanted: &str) -> Refusal {
        let found = match self.next() {
            None => return self.cut_off(wanted),
            Some(_) if self.is_word_of_programs() => {
                let reason = format!(
                    "line {} is no JSON: `NaN` and `Infinity` are what Python writes where it has no number; \
                     write null",
                    self.line
                );
                return Refusal::new("json-syntax", reason);
            }
            Some(byte) => format!("`{}` stands", byte.escape_ascii()),
        };
        let line = self.line;
        let reason = format!("line {line} is no JSON: {found} where {wanted} was expected; export it again");
        Refusal::new("json-syntax", reason)
    }

    fn cut_off(&self, wanted: &str) -> Refusal {
        let reason = format!(
            "the file ends in line {} where {wanted} was expected: it was cut off; send the whole file again",
            self.line
        );
        Refusal::new("truncated-body", reason)
    }

    fn is_word_of_programs(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        rest.starts_with(b"NaN") || rest.starts_with(b"Infinity")
    }

    /// A value at this depth; an array or object is looked through, and must be sound.
    pub(crate) fn value(&mut self, depth: u32) -> Result<Value, Refusal> {
        match self.next() {
            Some(b'"') => self.string().map(|(text, flaw)| Value::Text(text, flaw)),
            Some(b'-') if self.is_word_of_programs() => Err(self.wrong("a value")),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            _ => self.word(),
        }
    }

    fn array(&mut self, depth: u32) -> Result<Value, Refusal> {
        self.is_shallow(depth)?;
        self.take(b'[')?;
        if self.takes(b']') {
            return Ok(Value::Nested);
        }
        loop {
            self.value(depth + 1)?;
            if !self.goes_on(b']')? {
                return Ok(Value::Nested);
            }
        }
    }

    fn object(&mut self, depth: u32) -> Result<Value, Refusal> {
        self.is_shallow(depth)?;
        self.take(b'{')?;
        if self.takes(b'}') {
            return Ok(Value::Nested);
        }
        loop {
            self.key()?;
            self.value(depth + 1)?;
            if !self.goes_on(b'}')? {
                return Ok(Value::Nested);
            }
        }
    }

    fn is_shallow(&self, depth: u32) -> Result<(), Refusal> {
        if depth <= DEPTH_MAX {
            return Ok(());
        }
        let reason = format!("line {} is nested too deeply: send an array of objects", self.line);
        Err(Refusal::new("json-too-deep", reason))
    }

    /// A key with its colon, and what is wrong with its characters.
    pub(crate) fn key(&mut self) -> Result<(String, Option<Code>), Refusal> {
        if self.next() != Some(b'"') {
            return Err(self.wrong("a name in double quotes"));
        }
        let key = self.string()?;
        self.take(b':')?;
        Ok(key)
    }

    fn word(&mut self) -> Result<Value, Refusal> {
        let words: [(&[u8], Value); 3] =
            [(b"true", Value::Truth(true)), (b"false", Value::Truth(false)), (b"null", Value::Null)];
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for (word, value) in &words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value.clone());
            }
        }
        let is_begun = !rest.is_empty() && words.iter().any(|(word, _)| word.starts_with(rest));
        if is_begun { Err(self.cut_off("a value")) } else { Err(self.wrong("a value")) }
    }

    fn number(&mut self) -> Result<String, Refusal> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        let whole = self.digits();
        let leading_zero = whole > 1 && self.bytes.get(self.at - whole) == Some(&b'0');
        let mut sound = whole > 0 && !leading_zero;
        if self.byte() == Some(b'.') {
            self.at += 1;
            sound &= self.digits() > 0;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            sound &= self.digits() > 0;
        }
        if !sound && self.byte().is_none() {
            return Err(self.cut_off("the rest of a number"));
        }
        if !sound {
            let token = self.since(start).chars().take(40).collect::<String>();
            let reason = format!("line {} is no JSON: `{token}` is not a number there", self.line);
            return Err(Refusal::new("json-syntax", reason));
        }
        Ok(written_out(&self.since(start)))
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn string(&mut self) -> Result<(String, Option<Code>), Refusal> {
        self.at += 1;
        let mut text: Vec<u8> = Vec::new();
        let mut flaw = None;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            let Some(plain) = plain else {
                self.at = self.bytes.len();
                return Err(self.wrong("`\"`"));
            };
            text.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let (c, broken) = self.escape()?;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    flaw = flaw.or(broken);
                }
                _ => {
                    let reason =
                        format!("line {} is no JSON: a text holds a bare control character", self.line);
                    return Err(Refusal::new("json-syntax", reason));
                }
            }
        }
        self.at += 1;
        match String::from_utf8(text) {
            Ok(text) => Ok((text, flaw)),
            Err(error) => Ok((String::from_utf8_lossy(error.as_bytes()).into_owned(), Some("invalid-utf8"))),
        }
    }

    /// The character that a backslash introduces; half a pair of surrogates is a flaw.
    fn escape(&mut self) -> Result<(char, Option<Code>), Refusal> {
        self.at += 1;
        let mark = self.byte();
        self.at += 1;
        let c = match mark {
            Some(same @ (b'"' | b'\\' | b'/')) => char::from(same),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            None => return Err(self.cut_off("the rest of a text")),
            _ => {
                let reason = format!("line {} is no JSON: a text holds an unknown escape", self.line);
                return Err(Refusal::new("json-syntax", reason));
            }
        };
        Ok((c, None))
    }

    fn unicode(&mut self) -> Result<(char, Option<Code>), Refusal> {
        let first = self.four()?;
        if let Some(c) = char::from_u32(first) {
            return Ok((c, None));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if first < 0xdc00 && rest.starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.four()?;
            let joined = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
            let joined = joined.and_then(|low| char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low));
            if let Some(c) = joined {
                return Ok((c, None));
            }
            self.at = back;
        }
        Ok((char::REPLACEMENT_CHARACTER, Some("invalid-utf8")))
    }

    fn four(&mut self) -> Result<u32, Refusal> {
        let digits =
            self.bytes.get(self.at..self.at + 4).filter(|four| four.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|four| std::str::from_utf8(four).ok());
        if self.bytes.len() < self.at + 4 {
            return Err(self.cut_off("the rest of a text"));
        }
        let Some(number) = digits.and_then(|four| u32::from_str_radix(four, 16).ok()) else {
            let reason = format!("line {} is no JSON: `\\u` needs four hexadecimal digits", self.line);
            return Err(Refusal::new("json-syntax", reason));
        };
        self.at += 4;
        Ok(number)
    }
}

/// `1.25e3` as `1250`: shifted as text, never through a double. Far exponents stay as they are.
fn written_out(token: &str) -> String {
    let shifted = token.split_once(['e', 'E']).and_then(|(mantissa, exponent)| {
        let exponent: i32 = exponent.parse().ok()?;
        let (sign, body) = mantissa.strip_prefix('-').map_or(("", mantissa), |body| ("-", body));
        let (whole, decimals) = body.split_once('.').unwrap_or((body, ""));
        let zeros = usize::try_from(exponent.unsigned_abs()).ok().filter(|zeros| *zeros <= ZEROS_MAX)?;
        let digits = if exponent < 0 {
            format!("{}{whole}{decimals}", "0".repeat(zeros))
        } else {
            format!("{whole}{decimals}{}", "0".repeat(zeros))
        };
        let point = if exponent < 0 { whole.len() } else { whole.len() + zeros };
        let (whole, decimals) = digits.split_at_checked(point)?;
        let whole = whole.trim_start_matches('0');
        let decimals = decimals.trim_end_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if decimals.is_empty() { "" } else { "." };
        Some(format!("{sign}{whole}{point}{decimals}"))
    });
    shifted.unwrap_or_else(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Scan, Value, written_out};

    #[test]
    fn exponents_are_written_out_exactly_or_left_alone() {
        let cases = [
            ("120", "120"),
            ("1.25e3", "1250"),
            ("3.0E1", "30"),
            ("-12e-1", "-1.2"),
            ("5e-3", "0.005"),
            ("9007199254740993", "9007199254740993"),
            ("1e999", "1e999"),
            ("0.1e0", "0.1"),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ];
        for (token, text) in cases {
            assert_eq!(written_out(token), text, "{token}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let odd = [
            "NaN",
            "Infinity",
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "'a'",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "tru",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "[1 2]",
            "\"\n\"",
            "+1",
            "",
        ];
        for text in odd {
            assert!(Scan::new(text.as_bytes()).value(1).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes_and_surrogates_become_characters() {
        let read = |text: &str| Scan::new(text.as_bytes()).value(1);
        assert_eq!(read(r#""a\u00e9\ud83d\ude00\n""#), Ok(Value::Text("aé😀\n".to_owned(), None)));
        let half = Value::Text("\u{fffd}x".to_owned(), Some("invalid-utf8"));
        assert_eq!(read(r#""\ud800x""#), Ok(half));
    }
}
