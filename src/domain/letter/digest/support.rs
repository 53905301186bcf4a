//! Support that was agreed, as a digest shows it: what, who, and what the figure did since.

use crate::domain::letter::digest::facts::SupportFact;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::View;
use crate::domain::letter::{Occasion, words};
use crate::domain::message::Block;
use crate::domain::support::Since;

/// The heading of the section.
pub(super) const HEADING: &str = "Support agreed, and what came since";

/// One line for each.
pub(super) fn blocks(occasion: &Occasion, seen: &Seen) -> Vec<Block> {
    words::bullets(seen.supports.iter().map(|support| line(occasion, seen, support)).collect())
}

fn line(occasion: &Occasion, seen: &Seen, support: &SupportFact) -> String {
    let about = support.indicator.as_ref().map_or(support.collection_title.as_str(), |of| of.name.as_str());
    let mut said = vec![
        format!("{}, {about}: {}", support.authority.name, words::sentence_as_is(&support.what)),
        format!(
            "Agreed on {} by {}{}.",
            words::short_day(support.agreed_on),
            support.by,
            support.from.as_ref().map_or_else(String::new, |from| format!(", supported by {}", from.name))
        ),
    ];
    // Whoever supports hears of what was agreed, and nothing of how the other fares.
    if seen.recipient.may_see(&support.authority.code) {
        said.extend(since(seen, support));
        if !support.is_open {
            said.push("The finding is resolved.".to_owned());
        }
        said.extend(support.outcome.as_ref().map(|outcome| format!("Review: {}", words::sentence(outcome))));
    }
    said.push(match support.review_on {
        Some(day) => {
            let then = if occasion.has_commands() {
                format!("Then: quarterdeck review {} --by NAME --outcome WORDS", support.id)
            } else {
                format!("Then tell {} what came of it (support {}).", occasion.contact, support.id)
            };
            format!("To be reviewed by {}. {then}", words::day(day))
        }
        None => "It has ended.".to_owned(),
    });
    said.join(" ")
}

/// What the figure did, in words that fit its measure, with the numbers where they may be shown.
fn since(seen: &Seen, support: &SupportFact) -> Option<String> {
    let stretch = support.indicator.as_ref()?.stretch;
    let (then_in, then) = support.then.as_ref()?;
    let Some((now_in, now)) = support.now.as_ref().filter(|(now_in, _)| now_in > then_in) else {
        return Some(format!("No newer figure than that of {} yet.", stretch.label(*then_in)));
    };
    let (then_in, now_in) = (stretch.label(*then_in), stretch.label(*now_in));
    let verdict = match support.since {
        Since::Better => "better, by more than chance would explain",
        Since::Worse => "worse, by more than chance would explain",
        Since::Higher => "higher, by more than chance would explain",
        Since::Lower => "lower, by more than chance would explain",
        Since::Unchanged => "no change that chance would not explain",
        Since::Unknown => "whether it changed cannot be told",
    };
    let may = View::of(seen.recipient) == View::Figures && then.is_shown() && now.is_shown();
    Some(if may {
        let (before, after) = (then.value_words(), now.value_words());
        format!("It stood at {before} in {then_in} and stands at {after} in {now_in}: {verdict}.")
    } else {
        format!("From {then_in} to {now_in}: {verdict}.")
    })
}
