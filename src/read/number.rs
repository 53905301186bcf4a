//! Numbers, strictly: digits, perhaps a point, perhaps thousands separators of the exact shape.

const WHOLE_DIGITS_MAX: usize = 15;
const CHARS_MAX: usize = 40;

/// Which mark stands before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalMark {
    /// A point; commas stand between thousands.
    Point,
    /// A comma; points stand between thousands.
    Comma,
    /// Nothing in the file says which: a comma before three digits may be either, and is not read.
    Either,
}

impl DecimalMark {
    /// By the file's separator and its figures: what the numbers that can only be read in one way say.
    ///
    /// Where the comma separates, a figure has it only in quotes, and then it stands between thousands.
    pub(crate) fn of<'c>(separator: Option<char>, figures: impl Iterator<Item = &'c str>) -> Self {
        if !matches!(separator, Some(';' | '\t')) {
            return Self::Point;
        }
        let (mut points, mut commas) = (false, false);
        for figure in figures {
            let body = unsigned(figure.trim().trim_end_matches('%').trim_end());
            let (point, comma) = (joined(body, '.', &[',']), joined(body, ',', &['.']));
            points |= point.is_some() && comma.is_none();
            commas |= comma.is_some() && point.is_none();
        }
        match (points, commas) {
            (true, false) => Self::Point,
            (false, true) => Self::Comma,
            // Tabs come from British programs as a rule: there a lone odd comma is a slip.
            _ if separator == Some('\t') => Self::Point,
            _ => Self::Either,
        }
    }
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

/// Between thousands, beside comma and point: blanks of all widths, and the apostrophe of the Swiss.
const GAPS: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'];

/// The minus of typesetters.
const MINUS: char = '\u{2212}';

/// The number that `text` writes. None for hexadecimal, NaN, underscores and the like, and for exponents.
///
/// But programs write what is almost nothing with a negative exponent, `9.2e-05`, and that is read.
pub(crate) fn number(text: &str, mark: DecimalMark) -> Option<(f64, Oddity)> {
    let text = text.trim();
    let found = if text.is_ascii() { written(text, mark) } else { written(&text.replace(MINUS, "-"), mark) };
    // Adding nothing makes of -0, which is less than nothing to some and not to others, a plain 0.
    found.map(|(number, oddity)| (number + 0.0, oddity))
}

/// The two numbers that `text` may write, where the file does not say which mark stands before decimals.
pub(crate) fn either(text: &str, mark: DecimalMark) -> Option<(String, String)> {
    let body = unsigned(text.trim());
    let is_open = mark != DecimalMark::Point && body.matches(',').count() == 1;
    let (thousands, decimal) = (joined(body, '.', &[',']), joined(body, ',', &['.']));
    thousands.zip(decimal).filter(|_| is_open)
}

fn written(text: &str, mark: DecimalMark) -> Option<(f64, Oddity)> {
    if text.len() > CHARS_MAX {
        return None;
    }
    let body = unsigned(text);
    let has_groups = mark == DecimalMark::Comma && body.contains('.');
    if is_plain(body) && !has_groups {
        return Some((text.parse().ok()?, Oddity::None));
    }
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let tiny = exponent.strip_prefix('-').is_some_and(|digits| is_digits(digits) && digits.len() <= 2);
        let plain =
            tiny && mantissa.split('.').next().is_some_and(|one| one.len() == 1) && is_plain(mantissa);
        return plain.then(|| text.parse().ok()).flatten().map(|n| (n, Oddity::Scientific));
    }
    if either(text, mark).is_some() {
        return None;
    }
    let marks: &[(char, char)] = match mark {
        DecimalMark::Point => &[('.', ',')],
        DecimalMark::Comma => &[(',', '.')],
        DecimalMark::Either => &[('.', ','), (',', '.')],
    };
    let (plain, decimal) = marks.iter().find_map(|(decimal, thousands)| {
        let thousands = [[*thousands].as_slice(), &GAPS].concat();
        joined(body, *decimal, &thousands).map(|plain| (plain, *decimal))
    })?;
    let number: f64 = plain.parse().ok()?;
    let has_comma = decimal == ',' && body.contains(',');
    let oddity = if has_comma { Oddity::DecimalComma } else { Oddity::Thousands };
    Some((if text.starts_with('-') { -number } else { number }, oddity))
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// Digits, perhaps in thousands, perhaps with decimals, as a plain number with a point.
fn joined(body: &str, decimal: char, thousands: &[char]) -> Option<String> {
    let (whole, decimals) = body.split_once(decimal).map_or((body, None), |(one, two)| (one, Some(two)));
    let whole = match whole.chars().find(|c| thousands.contains(c)) {
        Some(separator) if is_grouped(whole, separator) => whole.replace(separator, ""),
        Some(_) => return None,
        None => whole.to_owned(),
    };
    let plain = decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}"));
    is_plain(&plain).then_some(plain)
}

fn is_plain(body: &str) -> bool {
    let (whole, decimals) = body.split_once('.').unwrap_or((body, "0"));
    // Some programs write 0.65 as .65.
    let is_whole = is_digits(whole) || (whole.is_empty() && body.starts_with('.'));
    is_whole && is_digits(decimals) && whole.len() <= WHOLE_DIGITS_MAX
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_grouped(whole: &str, separator: char) -> bool {
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    let leads = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    leads && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::{DecimalMark, Oddity, either, number};

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
        assert_eq!((read(".65"), read("-.5"), read("+.5")), (Some(0.65), Some(-0.5), Some(0.5)));
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
            "", "-", ".", "-.", "1.", ".5.", ".5e-5", "1e5", "NaN", "inf", "0x78", "4_5", "1.2.3", "٣",
            "82.9%", "--1", "1E+400", "12e-05", "-1e-5", "1e-", "1e-005", "e-05",
        ];
        for text in odd {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(16)), None);
    }

    #[test]
    fn a_decimal_comma_is_read_only_where_it_cannot_be_thousands() {
        for mark in [DecimalMark::Either, DecimalMark::Comma] {
            let comma = |text| number(text, mark);
            assert_eq!(comma("30,0"), Some((30.0, Oddity::DecimalComma)));
            assert_eq!(comma("91,75"), Some((91.75, Oddity::DecimalComma)));
            assert_eq!(comma("0,829"), Some((0.829, Oddity::DecimalComma)), "thousands never begin with 0");
            assert_eq!(comma("1234,567"), Some((1234.567, Oddity::DecimalComma)));
            assert_eq!(comma("1,200"), None);
            assert_eq!(either("1,200", mark), Some(("1200".to_owned(), "1.200".to_owned())));
            assert_eq!(comma("30,5,1"), None);
        }
        assert_eq!(number("30.5", DecimalMark::Either), Some((30.5, Oddity::None)));
        assert_eq!(either("1,200", DecimalMark::Point), None);
    }

    #[test]
    fn a_point_stands_between_thousands_where_the_comma_is_decimal() {
        let comma = |text| number(text, DecimalMark::Comma);
        assert_eq!(comma("35.178"), Some((35178.0, Oddity::Thousands)));
        assert_eq!(comma("1.234,5"), Some((1234.5, Oddity::DecimalComma)));
        assert_eq!(comma("-1.234.567"), Some((-1_234_567.0, Oddity::Thousands)));
        assert_eq!(comma("30.5"), None);
        assert_eq!(number("1.234,5", DecimalMark::Point), None);
    }

    #[test]
    fn the_figures_of_a_file_say_which_mark_is_decimal() {
        let of = |separator, figures: &[&str]| DecimalMark::of(Some(separator), figures.iter().copied());
        for figures in [["35,178", "48.9"], ["1,234,567", "12"], ["1,234.5", "c"], ["82.9%", ""]] {
            assert_eq!(of(';', &figures), DecimalMark::Point, "{figures:?}");
        }
        for figures in [["35,178", "48,9"], ["1.234.567", "12"], ["1.234,5", "c"], ["0,829", ""]] {
            assert_eq!(of(';', &figures), DecimalMark::Comma, "{figures:?}");
        }
        assert_eq!(of(';', &["35,178", "172"]), DecimalMark::Either);
        assert_eq!(of(';', &["48,9", "48.9"]), DecimalMark::Either);
        assert_eq!(of('\t', &["35,178", "48,9"]), DecimalMark::Comma);
        assert_eq!(of('\t', &["35,178", "172"]), DecimalMark::Point);
        assert_eq!(of(',', &["30,5"]), DecimalMark::Point);
    }

    #[test]
    fn blanks_of_every_width_and_apostrophes_stand_between_thousands() {
        for text in ["35 178", "35\u{a0}178", "35\u{202f}178", "35\u{2009}178", "35'178", "35\u{2019}178"] {
            for mark in [DecimalMark::Point, DecimalMark::Comma, DecimalMark::Either] {
                assert_eq!(number(text, mark), Some((35178.0, Oddity::Thousands)), "{text} {mark:?}");
            }
        }
        assert_eq!(read("35\u{a0}17"), None);
        assert_eq!(read("\u{2212}3"), Some(-3.0));
    }
}
