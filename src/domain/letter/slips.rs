//! Slips as a letter lists them: each kind once, with every place.

use crate::domain::figure::Column;
use crate::domain::letter::words;
use crate::domain::message::{Attachment, Block, Cell};
use crate::domain::slip::{Group, Slip};

const REASONS_MAX: usize = 12;
/// So many slips of a kind are listed, each with its text.
const SLIPS_MAX: usize = 12;
/// The file with all of them.
pub(super) const FILE: &str = "rows-not-accepted.csv";

/// Kinds of slips, with their places.
pub(super) fn bullets(groups: &[Group]) -> Vec<Block> {
    let mut items: Vec<String> = groups.iter().take(REASONS_MAX).map(group_words).collect();
    let rest = groups.get(REASONS_MAX..).unwrap_or_default();
    if !rest.is_empty() {
        let rows: usize = rest.iter().map(Group::rows).sum();
        let reasons = words::counted(rest.len(), "more reason", "more reasons");
        items.push(format!("And {reasons}, in {}.", words::counted(rows, "row", "rows")));
    }
    words::bullets(items)
}

/// One kind of slip: what it is, and each place; those that differ with their text.
fn group_words(group: &Group) -> String {
    let rows = words::counted(group.rows(), "row", "rows");
    match (group.places.as_slice(), group.texts.is_empty()) {
        ([], _) => format!("{} ({})", words::sentence(&group.reason), group.code),
        (places, true) => {
            let (reason, places) = (words::sentence(&group.reason), words::places(places));
            format!("{reason} ({}: {rows}, {places})", group.code)
        }
        (_, false) => {
            let kind = words::sentence(&format!("these {}", group.reason));
            format!("{kind} ({}: {rows}) {}", group.code, each_slip(group))
        }
    }
}

/// `` `tbc` in line 9 column AM; `n.k.` in line 12 column AN ``, with the sheet where there is one.
fn each_slip(group: &Group) -> String {
    let sheet = group.places.first().and_then(|place| place.sheet.as_deref());
    let pairs = group.texts.iter().zip(&group.places).take(SLIPS_MAX);
    let slips: Vec<String> = pairs
        .map(|(text, place)| {
            let column = place.column.as_ref().map(|column| format!(" column {}", column.letters()));
            format!("`{text}` in line {}{}", place.line, column.unwrap_or_default())
        })
        .collect();
    let more = group.places.len().saturating_sub(SLIPS_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let sheet = sheet.map(|sheet| format!(" (sheet `{sheet}`)")).unwrap_or_default();
    format!("{}{more}{sheet}.", slips.join("; "))
}

/// The rows that were refused, for those who correct them in a spreadsheet.
pub(super) fn attachment(slips: &[Slip]) -> Attachment {
    let columns = ["sheet", "line", "column", "heading", "code", "reason"].map(str::to_owned);
    let text = |words: Option<String>| words.map_or(Cell::Empty, Cell::Text);
    let rows = slips.iter().map(|slip| {
        let column = slip.place.column.as_ref();
        vec![
            text(slip.place.sheet.clone()),
            Cell::Number(f64::from(slip.place.line)),
            text(column.map(Column::letters)),
            text(column.map(|column| column.heading.clone())),
            text(Some(slip.code.clone())),
            text(Some(slip.reason.clone())),
        ]
    });
    Attachment::Figures { file_name: FILE.to_owned(), columns: columns.into(), rows: rows.collect() }
}
