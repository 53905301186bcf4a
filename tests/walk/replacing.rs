//! Files that would take a good version away: refused whole, chased, and told to those who can do something.

use std::fmt::Write as _;
use std::fs;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;

use super::figures::{AUTHORITIES, HEADINGS, csv, csv_with_referrals};
use super::letters::{Mail, starting};
use super::region::{Ended, Region};

const CODE: &str = "E06000022";
const QUARTER: &str = "2017-18 Q2";
const FIRST: &str = "2017-11-07T09:00:00Z";
const SECOND: &str = "2017-11-08T09:00:00Z";

const COUNTING: &str = "SELECT concat_ws('|', version, count(*)) FROM observations
    WHERE authority = 'E06000022' AND collection = 'quarterly' GROUP BY version";

fn receive(region: &Region, now: &str, body: &str, more: &[&str]) -> Ended {
    let file = region.path("return.csv");
    fs::write(&file, body).unwrap();
    let of = ["receive", file.to_str().unwrap(), "--authority", CODE, "--quarter", QUARTER];
    region.run(now, &[&of[..], more].concat())
}

/// The same rows without a figure.
fn blank(body: &str) -> String {
    let lines = body.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        if line == HEADINGS { line.to_owned() } else { format!("{},{},{},,,,", cells[0], cells[1], cells[2]) }
    });
    lines.collect::<Vec<_>>().join("\r\n") + "\r\n"
}

fn receipts(region: &Region) -> Vec<Mail> {
    region.step(SECOND, Step::Deliver);
    let mails = region.mails();
    starting(&mails, "receipt.quarterly-e06000022.").into_iter().cloned().collect()
}

#[test]
fn a_file_of_which_no_row_is_accepted_replaces_nothing_and_says_why() {
    let region = Region::unwatched(QUARTER);
    assert_eq!(receive(&region, FIRST, &csv(CODE, QUARTER), &[]).status, 0);
    let forms = [
        blank(&csv(CODE, QUARTER)),
        csv(CODE, QUARTER).replace(QUARTER, "the second quarter"),
        csv(CODE, QUARTER).replace("_rate", "_rato").replace("_pct", "_pcd"),
    ];
    for form in &forms {
        let ended = receive(&region, SECOND, form, &[]);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(ended.out.contains("refused whole: no row could be taken in: 5 rows"), "{}", ended.out);
        assert_eq!(region.rows(COUNTING), ["1|5"]);
    }
    let shown = region.run(SECOND, &["returns", "--format", "csv"]).out;
    let row = shown.lines().find(|line| line.contains("quarterly") && line.contains(CODE)).unwrap();
    assert!(row.contains("a newer file was refused on 8 November 2017: no row"), "{row}");
    let receipts = receipts(&region);
    let refused: Vec<&Mail> =
        receipts.iter().filter(|mail| mail.subject.starts_with("Not accepted")).collect();
    let senders = refused.iter().filter(|mail| !mail.key.contains("regional")).count();
    assert_eq!(senders, 3, "{:?}", receipts.iter().map(|mail| &mail.key).collect::<Vec<_>>());
    let text = &refused.iter().find(|mail| mail.text.contains("no-figure")).expect("the blank one").text;
    assert!(text.contains("No row could be taken in: 5 rows were set aside (no-figure 5)"), "{text}");
    assert!(text.contains("Rows that were not accepted") && text.contains("has no figure"), "{text}");
    assert!(text.contains("Version 1, received on Tuesday 7 November 2017, still counts"), "{text}");
    assert!(
        refused
            .iter()
            .any(|mail| mail.everything.contains("rows-not-accepted")
                || mail.everything.contains("no-figure,"))
    );
}

#[test]
fn who_has_sent_nothing_usable_is_chased_as_before() {
    let region = Region::unwatched(QUARTER);
    receive(&region, FIRST, &blank(&csv(CODE, QUARTER)), &[]);
    assert_eq!(region.rows(COUNTING), [] as [&str; 0]);
    region.step("2017-11-13T09:00:00Z", Step::Remind);
    let keys = region.happened(Happened::Queued);
    let chasers: Vec<&String> =
        keys.iter().filter(|key| key.starts_with("chaser.quarterly-e06000022.")).collect();
    assert_eq!(chasers.len(), 1, "{keys:?}");
    region.step("2017-11-13T09:00:00Z", Step::Deliver);
    let mails = region.mails();
    let chaser = starting(&mails, "chaser.quarterly-e06000022.")[0];
    assert!(chaser.text.contains("No row could be taken in"), "{}", chaser.text);
}

#[test]
fn far_fewer_figures_are_refused_and_told_to_sender_region_and_operator() {
    let region = Region::unwatched(QUARTER);
    receive(&region, FIRST, &csv(CODE, QUARTER), &[]);
    let filled = csv(CODE, QUARTER);
    let few: String =
        filled.lines().take(3).chain(blank(&filled).lines().skip(3)).fold(String::new(), |mut all, line| {
            writeln!(all, "{line}").unwrap();
            all
        });
    let ended = receive(&region, SECOND, &few, &[]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.out.contains("2 figures could be taken in; version 1, which still counts, has 5"),
        "{}",
        ended.out
    );
    assert!(ended.words.contains("--smaller --by"), "{}", ended.words);
    assert_eq!(region.rows(COUNTING), ["1|5"]);
    let receipts = receipts(&region);
    let lead = receipts.iter().find(|mail| mail.key.contains("refused") && mail.key.contains("regional"));
    let lead =
        lead.unwrap_or_else(|| panic!("{:?}", receipts.iter().map(|mail| &mail.key).collect::<Vec<_>>()));
    assert!(lead.text.contains("We could not accept Bath and North East Somerset"), "{}", lead.text);
    assert!(!lead.text.contains("has no figure"), "what rows say is for their sender: {}", lead.text);
    let mails = region.mails();
    let notice = starting(&mails, "notice.")[0];
    assert!(
        notice.text.contains("far-fewer-figures") && notice.text.contains("--smaller"),
        "{}",
        notice.text
    );

    let again = receive(&region, "2017-11-08T10:00:00Z", &few, &[]);
    assert!(again.out.contains("nothing new"), "{again:?}");
    let said = ["--smaller", "--by", "Ann", "--reason", "three forms were given up"];
    let taken = receive(&region, "2017-11-08T11:00:00Z", &few, &said);
    assert!(taken.out.contains("accepted 2 + quarantined 3"), "{taken:?}");
    assert_eq!(region.rows(COUNTING), ["2|2"]);
    let line = region.journal().into_iter().rev().find(|line| line.event == Happened::Received).unwrap();
    assert_eq!(line.detail["smaller"]["by"], "Ann");
    region.lose_the_database();
    region.step("2017-11-08T12:00:00Z", Step::Check);
    assert_eq!(region.rows(COUNTING), ["2|2"], "it is believed after a loss too");
}

#[test]
fn the_correction_that_a_receipt_asked_for_is_taken() {
    let region = Region::unwatched(QUARTER);
    let others: String = AUTHORITIES[1..]
        .iter()
        .map(|code| csv(code, QUARTER).replace(&format!("{HEADINGS}\r\n"), ""))
        .collect();
    let everybody = csv(CODE, QUARTER) + &others;
    let ended = receive(&region, FIRST, &everybody, &[]);
    assert!(ended.out.contains("rows read 80 = accepted 5 + quarantined 75"), "{}", ended.out);
    let ended = receive(&region, SECOND, &csv(CODE, QUARTER), &[]);
    assert_eq!((ended.status, region.rows(COUNTING)), (0, vec!["2|5".to_owned()]), "{ended:?}");
}

#[test]
fn a_beginning_of_the_version_that_counts_does_not_take_its_place() {
    let region = Region::unwatched(QUARTER);
    let whole = csv(CODE, QUARTER);
    receive(&region, FIRST, &whole, &[]);
    for share in [60, 80, 95] {
        let cut = &whole[..whole.len() * share / 100];
        let ended = receive(&region, SECOND, cut, &[]);
        assert_eq!(ended.status, 1, "{share}: {ended:?}");
        assert_eq!(region.rows(COUNTING), ["1|5"], "{share}: {ended:?}");
    }
    let without_end = whole.trim_end();
    assert_eq!(receive(&region, SECOND, without_end, &[]).status, 0, "only the last line end is gone");
}

/// The return with other figures in each row, made from its denominator.
fn filled_with(figures: impl Fn(&str) -> String) -> String {
    let filled = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        if line == HEADINGS {
            format!("{line}\n")
        } else {
            format!("{},{},{},{},\n", cells[0], cells[1], cells[2], figures(cells[4]))
        }
    };
    csv(CODE, QUARTER).lines().map(filled).collect()
}

#[test]
fn a_return_of_honest_symbols_counts_and_takes_no_numbers_away() {
    let region = Region::unwatched(QUARTER);
    let withheld = filled_with(|_| "c,c,c".to_owned());
    let first = receive(&region, FIRST, &withheld, &[]);
    assert_eq!((first.status, region.rows(COUNTING)), (0, vec!["1|5".to_owned()]), "{first:?}");
    assert_eq!(receive(&region, SECOND, &csv(CODE, QUARTER), &[]).status, 0);
    let back = receive(&region, SECOND, &withheld, &[]);
    assert_eq!((back.status, region.rows(COUNTING)), (1, vec!["2|5".to_owned()]), "{back:?}");
    assert!(
        back.out.contains(
            "none of 5 figures has a number other than 0; of version 2, which still counts, 5 have"
        ),
        "{}",
        back.out
    );
}

#[test]
fn a_form_of_zeros_takes_no_numbers_away() {
    let region = Region::unwatched(QUARTER);
    assert_eq!(receive(&region, FIRST, &csv(CODE, QUARTER), &[]).status, 0);
    let zeros = filled_with(|denominator| format!("0,{denominator},0"));
    let ended = receive(&region, SECOND, &zeros, &[]);
    assert_eq!((ended.status, region.rows(COUNTING)), (1, vec!["1|5".to_owned()]), "{ended:?}");
    assert!(ended.out.contains("none of 5 figures has a number other than 0"), "{}", ended.out);
}

#[test]
fn what_was_set_aside_is_called_that_and_not_missing_from_the_file() {
    let region = Region::unwatched(QUARTER);
    let body = csv(CODE, QUARTER)
        .replacen(",6", ",-6", 1)
        .replace("_45wd_pct,2017-18 Q2,", "_45wd_pct,2017-18 Q2,about ");
    receive(&region, FIRST, &body, &[]);
    let text = receipts(&region)[0].text.clone();
    let (_, aside) =
        text.split_once("Indicators of which every row was set aside").unwrap_or_else(|| panic!("{text}"));
    let (aside, missing) = aside.split_once("Indicators that are not in the file").unwrap();
    assert!(aside.contains("45 working days"), "{text}");
    assert!(
        !missing.split("What to do").next().unwrap().contains("Assessments within 45 working days"),
        "{text}"
    );
}

#[test]
fn a_misspelt_indicator_is_not_missing_from_the_file_besides() {
    let region = Region::unwatched(QUARTER);
    receive(&region, FIRST, &csv(CODE, QUARTER).replace(",cla_rate,", ",cla_rates,"), &[]);
    let text = receipts(&region)[0].text.clone();
    assert!(text.contains("did you mean `cla_rate`?"), "{text}");
    let (before, after) = text.split_once("Indicators of which every row was set aside").unwrap();
    let (aside, missing) = after.split_once("Indicators that are not in the file").unwrap();
    let name = "Children looked after";
    assert!(!before.contains(name) && aside.contains(name), "{text}");
    assert!(!missing.split("What to do").next().unwrap().contains(name), "{text}");
}

#[test]
fn what_a_file_says_of_another_quarter_is_compared_with_what_is_held_and_not_taken() {
    let region = Region::unwatched("2017-18 Q1");
    let file = region.path("first.csv");
    fs::write(&file, csv(CODE, "2017-18 Q1")).unwrap();
    region.run(FIRST, &["receive", file.to_str().unwrap(), "--authority", CODE, "--quarter", "2017-18 Q1"]);
    let of = |first: &str| csv(CODE, QUARTER) + &first.replace(&format!("{HEADINGS}\r\n"), "");
    let same = receive(&region, SECOND, &of(&csv(CODE, "2017-18 Q1")), &[]);
    assert!(!same.out.contains("other-quarters-differ"), "{}", same.out);
    let corrected = of(&csv_with_referrals(CODE, "2017-18 Q1", 4_999));
    let path = region.path("return.csv");
    fs::write(&path, &corrected).unwrap();
    let of = ["verify", path.to_str().unwrap(), "--authority", CODE, "--quarter", QUARTER];
    let words = "2017-18 Q1 in this file differs in 2 figures from version 1, which counts";
    let verified = region.run(SECOND, &of);
    assert!(verified.out.contains(words), "{verified:?}");
    let received = receive(&region, SECOND, &corrected, &[]);
    assert!(received.out.contains(words), "{received:?}");
    let held = "SELECT numerator::INTEGER FROM observations
        WHERE authority = 'E06000022' AND indicator = 'referral_rate' AND quarter = 8068";
    assert_ne!(region.rows(held), ["4999"]);
    let receipt = receipts(&region).pop().unwrap();
    assert!(receipt.text.contains("4999 of") && receipt.text.contains("held"), "{}", receipt.text);
}
