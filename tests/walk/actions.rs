//! What people do with findings: journalled, shown, and quiet in the digest.

use quarterdeck::domain::finding::bare;
use quarterdeck::domain::quarter::Quarter;
use serde_json::Value;

use super::figures::{HEADINGS, MISSES_ITS_TARGET};
use super::letters::starting;
use super::region::Region;

const WEDNESDAY: &str = "2017-11-15T08:00:00Z";
const FRIDAY: &str = "2017-11-17T08:00:00Z";
const NEXT_FRIDAY: &str = "2017-11-24T08:00:00Z";

fn findings(region: &Region, now: &str) -> Vec<Value> {
    let arguments = ["findings", "--authority", MISSES_ITS_TARGET, "--format", "json"];
    let ended = region.run(now, &arguments);
    assert_eq!(ended.status, 0, "{}", ended.words);
    serde_json::from_str(&ended.out).unwrap()
}

fn act(region: &Region, now: &str, deed: &str, id: &str, more: &[&str]) {
    let said = [deed, id, "--by", "Ann", "--reason", "a known backlog"];
    let ended = region.run(now, &[&said[..], more].concat());
    assert_eq!(ended.status, 0, "{deed}: {}", ended.words);
}

fn id(finding: &Value) -> String {
    finding["id"].as_str().unwrap().to_owned()
}

/// The digests of the one who misses the target, by day.
fn digest(region: &Region, day: &str) -> Option<String> {
    let mails = region.mails();
    let start = format!("digest.performance-lead.{day}");
    let found = starting(&mails, &start);
    found.into_iter().find(|mail| mail.key.contains("torbay")).map(|mail| mail.text.clone())
}

#[test]
fn what_is_dismissed_or_snoozed_is_quiet_in_the_digest_and_after_a_loss() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let open = findings(&region, WEDNESDAY);
    assert!(!open.is_empty());
    for (place, finding) in open.iter().enumerate() {
        let id = id(finding);
        if place == 0 {
            act(&region, WEDNESDAY, "dismiss", &id, &[]);
        } else {
            act(&region, WEDNESDAY, "snooze", &id, &["--until", "2018-02-01"]);
        }
    }
    let shown = |now| findings(&region, now).iter().map(|it| it["attention"].clone()).collect::<Vec<_>>();
    let attention = shown(WEDNESDAY);
    assert!(attention.contains(&Value::from("expected, says Ann: a known backlog")), "{attention:?}");
    region.walk(FRIDAY);
    let told = digest(&region, "2017-11-17");
    let told = told.expect("the first digest comes all the same");
    assert!(told.contains("This is your first digest: nothing is new."), "{told}");
    assert!(told.contains("acknowledged, snoozed or expected"), "{told}");
    assert!(told.contains("Expected, by Ann: A known backlog."), "what is open is named: {told}");
    region.lose_the_database();
    region.walk(NEXT_FRIDAY);
    assert_eq!(shown(NEXT_FRIDAY), attention);
    let quiet = digest(&region, "2017-11-24");
    assert!(quiet.as_ref().is_none_or(|text| text.contains("nothing changed")), "{quiet:?}");
}

#[test]
fn what_is_acknowledged_is_told_once_and_then_counted() {
    let region = Region::with_one_return();
    region.walk(FRIDAY);
    let first = digest(&region, "2017-11-17").unwrap();
    assert!(first.contains(" new"), "{first}");
    for finding in findings(&region, FRIDAY) {
        act(&region, "2017-11-20T08:00:00Z", "acknowledge", &id(&finding), &[]);
    }
    let journal = region.journal();
    let line = journal.last().unwrap();
    assert_eq!(line.event.word(), "acknowledged");
    assert_eq!(
        (&line.detail["by"], &line.detail["reason"]),
        (&Value::from("Ann"), &Value::from("a known backlog"))
    );
    let shown = findings(&region, "2017-11-20T09:00:00Z");
    assert!(shown.iter().all(|it| it["attention"] == "acknowledged by Ann: a known backlog"), "{shown:?}");
    let explained = region.run("2017-11-20T09:00:00Z", &["explain", &id(&shown[0])]);
    assert!(explained.out.contains("Ann"), "{}", explained.out);
    for part in
        ["\nrule  ", "\nends when  ", " at the earliest", "the numbers of", "its life", "as SQL", " line "]
    {
        assert!(explained.out.contains(part), "{part}: {}", explained.out);
    }
}

#[test]
fn a_deed_that_cannot_be_is_refused() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = id(&findings(&region, WEDNESDAY)[0]);
    let said = ["--by", "Ann", "--reason", "why"];
    let unknown = region.run(WEDNESDAY, &[&["dismiss", "no-such"], &said[..]].concat());
    assert_eq!(unknown.status, 2, "{unknown:?}");
    let far = region.run(WEDNESDAY, &[&["snooze", &id, "--until", "2019-01-01"], &said[..]].concat());
    assert_eq!(far.status, 2, "{far:?}");
    assert!(far.words.contains("more than two quarters ahead"), "{}", far.words);
    assert_eq!(region.run(WEDNESDAY, &["dismiss", &id, "--by", "Ann"]).status, 2, "a reason is needed");
}

fn support(region: &Region, now: &str, id: &str) {
    let what = ["--what", "a visit to the front door", "--by", "Ann", "--review", "2017-12-01"];
    let ended = region.run(now, &[&["support", id], &what[..], &["--from", "E06000026"]].concat());
    assert_eq!(ended.status, 0, "{}", ended.words);
    assert!(ended.out.contains(&format!("`f{}-1`", bare(id))), "{}", ended.out);
}

#[test]
fn support_is_told_until_its_review_and_stands_in_the_view() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = id(&findings(&region, WEDNESDAY)[0]);
    support(&region, WEDNESDAY, &id);
    region.walk(FRIDAY);
    let told = digest(&region, "2017-11-17").unwrap();
    for words in ["Support agreed, and what came since", "a visit to the front door", "Plymouth", "by Ann"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let due = "Review of support for Torbay, ";
    let line: String = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, due) = line.split_once(due).unwrap_or_else(|| panic!("{told}"));
    let by = ": by Friday 1 December 2017, in 10 working days. Still to do it: the region.";
    assert!(due.contains(by), "{told}");
    let sql = "SELECT finding, agreed_by, supporter, review_on::VARCHAR AS review_on, since FROM actions";
    let rows = region.run(FRIDAY, &["sql", sql, "--format", "csv"]);
    assert!(rows.out.contains(&format!("{},Ann,E06000026,2017-12-01,unknown", bare(&id))), "{rows:?}");
    let review = ["review", &format!("{}-1", bare(&id)), "--by", "Ann", "--outcome", "it helped"];
    assert_eq!(region.run("2017-11-20T08:00:00Z", &review).status, 0);
    let again = region.run("2017-11-20T08:00:00Z", &review);
    assert!(again.status == 2 && again.words.contains("ended on 2017-11-20"), "{again:?}");
    region.lose_the_database();
    region.walk(NEXT_FRIDAY);
    let later = digest(&region, "2017-11-24");
    assert!(later.is_none_or(|text| !text.contains("front door")));
    let listed = region.run(NEXT_FRIDAY, &["actions", "--all", "--format", "json"]);
    assert!(listed.out.contains("it helped") && listed.out.contains("Plymouth"), "{}", listed.out);
}

#[test]
fn support_that_cannot_be_is_refused() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let id = id(&findings(&region, WEDNESDAY)[0]);
    let agree = |more: &[&str]| {
        let said = ["support", &id, "--what", "a visit", "--by", "Ann"];
        region.run(WEDNESDAY, &[&said[..], more].concat())
    };
    let past = agree(&["--review", "2017-11-01"]);
    assert!(past.status == 2 && past.words.contains("is past"), "{past:?}");
    let own = agree(&["--review", "2017-12-01", "--from", MISSES_ITS_TARGET]);
    assert!(own.status == 2 && own.words.contains("is the authority of the finding"), "{own:?}");
    assert_eq!(agree(&[]).status, 2, "a day of review is needed");
    let none = region.run(WEDNESDAY, &["review", "nothing-1", "--by", "Ann", "--outcome", "x"]);
    assert!(none.status == 2 && none.words.contains("there is no action"), "{none:?}");
}

#[test]
fn a_new_normal_takes_eight_figures() {
    let region = Region::with_one_return();
    region.walk(WEDNESDAY);
    let open = findings(&region, WEDNESDAY);
    let of_a_figure = open.iter().find(|it| !it["indicator"].is_null()).unwrap();
    let accept = ["accept", &id(of_a_figure), "--from", "2017-18 Q1", "--by", "Ann", "--reason", "new"];
    let refused = region.run(WEDNESDAY, &accept);
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.words.contains("a new normal takes at least 8"), "{}", refused.words);
}

/// Seventeen quarters of one figure: another level in the latest nine.
fn with_a_new_level() -> Region {
    let last = Quarter::of(2017, 2).unwrap();
    let region = Region::from_quarter(&last.plus(-16).to_string());
    // They would see the new level first, and hold the story.
    let others = "\noff = [\"spc-two-of-three\", \"spc-outside-limits\", \"same-quarter-last-year\"]";
    region.edit("quarterdeck.toml", "\noff = []", others);
    let jitter = [0, 11, -9, 6, -12, 8, -4];
    for (at, quarter) in (0..17).map(|at| (at, last.plus(at - 16))) {
        let level = if at < 8 { 210 } else { 260 };
        publish_rereferrals(&region, quarter, level + jitter[usize::try_from(at).unwrap() % jitter.len()]);
    }
    region.walk(WEDNESDAY);
    region
}

fn publish_rereferrals(region: &Region, quarter: Quarter, of_a_thousand: i32) {
    let row = format!("{MISSES_ITS_TARGET},rereferral_pct,{quarter},{of_a_thousand},1000,,\n");
    region.publish(MISSES_ITS_TARGET, &quarter.to_string(), format!("{HEADINGS}\n{row}"));
}

#[test]
fn what_is_accepted_as_the_new_normal_begins_the_chart_anew_and_ends_the_finding() {
    let region = with_a_new_level();
    let of_history = |now| {
        let all = findings(&region, now);
        let about = |it: &&Value| it["indicator"] == "rereferral_pct";
        all.iter().filter(about).map(|it| it["sentence"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = of_history(WEDNESDAY);
    assert!(before.iter().any(|it| it.contains("the usual level")), "{before:?}");
    let open = findings(&region, WEDNESDAY);
    let told = open.iter().find(|it| it["sentence"].as_str().unwrap().contains("the usual level")).unwrap();
    let begins = Quarter::of(2017, 2).unwrap().plus(-8).to_string();
    act(&region, WEDNESDAY, "accept", &id(told), &["--from", &begins]);
    region.walk(FRIDAY);
    let after = of_history(FRIDAY);
    assert!(after.iter().all(|it| !it.contains("the usual level")), "{after:?}");
    let chart = "SELECT quarter_label(min(since)) || ' ' || count(*) FROM xmr
                  WHERE indicator = 'rereferral_pct' AND since IS NOT NULL";
    let rows = region.run(FRIDAY, &["sql", chart, "--format", "csv"]);
    assert!(rows.out.contains(&format!("{begins} 9")), "{rows:?}");
    let explained = region.run(FRIDAY, &["explain", &id(told)]).out;
    assert!(explained.contains("rule-changed"), "{explained}");
    let moments = "SELECT count(*) FROM finding_moments";
    let kept = region.number(moments);
    region.lose_the_database();
    region.walk(NEXT_FRIDAY);
    assert_eq!(of_history(NEXT_FRIDAY), after, "what was accepted outlives the database");
    assert!(region.number(moments) <= kept, "and nothing is announced again");
    let undo = ["undo", &id(told), "--by", "Bob", "--reason", "it is no new normal"];
    assert_eq!(region.run(NEXT_FRIDAY, &undo).status, 0);
    region.walk("2017-11-27T08:00:00Z");
    assert_eq!(of_history("2017-11-27T08:00:00Z"), before, "as if it had never been accepted");
    let rows = region.run("2017-11-27T08:00:00Z", &["sql", chart, "--format", "csv"]);
    assert!(!rows.out.contains(&begins), "{rows:?}");
}

#[test]
fn a_revision_replays_history_and_says_so_and_a_run_on_the_same_figures_changes_no_row() {
    let region = with_a_new_level();
    let rows = || {
        let tables = ["answers", "asked", "finding_moments", "figures", "submissions"];
        tables.map(|table| region.number(&format!("SELECT count(*) FROM {table}")))
    };
    let shift = |now| {
        let ended =
            region.run(now, &["findings", "--all", "--authority", MISSES_ITS_TARGET, "--format", "json"]);
        let all: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
        let about = |it: &&Value| it["indicator"] == "rereferral_pct" && it["level"] == "medium";
        all.iter().find(about).cloned().unwrap()
    };
    let before = (shift(WEDNESDAY), rows());
    region.walk(FRIDAY);
    assert_eq!((shift(FRIDAY), rows()), before, "the same figures");
    // A figure in the middle of the run was wrong: there was no new level.
    publish_rereferrals(&region, Quarter::of(2017, 2).unwrap().plus(-3), 205);
    region.walk(NEXT_FRIDAY);
    let after = shift(NEXT_FRIDAY);
    assert_eq!(after["state"], "resolved", "{after}");
    assert!(after["sentence"].as_str().unwrap().contains("revised"), "{after}");
    let explained = region.run(NEXT_FRIDAY, &["explain", &id(&after)]).out;
    assert!(explained.contains("replayed: was new, is "), "{explained}");
    let told = digest(&region, "2017-11-24").unwrap();
    assert!(told.contains("revised"), "{told}");
    let kept = rows();
    region.walk("2017-11-27T08:00:00Z");
    assert_eq!(rows(), kept, "a second run on the same figures");
}
