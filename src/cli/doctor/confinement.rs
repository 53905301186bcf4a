//! Whether what nobody trusts is read behind every wall: a worker confines itself and tries them.

use crate::cli::doctor::Seen;
use crate::cli::print;
use crate::config::settings::Settings;
use crate::worker::trial::{self, Trial};
use crate::worker::{Confinement, Hold};

const CHECK: &str = "workers";

/// One line: what a confined worker was refused, or what this machine cannot take from it.
pub(super) fn look(settings: &Settings) -> Seen {
    match trial::ask(&print::program(), &settings.limits) {
        Ok(trial) => seen(&trial),
        Err(error) => {
            let next = "files to unpack and added checks cannot be read; look at `[limits]`";
            Seen::problem(CHECK, error.to_string(), next)
        }
    }
}

fn seen(trial: &Trial) -> Seen {
    let weak = weak(trial.confinement);
    if trial.possible.is_empty() && weak.is_empty() {
        let saw = format!("a confined worker cannot {}", trial.refused.join(", "));
        return Seen::ok(CHECK, saw);
    }
    let mut saw = weak.join("; ");
    if !trial.possible.is_empty() {
        saw = format!("{saw}; a confined worker can {}", trial.possible.join(", "));
    }
    let next = "its limits, its private copy and the service's own walls still hold; a kernel with Landlock \
        and seccomp (5.13 or newer) adds these";
    Seen::warning(CHECK, saw, next)
}

fn weak(confinement: Confinement) -> Vec<&'static str> {
    let files = match confinement.files {
        Hold::Whole => None,
        Hold::Partly => Some("this kernel knows a part of Landlock only"),
        Hold::Nothing => Some("this kernel has no Landlock, which keeps a worker from files"),
    };
    let calls = match confinement.calls {
        Hold::Whole => None,
        Hold::Partly | Hold::Nothing => Some("seccomp, which keeps a worker from the network, does not hold"),
    };
    files.into_iter().chain(calls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn what_the_kernel_lacks_is_a_warning_and_not_hidden() {
        let trial = |files, calls, possible: &[&str]| Trial {
            confinement: Confinement { files, calls },
            refused: vec!["connect".to_owned()],
            possible: possible.iter().map(|one| (*one).to_owned()).collect(),
            open_files: 3,
        };
        let fine = seen(&trial(Hold::Whole, Hold::Whole, &[]));
        assert_eq!((fine.verdict, fine.saw.as_str()), (Verdict::Ok, "a confined worker cannot connect"));
        let old = seen(&trial(Hold::Partly, Hold::Whole, &[]));
        assert_eq!(old.verdict, Verdict::Warning);
        let bare = seen(&trial(Hold::Nothing, Hold::Nothing, &["read a file"]));
        assert!(bare.saw.contains("no Landlock") && bare.saw.ends_with("can read a file"), "{}", bare.saw);
    }
}
