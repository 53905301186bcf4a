//! ZIP and gzip: one return in them, and everything else that may be.

use std::io::{Cursor, Write};

use quarterdeck::read::code::Refusal;
use quarterdeck::read::grid::Grid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::fixtures::{HEADING, limits, packed};
use super::making::{gzipped, ods, ods_content, ods_table, stored, zipped};

fn csv() -> Vec<u8> {
    format!("{HEADING}E06000022,plan_count,2017-18 Q2,131,,,,\n").into_bytes()
}

fn zip(parts: &[(&str, &[u8])]) -> Result<Grid, Refusal> {
    packed(&stored(parts), "return.zip", None, &limits())
}

fn gzip(bytes: &[u8]) -> Result<Grid, Refusal> {
    packed(bytes, "return.csv.gz", None, &limits())
}

fn codes(grid: &Grid) -> Vec<&'static str> {
    grid.remarks.iter().map(|remark| remark.code).collect()
}

/// The code of a refusal, or the codes of the remarks.
fn said(grid: Result<Grid, Refusal>) -> String {
    grid.map_or_else(|refusal| refusal.code.to_owned(), |grid| codes(&grid).join("+"))
}

#[test]
fn one_return_in_an_archive_is_read_like_the_return() {
    let plain = quarterdeck::read::csv::delimited(&csv(), &limits()).unwrap();
    assert_eq!(zip(&[("return.csv", &csv())]).unwrap(), plain);
    assert_eq!(gzip(&gzipped(&csv())).unwrap(), plain);
    let deflated = zipped(&[("Returns/E06000022.csv", &csv())], CompressionMethod::Deflated);
    assert_eq!(packed(&deflated, "return.zip", None, &limits()).unwrap(), plain);
    let json = br#"[{"authority_code":"E06000022"}]"#;
    assert_eq!(zip(&[("return.json", json)]).unwrap().rows.len(), 2);
    let sheet = ods(&ods_content(&ods_table("")));
    assert_eq!(zip(&[("return.ods", &sheet)]).unwrap().sheet.as_deref(), Some("Return"));
}

#[test]
fn folders_and_what_computers_add_are_left_out() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_directory("Returns/", options).unwrap();
    for (name, body) in
        [("Returns/.DS_Store", b"x".to_vec()), ("__MACOSX/._a.csv", b"y".to_vec()), ("Returns/a.csv", csv())]
    {
        writer.start_file(name, options).unwrap();
        writer.write_all(&body).unwrap();
    }
    let grid = packed(&writer.finish().unwrap().into_inner(), "a.zip", None, &limits()).unwrap();
    assert_eq!((grid.rows.len(), codes(&grid)), (2, vec!["archive-litter"]));
}

#[test]
fn two_files_none_or_an_archive_in_an_archive_are_refused() {
    let refused = |parts: &[(&str, &[u8])]| zip(parts).unwrap_err().code;
    assert_eq!(refused(&[("a.csv", &csv()), ("b.csv", &csv())]), "ambiguous-file");
    assert_eq!(refused(&[("a.csv", &csv()), ("readme.txt", b"read me")]), "ambiguous-file");
    assert_eq!(refused(&[]), "empty-file");
    assert_eq!(refused(&[("a.csv", b"")]), "empty-file");
    assert_eq!(refused(&[("a.zip", &stored(&[("a.csv", &csv())]))]), "nested-archive");
    assert_eq!(refused(&[("a.gz", &gzipped(&csv()))]), "nested-archive");
    assert_eq!(gzip(&gzipped(&gzipped(&csv()))).unwrap_err().code, "type-mismatch");
    assert_eq!(
        packed(&gzipped(&gzipped(&csv())), "a.gz", None, &limits()).unwrap_err().code,
        "nested-archive"
    );
    assert_eq!(refused(&[("a.exe", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0")]), "binary-content");
    let many: Vec<String> = (0..101).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(refused(&many), "too-many-entries");
}

#[test]
fn names_that_lead_out_or_hide_something_are_refused() {
    let refused = |name: &str| said(zip(&[(name, &csv())]));
    // The writer changes some names by itself, so they are written over afterwards.
    let patched = |name: &[u8]| {
        let filler = "q".repeat(name.len());
        let mut bytes = stored(&[(&filler, &csv())]);
        for at in 0..bytes.len() - name.len() {
            if bytes[at..].starts_with(filler.as_bytes()) {
                bytes[at..at + name.len()].copy_from_slice(name);
            }
        }
        said(packed(&bytes, "a.zip", None, &limits()))
    };
    for name in
        [b"../a.csv".as_slice(), b"/etc/a.csv", b"C:\\a.csv", b"a/../../b.csv", b"a\\b.csv", b"C:a.csv"]
    {
        assert_eq!(patched(name), "archive-path", "{}", name.escape_ascii());
    }
    assert_eq!(patched(b"a\r\nBcc: b.csv"), "file-name");
    assert_eq!(patched(b"a\0.csv"), "file-name");
    assert_eq!(patched(b"caf\x82.csv"), "file-name");
    assert_eq!(patched("a\u{202e}vsc.csv".as_bytes()), "file-name");
    assert_eq!(refused("Rückmeldung.csv"), "");
}

#[test]
fn links_passwords_twins_and_bombs_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("a.csv", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let link = writer.finish().unwrap().into_inner();
    assert_eq!(packed(&link, "a.zip", None, &limits()).unwrap_err().code, "archive-path");

    let mut locked = stored(&[("a.csv", &csv())]);
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = locked.windows(4).position(|window| window == mark).unwrap();
        locked[at + flags] |= 1;
    }
    assert_eq!(packed(&locked, "a.zip", None, &limits()).unwrap_err().code, "encrypted");

    let mut twins = stored(&[("a.csv", &csv()), ("b.csv", &csv())]);
    for at in 0..twins.len() - 5 {
        if twins[at..].starts_with(b"b.csv") {
            twins[at] = b'a';
        }
    }
    assert_eq!(packed(&twins, "a.zip", None, &limits()).unwrap_err().code, "duplicate-part");

    let zeros = vec![b','; 8 << 20];
    let bomb = zipped(&[("a.csv", &zeros)], CompressionMethod::Deflated);
    assert_eq!(packed(&bomb, "a.zip", None, &limits()).unwrap_err().code, "zip-bomb");
    let mut small = limits();
    small.unpacked_bytes_max = csv().len() as u64;
    assert_eq!(packed(&gzipped(&csv()), "a.gz", None, &small).map(|_| ()), Ok(()));
    small.unpacked_bytes_max = 20;
    assert_eq!(packed(&gzipped(&csv()), "a.gz", None, &small).unwrap_err().code, "zip-bomb");
    assert_eq!(packed(&stored(&[("a.csv", &csv())]), "a.zip", None, &small).unwrap_err().code, "zip-bomb");
}

#[test]
fn a_changed_byte_is_noticed_in_both() {
    let mut zip = stored(&[("a.csv", &csv())]);
    let at = zip.windows(3).position(|window| window == b"131").unwrap();
    zip[at] = b'9';
    assert_eq!(packed(&zip, "a.zip", None, &limits()).unwrap_err().code, "corrupt-part");
    let mut gz = gzipped(&csv());
    let at = gz.windows(3).position(|window| window == b"131").unwrap();
    gz[at] = b'9';
    assert_eq!(gzip(&gz).unwrap_err().code, "truncated-body");
}

#[test]
fn gzip_may_have_several_members_but_no_end_missing_and_nothing_behind() {
    let good = gzipped(&csv());
    let more = gzipped(b"E06000022,referral_rate,2017-18 Q2,700,35000,,,\n");
    let both = gzip(&[good.clone(), more].concat()).unwrap();
    assert_eq!((both.rows.len(), codes(&both)), (3, vec!["gzip-members"]));
    assert_eq!(gzip(&good[..good.len() - 4]).unwrap_err().code, "truncated-body");
    assert_eq!(gzip(&good[..good.len() / 2]).unwrap_err().code, "truncated-body");
    assert_eq!(gzip(&[good.clone(), b"junk".to_vec()].concat()).unwrap_err().code, "corrupt-part");
    assert_eq!(gzip(b"\x1f\x8b").unwrap_err().code, "truncated-body");
}

#[test]
fn something_in_front_of_an_archive_or_behind_its_end_is_no_archive() {
    let good = stored(&[("a.csv", &csv())]);
    let before = [b"PK junk".to_vec(), good.clone()].concat();
    assert!(packed(&before, "a.zip", None, &limits()).is_err());
    assert_eq!(packed(&good[..good.len() - 8], "a.zip", None, &limits()).unwrap_err().code, "broken-archive");
    assert_eq!(packed(b"PK\x03\x04 torn", "a.xlsx", None, &limits()).unwrap_err().code, "broken-archive");
}

#[test]
fn a_name_that_says_another_kind_is_refused() {
    let zip = stored(&[("a.csv", &csv())]);
    for name in ["a.xlsx", "a.ods", "a.xls", "a.gz"] {
        assert_eq!(packed(&zip, name, None, &limits()).unwrap_err().code, "type-mismatch", "{name}");
    }
    assert!(packed(&zip, "download", None, &limits()).is_ok());
    let sheet = ods(&ods_content(&ods_table("")));
    assert_eq!(packed(&sheet, "a.xlsx", None, &limits()).unwrap_err().code, "type-mismatch");
}
