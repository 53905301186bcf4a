//! Who is written to about an authority: about one that is new, nobody may be yet; about one that has ended,
//! its people, for as long as it is about its own quarters.

use chrono::{Days, NaiveDate};

use crate::config::settings::{Collection, Reporters, Settings};
use crate::domain::authority::Authority;
use crate::domain::quarter::Quarter;
use crate::domain::scope::{Recipient, Role, Scope};

/// So long before an authority begins it is asked who will be written to.
const DAYS_AHEAD: Days = Days::new(92);

/// The authorities about whose returns nobody is written to, each in a sentence without its end.
///
/// Those that exist, those that soon will, and those that have ended while their last returns are asked for.
#[must_use]
pub fn gaps(settings: &Settings, today: NaiveDate) -> Vec<String> {
    let soon = today.checked_add_days(DAYS_AHEAD).unwrap_or(today);
    let is_asked =
        |of: &Collection, on| of.reporters == Reporters::Members && of.first_quarter.first_day() <= on;
    let mut gaps = Vec::new();
    for one in settings.authorities.iter().filter(|one| !is_written_to(settings, one)) {
        let name = format!("{} {}", one.code, one.name);
        let nobody = "nobody is written to about its returns";
        let exists_then = one.from.filter(|from| today < *from && *from <= soon);
        let on = exists_then.unwrap_or(today);
        if (exists_then.is_some() || one.existed_on(today))
            && settings.collections.iter().any(|it| is_asked(it, on))
        {
            gaps.push(match one.from {
                Some(from) if from > today => format!("{name} exists from {} on, and {nobody}", day(from)),
                Some(from) => format!("{name} exists since {}, and {nobody}", day(from)),
                None => format!("{name}: {nobody}"),
            });
        } else if let Some(until) = one.until.filter(|_| is_asked_for_its_last(settings, one, today)) {
            gaps.push(format!(
                "{name} ended on {}, its last returns are asked for, and nobody is written to about them",
                day(until)
            ));
        }
    }
    gaps
}

/// Whether anybody gets its receipts or chasers.
fn is_written_to(settings: &Settings, authority: &Authority) -> bool {
    let is_told = |role| role == Role::PerformanceLead || settings.chasing.to.contains(&role);
    settings.recipients.iter().any(|one| one.owns(&authority.code) && is_told(one.role))
}

/// Whether the newest quarter of a collection is one of an authority that has ended.
fn is_asked_for_its_last(settings: &Settings, authority: &Authority, today: NaiveDate) -> bool {
    let members = settings.collections.iter().filter(|one| one.reporters == Reporters::Members);
    let mut newest = members.filter_map(|one| one.ended_quarters(today).last().copied());
    authority.until.is_some_and(|until| until < today)
        && newest.any(|quarter| authority.existed_on(quarter.last_day()))
}

/// The recipients all of whose authorities have ended, each in a sentence without its end.
#[must_use]
pub fn ended(settings: &Settings, today: NaiveDate) -> Vec<String> {
    let mut found = Vec::new();
    for one in &settings.recipients {
        let own = owned(settings, one);
        let ends: Vec<NaiveDate> =
            own.iter().filter_map(|it| it.until).filter(|until| *until < today).collect();
        let (Some(last), false) = (ends.iter().max(), ends.len() < own.len()) else { continue };
        let names: Vec<String> = own.iter().map(|it| format!("{} {}", it.code, it.name)).collect();
        let successors = own.iter().flat_map(|it| &it.successors).map(|it| it.to.to_string());
        let mut to: Vec<String> = successors.collect();
        to.sort();
        to.dedup();
        let next =
            if to.is_empty() { String::new() } else { format!("; it went on as {}", to.join(" and ")) };
        found.push(format!(
            "`{}`: {} ended on {}{next}: they get what is about its own quarters, and no digests of later \
             ones",
            one.id,
            names.join(" and "),
            day(*last)
        ));
    }
    found
}

fn owned<'a>(settings: &'a Settings, recipient: &Recipient) -> Vec<&'a Authority> {
    settings.authorities.iter().filter(|one| recipient.owns(&one.code)).collect()
}

/// Whether a digest about `quarter` is anything to somebody: one of their authorities exists, or did then.
#[must_use]
pub fn is_of(settings: &Settings, recipient: &Recipient, quarter: Quarter, today: NaiveDate) -> bool {
    let exists = |one: &&Authority| one.existed_on(today) || one.existed_on(quarter.last_day());
    match &recipient.scope {
        Scope::Region => true,
        Scope::Authorities(codes) => codes.is_empty() || owned(settings, recipient).iter().any(exists),
    }
}

fn day(on: NaiveDate) -> String {
    on.format("%-d %B %Y").to_string()
}
