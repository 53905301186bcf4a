//! What the kernel takes from a worker, tried by the real program; and what is said where it cannot.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::path::Path;
use std::thread;

use quarterdeck::worker::query::{self, Answers};
use quarterdeck::worker::{Hold, WorkerError, trial};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

use super::{job, limits, snapshot};

const PROGRAM: &str = env!("CARGO_BIN_EXE_quarterdeck");

/// As a kernel without these calls, for the rest of this thread and what it starts.
pub(crate) fn without(calls: &[i64]) {
    let rules: BTreeMap<i64, Vec<_>> = calls.iter().map(|call| (*call, Vec::new())).collect();
    let absent = SeccompAction::Errno(u32::try_from(libc::ENOSYS).unwrap());
    let arch = TargetArch::try_from(ARCH).unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    apply_filter(&program).unwrap();
}

fn asked() -> Result<Answers, WorkerError> {
    let folder = tempfile::tempdir().unwrap();
    query::ask(Path::new(PROGRAM), &job(&snapshot(&folder), &["SELECT sum(value) FROM returns"]), &limits())
}

#[test]
fn a_worker_can_do_nothing_that_this_kernel_can_forbid() {
    // As the run has its database open while it asks an added check.
    let folder = tempfile::tempdir().unwrap();
    let _open = duckdb::Connection::open(snapshot(&folder)).unwrap();
    let trial = trial::ask(Path::new(PROGRAM), &limits()).unwrap();
    assert_eq!(trial.open_files, 3, "its pipes and no others");
    let forbidden = |what: &str| trial.refused.iter().any(|one| one == what);
    if trial.confinement.calls == Hold::Whole {
        for what in ["write a file", "connect", "run a program"] {
            assert!(forbidden(what), "{what}: {trial:?}");
        }
    }
    if trial.confinement.files == Hold::Nothing {
        eprintln!("this kernel has no Landlock: that a worker reads no other file is not tried here");
    } else {
        assert!(forbidden("read a file"), "{trial:?}");
        assert!(forbidden("read the environment of its parent"), "{trial:?}");
    }
    if trial.confinement.files == Hold::Whole && trial.confinement.calls == Hold::Whole {
        assert!(trial.possible.is_empty(), "{trial:?}");
    }
}

#[test]
fn a_kernel_without_landlock_is_told_and_questions_are_still_answered() {
    thread::spawn(|| {
        without(&[libc::SYS_landlock_create_ruleset]);
        let trial = trial::ask(Path::new(PROGRAM), &limits()).unwrap();
        assert_eq!((trial.confinement.files, trial.confinement.calls), (Hold::Nothing, Hold::Whole));
        assert!(trial.possible.contains(&"read a file".to_owned()), "{trial:?}");
        assert!(!trial.possible.contains(&"write a file".to_owned()), "{trial:?}");
        assert!(asked().unwrap().answers[0].table.is_ok());
    })
    .join()
    .unwrap();
}

#[test]
fn a_kernel_without_seccomp_is_told_and_questions_are_still_answered() {
    thread::spawn(|| {
        without(&[libc::SYS_seccomp]);
        let trial = trial::ask(Path::new(PROGRAM), &limits()).unwrap();
        assert_eq!(trial.confinement.calls, Hold::Nothing);
        assert!(asked().unwrap().answers[0].table.is_ok());
    })
    .join()
    .unwrap();
}

#[test]
fn a_question_is_answered_behind_every_wall() {
    let answers = asked().unwrap().answers;
    assert_eq!(answers[0].table.as_ref().unwrap().rows, [[serde_json::json!(220.0)]]);
}
