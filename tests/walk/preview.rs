//! `check --preview FILE`: what a check would have found, before it is deployed.

use std::fs;

use serde_json::Value;

use super::checks::{HEADER, MINE, add};
use super::region::{Ended, NOW, Region};

/// Before the second quarter's due day, so that it was known by then; the first quarter's had passed.
const BEFORE_DUE: &str = "2017-11-01T08:00:00Z";

fn region() -> Region {
    let region = Region::with_returns_of(&["2017-18 Q1", "2017-18 Q2"]);
    region.walk(BEFORE_DUE);
    region
}

fn preview(region: &Region, text: &str, format: &str) -> Ended {
    let file = region.path("mine.sql");
    fs::write(&file, text).unwrap();
    region.run(NOW, &["check", "--preview", file.to_str().unwrap(), "--format", format])
}

fn parts(ended: &Ended, part: &str, version: &str) -> Vec<Value> {
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    rows.into_iter().filter(|row| row["part"] == part && row["version"] == version).collect()
}

fn of_quarterly(rows: Vec<Value>) -> Vec<Value> {
    rows.into_iter().filter(|row| row["collection"] == "quarterly").collect()
}

fn whole(region: &Region) -> Vec<Vec<u8>> {
    ["quarterdeck.duckdb", "journal.jsonl"].map(|name| fs::read(region.state().join(name)).unwrap()).into()
}

#[test]
fn a_new_check_shows_what_it_would_have_found_and_keeps_nothing() {
    let region = region();
    let before = whole(&region);
    let ended = preview(&region, &format!("{HEADER}{MINE}"), "json");
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(whole(&region) == before, "something was kept");
    let quarters = of_quarterly(parts(&ended, "quarter", "after"));
    let told: Vec<String> = quarters
        .iter()
        .map(|row| ["quarter", "known", "fires", "opened", "open"].map(|key| row[key].to_string()).join(" "))
        .collect();
    assert_eq!(told, ["\"2017-18 Q1\" \"now\" 4 4 4", "\"2017-18 Q2\" \"then\" 4 0 4"]);
    let findings = parts(&ended, "finding", "after");
    assert_eq!(findings.len(), 4);
    for finding in &findings {
        assert_eq!((&finding["stayed"], &finding["level"]), (&Value::from(2), &Value::from("medium")));
        let words = finding["words"].as_str().unwrap();
        assert!(words.contains("mine says") && !words.contains('{'), "{words}");
    }
    assert!(parts(&ended, "quarter", "before").is_empty());
    let table = preview(&region, &format!("{HEADER}{MINE}"), "table");
    assert!(
        table.out.contains("would have opened 4 findings") && table.out.contains("Devon"),
        "{}",
        table.out
    );
    let csv = preview(&region, &format!("{HEADER}{MINE}"), "csv");
    assert!(csv.out.starts_with("part,version,collection,quarter,"), "{}", csv.out);
}

#[test]
fn a_changed_check_shows_its_numbers_before_and_after() {
    let region = region();
    add(&region, "mine.sql", MINE);
    let ended = preview(&region, &format!("{HEADER}{MINE}").replace("many = 8000", "many = 8300"), "json");
    assert_eq!(parts(&ended, "finding", "after").len(), 3, "{ended:?}");
    assert_eq!(parts(&ended, "finding", "before").len(), 4);
    let table = preview(&region, &format!("{HEADER}{MINE}").replace("many = 8000", "many = 8300"), "table");
    assert!(table.out.contains("before the change 4"), "{}", table.out);
    assert!(table.out.contains("opened before"), "{}", table.out);
    let shipped =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/queries/checks/target-breach.sql"));
    let stricter = shipped.unwrap().replace("open_after = 2", "open_after = 1");
    let file = region.path("target-breach.sql");
    fs::write(&file, stricter + "\n-- changed\n").unwrap();
    let ended = region.run(NOW, &["check", "--preview", file.to_str().unwrap(), "--format", "json"]);
    assert!(!parts(&ended, "quarter", "before").is_empty(), "{ended:?}");
}

#[test]
fn errors_and_what_cannot_be_judged_are_told_as_such() {
    let region = region();
    let fails = MINE.replace("numerator > getvariable('many') AS fires", "authority::INTEGER > 1 AS fires");
    let ended = preview(&region, &format!("{HEADER}{fails}"), "json");
    assert_eq!(ended.status, 1, "{ended:?}");
    let quarters = of_quarterly(parts(&ended, "quarter", "after"));
    assert_eq!(quarters[1]["fires"], "error");
    assert!(quarters[1]["words"].as_str().unwrap().contains("E0600"), "{quarters:?}");
    let shy = MINE
        .replace("TRUE AS eligible", "FALSE AS eligible")
        .replace("NULL AS reason", "'too early' AS reason");
    let ended = preview(&region, &format!("{HEADER}{shy}"), "json");
    assert_eq!(parts(&ended, "finding", "after").len(), 0);
    let reasons = parts(&ended, "not-eligible", "after");
    assert_eq!((&reasons[0]["words"], &reasons[0]["not_eligible"]), (&"too early".into(), &32.into()));
    let ended = preview(&region, &format!("{HEADER}DROP TABLE figures"), "json");
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.words.contains("mine.sql") && ended.words.contains("DROP is not allowed"), "{ended:?}");
    let ended = preview(&region, "SELECT 1", "json");
    assert!(ended.status == 2 && ended.words.contains("header"), "{ended:?}");
}
