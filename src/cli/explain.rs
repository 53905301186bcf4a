//! `explain`: a finding in full.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cli::arguments::{ExplainArguments, With};
use crate::cli::deeds as told;
use crate::cli::exit::Ending;
use crate::cli::findings::{self, Kept};
use crate::cli::in_force;
use crate::cli::print;
use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::check::{CheckKind, Means};
use crate::domain::finding::{State, named};
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::sentence::{self, Measure};
use crate::domain::stretch::Stretch;
use crate::pipeline::regional::{self, is_regional};
use crate::pipeline::{advising, asking, comparing, facts, found, worded};
use crate::store::analysis::Question;
use crate::store::check_file::{CheckFile, Variable};
use crate::store::deeds;
use crate::store::facts as facts_of;
use crate::store::findings::Finding;
use crate::store::grid::{self, Provenance};

/// Prints the rule, the numbers, the baseline, the life, file and line of each figure, the SQL, and what
/// ends it.
///
/// # Errors
/// When there is no such finding or the state cannot be read.
pub fn explain(with: &With, arguments: &ExplainArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let kept = Kept::open(&settings, with)?;
    let finding = kept.finding(&arguments.id)?;
    let gone = "its check is no longer configured";
    let check = kept.checks.get(&finding.key.check).context(gone)?;
    let teller = kept.checks.get(&finding.teller).context(gone)?;
    let of = finding.key.indicator.as_ref().and_then(|id| facts::indicator(&settings, id));
    let today = print::day(&settings, print::now(with));
    print::say(format_args!("{}\n", worded::sentence_of(&settings, Some(teller), finding)))?;
    print::say(format_args!("check       {}: {}", check.name, asking::asks(check, of)))?;
    let stretch = found::stretch(&settings, finding);
    print::say(format_args!("rule        {}", rule(check, stretch)))?;
    if teller.name != check.name {
        print::say(format_args!("told by     {}: {}", teller.name, asking::asks(teller, of)))?;
        print::say(format_args!("its rule    {}", rule(teller, stretch)))?;
    }
    if !finding.also.is_empty() {
        print::say(format_args!("also fire   {} (one story with this)", finding.also.join(", ")))?;
    }
    print::say(format_args!(
        "authority   {} {}",
        finding.key.authority,
        found::whose(&settings, finding).name
    ))?;
    let collection = settings.collections.iter().find(|one| one.name == finding.key.collection);
    let title = collection.map_or_else(String::new, |one| format!(" ({})", one.title));
    print::say(format_args!("collection  {}{title}", finding.key.collection))?;
    indicator(&settings, finding)?;
    print::say(format_args!(
        "state       {}",
        findings::attention_or(
            found::state_word(&settings, finding, finding.state()),
            found::attention(finding, &kept.actions, today).1.as_ref()
        )
    ))?;
    if let Some(it) = &finding.confirmed {
        let on = print::day(&settings, it.at);
        print::say(format_args!("confirmed   the figure, by {}, {on}: {}", it.by, it.reason))?;
    }
    for it in deeds::undone(&kept.lines).iter().filter(|it| it.deed.subject == arguments.id) {
        let (deed, on) = (told::words(&settings, it.deed), print::day(&settings, it.at));
        print::say(format_args!("taken back  {deed}; by {}, {on}: {}", it.by, it.reason))?;
    }
    print::say(format_args!("ends when   {}", ends_when(&settings, check, finding)))?;
    numbers(finding, stretch)?;
    if let Some(of) = of {
        let question = Question {
            collection: finding.key.collection.clone(),
            quarter: finding.fired_in,
            as_of: today,
            known_on: print::now(with),
        };
        baseline(&kept, &question, (finding, stretch), of)?;
        compared_with(&kept, &question, (finding, stretch), of)?;
        let known = advising::gather(&settings, &kept.store, &question)?;
        let ask = advising::whom_to_ask(&settings, &known, &kept.findings, finding);
        if !ask.is_empty() && check.kind == CheckKind::Performance {
            print::say(format_args!("whom to ask {}", ask.join("; ")))?;
        }
    }
    life(&settings, finding)?;
    support(&settings, &kept, finding)?;
    if let Some(indicator) = &finding.key.indicator {
        every_figure(&settings, &kept, finding, indicator)?;
    }
    print::say(format_args!("\nthe question, as SQL:\n{}", teller.sql))?;
    Ok(Ending::Done)
}

fn indicator(settings: &Settings, finding: &Finding) -> Result<()> {
    let Some(of) = finding.key.indicator.as_ref().and_then(|id| facts::indicator(settings, id)) else {
        return Ok(());
    };
    print::say(format_args!("indicator   {} ({}): {}", of.name, of.id, of.definition))?;
    print::say(format_args!("source      {}", of.source))?;
    Ok(())
}

/// The rule in a sentence: when it judges, when it opens, by which thresholds.
fn rule(check: &CheckFile, stretch: Stretch) -> String {
    let opens = match check.open_after {
        0 | 1 => "opens at once".to_owned(),
        times => format!("opens when it is so for {times} {} in a row", stretch.several()),
    };
    let least = match check.minimum_points {
        0 | 1 => String::new(),
        least => format!(", and judges from {least} figures on"),
    };
    let thresholds: Vec<String> =
        check.parameters.iter().map(|(name, value)| format!("{name} {}", spelled(value))).collect();
    let by = if thresholds.is_empty() { String::new() } else { format!("; by {}", thresholds.join(", ")) };
    format!("it {opens}{least}{by}")
}

fn spelled(value: &Variable) -> String {
    match value {
        Variable::Text(text) => text.clone(),
        Variable::Integer(number) => number.to_string(),
        Variable::Real(number) => number.to_string(),
        Variable::Date(day) => day.to_string(),
        Variable::Instant(at) => at.to_string(),
    }
}

/// What would make it stop: the figures by themselves, and what people may decide.
fn ends_when(settings: &Settings, check: &CheckFile, finding: &Finding) -> String {
    if !finding.state().is_open() {
        return "it has ended".to_owned();
    }
    let step = settings.collections.iter().find(|one| one.name == finding.key.collection);
    let step = step.map_or(1, |one| one.cadence.step());
    let stretch = found::stretch(settings, finding);
    let clear = finding.moments.iter().rev().take_while(|(it, _)| it.state == State::Recovering).count();
    let left = i32::try_from(check.close_after).unwrap_or(1) - i32::try_from(clear).unwrap_or(0);
    let last = finding.moments.last().map_or(finding.fired_in, |(moment, _)| moment.quarter);
    let quarters = match check.close_after {
        0 | 1 => format!("one {}", stretch.one()),
        several => format!("{several} {} in a row", stretch.several()),
    };
    let earliest = stretch.label(last.plus(step * left.max(1)));
    let what = match check.family {
        Some(_) => "no rule of this story fires, and who told it last is clear,",
        None => "the check is clear",
    };
    let mut words = format!("{what} for {quarters}, so in {earliest} at the earliest");
    if is_confirmable(check, finding) {
        let confirm = format!("quarterdeck confirm {} --by NAME --reason WORDS", finding.key.name());
        words = format!("{words}; or somebody confirms that the figure is right ({confirm})");
    }
    let may_accept = finding.key.indicator.is_some() && !is_regional(settings, finding);
    if may_accept && check.evidence == "own-history" {
        let id = finding.key.name();
        let accept = format!("quarterdeck accept {id} --from QUARTER --by NAME --reason WORDS");
        words = format!("{words}; or somebody decides that it is the new normal ({accept})");
    }
    words
}

/// Whether somebody may say that the figure of a finding is right.
#[must_use]
pub fn is_confirmable(check: &CheckFile, finding: &Finding) -> bool {
    check.kind == CheckKind::DataQuality
        && check.means != Means::FigureImpossible
        && finding.key.indicator.is_some()
        && finding.detail.get("value").is_some_and(Value::is_number)
}

/// The figures from which the usual range is worked out, with their own mean and the range from them.
fn baseline(
    kept: &Kept,
    question: &Question,
    (finding, stretch): (&Finding, Stretch),
    of: &Indicator,
) -> Result<()> {
    let Some(it) = facts_of::baseline(&kept.store, question, &finding.key.authority, &of.id)? else {
        return Ok(());
    };
    let words = |value: f64| sentence::in_unit(value, Measure { unit: of.unit, decimals: of.decimals });
    let range = it.usual_range.map_or_else(String::new, |(lower, upper)| {
        format!("; usual range {} to {}", words(lower), words(upper))
    });
    print::say(format_args!(
        "\nbaseline    {} figures, {} ({}); their mean {}{range}",
        it.figures,
        stretch.span(it.first, it.last),
        it.words,
        words(it.mean)
    ))
}

/// What the figure is compared with, each with its date.
fn compared_with(
    kept: &Kept,
    question: &Question,
    (finding, stretch): (&Finding, Stretch),
    of: &Indicator,
) -> Result<()> {
    let all = facts_of::figures(&kept.store, question)?;
    let Some(it) = all.iter().find(|one| one.authority == finding.key.authority && one.indicator == of.id)
    else {
        return Ok(());
    };
    let words = |value: f64| sentence::in_unit(value, Measure { unit: of.unit, decimals: of.decimals });
    let mut said = Vec::new();
    let region = it.region.value.zip(it.reporting).filter(|_| comparing::is_across_areas(of));
    if let Some((value, (reporting, expected))) = region {
        let when = stretch.name(finding.fired_in);
        said.push(format!("the region {} ({reporting} of {expected}, {when})", words(value)));
    }
    if let Some(value) = it.last_year.value {
        said.push(format!("itself {} ({})", words(value), stretch.name(finding.fired_in.plus(-4))));
    }
    said.extend(comparing::comparators(of, stretch, it, it.neighbours.as_ref()));
    if said.is_empty() {
        return Ok(());
    }
    print::say(format_args!("compared    with {}", said.join("; ")))
}

/// The support that was agreed for it.
fn support(settings: &Settings, kept: &Kept, finding: &Finding) -> Result<()> {
    for it in kept.supports.iter().filter(|one| one.key == finding.key) {
        let from = it
            .from
            .as_ref()
            .map_or_else(String::new, |code| format!(", supported by {}", facts::named(settings, code).name));
        let then = match (it.next_review(), it.reviews.last()) {
            (Some(day), _) => format!("to be reviewed by {day}"),
            (None, Some(last)) => format!("ended {}: {}", print::day(settings, last.at), last.outcome),
            (None, None) => "ended".to_owned(),
        };
        let agreed = print::day(settings, it.at);
        print::say(format_args!(
            "support     {}: {}, by {}, {agreed}{from}; {then}",
            named(&it.id),
            it.what,
            it.by
        ))?;
    }
    Ok(())
}

fn numbers(finding: &Finding, stretch: Stretch) -> Result<()> {
    print::say(format_args!("\nthe numbers of {}:", stretch.label(finding.fired_in)))?;
    for (name, value) in finding.detail.as_object().into_iter().flatten() {
        if !matches!(value, Value::Null) {
            print::say(format_args!("  {name:24} {}", print::text(value)))?;
        }
    }
    Ok(())
}

fn life(settings: &Settings, finding: &Finding) -> Result<()> {
    print::say(format_args!("\nits life:"))?;
    for (moment, at) in &finding.moments {
        let event = moment.event.map_or("", |event| event.word());
        print::say(format_args!(
            "  {}  {:12} level {}  effect {:8.3}  {event:16} known since {}",
            moment.quarter,
            found::state_word(settings, finding, moment.state),
            moment.shown,
            moment.effect,
            at.format("%Y-%m-%d %H:%M UTC")
        ))?;
    }
    for it in finding.replayed() {
        print::say(format_args!(
            "  {}  replayed: was {}, is {} since {}",
            it.quarter,
            found::state_word(settings, finding, it.was),
            found::state_word(settings, finding, it.now),
            it.at.format("%Y-%m-%d %H:%M UTC")
        ))?;
    }
    Ok(())
}

/// Where each figure of the series came from; of the region, of each authority that it speaks of.
fn every_figure(settings: &Settings, kept: &Kept, finding: &Finding, of: &IndicatorId) -> Result<()> {
    let (connection, collection) = (kept.store.connection(), &finding.key.collection);
    let from = |code: &AuthorityCode| grid::provenance(connection, collection, code, of.as_str());
    if !is_regional(settings, finding) {
        print::say(format_args!("\nevery figure, with its file and line:"))?;
        return figures(&from(&finding.key.authority)?);
    }
    print::say(format_args!("\nthe figures of {}, with their file and line:", finding.fired_in))?;
    for code in regional::authorities(finding) {
        print::say(format_args!("  {}", facts::named(settings, &code).name))?;
        let mut rows = from(&code)?;
        rows.retain(|row| row.quarter == finding.fired_in);
        figures(&rows)?;
    }
    Ok(())
}

fn figures(rows: &[Provenance]) -> Result<()> {
    for row in rows {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        print::say(format_args!(
            "  {}  {} / {} = {}  {}  {} line {} version {} sha256 {}",
            row.quarter,
            number(row.numerator),
            number(row.denominator),
            number(row.value),
            row.status.as_deref().unwrap_or("-"),
            row.file_name,
            row.line,
            row.version,
            row.hash.get(..12).unwrap_or(&row.hash)
        ))?;
    }
    Ok(())
}
