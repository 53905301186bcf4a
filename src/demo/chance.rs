//! Seeded draws: the same seed and name give the same figures for ever.

use std::f64::consts::TAU;

/// A stream of draws of its own for each named line, so that a new line changes no other.
#[derive(Debug)]
pub struct Chance {
    draws: fastrand::Rng,
}

impl Chance {
    /// The stream of the line with this name.
    #[must_use]
    pub fn of(seed: u64, name: &[&str]) -> Self {
        let bytes = name.iter().flat_map(|part| part.bytes().chain([0]));
        // FNV-1a, which unlike the standard hasher is the same in every version of Rust.
        let mixed = bytes.fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { draws: fastrand::Rng::with_seed(mixed) }
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        self.draws.i32(low..=high)
    }

    /// A draw from the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.draws.f64()).ln()).sqrt();
        radius * (TAU * self.draws.f64()).cos()
    }

    /// A whole number of events where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let stop = (-mean).exp();
        let mut product = self.draws.f64();
        let mut events = 0.0;
        while product > stop {
            product *= self.draws.f64();
            events += 1.0;
        }
        events
    }

    /// A whole number of hits in `trials` tries of chance `p`.
    pub fn binomial(&mut self, trials: f64, p: f64) -> f64 {
        if trials > 50.0 {
            let spread = (trials * p * (1.0 - p)).sqrt();
            return (trials * p + spread * self.normal()).round().clamp(0.0, trials);
        }
        let mut hits = 0.0;
        let mut tried = 0.0;
        while tried < trials {
            if self.draws.f64() < p {
                hits += 1.0;
            }
            tried += 1.0;
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_name_draws_the_same() {
        let draw = |name: &[&str]| Chance::of(7, name).between(0, 1_000_000);
        assert_eq!(draw(&["a", "b"]), draw(&["a", "b"]));
        assert_ne!(draw(&["a", "b"]), draw(&["ab"]));
    }

    #[test]
    fn means_are_near_what_was_asked() {
        let mut chance = Chance::of(1, &["means"]);
        let mut mean =
            |draw: fn(&mut Chance) -> f64| (0..4000).map(|_| draw(&mut chance)).sum::<f64>() / 4000.0;
        assert!((mean(|chance| chance.poisson(4.0)) - 4.0).abs() < 0.15);
        assert!((mean(|chance| chance.poisson(400.0)) - 400.0).abs() < 1.5);
        assert!((mean(|chance| chance.binomial(20.0, 0.8)) - 16.0).abs() < 0.15);
        assert!((mean(|chance| chance.binomial(500.0, 0.8)) - 400.0).abs() < 1.0);
    }
}
