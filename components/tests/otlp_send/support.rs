// SPDX-License-Identifier: Apache-2.0
//! The exporter under test, and what became of an attempt, in words.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use prost::Message;
use tracecore_components::exporters::otlp::{Compression, Config, Endpoint, Otlp, OtlpKind, Protocol, Proxy};
use tracecore_runtime::queue::{Frame, FrameBatch};
use tracecore_runtime::testing::open;
use tracecore_runtime::{Delivered, ErrorKind, Fault, Retry, Stream};
use tracecore_schema::SignalKind;

/// Items in a batch.
pub const ITEMS: u64 = 10;

/// To a server on this machine, without what the environment says of proxies.
pub fn config(protocol: Protocol, endpoint: &str) -> Config {
    let mut config = Config::new(Endpoint::parse(endpoint).unwrap());
    config.protocol = protocol;
    config.compression = Compression::None;
    config.proxy = Proxy::None;
    config.timeout = Duration::from_secs(1);
    config
}

/// The exporter.
///
/// # Panics
///
/// It cannot be opened.
pub fn exporter(config: Config) -> Otlp {
    open("otlp", |cx| Otlp::open(config, cx)).unwrap()
}

/// Why it cannot be opened.
pub fn refused(config: Config) -> String {
    open("otlp", |cx| Otlp::open(config, cx)).unwrap_err().to_string()
}

/// Frames as the lane makes them.
pub fn frames(protocol: Protocol, count: usize) -> Vec<Vec<u8>> {
    let one = |n: usize| match protocol {
        Protocol::HttpJson => format!("{{\"schemaUrl\":\"{n}\"}}").into_bytes(),
        _ => {
            let resource = ResourceMetrics { schema_url: n.to_string(), ..ResourceMetrics::default() };
            ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec()
        }
    };
    (0..count).map(one).collect()
}

/// A batch of two frames with ten items.
pub fn batch(protocol: Protocol) -> FrameBatch {
    let frames = frames(protocol, 2).into_iter();
    FrameBatch::new(frames.map(|bytes| Frame::new(SignalKind::Metrics, bytes, ITEMS / 2)).collect()).unwrap()
}

/// One attempt.
pub async fn attempt(exporter: &Otlp, protocol: Protocol) -> String {
    told(exporter.deliver(&batch(protocol)).await)
}

/// What became of an attempt: the outcome as the README's table has it, then the words.
pub fn told(result: Result<Delivered, Fault<OtlpKind>>) -> String {
    match result {
        Ok(Delivered { rejected: 0, message, .. }) if message.is_empty() => "delivered".to_owned(),
        Ok(Delivered { rejected: 0, message, .. }) => format!("delivered: {message}"),
        Ok(Delivered { rejected, message, .. }) => format!("delivered but {rejected}: {message}"),
        Err(fault) => {
            let kind = <OtlpKind as ErrorKind>::NAMES[fault.kind().index()];
            let next = match fault.retry() {
                None => "dropped".to_owned(),
                Some(Retry::Later) => "tried again".to_owned(),
                Some(Retry::After(wait)) => format!("tried again after {wait:?}"),
            };
            format!("`{kind}`, {next}: {fault}")
        }
    }
}
