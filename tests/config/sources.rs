//! Where returns come from: the examples in the shipped file, and what is said about wrong ones.

use std::path::Path;

use quarterdeck::config::files::Files;
use quarterdeck::config::load_files;
use quarterdeck::config::settings::{EesSource, Login, MajorVersions, PrivateAddresses, Source};
use quarterdeck::domain::version::Pin;

use super::{edited, said};

/// The shipped file with the commented tables of a name taken into use.
fn in_use(tables: &str) -> Files {
    let shipped = Files::shipped(Path::new("config"));
    let text = shipped.text("quarterdeck.toml").unwrap().to_owned();
    let mut inside = false;
    let lines = text.lines().map(|line| {
        let typed = line.strip_prefix("# ").unwrap_or(line);
        if typed.starts_with('[') || line.is_empty() {
            inside = line.starts_with("# ") && typed.starts_with(tables);
        }
        let is_key = typed
            .split_once(" = ")
            .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        if inside && (is_key || typed.starts_with('[')) { typed } else { line }
    });
    shipped.with("quarterdeck.toml", &lines.collect::<Vec<_>>().join("\n"))
}

fn source_of(files: &Files, collection: &str) -> Source {
    let loaded = load_files(files, Path::new("config")).unwrap_or_else(|problems| panic!("{problems}"));
    let found = loaded.settings.collections.into_iter().find(|one| one.name == collection).unwrap();
    found.source
}

#[test]
fn the_example_of_a_data_set_holds_every_key() {
    let Source::Ees(source) = source_of(&in_use("[collection.ees"), "published") else { panic!() };
    let query = source.query.as_ref().unwrap();
    assert_eq!(query.indicators, ["cin_rate"]);
    assert_eq!(query.filters["characteristic"], ["Total"]);
    assert_eq!(query.from, Some(("2014".to_owned(), "FY".to_owned())));
    assert_eq!((query.page_size, query.geographic_levels.len()), (10_000, 3));
    let expected = EesSource {
        base_url: "https://api.education.gov.uk/statistics/v1".to_owned(),
        data_set: "00000000-0000-0000-0000-000000000000".to_owned(),
        version: Some(Pin::parse("2.*").unwrap()),
        major: MajorVersions::Hold,
        query: source.query.clone(),
        ca_file: None,
        proxy: None,
        private_addresses: PrivateAddresses::Refused,
    };
    assert_eq!(source, expected);
}

#[test]
fn the_example_of_client_credentials_holds_every_key() {
    let bearer = "[collection.http.bearer]\ntoken_file = \"/run/credentials/quarterdeck.service/secret_returns-token\"\n";
    let files = in_use("[collection.http.oauth2]");
    let text = files.text("quarterdeck.toml").unwrap().replace(bearer, "");
    let Source::Http(source) = source_of(&files.with("quarterdeck.toml", &text), "quarterly") else {
        panic!()
    };
    let Login::OAuth2 { token_url, client_id, client_secret_file, scope } = source.login else { panic!() };
    assert!(token_url.ends_with("/oauth2/v2.0/token") && client_id.len() == 36 && scope.is_some());
    assert!(client_secret_file.ends_with("secret_returns-client"));
}

#[test]
fn two_logins_and_two_sources_are_one_too_many() {
    let files = in_use("[collection.http.oauth2]");
    let problems = load_files(&files, Path::new("config")).unwrap_err().to_string();
    assert!(problems.contains("http: give one of `basic`, `bearer`, `api_key` and `oauth2`"), "{problems}");
    let problems = said(&[(
        "quarterdeck.toml",
        "[collection.folder]\n",
        "[collection.ees]\ndata_set = \"a-1\"\n[collection.folder]\n",
    )]);
    assert!(problems.contains("give one of `http`, `folder` and `ees`"), "{problems}");
}

#[test]
fn what_is_wrong_with_a_data_set_is_told_with_its_place() {
    let ees = "[collection.ees]\nbase_url = \"http://api.example/v1\"\ndata_set = \"../x\"\nversion = \"two\"\nmajor = \"hod\"\n";
    let files =
        edited(&[("quarterdeck.toml", "[collection.folder]\npath = \"state/drop/workforce\"\n", ees)]);
    let problems = load_files(&files, Path::new("config")).unwrap_err().to_string();
    assert!(
        problems.contains("`major = \"hod\"`: expected `hold` or `take`; did you mean `hold`?"),
        "{problems}"
    );
    let ees = "[collection.ees]\nbase_url = \"http://api.example/v1\"\ndata_set = \"../x\"\nversion = \"two\"\n\
        [collection.ees.query]\nindicators = []\nfrom = \"2014\"\n";
    let text = files.text("quarterdeck.toml").unwrap().to_owned();
    let a = text.find("[collection.ees]\nbase_url").unwrap();
    let b = a + text[a..].find("\n\n").unwrap();
    let files = files.with("quarterdeck.toml", &format!("{}{ees}{}", &text[..a], &text[b..]));
    let problems = load_files(&files, Path::new("config")).unwrap_err().to_string();
    for expected in [
        "ees: one data set is published for the country; write `reporters = \"publisher\"`",
        "ees: `base_url`: plain http is only for this machine; write `https://`",
        "ees: `data_set`: write the id of the data set, letters, digits and hyphens",
        "ees: `version`: `two` is not a version; write one such as `2.1`, or `2.*`",
        "ees: query: `indicators`: name at least one",
        "ees: query: `from`: write a period and its code, such as `2014|FY`",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
    assert_eq!(problems.lines().count(), 6, "{problems}");
}
