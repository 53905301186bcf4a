//! The header of every shipped check is a contract, and every check runs on an empty database.

use quarterdeck::domain::check::CheckKind;
use quarterdeck::store::analysis;
use quarterdeck::store::check_file::CheckFile;
use quarterdeck::store::open::Store;

#[test]
fn every_shipped_check_is_read_and_runs_on_an_empty_database() {
    let store = Store::in_memory().unwrap();
    let checks = analysis::shipped().unwrap();
    assert_eq!(checks.len(), 8);
    for check in checks {
        store.prepare_check(&check).unwrap();
        assert!(check.says.contains_key("says"), "{}", check.name);
        assert!(check.asks.ends_with('?'), "{} asks no question", check.name);
    }
}

#[test]
fn data_quality_closes_at_once_and_performance_after_two() {
    for check in analysis::shipped().unwrap() {
        let expected = if check.kind == CheckKind::DataQuality { 1 } else { 2 };
        assert_eq!(check.close_after, expected, "{}", check.name);
    }
}

#[test]
fn every_file_in_the_folder_of_checks_is_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/queries/checks");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let shipped: Vec<String> = analysis::shipped().unwrap().into_iter().map(|check| check.name).collect();
    assert_eq!(shipped, names);
}

fn with_select(select: &str) -> CheckFile {
    let header = "/*\ntitle = \"T\"\nasks = \"Q?\"\nseverity = \"low\"\nkind = \"performance\"\n\
        evidence = \"target\"\nminimum_points = 1\nopen_after = 1\nclose_after = 2\nsays = \"S\"\n*/\n";
    CheckFile::parse("mine", &format!("{header}{select}")).unwrap()
}

#[test]
fn a_check_that_lacks_a_column_is_refused_before_it_runs() {
    let store = Store::in_memory().unwrap();
    let refused =
        store.prepare_check(&with_select("SELECT 'E06000022' AS authority")).unwrap_err().to_string();
    assert!(refused.contains("check `mine` does not run"), "{refused}");
    assert!(refused.contains("indicator"), "{refused}");
}

#[test]
fn a_check_that_answers_null_is_an_error_and_not_clear() {
    let store = Store::in_memory().unwrap();
    let check = with_select(
        "SELECT 'E06000022' AS authority, NULL AS indicator, getvariable('quarter') AS quarter, NULL AS fires,
                0 AS level, NULL AS effect, NULL AS p, TRUE AS eligible, NULL AS reason, '{}' AS detail",
    );
    let refused = store.prepare_check(&check).unwrap_err().to_string();
    assert!(refused.contains("`fires` is NULL"), "{refused}");
}
