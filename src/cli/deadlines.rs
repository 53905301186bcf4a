//! `deadlines`: what is due, who is outstanding, the next reminders; and that a party is done.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::cli::arguments::{DeadlineDeed, DeadlinesArguments, DoneArguments, Format, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows, UsageError};
use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::deadline::{Deadline, DeadlineKind, Party};
use crate::domain::support::Support;
use crate::pipeline::{facts, opening};
use crate::store::journal::{Happened, Journal, Line};
use crate::store::{decided, deeds};

/// Prints every deadline with its parties and its next reminder, and every review of support that was agreed;
/// or records what a party did.
///
/// # Errors
/// When the configuration is wrong, the journal cannot be read, or there is no such deadline or party.
pub fn deadlines(with: &With, arguments: &DeadlinesArguments) -> Result<Ending> {
    // Recording needs the configuration that is there; looking, the last good one.
    let settings = if arguments.deed.is_some() { print::settings(with)? } else { in_force::settings(with)? };
    let today = print::day(&settings, print::now(with));
    match &arguments.deed {
        Some(DeadlineDeed::Done(it)) => done(with, &settings, it, today),
        None => {
            let lines = Journal::read(&settings.state)?;
            list(&settings, &lines, (today, arguments.print.format)).print(arguments.print.format)?;
            for words in disagreements(&settings, &lines, today) {
                print::complain(format_args!("{words}"));
            }
            Ok(Ending::Done)
        }
    }
}

fn list(settings: &Settings, lines: &[Line], (today, format): (NaiveDate, Format)) -> Rows {
    let mut rows = Rows::of(&[
        "deadline",
        "what",
        "on",
        "last working day",
        "working days left",
        "done",
        "outstanding",
        "next reminder",
    ]);
    let deadlines = deeds::deadlines(&settings.deadlines, lines);
    let of_deadlines = deadlines.iter().map(|one| (one.on, row(settings, one, (today, format))));
    let supports = decided::supports(lines);
    let reviews = supports.iter().filter_map(|one| {
        let on = one.next_review()?;
        Some((on, review(settings, one, on, (today, format))))
    });
    let mut sorted: Vec<(NaiveDate, Vec<Value>)> = of_deadlines.chain(reviews).collect();
    sorted.sort_by_key(|(on, row)| (*on, row.first().map(print::text)));
    rows.rows = sorted.into_iter().map(|(_, row)| row).collect();
    rows
}

fn row(settings: &Settings, deadline: &Deadline, (today, format): (NaiveDate, Format)) -> Vec<Value> {
    let outstanding = deadline.outstanding(today);
    let last = deadline.last_working_day(&settings.calendar);
    let next = deadline.steps(&settings.calendar).into_iter().map(|(_, on)| on).find(|on| *on > today);
    let next = next.filter(|_| !deadline.cancelled && !outstanding.is_empty());
    let names: Vec<String> = outstanding
        .iter()
        .map(|party| match (format, deadline.supplied(party, today)) {
            (Format::Json | Format::Csv, _) | (_, 0) => name(settings, party),
            (Format::Table, some) => format!("{} ({some} of {})", name(settings, party), deadline.needed),
        })
        .collect();
    let left = settings.calendar.between(today, last);
    let is_over = deadline.kind == DeadlineKind::Event && deadline.on < today;
    let left = match format {
        Format::Table if deadline.cancelled || outstanding.is_empty() => json!(""),
        Format::Table if is_over => json!("it is over"),
        Format::Table => json!(in_words(left)),
        Format::Json | Format::Csv => json!(left),
    };
    vec![
        json!(deadline.id),
        json!(deadline.title),
        json!(short(deadline.on)),
        json!(short(last)),
        left,
        json!(format!("{} of {}", deadline.parties.len() - outstanding.len(), deadline.parties.len())),
        json!(match outstanding.len() {
            _ if deadline.cancelled => "cancelled".to_owned(),
            all if format == Format::Table && is_everybody(deadline, all, today) => format!("all {all}"),
            _ => names.join("; "),
        }),
        json!(next.map(short)),
    ]
}

/// Whether so many are all of more than two parties, of which none has supplied anything.
fn is_everybody(deadline: &Deadline, outstanding: usize, today: NaiveDate) -> bool {
    let supplied = deadline.parties.iter().any(|party| deadline.supplied(party, today) > 0);
    outstanding > 2 && outstanding == deadline.parties.len() && !supplied
}

/// A review of support is the region's to do, whoever the support is for.
fn review(
    settings: &Settings,
    support: &Support,
    on: NaiveDate,
    (today, format): (NaiveDate, Format),
) -> Vec<Value> {
    let of = support.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    let of = of.map_or("its return", |of| of.name.as_str());
    let whose = facts::named(settings, &support.key.authority).name;
    let last = settings.calendar.on_or_before(on);
    let left = settings.calendar.between(today, last);
    vec![
        json!(support.id),
        json!(format!("Review of support for {whose}, {of}: {}", support.what)),
        json!(short(on)),
        json!(short(last)),
        if format == Format::Table { json!(in_words(left)) } else { json!(left) },
        json!("0 of 1"),
        json!(settings.region.name),
        Value::Null,
    ]
}

fn short(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

fn in_words(left: i32) -> String {
    match left {
        -1 => "overdue by 1 working day".to_owned(),
        ..0 => format!("overdue by {} working days", left.unsigned_abs()),
        0 => "today".to_owned(),
        left => left.to_string(),
    }
}

/// The names of a party.
#[must_use]
pub fn name(settings: &Settings, party: &Party) -> String {
    let names: Vec<String> =
        party.authorities().into_iter().map(|code| facts::named(settings, code).name).collect();
    if names.is_empty() { settings.region.name.clone() } else { names.join(" with ") }
}

/// The names of a party of which the journal has the id.
#[must_use]
pub fn party_names(settings: &Settings, id: &str) -> String {
    let name = |part: &str| match AuthorityCode::parse(part) {
        Ok(code) => facts::named(settings, &code).name,
        Err(_) => settings.region.name.clone(),
    };
    id.split('+').map(name).collect::<Vec<_>>().join(" with ")
}

/// The party of a deadline that a text names: by code or name; of a pair both, or one that is in no other.
///
/// # Errors
/// When it names none of them, or more than one.
pub fn party(settings: &Settings, deadline: &Deadline, text: &str) -> Result<Party> {
    let region = &settings.region;
    let meant: Vec<&Party> = if text == "region" || text.eq_ignore_ascii_case(&region.name) {
        deadline.parties.iter().filter(|party| **party == Party::Region).collect()
    } else {
        let codes: Vec<&AuthorityCode> = text
            .split('+')
            .map(|part| Ok(&print::authority(settings, part.trim())?.code))
            .collect::<Result<_>>()?;
        let has = |party: &&Party| codes.iter().all(|code| party.authorities().contains(code));
        deadline.parties.iter().filter(has).collect()
    };
    let listed = |parties: &[&Party]| {
        let each = parties.iter().map(|party| format!("{} ({})", party.id(), name(settings, party)));
        each.collect::<Vec<_>>().join(", ")
    };
    match meant.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let all = listed(&deadline.parties.iter().collect::<Vec<_>>());
            let words = format!("`{text}` is not a party of `{}`; its parties are {all}", deadline.id);
            Err(UsageError(words).into())
        }
        several => {
            let words = format!("`{text}` is in more than one party of `{}`", deadline.id);
            Err(UsageError(format!("{words}; give one of {}", listed(several))).into())
        }
    }
}

/// Journals that a party is done, or how many it has supplied so far.
fn done(with: &With, settings: &Settings, arguments: &DoneArguments, today: NaiveDate) -> Result<Ending> {
    let _lock = opening::lock(&settings.state)?;
    let mut journal = Journal::open(&settings.state)?;
    let known = deeds::deadlines(&settings.deadlines, journal.lines());
    let deadline = known.iter().find(|one| one.id == arguments.id).with_context(|| {
        let ids: Vec<String> = known.iter().map(|one| format!("`{}`", one.id)).collect();
        let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        UsageError(format!("there is no deadline `{}`; deadlines.toml has {ids}", arguments.id))
    })?;
    let party = party(settings, deadline, &arguments.party)?;
    let supplied = arguments.supplied.unwrap_or(deadline.needed);
    if let Some(why) = refusal(settings, deadline, &party, (supplied, today)) {
        return Err(UsageError(why).into());
    }
    let detail = json!({
        "party": party.id(),
        "supplied": supplied,
        "on": today,
        "by": arguments.by,
    });
    journal.append(print::now(with), Happened::Done, &deadline.id, detail)?;
    for words in stands(settings, journal.lines(), (&deadline.id, &party.id()), today) {
        print::say(format_args!("{words}"))?;
    }
    Ok(Ending::Done)
}

/// Why nothing more is to be recorded of a party.
fn refusal(
    settings: &Settings,
    deadline: &Deadline,
    party: &Party,
    (supplied, today): (u32, NaiveDate),
) -> Option<String> {
    let (who, id, needed) = (name(settings, party), &deadline.id, deadline.needed);
    if deadline.cancelled {
        return Some(format!("`{id}` is called off: deadlines.toml says `cancelled = true`"));
    }
    let so_far = deadline.supplied(party, today);
    let by = || match deadline.recorded(party, today) {
        Some(it) if it.supplied == so_far => {
            let (by, on, party) = (it.by.as_deref().unwrap_or_default(), short(it.on), party.id());
            format!(
                "recorded by {by} on {on}; \
                 `quarterdeck undo {id} --party {party} --by NAME --reason WORDS` takes it back"
            )
        }
        _ => "by `[[deadline.done]]` in deadlines.toml; correct it there".to_owned(),
    };
    if so_far >= needed {
        return Some(format!("{who} is done with `{id}` already: {so_far} of {needed}, {}", by()));
    }
    if supplied > needed {
        return Some(format!("`{id}` needs {needed}; `--supplied` is how many of them are there so far"));
    }
    (supplied <= so_far).then(|| {
        format!(
            "{who} has supplied {so_far} of {needed} for `{id}` already, {}; `--supplied` is how many in all",
            by()
        )
    })
}

/// Where a party stands with a deadline, in sentences; what the file and a command say differently, too.
#[must_use]
pub fn stands(
    settings: &Settings,
    lines: &[Line],
    (id, party): (&str, &str),
    today: NaiveDate,
) -> Vec<String> {
    let known = deeds::deadlines(&settings.deadlines, lines);
    let Some(deadline) = known.iter().find(|one| one.id == id) else { return Vec::new() };
    let Some(party) = deadline.parties.iter().find(|one| deeds::is_same(&one.id(), party)) else {
        return Vec::new();
    };
    let (supplied, needed) = (deadline.supplied(party, today), deadline.needed);
    let left = deadline.outstanding(today).len();
    let stands = if supplied >= needed {
        "done; no reminder goes to them any more".to_owned()
    } else {
        format!("{supplied} of {needed} so far; reminders go on")
    };
    let total = deadline.parties.len();
    let stands = format!("`{id}`, {}: {stands}; {left} of {total} outstanding", name(settings, party));
    [Some(stands), disagreement(settings, deadline, party, today)].into_iter().flatten().collect()
}

/// What deadlines.toml and the commands say differently, and what is recorded of nothing that there is.
fn disagreements(settings: &Settings, lines: &[Line], today: NaiveDate) -> Vec<String> {
    let known = deeds::deadlines(&settings.deadlines, lines);
    let of_each = known.iter().flat_map(|deadline| {
        let parties = deadline.parties.iter();
        parties.filter_map(move |party| disagreement(settings, deadline, party, today))
    });
    let strays = deeds::strays(&settings.deadlines, lines);
    let strays = strays.iter().map(|it| {
        let names = party_names(settings, &it.party);
        format!(
            "recorded by {} on {}, but no longer in deadlines.toml: `{}` of {names} ({})",
            it.by,
            short(it.on),
            it.deadline,
            it.party
        )
    });
    of_each.chain(strays).collect()
}

fn disagreement(settings: &Settings, deadline: &Deadline, party: &Party, today: NaiveDate) -> Option<String> {
    let written = deadline.written(party, today);
    let recorded = deadline.recorded(party, today).filter(|it| written > 0 && it.supplied != written)?;
    Some(format!(
        "`{}`, {}: deadlines.toml says {written} of {}, {} recorded {} on {}; the larger counts",
        deadline.id,
        name(settings, party),
        deadline.needed,
        recorded.by.as_deref().unwrap_or_default(),
        recorded.supplied,
        short(recorded.on)
    ))
}
