//! What is told before a return is sent, and what the checks say of it later, is the same.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use quarterdeck::domain::indicator::{Indicator, Unit};
use quarterdeck::store::analysis::shipped;

use crate::analysis::{laid, latest};
use crate::read::fixtures::{World, indicator};

/// Indicator, numerator, denominator, what is stated.
const FIGURES: [(&str, &str, &str, &str); 20] = [
    ("late_pct", "30", "100", "33.0"),
    ("late_pct", "30", "100", "30"),
    ("late_pct", "1", "16", "6.2"),
    ("late_pct", "1", "16", "6.3"),
    ("late_pct", "1", "16", "6.19"),
    ("late_pct", "1", "3", "33"),
    ("late_pct", "1", "3", "34"),
    ("late_pct", "88", "430", "0.205"),
    ("late_pct", "1", "200", "0.5"),
    ("late_pct", "500", "400", "125"),
    ("late_pct", "0", "40", "0"),
    ("late_pct", "0", "40", "1"),
    ("flow_rate", "412", "35178", "117.1"),
    ("flow_rate", "412", "35178", "117.2"),
    ("flow_rate", "412", "35178", "468.5"),
    ("flow_rate", "412", "35178", "234.2"),
    ("demand_rate", "412", "35178", "117.1"),
    ("demand_rate", "412", "35178", "29.3"),
    ("plans", "131", "", "131"),
    ("plans", "131", "", "113"),
];

fn measures() -> Vec<Indicator> {
    let per = Unit::Rate { per: 10_000 };
    vec![
        indicator("late_pct", Unit::Percent, Some("plans")),
        Indicator { annualise: true, ..indicator("flow_rate", per, Some("children aged 0 to 17")) },
        indicator("demand_rate", per, Some("children aged 0 to 17")),
        Indicator { decimals: 0, ..indicator("plans", Unit::Count, None) },
    ]
}

#[test]
fn a_value_beside_its_parts_is_doubted_by_the_reader_as_by_the_check() {
    let codes: Vec<String> = (1..=FIGURES.len()).map(|number| format!("E060000{number:02}")).collect();
    let line = |(id, numerator, denominator, stated): &(&str, &str, &str, &str)| {
        let parts = if denominator.is_empty() {
            (*numerator).to_owned()
        } else {
            format!("{numerator}/{denominator}")
        };
        ((*id).to_owned(), format!("{parts}={stated}"))
    };
    let series: Vec<_> = codes
        .iter()
        .zip(&FIGURES)
        .map(|(code, figure)| (code.clone(), line(figure).0, line(figure).1))
        .collect();
    let store = laid(&series);
    let world = World { indicators: measures(), ..World::member() };
    let fired = |name: &str| -> BTreeSet<(String, String)> {
        let check = shipped().unwrap().into_iter().find(|check| check.name == name).unwrap();
        let as_of = NaiveDate::from_ymd_opt(2017, 11, 17).unwrap();
        let known_on = DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc();
        let answers = store.ask(&check, "quarterly", latest(), as_of, known_on).unwrap();
        let fired = answers.into_iter().filter(|one| one.fires);
        fired.filter_map(|one| Some((one.authority.to_string(), one.indicator?.to_string()))).collect()
    };
    let over = "numerator-over-denominator";
    let (apart, above) = (fired("value-mismatch"), fired(over));
    for (code, (id, numerator, denominator, stated)) in codes.iter().zip(FIGURES) {
        let reading =
            world.rows(&format!("E06000022,{id},2017-18 Q2,{numerator},{denominator},{stated},,\n"));
        let tells = |codes: &[&str]| reading.remarks.iter().any(|remark| codes.contains(&remark.code));
        let words = format!("{id} {numerator} of {denominator}, stated {stated}: {:?}", reading.remarks);
        let differs = ["value-mismatch", "fraction-as-percent"];
        let figure = (code.clone(), id.to_owned());
        assert_eq!(tells(&differs), apart.contains(&figure), "{words}");
        assert_eq!(tells(&[over]), above.contains(&figure), "{words}");
    }
}
