//! Deeds of people by the journal: which of them stand, which were taken back, which deadlines they did.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::domain::deadline::{Deadline, Progress};
use crate::store::journal::{Happened, Line};

/// A deed that was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone<'a> {
    /// The deed.
    pub deed: &'a Line,
    /// Who took it back.
    pub by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: &'a str,
}

/// A party's part in a deadline, as somebody recorded it by a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The deadline's id.
    pub deadline: String,
    /// The party's id.
    pub party: String,
    /// How many it has supplied in all.
    pub supplied: u32,
    /// When.
    pub on: NaiveDate,
    /// Who recorded it.
    pub by: String,
}

/// Whether what happened is a deed that can be taken back.
#[must_use]
pub fn is_undoable(event: Happened) -> bool {
    use Happened::{Accepted, Acknowledged, Confirmed, Dismissed, Done, Snoozed};
    matches!(event, Acknowledged | Snoozed | Dismissed | Accepted | Confirmed | Done)
}

/// The deeds that stand: everything that reads deeds reads these, so that one that was taken back is as if it
/// had never been done, also when the database is made again.
#[must_use]
pub fn standing(lines: &[Line]) -> Vec<&Line> {
    weighed(lines).0
}

/// The deeds that were taken back, in the order of being so.
#[must_use]
pub fn undone(lines: &[Line]) -> Vec<Undone<'_>> {
    weighed(lines).1
}

/// The last deed on a finding or a deadline that stands; of one party only, where one is named.
#[must_use]
pub fn last<'a>(lines: &'a [Line], subject: &str, party: Option<&str>) -> Option<&'a Line> {
    let is_of = |line: &&&Line| {
        let own = text(line, "party").unwrap_or_default();
        line.subject == subject && party.is_none_or(|party| is_same(own, party))
    };
    standing(lines).iter().rev().find(is_of).copied()
}

fn weighed(lines: &[Line]) -> (Vec<&Line>, Vec<Undone<'_>>) {
    let (mut standing, mut undone): (Vec<&Line>, Vec<Undone<'_>>) = (Vec::new(), Vec::new());
    for line in lines {
        if line.event == Happened::Undone {
            let meant = standing.iter().rposition(|deed| is_meant(deed, line));
            undone.extend(meant.map(|place| Undone {
                deed: standing.remove(place),
                by: text(line, "by").unwrap_or_default(),
                at: line.at,
                reason: text(line, "reason").unwrap_or_default(),
            }));
        } else if is_undoable(line.event) {
            standing.push(line);
        }
    }
    (standing, undone)
}

fn is_meant(deed: &Line, undoing: &Line) -> bool {
    deed.subject == undoing.subject
        && text(undoing, "deed") == Some(deed.event.word().as_str())
        && text(undoing, "party") == text(deed, "party")
}

/// What was recorded of deadlines, oldest first.
#[must_use]
pub fn recorded(lines: &[Line]) -> Vec<Recorded> {
    let done = standing(lines).into_iter().filter(|line| line.event == Happened::Done);
    done.filter_map(read).collect()
}

fn read(line: &Line) -> Option<Recorded> {
    Some(Recorded {
        deadline: line.subject.clone(),
        party: text(line, "party")?.to_owned(),
        supplied: u32::try_from(line.detail.get("supplied")?.as_u64()?).ok()?,
        on: text(line, "on")?.parse().ok()?,
        by: text(line, "by")?.to_owned(),
    })
}

/// The configured deadlines with what was recorded of them.
#[must_use]
pub fn deadlines(configured: &[Deadline], lines: &[Line]) -> Vec<Deadline> {
    let recorded = recorded(lines);
    let with = |deadline: &Deadline| {
        let own = recorded.iter().filter(|it| it.deadline == deadline.id);
        let progress = own.filter_map(|it| {
            let party = deadline.parties.iter().find(|party| is_same(&party.id(), &it.party))?.clone();
            Some(Progress { party, supplied: it.supplied, on: it.on, by: Some(it.by.clone()) })
        });
        let mut deadline = deadline.clone();
        deadline.progress.extend(progress.collect::<Vec<_>>());
        deadline
    };
    configured.iter().map(with).collect()
}

/// What was recorded of deadlines and parties that are configured no more.
#[must_use]
pub fn strays(configured: &[Deadline], lines: &[Line]) -> Vec<Recorded> {
    let is_known = |it: &Recorded| {
        let own = configured.iter().filter(|deadline| deadline.id == it.deadline);
        own.flat_map(|deadline| &deadline.parties).any(|party| is_same(&party.id(), &it.party))
    };
    recorded(lines).into_iter().filter(|it| !is_known(it)).collect()
}

/// Whether two ids are of one party: a pair is the same whichever of the two is named first.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let parts = |id: &str| id.split('+').map(str::to_owned).collect::<BTreeSet<_>>();
    parts(one) == parts(other)
}

fn text<'a>(line: &'a Line, name: &str) -> Option<&'a str> {
    line.detail.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn journal(events: &[(Happened, &str, Value)]) -> Vec<Line> {
        let line = |(number, (event, subject, detail)): (u64, &(Happened, &str, Value))| Line {
            seq: number,
            at: DateTime::UNIX_EPOCH,
            event: *event,
            subject: (*subject).to_owned(),
            detail: detail.clone(),
        };
        (1..).zip(events).map(line).collect()
    }

    fn undo(deed: &str) -> Value {
        json!({ "deed": deed, "by": "Bob", "reason": "by mistake" })
    }

    #[test]
    fn the_last_deed_of_its_kind_on_its_finding_is_taken_back_and_no_other() {
        let nothing = || json!({});
        let lines = journal(&[
            (Happened::Acknowledged, "a", nothing()),
            (Happened::Acknowledged, "b", nothing()),
            (Happened::Snoozed, "a", nothing()),
            (Happened::Undone, "a", undo("snoozed")),
            (Happened::Undone, "a", undo("snoozed")),
            (Happened::Undone, "c", undo("acknowledged")),
        ]);
        let left = |lines: &[Line]| standing(lines).iter().map(|line| line.seq).collect::<Vec<_>>();
        assert_eq!(left(&lines), [1, 2], "an undoing of what does not stand takes nothing else");
        assert_eq!(left(&lines[..3]), [1, 2, 3]);
        assert_eq!(last(&lines, "a", None).unwrap().seq, 1);
        let undone = undone(&lines);
        assert_eq!(undone.iter().map(|it| (it.deed.seq, it.by)).collect::<Vec<_>>(), [(3, "Bob")]);
    }

    #[test]
    fn a_party_is_done_no_more_when_that_was_taken_back() {
        let done = |party: &str| json!({ "party": party, "supplied": 1, "on": "2017-11-20", "by": "Ann" });
        let mut lines = journal(&[
            (Happened::Done, "visits", done("E06000022+E06000023")),
            (Happened::Done, "visits", done("E06000024")),
        ]);
        assert_eq!(recorded(&lines).len(), 2);
        let mut undo = undo("done");
        undo["party"] = json!("E06000022+E06000023");
        lines.extend(journal(&[(Happened::Undone, "visits", undo)]));
        let left = recorded(&lines);
        assert_eq!(left.iter().map(|it| it.party.as_str()).collect::<Vec<_>>(), ["E06000024"]);
        assert_eq!(strays(&[], &lines), left, "nothing is configured");
    }

    #[test]
    fn a_pair_is_the_same_whichever_is_named_first() {
        let (pair, turned) = ("E06000022+E06000023", "E06000023+E06000022");
        assert!(is_same(pair, turned) && !is_same(pair, "E06000022"));
        let done = json!({ "party": pair, "supplied": 1, "on": "2017-11-20", "by": "Ann" });
        let lines = journal(&[(Happened::Done, "visits", done)]);
        assert!(last(&lines, "visits", Some(turned)).is_some());
        assert!(last(&lines, "visits", Some("E06000022")).is_none());
    }
}
