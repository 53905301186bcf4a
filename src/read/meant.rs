//! What a text in place of a number is probably meant to say, so that the right symbol can be named.

use crate::domain::figure::Status;

/// What people write for a small number that is withheld.
const WITHHELD: [&str; 22] = [
    "c",
    "s",
    "p",
    "d",
    "sup",
    "supp",
    "suppr",
    "suppressed",
    "supressed",
    "withheld",
    "redacted",
    "masked",
    "hidden",
    "confidential",
    "conf",
    "disclosive",
    "disclosure",
    "small",
    "small number",
    "small numbers",
    "low numbers",
    "!",
];

/// What they write where there is no number, or not yet.
const UNKNOWN: [&str; 32] = [
    "x",
    ":",
    "..",
    "...",
    "-",
    "--",
    "?",
    "nk",
    "n/k",
    "n.k",
    "n.k.",
    "nr",
    "n/r",
    "no data",
    "not known",
    "not available",
    "not recorded",
    "not collected",
    "not provided",
    "unknown",
    "unavailable",
    "missing",
    "blank",
    "tbc",
    "tba",
    "tbd",
    "to be confirmed",
    "to follow",
    "awaited",
    "pending",
    "nil return",
    "m",
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What numbers stand for nothing in many systems: `-1`, `-9`, `-99`, `-888`.
const NUMBERS: [char; 3] = ['7', '8', '9'];

/// A number below this may be withheld, and ranges up to it are what is written then.
const SMALL: u32 = 20;

/// The status that such a text looks like; none when it may be anything.
pub(crate) fn status(text: &str) -> Option<Status> {
    let lower = text.trim().to_lowercase().replace(['\u{2013}', '\u{2014}', '\u{2212}'], "-");
    let is_mark = !lower.is_empty() && lower.chars().all(|c| matches!(c, '*' | '#' | '~' | '^'));
    if is_mark || is_below(&lower) || is_range(&lower) || is_day(text) {
        return Some(Status::Suppressed);
    }
    let known = |words: &[&str]| words.contains(&lower.as_str()) || words.contains(&bare(&lower));
    if known(&WITHHELD) {
        return Some(Status::Suppressed);
    }
    known(&UNKNOWN).then_some(Status::Unavailable)
}

/// Whether a negative number is one by which systems say that there is none.
pub(crate) fn stands_for_none(text: &str) -> bool {
    let Some(digits) = text.trim().strip_prefix(['-', '\u{2212}']) else { return false };
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    let is_repeated = |digit: &char| digits.chars().all(|c| c == *digit);
    digits == "1" || (!digits.is_empty() && NUMBERS.iter().any(is_repeated))
}

/// Whether it is a day and a month, as spreadsheets make of `1-9`.
pub(crate) fn is_day(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let Some((first, second)) = lower.split_once(['-', ' ', '/']) else { return false };
    number(first).is_some_and(|day| day <= 31) && MONTHS.contains(&second)
}

/// Without the brackets and marks around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>' | '*' | '"' | ' '))
}

/// `<5`, `< 10`, `≤5`, `less than 6`, `under 5`.
fn is_below(text: &str) -> bool {
    let starts = ["<=", "=<", "<", "\u{2264}", "less than", "fewer than", "under", "below", "lt"];
    let rest = starts.iter().find_map(|start| text.strip_prefix(start));
    rest.and_then(|rest| number(rest.trim())).is_some_and(|number| number <= SMALL)
}

/// `1-5`, `0 to 4`.
fn is_range(text: &str) -> bool {
    let ends = text.split_once('-').or_else(|| text.split_once(" to "));
    let ends = ends.and_then(|(low, high)| number(low.trim()).zip(number(high.trim())));
    ends.is_some_and(|(low, high)| low < high && high <= SMALL)
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_a_small_number_is_known() {
        for text in [
            "supp",
            "[c]",
            "(s)",
            "*",
            "**",
            "<5",
            "< 5",
            "\u{2264}5",
            "less than 6",
            "1-5",
            "0 to 4",
            "1\u{2013}4",
            "09-Jan",
            "5-May",
            "Suppressed",
            "withheld",
        ] {
            assert_eq!(status(text), Some(Status::Suppressed), "{text}");
        }
        for text in ["n.k.", "NK", "tbc", "..", ":", "-", "[x]", "not known", "To follow"] {
            assert_eq!(status(text), Some(Status::Unavailable), "{text}");
        }
        for text in
            ["148 plans", "12.7.1", "<500", "30-5", "12-40", "1323 (est)", "", "Jan-17", "twelve", "o"]
        {
            assert_eq!(status(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_stands_for_none_is_known() {
        for text in ["-1", "-9", "-99", "-999.0", "-888", "\u{2212}99"] {
            assert!(stands_for_none(text), "{text}");
        }
        for text in ["-12", "-2", "-98", "99", "-"] {
            assert!(!stands_for_none(text), "{text}");
        }
    }
}
