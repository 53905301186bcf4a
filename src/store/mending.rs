//! A damaged journal made whole: its own whole lines, then the database's copy, then the newest backup.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::store::journal::{Flaw, Happened, Line, opened, sealed};
use crate::store::mirror::is_same;

/// A journal made whole again, as far as it could be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Each line as written, by its number.
    texts: BTreeMap<u64, String>,
    /// The last number that any source knows.
    pub last: u64,
    /// Lines that were whole in the damaged file.
    pub own: usize,
    /// Lines that only the database's copy had.
    pub from_database: usize,
    /// Lines that only the backup had.
    pub from_backup: usize,
    /// Numbers of lines that nobody has.
    pub missing: Vec<u64>,
    /// Whether the file still ended with the last line that any source knows: then none is missing after it.
    pub end_is_certain: bool,
}

/// Puts the lines of a damaged journal together. A source that tells another past is left out.
///
/// # Errors
/// When a line cannot be written down.
pub fn mend(damaged: &[u8], database: &[Line], backup: &[Line]) -> io::Result<Mended> {
    let (own, last_own) = whole_lines(damaged);
    let mut mended = Mended { own: own.len(), ..Mended::default() };
    let mut known: BTreeMap<u64, Line> = BTreeMap::new();
    for (line, text) in own {
        mended.texts.entry(line.seq).or_insert(text);
        known.entry(line.seq).or_insert(line);
    }
    mended.from_database = add(&mut mended.texts, &mut known, database)?;
    mended.from_backup = add(&mut mended.texts, &mut known, backup)?;
    mended.last = known.last_key_value().map_or(0, |(seq, _)| *seq);
    mended.missing = (1..=mended.last).filter(|seq| !known.contains_key(seq)).collect();
    mended.end_is_certain = last_own.is_some_and(|seq| seq == mended.last);
    Ok(mended)
}

impl Mended {
    /// Closes every gap with a line that says that one was lost.
    ///
    /// # Errors
    /// When a line cannot be written down.
    pub fn accept_loss(&mut self, at: DateTime<Utc>) -> io::Result<()> {
        for seq in std::mem::take(&mut self.missing) {
            let detail = json!({ "lost": "this line was lost, and the operator accepted it" });
            let line = Line { seq, at, event: Happened::Rebuilt, subject: "journal".to_owned(), detail };
            self.texts.insert(seq, sealed(&line)?);
        }
        Ok(())
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.texts.values().flat_map(|text| [text.as_bytes(), b"\n"].concat()).collect()
    }
}

/// The lines whose sums hold, and the number of the last one when the file ends with it.
fn whole_lines(damaged: &[u8]) -> (Vec<(Line, String)>, Option<u64>) {
    let mut lines = Vec::new();
    let mut last = None;
    for piece in damaged.split_inclusive(|byte| *byte == b'\n') {
        let read = opened(piece);
        last = read.as_ref().ok().map(|line| line.seq);
        if let Ok(line) = read {
            let text = String::from_utf8_lossy(piece).trim_end_matches('\n').to_owned();
            lines.push((line, text));
        }
    }
    (lines, last)
}

/// Whether a damaged journal has lines that a newer program wrote: those are not ours to mend.
#[must_use]
pub fn is_newer(damaged: &[u8]) -> bool {
    damaged.split_inclusive(|byte| *byte == b'\n').any(|piece| matches!(opened(piece), Err(Flaw::NotOurs(_))))
}

fn add(
    texts: &mut BTreeMap<u64, String>,
    known: &mut BTreeMap<u64, Line>,
    source: &[Line],
) -> io::Result<usize> {
    let agrees = source.iter().all(|line| known.get(&line.seq).is_none_or(|other| is_same(line, other)));
    if !agrees {
        return Ok(0);
    }
    let mut added = 0;
    for line in source {
        if let Entry::Vacant(gap) = known.entry(line.seq) {
            texts.insert(line.seq, sealed(line)?);
            gap.insert(line.clone());
            added += 1;
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::mend;
    use crate::store::journal::{Happened, Journal, Line};

    fn journal(count: u32) -> (Vec<u8>, Vec<Line>) {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        for number in 0..count {
            let detail = json!({ "effect": 0.1 + f64::from(number) / 3.0 });
            journal.append(DateTime::UNIX_EPOCH, Happened::Sent, &format!("key{number}"), detail).unwrap();
        }
        (std::fs::read(folder.path().join("journal.jsonl")).unwrap(), journal.lines().to_vec())
    }

    #[test]
    fn a_line_that_was_flipped_comes_back_and_the_others_stay_byte_for_byte() {
        let (bytes, lines) = journal(4);
        let mut damaged = bytes.clone();
        damaged[30] ^= 1;
        let mended = mend(&damaged, &lines[..2], &[]).unwrap();
        assert_eq!((mended.own, mended.from_database, mended.end_is_certain), (3, 1, true));
        assert_eq!(mended.bytes(), bytes);
    }

    #[test]
    fn a_journal_that_was_cut_is_not_certain_of_its_end() {
        let (bytes, lines) = journal(4);
        let mended = mend(&bytes[..bytes.len() / 2], &lines, &[]).unwrap();
        assert_eq!((mended.missing.len(), mended.end_is_certain), (0, false));
        assert_eq!(mended.bytes(), bytes);
    }

    #[test]
    fn what_nobody_has_is_missing_until_its_loss_is_accepted() {
        let (bytes, lines) = journal(4);
        let mut damaged = bytes;
        damaged[30] ^= 1;
        let mut mended = mend(&damaged, &[], &[]).unwrap();
        assert_eq!(mended.missing, [1]);
        mended.accept_loss(DateTime::UNIX_EPOCH).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("journal.jsonl"), mended.bytes()).unwrap();
        let again = Journal::read(folder.path()).unwrap();
        assert_eq!((again[0].event, &again[1..]), (Happened::Rebuilt, &lines[1..]));
    }

    #[test]
    fn a_source_with_another_past_is_left_out() {
        let (bytes, lines) = journal(4);
        let mut other = lines.clone();
        other[1].subject = "elsewhere".to_owned();
        other.push(Line { seq: 5, ..lines[3].clone() });
        assert_eq!(mend(&bytes, &other, &[]).unwrap().last, 4);
    }
}
