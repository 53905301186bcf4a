//! A region in a folder of its own: shipped configuration with few edits, a loopback source, real walks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use quarterdeck::config;
use quarterdeck::config::settings::Settings;
use quarterdeck::domain::check::SHIPPED;
use quarterdeck::pipeline::collecting::{self, ByHand};
use quarterdeck::pipeline::stopping::Stop;
use quarterdeck::pipeline::{self, Moment, Report, Step, Walk};
use quarterdeck::store::journal::{Happened, Journal, Line};
use quarterdeck::store::open::Store;

use super::figures;
use super::letters::Mail;
use super::web::Web;

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_quarterdeck");
/// A Friday morning, a week after the due day, on which every digest falls due.
pub(super) const NOW: &str = "2017-11-17T08:00:00Z";

pub(super) struct Region {
    pub(super) web: Web,
    folder: tempfile::TempDir,
}

impl Region {
    /// Quarters from `first` on; nothing is published yet.
    pub(super) fn from_quarter(first: &str) -> Self {
        static CRYPTO: Once = Once::new();
        CRYPTO.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let region = Self { web: Web::start(), folder: tempfile::tempdir().unwrap() };
        config::write_shipped(&region.config()).unwrap();
        fs::write(region.path("token"), "a-token\n").unwrap();
        fs::create_dir(region.path("drop")).unwrap();
        let url = format!("url = \"{}\"", region.web.url("/{quarter}/{authority}"));
        let shipped = "url = \"https://returns.southwest-benchmarking.example/{quarter}/{authority}\"";
        let edits = [
            ("state = \"state\"", "state = \"../state\""),
            ("first_quarter = \"2014-15 Q1\"", &format!("first_quarter = \"{first}\"")),
            ("first_quarter = \"2015-16 Q1\"", &format!("first_quarter = \"{first}\"")),
            (shipped, &url),
            ("private_addresses = \"refused\"", "private_addresses = \"allowed\""),
            ("/run/credentials/quarterdeck.service/secret_returns-token", "../token"),
            ("path = \"state/drop/workforce\"", "path = \"../drop\""),
            ("settle_seconds = 30", "settle_seconds = 0"),
            ("path = \"state/outgoing\"", "path = \"../outgoing\""),
            ("per_recipient_per_day = 10", "per_recipient_per_day = 1000"),
            ("unpacked_mebibytes = 200", "unpacked_mebibytes = 8"),
        ];
        for (from, to) in edits {
            region.edit("quarterdeck.toml", from, to);
        }
        region
    }

    /// The same without a check: for what happens to files and messages, whatever the figures say.
    pub(super) fn unwatched(first: &str) -> Self {
        let region = Self::from_quarter(first);
        region.edit("quarterdeck.toml", "off = []", &format!("off = {SHIPPED:?}"));
        region
    }

    /// Every return of both quarters published.
    pub(super) fn with_returns() -> Self {
        Self::with_returns_of(&["2017-18 Q1", "2017-18 Q2"])
    }

    pub(super) fn with_returns_of(quarters: &[&str]) -> Self {
        let region = Self::from_quarter(quarters[0]);
        for quarter in quarters {
            for code in figures::AUTHORITIES {
                region.publish(code, quarter, figures::csv(code, quarter));
            }
        }
        region
    }

    /// One return published, of the authority that misses its target.
    pub(super) fn with_one_return() -> Self {
        let region = Self::from_quarter("2017-18 Q2");
        let code = figures::MISSES_ITS_TARGET;
        region.publish(code, "2017-18 Q2", figures::csv(code, "2017-18 Q2"));
        region
    }

    pub(super) fn publish(&self, code: &str, quarter: &str, body: impl AsRef<[u8]>) {
        self.web.put(&format!("/{}/{code}", quarter.replace(' ', "-")), body.as_ref());
    }

    pub(super) fn withdraw(&self, code: &str, quarter: &str) {
        self.web.remove(&format!("/{}/{code}", quarter.replace(' ', "-")));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path("config")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Replaces the first `from` of a configuration file.
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.config().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Mail goes to a server on this port of this machine.
    pub(super) fn post_to(&self, port: u16) {
        let path = self.config().join("quarterdeck.toml");
        let text = fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once("\n[mail.").unwrap();
        let (_, after) = rest.split_once("\n[limits]").unwrap();
        let smtp = format!(
            "[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"loopback\"\n\
             timeout_seconds = 20\nattempts_max = 8\n"
        );
        fs::write(path, format!("{before}\n{smtp}\n[limits]{after}")).unwrap();
    }

    pub(super) fn post_to_again(&self, port: u16) {
        let path = self.config().join("quarterdeck.toml");
        let text = fs::read_to_string(&path).unwrap();
        let old = text.lines().find(|line| line.starts_with("port = ")).unwrap();
        fs::write(&path, text.replace(old, &format!("port = {port}"))).unwrap();
    }

    pub(super) fn settings(&self) -> Settings {
        config::load(&self.config()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Everything due at `now`.
    pub(super) fn walk(&self, now: &str) -> Report {
        self.try_walk(now, None).unwrap()
    }

    pub(super) fn step(&self, now: &str, only: Step) -> Report {
        self.try_walk(now, Some(only)).unwrap()
    }

    /// A run that hears when it is to stop.
    pub(super) fn walk_until(&self, now: &str, stop: Stop) -> Report {
        self.walk_with(now, None, stop).unwrap()
    }

    /// A run whose workers are started as `program`.
    pub(super) fn walk_by(&self, now: &str, program: &Path) -> Report {
        self.walk_of(now, None, Stop::never(), program).unwrap()
    }

    pub(super) fn try_walk(&self, now: &str, only: Option<Step>) -> anyhow::Result<Report> {
        self.walk_with(now, only, Stop::never())
    }

    fn walk_with(&self, now: &str, only: Option<Step>, stop: Stop) -> anyhow::Result<Report> {
        self.walk_of(now, only, stop, Path::new(PROGRAM))
    }

    fn walk_of(&self, now: &str, only: Option<Step>, stop: Stop, program: &Path) -> anyhow::Result<Report> {
        let settings = self.settings();
        let machine = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        let moment = Moment { now: instant(now), machine };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut walk = Walk::open(&settings, moment, program, Box::new(|_| {}))?;
        walk.stop = stop;
        runtime.block_on(pipeline::once(&mut walk, only))
    }

    /// Keeps and journals files of a publisher, as taken in by hand; the next walk loads them.
    pub(super) fn take_in(&self, now: &str, collection: &str, files: &[PathBuf]) {
        let settings = self.settings();
        let collection = settings.collections.iter().find(|one| one.name == collection).unwrap();
        let moment = Moment { now: instant(now), machine: SystemTime::UNIX_EPOCH };
        let mut walk = Walk::open(&settings, moment, Path::new(PROGRAM), Box::new(|_| {})).unwrap();
        for file in files {
            let by_hand = ByHand {
                collection,
                authority: None,
                quarter: None,
                file_name: file.file_name().unwrap().to_string_lossy().into_owned(),
                bytes: fs::read(file).unwrap(),
                smaller: None,
            };
            collecting::take_by_hand(&mut walk, &by_hand, &mut Report::default()).unwrap();
        }
    }

    /// The real program on this region at `now`.
    pub(super) fn run(&self, now: &str, arguments: &[&str]) -> Ended {
        let mut command = assert_cmd::Command::new(PROGRAM);
        let output = command.args(["--now", now, "--config"]).arg(self.config()).args(arguments).output();
        Ended::of(&output.unwrap())
    }

    /// The daemon on this region until it ends by itself; it goes by the clock of the machine alone.
    pub(super) fn daemon(&self) -> Ended {
        let mut command = assert_cmd::Command::new(PROGRAM);
        Ended::of(&command.arg("--config").arg(self.config()).arg("run").output().unwrap())
    }

    /// The messages in the folder that stands in for a mail server.
    pub(super) fn mails(&self) -> Vec<Mail> {
        Mail::all_in(&self.path("outgoing"))
    }

    pub(super) fn journal(&self) -> Vec<Line> {
        Journal::read(&self.state()).unwrap()
    }

    /// Subjects of one kind of line.
    pub(super) fn happened(&self, event: Happened) -> Vec<String> {
        self.journal().into_iter().filter(|line| line.event == event).map(|line| line.subject).collect()
    }

    /// The rows of a query with one column, as text.
    pub(super) fn rows(&self, sql: &str) -> Vec<String> {
        let store = Store::open_read_only(&self.state(), &self.settings().limits).unwrap();
        let texts = format!("SELECT coalesce(cell::VARCHAR, '-') FROM ({sql}) AS rows(cell)");
        let prepared = store.connection().prepare(&texts);
        let mut statement = prepared.unwrap_or_else(|error| panic!("{sql}: {error}"));
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        self.rows(sql)[0].parse().unwrap()
    }

    pub(super) fn lose_the_database(&self) {
        let mut lost = 0;
        for entry in fs::read_dir(self.state()).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with("quarterdeck.duckdb") {
                fs::remove_file(entry.path()).unwrap();
                lost += 1;
            }
        }
        assert!(lost > 0);
    }
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: i32,
    pub(super) out: String,
    pub(super) words: String,
}

impl Ended {
    pub(super) fn of(output: &std::process::Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            words: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
