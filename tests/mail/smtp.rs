//! How a message leaves by SMTP, and what is said of it when the relay misbehaves.

use std::io;
use std::sync::Arc;

use quarterdeck::config::settings::{MailSettings, PostSettings, SmtpSettings, SmtpTls};
use quarterdeck::domain::message::Message;
use quarterdeck::mail::{Post, Sending};

use crate::mail::letter::{digest, reminder, settings};
use crate::mail::parsed::finished;
use crate::mail::relay::{Door, Manner, Relay};

fn smtp(relay: &Relay, tls: SmtpTls) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: relay.port,
        tls,
        ca_file: Some(relay.ca_file.clone()),
        login: Some(("watch".to_owned(), relay.password_file.clone())),
        timeout_seconds: 5,
        attempts_max: 3,
    }
}

fn mail(smtp: SmtpSettings) -> MailSettings {
    settings(PostSettings::Smtp(smtp))
}

/// Sends, with a journal that writes into what the relay heard.
async fn send(post: &Post, relay: &Relay, message: &Message) -> Sending {
    let ear = Arc::clone(&relay.heard);
    post.send(message, &mut || {
        ear.lock().unwrap().push("J".to_owned());
        Ok(())
    })
    .await
}

async fn sent(door: Door, manner: Manner, tls: SmtpTls) -> (Sending, Vec<String>) {
    let relay = Relay::start(door, manner).await;
    let post = Post::open(&mail(smtp(&relay, tls))).unwrap();
    let sending = send(&post, &relay, &finished(&digest())).await;
    post.close().await;
    (sending, relay.heard())
}

async fn outcome(manner: Manner) -> Sending {
    sent(Door::Starttls, manner, SmtpTls::Starttls).await.0
}

fn verbs(heard: &[String]) -> Vec<&str> {
    heard.iter().map(|line| line.split_at(line.len().min(6)).0.trim_end()).collect()
}

#[tokio::test]
async fn a_message_goes_out_over_starttls_with_a_login() {
    let (sending, heard) = sent(Door::Starttls, Manner::Good, SmtpTls::Starttls).await;
    assert_eq!(sending, Sending::Accepted { reply: "250 queued as 1".to_owned() });
    let expected = [
        "C EHLO", "C STAR", "C (saf", "C EHLO", "C AUTH", "C MAIL", "C RCPT", "C DATA", "J", "B From",
        "C QUIT",
    ];
    assert_eq!(verbs(&heard), expected);
    assert!(
        heard.contains(&"C MAIL FROM:<bounces@southwest.example>".to_owned()),
        "bounces go to the bounce box"
    );
    assert!(heard.contains(&"C RCPT TO:<zoe@banes.example>".to_owned()));
}

#[tokio::test]
async fn a_message_goes_out_over_tls_from_the_first_byte() {
    let (sending, heard) = sent(Door::Implicit, Manner::Good, SmtpTls::Implicit).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
    assert_eq!(verbs(&heard), ["C EHLO", "C AUTH", "C MAIL", "C RCPT", "C DATA", "J", "B From", "C QUIT"]);
}

#[tokio::test]
async fn a_loopback_relay_may_be_spoken_to_in_clear() {
    let (sending, _) = sent(Door::Plain, Manner::Good, SmtpTls::Loopback).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
}

#[tokio::test]
async fn the_journal_is_written_after_354_and_before_the_body() {
    let (_, heard) = sent(Door::Starttls, Manner::Good, SmtpTls::Starttls).await;
    let at = |start: &str| heard.iter().position(|line| line.starts_with(start)).unwrap();
    assert!(at("C DATA") < at("J") && at("J") < at("B"));
    assert_eq!(heard.iter().filter(|line| *line == "J").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_journalled_is_not_sent() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    let sending = post.send(&finished(&digest()), &mut || Err(io::Error::other("disk full"))).await;
    assert!(matches!(&sending, Sending::Later { reply } if reply.contains("disk full")), "{sending:?}");
    post.close().await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!relay.heard().iter().any(|line| line.starts_with('B')), "no body, and no dot");
}

#[tokio::test]
async fn the_bytes_arrive_as_they_are_dots_and_all() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    let body = "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nMAIL FROM:<x@y.example>\r\n\r\nend\r\n";
    let dotted = Message { bytes: body.as_bytes().to_vec(), ..finished(&digest()) };
    assert!(matches!(send(&post, &relay, &dotted).await, Sending::Accepted { .. }));
    assert_eq!(relay.heard().last().unwrap(), &format!("B {body}"));
}

#[tokio::test]
async fn a_line_that_could_end_the_body_early_is_refused_unsent() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    for bytes in ["a\n.\r\nMAIL\r\n", "a\r.\r\n", "caf\u{e9}\r\n"] {
        let odd = Message { bytes: bytes.as_bytes().to_vec(), ..finished(&digest()) };
        assert!(matches!(send(&post, &relay, &odd).await, Sending::Refused { .. }), "{bytes:?}");
    }
    assert!(relay.heard().is_empty());
}

#[tokio::test]
async fn the_messages_of_one_run_share_a_connection() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    for message in [finished(&digest()), finished(&reminder()), finished(&digest())] {
        assert!(matches!(send(&post, &relay, &message).await, Sending::Accepted { .. }));
    }
    post.close().await;
    let heard = relay.heard();
    let count = |start: &str| heard.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        (count("C STARTTLS"), count("C AUTH"), count("C RSET"), count("B"), count("C QUIT")),
        (1, 1, 2, 3, 1)
    );
}

#[tokio::test]
async fn a_refused_recipient_does_not_stop_the_next_message() {
    let relay = Relay::start(Door::Starttls, Manner::Answers("RCPT TO:<zoe@", "550 no such person")).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    let first = send(&post, &relay, &finished(&digest())).await;
    let second = send(&post, &relay, &finished(&reminder())).await;
    assert!(matches!(&first, Sending::Refused { reply } if reply.contains("no such person")), "{first:?}");
    assert!(matches!(second, Sending::Accepted { .. }), "{second:?}");
}

#[tokio::test]
async fn a_relay_that_takes_one_message_each_is_opened_again() {
    let relay = Relay::start(Door::Starttls, Manner::OneEach).await;
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    assert!(matches!(send(&post, &relay, &finished(&digest())).await, Sending::Accepted { .. }));
    assert!(matches!(send(&post, &relay, &finished(&reminder())).await, Sending::Later { .. }));
    assert!(matches!(send(&post, &relay, &finished(&reminder())).await, Sending::Accepted { .. }));
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_and_the_password_least() {
    let (sending, heard) = sent(Door::Starttls, Manner::HidesStarttls, SmtpTls::Starttls).await;
    assert!(matches!(sending, Sending::Later { .. }), "{sending:?}");
    assert!(heard.iter().all(|line| line.starts_with("C EHLO") || line == "C QUIT"), "{heard:?}");
}

#[tokio::test]
async fn words_put_behind_the_answer_to_starttls_are_not_believed() {
    let (sending, heard) = sent(Door::Starttls, Manner::Whispers, SmtpTls::Starttls).await;
    assert!(matches!(sending, Sending::Later { .. }), "{sending:?}");
    assert!(!heard.iter().any(|line| line.contains("AUTH") || line.contains("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let other = Relay::start(Door::Starttls, Manner::Good).await;
    let unknown = SmtpSettings { ca_file: Some(other.ca_file.clone()), ..smtp(&relay, SmtpTls::Starttls) };
    let post = Post::open(&mail(unknown)).unwrap();
    let sending = send(&post, &relay, &finished(&digest())).await;
    assert!(matches!(&sending, Sending::Later { reply } if reply.contains("certificate")), "{sending:?}");
    assert!(!relay.heard().iter().any(|line| line.contains("AUTH")));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let relay = Relay::start(Door::Implicit, Manner::Good).await;
    let by_number = SmtpSettings { host: "127.0.0.1".to_owned(), ..smtp(&relay, SmtpTls::Implicit) };
    let post = Post::open(&mail(by_number)).unwrap();
    assert!(matches!(send(&post, &relay, &finished(&digest())).await, Sending::Later { .. }));
    assert!(relay.heard().is_empty() || relay.heard() == ["J"]);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_a_run_and_told_to_nobody() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    std::fs::write(&relay.password_file, "wrong horse").unwrap();
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    for _ in 0..3 {
        let sending = send(&post, &relay, &finished(&digest())).await;
        let Sending::Later { reply } = sending else { panic!("a wrong password is not the message's fault") };
        assert!(reply.contains("the login of `watch` was refused with 535"), "{reply}");
        assert!(!reply.contains("horse"));
    }
    assert!(!format!("{post:?}").contains("horse"));
    assert_eq!(relay.heard().iter().filter(|line| line.starts_with("C AUTH")).count(), 1);
}

#[tokio::test]
async fn a_missing_password_file_is_named() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    std::fs::remove_file(&relay.password_file).unwrap();
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    let sending = send(&post, &relay, &finished(&digest())).await;
    assert!(matches!(&sending, Sending::Later { reply } if reply.contains("password file")), "{sending:?}");
}

#[tokio::test]
async fn a_reply_of_the_fours_means_later() {
    for start in ["MAIL", "RCPT", "DATA"] {
        let sending = outcome(Manner::Answers(start, "451 not now")).await;
        assert!(
            matches!(&sending, Sending::Later { reply } if reply.contains("451")),
            "{start}: {sending:?}"
        );
    }
    assert!(matches!(outcome(Manner::AnswersBody("452 full")).await, Sending::Later { .. }));
}

#[tokio::test]
async fn a_reply_of_the_fives_means_refused() {
    for start in ["MAIL", "RCPT", "DATA"] {
        let sending = outcome(Manner::Answers(start, "550 never")).await;
        assert!(
            matches!(&sending, Sending::Refused { reply } if reply.contains("550")),
            "{start}: {sending:?}"
        );
    }
    assert!(matches!(outcome(Manner::AnswersBody("554 spam")).await, Sending::Refused { .. }));
}

#[tokio::test]
async fn data_that_is_answered_with_250_sends_no_body() {
    let (sending, heard) =
        sent(Door::Starttls, Manner::Answers("DATA", "250 what?"), SmtpTls::Starttls).await;
    assert!(matches!(sending, Sending::Later { .. }), "{sending:?}");
    assert!(!heard.contains(&"J".to_owned()));
}

#[tokio::test]
async fn silence_ends_at_the_time_limit_and_is_waited_for_once() {
    let relay = Relay::start(Door::Starttls, Manner::Silent).await;
    let short = SmtpSettings { timeout_seconds: 1, ..smtp(&relay, SmtpTls::Starttls) };
    let post = Post::open(&mail(short)).unwrap();
    for _ in 0..3 {
        let sending = send(&post, &relay, &finished(&digest())).await;
        assert!(matches!(&sending, Sending::Later { reply } if reply.contains("1 seconds")), "{sending:?}");
    }
    assert_eq!(relay.came(), 1);
}

#[tokio::test]
async fn silence_after_the_dot_is_unknown() {
    let relay = Relay::start(Door::Starttls, Manner::SilentAfterDot).await;
    let short = SmtpSettings { timeout_seconds: 1, ..smtp(&relay, SmtpTls::Starttls) };
    let post = Post::open(&mail(short)).unwrap();
    assert!(matches!(send(&post, &relay, &finished(&digest())).await, Sending::Unknown { .. }));
}

#[tokio::test]
async fn a_connection_that_is_lost_after_the_dot_is_unknown() {
    assert!(matches!(outcome(Manner::ClosesAfterDot).await, Sending::Unknown { .. }));
}

#[tokio::test]
async fn a_connection_that_is_lost_after_354_is_never_called_sent_or_refused() {
    let sending = outcome(Manner::ClosesAfterData).await;
    assert!(matches!(sending, Sending::Later { .. } | Sending::Unknown { .. }), "{sending:?}");
}

#[tokio::test]
async fn nobody_at_the_port_means_later() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let gone = SmtpSettings { port: 1, ..smtp(&relay, SmtpTls::Starttls) };
    let post = Post::open(&mail(gone)).unwrap();
    let sending = send(&post, &relay, &finished(&digest())).await;
    assert!(matches!(&sending, Sending::Later { reply } if reply.contains("localhost:1")), "{sending:?}");
}

#[tokio::test]
async fn a_certificate_file_that_is_none_is_named_at_once() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    std::fs::write(&relay.ca_file, "not a certificate").unwrap();
    let error = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap_err();
    assert!(error.to_string().contains("ca.pem"), "{error}");
}
