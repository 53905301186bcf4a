//! What half of the region shows alike is one finding, under the region's own code.

use serde_json::{Value, json};

use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::check::{ByCheck, CheckAnswer};
use crate::domain::inhibition::{self, Direction, Judged, Regional};
use crate::domain::quarter::Quarter;
use crate::store::check_file::CheckFile;
use crate::store::findings::Finding;

/// The variant of a check's sentence that speaks of the region.
const SAYS: &str = "regional";

/// Adds an answer about the region for each indicator of each check that has a sentence for it.
///
/// It fires where half of the authorities that could be judged fire alike, is clear where they do not, and
/// cannot be judged where fewer than half of the members could.
pub fn answer<'a>(
    region: &AuthorityCode,
    quarter: Quarter,
    members: usize,
    judged: &Judged,
    checks: impl Iterator<Item = &'a CheckFile>,
    answers: &mut ByCheck,
) {
    for check in checks.filter(|check| check.says.contains_key(SAYS)) {
        let Some(rows) = answers.get_mut(&check.name) else { continue };
        let asked = judged.judged.iter().filter(|((name, _), _)| *name == check.name);
        rows.extend(asked.map(|((_, indicator), of)| {
            let alike =
                judged.regional.iter().filter(|it| it.check == check.name && it.indicator == *indicator);
            let most = alike.max_by_key(|it| it.authorities.len());
            let eligible = most.is_some() || inhibition::is_enough(*of, members);
            CheckAnswer {
                authority: region.clone(),
                indicator: Some(indicator.clone()),
                quarter,
                fires: most.is_some(),
                level: most.map_or(0, |it| it.level),
                effect: most.map(|it| it.effect),
                p: None,
                eligible,
                reason: (!eligible).then(|| "fewer than half of the authorities could be judged".to_owned()),
                detail: most.map_or_else(|| json!({}), |it| detail(it, quarter)),
            }
        }));
    }
}

fn detail(it: &Regional, quarter: Quarter) -> Value {
    let direction = match it.direction {
        Direction::Up => Some("up"),
        Direction::Down => Some("down"),
        Direction::None => None,
    };
    json!({
        "says": SAYS,
        "quarter": quarter.to_string(),
        "n": it.authorities.len(),
        "of": it.of,
        "direction": direction,
        "authorities": it.authorities.iter().map(AuthorityCode::as_str).collect::<Vec<_>>(),
    })
}

/// Whether a finding is about the region as a whole.
#[must_use]
pub fn is_regional(settings: &Settings, finding: &Finding) -> bool {
    finding.key.authority == settings.region.code
}

/// Whose figures a finding about the region speaks of, in order of their codes.
#[must_use]
pub fn authorities(finding: &Finding) -> Vec<AuthorityCode> {
    let codes = finding.detail.get("authorities").and_then(Value::as_array);
    let codes = codes.into_iter().flatten().filter_map(Value::as_str);
    codes.filter_map(|code| AuthorityCode::parse(code).ok()).collect()
}

/// The findings of single authorities that are the same as one about the region.
#[must_use]
pub fn covered(regional: &Finding, all: &[Finding]) -> Vec<String> {
    let of = authorities(regional);
    let is_it = |one: &&Finding| {
        // One that another check of the same family found first may be told by this one.
        (one.key.check == regional.key.check || one.teller == regional.teller)
            && (&one.key.collection, &one.key.indicator)
                == (&regional.key.collection, &regional.key.indicator)
            && one.fired_in == regional.fired_in
            && of.contains(&one.key.authority)
    };
    all.iter().filter(is_it).map(|one| one.key.id()).collect()
}

/// Of how many it could be judged.
#[must_use]
pub fn of_how_many(finding: &Finding) -> u32 {
    let of = finding.detail.get("of").and_then(Value::as_u64);
    of.and_then(|of| u32::try_from(of).ok()).unwrap_or_default()
}
