//! The rules for calendar files.

use quarterdeck::domain::message::{Attachment, CalendarEntry, Letter};

use crate::mail::letter::{digest, entry};
use crate::mail::parsed::{finished, header, part};

fn sent(entry: CalendarEntry) -> (String, String) {
    let letter = Letter { attachments: vec![Attachment::Calendar(entry)], ..digest() };
    let message = finished(&letter);
    let mail = mailparse::parse_mail(&message.bytes).unwrap();
    let part = part(&mail, "text/calendar");
    (String::from_utf8(part.get_body_raw().unwrap()).unwrap(), header(part, "Content-Type"))
}

fn file(entry: CalendarEntry) -> String {
    sent(entry).0
}

fn unfolded(file: &str) -> Vec<String> {
    file.replace("\r\n ", "").split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn value(file: &str, name: &str) -> String {
    let lines = unfolded(file);
    let found: Vec<&String> =
        lines.iter().filter(|line| line.split([':', ';']).next() == Some(name)).collect();
    assert_eq!(found.len(), 1, "{name} once in {lines:?}");
    found[0].clone()
}

#[test]
fn k01_lines_are_folded_and_end_in_crlf() {
    let file = file(entry());
    assert_eq!(file.matches('\n').count(), file.matches("\r\n").count());
    assert!(file.split("\r\n").all(|line| line.len() <= 75));
    assert!(
        file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") && file.ends_with("END:VCALENDAR\r\n")
    );
    assert_eq!(value(&file, "DTSTAMP"), "DTSTAMP:20171117T080000Z");
    assert_eq!(value(&file, "SUMMARY"), "SUMMARY:Peer challenge event\\; slides\\, data");
}

#[test]
fn k02_the_uid_is_stable() {
    let moved = CalendarEntry { sequence: 3, on: entry().on.succ_opt().unwrap(), ..entry() };
    let uid = "UID:challenge-event-2017.e06000022@southwest";
    assert_eq!((value(&file(entry()), "UID"), value(&file(moved), "UID")), (uid.to_owned(), uid.to_owned()));
}

#[test]
fn k03_the_sequence_is_the_entrys() {
    assert_eq!(value(&file(entry()), "SEQUENCE"), "SEQUENCE:2");
}

#[test]
fn k04_a_deadline_is_information_for_a_whole_day() {
    let (file, content_type) = sent(entry());
    assert_eq!(value(&file, "METHOD"), "METHOD:PUBLISH");
    assert!(
        content_type.contains("method=PUBLISH") && content_type.contains("charset=utf-8"),
        "{content_type}"
    );
    assert_eq!(value(&file, "DTSTART"), "DTSTART;VALUE=DATE:20171201");
    assert_eq!(value(&file, "DTEND"), "DTEND;VALUE=DATE:20171202");
    assert_eq!(value(&file, "TRANSP"), "TRANSP:TRANSPARENT");
    assert!(!file.contains("ATTENDEE") && !file.contains("ORGANIZER"));
}

#[test]
fn k06_a_deadline_that_was_called_off_is_cancelled() {
    let (file, content_type) = sent(CalendarEntry { cancelled: true, sequence: 3, ..entry() });
    assert_eq!(value(&file, "METHOD"), "METHOD:CANCEL");
    assert_eq!(value(&file, "STATUS"), "STATUS:CANCELLED");
    assert!(content_type.contains("method=CANCEL"));
}

#[test]
fn k07_one_entry_in_each_file() {
    assert_eq!(file(entry()).matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn k08_words_are_escaped() {
    let file = file(entry());
    assert!(value(&file, "DESCRIPTION").contains("on the day.\\nBring the self-assessment\\, the returns"));
}
