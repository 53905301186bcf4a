//! Each file of the Department for Education is recognised by exactly one layout.

use std::collections::BTreeSet;

use quarterdeck::config::settings::{Layout, Shape, TidyColumns};

use super::loaded;

/// Layout, and the file's own heading, without the columns that say where and when.
const HEADINGS: [(&str, &str); 8] = [
    (
        "children-in-need",
        "category,Anypoint_episodes,Anypoint_child,Started_episodes,Started_child,Ended_episodes,Ended_child,\
         At31_episodes,awaiting_assessment",
    ),
    (
        "referrals",
        "category,referral_count,rereferral_count,rereferral_percent,no_further_action_count,\
         no_further_action_percent,not_in_need_count,not_in_need_percent,referral_child_count,\
         rereferral_child_count,rereferral_child_percent",
    ),
    ("subsequent-plans", "category,CPP_start,CPP_subsequent,CPP_subsequent_percent"),
    (
        "plans-by-duration",
        "category,CPP_At31,3_months_or_less,3_months_or_less_percent,more_than_3_months_6_months,\
         more_than_3_months_6_months_percent,more_than_6_months_less_than_1_year,\
         more_than_6_months_less_than_1_year_percent,1_year_less_than_2_years,\
         1_year_less_than_2_years_percent,\
         2_years_or_more,2_years_or_more_percent",
    ),
    ("children-looked-after", "population_type,population_estimate,children_count,rate_per_10000"),
    (
        "workforce-indicators",
        "inpost_fte,inpost_headcount,starters_fte,starters_headcount,leavers_fte,leavers_headcount,\
         turnover_rate_fte,turnover_rate_headcount,agency_fte,agency_headcount,agency_rate_fte,\
         agency_rate_headcount,agency_cover_fte,agency_cover_rate_fte,vacancy_fte,vacancy_rate_fte,\
         vacancy_agency_cover_rate_fte,case_holders_fte,cases,caseload_fte,\
         working_days_lost_fte,absence_rate_fte",
    ),
    (
        "workforce-headline-measures",
        "social_worker_fte,leaver_fte,turnover_rate_fte_%,working_days_lost_fte,absence_rate_fte_%,\
         agency_fte,\
         agency_worker_rate_fte_%,agency_cover_fte,agency_cover_rate_fte_%,vacancy_fte,vacancy_rate_fte_%,\
         vacancy_agency_cover_rate_fte_%,case_holders_fte,cases,caseload_fte,social_worker_headcount,\
         leaver_headcount,turnover_rate_headcount_%,agency_headcount,agency_worker_rate_headcount_%",
    ),
    ("population", "age_group,population_estimate"),
];

fn tidy(layout: &Layout) -> &TidyColumns {
    match &layout.shape {
        Shape::Tidy(columns) => columns,
        Shape::Long(_) | Shape::Wide(_) => panic!("{} is not tidy", layout.name),
    }
}

fn columns(layout: &Layout) -> BTreeSet<&str> {
    let measures = tidy(layout).measures.iter();
    let named = measures.flat_map(|one| {
        let only = one.only.as_ref().map(|(column, _)| column);
        [one.numerator.as_ref(), one.denominator.as_ref(), one.value.as_ref(), only]
    });
    named.flatten().map(String::as_str).collect()
}

#[test]
fn every_heading_is_recognised_by_exactly_one_layout() {
    let settings = loaded().settings;
    let published = settings.collections.iter().find(|one| one.name == "published").unwrap();
    assert_eq!(published.layouts.len(), HEADINGS.len());
    for (expected, heading) in HEADINGS {
        let there: BTreeSet<&str> = heading.split(',').collect();
        let recognised = published.layouts.iter().filter(|layout| columns(layout).is_subset(&there));
        assert_eq!(recognised.map(|layout| layout.name.as_str()).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn each_published_indicator_is_read_by_a_layout() {
    let settings = loaded().settings;
    let published = settings.collections.iter().find(|one| one.name == "published").unwrap();
    let read: BTreeSet<_> = published
        .layouts
        .iter()
        .flat_map(|layout| tidy(layout).measures.iter().map(|one| &one.indicator))
        .collect();
    let carried =
        settings.indicators.iter().filter(|one| one.collections.iter().any(|name| name == "published"));
    assert_eq!(read, carried.map(|one| &one.id).collect());
}

#[test]
fn the_population_is_of_june_and_the_workforce_of_september() {
    let settings = loaded().settings;
    let published = settings.collections.iter().find(|one| one.name == "published").unwrap();
    let reference = |name: &str| {
        let layout = published.layouts.iter().find(|layout| layout.name == name).unwrap();
        (tidy(layout).reference, tidy(layout).reference_year_offset)
    };
    assert_eq!(reference("population"), ((6, 30), 0));
    assert_eq!(reference("workforce-indicators"), ((9, 30), 0));
    assert_eq!(reference("children-in-need"), ((3, 31), 0));
}
