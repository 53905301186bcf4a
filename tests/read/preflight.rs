//! What a check will say of a row is remarked when the file is read, with its place and its figures.

use std::collections::BTreeSet;

use quarterdeck::config::settings::Cadence;
use quarterdeck::domain::check::{CheckKind, DOUBTS, LOOKING_BACK};
use quarterdeck::domain::figure::{Place, Status};
use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;
use quarterdeck::store::analysis;

use super::fixtures::{HEADING, World, indicator, limits, remark_codes};

/// The remarks of this code: place and sentence.
fn told(reading: &Reading, code: &str) -> Vec<(String, String)> {
    let remarks = reading.remarks.iter().filter(|remark| remark.code == code);
    remarks
        .map(|remark| {
            let place = remark.place.as_ref().map(|place| Place::listed(std::slice::from_ref(place), 1));
            (place.unwrap_or_default(), remark.text.clone())
        })
        .collect()
}

fn rows(rows: &[&str]) -> Reading {
    World::member().rows(&rows.iter().flat_map(|row| ["E06000022,", *row, "\n"]).collect::<String>())
}

#[test]
fn rates_of_the_quarter_are_remarked_once_and_counted() {
    let reading =
        rows(&["referral_rate,2017-18 Q2,412,35178,117.1,,", "in_time_pct,2017-18 Q2,30,40,75.0,,"]);
    let wanted = (
        "line 2, column F (`value`)".to_owned(),
        "1 rate is a quarter of what its parts give for a year: 117.1 of `referral_rate` where 412 of 35178 is \
         468.5 a year; a yearly rate is wanted, and was taken from the parts"
            .to_owned(),
    );
    assert_eq!((reading.accepted, told(&reading, "quarter-rate")), (2, vec![wanted]));
    assert!(told(&reading, "value-mismatch").is_empty());
    let yearly = rows(&["referral_rate,2017-18 Q2,412,35178,468.5,,"]);
    assert!(told(&yearly, "quarter-rate").is_empty() && told(&yearly, "value-mismatch").is_empty());
    let mut world = World::member();
    world.indicators[3].annualise = true;
    world.indicators[3].unit = world.indicators[2].unit;
    let two = world.rows(
        "E06000022,referral_rate,2017-18 Q2,412,35178,117.1,,\nE06000022,agency_pct,2017-18 Q2,12,80,1500.0,,\n",
    );
    let told = told(&two, "quarter-rate");
    assert!(
        told.len() == 1 && told[0].1.starts_with("2 rates are a quarter of what their parts give"),
        "{told:?}"
    );
}

#[test]
fn the_rate_of_a_year_is_not_annualised_in_an_annual_return() {
    let world = World::member();
    let text = format!("{HEADING}E06000022,referral_rate,2017-18 Q2,1648,35178,468.5,,\n");
    let grid = quarterdeck::read::csv::delimited(text.as_bytes(), &limits()).unwrap();
    let mut expected = world.expected();
    expected.cadence = Cadence::Annual;
    let reading = understand(&grid, &expected).unwrap();
    assert!(reading.remarks.iter().all(|remark| !DOUBTS.contains(&remark.code)), "{:?}", reading.remarks);
}

#[test]
fn each_fraction_among_percentages_is_remarked() {
    let mut world = World::member();
    world.indicators.push(indicator(
        "repeat_pct",
        quarterdeck::domain::indicator::Unit::Percent,
        Some("plans"),
    ));
    let reading = world.rows(
        "E06000022,in_time_pct,2017-18 Q2,88,430,0.205,,\n\
         E06000022,agency_pct,2017-18 Q2,12,80,15.0,,\n\
         E06000022,repeat_pct,2017-18 Q2,1,200,0.5,,\n",
    );
    let wanted = (
        "line 2, column F (`value`)".to_owned(),
        "`in_time_pct`: 0.205 looks like 20.5 %: 88 of 430; write 20.5".to_owned(),
    );
    assert_eq!(told(&reading, "fraction-as-percent"), [wanted], "half a percent is no fraction");
    let all = rows(&["in_time_pct,2017-18 Q2,40,40,1,,", "agency_pct,2017-18 Q2,40,80,0.5,,"]);
    assert_eq!(told(&all, "fraction-as-percent").len(), 2);
}

#[test]
fn a_value_that_its_parts_do_not_give_is_remarked_with_the_figures() {
    let reading = rows(&[
        "in_time_pct,2017-18 Q2,30,100,33.0,,",
        "plan_count,2017-18 Q2,131,,113,,",
        "referral_rate,2017-18 Q2,412,35178,4684.7,,",
    ]);
    let reading_of = told(&reading, "value-mismatch");
    let texts: Vec<&str> = reading_of.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "the value of `in_time_pct` is 33.0, but 30 of 100 is 30.0, which was taken: correct the one or the \
             other",
            "the value of `plan_count` is 113, but the count is 131, which was taken: correct the one or the other",
        ]
    );
    assert_eq!(reading.quarantined[0].code, "implausible-value", "no doubt, but set aside");
    let slip = rows(&["in_time_pct,2017-18 Q2,30,100,300.0,,"]);
    assert_eq!(slip.quarantined[0].code, "implausible-value");
    let slip = rows(&["agency_pct,2017-18 Q2,12.5,80.25,1.56,,"]);
    let slip = told(&slip, "value-mismatch");
    assert!(slip[0].1.contains("is 15.6 (the decimal point moved)"), "{slip:?}");
}

#[test]
fn rounding_of_the_value_and_of_full_time_equivalents_is_no_mismatch() {
    let reading = rows(&["in_time_pct,2017-18 Q2,1,16,6.3,,", "agency_pct,2017-18 Q2,4.6,31.2,14.9,,"]);
    assert!(told(&reading, "value-mismatch").is_empty(), "{:?}", reading.remarks);
    let reading = rows(&["in_time_pct,2017-18 Q2,1,16,6,,", "agency_pct,2017-18 Q2,4.6,31.2,15.1,,"]);
    let places: Vec<String> = told(&reading, "value-mismatch").into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["line 3, column F (`value`)"], "6 is 6.25 without decimals");
}

#[test]
fn more_than_there_are_is_remarked_at_the_numerator() {
    let reading = rows(&["in_time_pct,2017-18 Q2,500,400,125.0,,"]);
    let wanted = (
        "line 2, column D (`numerator`)".to_owned(),
        "`in_time_pct` counts 500 out of 400, which cannot be right: correct the one or the other".to_owned(),
    );
    assert_eq!((reading.accepted, told(&reading, "numerator-over-denominator")), (1, vec![wanted]));
}

#[test]
fn a_row_that_is_set_aside_is_not_doubted_as_well() {
    let reading = rows(&["in_time_pct,2017-18 Q2,50,40,125.0,,", "in_time_pct,2017-18 Q2,30,40,75.0,,"]);
    assert_eq!(reading.quarantined.len(), 2);
    assert!(reading.remarks.iter().all(|remark| !DOUBTS.contains(&remark.code)), "{:?}", reading.remarks);
    let twice = rows(&["in_time_pct,2017-18 Q2,50,40,125.0,,", "in_time_pct,2017-18 Q2,50,40,125.0,,"]);
    assert_eq!(told(&twice, "numerator-over-denominator").len(), 1);
}

#[test]
fn every_check_of_the_data_is_told_at_once_or_named_as_one_that_looks_back() {
    let looks_back: BTreeSet<&str> = LOOKING_BACK.iter().map(|(name, _)| *name).collect();
    // Of returns, not of a figure; and of what was withheld on purpose.
    let others = ["return-late", "return-missing", "suppressed-value"];
    for check in analysis::shipped().unwrap() {
        let name = check.name.as_str();
        if check.kind == CheckKind::DataQuality {
            assert!(
                DOUBTS.contains(&name) || looks_back.contains(name) || others.contains(&name),
                "`{name}` is told to nobody before the file is sent"
            );
        }
    }
    for (name, by_default) in LOOKING_BACK {
        let check = analysis::shipped().unwrap().into_iter().find(|check| check.name == name).unwrap();
        assert_eq!(check.default, by_default, "{name}");
    }
}

#[test]
fn words_of_programs_for_a_missing_value_are_no_notes() {
    for word in ["NA", "NaN", "nan", "NULL", "None", "#N/A", "<NA>", ".", "\\N"] {
        let reading = rows(&[&format!("in_time_pct,2017-18 Q2,30,40,75.0,,{word}")]);
        assert_eq!((reading.accepted, reading.observations[0].note.clone()), (1, None), "{word}");
        assert_eq!(remark_codes(&reading).contains(&"missing-word"), word != "None", "{word}");
    }
}

#[test]
fn a_word_for_a_missing_value_is_empty_where_nothing_is_needed() {
    for word in ["NA", "NaN", "NULL", "<NA>", ".", "\\N"] {
        let reading = rows(&[
            &format!("plan_count,2017-18 Q2,131,{word},{word},{word},{word}"),
            &format!("in_time_pct,2017-18 Q2,30,40,{word},,"),
            &format!("referral_rate,2017-18 Q2,c,{word},{word},,"),
        ]);
        assert_eq!(
            (reading.accepted, reading.quarantined.len()),
            (3, 0),
            "{word}: {:?}",
            reading.quarantined
        );
        let statuses: Vec<Status> = reading.observations.iter().map(|one| one.figure.status).collect();
        assert_eq!(statuses, [Status::Ok, Status::Ok, Status::Suppressed]);
        assert_eq!(reading.observations[1].figure.value, None);
    }
    let (code, reason) = World::member().objection("E06000022,in_time_pct,2017-18 Q2,30,NA,NA,,\n");
    assert_eq!(code, "bad-number");
    assert_eq!(
        reason,
        "the denominator is `NA`, which stands for a missing value in R: leave the cell empty (na = \"\"), or \
         write `c` (suppressed), `x` (suppressed)"
    );
}

#[test]
fn a_stated_value_that_failed_sets_its_row_aside_and_one_that_nobody_computed_does_not() {
    for (value, code) in [
        ("#DIV/0!", "bad-number"),
        ("#N/A", "bad-number"),
        ("n/a", "bad-number"),
        ("None", "bad-number"),
        ("tbc", "bad-number"),
    ] {
        let (found, reason) =
            World::member().objection(&format!("E06000022,in_time_pct,2017-18 Q2,30,40,{value},,\n"));
        assert!(found == code && reason.contains(value), "{value}: {reason}");
    }
    let bare = rows(&["in_time_pct,2017-18 Q2,30,40,#FORMULA!,,"]);
    assert_eq!((bare.accepted, bare.observations[0].figure.value), (1, None));
    assert!(remark_codes(&bare).contains(&"formula-without-value"));
    let (code, _) = World::member().objection("E06000022,in_time_pct,2017-18 Q2,#FORMULA!,40,75.0,,\n");
    assert_eq!(code, "formula-without-value");
}

#[test]
fn a_comma_is_read_by_what_the_other_figures_of_the_file_say() {
    let text = |rows: &str| format!("{}{rows}", HEADING.replace(',', ";"));
    let row = |numerator: &str, of: &str, value: &str| {
        format!("E06000022;referral_rate;2017-18 Q2;{numerator};{of};{value};;\n")
    };
    let british = World::member().read(text(&row("412", "35,178", "468.5"))).unwrap();
    assert_eq!((british.accepted, british.observations[0].figure.denominator), (1, Some(35178.0)));
    let german = World::member().read(text(&row("412", "35.178", "468,5"))).unwrap();
    assert_eq!((german.accepted, german.observations[0].figure.denominator), (1, Some(35178.0)));
    assert_eq!(german.observations[0].figure.value, Some(468.5));
    let unclear = World::member().read(text(&row("412", "35,178", ""))).unwrap();
    assert_eq!(
        unclear.quarantined[0].reason,
        "the denominator is `35,178`, which may be 35178 or 35.178 in a file that is not separated by commas: \
         leave the comma out"
    );
    let noted = text(&row("412", "35,178", "")).replace(";;\n", ";;about 4.5 a day\n");
    assert_eq!(World::member().read(noted).unwrap().accepted, 0, "a note is no figure");
}
