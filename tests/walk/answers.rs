//! Every step of a conversation with a mail server, answered in every way: what becomes of two messages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use quarterdeck::config::settings::{PostSettings, Settings, SmtpSettings, SmtpTls};
use quarterdeck::mail::{Patience, Post, SmtpPost};
use quarterdeck::pipeline::posting::{self, Those};
use quarterdeck::pipeline::{Moment, Report, Walk};
use quarterdeck::store::outbox::{self, Standing};

use super::outbox::two_receipts;
use super::region::{PROGRAM, instant};
use crate::mail::relay::{Answer, Door, Manner, Relay, Step};

const ANSWERS: [Answer; 8] = [
    Answer::Says("421 going away"),
    Answer::Says("450 later"),
    Answer::Says("452 too many messages"),
    Answer::Says("550 no"),
    Answer::Says("552 too much"),
    Answer::Says("554 no"),
    Answer::Closes,
    Answer::Silent,
];

const PAUSES: [Duration; 4] = [Duration::from_millis(1); 4];

/// Where both messages stand and how many tries they had, and whether the server was barred.
const WAIT: &str = "waiting 0, waiting 0; barred";
const LATER: &str = "waiting 1, waiting 1";
const SENT: &str = "sent 1, sent 1";

/// What is seen when the server always answers so, in the order of [`ANSWERS`].
fn wanted(step: Step) -> [&'static str; 8] {
    let refused = "refused 0, refused 0";
    match step {
        // Nothing was said of a message yet.
        Step::Greeting | Step::Ehlo | Step::Starttls | Step::Auth => [WAIT; 8],
        // But for a size that is refused: that is this message's.
        Step::Mail => [WAIT, WAIT, WAIT, WAIT, refused, WAIT, WAIT, WAIT],
        Step::Rcpt => [WAIT, LATER, LATER, refused, LATER, refused, WAIT, WAIT],
        Step::Data => [WAIT, LATER, LATER, WAIT, WAIT, WAIT, WAIT, WAIT],
        Step::Dot => [
            WAIT,
            LATER,
            LATER,
            "refused 1, refused 1",
            "refused 1, refused 1",
            "refused 1, refused 1",
            // Nobody knows: asked once more, with the same bytes.
            LATER,
            "waiting 1, waiting 0; barred",
        ],
        Step::Rset => [SENT; 8],
    }
}

/// A state with two receipts that wait, for one conversation.
struct Two {
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl Two {
    fn copy_of(settings: &Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&settings.state, folder.path());
        Self { settings: Settings { state: folder.path().to_owned(), ..settings.clone() }, _folder: folder }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let into = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&into).unwrap();
            copy(&entry.path(), &into);
        } else {
            fs::copy(entry.path(), into).unwrap();
        }
    }
}

fn post_to(relay: &Relay, tls: SmtpTls, settings: &Settings) -> Post {
    let smtp = SmtpSettings {
        host: "localhost".to_owned(),
        port: relay.port,
        tls,
        ca_file: Some(relay.ca_file.clone()),
        login: Some(("watch".to_owned(), relay.password_file.clone())),
        hello: None,
        timeout_seconds: 1,
        attempts_max: 8,
    };
    let patience = Patience { answer: Duration::from_millis(300), pauses: &PAUSES };
    Post::Smtp(Box::new(SmtpPost::open(&smtp, &settings.mail.bounces, patience).unwrap()))
}

/// How many bodies each person was given, by the `To` of the body.
fn bodies(relay: &Relay) -> BTreeMap<String, usize> {
    let mut bodies = BTreeMap::new();
    for body in relay.heard().iter().filter_map(|line| line.strip_prefix("B ")) {
        let to = body.lines().find(|line| line.starts_with("To:")).unwrap();
        *bodies.entry(to.to_owned()).or_insert(0) += 1;
    }
    bodies
}

struct Seen {
    words: String,
    bodies: BTreeMap<String, usize>,
    /// What a server that takes everything was given in the run after it.
    after: BTreeMap<String, usize>,
    left: Vec<Standing>,
}

fn conversation(settings: &Settings, door: Door, manner: Manner) -> Seen {
    let two = Two::copy_of(settings);
    let tls = if door == Door::Starttls { SmtpTls::Starttls } else { SmtpTls::Loopback };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let moment = Moment { now: instant("2017-11-07T10:00:00Z"), machine: SystemTime::UNIX_EPOCH };
    let mut walk = Walk::open(&two.settings, moment, Path::new(PROGRAM), Box::new(|_| {})).unwrap();
    runtime.block_on(async {
        let relay = Relay::start(door, manner).await;
        let mut report = Report::default();
        let post = post_to(&relay, tls, &two.settings);
        posting::post_through(&mut walk, Those::All, |_| Ok(post), &mut report).await.unwrap();
        let tracks = outbox::tracks(walk.journal.lines());
        let words: Vec<String> =
            tracks.values().map(|track| format!("{} {}", track.standing.word(), track.attempts)).collect();
        let bar = if report.mail_is_barred { "; barred" } else { "" };
        let good = Relay::start(Door::Plain, Manner::Good).await;
        let post = post_to(&good, SmtpTls::Loopback, &two.settings);
        posting::post_through(&mut walk, Those::All, |_| Ok(post), &mut Report::default()).await.unwrap();
        let left = outbox::tracks(walk.journal.lines()).values().map(|track| track.standing).collect();
        Seen {
            words: format!("{}{bar}", words.join(", ")),
            bodies: bodies(&relay),
            after: bodies(&good),
            left,
        }
    })
}

fn judge(settings: &Settings, at: usize, answer: Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    for step in Step::ALL {
        let door = if step == Step::Starttls { Door::Starttls } else { Door::Plain };
        let seen = conversation(settings, door, Manner::At(step, answer));
        let place = format!("{step:?} {answer:?}");
        if seen.words != wanted(step)[at] {
            wrong.push(format!("{place}: {}, not {}", seen.words, wanted(step)[at]));
        }
        if seen.bodies.values().any(|count| *count > 1) {
            wrong.push(format!("{place}: a body twice in one run: {:?}", seen.bodies));
        }
        let refused = seen.left.iter().filter(|standing| **standing == Standing::Refused).count();
        let sent = seen.left.iter().filter(|standing| **standing == Standing::Sent).count();
        let by_then = if step == Step::Rset { 2 } else { 0 };
        if refused + sent != 2 || seen.after.values().sum::<usize>() + refused + by_then != 2 {
            wrong.push(format!("{place}: afterwards {:?} with {:?}", seen.left, seen.after));
        }
    }
    wrong
}

#[test]
fn each_step_answered_in_each_way_loses_nothing_doubles_nothing_and_counts_what_is_about_a_message() {
    let region = two_receipts(1);
    let settings = region.settings();
    assert!(matches!(settings.mail.post, PostSettings::Smtp(_)));
    let settings = &settings;
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = ANSWERS
            .into_iter()
            .enumerate()
            .map(|(at, answer)| scope.spawn(move || judge(settings, at, answer)))
            .collect();
        threads.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_one_connection_says_costs_no_message_a_try() {
    let region = two_receipts(1);
    let settings = region.settings();
    for step in [Step::Mail, Step::Rcpt, Step::Data] {
        for answer in [Answer::Says("421 going away"), Answer::Closes] {
            let seen = conversation(&settings, Door::Plain, Manner::First(1, step, answer));
            assert_eq!(seen.words, SENT, "{step:?} {answer:?}");
            assert!(seen.bodies.values().all(|count| *count == 1), "{:?}", seen.bodies);
        }
    }
    let put_off = Manner::First(1, Step::Mail, Answer::Says("450 later"));
    assert_eq!(conversation(&settings, Door::Plain, put_off).words, SENT);
    // A body that was certainly not taken is asked for again after the others, in the same run.
    let after_the_dot = Manner::First(1, Step::Dot, Answer::Says("421 going away"));
    let seen = conversation(&settings, Door::Plain, after_the_dot);
    assert_eq!(seen.words, SENT);
    assert_eq!(seen.bodies.values().sum::<usize>(), 3);
}
