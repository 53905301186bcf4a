//! Digests, whole, and what they must never say.

use quarterdeck::domain::check::CheckKind;
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::{Polarity, Unit};
use quarterdeck::domain::letter::digest::facts::{Arrival, DigestFacts, FindingFact, Said, SupportFact};
use quarterdeck::domain::letter::digest::{DigestStyle, WhenNothingChanged, compose};
use quarterdeck::domain::letter::facts::{FigureFact, IndicatorFact, OwnFigure, Revision};
use quarterdeck::domain::message::{Attachment, Block, Letter};
use quarterdeck::domain::scope::{Figures, Recipient, Role};
use quarterdeck::domain::stretch::Stretch;
use quarterdeck::domain::support::Since;

use crate::letters::dump::dump;
use crate::letters::world::{
    DEVON, PLYMOUTH, TORBAY, agreed, date, demand_finding, digest_facts, finding, indicator, looked_after,
    not_received, occasion, own, percent, quarter, received, recipient, rereferrals, revision, two_ways,
    withheld,
};

pub(super) const STYLES: [DigestStyle; 3] =
    [DigestStyle::PerformanceLead, DigestStyle::Director, DigestStyle::RegionalLead];

pub(super) fn write(style: DigestStyle, who: &Recipient, facts: &DigestFacts) -> Letter {
    compose(&occasion(who, "2017-11-17"), style, WhenNothingChanged::Send, facts).unwrap()
}

pub(super) fn only(findings: Vec<FindingFact>) -> DigestFacts {
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
        let has_figures = |name: &str| name.starts_with("figures") || name.starts_with("revisions");
        assert!(
            !letter
                .attachments
                .iter()
                .any(|one| matches!(one, Attachment::Figures { file_name, .. } if has_figures(file_name)))
        );
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
fn returns_that_are_not_yet_due_are_one_row() {
    let mut facts = digest_facts();
    facts.returns = vec![received(TORBAY, Vec::new()), not_received(DEVON), not_received(PLYMOUTH)];
    for one in &mut facts.returns {
        one.working_days_late = -20;
    }
    let text = dump(&write(DigestStyle::RegionalLead, &recipient(Role::RegionalLead, &[]), &facts));
    let line = "| 2017-18 Q2 | Quarterly return | Friday 10 November 2017 | 2 of 3 | Devon; Plymouth |";
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
    let told = |id| FindingFact { by: two_ways(), ..finding(id, TORBAY, rereferrals()) };
    let facts = only(vec![told("aaaaaa"), told("bbbbbb")]);
    let who = recipient(Role::PerformanceLead, &[TORBAY]);
    let letter = write(DigestStyle::PerformanceLead, &who, &facts);
    assert_eq!(letter.blocks.iter().filter(|block| matches!(block, Block::Finding(_))).count(), 1);
    assert_eq!(letter.blocks.iter().filter(|block| matches!(block, Block::Chart(_))).count(), 1);
    let text = dump(&letter);
    assert!(text.contains("Finding aaaaaa.") && text.contains("Finding bbbbbb."), "{text}");
    assert!(
        text.contains(
            "This one figure stands out against its own history and its target; if it is wrong, so"
        ),
        "{text}"
    );
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
    let named =
        "Open for four quarters or more: Re-referrals within 12 months since 2016-17 Q3 (finding 0ldold).";
    assert!(text.contains(named), "{text}");
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
        "To be reviewed by Friday 1 December 2017. Then tell Kim Lead (kim@region.example) what came of it \
         (support e06000027-1).",
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

fn yearly(stretch: Stretch) -> IndicatorFact {
    IndicatorFact { stretch, ..rereferrals() }
}

#[test]
fn a_yearly_figure_is_told_as_its_year_in_every_place() {
    let at = quarter(2024, 4);
    for (stretch, words) in [(Stretch::YearTo, "year to March 2025"), (Stretch::Month, "March 2025")] {
        let told = FindingFact {
            quarter: at,
            since: quarter(2023, 4),
            stretch,
            sentence: "Torbay: a sentence.".to_owned(),
            comparators: Vec::new(),
            ..finding("abc123", TORBAY, yearly(stretch))
        };
        let mut facts = only(vec![told]);
        facts.figures = vec![OwnFigure { quarter: at, ..own(TORBAY, yearly(stretch), percent(58.0, 205.0)) }];
        facts.figures[0].comparators.clear();
        facts.revisions = vec![Revision { quarter: at, indicator: yearly(stretch), ..revision(TORBAY) }];
        facts.region_values.iter_mut().for_each(|value| {
            (value.quarter, value.indicator) = (at, yearly(stretch));
        });
        facts.regional.clear();
        facts.supports.clear();
        for (role, style) in
            [Role::PerformanceLead, Role::Director, Role::RegionalLead].into_iter().zip(STYLES)
        {
            let text = dump(&write(style, &recipient(role, &[TORBAY]), &facts));
            assert!(text.contains(&format!(" of 333), {words}.")), "{text}");
            for wrong in
                ["2024-25 Q4\n", "2024-25 Q4.", "2024-25 Q4,", "Quarter 4", "2023-24 Q4", "quarter last"]
            {
                let told: Vec<&str> = text.lines().filter(|line| !line.contains("rereferral_pct,")).collect();
                assert!(!told.join("\n").contains(wrong), "{wrong} in {style:?}: {text}");
            }
        }
        let text = dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts));
        assert!(text.contains(&format!("Figures of Torbay, {words}")), "{text}");
        assert!(text.contains("The year before"), "{text}");
    }
}

#[test]
fn a_number_is_not_repeated_and_a_numerator_alone_says_what_it_counts() {
    let count = FigureFact {
        unit: Unit::Count,
        decimals: 0,
        value: Some(603.0),
        denominator: None,
        ..percent(603.0, 1.0)
    };
    let text = |figure: FigureFact, indicator: IndicatorFact| {
        let mut facts =
            only(vec![FindingFact { figure: Some(figure), ..finding("abc123", TORBAY, indicator.clone()) }]);
        facts.figures = vec![OwnFigure { region: None, ..own(TORBAY, indicator, figure) }];
        dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts))
    };
    let told = text(count, rereferrals());
    assert!(told.contains("603, Quarter 2, 2017/18") && !told.contains("(603)"), "{told}");
    assert!(told.contains("not compared"), "{told}");
    let sickness = IndicatorFact { numerator: "working days lost".to_owned(), ..rereferrals() };
    let told =
        text(FigureFact { numerator: Some(2_126.0), denominator: None, ..percent(3.0, 100.0) }, sickness);
    assert!(told.contains("3.0% (2,126 working days lost), Quarter 2"), "{told}");
}

#[test]
fn information_is_not_counted_among_what_stands_out() {
    let info = |at: usize| FindingFact {
        said: Said::New,
        ..demand_finding(&format!("id{at:02}"), TORBAY, Said::New)
    };
    let mut facts = only((0..3).map(info).collect());
    let director =
        |facts: &DigestFacts| dump(&write(STYLES[1], &recipient(Role::Director, &[TORBAY]), facts));
    let text = director(&facts);
    assert!(text.contains("on Friday 18 August 2017: nothing stands out, 3 for information."), "{text}");
    facts.findings.push(finding("abc123", TORBAY, rereferrals()));
    let text = director(&facts);
    assert!(text.contains("on Friday 18 August 2017: 1 new, 3 for information."), "{text}");
    let other = |at| FindingFact {
        level: 0,
        ..finding(
            &format!("id{at:02}"),
            TORBAY,
            indicator(&format!("m{at}"), "Visits", "visits", Polarity::None),
        )
    };
    let text = director(&only((0..8).map(other).collect()));
    assert!(text.contains("And 3 more for information."), "{text}");
}

#[test]
fn a_withheld_figure_is_not_to_be_confirmed() {
    let told = FindingFact {
        check: "suppressed-value".to_owned(),
        kind: CheckKind::DataQuality,
        sentence: "Devon, plans: withheld for 2017-18 Q2 because numbers are small.".to_owned(),
        figure: Some(FigureFact {
            value: None,
            numerator: None,
            status: Status::Suppressed,
            ..percent(1.0, 2.0)
        }),
        series: None,
        ..finding("abc123", DEVON, rereferrals())
    };
    let text = dump(&write(STYLES[2], &recipient(Role::RegionalLead, &[]), &only(vec![told])));
    let at = |words: &str| text.find(words);
    assert!(at("Figures to confirm before use").is_none(), "{text}");
    assert!(at("Withheld figures") < at("Devon, plans: withheld"), "{text}");
}

#[test]
fn a_revision_below_the_shown_decimals_is_told_so_that_it_can_be_seen() {
    let text = |old: FigureFact, new: FigureFact| {
        let facts = DigestFacts {
            revisions: vec![Revision { old: Some(old), new: Some(new), ..revision(TORBAY) }],
            ..only(Vec::new())
        };
        dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts))
    };
    let told = text(percent(2_610.0, 100_000.0), percent(2_625.0, 100_000.0));
    assert!(told.contains("2.61% before, 2.63% now"), "{told}");
    let told = text(percent(1.0, 4.0), percent(25.0, 100.0));
    assert!(told.contains("25.0% (1 of 4) before, 25.0% (25 of 100) now"), "{told}");
}
