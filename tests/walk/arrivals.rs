//! Every way a return arrives: dropped, refused on arrival, published in versions; nothing is ever lost.

use std::fs;

use quarterdeck::pipeline::Step;
use quarterdeck::store::journal::Happened;
use quarterdeck::store::keep;

use super::figures::csv;
use super::region::{NOW, Region};

const QUARTER: &str = "2017-18 Q2";
const PAGE: &str = "<!DOCTYPE html><html><body>Sign in</body></html>";
const NAME: &str = "workforce_E06000022_2017-18-Q2.csv";
const HEADINGS: &str = "authority_code,indicator,quarter,numerator,denominator,value\n";

fn dropped(region: &Region, name: &str, rows: &str) {
    fs::write(region.path("drop").join(name), format!("{HEADINGS}{rows}")).unwrap();
}

fn said(region: &Region, path: &str) -> String {
    let at = region.path("drop").join(path);
    fs::read_to_string(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display()))
}

#[test]
fn the_receipt_beside_a_dropped_file_tells_the_verdict() {
    let region = Region::unwatched(QUARTER);
    dropped(
        &region,
        NAME,
        "E06000022,sw_agency_pct,2017-18 Q2,21,143,\nE06000022,sw_turnover_pct,2017-18 Q2,3O,140,\n\
         E06000022,no_such,2017-18 Q2,1,2,\n",
    );
    dropped(&region, "workforce_E06000023_2017-18-Q2.csv", "E06000022,sw_agency_pct,2017-18 Q2,21,143,\n");
    region.step(NOW, Step::Collect);
    let done = said(&region, &format!("done/{NAME}.txt"));
    assert!(done.starts_with("Taken in on 17 November 2017 at 08:00 GMT as version 1."), "{done}");
    assert!(done.contains("Rows read: 3\nRows accepted: 1\nRows set aside: 2\n"), "{done}");
    assert!(done.contains("1 row set aside:") && done.contains("row 3") && done.contains("row 4"), "{done}");
    let refused = said(&region, "refused/workforce_E06000023_2017-18-Q2.csv.txt");
    assert!(refused.starts_with("Refused. It came on 17 November 2017"), "{refused}");
    assert!(refused.contains("E06000023"), "it says why: {refused}");
    assert!(region.path("drop/refused/workforce_E06000023_2017-18-Q2.csv").exists());
}

#[test]
fn files_that_cannot_be_put_away_are_loaded_once_and_told_each_time() {
    let region = Region::unwatched(QUARTER);
    region.step("2017-11-13T09:00:00Z", Step::Collect);
    fs::remove_dir(region.path("drop/done")).unwrap();
    fs::write(region.path("drop/done"), "in the way").unwrap();
    dropped(&region, NAME, "E06000022,sw_agency_pct,2017-18 Q2,21,143,\n");
    dropped(&region, "workforce_E06000022_2017-18-Q2.txt", "E06000022,sw_agency_pct,2017-18 Q2,22,143,\n");
    assert_eq!(region.step("2017-11-14T09:00:00Z", Step::Collect).received, 2);
    for day in ["15", "16"] {
        let report = region.step(&format!("2017-11-{day}T09:00:00Z"), Step::Collect);
        assert_eq!((report.received, report.loaded, report.unchanged), (0, 0, 2), "{report:?}");
        let told = report.failures.iter().filter(|one| one.what.contains("cannot put away")).count();
        assert_eq!(told, 2, "{:?}", report.failures);
    }
    fs::remove_file(region.path("drop/done")).unwrap();
    fs::create_dir(region.path("drop/done")).unwrap();
    region.step("2017-11-17T09:00:00Z", Step::Collect);
    assert!(said(&region, &format!("done/{NAME}.txt")).contains("as version 1"));
    assert!(said(&region, "done/workforce_E06000022_2017-18-Q2.txt.txt").contains("as version 2"));
    assert!(!region.path("drop").join(NAME).exists());
}

#[test]
fn the_same_file_dropped_again_changes_nothing_and_is_put_away() {
    let region = Region::unwatched(QUARTER);
    for day in ["13", "14"] {
        dropped(&region, NAME, "E06000022,sw_agency_pct,2017-18 Q2,21,143,\n");
        region.step(&format!("2017-11-{day}T09:00:00Z"), Step::Collect);
        assert!(!region.path("drop").join(NAME).exists());
    }
    assert_eq!(region.happened(Happened::Received).len(), 1);
    let again = said(&region, "done/workforce_E06000022_2017-18-Q2-2.csv.txt");
    assert!(again.contains("13 November 2017") && again.contains("version 1"), "{again}");
}

#[test]
fn an_empty_mount_point_is_not_taken_for_nobody_has_sent() {
    let region = Region::unwatched(QUARTER);
    region.walk("2017-11-10T09:00:00Z");
    fs::rename(region.path("drop"), region.path("share")).unwrap();
    fs::create_dir(region.path("drop")).unwrap();
    let report = region.walk("2017-11-13T09:00:00Z");
    let chased = |region: &Region| {
        region.happened(Happened::Queued).iter().any(|key| key.starts_with("chaser.workforce-"))
    };
    assert!(report.failures.iter().any(|one| one.what.contains("has lost its folder `done`")), "{report:?}");
    assert!(!chased(&region));
    fs::remove_dir(region.path("drop")).unwrap();
    fs::rename(region.path("share"), region.path("drop")).unwrap();
    region.walk("2017-11-14T09:00:00Z");
    assert!(chased(&region));
}

#[test]
fn what_is_refused_on_arrival_is_kept_once_and_known_to_everyone() {
    let region = Region::unwatched(QUARTER);
    region.publish("E06000022", QUARTER, PAGE);
    fs::write(region.path("drop").join(NAME), "<html>not a return</html>").unwrap();
    let report = region.step("2017-11-15T08:00:00Z", Step::Collect);
    region.step("2017-11-16T08:00:00Z", Step::Collect);
    let hash = keep::hash(PAGE.as_bytes());
    let mut kept = region.happened(Happened::TurnedAway);
    kept.retain(|one| *one == hash);
    assert_eq!(kept.len(), 1, "once, not on every poll");
    assert_eq!(fs::read(region.state().join("received").join(&hash)).unwrap(), PAGE.as_bytes());
    assert!(report.failures.iter().any(|one| one.what.contains(&hash)), "{:?}", report.failures);
    assert!(said(&region, &format!("refused/{NAME}.txt")).contains("web page"));
    assert_eq!(region.number("SELECT count(*) FROM returns WHERE received_at IS NOT NULL"), 0);
    for command in ["backup", "rebuild"] {
        let ended = region.run(NOW, &[command]);
        assert_eq!(ended.status, 0, "{command}: {ended:?}");
    }
    region.lose_the_database();
    assert_eq!(region.step("2017-11-17T08:00:00Z", Step::Collect).received, 0);
    let ended = region.run(NOW, &["doctor"]);
    assert!(!ended.out.contains("foreign") && !ended.out.contains("gone"), "{ended:?}");
}

#[test]
fn pages_that_are_never_twice_the_same_do_not_fill_the_disk() {
    let region = Region::unwatched(QUARTER);
    for number in 10..22 {
        region.publish("E06000022", QUARTER, format!("{PAGE}<!-- {number} -->"));
        region.step(&format!("2017-11-{number}T08:00:00Z"), Step::Collect);
    }
    assert_eq!(region.happened(Happened::TurnedAway).len(), 8);
    region.publish("E06000022", QUARTER, csv("E06000022", QUARTER));
    region.step("2017-11-22T08:00:00Z", Step::Collect);
    region.publish("E06000022", QUARTER, PAGE);
    region.step("2017-11-23T08:00:00Z", Step::Collect);
    assert_eq!(region.happened(Happened::TurnedAway).len(), 9, "in a row, not for ever");
}

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let region = Region::with_one_return();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = assert_cmd::Command::new(super::region::PROGRAM);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &address);
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    command.args(["--now", NOW, "--config"]).arg(region.config()).args(["once", "--only", "collect"]);
    command.output().unwrap();
    assert_eq!(region.happened(Happened::Received).len(), 1);
    assert!(proxy.accept().is_err(), "nobody knocked");
}

const SET: &str = "/v1/data-sets/a1b2-c3d4";

/// A data set whose figure for Torbay is `number` in this version.
fn published(region: &Region, version: &str, number: u32) {
    let about = format!(
        r#"{{"id":"a1b2","title":"Referrals","status":"Published","latestVersion":{{"version":"{version}"}}}}"#
    );
    region.web.put(SET, about.as_bytes());
    let csv = format!(
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,\
         old_la_code,new_la_code,la_name,referral_count,rereferral_count,rereferral_percent,\
         no_further_action_count,no_further_action_percent,not_in_need_count,not_in_need_percent\n\
         2017,Reporting year,Local authority,E92000001,England,E12000009,South West,880,E06000027,Torbay,\
         {number},300,15.0,152,8.0,570,30.0\n"
    );
    region.web.put(&format!("{SET}/csv?dataSetVersion={version}"), csv.as_bytes());
}

#[test]
fn a_new_version_of_a_data_set_is_a_new_submission_and_the_same_is_not_fetched() {
    let region = Region::unwatched(QUARTER);
    let ees = format!(
        "reporters = \"publisher\"\nprovisional = false\n\n[collection.ees]\nbase_url = \"{}\"\n\
         data_set = \"a1b2-c3d4\"\nprivate_addresses = \"allowed\"\n",
        region.web.url("/v1")
    );
    region.edit("quarterdeck.toml", "reporters = \"publisher\"\nprovisional = false\n", &ees);
    published(&region, "1.0", 1902);
    let report = region.step("2017-11-13T09:00:00Z", Step::Collect);
    assert_eq!((report.received, report.loaded, report.refused), (1, 1, 0), "{report:?}");
    let report = region.step("2017-11-14T09:00:00Z", Step::Collect);
    assert_eq!(report.received, 0);
    published(&region, "1.1", 1950);
    assert_eq!(region.step("2017-11-15T09:00:00Z", Step::Collect).loaded, 1);
    let asked = region.web.shelf().asked.clone();
    let fetched: Vec<&String> = asked.iter().filter(|path| path.contains("/csv")).collect();
    assert_eq!(fetched.len(), 2, "{fetched:?}");
    let versions = "SELECT concat_ws('|', version, file_name) FROM submissions ORDER BY submission";
    assert_eq!(region.rows(versions), ["1|a1b2-c3d4_v1.0.csv", "2|a1b2-c3d4_v1.1.csv"]);
    let counts = "SELECT numerator FROM observations WHERE authority = 'E06000027'
        AND indicator = 'referral_count'";
    assert_eq!(region.rows(counts), ["1950.0"]);
    published(&region, "2.0", 1);
    region.web.put(
        &format!("{SET}/versions?page=1&pageSize=20"),
        br#"{"paging":{"totalResults":1,"totalPages":1},"results":[{"version":"1.1","status":"Published"}]}"#,
    );
    let report = region.step("2017-11-16T09:00:00Z", Step::Collect);
    assert_eq!(report.received, 0);
    assert!(
        report.failures.iter().any(|one| one.what.contains("version 2.0 of \"Referrals\" is held")),
        "{report:?}"
    );
    let report = region.step("2017-11-17T09:00:00Z", Step::Collect);
    assert!(!report.failures.iter().any(|one| one.what.contains("is held")), "told once: {report:?}");
}
