//! What a file is that is not read, by how it begins: each named, with what to do with it.
//!
//! No kind is told by two letters alone: a text may begin with `PK`, `ID` or `BM`.

use crate::read::code::{Code, Refusal};

/// What to do with what a spreadsheet program can open.
const OPEN: &str = "open it in a spreadsheet program, look whether its numbers are right, and save it as \
                    .xlsx or .csv";
/// What to do with what only its own program can open.
const EXPORT: &str = "export the return from it as .csv or .xlsx";
const ARCHIVE: &str = "send the return itself, or packed as ZIP";

/// A kind by its first bytes: those, its code, its name, what to do.
type Kind = (&'static [u8], Code, &'static str, &'static str);

const KINDS: [Kind; 43] = [
    (b"%PDF-", "pdf-document", "a PDF", "send the return as CSV or XLSX"),
    (b"{\\rtf", "other-format", "a text document (RTF)", "send the return as CSV or XLSX"),
    (b"PAR1", "other-format", "a Parquet file", EXPORT),
    (b"ARROW1\0\0", "other-format", "an Arrow file (Feather)", EXPORT),
    (b"FEA1", "other-format", "a Feather file", EXPORT),
    (b"Obj\x01", "other-format", "an Avro file", EXPORT),
    (b"ORC\x0a", "other-format", "an ORC file", EXPORT),
    (b"SQLite format 3\0", "other-format", "a SQLite database", EXPORT),
    (b"\0\x01\0\0Standard ", "other-format", "an Access database", EXPORT),
    (b"\x89HDF\r\n\x1a\n", "other-format", "an HDF5 file", EXPORT),
    (b"$FL2@(#)", "other-format", "an SPSS file (.sav)", EXPORT),
    (b"$FL3@(#)", "other-format", "an SPSS file (.zsav)", EXPORT),
    (b"<stata_dta>", "other-format", "a Stata file (.dta)", EXPORT),
    (b"HEADER RECORD*******LIB", "other-format", "a SAS transport file (.xpt)", EXPORT),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", "other-format", "a SAS file (.sas7bdat)", EXPORT),
    (b"RDX2\n", "other-format", "an R file (.RData)", EXPORT),
    (b"RDX3\n", "other-format", "an R file (.RData)", EXPORT),
    (b"X\n\0\0\0", "other-format", "an R file (.rds)", EXPORT),
    (b"\x80\x04\x95", "other-format", "a Python pickle", EXPORT),
    (b"\x80\x05\x95", "other-format", "a Python pickle", EXPORT),
    (b"\x93NUMPY", "other-format", "a NumPy file", EXPORT),
    (b"\x09\0\x04\0", "old-workbook", "a workbook of Excel 2 (.xls)", OPEN),
    (b"\x09\x02\x06\0", "old-workbook", "a workbook of Excel 3 (.xls)", OPEN),
    (b"\x09\x04\x06\0", "old-workbook", "a workbook of Excel 4 (.xls)", OPEN),
    (b"\x09\x08\x08\0\0\x05", "old-workbook", "a workbook of Excel 5 (.xls)", OPEN),
    (b"\x09\x08\x10\0\0\x06", "old-workbook", "a workbook of Excel 97 without its envelope", OPEN),
    (b"\0\0\x02\0\x04\x04", "old-workbook", "a Lotus 1-2-3 sheet", OPEN),
    (b"\0\0\x02\0\x06\x04", "old-workbook", "a Lotus 1-2-3 sheet", OPEN),
    (b"\0\0\x1a\0\0\x10\x04\0", "old-workbook", "a Lotus 1-2-3 sheet", OPEN),
    (b"\xffWPC", "other-format", "a WordPerfect or Quattro document", OPEN),
    (b"7z\xbc\xaf\x27\x1c", "compressed-file", "a 7-Zip archive", ARCHIVE),
    (b"Rar!\x1a\x07", "compressed-file", "a RAR archive", ARCHIVE),
    (b"\xfd7zXZ\0", "compressed-file", "compressed with xz", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", "compressed-file", "compressed with zstd", ARCHIVE),
    (b"\x04\x22\x4d\x18", "compressed-file", "compressed with lz4", ARCHIVE),
    (b"MSCF\0\0\0\0", "compressed-file", "a Cabinet archive", ARCHIVE),
    (b"\x89PNG\r\n\x1a\n", "other-format", "a picture (PNG)", "send the return as CSV or XLSX"),
    (b"\xff\xd8\xff", "other-format", "a picture (JPEG)", "send the return as CSV or XLSX"),
    (b"GIF89a", "other-format", "a picture (GIF)", "send the return as CSV or XLSX"),
    (b"II*\0", "other-format", "a picture (TIFF)", "send the return as CSV or XLSX"),
    (b"MM\0*", "other-format", "a picture (TIFF)", "send the return as CSV or XLSX"),
    (b"-----BEGIN PGP MESSAGE", "encrypted", "encrypted with PGP", "send it without, by a safe way"),
    (b"TABLE\r\n0,1\r\n", "other-format", "a sheet in DIF", OPEN),
];

/// The refusal of a file of a kind that is not read; none when it may be text, a workbook or an archive.
pub(crate) fn other(bytes: &[u8]) -> Option<Refusal> {
    // A text may begin with the letters of a binary kind.
    let is_certain = |start: &[u8]| start.len() > 4 || !start.is_ascii() || bytes.contains(&0);
    let by_start = KINDS.iter().find(|(start, ..)| bytes.starts_with(start) && is_certain(start));
    let (_, code, what, remedy) = by_start.copied().or_else(|| by_body(bytes))?;
    Some(refused(code, what, remedy))
}

/// Kinds whose beginning alone does not tell them.
fn by_body(bytes: &[u8]) -> Option<Kind> {
    const NONE: &[u8] = b"";
    if bytes.get(257..262) == Some(b"ustar") {
        return Some((NONE, "compressed-file", "a tar archive", ARCHIVE));
    }
    if bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59") {
        return Some((NONE, "compressed-file", "compressed with bzip2", ARCHIVE));
    }
    let is_old_stata = matches!(bytes, [105 | 108 | 110 | 111 | 113..=115, 1 | 2, 1, 0, ..]);
    if is_old_stata {
        return Some((NONE, "other-format", "a Stata file (.dta)", EXPORT));
    }
    // The day on which it was written stands behind the version.
    let is_dbase = matches!(bytes, [0x03 | 0x30 | 0x31 | 0x83 | 0x8b, _, 1..=12, 1..=31, ..]);
    if is_dbase && bytes.contains(&0) {
        return Some((NONE, "other-format", "a dBASE table (.dbf)", OPEN));
    }
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let first = lines.next().unwrap_or_default();
    if first.starts_with(b"ID;P") && lines.take(20).any(is_sylk_cell) {
        return Some((NONE, "other-format", "a sheet in SYLK (.slk)", OPEN));
    }
    if first == b"TABLE" && bytes.windows(4).any(|window| window == b"\n0,1") {
        return Some((NONE, "other-format", "a sheet in DIF", OPEN));
    }
    by_mail(bytes)
}

/// `C;Y1;X1;K"authority"`: a cell, a size or a style.
fn is_sylk_cell(line: &[u8]) -> bool {
    [b"C;Y".as_slice(), b"C;X", b"B;Y", b"B;X", b"P;P", b"F;P", b"O;"]
        .iter()
        .any(|start| line.starts_with(start))
}

fn by_mail(bytes: &[u8]) -> Option<Kind> {
    let head = bytes.get(..2_048).unwrap_or(bytes).to_ascii_lowercase();
    let has = |mark: &[u8]| head.windows(mark.len()).any(|window| window == mark);
    let is_header =
        head.starts_with(b"mime-version:") || head.starts_with(b"from:") || head.starts_with(b"received:");
    if !is_header || !has(b"content-type:") {
        return None;
    }
    if has(b"multipart/related") {
        return Some((b"", "other-format", "a web page in one file (.mht)", OPEN));
    }
    Some((b"", "other-format", "a mail (.eml)", "send what is attached to it"))
}

/// What begins with `<`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// A web page that asks or tells something.
    Page,
    /// Another kind, with its name: it can be opened and saved.
    Sheet(&'static str),
    /// XML that nothing is known of.
    Xml,
}

/// What text that begins with a mark is; none when `<` begins no mark, such as in `<5`.
pub(crate) fn markup(text: &[u8], ending: &str) -> Option<Markup> {
    if !text.get(1).is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'!' | b'?')) {
        return None;
    }
    let lower = text.get(..64 * 1024).unwrap_or(text).to_ascii_lowercase();
    let has = |mark: &str| lower.windows(mark.len()).any(|window| window == mark.as_bytes());
    if has("<office:document") || has("urn:oasis:names:tc:opendocument") {
        return Some(Markup::Sheet("a flat OpenDocument sheet (.fods)"));
    }
    if has("urn:schemas-microsoft-com:office:spreadsheet") && !has("<html") {
        return Some(Markup::Sheet("an XML spreadsheet of 2003"));
    }
    let is_html = ["<html", "<!doctype html", "<head", "<body", "<table", "<script", "<form", "<p>", "<div"];
    if !is_html.iter().any(|mark| has(mark)) {
        return Some(Markup::Xml);
    }
    // A page that asks for a password has tables too, and so has one that was saved under a wrong name.
    let asks = ["<form", "<script", "type=\"password\"", "type=password"].iter().any(|mark| has(mark));
    let is_of_office = has("urn:schemas-microsoft-com:office:excel");
    let is_named = matches!(ending, "xls" | "xlsx" | "xlsm" | "xlt" | "xlsb" | "ods" | "htm" | "html");
    if has("<table") && (is_of_office || (is_named && !asks)) {
        return Some(Markup::Sheet("a table of a web page, whatever its name"));
    }
    Some(Markup::Page)
}

/// The refusal of marked-up text.
pub(crate) fn refused_markup(markup: Markup) -> Refusal {
    match markup {
        Markup::Page => Refusal::new(
            "html-page",
            "the file is a web page (perhaps a sign-in page), not a return: fetch or export it again",
        ),
        Markup::Sheet(what) => refused("other-format", what, OPEN),
        Markup::Xml => {
            let reason = "the file is XML (perhaps an error message), which is not read: send the return as \
                          .csv or .xlsx";
            Refusal::new("other-format", reason)
        }
    }
}

/// What is in a ZIP archive that is no archive of returns, by the names of its parts.
pub(crate) fn in_zip(has: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let of_office: [(&str, Code, &str, &str); 7] = [
        ("xl/workbook.bin", "old-workbook", "a binary workbook (.xlsb)", OPEN),
        ("word/document.xml", "other-format", "a Word document", "send the return as CSV or XLSX"),
        ("ppt/presentation.xml", "other-format", "a presentation", "send the return as CSV or XLSX"),
        ("Index/Document.iwa", "other-format", "a sheet of Apple Numbers", "export it as .xlsx or .csv"),
        ("Index.zip", "other-format", "a document of Apple iWork", "export it as .xlsx or .csv"),
        ("visio/document.xml", "other-format", "a Visio drawing", "send the return as CSV or XLSX"),
        ("DataModelSchema", "other-format", "a Power BI report", EXPORT),
    ];
    match of_office.into_iter().find(|(part, ..)| has(part)) {
        Some((_, code, what, remedy)) => Err(refused(code, what, remedy)),
        None => Ok(()),
    }
}

/// What is in a compound file that holds no workbook of Excel 97, by the names of its streams.
pub(crate) fn in_compound(has: impl Fn(&str) -> bool) -> Refusal {
    let kinds = [
        ("Book", "a workbook of Excel 5 or 95 (.xls)", OPEN),
        ("WordDocument", "a Word document (.doc)", "send the return as CSV or XLSX"),
        ("PowerPoint Document", "a presentation (.ppt)", "send the return as CSV or XLSX"),
        ("__properties_version1.0", "a mail of Outlook (.msg)", "send what is attached to it"),
        ("VisioDocument", "a Visio drawing", "send the return as CSV or XLSX"),
        ("WksSSWorkBook", "a workbook of Microsoft Works", OPEN),
    ];
    let (_, what, remedy) = kinds.into_iter().find(|(stream, ..)| has(stream)).unwrap_or((
        "",
        "an Office file without a workbook in it",
        "save it as .xlsx or .csv",
    ));
    refused("old-workbook", what, remedy)
}

fn refused(code: Code, what: &str, remedy: &str) -> Refusal {
    Refusal::new(code, format!("the file is {what}, which is not read: {remedy}"))
}
