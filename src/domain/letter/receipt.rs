//! The words of a receipt: what came in, what was wrong with it, and something useful back.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::check::{DOUBTS, looks_back};
use crate::domain::letter::facts::{Named, OwnFigure, Revision, View};
use crate::domain::letter::{Draft, Occasion, slips, table, words};
use crate::domain::message::{Attachment, Block, Cell, Kind, Letter, MessageKey, Table};
use crate::domain::quarter::Quarter;
use crate::domain::scope::Recipient;
use crate::domain::slip::{Group, Slip};

/// So many figures stand in the mail, those that moved most; the others are attached.
const FIGURES_MAX: usize = 8;
const FIGURES_FILE: &str = "your-figures.csv";
const HASH_CHARS: usize = 12;
/// The code of the remark on figures that a publisher's new version no longer has.
pub const TAKEN_BACK: &str = "no-longer-published";

/// What a receipt is written from: one submission.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptFacts {
    /// The collection's short name.
    pub collection: String,
    /// What people call it, such as `Quarterly return`.
    pub collection_title: String,
    /// Whose return; none for a publisher's file, which is about many.
    pub authority: Option<Named>,
    /// Of which quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
    /// The file's name as sent.
    pub file_name: String,
    /// Its SHA-256, in hexadecimal.
    pub hash: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Working days after the due day; none when nothing was due.
    pub working_days_late: Option<i32>,
    /// Accepted or refused.
    pub verdict: Verdict,
    /// What was noticed on the way in, such as `the encoding was converted`.
    pub remarks: Vec<Group>,
}

impl ReceiptFacts {
    /// Whether it is a publisher's file, which nobody who reads this can send again.
    fn is_published(&self) -> bool {
        self.authority.is_none()
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It counts.
    Accepted(Accepted),
    /// Nothing of it counts; what was there before still does.
    Refused {
        /// Why, in a plain sentence.
        reason: String,
        /// The version that counts, and the day it came.
        standing: Option<(u32, NaiveDate)>,
        /// What is wrong with the rows for which it was refused; only for its sender.
        errors: Vec<Group>,
        /// Each of these slips. They are attached as a file.
        slips: Vec<Slip>,
    },
}

/// What is said of an accepted file.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// 1 for the first.
    pub version: u32,
    /// The version that counted until it came; none where none did.
    pub replaces: Option<u32>,
    /// Rows read: accepted plus quarantined.
    pub rows_read: usize,
    /// Rows that count.
    pub rows_accepted: usize,
    /// Rows that were refused.
    pub rows_quarantined: usize,
    /// What is wrong with them, by kind.
    pub errors: Vec<Group>,
    /// Each of these slips: a row may have several. They are attached as a file.
    pub slips: Vec<Slip>,
    /// Names of indicators that were expected and are not in the file.
    pub missing: Vec<String>,
    /// Names of indicators that are in the file, and of which every row was set aside.
    pub set_aside: Vec<String>,
    /// What changed against the version before.
    pub revisions: Vec<Revision>,
    /// The sender's own figures with comparisons, those first that moved most.
    pub headlines: Vec<OwnFigure>,
}

/// The key of a receipt: one per version, or per refused file.
#[must_use]
pub fn key(facts: &ReceiptFacts, recipient: &Recipient) -> MessageKey {
    let authority = facts.authority.as_ref().map_or("all", |authority| authority.code.as_str());
    let quarter = facts.quarter.map_or_else(|| "all".to_owned(), |quarter| quarter.to_string());
    let hash: String = facts.hash.chars().take(HASH_CHARS).collect();
    let period = match &facts.verdict {
        Verdict::Accepted(accepted) if facts.authority.is_some() => {
            format!("{quarter} v{}", accepted.version)
        }
        Verdict::Accepted(_) => format!("{quarter} file {hash}"),
        Verdict::Refused { .. } => format!("{quarter} refused {hash}"),
    };
    MessageKey::of(Kind::Receipt, &format!("{}-{authority}", facts.collection), &period, &recipient.id)
}

/// The receipt for one submission; none when the recipient may not see the authority.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &ReceiptFacts) -> Option<Letter> {
    if facts.authority.as_ref().is_some_and(|authority| !occasion.recipient.may_see(&authority.code)) {
        return None;
    }
    let subject_of = subject_of(facts);
    let (subject, preheader, blocks) = match &facts.verdict {
        Verdict::Accepted(accepted) => (
            match published_version(&facts.file_name).filter(|_| facts.is_published()) {
                Some(version) => format!("Received: {}, version {version}", facts.collection_title),
                None if facts.is_published() => format!("Received: {subject_of}"),
                None => with_version(&format!("Received: {subject_of}"), accepted.version),
            },
            accepted_counts(accepted),
            accepted_blocks(occasion, facts, accepted),
        ),
        Verdict::Refused { reason, standing, errors, .. } => (
            format!("Not accepted: {subject_of}"),
            format!("0 rows taken in. {}", words::sentence(reason)),
            refused_blocks(occasion, facts, reason, *standing, errors),
        ),
    };
    let (whose, what) = (whose(occasion, facts), words::lowered(&facts.collection_title));
    let title = if matches!(facts.verdict, Verdict::Accepted(_)) {
        format!("We have received {whose} {what}")
    } else {
        format!("We could not accept {whose} {what}")
    };
    let rows = match &facts.verdict {
        Verdict::Accepted(accepted) => &accepted.slips,
        Verdict::Refused { slips, .. } => slips,
    };
    let mut attachments: Vec<Attachment> =
        (!rows.is_empty()).then(|| slips::attachment(rows)).into_iter().collect();
    attachments.extend(own_figures(occasion, facts));
    Some(occasion.letter(Draft {
        key: key(facts, occasion.recipient),
        kind: Kind::Receipt,
        subject,
        preheader,
        title,
        blocks,
        attachments,
        first: None,
    }))
}

/// A long name is cut, the version at its end is not: it tells the receipts of one return apart.
pub(super) fn with_version(subject: &str, version: u32) -> String {
    let version = format!(", version {version}");
    let room = words::SUBJECT_CHARS_MAX.saturating_sub(version.chars().count());
    format!("{}{version}", words::shortened(subject, room))
}

/// `your` to its sender, and the authority's name to whoever else hears of it.
fn whose(occasion: &Occasion, facts: &ReceiptFacts) -> String {
    match &facts.authority {
        None => "the".to_owned(),
        Some(authority) if occasion.recipient.owns(&authority.code) => "your".to_owned(),
        Some(authority) => format!("{}\u{2019}s", authority.name),
    }
}

fn subject_of(facts: &ReceiptFacts) -> String {
    match (facts.quarter, &facts.authority) {
        (Some(quarter), Some(authority)) => {
            format!("{} {quarter}, {}", facts.collection_title, authority.name)
        }
        _ => format!("{}, {}", facts.collection_title, facts.file_name),
    }
}

/// The version of a data set that its file's name ends with: `1.1` of `.._v1.1.csv`.
fn published_version(file_name: &str) -> Option<&str> {
    let (_, version) = file_name.strip_suffix(".csv")?.rsplit_once("_v")?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (numbers, _) = version.split_once('_').unwrap_or((version, ""));
    numbers.split('.').all(is_number).then_some(numbers)
}

fn accepted_counts(accepted: &Accepted) -> String {
    let (missing, aside) = (accepted.missing.len(), accepted.set_aside.len());
    let missing = (missing > 0)
        .then(|| format!(" {} missing.", words::counted(missing, "indicator is", "indicators are")));
    let aside = (aside > 0)
        .then(|| format!(" {} set aside.", words::counted(aside, "indicator was", "indicators were")));
    let nothing = " No indicator is missing.".to_owned();
    let gaps = if missing.is_none() && aside.is_none() { Some(nothing) } else { None };
    let gaps: String = [gaps, missing, aside].into_iter().flatten().collect();
    format!(
        "{} read: {} accepted, {} set aside.{gaps}",
        words::counted(accepted.rows_read, "row", "rows"),
        accepted.rows_accepted,
        accepted.rows_quarantined,
    )
}

fn accepted_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let mut blocks = vec![words::paragraph(format!("Thank you. {}", arrival(occasion, facts)))];
    blocks.push(words::paragraph(format!(
        "{} {}",
        version_words(facts, accepted),
        accepted_counts(accepted)
    )));
    blocks.extend(late(facts));
    blocks.extend(rows_not_accepted(&accepted.errors));
    let set_aside = missing_blocks(&accepted.set_aside);
    blocks.extend(words::section("Indicators of which every row was set aside", set_aside));
    blocks.extend(words::section("Indicators that are not in the file", missing_blocks(&accepted.missing)));
    blocks.extend(words::section("What to do", to_do(facts, accepted)));
    blocks.extend(words::section("What we noticed", slips::bullets(&facts.remarks)));
    blocks.extend(revision_blocks(occasion, facts, accepted));
    blocks.extend(headline_blocks(occasion, facts, accepted));
    blocks.push(occasion.questions());
    blocks
}

/// The rows that were not accepted, by reason.
fn rows_not_accepted(errors: &[Group]) -> Vec<Block> {
    let mut blocks = slips::bullets(errors);
    if !errors.is_empty() {
        blocks.push(words::paragraph(format!("Each of these slips is in the attached `{}`.", slips::FILE)));
    }
    words::section("Rows that were not accepted", blocks)
}

fn refused_blocks(
    occasion: &Occasion,
    facts: &ReceiptFacts,
    reason: &str,
    standing: Option<(u32, NaiveDate)>,
    errors: &[Group],
) -> Vec<Block> {
    let kept = "The file is kept as it came. Nothing was replaced.";
    let counts = match standing {
        Some((version, on)) => format!("Version {version}, received on {}, still counts.", words::day(on)),
        None if facts.quarter.is_some() => "No version of this return has been accepted yet.".to_owned(),
        None => "What was taken in before still counts.".to_owned(),
    };
    let mut blocks = vec![words::paragraph(format!("{} We could not take it in.", arrival(occasion, facts)))];
    blocks.extend(words::section("Why", vec![words::paragraph(words::sentence(reason))]));
    blocks.extend(rows_not_accepted(errors));
    let is_own = facts.authority.as_ref().is_some_and(|one| occasion.recipient.owns(&one.code));
    let next = if !is_own && !facts.is_published() {
        format!(
            "The sender was told the same. If the return is meant to be smaller, ask {} to take the file in \
             as it is.",
            occasion.contact
        )
    } else if facts.is_published() {
        "Fetch the file again from where it is published, whole and as it is. If it is refused again, the \
         configuration does not know its layout yet."
            .to_owned()
    } else {
        "Correct the file and send the whole of it again. A new receipt will follow.".to_owned()
    };
    blocks.extend(words::section("What to do", vec![words::paragraph(next)]));
    blocks.push(words::paragraph(format!("{kept} {counts}")));
    blocks.extend(words::section("What we noticed", slips::bullets(&facts.remarks)));
    blocks.push(occasion.questions());
    blocks
}

fn arrival(occasion: &Occasion, facts: &ReceiptFacts) -> String {
    let about = match (&facts.authority, facts.quarter) {
        (Some(authority), Some(quarter)) => format!(" from {} for {}", authority.name, quarter.long_label()),
        (Some(authority), None) => format!(" from {}", authority.name),
        (None, Some(quarter)) => format!(" for {}", quarter.long_label()),
        (None, None) => String::new(),
    };
    format!(
        "The file `{}`{about} was received on {}.",
        facts.file_name,
        words::moment(facts.received_at, occasion.zone)
    )
}

fn version_words(facts: &ReceiptFacts, accepted: &Accepted) -> String {
    let version = accepted.version;
    match accepted.replaces {
        _ if facts.is_published() => {
            "What earlier files said, and this one does not, still counts.".to_owned()
        }
        Some(before) => format!("It is version {version} and replaces version {before}, which is kept."),
        None => format!("It is version {version}."),
    }
}

fn late(facts: &ReceiptFacts) -> Option<Block> {
    let days = facts.working_days_late.filter(|days| *days > 0)?;
    Some(words::paragraph(format!("It came {} after the due day.", words::working_days(days))))
}

fn missing_blocks(missing: &[String]) -> Vec<Block> {
    words::bullets(missing.to_vec())
}

fn to_do(facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let mut items = Vec::new();
    if facts.is_published() {
        return to_do_for_published(facts, accepted);
    }
    if !accepted.errors.is_empty() {
        items.push(
            "Correct these rows and send the whole file again. It becomes the next version. Until then the \
             accepted rows count."
                .to_owned(),
        );
    }
    if !accepted.missing.is_empty() {
        items.push(
            "Add the missing indicators. If you cannot supply one, send its row with the status \
                `unavailable`."
                .to_owned(),
        );
    }
    let is_doubtful = |group: &Group| DOUBTS.contains(&group.code.as_str()) || looks_back(&group.code);
    if facts.remarks.iter().any(is_doubtful) {
        items.push(
            "Look at the figures that we noticed, below. Where one is wrong, correct it and send the whole \
             file again."
                .to_owned(),
        );
    }
    if items.is_empty() {
        return vec![words::paragraph("Nothing. The return is complete.")];
    }
    words::bullets(items)
}

/// Nobody can correct a publisher's file: only how we read it.
fn to_do_for_published(facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let is_taken_back = facts.remarks.iter().any(|group| group.code == TAKEN_BACK);
    if accepted.errors.is_empty() && accepted.missing.is_empty() && !is_taken_back {
        return vec![words::paragraph("Nothing. Every row was taken in.")];
    }
    let mut items = Vec::new();
    if !accepted.errors.is_empty() {
        items.push(
            "Nothing has to be sent again. The rows above are left out, and the others count. If one of \
             them should count, the configuration does not know its authority, measure or symbol yet."
                .to_owned(),
        );
    }
    if is_taken_back {
        items.push(
            "Ask the publisher why figures are no longer published, below. Until a later file has them \
             again, or others in their place, they count as last published, and whoever uses them should \
             know."
                .to_owned(),
        );
    }
    if !accepted.missing.is_empty() {
        items.push(
            "Of the indicators that are not in this file, what other files of the publisher said still \
             counts."
                .to_owned(),
        );
    }
    words::bullets(items)
}

fn revision_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    if accepted.version <= 1 || View::of(occasion.recipient) == View::Sentences {
        return Vec::new();
    }
    // A publisher's version counts its files, which need not be about the same.
    let heading = match (&facts.authority, accepted.replaces) {
        (Some(_), Some(before)) => format!("What changed against version {before}"),
        (Some(_), None) => return Vec::new(),
        (None, _) => "What changed against the files before".to_owned(),
    };
    let seen: Vec<&Revision> = accepted
        .revisions
        .iter()
        .filter(|revision| occasion.recipient.may_see(&revision.authority.code))
        .collect();
    if seen.is_empty() && facts.authority.is_none() {
        return Vec::new();
    }
    let block = if seen.is_empty() {
        words::paragraph("No figure changed.")
    } else {
        let caption = words::counted(seen.len(), "figure changed", "figures changed");
        Block::Table(table::revisions(caption, &seen))
    };
    words::section(&heading, vec![block])
}

fn headline_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let seen = seen_figures(occasion, accepted);
    let shown: Vec<&OwnFigure> = seen.iter().copied().take(FIGURES_MAX).collect();
    let Some(table) = figures_table(occasion, facts, &shown) else { return Vec::new() };
    let mut note =
        "The region's value is the sum over those authorities that have sent so far. It will move."
            .to_owned();
    let more = seen.len().saturating_sub(shown.len());
    if more > 0 {
        note = format!(
            "These are the {} that moved most against last year, beyond what chance does; {more} more are in \
             the attached `{FIGURES_FILE}`. {note}",
            words::counted(shown.len(), "figure", "figures")
        );
    }
    words::section(
        "Your figures beside last year and the region",
        vec![Block::Table(table), Block::Note(note)],
    )
}

fn seen_figures<'a>(occasion: &Occasion, accepted: &'a Accepted) -> Vec<&'a OwnFigure> {
    let recipient = occasion.recipient;
    if View::of(recipient) == View::Sentences {
        return Vec::new();
    }
    accepted.headlines.iter().filter(|own| recipient.may_see(&own.authority.code)).collect()
}

fn figures_table(occasion: &Occasion, facts: &ReceiptFacts, figures: &[&OwnFigure]) -> Option<Table> {
    let (first, quarter) = (figures.first()?, facts.quarter?);
    let time = first.indicator.stretch.long_name(quarter);
    let caption = format!("Figures of {}, {time}", first.authority.name);
    Some(table::own_figures(&caption, occasion.region, (quarter, first.indicator.stretch), figures))
}

/// All of the figures as a file, where the mail shows some of them only.
fn own_figures(occasion: &Occasion, facts: &ReceiptFacts) -> Option<Attachment> {
    let Verdict::Accepted(accepted) = &facts.verdict else { return None };
    let seen = seen_figures(occasion, accepted);
    let table = figures_table(occasion, facts, &seen).filter(|_| seen.len() > FIGURES_MAX)?;
    let columns = table.columns.into_iter().map(|column| column.heading).collect();
    let rows = table.rows.into_iter().map(|row| row.into_iter().map(Cell::Text).collect()).collect();
    Some(Attachment::Figures { file_name: FIGURES_FILE.to_owned(), columns, rows })
}
