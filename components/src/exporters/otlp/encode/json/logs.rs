// SPDX-License-Identifier: Apache-2.0
//! Records as JSON.

use tracecore_runtime::LogBatch;
use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::{LogValue, Record};

use super::parts::{self, AFTER, any, attributes, quoted, string};
use crate::exporters::number;
use crate::exporters::otlp::encode::{FRAME_BYTES, Lane};

/// The half that is the same from call to call.
#[derive(Debug)]
pub(in crate::exporters::otlp::encode) struct Logs {
    frames: Frames,
    before: Vec<u8>,
}

impl Logs {
    pub(in crate::exporters::otlp::encode) fn new(lane: &Lane, frames: Frames) -> Self {
        Self { frames, before: parts::before(lane, "scopeLogs", "logRecords") }
    }

    pub(in crate::exporters::otlp::encode) fn encode(&mut self, batch: &LogBatch) {
        let mut out = self.frames.buffer();
        let mut count = 0;
        for record in batch.records() {
            if count == 0 {
                out.extend_from_slice(&self.before);
            } else {
                out.push(b',');
            }
            write(&mut out, record);
            count += 1;
            if out.len() > FRAME_BYTES {
                out.extend_from_slice(AFTER);
                self.frames.send(out, count);
                out = self.frames.buffer();
                count = 0;
            }
        }
        if count > 0 {
            out.extend_from_slice(AFTER);
        }
        self.frames.send(out, count);
    }
}

fn write(out: &mut Vec<u8>, record: Record<'_>) {
    out.extend_from_slice(b"{\"observedTimeUnixNano\":");
    quoted(out, record.observed_unix_nanos());
    if record.time_unix_nanos() != 0 {
        out.extend_from_slice(b",\"timeUnixNano\":");
        quoted(out, record.time_unix_nanos());
    }
    let severity = record.severity().number();
    if severity != 0 {
        out.extend_from_slice(b",\"severityNumber\":");
        number::whole(out, severity);
    }
    if !record.severity_text().is_empty() {
        out.extend_from_slice(b",\"severityText\":");
        string(out, record.severity_text());
    }
    if !record.event_name().is_empty() {
        out.extend_from_slice(b",\"eventName\":");
        string(out, record.event_name());
    }
    if !record.body().is_empty() {
        out.extend_from_slice(b",\"body\":");
        any(out, LogValue::Text(record.body()));
    }
    out.push(b',');
    attributes(out, record.attributes());
    if record.dropped_attributes() != 0 {
        out.extend_from_slice(b",\"droppedAttributesCount\":");
        number::whole(out, record.dropped_attributes());
    }
    out.push(b'}');
}
