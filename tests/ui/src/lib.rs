// SPDX-License-Identifier: Apache-2.0
//! What is right in every test of `component/`, so that each of them shows its mistake and
//! little else.

use tracecore_schema::{Config, Counter, MetricSet};

/// A receiver's config.
#[derive(Clone, Debug, Config)]
#[config(receiver = "heartbeat", signal = metrics, metrics = Beats, rust = Heartbeat)]
pub struct ReceiverConfig {}

/// A processor's config.
#[derive(Clone, Debug, Config)]
#[config(processor = "sieve", signal = metrics, rust = Sieve)]
pub struct ProcessorConfig {}

/// An exporter's config.
#[derive(Clone, Debug, Config)]
#[config(exporter = "sink", signal = metrics, rust = Sink)]
pub struct ExporterConfig {}

/// A receiver's metrics.
#[derive(Clone, Copy, Debug, MetricSet)]
pub struct Beats {
    /// Beats since the start.
    #[metric(name = "heart.beats", unit = "{beat}")]
    pub beats: Counter<u64>,
}

/// A config of an exporter that carries both signals.
#[derive(Clone, Debug, Config)]
#[config(exporter = "both", signals(metrics, logs), rust = Sink)]
pub struct BothConfig {}

/// A config of a processor of log records.
#[derive(Clone, Debug, Config)]
#[config(processor = "records", signal = logs, rust = Sieve)]
pub struct RecordsConfig {}
