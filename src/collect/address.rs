//! Where a return should be: a template with `{authority}`, `{dfe_number}` and `{quarter}` in it.

use url::Url;

use crate::collect::Wanted;
use crate::domain::quarter::Quarter;

const NAME_CHARS_MAX: usize = 100;

/// Fills `template`; `encode` makes a value safe for the place it goes to. Errors name what is missing.
pub(super) fn filled(template: &str, wanted: &Wanted, encode: fn(&str) -> String) -> Result<String, String> {
    let values = [
        ("{authority}", wanted.authority.as_ref().map(|code| code.as_str().to_owned())),
        ("{dfe_number}", wanted.dfe_number.clone()),
        ("{quarter}", wanted.quarter.map(in_a_name)),
    ];
    let mut text = template.to_owned();
    for (mark, value) in values {
        if text.contains(mark) {
            let value = value.ok_or_else(|| format!("the source's `{mark}` is not known for this return"))?;
            text = text.replace(mark, &encode(&value));
        }
    }
    Ok(text)
}

/// A quarter without a blank, as it stands in addresses and file names: `2017-18-Q2`.
fn in_a_name(quarter: Quarter) -> String {
    quarter.to_string().replace(' ', "-")
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16));
            encoded.push('%');
            encoded.extend(digits.into_iter().flatten().map(|digit| digit.to_ascii_uppercase()));
        }
    }
    encoded
}

/// The address of one return. Errors never show the address: its query may hold a secret.
pub(super) fn address(template: &str, wanted: &Wanted) -> Result<Url, String> {
    let url = Url::parse(&filled(template, wanted, percent_encoded)?)
        .map_err(|error| format!("the source's address is not one: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the source's address begins with `{}`; use `https`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the source's address has a user or a password in it; use `login`".to_owned());
    }
    Ok(url)
}

/// `scheme://host/path`: what may be shown and kept.
pub(super) fn origin(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // Both fail only for addresses that cannot have a user at all.
    if shown.set_username("").and(shown.set_password(None)).is_err() {
        return format!("{}:", url.scheme());
    }
    shown.to_string()
}

/// A name to show, from the last part of the path; anything odd becomes `_`.
pub(super) fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let name: String = last
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' })
        .take(NAME_CHARS_MAX)
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "return".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::authority::AuthorityCode;

    fn wanted() -> Wanted {
        Wanted {
            authority: AuthorityCode::parse("E06000022").ok(),
            dfe_number: Some("80/0".to_owned()),
            quarter: Quarter::of(2017, 2),
            ..Wanted::default()
        }
    }

    #[test]
    fn the_marks_are_filled_and_encoded() {
        let url = address("https://a.example/{dfe_number}/{authority}?q={quarter}", &wanted()).unwrap();
        assert_eq!(url.as_str(), "https://a.example/80%2F0/E06000022?q=2017-18-Q2");
        assert_eq!(origin(&url), "https://a.example/80%2F0/E06000022");
    }

    #[test]
    fn a_mark_without_a_value_is_named() {
        let error = address("https://a.example/{quarter}", &Wanted::default()).unwrap_err();
        assert_eq!(error, "the source's `{quarter}` is not known for this return");
    }

    #[test]
    fn other_schemes_and_passwords_are_refused_without_being_shown() {
        for bad in ["file:///etc/passwd", "ftp://a.example/x", "https://u:hunter2@a.example/"] {
            let error = address(bad, &wanted()).unwrap_err();
            assert!(!error.contains("hunter2") && !error.contains("etc"), "{error}");
        }
    }

    #[test]
    fn a_file_name_is_never_a_path() {
        let name = |path: &str| file_name(&Url::parse(&format!("https://a.example{path}")).unwrap());
        assert_eq!(name("/x/E06000022.csv?sig=1"), "E06000022.csv");
        assert_eq!(name("/x/..%2F..%2Fetc"), "_2F.._2Fetc");
        assert_eq!(name("/x/"), "return");
    }
}
