// SPDX-License-Identifier: Apache-2.0
//! What a client accepts: `Accept` of RFC 9110, as far as a choice between two forms needs it.
//!
//! A header that cannot be read says nothing, and the plainer form is sent: a client that is
//! wrong about its header is better served by text than by an error.

use axum::http::{HeaderMap, header};

/// Whether the client asks for JSON, and not for text first.
#[must_use]
pub fn json(headers: &HeaderMap) -> bool {
    prefers(headers, &Form { kind: "application", subtype: "json", version: None })
}

/// Whether the client asks for OpenMetrics 1.0.0, and not for the text format first.
#[must_use]
pub fn openmetrics(headers: &HeaderMap) -> bool {
    prefers(headers, &Form { kind: "application", subtype: "openmetrics-text", version: Some("1.0.0") })
}

const TEXT: Form = Form { kind: "text", subtype: "plain", version: None };

/// One form that an answer can have.
struct Form {
    kind: &'static str,
    subtype: &'static str,
    /// If a range names another version, it does not mean this form.
    version: Option<&'static str>,
}

/// One element of `Accept`.
#[derive(Debug, PartialEq)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// Thousandths, as the grammar has at most three digits.
    quality: u16,
}

/// How much the client wants a form.
#[derive(Clone, Copy)]
struct Wish {
    quality: u16,
    /// The range that says so: of two equal wishes the earlier one counts.
    place: usize,
}

fn prefers(headers: &HeaderMap, form: &Form) -> bool {
    let mut ranges = Vec::new();
    for value in headers.get_all(header::ACCEPT) {
        match value.to_str().ok().and_then(parse) {
            Some(more) => ranges.extend(more),
            None => return false,
        }
    }
    let Some(wish) = form.wish(&ranges) else { return false };
    let text = TEXT.wish(&ranges).unwrap_or(Wish { quality: 0, place: usize::MAX });
    wish.quality > 0
        && (wish.quality > text.quality || wish.quality == text.quality && wish.place < text.place)
}

impl Form {
    /// By the most specific range that covers the form; of equals, the first.
    fn wish(&self, ranges: &[Range<'_>]) -> Option<Wish> {
        let mut best: Option<(u8, Wish)> = None;
        for (place, range) in ranges.iter().enumerate() {
            if let Some(specific) = self.covered_by(range)
                && best.is_none_or(|(known, _)| specific > known)
            {
                best = Some((specific, Wish { quality: range.quality, place }));
            }
        }
        best.map(|(_, wish)| wish)
    }

    fn covered_by(&self, range: &Range<'_>) -> Option<u8> {
        if range.kind == "*" {
            return Some(0);
        }
        if !range.kind.eq_ignore_ascii_case(self.kind) {
            return None;
        }
        if range.subtype == "*" {
            return Some(1);
        }
        if !range.subtype.eq_ignore_ascii_case(self.subtype) {
            return None;
        }
        match (self.version, range.version) {
            (None, _) | (Some(_), None) => Some(2),
            (Some(ours), Some(asked)) => (ours == asked).then_some(3),
        }
    }
}

/// All ranges, or nothing if one of them is malformed.
fn parse(value: &str) -> Option<Vec<Range<'_>>> {
    let elements = split(value, ',')?;
    elements.into_iter().map(str::trim).filter(|element| !element.is_empty()).map(range).collect()
}

fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = split(text, ';')?.into_iter().map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    if !token(kind) || !token(subtype) || kind == "*" && subtype != "*" {
        return None;
    }
    let mut range = Range { kind, subtype, version: None, quality: 1000 };
    for parameter in parts {
        let (key, value) = parameter.split_once('=')?;
        let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
        if !token(key) || !quoted && !token(value) {
            return None;
        }
        if key.eq_ignore_ascii_case("q") {
            range.quality = quality(value)?;
        } else if key.eq_ignore_ascii_case("version") {
            range.version = Some(value.trim_matches('"'));
        }
    }
    Some(range)
}

/// `0`, `0.5`, `1.000`: thousandths.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Splits outside of quotes; nothing if a quote stays open.
fn split(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == at && !quoted => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{json, openmetrics};

    fn accept(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        headers
    }

    #[test]
    fn h4_json_if_asked_for_and_not_for_text_first() {
        for wanted in [
            "application/json",
            "APPLICATION/JSON",
            "application/json, */*",
            "application/json, text/plain",
            "text/plain;q=0.5, application/json",
            "application/*",
            "text/plain;q=0, application/json;q=0.001",
            "application/json;profile=\"a,b;c\"",
            "text/html, application/json;q=0.9, */*;q=0.1",
        ] {
            assert!(json(&accept(wanted)), "{wanted}");
        }
        for unwanted in [
            "",
            "*/*",
            "text/plain",
            "text/*, application/json",
            "text/plain, application/json",
            "application/json;q=0.5, text/plain",
            "application/json;q=0",
            "application/json;q=0, */*",
            "*/*, application/json;q=0.9",
            "image/png",
        ] {
            assert!(!json(&accept(unwanted)), "{unwanted}");
        }
        assert!(!json(&HeaderMap::new()));
    }

    #[test]
    fn h4_a_malformed_accept_gets_text() {
        for malformed in [
            "application/json, nonsense",
            "application/json;q=2",
            "application/json;q=1.001",
            "application/json;q=0.1234",
            "application/json;q=x",
            "application/json;q",
            "application/json;a=\"b",
            "*/json",
            "application/",
            "application/js on",
        ] {
            assert!(!json(&accept(malformed)), "{malformed}");
        }
        let mut two = accept("application/json");
        two.append(header::ACCEPT, HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(!json(&two), "one bad header spoils the rest");
    }

    #[test]
    fn h5_openmetrics_as_prometheus_asks_for_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert!(openmetrics(&accept(prometheus)));
        assert!(openmetrics(&accept("application/openmetrics-text")));
        assert!(!openmetrics(&accept("application/openmetrics-text; version=0.0.1")));
        assert!(!openmetrics(&accept("text/plain;version=0.0.4;q=0.5,*/*;q=0.1")));
        assert!(!openmetrics(&accept("*/*")));
    }
}
