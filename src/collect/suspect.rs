//! Whether what arrived can be a return at all. The reading itself decides the rest.

/// How much of the beginning is looked at.
const HEAD_BYTES: usize = 1024;

/// Why these bytes cannot replace what we had; none when they may be read.
pub(super) fn why_refused(bytes: &[u8], previous_bytes: Option<u64>) -> Option<String> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some("the file is empty".to_owned());
    }
    if is_web_page(bytes) {
        return Some("a web page came in place of the file; perhaps a log-in or an error page".to_owned());
    }
    match previous_bytes {
        Some(previous) if length < previous / 2 => Some(format!(
            "the file has {length} bytes, less than half of the last one's {previous}; \
             if that is right, take it in by hand"
        )),
        _ => None,
    }
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
            assert!(why_refused(page.as_bytes(), None).is_some_and(|why| why.contains("web page")), "{page}");
        }
    }

    #[test]
    fn half_of_the_last_file_is_the_boundary() {
        assert!(why_refused(&[b'a'; 49], Some(100)).is_some());
        assert_eq!(why_refused(&[b'a'; 50], Some(100)), None);
    }

    #[test]
    fn a_return_may_mention_html_or_begin_with_a_bracket() {
        assert_eq!(why_refused(b"authority,note\nE06000022,<html>", None), None);
        assert_eq!(why_refused(b"<5,authority", None), None);
        assert!(why_refused(b" \r\n", None).is_some());
    }
}
