// SPDX-License-Identifier: Apache-2.0
//! What the encoder says of records is what a plain construction of the same records says, byte
//! for byte.
#![cfg(feature = "runtime")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tracecore_components::exporters::otlp::{Config, Endpoint, LogsEncoder, Otlp, Protocol};
use tracecore_runtime::queue::{FrameReceiver, queue};
use tracecore_runtime::signal::{Encode, LogValue, Output, Record};
use tracecore_runtime::testing::lane;
use tracecore_runtime::{Encodes, LogBatch, Logs, Probe, Severity};

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.43.0";

fn encoder(protocol: Protocol) -> (LogsEncoder, FrameReceiver) {
    let mut config = Config::new(Endpoint::parse("http://localhost:4317").unwrap());
    config.protocol = protocol;
    let (frames, receiver) = queue(1 << 30);
    (<Otlp as Encodes<Logs>>::encoder(&config, frames, &lane("kernelevents")), receiver)
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

fn any(value: LogValue<'_>) -> Option<AnyValue> {
    let value = match value {
        LogValue::Text(text) => any_value::Value::StringValue(text.to_owned()),
        LogValue::Int(number) => any_value::Value::IntValue(number),
        LogValue::Double(number) => any_value::Value::DoubleValue(number),
        LogValue::Bool(flag) => any_value::Value::BoolValue(flag),
    };
    Some(AnyValue { value: Some(value) })
}

fn plain(record: Record<'_>) -> LogRecord {
    let attribute = |(key, value): (&str, LogValue<'_>)| KeyValue {
        key: key.to_owned(),
        value: any(value),
        ..KeyValue::default()
    };
    LogRecord {
        time_unix_nano: record.time_unix_nanos(),
        observed_time_unix_nano: record.observed_unix_nanos(),
        severity_number: i32::from(record.severity().number()),
        severity_text: record.severity_text().to_owned(),
        body: if record.body().is_empty() { None } else { any(LogValue::Text(record.body())) },
        attributes: record.attributes().map(attribute).collect(),
        dropped_attributes_count: record.dropped_attributes(),
        event_name: record.event_name().to_owned(),
        ..LogRecord::default()
    }
}

fn request(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope =
        InstrumentationScope { name: "tracecore/kernelevents".to_owned(), ..InstrumentationScope::default() };
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, schema_url: SCHEMA.to_owned() }];
    let resource_logs =
        vec![ResourceLogs { resource: Some(Resource::default()), scope_logs, schema_url: SCHEMA.to_owned() }];
    ExportLogsServiceRequest { resource_logs }
}

fn of_json(frame: &[u8]) -> ExportLogsServiceRequest {
    let whole = [b"{\"resourceLogs\":[", frame, b"]}"].concat();
    serde_json::from_slice(&whole)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&whole)))
}

const KEYS: [&str; 6] = ["hw.id", "tracecore.gpu.xid.code", "a", "b", "c", "d"];

/// A batch in which everything occurs that a record may have, and may lack.
fn batch(records: u64) -> LogBatch {
    let mut batch = LogBatch::new(Probe::new());
    for n in 0..records {
        let time = if n % 5 == 0 { 0 } else { 1_700_000_000_000_000_000 + n };
        let mut record = batch.record(time);
        record.observed(1_700_000_001_000_000_000 + n);
        if n % 3 > 0 {
            record.severity(Severity::new((n % 25) as u8));
        }
        if n % 7 == 1 {
            record.severity_text("crit");
        }
        if n % 4 > 0 {
            record.body(&"NVRM: \"Xid\" \\ (ü) 79\n".repeat(n as usize % 11));
        }
        if n % 2 == 0 {
            record.event_name("gpu.xid");
        }
        for (at, key) in (0..n % 7).zip(KEYS) {
            match at % 4 {
                0 => record.attribute(key, "GPU-1"),
                1 => record.attribute(key, 79_i64 - 100 * n.cast_signed()),
                2 => record.attribute(key, n % 2 == 0),
                _ => record.attribute(key, 0.5 * n as f64),
            };
        }
    }
    batch
}

#[test]
fn records_say_what_a_plain_construction_says() {
    for protocol in [Protocol::Grpc, Protocol::HttpJson] {
        let (mut encoder, mut receiver) = encoder(protocol);
        for records in [1, 2, 300] {
            let batch = batch(records);
            encoder.encode(&batch);
            let expected = request(batch.records().map(plain).collect());
            let got = frames(&mut receiver);
            assert_eq!((got.len(), got[0].1), (1, records));
            if protocol == Protocol::HttpJson {
                assert_eq!(of_json(&got[0].0), expected);
            } else {
                assert_eq!(ExportLogsServiceRequest::decode(got[0].0.as_slice()).unwrap(), expected);
                assert_eq!(got[0].0, expected.encode_to_vec(), "the bytes too");
            }
        }
        encoder.encode(&batch(0));
        assert!(frames(&mut receiver).is_empty(), "nothing is sent of nothing");
    }
}

#[test]
fn a_batch_that_is_too_large_for_a_frame_is_cut_between_records() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let (mut encoder, mut receiver) = encoder(protocol);
        let mut batch = LogBatch::new(Probe::new());
        let body = "x".repeat(500);
        while !batch.is_full() {
            let n = batch.len() as u64;
            batch.record(n + 1).observed(1).body(&body);
        }
        encoder.encode(&batch);
        let got = frames(&mut receiver);
        assert!(got.len() > 1, "{} frames", got.len());
        let mut times = Vec::new();
        for (bytes, items) in got {
            assert!(bytes.len() < 514 * 1024, "{} bytes", bytes.len());
            let request = match protocol {
                Protocol::HttpJson => of_json(&bytes),
                _ => ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap(),
            };
            let records = &request.resource_logs[0].scope_logs[0].log_records;
            assert_eq!(records.len() as u64, items);
            times.extend(records.iter().map(|record| record.time_unix_nano));
        }
        assert_eq!(times, (1..=batch.len() as u64).collect::<Vec<_>>(), "each record once, in order");
    }
}
