// SPDX-License-Identifier: Apache-2.0
//! What requests of metrics and of logs have in common as JSON.

use tracecore_runtime::signal::LogValue;
use tracecore_schema::Attribute;

use crate::exporters::number;
use crate::exporters::otlp::encode::{Lane, SCHEMA_URL};

/// Writes a text in quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// Writes a whole number in quotes, as 64-bit integers are written.
#[inline]
pub(super) fn quoted(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.push(b'"');
    number::whole(out, number);
    out.push(b'"');
}

/// Writes a number. What is not finite is a text, by protobuf's mapping.
#[inline]
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        number::finite(out, value);
    } else {
        out.extend_from_slice(match value {
            f64::INFINITY => b"\"Infinity\"".as_slice(),
            f64::NEG_INFINITY => b"\"-Infinity\"",
            _ => b"\"NaN\"",
        });
    }
}

/// Writes an `AnyValue`.
#[inline]
pub(super) fn any(out: &mut Vec<u8>, value: LogValue<'_>) {
    match value {
        LogValue::Text(text) => {
            out.extend_from_slice(b"{\"stringValue\":");
            string(out, text);
        }
        LogValue::Bool(flag) => {
            out.extend_from_slice(if flag { b"{\"boolValue\":true" } else { b"{\"boolValue\":false" });
        }
        LogValue::Int(number) => {
            out.extend_from_slice(b"{\"intValue\":");
            quoted(out, number);
        }
        LogValue::Double(number) => {
            out.extend_from_slice(b"{\"doubleValue\":");
            double(out, number);
        }
    }
    out.push(b'}');
}

/// Writes `"attributes":[..]`.
pub(super) fn attributes<'a>(out: &mut Vec<u8>, all: impl Iterator<Item = (&'a str, LogValue<'a>)>) {
    out.extend_from_slice(b"\"attributes\":[");
    for (at, (key, value)) in all.enumerate() {
        out.extend_from_slice(if at > 0 { b",{\"key\":".as_slice() } else { b"{\"key\":" });
        string(out, key);
        out.extend_from_slice(b",\"value\":");
        any(out, value);
        out.push(b'}');
    }
    out.push(b']');
}

/// A series' or resource's attributes, to be written.
pub(super) fn of(all: &[Attribute]) -> impl Iterator<Item = (&str, LogValue<'_>)> {
    all.iter().map(|attribute| (&*attribute.key, (&attribute.value).into()))
}

/// What stands before the first metric or log record: `scopes` and `items` are the names of the
/// two lists.
pub(super) fn before(lane: &Lane, scopes: &str, items: &str) -> Vec<u8> {
    let mut out = b"{\"resource\":{".to_vec();
    attributes(&mut out, of(&lane.resource));
    out.extend_from_slice(b"},\"schemaUrl\":");
    string(&mut out, SCHEMA_URL);
    out.push(b',');
    string(&mut out, scopes);
    out.extend_from_slice(b":[{\"scope\":{\"name\":");
    string(&mut out, &lane.scope);
    if !lane.version.is_empty() {
        out.extend_from_slice(b",\"version\":");
        string(&mut out, &lane.version);
    }
    out.extend_from_slice(b"},\"schemaUrl\":");
    string(&mut out, SCHEMA_URL);
    out.push(b',');
    string(&mut out, items);
    out.extend_from_slice(b":[");
    out
}

/// What stands behind the last metric or log record.
pub(super) const AFTER: &[u8] = b"]}]}";
