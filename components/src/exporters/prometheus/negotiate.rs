// SPDX-License-Identifier: Apache-2.0
//! Which format a client gets. What is malformed gets the text format, uncompressed: whoever
//! asks with curl sees something.

/// A format of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// How well a client's list fits one of our formats.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fit {
    /// 3: named. 2: `type/*`. 1: `*/*`. 0: not at all.
    specific: u8,
    quality: u16,
    place: usize,
}

/// The format that the `Accept` header prefers; without a preference the text format.
pub(super) fn format(accept: &str) -> Format {
    let none = Fit { specific: 0, quality: 0, place: usize::MAX };
    let (mut text, mut open) = (none, none);
    for (place, item) in items(accept).enumerate() {
        let Some(Item { name, quality, version }) = item else { return Format::Text };
        let Some((kind, subtype)) = name.split_once('/') else { return Format::Text };
        let is = |wanted: &str, versions: &[&str]| {
            name.eq_ignore_ascii_case(wanted) && version.is_none_or(|version| versions.contains(&version))
        };
        let fits = |best: &mut Fit, specific| {
            // The most specific range counts; of equally specific ones the kindest.
            if (specific, quality) > (best.specific, best.quality) {
                *best = Fit { specific, quality, place };
            }
        };
        if is("text/plain", &["0.0.4"]) {
            fits(&mut text, 3);
        } else if is("application/openmetrics-text", &["0.0.1", "1.0.0"]) {
            fits(&mut open, 3);
        } else if subtype == "*" && kind.eq_ignore_ascii_case("text") {
            fits(&mut text, 2);
        } else if subtype == "*" && kind.eq_ignore_ascii_case("application") {
            fits(&mut open, 2);
        } else if name == "*/*" {
            fits(&mut text, 1);
            fits(&mut open, 1);
        }
    }
    let named_first = open.specific == 3 && (text.specific < 3 || open.place < text.place);
    if open.quality > text.quality || (open.quality == text.quality && open.quality > 0 && named_first) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// Whether the `Accept-Encoding` header prefers gzip to nothing.
pub(super) fn gzip(accept_encoding: &str) -> bool {
    let (mut named, mut any, mut identity) = (None, None, None);
    for item in items(accept_encoding) {
        let Some(Item { name, quality, .. }) = item else { return false };
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            named = Some(quality);
        } else if name == "*" {
            any = Some(quality);
        } else if name.eq_ignore_ascii_case("identity") {
            identity = Some(quality);
        }
    }
    let gzip = named.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

struct Item<'a> {
    name: &'a str,
    /// In thousandths.
    quality: u16,
    version: Option<&'a str>,
}

/// The items of a header's list; `None` for one that is malformed.
fn items(header: &str) -> impl Iterator<Item = Option<Item<'_>>> {
    header.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty() && !name.contains([' ', '"', '=']))?;
        let mut found = Item { name, quality: 1000, version: None };
        for part in parts {
            let (key, value) = part.split_once('=')?;
            match key.trim_end() {
                "q" | "Q" => found.quality = quality(value.trim_start())?,
                "version" => found.version = Some(value.trim_start().trim_matches('"')),
                _ => {}
            }
        }
        Some(found)
    })
}

/// `0.25` is 250. At most three digits after the point, at most 1.
fn quality(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths = part.bytes().chain(std::iter::repeat(b'0')).take(3);
    let thousandths = thousandths.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Format::{OpenMetrics, Text};
    use super::{format, gzip};

    #[test]
    fn the_preferred_format_wins() {
        for (accept, wanted) in [
            ("", Text),
            ("*/*", Text),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Text),
            ("application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", OpenMetrics),
            ("application/openmetrics-text; version=2.0.0", Text),
            // What Prometheus 2 and 3 send.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;\
                 escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OpenMetrics,
            ),
            ("application/openmetrics-text;q=0.3,text/plain;q=0.7", Text),
            ("application/openmetrics-text;q=0.3,*/*;q=0.2", OpenMetrics),
            ("application/openmetrics-text;q=0.3,*/*;q=0.4", Text),
            ("text/plain, application/openmetrics-text", Text),
            ("application/openmetrics-text, text/plain", OpenMetrics),
            ("application/openmetrics-text, */*", OpenMetrics),
            ("application/openmetrics-text;q=0, */*;q=0.1", Text),
            ("application/*, text/plain;q=0.5", OpenMetrics),
            ("APPLICATION/OPENMETRICS-TEXT", OpenMetrics),
            ("image/png", Text),
        ] {
            assert_eq!(format(accept), wanted, "{accept}");
        }
    }

    #[test]
    fn what_is_malformed_gets_text() {
        for accept in [
            "application/openmetrics-text;q=2",
            "application/openmetrics-text;q=0.1234",
            "application/openmetrics-text;q=x",
            "application/openmetrics-text;q",
            "application/openmetrics-text, nonsense",
            "application/openmetrics-text, ;q=1",
        ] {
            assert_eq!(format(accept), Text, "{accept}");
        }
    }

    #[test]
    fn gzip_is_for_those_who_want_it() {
        for (accept, wanted) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("deflate, x-gzip;q=0.5", true),
            ("*", true),
            ("", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("gzip;q=0.5, identity", false),
            ("gzip;q=0.5, identity;q=0.2", true),
            ("gzip;q=nonsense", false),
        ] {
            assert_eq!(gzip(accept), wanted, "{accept}");
        }
    }
}
