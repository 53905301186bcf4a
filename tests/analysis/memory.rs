//! Every public view answers within the memory of a query, with a country's figures of a dozen years.

use quarterdeck::pipeline::apart::Snapshot;
use quarterdeck::store::analysis;
use quarterdeck::store::open::Store;
use quarterdeck::store::schema::view_names;
use quarterdeck::worker::query::{Job, Question, answer};

use crate::analysis::lay_indicators;

/// Half of what a query has as shipped, which is a quarter of the worker's: a state may be twice as large.
const MEBIBYTES: u32 = 1536 / 8;

/// 150 areas, 20 of them the region's own, 8 measures: 12 years of quarterly returns, 30 years published.
const FIGURES: &str = "
    INSERT INTO region_settings VALUES ('Testshire', 'E12000009', '2021', 5);
    INSERT INTO collection_settings VALUES ('quarterly', 'Q', 1, 8020, 30, TRUE, 'members'),
      ('published', 'P', 4, 8020, NULL, FALSE, 'publisher');
    CREATE TEMP TABLE places AS SELECT format('E{:08d}', 6000000 + n) AS code, n FROM range(150) AS t(n);
    INSERT INTO authority_settings SELECT code, code, n::VARCHAR, NULL, NULL FROM places WHERE n < 20;
    INSERT INTO area_names SELECT code, code, 'authority', n::VARCHAR, NULL FROM places;
    INSERT INTO neighbour_settings
    SELECT code, '2021', back, ((n * 7 + back * 11) % 150)::VARCHAR
      FROM places, range(10) AS t(back) WHERE n < 20;
    INSERT INTO submissions
    SELECT n * 100 + q, 'quarterly', code, 8020 + q, 1, 'h', TIMESTAMP '2017-11-10 08:00:00', 'folder',
      'f.csv', 'long', 1, 1, 0, 'accepted', NULL FROM places, range(48) AS t(q) WHERE n < 20;
    INSERT INTO submissions VALUES (90000, 'published', NULL, NULL, 1, 'h', TIMESTAMP '2017-01-01', 'http',
      'p.csv', 'tidy', 1, 1, 0, 'accepted', NULL);
    INSERT INTO figures
    SELECT n * 100 + q, code, indicator, 8020 + q, 200 + hash(n * 31 + q) % 90, 1000 + n, NULL, 'ok', NULL,
      NULL, NULL, q
      FROM places, range(48) AS t(q), indicator_settings WHERE collection = 'quarterly' AND n < 20;
    INSERT INTO figures
    SELECT 90000, code, indicator, 8023 + q * 4, 200 + hash(n * 17 + q) % 90, 1000 + n, NULL, 'ok', NULL,
      NULL, NULL, n FROM places, range(30) AS t(q), indicator_settings WHERE collection = 'published';
";

#[test]
fn every_view_is_counted_within_a_querys_memory() {
    let store = Store::in_memory().unwrap();
    lay_indicators(&store, "quarterly");
    lay_indicators(&store, "published");
    store.connection().execute_batch(FIGURES).unwrap();
    let every_view = view_names().join(" ");
    let snapshot = Snapshot::elsewhere(&store, &every_view).unwrap();
    let questions = view_names().into_iter().map(|view| {
        let sql = format!("SELECT count(*) FROM {view} WHERE hash({view}) IS NOT NULL");
        let computed = analysis::computed_for(&sql);
        Question { name: view.to_owned(), sql, variables: Vec::new(), computed }
    });
    let job = Job {
        snapshot: snapshot.file(),
        views: analysis::views_for(&every_view),
        offered: Vec::new(),
        questions: questions.collect(),
        rows_max: 1,
        seconds: 60,
        mebibytes: MEBIBYTES,
    };
    for answer in answer(&job).unwrap().answers {
        let table = answer.table.unwrap_or_else(|words| panic!("`{}`: {words}", answer.name));
        println!("{} {}", answer.name, table.rows[0][0]);
    }
}
