//! How a host bears itself in one run, and when it is left alone.
//!
//! A host that is silent is left alone soon: each try costs the whole limit. One that answers errors to
//! everything is down, too. But errors of some addresses say nothing of the others.

use crate::collect::visit::Cause;

/// After so many fetches in a row to which a host was silent, its others are not tried in this run.
const SILENCES_MAX: u32 = 2;

/// A host that has answered nothing else than so many errors is down.
const FAULTS_MAX: u32 = 4;

/// A host that has answered before is taken for down after so many errors in a row.
const FAULTS_IN_A_ROW_MAX: u32 = 12;

/// What one host answered so far.
#[derive(Debug, Default)]
pub(super) struct Bearing {
    answers: u32,
    silences: u32,
    faults: u32,
    wants_rest: bool,
}

impl Bearing {
    /// It answered: what, is the matter of one return.
    pub(super) fn answered(&mut self) {
        self.answers += 1;
        (self.silences, self.faults) = (0, 0);
    }

    /// It gave no answer that says anything of the return.
    pub(super) fn lost(&mut self, cause: Cause) {
        match cause {
            Cause::Silence => self.silences += 1,
            Cause::Fault => {
                self.silences = 0;
                self.faults += 1;
            }
            Cause::Rest => self.wants_rest = true,
            Cause::Question | Cause::Login | Cause::TooMuch | Cause::Packing => {}
        }
    }

    /// Why it is asked for nothing more in this run; none while it is.
    pub(super) fn why_left_alone(&self) -> Option<String> {
        let faults_max = if self.answers == 0 { FAULTS_MAX } else { FAULTS_IN_A_ROW_MAX };
        if self.wants_rest {
            return Some("wants to be left alone".to_owned());
        }
        if self.silences >= SILENCES_MAX {
            return Some(format!("failed {} times in a row just before", self.silences));
        }
        (self.faults >= faults_max)
            .then(|| format!("answered {} times in a row with an error just before", self.faults))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bearing, Cause};

    /// How many of a row of fetches are tried: `s` is silence, `e` an error, `a` an answer.
    fn tried(fetches: &str) -> usize {
        let mut host = Bearing::default();
        let mut count = 0;
        for one in fetches.chars() {
            if host.why_left_alone().is_some() {
                break;
            }
            count += 1;
            match one {
                's' => host.lost(Cause::Silence),
                'e' => host.lost(Cause::Fault),
                _ => host.answered(),
            }
        }
        count
    }

    #[test]
    fn two_silences_in_a_row_are_enough() {
        assert_eq!(tried("ssaaa"), 2);
        assert_eq!(tried("sasaasa"), 7);
        assert_eq!(tried("sesea"), 5);
    }

    #[test]
    fn errors_of_some_addresses_say_nothing_of_the_others() {
        assert_eq!(tried("eeeaa"), 5);
        assert_eq!(tried("aeeeeeeeeeeea"), 13);
    }

    #[test]
    fn a_host_that_answers_errors_to_everything_is_down() {
        assert_eq!(tried("eeeeaa"), 4);
        assert_eq!(tried("aeeeeeeeeeeeeeee"), 13);
    }

    #[test]
    fn a_host_that_wants_to_be_left_alone_is() {
        let mut host = Bearing::default();
        host.lost(Cause::Rest);
        assert!(host.why_left_alone().is_some_and(|why| why.contains("left alone")));
    }
}
