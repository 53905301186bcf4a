//! The shipped plan fits the shipped configuration.

use std::path::Path;

use quarterdeck::config;
use quarterdeck::config::settings::Settings;
use quarterdeck::demo::generator;
use quarterdeck::demo::plan::Plan;
use quarterdeck::demo::publication;

fn shipped() -> Settings {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    config::load(&folder).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn every_indicator_of_the_quarterly_set_is_made_and_no_other() {
    let in_set = |collections: &[String]| collections.iter().any(|name| name == generator::COLLECTION);
    let settings = shipped();
    let carried = settings.indicators.iter().filter(|indicator| in_set(&indicator.collections));
    let mut expected: Vec<String> = carried.map(|indicator| indicator.id.to_string()).collect();
    let plan = Plan::shipped().unwrap();
    let mut made: Vec<String> = plan.measures.iter().map(|measure| measure.indicator.to_string()).collect();
    expected.sort();
    made.sort();
    assert_eq!(made, expected);
}

#[test]
fn every_authority_has_a_return_for_every_quarter_with_every_indicator() {
    let (settings, plan) = (shipped(), Plan::shipped().unwrap());
    let returns = generator::returns(&settings, &plan);
    assert_eq!(returns.len(), 16 * 14);
    assert!(returns.iter().all(|made| made.figures.len() == plan.measures.len()));
    let publications = publication::publications(&settings, &plan).unwrap();
    assert_eq!(publications.len(), 16 * 14 + 1);
}

#[test]
fn identities_and_plausible_ranges_hold() {
    let settings = shipped();
    for made in generator::returns(&settings, &Plan::shipped().unwrap()) {
        for row in &made.figures {
            let indicator = settings.indicators.iter().find(|one| one.id == row.indicator).unwrap();
            let value = row.figure.value;
            let plausible = indicator.plausible.zip(value);
            assert!(plausible.is_none_or(|((low, high), value)| (low..=high).contains(&value)), "{made:?}");
            for identity in &indicator.identities {
                let other = made.figures.iter().find(|other| other.indicator == identity.at_most).unwrap();
                let pair = row.figure.numerator.zip(other.figure.numerator);
                assert!(pair.is_none_or(|(low, high)| low <= high), "{} {row:?} {other:?}", made.authority);
            }
        }
    }
}
