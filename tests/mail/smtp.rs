//! How a message leaves by SMTP, and what is said of it when the relay misbehaves.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::config::settings::{MailSettings, PostSettings, SmtpSettings, SmtpTls};
use quarterdeck::domain::message::{Message, MessageKey};
use quarterdeck::mail::{Bar, Hurry, Patience, Post, Sending, SmtpPost};

use crate::mail::letter::{digest, reminder, settings};
use crate::mail::parsed::finished;
use crate::mail::relay::{Answer, Door, Manner, Relay, Step};

fn smtp(relay: &Relay, tls: SmtpTls) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: relay.port,
        tls,
        ca_file: Some(relay.ca_file.clone()),
        login: Some(("watch".to_owned(), relay.password_file.clone())),
        hello: None,
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
    let mut at_body = || {
        ear.lock().unwrap().push("J".to_owned());
        Ok(())
    };
    post.send(message, &mut at_body, Hurry::heard(None)).await
}

/// With no pause to speak of, and a short wait for the answer to a body.
fn impatient(smtp: &SmtpSettings) -> Post {
    const PAUSES: [Duration; 4] = [Duration::from_millis(1); 4];
    let patience = Patience { answer: Duration::from_millis(300), pauses: &PAUSES };
    let bounces = mail(smtp.clone()).bounces;
    Post::Smtp(Box::new(SmtpPost::open(smtp, &bounces, patience).unwrap()))
}

/// So many messages, one after the other, are all taken.
async fn all_taken(post: &Post, relay: &Relay, count: usize) {
    for number in 0..count {
        let sending = send(post, relay, &another(number)).await;
        assert!(matches!(sending, Sending::Accepted { .. }), "{number}: {sending:?}");
    }
}

/// The same message to the same person under another key.
fn another(number: usize) -> Message {
    Message { key: MessageKey::stored(&format!("digest.x.{number}.zoe")), ..finished(&digest()) }
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
    let mail = heard.iter().find(|line| line.starts_with("C MAIL")).unwrap();
    let (from, size) = mail.split_once(" SIZE=").unwrap();
    assert_eq!(from, "C MAIL FROM:<bounces@southwest.example>", "bounces go to the bounce box");
    assert_eq!(size.parse::<usize>().unwrap(), finished(&digest()).bytes.len());
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
    let mut at_body = || Err(io::Error::other("disk full"));
    let sending = post.send(&finished(&digest()), &mut at_body, Hurry::heard(None)).await;
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
    assert!(matches!(send(&post, &relay, &finished(&reminder())).await, Sending::Accepted { .. }));
    assert_eq!(relay.came(), 2);
}

#[tokio::test]
async fn a_limit_on_messages_of_a_connection_costs_nobody_a_try() {
    for words in ["452 4.5.3 Too many recipients: Too many messages sent", "421 too many messages"] {
        let relay = Relay::start(Door::Plain, Manner::Takes(4, words)).await;
        let post = impatient(&smtp(&relay, SmtpTls::Loopback));
        all_taken(&post, &relay, 11).await;
        assert_eq!(relay.came(), 3);
    }
}

#[tokio::test]
async fn exim_gets_a_new_connection_after_ten_messages_and_others_do_not() {
    let other = Manner::At(Step::Greeting, Answer::Says("220 relay ESMTP Postfix"));
    let relay = Relay::start(Door::Plain, other).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    all_taken(&post, &relay, 21).await;
    assert_eq!(relay.came(), 1);
    let relay = Relay::start(Door::Plain, Manner::Good).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    all_taken(&post, &relay, 21).await;
    assert_eq!(relay.came(), 3);
}

#[tokio::test]
async fn whoever_counts_connections_gets_more_messages_over_each() {
    let relay = Relay::start(Door::Plain, Manner::Counts).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    all_taken(&post, &relay, 111).await;
    assert_eq!(relay.came(), 4, "ten, none, a hundred and one");
}

#[tokio::test]
async fn a_limit_on_messages_a_minute_is_waited_for() {
    let relay = Relay::start(Door::Plain, Manner::Rations).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    all_taken(&post, &relay, 5).await;
    assert_eq!(relay.came(), 4);
    let relay = Relay::start(Door::Plain, Manner::At(Step::Mail, Answer::Says("450 4.7.1 later"))).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    assert!(matches!(send(&post, &relay, &another(0)).await, Sending::Barred { .. }));
    assert_eq!(relay.came(), 2, "one that took nothing yet is not waited for");
}

#[tokio::test]
async fn a_server_that_is_started_again_in_a_run_is_waited_for() {
    let relay = Relay::start(Door::Plain, Manner::Restarts).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    all_taken(&post, &relay, 3).await;
    assert_eq!(relay.came(), 4);
}

#[tokio::test]
async fn a_message_beyond_the_limit_of_the_server_is_refused_unsent_and_others_go() {
    let relay = Relay::start(Door::Plain, Manner::TakesBytes(5000)).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    let long = Message { bytes: b"Subject: long\r\n\r\n0123456789\r\n".repeat(200), ..another(0) };
    let short = Message { bytes: b"Subject: short\r\n\r\nx\r\n".to_vec(), ..another(1) };
    let sending = send(&post, &relay, &long).await;
    assert!(matches!(&sending, Sending::Refused { reply } if reply.contains("takes 5000")), "{sending:?}");
    assert!(matches!(send(&post, &relay, &short).await, Sending::Accepted { .. }));
    assert_eq!(relay.heard().iter().filter(|line| line.starts_with("C MAIL")).count(), 1);
}

#[tokio::test]
async fn a_recipient_who_may_not_be_written_to_is_told_from_a_server_that_will_not_have_us() {
    let closed = Manner::Answers("RCPT TO:<zoe@", "550 5.7.133 not allowed to send to this group");
    let relay = Relay::start(Door::Plain, closed).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    assert!(matches!(send(&post, &relay, &another(0)).await, Sending::Aside { .. }));
    assert!(matches!(send(&post, &relay, &finished(&reminder())).await, Sending::Accepted { .. }));
    assert!(matches!(send(&post, &relay, &another(0)).await, Sending::Refused { .. }), "others were taken");
    let relay = Relay::start(Door::Plain, Manner::Answers("RCPT", "554 5.7.1 Relay access denied")).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    assert!(matches!(send(&post, &relay, &another(0)).await, Sending::Aside { .. }));
    let sending = send(&post, &relay, &finished(&reminder())).await;
    assert!(matches!(sending, Sending::Barred { bar: Bar::Refused, .. }), "{sending:?}");
}

#[tokio::test]
async fn a_name_that_is_configured_is_said_and_none_is_a_full_one_or_an_address() {
    let relay = Relay::start(Door::Plain, Manner::Good).await;
    let named =
        SmtpSettings { hello: Some("watch.council.example".to_owned()), ..smtp(&relay, SmtpTls::Loopback) };
    for settings in [named, smtp(&relay, SmtpTls::Loopback)] {
        let post = impatient(&settings);
        assert!(matches!(send(&post, &relay, &another(0)).await, Sending::Accepted { .. }));
        post.close().await;
    }
    let heard = relay.heard();
    let hellos: Vec<&String> = heard.iter().filter(|line| line.starts_with("C EHLO")).collect();
    assert_eq!(hellos[0], "C EHLO watch.council.example");
    assert!(hellos[1].contains('.') || hellos[1] == "C EHLO [IPv6:::1]", "{hellos:?}");
}

#[tokio::test]
async fn a_reply_without_an_end_is_not_listened_to() {
    let relay = Relay::start(Door::Plain, Manner::At(Step::Ehlo, Answer::Endless)).await;
    let post = impatient(&smtp(&relay, SmtpTls::Loopback));
    let sending = send(&post, &relay, &another(0)).await;
    assert!(
        matches!(&sending, Sending::Barred { reply, .. } if reply.contains("does not end")),
        "{sending:?}"
    );
}

#[tokio::test]
async fn a_reply_with_letters_outside_of_ascii_is_a_reply_and_plays_no_tricks_on_a_terminal() {
    let sending = outcome(Manner::AnswersBody("250 accept\u{e9}\u{1b}[2J")).await;
    assert_eq!(sending, Sending::Accepted { reply: "250 accept???[2J".to_owned() });
}

#[tokio::test]
async fn a_run_that_must_end_does_not_wait_for_an_answer_any_longer() {
    let relay = Relay::start(Door::Plain, Manner::SilentAfterDot).await;
    let short = SmtpSettings { timeout_seconds: 1, ..smtp(&relay, SmtpTls::Loopback) };
    let post = Post::open(&mail(short)).unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    stop.send(true).unwrap();
    let sending = post.send(&another(0), &mut || Ok(()), Hurry::heard(Some(&stopped))).await;
    assert!(
        matches!(&sending, Sending::Unknown { reply } if reply.contains("end of the run")),
        "{sending:?}"
    );
    assert!(post.is_barred());
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_and_the_password_least() {
    let (sending, heard) = sent(Door::Starttls, Manner::HidesStarttls, SmtpTls::Starttls).await;
    assert!(matches!(sending, Sending::Barred { .. }), "{sending:?}");
    assert!(heard.iter().all(|line| line.starts_with("C EHLO") || line == "C QUIT"), "{heard:?}");
}

#[tokio::test]
async fn words_put_behind_the_answer_to_starttls_are_not_believed() {
    let (sending, heard) = sent(Door::Starttls, Manner::Whispers, SmtpTls::Starttls).await;
    assert!(matches!(sending, Sending::Barred { .. }), "{sending:?}");
    assert!(!heard.iter().any(|line| line.contains("AUTH") || line.contains("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    let other = Relay::start(Door::Starttls, Manner::Good).await;
    let unknown = SmtpSettings { ca_file: Some(other.ca_file.clone()), ..smtp(&relay, SmtpTls::Starttls) };
    let post = Post::open(&mail(unknown)).unwrap();
    let sending = send(&post, &relay, &finished(&digest())).await;
    assert!(
        matches!(&sending, Sending::Barred { reply, .. } if reply.contains("certificate")),
        "{sending:?}"
    );
    assert!(!relay.heard().iter().any(|line| line.contains("AUTH")));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let relay = Relay::start(Door::Implicit, Manner::Good).await;
    let by_number = SmtpSettings { host: "127.0.0.1".to_owned(), ..smtp(&relay, SmtpTls::Implicit) };
    let post = Post::open(&mail(by_number)).unwrap();
    assert!(matches!(send(&post, &relay, &finished(&digest())).await, Sending::Barred { .. }));
    assert!(relay.heard().is_empty() || relay.heard() == ["J"]);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_a_run_and_told_to_nobody() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    std::fs::write(&relay.password_file, "wrong horse").unwrap();
    let post = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap();
    for _ in 0..3 {
        let sending = send(&post, &relay, &finished(&digest())).await;
        let Sending::Barred { reply, .. } = sending else {
            panic!("a wrong password is not the message's fault")
        };
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
    assert!(
        matches!(&sending, Sending::Barred { reply, .. } if reply.contains("password file")),
        "{sending:?}"
    );
}

#[tokio::test]
async fn a_reply_of_the_fours_means_later() {
    for start in ["RCPT", "DATA"] {
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
    let sending = outcome(Manner::Answers("RCPT", "550 never")).await;
    assert!(matches!(&sending, Sending::Refused { reply } if reply.contains("550")), "{sending:?}");
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
        assert!(
            matches!(&sending, Sending::Barred { reply, .. } if reply.contains("1 seconds")),
            "{sending:?}"
        );
    }
    assert_eq!(relay.came(), 1);
}

#[tokio::test]
async fn silence_after_the_dot_is_unknown() {
    let relay = Relay::start(Door::Starttls, Manner::SilentAfterDot).await;
    let short = SmtpSettings { timeout_seconds: 1, ..smtp(&relay, SmtpTls::Starttls) };
    let post = impatient(&short);
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
    assert!(
        matches!(&sending, Sending::Barred { reply, .. } if reply.contains("localhost:1")),
        "{sending:?}"
    );
}

#[tokio::test]
async fn a_certificate_file_that_is_none_is_named_at_once() {
    let relay = Relay::start(Door::Starttls, Manner::Good).await;
    std::fs::write(&relay.ca_file, "not a certificate").unwrap();
    let error = Post::open(&mail(smtp(&relay, SmtpTls::Starttls))).unwrap_err();
    assert!(error.to_string().contains("ca.pem"), "{error}");
}
