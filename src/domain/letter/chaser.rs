//! The words of a chaser: a return is not in.

use chrono::NaiveDate;

use crate::domain::letter::facts::{Asked, Named};
use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Block, Kind, Letter, MessageKey};
use crate::domain::quarter::Quarter;

/// What a chaser is written from: one return that is not in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaserFacts {
    /// The collection's short name.
    pub collection: String,
    /// What people call it, such as `Quarterly return`.
    pub collection_title: String,
    /// Whose return.
    pub authority: Named,
    /// Of which quarter.
    pub quarter: Quarter,
    /// The due day.
    pub due: NaiveDate,
    /// The rung of the ladder: negative before the due day, positive after.
    pub step: i32,
    /// Working days from the due day to today; negative before it.
    pub working_days_late: i32,
    /// How a return is sent: one sentence each.
    pub how_to_send: Vec<String>,
    /// Why the last file was refused, when one came and was.
    pub refused: Option<String>,
    /// What lies in the drop folder, seems to be this return and is not taken in: one sentence or more each.
    pub lying: Vec<String>,
    /// Why the recipient is written to.
    pub asked: Asked,
    /// The first chaser of this return to this recipient; none when this is it.
    pub first: Option<MessageKey>,
}

/// The key of a chaser: one per return, step and recipient.
#[must_use]
pub fn key(
    collection: &str,
    authority: &Named,
    quarter: Quarter,
    step: i32,
    recipient_id: &str,
) -> MessageKey {
    let subject = format!("{collection}-{}", authority.code);
    MessageKey::of(Kind::Chaser, &subject, &format!("{quarter} {}", step_words(step)), recipient_id)
}

/// `5 before`, `0`, `10 after`: a step as part of a key.
pub(super) fn step_words(step: i32) -> String {
    match step {
        ..0 => format!("{} before", step.unsigned_abs()),
        0 => "0".to_owned(),
        _ => format!("{step} after"),
    }
}

/// The chaser of one return; none when the recipient may not see the authority.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &ChaserFacts) -> Option<Letter> {
    if !occasion.recipient.may_see(&facts.authority.code) {
        return None;
    }
    let title = &facts.collection_title;
    Some(occasion.letter(Draft {
        key: key(&facts.collection, &facts.authority, facts.quarter, facts.step, &occasion.recipient.id),
        kind: Kind::Chaser,
        subject: subject(occasion, facts),
        preheader: format!("1 return not received: {title} {}, {}.", facts.quarter, when(facts)),
        title: heading(facts),
        blocks: blocks(occasion, facts),
        attachments: Vec::new(),
        first: facts.first.clone(),
    }))
}

/// A return that is late is said to be; where there is no room for the year, whose it is comes first.
fn subject(occasion: &Occasion, facts: &ChaserFacts) -> String {
    let day = words::short_day(facts.due);
    let stem = format!("{} {}, {}", facts.collection_title, facts.quarter, facts.authority.name);
    let late = facts.working_days_late > 0;
    let with = |day: &str| match words::near(facts.due, occasion.today) {
        Some(near) => format!("Due {near}, {day}: {stem}"),
        None if late => format!("Overdue since {day}: {stem}"),
        None => format!("Due {day}: {stem}"),
    };
    let whole = with(&day);
    if whole.chars().count() <= words::SUBJECT_CHARS_MAX {
        return whole;
    }
    with(&facts.due.format("%-d %B").to_string())
}

fn heading(facts: &ChaserFacts) -> String {
    let title = &facts.collection_title;
    match facts.working_days_late {
        ..0 => format!("{title}: due on {}", words::day(facts.due)),
        0 => format!("{title}: due today"),
        late => format!("{title}: {} late", words::working_days(late)),
    }
}

fn when(facts: &ChaserFacts) -> String {
    match facts.working_days_late {
        ..0 => format!("due in {}", words::working_days(facts.working_days_late)),
        0 => "due today".to_owned(),
        late => format!("{} late", words::working_days(late)),
    }
}

fn blocks(occasion: &Occasion, facts: &ChaserFacts) -> Vec<Block> {
    let mut blocks = vec![words::paragraph(opening(facts))];
    if let Some(reason) = &facts.refused {
        blocks.push(words::paragraph(format!(
            "A file came and was not accepted: {} It is kept as it came.",
            words::sentence(reason)
        )));
    }
    blocks.extend(facts.lying.iter().cloned().map(words::paragraph));
    blocks.push(words::paragraph(request(facts)));
    blocks.extend(words::section("How to send it", words::bullets(facts.how_to_send.clone())));
    blocks.extend(words::section("What others see", vec![words::paragraph(what_others_see(facts))]));
    blocks.push(occasion.questions());
    blocks
}

fn opening(facts: &ChaserFacts) -> String {
    let due = words::day(facts.due);
    let subject = format!(
        "The {} of {} for {}",
        words::lowered(&facts.collection_title),
        facts.authority.name,
        facts.quarter.long_label()
    );
    match facts.working_days_late {
        ..0 => format!(
            "{subject} is due on {due}, in {}. We have not received it yet.",
            words::working_days(facts.working_days_late)
        ),
        0 => format!("{subject} is due today, {due}. We have not received it yet."),
        late => {
            format!("{subject} was due on {due}, {} ago. We have not received it.", words::working_days(late))
        }
    }
}

fn request(facts: &ChaserFacts) -> String {
    match (facts.working_days_late, facts.asked) {
        (1.., Asked::AfterOthers) => {
            "You get this copy because the people who send the return have been reminded and \
                        it is still outstanding. Please make sure that somebody can send it, or tell us by \
                        reply on which day it will come."
                .to_owned()
        }
        (1.., Asked::ForWantOfOthers) => {
            "You are written to because we know of nobody else at the authority who sends the return. \
             Please make sure that somebody can send it, and tell us by reply who that is."
                .to_owned()
        }
        (1.., Asked::First) => {
            "Please send it now, or tell us by reply on which day it will come. A return with \
                         gaps is better than none: a row can say that a figure is `unavailable`."
                .to_owned()
        }
        _ => "If it is on its way, there is nothing to do. These reminders stop when it is in.".to_owned(),
    }
}

fn what_others_see(facts: &ChaserFacts) -> String {
    format!(
        "Until it is in, the region's list of returns says \"return not received\" for {} and this \
         quarter. No figure is put in its place, and the region's values say how many authorities they \
         count.",
        facts.authority.name
    )
}
