//! Whether a reading may count, beside the version of the same return that counts so far.

use crate::read::code::Refusal;
use crate::read::reading::{Reading, by_reason};

/// So many codes stand in one sentence, the rest are counted.
const CODES_MAX: usize = 6;

/// The version of a return that counts, as far as a newer one is measured by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// Its version.
    pub version: u32,
    /// Its figures of measures that are still collected, those with a status in place of a number too.
    pub figures: u32,
    /// Those with a number other than 0.
    pub numbers: u32,
}

/// Whether somebody has said that a smaller version is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Nobody has: far fewer figures than before are taken for a mistake.
    Expected,
    /// Somebody has, with a name and a reason.
    Meant,
}

/// Refuses a file of which nothing was accepted, and one that would take most of a good version away.
///
/// What was accepted is compared with what was accepted, never rows that were read: a file of blank rows has
/// as many of those as a good one. A figure with a status such as `suppressed` is an answer and counts. Where
/// the version before had numbers, a return of zeros is a form that nobody filled in.
///
/// # Errors
/// With the reading, so that the sender can be told why rows were set aside. The sentence itself quotes no
/// cell: people of other authorities read it too.
pub fn may_count(reading: Reading, before: Option<&Before>, size: Size) -> Result<Reading, Refusal> {
    if reading.observations.is_empty() {
        let reason = format!("no row could be taken in: {}", set_aside(&reading));
        return Err(Refusal::of("nothing-accepted", reason, reading));
    }
    let Some(before) = before.filter(|_| size == Size::Expected) else { return Ok(reading) };
    let figures = count(reading.observations.len());
    let numbers = count(reading.observations.iter().filter(|one| one.figure.has_number()).count());
    let (version, was) = (before.version, before.figures);
    let what = if is_far_fewer(figures, was) {
        format!("{figures} figures could be taken in; version {version}, which still counts, has {was}")
    } else if numbers == 0 && before.numbers > 1 {
        let was = before.numbers;
        format!(
            "none of {figures} figures has a number other than 0; of version {version}, which still counts, \
             {was} have"
        )
    } else {
        return Ok(reading);
    };
    let aside = if reading.quarantined.is_empty() {
        "the rest is not in the file".to_owned()
    } else {
        set_aside(&reading)
    };
    let reason = format!(
        "{what}: {aside}; send the whole return, or tell the regional lead that it is \
         meant to be smaller"
    );
    Err(Refusal::of("far-fewer-figures", reason, reading))
}

/// More than a quarter of the figures gone, and more than one.
///
/// A form that changes loses a measure or two: a theme has at most a fourth of a return's measures. A cut
/// file, a file of corrections only, or a form that could not be read loses more. Asking once too often costs
/// a message, taking a good return away costs a quarter of watching; so the line is drawn early. One figure
/// alone may always go, else a return of three could never lose any.
fn is_far_fewer(now: u32, before: u32) -> bool {
    let gone = before.saturating_sub(now);
    gone > 1 && gone * 4 > before
}

/// How many rows were set aside, by code, most rows first.
fn set_aside(reading: &Reading) -> String {
    let codes = by_reason(reading);
    if codes.is_empty() {
        return "every row is blank, or is about no figure of this return".to_owned();
    }
    let mut shown: Vec<String> =
        codes.iter().take(CODES_MAX).map(|(code, rows, _)| format!("{code} {rows}")).collect();
    let rest = codes.len().saturating_sub(CODES_MAX);
    if rest > 0 {
        shown.push(format!("{rest} more reasons"));
    }
    match reading.quarantined.len() {
        1 => format!("1 row was set aside ({})", shown.join(", ")),
        rows => format!("{rows} rows were set aside ({})", shown.join(", ")),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::is_far_fewer;

    #[test]
    fn a_quarter_of_the_figures_may_go_and_one_always() {
        for (now, before) in [(26, 34), (6, 8), (3, 4), (2, 3), (1, 2), (34, 34), (40, 34), (30, 40)] {
            assert!(!is_far_fewer(now, before), "{now} of {before}");
        }
        for (now, before) in [(25, 34), (20, 34), (5, 8), (2, 4), (1, 3), (29, 40)] {
            assert!(is_far_fewer(now, before), "{now} of {before}");
        }
    }
}
