//! Numbers, strictly: digits, perhaps a point, perhaps thousands separators of the exact shape.

const WHOLE_DIGITS_MAX: usize = 15;
const CHARS_MAX: usize = 40;

/// Which mark stands before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalMark {
    /// A point.
    Point,
    /// A point or a comma: the file is separated by semicolons.
    PointOrComma,
}

/// What was odd about a number that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    None,
    /// `1,200` or `1 200`.
    Thousands,
    /// `30,5`.
    DecimalComma,
    /// `9.2e-05`, as programs write what is almost nothing.
    Scientific,
}

/// The number that `text` writes. None for hexadecimal, NaN, underscores and the like, and for exponents.
///
/// But programs write what is almost nothing with a negative exponent, `9.2e-05`, and that is read.
pub(crate) fn number(text: &str, mark: DecimalMark) -> Option<(f64, Oddity)> {
    // Adding nothing makes of -0, which is less than nothing to some and not to others, a plain 0.
    written(text.trim(), mark).map(|(number, oddity)| (number + 0.0, oddity))
}

fn written(text: &str, mark: DecimalMark) -> Option<(f64, Oddity)> {
    if text.len() > CHARS_MAX {
        return None;
    }
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_plain(body) {
        return Some((text.parse().ok()?, Oddity::None));
    }
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let tiny = exponent.strip_prefix('-').is_some_and(|digits| is_digits(digits) && digits.len() <= 2);
        let plain =
            tiny && mantissa.split('.').next().is_some_and(|one| one.len() == 1) && is_plain(mantissa);
        return plain.then(|| text.parse().ok()).flatten().map(|n| (n, Oddity::Scientific));
    }
    if mark == DecimalMark::PointOrComma && body.contains(',') {
        let (whole, decimals) = body.split_once(',')?;
        let ambiguous = decimals.len() == 3;
        let sound = !ambiguous && is_digits(whole) && is_digits(decimals);
        return sound
            .then(|| text.replace(',', ".").parse().ok())
            .flatten()
            .map(|n| (n, Oddity::DecimalComma));
    }
    let whole = body.split_once('.').map_or(body, |(whole, _)| whole);
    let separator = whole.chars().find(|c| matches!(c, ',' | ' '))?;
    let joined = text.replace(separator, "");
    let sound = is_grouped(whole, separator) && is_plain(joined.strip_prefix(['-', '+']).unwrap_or(&joined));
    sound.then(|| joined.parse().ok()).flatten().map(|n| (n, Oddity::Thousands))
}

fn is_plain(body: &str) -> bool {
    let (whole, decimals) = body.split_once('.').unwrap_or((body, "0"));
    is_digits(whole) && is_digits(decimals) && whole.len() <= WHOLE_DIGITS_MAX
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_grouped(whole: &str, separator: char) -> bool {
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    is_digits(first) && first.len() <= 3 && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::{DecimalMark, Oddity, number};

    fn read(text: &str) -> Option<f64> {
        number(text, DecimalMark::Point).map(|(value, _)| value)
    }

    #[test]
    fn plain_numbers_are_read_exactly() {
        let cases =
            [("0", 0.0), ("12.7", 12.7), ("-3", -3.0), ("088", 88.0), ("+310", 310.0), (" 45 ", 45.0)];
        for (text, value) in cases {
            assert_eq!(read(text), Some(value), "{text}");
        }
        assert_eq!(read("33.299999999999997"), Some(33.3));
        assert!(read("-0").is_some_and(f64::is_sign_positive));
        assert_eq!(read("9.20508138902837e-05"), Some(9.205_081_389_028_37e-5));
    }

    #[test]
    fn thousands_separators_must_have_the_exact_shape() {
        for (text, value) in
            [("44,370", 44370.0), ("7,373,720", 7_373_720.0), ("1 200", 1200.0), ("1,200.5", 1200.5)]
        {
            assert_eq!(number(text, DecimalMark::Point), Some((value, Oddity::Thousands)), "{text}");
        }
        for text in ["44,37", "1234,567", "1,2,3", ",123", "1, 200", "1,200,", "12,34.5", "1.5,000"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_none() {
        let odd = [
            "", "-", ".", "1.", ".5", "1e5", "NaN", "inf", "0x78", "4_5", "1.2.3", "٣", "82.9%", "--1",
            "1E+400", "12e-05", "-1e-5", "1e-", "1e-005", "e-05",
        ];
        for text in odd {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(16)), None);
    }

    #[test]
    fn a_decimal_comma_is_read_only_where_it_cannot_be_thousands() {
        let comma = |text| number(text, DecimalMark::PointOrComma);
        assert_eq!(comma("30,0"), Some((30.0, Oddity::DecimalComma)));
        assert_eq!(comma("91,75"), Some((91.75, Oddity::DecimalComma)));
        assert_eq!(comma("1,200"), None);
        assert_eq!(comma("30.5"), Some((30.5, Oddity::None)));
    }
}
