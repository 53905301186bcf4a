//! Scope: nobody reads of another authority in any part of any message, but by name whom to ask.

use std::collections::BTreeSet;

use quarterdeck::domain::advice::Example;
use quarterdeck::domain::authority::Authority;
use quarterdeck::domain::scope::{Recipient, Scope};

use super::figures::{AUTHORITIES, MISSES_ITS_TARGET, csv, csv_with_referrals, figures};
use super::letters::Mail;
use super::region::Region;

const EXAMINED_MIN: usize = 100;

/// A quarter with everything in it: receipts, a chaser, a refusal, a revision, digests, reminders.
fn eventful() -> (Region, Vec<Mail>) {
    let region = Region::with_returns();
    // Its pair is named to both, and rightly.
    region.edit(
        "deadlines.toml",
        "id = \"neglect-first-pair\"",
        "id = \"neglect-first-pair\"\ncancelled = true",
    );
    region.withdraw("E06000030", "2017-18 Q2");
    region.publish("E06000029", "2017-18 Q2", "authority_code,indicator,quarter\nE06000029,x,2017-18 Q2\n");
    region.walk("2017-11-13T08:00:00Z");
    region.publish("E10000008", "2017-18 Q2", csv_with_referrals("E10000008", "2017-18 Q2", 8_765));
    region.publish("E06000029", "2017-18 Q2", csv("E06000029", "2017-18 Q2"));
    region.walk("2017-11-17T08:00:00Z");
    region.walk("2017-11-24T08:00:00Z");
    let mails = region.mails();
    (region, mails)
}

/// Numbers of four digits or more, without their separators; years are no figures.
fn large_numbers(text: &str) -> BTreeSet<u32> {
    let pieces = text.split(|c: char| !c.is_ascii_digit() && c != ',' && c != '.');
    let whole = pieces.map(|piece| piece.trim_matches([',', '.']).replace(',', ""));
    whole.filter_map(|piece| piece.split('.').next()?.parse().ok()).filter(|n| is_telling(*n)).collect()
}

fn is_telling(number: u32) -> bool {
    number > 2_100 && number != 10_000
}

/// What was counted in an authority's returns.
fn own_numbers(code: &str) -> BTreeSet<u32> {
    let rows = ["2017-18 Q1", "2017-18 Q2"].map(|quarter| figures(code, quarter)).into_iter().flatten();
    let mut numbers: BTreeSet<u32> = rows.flat_map(|row| [row.numerator, row.denominator]).collect();
    if code == "E10000008" {
        numbers.insert(8_765);
    }
    numbers.into_iter().filter(|number| is_telling(*number)).collect()
}

fn recipient_of<'a>(mail: &Mail, recipients: &'a [Recipient]) -> Option<(&'a Recipient, &'a str)> {
    let recipient = recipients.iter().find(|one| mail.to.contains(one.address.as_str())).unwrap();
    match &recipient.scope {
        Scope::Authorities(codes) => Some((recipient, codes[0].as_str())),
        Scope::Region => None,
    }
}

/// Without those who are named as whom to ask about a concern: their names, and never a figure.
fn without_advice(text: &str, authorities: &[Authority]) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let asked = authorities.iter().flat_map(|one| {
        let reasons = [Example::Resolved, Example::Recovered, Example::Better];
        reasons.map(|reason| format!("{} ({})", one.name, reason.clause()))
    });
    asked.fold(words, |words, asked| words.replace(&asked, ""))
}

#[test]
fn no_message_tells_of_another_authority_except_by_name_whom_to_ask() {
    let (region, mails) = eventful();
    let settings = region.settings();
    let mut examined = BTreeSet::new();
    for mail in &mails {
        let Some((_, own)) = recipient_of(mail, &settings.recipients) else { continue };
        let ours = settings.authorities.iter().find(|one| one.code.as_str() == own).unwrap();
        let without_ours = without_advice(&mail.everything, &settings.authorities)
            .replace(&ours.name, "")
            .replace("Dorset", if own == "E10000009" { "" } else { "Dorset" });
        let numbers = large_numbers(&mail.everything);
        let mine = own_numbers(own);
        for other in settings.authorities.iter().filter(|one| one.code.as_str() != own) {
            assert!(!without_ours.contains(other.code.as_str()), "{}: {}", mail.key, other.code);
            let same_name = other.name == ours.name;
            assert!(same_name || !without_ours.contains(&other.name), "{}: {}", mail.key, other.name);
            if !AUTHORITIES.contains(&other.code.as_str()) {
                continue;
            }
            let theirs = own_numbers(other.code.as_str());
            let told: Vec<&u32> = theirs.intersection(&numbers).filter(|n| !mine.contains(n)).collect();
            assert!(told.is_empty(), "{} tells {told:?} of {}", mail.key, other.name);
        }
        examined.insert(mail.key.as_str());
    }
    assert!(examined.len() >= EXAMINED_MIN, "only {} messages", examined.len());
    for kind in ["receipt", "chaser", "digest.performance-lead", "digest.director", "reminder"] {
        assert!(examined.iter().any(|key| key.starts_with(kind)), "no {kind} was examined");
    }
    proves_that_it_would_have_seen(&mails, &settings.recipients);
}

/// Own figures are seen in the same parts, so the search is not blind.
fn proves_that_it_would_have_seen(mails: &[Mail], recipients: &[Recipient]) {
    let own =
        |mail: &&Mail| recipient_of(mail, recipients).is_some_and(|(_, code)| code == MISSES_ITS_TARGET);
    let seen = mails.iter().filter(own).any(|mail| {
        mail.key.starts_with("digest.performance-lead")
            && !large_numbers(&mail.everything).is_disjoint(&own_numbers(MISSES_ITS_TARGET))
    });
    assert!(seen, "a digest shows its reader's own figures");
}
