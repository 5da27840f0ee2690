// SPDX-License-Identifier: Apache-2.0
//! What requests of metrics and of logs have in common: resource, scope, attributes. Written
//! once per lane or series.
//!
//! Field numbers: `opentelemetry/proto/{common,resource}/v1` of OTLP 1.11.

use tracecore_runtime::signal::LogValue;
use tracecore_schema::Attribute;

use super::wire::{bytes, field_len, fixed64, open, text, text_len, varint_field, varint_len};
use crate::exporters::otlp::encode::Lane;

/// `ResourceMetrics.resource`, also of logs, with its tag.
pub(super) fn resource(lane: &Lane) -> Vec<u8> {
    let mut message = Vec::new();
    for attribute in &lane.resource {
        key_value(&mut message, 1, &attribute.key, (&attribute.value).into());
    }
    let mut field = Vec::new();
    bytes(&mut field, 1, &message);
    field
}

/// `ScopeMetrics.scope`, also of logs, with its tag.
pub(super) fn scope(lane: &Lane) -> Vec<u8> {
    let mut message = Vec::new();
    text(&mut message, 1, &lane.scope);
    text(&mut message, 2, &lane.version);
    let mut field = Vec::new();
    bytes(&mut field, 1, &message);
    field
}

/// `schema_url`, which is field 3 of resource and scope alike, with its tag.
pub(super) fn schema_url() -> Vec<u8> {
    let mut field = Vec::new();
    text(&mut field, 3, super::super::SCHEMA_URL);
    field
}

/// Attributes as field `field` of whatever has them.
pub(super) fn attributes(field: u8, attributes: &[Attribute]) -> Vec<u8> {
    let mut out = Vec::new();
    for attribute in attributes {
        key_value(&mut out, field, &attribute.key, (&attribute.value).into());
    }
    out
}

/// The length of an `AnyValue`.
#[inline]
pub(super) fn any_len(value: LogValue<'_>) -> usize {
    match value {
        LogValue::Text(text) => field_len(text.len()),
        LogValue::Bool(_) => 2,
        LogValue::Int(number) => 1 + varint_len(number.cast_unsigned()),
        LogValue::Double(_) => 9,
    }
}

/// Writes an `AnyValue` as field `field`.
#[inline]
pub(super) fn any(out: &mut Vec<u8>, field: u8, value: LogValue<'_>) {
    open(out, field, any_len(value));
    match value {
        // The oneof has no default: an empty text is written too.
        LogValue::Text(text) => bytes(out, 1, text.as_bytes()),
        LogValue::Bool(flag) => varint_field(out, 2, u64::from(flag)),
        LogValue::Int(number) => varint_field(out, 3, number.cast_unsigned()),
        LogValue::Double(number) => fixed64(out, 4, number.to_bits()),
    }
}

/// The length of a `KeyValue`.
#[inline]
pub(super) fn key_value_len(key: &str, value: LogValue<'_>) -> usize {
    text_len(key) + field_len(any_len(value))
}

/// Writes a `KeyValue` as field `field`.
#[inline]
pub(super) fn key_value(out: &mut Vec<u8>, field: u8, key: &str, value: LogValue<'_>) {
    open(out, field, key_value_len(key, value));
    text(out, 1, key);
    any(out, 2, value);
}
