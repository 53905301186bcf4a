//! Published files: taken in by hand, every row accounted for, every figure traced to its line.

use std::fs;
use std::path::Path;

use quarterdeck::pipeline::Step;

use super::region::{NOW, Region};

const HEADINGS: &str = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,\
    region_name,old_la_code,new_la_code,la_name,category,referral_count,rereferral_count,rereferral_percent,\
    no_further_action_count,no_further_action_percent,not_in_need_count,not_in_need_percent";
/// Year, the DfE's number, code, name, and the figures from `referral_count` on; all made up.
const AUTHORITIES: [&str; 9] = [
    "2017|800|E06000022|Bath and North East Somerset|1411,283,20.1,97,6.9,401,28.4",
    "2017|801|E06000023|\"Bristol, City of\"|4400,c,c,301,6.8,1203,27.3",
    "2017|908|E06000052|Cornwall|4807,961,20.0,x,x,1400,29.1",
    "2017|420|E06000053|Isles of Scilly|z,z,z,z,z,z,z",
    "2017|878|E10000008|Devon|7001,low,low,502,7.2,2101,30.0",
    "2017|880|E06000027|Torbay|1902,u,u,152,8.0,570,30.0",
    "2016|800|E06000022|Bath and North East Somerset|1388,270,19.5,90,6.5,399,28.7",
    "2017|801||Nowhere|1,1,100,1,100,1,100",
    "2017|866|E06000030|Swindon|2O21,400,19.8,160,7.9,610,30.2",
];

/// A synthetic file in the layout of a published one about referrals.
fn tidy() -> String {
    let mut lines = vec![
        HEADINGS.to_owned(),
        "2017,Reporting year,National,E92000001,England,,,,,,All,640000,140000,21.9,60000,9.4,190000,29.7"
            .to_owned(),
        "2017,Reporting year,Regional,E92000001,England,E12000009,South West,,,,All,51000,11000,21.6,4100,8.0,\
         15000,29.4"
            .to_owned(),
    ];
    lines.extend(AUTHORITIES.map(|row| {
        let (year, rest) = row.split_once('|').unwrap();
        let (place, figures) = rest.rsplit_once('|').unwrap();
        let place = place.replace('|', ",");
        let level = "Reporting year,Local authority,E92000001,England,E12000009,South West";
        format!("{year},{level},{place},All,{figures}")
    }));
    lines.join("\n") + "\n"
}

const WANTED: &str = "SELECT concat_ws('|', file_name, rows_read, rows_accepted, rows_quarantined)
    FROM submissions ORDER BY submission";

fn receive(region: &Region, file: &Path) -> i32 {
    let ended = region.run(NOW, &["receive", file.to_str().unwrap(), "--collection", "published"]);
    assert!(matches!(ended.status, 0 | 1), "{}: {ended:?}", file.display());
    assert!(ended.out.contains("rows read"), "{}: {ended:?}", file.display());
    ended.status
}

#[test]
fn a_published_file_is_received_and_its_symbols_keep_their_meaning() {
    let region = Region::from_quarter("2017-18 Q2");
    let file = region.path("referrals.csv");
    fs::write(&file, tidy()).unwrap();
    assert_eq!(receive(&region, &file), 1, "two rows are quarantined");
    assert_eq!(region.rows(WANTED), ["referrals.csv|11|9|2"]);
    let sql =
        "SELECT authority, quarter_label(quarter) AS quarter, numerator, denominator, value, status, symbol,
                      file_name, line
                 FROM observations
                WHERE indicator = 'rereferral_pct' AND level = 'authority' ORDER BY line";
    let ended = region.run(NOW, &["sql", sql, "--format", "csv"]);
    assert_eq!(ended.status, 0, "{}", ended.words);
    let rows: Vec<&str> = ended.out.lines().skip(1).collect();
    let starts = [
        ("E06000022,2016-17 Q4,283.0,1411.0,20.", ",ok,,referrals.csv,4"),
        ("E06000023,2016-17 Q4,", ",suppressed,c,referrals.csv,5"),
        ("E06000052,2016-17 Q4,961.0,4807.0,19.9", ",ok,,referrals.csv,6"),
        ("E06000053,2016-17 Q4,", ",not-applicable,z,referrals.csv,7"),
        ("E10000008,2016-17 Q4,", ",rounds-to-zero,low,referrals.csv,8"),
        ("E06000027,2016-17 Q4,", ",unreliable,u,referrals.csv,9"),
        ("E06000022,2015-16 Q4,270.0,1388.0,19.4", ",ok,,referrals.csv,10"),
    ];
    assert_eq!(rows.len(), starts.len(), "{rows:#?}");
    for (row, (start, end)) in rows.iter().zip(starts) {
        assert!(row.starts_with(start) && row.ends_with(end), "{row} is not {start}..{end}");
    }
    let unavailable = "SELECT concat_ws('|', status, symbol, line) FROM observations
        WHERE indicator = 'referral_nfa_pct' AND authority = 'E06000052'";
    assert_eq!(region.rows(unavailable), ["unavailable|x|6"]);
    let bad = "SELECT concat_ws('|', line, code) FROM quarantine ORDER BY line";
    assert_eq!(region.rows(bad), ["11|bad-authority-code", "12|bad-number"]);
    assert_eq!(region.run(NOW, &["receive", file.to_str().unwrap(), "--collection", "published"]).status, 0);
    assert_eq!(region.rows(WANTED).len(), 1, "the same bytes again change nothing");
}

#[test]
fn a_file_that_is_published_again_tells_what_changed_of_columns_and_figures() {
    let region = Region::from_quarter("2017-18 Q2");
    let (old, new) = (region.path("old.csv"), region.path("new.csv"));
    fs::write(&old, tidy()).unwrap();
    let more = tidy().replace("category,", "kind,").replace("7001,low", "7002,low");
    fs::write(&new, more).unwrap();
    let [old, new] = [&old, &new].map(|file| file.to_str().unwrap());
    let verify = ["verify", new, "--collection", "published", "--against", old];
    let table = region.run(NOW, &verify);
    assert_eq!(table.status, 1, "{table:?}");
    for words in
        ["appeared: kind", "gone: category", "figures changed 4, added 0, removed 0", "line 12, column L"]
    {
        assert!(table.out.contains(words), "{words} in {}", table.out);
    }
    let csv = region.run(NOW, &[&verify[..], &["--format", "csv"]].concat());
    let changed = csv.out.lines().find(|line| line.contains("referral_count,2016-17 Q4")).unwrap();
    assert!(changed.ends_with("E10000008,referral_count,2016-17 Q4,7001,7002"), "{changed}");
    assert!(csv.out.contains("columns-appeared"), "{}", csv.out);

    receive(&region, Path::new(old));
    let received = region.run(NOW, &["receive", new, "--collection", "published"]);
    assert!(received.out.contains("columns-appeared") && received.out.contains("`kind`"), "{received:?}");
    let bad = "SELECT concat_ws('|', file_name, line, column_letters, heading, code) FROM quarantine ORDER BY submission, line";
    let wanted = ["old.csv|11|I|new_la_code|bad-authority-code", "old.csv|12|L|referral_count|bad-number"];
    assert_eq!(region.rows(bad)[..2], wanted);
    let revised = "SELECT concat_ws('|', authority, old_numerator, new_numerator) FROM revisions
        WHERE indicator = 'referral_count' ORDER BY authority";
    assert_eq!(region.rows(revised), ["E10000008|7001.0|7002.0"]);
    region.walk("2017-11-20T08:00:00Z");
    let mails = region.mails();
    let told = mails.iter().find(|mail| mail.text.contains("What changed against the files before"));
    let told = told.unwrap_or_else(|| panic!("no receipt tells of it"));
    assert!(told.text.contains("7,002") && told.text.contains("kind"), "{}", told.text);
}

#[test]
fn what_a_new_version_no_longer_has_is_told_and_goes_on_counting() {
    let region = Region::from_quarter("2017-18 Q2");
    let all = tidy();
    let newer: String = all.split_inclusive('\n').filter(|line| !line.starts_with("2016,")).collect();
    for (name, text) in [("referrals_v1.0.csv", all.clone()), ("referrals_v1.1.csv", newer)] {
        let file = region.path(name);
        fs::write(&file, text).unwrap();
        receive(&region, &file);
    }
    region.walk("2017-11-20T08:00:00Z");
    let mails = region.mails();
    let told = mails.iter().find(|mail| mail.text.contains("`referrals_v1.0.csv` had are not in"));
    let told = told.unwrap_or_else(|| panic!("no receipt tells of it"));
    let words = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["2015-16 Q4: 4", "they still count here, as last published", "Ask the publisher why"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert!(!words.contains("Every row was taken in"), "{words}");
    let held = "SELECT count(*) FROM observations WHERE authority = 'E06000022' AND quarter_label(quarter) = '2015-16 Q4'";
    assert_eq!(region.rows(held), ["4"]);
}

/// When the last of the files was out.
const LATER: &str = "2026-01-05T08:00:00Z";

#[test]
fn every_row_of_the_real_files_is_accepted_or_quarantined() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/dfe");
    let Ok(entries) = fs::read_dir(folder) else { return };
    let region = Region::from_quarter("2017-18 Q2");
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    region.take_in(LATER, "published", &files);
    let report = region.step(LATER, Step::Collect);
    assert_eq!((report.loaded, report.refused, report.failures.len()), (files.len(), 0, 0), "{report:?}");
    let wanted: Vec<String> = files
        .iter()
        .map(|file| {
            let bytes = fs::read(file).unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            format!("{}|{}", file.file_name().unwrap().to_string_lossy(), lines.count() - 1)
        })
        .collect();
    let read = "SELECT concat_ws('|', file_name, rows_accepted + rows_quarantined)
        FROM submissions WHERE verdict = 'accepted' AND rows_read = rows_accepted + rows_quarantined
        ORDER BY submission";
    assert_eq!(region.rows(read), wanted);
    the_workforce_was_revised(&region);
}

/// The releases of 2022 and 2025 differ in 31 years of authorities, and each is told with old and new value.
fn the_workforce_was_revised(region: &Region) {
    let revised = region.rows(
        "SELECT concat_ws('|', authority, quarter_label(quarter), old_value, new_value) FROM revisions
          WHERE indicator = 'sw_agency_pct' AND area_level(authority) = 'authority' ORDER BY ALL",
    );
    assert_eq!(revised.len(), 31, "{revised:#?}");
    for known in ["E06000036|2020-21 Q2|4.0|0.0", "E10000030|2021-22 Q2|23.9|23.1"] {
        assert!(revised.iter().any(|one| one == known), "no {known} in {revised:#?}");
    }
}
