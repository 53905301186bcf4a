//! What the operator chooses reaches the views as numbers, and is written only when it is another.

use chrono::NaiveDate;

use quarterdeck::config;
use quarterdeck::config::settings::Settings;
use quarterdeck::store::configured::{self, Configured};
use quarterdeck::store::open::Store;

fn sample() -> Settings {
    let folder = tempfile::tempdir().unwrap();
    config::write_shipped(folder.path()).unwrap();
    config::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn replace(store: &Store, it: &Settings, today: &str) {
    let from = Configured {
        region: &it.region,
        authorities: &it.authorities,
        indicators: &it.indicators,
        collections: &it.collections,
        analysis: &it.analysis,
        calendar: &it.calendar,
        began: day("2017-09-01"),
    };
    configured::replace(store.connection(), &from, day(today)).unwrap();
}

fn told(store: &Store, sql: &str) -> String {
    let sql = format!("SELECT CAST(({sql}) AS VARCHAR)");
    store.connection().query_row(&sql, [], |row| row.get(0)).unwrap()
}

const PARAMETERS: &str = "SELECT concat_ws(' ', trend_length(), shift_length(), screen_outliers(),
    autocorrelation_max(), holds('implausible-jump'), holds('unit-slip'))";

#[test]
fn a_parameter_is_the_number_that_was_chosen_last() {
    let (store, mut settings) = (Store::in_memory().unwrap(), sample());
    settings.analysis.charts = vec![("trend_length", 7.0), ("autocorrelation_max", 0.25)];
    settings.analysis.off = vec!["implausible-jump".to_owned()];
    replace(&store, &settings, "2017-11-17");
    assert_eq!(told(&store, PARAMETERS), "7 7 true 0.25 false true");
    let asks = "SELECT count(*) FROM duckdb_functions()
        WHERE NOT internal AND function_name <> 'chosen' AND contains(macro_definition, 'chosen(')";
    assert_eq!(told(&store, asks), "0", "a macro asks a table still");
    (settings.analysis.charts, settings.analysis.off) = (vec![("screen_outliers", 0.0)], Vec::new());
    replace(&store, &settings, "2017-11-17");
    assert_eq!(told(&store, PARAMETERS), "6 7 false 0.4 true true");
}

#[test]
fn what_stands_in_the_tables_is_written_again_when_it_is_another_only() {
    let (store, mut settings) = (Store::in_memory().unwrap(), sample());
    replace(&store, &settings, "2017-11-17");
    store.connection().execute_batch("DELETE FROM holiday_settings").unwrap();
    let holidays = || told(&store, "SELECT count(*) > 0 FROM holiday_settings");
    replace(&store, &settings, "2017-11-18");
    assert_eq!(holidays(), "false", "written although nothing had changed");
    replace(&store, &settings, "2018-01-02");
    assert_eq!(holidays(), "true", "another quarter has ended");
    let newest = "SELECT max(quarter_label(quarter)) FROM expected_returns WHERE collection = 'quarterly'";
    assert_eq!(told(&store, newest), "2017-18 Q3");
    settings.region.small_number_max += 1;
    replace(&store, &settings, "2018-01-02");
    assert_eq!(told(&store, "SELECT small_number_max FROM region_settings"), "6");
}
