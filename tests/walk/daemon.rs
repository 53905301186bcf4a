//! The daemon: starts, keeps others out, does what is due as a child, and stops when told.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use quarterdeck::store::journal::Happened;
use rustix::process::{Pid, Signal, kill_process};

use super::region::{NOW, PROGRAM, Region};

/// A running daemon and what it says.
struct Watch {
    child: Child,
    said: Receiver<String>,
}

impl Watch {
    fn over(region: &Region) -> Self {
        Self::started(region, Command::new(PROGRAM))
    }

    fn under(region: &Region, notify: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.env("NOTIFY_SOCKET", notify);
        Self::started(region, command)
    }

    fn started(region: &Region, mut command: Command) -> Self {
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

    fn told(&self, what: Signal) {
        kill_process(Pid::from_child(&self.child), what).unwrap();
    }

    /// Tells it to stop, and returns its status.
    fn stop(mut self) -> i32 {
        let begun = Instant::now();
        self.told(Signal::TERM);
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
    daemon.until("run done", 60);
    let second = region.daemon();
    assert_eq!(second.status, 3, "{second:?}");
    assert!(second.words.contains("is in use by another quarterdeck"), "{}", second.words);
    assert_eq!(region.run(NOW, &["once"]).status, 0, "the state is free between runs");
    assert_eq!(region.run(NOW, &["status"]).status, 0);
    assert_eq!(daemon.stop(), 0);
    let next = Watch::over(&region);
    next.until("watching", 20);
    assert_eq!(next.stop(), 0);
}

/// What systemd would be told.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    fn listen(region: &Region) -> Self {
        let path = region.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self { socket, path }
    }

    /// Waits for a message with this line.
    fn hears(&self, line: &str) -> String {
        let mut bytes = [0; 4096];
        loop {
            let count = self.socket.recv(&mut bytes).unwrap_or_else(|error| panic!("no `{line}`: {error}"));
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            if text.lines().any(|one| one.starts_with(line)) {
                return text;
            }
        }
    }
}

#[test]
fn systemd_is_told_of_start_life_reload_and_stop() {
    let region = idle();
    let systemd = Systemd::listen(&region);
    let daemon = Watch::under(&region, &systemd.path);
    let ready = systemd.hears("READY=1");
    assert!(ready.contains("STATUS=next run ") && ready.contains(" GMT"), "with its zone: {ready}");
    systemd.hears("WATCHDOG=1");
    daemon.told(Signal::HUP);
    let reloading = systemd.hears("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    systemd.hears("READY=1");
    daemon.told(Signal::TERM);
    systemd.hears("STOPPING=1");
    assert_eq!(daemon.stop(), 0);
}

#[test]
fn a_wrong_configuration_is_refused_on_reload_and_at_start_and_the_one_before_stays() {
    let region = idle();
    let daemon = Watch::over(&region);
    daemon.until("run done", 60);
    region.edit("quarterdeck.toml", "zone = \"Europe/London\"", "zone = \"Europe/Lodon\"");
    daemon.told(Signal::HUP);
    daemon.until("the configuration is wrong, the one before stays in force", 20);
    daemon.until("no such time zone", 5);
    daemon.until("the state is sound", 60);
    let child = region.run(NOW, &["--state", &region.state().display().to_string(), "--as-child", "once"]);
    assert!(child.words.contains("the one before it is used"), "a run goes on with it: {child:?}");
    assert_eq!(child.status, 1);
    region.edit("quarterdeck.toml", "zone = \"Europe/Lodon\"", "zone = \"Europe/London\"");
    daemon.until("the configuration was read again", 40);
    assert_eq!(daemon.stop(), 0);
    region.edit("quarterdeck.toml", "zone = \"Europe/London\"", "zone = \"Europe/Lodon\"");
    assert_eq!(region.daemon().status, 2, "and systemd does not try again");
    region.edit("quarterdeck.toml", "zone = \"Europe/Lodon\"", "zone = \"Europe/London\"");
    fs::create_dir(region.config().join("checks")).unwrap();
    fs::write(region.config().join("checks/mine.sql"), "SELECT 1").unwrap();
    let wrong = region.daemon();
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(wrong.words.contains("mine.sql: "), "{}", wrong.words);
}

#[test]
fn a_run_in_hand_is_given_back_when_the_daemon_is_told_to_stop() {
    let region = Region::from_quarter("2017-18 Q2");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("url = \"http://{}/{{quarter}}/{{authority}}\"", silent.local_addr().unwrap());
    region.edit("quarterdeck.toml", &format!("url = \"{}\"", region.web.url("/{quarter}/{authority}")), &url);
    let daemon = Watch::over(&region);
    // It is in the middle of polling when a source has its question.
    drop(silent.accept().unwrap());
    assert_eq!(daemon.stop(), 0);
    assert_eq!(region.happened(Happened::Stopped), ["all"]);
    assert_eq!(
        region.happened(Happened::Walked),
        [""; 0],
        "so it is due at once when the daemon starts again"
    );
}

#[test]
fn a_copy_of_the_state_is_made_when_it_is_due() {
    let region = idle();
    region.edit("quarterdeck.toml", "cron = \"30 2 * * *\"", "cron = \"* * * * *\"");
    region.edit("quarterdeck.toml", "folder = \"state/backups\"", "folder = \"../backups\"");
    let daemon = Watch::over(&region);
    daemon.until("a copy of the state was made", 150);
    assert_eq!(region.happened(Happened::BackedUp).len(), 1);
    assert_eq!(fs::read_dir(region.path("backups")).unwrap().count(), 1);
    assert_eq!(daemon.stop(), 0);
}

#[test]
fn a_daemon_whose_lock_was_taken_away_ends() {
    let region = idle();
    let mut daemon = Watch::over(&region);
    daemon.until("run done", 60);
    fs::remove_file(region.state().join("daemon.lock")).unwrap();
    daemon.until("was taken away", 30);
    assert_eq!(daemon.child.wait().unwrap().code(), Some(5));
}

#[test]
fn a_daemon_that_never_walked_walks_at_once() {
    let region = idle();
    let daemon = Watch::over(&region);
    daemon.until("run done", 60);
    let last = region.journal().pop().unwrap();
    assert_eq!((last.event.word().as_str(), last.subject.as_str()), ("walked", "all"));
    assert_eq!(daemon.stop(), 0);
}
