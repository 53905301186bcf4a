//! Text of a stranger, made fit to be shown.

/// Longest row kept in quarantine, in characters.
pub(crate) const RAW_CHARS_MAX: usize = 2_000;

const SHOWN_CHARS_MAX: usize = 60;

/// `text` for a sentence: short, on one line, control and invisible characters written out.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars().take(SHOWN_CHARS_MAX) {
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    if text.trim().chars().nth(SHOWN_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

/// Cut to the longest that quarantine keeps.
pub(crate) fn raw(text: &str) -> String {
    text.chars().take(RAW_CHARS_MAX).collect()
}

/// A character that no one sees: zero width, direction marks, the non-breaking kinds.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2011}' | '\u{2028}'..='\u{202f}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A control character other than the white space that files are made of.
pub(crate) fn is_stray_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\r' | '\n')
}

/// A heading for comparison: trimmed, inner white space one blank, lower case.
pub(crate) fn heading(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Names in backticks, with commas, at most `most` of them.
pub(crate) fn listed<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let some: Vec<String> =
        names.iter().take(most).map(|name| format!("`{}`", shown(name.as_ref()))).collect();
    match names.len().saturating_sub(most) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}
