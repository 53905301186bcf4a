#![expect(clippy::disallowed_methods, reason = "these servers dawdle")]

use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use quarterdeck::collect::{CollectError, Fault, Outcome, Wanted};
use quarterdeck::config::settings::{HttpSource, Limits, Login, PrivateAddresses};

use super::server::{Server, Then, ok, status, write};
use super::{CSV, fetch, fetch_many, limits, reason, received, source, wanted};

const SECRET: &str = "hunter2-and-more";
const VALIDATORS: &str = "ETag: \"v1\"\r\nLast-Modified: Fri, 17 Nov 2017 08:00:00 GMT\r\n\
    Date: Fri, 17 Nov 2017 08:01:00 GMT\r\n";

#[test]
fn a_return_is_fetched_with_its_marks_filled_in() {
    let server = Server::saying(ok(CSV, VALIDATORS));
    let url = server.url("/{dfe_number}/{authority}_{quarter}.csv?sig=hunter2-and-more");
    let file = received(fetch(&source(url), &limits()));
    assert_eq!(file.bytes, CSV.as_bytes());
    assert_eq!(file.file_name, "E06000022_2017-18-Q2.csv");
    assert_eq!(file.origin, server.url("/800/E06000022_2017-18-Q2.csv"));
    assert_eq!(file.etag.as_deref(), Some("\"v1\""));
    assert_eq!(file.last_modified.as_deref(), Some("Fri, 17 Nov 2017 08:00:00 GMT"));
    assert!(server.heads()[0].starts_with("GET /800/E06000022_2017-18-Q2.csv?sig=hunter2-and-more HTTP/1.1"));
    assert!(!server.heads()[0].to_lowercase().contains("referer"));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = Server::saying(status("304 Not Modified", ""));
    let mut known = wanted("E06000022");
    known.etag = Some("\"v1\"".to_owned());
    known.last_modified = Some("Fri, 17 Nov 2017 08:00:00 GMT".to_owned());
    let source = source(server.url("/{authority}"));
    let outcomes = fetch_many(&source, &limits(), vec![known, wanted("E06000023")]).unwrap();
    assert_eq!(outcomes[0], Outcome::Unchanged);
    let head = server.heads()[0].to_lowercase();
    assert!(head.contains("if-none-match: \"v1\"") && head.contains("if-modified-since: fri, 17 nov 2017"));
    assert!(matches!(outcomes[1], Outcome::Failed { .. }), "304 means nothing when nothing was known");
}

#[test]
fn not_there_yet_is_no_failure() {
    for line in ["404 Not Found", "410 Gone"] {
        assert_eq!(fetch(&source(Server::saying(status(line, "")).url("/x")), &limits()), Outcome::NotThere);
    }
}

#[test]
fn one_host_is_asked_over_one_connection_and_the_order_is_kept() {
    let server = Server::start(|number, _, stream| write(stream, &ok(&format!("{CSV}{number}"), "")));
    let codes = ["E06000022", "E06000023", "E06000024", "E06000025"];
    let asked: Vec<Wanted> = codes.into_iter().map(wanted).collect();
    let outcomes = fetch_many(&source(server.url("/{authority}")), &limits(), asked).unwrap();
    for (place, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(received(outcome).bytes, format!("{CSV}{place}").into_bytes());
    }
    assert_eq!((server.heads().len(), server.connections()), (4, 1));
}

#[test]
fn a_login_page_with_200_is_refused() {
    let server = Server::saying(ok(
        "<!DOCTYPE html>\n<html><body>Sign in</body></html>",
        "Content-Type: text/csv\r\n",
    ));
    let outcome = fetch(&source(server.url("/x")), &limits());
    let Outcome::Refused { reason, body: Some(body), fault: Fault::Source } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("web page"), "{reason}");
    assert!(body.bytes.starts_with(b"<!DOCTYPE html>"), "what came whole is there to be kept");
}

#[test]
fn partial_and_empty_answers_are_refused() {
    for bytes in [status("204 No Content", ""), status("206 Partial Content", ""), ok("", "")] {
        let outcome = fetch(&source(Server::saying(bytes).url("/x")), &limits());
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    }
}

#[test]
fn a_truncated_body_fails_after_some_tries() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nauthority,indicator\n");
        Then::Close
    });
    let outcome = fetch(&source(server.url("/x")), &limits());
    assert!(
        matches!(&outcome, Outcome::Failed { reason } if reason.contains("tried 4 times")),
        "{outcome:?}"
    );
    assert_eq!(server.heads().len(), 4);
}

#[test]
fn a_drip_feed_ends_at_the_limit_of_the_whole() {
    let server = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        while matches!(write(stream, b"a"), Then::KeepOpen) {
            thread::sleep(Duration::from_millis(100));
        }
        Then::Close
    });
    let begun = Instant::now();
    let outcome = fetch(&source(server.url("/x")), &Limits { fetch_seconds: 1, ..limits() });
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}

#[test]
fn a_silent_host_is_given_up_and_does_not_hold_up_others() {
    let silent = Server::start(|_, _, _| {
        thread::sleep(Duration::from_secs(20));
        Then::Close
    });
    let begun = Instant::now();
    let asked = vec![wanted("E06000022"), wanted("E06000023"), wanted("E06000024"), wanted("E06000025")];
    let short = Limits { fetch_seconds: 1, ..limits() };
    let outcomes = fetch_many(&source(silent.url("/{authority}")), &short, asked).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(silent.heads().len(), 2);
    assert!(reason(&outcomes[3]).starts_with("not tried: the host `127.0.0.1` failed 2 times"));
}

#[test]
fn bodies_that_are_too_big_are_stopped_before_and_while_they_come() {
    let announced = Server::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n".to_vec());
    assert!(reason(&fetch(&source(announced.url("/x")), &limits())).contains("more than 100000 bytes"));
    let endless = Server::start(|_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = [b"2000\r\n".as_slice(), &[b'a'; 0x2000], b"\r\n"].concat();
        while matches!(write(stream, &chunk), Then::KeepOpen) {}
        Then::Close
    });
    assert!(reason(&fetch(&source(endless.url("/x")), &limits())).contains("more than 100000 bytes"));
}

#[test]
fn what_is_packed_is_unpacked_and_counted_unpacked() {
    let gzip = |bytes: &[u8]| {
        let packed = gzipped(bytes);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        [head.as_bytes(), &packed].concat()
    };
    let honest = Server::saying(gzip(CSV.as_bytes()));
    assert_eq!(received(fetch(&source(honest.url("/x")), &limits())).bytes, CSV.as_bytes());
    let bomb = gzip(&vec![b'a'; 50_000_000]);
    assert!(bomb.len() < 60_000, "{}", bomb.len());
    let bomb = Server::saying(bomb);
    assert!(reason(&fetch(&source(bomb.url("/x")), &limits())).contains("more than 100000 bytes"));
}

#[test]
fn no_more_than_a_file_may_have_is_taken_of_a_body_of_no_stated_length_and_nothing_of_it_is_kept() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = Server::start(move |_, _, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\n\r\n");
        let piece = vec![b'a'; 1 << 16];
        while counted.load(Ordering::SeqCst) < 64 << 20 && matches!(write(stream, &piece), Then::KeepOpen) {
            counted.fetch_add(piece.len(), Ordering::SeqCst);
        }
        Then::Close
    });
    let limits = Limits { file_bytes_max: 2 << 20, unpacked_bytes_max: 200 << 20, ..limits() };
    let outcome = fetch(&source(server.url("/x")), &limits);
    let Outcome::Refused { reason, body: None, fault: Fault::Sender } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(reason, "the file has more than 2 MiB, the limit `file_mebibytes`: nothing of it is kept");
    assert!(sent.load(Ordering::SeqCst) < 32 << 20, "it was stopped: {sent:?}");
}

#[test]
fn what_apache_calls_x_gzip_is_gzip() {
    let packed = gzipped(CSV.as_bytes());
    for name in ["x-gzip", "GZIP", "identity, x-gzip"] {
        let length = packed.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\nContent-Length: {length}\r\n\r\n");
        let server = Server::saying([head.as_bytes(), &packed].concat());
        let file = received(fetch(&source(server.url("/return.csv.gz")), &limits()));
        assert_eq!(
            (file.bytes.as_slice(), file.file_name.as_str()),
            (CSV.as_bytes(), "return.csv"),
            "{name}"
        );
        assert!(server.heads()[0].to_lowercase().contains("accept-encoding: gzip\r\n"));
    }
}

#[test]
fn a_packed_body_that_is_cut_or_damaged_is_no_return() {
    let packed = gzipped(CSV.as_bytes());
    let mut flipped = packed.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for body in [&packed[..packed.len() - 9], &packed[..5], &flipped[..]] {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n");
        let server = Server::saying([head.as_bytes(), body].concat());
        let outcome = fetch(&source(server.url("/x")), &Limits { fetch_seconds: 1, ..limits() });
        assert!(matches!(&outcome, Outcome::Failed { reason } if reason.contains("gzip")), "{outcome:?}");
    }
}

/// A gzip file round the deflate stream that the zip crate makes.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("x", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    let mut zip = zip::ZipArchive::new(zip.finish().unwrap()).unwrap();
    let mut file = zip.by_index_raw(0).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let sum = file.crc32();
    file.read_to_end(&mut packed).unwrap();
    packed.extend(sum.to_le_bytes());
    packed.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    packed
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_so() {
    let server = Server::start(|number, _, stream| match number {
        0 => write(stream, &status("429 Too Many Requests", "Retry-After: 1\r\n")),
        1 => write(stream, &status("503 Service Unavailable", "")),
        _ => write(stream, &ok(CSV, "")),
    });
    let begun = Instant::now();
    received(fetch(&source(server.url("/x")), &limits()));
    assert!(begun.elapsed() >= Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert_eq!(server.heads().len(), 3);
}

#[test]
fn patience_asked_for_beyond_the_limit_is_left_to_the_next_run() {
    let server = Server::saying(status("429 Too Many Requests", "Retry-After: 3600\r\n"));
    let begun = Instant::now();
    assert!(reason(&fetch(&source(server.url("/x")), &limits())).contains("tried once"));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_refused_login_is_not_tried_again() {
    let server = Server::saying(status("401 Unauthorized", ""));
    assert!(reason(&fetch(&source(server.url("/x")), &limits())).contains("check the source's login"));
    assert_eq!(server.heads().len(), 1);
}

#[test]
fn a_wrong_password_is_sent_twice_and_never_again_in_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let password_file = folder.path().join("secret");
    std::fs::write(&password_file, "wrong\n").unwrap();
    let server = Server::saying(status("401 Unauthorized", "WWW-Authenticate: Basic\r\n"));
    let mut source = source(server.url("/{authority}"));
    source.login = Login::Basic { user: "region".to_owned(), password_file };
    let codes = ["E06000022", "E06000023", "E06000024", "E06000025"];
    let outcomes = fetch_many(&source, &limits(), codes.into_iter().map(wanted).collect()).unwrap();
    assert_eq!(server.heads().len(), 2);
    assert!(matches!(outcomes[0], Outcome::Failed { .. }), "{outcomes:?}");
    for outcome in &outcomes[1..] {
        assert!(matches!(outcome, Outcome::Barred { .. }), "{outcome:?}");
        assert!(reason(outcome).contains("refuses our login"), "{outcome:?}");
    }
}

#[test]
fn an_address_that_is_closed_to_us_closes_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let password_file = folder.path().join("secret");
    std::fs::write(&password_file, "right\n").unwrap();
    let server = Server::start(|_, head, stream| match head {
        head if head.contains("E06000022") || head.contains("E06000024") => {
            write(stream, &status("401 Unauthorized", ""))
        }
        _ => write(stream, &ok(CSV, "")),
    });
    let mut source = source(server.url("/{authority}"));
    source.login = Login::Basic { user: "region".to_owned(), password_file };
    let codes = ["E06000022", "E06000023", "E06000024", "E06000025"];
    let outcomes = fetch_many(&source, &limits(), codes.into_iter().map(wanted).collect()).unwrap();
    assert_eq!(outcomes.iter().filter(|one| matches!(one, Outcome::Received(_))).count(), 2, "{outcomes:?}");
    assert_eq!(server.heads().len(), 4);
}

#[test]
fn the_tag_of_what_apache_packed_is_asked_for_by_both_its_names() {
    let server = Server::saying(status("304 Not Modified", ""));
    let known = Wanted { etag: Some("\"55e-gzip\"".to_owned()), ..wanted("E06000022") };
    assert_eq!(fetch_many(&source(server.url("/x")), &limits(), vec![known]).unwrap(), [Outcome::Unchanged]);
    assert!(server.heads()[0].to_lowercase().contains("if-none-match: \"55e-gzip\", \"55e\"\r\n"));
}

#[test]
fn nobody_there_is_a_failure_in_words() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = reason(&fetch(&source(format!("http://127.0.0.1:{port}/x?sig={SECRET}")), &limits()));
    assert!(said.contains("onnection refused") && !said.contains(SECRET), "{said}");
}

fn with_key(url: String, folder: &tempfile::TempDir) -> HttpSource {
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, format!("{SECRET}\n")).unwrap();
    HttpSource { login: Login::ApiKey { header: "x-api-key".to_owned(), key_file }, ..source(url) }
}

#[test]
fn a_key_goes_to_its_own_host_and_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let files = Server::saying(ok(CSV, ""));
    let away = format!("Location: http://localhost:{}/file?sig=1\r\n", files.address.port());
    let home = Server::saying(status("302 Found", &away));
    let mut source = with_key(home.url("/x"), &folder);
    let said = reason(&fetch(&source, &limits()));
    assert!(said.contains("add `localhost` to `redirect_hosts`") && !said.contains("sig=1"), "{said}");
    assert_eq!(files.heads().len(), 0);
    source.redirect_hosts = vec!["localhost".to_owned()];
    received(fetch(&source, &limits()));
    assert!(home.heads()[0].contains(SECRET));
    assert!(!files.heads()[0].contains(SECRET), "{}", files.heads()[0]);
}

#[test]
fn redirects_to_other_schemes_and_in_circles_end() {
    for (location, words) in [("file:///etc/passwd", "`file` address"), ("/again", "more than 5 times")] {
        let server = Server::saying(status("302 Found", &format!("Location: {location}\r\n")));
        let said = reason(&fetch(&source(server.url("/x")), &limits()));
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn private_addresses_are_refused_by_number_and_by_name() {
    let server = Server::saying(ok(CSV, ""));
    let port = server.address.port();
    for host in ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        let url = format!("http://{host}:{port}/x");
        let source = HttpSource { private_addresses: PrivateAddresses::Refused, ..source(url) };
        let said = reason(&fetch(&source, &limits()));
        assert!(said.contains("private address"), "{host}: {said}");
    }
    assert_eq!(server.heads().len(), 0);
}

#[test]
fn basic_and_bearer_logins_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "s3cret\n").unwrap();
    let server = Server::saying(ok(CSV, ""));
    let mut source = source(server.url("/x"));
    source.login = Login::Basic { user: "region".to_owned(), password_file: file.clone() };
    received(fetch(&source, &limits()));
    source.login = Login::Bearer { token_file: file };
    received(fetch(&source, &limits()));
    assert!(server.heads()[0].contains("Basic cmVnaW9uOnMzY3JldA=="));
    assert!(server.heads()[1].contains("Bearer s3cret"));
}

#[test]
fn a_missing_or_empty_secret_stops_the_source_without_being_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = with_key("http://127.0.0.1:9/x".to_owned(), &folder);
    for (text, words) in [("  \n", "the file is empty"), ("hunter2\nand-more", "more than one line")] {
        std::fs::write(folder.path().join("key"), text).unwrap();
        let error = fetch_many(&source, &limits(), vec![wanted("E06000022")]).unwrap_err();
        assert!(matches!(error, CollectError::Secret { .. }));
        let said = format!("{error} {error:?}");
        assert!(said.contains(words) && !said.contains("hunter2"), "{said}");
    }
    source.login = Login::Bearer { token_file: folder.path().join("nowhere") };
    assert!(fetch_many(&source, &limits(), vec![wanted("E06000022")]).is_err());
}

#[test]
fn no_error_shows_a_query_or_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let answers: [Vec<u8>; 7] = [
        status("500 Internal Server Error", "Retry-After: 99\r\n"),
        status("403 Forbidden", ""),
        status("302 Found", "Location: https://evil.example/?sig=hunter2-and-more\r\n"),
        status("302 Found", "Location: http://[bad/?sig=hunter2-and-more\r\n"),
        b"nonsense hunter2\r\n\r\n".to_vec(),
        status("206 Partial Content", ""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nabcd".to_vec(),
    ];
    for answer in answers {
        let server = Server::saying(answer);
        let url = server.url("/x?sig=hunter2-and-more");
        let outcome = fetch(&with_key(url, &folder), &Limits { fetch_seconds: 2, ..limits() });
        let said = format!("{outcome:?}");
        assert!(!said.contains("hunter2") && !said.contains("sig="), "{said}");
    }
}

#[test]
fn an_address_that_lacks_something_fails_alone() {
    let server = Server::saying(ok(CSV, ""));
    let nameless = Wanted { authority: None, ..wanted("E06000022") };
    let source = source(server.url("/{authority}"));
    let outcomes = fetch_many(&source, &limits(), vec![nameless, wanted("E06000023")]).unwrap();
    assert!(reason(&outcomes[0]).contains("`{authority}` is not known"));
    received(outcomes[1].clone());
}
