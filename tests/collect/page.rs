//! One small thing by GET: a server that misbehaves, and an address that is never told.

use quarterdeck::collect::page::{self, Bounds};
use quarterdeck::config::settings::PrivateAddresses;

use super::server::{Server, Then, ok, status, write};

const BOUNDS: Bounds = Bounds { seconds: 2, bytes_max: 1000, private_addresses: PrivateAddresses::Refused };

fn get(address: &str) -> Result<Vec<u8>, String> {
    let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(page::get(address, BOUNDS)).map_err(|error| error.to_string())
}

/// The error, which must not show what of the address is a secret.
fn why(server: &Server) -> String {
    let error = get(&server.url("/ping/hunter2?key=hunter3")).unwrap_err();
    assert!(!error.contains("hunter") && !error.contains("127.0.0.1"), "{error}");
    error
}

#[test]
fn a_small_thing_is_got_and_nothing_is_not_an_error() {
    assert_eq!(get(&Server::saying(ok("fine", "")).url("/x")).unwrap(), b"fine");
    assert_eq!(get(&Server::saying(status("204 No Content", "")).url("/x")).unwrap(), b"");
}

#[test]
fn whatever_goes_wrong_is_told_without_the_address() {
    let answers = |line: &str, headers: &str| why(&Server::saying(status(line, headers)));
    assert_eq!(answers("404 Not Found", ""), "it answered 404 Not Found");
    assert_eq!(answers("500 Oh", ""), "it answered 500 Internal Server Error");
    let elsewhere = answers("302 Found", "Location: http://localhost:1/hunter2\r\n");
    assert_eq!(elsewhere, "it redirects to another host; write the address that it leads to");
    assert_eq!(answers("302 Found", "Location: /hunter2\r\n"), "it redirects more than 3 times");
    let large = Server::saying(ok(&"x".repeat(1001), ""));
    assert_eq!(why(&large), "it has more than 1000 bytes");
    let silent = Server::start(|_, _, stream| {
        // It says half of an answer and keeps the line.
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    });
    assert_eq!(why(&silent), "no whole answer within 2 seconds");
    let cut = Server::start(|_, _, stream| {
        let (Then::KeepOpen | Then::Close) =
            write(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        Then::Close
    });
    assert!(why(&cut).contains("error"), "{}", why(&cut));
}

#[test]
fn only_https_or_this_machine_is_asked_and_no_private_number() {
    let refused = |address: &str| get(address).unwrap_err();
    assert_eq!(refused("http://a.example/x"), "plain http is only for this machine; write `https://`");
    assert_eq!(refused("file:///etc/passwd"), "cannot ask by `file`; write `https://`");
    assert_eq!(refused("https://u:p@a.example/x"), "the address has a user or a password in it");
    assert_eq!(refused("https://10.0.0.1/x"), "it is on a private address, which is refused");
    assert_eq!(refused("hunter2"), "this is not an address");
}
