//! Deadlines: one day, parties that exist on it, a ladder.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::config::checked::{Desk, Known, ladder};
use crate::config::problem::{Text, did_you_mean};
use crate::config::shape::Read;
use crate::config::written::deadlines::{
    DeadlineToml, DeadlinesToml, KindWord, LadderToml, PairToml, PartiesWord,
};
use crate::config::written::typed::At;
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::calendar::Calendar;
use crate::domain::deadline::{Deadline, DeadlineKind, Party, Progress};

/// The sound deadlines.
pub fn check(
    read: &Read<DeadlinesToml>,
    known: &Known<'_>,
    calendar: &Calendar,
    desk: &mut Desk,
) -> Vec<Deadline> {
    let Some(file) = &read.value else { return Vec::new() };
    desk.duplicates(&read.text, "deadline", file.deadline.iter().map(|typed| &typed.id));
    let Some(common) = &file.reminders else { return Vec::new() };
    ladder::check(&read.text, "reminders", common, desk);
    let known_until = calendar.known_until();
    let mut sound = Vec::new();
    for typed in &file.deadline {
        let at = format!("deadline `{}`", typed.id.value);
        let Some((on, place)) = day(&read.text, typed, &at, desk) else { continue };
        if let Some(until) = known_until.filter(|until| *until < on) {
            let sentence =
                format!("{at}: bank holidays are known until {until} only; refresh bank-holidays.json");
            desk.warning(&read.text, &place, sentence);
        }
        sound.push(one(&read.text, typed, on, known, common, desk));
    }
    sound
}

fn one(
    text: &Text,
    typed: &DeadlineToml,
    on: NaiveDate,
    known: &Known<'_>,
    common: &LadderToml,
    desk: &mut Desk,
) -> Deadline {
    let at = format!("deadline `{}`", typed.id.value);
    desk.short_name(text, "deadline", &typed.id);
    let parties = parties(text, typed, on, known, &at, desk);
    let progress = progress(text, typed, &parties, &at, desk);
    let mut reminders = ladder::deadline(text, &at, typed.reminders.as_ref(), common, desk);
    if typed.kind == KindWord::Event {
        let own = typed.reminders.as_ref().and_then(|own| own.after.as_ref());
        if let Some(after) = own.filter(|after| !after.is_empty()) {
            desk.problem(text, &after.span, format!("{at}: an event is over afterwards; remove `after`"));
        }
        reminders.after.clear();
        reminders.escalate = None;
    }
    Deadline {
        id: typed.id.value.clone(),
        title: typed.title.clone(),
        asks: typed.asks.clone(),
        kind: match typed.kind {
            KindWord::Event => DeadlineKind::Event,
            KindWord::Due => DeadlineKind::Due,
        },
        on,
        wording: typed.wording.clone(),
        parties,
        needed: typed.needed,
        progress,
        reminders,
        sequence: typed.sequence,
        cancelled: typed.cancelled,
    }
}

/// The day, and where it stands: `on` for an event, `on_or_before` or `before` for something due.
fn day(
    text: &Text,
    typed: &DeadlineToml,
    at: &str,
    desk: &mut Desk,
) -> Option<(NaiveDate, std::ops::Range<usize>)> {
    match (typed.kind, &typed.on, &typed.on_or_before, &typed.before) {
        (KindWord::Event, Some(day), None, None) | (KindWord::Due, None, Some(day), None) => {
            Some((day.0, day.span.clone()))
        }
        (KindWord::Due, None, None, Some(day)) => Some((day.0.pred_opt()?, day.span.clone())),
        (KindWord::Event, ..) => {
            desk.problem(
                text,
                &typed.id.span,
                format!("{at}: an event takes place `on` one day; give that alone"),
            );
            None
        }
        (KindWord::Due, ..) => {
            let sentence = format!("{at}: give exactly one of `on_or_before` and `before`");
            desk.problem(text, &typed.id.span, sentence);
            None
        }
    }
}

fn parties(
    text: &Text,
    typed: &DeadlineToml,
    on: NaiveDate,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Vec<Party> {
    if typed.parties.value != PartiesWord::Pairs
        && let Some(pair) = typed.pair.first()
    {
        desk.problem(text, &pair.first.span, format!("{at}: pairs need `parties = \"pairs\"`"));
    }
    match typed.parties.value {
        PartiesWord::Region => vec![Party::Region],
        PartiesWord::Pairs => pairs(text, typed, on, known, at, desk),
        PartiesWord::Authorities => match &typed.authorities {
            None => {
                let there = known.authorities.iter().filter(|authority| authority.existed_on(on));
                there.map(|authority| Party::Authority(authority.code.clone())).collect()
            }
            Some(codes) => {
                desk.duplicates(text, &format!("{at}: authority"), codes);
                let codes = codes.iter().filter_map(|code| existing(text, code, on, known, at, desk));
                codes.map(Party::Authority).collect()
            }
        },
    }
}

fn pairs(
    text: &Text,
    typed: &DeadlineToml,
    on: NaiveDate,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Vec<Party> {
    if typed.pair.is_empty() {
        desk.problem(text, &typed.parties.span, format!("{at}: no `[[deadline.pair]]`; name the pairs"));
    }
    let mut seen = BTreeSet::new();
    let mut parties = Vec::new();
    for PairToml { first, second } in &typed.pair {
        let one = existing(text, first, on, known, at, desk);
        let other = existing(text, second, on, known, at, desk);
        let Some((one, other)) = one.zip(other) else { continue };
        if one == other {
            desk.problem(text, &second.span, format!("{at}: `{one}` cannot be paired with itself"));
            continue;
        }
        let mut both = [one.clone(), other.clone()];
        both.sort();
        if !seen.insert(both) {
            desk.problem(text, &first.span, format!("{at}: the pair `{one}` and `{other}` is there twice"));
            continue;
        }
        parties.push(Party::Pair(one, other));
    }
    parties
}

/// A known authority that exists on the day.
fn existing(
    text: &Text,
    typed: &At<String>,
    on: NaiveDate,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Option<AuthorityCode> {
    let code = desk.authority(text, at, typed, &known.codes)?;
    let gone = |authority: &&Authority| authority.code == code && !authority.existed_on(on);
    if let Some(authority) = known.authorities.iter().find(gone) {
        let sentence = format!("{at}: `{code}` ({}) does not exist on {on}", authority.name);
        desk.problem(text, &typed.span, sentence);
        return None;
    }
    Some(code)
}

fn progress(
    text: &Text,
    typed: &DeadlineToml,
    parties: &[Party],
    at: &str,
    desk: &mut Desk,
) -> Vec<Progress> {
    let ids: Vec<String> = parties.iter().map(Party::id).collect();
    let mut progress = Vec::new();
    for done in &typed.done {
        let named = parties.iter().zip(&ids).find(|(_, id)| **id == done.party.value);
        match named {
            Some((party, _)) => {
                progress.push(Progress {
                    party: party.clone(),
                    supplied: done.supplied,
                    on: done.on.0,
                    by: None,
                });
            }
            None if parties.is_empty() => {}
            None => {
                let hint = did_you_mean(&done.party, ids.iter().map(String::as_str));
                let sentence = format!("{at}: `{}` is not a party of this deadline{hint}", done.party.value);
                desk.problem(text, &done.party.span, sentence);
            }
        }
    }
    progress
}
