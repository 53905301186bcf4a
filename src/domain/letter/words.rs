//! Phrases that every letter shares.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::domain::figure::Place;
use crate::domain::indicator::{A_YEAR, Unit};
use crate::domain::message::Block;
use crate::domain::sentence::{round_half_up, with_thousands};

pub(super) const SUBJECT_CHARS_MAX: usize = 78;
pub(super) const PREHEADER_CHARS_MAX: usize = 90;
const PLACES_MAX: usize = 5;

/// `Friday 1 December 2017`.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// `1 December 2017`.
pub(super) fn short_day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// `today`, `tomorrow`, or nothing for any other day.
pub(super) fn near(date: NaiveDate, today: NaiveDate) -> Option<&'static str> {
    match (date - today).num_days() {
        0 => Some("today"),
        1 => Some("tomorrow"),
        _ => None,
    }
}

/// Of so many names all, or the first and how many more; there are commas in names.
pub(super) fn at_most(names: &[&str], most: usize) -> String {
    match names.get(..most) {
        Some(first) if names.len() > most => {
            format!("{}; and {} more", first.join("; "), names.len() - most)
        }
        _ => names.join("; "),
    }
}

/// `Friday 27 October 2017 at 09:14 (UK time)`.
pub(super) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let zone_name = if zone == Tz::Europe__London { "UK" } else { zone.name() };
    format!("{} at {} ({zone_name} time)", day(local.date_naive()), local.format("%H:%M"))
}

/// `1 row`, `3 rows`, `1,084 rows`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    let grouped = with_thousands(&count.to_string());
    format!("{grouped} {}", if count == 1 { one } else { many })
}

/// `1 working day`, `3 working days`; the sign is dropped.
pub(super) fn working_days(count: i32) -> String {
    counted(usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX), "working day", "working days")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let front: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", front.join(", "), last.as_ref())
        }
    }
}

/// The parts that say something, joined by commas.
pub(super) fn strip(parts: Vec<Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `3 new`; nothing when there are none.
pub(super) fn some(count: usize, words: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {words}"))
}

/// Cut at a word so that at most `chars_max` characters are left.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= chars_max {
        return plain;
    }
    let room: String = plain.chars().take(chars_max.saturating_sub(3)).collect();
    let cut = room.rfind(' ').and_then(|end| room.get(..end)).unwrap_or(&room);
    format!("{}...", cut.trim_end_matches([',', ' ', ':']))
}

/// A whole number with commas; one decimal when it has a fraction, as full-time equivalents do.
pub(super) fn count(value: f64) -> String {
    let decimals = u8::from(value.fract().abs() > f64::EPSILON);
    with_thousands(&round_half_up(value, decimals))
}

/// The unit in words, for a subtitle.
pub(super) fn unit(unit: Unit) -> String {
    match unit {
        Unit::Count => "number".to_owned(),
        Unit::Percent => "per cent".to_owned(),
        Unit::Rate { per } if per > 1 => format!("rate per {}", with_thousands(&per.to_string())),
        Unit::Rate { .. } => "average".to_owned(),
    }
}

/// `line 7`, `lines 7, 12 and 40`, `sheet Return, row 7`; at most five, the rest counted.
pub(super) fn places(places: &[Place]) -> String {
    Place::listed(places, PLACES_MAX)
}

/// A paragraph.
pub(super) fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

/// A heading and what stands under it; nothing when there is nothing.
pub(super) fn section(heading: &str, blocks: Vec<Block>) -> Vec<Block> {
    if blocks.is_empty() {
        return blocks;
    }
    let mut all = vec![Block::Heading(heading.to_owned())];
    all.extend(blocks);
    all
}

/// A list as a block; none when it is empty.
pub(super) fn bullets(items: Vec<String>) -> Vec<Block> {
    if items.is_empty() { Vec::new() } else { vec![Block::Bullets(items)] }
}

/// `text` as a sentence: full stop at the end, first letter raised.
pub(super) fn sentence(text: &str) -> String {
    let ended = sentence_as_is(text);
    let mut letters = ended.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// A title inside a sentence: its first letter lowered, unless it is an abbreviation.
pub(super) fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), letters.as_str())
        }
        _ => title.to_owned(),
    }
}

/// A sentence with an indicator's name in it, as people would write it.
///
/// Inside a sentence the name begins small, and a unit that the name says is not said again.
pub(super) fn with_name(sentence: &str, name: &str) -> String {
    let name = name.strip_suffix(A_YEAR).unwrap_or(name);
    if !sentence.contains(name) {
        return sentence.to_owned();
    }
    let mut written = String::new();
    for (index, piece) in sentence.split(name).enumerate() {
        if index > 0 {
            let is_inside = written.ends_with(' ') && !written.ends_with(": ") && !written.ends_with(". ");
            written.push_str(&if is_inside { lowered(name) } else { name.to_owned() });
        }
        written.push_str(&unit_once(piece, name));
    }
    written
}

/// A value beside an indicator's name: `Referrals per 10,000 children` needs no `per 10,000` behind it.
pub(super) fn unit_once(value: &str, name: &str) -> String {
    let unit = name.split_once(" per ").and_then(|(_, unit)| unit.split_whitespace().next());
    let unit = unit.map(|unit| unit.trim_end_matches(','));
    unit.map_or_else(|| value.to_owned(), |unit| value.replace(&format!(" per {unit}"), ""))
}

/// A theme's short name for readers: `child-protection` is `Child protection`.
pub(super) fn theme(short_name: &str) -> String {
    let words = short_name.replace('-', " ");
    let mut letters = words.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// `text` with a full stop, its first letter as it is: an error, a command.
pub(super) fn sentence_as_is(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.ends_with(['.', '?']) {
        trimmed.to_owned()
    } else {
        format!("{trimmed}.")
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::figure::{Column, Place};
    use crate::domain::letter::words;

    #[test]
    fn counts_carry_commas_and_only_parts_a_decimal() {
        assert_eq!(words::count(1_084_060.0), "1,084,060");
        assert_eq!(words::count(12.5), "12.5");
        assert_eq!(words::counted(1_084, "row", "rows"), "1,084 rows");
    }

    #[test]
    fn a_name_inside_a_sentence_begins_small_and_says_its_unit_once() {
        let name = "Referrals per 10,000 children";
        let told =
            words::with_name(&format!("Devon: {name} stood at 50 per 10,000, was 4 per 10,000."), name);
        assert_eq!(told, "Devon: Referrals per 10,000 children stood at 50, was 4.");
        let told = words::with_name(&format!("Devon has the highest {name} (50 per 10,000)."), name);
        assert_eq!(told, "Devon has the highest referrals per 10,000 children (50).");
        assert_eq!(words::with_name("5 per 10,000 for UASC", "UASC"), "5 per 10,000 for UASC");
        let yearly = "Plans started per 10,000, a year";
        let told = "Devon: Plans started per 10,000 went from 5 per 10,000 to 9 per 10,000.";
        assert_eq!(words::with_name(told, yearly), "Devon: Plans started per 10,000 went from 5 to 9.");
        assert_eq!(words::with_name("5 per 10,000 came.", yearly), "5 per 10,000 came.");
        assert_eq!(words::unit_once("5 per 10,000 (3 of 4)", yearly), "5 (3 of 4)");
    }

    #[test]
    fn a_long_subject_is_cut_at_a_word() {
        let cut = words::shortened(&"word ".repeat(40), 78);
        assert!(cut.chars().count() <= 78 && cut.ends_with("word..."), "{cut}");
    }

    #[test]
    fn a_line_break_never_reaches_a_subject() {
        assert_eq!(words::shortened("Received\r\nBcc: x", 78), "Received  Bcc: x");
    }

    #[test]
    fn more_than_five_places_are_counted() {
        let at = |line| Place { sheet: None, line, column: None };
        assert_eq!(words::places(&[at(7)]), "line 7");
        assert_eq!(words::places(&[at(7), at(12)]), "lines 7 and 12");
        let many: Vec<Place> = (1..=8).map(at).collect();
        assert_eq!(words::places(&many), "lines 1, 2, 3, 4, 5 and 3 more");
        let in_column = |line, number, heading: &str| Place {
            column: Some(Column { number, heading: heading.to_owned() }),
            ..at(line)
        };
        let alike = [in_column(3, 6, "value"), in_column(9, 6, "value")];
        assert_eq!(words::places(&alike), "lines 3 and 9, column F (`value`)");
        assert_eq!(words::places(&[in_column(3, 6, "value"), at(9)]), "lines 3 column F and 9");
    }
}
