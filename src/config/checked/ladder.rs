//! Ladders of working days: of deadlines and of late returns.

use crate::config::checked::{Desk, Folder};
use crate::config::problem::Text;
use crate::config::settings::Chasing;
use crate::config::shape::Read;
use crate::config::written::deadlines::LadderToml;
use crate::config::written::quarterdeck::{ChasingToml, QuarterdeckToml};
use crate::config::written::recipients::RoleWord;
use crate::config::written::typed::At;
use crate::domain::deadline::Ladder;
use crate::domain::scope::{Recipient, Role};

/// The order in which the steps of a ladder must be written.
#[derive(Clone, Copy)]
enum Order {
    Falling,
    Rising,
}

/// Chasing of late returns.
pub fn chasing(main: &Read<QuarterdeckToml>, desk: &mut Desk) -> Option<Chasing> {
    let typed = main.value.as_ref()?.chasing.as_ref()?;
    let text = &main.text;
    steps(text, "chasing", "before", &typed.before, Order::Falling, desk);
    steps(text, "chasing", "after", &typed.after, Order::Rising, desk);
    Some(Chasing {
        before: typed.before.value.clone(),
        after: typed.after.value.clone(),
        to: roles(&typed.to),
        escalate: escalate(
            text,
            "chasing",
            typed.escalate_after.as_ref(),
            typed.escalate_to.as_deref(),
            desk,
        ),
    })
}

/// A ladder; what `own` leaves out is taken from `common`.
pub fn deadline(
    text: &Text,
    at: &str,
    own: Option<&LadderToml>,
    common: &LadderToml,
    desk: &mut Desk,
) -> Ladder {
    if let Some(own) = own {
        check(text, &format!("{at}: reminders"), own, desk);
    }
    let own = own.unwrap_or(common);
    let before = own.before.as_ref().or(common.before.as_ref());
    let after = own.after.as_ref().or(common.after.as_ref());
    let to = own.to.as_ref().or(common.to.as_ref());
    let escalate_after = own.escalate_after.as_ref().or(common.escalate_after.as_ref());
    let escalate_to = own.escalate_to.as_ref().or(common.escalate_to.as_ref());
    let escalate = escalate_after.zip(escalate_to).map(|(days, people)| (days.value, roles(people)));
    Ladder {
        before: before.map(|steps| steps.value.clone()).unwrap_or_default(),
        after: after.map(|steps| steps.value.clone()).unwrap_or_default(),
        to: to.map(|people| roles(people)).unwrap_or_default(),
        escalate,
    }
}

/// Checks the steps of a ladder where it is written.
pub fn check(text: &Text, at: &str, typed: &LadderToml, desk: &mut Desk) {
    if let Some(before) = &typed.before {
        steps(text, at, "before", before, Order::Falling, desk);
    }
    if let Some(after) = &typed.after {
        steps(text, at, "after", after, Order::Rising, desk);
    }
}

fn steps(text: &Text, at: &str, key: &str, typed: &At<Vec<u32>>, order: Order, desk: &mut Desk) {
    let (right, word) = match order {
        Order::Falling => (typed.windows(2).all(|pair| pair.first() > pair.last()), "falling"),
        Order::Rising => (typed.windows(2).all(|pair| pair.first() < pair.last()), "rising"),
    };
    if !right {
        let sentence = format!("{at}: `{key} = {:?}`: write the working days {word}, each once", typed.value);
        desk.problem(text, &typed.span, sentence);
    }
}

fn roles(typed: &[At<RoleWord>]) -> Vec<Role> {
    typed.iter().map(|role| role.value.into()).collect()
}

fn escalate(
    text: &Text,
    at: &str,
    days: Option<&At<u32>>,
    people: Option<&[At<RoleWord>]>,
    desk: &mut Desk,
) -> Option<(u32, Vec<Role>)> {
    match (days, people) {
        (Some(days), Some(people)) => Some((days.value, roles(people))),
        (Some(days), None) => {
            desk.problem(text, &days.span, format!("{at}: `escalate_after` needs `escalate_to`"));
            None
        }
        (None, Some(people)) => {
            let span = people.first().map_or(0..0, |role| role.span.clone());
            desk.problem(text, &span, format!("{at}: `escalate_to` needs `escalate_after`"));
            None
        }
        (None, None) => None,
    }
}

/// A ladder that writes to a role which nobody has would be silent: a warning.
pub fn roles_without_people(folder: &Folder<'_>, people: &[Recipient], desk: &mut Desk) {
    if people.is_empty() {
        return;
    }
    let mut look = |text: &Text, at: &str, role: &At<RoleWord>| {
        let role_word = Role::from(role.value);
        if !people.iter().any(|recipient| recipient.role == role_word) {
            let sentence = format!("{at}: nobody in recipients.toml has the role `{}`", role_word.word());
            desk.warning(text, &role.span, sentence);
        }
    };
    let main = folder.quarterdeck.value.as_ref();
    let written =
        |typed: &ChasingToml| [typed.to.clone(), typed.escalate_to.clone().unwrap_or_default()].concat();
    for role in main.and_then(|main| main.chasing.as_ref()).map(written).unwrap_or_default() {
        look(&folder.quarterdeck.text, "chasing", &role);
    }
    let Some(file) = &folder.deadlines.value else { return };
    let own =
        file.deadline.iter().filter_map(|typed| Some((typed.id.value.as_str(), typed.reminders.as_ref()?)));
    for (at, typed) in file.reminders.iter().map(|common| ("reminders", common)).chain(own) {
        for role in typed.to.iter().chain(typed.escalate_to.iter()).flatten() {
            look(&folder.deadlines.text, at, role);
        }
    }
}
