//! How mail leaves: addresses, one post, no plain line beyond this machine.

use std::path::Path;

use crate::config::checked::{Desk, web};
use crate::config::problem::Text;
use crate::config::settings::{MailSettings, PostSettings, SmtpSettings, SmtpTls};
use crate::config::shape::Read;
use crate::config::written::mail::{MailToml, SmtpToml, TlsWord};
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::config::written::typed::At;
use crate::domain::host;
use crate::domain::scope::EmailAddress;

/// The mail section.
pub fn check(main: &Read<QuarterdeckToml>, folder: &Path, desk: &mut Desk) -> Option<MailSettings> {
    let typed = main.value.as_ref()?.mail.as_ref()?;
    let text = &main.text;
    let mut address = |key: &str, typed: &At<String>| {
        EmailAddress::parse(typed)
            .map_err(|error| desk.problem(text, &typed.span, format!("mail: `{key}`: {error}")))
            .ok()
    };
    let from = address("from", &typed.from);
    let reply_to = address("reply_to", &typed.reply_to);
    let bounces = address("bounces", &typed.bounces);
    let unsubscribe = address("unsubscribe", &typed.unsubscribe);
    let post = post(text, typed, folder, desk);
    Some(MailSettings {
        from_name: typed.from_name.clone(),
        from: from?,
        reply_to: reply_to?,
        bounces: bounces?,
        unsubscribe: unsubscribe?,
        per_recipient_per_day: typed.per_recipient_per_day,
        post: post?,
    })
}

fn post(text: &Text, typed: &MailToml, folder: &Path, desk: &mut Desk) -> Option<PostSettings> {
    match (&typed.folder, &typed.smtp) {
        (Some(drop), None) => Some(PostSettings::Folder { path: folder.join(&drop.path) }),
        (None, Some(smtp)) => Some(PostSettings::Smtp(server(text, smtp, folder, desk))),
        _ => {
            let span = typed.smtp.as_ref().map_or(&typed.from.span, |smtp| &smtp.span);
            desk.problem(text, span, "mail: give one of `[mail.folder]` and `[mail.smtp]`");
            None
        }
    }
}

fn server(text: &Text, typed: &At<SmtpToml>, folder: &Path, desk: &mut Desk) -> SmtpSettings {
    if typed.tls == TlsWord::Loopback && !web::is_loopback(&typed.host) {
        let sentence = format!(
            "mail: smtp: `tls = \"loopback\"` goes to this machine only, not to `{}`; \
             write `starttls` or `implicit`",
            typed.host.value
        );
        desk.problem(text, &typed.host.span, sentence);
    }
    if typed.user.is_some() != typed.password_file.is_some() {
        desk.problem(text, &typed.host.span, "mail: smtp: `user` and `password_file` go together");
    }
    let is_name = |hello: &str| host::is_full_name(hello) || host::is_address_literal(hello);
    if let Some(hello) = typed.hello.as_ref().filter(|hello| !is_name(hello)) {
        let sentence = format!(
            "mail: smtp: `hello = \"{}\"` is neither a full name such as `watch.council.example` nor an \
             address such as `[192.0.2.1]`",
            hello.value
        );
        desk.problem(text, &hello.span, sentence);
    }
    let password_file = typed.password_file.as_ref().map(|file| folder.join(file));
    SmtpSettings {
        host: typed.host.value.clone(),
        port: typed.port,
        tls: match typed.tls {
            TlsWord::Starttls => SmtpTls::Starttls,
            TlsWord::Implicit => SmtpTls::Implicit,
            TlsWord::Loopback => SmtpTls::Loopback,
        },
        ca_file: typed.ca_file.as_ref().map(|file| folder.join(file)),
        login: typed.user.clone().zip(password_file),
        hello: typed.hello.as_ref().map(|hello| hello.value.clone()),
        timeout_seconds: typed.timeout_seconds,
        attempts_max: typed.attempts_max,
    }
}
