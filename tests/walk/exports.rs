//! Exports: what the views show, parted; whole or not there; enough to ask the checks elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use duckdb::Connection;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::analysis::{self, Question};
use quarterdeck::store::open::Store;
use quarterdeck::store::schema;
use serde_json::Value;

use super::region::{NOW, PROGRAM, Region, instant};
use super::state::{QUARTER, files, lived_in};

struct Exported {
    folder: PathBuf,
    told: Value,
}

fn exported(region: &Region, more: &[&str]) -> Exported {
    let folder = region.path("export");
    let into = folder.display().to_string();
    let ended = region.run(NOW, &[&["export", "--into", &into], more].concat());
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.out.contains("every figure is in it, none is withheld"), "{}", ended.out);
    let told = serde_json::from_slice(&fs::read(folder.join("export.json")).unwrap()).unwrap();
    Exported { folder, told }
}

impl Exported {
    fn question(&self, collection: &str) -> Question {
        let asked = &self.told["collections"][collection];
        Question {
            collection: collection.to_owned(),
            quarter: Quarter::from_index(asked["quarter"].as_i64().unwrap().try_into().unwrap()),
            as_of: asked["as_of"].as_str().unwrap().parse().unwrap(),
            known_on: instant(asked["known_on"].as_str().unwrap()),
        }
    }

    fn collections(&self) -> Vec<String> {
        self.told["collections"].as_object().unwrap().keys().cloned().collect()
    }

    fn parquet(&self) -> Vec<PathBuf> {
        files(&self.folder)
            .into_iter()
            .filter(|file| file.extension().is_some_and(|it| it == "parquet"))
            .collect()
    }
}

/// Each row as a text, in order.
fn rows(connection: &Connection, from: &str) -> Vec<String> {
    let sql = format!("SELECT one::VARCHAR FROM (SELECT one FROM {from} AS one) ORDER BY 1");
    let prepared = connection.prepare(&sql);
    let mut statement = prepared.unwrap_or_else(|error| panic!("{from}: {error}"));
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn read(files: &Path) -> String {
    format!("read_parquet('{}', hive_partitioning = false)", files.display())
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[test]
fn every_view_is_exported_as_it_shows_each_collection() {
    let region = lived_in();
    let export = exported(&region, &[]);
    let store = Store::open_read_only(&region.state(), &region.settings().limits).unwrap();
    let names = schema::view_names();
    let views = export.folder.join("views");
    let is_whole = |view: &&str| ["quarters", "authorities", "areas", "lineage"].contains(view);
    for view in names.iter().copied().filter(|view| is_whole(view)) {
        let shown = rows(store.connection(), view);
        assert_eq!(rows(store.connection(), &read(&views.join(view).join("all.parquet"))), shown, "{view}");
        assert_eq!(export.told["views"][view]["rows"], shown.len(), "{view}");
    }
    let mut counts = std::collections::BTreeMap::new();
    for collection in export.collections() {
        let all = |connection: &Connection| {
            for view in names.iter().copied().filter(|view| !is_whole(view)) {
                let of = format!("(FROM {view} WHERE collection = '{collection}')");
                let shown = rows(connection, &of);
                let part = views.join(view).join(format!("collection={collection}")).join("**/*.parquet");
                assert_eq!(rows(connection, &read(&part)), shown, "{view} of {collection}");
                *counts.entry(view).or_insert(0) += shown.len();
            }
            Ok(())
        };
        store.frozen(&export.question(&collection), &names.join("\n"), all).unwrap();
    }
    for (view, count) in &counts {
        assert_eq!(export.told["views"][*view]["rows"], *count, "{view}");
    }
    assert!(counts["series"] > 100 && counts["revisions"] > 0 && counts["findings"] > 0, "{counts:?}");
    assert_eq!(counts.len(), names.len() - 4);
    assert_eq!(export.told["collections"]["quarterly"]["quarter_label"], QUARTER);
    let last_asked = "2017-11-08T05:00:00Z";
    assert_eq!(export.question("quarterly").known_on, instant(last_asked), "as the checks were last asked");
}

#[test]
fn each_partition_holds_one_collection_and_one_indicator() {
    let region = lived_in();
    let export = exported(&region, &[]);
    let engine = Connection::open_in_memory().unwrap();
    let mut parted = 0;
    for file in export.parquet() {
        let parts: Vec<String> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let value = |key: &str| {
            parts.iter().find_map(|part| part.strip_prefix(&format!("{key}="))).map(str::to_owned)
        };
        let from = read(&export.folder.join(&file));
        if let Some(collection) = value("collection") {
            let strange = format!("SELECT count(*) FROM {from} WHERE collection <> '{collection}'");
            assert_eq!(number(&engine, &strange), 0, "{}", file.display());
        }
        let Some(indicator) = value("indicator") else { continue };
        let is = match indicator.as_str() {
            "__HIVE_DEFAULT_PARTITION__" => "indicator IS NOT NULL".to_owned(),
            it => format!("indicator IS DISTINCT FROM '{it}'"),
        };
        let strange = format!("SELECT count(*) FROM {from} WHERE {is}");
        assert_eq!(number(&engine, &strange), 0, "{}", file.display());
        parted += 1;
    }
    assert!(parted > 100, "{parted}");
    let one = export.folder.join("views/series/collection=quarterly/indicator=referral_rate");
    assert!(number(&engine, &format!("SELECT count(*) FROM {}", read(&one.join("*.parquet")))) > 0);
}

#[test]
fn the_checks_can_be_asked_with_what_is_in_the_folder_and_nothing_else() {
    let region = lived_in();
    let export = exported(&region, &[]);
    let text = |name: &str| fs::read_to_string(export.folder.join(name)).unwrap();
    let engine = Connection::open_in_memory().unwrap();
    let tables = text("tables.sql").replace("'tables/", &format!("'{}/tables/", export.folder.display()));
    engine.execute_batch(&tables).unwrap();
    engine.execute_batch(&text("statements.sql")).unwrap();
    engine.execute_batch(&text("questions/quarterly.sql")).unwrap();
    let store = Store::open_read_only(&region.state(), &region.settings().limits).unwrap();
    let question = export.question("quarterly");
    let mut fire = 0;
    for check in analysis::shipped().unwrap() {
        if !export.told["checks"].as_object().unwrap().contains_key(&check.name) {
            continue;
        }
        let asked = text(&format!("checks/{}.sql", check.name));
        let (settings, select) = asked
            .split_at(asked.rfind("SET VARIABLE").map_or(0, |at| at + asked[at..].find(";\n").unwrap() + 2));
        engine.execute_batch(settings).unwrap();
        let select = select.trim_end().trim_end_matches(';');
        let sql = format!(
            "SELECT concat_ws(' ', authority, coalesce(indicator, '-'), fires, eligible) FROM ({select}) ORDER BY 1"
        );
        let mut statement = engine.prepare(&sql).unwrap_or_else(|error| panic!("{}: {error}", check.name));
        let told: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let ours =
            store.ask(&check, "quarterly", question.quarter, question.as_of, question.known_on).unwrap();
        let mut ours: Vec<String> = ours
            .iter()
            .map(|it| {
                let indicator = it.indicator.as_ref().map_or("-", |id| id.as_str());
                format!("{} {indicator} {} {}", it.authority, it.fires, it.eligible)
            })
            .collect();
        ours.sort();
        assert_eq!(told, ours, "{}", check.name);
        fire += ours.iter().filter(|row| row.contains(" true ")).count();
    }
    assert!(fire > 0);
}

#[test]
fn an_earlier_quarter_is_exported_as_it_was_asked_about() {
    let region = Region::with_returns_of(&["2017-18 Q1", QUARTER]);
    region.walk(NOW);
    let export = exported(&region, &["--quarter", "2017-18 Q1"]);
    assert_eq!(export.told["collections"]["quarterly"]["quarter_label"], "2017-18 Q1");
    let engine = Connection::open_in_memory().unwrap();
    let grid = read(&export.folder.join("views/series/collection=quarterly/*/*.parquet"));
    let newest = Quarter::from_spelling("2017-18 Q1").unwrap().index();
    assert_eq!(number(&engine, &format!("SELECT max(quarter) FROM {grid}")), i64::from(newest));
}

#[test]
fn nobody_is_named_by_an_address_and_nobody_else_may_look_in() {
    let region = lived_in();
    let export = exported(&region, &[]);
    let engine = Connection::open_in_memory().unwrap();
    for file in files(&export.folder) {
        let path = export.folder.join(&file);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        let folder = path.parent().unwrap();
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{}", file.display());
        if file.extension().is_some_and(|it| it == "parquet") {
            let text =
                format!("SELECT count(*) FROM {} AS one WHERE one::VARCHAR LIKE '%.example%'", read(&path));
            assert_eq!(number(&engine, &text), 0, "{}", file.display());
        } else {
            assert!(!fs::read_to_string(&path).unwrap().contains(".example"), "{}", file.display());
        }
    }
    let tables: Vec<String> = files(&export.folder.join("tables"))
        .iter()
        .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for hidden in ["outbox_messages", "journal_lines", "answers", "asked", "runs"] {
        assert!(!tables.iter().any(|table| table == hidden), "{tables:?}");
    }
    assert!(tables.iter().any(|table| table == "indicator_settings"), "{tables:?}");
}

#[test]
fn a_folder_with_anything_in_it_is_refused_and_an_empty_one_is_not() {
    let region = lived_in();
    let into = region.path("export");
    fs::create_dir(&into).unwrap();
    fs::write(into.join("notes.txt"), "x").unwrap();
    let words = into.display().to_string();
    let ended = region.run(NOW, &["export", "--into", &words]);
    let expected = format!(
        "error: `--into {words}`: the folder has `notes.txt` in it; name a new folder, or an empty one\n"
    );
    assert_eq!((ended.status, ended.words), (2, expected));
    assert_eq!(files(&into), [PathBuf::from("notes.txt")]);
    fs::remove_file(into.join("notes.txt")).unwrap();
    exported(&region, &[]);
    let ended = region.run(NOW, &["export", "--into", &words]);
    assert_eq!(ended.status, 2, "{ended:?}");
    let file = region.path("token").display().to_string();
    let ended = region.run(NOW, &["export", "--into", &file]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.words.contains("this is a file"), "{}", ended.words);
}

#[test]
fn an_export_that_fails_leaves_nothing() {
    let region = lived_in();
    let database = Connection::open(region.state().join("quarterdeck.duckdb")).unwrap();
    // The last of the tables that are copied.
    database.execute_batch("DROP TABLE confirmed_figures; CHECKPOINT").unwrap();
    database.close().unwrap();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(region.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let ended = region.run(NOW, &["export", "--into", &region.path("export").display().to_string()]);
    assert_eq!(ended.status, 5, "{ended:?}");
    assert!(ended.words.contains("cannot export `FROM confirmed_figures`"), "{}", ended.words);
    assert_eq!(names(), before);
}

#[test]
fn an_export_that_is_killed_does_not_look_whole() {
    let region = lived_in();
    let into = region.path("export");
    let mut running = Command::new(PROGRAM)
        .args(["--now", NOW, "--config"])
        .arg(region.config())
        .args(["export", "--into"])
        .arg(&into)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = || {
        let names = fs::read_dir(region.path(".")).unwrap().map(|entry| entry.unwrap().path());
        let mut unfinished = names.filter(|path| path.extension().is_some_and(|it| it == "new"));
        unfinished.find(|path| path.join("tables").exists())
    };
    let since = Instant::now();
    let unfinished = loop {
        match begun() {
            Some(path) => break path,
            None => assert!(since.elapsed() < Duration::from_mins(1), "it never began"),
        }
        std::thread::yield_now();
    };
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(!into.exists());
    assert!(!unfinished.join("export.json").exists());
    exported(&region, &[]);
}
