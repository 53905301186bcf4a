//! JSON: what is read, what is quarantined, and what is no JSON.

use quarterdeck::read::code::Refusal;
use quarterdeck::read::json::json;
use quarterdeck::read::reading::Reading;
use quarterdeck::read::validate::understand;

use super::fixtures::{World, limits, remark_codes};

const GOOD: &str = r#"{"authority_code": "E06000022", "indicator": "in_time_pct", "quarter": "2017-18 Q2", "numerator": 30, "denominator": 40, "value": 75.0}"#;
const COUNT: &str = r#"{"authority_code": "E06000022", "indicator": "plan_count", "quarter": "2017-18 Q2", "numerator": 131, "denominator": null, "value": null}"#;

fn read(text: impl AsRef<[u8]>) -> Result<Reading, Refusal> {
    let reading = understand(&json(text.as_ref(), &limits())?, &World::member().expected())?;
    assert_eq!(reading.rows_read as usize, reading.accepted as usize + reading.quarantined.len());
    Ok(reading)
}

fn refusal(text: impl AsRef<[u8]>) -> &'static str {
    read(text).unwrap_err().code
}

/// The only row's code; it must be quarantined.
fn objection(row: &str) -> &'static str {
    let reading = read(format!("[{row}]")).unwrap();
    assert_eq!((reading.accepted, reading.quarantined.len()), (0, 1), "{row}");
    reading.quarantined[0].code
}

#[test]
fn an_array_a_wrapped_array_and_lines_hold_the_same_rows() {
    let pretty = format!("[\n{GOOD},\n{COUNT}\n]\n");
    let wrapped = format!(
        "{{\"count\": 2, \"errors\": [], \"source\": {{\"a\": [1]}}, \"rows\": [\n{GOOD},\n{COUNT}]}}"
    );
    let lines = format!("{GOOD}\n{COUNT}\n");
    let figures = |text: &str| -> Vec<_> {
        read(text).unwrap().observations.into_iter().map(|one| (one.indicator, one.figure)).collect()
    };
    assert_eq!(figures(&pretty).len(), 2);
    assert_eq!(figures(&pretty), figures(&wrapped));
    assert_eq!(figures(&pretty), figures(&lines));
    assert_eq!(remark_codes(&read(&lines).unwrap())[0], "json-lines");
}

#[test]
fn the_place_of_a_row_is_its_line_or_where_lines_are_shared_its_number() {
    let bad = COUNT.replace("131", "\"many\"");
    let pretty = read(format!("[\n{GOOD},\n\n{bad}\n]")).unwrap();
    assert_eq!((pretty.observations[0].place.line, pretty.quarantined[0].place.line), (2, 4));
    let compact = read(format!("[{GOOD},{bad}]")).unwrap();
    assert_eq!((compact.observations[0].place.line, compact.quarantined[0].place.line), (1, 2));
    assert!(remark_codes(&compact).contains(&"lines-are-numbers"));
}

#[test]
fn whole_numbers_are_never_rounded_through_a_double() {
    let with = |number: &str| COUNT.replace("131", number);
    for number in ["9007199254740993", "1e999", "-1e999", "123456789012345678901234567890"] {
        assert_eq!(objection(&with(number)), "bad-number", "{number}");
    }
    let figure =
        |number: &str| read(format!("[{}]", with(number))).unwrap().observations[0].figure.numerator.unwrap();
    assert_eq!(figure("1.31e2").to_string(), "131");
    assert!(figure("-0").is_sign_positive());
    assert_eq!(objection(&with("-5")), "negative-number");
}

#[test]
fn what_is_no_number_or_text_quarantines_its_row() {
    assert_eq!(objection(&COUNT.replace("131", "[131]")), "wrong-type");
    assert_eq!(objection(&COUNT.replace("131", "{\"v\": 131}")), "wrong-type");
    assert_eq!(objection(&COUNT.replace("131", "true")), "bad-number");
    assert_eq!(objection(&COUNT.replace("131", "131, \"numerator\": 131")), "duplicate-key");
    assert_eq!(objection(&COUNT.replace("2017-18 Q2", "\\ud800")), "invalid-utf8");
    assert_eq!(objection(&COUNT.replace("plan_count", "plan\\u0000count")), "control-character");
    assert_eq!(objection(&COUNT.replace("2017-18 Q2", &"x".repeat(10_001))), "field-too-long");
    let mixed = read(format!("[{GOOD}, 5, [], null]")).unwrap();
    let codes: Vec<&str> = mixed.quarantined.iter().map(|row| row.code).collect();
    assert_eq!((mixed.accepted, codes), (1, vec!["wrong-type"; 3]));
    let bytes =
        [b"[".as_slice(), COUNT.replace("E0600", "E\u{e9}600").replace('é', "\u{0}").as_bytes(), b"]"]
            .concat();
    let latin: Vec<u8> = bytes.into_iter().map(|byte| if byte == 0 { 0xe9 } else { byte }).collect();
    assert_eq!(read(latin).unwrap().quarantined[0].code, "invalid-utf8");
}

#[test]
fn what_is_not_read_spoils_nothing() {
    for extra in [
        r#""meta": {"by": "x"}"#,
        r#""indicator_name": ["a", {"b": 1}]"#,
        r#""meta": 1, "meta": 2"#,
        r#""comment": "\ud800""#,
        r#""log": "line\u0007""#,
    ] {
        let reading = read(format!("[{}]", GOOD.replace("75.0", &format!("75.0, {extra}")))).unwrap();
        assert_eq!((reading.accepted, reading.quarantined.len()), (1, 0), "{extra}");
    }
    let long = GOOD.replace("75.0", &format!("75.0, \"log\": \"{}\"", "x".repeat(10_001)));
    assert_eq!(read(format!("[{long}]")).unwrap().accepted, 1);
    let spoilt = GOOD.replace("75.0", "75.0, \"meta\": {\"by\": \"x\"}").replace("30", "[30]");
    let reading = read(format!("[{spoilt}]")).unwrap();
    assert_eq!((reading.rows_read, reading.quarantined[0].code), (1, "wrong-type"));
    let column = reading.quarantined[0].place.column.clone().unwrap();
    assert_eq!((column.heading.as_str(), reading.quarantined[0].raw.as_str()), ("numerator", "[not kept]"));
    let twice = GOOD.replace("30", "[30]").replace("40", "[40]");
    assert_eq!(read(format!("[{twice}]")).unwrap().rows_read, 1, "a row is set aside once");
}

#[test]
fn json_that_ends_too_early_was_cut_off() {
    let good = format!("[\n{GOOD},\n{COUNT}\n]");
    for end in 1..good.len() - 1 {
        assert_eq!(refusal(good.get(..end).unwrap()), "truncated-body", "{end}");
    }
    let lines = format!("{GOOD}\n{COUNT}");
    assert_eq!(refusal(lines.get(..lines.len() - 9).unwrap()), "truncated-body");
}

#[test]
fn the_words_of_python_for_no_number_are_named() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        let refused = read(format!("[{}]", GOOD.replace("30", word))).unwrap_err();
        assert!(
            refused.code == "json-syntax" && refused.reason.ends_with("write null"),
            "{}",
            refused.reason
        );
    }
}

#[test]
fn null_is_an_empty_cell_and_a_number_in_quotes_is_remarked() {
    let row = COUNT.replace("131", "\"131\", \"note\": null");
    let reading = read(format!("[{row}]")).unwrap();
    assert_eq!((reading.accepted, reading.observations[0].note.clone()), (1, None));
    assert!(remark_codes(&reading).contains(&"number-as-text"));
}

#[test]
fn what_is_no_json_or_holds_no_rows_is_refused() {
    let good = format!("[{GOOD}]");
    let syntax = [
        good.replace("30", "NaN"),
        good.replace("30", "Infinity"),
        good.replace("30", "030"),
        good.replace("30", "'30'"),
        good.replace(']', ",]"),
        good.replace('}', ",}"),
        good.replace("75.0}", "75.0"),
        format!("{good}x"),
        format!("{good}{good}"),
        format!("// export\n{good}"),
        format!("{GOOD}{COUNT}"),
        format!("{GOOD},\n{COUNT}"),
    ];
    for text in syntax {
        assert_eq!(refusal(&text), "json-syntax", "{text}");
    }
    let others = [
        ("5", "json-body"),
        ("\"sign in\"", "json-body"),
        ("[]", "no-rows"),
        ("{\"rows\": []}", "no-rows"),
        ("{\"error\": \"not found\", \"status\": 404}", "header-missing"),
        ("[1, 2]", "json-body"),
        ("[[\"E06000022\", 1], [\"E06000022\", 2]]", "json-body"),
        ("{\"columns\": [\"a\"], \"index\": [0], \"data\": [[1]]}", "json-body"),
        ("{\"numerator\": {\"0\": 30}, \"denominator\": {\"0\": 40}}", "json-body"),
    ];
    for (text, code) in others {
        assert_eq!(refusal(text), code, "{text}");
    }
    assert_eq!(refusal(format!("{{\"a\": [{GOOD}], \"b\": [{GOOD}]}}")), "ambiguous-file");
    assert_eq!(refusal(format!("{{\"total\": 3, \"rows\": [{GOOD}, {COUNT}]}}")), "count-mismatch");
}

#[test]
fn marks_and_utf16_are_remarked_and_depth_and_width_have_limits() {
    let good = format!("[\n{GOOD}]");
    let marked = read(format!("\u{feff}{good}")).unwrap();
    assert_eq!(remark_codes(&marked), ["byte-order-mark", "missing-indicators"]);
    let mut wide = vec![0xfe, 0xff];
    wide.extend(good.encode_utf16().flat_map(u16::to_be_bytes));
    assert_eq!(remark_codes(&read(wide).unwrap())[0], "encoding-converted");
    let deep = good.replace("30", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(refusal(deep), "json-too-deep");
    let names: Vec<String> = (0..600).map(|n| format!("\"k{n}\":1")).collect();
    assert_eq!(refusal(format!("[{{{}}}]", names.join(","))), "too-many-columns");
    let spread: Vec<String> = (0..600).map(|n| format!("{{\"k{n}\":1}}")).collect();
    assert_eq!(refusal(format!("[{}]", spread.join(","))), "too-many-columns");
    let mut few = limits();
    few.rows_max = 2;
    let rows = format!("[{GOOD},{GOOD},{GOOD}]");
    assert_eq!(json(rows.as_bytes(), &few).unwrap_err().code, "too-many-rows");
}
