// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]
use std::io::{Read, pipe};

use tokio::sync::Mutex;
use tracecore_runtime::queue::{FrameBatch, FrameReceiver, queue};
use tracecore_runtime::testing::{Encoding, lane};
use tracecore_runtime::{Encodes, Metrics, Slot, Stream as _};
use tracecore_schema::{Attribute, AttributeValue, Descriptor, Instrument, NumberKind};

use super::{Encoder, Json, JsonKind, Writer};
use crate::exporters::stdout::Config;

static POWER: Descriptor = Descriptor {
    name: "hw.power",
    unit: "W",
    description: "Power drawn.",
    instrument: Instrument::Gauge,
    number: NumberKind::F64,
    attributes: &[],
    spellings: &[],
};
static BYTES: Descriptor = Descriptor { name: "io", unit: "By", number: NumberKind::U64, ..POWER };
static CHANGE: Descriptor = Descriptor { name: "change", unit: "", number: NumberKind::I64, ..POWER };

/// 2026-11-05 12:34:56.789 UTC.
const NOON: u64 = 1_793_882_096_789_000_000;

fn encoding() -> (Encoding<Encoder>, FrameReceiver) {
    let (frames, receiver) = queue(1 << 20);
    (Encoding::new(<Json as Encodes<Metrics>>::encoder(&Config::default(), frames, &lane("nvml"))), receiver)
}

#[tokio::test(flavor = "current_thread")]
async fn a_line_per_data_point() {
    let (mut lane, mut frames) = encoding();
    let attributes = vec![
        Attribute::new("hw.id", "GPU-\"1\""),
        Attribute::new("index", AttributeValue::Int(3)),
        Attribute::new("ok", true),
        Attribute::new("share", 0.5),
    ];
    let power: Slot<f64> = lane.admit(&POWER, attributes).unwrap();
    let bytes: Slot<u64> = lane.admit(&BYTES, vec![]).unwrap();
    let change: Slot<i64> = lane.admit(&CHANGE, vec![]).unwrap();
    lane.tick(NOON, |batch| {
        batch.set(power, 312.25);
        batch.set(bytes, u64::MAX);
        batch.set(change, -1);
    });
    let frame = frames.next().await.unwrap();
    assert_eq!(frame.items(), 3);
    assert_eq!(
        std::str::from_utf8(frame.bytes()).unwrap(),
        concat!(
            r#"{"time":"2026-11-05T12:34:56.789Z","name":"hw.power","unit":"W","attributes":{"hw.id":"GPU-\"1\"","index":3,"ok":true,"share":0.5},"value":312.25}                         "#,
            "\n",
            r#"{"time":"2026-11-05T12:34:56.789Z","name":"io","unit":"By","attributes":{},"value":18446744073709551615}           "#,
            "\n",
            r#"{"time":"2026-11-05T12:34:56.789Z","name":"change","unit":"","attributes":{},"value":-1}                             "#,
            "\n",
        )
    );
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_absent_or_retired_has_no_line_and_what_is_not_finite_is_a_string() {
    let (mut lane, mut frames) = encoding();
    let slots: Vec<Slot<f64>> = (0..70).map(|_| lane.admit(&POWER, vec![]).unwrap()).collect();
    lane.tick(NOON, |batch| {
        batch.set(slots[0], f64::NAN);
        batch.set(slots[1], 1.0);
        batch.set(slots[68], f64::INFINITY);
        batch.set(slots[69], f64::NEG_INFINITY);
    });
    let frame = frames.next().await.unwrap();
    let text = std::str::from_utf8(frame.bytes()).unwrap();
    let values: Vec<_> = text
        .lines()
        .map(|line| line.split_once("\"value\":").unwrap().1.trim_end().strip_suffix('}').unwrap())
        .collect();
    assert_eq!(values, [r#""NaN""#, "1", r#""Infinity""#, r#""-Infinity""#]);
    frames.recycle(frame);

    lane.retire(slots[1]);
    lane.tick(NOON, |batch| {
        batch.set(slots[1], 1.0);
        batch.set(slots[2], 2.0);
    });
    assert_eq!(frames.next().await.unwrap().items(), 1);
    lane.tick(NOON, |_| {});
    frames.closer().close();
    assert!(frames.next().await.is_none(), "a tick without values is no frame");
}

/// The name, time and number of each line.
fn read(frame: &[u8]) -> Vec<(u64, String)> {
    let text = std::str::from_utf8(frame).unwrap();
    let between = |line: &str, before: &str, after: &str| -> String {
        line.split_once(before).unwrap().1.split_once(after).unwrap().0.to_owned()
    };
    text.lines()
        .map(|line| {
            let millis = between(line, "12:34:56.", "Z").parse().unwrap();
            (millis, between(line, "\"value\":", "}"))
        })
        .collect()
}

#[tokio::test(flavor = "current_thread")]
async fn a_buffer_that_comes_back_late_gets_every_number_that_changed_meanwhile() {
    let (mut lane, mut frames) = encoding();
    let slots: Vec<Slot<u64>> = (0..5).map(|_| lane.admit(&BYTES, vec![]).unwrap()).collect();
    let mut held = Vec::new();
    for tick in 0..40_u64 {
        // Each number changes at a pace of its own, the first one never.
        let values: Vec<u64> = (0..5).map(|series: u64| tick.checked_div(series).unwrap_or(7)).collect();
        lane.tick(NOON + tick * 1_000_000, |batch| {
            for (slot, value) in slots.iter().zip(&values) {
                // The last one is missing for a while, and lines are laid out anew.
                if *value != 3 || tick % 7 != 0 {
                    batch.set(*slot, *value);
                }
            }
        });
        let frame = frames.next().await.unwrap();
        let wanted: Vec<_> = values
            .iter()
            .filter(|value| **value != 3 || tick % 7 != 0)
            .map(|value| ((789 + tick) % 1000, value.to_string()))
            .collect();
        assert_eq!(read(frame.bytes()), wanted, "tick {tick}");
        held.push(frame);
        // Buffers go back in another order than they came.
        if held.len() == 3 {
            let at = usize::try_from(tick % 3).unwrap();
            frames.recycle(held.swap_remove(at));
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn frames_reach_the_sink_and_half_a_line_does_not() {
    let (mut frames, mut receiver) = queue(1 << 20);
    frames.send(b"{\"a\":1}\n".to_vec(), 1);
    frames.send(b"{\"a\":".to_vec(), 1);
    let (mut reader, sink) = pipe().unwrap();
    let json = Json { writer: Mutex::new(Writer::new(sink).unwrap()) };
    json.deliver(&FrameBatch::of(receiver.next().await.unwrap())).await.unwrap();
    let half = json.deliver(&FrameBatch::of(receiver.next().await.unwrap())).await.unwrap_err();
    assert_eq!(half.kind(), JsonKind::Marshal);
    drop(json);
    let mut written = String::new();
    reader.read_to_string(&mut written).unwrap();
    assert_eq!(written, "{\"a\":1}\n");
}

#[tokio::test(flavor = "current_thread")]
async fn a_closed_pipe_says_so() {
    let (mut frames, mut receiver) = queue(1 << 20);
    frames.send(b"{}\n".to_vec(), 1);
    let (reader, sink) = pipe().unwrap();
    drop(reader);
    let json = Json { writer: Mutex::new(Writer::new(sink).unwrap()) };
    let fault = json.deliver(&FrameBatch::of(receiver.next().await.unwrap())).await.unwrap_err();
    assert!(fault.kind() == JsonKind::Io && fault.is_closed(), "{fault}");
}
