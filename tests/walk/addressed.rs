//! Who is written to about an authority that is new, and about one that has ended.

use quarterdeck::store::journal::Happened;

use super::region::Region;

const NOBODY: &str = "E06000058 Bournemouth, Christchurch and Poole exists since 1 April 2019, and nobody is \
                      written to about its returns";

/// Nothing of it is published.
fn region() -> Region {
    Region::from_quarter("2018-19 Q4")
}

fn queued(region: &Region, start: &str) -> Vec<String> {
    region.happened(Happened::Queued).into_iter().filter(|key| key.starts_with(start)).collect()
}

#[test]
fn the_operator_hears_of_an_authority_about_which_nobody_is_written_to() {
    let region = region();
    let now = "2019-08-14T08:30:00Z";
    let checked = region.run(now, &["check-config"]);
    assert_eq!(checked.status, 0, "{checked:?}");
    assert!(checked.words.contains(NOBODY), "{}", checked.words);
    let doctor = region.run(now, &["doctor", "--format", "csv"]);
    assert!(doctor.out.contains(NOBODY), "{}", doctor.out);
    region.walk(now);
    region.walk("2019-08-15T08:30:00Z");
    let told = queued(&region, "notice.run.people-");
    let [key] = &told[..] else { panic!("once a month: {told:?}") };
    assert!(key.starts_with("notice.run.people-2019-08."), "{key}");
    let mails = region.mails();
    let mail = mails.iter().find(|mail| mail.key == *key).unwrap();
    let text = super::letters::one_line(&mail.text);
    assert!(text.contains(NOBODY) && text.contains("E06000059 Dorset exists since"), "{text}");
    let early = |now: &str| region.run(now, &["check-config"]).words;
    assert!(early("2019-01-10T08:00:00Z").contains("Poole exists from 1 April 2019 on, and nobody"));
    assert!(!early("2018-11-10T08:00:00Z").contains("E06000058"), "that is far ahead");
}

#[test]
fn an_authority_with_people_of_its_own_is_no_gap() {
    let region = region();
    let lead = "\n[[recipient]]\nid = \"bcp-performance\"\nname = \"Performance lead\"\n\
                address = \"performance@bcp.example\"\nrole = \"performance-lead\"\n\
                authorities = [\"E06000058\"]\ndigests = [\"performance-lead\"]\n\n[[recipient]]\n";
    region.edit("recipients.toml", "\n[[recipient]]\n", lead);
    let words = region.run("2019-08-14T08:30:00Z", &["check-config"]).words;
    assert!(!words.contains("E06000058 Bournemouth, Christchurch and Poole exists"), "{words}");
    assert!(words.contains("E06000059 Dorset exists since 1 April 2019"), "{words}");
}

#[test]
fn people_of_an_authority_that_has_ended_get_no_digests_of_later_quarters() {
    let region = region();
    let ended = "`bournemouth-director`: E06000028 Bournemouth ended on 31 March 2019; it went on as \
                 E06000058: they get what is about its own quarters, and no digests of later ones";
    let words = region.run("2019-08-14T08:30:00Z", &["check-config"]).words;
    assert!(words.contains(ended), "{words}");
    let code = |end: &str| format!("digest.director.2019-{end}");
    region.walk("2019-05-16T12:00:00Z");
    region.walk("2019-05-17T12:00:00Z");
    let of = |start: String| queued(&region, &start);
    assert!(
        of(code("05-17")).iter().any(|key| key.ends_with(".bournemouth-director")),
        "of its last quarter"
    );
    region.walk("2019-08-16T12:00:00Z");
    region.walk("2019-08-19T12:00:00Z");
    let later = of(code("08-"));
    assert!(later.iter().any(|key| key.ends_with(".bristol-director")), "{later:?}");
    assert!(!later.iter().any(|key| key.ends_with(".bournemouth-director")), "{later:?}");
}
