//! Receipts, chasers, reminders and notices, whole.

use quarterdeck::domain::deadline::{Deadline, DeadlineKind, Ladder, Party, Progress};
use quarterdeck::domain::figure::{Column, Place};
use quarterdeck::domain::letter::chaser::{self, ChaserFacts};
use quarterdeck::domain::letter::facts::{Asked, Named};
use quarterdeck::domain::letter::notice::{self, NoticeFacts, Rest, Room, Trouble};
use quarterdeck::domain::letter::receipt::{self, Accepted, ReceiptFacts, Verdict};
use quarterdeck::domain::letter::reminder::{self, ReminderFacts};
use quarterdeck::domain::letter::withdrawal::{self, WithdrawalFacts};
use quarterdeck::domain::message::{Attachment, Letter};
use quarterdeck::domain::scope::{Figures, Recipient, Role};
use quarterdeck::domain::slip::{Alike, Group, Slip, grouped};

use crate::letters::dump::dump;
use crate::letters::world::{
    DEVON, PLYMOUTH, TORBAY, calendar, conferences, date, instant, named, not_received, occasion, own,
    percent, quarter, recipient, rereferrals, revision, slips,
};

fn lead() -> Recipient {
    recipient(Role::PerformanceLead, &[TORBAY])
}

fn accepted(version: u32) -> ReceiptFacts {
    ReceiptFacts {
        collection: "quarterly".to_owned(),
        collection_title: "Quarterly return".to_owned(),
        authority: Some(named(TORBAY)),
        quarter: Some(quarter(2017, 2)),
        file_name: "torbay-2017-18-q2.csv".to_owned(),
        hash: "9f86d081884c7d659a2feaa0c55ad015".to_owned(),
        received_at: instant("2017-10-27T08:14:00Z"),
        working_days_late: Some(-10),
        verdict: Verdict::Accepted(Accepted {
            version,
            replaces: Some(version - 1).filter(|before| *before > 0),
            rows_read: 33,
            rows_accepted: 30,
            rows_quarantined: 3,
            errors: grouped(slips()),
            slips: slips(),
            missing: vec!["Elective home education".to_owned()],
            set_aside: Vec::new(),
            revisions: vec![revision(TORBAY), revision(DEVON)],
            headlines: vec![
                own(TORBAY, rereferrals(), percent(91.0, 333.0)),
                own(TORBAY, conferences(), percent(3.0, 7.0)),
                own(DEVON, rereferrals(), percent(402.0, 1_911.0)),
            ],
        }),
        remarks: vec![Group::whole("encoding", "the file was in Windows-1252 and was converted")],
    }
}

fn refused() -> ReceiptFacts {
    let reason = "the file is about Plymouth in 33 of its rows; this address is for Torbay".to_owned();
    let verdict = Verdict::Refused {
        reason,
        standing: Some((1, date("2017-10-20"))),
        errors: Vec::new(),
        slips: Vec::new(),
    };
    ReceiptFacts { verdict, remarks: Vec::new(), ..accepted(1) }
}

fn chaser_facts(step: i32) -> ChaserFacts {
    ChaserFacts {
        collection: "quarterly".to_owned(),
        collection_title: "Quarterly return".to_owned(),
        authority: named(TORBAY),
        quarter: quarter(2017, 2),
        due: date("2017-11-10"),
        step,
        working_days_late: step,
        how_to_send: vec!["Put `E06000027-2017-18-Q2.csv` into the region's drop folder.".to_owned()],
        refused: None,
        lying: Vec::new(),
        asked: Asked::First,
        first: Some(chaser::key("quarterly", &named(TORBAY), quarter(2017, 2), -5, &lead().id)),
    }
}

fn neglect() -> Deadline {
    Deadline {
        id: "neglect-peer-challenge".to_owned(),
        title: "Neglect Peer Challenge".to_owned(),
        asks: "visit each other, and send the report of the visit to the region".to_owned(),
        kind: DeadlineKind::Due,
        on: date("2018-06-30"),
        wording: Some("before July 2018".to_owned()),
        parties: vec![Party::Pair(named(TORBAY).code, named(PLYMOUTH).code)],
        needed: 1,
        progress: Vec::new(),
        reminders: Ladder {
            before: vec![20, 10, 5, 1],
            after: vec![1, 5],
            to: vec![Role::PerformanceLead],
            escalate: Some((5, vec![Role::Director])),
        },
        sequence: 1,
        cancelled: false,
    }
}

fn summit() -> Deadline {
    Deadline {
        id: "summit-2017".to_owned(),
        title: "Regional summit".to_owned(),
        asks: "Send the names of your four delegates.".to_owned(),
        kind: DeadlineKind::Event,
        on: date("2017-12-01"),
        wording: None,
        parties: [TORBAY, PLYMOUTH, DEVON].map(|one| Party::Authority(named(one).code)).into(),
        needed: 4,
        progress: [(TORBAY, 2), (DEVON, 4)]
            .map(|(one, supplied)| Progress {
                party: Party::Authority(named(one).code),
                supplied,
                on: date("2017-11-01"),
                by: None,
            })
            .into(),
        ..neglect()
    }
}

fn remind(deadline: &Deadline, party: Party, step: i32, who: &Recipient, today: &str) -> Option<Letter> {
    let names = [TORBAY, PLYMOUTH, DEVON].map(named);
    let asked = if deadline.reminders.to.contains(&who.role) { Asked::First } else { Asked::AfterOthers };
    let calendar = &calendar();
    let facts = ReminderFacts { deadline, party, step, names: &names, calendar, asked, first: None };
    reminder::compose(&occasion(who, today), &facts)
}

#[test]
fn a_receipt_says_what_came_what_was_wrong_and_gives_something_back() {
    let who = lead();
    let letter = receipt::compose(&occasion(&who, "2017-10-27"), &accepted(2)).unwrap();
    insta::assert_snapshot!(dump(&letter));
}

#[test]
fn a_receipt_of_a_file_without_errors_asks_for_nothing() {
    let who = lead();
    let mut facts = accepted(1);
    if let Verdict::Accepted(accepted) = &mut facts.verdict {
        accepted.errors.clear();
        accepted.missing.clear();
    }
    let text = dump(&receipt::compose(&occasion(&who, "2017-10-27"), &facts).unwrap());
    assert!(text.contains("Nothing. The return is complete."), "{text}");
    assert!(!text.contains("What changed against"), "{text}");
}

#[test]
fn a_receipt_of_a_whole_return_with_a_doubtful_figure_asks_to_look_at_it() {
    let who = lead();
    for code in ["numerator-over-denominator", "implausible-jump"] {
        let mut facts = accepted(1);
        if let Verdict::Accepted(accepted) = &mut facts.verdict {
            accepted.errors.clear();
            accepted.missing.clear();
        }
        facts.remarks[0].code = code.to_owned();
        let text = dump(&receipt::compose(&occasion(&who, "2017-10-27"), &facts).unwrap());
        assert!(text.contains("Look at the figures that we noticed"), "{code}: {text}");
        assert!(!text.contains("The return is complete."), "{code}: {text}");
    }
}

#[test]
fn a_long_name_never_pushes_the_version_out_of_the_subject() {
    let name = "Bournemouth, Christchurch and Poole with Dorset".to_owned();
    let facts = ReceiptFacts { authority: Some(Named { name, ..named(TORBAY) }), ..accepted(12) };
    let subject = receipt::compose(&occasion(&lead(), "2017-10-27"), &facts).unwrap().subject;
    assert!(subject.starts_with("Received: Quarterly return 2017-18 Q2, Bournemouth"), "{subject}");
    assert!(subject.ends_with(", version 12") && subject.chars().count() <= 78, "{subject}");
}

#[test]
fn a_file_refused_for_its_rows_lists_them_and_the_region_hears_of_it_without_them() {
    let reason = "no row could be taken in: 3 rows were set aside (bad-number 3)".to_owned();
    let verdict = |slips: Vec<Slip>| Verdict::Refused {
        reason: reason.clone(),
        standing: Some((1, date("2017-10-20"))),
        errors: grouped(slips.clone()),
        slips,
    };
    let facts = ReceiptFacts { verdict: verdict(slips()), remarks: Vec::new(), ..accepted(1) };
    let letter = receipt::compose(&occasion(&lead(), "2017-10-27"), &facts).unwrap();
    assert_eq!(letter.attachments.len(), 1);
    insta::assert_snapshot!(dump(&letter));
    let facts = ReceiptFacts { verdict: verdict(Vec::new()), ..facts };
    let region = recipient(Role::RegionalLead, &[]);
    let letter = receipt::compose(&occasion(&region, "2017-10-27"), &facts).unwrap();
    insta::assert_snapshot!(dump(&letter));
}

/// Six cells of one column with other texts, in a workbook.
fn six_cells() -> Vec<Slip> {
    let texts = ["1323 (est)", "tbc", "n.k.", "n.k.", "about 40", "12 or 13"];
    let slip = |(at, text): (u32, &str)| Slip {
        code: "bad-number".to_owned(),
        reason: format!("the value is `{text}`, which is not a number: write digits such as 120"),
        alike: Some(Alike {
            text: text.to_owned(),
            kind: "are not numbers: write digits such as 120".to_owned(),
        }),
        place: Place {
            sheet: Some("Return".to_owned()),
            line: 9 + at,
            column: Some(Column { number: 39 + at % 2, heading: "Number".to_owned() }),
        },
    };
    (0..6).zip(texts).map(slip).collect()
}

#[test]
fn each_slip_of_a_kind_is_listed_with_its_place_and_its_text() {
    let mut facts = accepted(2);
    if let Verdict::Accepted(it) = &mut facts.verdict {
        (it.errors, it.slips) = (grouped(six_cells()), six_cells());
    }
    let text = dump(&receipt::compose(&occasion(&lead(), "2017-10-27"), &facts).unwrap());
    let line = "* These are not numbers: write digits such as 120. (bad-number: 6 rows) `1323 (est)` in line 9 \
                column AM; `tbc` in line 10 column AN; `n.k.` in line 11 column AM; `n.k.` in line 12 \
                column AN; `about 40` in line 13 column AM; `12 or 13` in line 14 column AN (sheet `Return`).";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("quarantined"), "{text}");
}

#[test]
fn the_figures_that_moved_most_stand_in_the_mail_and_all_are_attached() {
    let mut facts = accepted(2);
    let all: Vec<_> =
        (0..11).map(|at| own(TORBAY, rereferrals(), percent(91.0 + f64::from(at), 333.0))).collect();
    if let Verdict::Accepted(it) = &mut facts.verdict {
        it.headlines = all;
    }
    let letter = receipt::compose(&occasion(&lead(), "2017-10-27"), &facts).unwrap();
    let text = dump(&letter);
    assert!(text.contains("These are the 8 figures that moved most against last year"), "{text}");
    assert!(text.contains("3 more are in the attached `your-figures.csv`"), "{text}");
    let rows = letter.attachments.iter().filter_map(|one| match one {
        Attachment::Figures { file_name, rows, .. } if file_name == "your-figures.csv" => Some(rows.len()),
        _ => None,
    });
    assert_eq!(rows.collect::<Vec<_>>(), [11]);
}

#[test]
fn what_moved_by_more_than_chance_moved_most() {
    let (many, few) =
        (own(TORBAY, rereferrals(), percent(450.0, 1500.0)), own(TORBAY, rereferrals(), percent(3.0, 8.0)));
    assert!(many.moved() > few.moved(), "{} {}", many.moved(), few.moved());
    let still = own(TORBAY, rereferrals(), percent(21.0, 100.0));
    assert!(still.moved() < 0.1, "{}", still.moved());
}

#[test]
fn the_sender_of_a_withdrawn_version_hears_what_counts_now() {
    let facts = WithdrawalFacts {
        collection: "quarterly".to_owned(),
        collection_title: "Quarterly return".to_owned(),
        authority: named(TORBAY),
        quarter: quarter(2017, 2),
        version: 2,
        file_name: "torbay-2017-18-q2.csv".to_owned(),
        on: date("2017-11-20"),
        by: "A. Lead".to_owned(),
        reason: "it is last quarter's workbook".to_owned(),
        standing: Some((1, date("2017-10-27"))),
    };
    let letter = withdrawal::compose(&occasion(&lead(), "2017-11-20"), &facts).unwrap();
    insta::assert_snapshot!(dump(&letter));
    let none = WithdrawalFacts { standing: None, ..facts };
    let text = dump(&withdrawal::compose(&occasion(&lead(), "2017-11-20"), &none).unwrap());
    assert!(text.contains("No version of this return counts now."), "{text}");
    assert!(text.contains("Send the whole return again."), "{text}");
    let stranger = recipient(Role::PerformanceLead, &[DEVON]);
    assert!(withdrawal::compose(&occasion(&stranger, "2017-11-20"), &none).is_none());
}

#[test]
fn a_refused_file_replaces_nothing_and_is_told_why() {
    let who = lead();
    let letter = receipt::compose(&occasion(&who, "2017-10-27"), &refused()).unwrap();
    insta::assert_snapshot!(dump(&letter));
}

#[test]
fn a_receipt_is_not_written_to_somebody_of_another_authority() {
    let stranger = recipient(Role::PerformanceLead, &[DEVON]);
    assert!(receipt::compose(&occasion(&stranger, "2017-10-27"), &accepted(1)).is_none());
}

#[test]
fn a_receipt_leaves_out_figures_of_others_and_all_figures_for_those_who_get_none() {
    let who = lead();
    let text = dump(&receipt::compose(&occasion(&who, "2017-10-27"), &accepted(2)).unwrap());
    for secret in ["Devon", "E10000008", "402", "1,911"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let without = Recipient { figures: Figures::None, ..lead() };
    let text = dump(&receipt::compose(&occasion(&without, "2017-10-27"), &accepted(2)).unwrap());
    for figure in ["27.3", "333", "22.1", "12.5"] {
        assert!(!text.contains(figure), "{figure} in {text}");
    }
}

#[test]
fn a_chaser_is_friendly_before_the_day_and_plain_after_it() {
    let who = lead();
    let before = chaser::compose(&occasion(&who, "2017-11-03"), &chaser_facts(-5)).unwrap();
    let after = chaser::compose(&occasion(&who, "2017-11-17"), &chaser_facts(5)).unwrap();
    let stem = "Quarterly return 2017-18 Q2, Torbay";
    assert_eq!(before.subject, format!("Due 10 November 2017: {stem}"));
    assert_eq!(after.subject, format!("Overdue since 10 November 2017: {stem}"));
    for (day, late, begins) in [("2017-11-09", -1, "tomorrow"), ("2017-11-10", 0, "today")] {
        let letter = chaser::compose(&occasion(&who, day), &chaser_facts(late)).unwrap();
        assert_eq!(letter.subject, format!("Due {begins}, 10 November 2017: {stem}"));
    }
    assert_eq!(before.thread, None);
    assert_eq!(after.thread.as_ref(), Some(&before.key));
    insta::assert_snapshot!(format!("{}\n-----\n{}", dump(&before), dump(&after)));
}

#[test]
fn a_director_gets_a_chaser_as_an_escalation_copy() {
    let who = recipient(Role::Director, &[TORBAY]);
    let facts = ChaserFacts {
        refused: Some("it has no column `value`".to_owned()),
        asked: Asked::AfterOthers,
        ..chaser_facts(10)
    };
    insta::assert_snapshot!(dump(&chaser::compose(&occasion(&who, "2017-11-24"), &facts).unwrap()));
}

#[test]
fn who_is_written_to_for_want_of_others_is_not_told_of_reminders_that_nobody_got() {
    let who = recipient(Role::Director, &[TORBAY]);
    let facts = ChaserFacts { asked: Asked::ForWantOfOthers, ..chaser_facts(10) };
    let letter = dump(&chaser::compose(&occasion(&who, "2017-11-24"), &facts).unwrap());
    assert!(!letter.contains("reminded") && letter.contains("we know of nobody else"), "{letter}");
}

#[test]
fn a_chaser_is_not_written_to_somebody_of_another_authority() {
    let stranger = recipient(Role::Director, &[DEVON]);
    assert!(chaser::compose(&occasion(&stranger, "2017-11-24"), &chaser_facts(10)).is_none());
    assert_eq!(not_received(DEVON).working_days_late, 5);
}

#[test]
fn a_pair_is_reminded_of_the_last_working_day_before_july() {
    let who = lead();
    let deadline = neglect();
    let pair = deadline.parties[0].clone();
    let letter = remind(&deadline, pair, -10, &who, "2018-06-15").unwrap();
    assert!(letter.subject.starts_with("By Friday 29 June 2018: Neglect Peer Challenge"));
    insta::assert_snapshot!(dump(&letter));
}

#[test]
fn an_overdue_pair_is_told_so_and_the_director_gets_a_copy() {
    let who = recipient(Role::Director, &[PLYMOUTH]);
    let deadline = neglect();
    let pair = deadline.parties[0].clone();
    let letter = remind(&deadline, pair, 5, &who, "2018-07-06").unwrap();
    assert!(letter.attachments.is_empty());
    assert!(letter.subject.starts_with("Overdue since Friday 29 June 2018: "), "{}", letter.subject);
    insta::assert_snapshot!(dump(&letter));
}

#[test]
fn an_event_reminder_counts_what_is_supplied_of_what_is_needed() {
    let who = lead();
    let deadline = summit();
    let torbay = deadline.parties[0].clone();
    insta::assert_snapshot!(dump(&remind(&deadline, torbay, -5, &who, "2017-11-24").unwrap()));
}

#[test]
fn the_region_gets_one_reminder_of_everybody_who_is_outstanding() {
    let who = recipient(Role::RegionalLead, &[]);
    let text = dump(&remind(&summit(), Party::Region, -5, &who, "2017-11-24").unwrap());
    assert!(text.contains("2 of 3 have still to answer."), "{text}");
    assert!(text.contains("* Torbay. 2 of 4 supplied, 2 still needed."), "{text}");
    assert!(text.contains("* Plymouth. 0 of 4 supplied, 4 still needed."), "{text}");
    assert!(!text.contains("Devon"), "{text}");
}

#[test]
fn who_is_done_or_another_or_called_off_is_not_reminded() {
    let deadline = summit();
    let devon = recipient(Role::PerformanceLead, &[DEVON]);
    let [torbay, _, done] = [0, 1, 2].map(|at| deadline.parties[at].clone());
    assert!(remind(&deadline, done, -5, &devon, "2017-11-24").is_none());
    assert!(remind(&deadline, torbay.clone(), -5, &devon, "2017-11-24").is_none());
    let cancelled = Deadline { cancelled: true, ..summit() };
    assert!(remind(&cancelled, torbay, -5, &lead(), "2017-11-24").is_none());
}

#[test]
fn a_calendar_entry_keeps_its_name_when_the_day_moves() {
    let who = lead();
    let entry = |deadline: &Deadline| {
        let letter = remind(deadline, deadline.parties[0].clone(), -5, &who, "2017-11-24").unwrap();
        match letter.attachments.into_iter().next() {
            Some(Attachment::Calendar(entry)) => entry,
            other => panic!("{other:?}"),
        }
    };
    let moved = Deadline { on: date("2017-12-08"), sequence: 2, ..summit() };
    let (first, second) = (entry(&summit()), entry(&moved));
    assert_eq!(first.uid_stem, "summit-2017.e06000027");
    assert_eq!(second.uid_stem, first.uid_stem);
    assert!(second.sequence > first.sequence);
}

#[test]
fn a_notice_groups_what_failed_alike_and_says_what_to_do() {
    let who = recipient(Role::Operator, &[]);
    let trouble = |room, what: &str, place: &str, next: &str| Trouble {
        room,
        what: what.to_owned(),
        place: place.to_owned(),
        next: next.to_owned(),
    };
    let refused = "connection refused";
    let later = "it is tried again at the next run; ask the sender if it lasts";
    let facts = NoticeFacts {
        run_at: instant("2017-11-17T08:00:00Z"),
        period: "2017-11-17".to_owned(),
        troubles: vec![
            trouble(Room::Collect, refused, "quarterly E06000027 2017-18 Q2", later),
            trouble(
                Room::Check,
                "column `nummer` not found",
                "my-check",
                "correct line 12 of `my-check.sql`",
            ),
            trouble(Room::Collect, refused, "quarterly E10000008 2017-18 Q2", later),
        ],
        rest: Rest::Done,
    };
    insta::assert_snapshot!(dump(&notice::compose(&occasion(&who, "2017-11-17"), &facts).unwrap()));
    let alone = NoticeFacts {
        troubles: vec![trouble(
            Room::Run,
            "no copy of the state is made: 7 were planned",
            "backups",
            "make one",
        )],
        ..facts.clone()
    };
    let subject = notice::compose(&occasion(&who, "2017-11-17"), &alone).unwrap().subject;
    assert_eq!(subject, "Quarterdeck, 17 November 2017: no copy of the state is made");
    let words = |rest| {
        let facts = NoticeFacts { rest, ..facts.clone() };
        dump(&notice::compose(&occasion(&who, "2017-11-17"), &facts).unwrap())
    };
    assert!(words(Rest::GivenUp).contains(
        "could not go on: 2 sources not fetched, 1 check did not run. The next one does the rest."
    ));
    assert!(words(Rest::Waits).contains("subject: Nothing is run: please look"), "{}", words(Rest::Waits));
    let none = NoticeFacts { troubles: Vec::new(), ..facts };
    assert!(notice::compose(&occasion(&who, "2017-11-17"), &none).is_none());
}

#[test]
fn nobody_is_asked_to_send_a_publishers_file_again() {
    let region = recipient(Role::RegionalLead, &[]);
    let written = |facts: ReceiptFacts| {
        let facts = ReceiptFacts { authority: None, quarter: None, ..facts };
        dump(&receipt::compose(&occasion(&region, "2017-10-27"), &facts).unwrap())
    };
    for text in [written(accepted(1)), written(refused())] {
        for wrong in ["Correct these rows", "Add the missing", "Correct the file", "replaces version"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
    }
    assert!(written(accepted(1)).contains("Nothing has to be sent again."));
}
