// SPDX-License-Identifier: Apache-2.0
//! This machine and this process, by OpenTelemetry's `system.*` and `process.*` conventions.
//!
//! One file per scraper. A scraper that fails says so and the others emit all the same; one
//! whose file this kernel does not have is left out for good.
//!
//! Invariant: nothing here writes, forks or asks another program.

mod config;
mod metrics;
#[cfg(feature = "runtime")]
mod receiver;

#[cfg(feature = "runtime")]
mod cpu;
#[cfg(feature = "runtime")]
mod disk;
#[cfg(feature = "runtime")]
mod filesystem;
#[cfg(feature = "runtime")]
mod load;
#[cfg(feature = "runtime")]
mod memory;
#[cfg(feature = "runtime")]
mod mounts;
#[cfg(feature = "runtime")]
mod network;
#[cfg(feature = "runtime")]
mod process;
#[cfg(feature = "runtime")]
mod rusage;
#[cfg(feature = "runtime")]
mod scrape;
#[cfg(feature = "runtime")]
mod source;

pub use config::{Config, Scraper};
pub use metrics::Metrics;
#[cfg(feature = "runtime")]
pub use receiver::{HostMetrics, HostMetricsKind};

#[cfg(all(test, feature = "runtime"))]
mod tests;
