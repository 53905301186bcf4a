//! Supportive action: what was agreed for a finding, who helps, when it is looked at again.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::FindingKey;
use crate::domain::quarter::Quarter;

/// Support that was agreed for a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The finding's id and a running number, such as `3fe814c711ab-1`.
    pub id: String,
    /// The finding's id.
    pub finding: String,
    /// The finding.
    pub key: FindingKey,
    /// The quarter of the finding's figure when the support was agreed.
    pub quarter: Quarter,
    /// What was agreed.
    pub what: String,
    /// Who.
    pub by: String,
    /// Which authority supports; none when it is nobody of the region.
    pub from: Option<AuthorityCode>,
    /// The day on which it is first looked at again.
    pub review: NaiveDate,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// What was said each time it was looked at again, oldest first.
    pub reviews: Vec<Review>,
}

/// Support was looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What came of it.
    pub outcome: String,
    /// The day of the next review; none when the support has ended.
    pub again: Option<NaiveDate>,
}

impl Support {
    /// The id of the support of a finding after `earlier` others.
    #[must_use]
    pub fn id_of(finding: &str, earlier: usize) -> String {
        format!("{finding}-{}", earlier + 1)
    }

    /// The day of the next review; none once the support has ended.
    #[must_use]
    pub fn next_review(&self) -> Option<NaiveDate> {
        self.reviews.last().map_or(Some(self.review), |last| last.again)
    }

    /// The review that ended it.
    #[must_use]
    pub fn ended(&self) -> Option<&Review> {
        self.reviews.last().filter(|last| last.again.is_none())
    }
}

/// What a figure did since support was agreed: by the interval of chance round the figure as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Better.
    Better,
    /// Worse.
    Worse,
    /// Higher, where neither direction is good.
    Higher,
    /// Lower, where neither direction is good.
    Lower,
    /// The difference may be chance.
    Unchanged,
    /// No newer figure, or no interval.
    Unknown,
}

impl Since {
    const ALL: [Self; 6] =
        [Self::Better, Self::Worse, Self::Higher, Self::Lower, Self::Unchanged, Self::Unknown];

    /// The word in the view `actions`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
        }
    }

    /// What a word of the view `actions` says; anything else is not known.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|since| since.word() == word).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::indicator::IndicatorId;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn review(again: Option<&str>) -> Review {
        Review {
            at: "2018-03-01T09:00:00Z".parse().unwrap(),
            by: "A. Lead".to_owned(),
            outcome: "done".to_owned(),
            again: again.map(day),
        }
    }

    #[test]
    fn support_is_looked_at_again_until_a_review_names_no_next_day() {
        let key = FindingKey {
            check: "target-breach".to_owned(),
            collection: "quarterly".to_owned(),
            authority: AuthorityCode::parse("E06000022").unwrap(),
            indicator: IndicatorId::parse("rereferral_pct"),
        };
        let mut support = Support {
            id: Support::id_of("3fe814c711ab", 0),
            finding: key.id(),
            key,
            quarter: Quarter::of(2017, 2).unwrap(),
            what: "a peer visit".to_owned(),
            by: "A. Lead".to_owned(),
            from: None,
            review: day("2018-03-01"),
            at: "2017-11-20T09:00:00Z".parse().unwrap(),
            reviews: Vec::new(),
        };
        assert_eq!(support.id, "3fe814c711ab-1");
        assert_eq!(support.next_review(), Some(day("2018-03-01")));
        support.reviews.push(review(Some("2018-06-01")));
        assert_eq!((support.next_review(), support.ended()), (Some(day("2018-06-01")), None));
        support.reviews.push(review(None));
        assert!(support.next_review().is_none() && support.ended().is_some());
    }

    #[test]
    fn every_word_of_what_came_since_is_found() {
        for since in Since::ALL {
            assert_eq!(Since::of_word(since.word()), since);
        }
    }
}
