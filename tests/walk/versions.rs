//! A return that is sent again.

use quarterdeck::pipeline::Step;

use super::figures::{csv, csv_with_referrals, figures};
use super::letters::starting;
use super::region::{NOW, Region};

const DEVON: &str = "E10000008";
const QUARTER: &str = "2017-18 Q2";

const COUNTING: &str = "SELECT concat_ws('|', version, numerator) FROM observations
    WHERE authority = 'E10000008' AND indicator = 'referral_rate' AND quarter = 8069";

#[test]
fn a_return_that_is_sent_again_counts_and_the_first_version_stays() {
    let region = Region::with_returns_of(&[QUARTER]);
    region.walk(NOW);
    let before = figures(DEVON, QUARTER)[0].numerator;
    assert_eq!(region.rows(COUNTING), [format!("1|{before}.0")]);

    region.publish(DEVON, QUARTER, csv_with_referrals(DEVON, QUARTER, 8_765));
    let again = region.walk("2017-11-20T08:00:00Z");
    assert_eq!((again.received, again.loaded, again.unchanged), (1, 1, 15));
    assert_eq!(again.failures, []);
    assert_eq!(region.rows(COUNTING), ["2|8765.0"]);
    let versions = "SELECT concat_ws('|', version, numerator) FROM observation_versions
        WHERE authority = 'E10000008' AND indicator = 'referral_rate' AND quarter = 8069 ORDER BY version";
    assert_eq!(region.rows(versions), [format!("1|{before}.0"), "2|8765.0".to_owned()]);

    let same = region.walk("2017-11-21T08:00:00Z");
    assert_eq!((same.received, same.loaded, same.unchanged), (0, 0, 16));
    region.publish(DEVON, QUARTER, csv_with_referrals(DEVON, QUARTER, 8_765));
    assert_eq!(region.walk("2017-11-21T12:00:00Z").loaded, 0, "the same bytes again");
    assert_eq!(region.rows(COUNTING), ["2|8765.0"]);

    region.walk("2017-11-24T08:00:00Z");
    let mails = region.mails();
    let receipts = starting(&mails, "receipt.quarterly-e10000008.2017-18-q2-v2.");
    let receipt = receipts.first().expect("a receipt of version 2");
    assert!(receipt.text.contains("It is version 2 and replaces version 1"), "{}", receipt.text);
    assert!(receipt.text.contains("809.7") && receipt.text.contains("882.6"), "{}", receipt.text);
    let digest = starting(&mails, "digest.regional-lead.2017-11-24");
    let text = &digest.first().expect("a digest of the region").text;
    let revisions = text.split("Revisions").nth(1).unwrap_or_else(|| panic!("no revisions: {text}"));
    assert!(revisions.contains("Devon") && revisions.contains("882.6"), "{text}");
}

#[test]
fn a_return_that_is_sent_as_it_first_was_counts_again() {
    let region = Region::from_quarter(QUARTER);
    region.publish(DEVON, QUARTER, csv(DEVON, QUARTER));
    region.step("2017-11-15T08:00:00Z", Step::Collect);
    region.publish(DEVON, QUARTER, csv_with_referrals(DEVON, QUARTER, 8_765));
    region.step("2017-11-16T08:00:00Z", Step::Collect);
    region.publish(DEVON, QUARTER, csv(DEVON, QUARTER));
    region.step("2017-11-17T08:00:00Z", Step::Collect);
    let first = figures(DEVON, QUARTER)[0].numerator;
    assert_eq!(region.rows(COUNTING), [format!("3|{first}.0")], "the correction was taken back");
}
