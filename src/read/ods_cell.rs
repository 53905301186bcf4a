//! One cell of an `OpenDocument` sheet: what it holds, and what it shows.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

use crate::read::grid::FORMULA_WITHOUT_VALUE;

const BLANKS_MAX: usize = 1_000;
const SHOWN_DIGITS_MAX: usize = 9;

/// A cell, as its element is read.
pub(crate) struct Cell {
    kind: String,
    held: Option<String>,
    text: String,
    paragraphs: u32,
    inside: u32,
    times: u32,
    formula: bool,
}

impl Cell {
    /// Of its element, to be there `times` in a row.
    pub(crate) fn new(element: &BytesStart<'_>, times: u32) -> Self {
        let kind = attribute(element, "value-type").unwrap_or_default();
        let held = match kind.as_str() {
            "float" | "percentage" | "currency" => attribute(element, "value"),
            "date" => attribute(element, "date-value").map(|date| day_first(&date)),
            "time" => attribute(element, "time-value"),
            "boolean" => attribute(element, "boolean-value").map(|truth| truth.to_uppercase()),
            _ => attribute(element, "string-value"),
        };
        let formula = attribute(element, "formula").is_some();
        Self { kind, held, text: String::new(), paragraphs: 0, inside: 0, times, formula }
    }

    /// How many times it is there.
    pub(crate) fn times(&self) -> u32 {
        self.times
    }

    /// Whether a formula gave its value.
    pub(crate) fn has_formula(&self) -> bool {
        self.formula
    }

    /// An element in it begins.
    pub(crate) fn opens(&mut self, name: &str, element: &BytesStart<'_>) {
        match name {
            "p" | "h" => {
                if self.paragraphs > 0 {
                    self.text.push('\n');
                }
                self.paragraphs += 1;
            }
            "s" => {
                let count = attribute(element, "c").and_then(|count| count.parse().ok()).unwrap_or(1);
                self.text.extend(std::iter::repeat_n(' ', BLANKS_MAX.min(count)));
            }
            "tab" => self.text.push('\t'),
            "line-break" => self.text.push('\n'),
            _ => {}
        }
        self.inside = self.paragraphs;
    }

    /// Text in it; what stands outside paragraphs is only layout of the file.
    pub(crate) fn says(&mut self, text: &str) {
        if self.inside > 0 {
            self.text.push_str(text);
        }
    }

    /// The cell as text for the grid. A formula saved without its value is one that no figure accepts.
    pub(crate) fn written(&self) -> String {
        let is_number = matches!(self.kind.as_str(), "float" | "percentage" | "currency");
        match &self.held {
            Some(held) if is_number => plain(held),
            Some(held) => held.clone(),
            None if self.formula && (is_number || self.text.trim().is_empty()) => {
                FORMULA_WITHOUT_VALUE.to_owned()
            }
            None if self.text.trim().is_empty() => String::new(),
            None => self.text.clone(),
        }
    }

    /// Whether people see another number than the one held; rounding is none.
    pub(crate) fn says_another_number(&self) -> bool {
        let scale = match self.kind.as_str() {
            "float" | "currency" => 1.0,
            "percentage" => 100.0,
            _ => return false,
        };
        let held = self.held.as_deref().and_then(|held| held.trim().parse::<f64>().ok());
        let (Some(held), Some((shown, decimals))) = (held, shown_number(&self.text)) else { return false };
        let half = 0.5 * 10_f64.powi(-decimals);
        (held * scale - shown).abs() > half * 1.000_001 + f64::EPSILON * held.abs()
    }
}

/// A number as XLSX would have it: `3E1` is 30. Anything else stays, and is judged as it is.
fn plain(held: &str) -> String {
    let held = held.trim();
    let has_exponent =
        held.contains(['e', 'E']) && held.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match held.parse::<f64>() {
        Ok(number) if has_exponent && number.is_finite() => number.to_string(),
        _ => held.to_owned(),
    }
}

/// The number that a text shows, and how many decimals; none when it is none, or written in a foreign way.
fn shown_number(text: &str) -> Option<(f64, i32)> {
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '%' | '£' | '€' | '$' | '\u{a0}'))
        .collect();
    let body = bare.strip_prefix('-').unwrap_or(&bare);
    let (whole, decimals) = body.split_once('.').unwrap_or((body, ""));
    let whole = whole.replace(',', "");
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(decimals) || decimals.len() > SHOWN_DIGITS_MAX {
        return None;
    }
    let number: f64 = format!("{whole}.{decimals}0").parse().ok()?;
    let sign = if bare.starts_with('-') { -1.0 } else { 1.0 };
    Some((sign * number, i32::try_from(decimals.len()).ok()?))
}

/// `2017-09-30` as `30/09/2017`, a time of day after it; anything else stays.
fn day_first(date: &str) -> String {
    let (day, time) = date.split_once('T').unwrap_or((date, ""));
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return date.to_owned() };
    let time = time.split('.').next().unwrap_or_default();
    if time.is_empty() || time == "00:00:00" {
        format!("{day}/{month}/{year}")
    } else {
        format!("{day}/{month}/{year} {time}")
    }
}

/// The value of an attribute by its local name, unless it cannot be read.
///
/// An attribute of `LibreOffice`'s own name space does not stand for the standard's.
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = element.attributes();
    let found = all.with_checks(false).flatten().find(|one| {
        let local = one.key.local_name();
        let prefix = one.key.prefix();
        local.as_ref() == name && prefix.is_none_or(|prefix| prefix.as_ref() != "calcext")
    })?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::{day_first, plain, shown_number};

    #[test]
    fn numbers_that_people_see_are_read_with_their_decimals() {
        let cases = [("120", 120.0, 0), ("91.70%", 91.7, 2), ("£1,200", 1200.0, 0), ("-3.5", -3.5, 1)];
        for (text, number, decimals) in cases {
            assert_eq!(shown_number(text), Some((number, decimals)), "{text}");
        }
        for text in ["", "n/a", "91,7.1.2", "1.2e3", "-", "."] {
            assert_eq!(shown_number(text), None, "{text}");
        }
    }

    #[test]
    fn dates_and_exponents_are_written_as_in_xlsx() {
        assert_eq!(day_first("2017-09-30"), "30/09/2017");
        assert_eq!(day_first("2017-09-30T12:30:00"), "30/09/2017 12:30:00");
        assert_eq!(day_first("soon"), "soon");
        assert_eq!(
            (plain("3E1").as_str(), plain("1e999").as_str(), plain(" 12 ").as_str()),
            ("30", "1e999", "12")
        );
    }
}
