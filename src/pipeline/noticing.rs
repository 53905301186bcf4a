//! Notices: to the operator, of what could not be done; and to nobody else.

use chrono::{DateTime, Utc};

use crate::domain::letter::notice::{self, NoticeFacts, Room, Trouble};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::Role;
use crate::pipeline::Report;
use crate::pipeline::opening::Walk;
use crate::pipeline::{composing, doubting, posting, rebuilding};
use crate::store::keep;
use crate::store::outbox::{self, Standing};

/// How the key of a notice about messages begins.
const MESSAGES: &str = "notice.run.messages-";

/// The notices of this walk: the same troubles are told once a day, a message's fate once.
#[must_use]
pub fn notices(walk: &Walk<'_>, report: &Report) -> Vec<Letter> {
    let mut letters = Vec::new();
    for recipient in walk.settings.recipients.iter().filter(|one| one.role == Role::Operator) {
        let of_messages = messages(walk, composing::last_queued(walk, MESSAGES, &recipient.id));
        let mut sets = vec![
            (format!("{} {}", walk.today, fingerprint(&report.failures)), report.failures.clone()),
            (format!("messages {}", fingerprint(&of_messages)), of_messages),
        ];
        sets.extend(of_the_state(walk));
        for (period, troubles) in sets {
            let facts = NoticeFacts { run_at: walk.now, period, troubles };
            letters.extend(notice::compose(&composing::occasion(walk, recipient), &facts));
        }
    }
    letters
}

/// What was made again, and what is in doubt since: one notice, which is not held itself.
fn of_the_state(walk: &Walk<'_>) -> Option<(String, Vec<Trouble>)> {
    let rebuilt = rebuilding::told(walk.journal.lines());
    let Some((period, doubt)) = doubting::told(walk) else { return rebuilt };
    let mut troubles = rebuilt.map(|(_, troubles)| troubles).unwrap_or_default();
    troubles.push(doubt);
    Some((period, troubles))
}

fn fingerprint(troubles: &[Trouble]) -> String {
    let words: Vec<&str> = troubles.iter().flat_map(|one| [one.place.as_str(), one.what.as_str()]).collect();
    keep::hash(words.join("\n").as_bytes())[..8].to_owned()
}

/// Messages that a relay refused, that have used up their tries, or of which nobody knows; and that came to
/// this since the operator was told last.
fn messages(walk: &Walk<'_>, told: Option<DateTime<Utc>>) -> Vec<Trouble> {
    let is_notice = |key: &MessageKey| key.as_str().starts_with(Kind::Notice.word());
    let mut troubles = Vec::new();
    let tracks = outbox::tracks(walk.journal.lines()).into_iter();
    // A fate of the very instant of the last notice came after it: posting follows composing.
    let fresh = tracks.filter(|(_, track)| told.is_none_or(|told| track.at >= told));
    for (key, track) in fresh.filter(|(key, _)| !is_notice(key)) {
        let exhausted = posting::is_exhausted(walk.settings, &track);
        let word = match track.standing {
            Standing::Refused | Standing::Unknown => track.standing.word(),
            Standing::Waiting if exhausted => "given up after all its tries",
            _ => continue,
        };
        troubles.push(Trouble {
            room: Room::Mail,
            what: format!("{word}: {}", track.reply.unwrap_or_default()),
            next: "correct the address or the mail server, then `quarterdeck outbox retry KEY`".to_owned(),
            place: key.to_string(),
        });
    }
    troubles
}
