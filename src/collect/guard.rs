//! Which hosts may be asked: no private address unless allowed, redirects only where configured.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

use crate::collect::address::origin;
use crate::config::settings::{HttpSource, PrivateAddresses};

/// A name that leads only to private addresses.
#[derive(Debug, Error)]
#[error("the host `{0}` is on a private address, which this source's `private_addresses` refuses")]
pub(super) struct PrivateHost(String);

/// Refuses an address that is written as a private number. Names are held back by [`GuardedNames`].
pub(super) fn admit(url: &Url, source: &HttpSource) -> Result<(), String> {
    let number = match url.host() {
        Some(Host::Ipv4(number)) => IpAddr::V4(number),
        Some(Host::Ipv6(number)) => IpAddr::V6(number),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err("the address has no host".to_owned()),
    };
    if source.private_addresses == PrivateAddresses::Refused && is_private(number) {
        return Err(PrivateHost(number.to_string()).to_string());
    }
    Ok(())
}

/// Where a redirect from `from` leads, when it may be followed.
pub(super) fn redirected(from: &Url, location: &str, source: &HttpSource) -> Result<Url, String> {
    let to = from.join(location).map_err(|_| "redirects to something that is not an address".to_owned())?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(format!("redirects to a `{}` address; only `https` is followed", to.scheme()));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(format!("redirects from https to http, to `{}`", origin(&to)));
    }
    let host = to.host_str().unwrap_or_default();
    let listed = source.redirect_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
    if from.host_str() != to.host_str() && !listed {
        return Err(format!(
            "redirects to `{}`: add `{host}` to `redirect_hosts` if that is right; a log-in page is not",
            origin(&to)
        ));
    }
    admit(&to, source)?;
    Ok(to)
}

/// Looks names up and hands on only addresses that are not private.
///
/// The connection goes to exactly the address that was checked here, so a name that changes its mind
/// gains nothing.
pub(super) struct GuardedNames;

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::other("no address for this name").into());
            }
            let public: Vec<_> = found.into_iter().filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err(Box::new(PrivateHost(name.as_str().to_owned())) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is not one of the public internet.
pub(super) fn is_private(number: IpAddr) -> bool {
    match number {
        IpAddr::V4(number) => is_private_v4(number),
        IpAddr::V6(number) => match carried_v4(number) {
            Some(inner) => is_private_v4(inner),
            None => is_private_v6(number),
        },
    }
}

fn is_private_v4(number: Ipv4Addr) -> bool {
    let [a, b, c, _] = number.octets();
    number.is_loopback()
        || number.is_private()
        || number.is_link_local()
        || number.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || matches!([a, b, c], [192, 0, 2] | [198, 51, 100] | [203, 0, 113] | [192, 88, 99])
}

/// Only `2000::/3` is public, and of it neither what is set aside for protocols (Teredo among it, which
/// carries an IPv4 address as well), nor what is for documentation. Everything else is local, such as
/// `64:ff9b:1::/48`, behind which a network reaches its own IPv4 addresses (RFC 8215).
fn is_private_v6(number: Ipv6Addr) -> bool {
    match number.segments() {
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0x3fff, second, ..] => second < 0x1000,
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

/// The IPv4 address inside a mapped, translated (`64:ff9b::/96`), 6to4 (`2002::/16`) or ISATAP one.
fn carried_v4(number: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match number.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(joined(high, low)),
        [first, _, _, _, 0 | 0x200, 0x5efe, high, low] if first & 0xe000 == 0x2000 => Some(joined(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Login;

    fn source(private_addresses: PrivateAddresses) -> HttpSource {
        HttpSource {
            url: String::new(),
            login: Login::None,
            ca_file: None,
            proxy: None,
            redirect_hosts: vec!["files.example".to_owned()],
            private_addresses,
        }
    }

    #[test]
    fn odd_spellings_of_private_addresses_are_refused() {
        let odd = [
            "127.0.0.1",
            "0x7f.1",
            "2130706433",
            "127.1",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "[fe80::1]",
            "[fd00::1]",
            "[64:ff9b::10.0.0.1]",
            "[2002:7f00:1::]",
            "255.255.255.255",
            "[::]",
            "[64:ff9b:1::10.0.0.1]",
            "[64:ff9b:1:a00:0:100::]",
            "[64:ff9b:1::8.8.8.8]",
            "[2001:0:4136:e378:8000:63bf:f5ff:fffe]",
            "[::ffff:0:10.0.0.1]",
            "[2001:4860::5efe:10.0.0.1]",
            "[2001:4860::200:5efe:192.168.0.1]",
            "[::10.0.0.1]",
            "[fec0::1]",
            "[100::1]",
            "[5f00::1]",
            "[2001:db8::1]",
            "[3fff::1]",
            "[ff02::1]",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
        ];
        for host in odd {
            let url = Url::parse(&format!("http://{host}/x")).unwrap();
            assert!(admit(&url, &source(PrivateAddresses::Refused)).is_err(), "{host}");
            assert!(admit(&url, &source(PrivateAddresses::Allowed)).is_ok(), "{host}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for host in [
            "8.8.8.8",
            "[2606:4700::1111]",
            "[2001:4860:4860::8888]",
            "[2a00:1450::1]",
            "[64:ff9b::8.8.8.8]",
            "[::ffff:8.8.8.8]",
            "[2002:808:808::1]",
            "returns.example",
            "172.32.0.1",
        ] {
            let url = Url::parse(&format!("https://{host}/x")).unwrap();
            assert!(admit(&url, &source(PrivateAddresses::Refused)).is_ok(), "{host}");
        }
    }

    #[test]
    fn redirects_go_only_where_configured() {
        let from = Url::parse("https://a.example/x").unwrap();
        let to = |location: &str| redirected(&from, location, &source(PrivateAddresses::Refused));
        assert_eq!(to("/y").unwrap().as_str(), "https://a.example/y");
        assert_eq!(to("https://files.example/y?sig=1").unwrap().host_str(), Some("files.example"));
        for bad in [
            "http://a.example/y",
            "https://evil.example/?token=hunter2",
            "file:///etc/passwd",
            "gopher://a.example/",
            "https://169.254.169.254/",
            "//[::1]/",
            "http://",
        ] {
            let error = to(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
