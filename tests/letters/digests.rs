//! Digests, whole, and what they must never say.

use quarterdeck::domain::indicator::Polarity;
use quarterdeck::domain::letter::digest::facts::{Arrival, DigestFacts, FindingFact, Said, SupportFact};
use quarterdeck::domain::letter::digest::{DigestStyle, WhenNothingChanged, compose};
use quarterdeck::domain::message::{Block, Letter};
use quarterdeck::domain::scope::{Figures, Recipient, Role};
use quarterdeck::domain::support::Since;

use crate::letters::dump::dump;
use crate::letters::world::{
    DEVON, PLYMOUTH, TORBAY, agreed, date, demand_finding, digest_facts, finding, indicator, looked_after,
    not_received, occasion, percent, quarter, received, recipient, rereferrals, withheld,
};

const STYLES: [DigestStyle; 3] =
    [DigestStyle::PerformanceLead, DigestStyle::Director, DigestStyle::RegionalLead];

fn write(style: DigestStyle, who: &Recipient, facts: &DigestFacts) -> Letter {
    compose(&occasion(who, "2017-11-17"), style, WhenNothingChanged::Send, facts).unwrap()
}

fn only(findings: Vec<FindingFact>) -> DigestFacts {
    DigestFacts { findings, revisions: Vec::new(), ..digest_facts() }
}

#[test]
fn the_performance_leads_digest() {
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    insta::assert_snapshot!(dump(&write(DigestStyle::PerformanceLead, &who, &digest_facts())));
}

#[test]
fn the_directors_digest() {
    let who = recipient(Role::Director, &[TORBAY]);
    insta::assert_snapshot!(dump(&write(DigestStyle::Director, &who, &digest_facts())));
}

#[test]
fn the_regional_leads_digest() {
    let who = recipient(Role::RegionalLead, &[]);
    insta::assert_snapshot!(dump(&write(DigestStyle::RegionalLead, &who, &digest_facts())));
}

#[test]
fn no_digest_carries_anything_of_another_authority() {
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    for style in STYLES {
        let text = dump(&write(style, &who, &digest_facts()));
        for secret in ["Devon", "E10000008", "Plymouth", "E06000026", "402", "1,911", "c0ffee", "backlog"] {
            assert!(!text.contains(secret), "{secret} in {style:?}:\n{text}");
        }
    }
}

#[test]
fn a_digest_for_one_who_gets_no_figures_has_none() {
    let who = Recipient { figures: Figures::None, ..recipient(Role::RegionalLead, &[]) };
    for style in STYLES {
        let letter = write(style, &who, &digest_facts());
        let text = dump(&letter);
        for figure in ["27.3", "91", "333", "22.1", "12.5", "402", "0.21"] {
            assert!(!text.contains(figure), "{figure} in {style:?}:\n{text}");
        }
        assert!(letter.attachments.is_empty());
        assert!(!letter.blocks.iter().any(|block| matches!(block, Block::Chart(_))));
    }
}

#[test]
fn small_numbers_are_withheld_in_sentence_chart_table_and_attachment() {
    let small = |authority| FindingFact {
        figure: Some(withheld(percent(3.0, 11.0))),
        ..finding("abc123", authority, rereferrals())
    };
    let facts = only(vec![small(DEVON)]);
    let region = recipient(Role::RegionalLead, &[]);
    let letter = write(DigestStyle::RegionalLead, &region, &facts);
    let text = dump(&letter);
    assert!(text.contains("withheld (small number)"), "{text}");
    assert!(text.contains("The numbers are not shown here."), "{text}");
    assert!(!text.contains("3 of 11") && !text.contains("27.3% in") && !text.contains(",4,9,44.4"), "{text}");
    assert!(!letter.blocks.iter().any(|block| matches!(block, Block::Chart(_))));
}

#[test]
fn a_note_is_for_its_owners_and_for_those_who_see_every_figure() {
    let text = |who: &Recipient| dump(&write(DigestStyle::RegionalLead, who, &digest_facts()));
    let region = recipient(Role::RegionalLead, &[]);
    assert!(!text(&region).contains("backlog"));
    assert!(text(&Recipient { figures: Figures::Full, ..region }).contains("backlog"));
    assert!(text(&recipient(Role::PerformanceLead, &[DEVON])).contains("backlog"));
}

#[test]
fn a_return_that_was_late_says_so_and_its_correction_does_not() {
    let text = |version: u32| {
        let mut facts = digest_facts();
        facts.returns = vec![received(TORBAY, Vec::new())];
        for one in &mut facts.returns {
            one.working_days_late = 40;
            if let Arrival::Received { version: which, .. } = &mut one.arrival {
                *which = version;
            }
        }
        dump(&write(DigestStyle::PerformanceLead, &recipient(Role::PerformanceLead, &[TORBAY]), &facts))
    };
    assert!(text(1).contains("2017, 40 working days after the due day."), "{}", text(1));
    assert!(!text(2).contains("40 working days"), "{}", text(2));
}

#[test]
fn returns_that_are_not_yet_due_are_one_line_and_no_table() {
    let mut facts = digest_facts();
    facts.returns = vec![received(TORBAY, Vec::new()), not_received(DEVON), not_received(PLYMOUTH)];
    for one in &mut facts.returns {
        one.working_days_late = -20;
    }
    let text = dump(&write(DigestStyle::RegionalLead, &recipient(Role::RegionalLead, &[]), &facts));
    assert!(text.contains("All returns that were due are in."), "{text}");
    let line = "* Quarterly return of 2017-18 Q2 is due on Friday 10 November 2017: \
                2 of 3 still to come, from Devon and Plymouth.";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_return_that_is_missing_has_no_figures_that_could_be_provisional() {
    let missing = FindingFact {
        indicator: None,
        figure: None,
        series: None,
        sentence: "Torbay has not sent its return.".to_owned(),
        ..finding("abc123", TORBAY, rereferrals())
    };
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    let text = dump(&write(DigestStyle::PerformanceLead, &who, &only(vec![missing])));
    assert!(text.contains("- Quarter 2, 2017/18 (July to September 2017).\n"), "{text}");
}

#[test]
fn a_demand_rate_is_never_called_good_or_bad() {
    let said = [Said::New, Said::Worse, Said::StillHigh, Said::Standing, Said::Resolved];
    let findings = (0..).zip(said).map(|(at, said)| demand_finding(&format!("id{at:02}"), TORBAY, said));
    let mut facts = only(findings.collect());
    facts.figures.clear();
    for support in &mut facts.supports {
        (support.indicator, support.since) = (Some(looked_after()), Since::Higher);
    }
    for (role, style) in [Role::PerformanceLead, Role::Director, Role::RegionalLead].into_iter().zip(STYLES) {
        let text = dump(&write(style, &recipient(role, &[TORBAY]), &facts)).to_lowercase();
        for word in ["better", "good", "bad", "improv", "concern", "deteriorat", "adverse", " worse"] {
            assert!(!text.contains(word), "`{word}` in {style:?}: {text}");
        }
        assert!(text.contains("further from usual"), "{text}");
    }
}

#[test]
fn ten_findings_are_spelled_out_and_the_rest_counted() {
    let other = |at| indicator(&format!("m{at}"), "Visits", "visits", Polarity::HighIsGood);
    let many = (0..12).map(|at| finding(&format!("id{at:02}"), TORBAY, other(at)));
    let facts = DigestFacts { findings_more: 5, ..only(many.collect()) };
    for (style, told, charts) in [
        (DigestStyle::PerformanceLead, 10, 4),
        (DigestStyle::Director, 5, 1),
        (DigestStyle::RegionalLead, 10, 4),
    ] {
        let letter = write(style, &recipient(Role::PerformanceLead, &[TORBAY]), &facts);
        let count = |wanted: fn(&Block) -> bool| letter.blocks.iter().filter(|block| wanted(block)).count();
        assert_eq!(count(|block| matches!(block, Block::Finding(_))), told);
        assert_eq!(count(|block| matches!(block, Block::Chart(_))), charts);
        let text = dump(&letter);
        assert!(text.contains("12 new, 5 more to look at"), "{text}");
        assert!(text.contains(&format!("And {} more findings.", 17 - told)), "{text}");
    }
}

#[test]
fn findings_of_one_series_are_one_story_with_one_chart() {
    let told = |id| FindingFact { evidence: 2, ..finding(id, TORBAY, rereferrals()) };
    let facts = only(vec![told("aaaaaa"), told("bbbbbb")]);
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    let letter = write(DigestStyle::PerformanceLead, &who, &facts);
    assert_eq!(letter.blocks.iter().filter(|block| matches!(block, Block::Finding(_))).count(), 1);
    assert_eq!(letter.blocks.iter().filter(|block| matches!(block, Block::Chart(_))).count(), 1);
    let text = dump(&letter);
    assert!(
        text.contains("quarterdeck explain aaaaaa") && text.contains("quarterdeck explain bbbbbb"),
        "{text}"
    );
    assert!(text.contains("2 independent kinds of evidence."), "{text}");
}

#[test]
fn nothing_changed_means_no_digest_unless_it_is_wanted() {
    let still = FindingFact { said: Said::Continuing, ..finding("1f2e3d", TORBAY, rereferrals()) };
    let mut facts = only(vec![still]);
    facts.returns.clear();
    let who = recipient(Role::Director, &[TORBAY]);
    let at = occasion(&who, "2017-11-17");
    assert!(compose(&at, DigestStyle::Director, WhenNothingChanged::Quiet, &facts).is_none());
    let text = dump(&write(DigestStyle::Director, &who, &facts));
    assert!(text.contains("Since your last digest, on Friday 18 August 2017: nothing changed."), "{text}");
    assert!(text.contains("Unchanged findings: 1 continues."), "{text}");
}

#[test]
fn what_happened_to_others_is_no_change() {
    let mut facts = only(vec![finding("c0ffee", DEVON, rereferrals())]);
    facts.returns.retain(|expected| expected.authority.name == PLYMOUTH.1);
    let who = recipient(Role::Director, &[TORBAY]);
    let at = occasion(&who, "2017-11-17");
    assert!(compose(&at, DigestStyle::Director, WhenNothingChanged::Quiet, &facts).is_none());
}

#[test]
fn a_theme_that_is_not_wanted_is_left_out() {
    let who = Recipient {
        themes: vec!["children-in-care".to_owned()],
        ..recipient(Role::PerformanceLead, &[TORBAY])
    };
    let text = dump(&write(DigestStyle::PerformanceLead, &who, &digest_facts()));
    assert!(!text.contains("Re-referrals"), "{text}");
    assert!(text.contains("Children looked after"), "{text}");
}

#[test]
fn a_finding_that_stood_for_a_year_is_counted_and_not_repeated() {
    let old = FindingFact {
        level: 3,
        said: Said::Standing,
        since: quarter(2016, 3),
        ..finding("0ldold", TORBAY, rereferrals())
    };
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    let text = dump(&write(DigestStyle::PerformanceLead, &who, &only(vec![old])));
    assert!(text.contains("Unchanged findings: 1 open for four quarters or more."), "{text}");
    assert!(!text.contains("0ldold"), "{text}");
}

#[test]
fn no_subject_carries_a_figure_or_is_longer_than_78() {
    let facts = DigestFacts {
        title: "South West children's services benchmarking digest for performance leads".to_owned(),
        ..digest_facts()
    };
    for style in STYLES {
        let letter = write(style, &recipient(Role::Director, &[TORBAY]), &facts);
        assert!(letter.subject.chars().count() <= 78, "{}", letter.subject);
        assert!(letter.preheader.chars().count() <= 90, "{}", letter.preheader);
        assert!(!letter.subject.contains("27.3"));
    }
}

#[test]
fn support_is_told_with_what_came_since_and_its_numbers_only_where_both_may_be_shown() {
    let text = |who: &Recipient, support: SupportFact| {
        let facts = DigestFacts { supports: vec![support], ..only(Vec::new()) };
        dump(&write(DigestStyle::RegionalLead, who, &facts))
    };
    let region = recipient(Role::RegionalLead, &[]);
    let told = text(&region, agreed(TORBAY, Some(DEVON)));
    for words in [
        "Torbay, Re-referrals within 12 months: a visit to the front door team.",
        "Agreed on 10 August 2017 by A. Lead, supported by Devon.",
        "It stood at 29.7% in 2017-18 Q1 and stands at 21.3% in 2017-18 Q2: better, by more than chance",
        "To be reviewed by Friday 1 December 2017. Then: quarterdeck review e06000027-1",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    let (then_in, then) = agreed(TORBAY, None).then.unwrap();
    let small = SupportFact { then: Some((then_in, withheld(then))), ..agreed(TORBAY, None) };
    let told = text(&region, small);
    assert!(told.contains("From 2017-18 Q1 to 2017-18 Q2: better"), "{told}");
    assert!(!told.contains("29.7") && !told.contains("stands at 21.3"), "{told}");
    let gone = SupportFact {
        review_on: None,
        is_open: false,
        outcome: Some("the backlog is gone".to_owned()),
        since: Since::Lower,
        ..agreed(TORBAY, None)
    };
    let told = text(&region, gone);
    for words in
        ["lower, by more than chance", "The finding is resolved. Review: The backlog is gone. It has ended."]
    {
        assert!(told.contains(words), "{words}:\n{told}");
    }
}

#[test]
fn a_digest_that_would_be_quiet_comes_when_a_review_fell_due() {
    let quiet = |support: SupportFact| {
        let who = recipient(Role::Director, &[TORBAY]);
        let facts = DigestFacts { supports: vec![support], returns: Vec::new(), ..only(Vec::new()) };
        compose(&occasion(&who, "2017-11-17"), DigestStyle::Director, WhenNothingChanged::Quiet, &facts)
            .is_none()
    };
    assert!(quiet(agreed(TORBAY, None)), "it is to be reviewed later");
    assert!(!quiet(SupportFact { review_on: Some(date("2017-11-10")), ..agreed(TORBAY, None) }));
    assert!(quiet(SupportFact { review_on: Some(date("2017-08-11")), ..agreed(TORBAY, None) }));
    assert!(!quiet(SupportFact { agreed_on: date("2017-11-10"), ..agreed(TORBAY, None) }));
    assert!(quiet(SupportFact { agreed_on: date("2017-11-10"), ..agreed(DEVON, None) }), "not theirs");
}

#[test]
fn a_concern_names_whom_to_ask() {
    let ask = vec!["Devon (better than the region by more than chance)".to_owned()];
    let facts = only(vec![FindingFact { ask, ..finding("abc123", TORBAY, rereferrals()) }]);
    let text = dump(&write(DigestStyle::Director, &recipient(Role::Director, &[TORBAY]), &facts));
    assert!(text.contains("Whom to ask: Devon (better than the region by more than chance)."), "{text}");
}
