// SPDX-License-Identifier: Apache-2.0
//! NVIDIA GPUs: what their driver library tells of each, in OpenTelemetry's names.
//!
//! | file | for |
//! |---|---|
//! | `config.rs`, `metrics/` | the schema half: options, and every metric |
//! | `receiver.rs` | the two receivers: a driver, and simulated GPUs |
//! | `collector.rs`, `place.rs` | which GPUs there are, and reading them all |
//! | `readings.rs`, `families/` | what is read of one GPU: one file for each group of metrics |
//! | `group.rs`, `reading.rs`, `fields/` | what a group is; a call and its series; many values in one call |
//! | `driver/` | the driver: a table of functions, the library's or the simulation's |
//! | `known.rs` | the GPUs that were found, for receivers that see only an address |
//! | `code.rs` | the library's return codes: what they mean for a reading and to a person |
//! | `doctor.rs` | what an operator wants to know when there are no numbers |
//!
//! Invariants: a driver is never replaced by the simulation unless the pipeline file says so;
//! a call that a GPU does not support is asked once, not each tick; a tick allocates nothing
//! unless something failed.

mod config;
pub mod metrics;

#[cfg(feature = "runtime")]
mod code;
#[cfg(feature = "runtime")]
mod collector;
#[cfg(feature = "runtime")]
mod doctor;
#[cfg(feature = "runtime")]
mod driver;
#[cfg(feature = "runtime")]
mod events;
#[cfg(feature = "runtime")]
mod families;
#[cfg(feature = "runtime")]
mod fields;
#[cfg(feature = "runtime")]
mod gpm;
#[cfg(feature = "runtime")]
mod group;
#[cfg(feature = "runtime")]
mod identity;
#[cfg(feature = "runtime")]
mod known;
#[cfg(feature = "runtime")]
mod peaks;
#[cfg(feature = "runtime")]
mod place;
#[cfg(feature = "runtime")]
mod processes;
#[cfg(feature = "runtime")]
mod reading;
#[cfg(feature = "runtime")]
mod readings;
#[cfg(feature = "runtime")]
mod receiver;
#[cfg(all(test, feature = "runtime"))]
mod tests;
#[cfg(feature = "runtime")]
mod throughput;

pub use config::{Config, Groups, Processes, Profile, Simulated};
pub use metrics::Metrics;

#[cfg(feature = "runtime")]
pub use doctor::{Finding, GpuReport, Report, doctor};
#[cfg(feature = "runtime")]
pub use receiver::{Nvml, NvmlKind, SimulatedNvml, SimulatedNvmlKind};
