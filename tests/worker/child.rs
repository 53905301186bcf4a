use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quarterdeck::config::settings::Limits;
use quarterdeck::worker::query::{Job, attend};
use quarterdeck::worker::{ChildLimits, OF_THE_MACHINE, WorkerError, confine, run};

use super::{job, limits, snapshot};

/// The running binary, also when it was built anew meanwhile.
const OURSELVES: &str = "/proc/self/exe";

fn sh(script: &str, input: &[u8], limits: &Limits) -> Result<Vec<u8>, WorkerError> {
    run(Path::new("/bin/sh"), &["-c", script], input, limits)
}

#[test]
fn a_child_gets_its_input_and_its_answer_comes_back() {
    let input = vec![b'x'; 90_000];
    assert_eq!(run(Path::new("/bin/cat"), &[], &input, &limits()), Ok(input));
}

#[test]
fn a_child_has_no_environment_and_no_folder() {
    let said = String::from_utf8(sh("pwd; env", b"", &limits()).unwrap()).unwrap();
    assert!(said.starts_with("/\n"), "{said}");
    assert!(!said.contains("HOME=") && !said.contains("CARGO"), "{said}");
}

#[test]
fn a_child_that_takes_too_long_is_stopped() {
    let short = Limits { worker_seconds: 1, ..limits() };
    for script in ["exec sleep 30", "sleep 30; true", "exec cat /dev/zero >/dev/null"] {
        let begun = Instant::now();
        assert_eq!(sh(script, b"", &short), Err(WorkerError::TimedOut { seconds: 1 }), "{script}");
        assert!(begun.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let begun = Instant::now();
    assert_eq!(sh("exec cat /dev/zero", b"", &limits()), Err(WorkerError::TooMuch { bytes_max: 100_000 }));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_child_that_ignores_its_input_does_not_hang_us() {
    assert_eq!(sh("echo done", &vec![b'x'; 5_000_000], &limits()), Ok(b"done\n".to_vec()));
}

#[test]
fn a_death_is_told_with_its_last_words() {
    let cases = [
        ("echo first >&2; echo last words >&2; exit 3", "the worker ended with status 3 (last words)"),
        ("kill -SEGV $$", "the worker was ended by signal 11"),
        ("kill -ABRT $$", "the worker gave up, most likely out of memory (signal 6)"),
        ("kill -KILL $$", "the worker was killed, most likely out of memory or time (signal 9)"),
    ];
    for (script, words) in cases {
        assert_eq!(sh(script, b"", &limits()).unwrap_err().to_string(), words);
    }
}

#[test]
fn a_refusal_is_told_in_the_childs_own_words() {
    let said = sh("echo line 7 is no workbook; exit 65", b"", &limits()).unwrap_err();
    assert_eq!(said, WorkerError::Said("line 7 is no workbook".to_owned()));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let said = run(Path::new("/nowhere/quarterdeck"), &[], b"", &limits()).unwrap_err().to_string();
    assert!(said.contains("/nowhere/quarterdeck"), "{said}");
}

/// Not a test by itself: the next one runs it in a process of its own.
#[test]
#[ignore = "confines its whole process; run by `a_confined_process_cannot_do_harm`"]
fn confined() {
    let folder = std::env::temp_dir().join(format!("confined-{}", std::process::id()));
    confine(ChildLimits { mebibytes: 2048, seconds: 5 }, &[Path::new("/dev/null")]).unwrap();
    let mut bytes: Vec<u8> = Vec::new();
    assert!(bytes.try_reserve(3 * 1024 * 1024 * 1024).is_err(), "memory is limited");
    let mut open = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        open.push(file);
        assert!(open.len() < 64, "open files are limited");
    }
    drop(open);
    println!("before the write");
    let written = std::fs::write(&folder, "x");
    println!("after the write: {written:?}");
}

#[test]
fn a_confined_process_cannot_do_harm() {
    let output = Command::new(OURSELVES)
        .args(["--exact", "worker::child::confined", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("before the write"), "{said} {}", String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains("after the write: Ok"), "{said}");
}

/// Not a test by itself: reads a job as the worker does, confined as the worker is.
#[test]
#[ignore = "confines its whole process; run by `greedy_questions_end_within_their_limits`"]
fn confined_query() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    let job: Job = serde_json::from_slice(&input).unwrap();
    let readable: Vec<&Path> = OF_THE_MACHINE.iter().map(Path::new).chain(job.snapshot.parent()).collect();
    confine(ChildLimits { mebibytes: 1536, seconds: 6 }, &readable).unwrap();
    println!("answered: {}", String::from_utf8(attend(&input).unwrap()).unwrap());
}

const GREEDY: [&str; 10] = [
    "SELECT length(repeat('x', 3000000000))",
    "SELECT len(range(400000000))",
    "SELECT count(DISTINCT hash(r)) FROM range(5000000000) t(r)",
    "SELECT * FROM range(5000000000) t(r) ORDER BY hash(r) DESC LIMIT 5000000",
    "WITH RECURSIVE r(s) AS (SELECT 'x' UNION ALL SELECT s||s FROM r) SELECT max(length(s)) FROM r",
    "SELECT regexp_matches(repeat('a', 5000000) || 'b', '(a+)+$')",
    "SELECT format('{:>2000000000}', 'x')",
    "SELECT list_reduce(range(1, 2000000)::VARCHAR[], lambda a, b: a || b)",
    "SELECT repeat('x', 1000000) FROM range(1000000)",
    "SELECT length(lpad('x', 2000000000, 'y'))",
];

#[test]
fn greedy_questions_end_within_their_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(&folder);
    for sql in GREEDY {
        let mut asked = job(&path, &[sql, "SELECT 1 AS one"]);
        (asked.seconds, asked.mebibytes) = (1, 128);
        let begun = Instant::now();
        let mut child = Command::new(OURSELVES)
            .args(["--exact", "worker::child::confined_query", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&serde_json::to_vec(&asked).unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(30), "{sql}: {:?}", begun.elapsed());
        let said = String::from_utf8_lossy(&output.stdout);
        let next_was_answered = said.contains("\"name\":\"one\"");
        if sql.contains("repeat('x', 3000000000)") {
            assert!(said.contains("it needs more memory than a query may use"), "{said}");
        }
        assert!(next_was_answered || !output.status.success(), "{sql}: {said}");
    }
}
