//! Something due, for the region, an authority, or a pair of authorities.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::authority::AuthorityCode;
use crate::domain::calendar::Calendar;
use crate::domain::scope::Role;

/// A deadline as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// A short stable name, such as `challenge-event-2017`.
    pub id: String,
    /// What is due, in words.
    pub title: String,
    /// What the parties have to do.
    pub asks: String,
    /// An event takes place on the day; something due is done on or before it.
    pub kind: DeadlineKind,
    /// The day. For something due before July, the last day of June.
    pub on: NaiveDate,
    /// How the day was given in the source, such as `before July 2018`; for the small print.
    pub wording: Option<String>,
    /// Whose deadline it is.
    pub parties: Vec<Party>,
    /// How many each party must supply (delegates); 1 when it is simply done or not.
    pub needed: u32,
    /// Parties that are done or have supplied some, so far.
    pub progress: Vec<Progress>,
    /// When reminders go out, and to whom.
    pub reminders: Ladder,
    /// Rises by one with every change of date or title.
    pub sequence: u32,
    /// Called off: no reminder ever again.
    pub cancelled: bool,
}

/// Event or due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineKind {
    /// Takes place on the day.
    Event,
    /// Must be done on or before the day.
    Due,
}

/// One party of a deadline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The region's programme itself.
    Region,
    /// One authority.
    Authority(AuthorityCode),
    /// Two authorities who do it together.
    Pair(AuthorityCode, AuthorityCode),
}

impl Party {
    /// The authorities of the party; none for the region.
    #[must_use]
    pub fn authorities(&self) -> Vec<&AuthorityCode> {
        match self {
            Self::Region => Vec::new(),
            Self::Authority(code) => vec![code],
            Self::Pair(first, second) => vec![first, second],
        }
    }

    /// A short stable name: `region`, a code, or two codes joined by `+`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Region => "region".to_owned(),
            Self::Authority(code) => code.to_string(),
            Self::Pair(first, second) => format!("{first}+{second}"),
        }
    }
}

/// What a party has supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which party.
    pub party: Party,
    /// How many of the number needed: of deadlines.toml so many more, recorded by a command so many in all.
    pub supplied: u32,
    /// When.
    pub on: NaiveDate,
    /// Who recorded it by a command; nobody when deadlines.toml says so.
    pub by: Option<String>,
}

/// The reminder ladder: working days before and after the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// Working days before, such as 20, 10, 5, 1.
    pub before: Vec<u32>,
    /// Working days after, while outstanding, such as 1, 5. Empty for events.
    pub after: Vec<u32>,
    /// Who is reminded, within the party.
    pub to: Vec<Role>,
    /// From this many working days after, these roles are written to as well.
    pub escalate: Option<(u32, Vec<Role>)>,
}

/// One step of a ladder, for one party, now due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The deadline's name.
    pub deadline: String,
    /// Which party.
    pub party: Party,
    /// Negative: working days before; positive: after. 0: on the day.
    pub step: i32,
    /// The working day on which the step falls.
    pub on: NaiveDate,
}

/// The working days around a due return on which its sender is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chase<'a> {
    /// Working days before the due day.
    pub before: &'a [u32],
    /// Working days after it.
    pub after: &'a [u32],
}

/// A step that was not sent within this many working days of its own day is never sent.
///
/// So a fresh installation does not remind of what is long gone, nor a daemon that slept for a week.
pub const LAPSES_AFTER: i32 = 5;

impl Ladder {
    /// The roles that are written to as well at `step`; none before the escalation begins.
    #[must_use]
    pub fn escalates(&self, step: i32) -> Vec<Role> {
        escalated(self.escalate.as_ref(), step)
    }
}

/// The roles that are written to as well, from the given number of working days after.
#[must_use]
pub fn escalated(escalate: Option<&(u32, Vec<Role>)>, step: i32) -> Vec<Role> {
    match escalate {
        Some((from, roles)) if step >= signed(*from) => roles.clone(),
        _ => Vec::new(),
    }
}

/// The step of the reminder ladder that is due to `party` on `today`, if any.
///
/// Steps are counted in working days from the deadline's last working day. Of the steps whose day has come
/// only the latest counts, so a daemon that slept sends one reminder and not four. There is none on a day
/// that is no working day, after cancellation, for a party that is done or has no part in it, when that step
/// or a later one was sent, and when the step has lapsed: `LAPSES_AFTER` working days after its own day, or,
/// for a step that announces the day, when the day is over. An event has no steps after it.
///
/// `was_sent` says whether the step went to this party.
#[must_use]
pub fn notice_due(
    deadline: &Deadline,
    party: &Party,
    calendar: &Calendar,
    today: NaiveDate,
    was_sent: &dyn Fn(i32) -> bool,
) -> Option<Notice> {
    let concerned = deadline.parties.contains(party) && deadline.supplied(party, today) < deadline.needed;
    if deadline.cancelled || !concerned {
        return None;
    }
    let (step, on) = step_due(&deadline.steps(calendar), deadline.on, calendar, today, was_sent)?;
    Some(Notice { deadline: deadline.id.clone(), party: party.clone(), step, on })
}

/// The step at which the sender of a return due on `due` is to be written to on `today`, if any.
///
/// The same rule as `notice_due`; the caller asks only while the return is outstanding.
#[must_use]
pub fn chase_due(
    due: NaiveDate,
    chase: Chase,
    calendar: &Calendar,
    today: NaiveDate,
    was_sent: &dyn Fn(i32) -> bool,
) -> Option<i32> {
    step_due(&chase.steps(due, calendar), due, calendar, today, was_sent).map(|(step, _)| step)
}

impl Chase<'_> {
    /// The steps around a due day with their own days, in order of time.
    #[must_use]
    pub fn steps(&self, due: NaiveDate, calendar: &Calendar) -> Vec<(i32, NaiveDate)> {
        ladder_days(self.before, self.after, calendar.on_or_before(due), calendar)
    }
}

/// Each step with its day, in order of time.
fn ladder_days(
    before: &[u32],
    after: &[u32],
    anchor: NaiveDate,
    calendar: &Calendar,
) -> Vec<(i32, NaiveDate)> {
    let steps: BTreeSet<i32> =
        before.iter().map(|days| -signed(*days)).chain(after.iter().copied().map(signed)).collect();
    steps.into_iter().map(|step| (step, calendar.plus(anchor, step))).collect()
}

fn step_due(
    steps: &[(i32, NaiveDate)],
    due: NaiveDate,
    calendar: &Calendar,
    today: NaiveDate,
    was_sent: &dyn Fn(i32) -> bool,
) -> Option<(i32, NaiveDate)> {
    let &(step, on) = steps.iter().rev().find(|(_, on)| *on <= today)?;
    let lapsed = calendar.between(on, today) >= LAPSES_AFTER || (step <= 0 && due < today);
    let told = steps.iter().any(|(other, _)| *other >= step && was_sent(*other));
    (calendar.is_working_day(today) && !lapsed && !told).then_some((step, on))
}

fn signed(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

impl Deadline {
    /// The steps of the reminder ladder with their days, in order of time.
    #[must_use]
    pub fn steps(&self, calendar: &Calendar) -> Vec<(i32, NaiveDate)> {
        let after: &[u32] = match self.kind {
            DeadlineKind::Event => &[],
            DeadlineKind::Due => &self.reminders.after,
        };
        ladder_days(&self.reminders.before, after, self.last_working_day(calendar), calendar)
    }

    /// The last working day on which it can be done.
    #[must_use]
    pub fn last_working_day(&self, calendar: &Calendar) -> NaiveDate {
        calendar.on_or_before(self.on)
    }

    /// How many `party` has supplied by `today`: the larger of what the configuration and a command say.
    #[must_use]
    pub fn supplied(&self, party: &Party, today: NaiveDate) -> u32 {
        let recorded = self.recorded(party, today).map_or(0, |done| done.supplied);
        self.written(party, today).max(recorded)
    }

    /// How many `party` has supplied by `today`, as deadlines.toml says.
    #[must_use]
    pub fn written(&self, party: &Party, today: NaiveDate) -> u32 {
        self.said_of(party, today).filter(|done| done.by.is_none()).map(|done| done.supplied).sum()
    }

    /// What was recorded last by a command of what `party` has supplied by `today`.
    #[must_use]
    pub fn recorded(&self, party: &Party, today: NaiveDate) -> Option<&Progress> {
        self.said_of(party, today).filter(|done| done.by.is_some()).last()
    }

    fn said_of(&self, party: &Party, today: NaiveDate) -> impl Iterator<Item = &Progress> {
        self.progress.iter().filter(move |done| done.party == *party && done.on <= today)
    }

    /// The parties that are not done by `today`.
    #[must_use]
    pub fn outstanding(&self, today: NaiveDate) -> Vec<&Party> {
        self.parties.iter().filter(|party| self.supplied(party, today) < self.needed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn code(text: &str) -> AuthorityCode {
        AuthorityCode::parse(text).unwrap()
    }

    fn party() -> Party {
        Party::Authority(code("E06000022"))
    }

    fn calendar() -> Calendar {
        Calendar::new(["2017-12-25", "2017-12-26", "2018-01-01"].map(day))
    }

    fn due_on(date: &str, kind: DeadlineKind) -> Deadline {
        Deadline {
            id: "self-assessment-2017".to_owned(),
            title: "Self-assessment".to_owned(),
            asks: "Send the self-assessment".to_owned(),
            kind,
            on: day(date),
            wording: None,
            parties: vec![party()],
            needed: 1,
            progress: Vec::new(),
            reminders: Ladder {
                before: vec![20, 10, 5, 1],
                after: vec![1, 5],
                to: vec![Role::PerformanceLead],
                escalate: Some((5, vec![Role::Director])),
            },
            sequence: 0,
            cancelled: false,
        }
    }

    fn step_on(deadline: &Deadline, today: &str, sent: &[i32]) -> Option<i32> {
        notice_due(deadline, &party(), &calendar(), day(today), &|step| sent.contains(&step))
            .map(|due| due.step)
    }

    #[test]
    fn ten_working_days_before_1_december_2017_the_notice_falls_on_17_november() {
        let event = due_on("2017-12-01", DeadlineKind::Event);
        let notice = notice_due(&event, &party(), &calendar(), day("2017-11-17"), &|_| false).unwrap();
        assert_eq!((notice.step, notice.on), (-10, day("2017-11-17")));
        assert_eq!(step_on(&event, "2017-11-16", &[-20]), None);
    }

    #[test]
    fn before_july_2018_is_counted_from_friday_29_june() {
        let due = due_on("2018-06-30", DeadlineKind::Due);
        let days: Vec<_> =
            due.steps(&calendar()).into_iter().map(|(step, on)| (step, on.to_string())).collect();
        let expected = [
            (-20, "2018-06-01"),
            (-10, "2018-06-15"),
            (-5, "2018-06-22"),
            (-1, "2018-06-28"),
            (1, "2018-07-02"),
            (5, "2018-07-06"),
        ];
        assert_eq!(days, expected.map(|(step, on)| (step, on.to_owned())));
    }

    #[test]
    fn a_daemon_that_slept_sends_only_the_last_notice() {
        let due = due_on("2017-12-01", DeadlineKind::Due);
        assert_eq!(step_on(&due, "2017-11-27", &[]), Some(-5));
        assert_eq!(step_on(&due, "2017-11-27", &[-5]), None);
        assert_eq!(step_on(&due, "2017-11-27", &[-20, -10]), Some(-5));
    }

    #[test]
    fn a_step_lapses_five_working_days_after_its_own_day() {
        let mut due = due_on("2017-12-01", DeadlineKind::Due);
        due.reminders.before = vec![20];
        assert_eq!(due.steps(&calendar())[0].1, day("2017-11-03"));
        assert_eq!(step_on(&due, "2017-11-09", &[]), Some(-20));
        assert_eq!(step_on(&due, "2017-11-10", &[]), None);
        assert_eq!(step_on(&due, "2018-03-01", &[]), None);
    }

    #[test]
    fn nothing_is_announced_when_the_day_is_over() {
        let event = due_on("2017-12-01", DeadlineKind::Event);
        assert_eq!(step_on(&event, "2017-12-01", &[-20, -10, -5]), Some(-1));
        assert_eq!(step_on(&event, "2017-12-04", &[-20, -10, -5]), None);
    }

    #[test]
    fn what_is_due_is_asked_for_after_the_day_and_an_event_is_not() {
        let sent = [-20, -10, -5, -1];
        assert_eq!(step_on(&due_on("2017-12-01", DeadlineKind::Due), "2017-12-04", &sent), Some(1));
        assert_eq!(step_on(&due_on("2017-12-01", DeadlineKind::Event), "2017-12-04", &sent), None);
    }

    #[test]
    fn a_step_is_not_sent_after_a_later_one() {
        let due = due_on("2017-12-01", DeadlineKind::Due);
        assert_eq!(step_on(&due, "2017-11-17", &[-5]), None);
    }

    #[test]
    fn a_party_that_is_done_or_released_hears_nothing() {
        let mut due = due_on("2017-12-01", DeadlineKind::Due);
        due.needed = 4;
        due.progress = vec![Progress { party: party(), supplied: 3, on: day("2017-11-01"), by: None }];
        assert_eq!(step_on(&due, "2017-11-17", &[]), Some(-10));
        due.progress.push(Progress { party: party(), supplied: 1, on: day("2017-11-17"), by: None });
        assert_eq!(step_on(&due, "2017-11-16", &[]), None, "the step of 3 November has lapsed");
        assert_eq!(step_on(&due, "2017-11-17", &[]), None);
        let cancelled = Deadline { cancelled: true, ..due_on("2017-12-01", DeadlineKind::Due) };
        assert_eq!(step_on(&cancelled, "2017-11-17", &[]), None);
        let of_others = Deadline { parties: vec![Party::Region], ..due_on("2017-12-01", DeadlineKind::Due) };
        assert_eq!(step_on(&of_others, "2017-11-17", &[]), None);
    }

    #[test]
    fn what_both_the_file_and_a_command_say_is_counted_once() {
        let mut due = due_on("2017-12-01", DeadlineKind::Due);
        due.needed = 4;
        let said = |supplied, on: &str, by: Option<&str>| Progress {
            party: party(),
            supplied,
            on: day(on),
            by: by.map(str::to_owned),
        };
        due.progress = vec![said(1, "2017-11-01", None), said(1, "2017-11-02", None)];
        due.progress.push(said(2, "2017-11-03", Some("Ann")));
        let supplied = |due: &Deadline, today: &str| due.supplied(&party(), day(today));
        assert_eq!(supplied(&due, "2017-11-03"), 2, "the same two");
        due.progress.push(said(3, "2017-11-06", Some("Ann")));
        assert_eq!((supplied(&due, "2017-11-03"), supplied(&due, "2017-11-06")), (2, 3));
        assert_eq!(due.recorded(&party(), day("2017-11-06")).unwrap().supplied, 3);
        assert_eq!(due.written(&party(), day("2017-11-06")), 2);
    }

    #[test]
    fn nobody_is_written_to_at_the_weekend() {
        let due = due_on("2017-12-01", DeadlineKind::Due);
        assert_eq!(step_on(&due, "2017-11-18", &[]), None);
        assert_eq!(step_on(&due, "2017-11-20", &[]), Some(-10));
    }

    #[test]
    fn others_are_written_to_only_once_it_is_late_enough() {
        let ladder = due_on("2017-12-01", DeadlineKind::Due).reminders;
        assert_eq!(ladder.escalates(1), []);
        assert_eq!(ladder.escalates(5), [Role::Director]);
        assert_eq!(ladder.escalates(-20), []);
    }

    #[test]
    fn a_late_return_is_chased_by_the_same_rule() {
        let chase = Chase { before: &[5], after: &[1, 5, 10] };
        let step = |today: &str| chase_due(day("2017-11-10"), chase, &calendar(), day(today), &|_| false);
        assert_eq!(step("2017-11-03"), Some(-5));
        assert_eq!(step("2017-11-10"), None, "the note of 3 November has lapsed");
        assert_eq!(step("2017-11-13"), Some(1));
        assert_eq!(step("2017-11-17"), Some(5));
        assert_eq!(step("2017-11-27"), Some(10));
        assert_eq!(step("2017-12-01"), None);
    }
}
