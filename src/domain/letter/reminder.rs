//! The words of a reminder: a deadline comes near, or has passed.

use std::cmp::Ordering;

use chrono::NaiveDate;

use crate::domain::authority::AuthorityCode;
use crate::domain::calendar::Calendar;
use crate::domain::deadline::{Deadline, DeadlineKind, Party};
use crate::domain::letter::chaser::step_words;
use crate::domain::letter::facts::{Asked, Named};
use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Attachment, Block, CalendarEntry, Kind, Letter, MessageKey};

/// What a reminder is written from: one deadline, for one of its parties.
///
/// `Party::Region` on a deadline of several parties makes a roll-up: everybody who is outstanding.
#[derive(Clone, Debug)]
pub struct ReminderFacts<'a> {
    /// The deadline.
    pub deadline: &'a Deadline,
    /// Whose reminder.
    pub party: Party,
    /// The rung of the ladder: negative before the day, positive after.
    pub step: i32,
    /// The names of the region's authorities.
    pub names: &'a [Named],
    /// Working days.
    pub calendar: &'a Calendar,
    /// Why the recipient is written to.
    pub asked: Asked,
    /// The first reminder of this deadline and party to this recipient; none when this is it.
    pub first: Option<MessageKey>,
}

/// The key of a reminder: one per deadline, party, day, step and recipient.
///
/// The day is part of it, so that a deadline that moves is reminded of again.
#[must_use]
pub fn key(deadline: &Deadline, party: &Party, step: i32, recipient_id: &str) -> MessageKey {
    let subject = format!("{}-{}", deadline.id, party.id());
    let period = format!("{} {}", deadline.on, step_words(step));
    MessageKey::of(Kind::Reminder, &subject, &period, recipient_id)
}

/// The reminder; none when called off, done, or not this recipient's.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &ReminderFacts) -> Option<Letter> {
    if facts.deadline.cancelled || !is_for(occasion, facts) || outstanding(occasion, facts).is_empty() {
        return None;
    }
    let day = Day::of(occasion, facts);
    let deadline = facts.deadline;
    Some(occasion.letter(Draft {
        key: key(deadline, &facts.party, facts.step, &occasion.recipient.id),
        kind: Kind::Reminder,
        subject: subject(occasion, facts, &day),
        preheader: format!("1 deadline, {}: {}", day.left_words(), deadline.title),
        title: deadline.title.clone(),
        blocks: blocks(occasion, facts, &day),
        attachments: calendar_entry(facts, &day).into_iter().collect(),
        first: facts.first.clone(),
    }))
}

/// The last working day of something due, or the day of an event, and how far it is.
struct Day {
    on: NaiveDate,
    kind: DeadlineKind,
    distance: Distance,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Distance {
    /// That many working days from now, 0 when only a weekend lies between.
    Ahead(i32),
    Today,
    /// That many working days ago.
    Passed(i32),
}

impl Day {
    fn of(occasion: &Occasion, facts: &ReminderFacts) -> Self {
        let kind = facts.deadline.kind;
        let on = match kind {
            DeadlineKind::Event => facts.deadline.on,
            DeadlineKind::Due => facts.deadline.last_working_day(facts.calendar),
        };
        let working_days = facts.calendar.between(occasion.today, on);
        let distance = match on.cmp(&occasion.today) {
            Ordering::Greater => Distance::Ahead(working_days),
            Ordering::Equal => Distance::Today,
            Ordering::Less => Distance::Passed(-working_days),
        };
        Self { on, kind, distance }
    }

    fn passed(&self) -> bool {
        matches!(self.distance, Distance::Passed(_))
    }

    fn left_words(&self) -> String {
        match self.distance {
            Distance::Ahead(days) => format!("{} left", words::working_days(days)),
            Distance::Today => "today".to_owned(),
            Distance::Passed(days) => format!("{} overdue", words::working_days(days)),
        }
    }
}

fn is_for(occasion: &Occasion, facts: &ReminderFacts) -> bool {
    let authorities = facts.party.authorities();
    authorities.is_empty() || authorities.iter().any(|code| occasion.recipient.may_see(code))
}

/// The parties this reminder is about that are not done.
fn outstanding<'a>(occasion: &Occasion, facts: &'a ReminderFacts) -> Vec<&'a Party> {
    let all = facts.deadline.outstanding(occasion.today);
    if facts.party == Party::Region && !facts.deadline.parties.contains(&Party::Region) {
        let seen = |party: &Party| party.authorities().iter().any(|code| occasion.recipient.may_see(code));
        return all.into_iter().filter(|party| seen(party)).collect();
    }
    all.into_iter().filter(|party| **party == facts.party).collect()
}

fn subject(occasion: &Occasion, facts: &ReminderFacts, day: &Day) -> String {
    let near = words::near(day.on, occasion.today);
    let when = match (day.kind, near) {
        (DeadlineKind::Event, Some(near)) => {
            format!("{}, {}", words::sentence(near).trim_end_matches('.'), words::day(day.on))
        }
        (DeadlineKind::Event, None) => format!("On {}", words::day(day.on)),
        (DeadlineKind::Due, _) if day.passed() => format!("Overdue since {}", words::day(day.on)),
        (DeadlineKind::Due, Some(near)) => format!("Due {near}, {}", words::day(day.on)),
        (DeadlineKind::Due, None) => format!("By {}", words::day(day.on)),
    };
    match facts.party {
        Party::Region => format!("{when}: {}", facts.deadline.title),
        _ => format!("{when}: {}, {}", facts.deadline.title, party_words(facts, &facts.party)),
    }
}

fn blocks(occasion: &Occasion, facts: &ReminderFacts, day: &Day) -> Vec<Block> {
    let mut blocks = vec![words::paragraph(format!("{} {}", when(facts, day), distance(day)))];
    blocks.extend(escalation(facts, day));
    let whom = match day.kind {
        DeadlineKind::Event => "For whom",
        DeadlineKind::Due => "Who has not done it yet",
    };
    blocks.extend(words::section(whom, who(occasion, facts)));
    blocks
        .extend(words::section("What to do", vec![words::paragraph(words::sentence(&facts.deadline.asks))]));
    let done = match day.kind {
        DeadlineKind::Event => "When this is settled, tell us by reply. The reminders stop then.",
        DeadlineKind::Due => "When it is done, tell us by reply. The reminders stop then.",
    };
    blocks.push(words::paragraph(done));
    blocks.push(occasion.questions());
    if !day.passed() {
        blocks.push(Block::Note("A calendar entry for the day is attached.".to_owned()));
    }
    blocks
}

fn when(facts: &ReminderFacts, day: &Day) -> String {
    let deadline = facts.deadline;
    if day.kind == DeadlineKind::Event {
        let verb = if day.passed() { "took place" } else { "takes place" };
        return format!("{} {verb} on {}.", deadline.title, words::day(day.on));
    }
    let verb = if day.passed() { "was" } else { "is" };
    let last_day = words::day(deadline.on);
    let opening = match &deadline.wording {
        Some(wording) => format!("{} {verb} due {wording}. The last day {verb} {last_day}.", deadline.title),
        None => format!("{} {verb} due by {last_day}.", deadline.title),
    };
    if day.on == deadline.on {
        opening
    } else {
        format!("{opening} The last working day {verb} {}.", words::day(day.on))
    }
}

fn distance(day: &Day) -> String {
    match (day.distance, day.kind) {
        (Distance::Passed(days), _) => format!("That was {} ago.", words::working_days(days)),
        (Distance::Today, DeadlineKind::Event) => "That is today.".to_owned(),
        (Distance::Today, DeadlineKind::Due) => "That is today: today is the last working day.".to_owned(),
        (Distance::Ahead(0), _) => "No working day is left before it.".to_owned(),
        (Distance::Ahead(1), _) => "1 working day is left.".to_owned(),
        (Distance::Ahead(days), _) => format!("{} are left.", words::working_days(days)),
    }
}

fn escalation(facts: &ReminderFacts, day: &Day) -> Option<Block> {
    let words = match facts.asked {
        Asked::First => return None,
        Asked::AfterOthers => {
            "You get this copy because those who were reminded before have not been able to finish it. \
             Please help them, or tell us by reply on which day it will be done."
        }
        Asked::ForWantOfOthers => {
            "You are written to because we know of nobody else who could do it. Please tell us by reply who \
             will, and on which day it will be done."
        }
    };
    day.passed().then(|| words::paragraph(words))
}

fn who(occasion: &Occasion, facts: &ReminderFacts) -> Vec<Block> {
    let open = outstanding(occasion, facts);
    let progress = |party: &Party| progress_words(facts, facts.deadline.supplied(party, occasion.today));
    match open.as_slice() {
        [only] if **only == facts.party => {
            vec![words::paragraph(format!("{}. {}", party_words(facts, only), progress(only)))]
        }
        _ => {
            let count = format!("{} of {} have still to answer.", open.len(), facts.deadline.parties.len());
            let each = open.iter().map(|party| format!("{}. {}", party_words(facts, party), progress(party)));
            vec![words::paragraph(count), Block::Bullets(each.collect())]
        }
    }
}

fn progress_words(facts: &ReminderFacts, supplied: u32) -> String {
    let needed = facts.deadline.needed;
    if needed <= 1 {
        return match facts.deadline.kind {
            DeadlineKind::Event => "Nothing has been heard yet.".to_owned(),
            DeadlineKind::Due => "Not done yet.".to_owned(),
        };
    }
    format!("{supplied} of {needed} supplied, {} still needed.", needed.saturating_sub(supplied))
}

fn party_words(facts: &ReminderFacts, party: &Party) -> String {
    let name = |code: &AuthorityCode| {
        let found = facts.names.iter().find(|named| &named.code == code);
        found.map_or_else(|| code.to_string(), |named| named.name.clone())
    };
    let names: Vec<String> = party.authorities().into_iter().map(name).collect();
    if names.is_empty() { "The region".to_owned() } else { words::listed(&names) }
}

fn calendar_entry(facts: &ReminderFacts, day: &Day) -> Option<Attachment> {
    let deadline = facts.deadline;
    (!day.passed()).then(|| {
        Attachment::Calendar(CalendarEntry {
            uid_stem: format!("{}.{}", deadline.id, facts.party.id().to_lowercase().replace('+', "-")),
            summary: deadline.title.clone(),
            description: format!("{} {}", when(facts, day), words::sentence(&deadline.asks)),
            on: day.on,
            sequence: deadline.sequence,
            cancelled: deadline.cancelled,
        })
    })
}
