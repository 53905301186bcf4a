//! The words to both sides of support that was agreed: no figure, for the one side may not see the other's.

use chrono::NaiveDate;

use crate::domain::letter::facts::Named;
use crate::domain::letter::{Draft, Occasion, words};
use crate::domain::message::{Kind, Letter, MessageKey};

/// Support that was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementFacts {
    /// The action's id.
    pub id: String,
    /// The id of the finding for which it was agreed.
    pub finding: String,
    /// Whose finding.
    pub authority: Named,
    /// Which authority supports; none when it is nobody of the region.
    pub from: Option<Named>,
    /// What the finding is about: a measure, or a return.
    pub about: String,
    /// What was agreed.
    pub what: String,
    /// Who recorded it.
    pub by: String,
    /// The day on which it was recorded.
    pub agreed_on: NaiveDate,
    /// The day by which it is looked at again.
    pub review: NaiveDate,
}

/// The letter to one reader; none when neither authority is theirs.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &AgreementFacts) -> Option<Letter> {
    let recipient = occasion.recipient;
    let is_supported = recipient.owns(&facts.authority.code);
    let supports = facts.from.as_ref().is_some_and(|from| recipient.owns(&from.code));
    if !is_supported && !supports {
        return None;
    }
    let name = &facts.authority.name;
    let headline = match &facts.from {
        Some(from) => format!("{} supports {name}", from.name),
        None => format!("Support agreed for {name}"),
    };
    let day = words::day(facts.review);
    let by = format!("{} recorded this on {}.", facts.by, words::day(facts.agreed_on));
    let mut blocks = vec![words::paragraph(format!("{headline}: {}. {by}", facts.about))];
    let what = words::paragraph(words::sentence_as_is(&facts.what));
    blocks.extend(words::section("What was agreed", vec![what]));
    let again = format!("By {day}, by {}. Digests tell it until then.", occasion.region);
    blocks.extend(words::section("When it is looked at again", vec![words::paragraph(again)]));
    let told = if is_supported {
        format!("It was agreed for finding {} in your digest.", facts.finding)
    } else {
        format!("No figure of {name} is in this message; {name} can show you its own.")
    };
    blocks.push(words::paragraph(told));
    blocks.push(occasion.questions());
    let key = MessageKey::of(Kind::Support, &facts.id, "agreed", &recipient.id);
    Some(occasion.letter(Draft {
        key,
        kind: Kind::Support,
        subject: format!("{headline}: {}", facts.about),
        preheader: format!("To be looked at again by {day}."),
        title: headline,
        blocks,
        attachments: Vec::new(),
        first: None,
    }))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;
    use crate::domain::authority::AuthorityCode;
    use crate::domain::letter::contact::Contact;
    use crate::domain::scope::{EmailAddress, Figures, Recipient, Role, Scope};

    fn named(code: &str, name: &str) -> Named {
        Named { code: AuthorityCode::parse(code).unwrap(), name: name.to_owned() }
    }

    fn told(scope: Scope) -> Option<Letter> {
        let recipient = Recipient {
            id: "lead".to_owned(),
            name: "Lead".to_owned(),
            address: EmailAddress::parse("lead@place.example").unwrap(),
            role: Role::PerformanceLead,
            scope,
            themes: Vec::new(),
            figures: Figures::Suppressed,
            digests: Vec::new(),
        };
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let occasion = Occasion {
            recipient: &recipient,
            queued_at: "2017-11-15T08:00:00Z".parse().unwrap(),
            today: day("2017-11-15"),
            zone: London,
            region: "South West",
            notice: None,
            contact: Contact { name: None, address: "watch@region.example" },
        };
        let facts = AgreementFacts {
            id: "3fe814c711ab-1".to_owned(),
            finding: "3fe814c711ab".to_owned(),
            authority: named("E06000027", "Torbay"),
            from: Some(named("E06000026", "Plymouth")),
            about: "Re-referrals".to_owned(),
            what: "a visit to the front door".to_owned(),
            by: "Ann".to_owned(),
            agreed_on: day("2017-11-15"),
            review: day("2017-12-01"),
        };
        compose(&occasion, &facts)
    }

    fn of(code: &str) -> Scope {
        Scope::Authorities(vec![AuthorityCode::parse(code).unwrap()])
    }

    #[test]
    fn both_sides_are_told_and_nobody_else() {
        let (supported, supports) = (told(of("E06000027")).unwrap(), told(of("E06000026")).unwrap());
        for letter in [&supported, &supports] {
            assert_eq!(letter.subject, "Plymouth supports Torbay: Re-referrals");
            assert_eq!(letter.key.as_str(), "support.3fe814c711ab-1.agreed.lead");
        }
        let text = |letter: &Letter| format!("{:?}", letter.blocks);
        assert!(text(&supported).contains("finding 3fe814c711ab"));
        assert!(text(&supports).contains("No figure of Torbay") && !text(&supports).contains("finding"));
        assert!(told(of("E06000022")).is_none() && told(Scope::Region).is_none());
    }
}
