//! One story, not six: which answers hide or lower others of the same collection and quarter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::authority::AuthorityCode;
use crate::domain::check::{CheckKind, Means, Standing};
use crate::domain::finding::Outcome;
use crate::domain::indicator::IndicatorId;

/// What one check said of one authority and indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The check's name.
    pub check: String,
    /// The authority.
    pub authority: AuthorityCode,
    /// The indicator; none when it is about the whole return.
    pub indicator: Option<IndicatorId>,
    /// Fires, clear, or unknown.
    pub outcome: Outcome,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// Adverse effect in standard units.
    pub effect: f64,
    /// Which way the figure went.
    pub direction: Direction,
}

/// Which way a figure went, or stands from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Up, or above.
    Up,
    /// Down, or below.
    Down,
    /// The question has none.
    None,
}

/// What becomes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands as said.
    Stands,
    /// It counts as unknown for the quarter, because this check has the better story.
    Hidden {
        /// The check that hides it.
        by: String,
    },
    /// It stands at a lower level, because of this check, or because half of the region fires.
    Lowered {
        /// The level it stands at.
        to: u8,
        /// Why, as a clause.
        because: String,
    },
}

/// The same check fires for half of the region: likely a definition or a national change.
#[derive(Clone, Debug, PartialEq)]
pub struct Regional {
    /// The check's name.
    pub check: String,
    /// The indicator.
    pub indicator: IndicatorId,
    /// Which way, for all of them.
    pub direction: Direction,
    /// For whom it fires, in order of their codes.
    pub authorities: Vec<AuthorityCode>,
    /// Of how many it could be judged.
    pub of: usize,
    /// The highest level among them.
    pub level: u8,
    /// The largest effect among them.
    pub effect: f64,
}

/// What becomes of the answers, and what is said of the region instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// One for each answer, in the order given.
    pub fates: Vec<Fate>,
    /// In order of check and indicator.
    pub regional: Vec<Regional>,
    /// Of how many authorities each check could judge each indicator that it was asked of.
    pub judged: BTreeMap<(String, IndicatorId), usize>,
}

/// Fewer authorities than this never make a regional finding.
pub const REGIONAL_AT_LEAST: usize = 5;

/// What becomes of the answers of one collection and quarter, in a region of `members` authorities.
///
/// * A whole return that is missing hides everything else about that authority.
/// * A figure that is impossible or suspect hides what performance checks say of that point, whether they
///   fire or not.
/// * Of two checks that tell the same story of one point, one hides the other.
/// * A doubtful figure lowers performance checks of that point by one level.
/// * When half of those that could be judged, and at least five, fire the same check on the same indicator in
///   the same direction, that is one regional finding, and theirs become information. Those that could be
///   judged are half of the members at least.
///
/// What a check means for others is told by its header, in `standings`; one that is not there is a check of
/// performance.
#[must_use]
pub fn judge(said: &[Said], standings: &BTreeMap<String, Standing>, members: usize) -> Judged {
    let firing = Firing::of(said, standings);
    let mut fates: Vec<Fate> = said.iter().map(|one| firing.fate(one)).collect();
    let judged = judged(said, &fates);
    let regional = regional(said, &fates, &judged, members);
    for (one, fate) in said.iter().zip(&mut fates) {
        let shared = regional.iter().any(|shared| is_part_of(one, shared));
        if shared && !matches!(fate, Fate::Hidden { .. }) {
            *fate = Fate::Lowered { to: 0, because: "half of the region fires the same way".to_owned() };
        }
    }
    Judged { fates, regional, judged }
}

/// Who fires where.
struct Firing<'a> {
    standings: &'a BTreeMap<String, Standing>,
    points: BTreeMap<(&'a AuthorityCode, Option<&'a IndicatorId>), Vec<&'a Said>>,
}

impl<'a> Firing<'a> {
    fn of(said: &'a [Said], standings: &'a BTreeMap<String, Standing>) -> Self {
        let mut points: BTreeMap<_, Vec<&Said>> = BTreeMap::new();
        for one in said.iter().filter(|one| one.outcome == Outcome::Fires) {
            points.entry((&one.authority, one.indicator.as_ref())).or_default().push(one);
        }
        Self { standings, points }
    }

    /// What fires about a figure, or about a whole return, and means this. What is only for information, as
    /// of a publisher's figure that nobody can confirm, means nothing.
    fn means(&self, of: (&AuthorityCode, Option<&IndicatorId>), means: Means) -> Option<&'a Said> {
        let all = self.points.get(&of).into_iter().flatten().copied();
        let is_meant = |one: &&Said| {
            one.level > 0 && self.standings.get(&one.check).is_some_and(|standing| standing.means == means)
        };
        all.filter(is_meant).max_by_key(|one| (one.level, Reverse(&one.check)))
    }

    /// The check that tells the story of this one's point better.
    fn better(&self, one: &Said) -> Option<&'a Said> {
        let all = self.points.get(&(&one.authority, one.indicator.as_ref())).into_iter().flatten().copied();
        let hides = |other: &&Said| {
            self.standings.get(&other.check).is_some_and(|standing| standing.hides.contains(&one.check))
        };
        all.filter(hides).max_by_key(|other| (other.level, Reverse(&other.check)))
    }

    fn fate(&self, one: &Said) -> Fate {
        let hidden = |by: &Said| Fate::Hidden { by: by.check.clone() };
        let missing = self.means((&one.authority, None), Means::ReturnMissing);
        if let Some(by) = missing.filter(|by| by.check != one.check || one.indicator.is_some()) {
            return hidden(by);
        }
        if let Some(by) = self.better(one).filter(|_| one.outcome == Outcome::Fires) {
            return hidden(by);
        }
        let standing = self.standings.get(&one.check);
        if standing.is_some_and(|standing| standing.kind == CheckKind::DataQuality) {
            return Fate::Stands;
        }
        let figure = (&one.authority, one.indicator.as_ref());
        let spoils = [Means::FigureImpossible, Means::FigureSuspect];
        if let Some(by) = spoils.into_iter().find_map(|means| self.means(figure, means)) {
            return hidden(by);
        }
        let doubts = self.means(figure, Means::FigureDoubtful);
        if one.outcome == Outcome::Fires && one.level > 0 && doubts.is_some() {
            let because = "the figure itself is in doubt".to_owned();
            return Fate::Lowered { to: one.level - 1, because };
        }
        Fate::Stands
    }
}

fn judged(said: &[Said], fates: &[Fate]) -> BTreeMap<(String, IndicatorId), usize> {
    let mut judged: BTreeMap<(String, IndicatorId), BTreeSet<&AuthorityCode>> = BTreeMap::new();
    for (one, fate) in said.iter().zip(fates) {
        let Some(indicator) = &one.indicator else { continue };
        let authorities = judged.entry((one.check.clone(), indicator.clone())).or_default();
        if one.outcome != Outcome::Unknown && !matches!(fate, Fate::Hidden { .. }) {
            authorities.insert(&one.authority);
        }
    }
    judged.into_iter().map(|(asked, authorities)| (asked, authorities.len())).collect()
}

fn regional(
    said: &[Said],
    fates: &[Fate],
    judged: &BTreeMap<(String, IndicatorId), usize>,
    members: usize,
) -> Vec<Regional> {
    let mut groups: BTreeMap<(&str, &IndicatorId, Direction), Vec<&Said>> = BTreeMap::new();
    for (one, fate) in said.iter().zip(fates) {
        let (Some(indicator), Outcome::Fires) = (&one.indicator, one.outcome) else { continue };
        if !matches!(fate, Fate::Hidden { .. }) {
            groups.entry((&one.check, indicator, one.direction)).or_default().push(one);
        }
    }
    let shared = groups.into_iter().map(|((check, indicator, direction), group)| Regional {
        check: check.to_owned(),
        indicator: indicator.clone(),
        direction,
        authorities: group
            .iter()
            .map(|one| one.authority.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        of: judged.get(&(check.to_owned(), indicator.clone())).copied().unwrap_or(0),
        level: group.iter().map(|one| one.level).max().unwrap_or(0),
        effect: group.iter().map(|one| one.effect).fold(f64::NEG_INFINITY, f64::max),
    });
    // Where most cannot be judged yet, half of the others is not half of the region.
    let is_regional = |it: &Regional| {
        it.authorities.len() >= REGIONAL_AT_LEAST && it.authorities.len() * 2 >= it.of && it.of * 2 >= members
    };
    shared.filter(is_regional).collect()
}

/// Whether so many of the members are enough to speak of the region.
#[must_use]
pub fn is_enough(judged: usize, members: usize) -> bool {
    judged * 2 >= members
}

fn is_part_of(one: &Said, shared: &Regional) -> bool {
    one.outcome == Outcome::Fires
        && one.check == shared.check
        && one.indicator.as_ref() == Some(&shared.indicator)
        && one.direction == shared.direction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(check: &str, authority: u32, indicator: Option<&str>) -> Said {
        Said {
            check: check.to_owned(),
            authority: AuthorityCode::parse(&format!("E06{authority:06}")).unwrap(),
            indicator: indicator.map(|id| IndicatorId::parse(id).unwrap()),
            outcome: Outcome::Fires,
            level: 2,
            effect: 3.5,
            direction: Direction::Up,
        }
    }

    fn clear(check: &str, authority: u32, indicator: Option<&str>) -> Said {
        Said { outcome: Outcome::Clear, level: 0, ..fires(check, authority, indicator) }
    }

    fn standings() -> BTreeMap<String, Standing> {
        let quality = |name: &str, means: Means, hides: &[&str]| {
            let hides = hides.iter().map(|name| (*name).to_owned()).collect();
            (name.to_owned(), Standing { kind: CheckKind::DataQuality, means, hides })
        };
        [
            quality("return-missing", Means::ReturnMissing, &[]),
            quality("numerator-over-denominator", Means::FigureImpossible, &["value-mismatch"]),
            quality("unit-slip", Means::FigureSuspect, &["value-mismatch"]),
            quality("implausible-jump", Means::FigureSuspect, &[]),
            quality("value-mismatch", Means::FigureDoubtful, &[]),
            quality("carried-forward", Means::Nothing, &[]),
            quality("our-own-doubt", Means::FigureSuspect, &[]),
        ]
        .into()
    }

    fn judge(said: &[Said], members: usize) -> Judged {
        super::judge(said, &standings(), members)
    }

    fn fates(said: &[Said]) -> Vec<String> {
        let word = |fate: Fate| match fate {
            Fate::Stands => "stands".to_owned(),
            Fate::Hidden { by } => format!("hidden by {by}"),
            Fate::Lowered { to, .. } => format!("lowered to {to}"),
        };
        judge(said, 16).fates.into_iter().map(word).collect()
    }

    #[test]
    fn a_missing_return_hides_everything_else_of_that_authority() {
        let seen = fates(&[
            fires("return-missing", 22, None),
            fires("return-missing", 22, Some("cin_rate")),
            fires("unit-slip", 22, Some("cin_rate")),
            clear("target-breach", 22, Some("cin_rate")),
            fires("target-breach", 23, Some("cin_rate")),
        ]);
        let hidden = "hidden by return-missing";
        assert_eq!(seen, ["stands", hidden, hidden, hidden, "stands"]);
    }

    #[test]
    fn one_missing_figure_hides_nothing() {
        let seen = fates(&[
            fires("return-missing", 22, Some("cin_rate")),
            fires("target-breach", 22, Some("cin_rate")),
        ]);
        assert_eq!(seen, ["stands", "stands"]);
    }

    #[test]
    fn a_figure_that_cannot_be_right_is_not_judged_at_all() {
        let spoilers = ["numerator-over-denominator", "unit-slip", "implausible-jump", "our-own-doubt"];
        for spoiler in spoilers {
            let seen = fates(&[
                fires(spoiler, 22, Some("cin_rate")),
                fires("target-breach", 22, Some("cin_rate")),
                clear("our-own-check", 22, Some("cin_rate")),
                fires("carried-forward", 22, Some("cin_rate")),
                fires("target-breach", 22, Some("cla_rate")),
                fires("target-breach", 23, Some("cin_rate")),
            ]);
            let hidden = format!("hidden by {spoiler}");
            assert_eq!(seen, ["stands", &hidden, &hidden, "stands", "stands", "stands"]);
        }
    }

    #[test]
    fn a_jump_for_information_hides_nothing() {
        let mut jump = fires("implausible-jump", 22, Some("cin_rate"));
        jump.level = 0;
        assert_eq!(fates(&[jump, fires("target-breach", 22, Some("cin_rate"))]), ["stands", "stands"]);
    }

    #[test]
    fn a_data_quality_check_that_is_clear_hides_nothing() {
        let seen =
            fates(&[clear("unit-slip", 22, Some("cin_rate")), fires("target-breach", 22, Some("cin_rate"))]);
        assert_eq!(seen, ["stands", "stands"]);
    }

    #[test]
    fn a_slip_of_units_tells_why_the_value_does_not_match() {
        let seen =
            fates(&[fires("value-mismatch", 22, Some("cin_rate")), fires("unit-slip", 22, Some("cin_rate"))]);
        assert_eq!(seen, ["hidden by unit-slip", "stands"]);
    }

    #[test]
    fn a_value_that_does_not_match_its_parts_lowers_the_level_by_one() {
        let seen = fates(&[
            fires("value-mismatch", 22, Some("cin_rate")),
            fires("target-breach", 22, Some("cin_rate")),
        ]);
        assert_eq!(seen, ["stands", "lowered to 1"]);
    }

    #[test]
    fn half_of_the_region_makes_one_regional_finding() {
        let mut said: Vec<_> =
            (1..=8).map(|number| fires("target-breach", number, Some("cin_rate"))).collect();
        said[3].level = 3;
        said[4].effect = 7.0;
        said.extend((9..=16).map(|number| clear("target-breach", number, Some("cin_rate"))));
        let judged = judge(&said, 16);
        assert_eq!(judged.regional.len(), 1);
        let shared = &judged.regional[0];
        assert_eq!((shared.authorities.len(), shared.level), (8, 3));
        assert!((shared.effect - 7.0).abs() < 1e-9);
        assert_eq!(fates(&said)[..8], ["lowered to 0"; 8]);
        assert_eq!(fates(&said)[8], "stands");
        said.push(clear("target-breach", 17, Some("cin_rate")));
        assert!(judge(&said, 17).regional.is_empty(), "8 of 17 are fewer than half");
    }

    #[test]
    fn half_of_those_that_can_be_judged_is_half_of_the_region() {
        let mut said: Vec<_> =
            (1..=6).map(|number| fires("sustained-trend", number, Some("cin_rate"))).collect();
        said.extend((7..=12).map(|number| clear("sustained-trend", number, Some("cin_rate"))));
        let unknown =
            |number| Said { outcome: Outcome::Unknown, ..clear("sustained-trend", number, Some("cin_rate")) };
        said.extend((13..=16).map(unknown));
        let judged = judge(&said, 16);
        assert_eq!(judged.regional.iter().map(|it| (it.authorities.len(), it.of)).next(), Some((6, 12)));
        assert!(judge(&said[..7], 16).regional.is_empty(), "6 of 7, and nobody knows of the other nine");
    }

    #[test]
    fn four_of_four_are_too_few_for_a_regional_finding() {
        let said: Vec<_> = (1..=5).map(|number| fires("target-breach", number, Some("cin_rate"))).collect();
        assert!(judge(&said[..4], 4).regional.is_empty());
        assert_eq!(judge(&said, 5).regional.len(), 1);
    }

    #[test]
    fn two_directions_are_two_stories() {
        let mut said: Vec<_> =
            (1..=8).map(|number| fires("same-quarter-last-year", number, Some("cin_rate"))).collect();
        said[0].direction = Direction::Down;
        said.extend((9..=16).map(|number| clear("same-quarter-last-year", number, Some("cin_rate"))));
        assert!(judge(&said, 16).regional.is_empty());
    }

    #[test]
    fn missing_returns_are_never_one_regional_finding() {
        let said: Vec<_> = (1..=16).map(|number| fires("return-missing", number, None)).collect();
        assert!(judge(&said, 16).regional.is_empty());
    }
}
