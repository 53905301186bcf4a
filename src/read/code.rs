//! The stable codes of everything that is refused, quarantined or remarked.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::domain::figure::Quarantined;
use crate::read::reading::Reading;

/// A code in kebab case, one of [`ALL`].
pub type Code = &'static str;

/// Every code, in groups: a refused file, a quarantined row, a remark.
pub const ALL: [Code; 127] = [
    // A file refused whole.
    "empty-file",
    "html-page",
    "json-body",
    "pdf-document",
    "binary-content",
    "compressed-file",
    "old-workbook",
    "encrypted",
    "type-mismatch",
    "encoding-unknown",
    "separator-unknown",
    "unclosed-quote",
    "too-many-columns",
    "too-many-rows",
    "too-many-cells",
    "zip-bomb",
    "zip-overlap",
    "corrupt-part",
    "duplicate-part",
    "broken-archive",
    "too-many-entries",
    "archive-path",
    "nested-archive",
    "ambiguous-file",
    "truncated-body",
    "file-too-large",
    "json-syntax",
    "json-too-deep",
    "count-mismatch",
    "unreadable-workbook",
    "broken-workbook",
    "xml-doctype",
    "xml-too-deep",
    "sheet-missing",
    "ambiguous-sheet",
    "header-missing",
    "missing-column",
    "duplicate-column",
    "personal-data",
    "no-rows",
    "no-observations",
    "wrong-authority",
    "wrong-quarter",
    "too-many-bad-rows",
    "nothing-accepted",
    "far-fewer-figures",
    "cut-short",
    "unknown-breakdown",
    "other-format",
    "unreadable",
    // A row quarantined; `wrong-authority` and `wrong-quarter` do both.
    "unknown-indicator",
    "bad-number",
    "not-whole",
    "negative-number",
    "zero-denominator",
    "denominator-missing",
    "numerator-missing",
    "no-figure",
    "figure-despite-status",
    "unknown-status",
    "implausible-value",
    "formula-without-value",
    "conflicting-rows",
    "duplicate-row",
    "authority-missing",
    "bad-authority-code",
    "authority-not-existing",
    "quarter-missing",
    "bad-quarter",
    "future-quarter",
    "unknown-level",
    "repeated-header",
    "wrong-field-count",
    "malformed-quoting",
    "invalid-utf8",
    "duplicate-key",
    "wrong-type",
    "control-character",
    "invisible-character",
    "field-too-long",
    "part-refused",
    "unknown-part",
    "bad-date",
    "merged-figure",
    // A remark.
    "float-noise",
    "rows-without-figures",
    "other-quarters",
    "other-levels",
    "no-longer-published",
    "other-quarters-differ",
    "column-not-there",
    "columns-appeared",
    "columns-gone",
    "missing-indicators",
    "fraction-as-percent",
    "quarter-rate",
    "numerator-over-denominator",
    "rows-end-early",
    "missing-word",
    "percent-sign",
    "thousands-separators",
    "decimal-comma",
    "respelled",
    "outside-dates",
    "encoding-converted",
    "separator-converted",
    "trailing-ctrl-z",
    "columns-not-read",
    "unnamed-column",
    "empty-rows-skipped",
    "hidden-sheet",
    "external-link",
    "formulas",
    "macros",
    "value-mismatch",
    "archive-litter",
    "file-name",
    "gzip-members",
    "byte-order-mark",
    "json-lines",
    "lines-are-numbers",
    "number-as-text",
    "repeated-rows",
    "personal-column",
    "sheet-chosen",
    "date-as-quarter",
    "merged-cells",
];

/// The code with this text; `unreadable` when there is none.
#[must_use]
pub fn known(text: &str) -> Code {
    ALL.iter().find(|code| **code == text).copied().unwrap_or("unreadable")
}

/// For codes that come back from a child process.
///
/// # Errors
/// When the code is no string.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Code, D::Error> {
    String::deserialize(from).map(|text| known(&text))
}

/// Why a file is refused whole.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize)]
#[error("{reason}")]
pub struct Refusal {
    /// One of [`ALL`].
    #[serde(deserialize_with = "deserialize")]
    pub code: Code,
    /// A plain sentence: what, the value, what to do.
    pub reason: String,
    /// What was read of the file, where it was refused for that.
    #[serde(skip)]
    pub reading: Option<Box<Reading>>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), reading: None }
    }

    /// A refusal for what was read.
    #[must_use]
    pub fn of(code: Code, reason: impl Into<String>, reading: Reading) -> Self {
        Self { reading: Some(Box::new(reading)), ..Self::new(code, reason) }
    }

    /// The rows that were set aside, where it was refused for those.
    #[must_use]
    pub fn quarantined(&self) -> &[Quarantined] {
        self.reading.as_ref().map_or(&[], |reading| &reading.quarantined)
    }
}
