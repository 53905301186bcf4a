//! What the shipped files write for a key, to show whoever left it out.

use crate::config::shipped::SHIPPED;

/// The line of the shipped files for `key` in the table `at`, such as `collection `quarterly`: http`.
///
/// Nothing where they have none, or where the value takes more lines than one.
#[must_use]
pub fn line(at: &str, key: &str) -> Option<String> {
    let names = at.split(": ").map(|part| part.split([' ', '`']).next().unwrap_or_default());
    let table = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(".");
    let begins = format!("{key} = ");
    SHIPPED.iter().find_map(|(_, text)| {
        let mut inside = String::new();
        // A key that may be left out stands in a comment.
        text.lines().map(|line| line.trim_start_matches(['#', ' '])).find_map(|line| {
            if let Some(header) = header(line) {
                header.clone_into(&mut inside);
            }
            let is_it = inside == table && line.starts_with(&begins);
            (is_it && line.parse::<toml::Table>().is_ok()).then(|| line.to_owned())
        })
    })
}

/// The table that a line begins.
fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_name = |letter: char| letter.is_ascii_lowercase() || matches!(letter, '_' | '.' | '0'..='9');
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_key_is_shown_as_its_own_table_writes_it() {
        assert_eq!(line("", "state").as_deref(), Some("state = \"state\""));
        assert_eq!(line("mail: smtp", "timeout_seconds").as_deref(), Some("timeout_seconds = 60"));
        assert_eq!(line("collection `a`: folder", "settle_seconds").as_deref(), Some("settle_seconds = 30"));
        assert_eq!(line("region", "settle_seconds"), None);
    }
}
