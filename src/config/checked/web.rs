//! Addresses: HTTPS, or plain HTTP to this machine only; no secrets in them.

use std::net::IpAddr;

use url::{Host, Url};

use crate::config::problem::did_you_mean;

/// Placeholders of an address or a file name.
pub const PLACEHOLDERS: [&str; 3] = ["authority", "dfe_number", "quarter"];

/// What is wrong with an address, if anything. Placeholders are looked at as if filled in.
#[must_use]
pub fn wrong(address: &str) -> Option<String> {
    let mut filled = address.to_owned();
    for name in PLACEHOLDERS {
        filled = filled.replace(&format!("{{{name}}}"), "x");
    }
    let url = match Url::parse(&filled) {
        Ok(url) => url,
        Err(error) => return Some(format!("not an address: {error}")),
    };
    if url.password().is_some() || !url.username().is_empty() {
        return Some(
            "a secret is never written into the configuration; use `basic` with a `password_file`".into(),
        );
    }
    match url.scheme() {
        "https" => None,
        "http" if url.host().is_some_and(|host| is_loopback(&host.to_string())) => None,
        "http" => Some("plain http is only for this machine; write `https://`".into()),
        scheme => Some(format!("cannot fetch by `{scheme}`; write `https://`")),
    }
}

/// What is wrong with a proxy's address, if anything.
#[must_use]
pub fn wrong_proxy(address: &str) -> Option<String> {
    match Url::parse(address) {
        Ok(url) if has_secret(&url) => Some("a secret is never written into the configuration".to_owned()),
        Ok(_) => None,
        Err(error) => Some(format!("not an address: {error}")),
    }
}

/// Whether an address leads to this machine.
#[must_use]
pub fn leads_here(address: &str) -> bool {
    Url::parse(address)
        .ok()
        .and_then(|url| url.host().map(|host| is_loopback(&host.to_string())))
        .unwrap_or(false)
}

fn has_secret(url: &Url) -> bool {
    url.password().is_some() || !url.username().is_empty()
}

/// What is wrong with the placeholders of a text that must name one return.
#[must_use]
pub fn wrong_placeholders(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { return Some("a `{` is not closed".to_owned()) };
        if !PLACEHOLDERS.contains(&name) {
            return Some(format!("unknown placeholder `{{{name}}}`{}", did_you_mean(name, PLACEHOLDERS)));
        }
        rest = tail;
    }
    let authority = text.contains("{authority}") || text.contains("{dfe_number}");
    if !authority {
        return Some("`{authority}` is missing: every authority would be given the same return".to_owned());
    }
    let quarter = text.contains("{quarter}");
    (!quarter).then(|| "`{quarter}` is missing: every quarter would be given the same return".to_owned())
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Ok(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => host == "::1" || host == "[::1]",
    }
}
