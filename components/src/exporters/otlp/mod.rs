// SPDX-License-Identifier: Apache-2.0
//! OTLP: to an OpenTelemetry Collector, or to a backend that speaks it, over gRPC or HTTP.
//!
//! | where | what |
//! |---|---|
//! | `config` | what an operator may write |
//! | `encode` | the half in the lane: a batch becomes bytes, patched into the request of the last tick |
//! | `send` | the half on the I/O thread: one attempt to deliver, and what the answer means |
//!
//! What waits, what is tried again and when is the runtime's. Conforms to OTLP 1.11; what each
//! answer leads to stands in this folder's README, row by row, and each row has its test.

mod config;
#[cfg(feature = "runtime")]
mod encode;
#[cfg(feature = "runtime")]
mod exporter;
#[cfg(feature = "runtime")]
mod send;

pub use config::{Compression, Config, Endpoint, HeaderText, Paths, Protocol, Proxy, Tls, endpoint, proxy};
#[cfg(feature = "runtime")]
pub use encode::{LogsEncoder, MetricsEncoder};
#[cfg(feature = "runtime")]
pub use exporter::{Otlp, OtlpKind};
pub use tracecore_schema::delivery::*;
pub use tracecore_schema::telemetry::TlsVersion;
