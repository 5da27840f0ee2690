// SPDX-License-Identifier: Apache-2.0
//! What OTLP's encoders allocate: nothing, whatever is present in a tick.
#![cfg(feature = "runtime")]
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test")]

use tracecore_allocations::{made, uncounted};
use tracecore_components::exporters::otlp::{Config, Endpoint, Otlp, Protocol};
use tracecore_runtime::queue::{FrameReceiver, Frames, queue};
use tracecore_runtime::signal::{Encode, Output};
use tracecore_runtime::testing::{Encoding, lane};
use tracecore_runtime::{Encodes, LogBatch, Logs, Metrics, Probe, Severity, Slot};
use tracecore_schema::{Attribute, Descriptor, Instrument, NumberKind};

const fn metric(name: &'static str, instrument: Instrument) -> Descriptor {
    let description = "What it is.";
    Descriptor {
        name,
        unit: "W",
        description,
        instrument,
        number: NumberKind::F64,
        attributes: &["hw.id"],
        spellings: &[],
    }
}

static METRICS: [Descriptor; 2] =
    [metric("hw.power", Instrument::Gauge), metric("hw.energy", Instrument::Counter)];

/// The allocations of `work`, done by this thread.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = made();
    work();
    made() - before
}

fn config(protocol: Protocol) -> Config {
    let mut config = Config::new(Endpoint::parse("http://localhost:4317").unwrap());
    config.protocol = protocol;
    config
}

/// Takes out what was sent, so that buffers go round, without being counted.
fn deliver(receiver: &mut FrameReceiver) {
    uncounted(|| {
        while let Some(frame) = receiver.try_next() {
            receiver.recycle(frame);
        }
    });
}

fn frames() -> (Frames, FrameReceiver) {
    queue(64 << 20)
}

#[test]
fn a_tick_allocates_nothing_whatever_is_present() {
    for protocol in [Protocol::Grpc, Protocol::HttpJson] {
        let (frames, mut receiver) = frames();
        let encoder = <Otlp as Encodes<Metrics>>::encoder(&config(protocol), frames, &lane("nvml"));
        let mut lane = Encoding::new(encoder);
        let slots: Vec<Slot<f64>> = (0..500_u32)
            .map(|n| lane.admit(&METRICS[n as usize % 2], vec![Attribute::new("hw.id", n)]).unwrap())
            .collect();
        let mut tick = |time: u64| {
            lane.tick(time, |batch| {
                // Each fourth tick lacks others; a counter falls now and then.
                for (at, slot) in (0_u64..).zip(&slots) {
                    if !time.is_multiple_of(4) || !(at + time).is_multiple_of(3) {
                        batch.set(*slot, ((time * 7 + at) % 11) as f64);
                    }
                }
            });
            deliver(&mut receiver);
        };
        (1..10).for_each(&mut tick);
        assert_eq!(allocations(|| (10..210).for_each(&mut tick)), 0, "{protocol:?}");
    }
}

/// Protobuf makes room when a series begins, so that not even the first tick allocates more than
/// the buffer that it is sent in.
#[test]
fn admission_makes_room_for_every_tick() {
    let (frames, _receiver) = frames();
    let encoder = <Otlp as Encodes<Metrics>>::encoder(&config(Protocol::Grpc), frames, &lane("nvml"));
    let mut lane = Encoding::new(encoder);
    let slots: Vec<Slot<f64>> = (0..500_u32)
        .map(|n| lane.admit(&METRICS[n as usize % 2], vec![Attribute::new("hw.id", n)]).unwrap())
        .collect();
    let tick = || {
        lane.tick(1, |batch| slots.iter().for_each(|slot| batch.set(*slot, 1.5)));
    };
    let counted = allocations(tick);
    assert!(counted <= 2, "{counted} allocations");
}

#[test]
fn records_allocate_nothing() {
    for protocol in [Protocol::Grpc, Protocol::HttpJson] {
        let (frames, mut receiver) = frames();
        let config = config(protocol);
        let mut encoder = <Otlp as Encodes<Logs>>::encoder(&config, frames, &lane("kernelevents"));
        let mut batch = LogBatch::new(Probe::new());
        for n in 1..100_i64 {
            let mut record = batch.record(n.unsigned_abs());
            record.severity(Severity::ERROR).body("NVRM: Xid 79").event_name("gpu.xid");
            record
                .attribute("code", n)
                .attribute("text", "a \"b\"")
                .attribute("share", 0.5)
                .attribute("flag", true);
        }
        let mut tick = || {
            encoder.encode(&batch);
            deliver(&mut receiver);
        };
        (0..5).for_each(|_| tick());
        assert_eq!(allocations(|| (0..50).for_each(|_| tick())), 0, "{protocol:?}");
    }
}
