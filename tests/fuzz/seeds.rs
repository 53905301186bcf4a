//! Small sound files of every format, and what they become.

use std::sync::LazyLock;

use fastrand::Rng;
use rust_xlsxwriter::{Format, Formula, Workbook};
use std::io::{Cursor, Read};
use zip::{CompressionMethod, ZipArchive};

use super::changes::change;
use crate::read::making::{
    BIFF_TEXTS, HEADINGS, biff_cells, biff_stream, compound, gzipped, ods_content, ods_number, ods_row,
    ods_table, ods_texts, record, stored, zipped,
};

const CSV: [&str; 4] = [
    "authority_code,indicator,quarter,numerator,denominator,value\nE06000022,in_time_pct,2017-18 Q2,30,40,75\n\
     E06000022,plan_count,2017-18 Q2,131,,\n",
    "\u{feff}Title;;;;;\r\nauthority_code;indicator;quarter;numerator;denominator;value;note\r\n\
     E06000022;\"in_time_pct\";2017-18 Q2;30;40;75,0;\"said \"\"no\"\"\r\nthen yes\"\r\n",
    "authority_code\tindicator\tquarter\tnumerator\tdenominator\tvalue\rE06000022\tplan_count\tQ2 2017-18\t1,310\t\t\r",
    "authority_code,indicator,quarter,numerator,denominator,value,status\nE06000022,referral_rate,2017-18 Q2,c,35000,,\n\
     E06000022,plan_count,2017-18 Q2,,,,unavailable\nE06000022,plan_count,2017-18 Q2,131,,,\n,,,,,,\n",
];
const CSV_WORDS: [&str; 14] = [
    "\"",
    "\"\"",
    ",,,,,",
    "\r\n",
    "\r",
    "E06000022,",
    "2017-18 Q2",
    "\u{feff}",
    "\u{202e}",
    "authority_code",
    "sep=;\n",
    "=1+1",
    "\u{1a}",
    "c",
];
const JSON: [&str; 4] = [
    r#"[{"authority_code":"E06000022","indicator":"in_time_pct","quarter":"2017-18 Q2","numerator":30,"denominator":40,"value":75.0},
{"authority_code":"E06000022","indicator":"plan_count","quarter":"2017-18 Q2","numerator":1.31e2}]"#,
    r#"{"count":1,"rows":[{"authority_code":"E06000022","indicator":"plan_count","quarter":"2017-18 Q2","numerator":"131","denominator":null,"value":null}],"more":{"a":[1,[2]]}}"#,
    r#"{"authority_code":"E06000022","indicator":"plan_count","quarter":"2017-18 Q2","numerator":131,"denominator":null,"value":""}
{"authority_code":"E06000022","indicator":"agency_pct","quarter":"2017-18 Q2","numerator":2.5,"denominator":40,"value":6.25}"#,
    r#"[{"authority_code":"E\u00306000022","indicator":"plan_count","quarter":"2017-18 Q2","numerator":-0,
"denominator":true,"value":[],"note":"\ud83d\ude00"}]"#,
];
const JSON_WORDS: [&str; 20] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "true",
    "NaN",
    "-",
    "1e5",
    "E-3",
    "\\ud800",
    "\\u0000",
    "\\",
    "[[[[[[[[",
    "{\"a\":",
    "\"numerator\":1,",
    "\u{feff}",
];
const XML_WORDS: [&str; 28] = [
    "<mergeCell ref=\"A2:B9\"/>",
    "</mergeCells>",
    " s=\"1\"",
    " formatCode=\"[<1]0%;;d\"",
    " table:number-rows-spanned=\"9\"",
    " office:value-type=\"percentage\"",
    "<c r=\"A1\"><v>1</v></c>",
    "<row>",
    "</row>",
    "r=\"XFD1048576\"",
    "t=\"s\"",
    "<f>A1</f>",
    "<!DOCTYPE a>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "&lt;",
    "&#0;",
    "&#x10ffff;",
    "&x;",
    "<v>",
    "</v>",
    "uniqueCount=\"9\"",
    " table:number-columns-repeated=\"9\"",
    " table:number-rows-repeated=\"9\"",
    "<text:s text:c=\"9\"/>",
    "<table:table>",
    "</table:table>",
];

type Parts = Vec<(String, Vec<u8>)>;

static XLSX: LazyLock<Parts> = LazyLock::new(|| {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Return").unwrap().write_row(0, 0, HEADINGS).unwrap();
    sheet.write_row(1, 0, ["E06000022", "in_time_pct", "2017-18 Q2"]).unwrap();
    sheet.write_row(1, 3, [30, 40]).unwrap();
    sheet.write_formula(1, 5, Formula::new("=100*D2/E2").set_result("75")).unwrap();
    sheet.write_row(2, 0, ["E06000022", "plan_count", "2017-18 Q2"]).unwrap();
    sheet.write_number(2, 3, 131).unwrap();
    sheet.merge_range(3, 0, 4, 0, "E06000022", &Format::new()).unwrap();
    sheet.write_number_with_format(4, 5, 0.829, &Format::new().set_num_format("0.0%;-0.0%")).unwrap();
    sheet.write_number_with_format(4, 2, 42_979, &Format::new().set_num_format("mmm-yy")).unwrap();
    book.add_worksheet().set_hidden(true).write_boolean(0, 0, true).unwrap();
    parts(&book.save_to_buffer().unwrap())
});

static ODS: LazyLock<Parts> = LazyLock::new(|| {
    let first = ods_texts(&["E06000022", "in_time_pct", "2017-18 Q2"])
        + &ods_number("30", "30")
        + &ods_number("40", "40.0");
    let over = "<table:table-cell table:number-rows-spanned=\"2\" table:number-columns-spanned=\"2\"/>";
    let second = ods_texts(&["E06000022", "plan_count", "2017-18 Q2"]) + &ods_number("131", "131%") + over;
    let blank = "<table:table-row table:number-rows-repeated=\"20\"><table:table-cell table:number-columns-repeated=\"99\"/></table:table-row>";
    let hidden = "<table:table table:name=\"b\" table:style-name=\"ta2\"><table:table-row/></table:table>";
    let content = ods_content(&(ods_table(&(ods_row(&first) + &ods_row(&second) + blank)) + hidden));
    parts(&crate::read::making::ods(&content))
});

fn parts(bytes: &[u8]) -> Parts {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut body = Vec::new();
        part.read_to_end(&mut body).unwrap();
        parts.push((part.name().unwrap().to_string(), body));
    }
    parts
}

fn one_of<'a>(texts: &[&'a str], rng: &mut Rng) -> &'a str {
    texts[rng.usize(..texts.len())]
}

pub(super) fn csv(rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let mut bytes = one_of(&CSV, rng).as_bytes().to_vec();
    change(&mut bytes, &CSV_WORDS, rng);
    (["a.csv", "a.txt", "a"][rng.usize(..3)], in_another_code(bytes, rng))
}

pub(super) fn json(rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let mut bytes = one_of(&JSON, rng).as_bytes().to_vec();
    change(&mut bytes, &JSON_WORDS, rng);
    ("a.json", in_another_code(bytes, rng))
}

/// One in sixteen as UTF-16, damaged once more.
fn in_another_code(bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..16) > 0 {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    if rng.bool() {
        change(&mut wide, &[], rng);
    }
    wide
}

pub(super) fn workbook(rng: &mut Rng) -> (&'static str, Vec<u8>) {
    match rng.u8(..6) {
        0 | 1 => ("a.xlsx", packaged(&XLSX, rng)),
        2..=4 => ("a.ods", packaged(&ODS, rng)),
        _ => ("a.xls", old(rng)),
    }
}

/// One part changed and all packed again; now and then the package itself.
fn packaged(parts: &Parts, rng: &mut Rng) -> Vec<u8> {
    let chosen = rng.usize(..parts.len());
    let mut body = parts[chosen].1.clone();
    change(&mut body, &XML_WORDS, rng);
    let all: Vec<(&str, &[u8])> = parts
        .iter()
        .enumerate()
        .map(|(at, (name, old))| (name.as_str(), if at == chosen { body.as_slice() } else { old.as_slice() }))
        .collect();
    let mut bytes = stored(&all);
    if rng.u8(..6) == 0 {
        change(&mut bytes, &[], rng);
    }
    bytes
}

fn old(rng: &mut Rng) -> Vec<u8> {
    let merged = record(0x00e5, &[1_u16, 1, 2, 0, 0].map(u16::to_le_bytes).concat());
    let cells = [biff_cells(), merged].concat();
    let mut stream = biff_stream(&BIFF_TEXTS, &[("Return", 0, cells), ("b", 1, Vec::new())]);
    if rng.u8(..6) > 0 {
        change(&mut stream, &[], rng);
    }
    let mut bytes = compound("Workbook", &stream);
    if rng.u8(..4) == 0 {
        // Most of it is filling: the header and the tables matter.
        let mut head = bytes[..1536].to_vec();
        change(&mut head, &[], rng);
        bytes.splice(..1536, head);
    }
    bytes
}

pub(super) fn archive(rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let (name, mut inner) = if rng.bool() { csv(rng) } else { json(rng) };
    if rng.u8(..4) > 0 {
        inner = CSV[0].as_bytes().to_vec();
    }
    let name = if name == "a" || inner.starts_with(b"authority") { "a.csv" } else { name };
    let mut bytes = match rng.u8(..4) {
        0 => zipped(&[(name, &inner)], CompressionMethod::Deflated),
        1 => stored(&[("__MACOSX/._a", b"x"), (name, &inner)]),
        2 => stored(&[("a.ods", &packaged(&ODS, rng))]),
        _ => {
            let mut bytes = gzipped(&inner);
            if rng.u8(..4) == 0 {
                bytes.extend(gzipped(b"E06000022,plan_count,2017-18 Q2,131,,\n"));
            }
            if rng.bool() {
                change(&mut bytes, &[], rng);
            }
            return ("a.gz", bytes);
        }
    };
    if rng.u8(..4) > 0 {
        change(&mut bytes, &["../", "PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}"], rng);
    }
    ("a.zip", bytes)
}
