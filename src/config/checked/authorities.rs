//! The authorities: codes, dates, successors, neighbours.

use crate::config::checked::Desk;
use crate::config::shape::{Names, Read};
use crate::config::written::authorities::{AuthoritiesToml, AuthorityToml, ShareWord};
use crate::config::written::typed::At;
use crate::domain::authority::{Authority, NeighbourList, Share, Succession};

/// The sound authorities.
pub fn check(read: &Read<AuthoritiesToml>, desk: &mut Desk) -> Vec<Authority> {
    let Some(file) = &read.value else { return Vec::new() };
    desk.duplicates(&read.text, "authority", file.authority.iter().map(|typed| &typed.code));
    let codes = read.names("authority");
    same_number(read, &file.authority, desk);
    file.authority.iter().filter_map(|typed| one(read, typed, &codes, desk)).collect()
}

fn one(
    read: &Read<AuthoritiesToml>,
    typed: &AuthorityToml,
    codes: &Names,
    desk: &mut Desk,
) -> Option<Authority> {
    let at = format!("authority `{}`", typed.code.value);
    dfe_number(read, &at, "dfe_number", &typed.dfe_number, desk);
    if let (Some(from), Some(until)) = (&typed.from, &typed.until)
        && from.0 > until.0
    {
        let sentence = format!("{at}: `until = {}` is before `from = {}`", until.0, from.0);
        desk.problem(&read.text, &until.span, sentence);
    }
    let code = desk.code(&read.text, &at, &typed.code);
    let successors = typed.successor.iter().filter_map(|next| {
        if next.code.value == typed.code.value {
            desk.problem(&read.text, &next.code.span, format!("{at}: an authority cannot succeed itself"));
        }
        let to = desk.authority(&read.text, &at, &next.code, codes)?;
        let share = match next.share {
            ShareWord::Whole => Share::Whole,
            ShareWord::Part => Share::Part,
        };
        Some(Succession { to, share })
    });
    let successors = successors.collect();
    desk.duplicates(&read.text, &format!("{at}: version"), typed.neighbours.iter().map(|list| &list.version));
    let neighbours = typed.neighbours.iter().map(|list| {
        for number in &list.dfe_numbers {
            dfe_number(read, &at, "dfe_numbers", number, desk);
            if number.value == typed.dfe_number.value {
                let sentence =
                    format!("{at}: `dfe_numbers`: `{}` is its own number; remove it", number.value);
                desk.problem(&read.text, &number.span, sentence);
            }
        }
        let numbers = list.dfe_numbers.iter().map(|number| number.value.clone());
        NeighbourList { version: list.version.value.clone(), dfe_numbers: numbers.collect() }
    });
    let neighbours = neighbours.collect();
    Some(Authority {
        code: code?,
        name: typed.name.clone(),
        aliases: typed.aliases.clone(),
        dfe_number: typed.dfe_number.value.clone(),
        from: typed.from.as_ref().map(|day| day.0),
        until: typed.until.as_ref().map(|day| day.0),
        successors,
        neighbours,
    })
}

fn dfe_number(read: &Read<AuthoritiesToml>, at: &str, key: &str, typed: &At<String>, desk: &mut Desk) {
    if typed.len() != 3 || !typed.bytes().all(|b| b.is_ascii_digit()) {
        let sentence = format!("{at}: `{key}`: `{}` is not a DfE number; write three digits", typed.value);
        desk.problem(&read.text, &typed.span, sentence);
    }
}

/// A DfE number may pass from one authority to its successor, but never belongs to two on one day.
fn same_number(read: &Read<AuthoritiesToml>, typed: &[AuthorityToml], desk: &mut Desk) {
    for (index, later) in typed.iter().enumerate() {
        let meets = |earlier: &&AuthorityToml| {
            let starts_after = |one: &AuthorityToml, other: &AuthorityToml| match (&one.from, &other.until) {
                (Some(from), Some(until)) => from.0 > until.0,
                _ => false,
            };
            earlier.code.value != later.code.value
                && earlier.dfe_number.value == later.dfe_number.value
                && !starts_after(later, earlier)
                && !starts_after(earlier, later)
        };
        if let Some(earlier) = typed.iter().take(index).find(meets) {
            let sentence = format!(
                "authority `{}`: DfE number `{}` belongs to `{}` at the same time",
                later.code.value, later.dfe_number.value, earlier.code.value
            );
            desk.problem(&read.text, &later.dfe_number.span, sentence);
        }
    }
}
