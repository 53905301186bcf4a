//! Reminders: on the configured working days, to those who are outstanding and nobody else.

use std::collections::BTreeMap;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;

use super::autumn;
use super::figures::AUTHORITIES;
use super::letters::{self, Mail};
use super::region::Region;

const CHALLENGE: &str = "reminder.challenge-event-2017-";

/// Walks mornings, and says on which day which messages were queued.
fn queued_on<'a>(region: &Region, days: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Vec<String>> {
    for day in days {
        let report = region.step(&format!("{day}T09:00:00Z"), Step::Remind);
        assert_eq!(report.failures, [], "{day}");
    }
    let mut queued: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in region.journal().into_iter().filter(|line| line.event == Happened::Queued) {
        queued.entry(line.at.date_naive().to_string()).or_default().push(line.subject);
    }
    queued
}

fn of_the_challenge(queued: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, Vec<&str>> {
    let own = |keys: &'_ Vec<String>| keys.iter().any(|key| key.starts_with(CHALLENGE));
    let days = queued.iter().filter(|(_, keys)| own(keys));
    days.map(|(day, keys)| {
        let keys = keys.iter().filter(|key| key.starts_with(CHALLENGE));
        (day.as_str(), keys.map(|key| key.rsplit('.').next().unwrap()).collect())
    })
    .collect()
}

fn delivered(region: &Region, now: &str, start: &str) -> Vec<Mail> {
    region.step(now, Step::Deliver);
    letters::starting(&region.mails(), start).into_iter().cloned().collect()
}

#[test]
fn the_reminders_of_1_december_go_out_on_the_configured_working_days_to_those_outstanding() {
    let region = autumn::walked();
    let queued = queued_on(&region, []);
    let reminded = of_the_challenge(&queued);
    let days: Vec<&str> = reminded.keys().copied().collect();
    assert_eq!(days, ["2017-11-17", "2017-11-24", "2017-11-30"], "10, 5 and 1 working days before");
    for (day, people) in &reminded {
        let all = people.iter().all(|person| person.ends_with("-performance"));
        assert!(all, "performance leads and nobody else: {people:?}");
        let cornwall = people.contains(&"cornwall-performance");
        assert_eq!(cornwall, *day == "2017-11-17", "Cornwall is done from 20 November on");
        assert_eq!(people.len(), AUTHORITIES.len() - usize::from(!cornwall), "{day}");
    }
    let mails = delivered(&region, "2017-12-04T09:00:00Z", CHALLENGE);
    assert_eq!(mails.len(), 16 + 15 + 15);
    for mail in &mails {
        assert!(mail.subject.contains("Friday 1 December 2017"), "{}", mail.subject);
        let person = mail.key.rsplit('.').next().unwrap().trim_end_matches("-performance");
        assert!(mail.to.contains(&format!("@{person}.example")), "{} to {}", mail.key, mail.to);
    }
}

#[test]
fn the_neglect_challenge_names_friday_29_june_2018() {
    let region = Region::from_quarter("2018-19 Q4");
    let start = "reminder.neglect-challenge-2018-";
    for day in ["2018-05-31", "2018-06-01", "2018-06-02", "2018-06-29", "2018-07-02"] {
        region.step(&format!("{day}T09:00:00Z"), Step::Remind);
    }
    let mails = delivered(&region, "2018-07-02T09:00:00Z", start);
    let on = |period: &str| mails.iter().filter(|mail| mail.key.contains(period)).collect::<Vec<_>>();
    assert_eq!(on(".2018-06-30-20-before.").len(), 16);
    assert_eq!(on(".2018-06-30-1-before.").len(), 16, "one day late is not too late on the day itself");
    assert_eq!(on(".2018-06-30-1-after.").len(), 16);
    assert_eq!(mails.len(), 48);
    for mail in &mails {
        assert!(mail.subject.contains("Friday 29 June 2018"), "{}", mail.subject);
        assert!(mail.text.contains("Friday 29 June 2018"), "{}", mail.text);
    }
}

#[test]
fn what_was_called_off_is_never_reminded_of() {
    let region = Region::from_quarter("2018-19 Q4");
    region.edit("deadlines.toml", "on = 2017-12-01\n", "on = 2017-12-01\ncancelled = true\n");
    let queued = queued_on(&region, ["2017-11-17", "2017-11-24", "2017-11-30"]);
    assert!(!queued.is_empty(), "other deadlines go on");
    assert!(of_the_challenge(&queued).is_empty());
}

#[test]
fn a_daemon_that_slept_sends_only_the_last_notice() {
    let region = Region::from_quarter("2018-19 Q4");
    let queued = queued_on(&region, ["2017-11-01", "2017-11-27", "2017-11-28"]);
    let reminded = of_the_challenge(&queued);
    assert_eq!(reminded.keys().copied().collect::<Vec<_>>(), ["2017-11-27"]);
    let keys = queued["2017-11-27"].iter().filter(|key| key.starts_with(CHALLENGE));
    assert!(keys.clone().all(|key| key.contains(".2017-12-01-5-before.")), "not the one of 17 November too");
    assert_eq!(keys.count(), 16);
}

const DONE: &str = "2017-11-16T10:00:00Z";

#[test]
fn whoever_is_recorded_as_done_is_reminded_no_more_until_that_is_taken_back() {
    let region = Region::from_quarter("2018-19 Q4");
    let done = |more: &[&str]| {
        let said = ["deadlines", "done", "challenge-event-2017", "--by", "Ann", "--party"];
        region.run(DONE, &[&said[..], more].concat())
    };
    let recorded = done(&["Torbay"]);
    assert_eq!(recorded.status, 0, "{}", recorded.words);
    let words =
        "`challenge-event-2017`, Torbay: done; no reminder goes to them any more; 15 of 16 outstanding";
    assert_eq!(recorded.out.trim(), words);
    let again = done(&["E06000027"]);
    assert!(again.status == 2 && again.words.contains("is done with"), "{again:?}");
    assert!(again.words.contains("recorded by Ann on Thu 16 Nov 2017"), "{}", again.words);
    let nobody = done(&["E06000027+E06000026"]);
    assert!(nobody.status == 2 && nobody.words.contains("its parties are E06000022 ("), "{nobody:?}");
    let listed = region.run(DONE, &["deadlines", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&listed.out).unwrap();
    let row = rows.iter().find(|row| row["deadline"] == "challenge-event-2017").unwrap();
    assert_eq!(row["done"], "1 of 16");
    assert!(!row["outstanding"].as_str().unwrap().contains("Torbay"), "{row}");
    let queued = queued_on(&region, ["2017-11-17"]);
    let of_first = of_the_challenge(&queued)["2017-11-17"].clone();
    assert_eq!((of_first.len(), of_first.contains(&"torbay-performance")), (15, false));
    let undone = region.run(
        "2017-11-20T10:00:00Z",
        &["undo", "challenge-event-2017", "--party", "Torbay", "--by", "Bob", "--reason", "it was Devon"],
    );
    assert_eq!(undone.status, 0, "{}", undone.words);
    let words = "done (Torbay) by Ann on Thursday 16 November 2017 is taken back by Bob";
    assert!(undone.out.contains(words) && undone.out.contains("reminders go on"), "{}", undone.out);
    let queued = queued_on(&region, ["2017-11-24"]);
    assert_eq!(of_the_challenge(&queued)["2017-11-24"].len(), 16);
    let deeds = region.run(DONE, &["actions", "--deeds", "--format", "csv"]);
    assert!(deeds.out.contains("challenge-event-2017,done,Torbay,"), "{}", deeds.out);
    assert!(deeds.out.contains("2017-11-20 by Bob: it was Devon"), "{}", deeds.out);
}

#[test]
fn what_the_file_and_a_command_say_differently_is_explained() {
    let region = Region::from_quarter("2018-19 Q4");
    let four = "parties = \"authorities\"\nneeded = 4\n";
    let text = std::fs::read_to_string(region.config().join("deadlines.toml")).unwrap();
    let place = text.find("id = \"challenge-event-2017\"").unwrap();
    let (before, after) = text.split_at(place);
    let written = "\n[[deadline.done]]\nparty = \"E06000027\"\nsupplied = 1\non = 2017-11-01\n";
    let after = after.replacen("parties = \"authorities\"\n", four, 1);
    let after = after.replacen("before = [10, 5, 1]\n", &format!("before = [10, 5, 1]\n{written}"), 1);
    std::fs::write(region.config().join("deadlines.toml"), format!("{before}{after}")).unwrap();
    let done = |supplied: &str| {
        let said = ["deadlines", "done", "challenge-event-2017", "--by", "Ann", "--party", "Torbay"];
        region.run(DONE, &[&said[..], &["--supplied", supplied]].concat())
    };
    let fewer = done("1");
    assert!(fewer.status == 2 && fewer.words.contains("`[[deadline.done]]` in deadlines.toml"), "{fewer:?}");
    let more = done("3");
    assert_eq!(more.status, 0, "{}", more.words);
    let words = "deadlines.toml says 1 of 4, Ann recorded 3 on Thu 16 Nov 2017; the larger counts";
    assert!(more.out.contains("3 of 4 so far") && more.out.contains(words), "{}", more.out);
    assert_eq!(done("5").status, 2);
    let listed = region.run(DONE, &["deadlines"]);
    assert!(listed.words.contains(words), "{}", listed.words);
    assert!(listed.out.contains("Torbay (3 of 4)"), "{}", listed.out);
    assert!(listed.out.contains("overdue by "), "{}", listed.out);
    let text = std::fs::read_to_string(region.config().join("deadlines.toml")).unwrap();
    let renamed = text.replace("id = \"challenge-event-2017\"", "id = \"challenge-event\"");
    std::fs::write(region.config().join("deadlines.toml"), renamed).unwrap();
    let listed = region.run(DONE, &["deadlines"]);
    assert_eq!(listed.status, 0, "{}", listed.words);
    let words = "no longer in deadlines.toml: `challenge-event-2017` of Torbay";
    assert!(listed.words.contains(words), "{}", listed.words);
}
