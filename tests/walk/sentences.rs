//! What is said of a finding, by every shipped check: grammar that fits any name, and time as it is told.

use quarterdeck::config::settings::Settings;
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::finding::FindingKey;
use quarterdeck::domain::indicator::IndicatorId;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::pipeline::{facts, worded};
use quarterdeck::store::analysis;
use quarterdeck::store::check_file::CheckFile;
use quarterdeck::store::findings::Finding;
use serde_json::{Value, json};

use super::region::Region;

fn finding(check: &CheckFile, collection: &str, indicator: &str, detail: Value) -> Finding {
    Finding {
        key: FindingKey {
            check: check.name.clone(),
            collection: collection.to_owned(),
            authority: AuthorityCode::parse("E10000008").unwrap(),
            indicator: IndicatorId::parse(indicator),
        },
        moments: Vec::new(),
        past: Vec::new(),
        detail,
        fired_in: Quarter::of(2024, 4).unwrap(),
        rule: String::new(),
        rule_before: None,
        teller: check.name.clone(),
        also: Vec::new(),
        confirmed: None,
    }
}

/// A value for every placeholder of every shipped check.
fn detail(says: &str) -> Value {
    json!({
        "says": says, "value": 63.2, "previous": 12.5, "stated": 62, "lower": 10, "upper": 20, "mean": 15,
        "average": 15, "usual": 15, "median": 15, "target": 20, "suggested": 6.3, "calculated": 63.2,
        "first": 40.1, "slope": 2.5, "pct": 40, "n": 3, "of": 16, "k": 16, "x": 1, "rank": 2, "end": "nd highest",
        "old": "3rd", "new": "12th", "numerator": 12, "denominator": 19, "quarters": 7, "side": "above",
        "way": "up", "day": "3 May 2025", "due": "3 May 2025", "start": "2015-16 Q4", "until": "2026-27 Q4",
        "base": "the children aged 0 to 17", "previous_base": 190, "difference": 18.3,
        "previous_quarter": "2023-24 Q4", "revised_quarter": "2023-24 Q4", "comparator_quarter": "2023-24 Q4",
    })
}

/// Every sentence of every shipped check, with the words that chose it.
fn sentences(settings: &Settings, collection: &str, indicator: &str) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for check in analysis::shipped().unwrap() {
        for says in check.says.keys() {
            let it = finding(&check, collection, indicator, detail(says));
            told.push((format!("{} {says}", check.name), worded::sentence_of(settings, Some(&check), &it)));
        }
    }
    assert!(told.len() > 40, "{}", told.len());
    for (which, sentence) in &told {
        assert!(!sentence.contains('{') && !sentence.contains("placeholder"), "{which}: {sentence}");
    }
    told
}

#[test]
fn a_yearly_figure_is_never_told_as_a_quarter() {
    let settings = Region::from_quarter("2017-18 Q2").settings();
    for (which, sentence) in sentences(&settings, "published", "rereferral_pct") {
        let plain = sentence.replace("headquarters", "");
        assert!(!plain.contains("quarter") && !plain.contains(" Q"), "{which}: {sentence}");
    }
    let told = |name: &str, collection: &str, indicator: &str| {
        sentences(&settings, collection, indicator).into_iter().find(|(which, _)| which == name).unwrap().1
    };
    assert_eq!(
        told("spc-shift says", "published", "rereferral_pct"),
        "Devon, Repeat referrals: above the usual level (15.0%) for 7 years in a row, with 63.2% \
         in the year to March 2025."
    );
    assert_eq!(
        told("spc-shift says", "quarterly", "rereferral_pct"),
        "Devon, Repeat referrals: above the usual level (15.0%) for 7 quarters in a row, with \
         63.2% in 2024-25 Q4."
    );
    assert_eq!(
        told("same-quarter-last-year says", "published", "rereferral_pct"),
        "Devon: Repeat referrals stood at 63.2% in the year to March 2025, compared with 12.5% in \
         the year before, 40% worse. Chance is an unlikely explanation."
    );
    let stock = told("carried-forward value", "published", "cla_rate");
    assert!(stock.contains("for 7 years running, the last of them March 2025."), "{stock}");
}

#[test]
fn no_verb_agrees_with_the_name_of_an_indicator() {
    let settings = Region::from_quarter("2017-18 Q2").settings();
    let name = "Children looked after per 10,000 children";
    assert_eq!(facts::indicator(&settings, &IndicatorId::parse("cla_rate").unwrap()).unwrap().name, name);
    for (which, sentence) in sentences(&settings, "quarterly", "cla_rate") {
        for verb in ["is", "has", "was", "counts", "looks", "does"] {
            assert!(!sentence.contains(&format!("{name} {verb} ")), "{which}: {sentence}");
        }
        assert!(!sentence.contains("; it stood"), "{which}: {sentence}");
    }
}

#[test]
fn a_finding_without_numbers_says_that_it_was_revised() {
    let settings = Region::from_quarter("2017-18 Q2").settings();
    let checks = analysis::shipped().unwrap();
    let check = checks.iter().find(|check| check.name == "unit-slip").unwrap();
    let it = finding(check, "published", "rereferral_pct", Value::Null);
    assert_eq!(
        worded::sentence_of(&settings, Some(check), &it),
        "Devon, Repeat referrals: revised for the year to March 2025; what was found does not \
         hold."
    );
}

#[test]
fn a_range_that_a_sentence_tells_is_the_one_of_its_chart() {
    let mut telling = Vec::new();
    for check in analysis::shipped().unwrap() {
        let mut said = detail("says");
        said["usual_lower"] = json!(11);
        said["usual_upper"] = json!(19);
        let tells = check.says.values().any(|says| says.contains("{lower} to {upper}"));
        let chart = worded::usual_range(&check, &finding(&check, "quarterly", "cla_rate", said)).unwrap();
        let expected = if tells { (10.0, 20.0) } else { (11.0, 19.0) };
        assert_eq!((chart.lower, chart.upper), expected, "{}", check.name);
        telling.extend(tells.then_some(check.name));
    }
    assert_eq!(telling, ["spc-outside-limits", "spc-two-of-three", "target-assurance"]);
}

#[test]
fn an_authority_that_ended_is_told_from_its_successor_of_the_same_name() {
    let mut all = Region::from_quarter("2017-18 Q2").settings().authorities;
    let mut old = all.iter().find(|one| one.name == "Devon").unwrap().clone();
    old.code = AuthorityCode::parse("E10000099").unwrap();
    old.until = chrono::NaiveDate::from_ymd_opt(2019, 3, 31);
    all.push(old.clone());
    let on = |year| chrono::NaiveDate::from_ymd_opt(year, 11, 17).unwrap();
    assert_eq!(old.name_among(&all, on(2019)), "Devon (until March 2019)");
    assert_eq!(old.name_among(&all, on(2018)), "Devon", "it has not ended yet");
    let devon = all.iter().find(|one| one.name == "Devon").unwrap();
    assert_eq!(devon.name_among(&all, on(2019)), "Devon");
    old.name = "Old Devon".to_owned();
    assert_eq!(old.name_among(&all, on(2019)), "Old Devon");
}
