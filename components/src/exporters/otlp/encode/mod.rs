// SPDX-License-Identifier: Apache-2.0
//! The half that runs in the lane: batches to frames.
//!
//! Invariant: a tick locks nothing but the queue for a few pushes, allocates nothing once
//! buffers have grown, and formats no text with `core::fmt`.

mod json;
mod protobuf;
mod table;

use tracecore_runtime::queue::Frames;
use tracecore_runtime::signal::{Encode, Refused, Series};
use tracecore_runtime::{Batch, LaneInfo, LogBatch, Logs, Metrics};
use tracecore_schema::Attribute;

use super::config::{Config, Protocol};

/// The conventions that names of metrics and attributes follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.43.0";

/// A frame is cut before it is larger than this: a server takes 4 MiB by default, and a queue
/// counts in frames.
const FRAME_BYTES: usize = 512 * 1024;

/// What is said of a lane with everything that it sends.
#[derive(Debug)]
struct Lane {
    /// The resource's attributes, sorted by key.
    resource: Vec<Attribute>,
    /// The scope's name: who emits it.
    scope: String,
    /// The scope's version.
    version: String,
}

impl Lane {
    fn new(config: &Config, lane: &LaneInfo) -> Self {
        let mut resource: Vec<Attribute> = lane.resource.attributes().to_vec();
        for (key, value) in &config.resource {
            resource.retain(|attribute| attribute.key != key.as_str());
            resource.push(Attribute::new(key.clone(), value.as_str()));
        }
        resource.sort_by(|a, b| a.key.cmp(&b.key));
        let version = lane.resource.attributes().iter().find(|attribute| attribute.key == "service.version");
        Self {
            scope: format!("tracecore/{}", lane.receiver),
            version: version.map(|attribute| attribute.value.to_string()).unwrap_or_default(),
            resource,
        }
    }
}

/// Makes frames of ticks.
#[derive(Debug)]
pub struct MetricsEncoder(Format<protobuf::Metrics, json::Metrics>);

/// Makes frames of records.
#[derive(Debug)]
pub struct LogsEncoder(Format<protobuf::Logs, json::Logs>);

/// Chosen once per branch; a tick asks which it is.
#[derive(Debug)]
enum Format<P, J> {
    Protobuf(P),
    Json(J),
}

impl MetricsEncoder {
    pub(super) fn new(config: &Config, frames: Frames, lane: &LaneInfo) -> Self {
        let lane = Lane::new(config, lane);
        Self(match config.protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => {
                Format::Protobuf(protobuf::Metrics::new(&lane, frames))
            }
            Protocol::HttpJson => Format::Json(json::Metrics::new(&lane, frames)),
        })
    }
}

impl LogsEncoder {
    pub(super) fn new(config: &Config, frames: Frames, lane: &LaneInfo) -> Self {
        let lane = Lane::new(config, lane);
        Self(match config.protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => Format::Protobuf(protobuf::Logs::new(&lane, frames)),
            Protocol::HttpJson => Format::Json(json::Logs::new(&lane, frames)),
        })
    }
}

impl Encode<Metrics> for MetricsEncoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        match &mut self.0 {
            Format::Protobuf(metrics) => metrics.admit(index, series),
            Format::Json(metrics) => metrics.admit(index, series),
        }
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        match &mut self.0 {
            Format::Protobuf(metrics) => metrics.retire(index),
            Format::Json(metrics) => metrics.retire(index),
        }
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        match &mut self.0 {
            Format::Protobuf(metrics) => metrics.encode(batch),
            Format::Json(metrics) => metrics.encode(batch),
        }
        0
    }
}

impl Encode<Logs> for LogsEncoder {
    fn encode(&mut self, batch: &LogBatch) -> usize {
        match &mut self.0 {
            Format::Protobuf(logs) => logs.encode(batch),
            Format::Json(logs) => logs.encode(batch),
        }
        0
    }
}
