// SPDX-License-Identifier: Apache-2.0
//! What the two protocols have in common when something goes wrong: connections, waits, and the
//! server's words.

use std::error::Error;
use std::time::{Duration, SystemTime};

use hyper_util::client::legacy;
use tracecore_runtime::{Delivered, ErrorKind, Fault};
use tracecore_schema::format_duration;

use super::messages::{PartialSuccess, Status};
use crate::exporters::otlp::OtlpKind;

/// A server's words are cut after this many bytes.
const WORDS: usize = 512;

/// A server that asks for a longer wait than this does not get it: it would outlast any queue.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// No answer in time.
pub(super) fn timed_out(what: &str, timeout: Duration) -> Fault<OtlpKind> {
    OtlpKind::Timeout.because(format!("{what} within {}", format_duration(timeout))).transient()
}

/// The request got no answer: nobody there, or the connection broke.
pub(super) fn unanswered(error: &legacy::Error) -> Fault<OtlpKind> {
    let kind = if error.is_connect() { OtlpKind::Connect } else { OtlpKind::Io };
    kind.because(chain(error)).transient()
}

/// An error with its causes, each once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    words(&text)
}

/// A failure with a wait that the server asked for, if it did. A wait of nothing is none.
pub(super) fn throttled(message: String, wait: Option<Duration>) -> Fault<OtlpKind> {
    let fault = OtlpKind::Throttled.because(message);
    match wait {
        Some(wait) if !wait.is_zero() => fault.retry_after(wait.min(LONGEST_WAIT)),
        _ => fault.transient(),
    }
}

/// What the server took. It never took less than nothing, nor refused more than it was sent.
pub(super) fn taken(partial: Option<PartialSuccess>, items: u64) -> Delivered {
    let Some(partial) = partial else { return Delivered::all() };
    let rejected = u64::try_from(partial.rejected).unwrap_or(0).min(items);
    Delivered::partly(rejected, words(&partial.error_message))
}

/// A server's words as they may stand in a log: on one line, without control characters, not
/// too many.
pub(super) fn words(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        if out.len() + c.len_utf8() > WORDS {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// What `RetryInfo` asks for, if a status has one.
pub(super) fn retry_info(status: &Status) -> Option<Duration> {
    let info = status.details.iter().find_map(super::messages::Any::retry_info)?;
    let delay = info.retry_delay.unwrap_or_default();
    let seconds = u64::try_from(delay.seconds).unwrap_or(0);
    let nanos = u32::try_from(delay.nanos).unwrap_or(0).min(999_999_999);
    Some(Duration::new(seconds, nanos))
}

/// What `Retry-After` asks for: seconds, or a date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{retry_after, words};

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(7)));
        let later = now + Duration::from_secs(60);
        assert_eq!(retry_after(date, later), Some(Duration::ZERO), "a date that has passed");
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }

    #[test]
    fn words_are_of_one_line_and_few() {
        assert_eq!(words(" a\nb\u{1b}[31m "), "a b [31m");
        let long = words(&"ü".repeat(1000));
        assert!(long.len() < 520 && long.ends_with('…'), "{long}");
    }
}
