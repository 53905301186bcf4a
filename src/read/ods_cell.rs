//! One cell of an `OpenDocument` sheet: what it holds, and what it shows.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

use crate::read::grid::FORMULA_WITHOUT_VALUE;
use crate::read::merged::Range;
use crate::read::sheets::Zeros;
use crate::read::shown::{Written, iso_day, percentage};

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
    /// How many rows and columns it covers, itself included.
    spans: (u32, u32),
    formula: bool,
    is_error: bool,
    style: Style,
}

/// What the style of a cell says of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nothing that matters.
    Plain,
    /// It is shown as a percentage.
    Percent,
}

impl Cell {
    /// Of its element, to be there `times` in a row.
    pub(crate) fn new(element: &BytesStart<'_>, style: Style, times: u32) -> Self {
        let kind = attribute(element, "value-type").unwrap_or_default();
        let held = match kind.as_str() {
            "float" | "percentage" | "currency" => attribute(element, "value"),
            "date" => attribute(element, "date-value"),
            "time" => attribute(element, "time-value"),
            "boolean" => attribute(element, "boolean-value").map(|truth| truth.to_uppercase()),
            _ => attribute(element, "string-value"),
        };
        let span = |name| attribute(element, name).and_then(|count| count.trim().parse().ok()).unwrap_or(1);
        Self {
            kind,
            held,
            text: String::new(),
            paragraphs: 0,
            inside: 0,
            times,
            spans: (span("number-rows-spanned"), span("number-columns-spanned")),
            formula: attribute(element, "formula").is_some(),
            is_error: is_error(element),
            style,
        }
    }

    /// The range that it covers when it stands here; none when it covers nothing but itself.
    pub(crate) fn range(&self, row: u32, column: u32) -> Option<Range> {
        let (rows, columns) = self.spans;
        (rows > 1 || columns > 1).then(|| Range {
            first_row: row,
            last_row: row.saturating_add(rows.saturating_sub(1)),
            first_column: column,
            last_column: column.saturating_add(columns.saturating_sub(1)),
        })
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

    /// The cell for the grid. A formula that nobody computed is a text that no figure accepts.
    pub(crate) fn written(&self, zeros: Zeros) -> Written {
        if self.is_not_computed(zeros) {
            return FORMULA_WITHOUT_VALUE.to_owned().into();
        }
        let text = self.text.trim();
        let shows_error = self.is_error || (self.formula && names_an_error(text));
        match &self.held {
            _ if shows_error => text.to_owned().into(),
            Some(held) if self.is_number() => percentage(&plain(held), usize::from(self.is_percent())).into(),
            Some(held) if self.kind == "date" => iso_day(held, Some(text)),
            Some(_) if self.kind == "time" && !text.is_empty() => text.to_owned().into(),
            Some(held) => held.clone().into(),
            None if text.is_empty() => Written::default(),
            None => self.text.clone().into(),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "float" | "percentage" | "currency")
    }

    /// Whether a formula has no value: none at all, or nothing and 0 in its place, and no text to be shown.
    ///
    /// Programs that compute write the text, an empty one when the format hides a 0; others write none.
    fn is_not_computed(&self, zeros: Zeros) -> bool {
        let is_nothing = |held: &str| held.is_empty() || held.trim().parse::<f64>().is_ok_and(|n| n == 0.0);
        let is_silent = self.text.trim().is_empty();
        self.formula
            && match &self.held {
                Some(held) if zeros == Zeros::InPlaceOfValues => is_nothing(held),
                Some(held) => self.paragraphs == 0 && is_nothing(held),
                None => is_silent || self.is_number(),
            }
    }

    /// Whether people see a hundred times the number held, and a percent sign.
    ///
    /// The kind of the value or its style says so. Where neither does, the text may: one writer keeps the
    /// text that was shown and calls every number the same. A percent sign may be a mere letter of a format.
    fn is_percent(&self) -> bool {
        if self.kind == "percentage" || self.style == Style::Percent {
            return true;
        }
        let numbers = self.held_number().zip(shown_number(&self.text).filter(|_| self.text.contains('%')));
        numbers.is_some_and(|(held, shown)| shown.is(held * 100.0) && (held == 0.0 || !shown.is(held)))
    }

    fn held_number(&self) -> Option<f64> {
        self.held.as_deref().filter(|_| self.is_number()).and_then(|held| held.trim().parse().ok())
    }

    /// Whether people see another number than the one held; rounding is none.
    pub(crate) fn says_another_number(&self) -> bool {
        let Some((held, shown)) = self.held_number().zip(shown_number(&self.text)) else { return false };
        // A writer that formats nothing puts the fraction in the text.
        let is_percent = self.is_percent();
        let is_bare = !is_percent || !self.text.contains('%');
        let as_percentage = is_percent && shown.is(held * 100.0);
        let as_held = is_bare && shown.is(held);
        !(as_percentage || as_held)
    }
}

/// What a program shows in place of a value that it could not compute.
fn names_an_error(text: &str) -> bool {
    text == "#N/A" || text.starts_with("Err:") || (text.starts_with('#') && text.ends_with(['!', '?']))
}

/// A number as XLSX would have it: `3E1` is 30, and `0.829000000000000000018` is 0.829. Anything else stays,
/// and is judged as it is.
fn plain(held: &str) -> String {
    let held = held.trim();
    let is_written = held.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match held.parse::<f64>() {
        Ok(number) if is_written && number.is_finite() => number.to_string(),
        _ => held.to_owned(),
    }
}

/// The number that a text shows, rounded to so many decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ShownNumber {
    number: f64,
    decimals: i32,
}

impl ShownNumber {
    /// Whether it is this number, rounded.
    fn is(self, number: f64) -> bool {
        let half = 0.5 * 10_f64.powi(-self.decimals);
        (number - self.number).abs() <= half * 1.000_001 + f64::EPSILON * number.abs()
    }
}

/// The number that a text shows; none when it is none, or written in a foreign way.
fn shown_number(text: &str) -> Option<ShownNumber> {
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '%' | '£' | '€' | '$' | '\u{a0}'))
        .collect();
    let body = bare.strip_prefix('-').unwrap_or(&bare);
    let body = match body.rsplit_once(',') {
        // A comma with other than three digits behind it is a decimal one.
        Some((whole, decimals)) if decimals.len() != 3 && !body.contains('.') => {
            format!("{whole}.{decimals}")
        }
        _ => body.replace(',', ""),
    };
    let (whole, decimals) = body.split_once('.').unwrap_or((body.as_str(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > SHOWN_DIGITS_MAX {
        return None;
    }
    let number: f64 = format!("{whole}.{decimals}0").parse().ok()?;
    let sign = if bare.starts_with('-') { -1.0 } else { 1.0 };
    Some(ShownNumber { number: sign * number, decimals: i32::try_from(decimals.len()).ok()? })
}

/// Whether the office says in its own words that the value could not be computed.
fn is_error(element: &BytesStart<'_>) -> bool {
    let mut all = element.attributes();
    all.with_checks(false).flatten().any(|one| {
        let is_kind = one.key.local_name().as_ref() == "value-type" && one.key.prefix().is_some();
        is_kind && one.normalized_value(XmlVersion::Implicit1_0).is_ok_and(|value| value == "error")
    })
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
    use super::{ShownNumber, plain, shown_number};

    #[test]
    fn numbers_that_people_see_are_read_with_their_decimals() {
        let cases = [
            ("120", 120.0, 0),
            ("91.70%", 91.7, 2),
            ("£1,200", 1200.0, 0),
            ("-3.5", -3.5, 1),
            ("82,9 %", 82.9, 1),
        ];
        for (text, number, decimals) in cases {
            assert_eq!(shown_number(text), Some(ShownNumber { number, decimals }), "{text}");
        }
        for text in ["", "n/a", "91,7.1.2", "1.2e3", "-", "."] {
            assert_eq!(shown_number(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_in_xlsx() {
        for (held, text) in [
            ("3E1", "30"),
            ("1e999", "1e999"),
            (" 12 ", "12"),
            ("0.829000000000000000018", "0.829"),
            ("82.9000000000000200003", "82.90000000000002"),
            ("soon", "soon"),
        ] {
            assert_eq!(plain(held), text, "{held}");
        }
    }
}
