//! The people we write to: addresses, scopes, themes, digests; nobody twice.

use std::collections::BTreeSet;

use crate::config::checked::{Desk, Known};
use crate::config::problem::and_more;
use crate::config::shape::{Names, Read};
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::config::written::recipients::{FiguresWord, RecipientToml, RecipientsToml};
use crate::config::written::typed::At;
use crate::domain::indicator::Indicator;
use crate::domain::scope::{EmailAddress, Figures, Recipient, Scope};

/// The sound recipients.
pub fn check(
    read: &Read<RecipientsToml>,
    main: &Read<QuarterdeckToml>,
    known: &Known<'_>,
    indicators: &[Indicator],
    desk: &mut Desk,
) -> Vec<Recipient> {
    let Some(file) = &read.value else { return Vec::new() };
    desk.duplicates(&read.text, "recipient", file.recipient.iter().map(|typed| &typed.id));
    twice(read, &file.recipient, desk);
    let themes = Names::of(indicators.iter().map(|indicator| indicator.theme.clone()).collect());
    let post = main.value.as_ref().and_then(|typed| typed.mail.as_ref());
    let domains = post.map(|post| post.allowed_domains.as_slice()).unwrap_or_default();
    strange_domains(read, &file.recipient, domains, desk);
    let mut sound = Vec::new();
    for typed in &file.recipient {
        let at = format!("recipient `{}`", typed.id.value);
        desk.short_name(&read.text, "recipient", &typed.id);
        if !indicators.is_empty() {
            for theme in &typed.themes {
                desk.reference(&read.text, &at, "theme", theme, &themes);
            }
        }
        for digest in &typed.digests {
            desk.reference(&read.text, &at, "digest", digest, &known.digests);
        }
        let address = address(read, typed, &at, desk);
        let scope = scope(read, typed, known, &at, desk);
        sound.extend(address.zip(scope).map(|(address, scope)| recipient(typed, address, scope)));
    }
    sound
}

fn recipient(typed: &RecipientToml, address: EmailAddress, scope: Scope) -> Recipient {
    let texts = |list: &[At<String>]| list.iter().map(|text| text.value.clone()).collect();
    Recipient {
        id: typed.id.value.clone(),
        name: typed.name.clone(),
        address,
        role: typed.role.into(),
        scope,
        themes: texts(&typed.themes),
        figures: match typed.figures {
            FiguresWord::Full => Figures::Full,
            FiguresWord::Suppressed => Figures::Suppressed,
            FiguresWord::None => Figures::None,
        },
        digests: texts(&typed.digests),
    }
}

fn address(
    read: &Read<RecipientsToml>,
    typed: &RecipientToml,
    at: &str,
    desk: &mut Desk,
) -> Option<EmailAddress> {
    EmailAddress::parse(&typed.address)
        .map_err(|error| desk.problem(&read.text, &typed.address.span, format!("{at}: {error}")))
        .ok()
}

/// Each domain that nobody may be written to at, once, where the first recipient has it.
fn strange_domains(
    read: &Read<RecipientsToml>,
    typed: &[RecipientToml],
    allowed: &[At<String>],
    desk: &mut Desk,
) {
    let within = |domain: &str| {
        allowed
            .iter()
            .map(|one| one.to_ascii_lowercase())
            .any(|one| domain == one || domain.strip_suffix(&one).is_some_and(|before| before.ends_with('.')))
    };
    let domains = typed.iter().filter_map(|one| Some((one, EmailAddress::parse(&one.address).ok()?)));
    let mut strange: Vec<(String, &RecipientToml, usize)> = Vec::new();
    for (one, address) in domains.filter(|(_, address)| !allowed.is_empty() && !within(address.domain())) {
        match strange.iter_mut().find(|(domain, ..)| domain == address.domain()) {
            Some((.., times)) => *times += 1,
            None => strange.push((address.domain().to_owned(), one, 1)),
        }
    }
    for (domain, first, times) in strange {
        let more = and_more(times - 1, "recipient");
        let sentence = format!(
            "recipient `{}`{more}: `{domain}` is not in `allowed_domains` of quarterdeck.toml; add it there, \
             or correct the address",
            first.id.value
        );
        desk.problem(&read.text, &first.address.span, sentence);
    }
}

fn scope(
    read: &Read<RecipientsToml>,
    typed: &RecipientToml,
    known: &Known<'_>,
    at: &str,
    desk: &mut Desk,
) -> Option<Scope> {
    match (&typed.authorities, &typed.scope) {
        (None, Some(_)) => Some(Scope::Region),
        (Some(codes), None) if !codes.is_empty() => {
            let own = codes.iter().filter_map(|code| desk.authority(&read.text, at, code, &known.codes));
            Some(Scope::Authorities(own.collect()))
        }
        (Some(codes), _) => {
            let sentence = format!("{at}: give either `authorities` with codes, or `scope = \"region\"`");
            desk.problem(&read.text, &codes.span, sentence);
            None
        }
        (None, None) => {
            let sentence =
                format!("{at}: sees nothing; give `authorities` with codes, or `scope = \"region\"`");
            desk.problem(&read.text, &typed.id.span, sentence);
            None
        }
    }
}

/// The same address with the same role and scope would get everything twice.
fn twice(read: &Read<RecipientsToml>, typed: &[RecipientToml], desk: &mut Desk) {
    for (index, later) in typed.iter().enumerate() {
        let codes = |one: &RecipientToml| {
            let codes = one.authorities.iter().flat_map(|codes| codes.iter().map(|code| code.value.clone()));
            codes.collect::<BTreeSet<String>>()
        };
        let same = |earlier: &&RecipientToml| {
            earlier.id.value != later.id.value
                && earlier.address.eq_ignore_ascii_case(&later.address)
                && earlier.role == later.role
                && codes(earlier) == codes(later)
        };
        if let Some(earlier) = typed.iter().take(index).find(same) {
            let sentence = format!(
                "recipient `{}`: `{}` is already recipient `{}` with the same role and scope; remove one",
                later.id.value, later.address.value, earlier.id.value
            );
            desk.problem(&read.text, &later.address.span, sentence);
        }
    }
}
