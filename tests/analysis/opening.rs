//! The file: created, opened again, refused when it should be.

use quarterdeck::config::settings::Limits;
use quarterdeck::store::open::{FILE_NAME, Store};
use quarterdeck::store::refusal::StoreError;
use quarterdeck::store::schema::SCHEMA_VERSION;

fn limits() -> Limits {
    Limits {
        file_bytes_max: 1,
        unpacked_bytes_max: 1,
        rows_max: 1,
        columns_max: 1,
        field_chars_max: 1,
        connect_seconds: 1,
        fetch_seconds: 1,
        fetches_at_once: 1,
        run_seconds: 1,
        run_mebibytes: 8192,
        database_mebibytes: 512,
        worker_mebibytes: 1,
        worker_seconds: 1,
        result_rows_max: 1,
    }
}

fn count(store: &Store) -> i64 {
    store.connection().query_row("SELECT count(*) FROM area_names", [], |row| row.get(0)).unwrap()
}

const ADD: &str = "INSERT INTO area_names VALUES ('E06000022', 'Bath', 'authority', '800', NULL)";

#[test]
fn what_was_stored_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &limits()).unwrap();
    store.connection().execute_batch(ADD).unwrap();
    store.checkpoint().unwrap();
    drop(store);
    assert_eq!(count(&Store::open(folder.path(), &limits()).unwrap()), 1);
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [FILE_NAME], "nothing unfinished is left behind");
}

#[test]
fn the_file_is_of_the_older_format_that_analysts_shells_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &limits()).unwrap();
    let version: String = store
        .connection()
        .query_row("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(version.contains("v1.5"), "{version}");
}

#[test]
fn a_read_only_database_refuses_to_be_written_and_answers_questions() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), &limits()).unwrap());
    let store = Store::open_read_only(folder.path(), &limits()).unwrap();
    assert!(store.connection().execute_batch(ADD).is_err());
    assert_eq!(count(&store), 0);
}

#[test]
fn a_file_that_is_no_database_is_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), vec![b'x'; 20_000]).unwrap();
    let refused = Store::open(folder.path(), &limits()).err().unwrap();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

#[test]
fn a_database_of_a_newer_program_is_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &limits()).unwrap();
    store.connection().execute_batch("INSERT INTO schema_versions (version) VALUES (99)").unwrap();
    drop(store);
    let refused = Store::open(folder.path(), &limits()).err().unwrap();
    assert_eq!(
        refused.to_string(),
        format!(
            "the database was written by a newer quarterdeck: its tables have version 99, this is \
             quarterdeck {}, which knows {SCHEMA_VERSION}; install the newer one again, or restore a \
             backup that was made before it; nothing was changed",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn views_of_another_program_are_renewed_and_our_own_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let laid = |store: &Store| -> i64 {
        store.connection().query_row("SELECT count(*) FROM schema_versions", [], |row| row.get(0)).unwrap()
    };
    drop(Store::open(folder.path(), &limits()).unwrap());
    let store = Store::open(folder.path(), &limits()).unwrap();
    assert_eq!(laid(&store), 1);
    let other = "CREATE OR REPLACE VIEW quarters AS SELECT 1 AS quarter;
                 INSERT INTO schema_versions (version, fingerprint) VALUES (1, 'of another program')";
    store.connection().execute_batch(other).unwrap();
    drop(store);
    let store = Store::open(folder.path(), &limits()).unwrap();
    assert_eq!(laid(&store), 3);
    assert!(store.connection().execute_batch("SELECT first_day FROM quarters").is_ok());
}

#[test]
fn what_fails_within_a_transaction_never_happened() {
    let store = Store::in_memory().unwrap();
    let failed: Result<(), StoreError> = store.within(|connection| {
        connection.execute_batch(ADD)?;
        connection.execute_batch("INSERT INTO nowhere VALUES (1)")?;
        Ok(())
    });
    assert!(failed.is_err());
    assert_eq!(count(&store), 0);
    store.within(|connection| Ok::<_, StoreError>(connection.execute_batch(ADD)?)).unwrap();
    assert_eq!(count(&store), 1);
}
