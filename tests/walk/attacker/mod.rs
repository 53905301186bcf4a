//! An attacker as a program: given everything that one reader was sent, it solves for what was withheld.

mod demonstration;
mod evidence;
mod made;
mod solver;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Evidence, Name};
use made::{OF_TWO, QUARTERS, SENDERS, TINY};
use quarterdeck::config::settings::Settings;
use quarterdeck::domain::scope::{Figures, Recipient};

use super::letters::Mail;

fn recipient<'a>(settings: &'a Settings, id: &str) -> &'a Recipient {
    settings.recipients.iter().find(|one| one.id == id).unwrap()
}

fn mails_to<'a>(mails: &'a [Mail], recipient: &Recipient) -> Vec<&'a Mail> {
    let end = format!(".{}", recipient.id);
    mails.iter().filter(|mail| mail.key.ends_with(&end)).collect()
}

/// Every small number that a reader must not learn, by what it counts.
fn small_of_others(settings: &Settings, reader: &Recipient) -> BTreeMap<Name, i128> {
    let evidence = Evidence::of(settings, &[]);
    let mut small = BTreeMap::new();
    let others = SENDERS.iter().map(|(code, _)| *code).filter(|code| {
        !settings.authorities.iter().any(|one| one.code.as_str() == *code && reader.owns(&one.code))
    });
    for (code, quarter) in others.flat_map(|code| QUARTERS.map(|quarter| (code, quarter))) {
        for (indicator, part, whole) in made::rows(code, quarter) {
            let (above, below) = evidence.counts(indicator);
            let rest = below.is_some().then(|| (format!("the rest of {indicator}"), whole - part));
            let counts = [Some((above, part)), below.map(|below| (below, whole)), rest];
            for (count, number) in counts.into_iter().flatten().filter(|(_, number)| (1..=5).contains(number))
            {
                small.insert((code.to_owned(), count, quarter.to_owned()), i128::from(number));
            }
        }
    }
    small
}

/// What the attacker makes of the mails of one reader: of each alone, and of all together.
fn attacked(settings: &Settings, mails: &[&Mail], small: &BTreeMap<Name, i128>) -> Vec<String> {
    let mut told = Vec::new();
    let alone = mails.iter().map(std::slice::from_ref);
    for some in alone.chain([mails]) {
        let mut evidence = Evidence::of(settings, some);
        evidence.knows_the_rule(small, 5);
        assert!(evidence.system.solved().is_some(), "what {:?} say contradicts itself", keys(some));
        told.extend(
            evidence.found(small).into_iter().map(|found| format!("{found:?} from {:?}", keys(some))),
        );
    }
    told
}

fn keys<'a>(mails: &[&'a Mail]) -> Vec<&'a str> {
    mails.iter().map(|mail| mail.key.as_str()).collect()
}

#[test]
fn nobody_can_work_out_a_number_that_was_withheld_from_them() {
    let (settings, mails) = made::sent();
    let mut examined = 0;
    for reader in settings.recipients.iter().filter(|one| one.figures == Figures::Suppressed) {
        let theirs = mails_to(mails, reader);
        let small = small_of_others(settings, reader);
        assert!(small.len() >= 8, "{} has little to look for", reader.id);
        let told = attacked(settings, &theirs, &small);
        assert!(told.is_empty(), "{} learns {told:#?}", reader.id);
        examined += usize::from(theirs.iter().any(|mail| mail.key.starts_with("digest.")));
    }
    assert!(examined >= 7, "only {examined} readers were sent a digest");
    let lead = recipient(settings, "regional-lead");
    let evidence = Evidence::of(settings, &mails_to(mails, lead));
    assert!(evidence.sums > 20, "{} sums were read", evidence.sums);
    let whose: BTreeSet<&str> = evidence.withheld.iter().map(|(code, _, _)| code.as_str()).collect();
    assert!(whose.contains(TINY) && whose.len() > 1, "withheld from the lead: {:?}", evidence.withheld);
    assert!(!mails_to(mails, recipient(settings, OF_TWO)).is_empty());
}

/// Each number that protects a small one, told after all where it is a denominator.
#[test]
fn a_planted_leak_is_found() {
    let (settings, mails) = made::sent();
    let lead = recipient(settings, "regional-lead");
    let small = small_of_others(settings, lead);
    let theirs = mails_to(mails, lead);
    let mut evidence = Evidence::of(settings, &theirs);
    evidence.knows_the_rule(&small, 5);
    let mut planted = 0;
    for (code, indicator, quarter) in
        evidence.withheld.clone().into_iter().filter(|(code, _, _)| code != TINY)
    {
        let row = made::rows(&code, &quarter).into_iter().find(|(of, _, _)| *of == indicator);
        let (_, part, whole) = row.unwrap();
        let (above, below) = evidence.counts(&indicator);
        for (count, number) in [(Some(above), part), (below, whole)] {
            let Some(count) = count.filter(|_| number > 5) else { continue };
            let unknown = evidence.unknown(&code, &count, &quarter);
            evidence.system.equation(&[(unknown, 1)], i128::from(number));
            planted += 1;
        }
    }
    let found = evidence.found(&small);
    assert!(planted > 0 && !found.is_empty(), "{planted} planted, and nothing was found");
    for (name, (low, high)) in found {
        assert!((low..=high.unwrap()).contains(&small[&name]), "{name:?} is {}", small[&name]);
    }
}
