//! A code in a text gets the name of its authority beside it.

use crate::domain::authority::Authority;

/// `quarterly CODE` as `quarterly CODE (NAME)`; a code that is part of a file's name or an address stays as
/// it is.
#[must_use]
pub(super) fn with_names(authorities: &[Authority], text: &str) -> String {
    let mut named = text.to_owned();
    for one in authorities {
        let beside = format!(" ({})", one.name);
        let mut from = 0;
        while let Some(at) = named.get(from..).and_then(|rest| rest.find(one.code.as_str())) {
            let (start, end) = (from + at, from + at + one.code.as_str().len());
            let before = named.get(..start).and_then(|it| it.chars().next_back());
            let after = named.get(end..).unwrap_or_default();
            let is_alone = !before.is_some_and(is_of_a_name)
                && !after.chars().next().is_some_and(is_of_a_name)
                && !is_named(named.get(..start).unwrap_or_default(), after, &one.name);
            from = end;
            if is_alone {
                named.insert_str(end, &beside);
                from += beside.len();
            }
        }
    }
    named
}

/// Whether the name stands before or behind the code already.
fn is_named(before: &str, after: &str, name: &str) -> bool {
    let open = [' ', '('];
    after.trim_start_matches(open).starts_with(name) || before.trim_end_matches(open).ends_with(name)
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-./@`".contains(letter)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::authority::AuthorityCode;

    #[test]
    fn a_code_gets_its_name_once_and_a_file_keeps_its_own() {
        let torbay = Authority {
            code: AuthorityCode::parse("E06000027").unwrap(),
            name: "Torbay".to_owned(),
            aliases: Vec::new(),
            dfe_number: "880".to_owned(),
            from: None::<NaiveDate>,
            until: None,
            successors: Vec::new(),
            neighbours: Vec::new(),
        };
        let told = |text: &str| with_names(std::slice::from_ref(&torbay), text);
        assert_eq!(told("quarterly E06000027 2017-18 Q2"), "quarterly E06000027 (Torbay) 2017-18 Q2");
        assert_eq!(told("E06000027 (Torbay) and E06000027"), "E06000027 (Torbay) and E06000027 (Torbay)");
        for named in ["E06000027 Torbay exists since", "Torbay (E06000027) exists since"] {
            assert_eq!(told(named), named);
        }
        for name in ["`quarterly_E06000027_2017-18-Q2.csv`", "x/E06000027", "`E06000027`"] {
            assert_eq!(told(name), name);
        }
    }
}
