//! The header of every shipped check is a contract, and every check runs on an empty database.

use chrono::DateTime;

use quarterdeck::domain::check::{CheckKind, SHIPPED, Switch};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::analysis::{self, Question};
use quarterdeck::store::check_file::CheckFile;
use quarterdeck::store::open::Store;
use quarterdeck::store::refusal::StoreError;

/// What the checks say of an empty database.
fn prepared<'a>(store: &Store, checks: impl IntoIterator<Item = &'a CheckFile>) -> Result<(), StoreError> {
    let known_on = DateTime::UNIX_EPOCH;
    let as_of = known_on.date_naive();
    let nothing =
        Question { collection: String::new(), quarter: Quarter::containing(as_of), as_of, known_on };
    let asked = store.ask_all(checks, &nothing)?;
    asked.answers.into_iter().try_for_each(|answers| answers.map(drop))
}

#[test]
fn every_shipped_check_is_read_and_runs_on_an_empty_database() {
    let store = Store::in_memory().unwrap();
    let checks = analysis::shipped().unwrap();
    assert_eq!(checks.len(), 24);
    prepared(&store, &checks).unwrap();
    for check in checks {
        assert!(check.says.contains_key("says"), "{}", check.name);
        assert!(check.asks.ends_with('?'), "{} asks no question", check.name);
    }
}

#[test]
fn three_checks_are_off_unless_they_are_asked_for() {
    let checks = analysis::shipped().unwrap();
    let off: Vec<&str> =
        checks.iter().filter(|check| check.default == Switch::Off).map(|check| check.name.as_str()).collect();
    assert_eq!(off, ["cusum-drift", "history-revised", "ohid-recent-trend"]);
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
    assert_eq!(shipped, SHIPPED, "the configuration knows other names");
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
        prepared(&store, [&with_select("SELECT 'E06000022' AS authority")]).unwrap_err().to_string();
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
    let refused = prepared(&store, [&check]).unwrap_err().to_string();
    assert!(refused.contains("`fires` is NULL"), "{refused}");
}

#[test]
fn every_view_is_documented_and_every_example_runs() {
    let store = Store::in_memory().unwrap();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/queries/README.md")).unwrap();
    for name in quarterdeck::store::schema::view_names() {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        assert!(row.is_some(), "`{name}` is not documented");
        assert!(readme.contains(&format!("FROM {name} ")), "`{name}` has no example");
    }
    let examples = readme.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    for example in examples.lines() {
        store.connection().execute_batch(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn every_column_of_a_view_is_documented() {
    let store = Store::in_memory().unwrap();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/queries/README.md")).unwrap();
    let mut statement = store
        .connection()
        .prepare("SELECT view_name, column_name FROM duckdb_views() JOIN duckdb_columns() ON table_name = view_name
                   WHERE NOT duckdb_views.internal ORDER BY view_name, column_index")
        .unwrap();
    let columns: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert!(columns.len() > 150, "only {} columns", columns.len());
    for (view, column) in columns {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{view}` |"))).unwrap();
        let words: Vec<&str> = row.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        assert!(words.contains(&column.as_str()), "`{view}.{column}` is not documented");
    }
}
