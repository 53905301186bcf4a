//! The words to the sender of a version that was withdrawn.

use chrono::NaiveDate;

use crate::domain::letter::facts::Named;
use crate::domain::letter::receipt::with_version;
use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::quarter::Quarter;

/// What is said of a version that was withdrawn.
#[derive(Clone, Debug, PartialEq)]
pub struct WithdrawalFacts {
    /// The collection's short name.
    pub collection: String,
    /// What people call it, such as `Quarterly return`.
    pub collection_title: String,
    /// Whose return.
    pub authority: Named,
    /// Of which quarter.
    pub quarter: Quarter,
    /// The version.
    pub version: u32,
    /// The name of its file as sent.
    pub file_name: String,
    /// The day on which it was withdrawn.
    pub on: NaiveDate,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The version that counts now, and the day it came; none where none is left.
    pub standing: Option<(u32, NaiveDate)>,
}

/// The letter for one version; none when the recipient may not see the authority.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &WithdrawalFacts) -> Option<Letter> {
    if !occasion.recipient.may_see(&facts.authority.code) {
        return None;
    }
    let (quarter, version, name) = (facts.quarter, facts.version, &facts.authority.name);
    let key = MessageKey::of(
        Kind::Receipt,
        &format!("{}-{}", facts.collection, facts.authority.code.as_str()),
        &format!("{quarter} v{version} withdrawn"),
        &occasion.recipient.id,
    );
    let what = words::lowered(&facts.collection_title);
    let withdrawn = format!(
        "Version {version} of the {what} from {name} for {} (the file `{}`) was withdrawn on {} by {}.",
        quarter.long_label(),
        facts.file_name,
        words::day(facts.on),
        facts.by
    );
    let (counts, next) = match facts.standing {
        Some((version, on)) => (
            format!("Version {version}, received on {}, counts.", words::day(on)),
            format!("Nothing, if version {version} is right. If it is not, send the whole return again."),
        ),
        None => (
            "No version of this return counts now.".to_owned(),
            "Send the whole return again. A new receipt will follow.".to_owned(),
        ),
    };
    let mut blocks = vec![words::paragraph(withdrawn)];
    blocks.extend(words::section("Why", vec![words::paragraph(words::sentence(&facts.reason))]));
    blocks.extend(words::section("What counts now", vec![words::paragraph(counts.clone())]));
    blocks.extend(words::section("What to do", vec![words::paragraph(next)]));
    blocks.push(occasion.questions());
    let subject = format!("Withdrawn: {} {quarter}, {name}", facts.collection_title);
    Some(occasion.letter(Draft {
        key,
        kind: Kind::Receipt,
        subject: with_version(&subject, version),
        preheader: counts,
        title: format!("Version {version} of your {what} was withdrawn"),
        blocks,
        attachments: Vec::new(),
        first: None,
    }))
}
