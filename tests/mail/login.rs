//! The mail server is tried out as `doctor` does: connected, made safe, logged in, and nothing is sent.

use std::fs;

use quarterdeck::config::settings::{PostSettings, SmtpSettings, SmtpTls};
use quarterdeck::mail::Post;

use crate::mail::letter::settings;
use crate::mail::relay::{Answer, Door, Manner, Relay, Step};

async fn tried(relay: &Relay, tls: SmtpTls) -> Result<String, String> {
    let smtp = SmtpSettings {
        host: "localhost".to_owned(),
        port: relay.port,
        tls,
        ca_file: Some(relay.ca_file.clone()),
        login: Some(("watch".to_owned(), relay.password_file.clone())),
        hello: None,
        timeout_seconds: 2,
        attempts_max: 3,
    };
    let post = Post::open(&settings(PostSettings::Smtp(smtp))).unwrap();
    let said = post.try_out().await;
    assert!(!format!("{said:?}").contains("correct horse"), "{said:?}");
    said
}

async fn why(door: Door, manner: Manner, tls: SmtpTls) -> (String, Vec<String>) {
    let relay = Relay::start(door, manner).await;
    let said = tried(&relay, tls).await.unwrap_err();
    (said, relay.heard())
}

#[tokio::test]
async fn a_login_that_is_taken_ends_with_a_goodbye_and_without_a_message() {
    for (door, tls) in [(Door::Starttls, SmtpTls::Starttls), (Door::Implicit, SmtpTls::Implicit)] {
        let relay = Relay::start(door, Manner::Good).await;
        let said = tried(&relay, tls).await.unwrap();
        assert!(said.ends_with("answers over TLS; the login was taken; mail from us is taken"), "{said}");
        let heard = relay.heard();
        assert_eq!(heard.last().map(String::as_str), Some("C QUIT"), "{heard:?}");
        let asked: Vec<&str> = heard.iter().rev().take(3).rev().map(|line| &line[..6]).collect();
        assert_eq!(asked, ["C MAIL", "C RSET", "C QUIT"], "it is asked for mail, and gives none: {heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_mail_from_us_is_told_with_its_words() {
    let words = "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname";
    let manner = Manner::At(Step::Mail, Answer::Says(words));
    let (said, heard) = why(Door::Plain, manner, SmtpTls::Loopback).await;
    assert!(
        said.contains("the login was taken; but mail from us was answered with 504 5.5.2 <vm>"),
        "{said}"
    );
    assert!(!heard.iter().any(|line| line.starts_with("C RCPT")), "{heard:?}");
}

#[tokio::test]
async fn a_port_that_speaks_the_other_way_is_said_to() {
    let (said, _) = why(Door::Plain, Manner::Good, SmtpTls::Implicit).await;
    assert!(said.contains("the port answers in clear") && said.contains("`tls = \"starttls\"`"), "{said}");
    let (said, _) = why(Door::Implicit, Manner::Good, SmtpTls::Starttls).await;
    assert!(said.contains("is it `tls = \"implicit\"`?"), "{said}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_told_with_its_code() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    fs::write(&relay.password_file, "wrong horse\n").unwrap();
    let said = tried(&relay, SmtpTls::Starttls).await.unwrap_err();
    assert!(said.contains("the login of `watch` was refused with 535"), "{said}");
    let logins = relay.heard().iter().filter(|line| line.starts_with("C AUTH")).count();
    assert_eq!(logins, 1, "two would be half way to a locked account");
}

#[tokio::test]
async fn no_line_in_clear_sees_the_password() {
    for manner in [Manner::HidesStarttls, Manner::Whispers, Manner::Expired] {
        let (said, heard) = why(Door::Starttls, manner, SmtpTls::Starttls).await;
        assert!(said.starts_with("cannot open `localhost:") || said.contains("login"), "{said}");
        assert!(!heard.iter().any(|line| line.starts_with("C AUTH")), "{heard:?}");
    }
    let relay = Relay::start(Door::Plain, Manner::Good).await;
    assert!(tried(&relay, SmtpTls::Implicit).await.is_err());
    assert_eq!(relay.heard().iter().filter(|line| line.starts_with("C AUTH")).count(), 0);
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_is_refused_with_its_dates() {
    let (said, _) = why(Door::Implicit, Manner::Expired, SmtpTls::Implicit).await;
    assert!(said.to_lowercase().contains("expired"), "{said}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_longer_than_its_limit() {
    let (said, _) = why(Door::Plain, Manner::Silent, SmtpTls::Loopback).await;
    assert!(said.contains("no answer within 2 seconds"), "{said}");
}
