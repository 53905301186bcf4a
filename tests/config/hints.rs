//! What is said beside a wrong value: what there is, what may be meant, what to write.

use super::{edited, said};

#[test]
fn a_version_of_the_neighbour_lists_that_is_not_there_is_told_beside_those_that_are() {
    let told = said(&[("quarterdeck.toml", "neighbours = \"2021\"", "neighbours = \"2023\"")]);
    assert!(told.ends_with("neighbour lists `2023`; authorities.toml has `2021` or `2025`"), "{told}");
}

#[test]
fn a_region_without_neighbours_is_right() {
    assert_eq!(said(&[("quarterdeck.toml", "neighbours = \"2021\"\n", "")]), "");
}

#[test]
fn an_authority_is_not_its_own_neighbour() {
    let edit = ("authorities.toml", "[\"816\", \"358\", \"919\"", "[\"816\", \"800\", \"919\"");
    let told = said(&[edit]);
    assert!(told.contains(": `dfe_numbers`: `800` is its own number; remove it"), "{told}");
}

#[test]
fn the_code_of_another_authority_is_no_slip_of_one_that_is_known() {
    let of = |typed: &str| {
        let pair = format!("second = \"{typed}\"");
        said(&[("deadlines.toml", "second = \"E06000024\"", &pair)])
    };
    assert!(of("E06000012").ends_with("`E06000012`; authorities.toml has none with this code"));
    assert!(of("E06000042").ends_with("; did you mean `E06000024` (North Somerset)?"), "two digits swapped");
    assert!(of("E0600024").contains("is not an ONS code"));
}

#[test]
fn a_key_that_is_missing_is_told_by_a_whole_sentence_and_a_value_to_write() {
    let smtp = "[mail.smtp]\nhost = \"smtp.region.example\"\nport = 587\ntls = \"starttls\"";
    let told = said(&[("quarterdeck.toml", "[mail.folder]\npath = \"state/outgoing\"", smtp)]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].ends_with("told; write it, such as `attempts_max = 8`"), "{told}");
    let whole = "limit on each step of a message: opening the line, asking, giving the body; write it, such \
                 as `timeout_seconds = 60`";
    assert!(lines[1].ends_with(whole), "{told}");
}

#[test]
fn a_domain_that_is_not_allowed_is_told_once_with_how_many_have_it() {
    let main = edited(&[]).text("quarterdeck.toml").unwrap().to_owned();
    let allowed = main.lines().find(|line| line.starts_with("allowed_domains = ")).unwrap();
    let told = said(&[("quarterdeck.toml", allowed, "allowed_domains = [\"council.example\"]")]);
    let torbay: Vec<&str> = told.lines().filter(|line| line.contains("`torbay.example`")).collect();
    assert_eq!(torbay.len(), 1, "{told}");
    assert!(torbay[0].contains("recipient `torbay-performance` and 1 more recipient: "), "{told}");
}

#[test]
fn a_collection_that_was_left_out_is_told_once_with_what_to_do_about_its_indicators() {
    let told = said(&[("quarterdeck.toml", "name = \"workforce\"\n", "name = \"staff\"\n")]);
    let about: Vec<&str> = told.lines().filter(|line| line.contains("unknown collection")).collect();
    assert_eq!(about.len(), 1, "{told}");
    for words in
        [" and 7 more indicators: ", "quarterdeck.toml has `published`, `quarterly` or `staff`", "of 8"]
    {
        assert!(about[0].contains(words), "no {words} in {told}");
    }
}
