//! Some addresses fail, or the host does: what that says of the others, and in which order they are asked.

use std::net::TcpStream;

use quarterdeck::collect::http::{Asked, Round, fetch_all};
use quarterdeck::collect::{Outcome, Wanted};
use tokio::sync::watch;

use super::server::{Server, Then, ok, status, write};
use super::{CSV, ask_all, fetch_many, limits, reason, source, wanted};

const CODES: [&str; 6] = ["E06000022", "E06000023", "E06000024", "E06000025", "E06000026", "E06000027"];

/// Answers for some authorities with an error, for the others with their return.
fn failing(codes: &'static [&'static str], line: &'static str) -> Server {
    Server::start(move |_, head: &str, stream: &mut TcpStream| {
        let fails = codes.iter().any(|code| head.contains(code));
        write(stream, &if fails { status(line, "") } else { ok(CSV, "") })
    })
}

fn all() -> Vec<Wanted> {
    CODES.into_iter().map(wanted).collect()
}

#[test]
fn errors_of_some_addresses_keep_no_other_waiting() {
    let server = failing(&["E06000022", "E06000023", "E06000024"], "500 Internal Server Error");
    let outcomes = fetch_many(&source(server.url("/{authority}")), &limits(), all()).unwrap();
    for (code, outcome) in CODES.iter().zip(&outcomes) {
        let fails = ["E06000022", "E06000023", "E06000024"].contains(code);
        assert_eq!(matches!(outcome, Outcome::Failed { .. }), fails, "{code}: {outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Received(_)), !fails, "{code}: {outcome:?}");
    }
}

#[test]
fn a_body_that_breaks_off_says_nothing_of_the_other_addresses() {
    let server = Server::start(|_, head, stream| {
        if head.contains("E06000022") || head.contains("E06000023") {
            write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nauthority,indicator\n");
            return Then::Close;
        }
        write(stream, &ok(CSV, ""))
    });
    let outcomes = fetch_many(&source(server.url("/{authority}")), &limits(), all()).unwrap();
    assert_eq!(outcomes.iter().filter(|one| matches!(one, Outcome::Received(_))).count(), 4);
}

#[test]
fn a_host_that_answers_errors_to_everything_is_left_alone() {
    let server = failing(&["E06"], "503 Service Unavailable");
    let outcomes = fetch_many(&source(server.url("/{authority}")), &limits(), all()).unwrap();
    assert_eq!(server.heads().len(), 16, "four addresses, each four times");
    let Outcome::Untried { .. } = &outcomes[4] else { panic!("{outcomes:?}") };
    assert!(reason(&outcomes[5]).starts_with("not tried: the host `127.0.0.1` answered 4 times in a row"));
}

#[test]
fn a_host_is_asked_in_the_order_of_ranks_whichever_source_wants_it() {
    let server = Server::saying(ok(CSV, ""));
    let sources = [source(server.url("/a/{authority}")), source(server.url("/b/{authority}"))];
    let ranked =
        |ranks: [usize; 2]| ranks.into_iter().zip(CODES).map(|(rank, code)| Wanted { rank, ..wanted(code) });
    let rounds = [(&sources[0], [3, 0]), (&sources[1], [2, 1])];
    let rounds =
        rounds.map(|(source, ranks)| Round { source: Asked::Files(source), wanted: ranked(ranks).collect() });
    ask_all(rounds.into(), &limits());
    let heads = server.heads();
    let paths: Vec<&str> = heads.iter().map(|head| &head[4..16]).collect();
    assert_eq!(paths, ["/a/E06000023", "/b/E06000023", "/b/E06000022", "/a/E06000022"]);
}

#[test]
fn each_answer_is_handed_on_before_the_next_but_one_is_asked_for() {
    let server = Server::saying(ok(CSV, ""));
    let source = source(server.url("/{authority}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut taken = 0;
    let mut most_ahead = 0;
    let mut on_answer = |_, _| {
        taken += 1;
        most_ahead = most_ahead.max(server.heads().len() - taken);
        if taken == 4 { Err("the disk is full") } else { Ok(()) }
    };
    let rounds = vec![Round { source: Asked::Files(&source), wanted: all() }];
    let ended = runtime.block_on(fetch_all(rounds, &limits(), &mut on_answer));
    assert_eq!(ended.unwrap_err(), "the disk is full");
    assert!(most_ahead <= 2, "{most_ahead} bodies waited");
    assert!(server.heads().len() < CODES.len(), "what cannot be kept is not asked for");
}

#[test]
fn what_came_before_a_stop_was_handed_on() {
    let (sender, mut told) = watch::channel(false);
    let server = Server::start(move |number, _, stream| {
        if number == 3 {
            sender.send_replace(true);
        }
        write(stream, &ok(CSV, ""))
    });
    let source = source(server.url("/{authority}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut taken = 0;
    let mut on_answer = |_, _| -> Result<(), ()> {
        taken += 1;
        Ok(())
    };
    let rounds = vec![Round { source: Asked::Files(&source), wanted: all() }];
    let limits = limits();
    runtime.block_on(async {
        tokio::select! {
            ended = fetch_all(rounds, &limits, &mut on_answer) => drop(ended.unwrap()),
            told = told.wait_for(|told| *told) => drop(told.unwrap()),
        }
    });
    assert!(taken >= 2, "{taken}");
}
