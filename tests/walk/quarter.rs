//! A quarter from source to `.eml`.

use super::region::{NOW, Region};

const COUNTED: [&str; 7] =
    ["submissions", "figures", "quarantined_rows", "answers", "finding_moments", "outbox_messages", "runs"];

fn counts(region: &Region) -> Vec<i64> {
    COUNTED.iter().map(|table| region.number(&format!("SELECT count(*) FROM {table}"))).collect()
}

#[test]
fn a_quarter_goes_from_source_to_mail_and_the_second_run_finds_nothing_to_do() {
    let region = Region::with_returns();
    let first = region.walk(NOW);
    assert_eq!((first.received, first.loaded, first.refused, first.not_there), (32, 32, 0, 0));
    assert_eq!((first.rows_accepted, first.rows_quarantined), (160, 0));
    assert_eq!(first.failures, []);
    assert!(first.open > 0 && first.changed > 0, "{first:?}");
    assert!(first.sent > 0 && first.sent == first.queued, "{first:?}");
    let (before, mails) = (counts(&region), region.mails());
    assert_eq!(mails.len(), first.sent);

    let second = region.walk(NOW);
    assert_eq!((second.received, second.unchanged, second.loaded), (0, 32, 0));
    assert_eq!(region.web.shelf().unchanged, 32);
    assert_eq!(region.web.shelf().fetched, 32);
    assert_eq!((second.open, second.changed), (first.open, 0));
    assert_eq!((second.queued, second.sent), (0, 0));
    assert_eq!(second.failures, []);
    assert_eq!(counts(&region), before, "{COUNTED:?}");
    assert_eq!(region.mails().len(), mails.len());
}
