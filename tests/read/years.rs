//! Years in the place of quarters, in an annual collection: in a column, and across beside authorities.

use quarterdeck::domain::quarter::Quarter;

use super::toml::{Trial, places, settings};

const IN_A_COLUMN: &str = r#"
[[collection.layout]]
name = "open-data"
[collection.layout.wide]
authority = ["code"]
indicator = ["what"]
quarter = ["period"]
part = ["kind"]
figure = ["figure"]
parts = { numerator = ["Number"], value = ["Rate per 10,000"] }
measures = [{ indicator = "cla_rate", row = "Looked after" }]
"#;

const ACROSS: &str = r#"
[[collection.layout]]
name = "years-across"
header_within = 6
[collection.layout.wide]
authority = ["LA code"]
name = ["LA"]
across = "quarters"
measures = [
  { indicator = "cla_rate", numerator = "Numbers", value = "Rates" },
  { indicator = "cpp_rate", value = "Plans", optional = true },
]
"#;

/// Code, quarter, numerator and value of each observation.
fn figures(reading: &quarterdeck::read::reading::Reading) -> Vec<String> {
    let one = |it: &quarterdeck::domain::figure::Observation| {
        let number = |it: Option<f64>| it.map_or_else(String::new, |it| it.to_string());
        let (numerator, value) = (number(it.figure.numerator), number(it.figure.value));
        format!("{} {} {} {numerator} {value}", it.authority, it.indicator, it.quarter)
    };
    reading.observations.iter().map(one).collect()
}

#[test]
fn a_year_in_a_column_stands_in_the_quarter_of_the_reference_day() {
    let rows = |year: &str| {
        format!(
            "code,what,period,kind,figure\nE06000022,Looked after,{year},Number,120\n\
             E06000022,Looked after,{year},\"Rate per 10,000\",33.4\n"
        )
    };
    let trial = Trial::annual(IN_A_COLUMN);
    for year in ["2014/15", "2014-15", "201415", "2014/2015", "2015"] {
        let reading = trial.text(rows(year)).unwrap();
        assert_eq!(figures(&reading), ["E06000022 cla_rate 2014-15 Q4 120 33.4"], "{year}");
    }
    let bad = trial.text(rows("2014/16")).unwrap();
    assert_eq!(places(&bad), [(2, "C".to_owned(), "bad-quarter"), (3, "C".to_owned(), "bad-quarter")]);
    let in_september =
        format!("{IN_A_COLUMN}reference_month = 9\nreference_day = 30\nreference_year_offset = -1\n");
    let reading = Trial::annual(&in_september).text(rows("2014/15")).unwrap();
    assert_eq!(reading.observations[0].quarter, Quarter::of(2014, 2).unwrap());
    let quarterly = Trial::publisher(IN_A_COLUMN).text(rows("2014/15")).unwrap();
    assert_eq!(quarterly.quarantined.len(), 2, "a year is no quarter where quarters are collected");
    let words = settings("publisher", &in_september).unwrap_err();
    assert!(words.contains("the reference day of a year is for `cadence = \"annual\"`"), "{words}");
}

#[test]
fn years_stand_across_beside_authorities_under_the_headings_of_measures() {
    let sheet = "Table 1|\n\nLA code||Numbers||Rates\n|LA|2015|2016|2015|2016\nE06000022|Bath|150|165|43|47\n\
                 E06000023|Bristol|680|c|72|70\n";
    let sheet = sheet
        .replace("LA code||Numbers||Rates", "LA code|LA|Numbers||Rates|")
        .replace("\n|LA|2015", "\n||2015");
    let trial =
        Trial::annual(&format!("[[collection.symbol]]\ntext = \"c\"\nmeans = \"suppressed\"\n{ACROSS}"));
    let reading = trial.sheet(&sheet).unwrap();
    assert_eq!(
        figures(&reading),
        [
            "E06000022 cla_rate 2014-15 Q4 150 43",
            "E06000022 cla_rate 2015-16 Q4 165 47",
            "E06000023 cla_rate 2014-15 Q4 680 72",
            "E06000023 cla_rate 2015-16 Q4  70",
        ]
    );
    assert_eq!(reading.areas[0].name, "Bath");
    assert!(
        reading.remarks.iter().any(|remark| remark.code == "column-not-there"),
        "the plans need not be there"
    );
}

#[test]
fn the_year_may_stand_in_the_heading_of_the_measure() {
    let sheet =
        "LA code|LA|Numbers 2015|Rates 2015|Numbers 2016|Rates 2016|Note\nE06000022|Bath|150|43|165|4x|no\n";
    let reading = Trial::annual(ACROSS).sheet(sheet).unwrap();
    assert_eq!(places(&reading), [(2, "F".to_owned(), "bad-number")]);
    let good = Trial::annual(ACROSS).sheet(&sheet.replace("4x", "47")).unwrap();
    assert_eq!(figures(&good)[1], "E06000022 cla_rate 2015-16 Q4 165 47");
    let lacking = Trial::annual(ACROSS).sheet("LA code|LA|Numbers 2015\nE06000022|Bath|150\n").unwrap_err();
    assert!(lacking.reason.contains("lack `Rates`"), "{lacking}");
}
