//! Whom to ask: authorities of the region that do well, or have recovered, on the figure of a concern.

use crate::domain::authority::AuthorityCode;

/// At most this many are named.
pub const NAMED_MAX: usize = 3;

/// Why an authority may have something to tell; the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Example {
    /// The same finding of theirs was resolved within three years.
    Resolved,
    /// In the best half now, and in the worst quarter within three years.
    Recovered,
    /// Better than the region by more than chance.
    Better,
}

impl Example {
    /// In brackets after a name.
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::Resolved => "had the same finding, and it is resolved",
            Self::Recovered => "was in the worst quarter and is in the best half now",
            Self::Better => "better than the region by more than chance",
        }
    }
}

/// Who is named for a concern of `asking`: each once with the most telling reason, at most `NAMED_MAX`.
///
/// Nobody is named to themselves, and nobody of whom the same is `firing` now.
#[must_use]
pub fn whom_to_ask(
    asking: &AuthorityCode,
    firing: &[AuthorityCode],
    examples: &[(AuthorityCode, Example)],
) -> Vec<(AuthorityCode, Example)> {
    let mut ranked: Vec<&(AuthorityCode, Example)> =
        examples.iter().filter(|(code, _)| code != asking && !firing.contains(code)).collect();
    ranked.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    let mut named: Vec<(AuthorityCode, Example)> = Vec::new();
    for (code, example) in ranked {
        if named.len() < NAMED_MAX && named.iter().all(|(other, _)| other != code) {
            named.push((code.clone(), *example));
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u32) -> AuthorityCode {
        AuthorityCode::parse(&format!("E0600000{number}")).unwrap()
    }

    #[test]
    fn those_who_recovered_are_named_first_and_three_at_most() {
        let all: Vec<_> = [
            (5, Example::Better),
            (4, Example::Better),
            (3, Example::Recovered),
            (3, Example::Resolved),
            (6, Example::Better),
        ]
        .map(|(number, example)| (code(number), example))
        .into();
        let named = whom_to_ask(&code(1), &[], &all);
        let expected = [(3, Example::Resolved), (4, Example::Better), (5, Example::Better)];
        assert_eq!(named, expected.map(|(number, example)| (code(number), example)));
    }

    #[test]
    fn nobody_is_named_to_themselves_or_while_the_same_fires_there() {
        let all = [(code(1), Example::Better), (code(2), Example::Better)];
        assert_eq!(whom_to_ask(&code(1), &[code(2)], &all), []);
    }
}
