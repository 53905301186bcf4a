//! OAuth 2 client credentials against a token server and a file server on loopback.

use quarterdeck::collect::{Outcome, Wanted};
use quarterdeck::config::settings::{HttpSource, Login, PrivateAddresses};
use tempfile::TempDir;

use super::server::{Server, ok, status, write};
use super::{CSV, fetch, fetch_many, limits, reason, received, source, wanted};

const SECRET: &str = "hunter2-and-more";

fn with_tokens(url: String, token_url: String, folder: &TempDir) -> HttpSource {
    let client_secret_file = folder.path().join("secret");
    std::fs::write(&client_secret_file, format!("{SECRET}\n")).unwrap();
    let scope = Some("https://contoso.sharepoint.example/.default".to_owned());
    let login = Login::OAuth2 { token_url, client_id: "quarterdeck".to_owned(), client_secret_file, scope };
    HttpSource { login, ..source(url) }
}

fn token(name: &str, seconds: u32) -> Vec<u8> {
    let body = format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{name}"}}"#);
    ok(&body, "Content-Type: application/json\r\n")
}

/// Takes only the token `good`.
fn files(good: &'static str) -> Server {
    Server::start(move |_, head, stream| {
        let answer = if head.contains(&format!("Bearer {good}\r\n")) {
            ok(CSV, "")
        } else {
            status("401 Unauthorized", "")
        };
        write(stream, &answer)
    })
}

fn four() -> Vec<Wanted> {
    ["E06000022", "E06000023", "E06000024", "E06000025"].into_iter().map(wanted).collect()
}

#[test]
fn one_token_serves_all_fetches_of_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, files) = (Server::saying(token("a-token", 3600)), files("a-token"));
    let source = with_tokens(files.url("/{authority}"), issuer.url("/tenant/token"), &folder);
    for outcome in fetch_many(&source, &limits(), four()).unwrap() {
        received(outcome);
    }
    assert_eq!((issuer.heads().len(), files.heads().len()), (1, 4));
    let head = &issuer.heads()[0];
    assert!(head.starts_with("POST /tenant/token HTTP/1.1"), "{head}");
    assert!(head.contains("application/x-www-form-urlencoded"), "{head}");
    let body = &issuer.bodies()[0];
    let scope = "scope=https%3A%2F%2Fcontoso.sharepoint.example%2F.default";
    assert_eq!(
        *body,
        format!("grant_type=client_credentials&client_id=quarterdeck&client_secret={SECRET}&{scope}")
    );
    assert!(!files.heads().concat().contains(SECRET), "the secret goes to the issuer only");
}

#[test]
fn a_token_in_its_last_minute_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, files) = (Server::saying(token("a-token", 60)), files("a-token"));
    let source = with_tokens(files.url("/{authority}"), issuer.url("/token"), &folder);
    fetch_many(&source, &limits(), four()).unwrap().into_iter().for_each(|outcome| drop(received(outcome)));
    assert_eq!(issuer.heads().len(), 4);
}

#[test]
fn a_token_that_is_refused_is_asked_for_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Server::start(|number, _, stream| {
        write(stream, &token(if number == 0 { "revoked" } else { "fresh" }, 3600))
    });
    let files = files("fresh");
    let source = with_tokens(files.url("/{authority}"), issuer.url("/token"), &folder);
    fetch_many(&source, &limits(), four()).unwrap().into_iter().for_each(|outcome| drop(received(outcome)));
    assert_eq!((issuer.heads().len(), files.heads().len()), (2, 5));
}

#[test]
fn a_login_that_stays_refused_ends_after_two_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, files) = (Server::saying(token("a-token", 3600)), files("another"));
    let source = with_tokens(files.url("/x"), issuer.url("/token"), &folder);
    assert!(reason(&fetch(&source, &limits())).contains("refuses our login"));
    assert_eq!((issuer.heads().len(), files.heads().len()), (2, 2));
}

#[test]
fn an_issuer_that_refuses_is_asked_once_and_nothing_secret_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let said = format!(r#"{{"error":"invalid_client","error_description":"secret {SECRET} is wrong"}}"#);
    let body = format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n{said}", said.len());
    let (issuer, files) = (Server::saying(body), files("x"));
    let source = with_tokens(files.url("/{authority}"), issuer.url("/token"), &folder);
    let outcomes = fetch_many(&source, &limits(), four()).unwrap();
    let words = reason(&outcomes[0]);
    assert!(words.contains("401 Unauthorized (invalid_client)"), "{words}");
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Barred { .. })), "{outcomes:?}");
    let shown = format!("{outcomes:?} {source:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!((issuer.heads().len(), files.heads().len()), (1, 0));
}

#[test]
fn what_is_no_token_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (body, words) in [
        ("<html>sign in</html>", "without an `access_token`"),
        (r#"{"access_token":"a\nb"}"#, "without an `access_token`"),
        (r#"{"access_token":"a","token_type":"mac"}"#, "no bearer token"),
    ] {
        let issuer = Server::saying(ok(body, ""));
        let source = with_tokens("http://127.0.0.1:9/x".to_owned(), issuer.url("/token"), &folder);
        let said = reason(&fetch(&source, &limits()));
        assert!(said.contains(words), "{said}");
    }
    let away = Server::saying(status("302 Found", "Location: http://localhost/token\r\n"));
    let source = with_tokens("http://127.0.0.1:9/x".to_owned(), away.url("/token"), &folder);
    assert!(reason(&fetch(&source, &limits())).contains("302 Found"), "a secret follows no redirect");
}

#[test]
fn a_token_host_is_guarded_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Server::saying(token("a-token", 3600));
    let mut source = with_tokens("https://8.8.8.8/x".to_owned(), issuer.url("/token"), &folder);
    source.private_addresses = PrivateAddresses::Refused;
    let outcome = fetch(&source, &limits());
    assert!(matches!(&outcome, Outcome::Failed { reason } if reason.contains("private address")));
    assert_eq!(issuer.heads().len(), 0);
}
