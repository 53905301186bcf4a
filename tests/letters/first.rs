//! What a reader needs stands first, once, and in words that they can use.

use quarterdeck::domain::check::{CheckKind, Means};
use quarterdeck::domain::deadline::DeadlineKind;
use quarterdeck::domain::disclosure::{Disclosure, Why};
use quarterdeck::domain::indicator::Polarity;
use quarterdeck::domain::letter::digest::facts::{
    Arrival, DeadlineFact, DigestFacts, FindingFact, Gap, NeighboursFact, ReturnFact, Said,
};
use quarterdeck::domain::letter::facts::{
    FigureFact, IndicatorFact, RegionFigure, Revision, most_important_first,
};
use quarterdeck::domain::message::{Attachment, Block};
use quarterdeck::domain::scope::Role;

use crate::letters::digests::{STYLES, only, write};
use crate::letters::dump::dump;
use crate::letters::world::{
    DEVON, PLYMOUTH, TORBAY, challenge_event, date, digest_facts, finding, indicator, looked_after, named,
    not_received, percent, quarter, recipient, rereferrals, revision,
};

fn gap(id: &str, name: &str, gap: Gap) -> FindingFact {
    FindingFact {
        check: "return-missing".to_owned(),
        kind: CheckKind::DataQuality,
        means: Means::ReturnMissing,
        gap: Some(gap),
        title: "Not received".to_owned(),
        figure: None,
        series: None,
        ..finding(id, TORBAY, indicator(id, name, "front-door", Polarity::None))
    }
}

/// Seven gaps before one finding about children.
fn seven_slips() -> DigestFacts {
    let mut findings: Vec<FindingFact> =
        (0..6).map(|at| gap(&format!("gap{at}"), &format!("Measure {at}"), Gap::SetAside)).collect();
    findings.push(gap("gap6", "Measure 6", Gap::NotSent));
    findings.push(finding("ch11d5", TORBAY, rereferrals()));
    only(findings)
}

#[test]
fn the_gaps_of_a_return_are_one_line_below_what_is_about_children() {
    let line = "Torbay, 2017-18 Q2: 6 figures were sent, but could not be used (Measure 0; Measure 1; Measure 2; \
                Measure 3; Measure 4; Measure 5); 1 figure is not in the return (Measure 6).";
    for (role, style) in [Role::PerformanceLead, Role::Director, Role::RegionalLead].into_iter().zip(STYLES) {
        let letter = write(style, &recipient(role, &[TORBAY]), &seven_slips());
        let found: Vec<&Block> =
            letter.blocks.iter().filter(|block| matches!(block, Block::Finding(_))).collect();
        assert_eq!(found.len(), 1, "{style:?}");
        let text = dump(&letter);
        assert!(text.contains("1 new, 7 figures missing."), "{text}");
        assert!(text.find("Outside its usual range") < text.rfind(line), "{style:?}: {text}");
        assert!(letter.told.iter().filter(|id| id.starts_with("gap")).count() == 7, "{:?}", letter.told);
    }
}

#[test]
fn a_directors_places_are_for_what_is_about_children() {
    let doubt = |at: usize, level: u8| FindingFact {
        kind: CheckKind::DataQuality,
        level,
        ..finding(
            &format!("d0ub{at}"),
            TORBAY,
            indicator(&format!("m{at}"), "Visits", "visits", Polarity::None),
        )
    };
    let mut findings: Vec<FindingFact> = (0..9).map(|at| doubt(at, 3)).collect();
    findings.push(FindingFact { level: 1, ..finding("ch11d5", TORBAY, rereferrals()) });
    let letter = write(STYLES[1], &recipient(Role::Director, &[TORBAY]), &only(findings));
    let text = dump(&letter);
    assert_eq!(letter.blocks.iter().filter(|block| matches!(block, Block::Finding(_))).count(), 1, "{text}");
    assert!(text.contains("Finding ch11d5."), "{text}");
    assert!(text.contains("To be checked: Visits."), "{text}");
}

#[test]
fn a_filled_gap_is_no_revision_and_the_largest_change_comes_first() {
    let named = |name: &str, weight: f64| Revision {
        indicator: IndicatorFact { name: name.to_owned(), ..rereferrals() },
        weight,
        ..revision(DEVON)
    };
    let mut revisions: Vec<Revision> = (0..20).map(|at| named(&format!("A little {at:02}"), 1.0)).collect();
    revisions.push(named("Zebra crossings", 9.0));
    most_important_first(&mut revisions);
    let filled = vec![Revision { old: None, ..revision(TORBAY) }; 41];
    assert!(filled[0].is_filled() && !revisions[0].is_filled());
    assert!(!Revision { new: None, ..revision(TORBAY) }.is_filled(), "what is gone was not filled");
    let facts = DigestFacts { revisions, filled, ..only(Vec::new()) };
    let letter = write(STYLES[2], &recipient(Role::RegionalLead, &[]), &facts);
    let text = dump(&letter);
    let (_, table) = text.split_once("table: 21 figures revised: the 8 largest changes").expect(&text);
    let first = table.lines().nth(2).unwrap();
    assert!(first.contains("Zebra crossings"), "{first}");
    assert!(text.contains("* Torbay, 2017-18 Q1: 41 figures that were missing are in."), "{text}");
    let rows = letter.attachments.iter().find_map(|one| match one {
        Attachment::Figures { file_name, rows, .. } if file_name == "revisions.csv" => Some(rows.len()),
        _ => None,
    });
    assert_eq!(rows, Some(62));
}

#[test]
fn one_who_is_due_today_has_not_sent_like_one_who_is_late() {
    let mut facts = digest_facts();
    (facts.fell_due, facts.known_on) = (date("2017-11-10"), date("2017-11-10"));
    facts.returns =
        [TORBAY, PLYMOUTH, DEVON].map(|one| ReturnFact { working_days_late: 0, ..not_received(one) }).into();
    facts.returns.push(ReturnFact { quarter: quarter(2017, 1), of: 16, ..not_received(DEVON) });
    facts.returns[0].arrival =
        Arrival::Refused { on: date("2017-11-09"), reason: "it is a web page".to_owned() };
    let letter = write(STYLES[2], &recipient(Role::RegionalLead, &[]), &facts);
    let text = dump(&letter);
    let rows = "| 2017-18 Q2 | Quarterly return | Friday 10 November 2017, today | 3 of 3 | Devon; Plymouth; \
                Torbay (a file came and was not accepted) |\n\
                | 2017-18 Q1 | Quarterly return | Friday 10 November 2017, today | 1 of 16 | Devon |";
    assert!(text.contains(rows), "{text}");
    assert!(text.contains("attached: returns-not-received.csv"), "{text}");
}

#[test]
fn several_signs_of_one_figure_are_one_line_and_no_news_when_one_was_told() {
    let of = |id, said| FindingFact { said, ..finding(id, TORBAY, rereferrals()) };
    let facts = only(vec![of("aaaaaa", Said::New), of("bbbbbb", Said::New), of("cccccc", Said::New)]);
    let told =
        |facts: &DigestFacts| dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), facts));
    let text = told(&facts);
    assert_eq!(
        text.matches("* New: Re-referrals within 12 months, Torbay, 2017-18 Q2.").count(),
        1,
        "{text}"
    );
    let again = FindingFact { figure_was_told: true, ..of("dddddd", Said::New) };
    let text = told(&only(vec![again]));
    assert!(
        text.contains("* One more sign of what was told: Re-referrals") && !text.contains("* New:"),
        "{text}"
    );
    let early = FindingFact { since: quarter(2016, 3), ..of("eeeeee", Said::New) };
    let text = told(&only(vec![early]));
    assert!(text.contains("[Medium · not told before] Outside its usual range"), "{text}");
}

#[test]
fn several_news_of_one_figure_are_one_line() {
    let of = |id, said| FindingFact { said, ..finding(id, TORBAY, rereferrals()) };
    let early = FindingFact { since: quarter(2016, 3), ..of("aaaaaa", Said::New) };
    let facts = only(vec![of("bbbbbb", Said::Worse), early, of("cccccc", Said::Worse)]);
    let text = dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts));
    let line = "* Not told before and worse: Re-referrals within 12 months, Torbay, 2017-18 Q2.";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("* Worse: ") && !text.contains("* Not told before: "), "{text}");
}

#[test]
fn what_is_worse_stands_out_though_it_is_told_for_information_only() {
    let worse = FindingFact { level: 0, said: Said::Worse, ..finding("aaaaaa", TORBAY, rereferrals()) };
    let text = dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &only(vec![worse])));
    assert!(text.contains(": 1 worse, for information."), "{text}");
    assert!(!text.contains("nothing stands out"), "{text}");
}

#[test]
fn a_value_of_the_region_that_is_no_small_number_is_not_called_one() {
    let would_tell = Disclosure::Withheld { why: Why::WouldGiveAway };
    let mut facts = digest_facts();
    for own in &mut facts.figures {
        let region = FigureFact { disclosure: would_tell, ..percent(1253.0, 1547.0) };
        own.region = Some(RegionFigure { figure: region, reporting: 12, of: 15 });
    }
    let text = dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts));
    assert!(text.contains("withheld (it would give a small number away) (12 of 15)"), "{text}");
    assert!(!text.contains("withheld (small number) (12 of 15)"), "{text}");
}

#[test]
fn what_is_told_of_a_region_counts_as_told_of_each_of_its_authorities() {
    let mut facts = digest_facts();
    facts.regional[0].covers = vec!["c0vered".to_owned()];
    let told = |style| write(style, &recipient(Role::RegionalLead, &[]), &facts).told;
    assert!(told(STYLES[2]).contains(&"c0vered".to_owned()));
    assert!(!told(STYLES[1]).contains(&"c0vered".to_owned()), "a director's digest does not tell it");
}

#[test]
fn a_command_stands_in_no_digest_but_the_operators() {
    for (role, style) in [Role::PerformanceLead, Role::Director, Role::RegionalLead].into_iter().zip(STYLES) {
        let text = dump(&write(style, &recipient(role, &[]), &digest_facts()));
        assert!(!text.contains("quarterdeck "), "{style:?}: {text}");
        let whom = "Questions about a finding? Give its number to Kim Lead (kim@region.example).";
        assert!(text.contains("Finding 9b0c11.") && text.contains(whom), "{style:?}: {text}");
    }
    let text = dump(&write(STYLES[2], &recipient(Role::Operator, &[]), &digest_facts()));
    assert!(text.contains("More: quarterdeck explain 9b0c11"), "{text}");
}

#[test]
fn whether_figures_are_validated_is_said_once_where_they_are_alike() {
    let who = recipient(Role::Director, &[TORBAY]);
    let text = dump(&write(STYLES[1], &who, &digest_facts()));
    assert!(
        text.contains("All figures are provisional: they are not yet validated and may change."),
        "{text}"
    );
    assert!(!text.contains("unvalidated"), "{text}");
    let last = FindingFact { provisional: false, ..finding("f1na11", TORBAY, looked_after()) };
    let text = dump(&write(STYLES[1], &who, &only(vec![finding("abc123", TORBAY, rereferrals()), last])));
    assert!(text.contains("(July to September 2017), provisional.\n"), "{text}");
    assert!(text.contains("(July to September 2017), final.\n"), "{text}");
}

#[test]
fn a_deadline_two_months_ahead_stands_in_a_digest_and_an_event_is_not_outstanding() {
    let mut facts = digest_facts();
    let at = |on: &str, left, kind| DeadlineFact {
        title: format!("It on {on}"),
        kind,
        on: date(on),
        working_days_left: left,
        needed: 1,
        supplied: 0,
        ..challenge_event(&[TORBAY])
    };
    facts.deadlines = vec![
        at("2018-01-15", 38, DeadlineKind::Due),
        at("2017-11-18", 0, DeadlineKind::Due),
        at("2017-11-13", -4, DeadlineKind::Due),
        at("2017-12-15", 20, DeadlineKind::Event),
    ];
    let text = dump(&write(STYLES[1], &recipient(Role::Director, &[TORBAY]), &facts));
    for line in [
        "* It on 2017-11-13: overdue since Monday 13 November 2017, 4 working days. Still to do it: Torbay.",
        "* It on 2017-11-18: due tomorrow, Saturday 18 November 2017. Still to do it: Torbay.",
        "* It on 2017-12-15: Friday 15 December 2017, in 20 working days. For Torbay.",
        "* It on 2018-01-15: by Monday 15 January 2018, in 38 working days. Still to do it: Torbay.",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn too_few_neighbours_are_said_to_be_too_few() {
    let few = NeighboursFact { authority: named(TORBAY), listed: 10, inside: 2 };
    let facts = DigestFacts { neighbours: vec![few], ..digest_facts() };
    let text = dump(&write(STYLES[0], &recipient(Role::PerformanceLead, &[TORBAY]), &facts));
    let words =
        "* Of the 10 statistical neighbours of Torbay, 2 are in this region. That is too few to compare";
    assert!(text.contains(words), "{text}");
}
