//! Digests and the schedule: patterns that fire, digests that somebody gets.

use std::path::Path;

use crate::config::checked::Desk;
use crate::config::problem::Text;
use crate::config::settings::{Backup, DigestPlan, DigestStyle, Schedule, WhenNothingChanged};
use crate::config::shape::Read;
use crate::config::written::quarterdeck::{
    CatchUpWord, DigestToml, NothingChangedWord, QuarterdeckToml, StyleWord,
};
use crate::config::written::recipients::RecipientsToml;
use crate::config::written::typed::At;
use crate::domain::cron::CronPattern;
use crate::domain::due::CatchUp;

/// The digests. One that nobody gets, or that can never be sent, is a problem.
pub fn check(
    main: &Read<QuarterdeckToml>,
    people: &Read<RecipientsToml>,
    desk: &mut Desk,
) -> Vec<DigestPlan> {
    let Some(typed) = &main.value else { return Vec::new() };
    desk.duplicates(&main.text, "digest", typed.digest.iter().map(|digest| &digest.name));
    typed.digest.iter().map(|digest| one(main, people, digest, desk)).collect()
}

fn one(
    main: &Read<QuarterdeckToml>,
    people: &Read<RecipientsToml>,
    typed: &DigestToml,
    desk: &mut Desk,
) -> DigestPlan {
    let at = format!("digest `{}`", typed.name.value);
    desk.short_name(&main.text, "digest", &typed.name);
    pattern(&main.text, &at, "cron", &typed.cron, desk);
    if let Some(people) = &people.value {
        let got = |name: &At<String>| name.value == typed.name.value;
        if !people.recipient.iter().any(|recipient| recipient.digests.iter().any(got)) {
            let sentence =
                format!("{at}: nobody gets it; name it in the `digests` of a recipient, or remove it");
            desk.problem(&main.text, &typed.name.span, sentence);
        }
    }
    DigestPlan {
        name: typed.name.value.clone(),
        title: typed.title.clone(),
        style: match typed.style {
            StyleWord::PerformanceLead => DigestStyle::PerformanceLead,
            StyleWord::Director => DigestStyle::Director,
            StyleWord::RegionalLead => DigestStyle::RegionalLead,
        },
        cron: typed.cron.value.clone(),
        when_nothing_changed: match typed.when_nothing_changed {
            NothingChangedWord::Quiet => WhenNothingChanged::Quiet,
            NothingChangedWord::Send => WhenNothingChanged::Send,
        },
    }
}

/// The schedule.
pub fn schedule(main: &Read<QuarterdeckToml>, desk: &mut Desk) -> Option<Schedule> {
    let typed = main.value.as_ref()?.schedule.as_ref()?;
    pattern(&main.text, "schedule", "collect", &typed.collect, desk);
    Some(Schedule {
        collect: typed.collect.value.clone(),
        remind_from_hour: typed.remind_from_hour,
        catch_up: match typed.catch_up {
            CatchUpWord::Skip => CatchUp::Skip,
            CatchUpWord::Latest => CatchUp::Latest,
            CatchUpWord::All => CatchUp::All,
        },
        hold_after_days: typed.hold_after_days,
    })
}

/// When copies of the state are made, and where they are.
pub fn backup(main: &Read<QuarterdeckToml>, folder: &Path, desk: &mut Desk) -> Option<Backup> {
    let typed = main.value.as_ref()?.backup.as_ref()?;
    pattern(&main.text, "backup", "cron", &typed.cron, desk);
    Some(Backup { cron: typed.cron.value.clone(), keep: typed.keep, folder: folder.join(&typed.folder) })
}

fn pattern(text: &Text, at: &str, key: &str, typed: &At<String>, desk: &mut Desk) {
    if let Err(why) = CronPattern::parse(typed) {
        desk.problem(text, &typed.span, format!("{at}: `{key} = \"{}\"`: {why}", typed.value));
    }
}
