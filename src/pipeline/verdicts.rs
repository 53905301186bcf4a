//! The receipt in words beside a file that was put away: what became of it, and what to do.

use anyhow::Result;

use crate::collect::Wanted;
use crate::collect::folder::Fate;
use crate::pipeline::agreed::{Place, folder_words};
use crate::pipeline::forgotten::{AS_VERSION, BYTES, MINUTE, REFUSED, TAKEN_IN, WITH_BYTES};
use crate::pipeline::opening::Walk;
use crate::pipeline::receipting::standing;
use crate::store::judged::Judged;

/// So many reasons stand in a receipt, the rest are counted.
const REASONS_MAX: usize = 50;

/// What became of a file of so many bytes, by reason, most rows first.
///
/// # Errors
/// When the database cannot be asked which version counts.
pub(super) fn verdict(
    walk: &Walk<'_>,
    place: &Place<'_>,
    wanted: &Wanted,
    bytes: u64,
    judged: &Judged,
) -> Result<(Fate, String)> {
    let local = judged.received_at.with_timezone(&walk.settings.zone);
    let at = format!("{} {}", local.format(MINUTE), local.format("%Z"));
    if let Some(reason) = &judged.refused {
        let name = wanted.authority.as_ref().zip(wanted.quarter);
        let name = name.and_then(|(authority, quarter)| place.naming.exact(authority, quarter));
        let name = name.map_or_else(String::new, |name| format!(", as `{name}`"));
        let words = format!(
            "{REFUSED}{at}{WITH_BYTES}{bytes}{BYTES}\n\n{reason}\n\n{}Correct the file and put it \
             into {} again{name}.\n{}",
            still_counts(walk, place, wanted)?,
            folder_words(place.naming.source),
            reasons(judged)
        );
        return Ok((Fate::Refused, words));
    }
    let head = format!(
        "{TAKEN_IN}{at}{AS_VERSION}{}.\n\nRows read: {}\nRows accepted: {}\nRows set aside: {}\n",
        judged.version, judged.rows_read, judged.rows_accepted, judged.rows_quarantined
    );
    Ok((Fate::Done, head + &reasons(judged)))
}

/// The rows that were set aside, by reason, most rows first.
fn reasons(judged: &Judged) -> String {
    let (shown, rest) = judged.reasons.split_at(judged.reasons.len().min(REASONS_MAX));
    let reasons = shown.iter().map(|reason| {
        let rows = if reason.rows == 1 { "1 row".to_owned() } else { format!("{} rows", reason.rows) };
        format!("\n{rows} set aside: {}\n  {}\n", reason.words, reason.places)
    });
    let more = (!rest.is_empty()).then(|| {
        format!(
            "\nand {} more reasons; the list attached to the receipt that is mailed has all.\n",
            rest.len()
        )
    });
    reasons.chain(more).collect()
}

/// Which version counts, in a sentence and the blank behind it; nothing of a publisher's file.
fn still_counts(walk: &Walk<'_>, place: &Place<'_>, wanted: &Wanted) -> Result<String> {
    let Some((authority, quarter)) = wanted.authority.as_ref().zip(wanted.quarter) else {
        return Ok(String::new());
    };
    Ok(match standing(walk, &place.collection.name, authority, quarter)? {
        Some((version, on)) => {
            format!("Version {version}, received on {}, still counts. ", on.format("%-d %B %Y"))
        }
        None => "No version of this return has been accepted yet. ".to_owned(),
    })
}
