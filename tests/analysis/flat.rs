//! What stood still for years and then moved, and what earlier figures lead to.

use std::fmt::Write as _;

use chrono::DateTime;
use quarterdeck::domain::check::CheckAnswer;
use quarterdeck::domain::indicator::IndicatorId;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::open::Store;

use crate::analysis::{LATEST, laid};

/// Sixteen authorities with the same figures, but for the first.
fn sixteen(indicator: &str, first: &str, others: &str) -> Store {
    let figures = |number: usize| if number == 1 { first } else { others };
    let series: Vec<_> = (1..=16)
        .map(|number| (format!("E060000{number:02}"), indicator.to_owned(), figures(number).to_owned()))
        .collect();
    laid(&series)
}

fn words(store: &Store, sql: &str) -> String {
    store.connection().query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Numbers of the first authority in the latest quarter, with two decimals.
fn about_the_first(store: &Store, columns: &[&str], view: &str) -> String {
    let mut sql = String::from("SELECT concat_ws(' '");
    for column in columns {
        write!(sql, ", coalesce(printf('%.2f', CAST({column} AS DOUBLE)), 'none')").unwrap();
    }
    words(
        store,
        &format!(
            "{sql}) FROM {view} WHERE authority = 'E06000001' AND quarter = {LATEST} AND value IS NOT NULL"
        ),
    )
}

#[test]
fn a_fall_from_all_among_areas_at_all_does_not_excuse_itself() {
    let store = sixteen("timely_pct", "200/200 . . . 160/200", "200/200 . . . 200/200");
    assert_eq!(about_the_first(&store, &["z", "phi", "score"], "year_ago"), "-6.67 2.78 -4.00");
    let others = "SELECT concat_ws(' ', count(*), min(score), max(score)) FROM year_ago
        WHERE authority <> 'E06000001' AND quarter = 8069 AND value IS NOT NULL";
    assert_eq!(words(&store, others), "15 0.0 0.0");
}

#[test]
fn a_rise_from_nothing_among_areas_with_nothing_does_not_excuse_itself() {
    let store = sixteen("late_pct", "0/200 . . . 40/200", "0/200 . . . 0/200");
    assert_eq!(about_the_first(&store, &["score"], "year_ago"), "4.00");
}

#[test]
fn the_spread_of_changes_is_not_learnt_from_a_few() {
    let change = |count: usize| {
        let series: Vec<_> = (1..=count)
            .map(|number| {
                (format!("E060000{number:02}"), "late_pct".to_owned(), "20/200 . . . 60/200".to_owned())
            })
            .collect();
        about_the_first(&laid(&series), &["phi"], "year_ago")
    };
    assert_eq!((change(7), change(8) == "1.00"), ("1.00".to_owned(), false));
}

#[test]
fn what_earlier_figures_lead_to_is_a_range_in_which_they_were() {
    let quiet = "196/1000 205/1000 198/1000 201/1000 199/1000 204/1000 196/1000 203/1000 197/1000 205/1000 \
        200/1000 198/1000";
    let store = sixteen("late_pct", &format!("{quiet} 352/1000 356/1000"), quiet);
    let told = about_the_first(&store, &["expected_lower", "expected_upper", "expected_n"], "xmr");
    assert_eq!(
        told, "18.52 21.52 12.00",
        "without the figure that is judged, and without the one that stands out"
    );
}

#[test]
fn no_range_goes_beyond_what_a_figure_can_be() {
    let high =
        "93/100 99/100 92/100 98/100 93/100 99/100 92/100 98/100 93/100 99/100 92/100 98/100 93/100 85/100";
    let store = sixteen("timely_pct", high, high);
    let told = about_the_first(&store, &["expected_upper", "usual_upper"], "xmr");
    assert_eq!(told, "100.00 100.00");
    let beyond = about_the_first(&store, &["upper > 100"], "xmr");
    assert_eq!(beyond, "1.00", "the public tools have no such end");
    let low = "3/100 9/100 2/100 8/100 3/100 9/100 2/100 8/100 3/100 9/100 2/100 8/100 3/100 15/100";
    let store = sixteen("late_pct", low, low);
    assert_eq!(about_the_first(&store, &["expected_lower", "usual_lower"], "xmr"), "0.00 0.00");
}

/// What the check of the own history says of the first authority in the latest quarter.
fn own_history(first: &str) -> String {
    let others = "91/40000 99/40000 93/40000 97/40000 92/40000 98/40000 94/40000 96/40000 93/40000 97/40000 \
        91/40000 99/40000 93/40000 97/40000";
    let checks = quarterdeck::store::analysis::shipped().unwrap();
    let check = checks.iter().find(|check| check.name == "spc-outside-limits").unwrap();
    let known_on = DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc();
    let store = sixteen("stock_rate", first, others);
    let quarter = Quarter::from_index(LATEST);
    let answers = store.ask(check, "quarterly", quarter, known_on.date_naive(), known_on).unwrap();
    let is_asked = |answer: &CheckAnswer| {
        let indicator = answer.indicator.as_ref().map(IndicatorId::as_str);
        answer.authority.as_str() == "E06000001" && indicator == Some("stock_rate")
    };
    let it = answers.into_iter().find(is_asked).unwrap();
    format!("{} {} {}", it.fires, it.level, it.reason.unwrap_or_default())
}

#[test]
fn a_stock_that_hardly_ever_moved_is_judged_by_chance() {
    let children = |latest: &str| format!("{}{latest}/40000", "7/40000 ".repeat(13));
    assert_eq!(own_history(&children("8")), "false 0 within what chance does to the counts");
    assert_eq!(own_history(&children("22")), "true 2 ");
    // Three values in all, and one child more or less between them.
    let few = |latest: &str| {
        format!("2/9500 3/9500 4/9500 2/9500 {} 2/9500 2/9500 {latest}/9500", "3/9500 2/9500 ".repeat(4))
    };
    assert_eq!(own_history(&few("3")), "false 0 within what chance does to the counts");
    assert_eq!(own_history(&few("9")), "true 2 ");
}

/// Every kind of series of which something cannot be calculated.
const STRANGE: [&str; 8] = [
    "200/200 200/200 200/200 200/200 200/200 200/200 200/200 200/200 200/200 200/200 200/200 200/200 160/200",
    "0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 40/200",
    "0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200 0/200",
    "=100 =100 =100 =100 =100 =100 =100 =100 =100 =100 =100 =100 =100 =80",
    "100/200",
    "100/200 . . . 100/200",
    "c c c c x x . . 0/0 0/0 0/0 5/0 1/200 200/200",
    ". . . . . . . . . . . . . c",
];

const VIEWS: [&str; 14] = [
    "series",
    "held",
    "judged",
    "quality",
    "intervals",
    "xmr",
    "trend",
    "year_ago",
    "cusum",
    "plain_funnel",
    "funnel",
    "quartiles",
    "comparators",
    "neighbours",
];

/// How many rows of a view hold what is no number, and how many of its columns are decimals.
fn strange(store: &Store, view: &str) -> String {
    words(
        store,
        &format!(
            "SELECT concat_ws(' ', (SELECT count(*)
                       FROM (SELECT to_json(it)::VARCHAR AS row FROM {view} AS it)
                      WHERE regexp_matches(row, '(?i)[:,\"](-?inf|nan)')),
                    (SELECT count(*) FROM (DESCRIBE {view}) WHERE column_type LIKE 'DECIMAL%'))"
        ),
    )
}

#[test]
fn no_view_answers_what_is_no_number_or_a_decimal_whose_median_is_cut() {
    let indicators = ["late_pct", "demand_rate", "stock_rate", "rolling_pct", "waiting", "seasonal_rate"];
    for beside in [None, Some(STRANGE[0]), Some(STRANGE[2])] {
        let figures = |number: usize| match beside {
            Some(same) if number > STRANGE.len() => same,
            _ => STRANGE[number % STRANGE.len()],
        };
        let of = |indicator: &str| {
            let indicator = indicator.to_owned();
            (1..=16).map(move |number| {
                (format!("E060000{number:02}"), indicator.clone(), figures(number).to_owned())
            })
        };
        let store = laid(&indicators.into_iter().flat_map(of).collect::<Vec<_>>());
        for view in VIEWS {
            assert_eq!(strange(&store, view), "0 0", "{view} beside {beside:?}");
        }
    }
}

#[test]
fn a_slope_over_one_instant_is_caught_where_views_guard_against_it() {
    let store = laid(&[]);
    let planted = "SELECT CAST(finite(regr_slope(y, x)) IS NULL AND finite(corr(y, x)) IS NULL AS VARCHAR)
        FROM (VALUES (1.0, 2.0), (1.0, 3.0)) AS it(x, y)";
    assert_eq!(words(&store, planted), "true");
}

#[test]
fn no_check_rounds_a_number_that_people_are_told() {
    for check in quarterdeck::store::analysis::shipped().unwrap() {
        let told = check.sql.split("json_object(").nth(1).unwrap_or_default();
        assert!(
            !told.contains("round("),
            "{} rounds by the engine, whose halves differ by version",
            check.name
        );
        let unguarded = check.sql.matches("regr_").count() != check.sql.matches("finite(regr_").count();
        assert!(
            !unguarded,
            "{}: a slope over equal instants is NaN, and NaN is greater than anything",
            check.name
        );
    }
}
