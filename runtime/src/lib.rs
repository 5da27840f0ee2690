// SPDX-License-Identifier: Apache-2.0
//! What runs in a TraceCore collector.
//!
//! A *lane* is one receiver, its branches (one per pipeline that names it: processors and
//! encoders) and one thread. Lanes share nothing; finished bytes meet in frame queues, merged
//! state on pages. One I/O thread delivers and serves. See `docs/architecture.md`.

#![deny(unsafe_code)]

extern crate self as tracecore_runtime;

mod component;
mod failure;
pub mod page;
mod probe;
pub mod queue;
mod registrar;
mod settings;
pub mod signal;
mod stop;
pub mod telemetry;
pub mod testing;

pub use component::{Declared, Emits, Pace, Page, Processor, Receiver, Stream};
pub use failure::{ErrorKind, Failure, Fault, Faults};
pub use probe::{Device, Probe};
pub use registrar::{Registrar, ScopeId};
pub use settings::{BuildInfo, LaneInfo, Logger, Open, Resource, Settings};
pub use signal::{Absence, Admission, Batch, Metrics, Slot};
pub use stop::{Stop, StopTasks, Stopping, stop_tasks};
