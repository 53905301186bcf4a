//! What is left of the sample in a configuration that is right: each kind in a sentence, for `check-config`.
//!
//! The sample itself is told of what keeps it from being used, its addresses, its hosts and its year, and of
//! nothing that is true of its own region.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use url::Url;

use crate::config::files::Files;
use crate::config::load_files;
use crate::config::settings::{PostSettings, Settings, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::scope::EmailAddress;

/// No name that ends so is anybody's: RFC 2606.
const NOBODY: &str = "example";

/// What is left of the sample, each kind once.
#[must_use]
pub fn in_words(settings: &Settings, today: NaiveDate) -> Vec<String> {
    let all = [addresses(settings), hosts(settings), region(settings), past(settings, today)];
    all.into_iter().flatten().collect()
}

fn addresses(settings: &Settings) -> Option<String> {
    let mail = &settings.mail;
    let own = [
        ("`from`", &mail.from),
        ("`reply_to`", &mail.reply_to),
        ("`bounces`", &mail.bounces),
        ("`unsubscribe`", &mail.unsubscribe),
    ];
    let is_sample = |address: &EmailAddress| is_nobodys(address.domain());
    let own = own.into_iter().filter(|(_, address)| is_sample(address));
    let mut kinds: Vec<String> = own.clone().map(|(key, _)| format!("{key} of [mail]")).collect();
    let people: Vec<&EmailAddress> =
        settings.recipients.iter().map(|one| &one.address).filter(|address| is_sample(address)).collect();
    match people.as_slice() {
        [] => {}
        [one] => kinds.push(format!("1 recipient (`{}`)", one.as_str())),
        [first, ..] => kinds.push(format!("{} recipients, such as `{}`", people.len(), first.as_str())),
    }
    (!kinds.is_empty()).then(|| {
        format!("sample addresses are left, which nobody reads: {}; write your own", kinds.join(", "))
    })
}

fn hosts(settings: &Settings) -> Option<String> {
    let of = |source: &Source| match source {
        Source::Http(source) => host(&source.url),
        Source::Ees(source) => host(&source.base_url),
        Source::Folder(_) | Source::Hand => None,
    };
    let sources = settings.collections.iter().filter_map(|one| {
        of(&one.source).map(|host| (format!("collection `{}` is asked for at", one.name), host))
    });
    let post = match &settings.mail.post {
        PostSettings::Smtp(server) => Some(("mail is handed to".to_owned(), server.host.clone())),
        PostSettings::Folder { .. } => None,
    };
    let left: Vec<String> = sources
        .chain(post)
        .filter(|(_, host)| is_nobodys(host))
        .map(|(what, host)| format!("{what} `{host}`"))
        .collect();
    (!left.is_empty()).then(|| {
        format!(
            "a sample host is left, which does not exist: {}; write your own; a collection without a source \
             is taken in by hand",
            left.join(", ")
        )
    })
}

/// Names of the sample's region over the authorities of another one.
fn region(settings: &Settings) -> Option<String> {
    let folder = Path::new("config");
    let sample = load_files(&Files::shipped(folder), folder).ok()?.settings;
    let codes = |of: &Settings| of.authorities.iter().map(|one| one.code.clone()).collect::<BTreeSet<_>>();
    let theirs: BTreeSet<AuthorityCode> = codes(&sample);
    if codes(settings).iter().any(|code| theirs.contains(code)) {
        return None;
    }
    let (region, sample) = (&settings.region, &sample.region);
    let values = [
        ("name", region.name.as_str(), sample.name.as_str()),
        ("code", region.code.as_str(), sample.code.as_str()),
        ("instance", region.instance.as_str(), sample.instance.as_str()),
    ];
    let left: Vec<String> = values
        .into_iter()
        .filter(|(_, typed, sample)| typed == sample)
        .map(|(key, typed, _)| format!("`{key} = \"{typed}\"`"))
        .collect();
    (!left.is_empty()).then(|| {
        format!(
            "[region] is still that of the sample ({}), and no authority of it is configured; write your own \
             before the first run: `instance` cannot be changed later",
            left.join(", ")
        )
    })
}

fn past(settings: &Settings, today: NaiveDate) -> Option<String> {
    let held: Vec<_> = settings.deadlines.iter().filter(|it| !it.cancelled).collect();
    let last = held.iter().max_by_key(|it| (it.on, &it.id))?;
    (last.on < today).then(|| {
        format!(
            "every deadline of deadlines.toml is past (the last, `{}`, was on {}); write those to come, \
             or none",
            last.id,
            last.on.format("%-d %B %Y")
        )
    })
}

/// The host of an address in which placeholders may stand.
fn host(url: &str) -> Option<String> {
    let plain = url.replace(['{', '}'], "");
    Url::parse(&plain).ok()?.host_str().map(str::to_owned)
}

fn is_nobodys(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(NOBODY))
}
