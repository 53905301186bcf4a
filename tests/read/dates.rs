//! Codes and the dates of their authorities: judged on the reference date of the measure, in every shape.

use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::reading::Reading;

use super::fixtures::{code, day, remark_codes};
use super::toml::{Trial, places};

const LONG: &str = r#"
[[collection.layout]]
name = "long"
[collection.layout.long]
authority = ["authority"]
indicator = ["indicator"]
quarter = ["quarter"]
numerator = ["numerator"]
denominator = ["denominator"]
value = ["value"]
year = ["year"]
bare_year = "financial"
"#;

const WIDE: &str = r#"
[[collection.layout]]
name = "wide"
[collection.layout.wide]
authority = ["authority"]
quarter = ["quarter"]
year = ["year"]
measures = [{ indicator = "referral_rate", numerator = "numerator", denominator = "denominator" }]
"#;

const CENSUS: &str = r#"
[[collection.layout]]
name = "tidy"
[collection.layout.tidy]
reference_month = MONTH
reference_day = DAY
measures = [{ indicator = "missing_count", numerator = "figure" }]
"#;

/// The return of `authority` for the quarter with this spelling.
fn sent(toml: &str, authority: &str, spelling: &str) -> Reading {
    let mut trial = Trial::member(toml);
    trial.authority = Some(code(authority));
    trial.quarter = Quarter::from_spelling(spelling);
    trial.today = day(2024, 6, 1);
    let heading = "authority,indicator,quarter,numerator,denominator,value";
    trial.text(format!("{heading}\n{authority},referral_rate,{spelling},900,90000,\n")).unwrap()
}

#[test]
fn a_return_of_an_authority_counts_to_its_last_day_and_not_beyond() {
    let cases = [
        ("E10000009", "2018-19 Q4", "2019-20 Q1", "E06000059"),
        ("E10000027", "2022-23 Q4", "2023-24 Q1", "E06000066"),
    ];
    for toml in [LONG, WIDE] {
        for (old, last, first, new) in cases {
            for (authority, quarter) in [(old, last), (new, first)] {
                assert_eq!(sent(toml, authority, quarter).accepted, 1, "{authority} {quarter}");
            }
            for (authority, quarter) in [(old, first), (new, last)] {
                let reading = sent(toml, authority, quarter);
                let wanted = [(2, "A".to_owned(), "authority-not-existing")];
                assert_eq!(places(&reading), wanted, "{authority} {quarter}");
            }
        }
    }
}

#[test]
fn a_name_means_the_authority_of_the_day() {
    let mut trial = Trial::publisher(WIDE);
    trial.today = day(2024, 6, 1);
    let heading = "authority,quarter,numerator,denominator";
    let reading = trial
        .text(format!("{heading}\nSomerset,2022-23 Q4,900,9000\nSomerset,2023-24 Q1,900,9000\n"))
        .unwrap();
    let codes: Vec<&str> = reading.observations.iter().map(|one| one.authority.as_str()).collect();
    assert_eq!(codes, ["E10000027", "E06000066"]);
}

/// Whether a publisher's row of 2019 is remarked on as outside the dates of its code.
fn is_remarked(month: &str, day: &str, year: &str, authority: &str) -> bool {
    let toml = CENSUS.replace("MONTH", month).replace("DAY", day);
    let file = format!(
        "time_period,time_identifier,geographic_level,country_code,new_la_code,figure\n\
         {year},Reporting year,Local authority,E92000001,{authority},12\n"
    );
    let reading = Trial::publisher(&toml).text(file).unwrap();
    assert_eq!(reading.accepted, 1, "a publisher recasts history: it is a remark");
    remark_codes(&reading).contains(&"outside-dates")
}

#[test]
fn one_year_has_two_codes_when_its_measures_have_two_reference_dates() {
    assert!(!is_remarked("3", "31", "2019", "E10000009"), "children in need, 31 March 2019: old Dorset");
    assert!(is_remarked("3", "31", "2019", "E06000059"));
    assert!(!is_remarked("9", "30", "2019", "E06000059"), "workforce, 30 September 2019: new Dorset");
    assert!(is_remarked("9", "30", "2019", "E10000009"));
    assert!(!is_remarked("3", "31", "2023", "E10000027"), "children in need, 31 March 2023: the county");
    assert!(!is_remarked("9", "30", "2023", "E06000066"), "workforce, 30 September 2023: the unitary");
    assert!(is_remarked("9", "30", "2023", "E10000027"));
}

#[test]
fn the_year_may_stand_in_a_column_of_its_own() {
    for toml in [LONG, WIDE] {
        let mut trial = Trial::member(toml);
        trial.quarter = Quarter::of(2017, 2);
        for (year, quarter) in [("2017/18", "FYQ2"), ("201718", "Financial year Q2"), ("", "Q2 2017/18")] {
            let file = format!(
                "authority,indicator,year,quarter,numerator,denominator,value\n\
                 E10000008,referral_rate,{year},{quarter},900,90000,\n"
            );
            let reading = trial.text(&file).unwrap();
            assert_eq!(reading.accepted, 1, "{file}{reading:#?}");
        }
    }
    let file =
        "authority,indicator,quarter,numerator,denominator,value\nE10000008,referral_rate,Q2 2017,9,90,\n";
    assert_eq!(Trial::member(LONG).text(file).unwrap().accepted, 1, "the layout says what one year means");
}
