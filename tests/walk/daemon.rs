//! The daemon: starts, keeps others out, does what is due as a child, and stops when told.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::region::{NOW, PROGRAM, Region};

/// A running daemon and what it says.
struct Watch {
    child: Child,
    said: Receiver<String>,
}

impl Watch {
    fn over(region: &Region) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(region.config()).arg("run");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let words = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = channel();
        thread::spawn(move || words.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, said }
    }

    /// Waits until it says something, or fails with all that it said.
    fn until(&self, words: &str, seconds: u64) {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let mut heard = Vec::new();
        while let Ok(line) = self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return;
            }
            heard.push(line);
        }
        panic!("it did not say `{words}` within {seconds} seconds: {heard:#?}");
    }

    /// Tells it to stop, and returns its status.
    fn stop(mut self) -> i32 {
        let begun = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = self.child.wait().unwrap().code().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        status
    }
}

impl Drop for Watch {
    /// Also when a test fails, nothing goes on running.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Nothing is fetched: the first quarter is far ahead.
fn idle() -> Region {
    Region::from_quarter("2098-99 Q1")
}

#[test]
fn a_daemon_keeps_a_second_one_out_and_stops_when_told() {
    let region = idle();
    let daemon = Watch::over(&region);
    daemon.until("watching", 20);
    let second = region.run(NOW, &["run"]);
    assert_eq!(second.status, 3, "{second:?}");
    assert!(second.words.contains("is in use by another quarterdeck"), "{}", second.words);
    assert_eq!(region.run(NOW, &["once"]).status, 0, "the state is free between runs");
    assert_eq!(region.run(NOW, &["status"]).status, 0);
    assert_eq!(daemon.stop(), 0);
    let next = Watch::over(&region);
    next.until("watching", 20);
    assert_eq!(next.stop(), 0);
}

#[test]
fn a_daemon_that_never_walked_walks_at_the_next_minute() {
    let region = idle();
    let daemon = Watch::over(&region);
    daemon.until("run done", 90);
    let last = region.journal().pop().unwrap();
    assert_eq!((last.event.word().as_str(), last.subject.as_str()), ("walked", "all"));
    assert_eq!(daemon.stop(), 0);
}
