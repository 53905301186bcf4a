//! The synthetic year: figures, publications, files and the server they lie on.

mod settings;
mod shipped;

use std::io::{Read, Write};
use std::net::TcpStream;

use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, TimeDelta, Utc};
use quarterdeck::demo::generator::{self, SyntheticReturn};
use quarterdeck::demo::plan::Plan;
use quarterdeck::demo::publication::{self, Form, Publication};
use quarterdeck::demo::server::{Asked, Server};
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::{IndicatorId, Unit};

fn plan() -> Plan {
    Plan::shipped().unwrap()
}

fn publications() -> Vec<Publication> {
    publication::publications(&settings::a_few(), &plan()).unwrap()
}

fn figures<'a>(
    returns: &'a [SyntheticReturn],
    authority: &'a str,
    id: &'a str,
) -> impl Iterator<Item = (f64, f64)> + 'a {
    let own = returns.iter().filter(move |made| made.authority.as_str() == authority);
    let rows = own.flat_map(move |made| made.figures.iter().filter(move |row| row.indicator.as_str() == id));
    rows.filter_map(|row| row.figure.numerator.zip(row.figure.denominator))
}

#[test]
fn the_same_plan_makes_the_same_bytes() {
    assert_eq!(publications(), publications());
    let other = Plan { seed: plan().seed + 1, ..plan() };
    let others = publication::publications(&settings::a_few(), &other).unwrap();
    assert_ne!(others, publications());
}

#[test]
fn fourteen_quarters_are_made_for_each_authority() {
    let returns = generator::returns(&settings::a_few(), &plan());
    assert_eq!(returns.len(), 4 * 14);
    assert_eq!(returns[0].quarter.to_string(), "2014-15 Q1");
    assert_eq!(returns[13].quarter.to_string(), "2017-18 Q2");
}

#[test]
fn an_authority_stays_near_its_own_published_level() {
    let returns = generator::returns(&settings::a_few(), &plan());
    // E10000027: 435.6 referrals a year for 10,000 children.
    let quarters: Vec<f64> =
        figures(&returns, "E10000027", "referral_rate").map(|(n, d)| 40_000.0 * n / d).collect();
    let mean = quarters.iter().sum::<f64>() / 14.0;
    assert!((mean - 435.6).abs() < 20.0, "{mean}");
    // Q2 is quieter than Q1 of the same year, in sum.
    let sum = |first: usize| quarters.iter().skip(first).step_by(4).take(3).sum::<f64>();
    assert!(sum(1) < sum(0));
}

#[test]
fn identities_hold_in_every_return() {
    let settings = settings::a_few();
    for made in generator::returns(&settings, &plan()) {
        let numerator = |id: &IndicatorId| {
            let row = made.figures.iter().find(|row| row.indicator == *id)?;
            row.figure.numerator
        };
        for indicator in &settings.indicators {
            for identity in &indicator.identities {
                let pair = numerator(&indicator.id).zip(numerator(&identity.at_most));
                assert!(pair.is_none_or(|(low, high)| low <= high), "{made:?} {}", indicator.id);
            }
        }
    }
}

#[test]
fn plans_at_the_end_follow_from_those_before() {
    let returns = generator::returns(&settings::a_few(), &plan());
    let of = |id| figures(&returns, "E10000027", id).map(|(count, _)| count).collect::<Vec<f64>>();
    let (stock, starts, ceases) = (of("cpp_rate"), of("cpp_start_rate"), of("cpp_cease_rate"));
    assert_eq!(stock.len(), 14);
    for at in 1..14 {
        let expected = stock[at - 1] + starts[at] - ceases[at];
        assert!((expected - stock[at]).abs() < 0.5, "{at}: {expected}, {}", stock[at]);
    }
}

#[test]
fn a_stated_value_is_worked_out_and_rounded() {
    let settings = settings::a_few();
    for made in generator::returns(&settings, &plan()) {
        for row in &made.figures {
            let indicator = settings.indicators.iter().find(|one| one.id == row.indicator).unwrap();
            let factor = match indicator.unit {
                Unit::Percent => 100.0,
                Unit::Rate { per } if indicator.annualise => 4.0 * f64::from(per),
                Unit::Rate { per } => f64::from(per),
                Unit::Count => 1.0,
            };
            let figure = row.figure;
            let Some((numerator, denominator)) = figure.numerator.zip(figure.denominator) else { continue };
            let away = (figure.value.unwrap() - factor * numerator / denominator).abs();
            assert!(away <= 0.5 / 10_f64.powi(i32::from(indicator.decimals)) + 1e-9, "{row:?}");
            assert!(indicator.unit != Unit::Percent || numerator <= denominator, "{row:?}");
        }
    }
}

#[test]
fn the_planted_deterioration_is_there_and_nowhere_else() {
    let returns = generator::returns(&settings::a_few(), &plan());
    let shares: Vec<f64> =
        figures(&returns, "E10000027", "assessment_45wd_pct").map(|(n, d)| 100.0 * n / d).collect();
    assert!(shares[..12].iter().all(|share| (83.0..95.0).contains(share)), "{shares:?}");
    assert!((78.0..86.0).contains(&shares[12]) && (67.0..75.0).contains(&shares[13]), "{shares:?}");
}

#[test]
fn small_numbers_of_the_small_authority_are_withheld_and_only_there() {
    for made in generator::returns(&settings::a_few(), &plan()) {
        let small = made.authority.as_str() == "E06000053";
        for row in &made.figures {
            let figure = row.figure;
            if figure.status == Status::Suppressed {
                assert!(small && figure.numerator.is_none() && figure.value.is_none(), "{row:?}");
            }
            let shown = [figure.numerator, figure.denominator].into_iter().flatten();
            assert!(!small || shown.clone().all(|number| !(1.0..=5.0).contains(&number)), "{row:?}");
        }
    }
}

#[test]
fn returns_come_before_the_due_day_but_for_the_late_one() {
    let settings = settings::a_few();
    let late: Vec<String> = publications()
        .iter()
        .filter(|publication| publication.version == 1)
        .filter(|one| one.at.date_naive() > publication::due_day(&settings, one.quarter))
        .map(|publication| format!("{} {}", publication.authority, publication.quarter))
        .collect();
    assert_eq!(late, ["E06000024 2017-18 Q2"]);
}

#[test]
fn a_fraction_is_stated_where_a_percentage_is_meant() {
    let settings = settings::of(&["E06000025"]);
    let all = publication::publications(&settings, &plan()).unwrap();
    let values: Vec<f64> = all.iter().map(|one| value(one, "assessment_45wd_pct")).collect();
    assert!(values[..13].iter().all(|value| *value > 50.0), "{values:?}");
    assert!((0.6..1.0).contains(&values[13]), "{values:?}");
}

#[test]
fn a_return_is_sent_again_with_one_other_figure() {
    let settings = settings::of(&["E06000026"]);
    let all = publication::publications(&settings, &plan()).unwrap();
    assert_eq!(all.len(), 15);
    let versions: Vec<&Publication> =
        all.iter().filter(|one| one.quarter.to_string() == "2017-18 Q2").collect();
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2]);
    assert!(versions[0].at < versions[1].at);
    let lines = |at: usize| String::from_utf8(versions[at].bytes.clone()).unwrap();
    let (first, second) = (lines(0), lines(1));
    let changed: Vec<&str> = second.lines().filter(|line| !first.contains(line)).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].starts_with("E06000026,s47_rate,2017-18 Q2,"), "{changed:?}");
    assert!(changed[0].ends_with(
        "Corrected: enquiries of September had not been entered when the first version was sent."
    ));
}

#[test]
fn a_return_is_long_csv() {
    let all = publication::publications(&settings::of(&["E06000053"]), &plan()).unwrap();
    let text = String::from_utf8(all[13].bytes.clone()).unwrap();
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}

#[test]
fn a_workbook_has_titles_above_its_header_and_numbers_as_numbers() {
    let all = publication::publications(&settings::of(&["E10000008"]), &plan()).unwrap();
    assert!(all.iter().all(|one| one.form == Form::Workbook));
    assert_eq!(all[0].file_name, "E10000008-2014-15-Q1.xlsx");
    let mut book = Xlsx::new(std::io::Cursor::new(all[0].bytes.clone())).unwrap();
    let range = book.worksheet_range("Return").unwrap();
    let text = |row: u32, column: u32| range.get_value((row, column)).map(ToString::to_string).unwrap();
    assert_eq!(text(0, 0), "Quarterly return");
    assert_eq!([text(4, 0), text(4, 6)], ["authority_code", "note"]);
    assert_eq!([text(5, 0), text(5, 2)], ["E10000008", "2014-15 Q1"]);
    assert!(matches!(range.get_value((5, 3)), Some(Data::Float(_))));
}

/// The value of one indicator in a CSV return.
fn value(publication: &Publication, indicator: &str) -> f64 {
    let text = String::from_utf8(publication.bytes.clone()).unwrap();
    let row = text.lines().find(|line| line.contains(&format!(",{indicator},"))).unwrap();
    row.split(',').nth(5).unwrap().parse().unwrap()
}

fn ask(server: &Server, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

const TOKEN: &str = "Authorization: Bearer demo-token\r\n";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn the_server_shows_what_is_published_by_the_pretended_instant() {
    let all = publication::publications(&settings::of(&["E06000026"]), &plan()).unwrap();
    let versions: Vec<Publication> =
        all.iter().filter(|one| one.quarter.to_string() == "2017-18 Q2").cloned().collect();
    let server = Server::start(all, "demo-token", versions[0].at - TimeDelta::minutes(1)).unwrap();
    let path = "/2017-18-Q2/E06000026";
    assert!(ask(&server, path, TOKEN).0.starts_with("HTTP/1.1 404"));
    server.pretend(versions[0].at);
    let (head, body) = ask(&server, path, TOKEN);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body.as_bytes(), versions[0].bytes);
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let conditional = format!("{TOKEN}If-None-Match: {tag}\r\n");
    let (head, body) = ask(&server, path, &conditional);
    assert!(head.starts_with("HTTP/1.1 304") && body.is_empty(), "{head}");
    server.pretend(versions[1].at);
    let (head, body) = ask(&server, path, &conditional);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body.as_bytes(), versions[1].bytes);
    assert_eq!(server.asked(), Asked { fetched: 2, unchanged: 1, not_there_yet: 1 });
}

#[test]
fn the_server_answers_only_who_bears_the_token() {
    let server = Server::start(publications(), "demo-token", instant("2018-01-01T00:00:00Z")).unwrap();
    assert!(server.url_template().starts_with("http://127.0.0.1:"));
    assert!(server.url_template().ends_with("/{quarter}/{authority}"));
    let path = "/2017-18-Q2/E10000027";
    assert!(ask(&server, path, "").0.starts_with("HTTP/1.1 401"));
    assert!(ask(&server, path, "Authorization: Bearer demo-toke\r\n").0.starts_with("HTTP/1.1 401"));
    assert!(ask(&server, path, TOKEN).0.starts_with("HTTP/1.1 200"));
    assert!(ask(&server, "/2018-19-Q1/E10000027", TOKEN).0.starts_with("HTTP/1.1 404"));
}
