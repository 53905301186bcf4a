//! Names of machines, as mail servers take them (RFC 5321, 4.1.2).

use std::net::{Ipv4Addr, Ipv6Addr};

const NAME_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

/// Whether a text is a full domain name: labels of letters, digits and inner hyphens, and a dot between them.
#[must_use]
pub fn is_full_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_CHARS_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= NAME_CHARS_MAX
        && text.contains('.')
        && text.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is an address in brackets, such as `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
#[must_use]
pub fn is_address_literal(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
    match inside.strip_prefix("IPv6:") {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => inside.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_address_literal, is_full_name};

    #[test]
    fn a_full_name_has_a_dot_and_sound_labels() {
        for name in ["watch.council.example", "a-1.b.example", "XN--BCHER-KVA.example"] {
            assert!(is_full_name(name), "{name}");
        }
        let long = format!("{}.example", "a".repeat(64));
        for name in [
            "",
            "vm",
            "ls_data_01",
            "sub_domain.example",
            "-a.example",
            "a-.example",
            "a..example",
            ".a",
            "a.",
            "10.0.0.1",
            &long,
        ] {
            assert!(!is_full_name(name), "{name}");
        }
    }

    #[test]
    fn an_address_in_brackets_is_told_from_a_name() {
        assert!(is_address_literal("[127.0.0.1]") && is_address_literal("[IPv6:::1]"));
        for text in ["127.0.0.1", "[::1]", "[vm]", "[127.0.0.1", "[]"] {
            assert!(!is_address_literal(text), "{text}");
        }
    }
}
