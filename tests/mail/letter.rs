//! A letter with every kind of block, as a director's digest would have them.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use quarterdeck::config::settings::{MailSettings, PostSettings};
use quarterdeck::domain::message::{
    Align, Attachment, Band, Block, CalendarEntry, Cell, Chart, ChartLine, Column, FindingBlock, Kind,
    Letter, MessageKey, Table,
};
use quarterdeck::domain::scope::EmailAddress;
use quarterdeck::mail::Voice;

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn settings(post: PostSettings) -> MailSettings {
    MailSettings {
        from_name: "South West early warning".to_owned(),
        from: address("watch@southwest.example"),
        reply_to: address("data.lead@southwest.example"),
        bounces: address("bounces@southwest.example"),
        unsubscribe: address("leave@southwest.example"),
        per_recipient_per_day: 5,
        post,
    }
}

pub(crate) fn folder_settings() -> MailSettings {
    settings(PostSettings::Folder { path: PathBuf::from("unused") })
}

pub(crate) fn voice(mail: &MailSettings) -> Voice<'_> {
    Voice {
        region: "South West",
        instance: "southwest",
        mail,
        notice: Some("Synthetic figures: made up for a test."),
    }
}

pub(crate) fn queued_at() -> DateTime<Utc> {
    "2017-11-17T08:00:00Z".parse().unwrap()
}

pub(crate) fn words(text: &str) -> Vec<String> {
    text.split('|').map(|word| word.trim().to_owned()).collect()
}

pub(crate) fn table() -> Table {
    let column = |heading: &str, align| Column { heading: heading.to_owned(), align };
    Table {
        caption: "Due in the next six weeks".to_owned(),
        columns: vec![
            column("What", Align::Left),
            column("Due", Align::Left),
            column("Working days left", Align::Right),
        ],
        rows: vec![
            words("Peer challenge event: slides & data | Fri 1 Dec 2017 | 10"),
            words("Quarterly return 2017-18 Q2 | Mon 27 Nov 2017 | 6"),
            words("Four delegates for the summit | | 21"),
        ],
    }
}

pub(crate) fn chart() -> Chart {
    let line = |label: &str, values: &[f64]| ChartLine {
        label: label.to_owned(),
        values: values.iter().map(|value| (*value > 0.0).then_some(*value)).collect(),
    };
    Chart {
        title: "Fewer conferences in time for a third quarter".to_owned(),
        subtitle: "Initial conferences within 15 working days, B&NES, 2015-16 Q3 to 2017-18 Q2, per cent"
            .to_owned(),
        alternative: "Line falling from 80.7 per cent in 2015-16 Q3 to 61.4 per cent in 2017-18 Q2; \
                      South West 78.1 to 77.0."
            .to_owned(),
        quarters: words(
            "2015-16 Q3|2015-16 Q4|2016-17 Q1|2016-17 Q2|2016-17 Q3|2016-17 Q4|2017-18 Q1|2017-18 Q2",
        ),
        lines: vec![
            line("B&NES", &[80.7, 82.4, 79.9, 0.0, 81.0, 74.2, 68.8, 61.4]),
            line("South West", &[78.1, 77.5, 78.8, 79.0, 78.4, 77.9, 77.2, 77.0]),
            line("Neighbours", &[75.0, 75.3, 76.1, 76.0, 75.2, 74.9, 75.5, 76.3]),
        ],
        usual_range: Some(Band { lower: 72.6, upper: 88.9, from: 0 }),
        target: Some(85.0),
        decimals: 1,
    }
}

pub(crate) fn finding(badge: &str, title: &str, sentence: &str) -> FindingBlock {
    FindingBlock {
        badge: badge.to_owned(),
        title: title.to_owned(),
        sentence: sentence.to_owned(),
        small_print: vec![
            "35 of 57 conferences; the usual range is 72.6 to 88.9, from 12 quarters.".to_owned(),
            "South West 77.0 (14 of 16 authorities). Finding F-0193: explain F-0193.".to_owned(),
        ],
    }
}

pub(crate) fn entry() -> CalendarEntry {
    CalendarEntry {
        uid_stem: "challenge-event-2017.e06000022".to_owned(),
        summary: "Peer challenge event; slides, data".to_owned(),
        description:
            "Bath and North East Somerset presents on the day.\nBring the self-assessment, the returns of \
                      the last four quarters, and the names of those who come with you."
                .to_owned(),
        on: NaiveDate::from_ymd_opt(2017, 12, 1).unwrap(),
        sequence: 2,
        cancelled: false,
    }
}

pub(crate) fn figures() -> Attachment {
    Attachment::Figures {
        file_name: "figures-2017-18-q2.csv".to_owned(),
        columns: words("authority|indicator|value|note"),
        rows: vec![
            vec![
                Cell::Text("B&NES \u{2013} Bath".to_owned()),
                Cell::Text("icpc_15".to_owned()),
                Cell::Number(-61.4),
                Cell::Text("=1+1".to_owned()),
            ],
            vec![
                Cell::Text("Cornwall".to_owned()),
                Cell::Text("@x, \"y\"".to_owned()),
                Cell::Empty,
                Cell::Empty,
            ],
        ],
    }
}

/// Every kind of block, both kinds of attachment.
pub(crate) fn digest() -> Letter {
    Letter {
        key: MessageKey::of(Kind::Digest, "director", "2017-18 Q2", "banes-director"),
        kind: Kind::Digest,
        recipient: "banes-director".to_owned(),
        to_name: "Zo\u{eb} Example".to_owned(),
        to: address("zoe@banes.example"),
        subject: "Early warning for B&NES, 2017-18 Q2: 2 new, 1 worse".to_owned(),
        preheader: "2 new findings \u{b7} 1 worsening \u{b7} 1 resolved \u{b7} 3 deadlines".to_owned(),
        title: "Bath and North East Somerset: what changed since 18 August".to_owned(),
        blocks: vec![
            Block::Paragraph(
                "Two measures left their usual range this quarter, one for the third time. \
                 Your return for 2017-18 Q2 came on 9 November and was accepted whole."
                    .to_owned(),
            ),
            Block::Heading("Findings".to_owned()),
            Block::Finding(finding(
                "High \u{b7} worsening",
                "Is the figure outside its usual range?",
                "Initial child protection conferences held in time fell to 61.4 % (Q1: 68.8 %).",
            )),
            Block::Finding(finding(
                "Medium \u{b7} new",
                "Is the figure unlike that of the same quarter last year?",
                "Referrals per 10,000 rose from 82.6 to 118.3; unusual, neither good nor bad in itself.",
            )),
            Block::Finding(finding(
                "Low \u{b7} new",
                "Is the figure far from those of similar authorities?",
                "Agency social workers: 5.7 %, the lowest but one of 16.",
            )),
            Block::Chart(chart()),
            Block::Heading("Deadlines".to_owned()),
            Block::Table(table()),
            Block::Subheading("What to bring to the challenge event".to_owned()),
            Block::Bullets(vec![
                "The self-assessment of September 2017, <unchanged>.".to_owned(),
                "The four returns 2016-17 Q3 to 2017-18 Q2.".to_owned(),
            ]),
            Block::Note(
                "Comparisons use the returns of 14 of 16 authorities, received by 16 November.".to_owned(),
            ),
        ],
        attachments: vec![figures(), Attachment::Calendar(entry())],
        thread: None,
        told: vec![],
        queued_at: queued_at(),
    }
}

/// A short letter without pictures or files, later in a thread.
pub(crate) fn reminder() -> Letter {
    let first = MessageKey::of(Kind::Reminder, "challenge-event-2017", "10", "banes-lead");
    Letter {
        key: MessageKey::of(Kind::Reminder, "challenge-event-2017", "5", "banes-lead"),
        kind: Kind::Reminder,
        recipient: "banes-lead".to_owned(),
        to_name: "Sam Example".to_owned(),
        to: address("sam@banes.example"),
        subject: "Peer challenge event on Friday 1 December".to_owned(),
        preheader: "5 working days left; slides are outstanding".to_owned(),
        title: "Peer challenge event: 5 working days left".to_owned(),
        blocks: vec![
            Block::Subheading("Outstanding".to_owned()),
            Block::Paragraph("Your slides.".to_owned()),
        ],
        attachments: vec![],
        thread: Some(first),
        told: vec![],
        queued_at: queued_at(),
    }
}
