//! What the world outside hears: heartbeat, metrics, log; never an address, never a figure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::region::{NOW, PROGRAM, Region};

const SECRET: &str = "hunter2";

/// Heartbeats go to `/good/..` and `/bad/..`; both are there.
fn region() -> Region {
    let region = Region::with_one_return();
    for kind in ["good", "bad"] {
        let path = format!("/{kind}/{SECRET}");
        region.web.put(&path, b"OK");
        fs::write(region.path(kind), format!("{}\n", region.web.url(&path))).unwrap();
    }
    let keys = "# [heartbeat]\n# url_file = \"/run/credentials/quarterdeck.service/secret_heartbeat-url\"\n\
                # failure_url_file = \"/run/credentials/quarterdeck.service/secret_failure-url\"";
    let ours = "[heartbeat]\nurl_file = \"../good\"\nfailure_url_file = \"../bad\"";
    region.edit("quarterdeck.toml", keys, ours);
    let metrics = "# [metrics]\n# file = \"/var/lib/prometheus/node-exporter/quarterdeck.prom\"";
    region.edit("quarterdeck.toml", metrics, "[metrics]\nfile = \"../quarterdeck.prom\"");
    region
}

/// How often each path was asked for since the last time.
fn beats(region: &Region) -> (usize, usize) {
    let asked = std::mem::take(&mut region.web.shelf().asked);
    let count = |kind: &str| asked.iter().filter(|path| path.starts_with(kind)).count();
    (count("/good/"), count("/bad/"))
}

#[test]
fn a_run_that_was_done_beats_and_one_that_failed_beats_elsewhere() {
    let region = region();
    assert_eq!(region.run(NOW, &["once"]).status, 0);
    assert_eq!(beats(&region), (1, 0));
    assert_eq!(region.run(NOW, &["once", "--only", "collect"]).status, 0);
    assert_eq!(region.run(NOW, &["status"]).status, 0);
    assert_eq!(beats(&region), (0, 0), "only a run with everything to do");
    region.publish("E06000023", "2017-18 Q2", "<html>Log in</html>");
    assert_eq!(region.run("2017-11-20T08:00:00Z", &["once"]).status, 1);
    assert_eq!(beats(&region), (1, 0), "one bad return is in a notice; the run was done");
    assert_eq!(region.run(NOW, &["beat", "--failed"]).status, 0);
    assert_eq!(beats(&region), (0, 1));
    fs::write(region.state().join("journal.jsonl"), "rubbish\n").unwrap();
    assert_eq!(region.run(NOW, &["once"]).status, 4);
    assert_eq!(beats(&region), (0, 1));
}

#[test]
fn a_run_that_can_reach_nobody_by_mail_beats_as_failed() {
    let region = region();
    region.post_to(1);
    assert_eq!(region.run(NOW, &["once"]).status, 1);
    assert_eq!(beats(&region), (0, 1), "nobody else would hear of it");
}

#[test]
fn a_heartbeat_that_fails_is_a_warning_without_its_address_and_no_failure_of_the_run() {
    let region = region();
    for address in ["", "http://a.example/hunter2", "http://127.0.0.1:1/hunter2", "hunter2", "a\nhunter2"] {
        fs::write(region.path("good"), address).unwrap();
        let ended = region.run(NOW, &["once"]);
        assert_eq!(ended.status, 0, "{address}: {ended:?}");
        assert!(ended.words.contains("the heartbeat could not be sent"), "{address}: {ended:?}");
        assert!(!format!("{ended:?}").contains(SECRET), "{ended:?}");
        let beaten = region.run(NOW, &["beat"]);
        assert_eq!(beaten.status, 5, "{beaten:?}");
        assert!(!format!("{beaten:?}").contains(SECRET), "{beaten:?}");
    }
    region.web.remove("/good/hunter2");
    let journal = fs::read_to_string(region.state().join("journal.jsonl")).unwrap();
    assert!(!journal.contains(SECRET));
}

/// Name and labels to value; panics at whatever Prometheus' text format does not have.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let (mut helped, mut typed, mut closed) = (None, None, BTreeSet::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.is_empty() && closed.insert(name.to_owned()), "{name} comes twice");
            helped = Some(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(Some(name), helped.as_deref());
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            typed = Some(name.to_owned());
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert_eq!(Some(name), typed.as_deref(), "{line}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
            if let Some(labels) = series.strip_prefix(&format!("{name}{{")) {
                let (key, said) = labels.strip_suffix("\"}").unwrap().split_once("=\"").unwrap();
                assert!(!key.is_empty() && !said.contains(['"', '\\']), "{line}");
            }
            let value: f64 = value.parse().unwrap();
            assert!(value.is_finite() && value >= 0.0, "{line}");
            assert_eq!(samples.insert(series.to_owned(), value), None, "{line}");
        }
    }
    samples
}

#[test]
fn the_metrics_are_prometheus_text_for_another_user_and_hold_counts_only() {
    let region = region();
    region.run(NOW, &["once"]);
    let path = region.path("quarterdeck.prom");
    let first = parsed(&fs::read_to_string(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    let value = |name: &str| first.get(&format!("quarterdeck_{name}")).copied();
    assert_eq!(value("last_run_timestamp_seconds{outcome=\"done\"}"), Some(1_510_905_600.0));
    assert_eq!(value("last_whole_run_timestamp_seconds"), Some(1_510_905_600.0));
    assert_eq!(value("last_run_timestamp_seconds{outcome=\"failed\"}"), None, "what never was is no nought");
    assert_eq!(value("next_timestamp_seconds{what=\"run\"}"), Some(1_510_923_600.0));
    assert_eq!((value("received_total"), value("submissions_loaded_total")), (Some(1.0), Some(1.0)));
    assert_eq!((value("rows_accepted_total"), value("rows_quarantined_total")), (Some(5.0), Some(0.0)));
    assert_eq!(value("planned_runs_missed"), Some(0.0));
    assert_eq!(value("journal_lines_total"), Some(f64::from(u32::try_from(region.journal().len()).unwrap())));
    assert!(value("messages{standing=\"sent\"}").unwrap() > 0.0);
    assert!(value("run_duration_seconds").unwrap() > 0.0 && value("database_bytes").unwrap() > 1000.0);
    fs::write(region.state().join("quarterdeck.duckdb"), "rubbish").unwrap();
    assert!(region.run(NOW, &["once"]).status > 3);
    let again = parsed(&fs::read_to_string(&path).unwrap());
    assert_eq!(again.get("quarterdeck_rows_accepted_total"), None, "it could not be counted");
    assert!(again.contains_key("quarterdeck_journal_lines_total"));
}

#[test]
fn output_that_is_full_or_closed_ends_nothing() {
    let region = region();
    let run = |arguments: &[&str], out: fn() -> Stdio| {
        let mut command = Command::new(PROGRAM);
        command.args(["--now", NOW, "--config"]).arg(region.config()).args(arguments);
        command.stdout(out()).stderr(out()).status().unwrap().code()
    };
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    fs::write(region.path("good"), "").unwrap();
    for out in [full, closed] {
        assert_eq!(run(&["once"], out), Some(0));
        assert_eq!(run(&["explain", "no-such-finding"], out), Some(2));
        assert_eq!(run(&["beat"], out), Some(5));
    }
    assert_eq!(run(&["status"], closed), Some(0));
    region.edit("quarterdeck.toml", "remind_from_hour = 8", "remind_from_hour = 99");
    assert_eq!(run(&["once"], full), Some(2));
}

#[test]
fn where_journald_listens_a_run_is_one_line_of_the_log() {
    let region = region();
    let path = region.path("stream");
    let stream = File::create(&path).unwrap();
    let found = stream.metadata().unwrap();
    let once = |journal: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["--now", NOW, "--config"]).arg(region.config()).arg("once");
        command.env("JOURNAL_STREAM", journal).stderr(stream.try_clone().unwrap());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(once(&format!("{}:{}", found.dev(), found.ino())), "", "standard output would say it again");
    assert!(once("1:2").starts_with("received "), "another stream is not journald's");
}

#[test]
fn a_daemon_outlives_its_log_and_a_systemd_that_is_not_there() {
    let region = region();
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(region.config()).arg("run").env("NOTIFY_SOCKET", "/nowhere/notify");
    let mut daemon = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut words = BufReader::new(daemon.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("cannot tell systemd") {
        assert!(words.read_line(&mut said).unwrap() > 0, "{said}");
    }
    drop(words);
    for signal in [Signal::HUP, Signal::TERM] {
        kill_process(Pid::from_child(&daemon), signal).unwrap();
    }
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}
