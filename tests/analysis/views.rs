//! The promises of the public views.

use chrono::{DateTime, NaiveDate};
use duckdb::Connection;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::analysis::{self, Question};
use quarterdeck::store::open::Store;

use crate::analysis::{LATEST, brief, laid, latest, lay_indicators};

fn rows(store: &Store, sql: &str) -> Vec<String> {
    let mut statement = store.connection().prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get::<_, Option<String>>(0).unwrap().unwrap_or_default());
    }
    lines
}

fn figures(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    lines.iter().map(|(a, i, f)| ((*a).to_owned(), (*i).to_owned(), (*f).to_owned())).collect()
}

fn submit(store: &Store, submission: i64, authority: &str, version: i64, at: &str, figures: &[(&str, f64)]) {
    store
        .connection()
        .execute_batch(&format!(
            "INSERT INTO submissions VALUES ({submission}, 'quarterly', '{authority}', {LATEST}, {version}, 'h',
             TIMESTAMP '{at}', 'hand', 'f.csv', 'long', 1, 1, 0, 'accepted', NULL)"
        ))
        .unwrap();
    for (indicator, numerator) in figures {
        store
            .connection()
            .execute_batch(&format!(
                "INSERT INTO figures VALUES ({submission}, '{authority}', '{indicator}', {LATEST},
                 {numerator}, 100, NULL, 'ok', NULL, NULL, NULL, 2)"
            ))
            .unwrap();
    }
}

#[test]
fn the_label_and_days_of_a_quarter_are_those_of_the_domain() {
    let store = Store::in_memory().unwrap();
    let got = rows(
        &store,
        "SELECT label || ' ' || first_day || ' ' || last_day FROM quarters
          WHERE quarter BETWEEN 7960 AND 8200 ORDER BY quarter",
    );
    for (line, index) in got.iter().zip(7960..) {
        let quarter = Quarter::from_index(index);
        assert_eq!(*line, format!("{quarter} {} {}", quarter.first_day(), quarter.last_day()));
    }
    assert_eq!(got.len(), 241);
}

#[test]
fn the_region_is_sum_over_sum_and_says_how_many_gave_both_parts() {
    let store = laid(&figures(&[
        ("E06000001", "late_pct", "10/100"),
        ("E06000002", "late_pct", "90/300"),
        ("E06000003", "late_pct", "=50"),
        ("E06000004", "late_pct", "c"),
    ]));
    let got = rows(
        &store,
        "SELECT DISTINCT region_value || ' ' || region_contributors || ' of ' || region_expected
           FROM comparators WHERE indicator = 'late_pct' AND quarter = 8069",
    );
    assert_eq!(got, ["25.0 2 of 4"]);
}

#[test]
fn an_authority_counts_in_the_region_only_while_it_exists() {
    let store =
        laid(&figures(&[("E06000001", "late_pct", "10/100 10/100"), ("E06000002", "late_pct", "10/100 .")]));
    store
        .connection()
        .execute_batch(
            "UPDATE authority_settings SET valid_until = DATE '2017-06-30' WHERE authority = 'E06000002'",
        )
        .unwrap();
    let got = rows(
        &store,
        "SELECT DISTINCT quarter || ' ' || region_contributors || ' of ' || region_expected
           FROM comparators WHERE indicator = 'late_pct' AND quarter >= 8068 ORDER BY 1",
    );
    assert_eq!(got, ["8068 2 of 2", "8069 1 of 1"]);
}

#[test]
fn a_past_year_under_a_successors_code_is_one_place_of_the_region() {
    let store =
        laid(&figures(&[("E06000066", "late_pct", "10/100"), ("E06000001", "late_pct", "20/100 20/100")]));
    store
        .connection()
        .execute_batch(
            "UPDATE authority_settings SET dfe_number = '933', valid_from = DATE '2017-10-01'
              WHERE authority = 'E06000066';
             INSERT INTO authority_settings
             VALUES ('E10000027', 'E10000027', '933', NULL, DATE '2017-09-30');",
        )
        .unwrap();
    let got = rows(
        &store,
        "SELECT DISTINCT region_contributors || ' of ' || region_expected
           FROM comparators WHERE indicator = 'late_pct' AND quarter = 8069",
    );
    assert_eq!(got, ["2 of 2"]);
}

#[test]
fn the_latest_accepted_version_counts_wholly_and_older_knowledge_can_be_asked() {
    let store = laid(&figures(&[("E06000001", "plans", "1")]));
    submit(&store, 50, "E06000001", 2, "2017-12-01 09:00:00", &[("late_pct", 11.0), ("timely_pct", 5.0)]);
    submit(&store, 51, "E06000001", 3, "2017-12-08 09:00:00", &[("late_pct", 12.0)]);
    let ask = "SELECT indicator || ' ' || coalesce(numerator, value) FROM observations ORDER BY 1";
    assert_eq!(rows(&store, ask), ["late_pct 12.0"]);
    store.connection().execute_batch("SET VARIABLE known_on = TIMESTAMP '2017-12-02 00:00:00'").unwrap();
    assert_eq!(rows(&store, ask), ["late_pct 11.0", "timely_pct 5.0"]);
}

#[test]
fn a_revision_tells_what_changed_what_came_and_what_was_left_out() {
    let store = Store::in_memory().unwrap();
    lay_indicators(&store, "quarterly");
    submit(&store, 50, "E06000001", 1, "2017-12-01 09:00:00", &[("late_pct", 11.0), ("timely_pct", 5.0)]);
    submit(&store, 51, "E06000001", 2, "2017-12-08 09:00:00", &[("late_pct", 12.0), ("rolling_pct", 1.0)]);
    submit(&store, 52, "E06000001", 3, "2017-12-09 09:00:00", &[("late_pct", 12.0), ("rolling_pct", 1.0)]);
    let got = rows(
        &store,
        "SELECT concat_ws(' ', version, indicator, coalesce(old_value::VARCHAR, '-'), coalesce(new_value::VARCHAR, '-'))
           FROM revisions ORDER BY version, indicator",
    );
    assert_eq!(got, ["2 late_pct 11.0 12.0", "2 rolling_pct - 1.0", "2 timely_pct 5.0 -"]);
}

#[test]
fn a_missing_quarter_is_a_row_without_a_figure() {
    let store = laid(&figures(&[("E06000001", "late_pct", "10/100 . 20/100")]));
    let got = rows(
        &store,
        "SELECT quarter || ' ' || coalesce(value::VARCHAR, '-') FROM series
          WHERE indicator = 'late_pct' AND quarter > 8066 ORDER BY quarter",
    );
    assert_eq!(got, ["8067 10.0", "8068 -", "8069 20.0"]);
}

#[test]
fn a_later_quarter_is_invisible_to_a_question_about_an_earlier_one() {
    let store = laid(&figures(&[("E06000001", "late_pct", "10/100 20/100 30/100")]));
    store.connection().execute_batch("SET VARIABLE quarter = 8068").unwrap();
    let got = rows(&store, "SELECT max(quarter)::VARCHAR FROM series WHERE value IS NOT NULL");
    assert_eq!(got, ["8068"]);
}

#[test]
fn an_annual_series_has_only_the_quarters_of_its_reference_date() {
    let store = laid(&figures(&[("E06000001", "plans", "1")]));
    store
        .connection()
        .execute_batch(
            "INSERT INTO collection_settings VALUES ('published', 'P', 4, 8047, NULL, FALSE, 'publisher');
             INSERT INTO submissions VALUES (90, 'published', NULL, NULL, 1, 'h', TIMESTAMP '2017-01-01',
               'hand',
               'f.csv', 'tidy', 1, 1, 0, 'accepted', NULL);
             INSERT INTO figures
             SELECT 90, area, 'late_pct', quarter, 10 * length(area), 100, NULL, 'ok', NULL, NULL, NULL, 1
               FROM (VALUES ('E06000001'), ('E92000001'), ('E08000001')) AS areas(area),
                    (VALUES (8051), (8059), (8063)) AS years(quarter);",
        )
        .unwrap();
    lay_indicators(&store, "published");
    let sql =
        "SELECT authority || ' ' || string_agg(quarter || if(value IS NULL, '-', ''), ' ' ORDER BY quarter)
                 FROM series WHERE collection = 'published' AND indicator = 'late_pct' GROUP BY authority
                   ORDER BY 1";
    assert_eq!(
        rows(&store, sql),
        [
            "E06000001 8047- 8051 8055- 8059 8063",
            "E08000001 8051 8055- 8059 8063",
            "E92000001 8051 8055- 8059 8063"
        ]
    );
}

#[test]
fn neighbours_come_from_the_last_published_year_with_how_many_of_the_list() {
    let store = laid(&figures(&[("E06000001", "late_pct", "10/100")]));
    store
        .connection()
        .execute_batch(
            "INSERT INTO collection_settings VALUES ('published', 'P', 4, 8047, NULL, FALSE, 'publisher');
             INSERT INTO area_names VALUES ('E08000001', 'North', 'authority', '901', NULL),
               ('E08000002', 'South', 'authority', '902', NULL), ('E08000003', 'East', 'authority',
                 '903', NULL);
             INSERT INTO neighbour_settings VALUES ('E06000001', '2021', 1, '901'), ('E06000001', '2021',
               2, '902'),
               ('E06000001', '2021', 3, '903'), ('E06000001', '2021', 4, '904');
             INSERT INTO submissions VALUES (90, 'published', NULL, NULL, 1, 'h', TIMESTAMP '2017-01-01',
               'hand',
               'f.csv', 'tidy', 1, 1, 0, 'accepted', NULL);
             INSERT INTO figures VALUES
               (90, 'E08000001', 'late_pct', 8067, 10, 100, NULL, 'ok', NULL, NULL, NULL, 1),
               (90, 'E08000002', 'late_pct', 8067, 20, 100, NULL, 'ok', NULL, NULL, NULL, 2),
               (90, 'E08000003', 'late_pct', 8067, 60, 100, NULL, 'ok', NULL, NULL, NULL, 3),
               (90, 'E92000001', 'late_pct', 8067, 25, 100, NULL, 'ok', NULL, NULL, NULL, 4);",
        )
        .unwrap();
    lay_indicators(&store, "published");
    store
        .connection()
        .execute_batch("SET VARIABLE collection = 'quarterly'; SET VARIABLE quarter = 8069")
        .unwrap();
    let got = rows(
        &store,
        "SELECT concat_ws(' ', neighbours_mean, neighbours_median, neighbours_available, neighbours_listed,
                neighbours_collection, quarter_label(neighbours_quarter), country_value, country_quarter)
           FROM comparators WHERE indicator = 'late_pct' AND quarter = 8069",
    );
    assert_eq!(got, ["30.0 20.0 3 4 published 2016-17 Q4 25.0 8067"]);
}

#[test]
fn every_view_reads_on_an_empty_database() {
    let store = Store::in_memory().unwrap();
    for name in quarterdeck::store::schema::view_names() {
        let count: i64 = store
            .connection()
            .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))
            .unwrap();
        assert!(count == 0 || name == "quarters", "{name} has {count} rows");
    }
}

fn ask_everything(store: &Store) -> Vec<(String, Vec<analysis::CheckAnswer>)> {
    let checks = analysis::shipped().unwrap();
    let question = Question {
        collection: "quarterly".to_owned(),
        quarter: latest(),
        as_of: NaiveDate::from_ymd_opt(2017, 11, 17).unwrap(),
        known_on: DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc(),
    };
    let all = store.ask_all(&checks, &question).unwrap().answers;
    checks.iter().map(|check| check.name.clone()).zip(all.into_iter().map(Result::unwrap)).collect()
}

#[test]
fn three_hundred_children_raise_nothing_on_small_numbers() {
    let mut lines = vec![
        ("E06000053", "late_pct", "1/3 0/2 1/3 0/1 2/3 0/2 1/3 0/2 1/3 0/1 2/3 0/2 3/3"),
        ("E06000053", "timely_pct", "3/3 2/2 3/3 1/1 3/3 2/2 3/3 2/2 3/3 1/1 3/3 2/2 0/3"),
        (
            "E06000053",
            "demand_rate",
            "1/343 0/343 1/343 0/343 1/343 0/343 1/343 0/343 1/343 0/343 1/343 1/343 32/343",
        ),
        (
            "E06000053",
            "stock_rate",
            "0/343 0/343 1/343 0/343 0/343 0/343 1/343 0/343 0/343 0/343 1/343 0/343 5/343",
        ),
        ("E06000053", "plans", "0 0 1 0 1 0 0 1 0 0 1 0 4"),
        ("E06000053", "rolling_pct", "1=33 1=33 0=0 1=33 1=50 1=33 0=0 1=33 1=33 0=0 1=33 0=0 4=100"),
    ];
    let steady = "200/1000 205/1000 195/1000 202/1000 198/1000 204/1000 196/1000 201/1000 199/1000 203/1000 197/1000 200/1000 200/1000";
    let codes: Vec<String> = (1..=15).map(|n| format!("E060001{n:02}")).collect();
    lines.extend(codes.iter().map(|code| (code.as_str(), "late_pct", steady)));
    for (check, answers) in ask_everything(&laid(&figures(&lines))) {
        for answer in answers.iter().filter(|answer| answer.authority.as_str() == "E06000053") {
            assert!(!answer.fires, "{check} fires: {answer:?}");
        }
    }
}

#[test]
fn a_denominator_that_is_not_given_is_worked_out_from_numerator_and_value() {
    let store = laid(&figures(&[
        ("E06000001", "late_pct", "3=33.3"),
        ("E06000002", "late_pct", "40=33.3"),
        ("E06000003", "late_pct", "0=0"),
        ("E06000004", "late_pct", "=33.3"),
    ]));
    let got = rows(
        &store,
        "SELECT concat_ws(' ', judged.authority, coalesce(judged.reason, 'judged'), ranks.rank)
           FROM judged LEFT JOIN ranks USING (collection, authority, indicator, quarter)
          WHERE judged.indicator = 'late_pct' AND judged.quarter = 8069 ORDER BY 1",
    );
    let expected =
        ["E06000001 small numbers", "E06000002 judged 1", "E06000003 no denominator", "E06000004 judged 1"];
    assert_eq!(got, expected);
}

#[test]
fn a_demand_rate_is_never_called_good_or_bad() {
    let steady = "200/10000 210/10000 190/10000 205/10000 195/10000 212/10000 188/10000 203/10000 197/10000 207/10000 193/10000 200/10000";
    let mut lines: Vec<(String, String, String)> = (1..=12)
        .map(|n| (format!("E060000{n:02}"), "demand_rate".to_owned(), format!("{steady} 201/10000")))
        .collect();
    lines[0].2 = format!("{steady} 270/10000");
    lines[1].2 = format!("{steady} 140/10000");
    let store = laid(&lines);
    let mut fired = 0;
    for (check, answers) in ask_everything(&store) {
        for answer in answers.iter().filter(|answer| answer.fires) {
            assert_eq!(answer.level, 0, "{check}");
            assert_eq!(answer.detail["says"], "neutral", "{check}");
            fired += 1;
        }
    }
    assert!(fired >= 4, "both directions are told, {fired} were");
    let good_or_bad =
        rows(&store, "SELECT DISTINCT meaning FROM xmr WHERE meaning NOT LIKE 'neutral%' ORDER BY 1");
    assert!(good_or_bad.is_empty(), "{good_or_bad:?}");
    assert!(rows(&store, "SELECT rank::VARCHAR FROM ranks WHERE indicator = 'demand_rate'").is_empty());
}

#[test]
fn a_held_figure_is_not_judged_and_not_part_of_the_region() {
    let store = laid(&figures(&[
        ("E06000001", "late_pct", "200/1000 205/1000 195/1000 202/1000 198/1000 1001/1000"),
        ("E06000002", "late_pct", "200/1000 205/1000 195/1000 202/1000 198/1000 200/1000"),
    ]));
    let got = rows(
        &store,
        "SELECT DISTINCT region_value || ' ' || region_contributors || ' of ' || region_expected
           FROM comparators WHERE indicator = 'late_pct' AND quarter = 8069",
    );
    assert_eq!(got, ["20.0 1 of 2"]);
    for (check, answers) in ask_everything(&store) {
        let about = answers.iter().find(|it| {
            it.authority.as_str() == "E06000001"
                && it.indicator.as_ref().is_some_and(|id| id.as_str() == "late_pct")
        });
        let fires = about.is_some_and(|answer| answer.fires);
        assert_eq!(fires, check == "numerator-over-denominator", "{check}: {about:?}");
    }
}

#[test]
fn frozen_views_are_gone_afterwards() {
    let store = laid(&figures(&[("E06000001", "late_pct", "10/100")]));
    let question = Question {
        collection: "quarterly".to_owned(),
        quarter: Quarter::from_index(LATEST - 1),
        as_of: NaiveDate::from_ymd_opt(2017, 11, 17).unwrap(),
        known_on: DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc(),
    };
    let count = |connection: &Connection| -> i64 {
        connection
            .query_row("SELECT count(*) FROM series WHERE value IS NOT NULL", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(store.frozen(&question, "FROM series", |connection| Ok(count(connection))).unwrap(), 0);
    assert_eq!(count(store.connection()), 1);
    assert_eq!(brief(None, 1), "");
}
