//! An authority on a day on which it did not exist: who was there instead, and which code is written.

use chrono::NaiveDate;

use crate::domain::authority::{Authority, AuthorityCode, Share};
use crate::domain::quarter::Quarter;
use crate::read::reading::Expected;

/// The authority that is all of this one's area, and of no other's, on a day on which this one is not there.
///
/// Where authorities were split or put together, the figures of the one are not those of the other.
#[must_use]
pub fn same_area<'a>(all: &'a [Authority], of: &'a Authority, date: NaiveDate) -> Option<&'a Authority> {
    let sources = |code: &AuthorityCode| {
        let is_one = |one: &&Authority| one.successors.iter().any(|it| it.to == *code);
        all.iter().filter(is_one).collect::<Vec<_>>()
    };
    let is_later = of.until.is_some_and(|until| until < date);
    let mut one = of;
    // As often as there are authorities, in case that they succeed each other in a circle.
    for _ in all {
        one = if is_later {
            let next = one.continues_as()?;
            all.iter().find(|it| it.code == *next && sources(next).len() == 1)?
        } else {
            let [before] = sources(&one.code)[..] else { return None };
            Some(before).filter(|it| it.continues_as() == Some(&one.code))?
        };
        if one.existed_on(date) {
            return Some(one);
        }
    }
    None
}

/// Of a code that the area of `asked` had at another time: whose it was, and which code is written.
pub(crate) fn another_code(
    expected: &Expected<'_>,
    other: &AuthorityCode,
    asked: &AuthorityCode,
) -> Option<String> {
    let date = expected.quarter.map_or(expected.today, Quarter::last_day);
    let known = expected.authorities.iter().find(|one| one.code == *other && !one.existed_on(date))?;
    let now = same_area(expected.authorities, known, date).filter(|one| one.code == *asked)?;
    let (other, name) = (expected.called(other), expected.called(asked));
    let when = match now.from.filter(|_| known.until.is_some_and(|until| until < date)) {
        Some(since) => format!("which is {name} since {}", told(since)),
        None => format!("which was {name} on {}", told(date)),
    };
    Some(format!("{other}, {when}: write `{asked}`"))
}

/// Why a figure of this authority on this day cannot be, and whose it is.
#[must_use]
pub fn reason(expected: &Expected<'_>, of: &Authority, date: NaiveDate) -> String {
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
