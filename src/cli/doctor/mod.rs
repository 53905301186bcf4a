//! `doctor`: what would stop it. One line per check: what it saw, and what to do.
//!
//! Its output holds no figure of a return, no secret and no address: it may be sent on.

mod clocks;
mod confinement;
mod credentials;
mod database;
mod disk;
mod kept;
mod reach;

use anyhow::Result;
use chrono::NaiveDate;
use serde_json::json;
use url::Url;

use crate::cli::arguments::{DoctorArguments, Format, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows};
use crate::config::Loaded;
use crate::config::problem::{Problem, Problems};
use crate::config::settings::Settings;
use crate::pipeline::addressed;
use crate::pipeline::picture::{DAYS_BACK, Picture};
use crate::store::journal::{Journal, JournalError, Line};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warning,
    Problem,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    check: String,
    verdict: Verdict,
    saw: String,
    next: String,
}

impl Seen {
    fn ok(check: impl Into<String>, saw: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Ok, saw: saw.into(), next: String::new() }
    }

    fn warning(check: impl Into<String>, saw: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Warning, saw: saw.into(), next: next.into() }
    }

    fn problem(check: impl Into<String>, saw: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Problem, saw: saw.into(), next: next.into() }
    }
}

/// Looks at everything that a run needs, and changes nothing.
///
/// Ends with [`Ending::SomeFailed`] when there is a problem, [`Ending::Wrong`] when it is the configuration.
///
/// # Errors
/// When the command line is wrong or standard output is closed.
pub fn doctor(with: &With, arguments: &DoctorArguments) -> Result<Ending> {
    let format = arguments.print.format;
    let loaded = match print::loaded(with) {
        Ok(loaded) => loaded,
        Err(error) => {
            let Some(problems) = error.downcast_ref::<Problems>() else { return Err(error) };
            let rows = problems.list().iter().map(wrong).collect::<Vec<_>>();
            show(&rows, format)?;
            return Ok(Ending::Wrong);
        }
    };
    if arguments.only_database {
        return database::only(&loaded.settings);
    }
    let seen = look(with, arguments, &loaded)?;
    show(&seen, format)?;
    let any = seen.iter().any(|it| it.verdict == Verdict::Problem);
    Ok(if any { Ending::SomeFailed } else { Ending::Done })
}

fn look(with: &With, arguments: &DoctorArguments, loaded: &Loaded) -> Result<Vec<Seen>> {
    let settings = &loaded.settings;
    let now = print::now(with);
    let (journal, lines) = journal(Journal::read(&settings.state));
    let picture = Picture::of(settings, &lines, now);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut seen = configuration(loaded);
    seen.push(recipients(settings, print::day(settings, now)));
    seen.extend(credentials::look(settings));
    seen.push(runtime.block_on(reach::mail(settings)));
    seen.extend(runtime.block_on(reach::sources(settings, &lines, print::day(settings, now))));
    seen.push(runtime.block_on(reach::heartbeat(settings, arguments.ping)));
    seen.push(confinement::look(settings));
    seen.extend(disk::look(settings));
    seen.extend(clocks::look(with, settings, &picture, now));
    seen.push(journal);
    seen.push(runtime.block_on(database::look(with, settings, &picture)));
    seen.extend(kept::look(settings, &lines, &picture, now));
    seen.push(planned(&picture));
    let attention = picture.attention(settings, now);
    seen.extend(attention.into_iter().map(|it| Seen::problem("runs and messages", it.what, it.next)));
    Ok(seen)
}

fn configuration(loaded: &Loaded) -> Vec<Seen> {
    let mut seen: Vec<Seen> = loaded
        .warnings
        .iter()
        .map(|it| Seen::warning("configuration", it.to_string(), "look at this line"))
        .collect();
    if seen.is_empty() {
        let folders = loaded.settings.collections.len();
        seen.push(Seen::ok("configuration", format!("nothing is wrong; {folders} collections")));
    }
    seen
}

fn recipients(settings: &Settings, today: NaiveDate) -> Seen {
    let gaps = addressed::gaps(settings, today);
    if gaps.is_empty() {
        return Seen::ok("recipients", "somebody is written to about every authority's returns");
    }
    Seen::warning("recipients", gaps.join("; "), "write its people into recipients.toml")
}

fn wrong(problem: &Problem) -> Seen {
    Seen::problem("configuration", problem.to_string(), "correct this line, then `quarterdeck check-config`")
}

fn journal(read: Result<Vec<Line>, JournalError>) -> (Seen, Vec<Line>) {
    match read {
        Ok(lines) if lines.is_empty() => (Seen::ok("journal", "nothing was done yet"), lines),
        Ok(lines) => (Seen::ok("journal", format!("{} lines, every sum is right", lines.len())), lines),
        Err(error) => {
            let next = "restore journal.jsonl from the last backup";
            (Seen::problem("journal", error.to_string(), next), Vec::new())
        }
    }
}

fn planned(picture: &Picture) -> Seen {
    let saw = format!(
        "{} runs planned in the last {DAYS_BACK} days, {} missed",
        picture.planned,
        picture.missed.len()
    );
    if picture.missed.is_empty() {
        return Seen::ok("planned against done", saw);
    }
    Seen::warning("planned against done", saw, "look into the log for the time of the missed ones")
}

fn show(seen: &[Seen], format: Format) -> Result<()> {
    let mut rows = Rows::of(&["check", "verdict", "saw", "next"]);
    for it in seen {
        let verdict = match it.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "problem",
        };
        rows.rows.push(vec![json!(it.check), json!(verdict), json!(plain(&it.saw)), json!(it.next)]);
    }
    rows.print(format)
}

/// Without addresses of people, and with no more of a source's than its host: the rest may be a secret.
fn plain(words: &str) -> String {
    words.split(' ').map(plain_word).collect::<Vec<_>>().join(" ")
}

fn plain_word(word: &str) -> String {
    if word.contains("://") {
        let bare = word.trim_matches(|edge| "`\"'().,;:".contains(edge));
        let host = Url::parse(bare).ok().and_then(|url| url.host_str().map(str::to_owned));
        return host.map_or_else(|| "(address)".to_owned(), |host| format!("`{host}`"));
    }
    if word.contains('@') { "(address)".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_shown_has_no_address() {
        let shown =
            super::plain("`https://a.example/x?sig=1`: the login of `q@a.example` failed; tried once");
        assert_eq!(shown, "`a.example` the login of (address) failed; tried once");
    }
}
