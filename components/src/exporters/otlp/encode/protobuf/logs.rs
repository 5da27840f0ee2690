// SPDX-License-Identifier: Apache-2.0
//! Records as protobuf. A record comes once, so there is nothing to patch: lengths are added up,
//! then it is written.
//!
//! Field numbers: `opentelemetry/proto/logs/v1` of OTLP 1.11.

use tracecore_runtime::LogBatch;
use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::{LogValue, Record};

use super::parts::{self, any, any_len, key_value, key_value_len};
use super::wire::{field_len, fixed64, open, text, text_len, varint_field, varint_len};
use crate::exporters::otlp::encode::{FRAME_BYTES, Lane};

/// The half that is the same from call to call.
#[derive(Debug)]
pub(in crate::exporters::otlp::encode) struct Logs {
    frames: Frames,
    resource: Vec<u8>,
    scope: Vec<u8>,
    schema_url: Vec<u8>,
}

impl Logs {
    pub(in crate::exporters::otlp::encode) fn new(lane: &Lane, frames: Frames) -> Self {
        Self {
            frames,
            resource: parts::resource(lane),
            scope: parts::scope(lane),
            schema_url: parts::schema_url(),
        }
    }

    pub(in crate::exporters::otlp::encode) fn encode(&mut self, batch: &LogBatch) {
        let mut first = 0;
        while first < batch.len() {
            let (mut size, mut count) = (0, 0);
            for record in batch.records().skip(first) {
                let len = field_len(record_len(record));
                if size + len > FRAME_BYTES && count > 0 {
                    break;
                }
                size += len;
                count += 1;
            }
            self.frame(batch, first, count, size);
            first += count;
        }
    }

    /// Sends `count` records that take `size` bytes.
    fn frame(&mut self, batch: &LogBatch, first: usize, count: usize, size: usize) {
        let scope = self.scope.len() + size + self.schema_url.len();
        let resource = self.resource.len() + field_len(scope) + self.schema_url.len();
        let mut out = self.frames.buffer();
        open(&mut out, 1, resource);
        out.extend_from_slice(&self.resource);
        open(&mut out, 2, scope);
        out.extend_from_slice(&self.scope);
        for record in batch.records().skip(first).take(count) {
            write(&mut out, record);
        }
        out.extend_from_slice(&self.schema_url);
        out.extend_from_slice(&self.schema_url);
        self.frames.send(out, count as u64);
    }
}

/// The length of a `LogRecord`.
fn record_len(record: Record<'_>) -> usize {
    let attributes: usize =
        record.attributes().map(|(key, value)| field_len(key_value_len(key, value))).sum();
    let body = record.body();
    let number = record.severity().number();
    let dropped = record.dropped_attributes();
    let time = |nanos: u64| if nanos == 0 { 0 } else { 9 };
    time(record.time_unix_nanos())
        + if number == 0 { 0 } else { 2 }
        + text_len(record.severity_text())
        + if body.is_empty() { 0 } else { field_len(any_len(LogValue::Text(body))) }
        + attributes
        + if dropped == 0 { 0 } else { 1 + varint_len(u64::from(dropped)) }
        + time(record.observed_unix_nanos())
        + text_len(record.event_name())
}

fn write(out: &mut Vec<u8>, record: Record<'_>) {
    open(out, 2, record_len(record));
    if record.time_unix_nanos() != 0 {
        fixed64(out, 1, record.time_unix_nanos());
    }
    let number = record.severity().number();
    if number != 0 {
        varint_field(out, 2, u64::from(number));
    }
    text(out, 3, record.severity_text());
    if !record.body().is_empty() {
        any(out, 5, LogValue::Text(record.body()));
    }
    for (key, value) in record.attributes() {
        key_value(out, 6, key, value);
    }
    if record.dropped_attributes() != 0 {
        varint_field(out, 7, u64::from(record.dropped_attributes()));
    }
    if record.observed_unix_nanos() != 0 {
        fixed64(out, 11, record.observed_unix_nanos());
    }
    text(out, 12, record.event_name());
}
