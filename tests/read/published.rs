//! The publisher's real files, when their folder is there: every row is accounted for.

use std::fs;
use std::path::Path;

use quarterdeck::config::settings::Shape;
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::{Indicator, Unit};
use quarterdeck::read::reading::{Reading, by_reason};

use super::fixtures::{World, indicator, rate, tidy_layout};

type Measures = [(&'static str, &'static str, &'static str, &'static str)];

/// Reads a file in which only rows with `only` count, and checks the sum of its rows.
fn read(
    file: &str,
    reference: (u32, u32),
    measures: &Measures,
    only: Option<(&str, &str)>,
) -> Option<Reading> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/dfe").join(file);
    let bytes = fs::read(path).ok()?;
    let mut layout = tidy_layout(reference, measures);
    if let (Shape::Tidy(shape), Some((column, text))) = (&mut layout.shape, only) {
        let only = Some((column.to_owned(), text.to_owned()));
        shape.measures.iter_mut().for_each(|measure| measure.only.clone_from(&only));
    }
    let of = |(id, _, denominator, value): &(&str, &str, &str, &str)| -> Indicator {
        match (*denominator, *value) {
            ("-", "-") => indicator(id, Unit::Count, None),
            (_, value) if value.contains("rate_per") => rate(id, "children aged 0 to 17"),
            _ => indicator(id, Unit::Percent, Some("all")),
        }
    };
    let world = World::publisher(layout, measures.iter().map(of).collect());
    let reading = world.read(&bytes).unwrap();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    assert_eq!(reading.rows_read as usize, lines - 1, "{file}");
    Some(reading)
}

#[test]
fn every_row_of_the_published_files_is_accepted_or_explained() {
    let files: [(&str, (u32, u32), &Measures, u32); 7] = [
        ("b1_children_in_need_2013_to_2025.csv", (3, 31), &[("cin_count", "At31_episodes", "-", "-")], 0),
        (
            "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv",
            (3, 31),
            &[("rereferral_pct", "rereferral_count", "referral_count", "rereferral_percent")],
            0,
        ),
        (
            "d3_cpps_subsequent_plan_2013_to_2025.csv",
            (3, 31),
            &[("repeat_pct", "CPP_subsequent", "CPP_start", "CPP_subsequent_percent")],
            0,
        ),
        (
            "d5_cpps_at31march_by_duration_2013_to_2025.csv",
            (3, 31),
            &[("long_pct", "2_years_or_more", "CPP_At31", "2_years_or_more_percent")],
            0,
        ),
        (
            "csww_indicators_2017_to_2025.csv",
            (9, 30),
            &[
                ("agency_pct", "agency_fte", "-", "agency_rate_fte"),
                ("vacancy_pct", "vacancy_fte", "-", "vacancy_rate_fte"),
            ],
            14,
        ),
        (
            "csww_headline_measures_2017_to_2022.csv",
            (9, 30),
            &[("agency_pct", "agency_fte", "-", "agency_worker_rate_fte_%")],
            0,
        ),
        (
            "ons_mid-year_population_estimates_2012_to_2024.csv",
            (6, 30),
            &[("population", "population_estimate", "-", "-")],
            0,
        ),
    ];
    for (file, reference, measures, joined) in files {
        let Some(reading) = read(file, reference, measures, None) else { continue };
        let reasons: Vec<(&str, u32)> = by_reason(&reading).iter().map(|(code, n, _)| (*code, *n)).collect();
        let wanted = if joined == 0 { Vec::new() } else { vec![("bad-authority-code", joined)] };
        assert_eq!(reasons, wanted, "{file}: only rows of two joined authorities are quarantined");
        assert_eq!(reading.observations.len(), reading.accepted as usize * measures.len(), "{file}");
    }
}

#[test]
fn a_file_with_three_rows_for_each_area_is_read_by_its_category() {
    let measures: &Measures = &[("cla_rate", "children_count", "population_estimate", "rate_per_10000")];
    let only = Some(("population_type", "Children looked after on 31 March each year"));
    let Some(reading) = read("cla_number_and_rate_per_10k_children.csv", (3, 31), measures, only) else {
        return;
    };
    assert_eq!((reading.accepted, reading.observations.len()), (2505, 835));
    let suppressed = reading.observations.iter().filter(|one| one.figure.status != Status::Ok);
    assert!(suppressed.clone().count() > 0 && suppressed.clone().all(|one| one.figure.value.is_none()));
}
