//! Rows that end before the last column: left out by a program, or cut off.

use super::fixtures::{HEADING, World, remark_codes};

const GOOD: &str = "E06000022,in_time_pct,2017-18 Q2,30,40,75.0,,\n";
const COUNT: &str = "E06000022,plan_count,2017-18 Q2,131\n";
const SHORT: &str = "E06000022,referral_rate,2017-18 Q2,412,35178\n";

#[test]
fn rows_without_their_last_commas_are_read_and_remarked() {
    let whole = World::member().rows(&format!(
        "{GOOD}E06000022,plan_count,2017-18 Q2,131,,,,\nE06000022,referral_rate,2017-18 Q2,412,35178,,,\n"
    ));
    let short = World::member().rows(&format!("{GOOD}{COUNT}{SHORT}"));
    assert_eq!((short.accepted, short.quarantined.len()), (3, 0));
    assert_eq!(short.observations, whole.observations);
    let said = short.remarks.iter().find(|remark| remark.code == "rows-end-early").unwrap();
    assert_eq!(
        said.text,
        "a row ends before the last column, as programs leave empty cells out, and was read as if the rest were \
         empty: 2 times, first `4 of 8 columns`"
    );
}

#[test]
fn a_row_that_lost_a_comma_is_no_row_that_ends_early() {
    let lost = GOOD.replace("30,40", "3040");
    let reading = World::member().rows(&format!("{lost}{SHORT}"));
    assert_eq!((reading.accepted, reading.quarantined[0].code), (1, "wrong-field-count"));
    // A block that a spreadsheet wrote: each of its rows ends at the same column.
    let block =
        "E06000022,in_time_pct,2017-18 Q2,30,40,75.0,\nE06000022,referral_rate,2017-18 Q2,412,35178,,\n";
    assert_eq!(World::member().rows(block).accepted, 2);
}

#[test]
fn a_row_that_ends_before_its_figures_or_without_what_it_needs_is_set_aside() {
    let reading =
        World::member().rows("E06000022,in_time_pct,2017-18 Q2\nE06000022,in_time_pct,2017-18 Q2,30\n");
    let codes: Vec<&str> = reading.quarantined.iter().map(|row| row.code).collect();
    assert_eq!(codes, ["wrong-field-count", "denominator-missing"]);
}

#[test]
fn commas_beyond_the_headings_change_nothing_and_headings_may_lack_theirs() {
    let reading = World::member().read(format!("{HEADING}{}", GOOD.replace(",\n", ",,,,\n"))).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (1, 0));
    let reading = World::member().read(format!("{}{GOOD}", HEADING.replace('\n', ",,\n"))).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (1, 0));
    assert!(!remark_codes(&reading).contains(&"rows-end-early"));
}

#[test]
fn a_comma_more_than_other_rows_have_is_a_number_that_was_torn() {
    let torn = "E06000022,plan_count,2017-18 Q2,1,310,,,,\n";
    let rate = "E06000022,referral_rate,2017-18 Q2,1,412,35178,,,\n";
    let agency = "E06000022,agency_pct,2017-18 Q2,12,80,15.0,,\n";
    let whole = "E06000022,plan_count,2017-18 Q2,131,,,,\n";
    let alone = World::member().rows(&format!("{GOOD}{agency}{whole}{rate}"));
    assert_eq!((alone.accepted, alone.quarantined.len()), (3, 1));
    assert_eq!(
        alone.quarantined[0].reason,
        "the row has 9 columns, the headings have 8, and few rows end so: write each number without a comma \
         in it, or in quotes"
    );
    let twice = World::member().rows(&format!("{GOOD}{agency}{whole}{SHORT}{torn}{rate}"));
    assert_eq!((twice.accepted, twice.quarantined.len()), (4, 2));
    // What stands in the last column, where the note does, has not moved.
    let noted = World::member().rows(&format!("{whole}{}", GOOD.replace(",,\n", ",,one system,\n")));
    assert_eq!((noted.accepted, noted.quarantined.len()), (2, 0));
    // From line 17 on a spreadsheet counts the columns anew.
    let first = GOOD.repeat(15);
    let block = format!("{HEADING}{first}{}{}", agency.replace('\n', ",\n"), whole.replace('\n', ",\n"));
    let codes: Vec<_> = World::member().read(block).unwrap().quarantined.iter().map(|row| row.code).collect();
    assert!(!codes.contains(&"wrong-field-count"), "{codes:?}");
}

#[test]
fn a_file_that_ends_in_the_middle_of_a_row_is_refused_wherever_it_was_cut() {
    let world = World::member();
    let row = GOOD.replace("in_time_pct", "agency_pct").replace("30,40,75.0,,\n", "30,240,12.5,,note");
    let whole = format!("{HEADING}{GOOD}{row}");
    let after = HEADING.len() + GOOD.len();
    for end in after + 1..whole.len() {
        let cut = whole.get(..end).unwrap();
        // From its last column on a row cannot be told from a whole one.
        if cut.get(after..).unwrap().matches(',').count() < 7 {
            assert_eq!(world.refusal(cut).code, "truncated-body", "{cut}");
        } else {
            assert_eq!(world.read(cut).unwrap().accepted, 2, "{cut}");
        }
    }
    assert_eq!(world.read(whole.get(..after).unwrap()).unwrap().accepted, 1);
    assert_eq!(
        world.refusal(whole.get(..after + 37).unwrap()).reason,
        "the file ends in the middle of line 3, after 5 of 8 columns, without a line break: it was cut off; send \
         the whole file again, or, if it is whole, end it with a line break"
    );
    let quoted = format!("{HEADING}{}", GOOD.replace(",\n", ",\"said no"));
    assert_eq!(world.refusal(quoted).code, "unclosed-quote");
}

#[test]
fn a_last_row_without_a_line_break_is_whole_where_another_row_ends_at_the_same_column() {
    let agency = "E06000022,agency_pct,2017-18 Q2,12,80\n";
    let text = format!("{HEADING}{GOOD}{COUNT}{agency}{SHORT}");
    assert_eq!(World::member().read(text.trim_end()).unwrap().accepted, 4);
    let cut = text.trim_end().trim_end_matches(",412,35178");
    assert_eq!(World::member().refusal(cut).code, "truncated-body");
    let alone = format!("{HEADING}{GOOD}{COUNT}{}", SHORT.trim_end_matches("178\n"));
    assert_eq!(World::member().refusal(&alone).code, "truncated-body", "35 may be 35178");
    assert_eq!(World::member().read(format!("{alone}\n")).unwrap().accepted, 2);
}

#[test]
fn words_below_the_rows_are_set_aside_and_not_taken_for_a_cut() {
    for words in ["Source: case system", "Source: case system, 3 October", "Total"] {
        let reading = World::member().read(format!("{HEADING}{GOOD}{words}")).unwrap();
        assert_eq!((reading.accepted, reading.quarantined[0].code), (1, "wrong-field-count"), "{words}");
        assert!(reading.quarantined[0].reason.contains("was the file cut off?"));
    }
}
