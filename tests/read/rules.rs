//! A member's return in long form: each rule with the smallest file that shows it.

use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::IndicatorId;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::reading::by_reason;
use quarterdeck::read::sniff::{Format, sniff};

use super::fixtures::{HEADING, World, code, day, limits, remark_codes};

const GOOD: &str = "E06000022,in_time_pct,2017-18 Q2,30,40,75.0,,\n";

#[test]
fn a_good_return_is_read_exactly() {
    let reading =
        World::member().rows(&format!("{GOOD}E06000022,plan_count,2017-18 Q2,131,,,,school holidays\n"));
    assert_eq!((reading.rows_read, reading.accepted, reading.layout.as_str()), (2, 2, "long"));
    let (first, second) = (&reading.observations[0], &reading.observations[1]);
    assert_eq!((first.authority.clone(), first.quarter), (code("E06000022"), Quarter::of(2017, 2).unwrap()));
    let figure = first.figure;
    assert_eq!((figure.numerator, figure.denominator, figure.value), (Some(30.0), Some(40.0), Some(75.0)));
    assert_eq!((first.place.line, figure.status, first.symbol.clone()), (2, Status::Ok, None));
    assert_eq!(second.note.as_deref(), Some("school holidays"));
}

#[test]
fn the_header_is_found_by_name_below_titles_and_in_any_order() {
    let text = "Quarterly return,,,,,\n\n VALUE ,Quarter,Denominator,numerator,Indicator,Authority_Code\n\
                75.0,2017-18 Q2,40,30,in_time_pct,E06000022\n";
    let reading = World::member().read(text).unwrap();
    let figure = reading.observations[0].figure;
    assert_eq!((figure.numerator, figure.denominator, figure.value), (Some(30.0), Some(40.0), Some(75.0)));
    assert_eq!((reading.observations[0].place.line, reading.rows_read), (4, 1));
}

#[test]
fn a_file_without_what_is_needed_is_refused_with_words() {
    let world = World::member();
    let missing =
        world.refusal("authority_code,indicator,quarter,denominator,value\nE06000022,a,2017-18 Q2,4,5\n");
    assert_eq!(missing.code, "missing-column");
    assert_eq!(
        missing.to_string(),
        "the headings in line 1 lack `numerator`; found were `authority_code`, `indicator`, `quarter`, \
         `denominator`, `value`: add what is missing"
    );
    assert_eq!(world.refusal("one,two\n1,2\n").code, "header-missing");
    assert_eq!(world.refusal(HEADING).code, "no-rows");
    assert_eq!(world.refusal(format!("{HEADING},,,,,,,\n")).code, "no-rows");
    let twice = HEADING.replace("status", "value");
    assert_eq!(world.refusal(format!("{twice}{GOOD}")).code, "duplicate-column");
    let two_names = HEADING.replace("status", "authority");
    assert_eq!(world.refusal(format!("{two_names}{GOOD}")).code, "duplicate-column");
}

#[test]
fn columns_about_persons_refuse_the_file_and_their_values_are_not_said() {
    for name in ["NHS_number", "date of birth", "National insurance no", "postcode"] {
        let refusal = World::member()
            .refusal(format!("{}{GOOD}", HEADING.replace("note", name)).replace(",,\n", ",,A B\n"));
        assert_eq!(refusal.code, "personal-data", "{name}");
        assert!(!refusal.reason.contains("A B"));
    }
}

#[test]
fn an_unknown_column_is_remarked_and_never_kept() {
    let heading = HEADING.replace("note", "worker");
    let text =
        format!("{heading}E06000022,nothing,2017-18 Q2,30,40,75.0,,J Smith\n\"E\"x,1,2,3,4,5,6,J Smith\n");
    let reading = World::member().read(text).unwrap();
    assert!(remark_codes(&reading).contains(&"columns-not-read"));
    assert_eq!(reading.quarantined.len(), 2);
    assert!(!format!("{reading:?}").contains("Smith"));
}

#[test]
fn an_unnamed_index_column_and_an_ignored_one_are_left_alone() {
    let text = format!(",indicator_name,{HEADING}1,whatever,{GOOD}");
    let reading = World::member().read(text).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (1, 0));
    assert!(remark_codes(&reading).contains(&"unnamed-column"));
    assert!(!remark_codes(&reading).contains(&"columns-not-read"));
}

#[test]
fn another_authority_or_quarter_refuses_the_file_only_when_all_rows_are_about_it() {
    let world = World::member();
    let other = GOOD.replace("E06000022", "E06000023");
    let late = GOOD.replace("2017-18 Q2", "2017-18 Q1");
    assert_eq!(world.refusal(format!("{HEADING}{other}")).code, "wrong-authority");
    assert_eq!(world.refusal(format!("{HEADING}{late}")).code, "wrong-quarter");
    let reading = world.rows(&format!("{GOOD}{other}{late}"));
    let codes: Vec<&str> = reading.quarantined.iter().map(|row| row.code).collect();
    assert_eq!((reading.accepted, codes), (1, vec!["wrong-authority", "wrong-quarter"]));
}

#[test]
fn each_bad_row_is_quarantined_under_its_code() {
    let cases = [
        ("E06000022,in_time_pctt,2017-18 Q2,30,40,75.0,,", "unknown-indicator"),
        ("E0600002,in_time_pct,2017-18 Q2,30,40,75.0,,", "bad-authority-code"),
        (",in_time_pct,2017-18 Q2,30,40,75.0,,", "authority-missing"),
        ("E06000022,in_time_pct,2017-18 Q5,30,40,75.0,,", "bad-quarter"),
        ("E06000022,in_time_pct,,30,40,75.0,,", "quarter-missing"),
        ("E06000022,in_time_pct,2017-18 Q3,30,40,75.0,,", "future-quarter"),
        ("E06000022,in_time_pct,2017-18 Q2,-30,40,75.0,,", "negative-number"),
        ("E06000022,in_time_pct,2017-18 Q2,12.7,40,75.0,,", "not-whole"),
        ("E06000022,in_time_pct,2017-18 Q2,30,0,75.0,,", "zero-denominator"),
        ("E06000022,in_time_pct,2017-18 Q2,30,0,,,", "zero-denominator"),
        ("E06000022,in_time_pct,2017-18 Q2,,,75.0,,", "denominator-missing"),
        ("E06000022,in_time_pct,2017-18 Q2,,40,75.0,,", "numerator-missing"),
        ("E06000022,in_time_pct,2017-18 Q2,,,,,", "no-figure"),
        ("E06000022,in_time_pct,2017-18 Q2,30,40,75.0,suppressed,", "figure-despite-status"),
        ("E06000022,in_time_pct,2017-18 Q2,30,40,75.0,fine,", "unknown-status"),
        ("E06000022,in_time_pct,2017-18 Q2,1,40,2.5,,", "implausible-value"),
        ("E06000022,referral_rate,2017-18 Q2,9000,10000,,,", "implausible-value"),
        ("E06000022,referral_rate,2017-18 Q2,9000,10000,300.0,,", "implausible-value"),
        ("E06000022,in_time_pct,2017-18 Q2", "wrong-field-count"),
        ("E06000022,in_time_pct,2017-18 Q2,30,40,75.0,,,more", "wrong-field-count"),
        ("E06000022,\"in\"time_pct,2017-18 Q2,30,40,75.0,,", "malformed-quoting"),
        ("E06000022,in_time\u{7}_pct,2017-18 Q2,30,40,75.0,,", "control-character"),
        ("E06000022,in_time_pct\u{200b},2017-18 Q2,30,40,75.0,,", "invisible-character"),
        ("authority_code,indicator,quarter,numerator,denominator,value,status,note", "repeated-header"),
    ];
    let world = World::member();
    for (row, code) in cases {
        assert_eq!(world.rows(&format!("{GOOD}{row}\n")).quarantined[0].code, code, "{row}");
    }
}

#[test]
fn what_is_no_number_is_quarantined_and_the_column_named() {
    let world = World::member();
    for text in ["0x1F", "NaN", "inf", "1e3", "4_5", "1.", "twelve", "N/A", "#REF!", "30%", "-"] {
        let (code, reason) = world.objection(&format!("E06000022,in_time_pct,2017-18 Q2,{text},40,75.0,,\n"));
        assert_eq!(code, "bad-number", "{text}");
        assert!(reason.contains("the numerator is") && reason.contains(text), "{reason}");
    }
    let (_, reason) = world.objection("E06000022,in_time_pct,2017-18 Q2,twelve,40,75.0,,\n");
    assert_eq!(
        reason,
        "the numerator is `twelve`, which is not a number: write digits such as 120, or `c` (suppressed), `x` (suppressed)"
    );
}

#[test]
fn numbers_in_the_dress_of_spreadsheets_are_read_and_remarked() {
    let reading = World::member().rows(
        "E06000022,in_time_pct,2017-18 Q2,\"1,200\",4 000,30.0%,,\n\
         e06000022 ,PLAN_COUNT,2017/18 Q2,,,131,,\n",
    );
    let figure = reading.observations[0].figure;
    assert_eq!(
        (figure.numerator, figure.denominator, figure.value),
        (Some(1200.0), Some(4000.0), Some(30.0))
    );
    assert_eq!(reading.observations[1].figure.value, Some(131.0));
    let codes = remark_codes(&reading);
    assert!(["thousands-separators", "percent-sign", "respelled"].iter().all(|code| codes.contains(code)));
}

#[test]
fn an_indicator_measured_in_full_time_equivalents_may_have_decimals() {
    let reading = World::member().rows("E06000022,agency_pct,2017-18 Q2,12.7,80.25,15.8,,\n");
    assert_eq!(reading.observations[0].figure.numerator, Some(12.7));
}

#[test]
fn days_are_measured_but_what_is_done_within_days_is_counted() {
    let mut world = World::member();
    let row = "E06000022,in_time_pct,2017-18 Q2,30.5,40,75.0,,\n";
    world.indicators[0].numerator = "conferences held within 15 working days".to_owned();
    assert_eq!(world.objection(row).0, "not-whole");
    world.indicators[0].numerator = "working days lost".to_owned();
    assert_eq!(world.rows(row).accepted, 1);
}

#[test]
fn symbols_mean_what_they_meant_on_the_reference_date() {
    let mut world = World::member();
    let row = "E06000022,in_time_pct,2017-18 Q2,x,40,,,\n";
    let observation = world.rows(row).observations[0].clone();
    assert_eq!((observation.figure.status, observation.symbol.as_deref()), (Status::Suppressed, Some("x")));
    assert_eq!((observation.figure.numerator, observation.figure.denominator), (None, Some(40.0)));
    world.quarter = Quarter::of(2021, 2);
    world.today = day(2021, 11, 1);
    let observation = world.rows(&row.replace("2017-18", "2021-22")).observations[0].clone();
    assert_eq!(observation.figure.status, Status::Unavailable);
}

#[test]
fn a_status_word_stands_for_a_missing_figure() {
    let reading = World::member().rows("E06000022,in_time_pct,2017-18 Q2,,,,Not applicable,no conferences\n");
    let observation = &reading.observations[0];
    assert_eq!((observation.figure.status, observation.figure.numerator), (Status::NotApplicable, None));
}

#[test]
fn nothing_of_nothing_is_an_honest_figure() {
    assert_eq!(World::member().rows("E06000022,in_time_pct,2017-18 Q2,0,0,,,\n").accepted, 1);
}

#[test]
fn what_checks_report_is_accepted() {
    let reading = World::member().rows("E06000022,in_time_pct,2017-18 Q2,50,40,125.0,,\n");
    assert_eq!(reading.observations[0].figure.numerator, Some(50.0));
    let fractions = World::member().rows("E06000022,in_time_pct,2017-18 Q2,30,40,0.75,,\n");
    assert_eq!((fractions.accepted, remark_codes(&fractions)[0]), (1, "fraction-as-percent"));
}

#[test]
fn a_quarterly_rate_is_plausible_as_a_quarter_or_as_a_year() {
    let reading = World::member().rows("E06000022,referral_rate,2017-18 Q2,70,35000,20.0,,\n");
    assert_eq!(reading.accepted, 1);
}

#[test]
fn parts_that_no_authority_has_ever_had_are_set_aside_whatever_is_stated_beside_them() {
    let world = World::member();
    // `35,178` without quotes: the population is 35, and 178 stands where the rate does.
    let (code, reason) = world.objection("E06000022,referral_rate,2017-18 Q2,412,35,178,,117.1\n");
    assert_eq!(code, "implausible-value");
    assert_eq!(
        reason,
        "`referral_rate` is 117714.29 (412 of 35), outside 50 to 2500, which no authority has ever had: \
         correct it"
    );
    let few = world.objection("E06000022,in_time_pct,2017-18 Q2,1,40,25.0,,\n");
    assert_eq!(few.0, "implausible-value", "2.5 % counts, not the 25 % stated");
    let fraction = world.objection("E06000022,in_time_pct,2017-18 Q2,1,40,0.025,,\n");
    assert_eq!(fraction.0, "implausible-value");
    let more = world.rows("E06000022,in_time_pct,2017-18 Q2,500,400,75.0,,\n");
    assert_eq!(more.accepted, 1, "more than there are has a check of its own");
}

#[test]
fn rows_that_repeat_count_once_and_neither_wins_when_they_differ() {
    let same = World::member().rows(&format!("{GOOD}{GOOD}{GOOD}"));
    assert_eq!((same.rows_read, same.accepted, same.observations.len()), (1, 1, 1));
    let said = same.remarks.iter().find(|remark| remark.code == "repeated-rows").unwrap();
    assert_eq!(said.text, "a row repeats an earlier one in every cell, and was counted once: 2 times");
    let noted = World::member().rows(&format!("{GOOD}{}", GOOD.replace(",\n", ",again\n")));
    assert_eq!(
        (noted.accepted, noted.quarantined[0].code, noted.quarantined[0].place.line),
        (1, "duplicate-row", 3)
    );
    let other = GOOD.replace(",30,", ",31,");
    let conflict = World::member().rows(&format!("{GOOD}{other}{GOOD}"));
    let codes: Vec<&str> = conflict.quarantined.iter().map(|row| row.code).collect();
    assert_eq!((conflict.accepted, codes), (0, vec!["conflicting-rows"; 3]));
    assert_eq!(
        conflict.quarantined[0].reason,
        "`in_time_pct` has two different figures, here 30 of 40 (value 75) and in line 3 31 of 40 (value 75)\
         : delete the wrong one"
    );
}

#[test]
fn an_authority_must_exist_on_the_last_day_of_the_quarter() {
    let mut world = World::member();
    world.authorities[0].from = Some(day(2019, 4, 1));
    let (code, reason) = world.objection(GOOD);
    assert_eq!(code, "authority-not-existing");
    assert!(reason.contains("did not exist on 30 September 2017"), "{reason}");
}

#[test]
fn an_authority_may_be_named_when_the_name_is_exact() {
    let reading = World::member().rows(&GOOD.replace("E06000022", "bath and north  east somerset"));
    assert_eq!(reading.observations[0].authority, code("E06000022"));
    assert!(remark_codes(&reading).contains(&"respelled"));
}

#[test]
fn a_near_miss_of_an_indicator_is_suggested() {
    let (_, reason) = World::member().objection(&GOOD.replace("in_time_pct", "in_tme_pct"));
    assert_eq!(reason, "`in_tme_pct` is not an indicator of this return; did you mean `in_time_pct`?");
}

#[test]
fn indicators_that_are_not_there_are_listed() {
    let reading = World::member().rows(GOOD);
    let ids: Vec<&str> = reading.missing_indicators.iter().map(IndicatorId::as_str).collect();
    assert_eq!(ids, ["agency_pct", "plan_count", "referral_rate"]);
}

#[test]
fn reasons_are_grouped_with_the_most_frequent_first() {
    let bad = GOOD.replace(",30,", ",x y,");
    let reading = World::member().rows(&format!("Total,,,,,,,\n{bad}{bad}{GOOD}"));
    let groups: Vec<(&str, u32, u32)> =
        by_reason(&reading).iter().map(|(code, count, first)| (*code, *count, first.place.line)).collect();
    assert_eq!(groups, [("bad-number", 2, 3), ("bad-authority-code", 1, 2)]);
}

#[test]
fn encodings_and_separators_make_no_difference_to_the_figures() {
    let text = format!("{HEADING}{}", GOOD.replace(",\n", ",café\n"));
    let good = World::member().read(&text).unwrap();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let crlf = text.replace('\n', "\r\n").into_bytes();
    let variants = [
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), None),
        (utf16, Some("encoding-converted")),
        (latin, Some("encoding-converted")),
        (crlf, None),
        (text.replace('\n', "\r").into_bytes(), None),
        (text.replace(',', ";").into_bytes(), Some("separator-converted")),
        (text.replace(',', "\t").into_bytes(), Some("separator-converted")),
        (format!("{text}\u{1a}").into_bytes(), Some("trailing-ctrl-z")),
    ];
    for (bytes, remark) in variants {
        let reading = World::member().read(&bytes).unwrap();
        assert_eq!(reading.observations, good.observations, "{remark:?}");
        assert!(remark.is_none_or(|code| remark_codes(&reading).contains(&code)), "{remark:?}");
    }
}

#[test]
fn a_decimal_comma_is_read_in_a_file_with_semicolons() {
    let text = format!("{HEADING}{GOOD}").replace(',', ";").replace("75.0", "75,0");
    assert_eq!(World::member().read(&text).unwrap().observations[0].figure.value, Some(75.0));
    let ambiguous = World::member().read(text.replace("75,0", "1,200")).unwrap();
    assert_eq!(ambiguous.quarantined[0].code, "bad-number");
}

#[test]
fn one_line_that_is_not_utf8_is_quarantined_when_the_rest_is() {
    let mut bytes = format!("{HEADING}{}", GOOD.replace(",\n", ",café\n")).into_bytes();
    bytes.extend_from_slice(b"E06000022,plan_count,2017-18 Q2,131,,,,caf\xe9\n");
    let reading = World::member().read(&bytes).unwrap();
    assert_eq!((reading.accepted, reading.quarantined[0].code), (1, "invalid-utf8"));
}

#[test]
fn a_quoted_field_may_hold_separators_quotes_and_line_ends() {
    let row = GOOD.replace(",\n", ",\"said \"\"no\"\",\nthen yes\"\n");
    let reading = World::member().rows(&format!("{row}E06000022,plan_count,2017-18 Q2,131,,,,\n"));
    assert_eq!(reading.observations[0].note.as_deref(), Some("said \"no\", then yes"));
    assert_eq!(reading.observations[1].place.line, 4);
    assert_eq!(World::member().refusal(format!("{HEADING}{GOOD}\"E0600")).code, "unclosed-quote");
}

#[test]
fn what_is_no_return_is_refused_by_its_first_bytes() {
    let cases: [(&[u8], &str, &str); 15] = [
        (b"", "a.csv", "empty-file"),
        (b" \r\n", "a.csv", "empty-file"),
        (b"<!DOCTYPE html><p>Sign in", "a.csv", "html-page"),
        (b"\xef\xbb\xbf {\"error\":1}", "a.csv", "json-body"),
        (b"[{\"a\":1}]", "a.csv", "json-body"),
        (b"%PDF-1.4 1 0 obj", "a.csv", "pdf-document"),
        (b"\xef\xbb\xbf", "a.csv", "empty-file"),
        (b"\x1f\x8b\x08\x00", "a.csv", "type-mismatch"),
        (b"PK\x03\x04", "a.json", "type-mismatch"),
        (b"7z\xbc\xaf\x27\x1c\0", "a.7z", "compressed-file"),
        (b"{\"a\":1}", "a.xlsx", "type-mismatch"),
        (b"a\0u\0t\0h\0", "a.csv", "encoding-unknown"),
        (b"\0a\0u\0t\0h", "a.csv", "encoding-unknown"),
        (b"\x7fELF\x01\x02\x03\0\0\0", "a.csv", "binary-content"),
        (b"a,b\n1,2\n", "a.xlsx", "type-mismatch"),
    ];
    for (bytes, name, code) in cases {
        assert_eq!(sniff(bytes, name).unwrap_err().code, code, "{bytes:?}");
    }
    assert_eq!(sniff(b"[Provisional] return\na,b\n", "a.csv"), Ok(Format::Delimited));
    assert_eq!(sniff(b" [ {\"a\":1}]", "a.json"), Ok(Format::Json));
    assert_eq!(sniff(b"\xff\xfe[\0{\0", "export"), Ok(Format::Json));
    for (bytes, name) in [(b"\x1f\x8b\x08\x00".as_slice(), "a.csv.gz"), (b"PK\x03\x04", "a.xlsx")] {
        assert_eq!(sniff(bytes, name), Ok(Format::Packed));
    }
}

#[test]
fn limits_hold() {
    let mut small = limits();
    small.rows_max = 3;
    let text = format!("{HEADING}{}", GOOD.repeat(5));
    assert_eq!(quarterdeck::read::csv::delimited(text.as_bytes(), &small).unwrap_err().code, "too-many-rows");
    let wide = ",".repeat(600);
    assert_eq!(World::member().refusal(wide).code, "too-many-columns");
    let long = World::member().rows(&format!("{GOOD}E06000022,{},2017-18 Q2,1,2,,,\n", "a".repeat(10_001)));
    assert_eq!(
        (long.quarantined[0].code, long.quarantined[0].raw.chars().count()),
        ("field-too-long", 2_000)
    );
}

#[test]
fn a_file_of_nothing_but_bad_rows_is_refused_in_few_words() {
    let refusal = World::member().refusal(format!("{HEADING}{}", "X,,,,,,,\n".repeat(2_000)));
    assert_eq!(refusal.code, "too-many-bad-rows");
    assert!(
        refusal
            .reason
            .starts_with("2000 of 2000 rows are bad, mostly: 2000 x bad-authority-code (`X` is not")
    );
}
