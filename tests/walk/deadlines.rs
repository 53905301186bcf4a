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
