//! Whether what arrived can be a return at all. The reading itself decides the rest.

use serde_json::Value;

use crate::collect::Fault;
use crate::domain::sum;

/// How much of the beginning is looked at.
const HEAD_BYTES: usize = 1024;

/// A JSON text longer than this is no error message.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// So far a page is looked at for a form to sign in with.
const PAGE_BYTES: usize = 64 << 10;

/// What pages say on which one signs in, or that turn us away; in lower case.
const SIGN_IN: [&str; 22] = [
    "type=\"password\"",
    "type='password'",
    "type=password",
    "samlrequest",
    "samlresponse",
    "openid-connect",
    "login.microsoftonline.",
    "sign in",
    "sign-in",
    "signin",
    "log in",
    "log-in",
    "login",
    "log on",
    "logon",
    "session has expired",
    "session expired",
    "access denied",
    "not authorised",
    "not authorized",
    "unauthorised",
    "unauthorized",
];

/// Why these bytes cannot replace what we had; none when they may be read.
pub(super) fn why_refused(bytes: &[u8]) -> Option<String> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some("the file is empty".to_owned());
    }
    if is_web_page(bytes) {
        return Some("a web page came in place of the file; perhaps a log-in or an error page".to_owned());
    }
    if is_error_message(bytes) {
        return Some("an error message came in place of the file".to_owned());
    }
    None
}

/// Who put these bytes there, which were refused.
pub(super) fn fault(bytes: &[u8]) -> Fault {
    if is_web_page(bytes) {
        let text = String::from_utf8_lossy(bytes.get(..PAGE_BYTES).unwrap_or(bytes)).to_lowercase();
        if SIGN_IN.iter().any(|words| text.contains(words)) {
            return Fault::Source;
        }
        return if is_only_a_table(&text) { Fault::Sender } else { Fault::Unclear(page_mark(&text, bytes)) };
    }
    // Nobody sends an error message as a return; an empty file may be anyone's.
    if is_error_message(bytes) { Fault::Source } else { Fault::Unclear(String::new()) }
}

/// What spreadsheets and their exports save as a page: nothing in it leads anywhere.
fn is_only_a_table(page: &str) -> bool {
    page.contains("<table") && !["<a ", "<form", "<script", "<img"].iter().any(|mark| page.contains(mark))
}

/// The same for pages that are alike: their title, or all of them.
fn page_mark(text: &str, page: &[u8]) -> String {
    let title = text.split_once("<title").and_then(|(_, rest)| rest.split_once('>'));
    let title = title.and_then(|(_, rest)| rest.split_once("</title")).map(|(title, _)| title.trim());
    if let Some(title) = title.filter(|title| !title.is_empty()) {
        return title.to_owned();
    }
    format!("{:016x}", sum::short(page))
}

/// A JSON object that speaks of an error and holds no rows.
fn is_error_message(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.len() > MESSAGE_BYTES_MAX || !text.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    let Ok(message) = serde_json::from_slice::<serde_json::Map<String, Value>>(text) else { return false };
    let has =
        |names: &[&str]| message.keys().any(|key| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
    let speaks = has(&["error", "errors", "exception", "fault", "odata.error"])
        || has(&["message", "title", "detail"]) && has(&["status", "statusCode", "code"]);
    let is_row = |value: &Value| value.is_object() || value.is_array();
    let rows = |(name, value): (&String, &Value)| {
        !name.to_lowercase().contains("error") && value.as_array().is_some_and(|list| list.iter().any(is_row))
    };
    speaks && !message.iter().any(rows)
}

fn is_web_page(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    text.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body", "<script", "<title"]
            .iter()
            .any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_pages_are_known_in_disguise() {
        for page in [
            "<!DOCTYPE html><html>",
            "\u{feff}\n <HTML lang=en>",
            "<?xml version='1.0'?>\n<html xmlns='x'>",
            "<!-- a --><html>",
            "<script>location='/login'</script>",
        ] {
            assert!(why_refused(page.as_bytes()).is_some_and(|why| why.contains("web page")), "{page}");
        }
    }

    #[test]
    fn a_page_to_sign_in_with_is_of_the_source_and_another_is_unclear() {
        for page in [
            "<html><form><input name=p type=\"password\"></form>",
            "<!doctype html><title>Sign in to your account</title>",
            "<html><body>Your session has expired</body></html>",
            "<html><form action='/x'><input name='SAMLRequest'></form>",
        ] {
            assert_eq!(fault(page.as_bytes()), Fault::Source, "{page}");
        }
        assert_eq!(fault(br#"{"error": "token expired"}"#), Fault::Source);
        assert_eq!(fault(b" "), Fault::Unclear(String::new()));
        let exported =
            b"<html><head><title>Export</title></head><body><table><tr><td>authority</td></tr></table>";
        assert_eq!(fault(exported), Fault::Sender);
        let alike = ["<html><title>Minutes</title><p>1", "<html><TITLE>Minutes </TITLE><p>2"];
        assert_eq!(fault(alike[0].as_bytes()), fault(alike[1].as_bytes()));
        assert_eq!(fault(alike[0].as_bytes()), Fault::Unclear("minutes".to_owned()));
        assert_ne!(fault(b"<html><p>1"), fault(b"<html><p>2"));
    }

    #[test]
    fn an_error_message_is_told_from_a_return_in_json() {
        for message in [
            r#"{"error": "token expired"}"#,
            r#"{"Errors": [{"code": "NotFound"}]}"#,
            "\u{feff} {\"status\": 403, \"title\": \"Forbidden\"}",
        ] {
            let why = why_refused(message.as_bytes());
            assert!(why.is_some_and(|why| why.contains("error message")), "{message}");
        }
        for rows in [
            r#"{"rows": [{"authority": "E06000022", "value": 1}], "errors": []}"#,
            r#"[{"error": 1}]"#,
            r#"{"title": "Return of a quarter"}"#,
        ] {
            assert_eq!(why_refused(rows.as_bytes()), None, "{rows}");
        }
    }

    #[test]
    fn a_return_may_mention_html_or_begin_with_a_bracket() {
        assert_eq!(why_refused(b"authority,note\nE06000022,<html>"), None);
        assert_eq!(why_refused(b"<5,authority"), None);
        assert!(why_refused(b" \r\n").is_some());
    }
}
