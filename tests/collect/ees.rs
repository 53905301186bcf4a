//! The `ees` source against an API on loopback that answers as the real one does.

#![expect(clippy::needless_pass_by_value, reason = "what is written in place is given away")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use quarterdeck::collect::http::{Asked, Round};
use quarterdeck::collect::{Answered, Outcome, Wanted};
use quarterdeck::config::settings::{EesQuery, EesSource, Limits, MajorVersions, PrivateAddresses};
use quarterdeck::domain::version::Pin;
use serde_json::{Value, json};

use super::server::{Server, ok, status, write};
use super::{ask, limits, reason, received};

const SET: &str = "a1b2c3d4-0000-1111-2222-333344445555";
const FILE: &str = "time_period,time_identifier,geographic_level,new_la_code,cin_rate\n2017,Reporting year,Local authority,E06000022,320.5\n";

/// Answers by what stands in the request's line; everything else is 404.
struct Api(Arc<Mutex<Vec<Line>>>);

/// The beginning of a request's first line, and the answer.
type Line = (String, Vec<u8>);

impl Api {
    fn with(latest: &str) -> Self {
        let api = Self(Arc::default());
        api.set(json!({
            "id": SET, "title": "Children in need", "status": "Published",
            "latestVersion": { "version": latest },
        }));
        api.answer(&format!("GET /v1/data-sets/{SET}/csv?"), ok(FILE, "Content-Type: text/csv\r\n"));
        api
    }

    fn set(&self, set: Value) {
        self.json(&format!("GET /v1/data-sets/{SET} "), set);
    }

    fn json(&self, line: &str, body: Value) {
        self.answer(line, ok(&body.to_string(), "Content-Type: application/json\r\n"));
    }

    fn answer(&self, line: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(0, (line.to_owned(), bytes));
    }

    fn versions(&self, listed: &[(&str, &str)]) {
        let rows: Vec<Value> =
            listed.iter().map(|(v, status)| json!({ "version": v, "status": status })).collect();
        let paging = json!({ "page": 1, "pageSize": 20, "totalResults": rows.len(), "totalPages": 1 });
        self.json(
            &format!("GET /v1/data-sets/{SET}/versions?"),
            json!({ "paging": paging, "results": rows }),
        );
    }

    fn serve(&self) -> Server {
        let answers = Arc::clone(&self.0);
        Server::start(move |_, head, stream| {
            let answers = answers.lock().unwrap();
            let found = answers.iter().find(|(line, _)| head.starts_with(line));
            write(stream, &found.map_or_else(|| status("404 Not Found", ""), |(_, bytes)| bytes.clone()))
        })
    }
}

fn source(server: &Server) -> EesSource {
    EesSource {
        base_url: server.url("/v1"),
        data_set: SET.to_owned(),
        version: None,
        major: MajorVersions::Hold,
        query: None,
        ca_file: None,
        proxy: None,
        private_addresses: PrivateAddresses::Allowed,
    }
}

fn fetch(source: &EesSource, had: Option<&str>) -> Answered {
    let wanted = vec![Wanted { etag: had.map(str::to_owned), ..Wanted::default() }];
    ask(Round { source: Asked::Ees(source), wanted }, &limits()).unwrap().remove(0)
}

fn paths(server: &Server) -> Vec<String> {
    let path = |head: String| head.split(' ').nth(1).unwrap().replace(&format!("/v1/data-sets/{SET}"), "");
    server.heads().into_iter().map(path).collect()
}

#[test]
fn the_whole_csv_of_the_newest_version_is_taken_once() {
    let server = Api::with("2.1").serve();
    let file = received(fetch(&source(&server), None).outcome);
    assert_eq!((file.bytes.as_slice(), file.etag.as_deref()), (FILE.as_bytes(), Some("2.1")));
    assert_eq!(file.file_name, format!("{SET}_v2.1.csv"));
    assert_eq!(file.origin, server.url(&format!("/v1/data-sets/{SET}")));
    assert_eq!(fetch(&source(&server), Some("2.1")).outcome, Outcome::Unchanged);
    assert_eq!(paths(&server), ["", "/csv?dataSetVersion=2.1", ""]);
}

#[test]
fn a_new_minor_version_is_taken() {
    let server = Api::with("2.2").serve();
    let answered = fetch(&source(&server), Some("2.1"));
    assert_eq!(received(answered.outcome).etag.as_deref(), Some("2.2"));
    assert_eq!(answered.notes, []);
}

fn with_a_new_major() -> Api {
    let api = Api::with("3.0");
    api.versions(&[("3.0", "Published"), ("2.2", "Published"), ("2.3", "Withdrawn"), ("2.1", "Published")]);
    api.json(
        &format!("GET /v1/data-sets/{SET}/versions/3.0/changes"),
        json!({
            "versionNumber": "3.0",
            "majorChanges": {
                "filters": [{ "previousState": { "label": "School type" } }],
                "indicators": [{ "previousState": { "label": "Rate" }, "currentState": { "label": "Rate (%)" } }],
                "locationGroups": [{ "previousState": { "level": { "code": "LAD", "label": "District" } } }],
            },
        }),
    );
    api
}

#[test]
fn a_new_major_version_is_held_and_told_with_its_changes() {
    let server = with_a_new_major().serve();
    let answered = fetch(&source(&server), Some("2.2"));
    assert_eq!(answered.outcome, Outcome::Unchanged);
    assert_eq!(
        answered.notes[0].says,
        "version 3.0 of \"Children in need\" is held, and what we had stays; write `major = \"take\"`, or \
         `version`, to take it. It changes filters: `School type` is gone; indicators: `Rate` became \
         `Rate (%)`; location groups: `District` is gone"
    );
    let older = fetch(&source(&server), Some("2.1"));
    assert_eq!(received(older.outcome).etag.as_deref(), Some("2.2"), "a newer minor one is still taken");
    assert_eq!(older.notes, answered.notes);
}

#[test]
fn a_new_major_version_is_taken_when_that_is_configured() {
    let server = with_a_new_major().serve();
    let take = EesSource { major: MajorVersions::Take, ..source(&server) };
    let answered = fetch(&take, Some("2.2"));
    assert_eq!(received(answered.outcome).etag.as_deref(), Some("3.0"));
    assert!(answered.notes[0].says.contains("was taken"), "{:?}", answered.notes);
}

#[test]
fn a_pinned_version_is_looked_for_and_a_withdrawn_one_is_not_taken() {
    let server = with_a_new_major().serve();
    let pinned = |pin: &str| EesSource { version: Some(Pin::parse(pin).unwrap()), ..source(&server) };
    assert_eq!(received(fetch(&pinned("2.*"), None).outcome).etag.as_deref(), Some("2.2"));
    assert_eq!(received(fetch(&pinned("2.1"), None).outcome).etag.as_deref(), Some("2.1"));
    assert_eq!(received(fetch(&pinned("3.*"), Some("2.2")).outcome).etag.as_deref(), Some("3.0"));
    let said = reason(&fetch(&pinned("2.3"), None).outcome);
    assert!(said.contains("was withdrawn by the publisher"), "{said}");
    assert!(reason(&fetch(&pinned("9.*"), None).outcome).contains("was never published"));
}

#[test]
fn a_data_set_that_is_withdrawn_or_given_up_is_told() {
    let api = Api::with("2.1");
    api.set(
        json!({ "title": "Children in need", "status": "Withdrawn", "latestVersion": { "version": "2.1" } }),
    );
    let server = api.serve();
    let said = reason(&fetch(&source(&server), Some("2.0")).outcome);
    assert!(said.contains("withdrew the data set \"Children in need\"; what we had stays"), "{said}");
    api.set(json!({
        "title": "Children in need", "status": "Deprecated", "supersedingDataSetId": "next",
        "latestVersion": { "version": "2.1" },
    }));
    let answered = fetch(&source(&server), Some("2.1"));
    assert_eq!(answered.outcome, Outcome::Unchanged);
    assert!(
        answered.notes[0]
            .says
            .ends_with("no longer keeps the data set \"Children in need\" up; `next` takes its place")
    );
}

#[test]
fn its_errors_are_worded() {
    for (answer, words) in [
        (status("403 Forbidden", ""), "not open to us"),
        (status("404 Not Found", ""), "check `base_url`, `data_set` and `version`"),
        (status("504 Gateway Timeout", "Retry-After: 99\r\n"), "answered 504 Gateway Timeout"),
        (status("429 Too Many Requests", "Retry-After: 99\r\n"), "wants to be left alone for 99 seconds"),
        (ok("<html>maintenance", ""), "not understood"),
    ] {
        let api = Api::with("2.1");
        api.answer(&format!("GET /v1/data-sets/{SET} "), answer);
        let said = reason(&fetch(&source(&api.serve()), None).outcome);
        assert!(said.contains(words), "{said}");
    }
}

fn query() -> EesQuery {
    EesQuery {
        indicators: vec!["cin_rate".to_owned(), "Number of children".to_owned()],
        geographic_levels: vec!["LA".to_owned()],
        filters: BTreeMap::from([("characteristic".to_owned(), vec!["Total".to_owned()])]),
        from: Some(("2016".to_owned(), "FY".to_owned())),
        until: None,
        page_size: 2,
    }
}

fn with_rows() -> Api {
    let api = Api::with("2.1");
    api.json(
        &format!("GET /v1/data-sets/{SET}/meta?dataSetVersion=2.1"),
        json!({
            "filters": [{ "id": "fCh", "column": "characteristic", "label": "Characteristic",
                          "options": [{ "id": "oT", "label": "Total" }, { "id": "oM", "label": "Male" }] }],
            "indicators": [{ "id": "iR", "column": "cin_rate", "label": "Rate" },
                           { "id": "iN", "column": "cin_number", "label": "Number of children" }],
            "geographicLevels": [{ "code": "LA", "label": "Local authority" }],
            "locations": [
                { "level": { "code": "NAT", "label": "National" },
                  "options": [{ "id": "lE", "label": "England", "code": "E92000001" }] },
                { "level": { "code": "LA", "label": "Local authority" },
                  "options": [{ "id": "lB", "label": "Bath, and more", "code": "E06000022", "oldCode": "800" },
                              { "id": "lC", "name": "Bristol", "code": "E06000023", "oldCode": "801" }] },
            ],
        }),
    );
    api
}

fn row(place: &str, code: &str, rate: &str, number: &str) -> Value {
    json!({
        "timePeriod": { "code": code, "period": "2017/2018" }, "geographicLevel": "LA",
        "locations": { "NAT": "lE", "LA": place }, "filters": { "fCh": "oT" },
        "values": { "iR": rate, "iN": number },
    })
}

/// Pages by what the request's body asks for.
fn serve_pages(api: &Api, pages: Vec<Value>) -> (Server, Arc<Mutex<usize>>) {
    let (answers, asked) = (Arc::clone(&api.0), Arc::new(Mutex::new(0)));
    let count = Arc::clone(&asked);
    let server = Server::start(move |_, head, stream| {
        if head.starts_with("POST ") {
            let mut number = count.lock().unwrap();
            *number += 1;
            return write(stream, &ok(&pages[*number - 1].to_string(), ""));
        }
        let answers = answers.lock().unwrap();
        let found = answers.iter().find(|(line, _)| head.starts_with(line)).unwrap();
        write(stream, &found.1)
    });
    (server, asked)
}

fn page(number: u32, total_results: u32, total_pages: u32, rows: Vec<Value>) -> Value {
    let paging =
        json!({ "page": number, "pageSize": 2, "totalResults": total_results, "totalPages": total_pages });
    json!({ "paging": paging, "results": rows, "warnings": [] })
}

#[test]
fn a_query_of_three_pages_becomes_one_tidy_file() {
    let pages = vec![
        page(1, 5, 3, vec![row("lC", "FYQ2", "c", "12"), row("lB", "FYQ2", "320.5", "44")]),
        page(2, 5, 3, vec![row("lB", "FYQ1", "310", "40"), row("lC", "FYQ1", "x", "z")]),
        page(3, 5, 3, vec![row("lB", "FYQ3", "low", "1")]),
    ];
    let (server, asked) = serve_pages(&with_rows(), pages);
    let source = EesSource { query: Some(query()), ..source(&server) };
    let file = received(fetch(&source, None).outcome);
    let expected = [
        "time_period,time_identifier,geographic_level,country_code,country_name,new_la_code,la_name,\
         old_la_code,characteristic,cin_rate,cin_number",
        "FY Q1,Local authority,E92000001,England,E06000022,BATH,800,Total,310,40",
        "FY Q1,Local authority,E92000001,England,E06000023,Bristol,801,Total,x,z",
        "FY Q2,Local authority,E92000001,England,E06000022,BATH,800,Total,320.5,44",
        "FY Q2,Local authority,E92000001,England,E06000023,Bristol,801,Total,c,12",
        "FY Q3,Local authority,E92000001,England,E06000022,BATH,800,Total,low,1",
    ];
    let expected = expected.map(|line| {
        line.replace("FY Q", "201718,Financial year Q").replace("BATH", "\"Bath, and more\"") + "\n"
    });
    assert_eq!(String::from_utf8(file.bytes).unwrap(), expected.concat());
    assert_eq!(*asked.lock().unwrap(), 3);
    let bodies: Vec<Value> = server
        .bodies()
        .iter()
        .filter(|body| !body.is_empty())
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(
        bodies[2],
        json!({
            "indicators": ["iR", "iN"],
            "criteria": { "and": [
                { "geographicLevels": { "in": ["LA"] } },
                { "filters": { "in": ["oT"] } },
                { "timePeriods": { "gte": { "period": "2016", "code": "FY" } } },
            ] },
            "sorts": [{ "field": "timePeriod", "direction": "Asc" }, { "field": "geographicLevel", "direction": "Asc" }],
            "page": 3, "pageSize": 2,
        })
    );
    let tag = file.etag.unwrap();
    assert!(tag.starts_with("2.1 "), "{tag}");
    assert_eq!(fetch(&source, Some(&tag)).outcome, Outcome::Unchanged);
    let other = EesQuery { page_size: 3, ..query() };
    let other = EesSource { query: Some(EesQuery { geographic_levels: Vec::new(), ..other }), ..source };
    assert_ne!(fetch_tag(&other), Some(tag), "another question is another file");
}

fn fetch_tag(source: &EesSource) -> Option<String> {
    let (server, _) = serve_pages(&with_rows(), vec![page(1, 1, 1, vec![row("lB", "FYQ1", "1", "1")])]);
    received(fetch(&EesSource { base_url: server.url("/v1"), ..source.clone() }, None).outcome).etag
}

fn refused(pages: Vec<Value>, query: EesQuery) -> Answered {
    let (server, _) = serve_pages(&with_rows(), pages);
    fetch(&EesSource { query: Some(query), ..source(&server) }, None)
}

#[test]
fn no_rows_are_a_warning_and_not_a_file() {
    let mut empty = page(1, 0, 0, Vec::new());
    empty["warnings"] = json!([{ "code": "QueryNoResults", "message": "The query returned no results." }]);
    let said = reason(&refused(vec![empty], query()).outcome);
    assert!(
        said.contains("finds no rows in version 2.1: The query returned no results. (QueryNoResults)"),
        "{said}"
    );
    let mut some = page(1, 1, 1, vec![row("lB", "FYQ1", "1", "1")]);
    some["warnings"] = json!([{ "code": "LocationsNotFound", "message": "One location was not found." }]);
    let answered = refused(vec![some], query());
    assert!(answered.notes[0].says.contains("LocationsNotFound"), "{:?}", answered.notes);
    received(answered.outcome);
}

#[test]
fn pages_that_do_not_belong_together_are_not_joined() {
    let one = || row("lB", "FYQ1", "1", "1");
    let changed = vec![page(1, 2, 2, vec![one()]), page(2, 3, 2, vec![one()])];
    assert!(reason(&refused(changed, query()).outcome).contains("changed between two pages"));
    let short = vec![page(1, 2, 2, vec![one()]), page(2, 2, 2, Vec::new())];
    assert!(reason(&refused(short, query()).outcome).contains("1 rows came of 2"));
    let strange = vec![page(1, 1, 1, vec![row("lX", "FYQ1", "1", "1")])];
    assert!(reason(&refused(strange, query()).outcome).contains("name a place, `lX`"));
}

#[test]
fn names_that_the_data_set_does_not_have_are_named() {
    let odd = EesQuery { indicators: vec!["cin_rat".to_owned()], ..query() };
    let said = reason(&refused(Vec::new(), odd).outcome);
    assert_eq!(said, "`cin_rat` is not an indicator of the data set; there are `cin_rate`, `cin_number`");
    let filters = BTreeMap::from([("characteristic".to_owned(), vec!["Female".to_owned()])]);
    let said = reason(&refused(Vec::new(), EesQuery { filters, ..query() }).outcome);
    assert_eq!(
        said,
        "`Female` is not an option of `characteristic` of the data set; there are `Total`, `Male`"
    );
}

#[test]
fn a_question_that_is_refused_says_why() {
    let api = with_rows();
    let body = json!({ "title": "Bad", "errors": [{ "message": "Must be positive", "code": "X", "path": "pageSize" }] }).to_string();
    let answer = format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    api.answer(&format!("POST /v1/data-sets/{SET}/query"), answer.into_bytes());
    let source = EesSource { query: Some(query()), ..source(&api.serve()) };
    let said = reason(&fetch(&source, None).outcome);
    assert!(said.ends_with("the question is refused: Must be positive (pageSize)"), "{said}");
}

#[test]
fn more_rows_than_we_read_are_not_fetched() {
    let (server, asked) =
        serve_pages(&with_rows(), vec![page(1, 5000, 3, vec![row("lB", "FYQ1", "1", "1")])]);
    let source = EesSource { query: Some(query()), ..source(&server) };
    let limits = Limits { rows_max: 1000, ..limits() };
    let wanted = vec![Wanted::default()];
    let answered = ask(Round { source: Asked::Ees(&source), wanted }, &limits).unwrap().remove(0);
    assert!(reason(&answered.outcome).contains("5000 rows, more than 1000"));
    assert_eq!(*asked.lock().unwrap(), 1);
}
