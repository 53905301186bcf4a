//! Several rules of one story, merged into one finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::finding::{FindingKey, Rule};
use crate::domain::story::{Heard, one_story};
use crate::store::kept::Kept;

/// Lets what the rules of a family answered of a series count as one story.
pub(super) fn merge(
    answers: &mut BTreeMap<FindingKey, Vec<Kept>>,
    rules: &BTreeMap<String, Rule>,
    families: &[Vec<String>],
) {
    for family in families {
        let is_told = |key: &&FindingKey| family.contains(&key.check);
        let series: BTreeSet<FindingKey> =
            answers.keys().filter(is_told).map(|key| told_by(key, "")).collect();
        for series in series {
            let told = family.iter().filter_map(|check| {
                let key = told_by(&series, check);
                let (rule, kept) = rules.get(check).zip(answers.get(&key))?;
                let answers = kept.iter().map(|one| one.answer.clone()).collect();
                Some((key, Heard { rule: *rule, answers }))
            });
            let (keys, heard): (Vec<_>, Vec<_>) = told.unzip();
            if keys.len() > 1 {
                let merged = merged(&keys, &heard, answers);
                answers.extend(merged);
            }
        }
    }
}

fn told_by(series: &FindingKey, check: &str) -> FindingKey {
    FindingKey { check: check.to_owned(), ..series.clone() }
}

fn merged(
    keys: &[FindingKey],
    heard: &[Heard],
    answers: &BTreeMap<FindingKey, Vec<Kept>>,
) -> Vec<(FindingKey, Vec<Kept>)> {
    let name = |place: usize| keys.get(place).map_or_else(String::new, |key| key.check.clone());
    let detail = |place: usize, quarter| {
        let kept = keys.get(place).and_then(|key| answers.get(key))?;
        kept.iter().find(|one| one.answer.quarter == quarter).map(|one| one.detail.clone())
    };
    let counted = one_story(heard).into_iter().map(|counted| {
        let kept = counted.into_iter().map(|one| Kept {
            detail: detail(one.teller, one.answer.quarter).unwrap_or_default(),
            teller: name(one.teller),
            also: one.also.into_iter().map(name).collect(),
            answer: one.answer,
        });
        kept.collect()
    });
    keys.iter().cloned().zip(counted).collect()
}
