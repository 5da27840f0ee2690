// SPDX-License-Identifier: Apache-2.0
//! What runs in a TraceCore collector.
//!
//! A *lane* is one receiver, its branches (one per pipeline that names it: processors and
//! encoders) and one thread. Lanes share nothing; finished bytes meet in frame queues, merged
//! state on pages. One I/O thread delivers and serves. See `docs/architecture.md`.

#![deny(unsafe_code)]

#[allow(unused_extern_crates, reason = "macros used in this crate name it by its outside name")]
extern crate self as tracecore_runtime;

mod asserts;
mod backoff;
mod calls;
mod component;
mod failure;
mod host;
pub mod http;
mod inventory;
mod lane;
pub mod page;
#[doc(hidden)]
pub mod private;
mod probe;
pub mod queue;
mod registrar;
mod settings;
pub mod signal;
mod slack;
mod stop;
pub mod surface;
pub mod telemetry;
pub mod testing;

pub use calls::Calls;
pub use component::{Declared, Emits, Encodes, Pace, Page, Processes, Processor, Receiver, Stream};
pub use failure::{ErrorKind, Failure, Fault, Faults, Retry};
pub use host::{Collector, Delivered, Delivery, MemoryLimit, Pipeline, RunError, RunOptions, Stopper, run};
pub use inventory::{Inventory, InventoryGpu};
pub use probe::{Device, Probe};
pub use registrar::{Registrar, ScopeId};
pub use settings::{BuildInfo, LaneInfo, Logger, Open, Resource, Settings};
pub use signal::{Absence, Admission, Batch, LogBatch, Logs, Metrics, MetricsAndLogs, Severity, Slot};
pub use slack::Slack;
pub use stop::{Stop, StopTasks, Stopping, stop_tasks};
pub use tracecore_macros::{exporter, processor, receiver};
