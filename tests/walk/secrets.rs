//! A sentence tells figures of earlier quarters; where one of them is withheld, so is the sentence.

use serde_json::Value;

use super::figures::HEADINGS;
use super::letters::starting;
use super::region::{NOW, Region};

const QUARTERS: [&str; 7] =
    ["2015-16 Q4", "2016-17 Q1", "2016-17 Q2", "2016-17 Q3", "2016-17 Q4", "2017-18 Q1", "2017-18 Q2"];
/// Rising quarter after quarter, from a small number on.
const RISING: [u32; 7] = [4, 7, 9, 12, 15, 18, 21];

fn conferences(code: &str, quarter: &str, number: u32, children: u32) -> String {
    format!("{HEADINGS}\n{code},rereferral_pct,{quarter},{number},{children},,\n")
}

/// The returns of all seven quarters, of which the first of one authority is small.
fn rising() -> Region {
    let region = Region::from_quarter(QUARTERS[0]);
    // The returns of the others, which do not come, would fill the digest.
    region.edit("quarterdeck.toml", "\noff = []", "\noff = [\"return-missing\", \"return-late\"]");
    for (at, quarter) in QUARTERS.iter().enumerate() {
        region.publish("E06000022", quarter, conferences("E06000022", quarter, RISING[at], 361));
        for (code, usual) in [("E06000024", 40), ("E06000027", 33), ("E06000029", 52)] {
            let number = usual + u32::try_from(at).unwrap() % 2;
            region.publish(code, quarter, conferences(code, quarter, number, 400));
        }
    }
    region
}

#[test]
fn what_somebody_wrote_of_a_withheld_figure_is_read_by_its_own_only() {
    let region = rising();
    region.walk("2017-11-15T08:00:00Z");
    let listed = region.run(NOW, &["findings", "--all", "--authority", "E06000022", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
    let finding =
        listed.iter().find(|it| it["indicator"] == "rereferral_pct").unwrap_or_else(|| panic!("{listed:?}"));
    let id = finding["id"].as_str().unwrap();
    let why = "there were four at first";
    let ended = region.run(NOW, &["acknowledge", id, "--by", "Ann", "--reason", why]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    region.walk(NOW);
    let mails = region.mails();
    let own = starting(&mails, "digest.performance-lead.2017-11-17.bathnes-");
    assert!(own[0].text.contains("Acknowledged, by Ann: There were four at first."), "{}", own[0].text);
    let lead = starting(&mails, "digest.regional-lead.2017-11-17");
    assert!(!lead[0].everything.contains("four at first"), "{}", lead[0].text);
}

#[test]
fn a_small_number_of_an_earlier_quarter_is_told_in_no_sentence_but_to_its_own() {
    let region = rising();
    region.walk(NOW);
    let mails = region.mails();
    let sentence = "from 1.1% to 5.8%";
    let own = starting(&mails, "digest.performance-lead.2017-11-17.bathnes-");
    assert!(own[0].text.contains(sentence), "{}", own[0].text);
    let lead = starting(&mails, "digest.regional-lead.");
    assert!(!lead[0].everything.contains(sentence), "{}", lead[0].text);
    let without = "please look at repeat referrals";
    assert!(lead[0].text.contains(without), "{}", lead[0].text);
    // The figure of the quarter itself is no secret.
    assert!(lead[0].everything.contains(",21,361,"), "{}", lead[0].everything);
}
