//! Wide files: a row per authority, or a row per measure of a template that people fill in.

use quarterdeck::domain::figure::Status;
use quarterdeck::domain::quarter::Quarter;

use super::fixtures::remark_codes;
use super::toml::{Trial, found, numbers, places, settings};

const DEVON: &str = "E10000008";

const BY_AUTHORITY: &str = r#"
[[collection.symbol]]
text = "c"
means = "suppressed"
[[collection.layout]]
name = "by-authority"
header_within = 6
[collection.layout.wide]
authority = ["code", "authority"]
quarter = ["period"]
note = ["comment"]
measures = [
  { indicator = "referral_rate", numerator = "Referrals", denominator = "Children 0-17" },
  { indicator = "cpp_repeat_2yr_pct", numerator = "Repeat plans", denominator = "Plans", value = "Repeat %", optional = true },
]
"#;

#[test]
fn a_row_per_authority_has_a_column_per_measure_and_texts_around_it() {
    let trial = Trial::publisher(BY_AUTHORITY);
    let sheet = "\
        Regional set, July to September 2017\n\n\
        Period|Code|Referrals|Children 0-17|Plans|Repeat plans|Repeat %|Comment\n\
        Unitary authorities\n\
        Q2 17/18|E06000022|1,411|35178|40|8|20.0%|one large family\n\
        30/09/2017|Cornwall|4807|104445|c|c|c|\n\
        Jul-Sep 2017|E06000024|12.5x|42778|10|1|10|\n\
        Q2 2017|E06000025|900|57490|10|1|10|\n\
        Q2 2017/18|Somewhere|1|2|3|1|10|\n\
        Source: each authority's case system";
    let reading = trial.sheet(sheet).unwrap();
    assert_eq!((reading.rows_read, reading.accepted, reading.observations.len()), (5, 2, 4));
    let bath = found(&reading, "E06000022", "referral_rate");
    assert_eq!(numbers(&bath.figure), (Some(1411.0), Some(35178.0), None));
    assert_eq!((bath.quarter, bath.place.line), (Quarter::of(2017, 2).unwrap(), 5));
    assert_eq!(bath.note.as_deref(), Some("one large family"));
    let cornwall = found(&reading, "E06000052", "cpp_repeat_2yr_pct");
    assert_eq!((cornwall.figure.status, cornwall.symbol.as_deref()), (Status::Suppressed, Some("c")));
    let wanted = [(7, "C", "bad-number"), (8, "A", "bad-quarter"), (9, "B", "bad-authority-code")];
    assert_eq!(places(&reading), wanted.map(|(line, column, code)| (line, column.to_owned(), code)));
    let reason = &reading.quarantined[1].reason;
    assert!(reason.starts_with("`Q2 2017` may mean 2017-18 Q1 or 2017-18 Q2"), "{reason}");
    assert_eq!(reading.quarantined[0].place.column.as_ref().unwrap().heading, "Referrals");
    assert!(remark_codes(&reading).contains(&"rows-without-figures"));
}

#[test]
fn a_measure_that_need_not_be_there_is_remarked_and_another_missing_column_is_fatal() {
    let trial = Trial::publisher(BY_AUTHORITY);
    let reading =
        trial.sheet("Code|Period|Referrals|Children 0-17\nE06000022|2017-18 Q2|1411|35178").unwrap();
    assert_eq!(reading.observations.len(), 1);
    assert!(remark_codes(&reading).contains(&"column-not-there"));
    let refusal = trial.sheet("Code|Period|Referrals\nE06000022|2017-18 Q2|1411").unwrap_err();
    assert_eq!(refusal.code, "missing-column");
    assert!(refusal.reason.contains("`Children 0-17`"), "{}", refusal.reason);
}

const ONE_ROW: &str = r#"
[[collection.symbol]]
text = "x"
means = "unavailable"
[[collection.layout]]
name = "template"
header_within = 12
[collection.layout.wide]
indicator = ["measure"]
across = "quarters"
note = ["comments"]
ignored = ["ref"]
measures = [
  { indicator = "referral_rate", numerator = "Referrals received", denominator = "Children aged 0 to 17" },
  { indicator = "s47_rate", numerator = "Section 47 enquiries", denominator = "Children aged 0 to 17" },
  { indicator = "cpp_repeat_2yr_pct", numerator = "Repeat plans", denominator = "New plans", value = "Repeat plans (%)" },
]
"#;

const FILLED: &str = "\
    RIIA quarterly return||||||\n\
    Local authority: Devon||||||\n\n\
    Ref|Measure|Q1 2017/18|Q2 2017/18|Q3 2017/18|Comments\n\
    |Front door||||\n\
    1|Referrals received|1500|1612||includes a backlog\n\
    2|Children aged 0 to 17|143525|143525||\n\
    3|Section 47 enquiries|400|x||\n\
    |Child protection||||\n\
    4|New plans|90|101.00000000000001||\n\
    5|Repeat plans|9|12||late reviews\n\
    6|Repeat plans (%)|10|11.881188118811883||late reviews\n\
    Notes: figures are provisional|||||\n";

#[test]
fn a_template_has_a_row_per_measure_and_quarters_across() {
    let reading = Trial::member(ONE_ROW).sheet(FILLED).unwrap();
    assert_eq!((reading.rows_read, reading.accepted, reading.observations.len()), (6, 6, 3), "{reading:#?}");
    let referrals = found(&reading, DEVON, "referral_rate");
    assert_eq!(numbers(&referrals.figure), (Some(1612.0), Some(143_525.0), None));
    assert_eq!(referrals.note.as_deref(), Some("includes a backlog"));
    assert_eq!(found(&reading, DEVON, "s47_rate").figure.status, Status::Unavailable);
    let plans = found(&reading, DEVON, "cpp_repeat_2yr_pct");
    let value = Some(11.881_188_118_811_883);
    assert_eq!(numbers(&plans.figure), (Some(12.0), Some(101.0), value), "noise of a count goes");
    assert_eq!(plans.note.as_deref(), Some("late reviews"));
    let codes = remark_codes(&reading);
    for code in ["float-noise", "rows-without-figures", "other-quarters", "missing-indicators"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

#[test]
fn a_bad_row_takes_its_measure_along_and_nothing_else() {
    let trial = Trial::member(ONE_ROW);
    let reading = trial.sheet(&FILLED.replace("|9|12|", "|9|12.7|")).unwrap();
    let wanted = [(10, "", "part-refused"), (11, "D", "not-whole"), (12, "", "part-refused")];
    assert_eq!(places(&reading), wanted.map(|(line, column, code)| (line, column.to_owned(), code)));
    assert_eq!(reading.observations.len(), 2);
    let reading = trial.sheet(&FILLED.replace("x|", "4OO|")).unwrap();
    assert_eq!(places(&reading), [(8, "D".to_owned(), "bad-number")], "the shared denominator stays");
    let reading = trial.sheet(&FILLED.replace("Section 47 enquiries", "Sektion 47 enquiries")).unwrap();
    assert_eq!(places(&reading), [(8, "B".to_owned(), "unknown-indicator")]);
    let reason = &reading.quarantined[0].reason;
    assert!(reason.ends_with("did you mean `section 47 enquiries`?"), "{reason}");
    let again = FILLED.replace("    |Child protection||||\n", "");
    let twice = format!("{again}7|Section 47 enquiries|400|13||\n");
    let reading = trial.sheet(&twice).unwrap();
    let codes: Vec<&str> = reading.quarantined.iter().map(|row| row.code).collect();
    assert_eq!(codes, ["conflicting-rows", "conflicting-rows"]);
}

#[test]
fn a_template_of_another_authority_or_without_the_quarter_is_refused() {
    let trial = Trial::member(ONE_ROW);
    let other = trial.sheet(&FILLED.replace(": Devon", ": Cornwall")).unwrap_err();
    assert_eq!(other.code, "wrong-authority");
    assert!(other.reason.contains("`E06000052`"), "{}", other.reason);
    let quarters = FILLED.replace("2017/18|Q2 2017/18", "2017/18|Q4 2017/18");
    assert_eq!(trial.sheet(&quarters).unwrap_err().code, "wrong-quarter");
}

const TWO_ROWS: &str = r#"
[[collection.layout]]
name = "template"
header_within = 12
[collection.layout.wide]
indicator = ["indicator"]
across = "quarters"
parts = { numerator = ["number"], denominator = ["out of"], value = ["rate"] }
measures = [
  { indicator = "referral_rate", row = "Referrals" },
  { indicator = "s47_rate", row = "Section 47 enquiries" },
]
"#;

#[test]
fn parts_may_stand_beside_each_other_below_merged_quarters_or_in_one_heading() {
    let trial = Trial::member(TWO_ROWS);
    let merged = "\
        Return of Devon\n\
        |Q1 2017/18|||Q2 2017/18||\n\
        Indicator|Number|Out of|Rate|Number|Out of|Rate\n\
        Demand\n\
        Referrals|1500|143525|104.5|1612|143525|112.3\n\
        Section 47 enquiries|400|143525|27.9|401|143525|\n";
    let one = "\
        Indicator|Q2 2017/18 Number|Q2 2017/18 Out of|Q2 2017/18 Rate|\
        Q1 2017/18 Number|Q1 2017/18 Out of|Q1 2017/18 Rate\n\
        Referrals|1612|143525|112.3|1|2|3\n\
        Section 47 enquiries|401|143525||1|2|3\n";
    for sheet in [merged, one] {
        let reading = trial.sheet(sheet).unwrap();
        assert_eq!((reading.accepted, reading.quarantined.len()), (2, 0), "{reading:#?}");
        let referrals = found(&reading, DEVON, "referral_rate");
        assert_eq!(numbers(&referrals.figure), (Some(1612.0), Some(143_525.0), Some(112.3)));
        assert_eq!(found(&reading, DEVON, "s47_rate").figure.value, None);
    }
    let bad = trial.sheet(&merged.replace("|401|", "|-401|")).unwrap();
    assert_eq!(places(&bad), [(6, "E".to_owned(), "negative-number")]);
}

#[test]
fn a_column_may_say_which_part_a_row_holds() {
    let toml = TWO_ROWS.replace("across = \"quarters\"", "part = [\"part\"]\nfigure = [\"figure\"]");
    let trial = Trial::member(&toml);
    let sheet = "\
        Return for Q2 2017/18\n\
        Indicator|Part|Figure\n\
        Referrals|Number|1612\n\
        |Out of|143525\n\
        |Rate|112.3\n\
        Section 47 enquiries|Number|401\n\
        |Sum|143525\n";
    let reading = trial.sheet(sheet).unwrap();
    assert_eq!(places(&reading)[1], (7, "B".to_owned(), "unknown-part"));
    assert_eq!(reading.quarantined[0].code, "denominator-missing");
    let referrals = found(&reading, DEVON, "referral_rate");
    assert_eq!(numbers(&referrals.figure), (Some(1612.0), Some(143_525.0), Some(112.3)));
}

#[test]
fn every_mistake_of_a_wide_layout_is_told_with_its_place() {
    let wrong = r#"
[[collection.layout]]
name = "wrong"
[collection.layout.wide]
quarter = ["period"]
period = "2017/18 Q2"
part = ["part"]
measures = [
  { indicator = "referral_rate", row = "Referrals" },
  { indicator = "referal_rate" },
]
words = [{ text = "Good", number = -2 }]
"#;
    let said = settings("publisher", wrong).unwrap_err();
    for words in [
        "the quarter comes from `quarter` or from `period`, not from both",
        "`part` needs `parts`",
        "`part` is for rows that are measures: give `indicator` too",
        "`row` needs `indicator` and `parts`",
        "give `numerator`, `value` or both",
        "unknown indicator `referal_rate`; did you mean `referral_rate`",
        "a publisher's file is about many: give the column of the `authority`",
        "stands for `-2`",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert!(said.lines().all(|line| line.starts_with("config/quarterdeck.toml:")), "{said}");
}

#[test]
fn the_examples_in_the_comments_of_the_shipped_configuration_are_sound() {
    let shipped = std::fs::read_to_string("config/quarterdeck.toml").unwrap();
    let (_, wide) = shipped.split_once("# Wide files, as people fill them in").unwrap();
    let (wide, _) = wide.split_once("# The digests.").unwrap();
    let lines: Vec<&str> = wide.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    let text = lines.join("\n");
    let examples: Vec<&str> = text.split("[[collection.layout]]").skip(1).collect();
    assert_eq!(examples.len(), 7);
    for example in examples {
        let reporters = if example.contains("\nauthority =") { "publisher" } else { "members" };
        let said = settings(reporters, &format!("[[collection.layout]]{example}"));
        assert!(said.is_ok(), "{example}{}", said.unwrap_err());
    }
}
