//! The rules for headers, parts and attachments, on the finished bytes.

use mailparse::{DispositionType, MailHeaderMap as _, parse_mail};
use quarterdeck::domain::message::{Attachment, Cell, Letter, MessageKey};
use quarterdeck::mail::text;

use crate::mail::letter::{digest, folder_settings, reminder, voice, words};
use crate::mail::parsed::{document, finished, header, named, numbers, page_of, part, parts, tree, words_of};

#[test]
fn m01_the_tree_is_as_mail_programs_want_it() {
    let message = finished(&digest());
    let expected = "multipart/mixed(multipart/alternative(text/plain, multipart/related(text/html, \
                    image/png)), text/csv, text/calendar)";
    assert_eq!(tree(&parse_mail(&message.bytes).unwrap()), expected);
}

#[test]
fn m01_a_level_without_a_use_is_left_out() {
    let message = finished(&reminder());
    assert_eq!(tree(&parse_mail(&message.bytes).unwrap()), "multipart/alternative(text/plain, text/html)");
}

#[test]
fn m02_the_text_says_every_number_of_the_page() {
    for letter in [digest(), reminder()] {
        let page = page_of(&letter);
        let document = document(&page);
        let mail = folder_settings();
        let said = numbers(&text(&letter, &voice(&mail)).unwrap().replace('\n', " "));
        let shown = numbers(&words_of(named(&document, "body").next().unwrap()));
        assert_eq!(shown.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

#[test]
fn m02_the_text_is_utf_8_in_lines_of_78() {
    let message = finished(&digest());
    let mail = parse_mail(&message.bytes).unwrap();
    let part = part(&mail, "text/plain");
    assert_eq!(part.ctype.charset, "utf-8");
    assert_eq!(header(part, "Content-Transfer-Encoding"), "quoted-printable");
    let body = part.get_body().unwrap();
    assert!(body.contains("Zo\u{eb} Example"));
    assert!(body.lines().all(|line| line.chars().count() <= 78));
}

#[test]
fn m02_the_text_as_a_reader_sees_it() {
    let mail = folder_settings();
    insta::assert_snapshot!("text_of_a_digest", text(&digest(), &voice(&mail)).unwrap());
}

#[test]
fn m03_lines_end_in_crlf_and_are_short_enough_for_every_relay() {
    let message = finished(&digest());
    assert!(message.bytes.is_ascii());
    let whole = String::from_utf8(message.bytes).unwrap();
    assert_eq!(whole.matches('\n').count(), whole.matches("\r\n").count());
    assert_eq!(whole.matches('\r').count(), whole.matches("\r\n").count());
    assert!(whole.split("\r\n").all(|line| line.len() <= 998));
}

#[test]
fn m04_the_headers_a_message_must_have() {
    let message = finished(&digest());
    let mail = parse_mail(&message.bytes).unwrap();
    assert_eq!(header(&mail, "From"), "\"South West early warning\" <watch@southwest.example>");
    assert_eq!(header(&mail, "To"), "Zo\u{eb} Example <zoe@banes.example>");
    assert_eq!(header(&mail, "Date"), "Fri, 17 Nov 2017 08:00:00 +0000");
    assert_eq!(header(&mail, "Subject"), digest().subject);
    assert_eq!(header(&mail, "MIME-Version"), "1.0");
    for name in ["From", "To", "Date", "Subject", "Message-ID", "MIME-Version", "Reply-To"] {
        assert_eq!(mail.headers.get_all_values(name).len(), 1, "{name}");
    }
    for name in ["Cc", "Bcc", "Precedence", "Sender", "User-Agent"] {
        assert!(mail.headers.get_first_value(name).is_none(), "{name}");
    }
}

#[test]
fn m04_a_long_subject_is_cut_at_a_word() {
    let subject = "Early warning for \u{c9}xample ".repeat(5);
    let message = finished(&Letter { subject, ..digest() });
    let mail = parse_mail(&message.bytes).unwrap();
    let shown = header(&mail, "Subject");
    assert_eq!(
        shown,
        "Early warning for \u{c9}xample Early warning for \u{c9}xample Early warning for\u{2026}"
    );
    assert_eq!(shown, message.subject);
}

#[test]
fn m05_the_same_letter_gives_the_same_bytes() {
    let (one, other) = (finished(&digest()), finished(&digest()));
    assert_eq!(one, other);
    let (id, domain) = one.message_id.split_once('@').unwrap();
    assert!(id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit()) && domain == "southwest.example");
    let mail = parse_mail(&one.bytes).unwrap();
    assert_eq!(header(&mail, "Message-ID"), format!("<{}>", one.message_id));
}

#[test]
fn m05_another_installation_has_another_message_id() {
    let mail = folder_settings();
    let key = MessageKey::stored("digest.director.2017-18-q2.x");
    let other = quarterdeck::mail::Voice { instance: "north", ..voice(&mail) };
    assert_ne!(
        quarterdeck::mail::message_id(&key, &voice(&mail)),
        quarterdeck::mail::message_id(&key, &other)
    );
}

#[test]
fn m06_a_later_reminder_answers_the_first() {
    let letter = reminder();
    let first = Letter { key: letter.thread.clone().unwrap(), thread: None, ..letter.clone() };
    let first = finished(&first);
    let message = finished(&letter);
    let mail = parse_mail(&message.bytes).unwrap();
    let expected = format!("<{}>", first.message_id);
    assert_eq!((header(&mail, "In-Reply-To"), header(&mail, "References")), (expected.clone(), expected));
    assert_eq!(header(&parse_mail(&first.bytes).unwrap(), "In-Reply-To"), "");
}

#[test]
fn m07_m08_m09_machines_and_people_know_what_to_do_with_it() {
    let message = finished(&digest());
    let mail = parse_mail(&message.bytes).unwrap();
    assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&mail, "X-Auto-Response-Suppress"), "OOF, AutoReply");
    assert_eq!(header(&mail, "List-Id"), "\"South West digest\" <digest.southwest.example>");
    assert_eq!(
        header(&mail, "List-Unsubscribe"),
        "<mailto:leave@southwest.example?subject=unsubscribe%20digest>"
    );
    assert_eq!(header(&mail, "List-Unsubscribe-Post"), "");
    assert_eq!(header(&mail, "Reply-To"), "data.lead@southwest.example");
}

#[test]
fn m10_file_names_stand_in_both_forms() {
    let whole = String::from_utf8(finished(&digest()).bytes).unwrap();
    let both =
        "attachment;\r\n filename=\"figures-2017-18-q2.csv\";\r\n filename*=UTF-8''figures-2017-18-q2.csv";
    assert!(whole.contains(both));
    let bytes = whole.into_bytes();
    let mail = parse_mail(&bytes).unwrap();
    let disposition = part(&mail, "image/png").get_content_disposition();
    assert_eq!(disposition.disposition, DispositionType::Inline);
    assert_eq!(disposition.params.get("filename").map(String::as_str), Some("chart-1.png"));
}

#[test]
fn m10_a_file_that_is_too_large_is_left_out_and_the_message_says_so() {
    let rows = vec![vec![Cell::Text("x".repeat(1000))]; 7000];
    let large = Attachment::Figures { file_name: "all.csv".to_owned(), columns: words("note"), rows };
    let message = finished(&Letter { attachments: vec![large], ..reminder() });
    let mail = parse_mail(&message.bytes).unwrap();
    assert_eq!(tree(&mail), "multipart/alternative(text/plain, text/html)");
    assert!(
        part(&mail, "text/plain").get_body().unwrap().contains("The file all.csv is not attached: with 8 MB")
    );
}

#[test]
fn m11_a_line_break_in_a_name_or_subject_makes_no_header() {
    let letter = Letter {
        subject: "hello\r\nBcc: everyone@banes.example\r\n\r\nbody".to_owned(),
        to_name: "Sam\r\nX-Evil: yes\0".to_owned(),
        ..reminder()
    };
    let message = finished(&letter);
    let mail = parse_mail(&message.bytes).unwrap();
    assert_eq!(header(&mail, "Bcc") + &header(&mail, "X-Evil"), "");
    assert_eq!(header(&mail, "Subject"), "hello Bcc: everyone@banes.example body");
    assert_eq!(parts(&mail).len(), 3);
}

#[test]
fn m11_a_hostile_file_name_becomes_a_plain_one() {
    let file_name = "../../\r\nX: \"q2\u{e9}.csv".to_owned();
    let hostile = Attachment::Figures { file_name, columns: words("a"), rows: vec![] };
    let message = finished(&Letter { attachments: vec![hostile], ..reminder() });
    let mail = parse_mail(&message.bytes).unwrap();
    let name = part(&mail, "text/csv").get_content_disposition().params.get("filename").cloned().unwrap();
    assert!(
        name.strip_suffix(".csv").is_some()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
        "{name}"
    );
    assert!(!name.starts_with('.'));
}

#[test]
fn figures_open_in_a_spreadsheet_and_run_nothing() {
    let message = finished(&digest());
    let mail = parse_mail(&message.bytes).unwrap();
    let bytes = part(&mail, "text/csv").get_body_raw().unwrap();
    let expected = "\u{feff}authority,indicator,value,note\r\n\
                    B&NES \u{2013} Bath,icpc_15,-61.4,'=1+1\r\n\
                    Cornwall,\"'@x, \"\"y\"\"\",,\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn m12_the_text_part_comes_back_as_it_was_rendered() {
    let message = finished(&digest());
    let mail = parse_mail(&message.bytes).unwrap();
    let settings = folder_settings();
    let rendered = text(&digest(), &voice(&settings)).unwrap();
    assert_eq!(
        part(&mail, "text/plain").get_body().unwrap().replace("\r\n", "\n").trim_end(),
        rendered.trim_end()
    );
    assert_eq!(
        part(&mail, "text/html").get_body().unwrap().replace("\r\n", "\n").trim_end(),
        page_of(&digest()).trim_end()
    );
}
