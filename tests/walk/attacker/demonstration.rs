//! The attacker against the whole demonstration, for every reader: all that one of them was sent, together.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};

use quarterdeck::config::settings::Settings;
use quarterdeck::domain::indicator::Unit;
use quarterdeck::domain::scope::{Figures, Recipient};

use super::super::letters::Mail;
use super::super::region::PROGRAM;
use super::evidence::{self, Evidence, Name};
use super::{keys, mails_to};

/// The folder of a demonstration that was run before, or a new one.
fn demonstration(folder: &Path) -> PathBuf {
    if let Some(ready) = env::var_os("QUARTERDECK_DEMO") {
        return ready.into();
    }
    let into = folder.join("demo");
    assert_cmd::Command::new(PROGRAM).arg("demo").arg(&into).assert().success();
    into
}

/// The small numbers, as their own were told them, and which counts of one name are several.
struct Known<'a> {
    apart: &'a BTreeSet<String>,
    small: BTreeSet<(Name, i128)>,
}

#[test]
#[ignore = "takes minutes: QUARTERDECK_DEMO names the folder of a demonstration that was run before"]
fn nothing_withheld_can_be_worked_out_from_the_demonstration() {
    let folder = tempfile::tempdir().unwrap();
    let into = demonstration(folder.path());
    let settings = quarterdeck::config::load(&into.join("config")).unwrap();
    let mut mails = Mail::all_in(&into.join("mail"));
    // In the order in which they were sent, since figures are revised.
    mails.sort_by_key(|mail| mail.key.split('.').find(|part| part.len() == 10).map(str::to_owned));
    let apart = Evidence::apart_in(&settings, &mails.iter().collect::<Vec<_>>());
    let known = Known { apart: &apart, small: told_to_their_own(&settings, &mails, &apart) };
    let mut told = Vec::new();
    let mut examined = 0;
    for reader in settings.recipients.iter().filter(|one| one.figures == Figures::Suppressed) {
        let theirs = mails_to(&mails, reader);
        let groups = agreeing(&settings, reader, &theirs, &known);
        for group in &groups {
            let (evidence, small) = attack(&settings, reader, group, &known);
            let found = evidence.found(&small);
            println!(
                "{}: {} messages, {} figures withheld, {} sums, {} small numbers of others, {} found",
                reader.id,
                group.len(),
                evidence.withheld.len(),
                evidence.sums,
                small.len(),
                found.len()
            );
            examined += usize::from(!small.is_empty() && evidence.sums > 0);
            told.extend(found.into_iter().map(|found| (keys(group).join(" "), found)));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
    assert!(examined > 0, "nothing was withheld from anybody beside a sum");
}

/// Everything that these messages say, by somebody who knows which numbers are small.
fn attack<'a>(
    settings: &'a Settings,
    reader: &Recipient,
    mails: &[&Mail],
    known: &Known<'_>,
) -> (Evidence<'a>, BTreeMap<Name, i128>) {
    let mut evidence = Evidence::with(settings, mails, known.apart);
    let small = small_of_others(settings, reader, known, &evidence);
    evidence.knows_the_rule(&small, 5);
    (evidence, small)
}

/// The messages in order, as many together as do not contradict each other.
///
/// A withheld number that was revised in between is another one; what follows is put together anew, from the
/// message before on.
fn agreeing<'m>(
    settings: &Settings,
    reader: &Recipient,
    mails: &[&'m Mail],
    known: &Known<'_>,
) -> Vec<Vec<&'m Mail>> {
    let mut groups: Vec<Vec<&Mail>> = Vec::new();
    let solvable = |group: &[&Mail]| attack(settings, reader, group, known).0.system.solved().is_some();
    for mail in mails.iter().filter(|mail| !evidence::figures(mail).is_empty()) {
        let alone = vec![*mail];
        assert!(solvable(&alone), "{} contradicts itself", mail.key);
        let Some(group) = groups.last_mut() else {
            groups.push(alone);
            continue;
        };
        let before = group.last().copied();
        group.push(mail);
        if !solvable(group) {
            group.pop();
            let pair: Vec<&Mail> = before.into_iter().chain([*mail]).collect();
            groups.push(if solvable(&pair) { pair } else { alone });
        }
    }
    groups
}

/// The small counts that the mails to an authority's own people hold: authority, count and quarter.
fn told_to_their_own(
    settings: &Settings,
    mails: &[Mail],
    apart: &BTreeSet<String>,
) -> BTreeSet<(Name, i128)> {
    let mut all = BTreeSet::new();
    let evidence = Evidence::with(settings, &[], apart);
    for reader in &settings.recipients {
        for row in mails_to(mails, reader).into_iter().flat_map(evidence::figures) {
            let sender = settings.authorities.iter().find(|one| one.code.as_str() == row["authority"]);
            let [indicator, quarter] = ["indicator", "quarter"].map(|name| row[name].clone());
            let of = settings.indicators.iter().find(|one| one.id.as_str() == indicator).unwrap();
            if of.unit == Unit::Count || !sender.is_some_and(|one| reader.owns(&one.code)) {
                continue;
            }
            let (above, below) = evidence.counts(&indicator);
            let [part, whole] = ["numerator", "denominator"].map(|name| row[name].parse::<i128>().ok());
            let rest = below.is_some().then(|| format!("the rest of {indicator}"));
            let rest = rest.zip(whole.zip(part).map(|(whole, part)| whole - part));
            for (count, number) in [Some(above).zip(part), below.zip(whole), rest].into_iter().flatten() {
                all.insert(((row["authority"].clone(), count, quarter.clone()), number));
            }
        }
    }
    // Of a figure that was revised nobody knows which number a message had.
    let mut versions: BTreeMap<Name, usize> = BTreeMap::new();
    for (name, _) in &all {
        *versions.entry(name.clone()).or_default() += 1;
    }
    all.retain(|(name, number)| versions[name] == 1 && (1..=5).contains(number));
    all
}

/// Those that this reader must not learn, and of which something was sent.
fn small_of_others(
    settings: &Settings,
    reader: &Recipient,
    known: &Known<'_>,
    evidence: &Evidence<'_>,
) -> BTreeMap<Name, i128> {
    let is_own = |code: &str| {
        settings.authorities.iter().any(|one| one.code.as_str() == code && reader.owns(&one.code))
    };
    let others = known.small.iter().filter(|((code, _, _), _)| !is_own(code));
    others.filter(|(name, _)| evidence.speaks_of(name)).cloned().collect()
}
