//! A small region to write letters about: Torbay, Plymouth and Devon in November 2017.

use chrono::{DateTime, NaiveDate, Utc};
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::calendar::Calendar;
use quarterdeck::domain::check::{CheckKind, Means};
use quarterdeck::domain::deadline::DeadlineKind;
use quarterdeck::domain::disclosure::{Disclosure, Why};
use quarterdeck::domain::figure::{Place, Status};
use quarterdeck::domain::finding::{Action, Deed};
use quarterdeck::domain::indicator::{IndicatorId, Polarity, Unit};
use quarterdeck::domain::letter::Occasion;
use quarterdeck::domain::letter::contact::Contact;
use quarterdeck::domain::letter::digest::facts::{
    Arrival, DeadlineFact, DigestFacts, FindingFact, NoteFact, Point, RegionValue, RegionalFact, ReturnFact,
    Said, Series, SupportFact, UsualRange,
};
use quarterdeck::domain::letter::facts::{
    FigureFact, IndicatorFact, Named, OwnFigure, RegionFigure, Revision,
};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::domain::scope::{EmailAddress, Figures, Recipient, Role, Scope};
use quarterdeck::domain::slip::{Group, Slip, grouped};
use quarterdeck::domain::stretch::Stretch;
use quarterdeck::domain::support::Since;

pub(super) const TORBAY: (&str, &str) = ("E06000027", "Torbay");
pub(super) const PLYMOUTH: (&str, &str) = ("E06000026", "Plymouth");
pub(super) const DEVON: (&str, &str) = ("E10000008", "Devon");

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn quarter(year: i32, number: u8) -> Quarter {
    Quarter::of(year, number).unwrap()
}

pub(super) fn named((code, name): (&str, &str)) -> Named {
    Named { code: AuthorityCode::parse(code).unwrap(), name: name.to_owned() }
}

pub(super) fn calendar() -> Calendar {
    Calendar::new(["2017-08-28", "2017-12-25", "2017-12-26", "2018-01-01", "2018-03-30"].map(date))
}

pub(super) fn recipient(role: Role, authorities: &[(&str, &str)]) -> Recipient {
    let codes: Vec<AuthorityCode> = authorities.iter().map(|one| named(*one).code).collect();
    let place = authorities.first().map_or("region", |one| one.0);
    Recipient {
        id: format!("{}-{}", place.to_lowercase(), role.word()),
        name: "Robin Sample".to_owned(),
        address: EmailAddress::parse("robin@council.example").unwrap(),
        role,
        scope: if codes.is_empty() { Scope::Region } else { Scope::Authorities(codes) },
        themes: Vec::new(),
        figures: Figures::Suppressed,
        digests: Vec::new(),
    }
}

pub(super) fn occasion<'a>(recipient: &'a Recipient, today: &str) -> Occasion<'a> {
    Occasion {
        recipient,
        queued_at: instant(&format!("{today}T08:00:00Z")),
        today: date(today),
        zone: chrono_tz::Tz::Europe__London,
        region: "South West",
        contact: Contact { name: Some("Kim Lead"), address: "kim@region.example" },
        notice: Some("Synthetic figures."),
    }
}

pub(super) fn percent(numerator: f64, denominator: f64) -> FigureFact {
    FigureFact {
        numerator: Some(numerator),
        denominator: Some(denominator),
        value: Some(100.0 * numerator / denominator),
        unit: Unit::Percent,
        decimals: 1,
        status: Status::Ok,
        disclosure: Disclosure::Shown,
        provisional: true,
    }
}

pub(super) fn rate(numerator: f64, denominator: f64) -> FigureFact {
    FigureFact {
        value: Some(10_000.0 * numerator / denominator),
        unit: Unit::Rate { per: 10_000 },
        ..percent(numerator, denominator)
    }
}

pub(super) fn withheld(figure: FigureFact) -> FigureFact {
    FigureFact { disclosure: Disclosure::Withheld { why: Why::SmallNumber }, ..figure }
}

pub(super) fn rereferrals() -> IndicatorFact {
    indicator("rereferral_pct", "Re-referrals within 12 months", "front-door", Polarity::LowIsGood)
}

pub(super) fn looked_after() -> IndicatorFact {
    indicator("cla_rate", "Children looked after", "children-in-care", Polarity::None)
}

pub(super) fn conferences() -> IndicatorFact {
    indicator(
        "icpc_15wd_pct",
        "Initial child protection conferences held within 15 working days",
        "child-protection",
        Polarity::HighIsGood,
    )
}

pub(super) fn indicator(id: &str, name: &str, theme: &str, polarity: Polarity) -> IndicatorFact {
    IndicatorFact {
        id: IndicatorId::parse(id).unwrap(),
        name: name.to_owned(),
        theme: theme.to_owned(),
        polarity,
        numerator: "children".to_owned(),
        stretch: Stretch::Quarter,
    }
}

pub(super) fn region_figure(figure: FigureFact) -> RegionFigure {
    RegionFigure { figure, reporting: 14, of: 16 }
}

pub(super) fn own(authority: (&str, &str), indicator: IndicatorFact, figure: FigureFact) -> OwnFigure {
    OwnFigure {
        authority: named(authority),
        indicator,
        quarter: quarter(2017, 2),
        figure,
        last_year: Some(percent(61.0, 290.0)),
        region: Some(region_figure(percent(2_204.0, 9_981.0))),
        comparators: vec!["England 21.9% (year to March 2017, final)".to_owned()],
    }
}

fn point(value: f64) -> Point {
    Point { value: Some(value), disclosure: Disclosure::Shown }
}

pub(super) fn series() -> Series {
    let own = [20.1, 19.4, 21.0, 22.2, 20.9, 21.3, 23.0, 27.3];
    Series {
        quarters: (0..8).map(|at| quarter(2015, 3).plus(at)).collect(),
        own: own.into_iter().map(point).collect(),
        region: (0..8).map(|at| Some(22.0 + f64::from(at) / 10.0)).collect(),
        usual_range: Some(UsualRange { lower: 17.8, upper: 24.9, since: None }),
        target: Some(20.0),
        compares: None,
    }
}

pub(super) fn finding(id: &str, authority: (&str, &str), indicator: IndicatorFact) -> FindingFact {
    let name = authority.1;
    FindingFact {
        id: id.to_owned(),
        check: "spc-outside-limits".to_owned(),
        kind: CheckKind::Performance,
        means: Means::Nothing,
        title: "Outside its usual range".to_owned(),
        gap: None,
        figure_was_told: false,
        sentence: format!(
            "{name}: {} was 27.3% in 2017-18 Q2, outside the range its own history would lead us to expect \
             (17.8% to 24.9%).",
            indicator.name
        ),
        level: 2,
        said: Said::New,
        since: quarter(2017, 2),
        authority: named(authority),
        indicator: Some(indicator),
        quarter: quarter(2017, 2),
        stretch: Stretch::Quarter,
        figure: Some(percent(91.0, 333.0)),
        comparators: vec!["South West 22.1% (14 of 16 authorities, 2017-18 Q2)".to_owned()],
        series: Some(series()),
        by: Vec::new(),
        chance: Vec::new(),
        stands: None,
        action: None,
        lapsed: None,
        undone: None,
        confirmed: None,
        shared: None,
        ask: Vec::new(),
        provisional: true,
    }
}

pub(super) fn demand_finding(id: &str, authority: (&str, &str), said: Said) -> FindingFact {
    let figure = rate(331.0, 25_582.0);
    FindingFact {
        sentence: format!(
            "{}: Children looked after has changed: 129.4 per 10,000 in 2017-18 Q2, from 118.0.",
            authority.1
        ),
        level: 0,
        said,
        figure: Some(figure),
        series: Some(Series {
            own: (0..8).map(|at| point(115.0 + f64::from(at) * 2.0)).collect(),
            region: Vec::new(),
            usual_range: None,
            target: None,
            ..series()
        }),
        comparators: Vec::new(),
        ..finding(id, authority, looked_after())
    }
}

/// Three rows that were set aside: one slip once, another twice.
pub(super) fn slips() -> Vec<Slip> {
    let row = |code: &str, reason: &str, line| Slip {
        code: code.to_owned(),
        reason: reason.to_owned(),
        alike: None,
        place: Place { sheet: None, line, column: None },
    };
    let unknown = "`rereferal_pct` is not an indicator of this return; did you mean `rereferral_pct`?";
    vec![
        row("not-a-number", "the numerator `12.7.1` is not a number; write it with digits only", 4),
        row("unknown-indicator", unknown, 7),
        row("unknown-indicator", unknown, 12),
    ]
}

pub(super) fn received(authority: (&str, &str), errors: Vec<Group>) -> ReturnFact {
    let rows_quarantined = errors.iter().map(|group| group.places.len()).sum();
    ReturnFact {
        collection_title: "Quarterly return".to_owned(),
        authority: named(authority),
        quarter: quarter(2017, 2),
        of: 3,
        due: Some(date("2017-11-10")),
        working_days_late: -3,
        arrival: Arrival::Received {
            on: date("2017-11-07"),
            version: 2,
            rows_accepted: 30,
            rows_quarantined,
            errors,
        },
    }
}

pub(super) fn not_received(authority: (&str, &str)) -> ReturnFact {
    ReturnFact { working_days_late: 5, arrival: Arrival::Outstanding, ..received(authority, Vec::new()) }
}

pub(super) fn revision(authority: (&str, &str)) -> Revision {
    Revision {
        authority: named(authority),
        indicator: rereferrals(),
        quarter: quarter(2017, 1),
        old: Some(percent(40.0, 321.0)),
        new: Some(percent(48.0, 318.0)),
        version: 2,
        weight: 1.0,
        consequence: Some("the finding 4c1d22 is resolved".to_owned()),
    }
}

pub(super) fn challenge_event(authorities: &[(&str, &str)]) -> DeadlineFact {
    DeadlineFact {
        title: "Self-assessment challenge event".to_owned(),
        kind: DeadlineKind::Event,
        on: date("2017-12-01"),
        working_days_left: 10,
        authorities: authorities.iter().map(|one| named(*one)).collect(),
        needed: 4,
        supplied: 2,
    }
}

/// Facts about all three authorities; what a recipient sees of them is the letter's business.
pub(super) fn digest_facts() -> DigestFacts {
    DigestFacts {
        name: "quarterly".to_owned(),
        title: "South West digest".to_owned(),
        fell_due: date("2017-11-17"),
        quarter: quarter(2017, 2),
        last_digest_on: Some(date("2017-08-18")),
        known_on: date("2017-11-16"),
        findings: findings(),
        findings_more: 0,
        regional: vec![RegionalFact {
            id: "0a1b2c3d4e5f".to_owned(),
            title: "Outside its usual range".to_owned(),
            indicator: conferences(),
            quarter: quarter(2017, 2),
            authorities: [DEVON, PLYMOUTH, TORBAY].map(named).into(),
            of: 16,
            covers: Vec::new(),
        }],
        revisions: vec![revision(TORBAY), revision(DEVON)],
        returns: vec![
            received(TORBAY, grouped(slips())),
            not_received(PLYMOUTH),
            received(DEVON, Vec::new()),
        ],
        filled: Vec::new(),
        figures: vec![
            own(TORBAY, rereferrals(), percent(91.0, 333.0)),
            own(TORBAY, conferences(), percent(3.0, 7.0)),
            own(DEVON, rereferrals(), percent(402.0, 1_911.0)),
            own(DEVON, conferences(), withheld(percent(4.0, 9.0))),
        ],
        region_values: vec![RegionValue {
            indicator: rereferrals(),
            quarter: quarter(2017, 2),
            value: region_figure(percent(2_204.0, 9_981.0)),
            last_year: Some(RegionFigure { reporting: 16, ..region_figure(percent(2_310.0, 10_502.0)) }),
        }],
        deadlines: vec![challenge_event(&[TORBAY]), challenge_event(&[DEVON]), neglect_pair()],
        supports: vec![agreed(TORBAY, None), agreed(DEVON, Some(PLYMOUTH))],
        notes: vec![
            NoteFact {
                authority: Some(named(TORBAY)),
                text: "a new case system went live in August 2017".to_owned(),
            },
            NoteFact {
                authority: Some(named(DEVON)),
                text: "the figures of Devon include a backlog".to_owned(),
            },
        ],
        neighbours: Vec::new(),
    }
}

pub(super) fn agreed(authority: (&str, &str), from: Option<(&str, &str)>) -> SupportFact {
    SupportFact {
        id: format!("{}-1", authority.0.to_lowercase()),
        authority: named(authority),
        indicator: Some(rereferrals()),
        collection_title: "Quarterly return".to_owned(),
        what: "a visit to the front door team".to_owned(),
        by: "A. Lead".to_owned(),
        from: from.map(named),
        agreed_on: date("2017-08-10"),
        review_on: Some(date("2017-12-01")),
        outcome: None,
        is_open: true,
        then: Some((quarter(2017, 1), percent(99.0, 333.0))),
        now: Some((quarter(2017, 2), percent(71.0, 333.0))),
        since: Since::Better,
    }
}

fn neglect_pair() -> DeadlineFact {
    DeadlineFact {
        title: "Neglect Peer Challenge".to_owned(),
        kind: DeadlineKind::Due,
        on: date("2018-06-29"),
        working_days_left: 154,
        authorities: vec![named(PLYMOUTH), named(DEVON)],
        needed: 1,
        supplied: 0,
    }
}

pub(super) fn two_ways() -> Vec<String> {
    ["its own history", "its target"].map(str::to_owned).into()
}

fn findings() -> Vec<FindingFact> {
    let high = FindingFact {
        check: "target-breach".to_owned(),
        title: "Target missed".to_owned(),
        sentence:
            "Torbay: Re-referrals within 12 months was 27.3% in 2017-18 Q2, against a target of 20.0%. \
                   The gap is larger than chance would explain."
                .to_owned(),
        level: 3,
        said: Said::Worse,
        since: quarter(2017, 1),
        by: two_ways(),
        ..finding("9b0c11", TORBAY, rereferrals())
    };
    let held = FindingFact {
        check: "unit-slip".to_owned(),
        kind: CheckKind::DataQuality,
        means: Means::FigureSuspect,
        title: "A figure in other units".to_owned(),
        sentence: "Devon: 0.21 for Re-referrals within 12 months looks like 21% in different units."
            .to_owned(),
        level: 3,
        series: None,
        ..finding("d3aa09", DEVON, rereferrals())
    };
    let owned = FindingFact {
        said: Said::Quieted,
        action: Some(Action {
            finding: "77aa01".to_owned(),
            episode: 1,
            level: 2,
            deed: Deed::Acknowledge,
            by: "Sam Lead".to_owned(),
            at: instant("2017-09-01T10:00:00Z"),
            reason: "audit under way".to_owned(),
        }),
        ..finding("77aa01", TORBAY, conferences())
    };
    vec![
        high,
        held,
        FindingFact { by: two_ways(), ..finding("1f2e3d", TORBAY, rereferrals()) },
        finding("c0ffee", DEVON, rereferrals()),
        finding("feed01", PLYMOUTH, rereferrals()),
        demand_finding("5e5e5e", TORBAY, Said::Worse),
        FindingFact { said: Said::Resolved, ..finding("4c1d22", TORBAY, conferences()) },
        owned,
    ]
}
