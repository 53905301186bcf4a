//! The lives of findings, from answers kept to moments believed, through the journal and the database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use quarterdeck::domain::authority::{Authority, AuthorityCode};
use quarterdeck::domain::check::CheckAnswer;
use quarterdeck::domain::finding::{Event, Rule, State};
use quarterdeck::domain::indicator::IndicatorId;
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::store::decided::{self, NewNormal};
use quarterdeck::store::findings::{self, Asked, Configured, Finding};
use quarterdeck::store::journal::{Happened, Line};
use quarterdeck::store::moments;
use quarterdeck::store::open::Store;
use serde_json::json;

const CHECK: &str = "target-breach";
const COLLECTION: &str = "quarterly";

struct World {
    store: Store,
    lines: Vec<Line>,
    authority: Authority,
    checks: Vec<&'static str>,
    collections: Vec<&'static str>,
    run: i64,
    wording: &'static str,
    new_normals: Vec<NewNormal>,
    rebases: Vec<(IndicatorId, Option<AuthorityCode>, Quarter)>,
}

impl World {
    fn new() -> Self {
        let authority = Authority {
            code: AuthorityCode::parse("E06000022").unwrap(),
            name: "Here".to_owned(),
            aliases: vec![],
            dfe_number: "800".to_owned(),
            from: None,
            until: None,
            successors: vec![],
            neighbours: vec![],
        };
        let store = Store::in_memory().unwrap();
        Self {
            store,
            lines: vec![],
            authority,
            checks: vec![CHECK],
            collections: vec![COLLECTION],
            run: 0,
            wording: "as it was",
            new_normals: vec![],
            rebases: vec![],
        }
    }

    fn now(&self) -> DateTime<Utc> {
        "2017-08-14T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(self.run)
    }

    /// Keeps what is answered of the first quarter of 2017-18 plus `later`; whether that was new.
    fn answer(&mut self, later: i32, answers: &[CheckAnswer]) -> bool {
        self.run += 1;
        let connection = self.store.connection();
        let asked = Asked { check: CHECK, collection: COLLECTION, quarter: quarter(later), answers };
        let before = findings::asked_before(connection).unwrap();
        findings::keep_answers(connection, self.run, self.now(), &before, &asked).unwrap()
    }

    /// The findings, kept and journalled as a walk does it, and how many journal lines that took.
    fn fold(&mut self) -> (Vec<Finding>, usize) {
        let rule = Rule { open_after: 1, close_after: 2, band: 0.5 };
        let configured = Configured {
            rules: self.checks.iter().map(|name| ((*name).to_owned(), rule)).collect::<BTreeMap<_, _>>(),
            collections: self.collections.iter().copied().collect::<BTreeSet<_>>(),
            authorities: std::slice::from_ref(&self.authority),
            sums: self.checks.iter().map(|name| ((*name).to_owned(), self.wording.to_owned())).collect(),
            new_normals: self.new_normals.clone(),
            families: vec![],
            rebases: self.rebases.clone(),
            charted: [CHECK.to_owned()].into(),
            confirmations: decided::confirmations(&self.lines),
            confirmable: [CHECK.to_owned()].into(),
        };
        let now = self.now();
        let found = findings::fold(self.store.connection(), &self.lines, &configured, now).unwrap();
        moments::keep(self.store.connection(), self.run, now, &found).unwrap();
        let unwritten = moments::unwritten(&found, |_| false);
        let count = unwritten.len();
        let event = Happened::Found;
        self.lines.extend(unwritten.into_iter().map(|(subject, detail)| Line {
            seq: 0,
            at: now,
            event,
            subject,
            detail,
        }));
        (found, count)
    }

    fn one(&mut self) -> Finding {
        let (mut found, _) = self.fold();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    fn rows(&self) -> i64 {
        let sql = "SELECT count(*) FROM finding_moments";
        self.store.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn quarter(later: i32) -> Quarter {
    Quarter::of(2017, 1).unwrap().plus(later)
}

fn said(later: i32, level: u8) -> Vec<CheckAnswer> {
    vec![CheckAnswer {
        authority: AuthorityCode::parse("E06000022").unwrap(),
        indicator: IndicatorId::parse("rereferral_pct"),
        quarter: quarter(later),
        fires: level > 0,
        level,
        effect: Some(1.0),
        p: None,
        eligible: true,
        reason: None,
        detail: json!({ "value": 20.0 }),
    }]
}

fn last(finding: &Finding) -> (State, Option<Event>, u8) {
    let (moment, _) = finding.moments.last().unwrap();
    (moment.state, moment.event, moment.level)
}

#[test]
fn running_twice_changes_nothing() {
    let mut world = World::new();
    assert!(world.answer(0, &said(0, 2)));
    assert_eq!(world.fold().1, 1);
    let rows = world.rows();
    assert!(!world.answer(0, &said(0, 2)));
    assert_eq!((world.fold().1, world.rows()), (0, rows));
}

#[test]
fn a_level_that_a_revision_raises_is_known_since_the_revision() {
    let mut world = World::new();
    world.answer(0, &said(0, 1));
    let first = world.one();
    world.answer(0, &said(0, 3));
    let revised = world.one();
    assert_eq!(last(&revised), (State::New, Some(Event::Opened), 3));
    assert!(revised.moments[0].1 > first.moments[0].1);
}

#[test]
fn what_a_correction_takes_away_is_resolved_and_stays_in_sight() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    world.one();
    world.answer(0, &said(0, 0));
    let gone = world.one();
    assert_eq!(last(&gone), (State::Resolved, Some(Event::Revised), 3));
    assert!(gone.is_withdrawn());
    assert_eq!((world.one().moments, world.fold().1), (gone.moments, 0));
    let sql = "SELECT state, event FROM finding_moments ORDER BY run DESC LIMIT 1";
    let row = world.store.connection().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(row.unwrap(), ("resolved".to_owned(), "revised".to_owned()));
}

#[test]
fn the_view_shows_each_finding_once_as_it_stands() {
    let mut world = World::new();
    world.answer(0, &said(0, 1));
    world.one();
    world.answer(0, &said(0, 3));
    world.one();
    world.answer(1, &said(1, 3));
    world.one();
    let mut statement =
        world.store.connection().prepare("SELECT quarter, level FROM findings ORDER BY quarter").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(i32, u8)> = rows.map(Result::unwrap).collect();
    assert_eq!(rows, [(quarter(1).index(), 3)]);
    assert_eq!(world.rows(), 3, "only what changed is kept");
}

#[test]
fn a_lost_database_forgets_nothing_that_was_believed() {
    let mut world = World::new();
    world.answer(0, &said(0, 1));
    world.one();
    world.answer(0, &said(0, 3));
    world.answer(1, &said(1, 3));
    let before = world.one();
    world.store = Store::in_memory().unwrap();
    world.answer(0, &said(0, 3));
    world.answer(1, &said(1, 3));
    let (after, unwritten) = world.fold();
    assert_eq!((&after[0].moments, unwritten), (&before.moments, 0));
}

#[test]
fn findings_of_an_authority_that_ended_are_closed_once_a_later_quarter_was_asked() {
    let mut world = World::new();
    world.authority.until = Some(quarter(0).last_day());
    world.answer(0, &said(0, 3));
    assert_eq!(last(&world.one()).0, State::New);
    world.answer(1, &[]);
    assert_eq!(last(&world.one()), (State::Resolved, Some(Event::Ended), 3));
    assert_eq!(world.fold().1, 0);
}

#[test]
fn findings_of_what_is_not_configured_any_more_are_closed() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    world.one();
    world.collections.clear();
    assert_eq!(last(&world.one()).1, Some(Event::Ended));
    world.collections.push(COLLECTION);
    assert_eq!(last(&world.one()).0, State::New);
    world.checks.clear();
    assert_eq!(last(&world.one()).1, Some(Event::Ended));
}

#[test]
fn no_answer_is_an_answer_and_is_kept_once() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    world.one();
    assert!(world.answer(0, &[]));
    assert!(!world.answer(0, &[]));
    assert_eq!(last(&world.one()).1, Some(Event::Ended), "its figure is asked of no more");
}

#[test]
fn what_a_changed_check_does_not_find_any_more_is_gone_by_the_rule() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    world.one();
    world.wording = "as it is now";
    assert_eq!(last(&world.one()).0, State::New, "it is still found");
    assert_eq!(world.fold().1, 0, "the rule is known");
    world.wording = "stricter";
    world.answer(0, &said(0, 0));
    assert_eq!(last(&world.one()), (State::Resolved, Some(Event::RuleChanged), 3));
    assert_eq!(world.fold().1, 0);
}

#[test]
fn a_new_normal_is_another_rule_for_its_own_figure() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    let key = world.one().key;
    let (by, reason) = ("Ann".to_owned(), "a new front door".to_owned());
    world.new_normals.push(NewNormal { key, from: quarter(-8), by, reason });
    world.answer(0, &said(0, 0));
    assert_eq!(last(&world.one()).1, Some(Event::RuleChanged));
}

#[test]
fn a_revision_replays_history_and_says_so() {
    let mut world = World::new();
    for (later, level) in [(0, 2), (1, 3), (2, 3)] {
        world.answer(later, &said(later, level));
    }
    assert_eq!(world.one().replayed(), []);
    world.answer(1, &said(1, 2));
    world.answer(2, &said(2, 2));
    let replayed = world.one();
    let states: Vec<_> = replayed.moments.iter().map(|(it, _)| (it.state, it.event)).collect();
    assert_eq!(
        states,
        [
            (State::New, Some(Event::Opened)),
            (State::Continuing, Some(Event::Revised)),
            (State::Continuing, None)
        ]
    );
    let again = world.one();
    for it in [&replayed, &again] {
        let [only] = it.replayed()[..] else { panic!("{:?}", it.replayed()) };
        assert_eq!((only.quarter, only.was, only.now), (quarter(1), State::Worsening, State::Continuing));
    }
    assert_eq!(world.fold().1, 0);
    let sql = "SELECT event FROM finding_moments ORDER BY run DESC, quarter LIMIT 1";
    let event: String = world.store.connection().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(event, "revised");
}

#[test]
fn a_finding_of_before_a_rebase_that_cannot_be_judged_since_is_closed_when_the_rebase_is_configured() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    let unknown = |later| vec![CheckAnswer { eligible: false, fires: false, ..said(later, 0).remove(0) }];
    world.answer(1, &unknown(1));
    assert_eq!(last(&world.one()).0, State::New, "nothing says otherwise");
    world.rebases.push((IndicatorId::parse("rereferral_pct").unwrap(), None, quarter(1)));
    assert_eq!(last(&world.one()), (State::Resolved, Some(Event::ChartAnew), 3));
    assert_eq!(world.fold().1, 0, "and it is believed once");
    world.answer(2, &said(2, 2));
    assert_eq!(last(&world.one()), (State::New, Some(Event::Reopened), 2), "the new chart shows it");
}

#[test]
fn a_rebase_of_another_figure_or_authority_closes_nothing() {
    let mut world = World::new();
    world.answer(0, &said(0, 3));
    world.answer(1, &[CheckAnswer { eligible: false, fires: false, ..said(1, 0).remove(0) }]);
    let other = AuthorityCode::parse("E06000023").unwrap();
    world.rebases.push((IndicatorId::parse("cla_rate").unwrap(), None, quarter(1)));
    world.rebases.push((IndicatorId::parse("rereferral_pct").unwrap(), Some(other), quarter(1)));
    assert_eq!(last(&world.one()).0, State::New);
}

#[test]
fn a_confirmed_figure_ends_the_finding_that_doubts_it_by_that_name() {
    let mut world = World::new();
    world.answer(0, &said(0, 2));
    let id = world.one().key.id();
    let detail = json!({
        "check": CHECK, "collection": COLLECTION, "authority": "E06000022", "indicator": "rereferral_pct",
        "quarter": quarter(0).to_string(), "value": 20.0, "by": "Ann", "reason": "counted again",
    });
    let at = world.now();
    world.lines.push(Line { seq: 0, at, event: Happened::Confirmed, subject: id, detail });
    world.answer(0, &said(0, 0));
    let gone = world.one();
    assert_eq!(last(&gone), (State::Resolved, Some(Event::Confirmed), 2));
    assert_eq!(gone.confirmed.map(|it| it.by).as_deref(), Some("Ann"));
    assert_eq!(world.fold().1, 0);
}
