//! The smallest settings that the generator can work with.

use chrono::NaiveDate;
use quarterdeck::config::settings::{
    Analysis, Backup, Cadence, Chasing, Collection, Limits, MailSettings, PostSettings, Region, Reporters,
    Schedule, Settings, Source,
};
use quarterdeck::domain::authority::{Authority, AuthorityCode};
use quarterdeck::domain::calendar::Calendar;
use quarterdeck::domain::due::CatchUp;
use quarterdeck::domain::indicator::{Behaviour, Identity, Indicator, IndicatorId, Polarity, Unit};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::domain::scope::EmailAddress;

/// The late one, the smallest one, the one that gets worse, and one with nothing planted.
pub(super) fn a_few() -> Settings {
    of(&["E06000024", "E06000053", "E10000027", "E10000013"])
}

pub(super) fn of(authorities: &[&str]) -> Settings {
    let address = EmailAddress::parse("quarterdeck@region.example").unwrap();
    Settings {
        region: region(),
        zone: chrono_tz::Europe::London,
        state: "state".into(),
        authorities: authorities.iter().map(|code| authority(code)).collect(),
        indicators: indicators(),
        collections: vec![quarterly()],
        deadlines: Vec::new(),
        recipients: Vec::new(),
        digests: Vec::new(),
        schedule: Schedule {
            collect: "0 7 * * *".into(),
            remind_from_hour: 8,
            catch_up: CatchUp::Latest,
            hold_after_days: 31,
        },
        backup: Backup { cron: "30 2 * * *".into(), keep: 14, folder: "backups".into() },
        heartbeat: None,
        metrics_file: None,
        newer_holidays: None,
        chasing: Chasing { before: Vec::new(), after: Vec::new(), to: Vec::new(), escalate: None },
        mail: MailSettings {
            from_name: "Quarterdeck".into(),
            from: address.clone(),
            reply_to: address.clone(),
            bounces: address.clone(),
            unsubscribe: address,
            per_recipient_per_day: 10,
            post: PostSettings::Folder { path: "outgoing".into() },
        },
        limits: limits(),
        calendar: Calendar::new(NaiveDate::from_ymd_opt(2017, 8, 28)),
        checks: Vec::new(),
        analysis: Analysis::default(),
        fingerprint: String::new(),
    }
}

fn region() -> Region {
    Region {
        name: "Region".into(),
        code: AuthorityCode::parse("E12000009").unwrap(),
        instance: "test".into(),
        neighbours_version: "2021".into(),
        notice: None,
        small_number_max: 5,
    }
}

fn authority(code: &str) -> Authority {
    Authority {
        code: AuthorityCode::parse(code).unwrap(),
        name: code.to_owned(),
        aliases: Vec::new(),
        dfe_number: "800".into(),
        from: None,
        until: None,
        successors: Vec::new(),
        neighbours: Vec::new(),
    }
}

fn quarterly() -> Collection {
    Collection {
        name: "quarterly".into(),
        title: "Quarterly set".into(),
        cadence: Cadence::Quarterly,
        first_quarter: Quarter::of(2014, 1).unwrap(),
        due_working_days: Some(30),
        revision_quarters: 4,
        reporters: Reporters::Members,
        provisional: true,
        source: Source::Hand,
        layouts: Vec::new(),
    }
}

fn indicators() -> Vec<Indicator> {
    let per_child = Unit::Rate { per: 10_000 };
    vec![
        indicator("referral_rate", per_child, Behaviour::Flow, None),
        indicator("rereferral_pct", Unit::Percent, Behaviour::Flow, Some("referral_rate")),
        indicator("assessment_completed_rate", per_child, Behaviour::Flow, None),
        indicator("assessment_45wd_pct", Unit::Percent, Behaviour::Flow, Some("assessment_completed_rate")),
        indicator("s47_rate", per_child, Behaviour::Flow, None),
        indicator("icpc_rate", per_child, Behaviour::Flow, None),
        indicator("icpc_15wd_pct", Unit::Percent, Behaviour::Flow, Some("icpc_rate")),
        indicator("cin_rate", per_child, Behaviour::Stock, None),
        indicator("cpp_rate", per_child, Behaviour::Stock, Some("cin_rate")),
        indicator("cpp_count", Unit::Count, Behaviour::Stock, None),
        indicator("cpp_start_rate", per_child, Behaviour::Flow, None),
        indicator("cpp_cease_rate", per_child, Behaviour::Flow, None),
        indicator("cla_rate", per_child, Behaviour::Stock, None),
        indicator("cla_3plus_placements_pct", Unit::Percent, Behaviour::RollingYear, None),
        indicator("sdq_avg", Unit::Rate { per: 1 }, Behaviour::Stock, None),
        indicator("sw_agency_pct", Unit::Percent, Behaviour::Stock, None),
    ]
}

fn indicator(id: &str, unit: Unit, behaviour: Behaviour, at_most: Option<&str>) -> Indicator {
    let identities = at_most.map(|id| Identity { at_most: IndicatorId::parse(id).unwrap() });
    Indicator {
        id: IndicatorId::parse(id).unwrap(),
        name: id.to_owned(),
        collections: vec!["quarterly".into()],
        theme: "all".into(),
        definition: id.to_owned(),
        unit,
        numerator: "numerator".into(),
        denominator: (unit != Unit::Count).then(|| "denominator".into()),
        polarity: Polarity::None,
        behaviour,
        seasonal: false,
        context: false,
        annualise: unit == Unit::Rate { per: 10_000 } && behaviour == Behaviour::Flow,
        decimals: 1,
        plausible: None,
        target: None,
        minimum_denominator: 20.0,
        identities: identities.into_iter().collect(),
        source: String::new(),
    }
}

fn limits() -> Limits {
    Limits {
        file_bytes_max: 1,
        unpacked_bytes_max: 1,
        rows_max: 1,
        columns_max: 1,
        field_chars_max: 1,
        connect_seconds: 1,
        fetch_seconds: 1,
        fetches_at_once: 1,
        run_seconds: 1,
        run_mebibytes: 8192,
        database_mebibytes: 1,
        worker_mebibytes: 1,
        worker_seconds: 1,
        result_rows_max: 1,
    }
}
