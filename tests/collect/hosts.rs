//! Several hosts at once, one request at a time for each: also when sources share a host, or lead to one.

#![expect(clippy::disallowed_methods, reason = "these servers take their time")]

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use quarterdeck::collect::http::{Asked, Round};
use quarterdeck::collect::{Outcome, Wanted};
use quarterdeck::config::settings::Limits;
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::quarter::Quarter;

use super::server::{Server, Then, ok, status, write};
use super::{CSV, ask_all, limits, received, source, wanted};

/// Requests in hand, by host, and the most there ever were.
#[derive(Default)]
struct InHand {
    now: HashMap<String, usize>,
    most_for_one: usize,
    most: usize,
}

type Counted = Arc<Mutex<InHand>>;

/// Answers after a while, and counts meanwhile.
fn answer(
    counted: &Counted,
    host: &str,
    delay: Duration,
    stream: &mut std::net::TcpStream,
    bytes: &[u8],
) -> Then {
    {
        let mut counted = counted.lock().unwrap();
        *counted.now.entry(host.to_owned()).or_default() += 1;
        counted.most_for_one = counted.most_for_one.max(counted.now[host]);
        counted.most = counted.most.max(counted.now.values().sum());
    }
    thread::sleep(delay);
    *counted.lock().unwrap().now.get_mut(host).unwrap() -= 1;
    write(stream, bytes)
}

#[test]
fn two_sources_on_one_host_take_turns() {
    let counted = Counted::default();
    let shared = Arc::clone(&counted);
    let server = Server::start(move |_, _, stream| {
        answer(&shared, "one", Duration::from_millis(20), stream, &ok(CSV, ""))
    });
    let sources = [source(server.url("/a/{authority}")), source(server.url("/b/{authority}"))];
    let asked = || ["E06000022", "E06000023", "E06000024"].into_iter().map(wanted).collect();
    let rounds = sources.iter().map(|source| Round { source: Asked::Files(source), wanted: asked() });
    for ended in ask_all(rounds.collect(), &limits()) {
        ended.unwrap().into_iter().for_each(|one| drop(received(one.outcome)));
    }
    assert_eq!((server.heads().len(), counted.lock().unwrap().most_for_one), (6, 1));
}

#[test]
fn hosts_that_lead_to_one_host_take_turns_there() {
    let counted = Counted::default();
    let shared = Arc::clone(&counted);
    let files = Server::start(move |_, _, stream| {
        answer(&shared, "files", Duration::from_millis(20), stream, &ok(CSV, ""))
    });
    let location = format!("Location: http://127.0.0.1:{}/file\r\n", files.address.port());
    let homes: Vec<Server> = (2..6)
        .map(|number| {
            let away = status("302 Found", &location);
            let listener = TcpListener::bind(format!("127.0.0.{number}:0")).unwrap();
            Server::on(listener, move |_, _, stream| write(stream, &away))
        })
        .collect();
    let sources: Vec<_> = homes
        .iter()
        .map(|home| {
            let mut source = source(home.url("/x"));
            source.redirect_hosts = vec!["127.0.0.1".to_owned()];
            source
        })
        .collect();
    let rounds = sources
        .iter()
        .map(|source| Round { source: Asked::Files(source), wanted: vec![wanted("E06000022")] });
    for ended in ask_all(rounds.collect(), &limits()) {
        ended.unwrap().into_iter().for_each(|one| drop(received(one.outcome)));
    }
    assert_eq!((files.heads().len(), counted.lock().unwrap().most_for_one), (4, 1));
}

#[test]
fn waiting_for_a_shared_host_is_not_its_silence() {
    let files = Server::start(|_, _, stream| {
        thread::sleep(Duration::from_millis(400));
        write(stream, &ok(CSV, ""))
    });
    let location = format!("Location: http://127.0.0.1:{}/file\r\n", files.address.port());
    let homes: Vec<Server> = (2..8)
        .map(|number| {
            let away = status("302 Found", &location);
            let listener = TcpListener::bind(format!("127.0.0.{number}:0")).unwrap();
            Server::on(listener, move |_, _, stream| write(stream, &away))
        })
        .collect();
    let mut sources: Vec<_> = homes.iter().map(|home| source(home.url("/x"))).collect();
    for one in &mut sources {
        one.redirect_hosts = vec!["127.0.0.1".to_owned()];
    }
    let rounds = sources
        .iter()
        .map(|source| Round { source: Asked::Files(source), wanted: vec![wanted("E06000022")] });
    let limits = Limits { fetch_seconds: 1, fetches_at_once: 6, ..limits() };
    for ended in ask_all(rounds.collect(), &limits) {
        ended.unwrap().into_iter().for_each(|one| drop(received(one.outcome)));
    }
}

#[test]
fn a_source_that_cannot_be_used_stops_no_other() {
    let server = Server::saying(ok(CSV, ""));
    let (good, mut bad) = (source(server.url("/x")), source(server.url("/y")));
    bad.ca_file = Some("/nowhere/ca.pem".into());
    let rounds =
        [&bad, &good].map(|source| Round { source: Asked::Files(source), wanted: vec![wanted("E06000022")] });
    let ended = ask_all(rounds.into(), &limits());
    assert!(ended[0].is_err());
    received(ended[1].as_ref().unwrap()[0].outcome.clone());
}

/// Run with `--ignored --nocapture`: the figures of 153 hosts, all of them on loopback.
#[test]
#[ignore = "a measurement"]
fn polling_153_sources() {
    let body = CSV.repeat(5700);
    let limits =
        Limits { file_bytes_max: 10_000_000, unpacked_bytes_max: 10_000_000, fetches_at_once: 8, ..limits() };
    for (what, delay, changed) in [
        ("every source has a new file of 400 kB, each answers after 20 ms", 20, 153),
        ("every source has a new file, each answers after 200 ms", 200, 153),
        ("one source changed, 152 answer 304, after 20 ms", 20, 1),
        ("one source changed, 152 answer 304, at once", 0, 1),
    ] {
        let counted = Counted::default();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let servers: Vec<Server> = (1..=153)
            .map(|number| {
                slow((number, port), Duration::from_millis(delay), number <= changed, &counted, &body)
            })
            .collect();
        let source = source(format!("http://127.0.0.{{dfe_number}}:{port}/{{authority}}"));
        let round = Round { source: Asked::Files(&source), wanted: (1..=153).map(known).collect() };
        let begun = Instant::now();
        let ended = ask_all(vec![round], &limits);
        let wall = begun.elapsed();
        let outcomes: Vec<Outcome> =
            ended.into_iter().flat_map(|one| one.unwrap()).map(|one| one.outcome).collect();
        let new = outcomes.iter().filter(|one| matches!(one, Outcome::Received(_))).count();
        let same = outcomes.iter().filter(|one| **one == Outcome::Unchanged).count();
        assert_eq!((new, same), (changed, 153 - changed));
        let counted = counted.lock().unwrap();
        assert_eq!(counted.most_for_one, 1);
        let connections: usize = servers.iter().map(Server::connections).sum();
        println!(
            "{what}: {} ms; {} requests in flight at most, {} for one host; {connections} connections; {new} new, {same} unchanged",
            wall.as_millis(),
            counted.most,
            counted.most_for_one
        );
    }
}

fn known(number: usize) -> Wanted {
    Wanted {
        authority: AuthorityCode::parse(&format!("E{:08}", 6_000_000 + number)).ok(),
        dfe_number: Some(number.to_string()),
        quarter: Quarter::of(2017, 2),
        etag: Some("\"before\"".to_owned()),
        ..Wanted::default()
    }
}

/// A host of its own on loopback.
fn slow(
    (number, port): (usize, u16),
    delay: Duration,
    is_new: bool,
    counted: &Counted,
    body: &str,
) -> Server {
    let listener = TcpListener::bind(format!("127.0.0.{number}:{port}")).unwrap();
    let host = number.to_string();
    let counted = Arc::clone(counted);
    let bytes = if is_new { ok(body, "ETag: \"after\"\r\n") } else { status("304 Not Modified", "") };
    Server::on(listener, move |_, _, stream| answer(&counted, &host, delay, stream, &bytes))
}
