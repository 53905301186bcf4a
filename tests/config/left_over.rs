//! What `check-config` remarks of a configuration that is right, and still has values of the sample.

use std::path::Path;

use chrono::NaiveDate;
use quarterdeck::config::{left_over, load_files};

use super::{edited, loaded};

fn remarks(edits: &[(&str, &str, &str)], day: &str) -> Vec<String> {
    let loaded = load_files(&edited(edits), Path::new("config")).unwrap();
    left_over::in_words(&loaded.settings, day.parse::<NaiveDate>().unwrap())
}

#[test]
fn the_sample_itself_is_told_of_its_addresses_and_its_host_and_later_of_its_year() {
    let told = remarks(&[], "2017-11-17");
    assert_eq!(told.len(), 2, "{told:?}");
    let addresses = "`from` of [mail], `reply_to` of [mail], `bounces` of [mail], `unsubscribe` of [mail], \
                     34 recipients, such as `";
    assert!(told[0].contains(addresses), "{told:?}");
    assert!(
        told[1].contains("`quarterly` is asked for at `returns.southwest-benchmarking.example`"),
        "{told:?}"
    );
    let later = remarks(&[], "2026-11-30");
    assert_eq!(later.len(), 3, "{later:?}");
    assert!(later[2].contains("is past (the last, `"), "{later:?}");
}

#[test]
fn names_of_the_samples_region_over_other_authorities_are_told() {
    let mut settings = loaded().settings;
    settings.authorities.clear();
    settings.region.name = "Somewhere Else".to_owned();
    let told = left_over::in_words(&settings, "2017-11-17".parse().unwrap());
    let region = told.iter().find(|it| it.starts_with("[region]")).unwrap();
    assert!(region.contains("(`code = \"E12000009\"`, `instance = \"south-west\"`)"), "{region}");
}

#[test]
fn nothing_is_remarked_where_nothing_is_left() {
    let own = |text: &str| text.replace(".example", ".gov.uk");
    let files = ["quarterdeck.toml", "recipients.toml"].into_iter().fold(edited(&[]), |files, name| {
        let text = own(files.text(name).unwrap()).replace("[\"example\"]", "[]");
        files.with(name, &text)
    });
    let settings = load_files(&files, Path::new("config")).unwrap().settings;
    assert_eq!(left_over::in_words(&settings, "2017-11-17".parse().unwrap()), Vec::<String>::new());
}
