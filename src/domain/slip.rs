//! Slips: what is wrong with rows, told once for each kind with every place and every text.

use std::collections::{BTreeSet, HashMap};

use crate::domain::figure::{Column, Place};

/// So many texts are named in a sentence, the rest counted.
const TEXTS_MAX: usize = 8;

/// How a fault is told together with others of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// In what they differ: the text of the cell, or what is missing.
    pub text: String,
    /// What is said of several: `are not numbers: write digits`.
    pub kind: String,
}

/// One thing that is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, where one column is at fault.
    pub column: Option<Column>,
    /// A code such as `unknown-indicator`.
    pub code: &'static str,
    /// A plain sentence for the sender: what, the value, what to do.
    pub reason: String,
    /// How it is told together with others like it; none where it is told alone.
    pub alike: Option<Alike>,
}

/// A fault with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// A code such as `unknown-indicator`.
    pub code: String,
    /// A plain sentence: what, the value, what to do.
    pub reason: String,
    /// How it is told together with others like it; none where it is told alone.
    pub alike: Option<Alike>,
    /// Where.
    pub place: Place,
}

/// Slips of one kind, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A code such as `unknown-indicator`.
    pub code: String,
    /// A plain sentence: what, the value, what to do; of several that differ, what is said of them all.
    pub reason: String,
    /// Where, in the order of the file; none when it is about the whole file.
    pub places: Vec<Place>,
    /// The text at each place, where they differ.
    pub texts: Vec<String>,
}

impl Group {
    /// Something about the whole file.
    #[must_use]
    pub fn whole(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into(), places: Vec::new(), texts: Vec::new() }
    }

    /// How many rows have such a slip: one may have several.
    #[must_use]
    pub fn rows(&self) -> usize {
        let rows: BTreeSet<_> = self.places.iter().map(|place| (&place.sheet, place.line)).collect();
        rows.len()
    }

    /// The sentence, with the texts where they differ: each once, with its count, the most frequent first.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.texts.is_empty() {
            return self.reason.clone();
        }
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for text in &self.texts {
            match counted.iter_mut().find(|(one, _)| one == text) {
                Some((_, count)) => *count += 1,
                None => counted.push((text, 1)),
            }
        }
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let word = |(text, count): &(&str, usize)| match count {
            1 => format!("`{text}`"),
            count => format!("`{text}` ({count})"),
        };
        let first: Vec<String> = counted.iter().take(TEXTS_MAX).map(word).collect();
        let names = match (counted.len().saturating_sub(TEXTS_MAX), first.as_slice()) {
            (0, [but_last @ .., last]) if !but_last.is_empty() => {
                format!("{} and {last}", but_last.join(", "))
            }
            (0, _) => first.concat(),
            (more, _) => format!("{} and {more} more", first.join(", ")),
        };
        format!("{names} {}", self.reason)
    }
}

/// Slips grouped by what is said of them; the group with most of them first.
#[must_use]
pub fn grouped(slips: impl IntoIterator<Item = Slip>) -> Vec<Group> {
    let mut groups: Vec<(String, Vec<Slip>)> = Vec::new();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for slip in slips {
        let kind = slip.alike.as_ref().map_or_else(|| slip.reason.clone(), |alike| alike.kind.clone());
        let at = *known.entry((slip.code.clone(), kind.clone())).or_insert_with(|| {
            groups.push((kind, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, of_kind)) = groups.get_mut(at) {
            of_kind.push(slip);
        }
    }
    let mut told: Vec<Group> =
        groups.into_iter().filter_map(|(kind, of_kind)| group(kind, of_kind)).collect();
    told.sort_by(|a, b| {
        b.places.len().cmp(&a.places.len()).then_with(|| a.places.first().cmp(&b.places.first()))
    });
    told
}

fn group(kind: String, slips: Vec<Slip>) -> Option<Group> {
    let first = slips.first()?;
    let (code, reason) = (first.code.clone(), first.reason.clone());
    let differ = slips.iter().any(|slip| slip.reason != reason);
    let (mut places, mut texts) = (Vec::with_capacity(slips.len()), Vec::new());
    for slip in slips {
        places.push(slip.place);
        texts.extend(slip.alike.filter(|_| differ).map(|alike| alike.text));
    }
    Some(Group { code, reason: if differ { kind } else { reason }, places, texts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(code: &str, line: u32, text: &str) -> Slip {
        let alike = Alike { text: text.to_owned(), kind: "are not numbers: write digits".to_owned() };
        Slip {
            code: code.to_owned(),
            reason: format!("the value is `{text}`, which is not a number: write digits"),
            alike: Some(alike),
            place: Place { sheet: None, line, column: None },
        }
    }

    #[test]
    fn the_kind_with_most_slips_comes_first() {
        let groups = grouped([
            slip("once", 2, "a"),
            slip("twice", 3, "a"),
            slip("twice", 9, "a"),
            slip("also-once", 1, "a"),
        ]);
        let codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
        assert_eq!(codes, ["twice", "also-once", "once"]);
        assert_eq!(groups[0].places.len(), 2);
        assert_eq!(groups[0].sentence(), "the value is `a`, which is not a number: write digits");
    }

    #[test]
    fn texts_that_differ_are_each_named_with_their_count() {
        let rows = [(2, "tbc"), (3, "n.k."), (4, "n.k."), (7, "12 (est)")];
        let groups = grouped(rows.map(|(line, text)| slip("bad-number", line, text)));
        assert_eq!(grouped([slip("a", 3, "tbc"), slip("a", 3, "n.k.")])[0].rows(), 1, "one row, two slips");
        assert_eq!(groups[0].sentence(), "`n.k.` (2), `tbc` and `12 (est)` are not numbers: write digits");
        let many = grouped((0..11).map(|line| slip("bad-number", line, &format!("t{line}"))));
        assert_eq!(
            many[0].sentence(),
            "`t0`, `t1`, `t2`, `t3`, `t4`, `t5`, `t6`, `t7` and 3 more are not numbers: write digits"
        );
    }
}
