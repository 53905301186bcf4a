//! What a finding, its sentence and its chart say of one series agree; and what ends, or wakes, is told.

use std::sync::OnceLock;

use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::journal::Happened;
use serde_json::Value;

use super::figures::HEADINGS;
use super::letters::{Mail, one_line, starting};
use super::region::Region;

const TORBAY: &str = "E06000027";
const PLYMOUTH: &str = "E06000026";
const FRIDAY: &str = "2017-11-17T08:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";

/// The first twelve quarters near 24%, then far better, and a little worse each time since.
const REREFERRALS: [u32; 20] =
    [240, 246, 235, 243, 238, 247, 236, 242, 239, 245, 237, 244, 241, 110, 120, 131, 141, 152, 163, 174];
/// Of 600, between 73% and 81%, and 68% at last.
const ASSESSED: [u32; 20] =
    [450, 468, 437, 482, 455, 475, 445, 486, 461, 452, 479, 457, 468, 449, 477, 463, 455, 470, 459, 408];
/// Of 500, far below a target of 80%; from 2016-17 Q1 on another way of counting, and far above it.
const HELD_IN_TIME: [u32; 20] =
    [311, 305, 316, 309, 313, 304, 315, 308, 312, 306, 314, 310, 307, 313, 441, 446, 438, 444, 440, 447];
/// Of 1,000, and half as many again at last.
const OF_PLYMOUTH: [u32; 20] =
    [201, 206, 197, 203, 199, 205, 198, 202, 200, 204, 196, 203, 201, 199, 205, 198, 202, 200, 204, 331];

fn quarters() -> impl Iterator<Item = (usize, Quarter)> {
    let last = Quarter::of(2017, 2).unwrap();
    (0..20).map(move |at| (at, last.plus(i32::try_from(at).unwrap() - 19)))
}

fn return_of(region: &Region, code: &str, quarter: Quarter, rows: &[(&str, u32, u32)]) {
    let line = |(indicator, numerator, denominator): &(&str, u32, u32)| {
        format!("{code},{indicator},{quarter},{numerator},{denominator},,\n")
    };
    let rows: String = rows.iter().map(line).collect();
    region.publish(code, &quarter.to_string(), format!("{HEADINGS}\n{rows}"));
}

fn five_years() -> Region {
    let region = Region::from_quarter("2012-13 Q3");
    let rebase = "autocorrelation_max = 0.4\n[[rebase]]\nindicator = \"icpc_15wd_pct\"\n\
        authority = \"E06000027\"\nquarter = \"2016-17 Q1\"\nreason = \"counted in another way\"\n";
    region.edit("quarterdeck.toml", "autocorrelation_max = 0.4", rebase);
    for (at, quarter) in quarters() {
        let rows = [
            ("rereferral_pct", REREFERRALS[at], 1000),
            ("assessment_45wd_pct", ASSESSED[at], 600),
            ("icpc_15wd_pct", HELD_IN_TIME[at], 500),
        ];
        return_of(&region, TORBAY, quarter, &rows);
        return_of(&region, PLYMOUTH, quarter, &[("rereferral_pct", OF_PLYMOUTH[at], 1000)]);
    }
    region
}

/// What there is to read of Torbay after one walk.
struct Read {
    findings: Vec<Value>,
    explained: Vec<String>,
    digest: String,
    /// What is said to somebody who confirms what a target says.
    refused: String,
}

fn read() -> &'static Read {
    static READ: OnceLock<Read> = OnceLock::new();
    READ.get_or_init(|| {
        let region = five_years();
        region.walk(FRIDAY);
        let findings = findings(&region, FRIDAY, &["--all", "--authority", TORBAY]);
        let explain =
            |it: &Value| one_line(&region.run(FRIDAY, &["explain", it["id"].as_str().unwrap()]).out);
        let missed = about(&findings, "assessment_45wd_pct", MISSED);
        let said = ["confirm", missed["id"].as_str().unwrap(), "--by", "Ann", "--reason", "it is right"];
        let refused = region.run(FRIDAY, &said);
        assert_eq!(refused.status, 2, "{refused:?}");
        Read {
            explained: findings.iter().map(explain).collect(),
            digest: mail_to(&region.mails(), "digest.performance-lead.2017-11-17", "torbay"),
            refused: refused.words,
            findings,
        }
    })
}

fn findings(region: &Region, now: &str, more: &[&str]) -> Vec<Value> {
    let ended = region.run(now, &[&["findings", "--format", "json"], more].concat());
    assert_eq!(ended.status, 0, "{}", ended.words);
    serde_json::from_str(&ended.out).unwrap()
}

const MISSED: &str = "against a target of 85.0%";

fn about<'a>(findings: &'a [Value], indicator: &str, words: &str) -> &'a Value {
    let is_it =
        |it: &&Value| it["indicator"] == indicator && it["sentence"].as_str().unwrap().contains(words);
    findings.iter().find(is_it).unwrap_or_else(|| panic!("{words}: {findings:#?}"))
}

fn mail_to(mails: &[Mail], start: &str, who: &str) -> String {
    let found = starting(mails, start).into_iter().find(|mail| mail.key.contains(who));
    found.unwrap_or_else(|| panic!("{start} {who}")).text.clone()
}

#[test]
fn the_usual_range_of_a_chart_is_that_of_its_series_and_an_interval_is_named_as_one() {
    let told = &read().digest;
    let explained = read().explained.iter().find(|it| it.contains(MISSED)).unwrap();
    let (_, range) = explained.split_once("; usual range ").expect("the baseline has one");
    let mut words = range.split(' ');
    let ends: Vec<&str> = [words.next(), words.nth(1)].into_iter().flatten().collect();
    let inside = |share: f64| {
        let number = |text: &str| text.trim_end_matches('%').parse::<f64>().unwrap();
        (number(ends[0])..=number(ends[1])).contains(&share)
    };
    let shares = ASSESSED.map(|count| f64::from(count) / 6.0);
    assert!(shares.into_iter().filter(|share| inside(*share)).count() >= 19, "{ends:?}");
    let [low, high] = [ends[0], ends[1]];
    assert!(told.contains(&format!("The usual range is {low} to {high}. The target is 85.0%.")), "{told}");
    let bare = [low, high].map(|end| end.trim_end_matches('%'));
    assert!(told.contains(&format!("Pale band: usual range, {} to {}.", bare[0], bare[1])), "{told}");
    assert!(told.contains("95% interval of this one figure: 64.2% to 71.6%."), "{told}");
    assert_eq!(told.matches("64.2").count(), 1, "{told}");
}

#[test]
fn explain_names_the_figures_that_mean_and_range_are_from() {
    // By hand: 3,133 of 13,000, the last six of those before it unlike the others; and 8,788 of 11,400.
    for base in [
        "baseline 13 figures, 2012-13 Q3 to 2015-16 Q3 (all before it, 6 left out as unlike the others); \
         their mean 24.1%; usual range ",
        "baseline 19 figures, 2012-13 Q3 to 2017-18 Q1 (all before it); their mean 77.1%; usual range ",
    ] {
        assert!(read().explained.iter().any(|it| it.contains(base)), "{base}: {:#?}", read().explained);
    }
}

#[test]
fn the_heading_of_a_chart_says_what_its_finding_says() {
    let told = &read().digest;
    assert!(told.contains("worse for 6 quarters running, from 11.0% to 17.4% in 2017-18 Q2"), "{told}");
    for words in [
        ": from 11.0% up to 17.4% in 6 quarters ",
        ": from 11.0% in 2015-16 Q4 up to 17.4% in 2017-18 Q2. ",
        "Over all that is drawn: from 24.0% in 2012-13 Q3 down to 17.4% in 2017-18 Q2.",
        "Assessments within 45 working days: 68.0%, target 85.0% ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn the_figure_under_a_finding_is_as_exact_as_its_sentence() {
    let region = Region::from_quarter("2017-18 Q1");
    for (quarter, in_time) in [(1, 6_790), (2, 6_797)] {
        let quarter = Quarter::of(2017, quarter).unwrap();
        return_of(&region, PLYMOUTH, quarter, &[("assessment_45wd_pct", in_time, 8_000)]);
    }
    region.walk(FRIDAY);
    let told = mail_to(&region.mails(), "digest.performance-lead.2017-11-17", "plymouth");
    assert!(told.contains("stood at 84.96% in 2017-18 Q2, against a target of 85.0%"), "{told}");
    assert!(told.contains("84.96% (6,797 of 8,000)"), "{told}");
}

#[test]
fn what_gets_worse_and_is_still_better_than_usual_is_said_to_be_both() {
    let trend = about(&read().findings, "rereferral_pct", "worse for 6 quarters running");
    assert!(trend["sentence"].as_str().unwrap().contains("It is still better than usual ("), "{trend}");
    assert!(read().digest.contains("It is still better than usual ("), "{}", read().digest);
    let missed = about(&read().findings, "assessment_45wd_pct", MISSED);
    assert!(!missed["sentence"].as_str().unwrap().contains("better"), "{missed}");
}

#[test]
fn what_stood_on_a_chart_ends_where_the_chart_begins_anew() {
    let Read { findings, explained, digest: told, .. } = read();
    let gone = about(findings, "icpc_15wd_pct", "its chart begins anew");
    assert!(explained.iter().any(|it| it.contains("chart-anew")), "{explained:#?}");
    let of_it = findings.iter().filter(|it| it["indicator"] == "icpc_15wd_pct");
    assert!(of_it.into_iter().all(|it| it["state"] == "resolved"), "{gone}: {findings:#?}");
    assert!(!told.contains("Unchanged findings") && !told.contains("Open findings:"), "{told}");
}

#[test]
fn a_held_figure_that_somebody_confirms_is_judged_and_counted_and_asked_for_no_more() {
    let region = five_years();
    region.walk(FRIDAY);
    let first = findings(&region, FRIDAY, &["--all", "--authority", PLYMOUTH]);
    let id = about(&first, "rereferral_pct", "Please check the figure")["id"].as_str().unwrap();
    let held = "SELECT count(*) FROM held WHERE held_by IS NOT NULL AND quarter = 8069";
    let counted = "SELECT region_contributors FROM comparators
                    WHERE indicator = 'rereferral_pct' AND quarter = 8069 AND authority = 'E06000026'";
    assert_eq!((region.number(held), region.number(counted)), (1, 1));
    let asked = mail_to(&region.mails(), "digest.regional-lead.2017-11-17", "");
    let doubted = "It is judged by no other check until somebody confirms it: tell ";
    assert!(asked.contains(doubted) && asked.contains(&format!("Finding {id}.")), "{asked}");
    let said = ["confirm", id, "--by", "Ann", "--reason", "a new front door counts more"];
    let monday = "2017-11-20T08:00:00Z";
    let confirmed = region.run(monday, &said);
    assert_eq!(confirmed.status, 0, "{}", confirmed.words);
    let again = region.run(monday, &said);
    assert!(again.status == 2 && again.words.contains("was confirmed by Ann"), "{again:?}");
    region.walk(NEXT_FRIDAY);
    assert_eq!((region.number(held), region.number(counted)), (0, 2));
    let all = findings(&region, NEXT_FRIDAY, &["--all", "--authority", PLYMOUTH]);
    let gone = all.iter().find(|it| it["id"] == id).unwrap();
    assert_eq!(gone["state"], "resolved", "{gone}");
    let words = "was confirmed by Ann on 20 November 2017: a new front door counts more";
    assert!(gone["sentence"].as_str().unwrap().contains(words), "{gone}");
    let judged = all.iter().find(|it| it["state"] == "new" && it["indicator"] == "rereferral_pct");
    let judged = judged.unwrap_or_else(|| panic!("{all:#?}"));
    assert!(judged["attention"].as_str().unwrap().contains("figure confirmed by Ann"), "{judged}");
    let told = mail_to(&region.mails(), "digest.regional-lead.2017-11-24", "");
    assert!(
        told.contains("Confirmed by Ann on Monday 20 November 2017: A new front door counts more."),
        "{told}"
    );
    assert!(!told.contains(doubted), "{told}");
    region.lose_the_database();
    region.walk("2017-12-01T08:00:00Z");
    assert_eq!((region.number(held), region.number(counted)), (0, 2), "it outlives the database");
    let later = mail_to(&region.mails(), "digest.regional-lead.2017-12-01", "");
    assert!(!later.contains("Confirmed by Ann"), "it is said once: {later}");
    // Another figure in its place is not what was confirmed.
    return_of(&region, PLYMOUTH, Quarter::of(2017, 2).unwrap(), &[("rereferral_pct", 340, 1000)]);
    region.walk("2017-12-04T08:00:00Z");
    assert_eq!(region.number(held), 1);
    let open = findings(&region, "2017-12-04T09:00:00Z", &["--authority", PLYMOUTH]);
    assert!(open.iter().any(|it| it["id"] == id), "{open:#?}");
}

#[test]
fn what_says_nothing_of_whether_a_figure_is_right_cannot_be_confirmed() {
    assert!(read().refused.contains("doubts no figure"), "{}", read().refused);
}

#[test]
fn what_was_quiet_until_a_day_is_told_once_after_it() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let open = findings(&region, FRIDAY, &["--authority", TORBAY]);
    for it in &open {
        let id = it["id"].as_str().unwrap();
        let said = ["snooze", id, "--until", "2017-11-30", "--by", "Ann", "--reason", "spoken to them"];
        assert_eq!(region.run("2017-11-20T08:00:00Z", &said).status, 0);
    }
    for day in ["2017-11-24", "2017-12-01", "2017-12-08"] {
        region.walk(&format!("{day}T08:00:00Z"));
    }
    let mails = region.mails();
    let told = |day: &str| {
        let all = starting(&mails, &format!("digest.performance-lead.{day}"));
        all.into_iter().find(|mail| mail.key.contains("torbay")).map(|mail| mail.text.clone())
    };
    let words = "Was quiet until Thursday 30 November 2017, by Ann: Spoken to them. \
                 That day has passed, and it is still open.";
    let awake = told("2017-12-01").expect("it is told");
    assert!(awake.contains("no longer quiet") && awake.contains(words), "{awake}");
    for day in ["2017-11-24", "2017-12-08"] {
        assert!(told(day).is_none_or(|text| !text.contains("quiet")), "{day}");
    }
}

#[test]
fn a_digest_that_is_made_up_for_bears_the_day_on_which_it_is_written() {
    let region = Region::with_one_return();
    region.walk("2019-05-14T08:30:00Z");
    region.walk("2019-08-14T08:30:00Z");
    let mails = region.mails();
    let late = starting(&mails, "digest.director.2019-05-17");
    let late = late.first().expect("it is made up for");
    assert!(late.subject.ends_with(", 14 August 2019"), "{}", late.subject);
    assert!(late.text.contains("This digest was due on Friday 17 May 2019, and is late."), "{}", late.text);
}

#[test]
fn a_check_that_gave_no_answer_is_asked_again_in_the_next_run() {
    let region = Region::with_one_return();
    let fails_first = super::checks::MINE.replace(
        "numerator > getvariable('many') AS fires",
        "CAST(CASE WHEN getvariable('as_of') < DATE '2017-11-20' THEN 'x' ELSE '1' END AS INTEGER) = 1
           AS fires",
    );
    super::checks::add(&region, "mine.sql", &fails_first);
    assert!(!region.walk(FRIDAY).failures.is_empty());
    let answers = "SELECT count(*) FROM answers WHERE check_name = 'mine'";
    assert_eq!(region.number(answers), 0);
    assert!(region.walk("2017-11-20T08:00:00Z").failures.is_empty());
    assert!(region.number(answers) > 0, "nothing else was new");
    assert!(region.happened(Happened::Failed).is_empty());
}
