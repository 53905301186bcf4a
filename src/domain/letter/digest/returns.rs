//! Returns and deadlines as a digest shows them.

use crate::domain::deadline::DeadlineKind;
use crate::domain::letter::digest::facts::{Arrival, DeadlineFact, ReturnFact};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::{slips, table, words};
use crate::domain::message::{Block, Table};

const DUE_SOON_DAYS: i64 = 42;

/// What became of each return, with its errors by reason.
pub(super) fn detail(seen: &Seen) -> Vec<Block> {
    let mut blocks = Vec::new();
    for expected in &seen.returns {
        blocks.push(words::paragraph(arrival(expected)));
        if let Arrival::Received { errors, .. } = &expected.arrival {
            blocks.extend(slips::bullets(errors));
        }
    }
    blocks
}

/// One line per return that is not in.
pub(super) fn outstanding_lines(seen: &Seen) -> Vec<String> {
    outstanding(seen).into_iter().map(arrival).collect()
}

/// The returns that are overdue or were refused, as a table; a line when none is; then who is still to send.
pub(super) fn outstanding_table(seen: &Seen) -> Vec<Block> {
    let (pending, missing): (Vec<&ReturnFact>, Vec<&ReturnFact>) =
        outstanding(seen).into_iter().partition(|expected| is_pending(expected));
    let mut blocks = vec![overdue_table(seen, &missing)];
    blocks.extend(words::bullets(pending_lines(seen, &pending)));
    blocks
}

fn overdue_table(seen: &Seen, missing: &[&ReturnFact]) -> Block {
    if missing.is_empty() {
        return words::paragraph("All returns that were due are in.");
    }
    let columns = vec![
        table::left("Authority"),
        table::left("Return"),
        table::left("Quarter"),
        table::left("Due"),
        table::right("Working days late"),
        table::left("What came"),
    ];
    let rows = missing.iter().map(|expected| outstanding_row(expected)).collect();
    let caption = format!(
        "Returns not received by {}: {} of {}",
        words::day(seen.facts.known_on),
        missing.len(),
        seen.returns.iter().filter(|expected| !is_pending(expected)).count()
    );
    Block::Table(Table { caption, columns, rows })
}

/// Nothing came, and nothing had to yet.
fn is_pending(expected: &ReturnFact) -> bool {
    expected.arrival == Arrival::Outstanding && expected.working_days_late <= 0
}

/// A line per collection, quarter and day: who is still to send.
fn pending_lines(seen: &Seen, pending: &[&ReturnFact]) -> Vec<String> {
    let same = |a: &ReturnFact, b: &ReturnFact| {
        a.collection_title == b.collection_title && a.quarter == b.quarter && a.due == b.due
    };
    let mut groups: Vec<Vec<&ReturnFact>> = Vec::new();
    for expected in pending {
        match groups.iter_mut().find(|group| group.iter().any(|one| same(one, expected))) {
            Some(group) => group.push(expected),
            None => groups.push(vec![expected]),
        }
    }
    let line = |group: &Vec<&ReturnFact>| {
        let first = group.first()?;
        let all = seen.returns.iter().filter(|one| same(one, first)).count();
        let names: Vec<&str> = group.iter().map(|one| one.authority.name.as_str()).collect();
        let day = first.due.map_or_else(String::new, |due| format!(" is due on {}", words::day(due)));
        let who = if names.len() == all {
            format!("none of {all} has been sent yet")
        } else {
            format!("{} of {all} still to come, from {}", names.len(), words::listed(&names))
        };
        Some(format!("{} of {}{day}: {who}.", first.collection_title, first.quarter))
    };
    groups.iter().filter_map(line).collect()
}

/// Deadlines of the next six weeks and those that passed, soonest first.
pub(super) fn deadline_lines(seen: &Seen) -> Vec<String> {
    let until = seen.facts.written_on() + chrono::Duration::days(DUE_SOON_DAYS);
    let mut soon: Vec<&&DeadlineFact> =
        seen.deadlines.iter().filter(|deadline| deadline.on <= until && is_open(deadline)).collect();
    soon.sort_by(|a, b| a.on.cmp(&b.on).then_with(|| a.title.cmp(&b.title)));
    soon.into_iter().map(|deadline| deadline_words(deadline)).collect()
}

/// Every deadline with somebody outstanding, one row per deadline.
pub(super) fn deadline_table(seen: &Seen) -> Vec<Block> {
    let mut rows: Vec<(&DeadlineFact, Vec<String>)> = Vec::new();
    let mut open: Vec<&&DeadlineFact> = seen.deadlines.iter().filter(|deadline| is_open(deadline)).collect();
    open.sort_by(|a, b| a.on.cmp(&b.on).then_with(|| a.title.cmp(&b.title)));
    for deadline in open {
        match rows.iter_mut().find(|(row, _)| row.title == deadline.title && row.on == deadline.on) {
            Some((_, parties)) => parties.push(party(deadline)),
            None => rows.push((deadline, vec![party(deadline)])),
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = vec![
        table::left("What"),
        table::left("Day"),
        table::right("Working days left"),
        table::left("Outstanding"),
    ];
    let rows = rows
        .into_iter()
        .map(|(deadline, parties)| {
            let left = deadline.working_days_left;
            let left = if left < 0 { format!("{} overdue", left.unsigned_abs()) } else { left.to_string() };
            vec![deadline.title.clone(), words::day(deadline.on), left, parties.join("; ")]
        })
        .collect();
    vec![Block::Table(Table { caption: "Deadlines with somebody outstanding".to_owned(), columns, rows })]
}

fn outstanding<'a>(seen: &Seen<'a>) -> Vec<&'a ReturnFact> {
    let mut missing: Vec<&ReturnFact> = seen
        .returns
        .iter()
        .copied()
        .filter(|expected| !matches!(expected.arrival, Arrival::Received { .. }))
        .collect();
    missing.sort_by(|a, b| {
        b.working_days_late.cmp(&a.working_days_late).then_with(|| a.authority.name.cmp(&b.authority.name))
    });
    missing
}

fn arrival(expected: &ReturnFact) -> String {
    let subject = format!(
        "{} of {}, {}",
        expected.collection_title,
        expected.authority.name,
        expected.quarter.long_label()
    );
    match &expected.arrival {
        Arrival::Received { on, version, rows_accepted, rows_quarantined, .. } => format!(
            "{subject}: version {version} received on {}{}. {} read: {rows_accepted} accepted, \
             {rows_quarantined} set aside.",
            words::day(*on),
            if *version <= 1 { lateness(expected.working_days_late) } else { String::new() },
            words::counted(rows_accepted + rows_quarantined, "row", "rows"),
        ),
        Arrival::Refused { on, reason } => format!(
            "{subject}: a file came on {} and was not accepted. {}{}",
            words::day(*on),
            words::sentence(reason),
            due(expected)
        ),
        Arrival::Outstanding => format!("{subject}: not received.{}", due(expected)),
    }
}

fn due(expected: &ReturnFact) -> String {
    let Some(day) = expected.due else { return String::new() };
    match expected.working_days_late {
        ..=0 => format!(" It is due on {}.", words::day(day)),
        late => format!(" It was due on {}, {} ago.", words::day(day), words::working_days(late)),
    }
}

fn lateness(working_days: i32) -> String {
    if working_days > 0 {
        format!(", {} after the due day", words::working_days(working_days))
    } else {
        String::new()
    }
}

fn outstanding_row(expected: &ReturnFact) -> Vec<String> {
    let came = match &expected.arrival {
        Arrival::Refused { reason, .. } => format!("a file that was not accepted: {reason}"),
        Arrival::Outstanding | Arrival::Received { .. } => "nothing".to_owned(),
    };
    let due = expected.due.map_or_else(|| "no due day".to_owned(), words::day);
    let late = expected.working_days_late;
    vec![
        expected.authority.name.clone(),
        expected.collection_title.clone(),
        expected.quarter.to_string(),
        due,
        if late > 0 { late.to_string() } else { "not yet due".to_owned() },
        came,
    ]
}

fn is_open(deadline: &DeadlineFact) -> bool {
    deadline.supplied < deadline.needed
}

fn deadline_words(deadline: &DeadlineFact) -> String {
    let day = match deadline.kind {
        DeadlineKind::Event => words::day(deadline.on),
        DeadlineKind::Due => format!("by {}", words::day(deadline.on)),
    };
    let left = match deadline.working_days_left {
        ..0 => format!("{} overdue", words::working_days(deadline.working_days_left)),
        0 => "today".to_owned(),
        days => format!("in {}", words::working_days(days)),
    };
    format!("{}: {day}, {left}. Outstanding: {}.", deadline.title, party(deadline))
}

fn party(deadline: &DeadlineFact) -> String {
    let names: Vec<&str> = deadline.authorities.iter().map(|named| named.name.as_str()).collect();
    let who = if names.is_empty() { "the region".to_owned() } else { words::listed(&names) };
    if deadline.needed > 1 { format!("{who} ({} of {})", deadline.supplied, deadline.needed) } else { who }
}
