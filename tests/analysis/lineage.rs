//! Authorities that took over from others: whose history is carried on, and whose is not.

use quarterdeck::store::open::Store;

use crate::analysis::{LATEST, laid};

const OLD: &str = "E10000001";
const OTHER: &str = "E10000002";
const NEW: &str = "E06000001";

/// Two authorities until the last but one quarter, a third from the last quarter on.
fn region(successions: &str) -> Store {
    let series = [
        (OLD, "late_pct", "10/100 20/100 30/100 ."),
        (OTHER, "late_pct", "50/300 c 60/300 ."),
        (NEW, "late_pct", ". . . 44/400"),
    ];
    let series = series.map(|(a, i, f)| (a.to_owned(), i.to_owned(), f.to_owned()));
    let store = laid(&series);
    let connection = store.connection();
    connection
        .execute_batch(&format!(
            "UPDATE authority_settings SET valid_until = quarter_last_day({LATEST} - 1)
              WHERE authority <> '{NEW}';
             UPDATE authority_settings SET valid_from = quarter_first_day({LATEST})
              WHERE authority = '{NEW}';
             INSERT INTO succession_settings VALUES {successions};"
        ))
        .unwrap();
    store
}

fn rows(store: &Store, sql: &str) -> Vec<String> {
    let mut statement = store.connection().prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
    rows.map(|row| row.unwrap().unwrap_or_default()).collect()
}

fn history(store: &Store, authority: &str) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', quarter - {LATEST}, coalesce(CAST(value AS VARCHAR), 'none'),
                numerator, denominator, coalesce(carried_from, '-'))
           FROM series
          WHERE authority = '{authority}' AND indicator = 'late_pct' AND quarter > {LATEST} - 4
          ORDER BY quarter"
    );
    rows(store, &sql)
}

#[test]
fn a_whole_area_s_history_is_carried_on() {
    let store = region(&format!("('{OLD}', '{NEW}', 'whole')"));
    let expected = [
        format!("-3 10.0 10.0 100.0 {OLD}"),
        format!("-2 20.0 20.0 100.0 {OLD}"),
        format!("-1 30.0 30.0 100.0 {OLD}"),
        "0 11.0 44.0 400.0 -".to_owned(),
    ];
    assert_eq!(history(&store, NEW), expected);
    assert_eq!(history(&store, OLD).len(), 3, "its own series ends with it");
}

#[test]
fn several_whole_areas_are_summed_where_each_gave_both_parts() {
    let store = region(&format!("('{OLD}', '{NEW}', 'whole'), ('{OTHER}', '{NEW}', 'whole')"));
    let both = format!("{OLD}, {OTHER}");
    let expected = [
        format!("-3 15.0 60.0 400.0 {both}"),
        format!("-1 22.5 90.0 400.0 {both}"),
        "0 11.0 44.0 400.0 -".to_owned(),
    ];
    assert_eq!(history(&store, NEW), expected, "one of two withheld its figure in the quarter between");
}

#[test]
fn nothing_is_carried_when_a_part_went_elsewhere_or_came_from_elsewhere() {
    let alone = ["0 11.0 44.0 400.0 -".to_owned()];
    for successions in [
        format!("('{OLD}', '{NEW}', 'part')"),
        format!("('{OLD}', '{NEW}', 'whole'), ('{OTHER}', '{NEW}', 'part')"),
        format!("('{OLD}', '{NEW}', 'whole'), ('{OLD}', 'E06000002', 'whole')"),
        format!(
            "('{OLD}', '{NEW}', 'whole'), ('{OTHER}', '{NEW}', 'whole'), ('{OTHER}', 'E06000002', 'part')"
        ),
    ] {
        assert_eq!(history(&region(&successions), NEW), alone, "{successions}");
    }
}

#[test]
fn a_history_is_carried_through_two_changes() {
    let middle = "E09000001";
    let store = region(&format!("('{OLD}', '{middle}', 'whole'), ('{middle}', '{NEW}', 'whole')"));
    store
        .connection()
        .execute_batch(&format!(
            "INSERT INTO authority_settings
             VALUES ('{middle}', 'm', NULL, quarter_first_day({LATEST} - 1), quarter_last_day({LATEST} - 1));
             UPDATE authority_settings SET valid_until = quarter_last_day({LATEST} - 2)
              WHERE authority = '{OLD}';"
        ))
        .unwrap();
    let got = history(&store, NEW);
    let expected = [
        format!("-3 10.0 10.0 100.0 {OLD}"),
        format!("-2 20.0 20.0 100.0 {OLD}"),
        "0 11.0 44.0 400.0 -".to_owned(),
    ];
    assert_eq!(got, expected, "the one between gave nothing, and the first no longer existed");
}

#[test]
fn what_is_carried_is_counted_once_in_the_region_and_among_peers() {
    let store = region(&format!("('{OLD}', '{NEW}', 'whole')"));
    let parts = "SELECT DISTINCT concat_ws(' ', region_numerator, region_denominator, region_contributors)
        FROM comparators WHERE indicator = 'late_pct' AND quarter = 8068";
    assert_eq!(rows(&store, parts), ["90.0 400.0 2"]);
    let peers = "SELECT string_agg(authority, ' ' ORDER BY authority) FROM funnel WHERE quarter = 8068";
    assert!(!rows(&store, peers).concat().contains(NEW));
    let ranked = "SELECT string_agg(authority, ' ' ORDER BY authority) FROM ranks WHERE quarter = 8068";
    assert_eq!(rows(&store, ranked), [format!("{OLD} {OTHER}")]);
}

#[test]
fn a_question_about_an_earlier_quarter_sees_no_authority_that_was_not_there_yet() {
    let store = region(&format!("('{OLD}', '{NEW}', 'whole')"));
    let asked = format!("SET VARIABLE quarter = {LATEST} - 1");
    store.connection().execute_batch(&asked).unwrap();
    assert_eq!(history(&store, NEW), Vec::<String>::new());
    store.connection().execute_batch(&format!("SET VARIABLE quarter = {LATEST}")).unwrap();
    assert_eq!(history(&store, NEW).len(), 4);
}

#[test]
fn a_figure_that_comes_under_both_codes_of_a_place_counts_once_among_others() {
    let store = region(&format!("('{OLD}', '{NEW}', 'whole')"));
    // The new code brings the quarter before it existed, and the old code the quarter in which it has ended.
    store
        .connection()
        .execute_batch(&format!(
            "UPDATE authority_settings SET dfe_number = '370' WHERE authority IN ('{OLD}', '{NEW}');
             INSERT INTO figures
             SELECT submission, '{NEW}', indicator, quarter, numerator, denominator, stated, status,
                    NULL, NULL, NULL, 1
               FROM figures WHERE authority = '{OLD}' AND quarter = {LATEST} - 1;
             INSERT INTO figures
             SELECT submission, '{OLD}', indicator, quarter, numerator, denominator, stated, status,
                    NULL, NULL, NULL, 1
               FROM figures WHERE authority = '{NEW}' AND quarter = {LATEST};"
        ))
        .unwrap();
    let parts = format!(
        "SELECT DISTINCT concat_ws(' ', quarter - {LATEST}, region_numerator, region_denominator)
           FROM comparators WHERE indicator = 'late_pct' AND quarter >= {LATEST} - 1 ORDER BY 1"
    );
    assert_eq!(rows(&store, &parts), ["-1 90.0 400.0", "0 44.0 400.0"]);
    let peers = format!(
        "SELECT string_agg(authority, ' ' ORDER BY authority) FROM quartiles
          WHERE quarter >= {LATEST} - 1 AND indicator = 'late_pct' GROUP BY quarter ORDER BY quarter"
    );
    assert_eq!(rows(&store, &peers), [format!("{OLD} {OTHER}"), NEW.to_owned()]);
    let own = [format!("-1 30.0 30.0 100.0 {OLD}"), "0 11.0 44.0 400.0 -".to_owned()];
    assert_eq!(history(&store, NEW)[2..], own, "and it is part of the place's own history all the same");
}
