//! An authority on a day on which it did not exist: who was there instead.

use chrono::NaiveDate;

use crate::domain::authority::{Authority, AuthorityCode, Share};
use crate::read::reading::Expected;

/// Why a figure of this authority on this day cannot be, and whose it is.
pub(crate) fn reason(expected: &Expected<'_>, of: &Authority, date: NaiveDate) -> String {
    let (name, day) = (format!("{} (`{}`)", of.name, of.code), told(date));
    if let Some(until) = of.until.filter(|until| *until < date) {
        let ended = format!("{name} ended on {}", told(until));
        let since = until.succ_opt().map(told).unwrap_or_default();
        let whole = of.successors.iter().all(|one| one.share == Share::Whole);
        let codes: Vec<&AuthorityCode> = of.successors.iter().map(|one| &one.to).collect();
        return match (codes.as_slice(), whole) {
            ([], _) => format!("{ended}: use the code of {day}"),
            ([one], true) => {
                let to = expected.called(one);
                format!("{ended}, and is {to} since {since}: send the figure under that code")
            }
            (several, _) => {
                let to = listed(expected, several);
                format!("{ended}, and parts of it are {to} since {since}: send the figures of each of these")
            }
        };
    }
    let from = of.from.map(told).unwrap_or_default();
    let before = format!("{name} exists since {from}");
    let is_part = |one: &&Authority| one.successors.iter().any(|it| it.to == of.code);
    let earlier = expected.authorities.iter().filter(is_part).filter(|one| one.existed_on(date));
    let earlier: Vec<&AuthorityCode> = earlier.map(|one| &one.code).collect();
    match earlier.as_slice() {
        [] => format!("{before}, and did not exist on {day}: use the code of that day"),
        [one] => {
            let was = expected.called(one);
            format!("{before}; on {day} it was {was}: send the figure under that code")
        }
        several => {
            let were = listed(expected, several);
            format!("{before}; on {day} there were {were} in its place: send the figures of each of these")
        }
    }
}

fn told(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn listed(expected: &Expected<'_>, codes: &[&AuthorityCode]) -> String {
    let names: Vec<String> = codes.iter().map(|code| expected.called(code)).collect();
    match names.as_slice() {
        [front @ .., last] if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        names => names.concat(),
    }
}
