//! A region of six, one of them tiny: its small numbers stand as numerators here and denominators there.

use std::sync::OnceLock;

use quarterdeck::config::settings::Settings;

use super::super::figures::HEADINGS;
use super::super::letters::Mail;
use super::super::region::Region;

pub(super) const TINY: &str = "E06000053";
/// Those who send, the tiny one among them, with how many children live there.
pub(super) const SENDERS: [(&str, u32); 6] = [
    ("E06000022", 36_100),
    ("E06000024", 43_200),
    ("E06000027", 25_300),
    ("E06000029", 30_200),
    (TINY, 343),
    ("E06000023", 93_700),
];
pub(super) const QUARTERS: [&str; 2] = ["2017-18 Q1", "2017-18 Q2"];
/// The lead of two authorities, beside the shipped leads of one.
pub(super) const OF_TWO: &str = "two-performance";

/// What was counted: indicator, numerator, denominator.
pub(super) type Row = (&'static str, u32, u32);

pub(super) fn rows(code: &str, quarter: &str) -> Vec<Row> {
    let place = SENDERS.iter().position(|(one, _)| *one == code).unwrap();
    let children = SENDERS[place].1;
    let later = u32::from(quarter == QUARTERS[1]);
    let is_tiny = code == TINY;
    let plans = [41, 52, 38 - later, 47, 2 + later, 88][place];
    let referrals = if is_tiny { 4 + later } else { children / 77 + 3 * later };
    let again = if is_tiny { 1 } else { plans * 2 / 9 };
    let uasc = [12, 31, 3, 9 + later, 0, 44][place];
    vec![
        ("contacts_rate", if is_tiny { 17 + later } else { children / 23 }, children),
        ("referral_rate", referrals, children),
        ("referral_source_school_pct", if is_tiny { 2 } else { referrals * 2 / 11 }, referrals),
        ("referral_source_police_pct", if is_tiny { 0 } else { referrals * 3 / 11 }, referrals),
        ("rereferral_pct", if is_tiny { 0 } else { referrals * 2 / 9 }, referrals),
        ("cpp_start_rate", plans, children),
        ("cpp_repeat_ever_pct", again, plans),
        ("cpp_repeat_2yr_pct", again / 2, plans),
        ("uasc_rate", uasc, children),
        ("cla_rate", if is_tiny { 6 } else { children / 190 }, children),
    ]
}

fn csv(code: &str, quarter: &str) -> String {
    let lines = rows(code, quarter).into_iter().map(|(indicator, numerator, denominator)| {
        format!("{code},{indicator},{quarter},{numerator},{denominator},,\n")
    });
    format!("{HEADINGS}\n{}", lines.collect::<String>())
}

/// What the region was sent: its settings and all its mails.
pub(super) fn sent() -> &'static (Settings, Vec<Mail>) {
    static SENT: OnceLock<(Settings, Vec<Mail>)> = OnceLock::new();
    SENT.get_or_init(|| {
        let region = walked();
        (region.settings(), region.mails())
    })
}

/// Three Fridays: most have sent the second quarter by the first, the tiny one by the second.
fn walked() -> Region {
    let region = Region::from_quarter(QUARTERS[0]);
    region.edit(
        "recipients.toml",
        "[[recipient]]\nid = \"bathnes-performance\"",
        &format!(
            "[[recipient]]\nid = \"{OF_TWO}\"\nname = \"Lead of two\"\naddress = \"two@councils.example\"\n\
             role = \"performance-lead\"\nauthorities = [\"E06000022\", \"E06000024\"]\n\
             digests = [\"performance-lead\"]\n\n[[recipient]]\nid = \"bathnes-performance\""
        ),
    );
    let publish = |code: &str, quarter: &str| region.publish(code, quarter, csv(code, quarter));
    for (code, _) in SENDERS {
        publish(code, QUARTERS[0]);
    }
    for (code, _) in &SENDERS[..4] {
        publish(code, QUARTERS[1]);
    }
    region.walk("2017-11-10T08:00:00Z");
    for (code, _) in &SENDERS[4..] {
        publish(code, QUARTERS[1]);
    }
    region.walk("2017-11-17T08:00:00Z");
    region.walk("2017-11-24T08:00:00Z");
    region
}
