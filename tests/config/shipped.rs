//! The shipped configuration is complete and has nothing wrong.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use quarterdeck::config::settings::{PostSettings, Source};
use quarterdeck::config::{SHIPPED, load, schema, write_shipped};
use quarterdeck::domain::authority::Share;
use quarterdeck::domain::deadline::{DeadlineKind, Party};
use quarterdeck::domain::indicator::Polarity;
use quarterdeck::domain::scope::Role;

use super::loaded;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn the_shipped_configuration_has_no_problem_and_no_warning() {
    let loaded = loaded();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.settings.fingerprint.len(), 64);
}

#[test]
fn sixteen_authorities_existed_in_september_2017_and_fifteen_after() {
    let settings = loaded().settings;
    let count = |on| settings.authorities.iter().filter(|authority| authority.existed_on(on)).count();
    assert_eq!(settings.authorities.len(), 19);
    assert_eq!(count(day(2017, 9, 1)), 16);
    assert_eq!(count(day(2019, 4, 1)), 15);
    assert_eq!(count(day(2023, 4, 1)), 15);
}

#[test]
fn dorset_was_divided_and_bournemouth_was_not() {
    let settings = loaded().settings;
    let shares = |code: &str| {
        let authority = settings.authorities.iter().find(|one| one.code.as_str() == code).unwrap();
        let shares = authority.successors.iter().map(|next| (next.to.to_string(), next.share));
        shares.collect::<Vec<_>>()
    };
    assert_eq!(shares("E06000028"), [("E06000058".to_owned(), Share::Whole)]);
    let parts = [("E06000059".to_owned(), Share::Part), ("E06000058".to_owned(), Share::Part)];
    assert_eq!(shares("E10000009"), parts);
    assert_eq!(shares("E10000027"), [("E06000066".to_owned(), Share::Whole)]);
}

#[test]
fn every_authority_of_2017_has_ten_neighbours_in_the_version_used() {
    let settings = loaded().settings;
    for authority in &settings.authorities {
        let version = &settings.region.neighbours_version;
        let list = authority.neighbours.iter().find(|list| &list.version == version).unwrap();
        assert_eq!(list.dfe_numbers.len(), 10, "{}", authority.name);
    }
}

#[test]
fn the_quarterly_set_carries_all_31_measures() {
    let settings = loaded().settings;
    let of = |collection: &str| {
        let carries = |name: &String| name == collection;
        settings.indicators.iter().filter(|one| one.collections.iter().any(carries)).collect::<Vec<_>>()
    };
    let numbers: BTreeSet<u32> = of("quarterly")
        .iter()
        .filter_map(|one| {
            one.source.strip_prefix("Regional quarterly set, measure ")?.split(';').next()?.parse().ok()
        })
        .collect();
    assert_eq!(numbers, (1..=31).collect());
    assert_eq!(of("quarterly").len(), 34);
    assert_eq!(of("workforce").len(), 8);
    assert_eq!(of("published").len(), 22);
}

#[test]
fn demand_has_no_polarity() {
    let settings = loaded().settings;
    for id in ["cin_rate", "cpp_rate", "cla_rate", "referral_rate", "s47_rate", "icpc_rate", "cpp_start_rate"]
    {
        let indicator = settings.indicators.iter().find(|one| one.id.as_str() == id).unwrap();
        assert_eq!(indicator.polarity, Polarity::None, "{id}");
        assert_eq!(indicator.target, None, "{id}");
    }
}

#[test]
fn no_rate_on_the_child_population_can_judge_343_children() {
    let settings = loaded().settings;
    for indicator in &settings.indicators {
        assert!(indicator.minimum_denominator >= 10.0, "{}", indicator.id);
        if indicator.denominator.as_deref().is_some_and(|name| name.contains("in the area")) {
            assert!(indicator.minimum_denominator > 343.0, "{}", indicator.id);
        }
    }
}

#[test]
fn the_neglect_challenge_ends_on_friday_29_june_2018() {
    let settings = loaded().settings;
    let deadline = settings.deadlines.iter().find(|one| one.id == "neglect-challenge-2018").unwrap();
    assert_eq!(deadline.on, day(2018, 6, 30));
    assert_eq!(deadline.last_working_day(&settings.calendar), day(2018, 6, 29));
    assert_eq!(deadline.parties.len(), 16);
    assert_eq!(deadline.wording.as_deref(), Some("before July 2018"));
}

#[test]
fn the_challenge_event_asks_all_sixteen_and_nobody_afterwards() {
    let settings = loaded().settings;
    let deadline = settings.deadlines.iter().find(|one| one.id == "challenge-event-2017").unwrap();
    assert_eq!((deadline.on, deadline.kind), (day(2017, 12, 1), DeadlineKind::Event));
    assert_eq!(deadline.parties.len(), 16);
    assert_eq!(deadline.reminders.before, [10, 5, 1]);
    assert!(deadline.reminders.after.is_empty());
    assert_eq!(deadline.reminders.escalate, None);
}

#[test]
fn what_a_deadline_leaves_out_of_its_ladder_comes_from_the_common_one() {
    let settings = loaded().settings;
    let find = |id: &str| settings.deadlines.iter().find(|one| one.id == id).unwrap();
    let summit = find("summit-delegates-2017");
    assert_eq!(summit.needed, 4);
    assert_eq!((&summit.reminders.before[..], &summit.reminders.after[..]), (&[10, 5, 1][..], &[1, 5][..]));
    assert_eq!(summit.reminders.escalate, Some((5, vec![Role::Director])));
    let region = find("directors-presentation-2017");
    assert_eq!(region.parties, [Party::Region]);
    assert_eq!(region.reminders.to, [Role::RegionalLead]);
    assert_eq!(find("neglect-first-pair").parties[0].id(), "E06000022+E06000024");
}

#[test]
fn each_authority_has_a_performance_lead_and_a_director_at_sample_addresses() {
    let settings = loaded().settings;
    let count = |role| settings.recipients.iter().filter(|one| one.role == role).count();
    assert_eq!((count(Role::PerformanceLead), count(Role::Director)), (16, 16));
    assert_eq!((count(Role::RegionalLead), count(Role::Operator)), (1, 1));
    assert!(settings.recipients.iter().all(|one| one.address.as_str().ends_with(".example")));
}

#[test]
fn relative_paths_start_at_the_folder() {
    let settings = loaded().settings;
    assert_eq!(settings.state, Path::new("config/state"));
    let post = PostSettings::Folder { path: Path::new("config/state/outgoing").into() };
    assert_eq!(settings.mail.post, post);
    let workforce = settings.collections.iter().find(|one| one.name == "workforce").unwrap();
    assert!(matches!(&workforce.source, Source::Folder(drop) if drop.path.ends_with("state/drop/workforce")));
}

#[test]
fn what_is_written_loads_again_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("quarterdeck");
    write_shipped(&into).unwrap();
    assert_eq!(load(&into).unwrap().fingerprint, loaded().settings.fingerprint);
    assert_eq!(write_shipped(&into).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
}

#[test]
fn the_checks_of_the_operator_are_found_beside_the_files() {
    let folder = tempfile::tempdir().unwrap();
    write_shipped(folder.path()).unwrap();
    std::fs::create_dir(folder.path().join("checks")).unwrap();
    std::fs::write(folder.path().join("checks/ours.sql"), "SELECT 1").unwrap();
    std::fs::write(folder.path().join("checks/notes.txt"), "not a check").unwrap();
    let checks = load(folder.path()).unwrap().checks;
    assert_eq!(checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["ours"]);
    assert_eq!(checks[0].text, "SELECT 1");
}

#[test]
fn every_toml_file_has_a_schema_in_which_every_key_is_described() {
    for (name, schema) in SHIPPED.iter().filter_map(|(name, _)| Some((name, schema(name)?))) {
        let defined = schema["$defs"].as_object().into_iter().flatten().map(|(_, one)| one);
        for table in std::iter::once(&schema).chain(defined).filter(|one| one["properties"].is_object()) {
            assert_eq!(table["additionalProperties"], false, "{name}");
            for (key, value) in table["properties"].as_object().unwrap() {
                assert!(value["description"].is_string(), "{name}: {key}");
            }
        }
    }
    assert_eq!(schema("other.toml"), None);
}

#[test]
fn every_key_of_every_file_stands_in_the_shipped_files() {
    for (name, text, schema) in SHIPPED.iter().filter_map(|(name, text)| Some((name, text, schema(name)?))) {
        let defined = schema["$defs"].as_object().into_iter().flatten().map(|(_, one)| one);
        for table in std::iter::once(&schema).chain(defined) {
            for (key, _) in table["properties"].as_object().into_iter().flatten() {
                let there =
                    [format!("{key} ="), format!("{key}]")].iter().any(|spelled| text.contains(spelled));
                assert!(there, "{name}: `{key}` is not shown");
            }
        }
    }
}
