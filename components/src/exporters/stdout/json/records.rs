// SPDX-License-Identifier: Apache-2.0
//! JSON lines of log records. A record is written once, when it comes.
//!
//! Invariant: allocates nothing once the buffers have grown, and formats through no `core::fmt`.

use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::{Encode, LogValue, Record};
use tracecore_runtime::{LogBatch, Logs};

use super::text::{Micros, double, string};
use crate::exporters::number;

/// A frame is sent once it has this many bytes: buffers that go round stay small.
const FRAME_BYTES: usize = 128 << 10;

/// Makes lines of records.
#[derive(Debug)]
pub struct RecordEncoder {
    frames: Frames,
}

impl RecordEncoder {
    pub(super) const fn new(frames: Frames) -> Self {
        Self { frames }
    }
}

impl Encode<Logs> for RecordEncoder {
    fn encode(&mut self, batch: &LogBatch) -> usize {
        let mut out = self.frames.buffer();
        let mut items = 0;
        for record in batch.records() {
            line(&mut out, record);
            items += 1;
            if out.len() >= FRAME_BYTES {
                self.frames.send(out, items);
                out = self.frames.buffer();
                items = 0;
            }
        }
        self.frames.send(out, items);
        0
    }
}

fn line(out: &mut Vec<u8>, record: Record<'_>) {
    out.extend_from_slice(b"{");
    if record.time_unix_nanos() > 0 {
        time(out, b"\"time\":\"", record.time_unix_nanos());
        out.push(b',');
    }
    time(out, b"\"observed_time\":\"", record.observed_unix_nanos());
    if record.severity().number() > 0 {
        out.extend_from_slice(b",\"severity\":");
        string(out, record.severity_text());
        out.extend_from_slice(b",\"severity_number\":");
        number::whole(out, record.severity().number());
    }
    if !record.event_name().is_empty() {
        out.extend_from_slice(b",\"event_name\":");
        string(out, record.event_name());
    }
    out.extend_from_slice(b",\"body\":");
    string(out, record.body());
    if record.is_cut() {
        out.extend_from_slice(b",\"cut\":true");
    }
    if record.dropped_attributes() > 0 {
        out.extend_from_slice(b",\"dropped_attributes\":");
        number::whole(out, record.dropped_attributes());
    }
    out.extend_from_slice(b",\"attributes\":{");
    for (at, (key, value)) in record.attributes().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        string(out, key);
        out.push(b':');
        match value {
            LogValue::Text(text) => string(out, text),
            LogValue::Int(whole) => number::whole(out, whole),
            LogValue::Double(value) => double(out, value),
            LogValue::Bool(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        }
    }
    out.extend_from_slice(b"}}\n");
}

fn time(out: &mut Vec<u8>, key: &[u8], unix_nanos: u64) {
    out.extend_from_slice(key);
    out.extend_from_slice(Micros::new(unix_nanos).as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use serde_json::{Value, json};
    use tracecore_runtime::queue::queue;
    use tracecore_runtime::testing::{encode_logs, lane};
    use tracecore_runtime::{Encodes, Logs, Severity};

    use crate::exporters::stdout::{Config, Json};

    /// 2026-11-05 12:34:56.789012 UTC.
    const NOON: u64 = 1_793_882_096_789_012_345;

    fn lines(write: impl FnOnce(&mut tracecore_runtime::LogBatch)) -> Vec<Vec<u8>> {
        let (frames, mut receiver) = queue(64 << 20);
        let mut encoder = <Json as Encodes<Logs>>::encoder(&Config::default(), frames, &lane("kernelevents"));
        encode_logs(&mut encoder, NOON + 5_000, write);
        std::iter::from_fn(|| receiver.try_next()).map(|frame| frame.bytes().to_vec()).collect()
    }

    #[test]
    fn a_line_per_record() {
        let frames = lines(|out| {
            out.record(NOON)
                .severity(Severity::ERROR)
                .event_name("gpu.xid")
                .body("NVRM: Xid \"79\"\nfallen")
                .attribute("tracecore.gpu.xid.code", 79)
                .attribute("share", 0.5)
                .attribute("ok", true)
                .attribute("hw.id", "GPU-1");
            out.record(0).severity(Severity::INFO2).severity_text("notice").body("");
        });
        let [frame] = &frames[..] else { unreachable!("{frames:?}") };
        let lines: Vec<Value> = frame
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(
            lines,
            [
                json!({
                    "time": "2026-11-05T12:34:56.789012Z",
                    "observed_time": "2026-11-05T12:34:56.789017Z",
                    "severity": "ERROR",
                    "severity_number": 17,
                    "event_name": "gpu.xid",
                    "body": "NVRM: Xid \"79\"\nfallen",
                    "attributes": {"tracecore.gpu.xid.code": 79, "share": 0.5, "ok": true, "hw.id": "GPU-1"},
                }),
                json!({
                    "observed_time": "2026-11-05T12:34:56.789017Z",
                    "severity": "notice",
                    "severity_number": 10,
                    "body": "",
                    "attributes": {},
                }),
            ]
        );
    }

    #[test]
    fn many_records_are_several_frames_of_whole_lines() {
        let frames = lines(|out| {
            for number in 0..4000 {
                out.record(NOON).body("0123456789".repeat(20).as_str()).attribute("number", number);
            }
        });
        assert!(frames.len() > 5, "{}", frames.len());
        assert!(frames.iter().all(|frame| frame.ends_with(b"}\n") && frame.len() < 256 << 10));
        let lines: usize =
            frames.iter().map(|frame| frame.iter().filter(|byte| **byte == b'\n').count()).sum();
        assert_eq!(lines, 4000);
    }

    #[test]
    fn what_was_too_long_says_so() {
        let frames = lines(|out| {
            out.record(NOON).body(&"x".repeat(100_000));
        });
        let line: Value = serde_json::from_slice(&frames[0]).unwrap();
        assert_eq!((line["cut"].clone(), line["body"].as_str().unwrap().len()), (json!(true), 65_536));
    }
}
