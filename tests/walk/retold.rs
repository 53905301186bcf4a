//! What somebody was told before, beside what they are told now: both together tell no small number.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use quarterdeck::config::settings::Settings;
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::disclosure::Disclosure;
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::{Behaviour, Indicator, IndicatorId, Unit};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::domain::scope::{Figures, Recipient, Scope};
use quarterdeck::pipeline::facts::{self, CollectionFacts};
use quarterdeck::pipeline::withheld::{Reader, seal};
use quarterdeck::store::facts::{Numbers, Point, RevisedFigure};
use quarterdeck::store::journal::{Happened, Line};
use serde_json::json;

const COLLECTION: &str = "quarterly";

/// Part and whole; none where the version that held them was withdrawn.
type Sent = Option<(f64, f64)>;

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T09:00:00Z").parse().unwrap()
}

fn numbers(sent: Sent) -> Numbers {
    let (part, whole) = (sent.map(|it| it.0), sent.map(|it| it.1));
    let value = sent.map(|(part, whole)| 100.0 * part / whole);
    Numbers { value, numerator: part, denominator: whole, status: sent.map(|_| Status::Ok) }
}

/// The shipped region with one share.
fn region() -> Settings {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut settings = quarterdeck::config::load(&folder).unwrap();
    settings.indicators.retain(|one| one.unit == Unit::Percent);
    settings.indicators.truncate(1);
    for one in &mut settings.indicators {
        (one.behaviour, one.identities) = (Behaviour::Flow, Vec::new());
    }
    settings
}

fn share(settings: &Settings) -> &Indicator {
    &settings.indicators[0]
}

fn code(settings: &Settings, at: usize) -> AuthorityCode {
    settings.authorities[at].code.clone()
}

fn reader(settings: &Settings, scope: Scope) -> Recipient {
    let lead = settings.recipients.iter().find(|one| one.scope == Scope::Region).unwrap();
    Recipient { scope, figures: Figures::Suppressed, ..lead.clone() }
}

/// The history of the first authorities, quarter by quarter: each with what it sent, version by version.
fn known(
    settings: &Settings,
    sent: &[&[&[(&str, Sent)]]],
) -> (BTreeMap<String, CollectionFacts>, Vec<Quarter>) {
    let of: &IndicatorId = &share(settings).id;
    let quarters: Vec<Quarter> = (0..4).map(|at| Quarter::from_index(8060 + at)).collect();
    let mut known = CollectionFacts::default();
    for (whose, sent) in sent.iter().enumerate() {
        let mut points = Vec::new();
        for (quarter, versions) in quarters.iter().zip(*sent) {
            let (Some((first, _)), Some((_, last))) = (versions.first(), versions.last()) else { continue };
            points.push(Point {
                authority: code(settings, whose),
                indicator: of.clone(),
                quarter: *quarter,
                own: numbers(*last),
                summed: last.is_some(),
                carried_from: Vec::new(),
                known_from: Some(day(first)),
                region: numbers(None),
                reporting: None,
            });
            known.revised.extend(versions.windows(2).map(|pair| RevisedFigure {
                authority: code(settings, whose),
                indicator: of.clone(),
                quarter: *quarter,
                version: 2,
                old: numbers(pair[0].1),
                new: numbers(pair[1].1),
                received_at: day(pair[1].0),
            }));
        }
        known.history.insert((code(settings, whose), of.clone()), points);
    }
    (BTreeMap::from([(COLLECTION.to_owned(), known)]), quarters)
}

/// What is known to a reader who was told on some days; and the first quarter.
fn sealed(
    settings: &Settings,
    reader: &Recipient,
    told: &[&str],
    sent: &[&[&[(&str, Sent)]]],
) -> (CollectionFacts, Quarter) {
    after(settings, reader, told, sent, &[])
}

/// The same, with what the journal says of the checks.
fn after(
    settings: &Settings,
    reader: &Recipient,
    told: &[&str],
    sent: &[&[&[(&str, Sent)]]],
    lines: &[Line],
) -> (CollectionFacts, Quarter) {
    let (mut all, quarters) = known(settings, sent);
    let told = told.iter().map(|at| day(at)).collect();
    seal(settings, &mut all, (&[Reader { recipient: reader, told }], lines));
    (all.remove(COLLECTION).unwrap(), quarters[0])
}

/// A check that holds a figure of the first authority's first quarter, or does no more.
fn jump(settings: &Settings, at: &str, state: &str) -> Line {
    let quarter = Quarter::from_index(8060);
    let moment = json!({
        "quarter": quarter.to_string(), "state": state, "episode": 1, "level": 2, "shown": 2, "effect": 4.0,
        "event": null, "stale": false,
    });
    Line {
        seq: 1,
        at: day(at),
        event: Happened::Found,
        subject: "it".to_owned(),
        detail: json!({
            "check": "implausible-jump", "collection": COLLECTION, "authority": code(settings, 0).as_str(),
            "indicator": share(settings).id.as_str(), "rule": "r", "moments": [moment],
        }),
    }
}

const FIRST: &str = "2017-07-20";
const TOLD: &str = "2017-08-01";
const LATER: &str = "2017-10-20";

#[test]
fn a_later_quarter_chooses_no_other_number_to_protect_a_small_one_of_an_earlier() {
    let settings = region();
    let lead = reader(&settings, Scope::Region);
    let id = &share(&settings).id;
    let shown = |told: &[&str], sent: &[&[&[(&str, Sent)]]]| {
        let (known, quarter) = sealed(&settings, &lead, told, sent);
        [0, 1, 2].map(|at| known.withheld.of(&lead, &code(&settings, at), id, quarter) == Disclosure::Shown)
    };
    let (a, b, c) = ((FIRST, Some((3.0, 40.0))), (FIRST, Some((20.0, 60.0))), (FIRST, Some((24.0, 60.0))));
    assert_eq!(shown(&[], &[&[&[a]], &[&[b]], &[&[c]]]), [false, false, true]);
    let next = |part| (LATER, Some((part, 90.0)));
    let sent: &[&[&[(&str, Sent)]]] =
        &[&[&[a], &[next(20.0)]], &[&[b], &[next(60.0)]], &[&[c], &[next(20.0)]]];
    assert_eq!(shown(&[TOLD], sent), [false, false, true]);
}

#[test]
fn a_withdrawn_version_is_not_told_by_what_the_sums_lost() {
    let settings = region();
    let lead = reader(&settings, Scope::Region);
    let id = &share(&settings).id;
    let b: &[&[(&str, Sent)]] = &[&[(FIRST, Some((20.0, 60.0)))]];
    let c: &[&[(&str, Sent)]] = &[&[(FIRST, Some((24.0, 60.0)))]];
    let d: &[&[(&str, Sent)]] = &[&[(FIRST, Some((44.0, 99.0)))]];
    let a: &[&[(&str, Sent)]] = &[&[(FIRST, Some((3.0, 40.0))), (LATER, None)]];
    let (known, quarter) = sealed(&settings, &lead, &[TOLD], &[a, b, c, d]);
    // The sum of all four was told, and two of the others.
    assert_ne!(known.withheld.of(&lead, &code(&settings, 1), id, quarter), Disclosure::Shown);
    let (untold, quarter) = sealed(&settings, &lead, &[], &[a, b, c, d]);
    assert_eq!(untold.withheld.of(&lead, &code(&settings, 1), id, quarter), Disclosure::Shown);
}

#[test]
fn a_revision_does_not_tell_the_number_that_protected_a_small_one() {
    let settings = region();
    let lead = reader(&settings, Scope::Region);
    let a: &[&[(&str, Sent)]] = &[&[(FIRST, Some((3.0, 40.0))), (LATER, Some((20.0, 40.0)))]];
    let b: &[&[(&str, Sent)]] = &[&[(FIRST, Some((20.0, 60.0))), (LATER, Some((30.0, 60.0)))]];
    let c: &[&[(&str, Sent)]] = &[&[(FIRST, Some((24.0, 60.0)))]];
    let (known, quarter) = sealed(&settings, &lead, &[TOLD], &[a, b, c]);
    let figure = (&code(&settings, 1), share(&settings), quarter);
    assert_ne!(facts::in_all_versions(&settings, &known, &lead, figure), Disclosure::Shown);
}

#[test]
fn what_is_left_of_a_share_is_protected_where_only_sums_are_seen() {
    let settings = region();
    let own = reader(&settings, Scope::Authorities(vec![code(&settings, 3)]));
    let id = &share(&settings).id;
    let others: [&[&[(&str, Sent)]]; 3] = [
        &[&[(LATER, Some((36.0, 40.0)))]],
        &[&[(FIRST, Some((20.0, 60.0)))]],
        &[&[(FIRST, Some((24.0, 60.0)))]],
    ];
    let mine: &[&[(&str, Sent)]] = &[&[(FIRST, Some((44.0, 99.0)))]];
    let total = |told: &[&str]| {
        let (known, quarter) = sealed(&settings, &own, told, &[others[0], others[1], others[2], mine]);
        known.withheld.of_total(&own, id, quarter)
    };
    assert_eq!(total(&[]), Disclosure::Shown);
    assert_ne!(total(&[TOLD]), Disclosure::Shown, "the sum before, and the sum with 36 of 40");
}

#[test]
fn a_small_number_that_was_held_is_not_told_by_what_the_sums_gained() {
    let settings = region();
    let lead = reader(&settings, Scope::Region);
    let id = &share(&settings).id;
    let sent: [&[&[(&str, Sent)]]; 4] = [
        &[&[(FIRST, Some((3.0, 40.0)))]],
        &[&[(FIRST, Some((20.0, 60.0)))]],
        &[&[(FIRST, Some((24.0, 60.0)))]],
        &[&[(FIRST, Some((44.0, 99.0)))]],
    ];
    let total = |lines: &[Line]| {
        let (known, quarter) = after(&settings, &lead, &[TOLD], &sent, lines);
        known.withheld.of_total(&lead, id, quarter)
    };
    let held = jump(&settings, FIRST, "new");
    assert_eq!(total(&[]), Disclosure::Shown);
    assert_ne!(total(&[held.clone(), jump(&settings, LATER, "resolved")]), Disclosure::Shown);
    let settled = [held, jump(&settings, "2017-07-31", "resolved")];
    assert_eq!(total(&settled), Disclosure::Shown, "confirmed before anybody was told");
}
