// SPDX-License-Identifier: Apache-2.0
//! What the collector says of itself.
//!
//! Components own plain atomics; the OpenTelemetry SDK reads them through one observable
//! instrument per metric name when somebody scrapes. So recording costs an atomic add, and a
//! collector that nobody scrapes pays nothing else.
//!
//! Must never: block or allocate where something is recorded, panic into the SDK (which falls
//! silent for good after a callback that panicked), or have one instrument per component.

pub mod declared;
mod degraded;
mod derived;
mod edge;
mod exporter;
mod families;
mod guard;
mod init_errors;
mod instruments;
mod latency;
mod live;
mod memory;
mod openmetrics;
mod process;
mod processor;
mod receiver;
mod registry;
mod restarts;
mod status;
mod tree;
mod versions;

pub use crate::queue::{Balance, ItemOutcome};
pub use edge::{Edge, EdgeOutcome};
pub use exporter::ExporterTelemetry;
pub use init_errors::InitErrorReason;
pub(crate) use memory::MemoryTelemetry;
pub(crate) use process::resident_bytes;
pub use processor::ProcessorTelemetry;
pub use receiver::{ReceiverTelemetry, RecordReceiver};
pub use registry::{BadLabel, Format, Registry, RenderError, Reporter, ServeExit};
pub use status::{Status, StatusEvent, StatusHost, report_status};
pub use tree::Route;
pub use versions::versions;

#[cfg(test)]
mod tests;
