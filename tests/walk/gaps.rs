//! What was sent and could not be used is not what is missing; and a gap that is filled is no revision.

use super::figures::{self, HEADINGS};
use super::letters::{Mail, starting};
use super::region::{NOW, Region};

const TORBAY: &str = "E06000027";
const LATER: &str = "2017-11-20T13:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";

/// Torbay's return with two words in place of numbers, and without a third figure.
fn with_slips() -> String {
    let rows = figures::figures(TORBAY, "2017-18 Q2");
    let numbers = ["1323 (est)", "tbc", "", "", ""];
    let line = |(at, row): (usize, &figures::Row)| {
        let number = if numbers[at].is_empty() { row.numerator.to_string() } else { numbers[at].to_owned() };
        format!("{TORBAY},{},2017-18 Q2,{number},{},,\r\n", row.indicator, row.denominator)
    };
    format!("{HEADINGS}\r\n{}", rows.iter().take(4).enumerate().map(line).collect::<String>())
}

fn text_to(mails: &[Mail], start: &str, who: &str) -> String {
    let found = starting(mails, start).into_iter().find(|mail| mail.key.contains(who));
    found.unwrap_or_else(|| panic!("{start} {who}")).text.clone()
}

#[test]
fn slips_of_typing_are_one_line_of_a_digest_and_filling_them_is_no_revision() {
    let region = Region::with_returns();
    region.publish(TORBAY, "2017-18 Q2", with_slips());
    region.walk(NOW);
    let aside = region.number(
        "SELECT count(*) FROM set_aside WHERE authority = 'E06000027' AND \
         indicator IN ('referral_rate', 'rereferral_pct')",
    );
    assert_eq!(aside, 2);
    let line = "Torbay, 2017-18 Q2: 2 figures were sent, but could not be used (Referrals per 10,000 children, a \
                year; Repeat referrals); 1 figure is not in the return (Children looked after per \
                10,000 children).";
    let mails = region.mails();
    for who in ["performance-lead.2017-11-17", "regional-lead.2017-11-17", "director.2017-11-17"] {
        let to = if who.starts_with("regional") { "regional-lead" } else { "torbay" };
        let text = text_to(&mails, &format!("digest.{who}"), to);
        assert!(text.contains(line), "{who}: {text}");
        assert!(!text.contains("has not supplied") && !text.contains("could not be used; it was"), "{text}");
    }

    region.publish(TORBAY, "2017-18 Q2", figures::csv(TORBAY, "2017-18 Q2"));
    region.walk(LATER);
    region.walk(NEXT_FRIDAY);
    let text = text_to(&region.mails(), "digest.regional-lead.2017-11-24", "regional-lead");
    assert!(text.contains("Torbay, 2017-18 Q2: 3 figures that were missing are in."), "{text}");
    assert!(!text.contains("figures revised") && !text.contains("figure revised"), "{text}");
}

#[test]
fn no_mail_to_anybody_but_the_operator_has_a_command() {
    let region = Region::with_returns();
    region.withdraw("E06000026", "2017-18 Q2");
    region.publish(TORBAY, "2017-18 Q2", with_slips());
    region.walk(NOW);
    let mails = region.mails();
    assert!(!starting(&mails, "chaser.").is_empty() && !starting(&mails, "receipt.").is_empty());
    for mail in mails.iter().filter(|mail| !mail.key.starts_with("notice.")) {
        assert!(!mail.text.contains("quarterdeck "), "{}: {}", mail.key, mail.text);
    }
}
