//! No small number stands in any part of any message to somebody whose it is not: not as it is shown, not
//! beside what it is out of, not with all its decimals.

use quarterdeck::domain::indicator::{Indicator, Unit};
use quarterdeck::domain::scope::{Figures, Role};
use quarterdeck::domain::sentence::{Measure, in_unit};

use super::made::{self, QUARTERS, SENDERS, TINY};
use super::mails_to;

/// Parts of a picture that hold no words.
const WORDLESS: [&[u8]; 6] = [b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"];
/// Shorter ones may stand for something else.
const TOKEN_CHARS_MIN: usize = 5;

/// How a figure may be written, where that can be nothing else.
fn tokens(of: &Indicator, quarter: &str, part: u32, whole: u32) -> Vec<String> {
    let factor = match of.unit {
        Unit::Count => 1.0,
        Unit::Percent => 100.0,
        Unit::Rate { per } if of.annualise => 4.0 * f64::from(per),
        Unit::Rate { per } => f64::from(per),
    };
    let value = factor * f64::from(part) / f64::from(whole);
    let mut tokens = vec![value.to_string(), format!("{},{quarter},{part},{whole},", of.shown_name())];
    if of.unit != Unit::Percent {
        let shown = in_unit(value, Measure { unit: of.unit, decimals: of.decimals });
        tokens.push(shown.split(' ').next().unwrap().to_owned());
        tokens.extend([format!("{part} of {whole}"), format!("{part} out of {whole}")]);
    }
    tokens.retain(|token| token.len() >= TOKEN_CHARS_MIN);
    tokens
}

fn is_small(part: u32, whole: u32, unit: Unit) -> bool {
    let small = |number: u32| (1..=5).contains(&number);
    small(part) || unit == Unit::Percent && (small(whole) || small(whole - part))
}

#[test]
fn no_small_number_of_others_stands_in_any_part_of_any_message() {
    let (settings, mails) = made::sent();
    let mut looked_for = 0;
    let mut seen_by_their_own = 0;
    for reader in settings.recipients.iter().filter(|one| one.figures != Figures::Full) {
        let theirs = mails_to(mails, reader);
        for (code, quarter) in SENDERS.iter().flat_map(|(code, _)| QUARTERS.map(|quarter| (*code, quarter))) {
            let whose = settings.authorities.iter().find(|one| one.code.as_str() == code).unwrap();
            for (indicator, part, whole) in made::rows(code, quarter) {
                let of = settings.indicators.iter().find(|one| one.id.as_str() == indicator).unwrap();
                if !is_small(part, whole, of.unit) {
                    continue;
                }
                for token in tokens(of, quarter, part, whole) {
                    let told = theirs.iter().find(|mail| mail.everything.contains(&token));
                    if reader.owns(&whose.code) {
                        seen_by_their_own += usize::from(told.is_some());
                        continue;
                    }
                    looked_for += usize::from(!theirs.is_empty());
                    assert!(told.is_none(), "{} is told {token} of {}", told.unwrap().key, whose.name);
                }
            }
        }
    }
    assert!(looked_for > 200, "{looked_for} were looked for");
    assert!(seen_by_their_own > 10, "the search is blind: {seen_by_their_own}");
    let roles = [Role::RegionalLead, Role::PerformanceLead, Role::Director];
    for role in roles {
        let one = settings.recipients.iter().filter(|one| one.role == role);
        assert!(
            one.into_iter().any(|one| !mails_to(mails, one).is_empty()),
            "no {} was examined",
            role.word()
        );
    }
    assert!(
        mails.iter().any(|mail| mail.key.contains(TINY.to_lowercase().as_str())),
        "the tiny one has mail"
    );
}

#[test]
fn a_picture_holds_no_words_but_those_that_are_drawn() {
    let (_, mails) = made::sent();
    for picture in mails.iter().flat_map(|mail| &mail.pictures) {
        let mut rest = &picture[8..];
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let kind = &rest[4..8];
            assert!(WORDLESS.contains(&kind), "a picture has a part {}", String::from_utf8_lossy(kind));
            rest = &rest[12 + length..];
        }
    }
}
