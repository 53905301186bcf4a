//! Whom to ask: authorities of the region that do well, or have recovered, on the figure of a concern.

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::Polarity;

/// At most this many are named.
pub const NAMED_MAX: usize = 3;

/// Why an authority may have something to tell; the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Example {
    /// At a similar level within three years, and the same finding of theirs is resolved.
    Resolved,
    /// At a similar level within three years, and in the best half now.
    Recovered,
    /// Better than the region by more than chance.
    Better,
}

impl Example {
    /// In brackets after a name.
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::Resolved => "was at a similar level within three years, and the same finding is resolved",
            Self::Recovered => "was at a similar level within three years, and is in the best half now",
            Self::Better => "better than the region by more than chance",
        }
    }
}

/// A level that is at most this share better is still a similar one.
const SIMILAR: f64 = 0.1;

/// Whether a worst figure was at the level of a concern, or worse, and the figure of now is out of it.
///
/// All in the indicator's unit. Nobody recovers where no direction is good.
#[must_use]
pub fn was_at_least_as_bad(polarity: Polarity, concern: f64, worst: f64, now: f64) -> bool {
    let margin = SIMILAR * concern.abs();
    match polarity {
        Polarity::LowIsGood => worst >= concern - margin && now < concern - margin,
        Polarity::HighIsGood => worst <= concern + margin && now > concern + margin,
        Polarity::None => false,
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
    fn to_recover_is_to_have_been_at_a_similar_level_and_to_be_out_of_it() {
        let low = |worst, now| was_at_least_as_bad(Polarity::LowIsGood, 30.0, worst, now);
        assert!(low(27.0, 20.0) && low(40.0, 20.0));
        assert!(!low(26.9, 20.0), "never was there");
        assert!(!low(30.0, 27.0), "is still there");
        let high = |worst, now| was_at_least_as_bad(Polarity::HighIsGood, 60.0, worst, now);
        assert!(high(66.0, 80.0) && high(50.0, 80.0) && !high(67.0, 80.0) && !high(60.0, 66.0));
        assert!(!was_at_least_as_bad(Polarity::None, 1.0, 1.0, 0.0));
    }

    #[test]
    fn nobody_is_named_to_themselves_or_while_the_same_fires_there() {
        let all = [(code(1), Example::Better), (code(2), Example::Better)];
        assert_eq!(whom_to_ask(&code(1), &[code(2)], &all), []);
    }
}
