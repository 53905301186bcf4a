//! The hostile files, when their folder is there: what the manifest wants, or as safe.

use std::fs;
use std::panic;
use std::path::Path;

use quarterdeck::domain::indicator::Unit;
use quarterdeck::read::sniff::{Format, sniff};
use quarterdeck::read::validate::understand;
use quarterdeck::read::{csv, workbook};

use super::fixtures::{World, indicator, limits, long_layout};

/// Other answers than the manifest's, on purpose: file, answer, reason.
const OTHERWISE: [(&str, &str, &str); 6] = [
    (
        "csv_050_extra_column.csv",
        "reject personal-data",
        "a column of children's names: refusing keeps nothing of it",
    ),
    ("csv_073_thousands.csv", "load 8 0 ", "`1,200` and `1 200` have one meaning, 1200, and are remarked"),
    ("csv_090_code_variants.csv", "load 5 3 ", "the authority's exact name is accepted, with a remark"),
    (
        "csv_091_quarter_variants.csv",
        "load 4 4 ",
        "spellings that can only mean the quarter are accepted, with a remark",
    ),
    ("csv_095_duplicate_rows.csv", "load 8 2 ", "the same rows again are counted and shown, not swallowed"),
    (
        "xlsx_046_utf16_xml.xlsx",
        "reject broken-workbook",
        "the manifest allows it: the parser reads UTF-8 only",
    ),
];

/// `reject CODE`, or `load ACCEPTED QUARANTINED CODES`.
fn answer(name: &str, bytes: &[u8]) -> String {
    let mut world = World::member();
    world.indicators =
        (1..=8).map(|n| indicator(&format!("ind{n:02}"), Unit::Percent, Some("children"))).collect();
    world.layouts = vec![long_layout()];
    let grid = sniff(bytes, name).and_then(|format| match format {
        Format::Delimited => csv::delimited(bytes, &limits()),
        Format::Workbook => workbook::workbook(bytes, None, &limits()),
    });
    match grid.and_then(|grid| understand(&grid, &world.expected())) {
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
        if !(name.starts_with("csv_") || name.starts_with("xlsx_")) {
            continue;
        }
        let bytes = fs::read(folder.join("files").join(name)).unwrap();
        let got = panic::catch_unwind(|| answer(name, &bytes)).unwrap_or_else(|_| "panic".to_owned());
        let wanted = if action == "reject" { "reject".to_owned() } else { format!("load {loaded} {bad} ") };
        let silent = action == "accept_warn" && got.ends_with(' ');
        if got.starts_with(&wanted) && !silent {
            continue;
        }
        if !OTHERWISE.iter().any(|(file, answer, _)| *file == name && got.starts_with(answer)) {
            disagreements.push(format!("{name}: wanted {action} {loaded}/{bad} {code}, got {got}"));
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}
