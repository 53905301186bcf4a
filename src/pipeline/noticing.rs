//! Notices: to the operator, of what could not be done; and to nobody else.

use crate::domain::letter::notice::{self, NoticeFacts, Room, Trouble};
use crate::domain::message::{Kind, Letter, MessageKey};
use crate::domain::scope::Role;
use crate::pipeline::Report;
use crate::pipeline::opening::Walk;
use crate::pipeline::{composing, posting};
use crate::store::keep;
use crate::store::outbox::{self, Standing};

/// The notices of this walk: the same troubles are told once a day, a message's fate once.
#[must_use]
pub fn notices(walk: &Walk<'_>, report: &Report) -> Vec<Letter> {
    let of_messages = messages(walk);
    let sets = [
        (format!("{} {}", walk.today, fingerprint(&report.failures)), report.failures.clone()),
        (format!("messages {}", fingerprint(&of_messages)), of_messages),
    ];
    let mut letters = Vec::new();
    for (period, troubles) in sets {
        for recipient in walk.settings.recipients.iter().filter(|one| one.role == Role::Operator) {
            let facts = NoticeFacts { run_at: walk.now, period: period.clone(), troubles: troubles.clone() };
            letters.extend(notice::compose(&composing::occasion(walk, recipient), &facts));
        }
    }
    letters
}

fn fingerprint(troubles: &[Trouble]) -> String {
    let words: Vec<&str> = troubles.iter().flat_map(|one| [one.place.as_str(), one.what.as_str()]).collect();
    keep::hash(words.join("\n").as_bytes())[..8].to_owned()
}

/// Messages that a relay refused, that have used up their tries, or of which nobody knows.
fn messages(walk: &Walk<'_>) -> Vec<Trouble> {
    let is_notice = |key: &MessageKey| key.as_str().starts_with(Kind::Notice.word());
    let mut troubles = Vec::new();
    for (key, track) in outbox::tracks(walk.journal.lines()).into_iter().filter(|(key, _)| !is_notice(key)) {
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
