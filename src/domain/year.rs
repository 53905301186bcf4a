//! Years as people write them: one, or the two of a financial year.

/// The year in which `2015`, `2014-15`, `2014/2015`, `201415` or `14/15` ends; the second must follow the
/// first.
#[must_use]
pub fn ending(text: &str) -> Option<i32> {
    let plain = text.trim().replace(['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}'], "-").replace(' ', "");
    let year = match plain.len() {
        4 => digits(&plain),
        _ => financial_year(&plain).map(|start| start + 1),
    };
    year.filter(|year| (1900..=2199).contains(year))
}

/// The year in which `2017-18`, `2017/2018`, `201718` or `17/18` starts; the second must follow the first.
pub(super) fn financial_year(years: &str) -> Option<i32> {
    let (first, second) = match years.split_once(['/', '-']) {
        Some(parts) => parts,
        None if years.len() == 6 && years.is_ascii() => years.split_at(4),
        None => return None,
    };
    let start = match first.len() {
        4 => digits(first)?,
        2 if second.len() == 2 => 2000 + digits::<i32>(first)?,
        _ => return None,
    };
    let follows = match second.len() {
        2 => digits::<i32>(second)? == (start + 1) % 100,
        4 => digits::<i32>(second)? == start + 1,
        _ => false,
    };
    follows.then_some(start)
}

/// A whole number written with digits only: no sign, no space.
pub(super) fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::ending;

    #[test]
    fn a_year_ends_in_its_second_half_and_the_second_follows_the_first() {
        for text in ["2014/15", "2014-15", "201415", "2014/2015", "2014\u{2013}15", "14/15", "2015"] {
            assert_eq!(ending(text), Some(2015), "{text}");
        }
        for text in ["2014/16", "201416", "1850", "15", "2014/15/16", "20145", ""] {
            assert_eq!(ending(text), None, "{text}");
        }
    }
}
