// SPDX-License-Identifier: Apache-2.0
//! JSON and times as text.

use tracecore_schema::AttributeValue;

use crate::exporters::number;

/// Writes a string in quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Writes the value of an attribute.
pub(super) fn value(out: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::Text(text) => string(out, text),
        AttributeValue::Int(integer) => number::whole(out, *integer),
        AttributeValue::Double(double_) => double(out, *double_),
        AttributeValue::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
    }
}

/// Writes a number. JSON has none for what is not finite; protobuf's mapping to JSON writes
/// these strings, and so does this: a reader that adds up gets an error, not a wrong sum.
#[inline]
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        number::finite(out, value);
    } else {
        out.extend_from_slice(not_finite(value));
    }
}

/// What is written for a number that JSON has no number for.
pub(super) const fn not_finite(value: f64) -> &'static [u8] {
    match value {
        f64::INFINITY => b"\"Infinity\"",
        f64::NEG_INFINITY => b"\"-Infinity\"",
        _ => b"\"NaN\"",
    }
}

/// A time in UTC with milliseconds: `2026-11-05T12:34:56.789Z`.
#[derive(Debug)]
pub(super) struct Time([u8; 24]);

impl Time {
    /// Out of line, so that whoever writes it on every line copies 24 bytes and not its parts.
    #[inline(never)]
    pub(super) fn new(unix_nanos: u64) -> Self {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        seconds(&mut text, unix_nanos / 1_000_000_000);
        digits(&mut text[20..23], unix_nanos / 1_000_000 % 1000);
        Self(text)
    }

    #[inline]
    pub(super) const fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }
}

/// A time in UTC with microseconds, which the kernel's log has: `2026-11-05T12:34:56.789012Z`.
#[derive(Debug)]
pub(super) struct Micros([u8; 27]);

impl Micros {
    /// Out of line, so that whoever writes it on every line copies 24 bytes and not its parts.
    #[inline(never)]
    pub(super) fn new(unix_nanos: u64) -> Self {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        seconds(&mut text, unix_nanos / 1_000_000_000);
        digits(&mut text[20..26], unix_nanos / 1000 % 1_000_000);
        Self(text)
    }

    #[inline]
    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Fills in all but the fraction of a second.
#[inline]
fn seconds(text: &mut [u8], unix_seconds: u64) {
    let (seconds, days) = (unix_seconds % 86_400, unix_seconds / 86_400);
    let (year, month, day) = date(days);
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], seconds / 3600);
    digits(&mut text[14..16], seconds / 60 % 60);
    digits(&mut text[17..19], seconds % 60);
}

/// Fills a place with the last digits of a number.
fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

/// The year, month and day of a day counted from 1970. Counts years from March on, so that the
/// leap day is the last of a year; days repeat every 400 years.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era_day = days % 146_097;
    let era_year = (era_day - era_day / 1460 + era_day / 36_524 - era_day / 146_096) / 365;
    let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    let march_month = (5 * year_day + 2) / 153;
    let day = year_day - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era_year + days / 146_097 * 400 + (month <= 2) as u64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::{Micros, Time, string};

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_799, "2000-02-29T23:59:59.000Z"),
            (1_772_323_199, "2026-02-28T23:59:59.000Z"),
            (1_772_323_200, "2026-03-01T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            let time = Time::new(seconds * 1_000_000_000);
            assert_eq!(std::str::from_utf8(time.as_bytes().as_slice()).unwrap(), text);
        }
        assert_eq!(Time::new(1_999_999).as_bytes(), b"1970-01-01T00:00:00.001Z");
        assert_eq!(Micros::new(951_782_400_001_002_999).as_bytes(), b"2000-02-29T00:00:00.001002Z");
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        string(&mut out, "a\"\\\n\r\t\u{1}\u{1f} é");
        assert_eq!(String::from_utf8(out).unwrap(), r#""a\"\\\n\r\t\u0001\u001f é""#);
    }
}
