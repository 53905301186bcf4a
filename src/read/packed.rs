//! Whatever must be unpacked before it can be read: workbooks, ZIP, gzip. Run it in a child with limits.

use crate::config::settings::Limits;
use crate::read::archive::{self, Archive};
use crate::read::code::Refusal;
use crate::read::container::{self, Unpacked};
use crate::read::grid::Grid;
use crate::read::kinds;
use crate::read::sniff::{self, Format};
use crate::read::text;
use crate::read::{biff, csv, json, ods, workbook};

/// What a packed file is, by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Xlsx,
    Ods,
    Xls,
    Zip,
    Gzip,
}

/// Whether a file may be unpacked from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    Outer,
    Inner,
}

/// The file as grids. A ZIP or gzip file holds exactly one other, which is none itself.
///
/// Of a workbook the named sheet; without a name every visible one in their order, and of several only the
/// heads, in which their headings may be looked for.
///
/// # Errors
/// When it cannot be trusted: see the rooms that read it.
pub fn packed(
    bytes: &[u8],
    file_name: &str,
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Vec<Grid>, Refusal> {
    unpacked(bytes, file_name, sheet, limits, Depth::Outer)
}

fn unpacked(
    bytes: &[u8],
    file_name: &str,
    sheet: Option<&str>,
    limits: &Limits,
    depth: Depth,
) -> Result<Vec<Grid>, Refusal> {
    if sniff::is_compound(bytes) {
        // That it is protected matters more than its name: a protected .xlsx is such a file.
        biff::is_open(bytes)?;
        agrees(Kind::Xls, file_name)?;
        return biff::biff(bytes, sheet, limits);
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        is_outer(depth)?;
        agrees(Kind::Gzip, file_name)?;
        return inner(container::from_gzip(bytes, file_name, limits)?, sheet, limits);
    }
    let mut archive = archive::opened(bytes)?;
    kinds::in_zip(|name| archive.index_for_name(name).is_some())?;
    let kind = kind(&archive);
    agrees(kind, file_name)?;
    match kind {
        Kind::Xlsx => workbook::inspected(&mut archive, bytes, sheet, limits),
        Kind::Ods => ods::ods(&mut archive, sheet, limits),
        _ => {
            is_outer(depth)?;
            inner(container::from_zip(&mut archive, limits)?, sheet, limits)
        }
    }
}

fn kind(archive: &Archive<'_>) -> Kind {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("[Content_Types].xml") || has("xl/workbook.xml") {
        Kind::Xlsx
    } else if has("content.xml") && (has("mimetype") || has("META-INF/manifest.xml")) {
        Kind::Ods
    } else {
        Kind::Zip
    }
}

fn is_outer(depth: Depth) -> Result<(), Refusal> {
    if depth == Depth::Outer {
        return Ok(());
    }
    let reason = "an archive is inside another: send the return itself, or packed once";
    Err(Refusal::new("nested-archive", reason))
}

fn inner(unpacked: Unpacked, sheet: Option<&str>, limits: &Limits) -> Result<Vec<Grid>, Refusal> {
    let Unpacked { bytes, file_name, remarks } = unpacked;
    let mut grids = match sniff::sniff(&bytes, &file_name)? {
        Format::Delimited => vec![csv::delimited(&bytes, limits)?],
        Format::Json => vec![json::json(&bytes, limits)?],
        Format::Packed => self::unpacked(&bytes, &file_name, sheet, limits, Depth::Inner)?,
    };
    for grid in &mut grids {
        grid.remarks.splice(0..0, remarks.iter().cloned());
    }
    Ok(grids)
}

/// Refuses a file whose name says it is of another kind.
fn agrees(kind: Kind, file_name: &str) -> Result<(), Refusal> {
    let endings: &[&str] = match kind {
        Kind::Xlsx => &["xlsx", "xlsm"],
        Kind::Ods => &["ods"],
        Kind::Xls => &["xls"],
        Kind::Zip => &["zip"],
        Kind::Gzip => &["gz"],
    };
    let Some(ending) = sniff::ending(file_name).filter(|ending| !endings.contains(ending)) else {
        return Ok(());
    };
    let (kind, right) = match kind {
        Kind::Xlsx => ("an Excel workbook", "xlsx"),
        Kind::Ods => ("an OpenDocument sheet", "ods"),
        Kind::Xls => ("an old Excel workbook", "xls"),
        Kind::Zip => ("a ZIP archive", "zip"),
        Kind::Gzip => ("compressed with gzip", "gz"),
    };
    let name = text::shown(file_name);
    let reason = format!(
        "`{name}` is {kind} (.{right}), not what .{ending} says: name it .{right}, or save it as .{ending}"
    );
    Err(Refusal::new("type-mismatch", reason))
}
