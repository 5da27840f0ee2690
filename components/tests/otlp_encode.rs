// SPDX-License-Identifier: Apache-2.0
//! What the encoder's templates say is what a plain construction of the same points says, byte
//! for byte: random series that come and go, points that are absent, totals that begin anew.
#![cfg(feature = "runtime")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric,
};
use opentelemetry_proto::tonic::resource::v1::Resource as ResourceMessage;
use prost::Message;
use tracecore_components::exporters::otlp::{Config, Endpoint, MetricsEncoder, Otlp, Protocol};
use tracecore_runtime::queue::{FrameReceiver, queue};
use tracecore_runtime::testing::{Encoding, lane};
use tracecore_runtime::{Batch, Encodes, LaneInfo, Metrics, Resource, Slot};
use tracecore_schema::{Attribute, AttributeValue, Descriptor, Instrument, NumberKind};

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.43.0";

const fn descriptor(name: &'static str, instrument: Instrument, number: NumberKind) -> Descriptor {
    Descriptor {
        name,
        unit: "W",
        description: "What it is.",
        instrument,
        number,
        attributes: &[],
        spellings: &[],
    }
}

static METRICS: [Descriptor; 8] = [
    descriptor("a.gauge", Instrument::Gauge, NumberKind::F64),
    descriptor("a.count", Instrument::Counter, NumberKind::U64),
    descriptor("b.level", Instrument::UpDownCounter, NumberKind::I64),
    descriptor("b.gauge", Instrument::Gauge, NumberKind::U64),
    descriptor("c.energy", Instrument::Counter, NumberKind::F64),
    descriptor("c.signed", Instrument::Counter, NumberKind::I64),
    descriptor("d.gauge", Instrument::Gauge, NumberKind::I64),
    Descriptor { description: "", unit: "", ..descriptor("bare", Instrument::Gauge, NumberKind::F64) },
];

/// xorshift64*: a seed reproduces a failure.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn bits(&mut self, kind: NumberKind) -> u64 {
        match kind {
            NumberKind::F64 => match self.below(8) {
                0 => 0.0_f64.to_bits(),
                1 => f64::MAX.to_bits(),
                2 => (-1.5e-300_f64).to_bits(),
                _ => ((self.below(1_000_000) as f64) / 7.0).to_bits(),
            },
            NumberKind::U64 => match self.below(8) {
                0 => 0,
                1 => u64::MAX,
                2 => i64::MAX as u64,
                3 => i64::MAX as u64 + 1,
                _ => self.below(1 << 40),
            },
            NumberKind::I64 => match self.below(6) {
                0 => 0,
                1 => i64::MIN as u64,
                2 => i64::MAX as u64,
                _ => (self.below(1000) as i64 - 500) as u64,
            },
        }
    }

    fn attributes(&mut self, serial: u32) -> Vec<Attribute> {
        let mut all = vec![Attribute::new("hw.id", format!("GPU-{serial}"))];
        if self.one_in(2) {
            all.push(Attribute::new("flag", self.one_in(2)));
        }
        if self.one_in(2) {
            all.push(Attribute::new("number", self.next().cast_signed() >> self.below(64)));
        }
        if self.one_in(3) {
            all.push(Attribute::new("double", -0.25));
        }
        if self.one_in(3) {
            all.push(Attribute::new("text", "ü\"\\\n".repeat(self.below(60) as usize)));
        }
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }
}

/// A slot of any number.
#[derive(Clone, Copy)]
enum Place {
    F64(Slot<f64>),
    U64(Slot<u64>),
    I64(Slot<i64>),
}

impl Place {
    fn set(self, batch: &mut Batch, bits: u64) {
        match self {
            Self::F64(slot) => batch.set(slot, f64::from_bits(bits)),
            Self::U64(slot) => batch.set(slot, bits),
            Self::I64(slot) => batch.set(slot, bits.cast_signed()),
        }
    }

    fn retire(self, encoding: &mut Encoding<MetricsEncoder>) {
        match self {
            Self::F64(slot) => encoding.retire(slot),
            Self::U64(slot) => encoding.retire(slot),
            Self::I64(slot) => encoding.retire(slot),
        }
    }
}

/// A series as the plain construction knows it.
struct Known {
    metric: usize,
    attributes: Vec<Attribute>,
    slot: Place,
    start: u64,
    last: (u64, u64),
}

fn any(value: &AttributeValue) -> AnyValue {
    let value = match value {
        AttributeValue::Text(text) => any_value::Value::StringValue(text.clone()),
        AttributeValue::Int(number) => any_value::Value::IntValue(*number),
        AttributeValue::Double(number) => any_value::Value::DoubleValue(*number),
        AttributeValue::Bool(flag) => any_value::Value::BoolValue(*flag),
    };
    AnyValue { value: Some(value) }
}

fn key_values(attributes: &[Attribute]) -> Vec<KeyValue> {
    let one = |attribute: &Attribute| KeyValue {
        key: attribute.key.to_string(),
        value: Some(any(&attribute.value)),
        ..KeyValue::default()
    };
    attributes.iter().map(one).collect()
}

fn fell(kind: NumberKind, before: u64, now: u64) -> bool {
    match kind {
        NumberKind::F64 => f64::from_bits(now) < f64::from_bits(before),
        NumberKind::U64 => now < before,
        NumberKind::I64 => (now as i64) < before as i64,
    }
}

fn point(known: &mut Known, time: u64, bits: u64) -> NumberDataPoint {
    let descriptor = &METRICS[known.metric];
    let sum = descriptor.instrument != Instrument::Gauge;
    if known.start == 0 {
        known.start = time;
    } else if descriptor.instrument == Instrument::Counter && fell(descriptor.number, known.last.1, bits) {
        known.start = known.last.0;
    }
    known.last = (time, bits);
    let value = match descriptor.number {
        NumberKind::F64 => Value::AsDouble(f64::from_bits(bits)),
        NumberKind::I64 => Value::AsInt(bits as i64),
        NumberKind::U64 => i64::try_from(bits).map_or(Value::AsDouble(bits as f64), Value::AsInt),
    };
    NumberDataPoint {
        attributes: key_values(&known.attributes),
        start_time_unix_nano: if sum { known.start } else { 0 },
        time_unix_nano: time,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn described(descriptor: &Descriptor, data_points: Vec<NumberDataPoint>) -> Metric {
    let data = match descriptor.instrument {
        Instrument::Gauge => metric::Data::Gauge(Gauge { data_points }),
        sum => metric::Data::Sum(Sum {
            data_points,
            aggregation_temporality: 2,
            is_monotonic: sum == Instrument::Counter,
        }),
    };
    Metric {
        name: descriptor.name.to_owned(),
        description: descriptor.description.to_owned(),
        unit: descriptor.unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn request(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope = InstrumentationScope {
        name: "tracecore/nvml".to_owned(),
        version: "1.2.3".to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, schema_url: SCHEMA.to_owned() }];
    let resource = ResourceMessage {
        attributes: key_values(&[
            Attribute::new("host.name", "node-1"),
            Attribute::new("service.name", "fleet"),
            Attribute::new("service.version", "1.2.3"),
        ]),
        ..ResourceMessage::default()
    };
    let resource_metrics =
        vec![ResourceMetrics { resource: Some(resource), scope_metrics, schema_url: SCHEMA.to_owned() }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn nvml() -> LaneInfo {
    let mut lane = lane("nvml");
    lane.resource = Arc::new(Resource::new(vec![
        Attribute::new("host.name", "node-1"),
        Attribute::new("service.name", "tracecore"),
        Attribute::new("service.version", "1.2.3"),
    ]));
    lane
}

fn encoding(protocol: Protocol) -> (Encoding<MetricsEncoder>, FrameReceiver) {
    let mut config = Config::new(Endpoint::parse("http://localhost:4317").unwrap());
    config.protocol = protocol;
    config.resource = BTreeMap::from([("service.name".to_owned(), "fleet".to_owned())]);
    let (frames, receiver) = queue(1 << 30);
    (Encoding::new(<Otlp as Encodes<Metrics>>::encoder(&config, frames, &nvml())), receiver)
}

fn frames(receiver: &mut FrameReceiver) -> Vec<(Vec<u8>, u64)> {
    std::iter::from_fn(|| {
        let frame = receiver.try_next()?;
        let copy = (frame.bytes().to_vec(), frame.items());
        receiver.recycle(frame);
        Some(copy)
    })
    .collect()
}

fn of_json(frame: &[u8]) -> ExportMetricsServiceRequest {
    let whole = [b"{\"resourceMetrics\":[", frame, b"]}"].concat();
    serde_json::from_slice(&whole)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&whole)))
}

#[test]
fn templates_say_what_a_plain_construction_says() {
    for seed in 1..=150_u64 {
        let mut random = Random(seed);
        let protocol = if seed % 3 == 0 { Protocol::HttpJson } else { Protocol::Grpc };
        let (mut encoding, mut receiver) = encoding(protocol);
        let mut all: Vec<Known> = Vec::new();
        // The metrics in the order in which they first appeared.
        let mut order: Vec<usize> = Vec::new();
        let mut serial = 0;
        for tick in 0..30_u64 {
            for _ in 0..random.below(if tick == 0 { 30 } else { 3 }) {
                let metric = random.below(METRICS.len() as u64) as usize;
                let attributes = random.attributes(serial);
                serial += 1;
                let admit = (&METRICS[metric], attributes.clone());
                let slot = match METRICS[metric].number {
                    NumberKind::F64 => Place::F64(encoding.admit(admit.0, admit.1).unwrap()),
                    NumberKind::U64 => Place::U64(encoding.admit(admit.0, admit.1).unwrap()),
                    NumberKind::I64 => Place::I64(encoding.admit(admit.0, admit.1).unwrap()),
                };
                if !order.contains(&metric) {
                    order.push(metric);
                }
                all.push(Known { metric, attributes, slot, start: 0, last: (0, 0) });
            }
            if !all.is_empty() && random.one_in(4) {
                let at = random.below(all.len() as u64) as usize;
                all.remove(at).slot.retire(&mut encoding);
            }
            // Mostly the points of the last tick, now and then others.
            let absent = if random.one_in(3) { 1 + random.below(8) } else { u64::MAX };
            let time = 1_700_000_000_000_000_000 + tick * 1_000_000_007;
            let mut points: BTreeMap<usize, Vec<NumberDataPoint>> = BTreeMap::new();
            let mut set = Vec::new();
            for known in &mut all {
                if absent != u64::MAX && random.one_in(absent) {
                    continue;
                }
                let bits = random.bits(METRICS[known.metric].number);
                set.push((known.slot, bits));
                points.entry(known.metric).or_default().push(point(known, time, bits));
            }
            let count = set.len() as u64;
            encoding.tick(time, |batch| set.iter().for_each(|(slot, bits)| slot.set(batch, *bits)));

            let got = frames(&mut receiver);
            if count == 0 {
                assert!(got.is_empty(), "seed {seed}, tick {tick}: nothing is sent of nothing");
                continue;
            }
            let metrics =
                order.iter().filter_map(|at| Some(described(&METRICS[*at], points.remove(at)?))).collect();
            let expected = request(metrics);
            assert_eq!(got.len(), 1, "seed {seed}, tick {tick}");
            let (bytes, items) = &got[0];
            assert_eq!(*items, count, "seed {seed}, tick {tick}");
            if protocol == Protocol::HttpJson {
                assert_eq!(of_json(bytes), expected, "seed {seed}, tick {tick}");
            } else {
                let decoded = ExportMetricsServiceRequest::decode(bytes.as_slice()).unwrap();
                assert_eq!(decoded, expected, "seed {seed}, tick {tick}");
                assert_eq!(*bytes, expected.encode_to_vec(), "seed {seed}, tick {tick}: the bytes too");
            }
        }
    }
}

#[test]
fn frames_after_one_another_are_a_request() {
    let (mut encoding, mut receiver) = encoding(Protocol::Grpc);
    let slot = encoding.admit::<f64>(&METRICS[0], vec![Attribute::new("hw.id", "1")]).unwrap();
    for time in 1..=3 {
        encoding.tick(time, |batch| batch.set(slot, 1.5));
    }
    let joined = frames(&mut receiver).into_iter().flat_map(|(bytes, _)| bytes).collect::<Vec<_>>();
    let request = ExportMetricsServiceRequest::decode(joined.as_slice()).unwrap();
    let times: Vec<u64> = request.resource_metrics.iter().map(one_time).collect();
    assert_eq!(times, [1, 2, 3]);
}

fn one_time(resource: &ResourceMetrics) -> u64 {
    let Some(metric::Data::Gauge(gauge)) = &resource.scope_metrics[0].metrics[0].data else { panic!() };
    gauge.data_points[0].time_unix_nano
}

#[test]
fn a_tick_that_is_too_large_for_a_frame_is_cut_between_points() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let (mut encoding, mut receiver) = encoding(protocol);
        let long = "x".repeat(300);
        let slots: Vec<_> = (0..6000_u32)
            .map(|n| {
                let attributes = vec![Attribute::new("id", n), Attribute::new("long", long.as_str())];
                encoding.admit::<f64>(&METRICS[if n % 2 == 0 { 0 } else { 7 }], attributes).unwrap()
            })
            .collect();
        for tick in 1..=2 {
            encoding.tick(tick, |batch| slots.iter().for_each(|slot| batch.set(*slot, 1.5)));
            let got = frames(&mut receiver);
            assert!(got.len() > 3, "{} frames", got.len());
            let mut ids = Vec::new();
            for (bytes, items) in &got {
                assert!(bytes.len() < 513 * 1024, "{} bytes", bytes.len());
                let request = match protocol {
                    Protocol::HttpJson => of_json(bytes),
                    _ => ExportMetricsServiceRequest::decode(bytes.as_slice()).unwrap(),
                };
                let before = ids.len();
                for metric in &request.resource_metrics[0].scope_metrics[0].metrics {
                    let Some(metric::Data::Gauge(gauge)) = &metric.data else { panic!() };
                    assert!(!gauge.data_points.is_empty());
                    ids.extend(
                        gauge.data_points.iter().map(|point| point.attributes[0].value.clone().unwrap()),
                    );
                }
                assert_eq!((ids.len() - before) as u64, *items);
            }
            let mut ids: Vec<i64> = ids
                .into_iter()
                .map(|id| match id.value {
                    Some(any_value::Value::IntValue(id)) => id,
                    other => panic!("{other:?}"),
                })
                .collect();
            ids.sort_unstable();
            assert_eq!(ids, (0..6000).collect::<Vec<i64>>(), "each point once");
        }
    }
}

#[test]
fn json_writes_what_is_not_finite_as_texts() {
    let (mut encoding, mut receiver) = encoding(Protocol::HttpJson);
    let slot = encoding.admit::<f64>(&METRICS[0], Vec::new()).unwrap();
    for (time, value, text) in [
        (1, f64::NAN, "\"NaN\""),
        (2, f64::INFINITY, "\"Infinity\""),
        (3, f64::NEG_INFINITY, "\"-Infinity\""),
    ] {
        encoding.tick(time, |batch| batch.set(slot, value));
        let frame = String::from_utf8(frames(&mut receiver).remove(0).0).unwrap();
        assert!(frame.contains(&format!("\"asDouble\":{text}}}")), "{frame}");
        serde_json::from_str::<serde_json::Value>(&frame).unwrap();
    }
}
