//! A ZIP archive of a stranger: looked through to its end before anything parses it.

use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::config::settings::Limits;
use crate::read::code::Refusal;
use crate::read::grid::GridRemark;
use crate::read::text::shown;
use crate::read::xml;

const PARTS_MAX: usize = 2_000;
/// What unpacks to more than this may not be packed tighter than `RATIO_MAX`.
pub(crate) const RATIO_FROM_BYTES: u64 = 4 * 1024 * 1024;
/// Unpacked bytes for each packed one.
pub(crate) const RATIO_MAX: u64 = 150;

/// An archive in memory.
pub(crate) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Opens an archive with nothing in front of it and every name once.
pub(crate) fn opened(bytes: &[u8]) -> Result<Archive<'_>, Refusal> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.offset() != 0 || !bytes.starts_with(b"PK") {
        return Err(Refusal::new(
            "type-mismatch",
            "the file has something in front of its ZIP archive: save it again",
        ));
    }
    if archive.has_duplicate_names() {
        let reason = "the ZIP archive holds the same name twice: save it again";
        return Err(Refusal::new("duplicate-part", reason));
    }
    Ok(archive)
}

/// Refuses a workbook's bombs, overlaps, encrypted or damaged parts, and dangerous XML.
///
/// Every part is read to its end, which compares its checksum: the workbook's parser does not.
pub(crate) fn inspect(archive: &mut Archive<'_>, limits: &Limits) -> Result<Vec<GridRemark>, Refusal> {
    if archive.len() > PARTS_MAX {
        return Err(Refusal::new("too-many-entries", "the workbook has too many parts: save it again"));
    }
    declared(archive, limits)?;
    let mut remarks = Vec::new();
    let mut left = limits.unpacked_bytes_max;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = part.name().map(|name| name.to_string()).unwrap_or_default();
        let body = whole(part, &name, left)?;
        left = left.saturating_sub(u64::try_from(body.len()).unwrap_or(u64::MAX));
        if is_xml(&name, &body) {
            xml::inspect(&body)?;
        }
        remarks.extend(remark(&name));
    }
    remarks.dedup_by(|one, other| one.code == other.code);
    Ok(remarks)
}

/// Refuses what is encrypted, says it is too large or too tight, or overlaps.
pub(crate) fn declared(archive: &mut Archive<'_>, limits: &Limits) -> Result<(), Refusal> {
    let mut sum = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|error| broken(&error))?;
        if part.encrypted() {
            let reason = "the file is protected with a password: remove the password and send it again";
            return Err(Refusal::new("encrypted", reason));
        }
        sum = sum.saturating_add(part.size());
        let tight = part.size() / RATIO_MAX > part.compressed_size();
        if sum > limits.unpacked_bytes_max || (part.size() > RATIO_FROM_BYTES && tight) {
            return Err(bomb());
        }
    }
    if archive.has_overlapping_entries().map_err(|error| broken(&error))? {
        return Err(Refusal::new(
            "zip-overlap",
            "parts of the ZIP archive overlap each other: save it again",
        ));
    }
    Ok(())
}

/// The refusal of what unpacks to too much.
pub(crate) fn bomb() -> Refusal {
    let reason = "the file unpacks to far more than a return needs: delete unused rows and sheets";
    Refusal::new("zip-bomb", reason)
}

/// One part, to its end; its size and checksum must be what the archive says.
pub(crate) fn whole(part: ZipFile<'_, Cursor<&[u8]>>, name: &str, left: u64) -> Result<Vec<u8>, Refusal> {
    let declared = part.size();
    let mut body = Vec::new();
    let read = part.take(left.saturating_add(1)).read_to_end(&mut body);
    if read.is_err() || u64::try_from(body.len()).unwrap_or(u64::MAX) != declared {
        let name = shown(name);
        let reason = format!("the part `{name}` of the file is damaged: save it again and send it again");
        return Err(Refusal::new("corrupt-part", reason));
    }
    Ok(body)
}

/// A part by its exact name, if it is there.
pub(crate) fn named(
    archive: &mut Archive<'_>,
    name: &str,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(index) = archive.index_for_name(name) else { return Ok(None) };
    let part = archive.by_index(index).map_err(|error| broken(&error))?;
    whole(part, name, limits.unpacked_bytes_max).map(Some)
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
    if name.eq_ignore_ascii_case("xl/vbaProject.bin") || name.starts_with("Basic/") {
        let text = "the workbook holds macros; they were not run";
        return Some(GridRemark::whole("macros", text));
    }
    None
}

/// The refusal of an archive that cannot be read.
pub(crate) fn broken(error: &ZipError) -> Refusal {
    let reason = format!("the file cannot be opened ({error}): save it again and send it again");
    Refusal::new("broken-archive", reason)
}
