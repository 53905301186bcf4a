//! Files of every packed kind, made here byte by byte, so that each byte can be made wrong.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) const HEADINGS: [&str; 6] =
    ["authority_code", "indicator", "quarter", "numerator", "denominator", "value"];

/// A ZIP archive of these parts, not compressed.
pub(crate) fn stored(parts: &[(&str, &[u8])]) -> Vec<u8> {
    zipped(parts, CompressionMethod::Stored)
}

pub(crate) fn zipped(parts: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, body) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(body).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Gzip of stored blocks.
pub(crate) fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    let length = u16::try_from(body.len()).unwrap();
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend_from_slice(body);
    out.extend(checksum(body).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

/// The checksum of ZIP and gzip.
pub(crate) fn checksum(body: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in body {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

/// The parts of an `OpenDocument` sheet named `Return` with these rows of cells, in XML.
pub(crate) fn ods_content(tables: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" \
         xmlns:text=\"x\" xmlns:style=\"s\"><office:automatic-styles><style:style style:name=\"ta2\" \
         style:family=\"table\"><style:table-properties table:display=\"false\"/></style:style>\
         </office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet>\
         </office:body></office:document-content>"
    )
}

pub(crate) const ODS_KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";

pub(crate) fn ods(content: &str) -> Vec<u8> {
    let manifest = "<manifest:manifest xmlns:manifest=\"m\"/>";
    stored(&[
        ("mimetype", ODS_KIND.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ])
}

/// A row of text cells.
pub(crate) fn ods_texts(texts: &[&str]) -> String {
    let cells = texts.iter().map(|text| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    });
    cells.collect()
}

pub(crate) fn ods_number(held: &str, shown: &str) -> String {
    format!(
        "<table:table-cell office:value-type=\"float\" office:value=\"{held}\"><text:p>{shown}</text:p>\
         </table:table-cell>"
    )
}

pub(crate) fn ods_row(cells: &str) -> String {
    format!("<table:table-row>{cells}</table:table-row>")
}

/// A visible table with the headings and then these rows.
pub(crate) fn ods_table(rows: &str) -> String {
    format!("<table:table table:name=\"Return\">{}{rows}</table:table>", ods_row(&ods_texts(&HEADINGS)))
}

/// One record of an old workbook.
pub(crate) fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [kind.to_le_bytes().as_slice(), &length.to_le_bytes(), body].concat()
}

/// A cell's record: row, column, style, and the rest.
pub(crate) fn cell(kind: u16, row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
    styled(kind, row, column, 0, rest)
}

pub(crate) fn styled(kind: u16, row: u16, column: u16, style: u16, rest: &[u8]) -> Vec<u8> {
    let place = [row, column, style].map(u16::to_le_bytes).concat();
    record(kind, &[place.as_slice(), rest].concat())
}

/// The number formats of the styles: none, a day, a percentage, a month, and one with a quoted percent sign.
pub(crate) const BIFF_FORMATS: [u16; 5] = [0, 14, 10, 17, 164];

fn text16(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [length.to_le_bytes().as_slice(), &[0], text.as_bytes()].concat()
}

/// The records of an old workbook: shared texts, sheets with their state and cells.
pub(crate) fn biff_stream(texts: &[&str], sheets: &[(&str, u8, Vec<u8>)]) -> Vec<u8> {
    let beginning = |kind: u16| record(0x0809, &[0x0600_u16, kind, 0, 0].map(u16::to_le_bytes).concat());
    let count = u32::try_from(texts.len()).unwrap().to_le_bytes();
    let mut table = [count, count].concat();
    table.extend(texts.iter().flat_map(|text| text16(text)));
    let style =
        |format: u16| record(0x00e0, &[[0, format].map(u16::to_le_bytes).concat(), vec![0; 16]].concat());
    let own =
        [[164_u16.to_le_bytes(), 8_u16.to_le_bytes()].as_flattened(), b"\x000.0\"%\";@".as_slice()].concat();
    let styles = [record(0x041e, &own), BIFF_FORMATS.into_iter().flat_map(style).collect()].concat();
    let body = |cells: &[u8]| [beginning(16), cells.to_vec(), record(0x000a, &[])].concat();
    let names: usize = sheets.iter().map(|(name, _, _)| 4 + 8 + name.len()).sum();
    let before = beginning(5).len() + names + styles.len() + 4 + table.len() + 4;
    let mut start = u32::try_from(before).unwrap();
    let mut head = beginning(5);
    for (name, state, cells) in sheets {
        let length = u8::try_from(name.len()).unwrap();
        let bound = [start.to_le_bytes().as_slice(), &[*state, 0, length, 0], name.as_bytes()].concat();
        head.extend(record(0x0085, &bound));
        start += u32::try_from(body(cells).len()).unwrap();
    }
    head.extend(styles);
    head.extend(record(0x00fc, &table));
    head.extend(record(0x000a, &[]));
    assert_eq!(head.len(), before);
    head.extend(sheets.iter().flat_map(|(_, _, cells)| body(cells)));
    head
}

/// The compound file that holds one stream.
pub(crate) fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    stream.resize(stream.len().max(4096), 0);
    let length = stream.len();
    let sectors = length.div_ceil(512);
    let mut table: Vec<u32> = vec![0xffff_fffd, 0xffff_fffe];
    table.extend(
        (0..sectors).map(|at| if at + 1 == sectors { 0xffff_fffe } else { u32::try_from(at + 3).unwrap() }),
    );
    table.resize(128, u32::MAX);
    let mut header = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    header.resize(24, 0);
    header.extend([0x3e_u16, 3, 0xfffe, 9, 6].map(u16::to_le_bytes).concat());
    header.resize(44, 0);
    let end = 0xffff_fffe;
    header.extend([1_u32, 1, 0, 4096, end, 0, end, 0, 0].map(u32::to_le_bytes).concat());
    header.resize(76 + 4, 0);
    header.resize(512, 0xff);
    let entry = |name: &str, kind: u8, start: u32, length: usize| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let letters = u16::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend(letters.to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([0xff; 12]);
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend(u64::try_from(length).unwrap().to_le_bytes());
        entry
    };
    let mut directory = [entry("Root Entry", 5, end, 0), entry(name, 2, 2, length)].concat();
    directory.resize(512, 0);
    stream.resize(sectors * 512, 0);
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    [header, table, directory, stream].concat()
}

/// A sheet with headings and two rows, in every kind of record.
pub(crate) fn biff_cells() -> Vec<u8> {
    let shared = |row: u16, column: u16, at: u32| cell(0x00fd, row, column, &at.to_le_bytes());
    let mut cells: Vec<u8> = (0..6).flat_map(|at| shared(0, at, u32::from(at))).collect();
    for (row, indicator) in [(1, 7), (2, 9)] {
        cells.extend(shared(row, 0, 6));
        cells.extend(shared(row, 1, indicator));
        cells.extend(shared(row, 2, 8));
    }
    // 30 and 40 as a run of compact numbers, 75 as a formula's double; 131 as a double.
    let run = [0_u16.to_le_bytes().as_slice(), &(30_u32 << 2 | 2).to_le_bytes()].concat();
    let next = [0_u16.to_le_bytes().as_slice(), &(40_u32 << 2 | 2).to_le_bytes()].concat();
    let place = [1_u16, 3].map(u16::to_le_bytes).concat();
    cells.extend(record(0x00bd, &[place, run, next, 4_u16.to_le_bytes().to_vec()].concat()));
    cells.extend(cell(0x0006, 1, 5, &[75_f64.to_le_bytes().as_slice(), &[0; 8]].concat()));
    cells.extend(cell(0x0203, 2, 3, &131_f64.to_le_bytes()));
    cells
}

pub(crate) const BIFF_TEXTS: [&str; 10] = [
    "authority_code",
    "indicator",
    "quarter",
    "numerator",
    "denominator",
    "value",
    "E06000022",
    "in_time_pct",
    "2017-18 Q2",
    "plan_count",
];

pub(crate) fn xls() -> Vec<u8> {
    compound("Workbook", &biff_stream(&BIFF_TEXTS, &[("Return", 0, biff_cells())]))
}
