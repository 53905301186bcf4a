//! What a server may do to us, and how far: slow, cut, contradictory, endless, impolite.

#![expect(clippy::disallowed_methods, reason = "these servers dawdle")]

use std::thread;
use std::time::{Duration, Instant};

use quarterdeck::collect::{Outcome, Wanted};
use quarterdeck::config::settings::Limits;

use super::server::{Server, Then, ok, status, write};
use super::{CSV, fetch, fetch_many, limits, reason, received, source, wanted};

fn refused(answer: impl Into<Vec<u8>>) -> Outcome {
    fetch(&source(Server::saying(answer).url("/x")), &Limits { fetch_seconds: 1, ..limits() })
}

#[test]
fn a_drip_feed_ends_when_it_is_too_slow() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        while matches!(write(stream, b"a"), Then::KeepOpen) {
            thread::sleep(Duration::from_millis(50));
        }
        Then::Close
    });
    let begun = Instant::now();
    let said = reason(&fetch(&source(server.url("/x")), &Limits { fetch_seconds: 2, ..limits() }));
    assert!(said.contains("sends less than 1024 bytes a second"), "{said}");
    assert!(begun.elapsed() < Duration::from_millis(1900), "half of the whole is its window");
}

#[test]
fn dripping_headers_end_as_well() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\n");
        while matches!(write(stream, b"X-A: a\r\n"), Then::KeepOpen) {
            thread::sleep(Duration::from_millis(50));
        }
        Then::Close
    });
    let begun = Instant::now();
    let outcome = fetch(&source(server.url("/x")), &Limits { fetch_seconds: 1, ..limits() });
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_chunked_body_that_is_cut_is_never_half_a_return() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nauth\r\n");
        Then::Close
    });
    let outcome = fetch(&source(server.url("/x")), &limits());
    assert!(
        matches!(&outcome, Outcome::Failed { reason } if reason.contains("tried 4 times")),
        "{outcome:?}"
    );
}

#[test]
fn a_body_that_is_longer_than_it_says_ends_where_it_says() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nauthority,indicator\n");
        Then::KeepOpen
    });
    let outcomes = fetch_many(
        &source(server.url("/{authority}")),
        &limits(),
        vec![wanted("E06000022"), wanted("E06000023")],
    );
    for outcome in outcomes.unwrap() {
        assert_eq!(received(outcome).bytes, b"authority,", "the rest is not the next answer");
    }
}

#[test]
fn answers_that_contradict_themselves_are_refused() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\na,b,c",
        "a,b\n1,2\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ] {
        let outcome = refused(answer);
        assert!(matches!(outcome, Outcome::Failed { .. }), "{answer}: {outcome:?}");
    }
}

#[test]
fn thousands_of_headers_and_one_endless_header_are_too_much() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(100_000));
    let long = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n", "b".repeat(1_000_000));
    for answer in [many, long] {
        let outcome = refused(answer);
        assert!(matches!(&outcome, Outcome::Failed { reason } if reason.len() < 300), "{outcome:?}");
    }
}

#[test]
fn a_packing_that_nobody_asked_for_and_a_corrupt_one_are_no_return() {
    let packed = |packing: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: {packing}\r\n\r\nabcd")
    };
    assert!(reason(&refused(packed("br"))).contains("nobody asked for"));
    assert!(matches!(refused(packed("gzip")), Outcome::Failed { .. }));
    let plain = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nContent-Encoding: identity\r\n\r\n{CSV}",
        CSV.len()
    );
    received(refused(plain));
}

#[test]
fn a_file_that_is_itself_packed_comes_as_it_is() {
    let bytes = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff rest";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    let server = Server::saying([head.as_bytes(), bytes].concat());
    let file = received(fetch(&source(server.url("/return.csv.gz")), &limits()));
    assert_eq!((file.bytes.as_slice(), file.file_name.as_str()), (bytes.as_slice(), "return.csv.gz"));
    let unpacked = Server::saying(ok(CSV, ""));
    let file = received(fetch(&source(unpacked.url("/return.csv.gz")), &limits()));
    assert_eq!(file.file_name, "return.csv", "packed for the way only");
}

#[test]
fn a_host_that_wants_to_be_left_alone_is_left_alone() {
    for wish in ["3600", "99999999999999999999", "Tue, 17 Nov 2099 08:00:00 GMT"] {
        let head = format!("Retry-After: {wish}\r\nDate: Fri, 17 Nov 2017 08:00:00 GMT\r\n");
        let server = Server::saying(status("429 Too Many Requests", &head));
        let asked: Vec<Wanted> = ["E06000022", "E06000023", "E06000024"].into_iter().map(wanted).collect();
        let outcomes = fetch_many(&source(server.url("/{authority}")), &limits(), asked).unwrap();
        let said = reason(&outcomes[0]);
        assert!(said.contains("wants to be left alone for"), "{said}");
        assert!(reason(&outcomes[2]).ends_with("wants to be left alone"), "{:?}", outcomes[2]);
        assert_eq!(server.heads().len(), 1, "{wish}");
    }
}

#[test]
fn rubbish_in_place_of_a_wish_is_no_wish() {
    for wish in ["-5", "soon", "Fri, 17 Nov 2017 07:00:00 GMT", ""] {
        let head = format!("Retry-After: {wish}\r\nDate: Fri, 17 Nov 2017 08:00:00 GMT\r\n");
        let server = Server::start(move |number, _, stream| match number {
            0 => write(stream, &status("503 Service Unavailable", &head)),
            _ => write(stream, &ok(CSV, "")),
        });
        received(fetch(&source(server.url("/x")), &limits()));
        assert_eq!(server.heads().len(), 2);
    }
}

#[test]
fn an_error_message_in_json_is_kept_as_what_it_is() {
    let outcome = refused(ok(r#"{"error":{"code":"accessDenied","message":"Access denied"}}"#, ""));
    let Outcome::Refused { reason, body: Some(body), .. } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("error message") && body.bytes.starts_with(b"{"), "{reason}");
}

#[test]
fn a_name_in_a_header_is_never_used() {
    let traversal = "Content-Disposition: attachment; filename=\"../../etc/passwd\"\r\n";
    let file =
        received(fetch(&source(Server::saying(ok(CSV, traversal)).url("/a/..%2f..%2fb.csv")), &limits()));
    assert_eq!(file.file_name, "_2f.._2fb.csv");
}
