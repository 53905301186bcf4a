//! Files of publishers in layouts written in TOML alone: the releases before 2018, re-issues, judgements.

use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::domain::figure::Status;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::changes::{self, Changes};
use quarterdeck::read::packed::packed;
use quarterdeck::read::reading::{Reading, by_reason};
use quarterdeck::read::workbook::workbook;

use super::fixtures::{limits, remark_codes};
use super::toml::{Trial, found, numbers, places};

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    path.exists().then_some(path)
}

/// The releases before 2018: the period is in the name of the file, here fixed; `x` is a small number.
const RELEASE: &str = r#"
[[collection.symbol]]
text = "x"
means = "suppressed"
until = 2017-12-31
[[collection.symbol]]
text = "."
means = "not-applicable"
[[collection.symbol]]
text = "-"
means = "rounds-to-zero"
[[collection.symbol]]
text = ".."
means = "unavailable"
[[collection.layout]]
name = "release"
[collection.layout.wide]
authority = ["New_geog_code"]
name = ["geog_n"]
dfe_number = ["geog_c"]
period = "PERIOD"
except = [{ column = "geog_n", is = "INNER LONDON" }, { column = "geog_n", is = "OUTER LONDON" }]
measures = [MEASURES]
"#;

fn release(period: &str, measures: &[(&str, &str)]) -> Trial {
    let list = measures.iter().map(|(id, column)| {
        if column.contains('/') {
            let (numerator, denominator) = column.split_once('/').unwrap();
            return format!(
                "{{ indicator = \"{id}\", numerator = \"{numerator}\", denominator = \"{denominator}\" }}"
            );
        }
        format!("{{ indicator = \"{id}\", numerator = \"{column}\" }}")
    });
    let list: Vec<String> = list.collect();
    Trial::publisher(&RELEASE.replace("PERIOD", period).replace("MEASURES", &list.join(",\n")))
}

#[test]
fn a_release_of_before_2018_keeps_its_symbols_and_its_blank_level() {
    let trial = release("2016-17 Q4", &[("cla_count", "CLA_Mar2017"), ("missing_count", "CLA_UASC")]);
    let file = "\
        LA_order,New_geog_code,geog_l,geog_c,geog_n,CLA_Mar2017,CLA_UASC\r\n\
        1,E92000001,NATIONAL,999,ENGLAND,71000,4500\r\n\
        3,E12000009,REGION,H,SOUTH WEST,5800,180\r\n\
        4,E12000007,REGION,G,LONDON,9000,500\r\n\
        5,E12000007,REGION,H,INNER LONDON,4000,300\r\n\
        90,E06000022,LA,800,Bath and North East Somerset,160,x\r\n\
        91,E06000052,LA,908,Cornwall,414,.\r\n\
        92,E06000023,LA,801,\"Bristol, City of\",-,..\r\n\
        165,E06000053,,420,Isles of Scilly,0,0\r\n\
        166,,LA,,Nowhere,1,1\r\n";
    let reading = trial.text(file).unwrap();
    assert_eq!((reading.rows_read, reading.accepted), (9, 8));
    assert_eq!(places(&reading), [(10, "B".to_owned(), "authority-missing")]);
    let scilly = found(&reading, "E06000053", "cla_count");
    assert_eq!((scilly.figure.numerator, scilly.quarter), (Some(0.0), Quarter::of(2016, 4).unwrap()));
    let status = |code: &str, id: &str| found(&reading, code, id).figure.status;
    assert_eq!(status("E06000022", "missing_count"), Status::Suppressed);
    assert_eq!(status("E06000052", "missing_count"), Status::NotApplicable);
    assert_eq!(status("E06000023", "missing_count"), Status::Unavailable);
    assert_eq!(status("E06000023", "cla_count"), Status::RoundsToZero);
    let area = reading.areas.iter().find(|area| area.code.as_str() == "E06000052").unwrap();
    assert_eq!((area.name.as_str(), area.dfe_number.as_deref()), ("Cornwall", Some("908")));
}

/// File, period, measures, rows, and one figure as it stands in the file.
type Release = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    u32,
    &'static str,
    &'static str,
    f64,
);

const RELEASES: [Release; 7] = [
    (
        "SFR50_CLA2017.csv",
        "2016-17 Q4",
        &[("cla_count", "CLA_Mar2017")],
        164,
        "E10000008",
        "cla_count",
        682.0,
    ),
    (
        "SFR50_ADM2017.csv",
        "2016-17 Q4",
        &[("missing_count", "CLA_started2017")],
        163,
        "E06000022",
        "missing_count",
        81.0,
    ),
    (
        "SFR50_CEA2017.csv",
        "2016-17 Q4",
        &[("missing_count", "CLA_cease2017")],
        163,
        "E06000023",
        "missing_count",
        312.0,
    ),
    (
        "SFR50_Missing_2017.csv",
        "2016-17 Q4",
        &[("missing_count", "Miss_Miss_DuringYear")],
        163,
        "E06000027",
        "missing_count",
        32.0,
    ),
    (
        "SFR50_OC22017.csv",
        "2016-17 Q4",
        &[("sdq_average", "OC2_SDQaverage")],
        163,
        "E10000008",
        "sdq_average",
        16.8,
    ),
    (
        "SFR50_CareLeavers19to212017.csv",
        "2016-17 Q4",
        &[("careleaver_accom_pct", "CL_Acc_SUIT19to21/CL_All_19to21")],
        164,
        "E06000022",
        "careleaver_accom_pct",
        52.0,
    ),
    (
        "SFR41_CLA2016.csv",
        "2015-16 Q4",
        &[("cla_count", "CLA_Mar2016")],
        163,
        "E10000008",
        "cla_count",
        708.0,
    ),
];

#[test]
fn the_real_releases_of_2016_and_2017_are_read_and_every_row_is_accounted_for() {
    for (file, period, measures, rows, authority, indicator, numerator) in RELEASES {
        let Some(path) = shared("sfr_2017").map(|folder| folder.join(file)) else { return };
        let reading = release(period, measures).text(fs::read(path).unwrap()).unwrap();
        println!("{file}: {} = {} + {:?}", reading.rows_read, reading.accepted, counts(&reading));
        assert_eq!((reading.rows_read, reading.accepted), (rows, rows), "{file}: {:?}", counts(&reading));
        let figure = found(&reading, authority, indicator).figure;
        assert_eq!(figure.numerator, Some(numerator), "{file}");
    }
}

#[test]
fn columns_without_a_heading_are_named_by_their_number_among_them() {
    let toml = RELEASE
        .replace("\"New_geog_code\"", "\"(unnamed 2)\"")
        .replace("\"geog_n\"", "\"(unnamed 2)\"")
        .replace("PERIOD", "2009-10 Q4")
        .replace(
            "MEASURES",
            "{ indicator = \"missing_count\", numerator = \"Number of possible sessions\" }",
        );
    let trial = Trial::publisher(&toml);
    let file = ",,Number of possible sessions\n,ENGLAND,\"7,373,720\"\n800,Cornwall,17989\n801,\"Bristol, City of\",x\n";
    let reading = trial.text(file).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (2, 1));
    assert_eq!(found(&reading, "E06000052", "missing_count").figure.numerator, Some(17989.0));
    let Some(path) = shared("sfr_2017/Absence2009_10_messy_header.csv") else { return };
    let reading = trial.text(fs::read(path).unwrap()).unwrap();
    println!("Absence2009_10: {} = {} + {:?}", reading.rows_read, reading.accepted, counts(&reading));
    assert_eq!(found(&reading, "E06000022", "missing_count").figure.numerator, Some(17989.0));
    assert_eq!(found(&reading, "E06000053", "missing_count").figure.numerator, Some(0.0));
}

fn counts(reading: &Reading) -> Vec<(&'static str, u32)> {
    by_reason(reading).iter().map(|(code, count, _)| (*code, *count)).collect()
}

/// Cumulative figures of a school year: they stand in the quarter in which the year starts, so that each
/// re-issue revises the one before. Rows of other kinds of period are left out by `only`.
const ATTENDANCE: &str = r#"
[[collection.symbol]]
text = "c"
means = "suppressed"
[[collection.layout]]
name = "to-date"
[collection.layout.tidy]
reference_month = 9
reference_day = 30
reference_year_offset = -1
measures = [
  { indicator = "attendance_pct", numerator = "overall_attendance", denominator = "possible_sessions", value = "attendance_perc", only = { column = "education_phase", is = "Total" } },
  { indicator = "persistent_pct", value = "pa_perc", only = { column = "education_phase", is = "Total" }, optional = true },
]
[[collection.layout]]
name = "to-date-2022"
[collection.layout.tidy]
reference_month = 9
reference_day = 30
reference_year_offset = -1
measures = [
  { indicator = "attendance_pct", numerator = "overall_attendance", denominator = "possible_sessions", value = "attendance_perc", only = { column = "school_type", is = "Primary" } },
]
"#;

#[test]
fn rows_of_weeks_are_left_out_by_name_and_are_no_year() {
    let weeks = ATTENDANCE.replace(
        "column = \"education_phase\", is = \"Total\"",
        "column = \"time_identifier\", is = \"Academic year\"",
    );
    let file = "time_period,time_identifier,geographic_level,country_code,new_la_code,education_phase,overall_attendance,possible_sessions,attendance_perc\n\
        202526,Academic year,Local authority,E92000001,E06000022,Total,900,1000,90\n\
        2025,Week 37,Local authority,E92000001,E06000022,Total,95,100,95\n";
    let reading = Trial::publisher(&weeks).text(file).unwrap();
    assert_eq!((reading.accepted, reading.observations.len()), (2, 1));
    assert_eq!(reading.observations[0].quarter, Quarter::of(2025, 2).unwrap());
    let reading = Trial::publisher(ATTENDANCE).text(file).unwrap();
    assert_eq!(places(&reading), [(3, "A".to_owned(), "bad-quarter")]);
    let reason = &reading.quarantined[0].reason;
    assert!(reason.contains("neither a year nor a financial quarter"), "{reason}");
}

#[test]
fn what_changed_between_two_versions_is_listed() {
    let heading = "time_period,time_identifier,geographic_level,country_code,new_la_code,education_phase,overall_attendance,possible_sessions,attendance_perc";
    let row = |code: &str, rest: &str| {
        format!("202526,Academic year,Local authority,E92000001,{code},Total,{rest}\n")
    };
    let old = format!(
        "{heading},dropped\n{}{}",
        row("E06000022", "900,1000,90,1"),
        row("E06000023", "91,100,91,1")
    );
    let new = format!(
        "{heading},pa_perc\n{}{}",
        row("E06000022", "1800,2100,85.71,9.2e-05"),
        row("E06000052", "95,100,95,20.5")
    );
    let trial = Trial::publisher(ATTENDANCE);
    let (old, new) = (trial.text(old).unwrap(), trial.text(new).unwrap());
    let changes = changes::between(&old, &new);
    assert_eq!((changes.appeared.clone(), changes.gone.clone()), (vec!["pa_perc"], vec!["dropped"]));
    let words: Vec<String> = changes
        .figures
        .iter()
        .map(|one| {
            let of = one.new.or(one.old).unwrap();
            format!("{} {} {}", one.word(), of.authority, of.indicator)
        })
        .collect();
    let wanted = [
        "changed E06000022 attendance_pct",
        "added E06000022 persistent_pct",
        "removed E06000023 attendance_pct",
        "added E06000052 attendance_pct",
        "added E06000052 persistent_pct",
    ];
    assert_eq!(words, wanted);
    assert_eq!(found(&new, "E06000022", "persistent_pct").figure.value, Some(9.2e-5));
    let remarks = changes::column_remarks(&old.columns, &new.columns);
    let codes: Vec<&str> = remarks.iter().map(|remark| remark.code).collect();
    assert_eq!(codes, ["columns-appeared", "columns-gone"]);
}

#[test]
fn the_six_real_re_issues_are_read_in_order_and_compared() {
    let Some(folder) = shared("attendance_revisions") else { return };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let trial = Trial::publisher(ATTENDANCE);
    let readings: Vec<Reading> =
        files.iter().map(|file| trial.text(fs::read(file).unwrap()).unwrap()).collect();
    let rows: Vec<(u32, usize)> = readings.iter().map(|one| (one.rows_read, one.quarantined.len())).collect();
    println!("{rows:?}");
    assert_eq!(rows, [(485, 0), (647, 0), (647, 0), (647, 0), (647, 0), (647, 0)]);
    assert!(remark_codes(&readings[0]).contains(&"unnamed-column"));
    let changes: Vec<Changes<'_>> =
        readings.windows(2).map(|pair| changes::between(&pair[0], &pair[1])).collect();
    for one in &changes {
        let count = |word: &str| one.figures.iter().filter(|change| change.word() == word).count();
        println!(
            "+{:?} -{:?} changed {} added {} removed {}",
            one.appeared,
            one.gone,
            count("changed"),
            count("added"),
            count("removed")
        );
    }
    let appeared: Vec<&[&str]> = changes[1..].iter().map(|one| one.appeared.as_slice()).collect();
    assert_eq!(appeared, [&[][..], &["pa_perc"], &[], &[]], "the column of January 2026");
    assert!(changes[1..].iter().all(|one| one.gone.is_empty()));
    assert!(changes[0].gone.contains(&"school_type") && changes[0].appeared.contains(&"education_phase"));
    let before = found(&readings[1], "E06000061", "attendance_pct").figure.value;
    let after = found(&readings[5], "E06000061", "attendance_pct").figure.value;
    assert!(before.is_some() && before != after);
}

const JUDGEMENTS: &str = r#"
[[collection.symbol]]
text = "nan"
means = "unavailable"
[[collection.symbol]]
text = "inspection_pre_dates_judgement"
means = "not-applicable"
[[collection.layout]]
name = "judgements"
sheet = "Inspections_as_at_31_March"
header_within = 6
[collection.layout.wide]
authority = ["Local authority area code", "ltla23cd"]
name = ["Local authority name", "local_authority"]
date = ["Inspection date", "inspection_start_date"]
measures = [
  { indicator = "judgement_overall", numerator = "OVERALL" },
  { indicator = "judgement_leavers", numerator = "LEAVERS" },
]
words = [
  { text = "Outstanding", number = 1 },
  { text = "Good", number = 2 },
  { text = "Requires improvement", number = 3 },
  { text = "Requires improvement to be good", number = 3 },
  { text = "Inadequate", number = 4 },
]
"#;

fn judgements(overall: &str, leavers: &str) -> Trial {
    Trial::publisher(&JUDGEMENTS.replace("OVERALL", overall).replace("LEAVERS", leavers))
}

#[test]
fn judgements_in_words_become_numbers_on_their_day() {
    let trial = judgements("Overall effectiveness", "The experiences and progress of care leavers");
    let sheet = "\
        Judgements as at 31 March 2025\n\
        This sheet holds one table.\n\
        Web link|Local authority area code|Local authority name|Inspection date|Overall effectiveness|\
        The experiences and progress of care leavers\n\
        Page|E06000022|Bath and North East Somerset|14/02/2022|Requires improvement to be good|\n\
        Page|E06000052|Cornwall|2024-05-20|OUTSTANDING|Good\n\
        Page|E06000024|North Somerset|20/05/2024|Splendid|Good\n\
        Page|E06000025|South Gloucestershire|05/20/2024|Good|Good";
    let reading = trial.sheet(sheet).unwrap();
    assert_eq!(places(&reading), [(6, "E".to_owned(), "bad-number"), (7, "D".to_owned(), "bad-date")]);
    let bath = found(&reading, "E06000022", "judgement_overall");
    assert_eq!((bath.figure.numerator, bath.quarter), (Some(3.0), Quarter::of(2021, 4).unwrap()));
    assert_eq!(found(&reading, "E06000022", "judgement_leavers").figure.status, Status::Unavailable);
    let cornwall = found(&reading, "E06000052", "judgement_overall");
    assert_eq!(numbers(&cornwall.figure), (Some(1.0), None, None));
}

#[test]
fn the_real_workbooks_of_judgements_are_read() {
    let Some(path) = shared("ofsted/ofsted_csc_ilacs_overview.xlsx") else { return };
    let trial = judgements("overall_effectiveness_grade", "care_leavers_grade");
    let grid = workbook(&fs::read(path).unwrap(), None, &limits()).unwrap().remove(0);
    let reading = trial.read(&grid).unwrap();
    println!("xlsx: {} = {} + {:?}", reading.rows_read, reading.accepted, counts(&reading));
    for row in &reading.quarantined {
        println!("  {} {:?} {} {}", row.place.line, row.place.column, row.code, row.reason);
    }
    assert_eq!((reading.rows_read, counts(&reading)), (153, vec![("bad-date", 2)]), "two have no inspection");
    let bath = found(&reading, "E06000022", "judgement_overall");
    assert_eq!((bath.figure.numerator, bath.quarter), (Some(2.0), Quarter::of(2025, 1).unwrap()));
    let Some(path) = shared("ofsted/LA_Inspection_Outcomes_as_at_31_March_2025.ods") else { return };
    let trial = judgements("Overall effectiveness", "The experiences and progress of care leavers");
    let bytes = fs::read(path).unwrap();
    let grid =
        packed(&bytes, "outcomes.ods", Some("Inspections_as_at_31_March"), &limits()).unwrap().remove(0);
    let reading = trial.read(&grid).unwrap();
    println!("ods: {} = {} + {:?}", reading.rows_read, reading.accepted, counts(&reading));
    assert_eq!((reading.rows_read, reading.quarantined.len()), (153, 0));
    let barking = found(&reading, "E09000002", "judgement_overall");
    assert_eq!((barking.figure.numerator, barking.quarter), (Some(3.0), Quarter::of(2023, 2).unwrap()));
    assert_eq!(found(&reading, "E09000003", "judgement_overall").figure.numerator, Some(2.0));
}
