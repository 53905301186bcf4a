//! Each shipped check has a folder: given series, expected answers, the boundary among them.

use chrono::{DateTime, NaiveDate};
use quarterdeck::domain::indicator::IndicatorId;
use quarterdeck::store::analysis::{self, CheckAnswer};
use quarterdeck::store::check_file::CheckFile;

use crate::analysis::{brief, expect_returns, folder, laid, latest, table};

fn check(name: &str) -> CheckFile {
    analysis::shipped().unwrap().into_iter().find(|check| check.name == name).unwrap()
}

fn line(answer: &CheckAnswer) -> String {
    let word = |key: &str| answer.detail.get(key).and_then(|value| value.as_str()).unwrap_or("").to_owned();
    [
        answer.authority.to_string(),
        answer.indicator.as_ref().map_or(String::new(), ToString::to_string),
        if answer.fires { "fires" } else { "-" }.to_owned(),
        answer.level.to_string(),
        brief(answer.effect, 4),
        if answer.eligible { "eligible" } else { "-" }.to_owned(),
        answer.reason.clone().unwrap_or_default(),
        word("says"),
    ]
    .map(|field| if field.contains(',') { format!("\"{field}\"") } else { field })
    .join(",")
}

fn golden(name: &str) {
    let given = table(&folder(&format!("golden/{name}/given.csv")));
    let series: Vec<_> = given
        .iter()
        .map(|row| (row["authority"].clone(), row["indicator"].clone(), row["figures"].clone()))
        .collect();
    let store = laid(&series);
    expect_returns(&store);
    // What the figures alone do not lay: published figures, revisions, days of receipt.
    if let Ok(statements) = std::fs::read_to_string(folder(&format!("golden/{name}/setup.sql"))) {
        store.connection().execute_batch(&statements).unwrap();
    }
    let as_of = NaiveDate::from_ymd_opt(2017, 11, 17).unwrap();
    let known_on = DateTime::parse_from_rfc3339("2017-11-17T08:00:00Z").unwrap().to_utc();
    let answers = store.ask(&check(name), "quarterly", latest(), as_of, known_on).unwrap();
    let mut lines = vec!["authority,indicator,fires,level,effect,eligible,reason,says".to_owned()];
    // The grid answers for every indicator; the golden rows are those of the given series.
    let asked = |answer: &&CheckAnswer| {
        answer.indicator.is_none()
            || given.iter().any(|row| {
                row["authority"] == answer.authority.as_str()
                    && Some(row["indicator"].as_str()) == answer.indicator.as_ref().map(IndicatorId::as_str)
            })
    };
    lines.extend(answers.iter().filter(asked).map(line));
    let got = lines.join("\n") + "\n";
    let expected =
        std::fs::read_to_string(folder(&format!("golden/{name}/expected.csv"))).unwrap_or_default();
    assert!(got == expected, "{name} answers\n{got}\nexpected\n{expected}");
}

#[test]
fn carried_forward_answers_as_the_golden_rows() {
    golden("carried-forward");
}

#[test]
fn cusum_drift_answers_as_the_golden_rows() {
    golden("cusum-drift");
}

#[test]
fn denominator_jump_answers_as_the_golden_rows() {
    golden("denominator-jump");
}

#[test]
fn history_revised_answers_as_the_golden_rows() {
    golden("history-revised");
}

#[test]
fn implausible_jump_answers_as_the_golden_rows() {
    golden("implausible-jump");
}

#[test]
fn neighbour_gap_answers_as_the_golden_rows() {
    golden("neighbour-gap");
}

#[test]
fn numerator_over_denominator_answers_as_the_golden_rows() {
    golden("numerator-over-denominator");
}

#[test]
fn ohid_recent_trend_answers_as_the_golden_rows() {
    golden("ohid-recent-trend");
}

#[test]
fn peer_outlier_answers_as_the_golden_rows() {
    golden("peer-outlier");
}

#[test]
fn rank_slide_answers_as_the_golden_rows() {
    golden("rank-slide");
}

#[test]
fn return_late_answers_as_the_golden_rows() {
    golden("return-late");
}

#[test]
fn return_missing_answers_as_the_golden_rows() {
    golden("return-missing");
}

#[test]
fn same_quarter_last_year_answers_as_the_golden_rows() {
    golden("same-quarter-last-year");
}

#[test]
fn spc_outside_limits_answers_as_the_golden_rows() {
    golden("spc-outside-limits");
}

#[test]
fn spc_shift_answers_as_the_golden_rows() {
    golden("spc-shift");
}

#[test]
fn spc_trend_answers_as_the_golden_rows() {
    golden("spc-trend");
}

#[test]
fn spc_two_of_three_answers_as_the_golden_rows() {
    golden("spc-two-of-three");
}

#[test]
fn suppressed_value_answers_as_the_golden_rows() {
    golden("suppressed-value");
}

#[test]
fn sustained_trend_answers_as_the_golden_rows() {
    golden("sustained-trend");
}

#[test]
fn target_approach_answers_as_the_golden_rows() {
    golden("target-approach");
}

#[test]
fn target_assurance_answers_as_the_golden_rows() {
    golden("target-assurance");
}

#[test]
fn target_breach_answers_as_the_golden_rows() {
    golden("target-breach");
}

#[test]
fn unit_slip_answers_as_the_golden_rows() {
    golden("unit-slip");
}

#[test]
fn value_mismatch_answers_as_the_golden_rows() {
    golden("value-mismatch");
}

#[test]
fn every_shipped_check_has_golden_rows() {
    for check in analysis::shipped().unwrap() {
        let rows = table(&folder(&format!("golden/{}/given.csv", check.name)));
        assert!(rows.len() >= 4, "{} has only {} given series", check.name, rows.len());
    }
}

#[test]
fn a_check_that_is_switched_off_holds_no_figure() {
    let given = table(&folder("golden/implausible-jump/given.csv"));
    let series: Vec<_> = given
        .iter()
        .map(|row| (row["authority"].clone(), row["indicator"].clone(), row["figures"].clone()))
        .collect();
    let store = laid(&series);
    let held = || -> i64 {
        let sql = "SELECT count(*) FROM held WHERE held_by = 'implausible-jump'";
        store.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert!(held() > 0);
    store
        .connection()
        .execute_batch("INSERT INTO parameter_settings VALUES ('off implausible-jump', 1)")
        .unwrap();
    assert_eq!(held(), 0);
}
