//! Files of kinds that are not read: each is named rightly, with what to do with it.

use quarterdeck::read::sniff::{Format, sniff};

use super::fixtures::{limits, packed};
use super::making::{compound, stored};

const OPEN: &str =
    "open it in a spreadsheet program, look whether its numbers are right, and save it as .xlsx or .csv";

fn told(bytes: &[u8], name: &str) -> String {
    sniff(bytes, name).unwrap_err().reason
}

#[test]
fn a_spreadsheet_in_markup_is_not_called_a_page() {
    let flat = b"<?xml version=\"1.0\"?>\n<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">";
    let of_2003 = b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\n<Workbook \
                    xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
    let table = b"<html><head><title>Export</title></head><body><table><tr><td>authority</td></tr></table>";
    for (bytes, name, what) in [
        (flat.as_slice(), "a.fods", "a flat OpenDocument sheet (.fods)"),
        (of_2003, "a.xml", "an XML spreadsheet of 2003"),
        (of_2003, "a.xls", "an XML spreadsheet of 2003"),
        (table, "a.xls", "a table of a web page, whatever its name"),
    ] {
        assert_eq!(told(bytes, name), format!("the file is {what}, which is not read: {OPEN}"), "{name}");
    }
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(String::from_utf8_lossy(of_2003).encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert!(told(&wide, "a.xml").contains("an XML spreadsheet of 2003"));
    let page =
        b"<!DOCTYPE html><html><body><form action=\"/in\"><table><tr><td>Password</td></tr></table></form>";
    for (bytes, name) in [(page.as_slice(), "a.xls"), (page, "a.csv"), (table, "a.csv")] {
        assert!(told(bytes, name).starts_with("the file is a web page (perhaps a sign-in page)"), "{name}");
    }
    let error = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    assert!(told(error, "a.csv").starts_with("the file is XML (perhaps an error message)"));
}

#[test]
fn kinds_are_told_by_how_they_begin() {
    let cases: [(&[u8], &str); 21] = [
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K\"authority\"\r\n", "a sheet in SYLK"),
        (b"TABLE\r\n0,1\r\n\"EXCEL\"\r\n", "a sheet in DIF"),
        (b"TABLE\n0,1\n\"x\"\nVECTORS\n0,4\n", "a sheet in DIF"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "a workbook of Excel 2"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00", "a workbook of Excel 3"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "a workbook of Excel 4"),
        (b"PAR1\x15\x04\x15\x00", "a Parquet file"),
        (b"SQLite format 3\0\x10\0", "a SQLite database"),
        (b"$FL2@(#) IBM SPSS STATISTICS", "an SPSS file"),
        (b"<stata_dta><header><release>118", "a Stata file"),
        (b"r\x02\x01\x00\x05\x00", "a Stata file"),
        (b"%PDF-1.7\n1 0 obj", "a PDF"),
        (b"{\\rtf1\\ansi a}", "a text document (RTF)"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive"),
        (b"BZh91AY&SY\0\0", "compressed with bzip2"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture (PNG)"),
        (
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n",
            "a web page in one file",
        ),
        (b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n", "a mail"),
        (b"\x03\x75\x0b\x1c\x01\0\0\0\x61\0", "a dBASE table"),
        (b"\0\x01\0\0Standard ACE DB\0", "an Access database"),
    ];
    for (bytes, what) in cases {
        for name in ["return.csv", "return.xls", "return"] {
            let reason = told(bytes, name);
            assert!(reason.starts_with(&format!("the file is {what}")), "{what}: {reason}");
            assert!(reason.contains(": "), "{reason}");
        }
    }
}

#[test]
fn a_text_may_begin_with_the_letters_of_another_kind() {
    for text in [
        "ID;Period;Numerator\n1;2;3\n",
        "PK,indicator\n1,2\n",
        "BZh,a\n1,2\n",
        "PAR1,a\n1,2\n",
        "TABLE 1\na,b\n",
        "<5,a\n1,2\n",
        "Rar!,a\n1,2\n",
        "From: a,b\n1,2\n",
        "MM,a\n1,2\n",
        "BM,a\n1,2\n",
        "GIF89,a\n1,2\n",
    ] {
        assert_eq!(sniff(text.as_bytes(), "return.csv").unwrap(), Format::Delimited, "{text}");
    }
}

#[test]
fn what_is_in_an_archive_or_an_office_file_is_told_by_its_parts() {
    let refused = |bytes: &[u8], name: &str| packed(bytes, name, None, &limits()).unwrap_err().reason;
    let zip = |part: &str| stored(&[("[Content_Types].xml", b"<a/>".as_slice()), (part, b"x")]);
    assert!(refused(&zip("xl/workbook.bin"), "a.xlsb").contains("a binary workbook (.xlsb)"));
    assert!(refused(&zip("word/document.xml"), "a.docx").contains("a Word document"));
    assert!(refused(&zip("Index/Document.iwa"), "a.numbers").contains("a sheet of Apple Numbers"));
    for (stream, what) in [
        ("Book", "a workbook of Excel 5 or 95 (.xls)"),
        ("WordDocument", "a Word document (.doc)"),
        ("Something", "an Office file without a workbook in it"),
    ] {
        assert!(refused(&compound(stream, &[0; 10]), "a.xls").contains(what), "{stream}");
    }
}

#[test]
fn a_right_file_under_a_wrong_name_is_told_the_right_one() {
    let zip = stored(&[("a.csv", b"a,b\n".as_slice())]);
    let reason = packed(&zip, "return.xlsx", None, &limits()).unwrap_err().reason;
    assert_eq!(
        reason,
        "`return.xlsx` is a ZIP archive (.zip), not what .xlsx says: name it .zip, or save it as .xlsx"
    );
}
