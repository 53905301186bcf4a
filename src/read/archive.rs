//! A workbook is a ZIP archive of a stranger: looked through to its end before anything parses it.

use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::config::settings::Limits;
use crate::read::code::Refusal;
use crate::read::grid::GridRemark;
use crate::read::xml;

const PARTS_MAX: usize = 2_000;
/// A part that unpacks to more than this may not be packed tighter than `RATIO_MAX`.
const RATIO_FROM_BYTES: u64 = 4 * 1024 * 1024;
const RATIO_MAX: u64 = 150;

/// Refuses bombs, overlaps, encrypted, twice named or damaged parts, and dangerous XML.
///
/// Every part is read to its end, which compares its checksum: the workbook's parser does not.
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Vec<GridRemark>, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.offset() != 0 || !bytes.starts_with(b"PK") {
        return Err(Refusal::new(
            "type-mismatch",
            "the workbook has something in front of it: save it again in Excel",
        ));
    }
    if archive.len() > PARTS_MAX || archive.has_duplicate_names() {
        return Err(Refusal::new(
            "broken-workbook",
            "the workbook has too many parts, or one twice: save it again",
        ));
    }
    declared(&mut archive, limits)?;
    if archive.has_overlapping_entries().map_err(|error| broken(&error))? {
        return Err(Refusal::new(
            "zip-overlap",
            "parts of the workbook overlap each other: save it again in Excel",
        ));
    }
    let mut remarks = Vec::new();
    let mut left = limits.unpacked_bytes_max;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = part.name().map(|name| name.to_string()).unwrap_or_default();
        left = left.saturating_sub(walked(part, &name, left)?);
        remarks.extend(remark(&name));
    }
    remarks.dedup_by(|one, other| one.code == other.code);
    Ok(remarks)
}

fn declared(archive: &mut ZipArchive<Cursor<&[u8]>>, limits: &Limits) -> Result<(), Refusal> {
    let mut sum = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|error| broken(&error))?;
        if part.encrypted() {
            let reason = "the workbook is protected with a password: remove the password and send it again";
            return Err(Refusal::new("encrypted", reason));
        }
        sum = sum.saturating_add(part.size());
        let tight = part.size() / RATIO_MAX > part.compressed_size();
        if sum > limits.unpacked_bytes_max || (part.size() > RATIO_FROM_BYTES && tight) {
            let reason =
                "the workbook unpacks to far more than a return needs: delete unused rows and sheets";
            return Err(Refusal::new("zip-bomb", reason));
        }
    }
    Ok(())
}

fn walked(part: ZipFile<'_, Cursor<&[u8]>>, name: &str, left: u64) -> Result<u64, Refusal> {
    let declared = part.size();
    let mut body = Vec::new();
    let read = part.take(left.saturating_add(1)).read_to_end(&mut body);
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    if read.is_err() || length != declared {
        let reason =
            format!("the part `{name}` of the workbook is damaged: save it again in Excel and send it again");
        return Err(Refusal::new("corrupt-part", reason));
    }
    if is_xml(name, &body) {
        xml::inspect(&body)?;
    }
    Ok(length)
}

/// By its name or by how it begins: a sheet may bear any name.
fn is_xml(name: &str, body: &[u8]) -> bool {
    let ending = Path::new(name).extension().map(OsStr::to_ascii_lowercase);
    let text = body.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(body).trim_ascii_start();
    ending.is_some_and(|ending| ending == "xml" || ending == "rels")
        || text.starts_with(b"<")
        || [[0xff, 0xfe], [0xfe, 0xff], [0, b'<']].iter().any(|start| text.starts_with(start))
}

fn remark(name: &str) -> Option<GridRemark> {
    if name.starts_with("xl/externalLinks/") {
        let text = "the workbook links to other files; the links were not followed";
        return Some(GridRemark::whole("external-link", text));
    }
    None
}

fn broken(error: &zip::result::ZipError) -> Refusal {
    let reason = format!("the workbook cannot be opened ({error}): save it again in Excel and send it again");
    Refusal::new("broken-workbook", reason)
}
