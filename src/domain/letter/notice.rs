//! The words of a notice to the operator: what could not be done, where, and what to do next.

use chrono::{DateTime, Utc};

use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Block, Kind, Letter, MessageKey};

const PLACES_MAX: usize = 20;

/// What a notice is written from: the troubles of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFacts {
    /// When the run started.
    pub run_at: DateTime<Utc>,
    /// The business period of the key, such as the day: one notice per period.
    pub period: String,
    /// What could not be done.
    pub troubles: Vec<Trouble>,
    /// What became of everything else.
    pub rest: Rest,
}

/// What became of what a notice does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// It was done.
    #[default]
    Done,
    /// The run could not go on.
    GivenUp,
    /// Nothing is run until somebody has looked.
    Waits,
}

/// One thing that could not be done. Carries no address, secret or child's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In which room.
    pub room: Room,
    /// What failed, as the error words it.
    pub what: String,
    /// Where: a source, a check, a message key.
    pub place: String,
    /// What to do next.
    pub next: String,
}

/// Where in the walk something failed; the order of the notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// A source could not be fetched.
    Collect,
    /// A file in a drop folder is not taken in.
    Drop,
    /// A file could not be read.
    Read,
    /// A check did not run.
    Check,
    /// A message could not be written or was refused.
    Mail,
    /// A run that was planned did not happen.
    Schedule,
    /// The bank holidays are not known for long.
    Calendar,
    /// Nobody is written to about an authority.
    People,
    /// Anything else: the store, the run itself.
    Run,
}

impl Room {
    const ALL: [Self; 9] = [
        Self::Collect,
        Self::Drop,
        Self::Read,
        Self::Check,
        Self::Mail,
        Self::Schedule,
        Self::Calendar,
        Self::People,
        Self::Run,
    ];

    fn heading(self) -> &'static str {
        match self {
            Self::Collect => "Sources that could not be fetched",
            Self::Drop => "Files in drop folders that are not taken in",
            Self::Read => "Files that could not be read",
            Self::Check => "Checks that did not run",
            Self::Mail => "Messages that were not sent",
            Self::Schedule => "Runs that did not happen",
            Self::Calendar => "Working days",
            Self::People => "People who are not written to",
            Self::Run => "The run itself",
        }
    }

    /// What went wrong, so that a subject says it.
    fn counted(self, count: usize) -> String {
        match self {
            Self::Collect => words::counted(count, "source not fetched", "sources not fetched"),
            Self::Drop => {
                words::counted(count, "file to look at in a drop folder", "files to look at in drop folders")
            }
            Self::Read => words::counted(count, "file not read", "files not read"),
            Self::Check => words::counted(count, "check did not run", "checks did not run"),
            Self::Mail => words::counted(count, "message not sent", "messages not sent"),
            Self::Schedule => "planned runs did not happen".to_owned(),
            Self::Calendar => "bank holidays are not known for long".to_owned(),
            Self::Run => {
                words::counted(count, "problem of the run or its state", "problems of the run or its state")
            }
            Self::People => words::counted(count, "gap among recipients", "gaps among recipients"),
        }
    }
}

/// The key of a notice: one per period and recipient.
#[must_use]
pub fn key(period: &str, recipient_id: &str) -> MessageKey {
    MessageKey::of(Kind::Notice, "run", period, recipient_id)
}

/// The notice of one run; none when there was no trouble.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &NoticeFacts) -> Option<Letter> {
    if facts.troubles.is_empty() {
        return None;
    }
    let counts = counts(&facts.troubles);
    // A single problem of a kind that has many is named, not counted.
    let said = match facts.troubles.as_slice() {
        [only] if only.room == Room::Run => first_clause(&only.what).to_owned(),
        _ => counts.clone(),
    };
    let at = words::moment(facts.run_at, occasion.zone);
    let opening = match facts.rest {
        Rest::Done => format!("The run of {at} could not do everything: {counts}. The rest was done."),
        Rest::GivenUp => format!("The run of {at} could not go on: {counts}. The next one does the rest."),
        Rest::Waits => format!(
            "At {at} nothing is collected and checked, and no mail is sent but this: all of it waits until \
             you have looked."
        ),
    };
    let mut blocks = vec![words::paragraph(opening)];
    for room in Room::ALL {
        let here: Vec<&Trouble> = facts.troubles.iter().filter(|trouble| trouble.room == room).collect();
        blocks.extend(words::section(room.heading(), grouped(&here)));
    }
    blocks.push(words::paragraph("`quarterdeck status` says what the daemon did, and what it will do next."));
    let day = words::short_day(facts.run_at.with_timezone(&occasion.zone).date_naive());
    Some(occasion.letter(Draft {
        key: key(&facts.period, &occasion.recipient.id),
        kind: Kind::Notice,
        subject: match facts.rest {
            Rest::Waits => "Nothing is run: please look".to_owned(),
            Rest::Done | Rest::GivenUp => format!("Quarterdeck, {day}: {said}"),
        },
        preheader: format!("{counts}, {} region", occasion.region),
        title: match facts.rest {
            Rest::Waits => "Nothing is run".to_owned(),
            Rest::Done | Rest::GivenUp => "What could not be done".to_owned(),
        },
        blocks,
        attachments: Vec::new(),
        first: None,
    }))
}

/// Up to the first colon or semicolon.
fn first_clause(words: &str) -> &str {
    words.split([':', ';']).next().unwrap_or(words)
}

fn counts(troubles: &[Trouble]) -> String {
    let per_room = Room::ALL.map(|room| {
        let count = troubles.iter().filter(|trouble| trouble.room == room).count();
        (count > 0).then(|| room.counted(count))
    });
    words::strip(per_room.into())
}

fn grouped(troubles: &[&Trouble]) -> Vec<Block> {
    let mut groups: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for trouble in troubles {
        match groups.iter_mut().find(|(what, next, _)| *what == trouble.what && *next == trouble.next) {
            Some((_, _, places)) => places.push(&trouble.place),
            None => groups.push((&trouble.what, &trouble.next, vec![&trouble.place])),
        }
    }
    words::bullets(groups.into_iter().map(|(what, next, places)| group_words(what, next, &places)).collect())
}

fn group_words(what: &str, next: &str, places: &[&str]) -> String {
    let shown: Vec<&str> = places.iter().take(PLACES_MAX).copied().collect();
    let rest = places.len().saturating_sub(shown.len());
    let place =
        if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { words::listed(&shown) };
    format!("{place}: {} Next: {}", words::sentence_as_is(what), words::sentence_as_is(next))
}
