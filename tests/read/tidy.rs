//! A publisher's tidy file about many areas.

use quarterdeck::domain::authority::Level;
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::Unit;
use quarterdeck::domain::quarter::Quarter;

use super::fixtures::{World, code, day, indicator, remark_codes, tidy_layout};

const HEADING: &str = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,\
                       region_name,old_la_code,new_la_code,la_name,category,starts,repeats,repeat_%\n";
const BATH: &str = "2017,Reporting year,Local authority,E92000001,England,E12000009,South West,800,E06000022,\
                    Bath and North East Somerset,All,98,29,29.6\n";

fn world() -> World {
    let layout = tidy_layout(
        (3, 31),
        &[("repeat_pct", "repeats", "starts", "repeat_%"), ("start_count", "starts", "-", "-")],
    );
    let indicators = vec![
        indicator("repeat_pct", Unit::Percent, Some("plans")),
        indicator("start_count", Unit::Count, None),
    ];
    World::publisher(layout, indicators)
}

fn read(rows: &str) -> quarterdeck::read::reading::Reading {
    world().read(format!("{HEADING}{rows}")).unwrap()
}

#[test]
fn one_row_holds_an_observation_for_each_measure_and_names_its_area() {
    let reading = read(BATH);
    assert_eq!((reading.rows_read, reading.accepted, reading.observations.len()), (1, 1, 2));
    let figure = reading.observations[0].figure;
    assert_eq!((figure.numerator, figure.denominator, figure.value), (Some(29.0), Some(98.0), Some(29.6)));
    assert_eq!(reading.observations[0].quarter, Quarter::of(2016, 4).unwrap());
    let area = &reading.areas[0];
    assert_eq!(
        (area.name.as_str(), area.dfe_number.as_deref()),
        ("Bath and North East Somerset", Some("800"))
    );
    assert_eq!(area.region.as_deref(), Some("E12000009"));
    assert!(remark_codes(&reading).contains(&"columns-not-read"));
}

#[test]
fn the_code_is_taken_by_level_and_a_blank_level_is_derived() {
    let england = "201617,Financial year,National,E92000001,England,,,,,,All,9,1,11.1\n";
    let region = "2017,Reporting year,Regional,E92000001,England,E12000009,South West,,,,All,9,1,11.1\n";
    let blank = BATH.replace("Local authority", "");
    let reading = read(&format!("{england}{region}{blank}"));
    let levels: Vec<Level> = reading.areas.iter().map(|area| area.code.level()).collect();
    assert_eq!(levels, [Level::Authority, Level::Region, Level::National]);
    assert_eq!(reading.areas[1].name, "South West");
    assert!(reading.observations.iter().all(|one| one.quarter == Quarter::of(2016, 4).unwrap()));
}

#[test]
fn symbols_and_blanks_become_a_status_and_the_other_numbers_stay() {
    let reading = read(&BATH.replace("98,29,29.6", "98,c,c"));
    let (percent, count) = (&reading.observations[0], &reading.observations[1]);
    assert_eq!((percent.figure.status, percent.symbol.as_deref()), (Status::Suppressed, Some("c")));
    assert_eq!((percent.figure.denominator, count.figure.numerator), (Some(98.0), Some(98.0)));
    assert_eq!(count.figure.status, Status::Ok);
    let blank = read(&BATH.replace("98,29,29.6", "98,29,"));
    assert_eq!(
        (blank.observations[0].figure.status, blank.observations[0].symbol.as_deref()),
        (Status::Unavailable, Some(""))
    );
}

#[test]
fn one_bad_cell_quarantines_its_row_and_names_the_column() {
    let reading = read(&BATH.replace("29.6", "29,6,"));
    assert_eq!(reading.quarantined[0].code, "wrong-field-count");
    let reading = read(&BATH.replace("29.6", "~"));
    let row = &reading.quarantined[0];
    assert_eq!((row.code, row.place.line), ("bad-number", 2));
    assert!(
        row.reason.starts_with("column `repeat_%`: the value is `~`, which is not a number"),
        "{}",
        row.reason
    );
    assert!(row.raw.contains("Bath and North East Somerset,All,98,29,~"));
}

#[test]
fn areas_and_periods_that_are_none_are_quarantined() {
    let cases = [
        (BATH.replace("E06000022", "x"), "bad-authority-code"),
        (BATH.replace("E06000022", "E06000061 / E06000062"), "bad-authority-code"),
        (BATH.replace("E06000022", "E12000009"), "bad-authority-code"),
        (BATH.replace("Local authority", "Wart"), "unknown-level"),
        (BATH.replace("2017,", "201719,"), "bad-quarter"),
        (BATH.replace("2017,", "2017/18,"), "bad-quarter"),
        (BATH.replace("2017,", "2031,"), "future-quarter"),
    ];
    for (row, code) in cases {
        let reading = read(&format!("{}{row}", BATH.replace("2017,", "2016,")));
        assert_eq!((reading.accepted, reading.quarantined[0].code), (1, code), "{row}");
    }
}

#[test]
fn a_financial_quarter_is_itself() {
    let reading = read(&BATH.replace("2017,Reporting year", "201718,Financial year Q2"));
    assert_eq!(reading.observations[0].quarter, Quarter::of(2017, 2).unwrap());
}

#[test]
fn rows_may_be_chosen_by_a_category_and_the_others_hold_nothing() {
    let mut world = world();
    if let quarterdeck::config::settings::Shape::Tidy(shape) = &mut world.layouts[0].shape {
        shape
            .measures
            .iter_mut()
            .for_each(|measure| measure.only = Some(("category".to_owned(), "All".to_owned())));
    }
    let other = BATH.replace("All", "Girls");
    let reading = world.read(format!("{HEADING}{BATH}{other}")).unwrap();
    assert_eq!((reading.accepted, reading.observations.len()), (2, 2));
    assert_eq!(world.refusal(format!("{HEADING}{other}")).code, "no-observations");
}

#[test]
fn a_history_recast_under_a_later_code_is_kept_with_a_remark() {
    let mut world = world();
    world.authorities[0].from = Some(day(2023, 4, 1));
    let reading = world.read(format!("{HEADING}{BATH}")).unwrap();
    assert_eq!(reading.observations[0].authority, code("E06000022"));
    assert!(remark_codes(&reading).contains(&"outside-dates"));
}

#[test]
fn the_first_layout_that_knows_the_header_is_used() {
    let mut world = world();
    world.layouts.insert(0, tidy_layout((3, 31), &[("start_count", "other_column", "-", "-")]));
    assert_eq!(world.read(format!("{HEADING}{BATH}")).unwrap().observations.len(), 2);
}
