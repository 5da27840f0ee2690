// SPDX-License-Identifier: Apache-2.0
//! The kernel's log: what the NVIDIA driver says when the GPU cannot, and what the kernel says of
//! the machine, as log records and as counters.
//!
//! | file | for |
//! |---|---|
//! | `config.rs`, `metrics.rs` | the schema half: options, and every metric |
//! | `receiver.rs` | what a call of `collect` does |
//! | `judge.rs` | what a record means, and what follows |
//! | `lines/` | from bytes to what they mean; pure, fuzzed |
//! | `source/` | `/dev/kmsg` and `journalctl`, one record at a time |
//! | `twins.rs` | which record of two sources is the second |
//! | `window.rs` | lines of one event, put together |
//! | `gpus.rs`, `tallies.rs`, `counters.rs` | what is counted, and by which names |
//! | `policy.rs` | how bad an event is |
//! | `emit.rs`, `clock.rs` | a record as a log record |
//! | `state.rs` | where a restart goes on |
//!
//! Invariants: it never calls the driver, so it goes on when every call to a GPU hangs; a record
//! that cannot be read never ends it; a place in the log is kept only after what stands before it
//! was handed on; no record allocates in steady state.

mod config;
mod metrics;

#[cfg(feature = "runtime")]
mod clock;
#[cfg(feature = "runtime")]
mod counters;
#[cfg(feature = "runtime")]
mod emit;
#[cfg(feature = "runtime")]
mod gpus;
#[cfg(feature = "runtime")]
mod judge;
#[cfg(feature = "runtime")]
pub mod lines;
#[cfg(feature = "runtime")]
mod policy;
#[cfg(feature = "runtime")]
mod receiver;
#[cfg(feature = "runtime")]
mod source;
#[cfg(feature = "runtime")]
mod state;
#[cfg(feature = "runtime")]
mod tallies;
#[cfg(all(test, feature = "runtime"))]
mod tests;
#[cfg(feature = "runtime")]
mod twins;
#[cfg(feature = "runtime")]
mod window;

pub use config::{Config, Level, Policy, Records, Source, StartAt};
pub use metrics::Metrics;
#[cfg(feature = "runtime")]
pub use receiver::{KernelEvents, KernelEventsKind};
