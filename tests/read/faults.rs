//! What a sender is told of a row: every fault once, by column, with the cause that they can change.

use quarterdeck::config::settings::Shape;
use quarterdeck::domain::authority::{Authority, Share, Succession};
use quarterdeck::domain::figure::{Quarantined, Status};
use quarterdeck::domain::indicator::Unit;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::domain::slip;
use quarterdeck::read::reading::Reading;

use super::fixtures::{self, World, authority, code, day, indicator, remark_codes, symbol, tidy_layout};

const PERCENT: &str = "E06000022,in_time_pct,2017-18 Q2";

/// The letters of the columns at fault, each with its code.
fn faults(row: &Quarantined) -> Vec<String> {
    let slips = row.slips().into_iter();
    let told = slips.map(|slip| {
        let column = slip.place.column.map(|column| column.letters()).unwrap_or_default();
        format!("{column} {}", slip.code)
    });
    told.collect()
}

/// Each kind of slip in a sentence.
fn kinds(reading: &Reading) -> Vec<String> {
    let groups = slip::grouped(reading.quarantined.iter().flat_map(Quarantined::slips));
    groups.iter().map(slip::Group::sentence).collect()
}

#[test]
fn every_fault_of_a_row_is_told_and_the_row_is_counted_once() {
    let reading = World::member().rows(&format!(
        "{PERCENT},30,40,75.0,,\n{PERCENT},1-5,n.k.,75.0,,\nE06000999,nothing,2017-18 Q9,148 plans,40,7x,maybe,\n"
    ));
    assert_eq!((reading.rows_read, reading.accepted, reading.quarantined.len()), (3, 1, 2));
    assert_eq!(faults(&reading.quarantined[0]), ["D bad-number", "E bad-number"]);
    let all = [
        "A wrong-authority",
        "B unknown-indicator",
        "C bad-quarter",
        "D bad-number",
        "F bad-number",
        "G unknown-status",
    ];
    assert_eq!(faults(&reading.quarantined[1]), all);
    let reasons = reading.quarantined[0].reasons();
    assert!(
        reasons.contains("`1-5`") && reasons.contains("; also, column E: the denominator is `n.k.`"),
        "{reasons}"
    );
}

#[test]
fn what_is_missing_and_what_is_not_whole_is_told_of_both_parts() {
    let reading = World::member()
        .rows(&format!("{PERCENT},,,75.0,,\nE06000022,referral_rate,2017-18 Q2,3.5,40.5,,,\n"));
    assert_eq!(faults(&reading.quarantined[0]), ["E denominator-missing", "D numerator-missing"]);
    assert_eq!(faults(&reading.quarantined[1]), ["D not-whole", "E not-whole"]);
}

#[test]
fn a_tidy_row_is_told_its_area_its_period_and_each_of_its_cells() {
    let layout = tidy_layout((3, 31), &[("repeat_pct", "repeats", "starts", "pct")]);
    let world = World::publisher(layout, vec![indicator("repeat_pct", Unit::Percent, Some("plans"))]);
    let text = "time_period,time_identifier,geographic_level,country_code,new_la_code,la_name,repeats,starts,pct\n\
                2017,Reporting year,Local authority,E92000001,E06000022,Bath,29,98,29.6\n\
                2017/8,Reporting year,Local authority,E92000001,E0600002,Bath,many,98,few\n";
    let reading = world.read(text).unwrap();
    let all = ["E bad-authority-code", "A bad-quarter", "G bad-number", "I bad-number"];
    assert_eq!(faults(&reading.quarantined[0]), all);
}

#[test]
fn texts_of_one_kind_are_told_together_each_with_its_count() {
    let mut world = World::member();
    world.layouts[0].symbols = vec![symbol("c", Status::Suppressed), symbol("x", Status::Unavailable)];
    let texts = ["supp", "[s]", "<5", "**", "supp", "1-4", "09-Jan", "n.k.", "tbc", "about 40"];
    let rows = texts.map(|text| format!("{PERCENT},{text},40,,,\n")).concat();
    let symbols = "`c` (suppressed), `x` (unavailable)";
    let told = [
        "`supp` (2), `[s]`, `<5`, `**` and `1-4` are not numbers: write `c` if a small number is withheld, else \
         digits such as 120"
            .to_owned(),
        "`n.k.` and `tbc` are not numbers: write `x` if it is not known, else digits such as 120".to_owned(),
        "the numerator is `09-Jan`, which is a date, as a spreadsheet makes of 1-5: write `c` if a small number \
         is withheld, else digits such as 120"
            .to_owned(),
        format!("the numerator is `about 40`, which is not a number: write digits such as 120, or {symbols}"),
    ];
    assert_eq!(kinds(&world.rows(&rows)), told);
}

#[test]
fn a_negative_number_that_stands_for_none_is_told_the_symbol() {
    let mut world = World::member();
    world.layouts[0].symbols = vec![symbol("c", Status::Suppressed), symbol("x", Status::Unavailable)];
    let (code, reason) = world.objection(&format!("{PERCENT},-99,40,,,\n"));
    assert_eq!(code, "negative-number");
    assert_eq!(
        reason,
        "the numerator is `-99`, but it cannot be negative: write `c` if it stands for a small number that is \
         withheld, `x` if for one that is not known, else correct it"
    );
    let (_, reason) = world.objection(&format!("{PERCENT},-12,40,,,\n"));
    assert_eq!(reason, "the numerator is `-12`, but it cannot be negative: correct it");
}

#[test]
fn a_word_for_no_value_in_two_columns_is_one_kind_of_slip() {
    let mut world = World::member();
    world.layouts[0].symbols = vec![symbol("x", Status::Unavailable)];
    assert_eq!(
        kinds(&world.rows(&format!("{PERCENT},n/a,40,n/a,,\n"))),
        ["`n/a` (2) are not numbers: leave the cell empty where there is none, or write `x` (unavailable)"]
    );
}

#[test]
fn a_number_without_its_nought_is_read() {
    let reading =
        World::member().rows(&format!("{PERCENT},30,40,.75,,\nE06000022,agency_pct,2017-18 Q2,.5,40.5,,,\n"));
    assert_eq!(reading.observations[1].figure.numerator, Some(0.5), "{reading:?}");
}

#[test]
fn another_authority_is_told_by_its_name() {
    let world = World::member();
    let reason = world.refusal(
        "authority_code,indicator,quarter,numerator,denominator,value\n\
                                E06000023,in_time_pct,2017-18 Q2,30,40,75\n",
    );
    assert_eq!(
        reason.reason,
        "every row is about Bristol, City of (`E06000023`), but this is the return of Bath and North East Somerset \
         (`E06000022`): send the right file"
    );
}

#[test]
fn a_row_with_the_code_of_another_authority_may_be_a_slip_of_the_code() {
    let other = "E06000023,in_time_pct,2017-18 Q2,30,40,75.0,,\n";
    let told = World::member().rows(&format!("{PERCENT},30,40,75.0,,\n{other}"));
    assert_eq!(
        told.quarantined[0].reason,
        "the row is about Bristol, City of (`E06000023`), but this is the return of Bath and North East Somerset \
         (`E06000022`): correct the code, or delete the row"
    );
    let told = World::member().rows(&format!("{PERCENT},30,40,75.0,,\n{other}{}", other.replace("23", "24")));
    assert!(kinds(&told)[0].ends_with("correct the codes, or delete the rows"), "{:?}", kinds(&told));
}

fn refused(world: &World, rows: &str) -> String {
    world.refusal(format!("{}{rows}", fixtures::HEADING)).reason
}

#[test]
fn a_code_of_another_time_of_the_same_area_is_told_which_to_write() {
    let later = "E10000099,in_time_pct,2019-20 Q2,30,40,75.0,,\n";
    let mut world = reorganised(&[("E06000098", Share::Whole)]);
    world.authority = Some(code("E06000098"));
    let words = "about Oldshire (`E10000099`), which is South Newshire (`E06000098`) since 1 April 2019: write \
                 `E06000098`";
    assert_eq!(
        refused(&world, later),
        format!("every row is {words} in each of them, and send the file again")
    );
    let own = later.replace("E10000099", "E06000098");
    assert_eq!(world.rows(&format!("{own}{later}")).quarantined[0].reason, format!("the row is {words}"));
    // What was put together is more than the one.
    world.authorities.push(Authority {
        successors: vec![Succession { to: code("E06000098"), share: Share::Whole }],
        ..authority("E10000098", "Nextshire")
    });
    assert!(refused(&world, later).ends_with("send the right file"));
    world.authorities.pop();
    world.authority = Some(code("E10000099"));
    world.quarter = Quarter::of(2018, 2);
    let earlier = own.replace("2019-20", "2018-19");
    let told = refused(&world, &earlier);
    assert!(told.contains("which was Oldshire"), "{told}");
    assert!(told.contains("on 30 September 2018: write `E10000099` in each of them"), "{told}");
}

/// Oldshire until March 2019, as the shires that came after it.
fn reorganised(after: &[(&str, Share)]) -> World {
    let successors = after.iter().map(|(to, share)| Succession { to: code(to), share: *share }).collect();
    let old = Authority { until: Some(day(2019, 3, 31)), successors, ..authority("E10000099", "Oldshire") };
    let new = |text: &str, name: &str| Authority { from: Some(day(2019, 4, 1)), ..authority(text, name) };
    let mut world = World::member();
    world.authority = Some(code("E10000099"));
    world.quarter = Quarter::of(2019, 2);
    world.today = day(2019, 11, 20);
    world.authorities = vec![old, new("E06000097", "North Newshire"), new("E06000098", "South Newshire")];
    world
}

#[test]
fn an_authority_that_is_no_more_is_told_its_successors() {
    let row = "E10000099,in_time_pct,2019-20 Q2,30,40,75,,\n";
    let told = |after: &[(&str, Share)]| reorganised(after).objection(row).1;
    assert_eq!(
        told(&[("E06000098", Share::Whole)]),
        "Oldshire (`E10000099`) ended on 31 March 2019, and is South Newshire (`E06000098`) since 1 April 2019: \
         send the figure under that code"
    );
    assert_eq!(
        told(&[("E06000097", Share::Part), ("E06000098", Share::Part)]),
        "Oldshire (`E10000099`) ended on 31 March 2019, and parts of it are North Newshire (`E06000097`) and South \
         Newshire (`E06000098`) since 1 April 2019: send the figures of each of these"
    );
    assert!(
        told(&[]).ends_with("ended on 31 March 2019: use the code of 30 September 2019"),
        "{}",
        told(&[])
    );
}

#[test]
fn an_authority_that_is_not_yet_is_told_who_was_there() {
    let mut world = reorganised(&[("E06000098", Share::Whole)]);
    world.authority = Some(code("E06000098"));
    world.quarter = Quarter::of(2018, 2);
    let (_, reason) = world.objection("E06000098,in_time_pct,2018-19 Q2,30,40,75,,\n");
    assert_eq!(
        reason,
        "South Newshire (`E06000098`) exists since 1 April 2019; on 30 September 2018 it was Oldshire (until March \
         2019) (`E10000099`): send the figure under that code"
            .replace(" (until March 2019)", "")
    );
}

#[test]
fn of_two_readings_of_a_quarter_the_one_that_was_asked_for_is_advised() {
    let world = World::member();
    let (_, reason) = world.objection("E06000022,in_time_pct,Q3 2017,30,40,75,,\n");
    assert_eq!(reason, "`Q3 2017` may mean 2017-18 Q2 or 2017-18 Q3: write it as 2017-18 Q2");
    let (_, reason) = world.objection("E06000022,in_time_pct,Q2 2017,30,40,75,,\n");
    assert_eq!(reason, "`Q2 2017` may mean 2017-18 Q1 or 2017-18 Q2: write it as 2017-18 Q2");
    let (_, reason) = world.objection("E06000022,in_time_pct,autumn,30,40,75,,\n");
    assert_eq!(reason, "`autumn` is not a quarter: write it as 2017-18 Q2");
}

const HEADING: &str = "time_period,time_identifier,geographic_level,country_code,new_la_code,la_name,sex,age,repeats,starts,pct\n";

fn published(rows: &str) -> Result<Reading, quarterdeck::read::code::Refusal> {
    let layout = tidy_layout((3, 31), &[("repeat_pct", "repeats", "starts", "pct")]);
    let world = World::publisher(layout, vec![indicator("repeat_pct", Unit::Percent, Some("plans"))]);
    world.read(format!("{HEADING}{rows}"))
}

fn row(of: &str, sex: &str, age: &str, repeats: u32) -> String {
    format!("2017,Reporting year,Local authority,E92000001,{of},A place,{sex},{age},{repeats},98,\n")
}

#[test]
fn a_release_with_a_new_breakdown_is_refused_with_what_the_layout_must_say() {
    let rows: String = ["E06000022", "E06000023"]
        .iter()
        .flat_map(|of| [("Total", 29), ("Female", 14), ("Male", 15)].map(|(sex, n)| row(of, sex, "0-17", n)))
        .collect();
    let refusal = published(&rows).unwrap_err();
    assert_eq!(refusal.code, "unknown-breakdown");
    assert_eq!(
        refusal.reason,
        "lines 2 and 3 differ only in `sex` (`Female`, `Male`, `Total`), which the layout does not know, and so do \
         most rows: say in the layout which rows count, beside each measure: `only = { column = \"sex\", \
         is = \"Total\" }`"
    );
    // Two breakdowns at once: neither alone tells the rows apart.
    let both: String = ["Total", "Female"]
        .iter()
        .flat_map(|sex| [("All", 29), ("0-4", 14)].map(|(age, n)| row("E06000022", sex, age, n + 1)))
        .collect();
    let reason = published(&both).unwrap_err().reason;
    assert!(reason.contains("differ only in `sex` (`Female`, `Total`) and `age` (`0-4`, `All`)"), "{reason}");
    // One line twice is not a breakdown.
    let twice = row("E06000022", "Total", "", 29) + &row("E06000022", "All", "", 30);
    let others: String = (30..40).map(|at| row(&format!("E060000{at}"), "Total", "", 29)).collect();
    let reading = published(&format!("{twice}{others}")).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (10, 2));
    assert!(reading.quarantined[0].reason.ends_with("neither is taken; ask the publisher which is right"));
}

#[test]
fn a_breakdown_of_a_members_return_is_told_in_their_words() {
    let heading = "authority_code,indicator,quarter,sex,numerator,denominator,value\n";
    let rows = ["Total,30", "Female,16", "Male,14"].map(|it| format!("{PERCENT},{it},40,\n")).concat();
    let refusal = World::member().refusal(format!("{heading}{rows}"));
    assert!(
        refusal.reason.ends_with("send one row for each figure, such as those in which `sex` is `Total`"),
        "{refusal}"
    );
}

#[test]
fn rows_of_levels_that_are_not_kept_are_left_out_and_counted() {
    let district = |at: u32| {
        let level = if at.is_multiple_of(2) { "Local authority district" } else { "School" };
        format!("2017,Reporting year,{level},E92000001,,,,,{at},98,\n")
    };
    let districts = (10..40).map(district).collect::<Vec<_>>().concat();
    let reading = published(&format!("{}{districts}", row("E06000022", "", "", 29))).unwrap();
    assert_eq!((reading.rows_read, reading.accepted, reading.quarantined.len()), (31, 31, 0));
    assert_eq!(reading.observations.len(), 1);
    let told = reading.remarks.iter().find(|remark| remark.code == "other-levels").unwrap();
    assert!(told.text.contains("was left out: 30 times"), "{}", told.text);
    let slip = published("2017,Reporting year,Local authorty,E92000001,E06000022,,,,1,98,\n").unwrap();
    assert_eq!(slip.quarantined[0].code, "unknown-level", "a slip is none of the publisher's levels");
}

#[test]
fn a_layout_that_chooses_a_level_by_itself_is_not_asked_what_the_others_are() {
    let mut layout = tidy_layout((3, 31), &[("repeat_pct", "repeats", "starts", "pct")]);
    if let Shape::Tidy(columns) = &mut layout.shape {
        columns.measures[0].only = Some(("geographic_level".to_owned(), "Local authority".to_owned()));
    }
    let world = World::publisher(layout, vec![indicator("repeat_pct", Unit::Percent, Some("plans"))]);
    let rows = row("E06000022", "", "", 29) + "2017,Reporting year,Village,E92000001,,,,,1,98,\n";
    let reading = world.read(format!("{HEADING}{rows}")).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len(), reading.observations.len()), (2, 0, 1));
    assert!(!remark_codes(&reading).contains(&"other-levels"));
}
