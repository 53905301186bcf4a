//! The life of findings, scenario by scenario: given answers, expected moments.

use std::collections::BTreeMap;

use quarterdeck::domain::finding::{Answer, Event, Moment, Outcome, Rule};
use quarterdeck::domain::life::live;
use quarterdeck::domain::quarter::Quarter;

struct Scenario {
    rule: Rule,
    answers: Vec<Answer>,
    expected: Vec<(String, u32, String, String)>,
}

fn scenarios() -> BTreeMap<String, Scenario> {
    let mut reader = csv::Reader::from_reader(include_str!("lifecycle.csv").as_bytes());
    let mut scenarios = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let rule = Rule {
            open_after: row[1].parse().unwrap(),
            close_after: row[2].parse().unwrap(),
            band: row[3].parse().unwrap(),
        };
        let answer = Answer {
            quarter: Quarter::of(2015, 1).unwrap().plus(row[4].parse().unwrap()),
            outcome: match &row[5] {
                "1" => Outcome::Fires,
                "0" => Outcome::Clear,
                _ => Outcome::Unknown,
            },
            level: row[6].parse().unwrap(),
            shown: row[6].parse().unwrap(),
            effect: row[7].parse().unwrap(),
            other_scale: false,
        };
        let scenario: &mut Scenario = scenarios.entry(row[0].to_owned()).or_insert_with(|| Scenario {
            rule,
            answers: Vec::new(),
            expected: Vec::new(),
        });
        scenario.answers.push(answer);
        let (status, episode, event, flag) = (&row[8], &row[9], &row[10], &row[11]);
        scenario.expected.push((status.into(), episode.parse().unwrap(), event.into(), flag.into()));
    }
    scenarios
}

fn told(moment: &Moment) -> (String, u32, String, String) {
    let event = moment.event.map_or("", Event::word);
    let flag = if moment.stale { "stale" } else { "" };
    (moment.state.word().to_owned(), moment.episode, event.to_owned(), flag.to_owned())
}

#[test]
fn every_scenario_ends_where_it_should() {
    let scenarios = scenarios();
    assert_eq!(scenarios.len(), 8);
    for (name, scenario) in scenarios {
        let life: Vec<_> = live(&scenario.answers, &scenario.rule).iter().map(told).collect();
        assert_eq!(life, scenario.expected, "{name}");
    }
}

#[test]
fn a_life_that_is_cut_short_begins_the_same_way() {
    for (name, scenario) in scenarios() {
        let whole = live(&scenario.answers, &scenario.rule);
        for length in 0..=scenario.answers.len() {
            assert_eq!(live(&scenario.answers[..length], &scenario.rule), whole[..length], "{name}");
        }
    }
}

#[test]
fn whatever_the_answers_the_counts_and_states_hold_together() {
    let mut random = fastrand::Rng::with_seed(20_171_201);
    for _ in 0..2_000 {
        let rule = Rule { open_after: random.u32(1..=2), close_after: random.u32(1..=2), band: 0.5 };
        let answers: Vec<Answer> = (0..40)
            .map(|count| Answer {
                quarter: Quarter::of(2010, 1).unwrap().plus(count),
                outcome: [Outcome::Fires, Outcome::Clear, Outcome::Unknown][random.usize(0..3)],
                level: random.u8(1..=3),
                shown: 0,
                effect: random.f64() * 4.0,
                other_scale: false,
            })
            .collect();
        let life = live(&answers, &rule);
        for (before, after) in life.iter().zip(&life[1..]) {
            let opened = matches!(after.event, Some(Event::Opened | Event::Reopened));
            assert_eq!(after.episode, before.episode + u32::from(opened));
            assert_eq!(
                after.event == Some(Event::Resolved),
                before.state.is_open() && !after.state.is_open()
            );
            assert_eq!(opened, !before.state.is_open() && after.state.is_open());
        }
    }
}
